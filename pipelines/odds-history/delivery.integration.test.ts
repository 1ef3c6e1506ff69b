/** What the sinks of time series promise: rows once, whoever else writes, whatever breaks, and whatever a row is like. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { inBothModes, type TestDatabase } from '../../ops/migrations/database-for-tests.ts';
import { migrate } from '../../ops/migrations/migrate.ts';
import { PipelineMetrics } from '../../runtime/metrics.ts';
import { sinkPipeline } from '../../runtime/pipeline.ts';
import type { Sink } from '../../runtime/ports.ts';
import { runSink } from '../../runtime/run-sink.ts';
import { supervise } from '../../runtime/supervise.ts';
import { contextOf, MemoryPublisher } from '../../runtime/testing/memory.ts';
import { type LogRecord, quote, START_MS } from '../../runtime/testing/records.ts';
import { TurnSource } from '../../runtime/testing/turns.ts';
import type { OddsUpdateRow } from '../../schemas/generated/odds-update.ts';
import { CopyDestination } from '../../sinks/timescale/copy-destination.ts';
import { OddsHistory } from '../../sinks/timescale/odds-history.ts';
import { TimescaleSink } from '../../sinks/timescale/sink.ts';
import pipeline from './pipeline.ts';
import { type Proxy, startProxy } from './proxy-for-tests.ts';

const topic = 'odds-updates';
const MAX_WAIT_MS = 1_000;
/** Where a connection is cut: the text that goes over it, and whether before it or after the answer to it. */
const cuts: readonly (readonly [string, 'before' | 'after'])[] = [['sink_positions p', 'before'], ['sink_positions p', 'after'], ['COPY', 'after'], ['SAVEPOINT', 'before'], ['odds_note_quotes', 'before'], ['COMMIT', 'before'], ['COMMIT', 'after']];
type Log = readonly (readonly LogRecord[])[];

/** A log of quotes of three outcomes each; `poison` are refused by the table. */
const logOf = (length: number, poison: readonly number[] = [], provider = 'acme'): LogRecord[] =>
  Array.from({ length }, (_, i) => quote({ timestamp: START_MS + i, provider: poison.includes(i) ? 'poison' : provider }));
/** Enough for several chunks of COPY, with a text in the middle that can be waited for. */
const longLog = (): LogRecord[] => [...logOf(2_000), ...logOf(200, [], 'halfway'), ...logOf(2_000)];

/** One life of the sink: a loop of its own with a connection of its own. */
class Life {
  readonly source: TurnSource;
  readonly publisher = new MemoryPublisher([]);
  readonly warnings: string[] = [];
  readonly metrics = new PipelineMetrics('odds-history');
  readonly ended: Promise<unknown>;
  readonly sink: Sink<OddsUpdateRow>;
  get hasEnded(): boolean { return this.source.isOver; }
  readonly #wall = { nowMs: 0 };

  static async begin(url: string, log: Log, { maxRows = 1_000_000, retryMs = 0 } = {}): Promise<Life> {
    const sink = await TimescaleSink.open({ postgresUrl: url, namespace: '', name: 'odds-history', retryMs }, new CopyDestination(new OddsHistory()));
    const life = new Life(sink, log, maxRows);
    await life.source.assign();
    return life;
  }

  private constructor(sink: Sink<OddsUpdateRow>, log: Log, maxRows: number) {
    this.sink = sink;
    this.source = new TurnSource(topic, log);
    const logger = pino({ level: 'warn', base: null }, { write: (line: string) => { this.warnings.push((JSON.parse(line) as { msg: string }).msg); } });
    this.ended = runSink(sinkPipeline({ ...pipeline, batch: () => ({ maxRows, maxWaitMs: MAX_WAIT_MS }) }), pipeline.config.parse({}), [sink], this.source, this.publisher, contextOf({ wall: this.#wall, log: logger, metrics: this.metrics }))
      .then(() => undefined, (error: unknown) => error)
      .finally(() => sink.close());
  }

  commit(): Promise<void> {
    this.#wall.nowMs += MAX_WAIT_MS;
    return this.source.idle();
  }

  async crash(): Promise<void> { await this.source.fail(new Error('crashed')); await this.ended; }
  /** Stops it properly, and gives what it failed with. */
  async end(): Promise<unknown> { await this.source.end(); return this.ended; }

  /** Reads to the end and stops; rejects with what ended it before. */
  async finish(batch = 3): Promise<void> {
    while (!this.hasEnded && !this.source.isAtEnd) {
      for (const partition of this.source.log.keys()) await this.source.poll(partition, batch);
      if (this.source.isAtEnd) await this.commit();
    }
    const failure = await this.end();
    if (failure instanceof Error) throw failure;
  }
}

const storedIn = async ({ owner }: TestDatabase): Promise<Record<string, number>> => Object.fromEntries((await owner.query<{ at: string; n: number }>(
  `SELECT source_partition || '/' || source_offset AS at, count(*)::int AS n FROM odds_history GROUP BY source_partition, source_offset ORDER BY source_partition, source_offset`)).rows.map(({ at, n }) => [at, n]));
const positionsIn = async ({ owner }: TestDatabase): Promise<Record<number, number>> => Object.fromEntries((await owner.query<{ partition: number; at: string }>(
  'SELECT partition, next_offset AS at FROM sink_positions ORDER BY partition')).rows.map(({ partition, at }) => [partition, Number(at)]));
/** All three rows of each record up to a partition's position, without poison: what must be stored. */
const wantedOf = (log: Log, positions: Record<number, number> = {}): Record<string, number> => Object.fromEntries(log.flatMap((records, partition) =>
  records.slice(0, positions[partition] ?? 0).flatMap((record, offset): [string, number][] => (isPoison(record) ? [] : [[`${partition}/${offset}`, 3]]))));
const endsOf = (log: Log): Record<number, number> => Object.fromEntries(log.map((records, partition) => [partition, records.length]));
const isPoison = (record: LogRecord): boolean => Buffer.from(record.value!).includes('poison');
const isStoredOnce = async (t: Test, db: TestDatabase, log: Log, message = 'all rows, once'): Promise<void> => {
  t.strictSame([await storedIn(db), await positionsIn(db)], [wantedOf(log, endsOf(log)), endsOf(log)], message);
};
const deadOf = (...lives: readonly Life[]): string[] => Array.from(new Set(lives.flatMap(({ publisher }) => publisher.letters.map(({ partition, offset, code }) => `${partition}/${offset} ${code}`)))).toSorted();

t.test('odds-history', (t) => inBothModes(t, async (t, db) => {
  await migrate(db.owner);
  await db.owner.query(`ALTER TABLE odds_history ADD CONSTRAINT no_poison CHECK (bookmaker_id <> 'poison')`);
  const superuser = await db.connect('postgres');
  const { host } = db.owner as unknown as { host: string };
  const url = `postgresql://oddstream_sink@/oddstream?host=${host}`;
  const proxied = async (t: Test): Promise<{ readonly proxy: Proxy; readonly through: string }> => {
    const proxy = await startProxy(`${host}/.s.PGSQL.5432`);
    t.teardown(() => proxy.close());
    return { proxy, through: `postgresql://oddstream_sink@127.0.0.1:${proxy.port}/oddstream` };
  };
  const clear = async (): Promise<void> => { await db.owner.query('TRUNCATE odds_history, sink_positions'); };
  t.beforeEach(clear);

  await t.test('of two writers the one whose position is stale is fenced, leaves nothing, reads its position again, and goes on', async (t) => {
    const log = [logOf(12)];
    const [one, two] = [await Life.begin(url, log), await Life.begin(url, log)];
    await one.source.poll(0, 4);
    await two.source.poll(0, 6);
    await one.commit();
    await two.commit();
    t.strictSame([two.warnings, two.source.at.get(0)], [['another writer has moved this sink; its position is read again'], 4]);
    t.strictSame([await storedIn(db), await positionsIn(db)], [wantedOf(log, { 0: 4 }), { 0: 4 }], 'nothing of the second');
    await two.source.poll(0, 4);
    await two.commit();
    await one.source.poll(0, 6);
    await one.commit();
    t.strictSame([one.warnings.length, one.source.at.get(0)], [1, 8], 'and now it is the first');
    t.strictSame(await storedIn(db), wantedOf(log, { 0: 8 }));
    await one.finish();
    await two.finish();
    await isStoredOnce(t, db, log);
  });

  await t.test('two writers at full speed on the same partitions', async (t) => {
    const log = [logOf(300), logOf(200)];
    const lives = [await Life.begin(url, log, { maxRows: 60 }), await Life.begin(url, log, { maxRows: 40 })];
    await Promise.all(lives.map((life, i) => life.finish(5 + 3 * i)));
    await isStoredOnce(t, db, log);
    t.ok(lives.some(({ warnings }) => warnings.length > 0), 'they were in each other\'s way');
  });

  await t.test('any interleaving of two writers, any crash, any redelivery: the same rows, once', async (t) => {
    const { proxy, through } = await proxied(t);
    const step = fc.record({
      writer: fc.constantFrom(0, 1), partition: fc.constantFrom(0, 1), count: fc.integer({ min: 1, max: 6 }),
      what: fc.oneof({ weight: 6, arbitrary: fc.constant('poll' as const) }, { weight: 4, arbitrary: fc.constant('commit' as const) }, fc.constantFrom('again' as const, 'crash' as const, 'end' as const, 'killed' as const, 'cut' as const)),
      cut: fc.constantFrom(...cuts),
    });
    const logs = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.array(fc.nat(19), { maxLength: 3 }), fc.integer({ min: 1, max: 20 })).map(([a, poison, b]): Log => [logOf(a, poison), logOf(b)]);
    let fences = 0, deaths = 0;
    await fc.assert(fc.asyncProperty(logs, fc.array(step, { minLength: 5, maxLength: 40 }), async (log, steps) => {
      await clear();
      const lives: (Life | undefined)[] = [undefined, undefined], all: Life[] = [];
      const living = async (writer: number): Promise<Life> => {
        if (lives[writer] === undefined || lives[writer].hasEnded) all.push(lives[writer] = await Life.begin(through, log, { maxRows: 20 }));
        return lives[writer];
      };
      for (const { writer, partition, count, what, cut: [text, when] } of steps) {
        const life = await living(writer);
        if (what === 'poll') await life.source.poll(partition, count);
        else if (what === 'again') await life.source.again(partition, count);
        else if (what === 'commit') await life.commit();
        else if (what === 'crash') await life.crash();
        else if (what === 'end') await life.end();
        else if (what === 'killed') await superuser.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'oddstream odds-history'`);
        else proxy.cutAt(text, when);
        t.strictSame(await storedIn(db), wantedOf(log, await positionsIn(db)), 'at each moment what is stored is what lies before the positions');
      }
      proxy.mend();
      for (const life of lives) if (life?.hasEnded === false) await life.finish().catch(() => undefined); //  one whose connection was ended may end only now
      await Promise.all(all.map(({ ended }) => ended));
      await (await living(0)).finish();
      await isStoredOnce(t, db, log);
      t.strictSame(deadOf(...all), log[0]!.flatMap((record, offset) => (isPoison(record) ? [`0/${offset} row_refused_23514`] : [])).toSorted(), 'and what is refused is dead');
      fences += all.reduce((sum, { warnings }) => sum + warnings.filter((line) => line.includes('another writer')).length, 0);
      deaths += all.length;
    }), { numRuns: 30 });
    t.comment(`${fences} fences, ${deaths} lives`);
    t.ok(fences > 0, 'writers met');
  });

  for (const [where, text, query] of [
    ['before COPY, when the position is moved', 'COPY', /UPDATE sink_positions|INSERT INTO sink_positions/],
    ['in the middle of COPY', 'halfway', /^COPY/],
    ['between COPY and its notes', 'odds_note_touched', /^COPY/],
    ['before COMMIT', 'COMMIT', /odds_note_quotes/],
  ] as const) {
    await t.test(`a backend that is ended ${where} leaves nothing, and then all lands once`, async (t) => {
      const { proxy, through } = await proxied(t);
      const log = [longLog()];
      const life = await Life.begin(through, log, { retryMs: 30_000 });
      await life.source.poll(0, log[0]!.length);
      const { reached, release } = proxy.holdAt(text);
      const committed = life.commit();
      await reached;
      const backends = await superuser.query<{ query: string }>(`SELECT query, pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'oddstream odds-history'`);
      t.match(backends.rows, [{ query }], 'it was there');
      t.strictSame([await storedIn(db), await positionsIn(db)], [{}, {}], 'no rows, and the position has not moved');
      release();
      await committed;
      t.notOk(life.hasEnded, 'the session has connected again');
      await life.finish();
      await isStoredOnce(t, db, log);
    });
  }

  await t.test('where the connection does not come back in time, the supervisor\'s next life does it', async (t) => {
    const { proxy, through } = await proxied(t);
    const log = [longLog()];
    const ends: unknown[] = [];
    let lives = 0;
    await supervise({
      name: 'odds-history', signal: new AbortController().signal, verdict: () => 'passing', pause: () => Promise.resolve(), onRestart: (error) => { ends.push(error); },
      run: async (_signal, started) => {
        const life = await Life.begin(through, log);
        started();
        await life.source.poll(0, log[0]!.length);
        if (lives++ === 0) proxy.cutAt('halfway', 'before');
        await life.finish();
      },
    });
    t.equal(ends.length, 1);
    t.equal(lives, 2);
    await isStoredOnce(t, db, log);
  });

  for (const [where, poison] of [['at the beginning', [0]], ['in the middle', [17, 18, 40]], ['at the end', [98, 99]], ['all over', [0, 1, 33, 34, 35, 64, 99]], ['the whole', Array.from({ length: 100 }, (_, i) => i)]] as const) {
    await t.test(`rows that the table refuses, ${where} of a batch: their records are dead, the rest lands`, async (t) => {
      const log = [logOf(100, poison), logOf(30)];
      const life = await Life.begin(url, log);
      await life.source.poll(0, 100);
      await life.source.poll(1, 30);
      await life.commit();
      await isStoredOnce(t, db, log);
      t.strictSame(life.publisher.letters.map(({ offset }) => offset), poison);
      for (const { deadTopic, pipeline: name, code, message, value, offset } of life.publisher.letters) {
        t.match({ deadTopic, name, code }, { deadTopic: 'odds-updates.dead', name: 'odds-history', code: 'row_refused_23514' });
        t.match(message, /violates check constraint "no_poison"/);
        t.notMatch(message, /acme/);
        t.strictSame(Buffer.from(value!), Buffer.from(log[0]![offset]!.value!));
      }
      await life.finish();
      const text = await life.metrics.registry.metrics();
      for (const [fate, count] of [['applied', 130 - poison.length], ['dead', poison.length]]) t.match(text, `fate="${fate}"} ${count}\n`);
      t.match(text, 'oddstream_unaccounted_records{pipeline="odds-history"} 0\n');
    });
  }

  await t.test('a text that no index can hold is refused too', async (t) => {
    const endless = randomBytes(6_000).toString('hex');
    const log = [[...logOf(5), quote({ timestamp: START_MS + 5, event_id: endless }), ...logOf(5)]];
    const life = await Life.begin(url, log);
    await life.finish(11);
    t.strictSame(deadOf(life), ['0/5 row_refused_54000']);
    t.equal(Object.keys(await storedIn(db)).length, 10);
  });

  await t.test('ended in the middle of looking for the refused: it begins again, in the same life or in the next', async (t) => {
    for (const retryMs of [30_000, 0]) {
      await clear();
      const { proxy, through } = await proxied(t);
      const log = [logOf(64, [3, 40, 41])];
      const life = await Life.begin(through, log, { retryMs });
      await life.source.poll(0, 64);
      const { reached, release } = proxy.holdAt('ROLLBACK TO SAVEPOINT');
      const committed = life.commit();
      await reached;
      await superuser.query(`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'oddstream odds-history'`);
      t.strictSame([await storedIn(db), await positionsIn(db), deadOf(life)], [{}, {}, []]);
      release();
      await committed;
      t.equal(life.hasEnded, retryMs === 0);
      const last = retryMs === 0 ? await Life.begin(through, log) : life;
      await last.finish();
      await isStoredOnce(t, db, log);
      t.strictSame(last.publisher.letters.map(({ offset }) => offset), [3, 40, 41], 'each once');
    }
  });

  await t.test('a commit that fails behind the dead letters passes over nothing, and writes them no second time', async (t) => {
    const { proxy, through } = await proxied(t);
    const log = [logOf(20, [7])];
    const other = await Life.begin(url, log);
    const life = await Life.begin(through, log, { retryMs: 30_000 });
    await life.source.poll(0, 20);
    const { reached, release } = proxy.holdAt('BEGIN');
    const committed = life.commit();
    await reached;
    const second = proxy.holdAt('COMMIT');
    release();
    await second.reached;
    t.strictSame([deadOf(life), await positionsIn(db)], [['0/7 row_refused_23514'], {}], 'durable before the commit');
    // It is cut off, and while it is, another writer passes over the same record.
    await superuser.query(`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'oddstream odds-history' AND query LIKE '%odds_note_quotes%'`);
    await other.source.poll(0, 5);
    await other.commit();
    second.release();
    await committed;
    t.strictSame([life.warnings.filter((line) => line.includes('another writer')).length, life.source.at.get(0)], [1, 5]);
    await life.finish();
    t.strictSame(life.publisher.letters.map(({ offset }) => offset), [7]);
    await isStoredOnce(t, db, log);
    await other.finish();
  });

  await t.test('what is no row\'s fault is not looked for in rows', async (t) => {
    const log = [logOf(10)];
    await superuser.query('REVOKE INSERT ON odds_history FROM odds_writer');
    const life = await Life.begin(url, log);
    await t.rejects(life.finish(10), { code: '42501' });
    await superuser.query('GRANT INSERT ON odds_history TO odds_writer');
    t.strictSame([await storedIn(db), await positionsIn(db), deadOf(life)], [{}, {}, []]);
    const next = await Life.begin(url, log);
    await next.finish();
    await isStoredOnce(t, db, log);
  });
}));
