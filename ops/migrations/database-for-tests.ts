import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Test } from 'tap';
import { PostgresMissing, startPostgres } from './postgres-for-tests.ts';

/** The two kinds of database that one set of migrations serves. */
export type Mode = 'timescale' | 'plain';

/** A fresh database as the local stack hands it over: roles made, owned by `oddstream`, not migrated yet. */
export interface TestDatabase {
  readonly mode: Mode;
  /** The role that owns the database and is to own its objects; no superuser. */
  readonly owner: pg.Client;
  /** Another connection, closed with the database. Roles: postgres, oddstream, oddstream_sink (an odds_writer), oddstream_bets (a bets_writer), quant. */
  connect(role: string, database?: string, more?: pg.ClientConfig): Promise<pg.Client>;
}

/** A row of odds_history as the tests write it; times in epoch milliseconds. */
export interface HistoryRow {
  readonly event: string;
  readonly outcome: string;
  readonly odds: string;
  readonly timestampMs: number;
  readonly offset: number;
  readonly market?: string;
  readonly bookmaker?: string;
  readonly volume?: string;
  readonly volumeRepeated?: boolean;
  readonly inPlay?: boolean;
}

/** Runs the same test against both modes. */
export async function inBothModes(t: Test, test: (t: Test, db: TestDatabase) => Promise<void>): Promise<void> {
  await inMode(t, 'plain', test);
  await inMode(t, 'timescale', test);
}

/** Runs a test against a fresh database; for TimescaleDB where it is installed, and says so where it is not. */
export async function inMode(t: Test, mode: Mode, test: (t: Test, db: TestDatabase) => Promise<void>, { workers = 12 } = {}): Promise<void> {
  await t.test(`${mode} mode`, async (t) => {
    const server = await startPostgres({ timescale: mode === 'timescale', workers }).catch((error: unknown) => {
      if (error instanceof PostgresMissing) return error;
      throw error;
    });
    if (server instanceof PostgresMissing) {
      process.stderr.write(`SKIPPED: ${mode} mode is not tested: ${server.message}\n`);
      t.pass(`${mode} mode`, { skip: server.message });
      return;
    }
    const clients: pg.Client[] = [];
    t.teardown(async () => {
      await Promise.all(clients.map((client) => client.end()));
      await server.stop();
    });
    const connect = async (role: string, database = 'oddstream', more: pg.ClientConfig = {}): Promise<pg.Client> => {
      const client = new pg.Client({ ...server.config(role, database), ...more });
      await client.connect();
      clients.push(client);
      return client;
    };
    const superuser = await connect('postgres', 'postgres');
    await superuser.query(`
      CREATE ROLE oddstream LOGIN; CREATE ROLE odds_writer NOLOGIN; CREATE ROLE oddstream_sink LOGIN IN ROLE odds_writer;
      CREATE ROLE bets_writer NOLOGIN; CREATE ROLE oddstream_bets LOGIN IN ROLE bets_writer; CREATE ROLE quant LOGIN;
      ALTER ROLE quant SET default_transaction_read_only = on; ALTER ROLE quant SET statement_timeout = '5min'`);
    await superuser.query('CREATE DATABASE oddstream OWNER oddstream');
    await test(t, { mode, owner: await connect('oddstream'), connect });
  });
}

/** COPYs rows as the sink does. The caller owns the transaction. */
export async function copyHistory(client: pg.Client, rows: readonly HistoryRow[], table = 'odds_history'): Promise<void> {
  const lines = rows.map((row) => [
    'football', row.event, row.market ?? '1x2', row.bookmaker ?? 'acme', row.outcome, row.odds, row.volume ?? '\\N', row.volumeRepeated ?? false,
    new Date(row.timestampMs).toISOString(), row.inPlay ?? false, 0, row.offset,
  ].join('\t') + '\n');
  await pipeline(Readable.from(lines), client.query(copyFrom(`COPY ${table} (sport_id, event_id, market_type, bookmaker_id, outcome, odds, volume,
    volume_repeated, "timestamp", in_play, source_partition, source_offset) FROM STDIN`)));
}

/** What the history sink does with a batch, in one transaction: COPY, the two notes. */
export async function writeHistory(client: pg.Client, rows: readonly HistoryRow[]): Promise<void> {
  await client.query('BEGIN');
  await copyHistory(client, rows);
  const hours = [...new Set(rows.map(({ timestampMs }) => new Date(timestampMs - timestampMs % 3_600_000).toISOString()))];
  const first = new Map<string, number>();
  for (const { event, timestampMs, inPlay } of rows) {
    if (inPlay !== true) first.set(event, Math.min(timestampMs, first.get(event) ?? Infinity));
  }
  await client.query('SELECT odds_note_touched($1::timestamptz[]), odds_note_quotes($2::text[], $3::timestamptz[])',
    [hours, [...first.keys()], [...first.values()].map((ms) => new Date(ms).toISOString())]);
  await client.query('COMMIT');
}

/** Upserts an event as the events sink does. */
export async function writeEvent(client: pg.Client, event: string, startsAtMs: number, status = 'scheduled'): Promise<void> {
  await client.query(`
    INSERT INTO events (event_id, sport_id, starts_at, status, source_partition, source_offset) VALUES ($1, 'football', $2, $3, 0, 0)
    ON CONFLICT (event_id) DO UPDATE SET (starts_at, status) = (excluded.starts_at, excluded.status)`,
  [event, new Date(startsAtMs).toISOString(), status]);
}
