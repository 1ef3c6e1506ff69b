import { share } from 'rxjs';
import { z } from 'zod';
import { Control } from '../../schemas/codec/columns.ts';
import { type ProviderStatusRow, ProviderStatusSchema, type ProviderStatusWriter } from '../../schemas/generated/provider-status.ts';
import { defineTopic } from '../../schemas/topic.ts';
import type { Window } from '../../stream/batch.ts';
import { Fate } from '../../stream/fates.ts';
import { type Changes, into, type KeyedStore, tumblingWindow, write } from '../../stream/operators/index.ts';
import type { Task } from '../../stream/task.ts';
import { Timers } from '../../stream/timers.ts';
import { topology } from '../../stream/topology.ts';
import { topologyPipeline } from '../pipeline.ts';

/** How many partitions the simulation has. */
export const PARTITIONS = 3;
/** A value at or above this breaks the contract. */
export const FORBIDDEN = 1_000;

const keyed = { keyFields: ['provider'], partitionedBy: 'provider', eventTime: 'timestamp', partitions: PARTITIONS, retentionMs: -1, retentionBytes: -1, writtenBy: [], readBy: [] } as const;

/** A small schema that is there already, so that a schedule costs little: `down_at` is a value, `confirmed_at` counts. */
export const simulated = {
  updates: defineTopic(ProviderStatusSchema, { ...keyed, name: 'sim-updates', doc: 'Values of keys.', cleanup: 'delete', breach: ({ downAt }) => (downAt >= FORBIDDEN ? 'forbidden' : undefined) }),
  said: defineTopic(ProviderStatusSchema, { ...keyed, name: 'sim-said', doc: 'What a key has come to, whenever that changed.', cleanup: 'delete' }),
  totals: defineTopic(ProviderStatusSchema, { ...keyed, name: 'sim-totals', doc: 'The newest of each key that is not over.', cleanup: 'compact' }),
};

interface Held {
  readonly key: number;
  /** Event time of its newest value, epoch ms. */
  at: number;
  value: number;
  /** How often it has changed since it began: what is lost or comes twice shows in it. */
  changes: number;
  said: number;
  /** Offset of the newest input that it depends on. */
  offset: number;
  isOver: boolean;
}

/**
 * The newest value of each key, for as long as it lives. It does all that an engine can get wrong: it counts, lets late values in or not by the window that is open,
 * has timers, forgets, and says a change once.
 */
export class Standing implements KeyedStore<ProviderStatusRow, 'provider'> {
  readonly partitionedBy = 'provider';
  readonly entries = ProviderStatusSchema;
  readonly #task: Task;
  readonly #held = new Map<number, Held>();
  readonly #timers = new Timers();
  readonly #over: number[] = [];
  readonly #unsaved = new Set<Held>();
  readonly #saved = new Set<number>();
  readonly #forgotten: Uint8Array[] = [];
  #ttlMs = Infinity;

  constructor(task: Task) { this.#task = task; }

  livingFor(ttlMs: number): this { this.#ttlMs = ttlMs; return this; }
  get earliestTimerMs(): number { return this.#timers.earliestMs; }
  held(key: number): Held { return this.#held.get(key)!; }

  put(row: ProviderStatusRow, open: Window, changes: Changes): Fate {
    const { key, timestamp } = row, value = row.isDead ? 0 : row.downAt;
    if (timestamp + this.#ttlMs <= open.startMs) return Fate.stale;
    let held = this.#held.get(key);
    if (held === undefined || held.isOver) {
      held = { key, at: timestamp, value: -1, changes: 0, said: 0, offset: row.offset, isOver: false };
      this.#held.set(key, held);
      this.armed(timestamp + this.#ttlMs, key);
    }
    if (timestamp < held.at || (timestamp === held.at && value < held.value)) return Fate.stale;
    this.#unsaved.add(held);
    held.at = timestamp;
    held.offset = row.offset;
    if (value === held.value) return Fate.unchanged;
    held.value = value;
    held.changes++;
    changes.add(key);
    return Fate.applied;
  }

  /** `down` takes what stood before it to nothing. */
  status({ control, timestamp, offset }: ProviderStatusRow, changes: Changes): void {
    if (control !== Control.down) return;
    for (const held of this.#held.values()) {
      if (held.isOver || held.value === 0 || held.at > timestamp) continue;
      held.value = 0;
      held.changes++;
      held.offset = offset;
      this.#unsaved.add(held);
      changes.add(held.key);
    }
  }

  expire(endMs: number, changes: Changes): void {
    for (const key of this.#over.splice(0)) if (this.#held.get(key)?.isOver === true) this.#forget(key);
    while (this.#timers.earliestMs <= endMs) {
      const held = this.#held.get(this.#timers.earliestId);
      this.#timers.pop();
      if (held === undefined || held.isOver) continue;
      if (held.at + this.#ttlMs > endMs) { this.armed(held.at + this.#ttlMs, held.key); continue; }
      held.isOver = true;
      held.changes++;
      this.#unsaved.add(held);
      this.#over.push(held.key);
      changes.add(held.key);
    }
  }

  isChanged(key: number): boolean {
    const held = this.#held.get(key)!;
    if (held.said === held.changes) return false;
    held.said = held.changes;
    this.#unsaved.add(held);
    return true;
  }

  /** Sets a timer. For whoever plants a bug. */
  protected armed(atMs: number, key: number): void { this.#timers.set(atMs, key); }

  #forget(key: number): void {
    this.#unsaved.delete(this.#held.get(key)!);
    this.#held.delete(key);
    if (this.#saved.delete(key)) this.#forgotten.push(this.#task.dictionaries.keys.bytes(key));
  }

  mark(keys: Uint8Array): void { for (const key of this.#held.keys()) keys[key] = 1; }

  save(writer: ProviderStatusWriter): void {
    for (const key of this.#forgotten.splice(0)) writer.tombstone(key);
    for (const held of this.#unsaved) {
      if (this.#held.get(held.key) !== held) continue; //  it was over, and has begun anew since
      writer.begin(this.#task.dictionaries.keys.bytes(held.key));
      writer.timestamp(held.at);
      writer.provider(`${held.said}@${held.offset}`);
      writer.isDown(held.isOver);
      writer.downAt(held.value);
      writer.confirmedAt(held.changes);
      writer.end();
      this.#saved.add(held.key);
    }
    this.#unsaved.clear();
  }

  load(row: ProviderStatusRow): void {
    const { key, timestamp: at, isDown: isOver, downAt: value, confirmedAt: changes } = row, [said, offset] = row.text(row.provider).split('@').map(Number);
    this.#held.set(key, { key, at, value, changes, said: said!, offset: offset!, isOver });
    this.#saved.add(key);
    if (isOver) this.#over.push(key); else this.armed(at + this.#ttlMs, key);
  }
}

export interface StandingConfig { readonly windowMs: number; readonly latenessMs: number; readonly ttlMs: number }

/** The topology whose engine is simulated. */
export const standing = topology({
  name: 'standing', version: 1, source: simulated.updates, targets: { said: simulated.said, totals: simulated.totals }, stores: { standing: Standing },
  horizonMs: ({ windowMs, latenessMs, ttlMs }: StandingConfig) => windowMs + latenessMs + ttlMs,
  build(updates, { windowMs, latenessMs, ttlMs }, { standing }) {
    const changed = updates.pipe(tumblingWindow({ sizeMs: windowMs, latenessMs }), into(standing.livingFor(ttlMs)), share());
    const put = (key: number, { endMs }: Window, value: ProviderStatusWriter, { dictionaries: { keys } }: Task): void => {
      const held = standing.held(key);
      value.begin(keys.bytes(key));
      value.timestamp(endMs);
      value.provider(`${held.said}@${held.offset}`);
      value.isDown(held.isOver);
      value.downAt(held.value);
      value.confirmedAt(held.changes);
      value.end();
    };
    return {
      said: changed.pipe(write(simulated.said, { visit: put })),
      totals: changed.pipe(write(simulated.totals, {
        visit(key, window, value, task) { if (standing.held(key).isOver) value.tombstone(task.dictionaries.keys.bytes(key)); else put(key, window, value, task); },
      })),
    };
  },
});

export const standingPipeline = topologyPipeline({
  name: 'standing', doc: 'For the simulation.', topology: standing, wants: ['said', 'totals'], maxSkewMs: () => 500,
  config: z.strictObject({ windowMs: z.number(), latenessMs: z.number(), ttlMs: z.number() }),
});
