import { pino } from 'pino';
import t from 'tap';
import { z } from 'zod';
import { topics } from '../schemas/topics.ts';
import { Fate } from '../stream/fates.ts';
import type { OddsUpdateRow } from '../schemas/generated/odds-update.ts';
import { PartitionFailure, type RuntimeContext, StartRefused } from './context.ts';
import { PipelineMetrics } from './metrics.ts';
import { sinkPipeline } from './pipeline.ts';
import { RowsRefused, SinkFenced } from './ports.ts';
import { runSink } from './run-sink.ts';
import { contextOf, type Journal, MemoryPartition, MemoryPublisher, MemorySink, MemorySource } from './testing/memory.ts';
import { type LogRecord, quote, START_MS, status, tick, updateOf, V1, wireOf } from './testing/records.ts';

const pipelineOf = (batch: { readonly maxRows: number; readonly maxWaitMs: number }) => sinkPipeline({
  name: 'rows', doc: 'For tests.', source: topics.oddsUpdates, config: z.unknown(), maxSkewMs: () => 500, batch: () => batch, sink: () => Promise.reject(new Error('not made here')),
});

const stage = (fate: ((row: OddsUpdateRow) => Fate) | undefined, ...partitions: ConstructorParameters<typeof MemorySource> extends [Journal, ...infer P] ? P : never) => {
  const journal: Journal = [], wall = { nowMs: 0 };
  const source = new MemorySource(journal, ...partitions), publisher = new MemoryPublisher(journal), sink = new MemorySink(journal, fate);
  return {
    journal, wall, source, publisher, sink,
    run: (batch = { maxRows: 100, maxWaitMs: 1_000 }, context: Partial<RuntimeContext> = {}) => runSink(pipelineOf(batch), {}, [sink], source, publisher, contextOf({ wall, ...context })),
  };
};
const valueAt = (ms: number, provider = 'acme'): LogRecord => quote({ timestamp: START_MS + ms, provider });
const values = (count: number): LogRecord[] => Array.from({ length: count }, (_, i) => valueAt(i));

t.test('it reads on where the destination says, not where the group does; without a position at the oldest record', async (t) => {
  const { source, sink, run, journal } = stage(undefined, values(9), new MemoryPartition(values(3), 70));
  sink.kept.set(0, 6);
  source.groupOffsets.set(0, 2);
  source.groupOffsets.set(1, 72);
  source.steps = [source.assigned(0, 1)];
  await run();
  t.strictSame(journal, ['assigned', 'start 0 at 6', 'start 1 at 70']);
});

for (const [what, position] of [['has been deleted', 69], ['does not exist yet', 74]] as const) {
  t.test(`a position that ${what} is refused`, async (t) => {
    const { source, sink, run, journal } = stage(undefined, new MemoryPartition(values(3), 70));
    sink.kept.set(0, position);
    source.steps = [source.assigned(0)];
    await t.rejects(run(), new StartRefused('position_out_of_range', `rows stands at offset ${position} of odds-updates-0, but the log holds 70 to 73. Was the topic made anew, or its retention shorter than the pause? Delete the row of this partition from sink_positions (for Redis: the position key) to go on with what there is.`));
    t.notMatch(journal.join(), /start/);
  });
}

t.test('rows and positions are committed together, when enough rows wait', async (t) => {
  const { source, sink, run, journal } = stage(undefined, values(8), values(2));
  source.steps = [source.assigned(0, 1), source.poll(0, 0, 3), source.poll(1, 0, 2), source.poll(0, 3, 5), source.poll(0, 5, 8)];
  await run({ maxRows: 5, maxWaitMs: 1_000_000 });
  t.strictSame(journal.slice(3), ['poll 0', 'poll 1', 'flush', 'commit 5 rows, 0 at 3, 1 at 2', 'poll 0', 'poll 0', 'flush', 'commit 5 rows, 0 at 8'], 'only those that have moved');
  t.equal(new Set(sink.stored).size, 10, 'each once');
});

t.test('or when the first of them has waited long enough', async (t) => {
  const { source, run, journal, wall } = stage(undefined, values(4));
  const later = (ms: number) => () => { wall.nowMs += ms; return undefined; };
  source.steps = [source.assigned(0), source.idle, later(5_000), source.poll(0, 0, 1), later(999), source.poll(0, 1, 2), source.idle, later(1), source.idle, later(5_000), source.idle, source.poll(0, 2, 4), later(1_000), source.idle];
  await run({ maxRows: 100, maxWaitMs: 1_000 });
  t.strictSame(journal.slice(2), ['idle', 'poll 0', 'poll 0', 'idle', 'idle', 'flush', 'commit 2 rows, 0 at 2', 'idle', 'poll 0', 'idle', 'flush', 'commit 2 rows, 0 at 4'], 'nothing waits: nothing is committed');
});

t.test('what the sink keeps no row of moves the position too: ticks, statuses, dead letters', async (t) => {
  const { source, sink, run, journal, publisher } = stage(undefined, [tick(START_MS), status('up', 'acme', START_MS), { ...valueAt(0), value: Buffer.from('poison') }, undefined]);
  source.steps = [source.assigned(0), source.poll(0, 0, 4)];
  await run();
  t.strictSame(journal.slice(2), ['poll 0', 'dead 0/2 not_wire_format', 'flush', 'commit 0 rows, 0 at 4'], 'and a dead letter is durable before it does');
  t.same(sink.stored, []);
  t.match(publisher.letters, [{ deadTopic: 'odds-updates.dead', pipeline: 'rows', offset: 2 }]);
});

t.test('poison is not written, and what stands around it is', async (t) => {
  const { source, sink, run } = stage(undefined, [valueAt(0), quote({ timestamp: START_MS + 1, odds: { home: 0 } }), valueAt(2)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 3)];
  await run();
  t.strictSame(sink.stored, ['0/0', '0/2']);
});

t.test('dead letters that are not durable are no reason to go on', async (t) => {
  const { source, sink, publisher, run } = stage(undefined, [{ ...valueAt(0), value: Buffer.from('poison') }]);
  source.steps = [source.assigned(0), source.poll(0, 0, 1)];
  publisher.failsToFlush = new Error('the broker is gone');
  await t.rejects(run(), { message: 'the broker is gone' });
  t.equal(sink.kept.get(0), undefined);
});

t.test('fates are what the sink says, and all are accounted for', async (t) => {
  const { source, run } = stage((row) => (row.offset === 1 ? Fate.unchanged : Fate.applied), [valueAt(0), valueAt(1), tick(START_MS + 2), valueAt(3), { ...valueAt(4), key: null }]);
  source.steps = [source.assigned(0), source.poll(0, 0, 5)];
  const metrics = new PipelineMetrics('rows');
  await run(undefined, { metrics });
  const text = await metrics.registry.metrics();
  for (const [fate, count] of [['applied', 2], ['unchanged', 1], ['control', 1], ['dead', 1], ['stale', 0]] as const) t.match(text, `oddstream_records_total{pipeline="rows",fate="${fate}"} ${count}\n`);
  t.match(text, 'oddstream_records_delivered_total{pipeline="rows"} 5\n');
  t.match(text, 'oddstream_unaccounted_records{pipeline="rows"} 0\n');
  t.match(text, 'oddstream_sink_rows_total{pipeline="rows"} 3\n');
});

t.test('another writer was here: what was buffered is dropped, and every position read again', async (t) => {
  const { source, sink, run, journal } = stage(undefined, values(6), values(4));
  sink.failure = new SinkFenced('somebody moved it');
  source.steps = [source.assigned(0, 1), source.poll(0, 0, 2), source.poll(1, 0, 1), () => { sink.kept.set(0, 4); return source.poll(1, 1, 2); }, source.poll(0, 4, 6), source.poll(1, 0, 4)];
  await run({ maxRows: 4, maxWaitMs: 1_000_000 });
  t.strictSame(journal.slice(3), ['poll 0', 'poll 1', 'poll 1', 'flush', 'fenced', 'discard', 'start 0 at 4', 'start 1 at 0', 'poll 0', 'poll 1', 'flush', 'commit 6 rows, 0 at 6, 1 at 4']);
  t.strictSame(sink.stored, ['0/4', '0/5', '1/0', '1/1', '1/2', '1/3'], 'each once');
});

t.test('another failure to commit ends it', async (t) => {
  const { source, sink, run, journal } = stage(undefined, values(2));
  sink.failure = new Error('the database is gone');
  source.steps = [source.assigned(0), source.poll(0, 0, 2)];
  await t.rejects(run({ maxRows: 1, maxWaitMs: 0 }), { message: 'the database is gone' });
  t.notMatch(journal.join(), /discard|start 0 at 0,.*start/);
});

t.test('on revoke: commit, then release; what still comes of the partition is not written', async (t) => {
  const { source, sink, run, journal } = stage(undefined, values(4), values(2));
  source.steps = [source.assigned(0, 1), source.poll(0, 0, 2), source.revoked(0), source.poll(0, 2, 4), source.poll(1, 0, 2)];
  await run();
  t.strictSame(journal.slice(4), ['revoked', 'flush', 'commit 2 rows, 0 at 2', 'release 0', 'poll 0', 'poll 1', 'flush', 'commit 2 rows, 1 at 2']);
  t.strictSame(sink.stored, ['0/0', '0/1', '1/0', '1/1']);
});

t.test('the signal ends it after a last commit', async (t) => {
  const stop = new AbortController();
  const { source, run, journal } = stage(undefined, values(4));
  source.steps = [source.assigned(0), source.poll(0, 0, 2), () => { stop.abort(); return undefined; }, source.poll(0, 2, 4)];
  await run(undefined, { signal: stop.signal });
  t.strictSame(journal.slice(2), ['poll 0', 'flush', 'commit 2 rows, 0 at 2']);
});

t.test('a throw of the sink names where it happened, and commits nothing of it', async (t) => {
  const { source, sink, run } = stage(undefined, [...values(2), valueAt(2), valueAt(3, 'bug')]);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), source.poll(0, 2, 4)];
  const failure = await run().then(() => undefined, (error: unknown) => error);
  t.ok(failure instanceof PartitionFailure);
  t.match(failure, { partition: { topic: 'odds-updates', partition: 0 }, among: { from: 2, to: 4 }, cause: new TypeError('a bug') });
  t.equal(sink.kept.get(0), undefined);
});

t.test('what waits for a schema goes on where it stood', async (t) => {
  const old = quote({}, { value: wireOf(updateOf(), V1) });
  const { source, sink, run } = stage(undefined, [valueAt(0), old, valueAt(2)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 3)];
  await run();
  t.strictSame(sink.stored, ['0/0', '0/1', '0/2']);
});

const counted = (text: string): Record<string, number> => Object.fromEntries(Array.from(text.matchAll(/oddstream_records_total\{pipeline="rows",fate="(\w+)"\} (\d+)/g), ([, fate, count]) => [fate!, Number(count)]));

for (const [where, offsets] of [['first', [0]], ['in the middle', [2, 3]], ['last', [5]], ['all of them', [0, 1, 2, 3, 4, 5]]] as const) {
  t.test(`records that the destination refuses become dead letters, and the rest lands: ${where}`, async (t) => {
    const log = values(6);
    const { source, sink, run, journal, publisher } = stage(undefined, log);
    for (const offset of offsets) sink.refuses.add(`0/${offset}`);
    source.steps = [source.assigned(0), source.poll(0, 0, 4), source.poll(0, 4, 6)];
    const metrics = new PipelineMetrics('rows');
    await run(undefined, { metrics });
    t.strictSame(sink.stored, [0, 1, 2, 3, 4, 5].filter((offset) => !(offsets as readonly number[]).includes(offset)).map((offset) => `0/${offset}`));
    t.strictSame(journal.slice(4), ['flush', `refused ${offsets.length}`, 'discard', ...offsets.map((offset) => `dead 0/${offset} row_refused_23514`), 'flush', `commit ${6 - offsets.length} rows, 0 at 6`],
      'dead letters are durable before the commit that passes over them; nothing is read again');
    t.strictSame(publisher.letters.map(({ offset, key, value, deadTopic, pipeline, message }) => ({ offset, key: Buffer.from(key!).toString(), value: Buffer.from(value!).toString('hex'), deadTopic, pipeline, message })), offsets.map((offset) => ({
      offset, key: Buffer.from(log[offset]!.key!).toString(), value: Buffer.from(log[offset]!.value!).toString('hex'), deadTopic: 'odds-updates.dead', pipeline: 'rows', message: `no room for 0/${offset}` })), 'with their bytes');
    const text = await metrics.registry.metrics();
    t.match(counted(text), { applied: 6 - offsets.length, dead: offsets.length });
    for (const line of ['oddstream_records_delivered_total{pipeline="rows"} 6', 'oddstream_unaccounted_records{pipeline="rows"} 0', `oddstream_sink_rows_total{pipeline="rows"} ${6 - offsets.length}`]) t.match(text, `${line}\n`);
  });
}

t.test('refused in several partitions, beside poison, ticks and what another schema wrote: each record has one end', async (t) => {
  const { source, sink, run, publisher } = stage((row) => (row.offset === 4 ? Fate.unchanged : Fate.applied),
    [valueAt(0), { ...valueAt(1), value: Buffer.from('poison') }, tick(START_MS + 2), quote({}, { value: wireOf(updateOf(), V1) }), valueAt(4)], values(3));
  sink.refuses.add('0/3').add('1/0');
  source.steps = [source.assigned(0, 1), source.poll(0, 0, 3), source.poll(1, 0, 3), source.poll(0, 3, 5)];
  const metrics = new PipelineMetrics('rows');
  await run(undefined, { metrics });
  t.strictSame(sink.stored.toSorted(), ['0/0', '0/4', '1/1', '1/2']);
  t.strictSame(publisher.letters.map(({ partition, offset, code }) => `${partition}/${offset} ${code}`), ['0/1 not_wire_format', '0/3 row_refused_23514', '1/0 row_refused_23514'], 'the poison once, though it was met twice');
  const text = await metrics.registry.metrics();
  t.match(counted(text), { applied: 3, unchanged: 1, control: 1, dead: 3 });
  t.match(text, 'oddstream_records_delivered_total{pipeline="rows"} 8\n');
  t.match(text, 'oddstream_unaccounted_records{pipeline="rows"} 0\n');
});

t.test('a second refusal behind the first, and one in the next batch', async (t) => {
  const { source, sink, run, journal } = stage(undefined, values(8));
  sink.refuses.add('0/1').add('0/6');
  source.steps = [source.assigned(0), source.poll(0, 0, 2), () => { sink.refuses.add('0/2'); return source.poll(0, 2, 4); }, source.poll(0, 4, 8)];
  await run({ maxRows: 4, maxWaitMs: 1_000_000 });
  t.strictSame(sink.stored, ['0/0', '0/3', '0/4', '0/5', '0/7']);
  t.equal(journal.filter((line) => line.startsWith('dead')).length, 3);
});

t.test('on revoke too all that was read lands before it is released', async (t) => {
  const { source, sink, run, journal } = stage(undefined, values(3));
  sink.refuses.add('0/1');
  source.steps = [source.assigned(0), source.poll(0, 0, 3), source.revoked(0)];
  await run();
  t.strictSame(journal.slice(3), ['revoked', 'flush', 'refused 1', 'discard', 'dead 0/1 row_refused_23514', 'flush', 'commit 2 rows, 0 at 3', 'release 0']);
  t.strictSame(sink.stored, ['0/0', '0/2']);
});

t.test('a dead letter that is not durable is no reason to pass over its record', async (t) => {
  const { source, sink, run, publisher, journal } = stage(undefined, values(3));
  sink.refuses.add('0/1');
  source.steps = [source.assigned(0), source.poll(0, 0, 3)];
  const { flush } = publisher;
  publisher.flush = async () => { if (journal.some((line) => line.startsWith('dead'))) throw new Error('the broker is gone'); await flush.call(publisher); };
  await t.rejects(run(), { message: 'the broker is gone' });
  t.strictSame([sink.kept.get(0), sink.stored], [undefined, []]);
});

t.test('a destination that refuses what it was not given is broken, and the loop ends', async (t) => {
  const { source, sink, run } = stage(undefined, values(3));
  source.steps = [source.assigned(0), source.poll(0, 0, 3)];
  sink.commit = () => Promise.reject(new RowsRefused([{ partition: 0, offset: 1, code: 'row_refused_22003', message: 'again' }]));
  const failure = await run().then(() => undefined, (error: unknown) => error);
  t.ok(failure instanceof PartitionFailure);
  t.match(failure, { partition: { partition: 0 }, among: { from: 1, to: 2 } });
});

t.test('dead letters once, also when another writer makes it read them again', async (t) => {
  const { source, sink, run, publisher } = stage(undefined, [valueAt(0), { ...valueAt(1), value: Buffer.from('poison') }, valueAt(2)]);
  sink.failure = new SinkFenced('somebody moved it');
  const metrics = new PipelineMetrics('rows');
  source.steps = [source.assigned(0), source.poll(0, 0, 3), source.poll(0, 0, 3)];
  await run({ maxRows: 2, maxWaitMs: 1_000_000 }, { metrics });
  t.strictSame(publisher.letters.map(({ offset }) => offset), [1]);
  t.strictSame(sink.stored, ['0/0', '0/2']);
  t.match(counted(await metrics.registry.metrics()), { applied: 2, dead: 1 }, 'and what was dropped is not counted');
});

t.test('accounts go on after another writer was here', async (t) => {
  const { source, sink, run } = stage(undefined, values(9));
  const metrics = new PipelineMetrics('rows');
  source.steps = [source.assigned(0), source.poll(0, 0, 5), () => { sink.failure = new SinkFenced('somebody moved it'); return source.poll(0, 5, 7); }, source.poll(0, 5, 7), source.poll(0, 7, 9)];
  await run({ maxRows: 1, maxWaitMs: 0 }, { metrics });
  t.match(counted(await metrics.registry.metrics()), { applied: 9 });
});

t.test('what is delivered again from before the position is passed over', async (t) => {
  const { source, sink, run, journal } = stage(undefined, values(6));
  sink.kept.set(0, 2);
  const metrics = new PipelineMetrics('rows');
  source.steps = [source.assigned(0), source.poll(0, 0, 4), source.poll(0, 1, 3), source.poll(0, 3, 6), source.poll(0, 0, 6)];
  await run({ maxRows: 1, maxWaitMs: 1_000_000 }, { metrics });
  t.strictSame(sink.stored, ['0/2', '0/3', '0/4', '0/5']);
  t.strictSame(journal.filter((line) => line.startsWith('commit')), ['commit 2 rows, 0 at 4', 'commit 2 rows, 0 at 6']);
  t.match(await metrics.registry.metrics(), 'oddstream_records_delivered_total{pipeline="rows"} 4\n');
});

t.test('records without rows are committed too before too many of them are kept', async (t) => {
  const { source, run, journal } = stage(undefined, Array.from({ length: 6 }, (_, i) => tick(START_MS + i)));
  source.steps = [source.assigned(0), source.poll(0, 0, 3), source.poll(0, 3, 5), source.poll(0, 5, 6)];
  await run({ maxRows: 5, maxWaitMs: 1_000_000 });
  t.strictSame(journal.slice(2), ['poll 0', 'poll 0', 'flush', 'commit 0 rows, 0 at 5', 'poll 0', 'flush', 'commit 0 rows, 0 at 6']);
});

t.test('it says which partitions are quiet, once, and when they are back', async (t) => {
  const { source, run, wall } = stage(undefined, [...values(2), tick(START_MS + 5)], values(9));
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'info', base: null, timestamp: false }, { write: (line: string) => { lines.push(JSON.parse(line) as Record<string, unknown>); } });
  const metrics = new PipelineMetrics('rows');
  const after = (ms: number) => () => { wall.nowMs += ms; return source.idle; };
  source.steps = [
    source.assigned(0, 1), source.poll(0, 0, 2), source.poll(1, 0, 1), after(6_000), source.poll(1, 1, 2), after(4_000), after(1_000), after(999),
    after(1), source.poll(0, 2, 3), after(1_000), after(10_000),
  ];
  await run(undefined, { metrics, log });
  const text = await metrics.registry.metrics();
  t.strictSame(lines.map(({ level, partition, topic, quietMs }) => ({ level, topic, partition, quietMs })), [
    { level: 40, topic: 'odds-updates', partition: 0, quietMs: 10_000 },
    { level: 30, topic: 'odds-updates', partition: 0, quietMs: undefined },
    { level: 40, topic: 'odds-updates', partition: 0, quietMs: 11_000 },
    { level: 40, topic: 'odds-updates', partition: 1, quietMs: 17_000 },
  ]);
  t.match(text, 'oddstream_partition_quiet_seconds{pipeline="rows",partition="0"} 11\n');
  t.match(text, 'oddstream_partition_quiet_seconds{pipeline="rows",partition="1"} 17\n');
});
