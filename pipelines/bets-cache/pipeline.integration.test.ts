import fc from 'fast-check';
import t, { type Test } from 'tap';
import { type Sink, SinkFenced } from '../../runtime/ports.ts';
import type { BetLeg, Position, PositionRow } from '../../schemas/generated/position.ts';
import { topics } from '../../schemas/topics.ts';
import { rowsOf, type TestRecord } from '../../sinks/rows-for-tests.ts';
import { fateNames } from '../../stream/fates.ts';
import { startRedis } from '../odds-cache/redis-for-tests.ts';
import { serversForTests } from '../testing/servers-for-tests.ts';
import pipeline from './pipeline.ts';

const topic = 'positions';
type PositionRecord = TestRecord<Partial<Position>>;
const leg = (event_id: string, price: number): BetLeg => ({ sport: 'football', event_id, market: '1x2', outcome: 'home', price });
const position = (offset: number, bet_id: string, more: Partial<Position> = {}) => ({ offset, value: {
  timestamp: 1_000, account_id: 'ada', bet_id, user_id: 'u1', provider: 'house', currency: 'EUR', side: 'back', stake_minor: 1_000, liability_minor: 1_000, legs: [leg('e1', 2.5)], status: 'open', accepted_at: 1_000,
  source_partition: 0, source_offset: offset, ...more,
} satisfies Partial<Position> });
const settled = (offset: number, bet_id: string, more: Partial<Position> = {}) => position(offset, bet_id, { status: 'settled', settled_at: 2_000, pnl_minor: 5, ...more });
const tombstone = (offset: number, bet_id: string, account = 'ada') => ({ offset, tombstone: `${account}:${bet_id}` });
const item = (bet_id: string, stake = '10.00', event = 'e1', odds = 2.5) => ({ bet_id, event, stake, odds });

const redis = await startRedis();
if (redis === undefined) {
  process.stderr.write('SKIPPED: the cache of bets is not tested: redis-server is not installed; on Debian: apt-get install redis-server\n');
  t.pass('bets-cache', { skip: 'redis-server is not installed' });
} else {
  const { client, url } = redis;
  t.teardown(() => redis.stop());
  t.beforeEach(() => client.flushall());

  const open = async (t: Test, namespace = ''): Promise<Sink<PositionRow>> => {
    const sink = await pipeline.sink(serversForTests({ redisUrl: url, namespace }), pipeline.config.parse({}), pipeline.name);
    t.teardown(() => sink.close());
    return sink;
  };
  const positions = async (sink: Sink<PositionRow>, ...partitions: number[]): Promise<(number | undefined)[]> =>
    Array.from((await sink.positions(partitions.map((partition) => ({ topic, partition })))).values());
  const put = async (sink: Sink<PositionRow>, records: readonly PositionRecord[], next: number, partition = 0): Promise<string[]> => {
    const fates: string[] = [];
    sink.write(partition, rowsOf(topics.positions, records), (fate) => fates.push(fateNames[fate]));
    await sink.commit([{ topic, partition, offset: next }]);
    return fates;
  };
  const betsOf = async (user: string): Promise<unknown[]> => (await client.lrange(`bets:user:${user}`, 0, -1)).map((text) => JSON.parse(text) as unknown);

  t.test('LRANGE gives a user\'s open bets, in the order in which they came, as they are now', async (t) => {
    const sink = await open(t);
    t.strictSame(await positions(sink, 0), [undefined]);
    t.strictSame(await put(sink, [position(0, 'b1'), position(1, 'b2', { currency: 'JPY', legs: [leg('e1', 1.1), leg('e2', 3.3333)] }), position(2, 'b3', { user_id: 'u2' })], 3), ['applied', 'applied', 'applied']);
    t.strictSame([await betsOf('u1'), await betsOf('u2')], [[item('b1'), item('b2', '1000', 'e1,e2', 3.6666)], [item('b3')]]);
    t.equal((await client.lindex('bets:user:u1', 0)), '{"bet_id":"b1","event":"e1","stake":"10.00","odds":2.5}');
    t.strictSame(await put(sink, [position(3, 'b1', { stake_minor: 5 })], 4), ['applied']);
    t.strictSame(await betsOf('u1'), [item('b1', '0.05'), item('b2', '1000', 'e1,e2', 3.6666)], 'a part is cashed out: it stays in its place');
    t.strictSame(await put(sink, [position(4, 'b1', { stake_minor: 5, timestamp: 5_000 })], 5), ['unchanged']);
    t.strictSame(await put(sink, [settled(5, 'b1'), settled(6, 'b3'), settled(7, 'never seen')], 8), ['applied', 'applied', 'unchanged']);
    t.strictSame([await betsOf('u1'), await client.exists('bets:user:u2')], [[item('b2', '1000', 'e1,e2', 3.6666)], 0]);
    t.strictSame(await put(sink, [position(8, 'b1'), tombstone(9, 'b3')], 10), ['applied', 'unchanged']);
    t.strictSame(await betsOf('u1'), [item('b2', '1000', 'e1,e2', 3.6666), item('b1')], 'taken back: it comes again');
    t.equal(await client.get('sink:bets-cache:positions:0'), '10');
  });

  t.test('of one batch only the last word is applied, and a tombstone takes a bet out, though compaction has removed its settlement', async (t) => {
    const sink = await open(t);
    await positions(sink, 0);
    t.strictSame(await put(sink, [position(0, 'b1'), settled(1, 'b1'), position(2, 'b2')], 3), ['applied', 'unchanged', 'applied']);
    t.strictSame(await betsOf('u1'), [item('b2')]);
    t.strictSame(await put(sink, [tombstone(5, 'b2')], 6), ['applied']);
    t.strictSame((await client.keys('*')).sort(), ['sink:bets-cache:positions:0'], 'nothing is left');
  });

  t.test('accounts of a user lie on several partitions', async (t) => {
    const sink = await open(t);
    await positions(sink, 0, 3);
    await put(sink, [position(0, 'b1')], 1);
    await put(sink, [position(0, 'b2', { account_id: 'bo' })], 1, 3);
    t.strictSame(await betsOf('u1'), [item('b1'), item('b2')]);
    await put(sink, [settled(1, 'b1')], 2);
    t.strictSame(await betsOf('u1'), [item('b2')]);
  });

  t.test('of two writers one is fenced, and leaves nothing', async (t) => {
    const [one, two] = [await open(t), await open(t)];
    for (const sink of [one, two]) await positions(sink, 0);
    await put(one, [position(0, 'b1')], 1);
    await t.rejects(put(two, [position(0, 'b9')], 1), SinkFenced);
    t.strictSame(await betsOf('u1'), [item('b1')]);
    two.discard();
    t.strictSame(await positions(two, 0), [1]);
  });

  t.test('after FLUSHALL the position is gone, and the lists are rebuilt from the log; a lost position alone moves nothing back', async (t) => {
    const sink = await open(t);
    await positions(sink, 0);
    const log = [position(0, 'b1'), position(1, 'b2'), position(2, 'b1', { stake_minor: 400 }), settled(3, 'b2')];
    await put(sink, log, 4);
    await client.flushall();
    await t.rejects(put(sink, [position(4, 'b3')], 5), SinkFenced);
    sink.discard();
    t.strictSame(await positions(sink, 0), [undefined]);
    await put(sink, [...log, position(4, 'b3')], 5);
    t.strictSame(await betsOf('u1'), [item('b1', '4.00'), item('b3')]);
    await client.del('sink:bets-cache:positions:0');
    await positions(sink, 0);
    t.strictSame(await put(sink, log.slice(0, 1), 1), ['stale']);
    t.strictSame(await betsOf('u1'), [item('b1', '4.00'), item('b3')]);
  });

  t.test('a namespace has keys of its own, and nasty names come back as they were', async (t) => {
    const sink = await open(t, 'replay-1');
    await positions(sink, 0);
    const nasty = 'a:"\\\n\t⚽ %d 7:';
    await put(sink, [position(0, nasty, { account_id: nasty, user_id: nasty, legs: [leg(nasty, 2)] })], 1);
    t.strictSame((await client.keys('*')).sort(), [`replay-1:bets:user:${nasty}`, 'replay-1:sink:bets-cache:positions:0', 'replay-1:sink:bets-cache:positions:0:bets'].sort());
    t.strictSame((await client.lrange(`replay-1:bets:user:${nasty}`, 0, -1)).map((text) => JSON.parse(text) as unknown), [item(nasty, '10.00', nasty, 2)]);
    await put(sink, [settled(1, nasty, { account_id: nasty, user_id: nasty })], 2);
    t.strictSame(await client.keys('*'), ['replay-1:sink:bets-cache:positions:0']);
  });

  t.test('many bets go in several scripts', async (t) => {
    const sink = await open(t);
    await positions(sink, 0);
    await put(sink, Array.from({ length: 4_000 }, (_, i) => position(i, `b${i}`, { user_id: `u${i % 3}` })), 4_000);
    t.strictSame([await client.llen('bets:user:u0'), await client.llen('bets:user:u1'), await client.get('sink:bets-cache:positions:0')], [1_334, 1_333, '4000']);
  });

  t.test('whatever the batches, the crashes, the re-readings and what compaction left: the lists are the log\'s last words', async (t) => {
    const word = fc.record({ bet: fc.nat(4), what: fc.constantFrom('open', 'open', 'settled', 'over'), stake: fc.integer({ min: 1, max: 3 }), isLost: fc.boolean(), isCompacted: fc.boolean() });
    await fc.assert(fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 40 }), fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1 }), async (words, sizes) => {
      await client.flushall();
      const log: readonly PositionRecord[] = words.map(({ bet, what, stake }, i) => {
        const more = { user_id: `u${bet % 2}`, stake_minor: stake };
        return what === 'over' ? tombstone(i, `b${bet}`) : what === 'open' ? position(i, `b${bet}`, more) : settled(i, `b${bet}`, more);
      });
      const isLast = words.map(({ bet }, i) => words.findLastIndex((one) => one.bet === bet) === i);
      let sink = await open(t), next = (await positions(sink, 0))[0] ?? 0;
      for (let round = 0; next < log.length; round++) {
        const until = Math.min(log.length, next + sizes[round % sizes.length]!);
        if (words[next]!.isLost && round < 20) {
          if (round % 3 === 0) await client.flushall(); else if (round % 3 === 1) await client.del('sink:bets-cache:positions:0'); else sink = await open(t);
          next = (await positions(sink, 0))[0] ?? 0;
          continue;
        }
        await put(sink, log.slice(next, until).filter((_, i) => isLast[next + i]! || !words[next + i]!.isCompacted), until);
        next = until;
      }
      for (const user of ['u0', 'u1']) {
        const wanted = words.flatMap(({ bet, what, stake }, i) => (isLast[i]! && what === 'open' && `u${bet % 2}` === user ? [item(`b${bet}`, `0.0${stake}`)] : []));
        const byId = (a: unknown, b: unknown): number => ((a as { bet_id: string }).bet_id < (b as { bet_id: string }).bet_id ? -1 : 1);
        t.strictSame((await betsOf(user)).sort(byId), wanted.sort(byId));
      }
    }), { numRuns: 60 });
  });
}
