/** The real servers of one test file, and databases in them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Test } from 'tap';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { applyTopics } from '../../connectors/kafka/topics.ts';
import { migrate } from '../../ops/migrations/migrate.ts';
import { freeBasePort } from '../../ops/stack/ports.ts';
import { StackError, startStack, type StackAddresses, wipeStack } from '../../ops/stack/stack.ts';

/** A database of the stack, and how each role logs in to it. */
export interface TestDatabase {
  readonly mode: 'plain' | 'timescale';
  readonly ownerUrl: string;
  readonly sinkUrl: string;
  readonly betsUrl: string;
  readonly quantUrl: string;
}

export interface TestStack extends Omit<StackAddresses, 'postgres'> {
  readonly home: string;
  /** In plain mode, whatever the server has. */
  readonly plain: TestDatabase;
  /** In timescale mode; none where the server does not have the extension. */
  readonly timescale: readonly TestDatabase[];
  /** Makes the topics of a namespace, registers its schemas, and migrates a schema of that name in every database. */
  prepare(namespace: string): Promise<void>;
}

/** Starts all servers in a temporary home, on ports that nobody uses; they are stopped and their data removed when the test ends, well or not. */
export const startTestStack = async (t: Test): Promise<TestStack> => {
  const home = mkdtempSync(join(tmpdir(), 'oddstream-test-'));
  t.teardown(async () => {
    await wipeStack({ home });
    rmSync(home, { recursive: true, force: true });
  });
  const addresses = await startSomewhere(home);
  const { owner, sink, bets, quant, superuser } = addresses.postgres;
  const elsewhere = (url: string): string => url.replace(/\/[^/]*$/, '/plain');

  await as(superuser.url, 'CREATE DATABASE plain TEMPLATE template0');
  const plain: TestDatabase = { mode: 'plain', ownerUrl: elsewhere(owner.url), sinkUrl: elsewhere(sink.url), betsUrl: elsewhere(bets.url), quantUrl: elsewhere(quant.url) };
  const hasTimescale = (await as(superuser.url, `SELECT FROM pg_extension WHERE extname = 'timescaledb'`)).length > 0;
  const timescale: TestDatabase[] = hasTimescale ? [{ mode: 'timescale', ownerUrl: owner.url, sinkUrl: sink.url, betsUrl: bets.url, quantUrl: quant.url }] : [];
  if (!hasTimescale) process.stderr.write('SKIPPED: timescale mode is not tested: TimescaleDB is not installed for this PostgreSQL\n');

  return {
    ...addresses, home, plain, timescale,
    async prepare(namespace) {
      const registry = new SchemaRegistry(addresses.registryUrl, { namespace });
      await applyTopics({ brokers: addresses.brokers, registry, namespace });
      // In this database the owner of the tables may make no extension: so it is plain, also where the server has TimescaleDB.
      await as(elsewhere(superuser.url), `CREATE SCHEMA ${pg.escapeIdentifier(namespace)} AUTHORIZATION oddstream`);
      for (const database of [plain, ...timescale]) {
        const { mode, reason } = await migrate({ connectionString: database.ownerUrl }, { schema: namespace });
        if (mode !== database.mode) throw new Error(`the ${database.mode} database is in ${mode} mode: ${reason}`);
        // Recordings are played at their own times, and some are older than what is kept.
        await as(database.ownerUrl, `SET search_path = ${pg.escapeIdentifier(namespace)}, public; SELECT odds_set_retention(NULL)`);
      }
    },
  };
};

/** Runs statements on a connection of their own. */
export const as = async <Row extends pg.QueryResultRow>(url: string, sql: string, values?: unknown[]): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
};

/** Two test files may find the same ports free: who comes second looks on. */
const startSomewhere = async (home: string): Promise<StackAddresses> => {
  for (let triesLeft = 5, from = 17_000 + (process.pid % 80) * 100; ; triesLeft--, from += 300) {
    const basePort = await freeBasePort(from);
    try {
      return await startStack({ home, ...(basePort === undefined ? {} : { basePort }) });
    } catch (error) {
      if (!(error instanceof StackError && error.code === 'port-taken') || triesLeft === 0) throw error;
    }
  }
};
