import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { configOf } from '../globals.ts';
import { createLog } from '../log.ts';
import { stopRequested } from '../signals.ts';

const MOST_ACCOUNTS = 100_000, MOST_RATE = 5_000;

/** `oddstream bettors`. */
export const addBettors = (program: Command): void => {
  program.command('bettors').description('invented people who bet on what is quoted, until stopped: for pleasure, on value, and on every arbitrage')
    .option('--seed <number>', 'who they are: the same seed, the same accounts', '1')
    .option('--accounts <number>', 'how many accounts', '60')
    .option('--rate <number>', 'bets per second, at most', '10')
    .addHelpText('after', `
Their accounts are opened at the first start; another start with the same seed goes on with them. One process per seed.
Example:
  oddstream bettors --accounts 500 --rate 100`)
    .action(async (options: { seed: string; accounts: string; rate: string }, command: Command) => {
      const numberOf = (name: 'seed' | 'accounts' | 'rate', least: number, most: number, isWhole: boolean): number => {
        const number = Number(options[name]);
        if (options[name] === '' || !(number >= least && number <= most) || (isWhole && !Number.isInteger(number))) throw new UsageError(`--${name} ${options[name]}: give a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}.`);
        return number;
      };
      const population = { seed: numberOf('seed', 0, 0xffff_ffff, true), accounts: numberOf('accounts', 1, MOST_ACCOUNTS, true), ratePerSecond: numberOf('rate', 0.01, MOST_RATE, false) };
      const config = configOf(command);
      const logger = createLog(config.logLevel);
      const signal = stopRequested(() => { logger.info({}, 'stopping; once more to end at once'); });
      const { runBettors } = await import('../../../connectors/bettors/run.ts');
      const summary = await runBettors({ ...population, brokers: config.brokers, registryUrl: config.registryUrl, namespace: config.namespace, signal, logger });
      logger.info(summary, 'the bettors were stopped');
    });
};
