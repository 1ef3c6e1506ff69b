import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import t from 'tap';
import { copyHistory, inBothModes, inMode, writeEvent } from './database-for-tests.ts';
import { describeSchema } from './describe-schema.ts';
import { maintain, migrate, MigrationError } from './migrate.ts';

const goldenFile = join(import.meta.dirname, 'schema.golden.txt');
const migrations = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.sql')).length;
const nowMs = Math.floor(Date.now() / 1000) * 1000;

/** The SQLSTATE with which a query is refused; 'allowed' when it is not. */
async function verdict(client: pg.Client, sql: string): Promise<string | undefined> {
  try {
    await client.query(sql);
    return 'allowed';
  } catch (error) {
    return error instanceof pg.DatabaseError ? error.code : String(error);
  }
}
const refused = '42501';

t.test('a migrated database', (t) => inBothModes(t, async (t, db) => {
  const { owner, mode } = db;

  await t.test('is migrated once, and says in which mode it is', async (t) => {
    const said: string[] = [];
    const first = await migrate(owner, { onProgress: (line) => said.push(line) });
    t.equal(first.mode, mode);
    t.match(first.reason, mode === 'timescale' ? /^TimescaleDB \d/ : /TimescaleDB is (not installed|installed but)/);
    t.equal(first.applied[0], '0001_mode_and_roles.sql');
    t.match(said.at(-1), `${mode} mode`);

    const before = await describeSchema(owner);
    const second = await migrate(owner);
    t.strictSame(second, { ...first, applied: [] });
    t.equal(await describeSchema(owner), before);
  });

  await t.test('has the schema of schema.golden.txt', async (t) => {
    const found = await describeSchema(owner);
    if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(goldenFile, found);
    t.equal(found, await readFile(goldenFile, 'utf8'), 'regenerate with UPDATE_GOLDEN=1 and this test');
    const { rows } = await owner.query(`SHOW timezone`);
    t.strictSame(rows, [{ TimeZone: 'Asia/Kolkata' }], 'describing leaves the session as it was');
  });

  await t.test('is what the mode promises', async (t) => {
    if (mode === 'plain') {
      const { rows } = await owner.query(`SELECT count(*)::int AS months FROM pg_inherits WHERE inhparent = 'odds_history'::regclass`);
      t.equal(rows[0].months, 6, 'a month back, three ahead, and the default');
      return;
    }
    t.strictSame((await owner.query(`SELECT hypertable_name, time_interval::text FROM timescaledb_information.dimensions
      WHERE hypertable_schema = 'public' ORDER BY 1`)).rows,
    ['arbitrage', 'best_odds', 'odds_history', 'risk_alerts', 'risk_var'].map((name) => ({ hypertable_name: name, time_interval: '7 days' })));
    t.strictSame((await owner.query(`SELECT c.view_name, count(*)::int AS policies FROM timescaledb_information.continuous_aggregates c
      JOIN timescaledb_information.jobs j ON j.hypertable_name IN (c.view_name, c.materialization_hypertable_name)
       AND j.proc_name = 'policy_refresh_continuous_aggregate' GROUP BY 1 ORDER BY 1`)).rows,
    ['1d', '1h', '1m', '1s'].map((level) => ({ view_name: `odds_agg_${level}`, policies: 1 })));
  });

  await t.test('lets quant read what was promised, and write nothing', async (t) => {
    const quant = await db.connect('quant');
    for (const name of ['odds_history', 'best_odds', 'arbitrage', 'events', 'closing_lines', 'odds_statistics_hourly', 'odds_line_movement',
      'odds_ohlc_1s', 'odds_ohlc_1m', 'odds_ohlc_1h', 'odds_ohlc_1d', 'odds_settings', 'risk_var', 'risk_alerts', `odds_stale_hours(now() - interval '1 day', now())`]) {
      t.equal(await verdict(quant, `SELECT * FROM ${name}`), 'allowed', name);
    }
    const insert = `INSERT INTO events (event_id, sport_id, starts_at, source_partition, source_offset) VALUES ('x', 'x', now(), 0, 0)`;
    t.equal(await verdict(quant, insert), '25006', 'read-only by default');
    await quant.query('SET default_transaction_read_only = off');
    for (const sql of [insert, 'DELETE FROM odds_history', `SELECT odds_capture_due()`, 'CALL odds_maintain()', 'SELECT odds_set_retention(NULL)',
      'UPDATE sink_positions SET next_offset = 0', 'CREATE TABLE mine ()', `SELECT odds_note_touched('{}')`]) {
      t.equal(await verdict(quant, sql), refused, sql);
    }
  });

  await t.test('lets a sink write, note and move its position, and nothing else', async (t) => {
    const sink = await db.connect('oddstream_sink');
    await sink.query('SELECT odds_ensure_partitions(now(), now())');
    await sink.query('BEGIN');
    await copyHistory(sink, [{ event: 'rights', outcome: 'home', odds: '2', timestampMs: nowMs, offset: 1 }]);
    await sink.query('SELECT odds_note_touched(ARRAY[now()]), odds_note_quotes(ARRAY[$1], ARRAY[now()])', ['rights']);
    await sink.query(`INSERT INTO sink_positions (pipeline, topic, partition, next_offset) VALUES ('p', 't', 0, 0) ON CONFLICT DO NOTHING`);
    await sink.query('COMMIT');
    await writeEvent(sink, 'rights', nowMs);
    await sink.query(`SELECT odds_capture_closing('rights')`);
    for (const sql of ['DELETE FROM odds_history', `UPDATE odds_history SET odds = 2`, 'TRUNCATE odds_history', 'DROP TABLE odds_history',
      'DELETE FROM sink_positions', 'DELETE FROM events', 'DELETE FROM closing_lines', `INSERT INTO closing_lines SELECT * FROM closing_lines`,
      `ALTER TABLE odds_history ADD COLUMN x int`, 'CREATE TABLE mine ()', 'CALL odds_maintain()', 'SELECT odds_set_retention(NULL)',
      `SELECT odds_adopt_series('events')`, 'UPDATE odds_settings SET retention = NULL', 'DELETE FROM schema_migrations', 'SELECT * FROM risk_var', 'SELECT * FROM risk_alerts']) {
      t.equal(await verdict(sink, sql), refused, sql);
    }
  });

  await t.test('a position moves only from where the writer believes it is', async (t) => {
    const one = await db.connect('oddstream_sink');
    const two = await db.connect('oddstream_sink');
    const move = (client: pg.Client, expected: number, next: number): Promise<pg.QueryResult> => client.query(
      `UPDATE sink_positions SET next_offset = $2, updated_at = now() WHERE (pipeline, topic, partition) = ('p', 't', 0) AND next_offset = $1`, [expected, next]);
    await one.query('BEGIN');
    await two.query('BEGIN');
    t.equal((await move(one, 0, 100)).rowCount, 1);
    const second = move(two, 0, 50);   // waits for the first
    await one.query('COMMIT');
    t.equal((await second).rowCount, 0, 'the zombie is told');
    await two.query('ROLLBACK');
    t.strictSame((await owner.query(`SELECT next_offset FROM sink_positions`)).rows, [{ next_offset: '100' }]);
  });

  await t.test('holds the most absurd values that the door lets through', async (t) => {
    t.equal(await verdict(owner, `INSERT INTO arbitrage VALUES ('a', 'opened', 'back', 's', 'e', '1x2', now(), false, ${2 / 10_000}, ${10_000 / 1.01 - 1},
      false, true, ${400 * 86_400_000}, '[]', now(), 0, 0)`), 'allowed');
    t.equal(await verdict(owner, `INSERT INTO odds_history (sport_id, event_id, market_type, bookmaker_id, outcome, odds, probability, volume, "timestamp", source_partition, source_offset)
      VALUES ('s', 'e', '1x2', 'b', 'o', 1.00004, 0.99999, 9999999999999.99, now(), 0, 0), ('s', 'e', '1x2', 'b', 'o', 10000, 0.00001, 0, now(), 0, 1)`), 'allowed');
    t.equal(await verdict(owner, `INSERT INTO best_odds (sport_id, event_id, market_type, bookmakers, in_play, "timestamp", source_partition, source_offset)
      VALUES ('s', 'e', '1x2', 0, false, now(), 0, 0)`), 'allowed', 'no price is live any more');
    t.equal(await verdict(owner, `INSERT INTO arbitrage VALUES ('a', 'opened', 'lay', 's', 'e', '1x2', now(), false, 1, 0, false, true, 0, '[]', now(), 0, 0)`), '23514', 'but not another kind');
  });

  await t.test('keeps what is older than its retention only when told to', async (t) => {
    const warnings: string[] = [];
    owner.on('notice', ({ message }) => warnings.push(message ?? ''));
    const old = { event: 'old', outcome: 'home', odds: '3', timestampMs: Date.UTC(1994, 7, 20, 14), offset: 7 };
    const kept = async (): Promise<number> => (await owner.query(`SELECT count(*)::int AS n FROM odds_history WHERE event_id = 'old'`)).rows[0].n;

    await owner.query('SELECT odds_ensure_partitions($1, $1)', [new Date(old.timestampMs)]);
    t.match(warnings.join(), /will soon be dropped/);
    await owner.query('SELECT odds_set_retention(NULL)');
    await copyHistory(owner, [old, { ...old, timestampMs: Date.UTC(1995, 2, 4, 15), offset: 8 }]);   // the second without a partition
    await maintain(owner);
    t.equal(await kept(), 2);
    await owner.query(`SELECT odds_set_retention('5 years')`);
    if (mode === 'timescale') {
      t.strictSame((await owner.query(`SELECT count(*)::int AS n FROM timescaledb_information.jobs WHERE proc_name = 'policy_retention' AND hypertable_schema = 'public'`)).rows, [{ n: 9 }]);
      await owner.query(`DELETE FROM odds_history WHERE event_id = 'old'`);
      return;
    }
    t.strictSame((await owner.query('SELECT count(*)::int AS n FROM odds_history_default')).rows, [{ n: 0 }], 'waiting rows are moved to a month of their own');
    await maintain(owner);
    t.equal(await kept(), 0);
  });

  await t.test('has room for a replay beside it', async (t) => {
    const other = await db.connect('oddstream');
    const [one, two] = await Promise.all([migrate(owner, { schema: 'replay_1' }), migrate(other, { schema: 'replay_1' })]);
    t.equal(one.applied.length + two.applied.length, migrations, 'two at once: one applies, the other finds it done');
    t.equal(await describeSchema(owner, 'replay_1'), (await readFile(goldenFile, 'utf8')), 'the same schema under another name');
    await copyHistory(owner, [{ event: 'replayed', outcome: 'home', odds: '2', timestampMs: nowMs, offset: 1 }], 'replay_1.odds_history');
    await maintain(owner, { schema: 'replay_1' });
    t.strictSame((await owner.query(`SELECT count(*)::int AS n FROM odds_statistics_hourly WHERE event_id = 'replayed'`)).rows, [{ n: 0 }]);
    t.strictSame((await owner.query(`SELECT count(*)::int AS n FROM replay_1.odds_statistics_hourly WHERE event_id = 'replayed'`)).rows, [{ n: 1 }]);
    await owner.query('SET client_min_messages = warning');
    await owner.query('DROP SCHEMA replay_1 CASCADE');
    t.equal(await describeSchema(owner), await readFile(goldenFile, 'utf8'), 'dropping it leaves ours alone');
  });

  await t.test('refuses a history that is not its own', async (t) => {
    const code = async (sql: string): Promise<unknown> => {
      await owner.query('BEGIN');
      await owner.query(sql);
      const error = await migrate(owner).catch((error: unknown) => error);
      await owner.query('ROLLBACK');
      return error instanceof MigrationError ? error : new Error('not refused');
    };
    t.match(await code(`UPDATE schema_migrations SET sha256 = 'x' WHERE name = '0002_tables.sql'`), { code: 'changed', migration: '0002_tables.sql', message: /new migration/ });
    t.match(await code(`INSERT INTO schema_migrations VALUES ('9999_later.sql', 'x')`), { code: 'unknown', message: /newer version/ });
    t.match(await code(`DELETE FROM schema_migrations WHERE name = '0003_closing_lines.sql'`), { code: 'out_of_order', migration: '0003_closing_lines.sql' });
  });
}));

t.test('roles that are missing are made by who may, and asked for by who may not', (t) => inBothModes(t, async (t, db) => {
  const superuser = await db.connect('postgres');
  await superuser.query('DROP ROLE oddstream_sink; DROP ROLE odds_writer; ALTER ROLE quant RESET ALL');
  await t.rejects(migrate(db.owner), { code: 'failed', migration: '0001_mode_and_roles.sql', message: /role odds_writer is missing.*HINT: As a superuser: CREATE ROLE odds_writer NOLOGIN;/s });
  t.strictSame((await db.owner.query(`SELECT count(*)::int AS n FROM schema_migrations`)).rows, [{ n: 0 }], 'nothing of a failed file is left');
  await superuser.query('ALTER ROLE oddstream CREATEROLE');
  t.equal((await migrate(db.owner)).applied.length, migrations);
  const quant = await db.connect('quant');
  t.strictSame((await quant.query('SHOW default_transaction_read_only')).rows, [{ default_transaction_read_only: 'on' }]);
}));

t.test('a server that was set up before there were bets is told which role it lacks', (t) => inMode(t, 'plain', async (t, db) => {
  const superuser = await db.connect('postgres');
  await superuser.query('DROP ROLE oddstream_bets; DROP ROLE bets_writer');
  await t.rejects(migrate(db.owner), { code: 'failed', migration: '0007_bets.sql', message: /role bets_writer is missing.*HINT: As a superuser: CREATE ROLE bets_writer NOLOGIN;/s });
  await superuser.query('CREATE ROLE bets_writer NOLOGIN');
  t.equal((await migrate(db.owner)).applied[0], '0007_bets.sql');
}));
