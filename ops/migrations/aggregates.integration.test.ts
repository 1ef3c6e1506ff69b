import type pg from 'pg';
import t, { type Test } from 'tap';
import { copyHistory, inBothModes, inMode, writeHistory, type HistoryRow } from './database-for-tests.ts';
import { maintain, migrate, refreshAggregates } from './migrate.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
// One moment for both modes, so that both get the same rows.
const nowMs = Math.floor(Date.now() / 1000) * 1000;
const hourOf = (agoMs: number): number => nowMs - agoMs - (nowMs - agoMs) % hourMs;

/** Quotes of two events, three outcomes, several per minute and several of the same millisecond; prices from a fixed sequence. */
function quotes(fromMs: number, stepMs: number, count: number, firstOffset: number): HistoryRow[] {
  const rows: HistoryRow[] = [];
  for (let i = 0; i < count; i += 1) {
    const seed = (firstOffset + i) * 7919 % 10_007;
    for (const [j, outcome] of ['home', 'draw', 'away'].entries()) {
      rows.push({
        event: `event-${i % 2}`, bookmaker: i % 3 === 0 ? 'acme' : 'bolt', outcome, odds: (1.01 + (seed + j * 3001) % 9000 / 1000).toFixed(4),
        // pairs share their time: then the offset decides which is the open and which the close
        timestampMs: fromMs + Math.floor(i / 2) * 2 * stepMs, offset: firstOffset + i, volume: '100.50', volumeRepeated: j > 0,
      });
    }
  }
  return rows;
}

/** What the aggregates have to say, straight from the raw rows. Bucket origin is UTC midnight. */
const direct = {
  odds_statistics_hourly: `
    SELECT date_bin('1 hour', "timestamp", '2000-01-01 00:00+00') AS hour, sport_id, event_id, market_type, bookmaker_id, outcome,
           avg(odds) AS avg_odds, min(odds) AS min_odds, max(odds) AS max_odds, round(stddev_samp(odds), 10) AS odds_volatility, count(*) AS data_points
      FROM odds_history GROUP BY 1, 2, 3, 4, 5, 6`,
  ...Object.fromEntries([['1s', '1 second'], ['1m', '1 minute'], ['1h', '1 hour'], ['1d', '1 day']].map(([level, width]) => [`odds_ohlc_${level}`, `
    SELECT date_bin('${width}', "timestamp", '2000-01-01 00:00+00') AS bucket, sport_id, event_id, market_type, bookmaker_id, outcome,
           (array_agg(odds ORDER BY "timestamp", source_offset))[1] AS open_odds, max(odds) AS high_odds, min(odds) AS low_odds,
           (array_agg(odds ORDER BY "timestamp" DESC, source_offset DESC))[1] AS close_odds,
           avg(odds) AS avg_odds, round(stddev_samp(odds), 10) AS odds_volatility, count(*) AS data_points
      FROM odds_history GROUP BY 1, 2, 3, 4, 5, 6`])),
} as Readonly<Record<string, string>>;

async function isTrue(t: Test, client: pg.Client, when: string): Promise<void> {
  for (const [view, truth] of Object.entries(direct)) {
    const { rows } = await client.query(`
      WITH truth AS (${truth}), seen AS (SELECT * FROM ${view})
      SELECT (SELECT count(*)::int FROM truth) AS truth, (SELECT count(*)::int FROM seen) AS seen,
             (SELECT count(*)::int FROM (SELECT * FROM truth EXCEPT ALL SELECT * FROM seen) x) AS missing`);
    t.ok(rows[0].truth > 5, `${when}: ${view} has something to say`);
    t.strictSame(rows[0], { truth: rows[0].truth, seen: rows[0].truth, missing: 0 }, `${when}: ${view} equals a direct aggregate`);
  }
}

const questions = {
  hourly: `SELECT * FROM odds_statistics_hourly ORDER BY 1, 3, 5, 6`,
  daily: `SELECT * FROM odds_ohlc_1d ORDER BY 1, 3, 5, 6`,
  movement: `SELECT * FROM odds_line_movement WHERE event_id = 'event-1' ORDER BY 1, 5, 6`,
  volume: `SELECT event_id, sum(volume) FILTER (WHERE NOT volume_repeated) AS volume FROM odds_history GROUP BY 1 ORDER BY 1`,
  buckets: `SELECT time_bucket('7 days', "timestamp") AS week, count(*) FROM odds_history GROUP BY 1 ORDER BY 1`,
};
const answers: Record<string, unknown>[] = [];

t.test('aggregates', (t) => inBothModes(t, async (t, db) => {
  const { owner, mode } = db;
  await migrate(owner);
  const sink = await db.connect('oddstream_sink');
  const quant = await db.connect('quant');
  await sink.query('SELECT odds_ensure_partitions($1, $2)', [new Date(nowMs - 70 * dayMs), new Date(nowMs)]);

  await writeHistory(sink, [
    ...quotes(hourOf(60 * dayMs), 40_000, 200, 0),            // two hours and more, long ago
    ...quotes(hourOf(10 * dayMs), 15_000, 300, 1000),
    ...quotes(hourOf(5 * hourMs) - 30 * minuteMs, 9_000, 400, 2000),
    ...quotes(nowMs - 2 * minuteMs, 1_000, 100, 3000),        // live
  ]);
  if (mode === 'plain') await isTrue(t, quant, 'before any refresh');
  await maintain(owner);
  await refreshAggregates(owner);
  await isTrue(t, quant, 'after a refresh');

  await t.test('account for late rows that came by COPY', async (t) => {
    await writeHistory(sink, quotes(hourOf(60 * dayMs) + 20 * minuteMs, 11_000, 60, 5000));
    await writeHistory(sink, quotes(hourOf(9 * dayMs), 11_000, 60, 6000));   // hours that had nothing
    if (mode === 'plain') await isTrue(t, quant, 'at once');
    await refreshAggregates(owner);
    await isTrue(t, quant, 'after the refresh of what was noted');
    t.strictSame((await quant.query(`SELECT * FROM odds_stale_hours(now() - interval '90 days', now())`)).rows, []);
  });

  await t.test('say where they are stale, and are repaired', async (t) => {
    const hour = hourOf(10 * dayMs);
    const stale = async (): Promise<unknown> => (await quant.query(
      `SELECT hour, raw_rows::int - aggregated_rows::int AS more FROM odds_stale_hours(now() - interval '90 days', now())`)).rows;
    // Rows that go or change behind everybody's back are nobody's to note.
    await owner.query(`DELETE FROM odds_history WHERE source_offset = 1000 AND outcome = 'home'`);
    await owner.query(`UPDATE odds_history SET odds = odds + 1 WHERE source_offset = 0 AND outcome = 'home'`);
    t.strictSame(await stale(), [{ hour: new Date(hourOf(60 * dayMs)), more: 0 }, { hour: new Date(hour), more: -1 }]);
    await owner.query('CALL odds_refresh($1, $2)', [new Date(hour), new Date(hour + 1)]);
    await owner.query('CALL odds_refresh($1, $2)', [new Date(hourOf(60 * dayMs)), new Date(hourOf(60 * dayMs) + 1)]);
    t.strictSame(await stale(), []);
    await isTrue(t, quant, 'after the repair');
  });

  if (mode === 'timescale') {
    await t.test('stay stale where the sink forgets its note', async (t) => {
      const hour = hourOf(20 * dayMs);
      await copyHistory(sink, quotes(hour, 11_000, 10, 7000));
      await refreshAggregates(owner);
      t.strictSame((await quant.query(`SELECT hour FROM odds_stale_hours(now() - interval '90 days', now())`)).rows, [{ hour: new Date(hour) }],
        'if this fails, odds_note_touched is not needed any more');
      await owner.query(`DELETE FROM odds_history WHERE source_offset >= 7000`);
      await owner.query('CALL odds_refresh($1, $2)', [new Date(hour), new Date(hour + hourMs)]);
      await isTrue(t, quant, 'after the rows are gone again');
    });
  }

  await t.test('keep a volume that is not counted three times', async (t) => {
    const { rows } = await quant.query(`SELECT sum(volume) FILTER (WHERE NOT volume_repeated) AS once, 100.50 * count(DISTINCT source_offset) AS updates FROM odds_history`);
    t.ok(Number(rows[0].once) > 0);
    t.equal(Number(rows[0].once), Number(rows[0].updates) - 100.50, 'one first row was deleted above');
  });

  const answer: Record<string, unknown> = {};
  for (const [name, sql] of Object.entries(questions)) answer[name] = (await quant.query(sql)).rows;
  answers.push(answer);
}));

t.test('where TimescaleDB runs no jobs, the maintenance loop does', (t) => inMode(t, 'timescale', async (t, { owner }) => {
  await migrate(owner);
  const warnings: string[] = [];
  owner.on('notice', ({ message }) => warnings.push(message ?? ''));
  const taken = async (): Promise<number> => (await owner.query(`SELECT count(*)::int AS n FROM odds_upkeep`)).rows[0].n;
  await maintain(owner);
  t.equal(await taken(), 0, 'a new schema gives them time');
  await owner.query(`UPDATE odds_settings SET decided_at = now() - interval '1 hour'`);
  await copyHistory(owner, quotes(nowMs - 2 * hourMs, 30_000, 200, 0));
  await maintain(owner);
  t.match(warnings.join(), /scheduler does not complete the jobs of schema public/);
  t.equal(await taken(), 17);
  const { rows } = await owner.query(`SELECT count(*)::int AS n FROM timescaledb_information.jobs WHERE scheduled AND hypertable_schema = 'public'`);
  t.strictSame(rows, [{ n: 0 }]);
  await isTrue(t, owner, 'after the policies ran');

  // Rows that come behind the watermark are not seen until a policy's next turn: so it has run, and runs again.
  await copyHistory(owner, quotes(nowMs - 90 * minuteMs, 10_000, 60, 500));
  const stale = async (): Promise<number> => (await owner.query(`SELECT FROM odds_stale_hours(now() - interval '1 day', now())`)).rowCount ?? 0;
  t.ok(await stale() > 0);
  await owner.query('UPDATE odds_upkeep SET due_at = now()');
  await maintain(owner);
  t.equal(await stale(), 0);
  t.equal(warnings.length, 1, 'said once');

  await owner.query('UPDATE odds_settings SET decided_at = now()');   // as good as a job that succeeded
  await maintain(owner);
  t.equal(await taken(), 0, 'and they are handed back');
  t.strictSame((await owner.query(`SELECT count(*)::int AS n FROM timescaledb_information.jobs WHERE NOT scheduled AND job_id >= 1000`)).rows, [{ n: 0 }]);
}, { workers: 0 }));

t.test('both modes answer alike', async (t) => {
  if (answers.length < 2) {
    t.pass('both modes', { skip: 'only one mode could be tested here' });
    return;
  }
  t.ok((answers[0]!['hourly'] as unknown[]).length > 50);
  for (const name of Object.keys(questions)) t.strictSame(answers[1]![name], answers[0]![name], name);
});
