import type { Command } from 'commander';
import { formatAmount, parseAmount } from '../../../domain/amount.ts';
import { UsageError } from '../errors.ts';
import { configOf } from '../globals.ts';
import { countOf } from '../moments.ts';
import { say, table } from '../say.ts';

/** `oddstream hedge`. */
export const addHedge = (program: Command): void => {
  program.command('hedge').description('bets at live prices that make the tail of a portfolio lighter, the most for what they cost first')
    .requiredOption('--portfolio <name>', 'as in oddstream var')
    .option('--max-cost <amount>', 'what all of them may be expected to lose at fair prices, in the currency of the portfolio', '100')
    .option('--limit <amount>', 'the largest stake of each, also where a provider says no limit', '1000')
    .option('--step <amount>', 'what stakes are multiples of', '1')
    .option('--events <n>', 'looks at the markets of so many events, those with most of the CVaR', '5')
    .option('--json', 'as JSON, in minor units')
    .addHelpText('after', `
The portfolio is the newest that market-var has recorded; prices are those of now. Backs are at the best price after commission, lays on an exchange. Nothing is bet: each line is one that you may
place. They are found one after the other, on 20,000 paths; what one takes off the CVaR counts with those above it placed.
Exit codes: 0 also where nothing helps, 1 where nothing has been recorded of the portfolio, 2 wrong usage.
Examples:
  oddstream hedge --portfolio house
  oddstream hedge --portfolio syndicate:alpha --max-cost 25 --limit 200 --events 10`)
    .action(async (options: { portfolio: string; maxCost: string; limit: string; step: string; events: string; json?: true }, self: Command) => {
      const config = configOf(self), events = countOf('--events', options.events);
      const [{ asQuant }, { riskAt }, { hedgesOf, liveBooks }, { inputsKept }] = await Promise.all([
        import('../bet-shown.ts'), import('../stored-risks.ts'), import('../../risk/hedging.ts'), import('../../../pipelines/market-var/kept.ts')]);
      const stored = await asQuant(config, (client) => riskAt(client, options.portfolio, Date.now()));
      if (stored === undefined) {
        say(`nothing has been recorded of '${options.portfolio}': 'oddstream var' lists what there is`);
        process.exitCode = 1;
        return;
      }
      const { currency } = stored, inputs = inputsKept(stored.model, stored.model_hash);
      const minorOf = (option: string, text: string): number => {
        const amount = parseAmount(text, currency);
        if (!amount.ok) throw new UsageError(`${option}: ${amount.error.message}`);
        return amount.value.minor;
      };
      const amounts = { limitMinor: minorOf('--limit', options.limit), stepMinor: minorOf('--step', options.step), maxCostMinor: minorOf('--max-cost', options.maxCost) };
      const known = new Set(inputs.events.map(({ id }) => id)), heaviest = new Set(stored.contributions.map(({ component }) => component).filter((component) => known.has(component)).slice(0, events));
      const books = await liveBooks(config, inputs.markets.map(({ market }) => market).filter((market) => heaviest.has(market.split(':', 2).join(':'))), say);
      const found = hedgesOf({ inputs, events: heaviest, books, ...amounts });
      if (options.json === true) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
      else if (found.length > 0) {
        const amount = (minor: number): string => formatAmount(Math.round(minor), currency);
        process.stdout.write(table([['bet', 'stake', 'at', 'takes off the CVaR 95 %', 'costs'],
          ...found.map(({ candidate: { side, market, outcome, priceE4, provider }, stakeMinor, cvarReductionMinor, costMinor }) => [
            `${side} ${market}/${outcome}`, amount(stakeMinor), `${(priceE4 / 10_000).toFixed(2)} ${provider}`, amount(cvarReductionMinor), amount(costMinor)])]));
      }
      if (found.length === 0) say(`no bet at live prices on ${heaviest.size} events makes it lighter for ${options.maxCost} ${currency} or less`);
    });
};
