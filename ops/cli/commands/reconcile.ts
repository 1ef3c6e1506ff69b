import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { configOf } from '../globals.ts';
import { countOf, momentOf, textOfMoment } from '../moments.ts';

interface ReconcileOptions { readonly provider: string; readonly toleranceMinor: string; readonly currency?: string; readonly since?: string; readonly until?: string; readonly json?: true }

const DAY_MS = 86_400_000;

/** `oddstream reconcile`. */
export const addReconcile = (program: Command): void => {
  program.command('reconcile').description("hold our settled bets against a provider's statement")
    .argument('<statement>', "CSV (reference, stake, price, profit, currency, settled_at, outcome), or JSON of Betfair's listClearedOrders")
    .requiredOption('--provider <name>', 'whose statement it is')
    .option('--tolerance-minor <count>', 'by how many minor units the profit of a bet may differ', '0')
    .option('--currency <code>', 'ISO 4217, of a statement that does not say it')
    .option('--since <moment>', 'our bets settled since then must be in it (default: the UTC day of its first)')
    .option('--until <moment>', 'and before then (default: the end of the UTC day of its last)')
    .option('--json', 'as JSON')
    .addHelpText('after', `
Profits are compared before commission. Exit codes: 0 both sides have the same, 1 they differ, or an error.
Examples:
  oddstream reconcile november.csv --provider matchbook
  oddstream reconcile cleared.json --provider betfair --currency GBP --tolerance-minor 1`)
    .action(async (file: string, options: ReconcileOptions, self: Command) => {
      const config = configOf(self), toleranceMinor = countOf('--tolerance-minor', options.toleranceMinor), nowMs = Date.now();
      const [{ readStatementFile }, { asQuant }, { findSettledBets }, { reconcile }, { reconciliationText }] = await Promise.all([
        import('../../../connectors/statements/statement.ts'), import('../bet-shown.ts'), import('../settled-bets.ts'), import('../../../domain/reconciliation.ts'), import('../reconciliation-text.ts')]);
      const statement = readStatementFile(file, options.currency), settled = statement.map(({ settledAtMs }) => settledAtMs);
      const dayOf = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS;
      const span = (option: string, given: string | undefined, ofStatement: () => number): number => {
        if (given !== undefined) return momentOf(option, given, nowMs);
        if (settled.length === 0) throw new UsageError(`${file} has no bets: give --since and --until, to know which of ours should be in it.`, 'span_missing');
        return ofStatement();
      };
      const fromMs = span('--since', options.since, () => dayOf(settled.reduce((first, ms) => Math.min(first, ms), Infinity)));
      const untilMs = span('--until', options.until, () => dayOf(settled.reduce((last, ms) => Math.max(last, ms), 0)) + DAY_MS);
      const { settled: ours, cashedOut } = await asQuant(config, (client) =>
        findSettledBets(client, { provider: options.provider, fromMs, untilMs, references: statement.map(({ reference }) => reference) }));
      const leftOut = new Set(cashedOut);
      const found = reconcile(ours, statement.filter(({ reference }) => !leftOut.has(reference)), toleranceMinor);
      const json = { provider: options.provider, since: textOfMoment(fromMs), until: textOfMoment(untilMs), ...found, cashedOut };
      process.stdout.write(options.json === true ? `${JSON.stringify(json, null, 2)}\n` : reconciliationText(found, cashedOut));
      if (found.breaks.length > 0) process.exitCode = 1;
    });
};
