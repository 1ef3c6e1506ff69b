import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import avro from 'avsc';
import fc from 'fast-check';
import t from 'tap';
import { topics } from '../schemas/topics.ts';
import { PartitionFailure, StartRefused, type RuntimeContext } from './context.ts';
import { PipelineMetrics } from './metrics.ts';
import { runTopology } from './run-topology.ts';
import { contextOf, type Journal, MemoryPartition, MemoryPublisher, MemorySource, tally } from './testing/memory.ts';
import { keyOf, type LogRecord, quote, START_MS, status, tick, updateOf, V1, wireOf } from './testing/records.ts';

const FOR_EVER = { horizonMs: 1e12, latenessMs: 0 }, NOTHING = { horizonMs: 0, latenessMs: 0 };
const bestType = avro.Type.forSchema(JSON.parse(topics.bestOdds.schema.avsc) as avro.Schema);

const stage = (...partitions: ConstructorParameters<typeof MemorySource> extends [Journal, ...infer P] ? P : never) => {
  const journal: Journal = [], wall = { nowMs: 0 };
  const source = new MemorySource(journal, ...partitions), publisher = new MemoryPublisher(journal);
  /** What went out: market, end of the window and count. */
  const said = (): string[] => publisher.values.map(({ key, value }) => {
    const { timestamp, providers } = bestType.fromBuffer(Buffer.from(value, 'hex').subarray(5)) as { timestamp: number; providers: number };
    return `${key.split(':')[1]} ${timestamp - START_MS}: ${providers}`;
  });
  return { journal, wall, source, publisher, said, run: (config = FOR_EVER, context: Partial<RuntimeContext> = {}) => runTopology(tally, config, source, publisher, contextOf({ wall, ...context })) };
};
const valueAt = (ms: number, event_id = 'e1', provider = 'acme'): LogRecord => quote({ timestamp: START_MS + ms, event_id, provider });
const tickAt = (ms: number): LogRecord => tick(START_MS + ms);

t.test('outputs are durable before the input is committed; a target that lags is ticked', async (t) => {
  const { source, run, journal, said } = stage([valueAt(0), valueAt(100), valueAt(200, 'e2'), tickAt(1_000)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 4), source.idle];
  await run();
  t.strictSame(journal, ['assigned', 'start 0 at 0', 'poll 0', 'publish best-odds/0 × 2', 'tick market-books/0 compacted 1000', 'idle', 'flush', 'commit 0 at 4', 'flush']);
  t.strictSame(said(), ['e1 1000: 2', 'e2 1000: 1']);
});

t.test('a target is ticked as far as time has come, each to its own, and not when it has been told already', async (t) => {
  const { source, run, journal } = stage([valueAt(0), tickAt(1_000), tickAt(1_400), tickAt(5_000), valueAt(5_100), tickAt(6_000)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 6)];
  await run();
  t.strictSame(journal.filter((line) => /^(publish|tick)/.test(line)), [
    'publish best-odds/0 × 1', 'tick market-books/0 compacted 1000', 'tick best-odds/0 5000', 'tick market-books/0 compacted 5000', 'publish best-odds/0 × 1', 'tick market-books/0 compacted 6000',
  ]);
});

t.test('a checkpoint comes at once when nothing more is there, else after its time; without anything to publish seldom', async (t) => {
  const { source, run, journal, wall } = stage([valueAt(0), tickAt(1_000), valueAt(1_500), tickAt(2_000), valueAt(2_100), valueAt(2_200)]);
  const later = (ms: number, event: () => ReturnType<typeof source.poll>) => () => { wall.nowMs += ms; return event(); };
  source.steps = [
    source.assigned(0), source.poll(0, 0, 2), later(199, () => source.poll(0, 2, 3)), later(1, () => source.poll(0, 3, 4)), //  under load: after 200 ms
    later(4_999, () => source.poll(0, 4, 5)), source.idle, later(1, () => source.poll(0, 5, 6)), source.idle, //  nothing was published: after 5 s
  ];
  await run();
  t.strictSame(journal.slice(2), ['poll 0', 'publish best-odds/0 × 1', 'tick market-books/0 compacted 1000', 'poll 0', 'poll 0', 'publish best-odds/0 × 1', 'tick market-books/0 compacted 2000', 'flush', 'commit 0 at 4',
    'poll 0', 'idle', 'poll 0', 'flush', 'commit 0 at 6', 'idle', 'flush']);
});

t.test('nothing is read while there is no room for outputs', async (t) => {
  const { source, publisher, run, journal } = stage([valueAt(0), tickAt(1_000), valueAt(1_100)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), source.poll(0, 2, 3)];
  let makeRoom = (): void => undefined;
  publisher.full = new Promise((resolve) => { makeRoom = resolve; });
  const running = run();
  for (let i = 0; i < 20; i++) await turn();
  t.equal(journal.filter((line) => line.startsWith('poll')).length, 1);
  publisher.full = undefined;
  makeRoom();
  await running;
  t.equal(journal.filter((line) => line.startsWith('poll')).length, 2);
});

t.test('what was not made durable is not committed', async (t) => {
  const { source, publisher, run, journal } = stage([valueAt(0), tickAt(1_000)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), source.idle];
  publisher.failsToFlush = new Error('the broker is gone');
  await t.rejects(run(), { message: 'the broker is gone' });
  t.notMatch(journal.join(), /commit/);
});

t.test('a poll whose last offsets hold nothing for us moves the position past them', async (t) => {
  const { source, run, journal } = stage([valueAt(0), undefined, tickAt(1_000), undefined, undefined, undefined]);
  source.steps = [source.assigned(0), source.poll(0, 0, 5), source.idle, source.poll(0, 5, 6)];
  await run();
  t.match(journal.filter((line) => line.startsWith('commit')), ['commit 0 at 5', 'commit 0 at 6'], 'also one that holds nothing at all');
});

t.test('a restart reads the horizon again, silently, and goes on at the committed offset', async (t) => {
  const log = [valueAt(0), tickAt(1_000), quote({ timestamp: START_MS + 1_100, odds: { home: 1 } }), valueAt(1_200), valueAt(1_300, 'e2'), tickAt(2_000), quote({ timestamp: START_MS + 2_100, odds: { home: 1 } }), valueAt(2_500), tickAt(3_000)];
  const { source, run, journal, said, publisher } = stage(log);
  source.groupOffsets.set(0, 5);
  source.steps = [source.assigned(0), source.poll(0, 0, 9)]; //  a poll that straddles it
  const metrics = new PipelineMetrics('tally');
  await run(FOR_EVER, { metrics });
  t.equal(journal[1], 'start 0 at 0');
  t.strictSame(said(), ['e1 2000: 2', 'e2 2000: 1', 'e1 3000: 3'], 'the counts know what was read silently; the first window is not said again');
  t.strictSame(publisher.letters.map(({ offset }) => offset), [6], 'nor the dead letter');
  t.notMatch(journal.join(), /tick .* 1000/);
  t.equal(journal.at(-1), 'commit 0 at 9');
  const text = await metrics.registry.metrics();
  //  1200 and 1300 waited for their window's end, but had been applied: only what comes from offset 5 on counts
  t.match(text, /oddstream_records_delivered_total\{pipeline="tally"\} 4\n/);
  t.match(text, /oddstream_records_total\{pipeline="tally",fate="control"\} 2\n/);
  t.match(text, /oddstream_records_total\{pipeline="tally",fate="dead"\} 1\n/);
  t.match(text, /oddstream_unaccounted_records\{pipeline="tally"\} 0\n/);
});

t.test('the horizon is one of append time before the last record that was committed', async (t) => {
  const { source, run, journal } = stage([valueAt(0), valueAt(1_000), valueAt(2_000), valueAt(3_000), valueAt(4_000)]);
  source.groupOffsets.set(0, 4);
  source.steps = [source.assigned(0)];
  await run({ horizonMs: 1_500, latenessMs: 0 });
  t.equal(journal[1], 'start 0 at 2', '1500 before 3000, and no record before that');
});

t.test('without a commit it begins with the oldest record that there is', async (t) => {
  const { source, run, journal, said } = stage(new MemoryPartition([valueAt(0), tickAt(1_000)], 70));
  source.steps = [source.assigned(0), source.poll(0, 70, 72)];
  await run();
  t.equal(journal[1], 'start 0 at 70');
  t.strictSame(said(), ['e1 1000: 1']);
});

for (const [what, committed] of [['has been deleted', 69], ['does not exist yet', 73]] as const) {
  t.test(`a committed offset that ${what} is refused`, async (t) => {
    const { source, run, journal } = stage(new MemoryPartition([valueAt(0), tickAt(1_000)], 70));
    source.groupOffsets.set(0, committed);
    source.steps = [source.assigned(0), source.poll(0, 70, 72)];
    await t.rejects(run(), new StartRefused('committed_out_of_range', `tally has committed offset ${committed} of odds-updates-0, but the log holds 70 to 72. Was the topic made anew, or its retention shorter than the pause? Reset the group 'tally' to read what there is.`));
    t.notMatch(journal.join(), /start/);
  });
}

t.test('the ends of the log are not out of range', async (t) => {
  for (const committed of [70, 72]) {
    const { source, run } = stage(new MemoryPartition([valueAt(0), tickAt(1_000)], 70));
    source.groupOffsets.set(0, committed);
    source.steps = [source.assigned(0)];
    await t.resolves(run(NOTHING));
  }
});

t.test('poison goes to the dead letters as it came, before its offset is committed', async (t) => {
  const bad = { ...valueAt(0), value: Buffer.from('no wire format') };
  const { source, run, journal, publisher } = stage([bad, { ...valueAt(0), key: null }]);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), source.idle];
  await run(FOR_EVER, { namespace: 'here' });
  t.match(publisher.letters, [
    { deadTopic: 'here.odds-updates.dead', topic: 'odds-updates', partition: 0, offset: 0, pipeline: 'tally', code: 'not_wire_format', message: /wire format/ },
    { offset: 1, code: 'null_key', key: null },
  ]);
  t.same([Buffer.from(publisher.letters[0]!.key!), Buffer.from(publisher.letters[0]!.value!), Buffer.from(publisher.letters[1]!.value!)], [keyOf(updateOf()), Buffer.from('no wire format'), wireOf(updateOf())]);
  t.strictSame(journal.slice(3), ['dead 0/0 not_wire_format', 'dead 0/1 null_key', 'idle', 'flush', 'commit 0 at 2', 'flush']);
});

t.test('on revoke: what is done is made durable and committed, then the partition goes, and with it its task', async (t) => {
  const { source, run, journal, said } = stage([valueAt(0), valueAt(100), tickAt(1_000)], [valueAt(0, 'other'), tickAt(1_000)]);
  source.steps = [source.assigned(0, 1), source.poll(0, 0, 2), source.poll(1, 0, 1), source.revoked(0), source.poll(0, 2, 3), source.poll(1, 1, 2), source.assigned(0), source.poll(0, 1, 3)];
  await run(NOTHING);
  t.strictSame(journal.slice(5, 10), ['revoked', 'flush', 'commit 0 at 2', 'commit 1 at 1', 'release 0']);
  t.strictSame(journal.slice(10), ['poll 0', 'poll 1', 'publish best-odds/1 × 1', 'tick market-books/1 compacted 1000', 'assigned', 'start 0 at 1', 'poll 0', 'publish best-odds/0 × 1',
    'tick market-books/0 compacted 1000', 'flush', 'commit 1 at 2', 'commit 0 at 3'], 'what still comes of it is not read');
  t.strictSame(said(), ['other 1000: 1', 'e1 1000: 1'], 'assigned again, it knows no more than what is within the horizon, here nothing but the last record');
});

t.test('on revoke, what cannot be made durable is not released', async (t) => {
  const { source, publisher, run, journal } = stage([valueAt(0), tickAt(1_000)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), source.revoked(0)];
  publisher.failsToFlush = new Error('the broker is gone');
  await t.rejects(run());
  t.notMatch(journal.join(), /commit|release/);
});

t.test('a throw behind the door names the batch in which it happened, and commits nothing of it', async (t) => {
  const { source, run, journal } = stage([valueAt(0), valueAt(100), valueAt(200), valueAt(300, 'e1', 'bug')]);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), source.poll(0, 2, 4), source.idle];
  const failure = await run().then(() => undefined, (error: unknown) => error);
  t.ok(failure instanceof PartitionFailure);
  t.match(failure, { position: { topic: 'odds-updates', partition: 0, offset: 2 }, message: 'failed in the batch that begins at odds-updates-0 offset 2: a bug', cause: new TypeError('a bug') });
  t.notMatch(journal.join(), /commit/);
});

t.test('the signal ends it after a last checkpoint', async (t) => {
  const stop = new AbortController();
  const { source, run, journal } = stage([valueAt(0), tickAt(1_000), valueAt(1_500)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), () => { stop.abort(); return undefined; }, source.poll(0, 2, 3)];
  await run(FOR_EVER, { signal: stop.signal });
  t.strictSame(journal.slice(-2), ['flush', 'commit 0 at 2']);
});

t.test('partitions have nothing to do with each other', async (t) => {
  const { source, run, said } = stage([valueAt(0), tickAt(1_000)], [valueAt(0), valueAt(900)]);
  source.steps = [source.assigned(0, 1), source.poll(1, 0, 2), source.poll(0, 0, 2)];
  await run();
  t.strictSame(said(), ['e1 1000: 1'], 'neither time nor state');
});

t.test('what waits for a schema goes on where it stood', async (t) => {
  const old = quote({ timestamp: START_MS + 100 }, { value: wireOf(updateOf({ timestamp: START_MS + 100 }), V1) });
  const { source, run, said, journal } = stage([valueAt(0), old, valueAt(200), tickAt(1_000)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 4)];
  await run();
  t.strictSame(said(), ['e1 1000: 3']);
  t.equal(journal.at(-1), 'commit 0 at 4');
});

const record = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('value' as const), gapMs: fc.nat(600), market: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('tick' as const, 'down' as const, 'poison' as const, 'nothing' as const), gapMs: fc.nat(600), market: fc.nat(2) }) },
);
const logs = fc.array(record, { minLength: 1, maxLength: 40 }).map((records) => {
  let now = START_MS;
  return records.map(({ kind, gapMs, market }): LogRecord | undefined => {
    now += gapMs;
    if (kind === 'nothing') return undefined;
    if (kind === 'tick') return tick(now);
    if (kind === 'down') return status('down', 'acme', now);
    return quote({ timestamp: now, event_id: `e${market}`, ...(kind === 'poison' ? { odds: { home: 0 } } : {}) });
  });
});

/** Rows wait for their windows, also across a restart. */
const patient = { horizonMs: 1e12, latenessMs: 700 };

t.test('wherever it stopped, and however polls fall, a restart says what an undisturbed run said from there on, value for value', async () => {
  await fc.assert(fc.asyncProperty(logs, fc.double({ min: 0, max: 1, noNaN: true }), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }), async (log, share, sizes) => {
    const cut = Math.floor(share * log.length);
    const whole = stage(log);
    let before = 0, lettersBefore = 0;
    whole.source.steps = [whole.source.assigned(0), whole.source.poll(0, 0, cut), () => { before = whole.publisher.values.length; lettersBefore = whole.publisher.letters.length; return undefined; }, whole.source.poll(0, cut, log.length)];
    await whole.run(patient);

    const again = stage(log);
    again.source.groupOffsets.set(0, cut);
    const polls = [];
    for (let next = 0, i = 0; next < log.length; i++) {
      const end = Math.min(log.length, next + sizes[i % sizes.length]!);
      polls.push(again.source.poll(0, next, end));
      next = end;
    }
    again.source.steps = [again.source.assigned(0), ...polls];
    const metrics = new PipelineMetrics('tally');
    await again.run(patient, { metrics });
    assert.deepEqual(again.publisher.values, whole.publisher.values.slice(before));
    assert.deepEqual(again.publisher.letters, whole.publisher.letters.slice(lettersBefore));
    assert.match(await metrics.registry.metrics(), /oddstream_unaccounted_records\{pipeline="tally"\} 0\n/);
  }), { numRuns: 150 });
});
