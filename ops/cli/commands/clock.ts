import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { configOf } from '../globals.ts';
import { createLog } from '../log.ts';
import { stopRequested } from '../signals.ts';

/** `oddstream clock`. */
export const addClock = (program: Command): void => {
  program.command('clock').description('tick quiet partitions, and mark providers that have fallen silent as down; safe to run twice')
    .option('--silence-ms <ms>', 'a provider that has not said that it is up for so long is down', '15000')
    .addHelpText('after', `
A playback that is faster than it was recorded, or at original times, must not share its topics with a clock.
Example:
  oddstream clock`)
    .action(async (options: { silenceMs: string }, command: Command) => {
      const silenceMs = Number(options.silenceMs);
      if (!(silenceMs >= 1_000)) throw new UsageError(`--silence-ms ${options.silenceMs}: give at least 1000.`);
      const config = configOf(command);
      const logger = createLog(config.logLevel);
      const signal = stopRequested(() => { logger.info({}, 'stopping; once more to end at once'); });
      const { runClock } = await import('../../../connectors/feeds/clock/clock.ts');
      const summary = await runClock({ brokers: config.brokers, namespace: config.namespace, signal, logger, silenceMs });
      logger.info(summary, 'the clock was stopped');
    });
};
