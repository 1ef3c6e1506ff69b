/** What the odds cache promises: the last value of the log, whoever else writes, whatever breaks; and no book ever moves back. */
import avro from 'avsc';
import fc from 'fast-check';
import { pino } from 'pino';
import t from 'tap';
import { sinkPipeline } from '../../runtime/pipeline.ts';
import type { Sink } from '../../runtime/ports.ts';
import { runSink } from '../../runtime/run-sink.ts';
import { contextOf, MemoryPublisher } from '../../runtime/testing/memory.ts';
import { type LogRecord, START_MS } from '../../runtime/testing/records.ts';
import { TurnSource } from '../../runtime/testing/turns.ts';
import type { MarketBook, MarketBookRow } from '../../schemas/generated/market-book.ts';
import { topics } from '../../schemas/topics.ts';
import { serversForTests } from '../testing/servers-for-tests.ts';
import pipeline from './pipeline.ts';
import { startRedis } from './redis-for-tests.ts';

const topic = 'market-books';
const MAX_WAIT_MS = 1_000;
const type = avro.Type.forSchema(JSON.parse(topics.marketBooks.schema.avsc) as avro.Schema);

/** A record of a market's book, whose price says which record it was; a tombstone without a window's end. */
interface Book { readonly market: string; readonly endMs: number | undefined }
type Log = readonly (readonly Book[])[];
const nameOf = (market: string): string => `football:e1:${market}`;
const recordOf = ({ market, endMs }: Book, offset: number): LogRecord => {
  const key = Buffer.from(nameOf(market));
  if (endMs === undefined) return { key, value: null, appendTimeMs: START_MS + 1_000_000 };
  const value: MarketBook = {
    timestamp: START_MS + endMs, sport: 'football', event_id: 'e1', market, in_play: false, source_partition: 0, source_offset: offset,
    quotes: [{ provider: 'acme', quoted_at: START_MS, offset, commission: 0, currency: null, prices: [{ outcome: 'over', price: 2 + offset, limit_minor: null, lay: null, lay_limit_minor: null }] }],
  };
  return { key, value: Buffer.concat([Buffer.from([0, 0, 0, 0, 9]), type.toBuffer(value)]), appendTimeMs: START_MS + 1_000_000 };
};
/** Which offset's book stands in the end: the last by (window end, offset) since the market's last tombstone. */
const standing = (log: Log): Record<string, number> => {
  const stands: Record<string, number> = {};
  for (const records of log) {
    const ends = new Map<string, number>();
    records.forEach(({ market, endMs }, offset) => {
      if (endMs === undefined) { ends.delete(market); delete stands[market]; }
      else if (endMs >= (ends.get(market) ?? -Infinity)) { ends.set(market, endMs); stands[market] = offset; }
    });
  }
  return stands;
};

const redis = await startRedis();
if (redis === undefined) {
  process.stderr.write('SKIPPED: the odds cache is not tested: redis-server is not installed; on Debian: apt-get install redis-server\n');
  t.pass('odds-cache', { skip: 'redis-server is not installed' });
} else {
  const { client, url } = redis;
  t.teardown(() => redis.stop());
  t.beforeEach(() => client.flushall());

  /** One life of the sink: a loop of its own with a connection of its own. */
  class Life {
    readonly source: TurnSource;
    readonly warnings: string[] = [];
    readonly ended: Promise<unknown>;
    get hasEnded(): boolean { return this.source.isOver; }
    readonly #wall = { nowMs: 0 };

    static async begin(log: Log, maxRows = 1_000_000): Promise<Life> {
      const life = new Life(await pipeline.sink(serversForTests({ redisUrl: url }), pipeline.config.parse({}), pipeline.name), log, maxRows);
      await life.source.assign();
      return life;
    }

    private constructor(sink: Sink<MarketBookRow>, log: Log, maxRows: number) {
      this.source = new TurnSource(topic, log.map((books) => books.map(recordOf)));
      const logger = pino({ level: 'warn', base: null }, { write: (line: string) => { this.warnings.push((JSON.parse(line) as { msg: string }).msg); } });
      this.ended = runSink(sinkPipeline({ ...pipeline, batch: () => ({ maxRows, maxWaitMs: MAX_WAIT_MS }) }), pipeline.config.parse({}), [sink], this.source, new MemoryPublisher([]),
        contextOf({ wall: this.#wall, log: logger, schemaOf: async () => topics.marketBooks.schema.avsc }))
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

  const held = async (): Promise<Record<string, { readonly endMs: number; readonly offset: number }>> => {
    const books: Record<string, { endMs: number; offset: number }> = {};
    for (const key of await client.keys('odds:*')) {
      const { _meta, over } = await client.hgetall(key);
      const { timestamp, offset } = JSON.parse(_meta!) as { timestamp: number; offset: number };
      t.equal(over, `{"acme":${2 + offset}}`, 'prices and _meta are of one record');
      books[key.slice('odds:football:e1:'.length)] = { endMs: timestamp - START_MS, offset };
    }
    return books;
  };
  const offsets = async (): Promise<Record<string, number>> => Object.fromEntries(Object.entries(await held()).map(([market, { offset }]) => [market, offset]));
  const position = async (partition: number): Promise<number> => Number(await client.get(`sink:odds-cache:${topic}:${partition}`) ?? 0);
  const books = (length: number, markets: number, name = 'm'): Book[] => Array.from({ length }, (_, i) => ({ market: `${name}${i % markets}`, endMs: 1_000 * i }));

  t.test('of two writers the one whose position is stale is fenced, leaves nothing, reads its position again, and goes on', async (t) => {
    const log = [books(12, 3)];
    const [one, two] = [await Life.begin(log), await Life.begin(log)];
    await one.source.poll(0, 4);
    await two.source.poll(0, 6);
    await one.commit();
    await two.commit();
    t.strictSame([two.warnings, two.source.at.get(0), await position(0)], [['another writer has moved this sink; its position is read again'], 4, 4]);
    t.strictSame(await offsets(), standing([log[0]!.slice(0, 4)]), 'nothing of the second');
    await two.source.poll(0, 4);
    await two.commit();
    await one.source.poll(0, 6);
    await one.commit();
    t.strictSame([one.warnings.length, one.source.at.get(0)], [1, 8], 'and now it is the first');
    t.strictSame(await offsets(), standing([log[0]!.slice(0, 8)]));
    await one.finish();
    await two.finish();
    t.strictSame([await offsets(), await position(0)], [standing(log), 12]);
  });

  t.test('two writers at full speed on the same partitions', async (t) => {
    const log = [books(300, 7), books(200, 5, 'n')];
    const lives = [await Life.begin(log, 20), await Life.begin(log, 15)];
    await Promise.all(lives.map((life, i) => life.finish(5 + 3 * i)));
    t.strictSame([await offsets(), await position(0), await position(1)], [standing(log), 300, 200]);
    t.ok(lives.some(({ warnings }) => warnings.length > 0), 'they were in each other\'s way');
  });

  t.test('any interleaving of two writers, any crash, any redelivery, any order of windows: the last value stands, and none moves back', async (t) => {
    const book = (name: string) => fc.record({ market: fc.constantFrom(`${name}0`, `${name}1`, `${name}2`), endMs: fc.option(fc.integer({ min: 0, max: 9 }), { freq: 6, nil: undefined }) });
    const logs = fc.tuple(fc.array(book('m'), { minLength: 1, maxLength: 20 }), fc.array(book('n'), { minLength: 1, maxLength: 20 }));
    const step = fc.record({
      writer: fc.constantFrom(0, 1), partition: fc.constantFrom(0, 1), count: fc.integer({ min: 1, max: 6 }),
      what: fc.oneof({ weight: 6, arbitrary: fc.constant('poll' as const) }, { weight: 4, arbitrary: fc.constant('commit' as const) }, fc.constantFrom('again' as const, 'crash' as const, 'end' as const, 'cut' as const)),
    });
    let fences = 0;
    await fc.assert(fc.asyncProperty(logs, fc.array(step, { minLength: 5, maxLength: 40 }), async (log, steps) => {
      await client.flushall();
      const lives: (Life | undefined)[] = [undefined, undefined], all: Life[] = [];
      const living = async (writer: number): Promise<Life> => {
        if (lives[writer] === undefined || lives[writer].hasEnded) all.push(lives[writer] = await Life.begin(log, 4));
        return lives[writer];
      };
      let before = await held();
      for (const { writer, partition, count, what } of steps) {
        const life = await living(writer);
        if (what === 'poll') await life.source.poll(partition, count);
        else if (what === 'again') await life.source.again(partition, count);
        else if (what === 'commit') await life.commit();
        else if (what === 'crash') await life.crash();
        else if (what === 'end') await life.end();
        else await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        const now = await held();
        for (const [market, { endMs, offset }] of Object.entries(now)) {
          const was = before[market];
          if (was === undefined || log[market.startsWith('m') ? 0 : 1].some((record, at) => record.market === market && record.endMs === undefined && at > was.offset && at < offset)) continue;
          t.ok(endMs > was.endMs || (endMs === was.endMs && offset >= was.offset), `${market} has not moved back`);
        }
        before = now;
        t.strictSame(await offsets(), standing([log[0].slice(0, await position(0)), log[1].slice(0, await position(1))]), 'at each moment it is what the log says up to the positions');
      }
      for (const life of lives) if (life?.hasEnded === false) await life.finish();
      await Promise.all(all.map(({ ended }) => ended));
      await (await living(0)).finish();
      t.strictSame([await offsets(), await position(0), await position(1)], [standing(log), log[0].length, log[1].length]);
      fences += all.reduce((sum, { warnings }) => sum + warnings.length, 0);
    }), { numRuns: 40 });
    t.comment(`${fences} fences`);
    t.ok(fences > 0, 'writers met');
  });
}
