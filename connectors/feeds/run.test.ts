import t from 'tap';
import fc from 'fast-check';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FeedBatch, FeedMessage } from './feed.ts';
import { partitionOf } from '../kafka/partitioner.ts';
import { listener, MemoryProducer, quote, recordingOf, rehearse, scripted, VirtualClock } from './testing.ts';

const NOW = Date.UTC(2026, 0, 10);
const THEN = Date.UTC(2024, 4, 4, 15);
const PARTITIONS = 4;

const stage = (t: { testdir: () => string }): { clock: VirtualClock; producer: MemoryProducer; stateDir: string } => {
  const clock = new VirtualClock(NOW);
  return { clock, producer: new MemoryProducer(clock, PARTITIONS), stateDir: t.testdir() };
};

t.test('as recorded, the start is at now and each message goes out when it is due', async (t) => {
  const on = stage(t);
  const event: FeedMessage = { kind: 'event', value: { timestamp: THEN, event_id: 'e1', sport: 'football', starts_at: THEN + 3_600_000 } };
  const result: FeedMessage = { kind: 'result', value: { timestamp: THEN + 3_000, provider: 'p', sport: 'football', event_id: 'e1', market: '1x2', action: 'settle', void_from: THEN } };
  const summary = await rehearse(recordingOf([event, quote(THEN, { starts_at: THEN + 3_600_000, observed_at: THEN + 5 }), quote(THEN + 2_345, { odds: { home: 3 } }), result]), on);
  t.equal(summary.isComplete, true);
  const out = on.producer.log.filter(({ control }) => control === undefined);
  t.same(out.map(({ timestamp, atMs }) => [timestamp - NOW, atMs - NOW]), [[0, 0], [0, 0], [2_345, 2_345], [3_000, 3_000]]);
  t.match(out[0]?.event, { starts_at: NOW + 3_600_000 }, 'all times move together');
  t.match(out[1]?.update, { starts_at: NOW + 3_600_000, observed_at: NOW + 5, repeat: false, status: 'open' });
  t.match(out[3]?.result, { void_from: NOW, void_until: null });
  t.equal(out[1]?.key, 'football:e1:1x2');
  t.equal(out[1]?.partition, partitionOf('football:e1:1x2', PARTITIONS));
  t.equal(out[0]?.key, 'e1');
  t.equal(out[0]?.topic, 'events');
  t.equal(out[3]?.topic, 'results');
});

t.test('faster than recorded, the end is at now: no time is ahead of its append time', async (t) => {
  const messages = [0, 10_000, 60_000, 3_600_000].map((ms) => quote(THEN + ms, { market: `totals:${ms}` }));
  for (const speed of [60, 'max'] as const) {
    const on = stage(t);
    await rehearse(recordingOf(messages), { ...on, speed });
    const { log } = on.producer;
    for (const { timestamp, atMs } of log) if (timestamp > atMs) t.fail(`a record of ${timestamp} was produced at ${atMs}`);
    const end = NOW + (speed === 60 ? 60_000 : 0);
    t.equal(Math.max(...on.producer.updates.map(({ timestamp }) => timestamp)), end);
    t.same(log.slice(-PARTITIONS).map(({ control, partition }) => ({ control, partition })),
      Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, control: { control: 'tick', timestamp: end + 1_500 } })), 'at the end a tick one window and one lateness later');
  }
});

t.test('original times need a namespace, and are kept in it', async (t) => {
  const on = stage(t);
  await t.rejects(rehearse(recordingOf([quote(THEN)]), { ...on, rebase: 'original' }), { code: 'original_times_need_namespace' });
  t.equal(on.producer.log.length, 0);
  await rehearse(recordingOf([quote(THEN), quote(THEN + 9)]), { ...on, rebase: 'original', namespace: 'season', speed: 'max' });
  t.same(on.producer.updates.map(({ timestamp }) => timestamp), [THEN, THEN + 9]);
  t.equal(on.producer.log[0]?.topic, 'season.odds-updates');
});

t.test('options that cannot be are refused', async (t) => {
  const on = stage(t);
  const feed = recordingOf([quote(THEN)]);
  await t.rejects(rehearse(feed, { ...on, speed: 0.5 }), { code: 'speed_malformed' });
  await t.rejects(rehearse(scripted('recording', feed.read.bind(feed, {})), { ...on, speed: 'max' }), { code: 'span_unknown', message: /scripted/ });
  await t.rejects(rehearse(feed, { ...on, refreshMs: 1_000 }), { code: 'option_malformed' });
  await t.rejects(rehearse(feed, { ...on, windowMs: 0 }), { code: 'option_malformed' });
});

t.test('a provider is up before its first quote, every five seconds of wall time, and not while it is down', async (t) => {
  const on = stage(t);
  await rehearse(recordingOf([
    quote(THEN), { kind: 'status', provider: 'acme', status: 'down', timestamp: THEN + 11_000 },
    { kind: 'status', provider: 'acme', status: 'up', timestamp: THEN + 22_000 }, { kind: 'status', provider: 'acme', status: 'confirm', timestamp: THEN + 23_000 },
    quote(THEN + 26_000),
  ]), on);
  const statuses = on.producer.log.flatMap(({ control, partition, atMs }) => (control === undefined || control.control === 'tick' ? [] : [{ control, partition, atMs }]));
  t.equal(on.producer.log.findIndex(({ update }) => update !== undefined), PARTITIONS, 'up comes first');
  const said = statuses.filter(({ partition }) => partition === 2).map(({ control, atMs }) => `${(atMs - NOW) / 1_000} ${control.control}`);
  t.same(said, ['0 up', '5 up', '10 up', '11 down', '22 up', '23 confirm', '25 up']);
  for (let partition = 0; partition < PARTITIONS; partition++) t.equal(statuses.filter((status) => status.partition === partition).length, said.length, 'on each partition');
});

t.test('what breaks the contract is counted, and what it was to replace is withdrawn', async (t) => {
  const on = stage(t);
  const logger = listener();
  const summary = await rehearse(recordingOf([
    quote(THEN), quote(THEN + 1, { provider: 'other' }), quote(THEN + 2, { odds: { home: 0.9 } }), quote(THEN + 3, { odds: { home: NaN } }), quote(THEN + 4, { market: '' }),
    quote(THEN + 5, { provider: 'other', status: 'shut' as 'open' }), { kind: 'problem', code: 'row_malformed', message: 'no', at: 'f.csv:7' }, quote(NaN), quote(12),
  ]), { ...on, logger, speed: 'max', rebase: 'original', namespace: 'n' });
  t.same(summary.problems.map(({ code, count }) => [code, count]), [['price_out_of_bounds', 2], ['time_absurd', 2], ['empty_key', 1], ['not_encodable', 1], ['row_malformed', 1]]);
  t.same(on.producer.updates.map(({ provider, timestamp, odds }) => [provider, timestamp - THEN, Object.keys(odds).length]), [['acme', 0, 3], ['other', 1, 3], ['acme', 2, 0], ['other', 5, 0]]);
  t.match(summary.sent, { update: 2, withdrawal: 2 });
  t.ok(logger.said.some(({ facts, message }) => message === 'no' && (facts as { at: string }).at === 'f.csv:7'), 'logged with its place');
});

t.test('a message ahead of the clock is a problem, not a dead record', async (t) => {
  const on = stage(t);
  const summary = await rehearse(recordingOf([quote(NOW - 5), quote(NOW + 499), quote(NOW + 501)]), { ...on, rebase: 'original', namespace: 'n', speed: 'max' });
  t.same(summary.problems.map(({ code, count }) => [code, count]), [['time_ahead', 1]]);
});

t.test('a live feed ticks, by the clock, the partitions that it has not written to for 250 ms', async (t) => {
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 9 })), { minLength: 5, maxLength: 40 }), async (script) => {
    const on = stage(t);
    await rehearse(scripted('live', async function* ({ signal }): AsyncGenerator<FeedBatch> {
      for (const [waitMs, market] of script) {
        await on.clock.sleep(waitMs, signal);
        yield { messages: [quote(on.clock.now(), { market: `m${market}`, provider: `p${market}` })] };
      }
    }), on);
    const last = new Map<number, number>();
    for (const { topic, partition, control, timestamp, atMs } of on.producer.log) {
      if (topic !== 'odds-updates') continue;
      const quietMs = atMs - (last.get(partition) ?? NOW);
      if (control?.control === 'tick') t.equal(timestamp, atMs, 'a tick says now');
      if (control?.control === 'tick' && quietMs < 250) return false;
      if (quietMs > 375) return false;
      last.set(partition, atMs);
    }
    return true;
  }), { numRuns: 30 });
});

t.test('a recording ticks every partition that lags when a window is over, and never ahead of what comes', async (t) => {
  const windowMs = 1_000, latenessMs = 500;
  const over = (timeMs: number): number => Math.floor((timeMs - latenessMs) / windowMs) * windowMs + latenessMs;
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 9 })), { minLength: 2, maxLength: 40 }), fc.constantFrom(1, 7, 'max' as const), async (script, speed) => {
    const on = stage(t);
    let timeMs = THEN;
    await rehearse(recordingOf(script.map(([gapMs, market]) => quote((timeMs += gapMs), { market: `m${market}` }))), { ...on, speed });
    const told = new Float64Array(PARTITIONS).fill(-Infinity);
    let newest = -Infinity;
    let windows = NaN;
    for (const { partition, update, timestamp } of on.producer.log) {
      if (timestamp < newest) return false;
      newest = timestamp;
      if (update !== undefined) {
        if (Number.isNaN(windows)) windows = over(timestamp);
        else if (over(timestamp) > windows) {
          windows = over(timestamp);
          for (let other = 0; other < PARTITIONS; other++) if (told[other]! < windows) return false;
        }
      }
      told[partition] = Math.max(told[partition]!, timestamp);
    }
    return true;
  }), { numRuns: 60 });
});

t.test('nothing is read while the producer is full', async (t) => {
  const on = stage(t);
  let read = 0;
  let makeRoom = (): void => undefined;
  on.producer.full = new Promise((resolve) => { makeRoom = resolve; });
  const ready = on.producer.ready.bind(on.producer);
  const isAsked = new Promise<void>((resolve) => { on.producer.ready = () => { resolve(); return ready(); }; });
  const running = rehearse(scripted('recording', async function* () {
    for (; read < 5;) yield { messages: [quote(THEN + ++read)] };
  }), on);
  await isAsked;
  // Clock and producer are of this process: what it could go on to do without room is done within a turn of its events.
  await new Promise((resolve) => { setImmediate(resolve); });
  t.equal(read, 1);
  on.producer.full = undefined;
  makeRoom();
  await running;
  t.equal(read, 5);
});

t.test('a lost record ends the run, and the place is not moved', async (t) => {
  const on = stage(t);
  on.producer.flush = () => Promise.reject(Object.assign(new Error('lost'), { code: 'delivery_failed' }));
  await t.rejects(rehearse(recordingOf([quote(THEN)]), on), { code: 'delivery_failed' });
  t.notOk(existsSync(join(on.stateDir, 'feeds')));
});

t.test('an error of a timer stops a live feed at once', async (t) => {
  const on = stage(t);
  on.producer.before = (): void => { if (on.clock.now() > NOW + 1_000) throw Object.assign(new Error('lost'), { code: 'delivery_failed' }); };
  await t.rejects(rehearse(scripted('live', async function* ({ signal }) {
    yield { messages: [quote(on.clock.now())] };
    await on.clock.sleep(3_600_000, signal);
  }), on), { code: 'delivery_failed' });
  t.ok(on.clock.now() < NOW + 2_000);
});

t.test('a graceful stop flushes, and a feed that ends by the abort is no error', async (t) => {
  const on = stage(t);
  const stop = new AbortController();
  const summary = await rehearse(scripted('live', async function* ({ signal }) {
    yield { messages: [quote(on.clock.now())], cursor: 'a' };
    await on.clock.sleep(700, signal);
    stop.abort();
    throw new DOMException('stopped', 'AbortError');
  }), { ...on, signal: stop.signal });
  t.equal(summary.isComplete, false);
  t.equal(on.producer.flushes.at(-1), on.producer.log.length);
});

t.test('progress is told once a second', async (t) => {
  const on = stage(t);
  const told: number[] = [];
  await rehearse(recordingOf([quote(THEN), quote(THEN + 10_000)]), { ...on, onProgress: ({ total, progress }) => { told.push(total + (progress ?? 0)); } });
  t.ok(told.length >= 10);
  t.equal(told[0], 1.5);
});
