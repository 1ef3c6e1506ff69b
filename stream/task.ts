import type { Dictionaries } from '../schemas/codec/columns.ts';
import { Fates } from './fates.ts';

/** State of a task that outlives a batch. */
export interface Store {
  /** Event time at which it next wants a window to close, epoch ms; Infinity for none. */
  readonly earliestTimerMs: number;
  /** Marks every dictionary id that it holds: what nobody marks is forgotten. */
  mark(keys: Uint8Array, strings: Uint8Array): void;
}

/** How a store is made: once per task. */
export type StoreClass<S extends Store = Store> = new (task: Task) => S;

/** Below this many strings a dictionary is not worth sweeping. */
const SWEEP_FROM = 4096;

/**
 * One running topology on one partition: its dictionaries, stores, accounts and time. Operators reach it through the batch.
 * It holds no I/O; the runtime drives it and takes what it emits.
 */
export class Task {
  readonly fates = new Fates();
  readonly stores: Store[] = [];
  /** Event time of what is being emitted, epoch ms. */
  timeMs = -Infinity;
  /** Called when event time has come so far, and all that follows from it has been emitted. */
  onTime: ((timeMs: number) => void) | undefined;
  #sweepAt = { keys: SWEEP_FROM, strings: SWEEP_FROM };

  constructor(
    partition: number, dictionaries: Dictionaries,
    /** The registry's id of the schema that values of a target are written with. */
    schemaIdOf: (topic: { readonly name: string }) => number,
  ) {
    this.partition = partition;
    this.dictionaries = dictionaries;
    this.schemaIdOf = schemaIdOf;
  }
  readonly partition: number;
  readonly dictionaries: Dictionaries;
  readonly schemaIdOf: (topic: { readonly name: string }) => number;

  /** The earliest event time at which a store wants a window to close, epoch ms. */
  get earliestTimerMs(): number {
    let earliest = Infinity;
    for (const { earliestTimerMs } of this.stores) if (earliestTimerMs < earliest) earliest = earliestTimerMs;
    return earliest;
  }

  /**
   * Forgets strings that no store holds (ARCHITECTURE.md E5), once a dictionary has doubled since it was last swept, so that the cost is
   * spread over the strings that came. Only between batches, when no row is in flight. (What waits for its window is a store too.)
   */
  sweep(): void {
    const { keys, strings } = this.dictionaries;
    if (keys.size < this.#sweepAt.keys && strings.size < this.#sweepAt.strings) return;
    const markedKeys = new Uint8Array(keys.capacity), markedStrings = new Uint8Array(strings.capacity);
    for (const store of this.stores) store.mark(markedKeys, markedStrings);
    keys.collect(markedKeys);
    strings.collect(markedStrings);
    this.#sweepAt = { keys: Math.max(SWEEP_FROM, keys.size * 2), strings: Math.max(SWEEP_FROM, strings.size * 2) };
  }
}
