import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

/** Why a migration was refused or failed. */
export type MigrationErrorCode = 'changed' | 'unknown' | 'out_of_order' | 'failed' | 'server_too_old';

/** A migration that was refused or failed; the message says what to do. Nothing of the failed file is left behind. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  readonly code: MigrationErrorCode;
  /** The file in question; absent where the server itself is refused. */
  readonly migration: string | undefined;

  constructor(code: MigrationErrorCode, message: string, migration?: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.migration = migration;
  }
}

/** Where and how to migrate. */
export interface MigrateOptions {
  /** Schema of all objects, created where it is missing. A replay has its own. */
  readonly schema?: string;
  /** Called with a line for people at each step. */
  readonly onProgress?: (message: string) => void;
}

/** What a migration did, and the kind of database that it did it to. */
export interface MigrateResult {
  /** Files applied by this call, in order; empty when the schema was up to date. */
  readonly applied: readonly string[];
  /** timescale: hypertables and continuous aggregates. plain: native partitions and maintained rollups. */
  readonly mode: 'timescale' | 'plain';
  /** Why this mode, for people. */
  readonly reason: string;
}

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

/** date_bin, multi-minmax BRIN and grants on schema public are as the files need them from here on. */
const oldestServer = 150_000;

/** One migration at a time per database: extension and roles are shared by its schemas. An arbitrary constant. */
const lockKey = 7_033_187_210_415;

/**
 * Brings a schema up to date: applies each `NNNN_name.sql` beside this file that `schema_migrations` does not list, in order,
 * each in one transaction, as the connected role, which then owns the objects. Safe to call from several processes at once.
 *
 * @param target an open client, which stays open and keeps its search_path, or how to connect to one
 * @throws MigrationError when an applied file has changed, when the database knows files that we do not, or when a file fails
 */
export async function migrate(target: pg.ClientBase | pg.ClientConfig, options: MigrateOptions = {}): Promise<MigrateResult> {
  if (!isConfig(target)) return migrateOn(target, options);
  const client = new pg.Client(target);
  await client.connect();
  try {
    return await migrateOn(client, options);
  } finally {
    await client.end();
  }
}

/**
 * One round of what has to be done again and again: closing lines of events that have started; in plain mode partitions, retention
 * and rollups; in timescale mode the policies, should the extension's own scheduler fail (a warning then comes as a notice). Call it as the
 * owner every second or so, outside a transaction, one call at a time. An error ends the round only: log it and go on.
 */
export async function maintain(client: pg.ClientBase, { schema = 'public' }: { readonly schema?: string } = {}): Promise<void> {
  await client.query(`CALL ${pg.escapeIdentifier(schema)}.odds_maintain()`);
}

/**
 * Makes the aggregates account for late rows now instead of within a minute (timescale mode) or a second (plain mode). As the owner, outside
 * a transaction. A background refresh of the same hours makes ours fail; it is tried again for up to half a minute.
 */
export async function refreshAggregates(client: pg.ClientBase, { schema = 'public' }: { readonly schema?: string } = {}): Promise<void> {
  for (let triesLeft = 15; ; triesLeft -= 1) {
    try {
      await client.query(`CALL ${pg.escapeIdentifier(schema)}.odds_refresh_touched()`);
      return;
    } catch (error) {
      if (triesLeft === 0 || !(error instanceof pg.DatabaseError) || !/concurrent refresh/.test(error.message)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}

async function migrateOn(client: pg.ClientBase, { schema = 'public', onProgress = () => {} }: MigrateOptions): Promise<MigrateResult> {
  await requireServer(client);
  await lock(client, onProgress);
  try {
    const files = await readMigrations();
    const pending = await pendingOf(client, schema, files);
    for (const file of pending) {
      onProgress(`applying ${file.name}`);
      await apply(client, schema, file);
    }
    const settings = await client.query<{ mode: 'timescale' | 'plain'; reason: string }>(
      `SELECT mode, reason FROM ${pg.escapeIdentifier(schema)}.odds_settings`);
    const { mode, reason } = settings.rows[0]!;
    onProgress(`schema ${schema}: ${pending.length === 0 ? 'up to date' : `${pending.length} applied`}, ${mode} mode (${reason})`);
    return { applied: pending.map(({ name }) => name), mode, reason };
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [lockKey]);
  }
}

async function requireServer(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ number: number; text: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS text`);
  const { number, text } = rows[0]!;
  if (number < oldestServer) throw new MigrationError('server_too_old', `PostgreSQL ${text} is too old: 15 or newer is needed`);
}

async function lock(client: pg.ClientBase, onProgress: (message: string) => void): Promise<void> {
  const { rows } = await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [lockKey]);
  if (rows[0]!.got) return;
  onProgress('another migration of this database is running; waiting for it');
  await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(import.meta.dirname)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort();
  return Promise.all(names.map(async (name) => {
    // A checkout with other line ends is the same migration.
    const sql = (await readFile(join(import.meta.dirname, name), 'utf8')).replaceAll('\r\n', '\n');
    return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
  }));
}

async function pendingOf(client: pg.ClientBase, schema: string, files: readonly Migration[]): Promise<Migration[]> {
  const quoted = pg.escapeIdentifier(schema);
  // Asked first: CREATE … IF NOT EXISTS wants the right to create even where there is nothing to create, and says so each time.
  const { rows } = await client.query<{ schema: boolean; ledger: boolean }>(
    `SELECT to_regnamespace($1) IS NOT NULL AS schema, to_regclass($1 || '.schema_migrations') IS NOT NULL AS ledger`, [quoted]);
  const found = rows[0]!;
  if (!found.schema) await client.query(`CREATE SCHEMA ${quoted}`);
  if (!found.ledger) {
    await client.query(`CREATE TABLE ${quoted}.schema_migrations (
      name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
  }

  const applied = await client.query<{ name: string; sha256: string }>(`SELECT name, sha256 FROM ${quoted}.schema_migrations ORDER BY name`);
  const byName = new Map(files.map((file) => [file.name, file]));
  for (const { name, sha256 } of applied.rows) {
    const file = byName.get(name);
    if (file === undefined) {
      throw new MigrationError('unknown', `schema ${schema} was migrated by a newer version: it has ${name}, which this one does not know; update this program`, name);
    }
    if (file.sha256 !== sha256) {
      throw new MigrationError('changed', `migration ${name} was changed after it was applied to schema ${schema} `
        + `(sha256 ${sha256.slice(0, 12)} then, ${file.sha256.slice(0, 12)} now); restore the file and put the change into a new migration`, name);
    }
  }
  const newest = applied.rows.at(-1)?.name ?? '';
  const done = new Set(applied.rows.map(({ name }) => name));
  const pending = files.filter(({ name }) => !done.has(name));
  const early = pending.find(({ name }) => name < newest);
  if (early !== undefined) {
    throw new MigrationError('out_of_order', `migration ${early.name} comes before ${newest}, which schema ${schema} has already; give it the next free number`, early.name);
  }
  return pending;
}

async function apply(client: pg.ClientBase, schema: string, { name, sql, sha256 }: Migration): Promise<void> {
  const path = [...new Set([schema, 'public', 'pg_temp'])].map((part) => pg.escapeIdentifier(part)).join(', ');
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL search_path = ${path}`);
    await client.query(sql);
    await client.query(`INSERT INTO ${pg.escapeIdentifier(schema)}.schema_migrations (name, sha256) VALUES ($1, $2)`, [name, sha256]);
    await client.query('COMMIT');
  } catch (error) {
    // The connection itself may be gone; then there is nothing to roll back, and the first error is the one to tell.
    await client.query('ROLLBACK').catch(() => {});
    throw new MigrationError('failed', `migration ${name} failed on schema ${schema}: ${explain(error, sql)}`, name, error);
  }
}

function explain(error: unknown, sql: string): string {
  if (!(error instanceof pg.DatabaseError)) return String(error);
  const line = error.position === undefined ? '' : ` (line ${sql.slice(0, Number(error.position)).split('\n').length})`;
  return `${error.message}${line}${error.hint === undefined ? '' : `. HINT: ${error.hint}`}`;
}

function isConfig(target: pg.ClientBase | pg.ClientConfig): target is pg.ClientConfig {
  return typeof (target as Partial<pg.ClientBase>).query !== 'function';
}
