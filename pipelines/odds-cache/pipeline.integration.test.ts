import fc from 'fast-check';
import t, { type Test } from 'tap';
import { type Sink, SinkFenced } from '../../runtime/ports.ts';
import type { MarketBook, MarketBookRow } from '../../schemas/generated/market-book.ts';
import { topics } from '../../schemas/topics.ts';
import { rowsOf, type TestRecord } from '../../sinks/rows-for-tests.ts';
import { fateNames } from '../../stream/fates.ts';
import { serversForTests } from '../testing/servers-for-tests.ts';
import pipeline from './pipeline.ts';
import { startRedis } from './redis-for-tests.ts';

const topic = 'market-books';
type Prices = Readonly<Record<string, Readonly<Record<string, number>>>>;
type BookRecord = TestRecord<Partial<MarketBook>>;

/** A record of a market's book: its prices by provider and outcome. */
const book = (offset: number, timestamp: number, prices: Prices, event_id = 'e1', more: Partial<MarketBook> = {}) => ({ offset, value: {
  timestamp, sport: 'football', event_id, market: 'totals:2.5', in_play: false, source_partition: 0, source_offset: offset,
  quotes: Object.keys(prices).sort().map((provider) => ({
    provider, quoted_at: timestamp, offset, commission: 0, currency: null,
    prices: Object.keys(prices[provider]!).sort().map((outcome) => ({ outcome, price: prices[provider]![outcome]!, limit_minor: null, lay: null, lay_limit_minor: null })),
  })), ...more,
} });
const over = (price: number): Prices => ({ acme: { over: price } });
const keyOf = (event = 'e1'): string => `odds:football:${event}:totals:2.5`;
const tombstone = (offset: number, event = 'e1') => ({ offset, tombstone: keyOf(event).slice('odds:'.length) });

/** What HGETALL must give for a record: an independent reading of the promise. */
const promised = ({ timestamp, in_play, quotes }: Partial<MarketBook>, offset: number, partition: number): Record<string, unknown> => {
  const hash: Record<string, Record<string, unknown>> = { _meta: { timestamp, offset, partition, in_play, providers: quotes!.length } };
  for (const { provider, prices } of quotes!) for (const { outcome, price } of prices) (hash[outcome] ??= {})[provider] = price;
  return hash;
};
const parsed = (hash: Record<string, string>): Record<string, unknown> => Object.fromEntries(Object.entries(hash).map(([field, value]) => [field, JSON.parse(value)]));

const redis = await startRedis();
if (redis === undefined) {
  process.stderr.write('SKIPPED: the odds cache is not tested: redis-server is not installed; on Debian: apt-get install redis-server\n');
  t.pass('odds-cache', { skip: 'redis-server is not installed' });
} else {
  const { client, url } = redis;
  t.teardown(() => redis.stop());
  t.beforeEach(() => client.flushall());

  const open = async (t: Test, namespace = ''): Promise<Sink<MarketBookRow>> => {
    const sink = await pipeline.sink(serversForTests({ redisUrl: url, namespace }), pipeline.config.parse({}), pipeline.name);
    t.teardown(() => sink.close());
    return sink;
  };
  const positions = async (sink: Sink<MarketBookRow>, ...partitions: number[]): Promise<(number | undefined)[]> =>
    Array.from((await sink.positions(partitions.map((partition) => ({ topic, partition })))).values());
  const put = async (sink: Sink<MarketBookRow>, records: readonly BookRecord[], next: number, partition = 0): Promise<string[]> => {
    const fates: string[] = [];
    sink.write(partition, rowsOf(topics.marketBooks, records), (fate) => fates.push(fateNames[fate]));
    await sink.commit([{ topic, partition, offset: next }]);
    return fates;
  };

  t.test('HGETALL is the latest book, and a change is announced once', async (t) => {
    const subscriber = client.duplicate();
    t.teardown(() => { subscriber.disconnect(); });
    const heard: string[] = [];
    subscriber.on('message', (_, key: string) => heard.push(key));
    await subscriber.subscribe('odds-changes');
    const sink = await open(t);
    t.strictSame(await positions(sink, 0), [undefined]);
    const first = book(0, 1000, { bolt: { over: 2.05, under: 1.8 }, acme: { over: 2.1 } });
    t.strictSame(await put(sink, [first], 1), ['applied']);
    t.strictSame(await client.hgetall(keyOf()), {
      over: '{"acme":2.1,"bolt":2.05}', under: '{"bolt":1.8}', _meta: '{"timestamp":1000,"offset":0,"partition":0,"in_play":false,"providers":2}',
    });
    t.strictSame(await put(sink, [book(1, 2000, { acme: { over: 2.2 } })], 2), ['applied']);
    t.strictSame(parsed(await client.hgetall(keyOf())), promised(book(1, 2000, over(2.2)).value, 1, 0), 'an outcome that is no longer offered is gone');
    t.strictSame(await put(sink, [book(2, 3000, over(2.2))], 3), ['unchanged']);
    t.match(parsed(await client.hgetall(keyOf())), { _meta: { timestamp: 3000, offset: 2 } });
    t.strictSame(await put(sink, [book(3, 4000, over(2.2), 'e1', { in_play: true })], 4), ['applied']);
    t.strictSame(await put(sink, [book(4, 5000, {})], 5), ['applied']);
    t.strictSame(Object.keys(await client.hgetall(keyOf())), ['_meta'], 'no live quote, and not yet over');
    t.strictSame(await put(sink, [tombstone(5), tombstone(6, 'never was')], 7), ['applied', 'unchanged']);
    t.equal(await client.exists(keyOf()), 0);
    await client.ping();
    t.strictSame(heard, Array(5).fill(keyOf()));
    t.equal(await client.get('sink:odds-cache:market-books:0'), '7');
  });

  t.test('an older value never replaces a newer one, whatever the order', async (t) => {
    const sink = await open(t);
    await positions(sink, 0);
    t.strictSame(await put(sink, [book(0, 5000, over(2))], 1), ['applied']);
    t.strictSame(await put(sink, [book(1, 4000, over(3))], 2), ['stale'], 'on the server');
    t.strictSame(await put(sink, [book(2, 6000, over(4)), book(3, 5500, over(5)), book(4, 6000, over(6))], 5), ['stale', 'applied', 'applied'], 'in one batch; of equal times the offset says');
    t.match(parsed(await client.hgetall(keyOf())), { over: { acme: 6 }, _meta: { offset: 4 } });
    t.strictSame(await put(sink, [tombstone(5), book(6, 7000, over(7))], 7), ['applied', 'applied']);
    t.match(parsed(await client.hgetall(keyOf())), { over: { acme: 7 } }, 'a market that comes back');
    t.strictSame(await put(sink, [tombstone(7), book(8, 6500, over(8)), book(9, 6600, over(9))], 10), ['applied', 'applied', 'applied'], 'what a tombstone has ended does not keep out an earlier window, also in one batch');
    t.match(parsed(await client.hgetall(keyOf())), { over: { acme: 9 }, _meta: { offset: 9 } });
    // The position alone is lost: all is read again, and nothing moves back.
    await client.del('sink:odds-cache:market-books:0');
    t.strictSame(await positions(sink, 0), [undefined]);
    t.strictSame(await put(sink, [book(0, 5000, over(2)), tombstone(5)], 6), ['applied', 'stale']);
    t.match(parsed(await client.hgetall(keyOf())), { over: { acme: 9 } });
  });

  t.test('of two writers one is fenced', async (t) => {
    const [one, two] = [await open(t), await open(t)];
    for (const sink of [one, two]) await positions(sink, 0, 1);
    await put(one, [book(0, 1000, over(2))], 1);
    await t.rejects(put(two, [book(0, 9000, over(9))], 1), SinkFenced);
    t.match(parsed(await client.hgetall(keyOf())), { over: { acme: 2 } }, 'and has written nothing');
    two.discard();
    t.equal(two.buffered, 0);
    t.strictSame(await positions(two, 0), [1]);
    t.strictSame(await put(two, [book(1, 2000, over(3))], 2), ['applied']);
    await t.rejects(put(one, [], 2), SinkFenced);
    t.strictSame(await positions(one, 0, 1), [2, undefined]);
  });

  t.test('after FLUSHALL the position is gone, and the books are rebuilt from the log', async (t) => {
    const sink = await open(t);
    await positions(sink, 0);
    const log = [book(0, 1000, over(2), 'a'), book(1, 1000, over(3), 'b'), book(2, 2000, over(4), 'a')];
    await put(sink, log, 3);
    await client.flushall();
    await t.rejects(put(sink, [book(3, 3000, over(5), 'b')], 4), SinkFenced);
    sink.discard();
    t.strictSame(await positions(sink, 0), [undefined]);
    await put(sink, [...log, book(3, 3000, over(5), 'b')], 4);
    t.strictSame([parsed(await client.hgetall(keyOf('a'))), parsed(await client.hgetall(keyOf('b')))], [promised(log[2]!.value, 2, 0), promised(book(3, 3000, over(5)).value, 3, 0)]);
  });

  t.test('a server that has lost its newest writes says so by its position', async (t) => {
    const sink = await open(t);
    await positions(sink, 0);
    await put(sink, [book(0, 1000, over(2))], 1);
    await client.save();
    await put(sink, [book(1, 2000, over(3)), tombstone(2)], 3);
    await redis.crash();
    await t.rejects(put(sink, [book(3, 4000, over(4), 'other')], 4), SinkFenced);
    sink.discard();
    t.strictSame(await positions(sink, 0), [1]);
    await put(sink, [book(1, 2000, over(3)), tombstone(2), book(3, 4000, over(4), 'other')], 4);
    t.strictSame([await client.exists(keyOf()), await client.exists(keyOf('other'))], [0, 1]);
  });

  t.test('many markets and wide ones go in several scripts', async (t) => {
    const sink = await open(t);
    await positions(sink, 0);
    const records = Array.from({ length: 3000 }, (_, i) => book(i, 1000, over((2000 + i) / 1000), `m${i}`));
    const wide = Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`runner ${i}`, 2 + i]));
    await put(sink, [...records, book(3000, 1000, { acme: wide }, 'wide'), book(3001, 2000, over(9), 'm0')], 3002);
    t.equal(await client.hlen(keyOf('wide')), 9001);
    t.equal(await client.get('sink:odds-cache:market-books:0'), '3002');
    t.match(parsed(await client.hgetall(keyOf('m0'))), { over: { acme: 9 } });
    t.match(parsed(await client.hgetall(keyOf('m2999'))), { over: { acme: 4.999 } });
    await put(sink, [book(3002, 3000, {}, 'wide')], 3003);
    t.strictSame(Object.keys(await client.hgetall(keyOf('wide'))), ['_meta']);
  });

  t.test('what fails between two scripts goes on where the last one ended, and nothing is passed over', async (t) => {
    const sink = await open(t);
    await positions(sink, 0);
    const log = Array.from({ length: 3500 }, (_, i) => book(i, 1000 + i, over(2 + i), `m${i < 3000 ? i : i - 2500}`)); //  those from 500 to 999 twice
    await client.set(keyOf('m1500'), 'somebody else put this here');
    await t.rejects(put(sink, log, 3500), { message: /WRONGTYPE/ });
    await client.del(keyOf('m1500'));
    sink.discard();
    const from = (await positions(sink, 0))[0]!;
    t.ok(from > 0 && from <= 1500, `goes on at ${from}`);
    await put(sink, log.slice(from), 3500);
    const latest = new Map(log.map(({ value, offset }) => [value.event_id, promised(value, offset, 0)]));
    for (const [event, hash] of latest) if (JSON.stringify(parsed(await client.hgetall(keyOf(event)))['_meta']) !== JSON.stringify(hash['_meta'])) t.fail(`${event} is not the latest`);
    t.equal((await client.keys('odds:*')).length, 3000);
  });

  t.test('a namespace has keys and a channel of its own', async (t) => {
    const sink = await open(t, 'replay-1');
    await positions(sink, 0);
    await put(sink, [book(0, 1000, over(2))], 1);
    t.strictSame((await client.keys('*')).sort(), [`replay-1:${keyOf()}`, 'replay-1:sink:odds-cache:market-books:0']);
  });

  t.test('nasty names come back as they were', async (t) => {
    const sink = await open(t);
    await positions(sink, 0);
    const names = ['_meta', '__proto__', '1', 'a"\\\n\t\0', '⚽ {}%d', 'constructor'];
    await put(sink, [book(0, 1000, Object.fromEntries(names.map((name) => [name, { [name]: 2 }])), names[3])], 1);
    const hash = await client.hgetall(keyOf(names[3]));
    for (const name of names) t.strictSame(Object.entries(JSON.parse(hash[name.startsWith('_') ? `_${name}` : name]!) as object), [[name, 2]]);
    t.match(JSON.parse(hash['_meta']!), { providers: 6 });
  });

  t.test('a server that is not there is named, its password is not', async (t) => {
    const error = await pipeline.sink(serversForTests({ redisUrl: 'redis://:secret@127.0.0.1:1' }), pipeline.config.parse({}), pipeline.name).catch((failure: unknown) => failure as Error);
    t.match(error, { code: 'redis_unreachable', message: /127\.0\.0\.1:1/ });
    t.notMatch(String(error), /secret/);
  });

  t.test('whatever the batches, the crashes and the re-readings: what is there is the latest of the log', async (t) => {
    const step = fc.record({ event: fc.constantFrom('a', 'b', 'c'), isTombstone: fc.integer({ max: 9 }).map((n) => n < 1), price: fc.integer({ min: 11, max: 40 }), outcome: fc.constantFrom('over', 'under'), isLost: fc.boolean() });
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1 }), async (steps, sizes) => {
      await client.flushall();
      const log: readonly (ReturnType<typeof book> | ReturnType<typeof tombstone>)[] = steps.map(({ event, isTombstone, price, outcome }, i) => (isTombstone ? tombstone(i, event) : book(i, 1000 * i, { acme: { [outcome]: price / 10 }, bolt: { over: 2 } }, event)));
      let sink = await open(t);
      let next = (await positions(sink, 0))[0] ?? 0;
      for (let round = 0; next < log.length; round++) {
        const until = Math.min(log.length, next + sizes[round % sizes.length]!);
        if (steps[next]!.isLost && round < 20) {
          if (round % 3 === 0) await client.flushall(); else sink = await open(t);
          next = (await positions(sink, 0))[0] ?? 0;
          continue;
        }
        await put(sink, log.slice(next, until), until);
        next = until;
      }
      for (const event of ['a', 'b', 'c']) {
        const last = log.findLast((record) => ('tombstone' in record ? record.tombstone === tombstone(0, event).tombstone : record.value.event_id === event));
        const wanted = last === undefined || 'tombstone' in last ? {} : promised(last.value, last.offset, 0);
        t.strictSame(parsed(await client.hgetall(keyOf(event))), wanted);
      }
    }), { numRuns: 25 });
  });
}
