import fc from 'fast-check';
import t from 'tap';
import { z } from 'zod';
import { topics } from '../schemas/topics.ts';
import type { RuntimeContext } from './context.ts';
import { sinkPipeline } from './pipeline.ts';
import { SinkFenced, type SourceEvent } from './ports.ts';
import { runSink } from './run-sink.ts';
import { contextOf, type Journal, MemoryPublisher, MemorySink, MemorySource } from './testing/memory.ts';
import { type LogRecord, quote, START_MS, updateOf, V1, V2, wireOf } from './testing/records.ts';

const pipeline = (maxRows: number) => sinkPipeline({
  name: 'rows', doc: 'For tests.', source: topics.oddsUpdates, config: z.unknown(), maxSkewMs: () => 500, batch: () => ({ maxRows, maxWaitMs: 0 }), sink: () => Promise.reject(new Error('not made here')),
});
const values = (count: number, version = V2): LogRecord[] => Array.from({ length: count }, (_, i) => quote({ timestamp: START_MS + i }, { value: wireOf(updateOf({ timestamp: START_MS + i }), version) }));
const gate = (): { readonly open: () => void; readonly opened: Promise<void> } => {
  let open = (): void => undefined;
  return { opened: new Promise<void>((resolve) => { open = resolve; }), open: () => { open(); } };
};
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

const stage = (partitions: number, { length = 9, lanes = 2, versionOf = (_partition: number): number => V2 } = {}) => {
  const journal: Journal = [], source = new MemorySource(journal, ...Array.from({ length: partitions }, (_, partition) => values(length, versionOf(partition)))), publisher = new MemoryPublisher(journal);
  const sinks = Array.from({ length: lanes }, () => new MemorySink(journal));
  return { journal, source, publisher, sinks, run: (maxRows = 100, changes: Partial<RuntimeContext> = {}) => runSink(pipeline(maxRows), {}, sinks, source, publisher, contextOf(changes)) };
};

t.test('sinks share the partitions; while one commits another one is read for, and what comes for the first is kept', async (t) => {
  const { journal, source, sinks: [one, two], run } = stage(2), closed = gate();
  one!.gate = closed.opened;
  source.steps = [source.assigned(0, 1), source.poll(0, 0, 2), source.poll(1, 0, 3), source.poll(0, 2, 4), source.poll(0, 4, 5), source.poll(1, 3, 4), source.idle, () => { closed.open(); return source.idle; }];
  const running = run();
  await running;
  t.strictSame(journal.filter((line) => line.startsWith('commit')), ['commit 3 rows, 1 at 3', 'commit 1 rows, 1 at 4', 'commit 2 rows, 0 at 2', 'commit 3 rows, 0 at 5']);
  t.strictSame([one!.stored, two!.stored], [['0/0', '0/1', '0/2', '0/3', '0/4'], ['1/0', '1/1', '1/2', '1/3']]);
});

t.test('while all commit nothing is read', async (t) => {
  const { journal, source, sinks: [one, two], run } = stage(2), closed = gate();
  one!.gate = two!.gate = closed.opened;
  source.steps = [source.assigned(0, 1), source.poll(0, 0, 2), source.poll(1, 0, 3), source.poll(0, 2, 4)];
  const running = run();
  for (let i = 0; i < 20; i++) await turn();
  t.strictSame(journal.filter((line) => line.startsWith('poll')), ['poll 0', 'poll 1']);
  closed.open();
  await running;
  t.strictSame([one!.stored.length, two!.stored.length], [4, 3]);
});

t.test('no more is kept for a sink that commits than it writes at once', async (t) => {
  const { journal, source, sinks: [one], run } = stage(2), closed = gate();
  one!.gate = closed.opened;
  source.steps = [source.assigned(0, 1), source.poll(0, 0, 1), source.poll(0, 1, 2), source.poll(0, 2, 3), source.poll(0, 3, 4), source.poll(0, 4, 5)];
  const running = run(2);
  for (let i = 0; i < 20; i++) await turn();
  t.equal(journal.filter((line) => line === 'poll 0').length, 4, 'the fourth waits');
  closed.open();
  await running;
  t.strictSame(one!.stored, ['0/0', '0/1', '0/2', '0/3', '0/4']);
});

t.test('on revoke all of them commit, and what was kept too, before it is released', async (t) => {
  const { journal, source, sinks: [one, two], run } = stage(2), closed = gate();
  one!.gate = closed.opened;
  source.steps = [source.assigned(0, 1), source.poll(0, 0, 2), source.poll(0, 2, 4), source.poll(1, 0, 1, false), () => { setImmediate(closed.open); return source.revoked(0, 1); }];
  await run();
  t.strictSame(journal.slice(-7), ['revoked', 'commit 2 rows, 0 at 2', 'flush', 'commit 2 rows, 0 at 4', 'flush', 'commit 1 rows, 1 at 1', 'release 0,1']);
  t.strictSame([one!.stored.length, two!.stored.length], [4, 1]);
});

t.test('a failure of one of them ends it, once the others are through', async (t) => {
  const { journal, source, sinks: [one, two], run } = stage(2), closed = gate();
  one!.failure = new Error('gone');
  two!.gate = closed.opened;
  source.steps = [source.assigned(0, 1), source.poll(1, 0, 1), source.poll(0, 0, 2)];
  const ended = run().then(() => 'well', (error: Error) => error.message);
  t.equal(await Promise.race([ended, turn().then(turn).then(() => 'it waits')]), 'it waits');
  closed.open();
  t.equal(await ended, 'gone');
  t.ok(journal.includes('commit 1 rows, 1 at 1'));
});

t.test('a failure while an event is being handled is not forgotten', async (t) => {
  const { source, sinks: [one], run } = stage(2, { versionOf: (partition) => (partition === 1 ? V1 : V2) }), closed = gate(), known = gate();
  one!.gate = closed.opened;
  one!.failure = new Error('gone');
  source.steps = [source.assigned(0, 1), source.poll(0, 0, 2), source.poll(1, 0, 1), ...Array.from({ length: 9 }, () => source.idle)];
  const { schemaOf } = contextOf();
  const ended = run(100, { schemaOf: async (id) => { if (id === V1) await known.opened; return schemaOf(id); } }).then(() => 'well', (error: Error) => error.message);
  await turn();
  closed.open(); //  the other one waits for a schema meanwhile
  await turn();
  known.open();
  t.equal(await ended, 'gone');
});

t.test('another writer was here for one of them: an event that is on its way then is of where it was read before', async (t) => {
  const { source, sinks: [one], run } = stage(2), closed = gate();
  one!.gate = closed.opened;
  one!.failure = new SinkFenced('others were here');
  const late = gate();
  const events = source.events.bind(source);
  source.events = async function* (signal) {
    for await (const event of events(signal)) {
      // It was made before the fence, and comes behind it.
      if (event.kind === 'poll' && event.poll.partition === 0 && event.poll.nextOffset === 4) { closed.open(); await late.opened; }
      yield event;
    }
  };
  source.steps = [source.assigned(0, 1), source.poll(0, 0, 2), source.poll(0, 2, 4), () => source.poll(0, source.started.get(0)!, 9)];
  const running = run();
  for (let i = 0; i < 20; i++) await turn();
  late.open();
  await running;
  t.strictSame(one!.stored, Array.from({ length: 9 }, (_, i) => `0/${i}`), 'nothing is passed over');
});

t.test('what comes for a partition while what was kept of another one waits for its schema is written before what comes next', async (t) => {
  const { source, sinks: [one], run } = stage(3, { versionOf: (partition) => (partition === 2 ? V1 : V2) }), closed = gate(), known = gate();
  one!.gate = closed.opened;
  source.steps = [
    source.assigned(0, 1, 2), source.poll(0, 0, 2), source.poll(2, 0, 1), () => { closed.open(); return source.idle; }, ...Array.from({ length: 20 }, () => source.idle),
    source.poll(0, 2, 4, false), () => { known.open(); return source.poll(1, 0, 1, false); }, ...Array.from({ length: 8 }, (_, i) => source.poll(1, i + 1, i + 2, false)), source.poll(0, 4, 5),
  ];
  const { schemaOf } = contextOf();
  await run(100, { schemaOf: async (id) => { if (id === V1) await known.opened; return schemaOf(id); } });
  t.strictSame(one!.stored, ['0/0', '0/1', '2/0', '0/2', '0/3', '0/4']);
});

t.test('in whatever order they commit, are fenced, refuse, and partitions go and come: each record once, in its order', async (t) => {
  const PARTITIONS = 4, LENGTH = 12;
  const step = fc.record({ what: fc.constantFrom('poll' as const, 'poll' as const, 'poll' as const, 'poll' as const, 'fence' as const, 'move' as const, 'idle' as const), partition: fc.nat(PARTITIONS - 1), count: fc.integer({ min: 1, max: 4 }), isLast: fc.boolean() });
  let fences = 0;
  await fc.assert(fc.asyncProperty(fc.scheduler(), fc.array(step, { maxLength: 40 }), fc.uniqueArray(fc.record({ partition: fc.nat(PARTITIONS - 1), offset: fc.nat(LENGTH - 1) }), { maxLength: 4, selector: ({ partition, offset }) => `${partition}/${offset}` }), fc.integer({ min: 1, max: 3 }), async (scheduler, steps, refused, lanes) => {
    const { source, publisher, sinks, run } = stage(PARTITIONS, { length: LENGTH, lanes, versionOf: (partition) => (partition % 2 === 0 ? V2 : V1) });
    const kept = new Map<number, number>(), stored: string[] = [], at = new Map<number, number>();
    for (const sink of sinks) {
      // One database behind all of them.
      Object.assign(sink, { kept, stored });
      for (const { partition, offset } of refused) sink.refuses.add(`${partition}/${offset}`);
      const commit = sink.commit.bind(sink);
      sink.commit = async (positions) => { await scheduler.schedule(Promise.resolve()); await commit(positions); };
    }
    const start = source.start.bind(source);
    source.start = (position) => { at.set(position.partition, position.offset); start(position); };
    const next = (partition: number, count: number, isLast: boolean): SourceEvent | undefined => {
      const from = at.get(partition)!, to = Math.min(LENGTH, from + count);
      at.set(partition, to);
      return from === to ? undefined : source.poll(partition, from, to, isLast);
    };
    const all = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    source.steps = [
      source.assigned(...all),
      ...steps.flatMap(({ what, partition, count, isLast }): MemorySource['steps'] => {
        if (what === 'poll') return [() => next(partition, count, isLast)];
        if (what === 'fence') return [() => { for (const sink of sinks) sink.failure ??= new SinkFenced('others were here'); fences++; return undefined; }];
        return what === 'move' ? [source.revoked(partition), source.assigned(partition)] : [source.idle];
      }),
      // What a fence has thrown back is read again.
      ...Array.from({ length: 12 }, () => [() => { for (const sink of sinks) sink.failure = undefined; return source.idle; }, ...all.map((partition) => () => next(partition, LENGTH, true))]).flat(),
    ];
    const { schemaOf } = contextOf();
    const running = run(5, { schemaOf: async (id) => { await scheduler.schedule(Promise.resolve()); return schemaOf(id); } });
    let isOver = false;
    void running.finally(() => { isOver = true; }).catch(() => undefined);
    while (!isOver) { if (scheduler.count() > 0) await scheduler.waitOne(); else await turn(); }
    await running;
    const dead = new Set(publisher.letters.map(({ partition, offset }) => `${partition}/${offset}`));
    if (!t.strictSame([...kept].sort(), all.map((partition) => [partition, LENGTH]), 'all is read')) throw new Error('the schedule is told below');
    t.strictSame(dead, new Set(refused.map(({ partition, offset }) => `${partition}/${offset}`)), 'what is refused is dead');
    for (const partition of all) {
      const wanted = Array.from({ length: LENGTH }, (_, offset) => `${partition}/${offset}`).filter((name) => !dead.has(name));
      t.strictSame(stored.filter((name) => name.startsWith(`${partition}/`)), wanted, 'each once, in order');
    }
  }), { numRuns: 1_000 });
  t.ok(fences > 0);
});
