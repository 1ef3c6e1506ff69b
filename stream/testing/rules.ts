import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Test } from 'tap';
import type { Topology } from '../topology.ts';
import { live, type Lived, type Step } from './lives.ts';
import { awaited, behind, caughtUp, type LogEntry, replay, type Replayed } from './replay.ts';

export interface RuleOptions<V> {
  readonly topology: Topology<V>;
  readonly configs: fc.Arbitrary<unknown>;
  /** Logs of all that its source may hold: late, dead, statuses, ticks. */
  readonly logs: fc.Arbitrary<readonly LogEntry<V>[]>;
  /** For a topology with windows: logs of values in the order of their times, and by how much one may come after another that is later, ms. */
  readonly shuffles?: { readonly logs: fc.Arbitrary<readonly LogEntry<V>[]>; readonly latenessMs: number };
  /** Fields of outputs, however deep, that name the input that they come from. */
  readonly lineage?: readonly string[];
  readonly runs?: number;
}

/** So long after the last record no window is open and nothing lives any more, ms. */
const AFTERWARDS_MS = 10_000_000;

const anyPaces = fc.array(fc.constantFrom(caughtUp, caughtUp, awaited, behind), { minLength: 1, maxLength: 4 });

/** What every topology must be, whatever it computes (ARCHITECTURE.md E1, E4, E6, E9, E11). One line in its test. */
export const everyTopologyRule = <V>(t: Test, { topology, configs, logs, shuffles, lineage = ['offset', 'source_offset'], runs = 150 }: RuleOptions<V>): void => {
  const timeOf = (entry: LogEntry<V>): number => ('control' in entry ? entry.timestamp : (entry.value as Record<string, number>)[topology.source.eventTime]!);
  /** Nothing waits any more behind it. */
  const ended = (log: readonly LogEntry<V>[]): LogEntry<V>[] => [...log, { control: 'tick', timestamp: Math.max(...log.map(timeOf)) + AFTERWARDS_MS }];

  t.test(`${topology.name}: batch sizes change nothing, and every record is accounted for`, async () => {
    fc.assert(fc.property(logs, configs, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }), (log, config, sizes) => {
      const one = replay(topology, config, log), other = replay(topology, config, log, sizes), whole = replay(topology, config, ended(log), sizes);
      assert.deepEqual(said(other), said(one));
      assert.deepEqual(other.fates, one.fates);
      assert.equal(other.waiting, one.waiting);
      assert.deepEqual([one.unaccounted, other.unaccounted, whole.unaccounted, whole.waiting], [0, 0, 0, 0]);
    }), { numRuns: runs });
  });

  t.test(`${topology.name}: to work ahead where there is time, and to put off what may be, changes nothing`, async () => {
    fc.assert(fc.property(logs, configs, fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), anyPaces, (log, config, sizes, paces) => {
      assert.deepEqual(said(replay(topology, config, log, sizes, undefined, paces)), said(replay(topology, config, log)));
    }), { numRuns: runs });
  });

  const step: fc.Arbitrary<Step> = fc.record({ read: fc.integer({ min: 1, max: 30 }), then: fc.constantFrom('on', 'on', 'commit', 'commit', 'snapshot', 'crash') });
  t.test(`${topology.name}: wherever it dies and whoever takes it over, what goes out and its fates are those of one life`, async () => {
    fc.assert(fc.property(logs, configs, fc.array(step, { maxLength: 20 }), (log, config, steps) => {
      const whole = ended(log), one = replay(topology, config, whole), lives = live(topology, config, whole, steps);
      assert.deepEqual(lives.outputs, said(one));
      assert.deepEqual(lives.fates, one.fates);
      assert.deepEqual([lives.unaccounted, lives.waiting], [0, 0]);
    }), { numRuns: runs });
  });

  if (shuffles === undefined) return;
  t.test(`${topology.name}: any shuffle within the lateness gives the same outputs per key, apart from lineage`, async () => {
    fc.assert(fc.property(shuffles.logs, configs, fc.infiniteStream(fc.nat(shuffles.latenessMs)), (log, config, delays) => {
      const order = log.map((entry, index) => ({ entry, index, at: timeOf(entry) + delays.next().value! })).sort((a, b) => a.at - b.at || a.index - b.index);
      const one = replay(topology, config, ended(log)), other = replay(topology, config, ended(order.map(({ entry }) => entry)));
      assert.deepEqual(outputsByKey(other, lineage), outputsByKey(one, lineage));
    }), { numRuns: runs });
  });
};

/** Of each target, in order. */
const said = ({ outputs }: Replayed): Lived['outputs'] => Object.fromEntries(Object.entries(outputs).map(([target, values]) => [target, values.map(({ key, bytes }) => ({ key, bytes }))]));

/** Of each target and key, in order, without the fields that tell the inputs. */
export const outputsByKey = ({ outputs }: Replayed, lineage: readonly string[]): Record<string, unknown[]> => {
  const of: Record<string, unknown[]> = {};
  for (const [target, values] of Object.entries(outputs)) for (const { key, value } of values) (of[`${target} ${key}`] ??= []).push(withoutLineage(value, lineage));
  return of;
};

export const withoutLineage = (value: unknown, lineage: readonly string[]): unknown => JSON.parse(JSON.stringify(value ?? null, (name, part: unknown) => (lineage.includes(name) ? undefined : part)));
