import type { Command } from 'commander';
import { configOf } from '../globals.ts';
import { say } from '../say.ts';
import { createLog } from '../log.ts';
import { stopRequested } from '../signals.ts';

/** The schema of a namespace. */
export const schemaOf = (namespace: string): string => (namespace === '' ? 'public' : namespace);

/** `oddstream migrate` and `oddstream maintain`. */
export const addMigrate = (program: Command): void => {
  program.command('migrate').description('bring the tables up to date; a namespace has a schema of its own')
    .addHelpText('after', `
Examples:
  oddstream migrate
  oddstream migrate --namespace season`)
    .action(async (_options: unknown, command: Command) => {
      const config = configOf(command);
      const { migrate } = await import('../../migrations/migrate.ts');
      await migrate({ connectionString: config.postgresOwnerUrl, connectionTimeoutMillis: 10_000 }, { schema: schemaOf(config.namespace), onProgress: say });
    });

  program.command('maintain').description('keep the tables in order until stopped: closing lines; partitions, retention and rollups where there is no TimescaleDB')
    .action(async (_options: unknown, command: Command) => {
      const config = configOf(command);
      const log = createLog(config.logLevel);
      const signal = stopRequested(() => { log.info({}, 'stopping'); });
      const { keepMaintained } = await import('../maintain.ts');
      await keepMaintained({ url: config.postgresOwnerUrl, schema: schemaOf(config.namespace), signal, log });
    });
};
