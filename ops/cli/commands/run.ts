import type { Command } from 'commander';
import { loadPipeline, pipelineNames } from '../../../pipelines/index.ts';
import { UsageError } from '../errors.ts';
import { configOf } from '../globals.ts';
import { createLog } from '../log.ts';
import { stopRequested } from '../signals.ts';

/** `oddstream run`. */
export const addRun = (program: Command): void => {
  program.command('run')
    .description(`run pipelines in this process: ${pipelineNames.join(', ')}`)
    .argument('<pipeline...>', 'names of pipelines')
    .option('--until-end', 'stop once all is read that the topics hold now')
    .option('--port <port>', 'port of /metrics and /health on 127.0.0.1; 0 takes any that is free')
    .option('--instance <name>', 'name of this process among those that run the same pipelines: it takes its partitions back at once when it comes again')
    .option('--rebuild', 'where state and position do not fit: make the state again from all that the log holds, silently, up to the position')
    .option('--force', 'where state and position do not fit: go on with what there is; results may differ from an undisturbed run')
    .addHelpText('after', `
Examples:
  oddstream run best-odds
  oddstream run best-odds --set best-odds.windowMs=500
  oddstream run best-odds --port 0                       (a second process: it takes over half of the partitions)
  oddstream run best-odds --until-end`)
    .action(async (names: string[], options: { untilEnd?: true; port?: string; instance?: string; rebuild?: true; force?: true }, command: Command) => {
      if (new Set(names).size < names.length) throw new UsageError(`A pipeline is named twice in: ${names.join(' ')}.`);
      const port = options.port === undefined ? undefined : Number(options.port);
      if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) throw new UsageError(`--port ${options.port}: give a port from 0 to 65535.`);
      if (options.rebuild && options.force) throw new UsageError('--rebuild and --force are two ways of doing it: give one.');
      const config = configOf(command);
      config.requireKnownPipelines(pipelineNames);
      const pipelines = await Promise.all(names.map(loadPipeline));
      const log = createLog(config.logLevel);
      const signal = stopRequested(() => { log.info({}, 'stopping; once more to end at once'); });
      const { host } = await import('../host.ts');
      await host({
        config, pipelines, log, signal, untilEnd: options.untilEnd === true, restore: options.rebuild ? 'rebuild' : options.force ? 'force' : 'strict',
        ...(port === undefined ? {} : { port }), ...(options.instance === undefined ? {} : { instance: options.instance }),
      });
    });
};
