import t from 'tap';
import fc from 'fast-check';
import { StandingQuotes } from './standing.ts';
import { MemoryProducer, quote, recordingOf, rehearse, scripted, VirtualClock } from './testing.ts';
import type { FeedMessage } from './feed.ts';

const NOW = Date.UTC(2026, 0, 10);
const THEN = Date.UTC(2024, 4, 4, 15);
const PARTITIONS = 3;
const REFRESH_MS = 10_000;
const BUCKET_MS = 1_000;

type Step = readonly [gapMs: number, market: number, provider: string, home: number];
const steps: fc.Arbitrary<Step[]> = fc.array(fc.tuple(
  fc.oneof(fc.integer({ min: 0, max: 4_000 }), fc.integer({ min: 0, max: 60_000 })), fc.integer({ min: 0, max: 3 }), fc.constantFrom('acme', 'other'), fc.constantFrom(0, 2, 3),
), { minLength: 2, maxLength: 40 });

t.test('every quote that stands is said at least every refreshMs of event time, as it was; what was withdrawn is not', async (t) => {
  await fc.assert(fc.asyncProperty(steps, fc.constantFrom(1, 30, 'max' as const), async (script, speed) => {
    const clock = new VirtualClock(NOW);
    const producer = new MemoryProducer(clock, PARTITIONS);
    let timeMs = THEN;
    const messages = script.map(([gapMs, market, provider, home]) => quote((timeMs += gapMs), { market: `m${market}`, provider, odds: home === 0 ? {} : { home } }));
    await rehearse(recordingOf(messages), { clock, producer, stateDir: t.testdir(), speed, refreshMs: REFRESH_MS });
    const last = new Map<string, { timestamp: number; odds: Readonly<Record<string, number>> }>();
    let newest = -Infinity;
    let changes = 0;
    const checkAges = (): boolean => [...last.values()].every(({ timestamp, odds }) => Object.keys(odds).length === 0 || newest - timestamp <= REFRESH_MS);
    for (const { update, timestamp } of producer.log) {
      if (update === undefined) continue;
      const key = `${update.market} ${update.provider}`;
      if (update.repeat === true) {
        t.same(update.odds, last.get(key)?.odds);
        // Nor is it said again long before it must be: a bucket early at most.
        if (Object.keys(update.odds).length === 0 || timestamp <= last.get(key)!.timestamp + REFRESH_MS - BUCKET_MS) return false;
      } else changes++;
      newest = Math.max(newest, timestamp);
      last.set(key, { timestamp, odds: update.odds });
      if (!checkAges()) return false;
    }
    return changes === messages.length;
  }), { numRuns: 100 });
});

t.test('a live feed repeats by the clock', async (t) => {
  const clock = new VirtualClock(NOW);
  const producer = new MemoryProducer(clock, PARTITIONS);
  await rehearse(scripted('live', async function* ({ signal }) {
    yield { messages: [quote(NOW), quote(NOW, { provider: 'other', odds: {} })] };
    await clock.sleep(25_000, signal);
  }), { clock, producer, stateDir: t.testdir(), refreshMs: REFRESH_MS });
  const repeats = producer.log.flatMap(({ update, atMs }) => (update?.repeat === true ? [{ atMs: atMs - NOW, behind: atMs - update.timestamp, provider: update.provider }] : []));
  t.equal(repeats.length, 2);
  t.same(repeats.map(({ behind, provider }) => [behind, provider]), [[0, 'acme'], [0, 'acme']]);
  let lastMs = 0;
  for (const { atMs } of repeats) {
    t.ok(atMs - lastMs > REFRESH_MS - 1_500 && atMs - lastMs <= REFRESH_MS, `after ${atMs - lastMs} ms`);
    lastMs = atMs;
  }
});

t.test('a live feed that was stopped for long says everything again', async (t) => {
  const clock = new VirtualClock(NOW);
  const producer = new MemoryProducer(clock, PARTITIONS);
  await rehearse(scripted('live', async function* ({ signal }) {
    yield { messages: [quote(NOW), quote(NOW, { market: 'b' })] };
    await clock.sleep(6_000, signal);
    clock.jump(60_000);
    await clock.sleep(1_000, signal);
  }), { clock, producer, stateDir: t.testdir() });
  const after = producer.log.filter(({ atMs, control }) => atMs >= NOW + 66_000 && control?.control !== 'tick');
  t.same(after.slice(0, PARTITIONS).map(({ control }) => control?.control), ['up', 'up', 'up']);
  t.same(after.slice(PARTITIONS, PARTITIONS + 2).map(({ update }) => [update?.market, update?.repeat]), [['1x2', true], ['b', true]]);
});

t.test('what is closed, over or of a provider that is down is not repeated', async (t) => {
  const repeatedAfter = async (...messages: FeedMessage[]): Promise<number> => {
    const clock = new VirtualClock(NOW);
    const producer = new MemoryProducer(clock, PARTITIONS);
    await rehearse(recordingOf([quote(THEN), ...messages, quote(THEN + 31_000, { provider: 'late', event_id: 'e2' })]), { clock, producer, stateDir: t.testdir(), refreshMs: REFRESH_MS, speed: 'max' });
    return producer.updates.filter(({ repeat, provider }) => repeat === true && provider === 'acme').length;
  };
  const event = (status: 'finished' | 'cancelled' | 'live', timestamp: number): FeedMessage => ({ kind: 'event', value: { timestamp, event_id: 'e1', sport: 'football', starts_at: THEN, status } });
  t.equal(await repeatedAfter(), 3);
  t.equal(await repeatedAfter(quote(THEN + 1, { status: 'closed' })), 0);
  t.equal(await repeatedAfter(quote(THEN + 1, { odds: {} })), 0);
  t.ok(await repeatedAfter(quote(THEN + 1, { odds: {}, lay: { home: 2 } })) >= 3, 'lay prices are an offer');
  t.ok(await repeatedAfter(quote(THEN + 1, { status: 'suspended' })) >= 3, 'a suspended quote stands');
  t.equal(await repeatedAfter(event('finished', THEN + 1)), 0);
  t.equal(await repeatedAfter(event('cancelled', THEN + 1)), 0);
  t.ok(await repeatedAfter(event('live', THEN + 1)) >= 3);
  t.ok(await repeatedAfter(event('finished', THEN + 1), event('live', THEN + 2)) >= 3, 'it goes on after all');
  t.equal(await repeatedAfter({ kind: 'status', provider: 'acme', status: 'down', timestamp: THEN + 1 }), 0);
});

t.test('an older update does not replace a newer one, and memory follows what stands', async (t) => {
  const standing = new StandingQuotes(REFRESH_MS, () => 0);
  const send = (message: ReturnType<typeof quote>): void => { standing.sent(standing.market(`${message.value.event_id}:${message.value.market}`), message.value); };
  send(quote(THEN + 5, { odds: { home: 3 } }));
  send(quote(THEN));
  t.same(standing.find('e1:1x2', 'acme')?.update?.odds, { home: 3 });
  t.equal(standing.size, 1);
  for (let at = 0; at < 50; at++) send(quote(THEN + 10 + at, { odds: at % 2 === 0 ? {} : { home: 2 } }));
  t.equal(standing.size, 1);
  t.equal(standing.takeDue(100).length, 1, 'a quote waits in one place, however often it changed');
  t.equal(standing.nextDueMs, Infinity);
});

t.test('an update that a repeat has outrun is not lost to its readers', async (t) => {
  for (const odds of [{ home: 3 }, {}]) {
    const clock = new VirtualClock(NOW);
    const producer = new MemoryProducer(clock, PARTITIONS);
    await rehearse(recordingOf([quote(THEN), quote(THEN + 11_000, { provider: 'other' }), quote(THEN + 9_900, { odds })]), { clock, producer, stateDir: t.testdir(), refreshMs: REFRESH_MS, speed: 'max' });
    const mine = producer.updates.filter(({ provider }) => provider === 'acme');
    mine.sort((a, b) => a.timestamp - b.timestamp);
    t.same(mine.map(({ repeat }) => repeat), [false, false, true, true]);
    t.same(mine.at(-1)?.odds, odds, 'the newest of all');
  }
});
