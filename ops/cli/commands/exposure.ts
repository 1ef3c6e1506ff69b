import type { Command } from 'commander';
import { formatAmount } from '../../../domain/amount.ts';
import { type PortfolioKind, portfolioKinds } from '../../../domain/bets/portfolios.ts';
import { UsageError } from '../errors.ts';
import { configOf } from '../globals.ts';
import { countOf } from '../moments.ts';
import { say, table } from '../say.ts';

/** `oddstream exposure`. */
export const addExposure = (program: Command): void => {
  program.command('exposure').description('what portfolios can lose at worst, over all outcomes that are possible, as the topics have it now')
    .argument('<kind>', portfolioKinds.join(', '))
    .option('--top <n>', 'so many, the largest first', '20')
    .option('--json', 'as JSON, in minor units')
    .addHelpText('after', `
Users', syndicates' and providers' portfolios are seen by who made the bets; house, event and market by us, who hold the other side of the house's bets. A bound is said where multiples tie too many
outcomes together to go through them all.
Examples:
  oddstream exposure user
  oddstream exposure market --top 5 --json`)
    .action(async (kind: string, options: { top: string; json?: true }, self: Command) => {
      if (!(portfolioKinds as readonly string[]).includes(kind)) throw new UsageError(`There is no kind '${kind}' of portfolio. There are: ${portfolioKinds.join(', ')}.`);
      const config = configOf(self), top = countOf('--top', options.top);
      const [{ exposuresOf }, { loadPipeline }] = await Promise.all([import('../../risk/exposures.ts'), import('../../../pipelines/index.ts')]);
      const { currency, rates } = config.pipeline(await loadPipeline('exposure')) as { currency: string; rates: Readonly<Record<string, number>> };
      const all = await exposuresOf(config, kind as PortfolioKind, { currency, rates }, say), shown = all.slice(0, top), amount = (minor: number): string => formatAmount(minor, currency);
      if (options.json === true) process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
      else if (shown.length > 0) {
        process.stdout.write(table([['portfolio', 'bets', 'staked', 'exposure'], ...shown.map(({ portfolio, bets, stakedMinor, lossMinor, isBound }) => [portfolio, String(bets), amount(stakedMinor), `${amount(lossMinor)}${isBound ? '  (a bound)' : ''}`])]));
      }
      if (all.length === 0) say(`no portfolio of the kind ${kind} has open bets`);
      else if (all.length > shown.length) say(`and ${all.length - shown.length} more`);
    });
};
