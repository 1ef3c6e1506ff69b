import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { maintain } from '../migrations/migrate.ts';
import { lineOf, verdictOf } from './errors.ts';

const EVERY_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Does what the tables need again and again, once a second, until the signal is raised. A database that goes away is waited for; at the first
 * connection it is an error.
 */
export const keepMaintained = async ({ url, schema, signal, log }: { url: string; schema: string; signal: AbortSignal; log: Logger }): Promise<void> => {
  let wasConnected = false;
  let pauseMs = EVERY_MS;
  while (!signal.aborted) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, application_name: 'oddstream-maintain' });
    // A connection that breaks while nothing is asked says so here only.
    client.on('error', () => undefined);
    try {
      await client.connect();
      wasConnected = true;
      while (!signal.aborted) {
        await maintain(client, { schema });
        pauseMs = EVERY_MS;
        await pause(EVERY_MS, signal);
      }
    } catch (error) {
      if (!wasConnected || verdictOf(error) === 'refusal') throw error;
      log.warn({ err: error, pauseMs }, `maintenance: ${lineOf(error)}; it is tried again`);
      await pause(pauseMs, signal);
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
};

const pause = (ms: number, signal: AbortSignal): Promise<void> => wait(ms, undefined, { signal }).then(undefined, () => undefined);
