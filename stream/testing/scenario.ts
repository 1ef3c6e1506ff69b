import assert from 'node:assert/strict';
import { TestScheduler } from 'rxjs/testing';
import type { Topology } from '../topology.ts';
import { awaited, caughtUp, type LogEntry, replay, type Replayed } from './replay.ts';

/** Event time at frame 0, epoch ms: a whole second, so that windows end where one expects them. */
const BASE_MS = 1_700_000_000_000;
/** Whatever lies so near above the base is a time, ms. */
const SPAN_MS = 1_000_000_000;

/** One record of a scenario: a value, a dead one, or a provider's status, whose event time is its frame unless it names another (in frames: that is how one is late); or null for a tick. */
export type ScenarioEntry<V> = Partial<V> | { readonly dead: Partial<V> } | { readonly control: 'up' | 'down' | 'confirm'; readonly provider: string; readonly timestamp?: number } | null;

export interface Scenario<V> {
  /** Marbles as rxjs's TestScheduler has them in run mode: one frame is one millisecond of event time, `999ms` lets time pass. */
  readonly input: string;
  readonly values: Readonly<Record<string, ScenarioEntry<V>>>;
  /**
   * All that a target puts out, at the frames of the records that brought it out. Of objects only the fields that are named are compared; arrays must
   * have the same length; null is a tombstone. Times are in frames.
   */
  readonly expect: Readonly<Record<string, string | readonly [marbles: string, values: Readonly<Record<string, unknown>>]>>;
  /** Accounts at the end, those that are named. */
  readonly fates?: Readonly<Record<string, number>>;
}

/** Runs a topology on a marble diagram in which virtual time is event time. Throws AssertionError at the first target that puts out something else, or if a record is unaccounted for. */
export const scenario = <V>(topology: Topology<V>, config: unknown, { input, values, expect, fates = {} }: Scenario<V>): Replayed => {
  const marbles = nextsOf(input, values);
  const log = marbles.map(({ frame, value }) => entryOf(topology, frame, value)), replayed = replay(topology, config, log);
  for (const pace of [caughtUp, awaited]) assert.deepEqual(replay(topology, config, log, undefined, undefined, [pace]).outputs, replayed.outputs, 'to work ahead where there is time, and to put off, changes nothing');
  for (const [target, expected] of Object.entries(expect)) {
    const [diagram, wanted] = typeof expected === 'string' ? [expected, {}] : expected;
    const due = nextsOf(diagram, wanted);
    const came = replayed.outputs[target]!.map(({ value, cause }, i) => ({ frame: marbles[cause]!.frame, value: likened(inFrames(value ?? null), due[i]?.value) }));
    assert.deepEqual(came, due, `target '${target}'`);
  }
  for (const [fate, count] of Object.entries(fates)) assert.equal(replayed.fates[fate], count, `fate '${fate}' of ${JSON.stringify(replayed.fates)}`);
  assert.equal(replayed.unaccounted, 0, 'every record is accounted for');
  return replayed;
};

const nextsOf = <A>(marbles: string, values: Readonly<Record<string, A>>): { readonly frame: number; readonly value: A }[] =>
  parsed(marbles, values).map(({ frame, notification }) => {
    if (notification.kind !== 'N') throw new RangeError(`'${marbles}': a log neither ends nor fails`);
    if (notification.value === undefined) throw new RangeError(`'${marbles}': no value is given for the marble at ${frame} ms`);
    return { frame, value: notification.value };
  });

/** Outside of `run` the scheduler takes a character for ten frames. */
const parsed = <A>(marbles: string, values: Readonly<Record<string, A>>): ReturnType<typeof TestScheduler.parseMarbles> => {
  const factor = TestScheduler.frameTimeFactor;
  TestScheduler.frameTimeFactor = 1;
  try {
    return TestScheduler.parseMarbles(marbles, values, undefined, false, true);
  } finally {
    TestScheduler.frameTimeFactor = factor;
  }
};

const entryOf = <V>(topology: Topology<V>, frame: number, entry: ScenarioEntry<V>): LogEntry<V> => {
  const timestamp = BASE_MS + frame;
  if (entry === null) return { control: 'tick', timestamp };
  if ('control' in entry) return { ...entry, timestamp: entry.timestamp === undefined ? timestamp : BASE_MS + entry.timestamp };
  if ('dead' in entry) return { ...entryOf(topology, frame, entry.dead) as { readonly value: V }, isDead: true };
  const { eventTime } = topology.source, own = (entry as Record<string, unknown>)[eventTime];
  return { value: { ...entry, [eventTime]: typeof own === 'number' ? BASE_MS + own : timestamp } as V };
};

/** The same with times in frames. */
const inFrames = (value: unknown): unknown => {
  if (typeof value === 'number') return Math.abs(value - BASE_MS) < SPAN_MS ? value - BASE_MS : value;
  if (Array.isArray(value)) return value.map(inFrames);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, inFrames(part)]));
  return value;
};

/** What of a value an expectation speaks of; the whole where it is of another shape, for the message. */
const likened = (value: unknown, expected: unknown): unknown => {
  if (Array.isArray(value)) return Array.isArray(expected) && value.length === expected.length ? value.map((part, i) => likened(part, expected[i])) : value;
  if (typeof value !== 'object' || value === null || typeof expected !== 'object' || expected === null || Array.isArray(expected)) return value;
  return Object.fromEntries(Object.keys(expected).filter((name) => name in value).map((name) => [name, likened((value as Record<string, unknown>)[name], (expected as Record<string, unknown>)[name])]));
};
