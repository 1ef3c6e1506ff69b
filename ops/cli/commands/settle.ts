import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { FiledResult } from '../../../connectors/results/file.ts';
import { topicName, topics } from '../../../schemas/topics.ts';
import { UsageError } from '../errors.ts';
import { configOf } from '../globals.ts';
import { say, table } from '../say.ts';

/** `oddstream settle`. */
export const addSettle = (program: Command): void => {
  program.command('settle').description('send results that come as a file: settlements of markets, cancels, and what takes them back')
    .requiredOption('--file <file>', 'CSV or JSON; - reads standard input')
    .requiredOption('--provider <name>', 'who says so: of each provider the newest word on a market counts')
    .option('--dry-run', 'check the file, and show what it says; nothing is sent')
    .addHelpText('after', `
CSV: a header and a line for each market. Columns (in any order; only the first three are needed in each file):
  sport, event_id, market   as in football, e1, totals:2.5
  action                    settle (where empty), rollback_settle, cancel, rollback_cancel
  certainty                 confirmed (where empty) or live
  score                     2-1: home and away in the period that the market names, where they decide it
  outcomes                  home:won; draw:lost; away:lost, where they do not (won, lost, void, push, half_won, half_lost)
  void_from, void_until     of cancel: bets that were accepted between are void; all where empty
  timestamp                 when it was said (2026-03-01T18:00:00Z); now where empty
JSON: a list of objects with the same names; outcomes is {"home": "won", …} or, in a dead heat, {"Ann": {"result": "won", "dead_heat_factor": 0.5}, …}, and a settlement may
have deductions: [{"kind": "rule4" or "reduction_factor", "rate": 0.15, "withdrawn_at": "2026-03-01T17:40:00Z"}].
A file with one bad line is refused as a whole. All of it becomes visible at once; sent twice, it changes nothing the second time but the time at which it was said.
Exit codes: 0 sent, 1 a line is wrong (all are named) or it could not be sent, 2 wrong usage.
Examples:
  oddstream settle --file results.csv --provider desk --dry-run
  printf 'sport,event_id,market,score\\nfootball,e1,1x2,2-1\\n' | oddstream settle --file - --provider desk`)
    .action(async ({ file, provider, dryRun }: { file: string; provider: string; dryRun?: true }, self: Command) => {
      if (provider.trim() === '') throw new UsageError('--provider is empty: say who settles.');
      const config = configOf(self), shown = file === '-' ? 'standard input' : file;
      const [{ readResults }, { ResultsError }] = await Promise.all([import('../../../connectors/results/file.ts'), import('../../../connectors/results/errors.ts')]);
      let text: string;
      try {
        text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file === '-' ? 0 : file));
      } catch (cause) {
        throw new ResultsError('results_unreadable', `${shown} cannot be read: ${(cause as Error).message}`, { cause });
      }
      const results = readResults(text, shown, { provider: provider.trim(), nowMs: Date.now() });
      if (dryRun === true) {
        process.stdout.write(table(results.map(({ result }) => [result.action, `${result.sport}:${result.event_id}:${result.market}`, result.certainty ?? 'confirmed', whatOf(result)])));
        say(`${countsOf(results)} would be sent`);
        return;
      }
      const [{ sendResults }, { SchemaRegistry }] = await Promise.all([import('../../../connectors/results/send.ts'), import('../../../connectors/kafka/registry.ts')]);
      await sendResults(results, { brokers: config.brokers, schemas: new SchemaRegistry(config.registryUrl, { namespace: config.namespace }), namespace: config.namespace, file: shown, onWarning: say });
      process.stdout.write(`${countsOf(results)} sent to ${topicName(topics.results, config.namespace)}\n`);
    });
};

const iso = (ms: number | null | undefined, open: string): string => (ms === null || ms === undefined ? open : new Date(ms).toISOString());

const whatOf = ({ action, outcomes = [], deductions = [], void_from: from, void_until: until }: FiledResult['result']): string => {
  if (action === 'settle') {
    return [...outcomes.map(({ outcome, result, dead_heat_factor: factor }) => `${outcome}:${result}${factor === null || factor === undefined ? '' : ` × ${factor}`}`),
      ...deductions.map(({ kind, rate, withdrawn_at: at }) => `${kind} ${rate} before ${iso(at, '')}`)].join('; ');
  }
  return action === 'rollback_settle' ? '' : `bets accepted from ${iso(from, 'the beginning')} until ${iso(until, 'the end')}`;
};

/** How many there are of each. */
const countsOf = (results: readonly FiledResult[]): string => {
  const counts = new Map<string, number>();
  for (const { result: { action } } of results) counts.set(action, (counts.get(action) ?? 0) + 1);
  return `${results.length} ${results.length === 1 ? 'result' : 'results'} of ${new Set(results.map(({ result: { sport, event_id: event } }) => `${sport}:${event}`)).size} events (${Array.from(counts, ([action, count]) => `${action} ${count}`).join(', ')})`;
};
