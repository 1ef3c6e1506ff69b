import t from 'tap';
import fc from 'fast-check';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { OddsUpdate } from './messages.ts';
import { MemoryProducer, quote, recordingOf, rehearse, scripted, VirtualClock } from './testing.ts';

const NOW = Date.UTC(2026, 0, 10);
const THEN = Date.UTC(2024, 4, 4, 15);
const PARTITIONS = 4;

/** What a reader of the log believes at its end: the newest quote of each provider on each market. */
const believed = (updates: readonly OddsUpdate[]): Map<string, unknown> => {
  const book = new Map<string, OddsUpdate>();
  for (const update of updates) {
    const key = `${update.market} of ${update.provider}`;
    if (update.timestamp >= (book.get(key)?.timestamp ?? -Infinity)) book.set(key, update);
  }
  return new Map([...book].map(([key, { odds }]) => [key, odds]));
};

t.test('a run that crashed anywhere goes on: the log ends up saying the same', async (t) => {
  const script = fc.array(fc.tuple(fc.integer({ min: 0, max: 9_000 }), fc.integer({ min: 0, max: 3 }), fc.constantFrom('acme', 'other'), fc.constantFrom(0, 2, 3)), { minLength: 3, maxLength: 30 });
  await fc.assert(fc.asyncProperty(script, fc.nat(60), fc.nat(100_000), fc.constantFrom(10, 'max' as const), async (steps, crashAfter, downtimeMs, speed) => {
    const stateDir = t.testdir();
    let timeMs = THEN;
    const messages = steps.map(([gapMs, market, provider, home]) => quote((timeMs += gapMs), { market: `m${market}`, provider, odds: home === 0 ? {} : { home } }));
    const clock = new VirtualClock(NOW);
    const producer = new MemoryProducer(clock, PARTITIONS);
    let sent = 0;
    producer.before = (): void => { if (sent++ >= crashAfter) throw new Error('crash'); };
    const crashed = await rehearse(recordingOf(messages), { clock, producer, stateDir, speed }).then(() => false, () => true);
    producer.before = (): void => undefined;
    if (crashed) {
      await clock.sleep(downtimeMs, new AbortController().signal);
      await rehearse(recordingOf(messages), { clock, producer, stateDir, speed });
    }
    const straightClock = new VirtualClock(NOW);
    const straight = new MemoryProducer(straightClock, PARTITIONS);
    await rehearse(recordingOf(messages), { clock: straightClock, producer: straight, stateDir: `${stateDir}/straight`, speed });
    t.same(believed(producer.updates), believed(straight.updates));
    return true;
  }), { numRuns: 60 });
});

t.test('a run goes on behind the last batch that was flushed, with what stands said again', async (t) => {
  const stateDir = t.testdir();
  const file = join(stateDir, 'feeds', 'scripted.json');
  const messages = [quote(THEN), quote(THEN + 1_000, { market: 'b' }), quote(THEN + 1_500, { market: 'b', odds: {} }), quote(THEN + 2_000, { market: 'c' }), quote(THEN + 9_000, { market: 'd' })];
  const clock = new VirtualClock(NOW);
  const producer = new MemoryProducer(clock, PARTITIONS);
  const stop = new AbortController();
  const recording = recordingOf(messages);
  const first = await rehearse({ ...recording, async *read(config, context) {
    for await (const batch of recording.read(config, context)) {
      yield batch;
      if (batch.cursor === '3') stop.abort();
    }
  } }, { clock, producer, stateDir, signal: stop.signal });
  t.equal(first.isComplete, false);
  t.match(JSON.parse(readFileSync(file, 'utf8')), { cursor: '3', recordedMs: THEN + 2_000, shiftMs: NOW - THEN });
  t.equal(producer.flushes.at(-1), producer.log.length, 'only what was flushed is behind the cursor');

  await clock.sleep(86_400_000, new AbortController().signal);
  const restartMs = clock.now();
  const before = producer.updates.length;
  await rehearse(recording, { clock, producer, stateDir });
  t.same(producer.updates.slice(before).map(({ market, timestamp, repeat }) => [market, timestamp - restartMs, repeat]),
    [['1x2', 0, true], ['c', 0, true], ['d', 7_000, false]], 'at recorded speed the place where it stopped is at now');
  t.notOk(existsSync(file), 'a recording that has come to its end starts anew the next time');
});

t.test('a playback faster than recorded goes on with the times that it began with', async (t) => {
  const stateDir = t.testdir();
  const recording = recordingOf([quote(THEN), quote(THEN + 60_000, { market: 'b' }), quote(THEN + 3_600_000, { market: 'c' })]);
  const clock = new VirtualClock(NOW);
  const producer = new MemoryProducer(clock, PARTITIONS);
  const stop = new AbortController();
  await rehearse({ ...recording, async *read(config, context) {
    for await (const batch of recording.read(config, context)) {
      yield batch;
      if (batch.cursor === '1') stop.abort();
    }
  } }, { clock, producer, stateDir, signal: stop.signal, speed: 'max' });
  await clock.sleep(86_400_000, new AbortController().signal);
  await rehearse(recording, { clock, producer, stateDir, speed: 'max' });
  const firsts = producer.updates.filter(({ repeat }) => repeat !== true);
  t.same(firsts.map(({ market, timestamp }) => [market, timestamp - NOW]), [['1x2', -3_600_000], ['b', -3_540_000], ['c', 0]]);
});

t.test('other options start anew, a recording that has changed is an error, a broken file too', async (t) => {
  const stateDir = t.testdir();
  const file = join(stateDir, 'feeds', 'scripted.json');
  const run = async (messages = [quote(THEN)], speed: number | 'max' = 1): Promise<number> => {
    const clock = new VirtualClock(NOW);
    const producer = new MemoryProducer(clock, PARTITIONS);
    await rehearse(recordingOf(messages), { clock, producer, stateDir, speed });
    return producer.updates.length;
  };
  await mkdir(join(stateDir, 'feeds'), { recursive: true });
  writeFileSync(file, JSON.stringify({ of: 'another playback', cursor: '5' }));
  t.equal(await run(), 1);

  const clock = new VirtualClock(NOW);
  const stop = new AbortController();
  await rehearse(scripted('recording', async function* () { yield { messages: [quote(THEN)], cursor: 'gone' }; stop.abort(); }), { clock, producer: new MemoryProducer(clock, PARTITIONS), stateDir, signal: stop.signal });
  t.ok(existsSync(file));
  await t.rejects(run(), { code: 'cursor_lost' });

  writeFileSync(file, '{"of":');
  await t.rejects(run(), { code: 'cursor_unreadable' });
  writeFileSync(file, '{"of":"x"}');
  await t.rejects(run(), { code: 'cursor_unreadable' });
});

t.test('a live feed is told where it stopped', async (t) => {
  const stateDir = t.testdir();
  const seen: (string | undefined)[] = [];
  for (const cursor of ['one', 'two']) {
    const clock = new VirtualClock(NOW);
    await rehearse(scripted('live', async function* (context) {
      seen.push(context.cursor);
      yield { messages: [quote(clock.now())], cursor };
    }), { clock, producer: new MemoryProducer(clock, PARTITIONS), stateDir });
  }
  t.same(seen, [undefined, 'one']);
});
