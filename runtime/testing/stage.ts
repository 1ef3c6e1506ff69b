/** The tally pipeline on a stage of memory: what it reads is written down for it, and it lives as often as a test wants. */
import avro from 'avsc';
import fc from 'fast-check';
import { topics } from '../../schemas/topics.ts';
import type { RuntimeContext } from '../context.ts';
import { runTopology } from '../run-topology.ts';
import { contextOf, type Journal, MemoryPublisher, MemorySource, tally } from './memory.ts';
import { type LogRecord, quote, START_MS, status, tick } from './records.ts';

export const FOR_EVER = { horizonMs: 1e12, latenessMs: 0 };
/** Rows wait for their windows, also across a restart. */
export const patient = { horizonMs: 1e12, latenessMs: 700 };
const bestType = avro.Type.forSchema(JSON.parse(topics.bestOdds.schema.avsc) as avro.Schema);

export const stage = (...partitions: ConstructorParameters<typeof MemorySource> extends [Journal, ...infer P] ? P : never) => {
  const journal: Journal = [], wall = { nowMs: 0 };
  const source = new MemorySource(journal, ...partitions), publisher = new MemoryPublisher(journal, source.groupOffsets), { changelog } = publisher;
  /** What went out: market, end of the window and count. */
  const said = (): string[] => publisher.values.map(({ key, value }) => {
    const { timestamp, providers } = bestType.fromBuffer(Buffer.from(value, 'hex').subarray(5)) as { timestamp: number; providers: number };
    return `${key.split(':')[1]} ${timestamp - START_MS}: ${providers}`;
  });
  return { journal, wall, source, publisher, changelog, said, run: (config = FOR_EVER, context: Partial<RuntimeContext> = {}, pipeline = tally) => runTopology(pipeline, config, { source, publisher, changelog }, contextOf({ wall, ...context })) };
};
export const valueAt = (ms: number, event_id = 'e1', provider = 'acme'): LogRecord => quote({ timestamp: START_MS + ms, event_id, provider });
export const tickAt = (ms: number): LogRecord => tick(START_MS + ms);

/** The lives of one task over a log: each reads so many records from where it restores, in polls of the sizes in turn, and is killed then; the last one reads to the end and stops. */
export const live = async (log: readonly (LogRecord | undefined)[], lives: readonly number[], sizes: readonly number[], context: Partial<RuntimeContext> = {}, config = patient, { source, publisher, run, journal } = stage(log)) => {
  let i = 0;
  for (const [life, count] of [...lives, Infinity].entries()) {
    let left = count, next = -1;
    const polls = function* () {
      yield source.assigned(0);
      for (next = source.started.get(0)!; left > 0 && next < log.length;) {
        const from = next, to = Math.min(log.length, next + Math.min(left, sizes[i++ % sizes.length]!));
        left -= to - from;
        next = to;
        yield source.poll(0, from, to);
        if (i % 3 !== 0) yield source.idle; //  a checkpoint
      }
    }();
    source.steps = Array.from({ length: 2 * log.length + 3 }, () => () => {
      const { done, value } = polls.next();
      if (done === true && life < lives.length) throw new Error('killed');
      return done === true ? undefined : value;
    });
    source.started.clear();
    try {
      await run(config, { restore: 'strict', ...context });
    } catch (error) {
      if ((error as Error).message !== 'killed') throw error;
      publisher.giveUp();
    }
  }
  return { publisher, journal };
};

const recordOf = <Kind extends string>(...rare: readonly Kind[]) => fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('value' as const), gapMs: fc.nat(600), market: fc.nat(2), backMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2_500) }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom(...rare), gapMs: fc.nat(600), market: fc.nat(2), backMs: fc.constant(0) }) },
);
export const logsOf = (...rare: readonly ('tick' | 'down' | 'poison' | 'nothing' | 'bug')[]) => fc.array(recordOf(...rare), { minLength: 1, maxLength: 40 }).map((records) => {
  let now = START_MS;
  return records.map(({ kind, gapMs, market, backMs }): LogRecord | undefined => {
    now += gapMs;
    if (kind === 'nothing') return undefined;
    if (kind === 'tick') return tick(now);
    if (kind === 'down') return status('down', 'acme', now);
    return quote({ timestamp: now - backMs, event_id: `e${market}`, ...(kind === 'bug' ? { provider: 'bug' } : kind === 'poison' ? { odds: { home: 0 } } : {}) }, { appendTimeMs: now });
  });
});

export const someLives = fc.array(fc.nat(30), { maxLength: 4 }), someSizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
export const every = fc.oneof(fc.constant('checkpoint' as const), fc.integer({ min: 1, max: 20 }).map((records) => ({ records, ms: Infinity })), fc.constant({ records: 1e9, ms: 1e9 }));
