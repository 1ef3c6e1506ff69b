import type { Command } from 'commander';
import { configOf } from '../globals.ts';
import { createLog } from '../log.ts';
import { stopRequested } from '../signals.ts';

/** `oddstream outbox`. */
export const addOutbox = (program: Command): void => {
  program.command('outbox').description('publish bet-events from the database, in order and each once; a second one waits for the first')
    .addHelpText('after', `
Example:
  oddstream outbox`)
    .action(async (_: unknown, command: Command) => {
      const config = configOf(command);
      const logger = createLog(config.logLevel);
      const signal = stopRequested(() => { logger.info({}, 'stopping; once more to end at once'); });
      const [{ runOutbox }, { SchemaRegistry }] = await Promise.all([import('../../../connectors/outbox/outbox.ts'), import('../../../connectors/kafka/registry.ts')]);
      const registry = new SchemaRegistry(config.registryUrl, { namespace: config.namespace });
      const summary = await runOutbox({ brokers: config.brokers, registry, postgresUrl: config.postgresBetsUrl, namespace: config.namespace, signal, logger });
      logger.info(summary, 'the outbox was stopped');
    });
};
