import pg from 'pg';
import t, { type Test } from 'tap';
import { inBothModes, type TestDatabase } from '../../ops/migrations/database-for-tests.ts';
import { migrate, refreshAggregates } from '../../ops/migrations/migrate.ts';
import { type RowsRefused, type Sink, SinkFenced } from '../../runtime/ports.ts';
import type { OddsUpdate, OddsUpdateRow } from '../../schemas/generated/odds-update.ts';
import { topics } from '../../schemas/topics.ts';
import { rowsOf } from '../../sinks/rows-for-tests.ts';
import { fateNames } from '../../stream/fates.ts';
import { serversForTests } from '../testing/servers-for-tests.ts';
import pipeline from './pipeline.ts';
import { startProxy } from './proxy-for-tests.ts';

const HOUR_MS = 3_600_000;
const nowMs = Math.floor(Date.now() / 1000) * 1000;
const topic = 'odds-updates';
const update = (offset: number, more: Partial<OddsUpdate> = {}): { offset: number; value: Partial<OddsUpdate> } =>
  ({ offset, value: { timestamp: nowMs - 60_000 + offset, provider: 'acme', sport: 'football', event_id: 'e1', market: '1x2', odds: { home: 2, draw: 3.5, away: 4 }, ...more } });
const updates = (from: number, until: number, more: Partial<OddsUpdate> = {}): ReturnType<typeof update>[] => Array.from({ length: until - from }, (_, i) => update(from + i, more));

/** Opens the pipeline's sink, as the role that sinks have. */
const opening = (t: Test, db: TestDatabase) => {
  const { host } = db.owner as unknown as { host: string };
  return async ({ namespace = '', url = `postgresql://oddstream_sink@/oddstream?host=${host}` } = {}): Promise<Sink<OddsUpdateRow>> => {
    const sink = await pipeline.sink(serversForTests({ postgresUrl: url, namespace }), pipeline.config.parse({}), pipeline.name);
    t.teardown(() => sink.close());
    return sink;
  };
};
const positions = async (sink: Sink<OddsUpdateRow>, ...partitions: number[]): Promise<(number | undefined)[]> =>
  Array.from((await sink.positions(partitions.map((partition) => ({ topic, partition })))).values());
const put = (sink: Sink<OddsUpdateRow>, partition: number, records: ReturnType<typeof update>[]): string[] => {
  const fates: string[] = [];
  sink.write(partition, rowsOf(topics.oddsUpdates, records), (fate) => fates.push(fateNames[fate]));
  return fates;
};
const countIn = async ({ owner }: TestDatabase, where = 'true', schema = 'public'): Promise<number> =>
  Number((await owner.query<{ n: string }>(`SELECT count(*) AS n FROM ${schema}.odds_history WHERE ${where}`)).rows[0]!.n);

t.test('odds-history', (t) => inBothModes(t, async (t, db) => {
  const open = opening(t, db);
  await t.test('is not opened where it cannot write, and says what to do', async (t) => {
    await t.rejects(open(), { code: 'database_not_migrated', message: /sink_positions, odds_history.*oddstream migrate/ });
    const url = 'postgresql://somebody:secret@127.0.0.1:1/oddstream';
    const error = await open({ url }).catch((failure: unknown) => failure as Error & { code: string });
    t.match(error, { code: 'database_unreachable', message: /127\.0\.0\.1:1\/oddstream/ });
    t.notMatch(String((error as Error).message), /secret/);
  });
  await migrate(db.owner);
  await migrate(db.owner, { schema: 'replay-1' });

  await t.test('rows and positions come together, and a restart goes on from there', async (t) => {
    const sink = await open();
    t.strictSame(await positions(sink, 0, 1), [undefined, undefined]);
    t.strictSame(put(sink, 0, [...updates(10, 12), update(12, { repeat: true }), update(13, { status: 'suspended' })]), ['applied', 'applied', 'unchanged', 'applied']);
    put(sink, 1, updates(5, 6));
    t.equal(sink.buffered, 9);
    t.equal(await countIn(db), 0, 'nothing before the commit');
    await sink.commit([{ topic, partition: 0, offset: 15 }, { topic, partition: 1, offset: 6 }]);
    t.strictSame([sink.buffered, await countIn(db)], [0, 9]);
    t.strictSame((await db.owner.query('SELECT outcome, odds, probability, source_partition, source_offset FROM odds_history WHERE source_offset = 5 ORDER BY odds')).rows, [
      { outcome: 'home', odds: '2.0000', probability: '0.4828', source_partition: 1, source_offset: '5' },
      { outcome: 'draw', odds: '3.5000', probability: '0.2759', source_partition: 1, source_offset: '5' },
      { outcome: 'away', odds: '4.0000', probability: '0.2414', source_partition: 1, source_offset: '5' }]);
    await sink.commit([{ topic, partition: 1, offset: 9 }]);
    const restarted = await open();
    t.strictSame(await positions(restarted, 1, 0, 2), [9, 15, undefined]);
    put(restarted, 0, updates(15, 16));
    await restarted.commit([{ topic, partition: 0, offset: 16 }]);
    t.equal(await countIn(db), 12);
  });

  await t.test('a COPY that fails in the middle leaves nothing, and nothing is lost', async (t) => {
    const sink = await open();
    await positions(sink, 2);
    put(sink, 2, [...updates(0, 500), update(500, { timestamp: Date.UTC(1980, 0, 1) }), ...updates(501, 600)]);
    await t.rejects(sink.commit([{ topic, partition: 2, offset: 600 }]), { code: 'rows_refused', records: [{ partition: 2, offset: 500, code: 'row_refused_23514', message: /check constraint/ }] });
    t.equal(await countIn(db, 'source_partition = 2'), 0);
    t.strictSame(await positions(sink, 2), [undefined]);
    sink.discard();
    t.equal(sink.buffered, 0);
    put(sink, 2, updates(0, 500));
    await sink.commit([{ topic, partition: 2, offset: 600 }]);
    t.equal(await countIn(db, 'source_partition = 2'), 1500);
  });

  await t.test('whatever a row is refused for is told by its code', async (t) => {
    const sink = await open();
    await positions(sink, 10);
    const refused = async (): Promise<string[]> => sink.commit([{ topic, partition: 10, offset: 9 }]).then(() => [], ({ records }: RowsRefused) => records.map(({ offset, code }) => `${offset} ${code}`));
    put(sink, 10, [update(0), update(2, { timestamp: Date.UTC(2200, 0, 1) }), update(3, { volume: 1e15 }), update(4, { volume: -1 })]);
    t.strictSame(await refused(), ['2 row_refused_23514', '3 row_refused_22003', '4 row_refused_23514']);
    sink.discard();
    t.strictSame(put(sink, 10, [update(5), update(6, { provider: 'a\0b' }), update(7, { timestamp: 9e15 })]), ['applied']);
    t.strictSame(await refused(), ['6 row_refused_22021', '7 row_refused_22008'], 'what cannot even be sent');
    sink.discard();
    put(sink, 10, [update(8)]);
    t.strictSame([await refused(), await countIn(db, 'source_partition = 10')], [[], 3]);
  });

  await t.test('of two writers one is fenced, and each row is there once', async (t) => {
    const writers = [await open(), await open()];
    for (let round = 0; round < 10; round++) {
      const from = round * 10;
      for (const writer of writers) {
        writer.discard();
        t.strictSame(await positions(writer, 3, 4), round === 0 ? [undefined, undefined] : [from, from]);
        for (const partition of [3, 4]) put(writer, partition, updates(from, from + 10));
      }
      const ends = await Promise.allSettled(writers.map((writer, i) => writer.commit((i === 0 ? [3, 4] : [4, 3]).map((partition) => ({ topic, partition, offset: from + 10 })))));
      t.strictSame(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      t.type(ends.find((end) => end.status === 'rejected')!.reason, SinkFenced);
    }
    t.equal(await countIn(db, 'source_partition IN (3, 4)'), 600);
    t.equal((await db.owner.query('SELECT FROM odds_history WHERE source_partition = 3 GROUP BY source_offset, outcome HAVING count(*) > 1')).rowCount, 0);
  });

  await t.test('one position of several that has moved fences all of them', async (t) => {
    const [zombie, other] = [await open(), await open()];
    for (const sink of [zombie, other]) await positions(sink, 5, 6);
    put(other, 5, updates(0, 1));
    await other.commit([{ topic, partition: 5, offset: 1 }]);
    for (const partition of [5, 6]) put(zombie, partition, updates(0, 2));
    await t.rejects(zombie.commit([{ topic, partition: 5, offset: 2 }, { topic, partition: 6, offset: 2 }]), { code: 'sink_fenced' });
    t.strictSame([await countIn(db, 'source_partition = 6'), await countIn(db, 'source_partition = 5')], [0, 3]);
    t.strictSame(await positions(zombie, 5, 6), [1, undefined]);
  });

  await t.test('a connection that is lost is made again; whether a commit got through is found out', async (t) => {
    const { host } = db.owner as unknown as { host: string };
    const proxy = await startProxy(`${host}/.s.PGSQL.5432`);
    t.teardown(() => proxy.close());
    const sink = await open({ url: `postgresql://oddstream_sink@127.0.0.1:${proxy.port}/oddstream` });
    await positions(sink, 7);
    let next = 0;
    for (const [text, when] of [['BEGIN', 'before'], ['UPDATE sink_positions', 'after'], ['COPY', 'after'], ['acme\tdraw', 'before'], ['odds_note_quotes', 'after'], ['COMMIT', 'before'], ['COMMIT', 'after']] as const) {
      put(sink, 7, updates(next, next + 1000));
      next += 1000;
      proxy.cutAt(text, when);
      await sink.commit([{ topic, partition: 7, offset: next }]);
      t.equal(await countIn(db, 'source_partition = 7'), 3 * next, `cut ${when} ${text}`);
    }
    t.strictSame(await positions(sink, 7), [next]);
    const ended = await (await db.connect('postgres')).query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'oddstream odds-history'`);
    t.ok(ended.rowCount! > 0);
    put(sink, 7, updates(next, next + 1));
    await sink.commit([{ topic, partition: 7, offset: next + 1 }]);
    t.equal(await countIn(db, 'source_partition = 7'), 3 * next + 3, 'also one that the server has ended');
  });

  await t.test('after a commit of which nothing is known, another writer fences as ever', async (t) => {
    const { host } = db.owner as unknown as { host: string };
    const proxy = await startProxy(`${host}/.s.PGSQL.5432`);
    t.teardown(() => proxy.close());
    const sink = await open({ url: `postgresql://oddstream_sink@127.0.0.1:${proxy.port}/oddstream` });
    await positions(sink, 8, 9);
    for (const partition of [8, 9]) put(sink, partition, updates(0, 10));
    proxy.cutAt('COMMIT', 'before');
    const commit = sink.commit([{ topic, partition: 8, offset: 10 }, { topic, partition: 9, offset: 10 }]);
    // A second writer comes to the same place on one of the two while the first is cut off.
    const other = await open();
    await positions(other, 9);
    put(other, 9, updates(0, 10));
    const otherEnd = await other.commit([{ topic, partition: 9, offset: 10 }]).then(() => 'first', () => 'second');
    const end = await commit.then(() => 'first', (error: unknown) => (error instanceof SinkFenced ? 'second' : error));
    t.not(end, otherEnd, 'one of them, not both');
    t.equal(await countIn(db, 'source_partition = 9'), 30);
    t.equal(await countIn(db, 'source_partition = 8'), end === 'first' ? 30 : 0);
  });

  await t.test('nasty texts come back as they were', async (t) => {
    const sink = await open();
    await positions(sink, 20);
    const names = ['\\N', '\\.', 'tab\tnew\nline\rback\\slash', '"quoted", \'too\'', 'Überraschung ⚽', ' spaces ', '\\x41\\101\\t', '\u{fffe}\u{10ffff}\b\v\f'];
    put(sink, 20, names.map((name, i) => update(i, { provider: name, event_id: `e${name}`, market: name, odds: { [name]: 2 } })));
    await sink.commit([{ topic, partition: 20, offset: 99 }]);
    const { rows } = await db.owner.query('SELECT bookmaker_id AS a, substr(event_id, 2) AS b, market_type AS c, outcome AS d FROM odds_history WHERE source_partition = 20 ORDER BY source_offset');
    t.strictSame(rows, names.map((name) => ({ a: name, b: name, c: name, d: name })));
  });

  await t.test('late rows land, and their hour is aggregated anew', async (t) => {
    const sink = await open();
    await positions(sink, 30);
    const pastMs = nowMs - 60 * 24 * HOUR_MS; //  a month without a partition, hours behind every policy's reach
    const averages = async (): Promise<unknown> => (await db.owner.query(`SELECT avg_odds::float AS avg, data_points::int AS n FROM odds_statistics_hourly WHERE event_id = 'late' AND outcome = 'home'`)).rows;
    put(sink, 30, [update(0, { event_id: 'late', timestamp: pastMs })]);
    await sink.commit([{ topic, partition: 30, offset: 1 }]);
    await db.owner.query('CALL odds_refresh($1, $2)', [new Date(pastMs - HOUR_MS), new Date(pastMs + 48 * HOUR_MS)]);
    t.strictSame(await averages(), [{ avg: 2, n: 1 }]);
    put(sink, 30, [update(1, { event_id: 'late', timestamp: pastMs + 1, odds: { home: 3 } })]);
    await sink.commit([{ topic, partition: 30, offset: 2 }]);
    await refreshAggregates(db.owner);
    t.strictSame(await averages(), [{ avg: 2.5, n: 2 }]);
    t.strictSame((await db.owner.query('SELECT * FROM odds_stale_hours($1, $2)', [new Date(pastMs), new Date(nowMs)])).rows, []);
    if (db.mode === 'plain') t.equal((await db.owner.query('SELECT FROM odds_history_default')).rowCount, 0, 'each month has its partition');
  });

  await t.test('a namespace is a schema of its own', async (t) => {
    const sink = await open({ namespace: 'replay-1' });
    const before = await countIn(db);
    t.strictSame(await positions(sink, 0), [undefined], 'not the position of another');
    put(sink, 0, updates(0, 2));
    await sink.commit([{ topic, partition: 0, offset: 2 }]);
    t.strictSame([await countIn(db), await countIn(db, 'true', '"replay-1"')], [before, 6]);
    await t.rejects(open({ namespace: 'replay-2' }), { code: 'database_not_migrated' });
  });

  await t.test('the role may do no more than it must', async (t) => {
    const { host } = db.owner as unknown as { host: string };
    const client = new pg.Client({ connectionString: `postgresql://oddstream_sink@/oddstream?host=${host}` });
    await client.connect();
    t.teardown(() => client.end());
    for (const sql of ['DELETE FROM odds_history', 'UPDATE odds_history SET odds = 9', 'DROP TABLE sink_positions', 'DELETE FROM sink_positions']) await t.rejects(client.query(sql), { code: '42501' });
  });
}));
