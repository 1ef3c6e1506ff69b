import type { Command } from 'commander';
import { loadPipeline, pipelineNames } from '../../../pipelines/index.ts';
import type { Bound } from '../../replay/ranges.ts';
import { UsageError } from '../errors.ts';
import { configOf } from '../globals.ts';
import { createLog } from '../log.ts';
import { countOf, momentOf } from '../moments.ts';
import { say, table } from '../say.ts';
import { stopRequested } from '../signals.ts';

/** `oddstream replay`. */
export const addReplay = (program: Command): void => {
  program.command('replay').description("a topology's pipeline on a range of its source's log again, with its outputs in a namespace of their own")
    .argument('<pipeline>')
    .requiredOption('--into <namespace>', 'namespace of the outputs, in which there are none yet')
    .option('--from <time|offset>', "first record: appended at a time (2026-03-01T18:00:00Z, or how long ago: 90s, 30m, 2h, 7d), or with --partition an offset; else the log's first")
    .option('--to <time|offset>', 'where it ends: the first record that is not read; else the end that the log has now')
    .option('--partition <n>', 'this partition alone')
    .option('--horizon', 'read no more than one horizon before the range, though what was open before is then not known')
    .addHelpText('after', `
The log itself is read, outside of any group: the running pipeline does not notice. With the same settings the outputs are the same bytes; with others it is a backtest. Windows that the
range does not close give nothing. Exit codes: 0 all of it was read, 1 an error or a stop before that (its outputs are in the namespace up to there), 2 wrong usage.
Examples:
  oddstream replay best-odds --into check --from 2h
  oddstream replay best-odds --into wider --from 2026-03-01T18:00:00Z --to 2026-03-01T20:00:00Z --set best-odds.windowMs=2000
  oddstream replay best-odds --into one --partition 3 --from 120000 --to 130000
  oddstream run best-odds-history --namespace check --until-end        (its outputs as rows; after 'oddstream migrate --namespace check')`)
    .action(async (name: string, options: { into: string; from?: string; to?: string; partition?: string; horizon?: true }, command: Command) => {
      const config = configOf(command), partition = options.partition === undefined ? undefined : countOf('--partition', options.partition), nowMs = Date.now();
      config.requireKnownPipelines(pipelineNames);
      const pipeline = await loadPipeline(name);
      if (pipeline.kind !== 'topology') throw new UsageError(`${name} is no topology: run it on the namespace of a replay's outputs ('oddstream run ${name} --namespace <namespace>').`);
      const { replay } = await import('../../replay/replay.ts');
      const { ranges, isWhole, published, fates } = await replay({
        config, pipeline, into: options.into, partition, isHorizonEnough: options.horizon === true, log: createLog(config.logLevel), say,
        from: boundOf('--from', options.from, partition, nowMs), to: boundOf('--to', options.to, partition, nowMs),
        signal: stopRequested(() => { say('stopping; once more to end at once'); }),
      });
      process.stdout.write(table([['partition', 'from', 'to', 'read silently from'], ...ranges.map((range) => [range.partition, range.from, range.to, range.start].map(String))]));
      process.stdout.write(`records: ${Array.from(fates, ([fate, count]) => `${fate} ${count}`).join(', ')}\nvalues:  ${Array.from(published, ([target, count]) => `${target} ${count}`).join(', ')}\n`);
      if (!isWhole) process.exitCode = 1;
    });
};

const boundOf = (option: string, text: string | undefined, partition: number | undefined, nowMs: number): Bound | undefined => {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) return { atMs: momentOf(option, text, nowMs) };
  if (partition === undefined) throw new UsageError(`${option} ${text}: an offset is one of a partition: give --partition too, or a time.`);
  return { offset: countOf(option, text) };
};
