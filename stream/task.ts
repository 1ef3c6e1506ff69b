import type { Dictionaries, Row } from '../schemas/codec/columns.ts';
import type { AvroSchema, Writer } from '../schemas/codec/schema.ts';
import { Fates } from './fates.ts';

/**
 * State of a task that outlives a batch. It can be written down as entries, each under a key of its own, and be made again from them, so that it
 * outlives the process too (ARCHITECTURE.md E11).
 */
export interface Store<R extends Row = any, W extends Writer = any> { // eslint-disable-line @typescript-eslint/no-explicit-any
  /** Event time at which it next wants a window to close, epoch ms; Infinity for none. */
  readonly earliestTimerMs: number;
  /** Marks every dictionary id that it holds: what nobody marks is forgotten. */
  mark(keys: Uint8Array, strings: Uint8Array): void;
  /** What its entries are. */
  readonly entries: AvroSchema<unknown, R, W>;
  /** Writes the entries that are others than when it was last asked, and tombstones of those that are no more. `timeMs` is the task's event time, 0 for none. */
  save(writer: W, timeMs: number): void;
  /** Takes an entry back: all of them before the first batch, in any order. */
  load(row: R): void;
  /** Where the oldest row lies that it holds and does not write down, since the log has it; undefined for none. */
  readonly rereadFrom?: Reread | undefined;
}

/** From where the input must be read again for rows that wait, and the highest event time before it, epoch ms. */
export interface Reread { readonly offset: number; readonly highestMs: number }

/** How a store is made: once per task. */
export type StoreClass<S extends Store = Store> = new (task: Task) => S;

/** Below this many strings a dictionary is not worth sweeping. */
const SWEEP_FROM = 4096;
/** Where there are more of them than there were records, they hardly come again, and from so many on they are forgotten: what lies about for seconds only a major collection frees. */
const SWEEP_UNIQUE_FROM = 256;
/** Few but long ones are: models of a portfolio's risk have tens of kilobytes each. */
const SWEEP_FROM_BYTES = 4 * 2 ** 20;

/**
 * One running topology on one partition: its dictionaries, stores, accounts and time. Operators reach it through the batch.
 * It holds no I/O; the runtime drives it and takes what it emits.
 */
export class Task {
  readonly fates = new Fates();
  /** By the name under which their entries are kept. */
  readonly stores = new Map<string, Store>();
  /** Set while rows come again that were read before the snapshot, of which only those are taken that wait for their window; and the highest event time among them so far, epoch ms. */
  rereading: { highestMs: number } | undefined;
  /** Nothing more lies ready to be read: there is time to work ahead. What is emitted does not depend on it. */
  isCaughtUp = false;
  /** What was emitted has yet to be published: what that does not need may be put off, until a batch comes without this (an empty one will do). What is emitted does not depend on it. */
  isAwaited = false;
  /** Event time of what is being emitted, epoch ms. */
  timeMs = -Infinity;
  /** Called when event time has come so far, and all that follows from it has been emitted. */
  onTime: ((timeMs: number) => void) | undefined;
  #sweepAt = { keys: SWEEP_FROM, strings: SWEEP_FROM, stringBytes: SWEEP_FROM_BYTES };
  #deliveredAtSweep = 0;

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

  /** Adds a store. Its name is for ever: entries are found by it. */
  addStore(name: string, store: Store): void {
    if (this.stores.has(name)) throw new RangeError(`the task has a store named '${name}' already`);
    this.stores.set(name, store);
  }

  /** The earliest event time at which a store wants a window to close, epoch ms. */
  get earliestTimerMs(): number {
    let earliest = Infinity;
    for (const { earliestTimerMs } of this.stores.values()) if (earliestTimerMs < earliest) earliest = earliestTimerMs;
    return earliest;
  }

  /**
   * Forgets strings that no store holds (ARCHITECTURE.md E5), once a dictionary has doubled since it was last swept, so that the cost is
   * spread over the strings that came. Only between batches, when no row is in flight. (What waits for its window is a store too.)
   */
  sweep(): void {
    const { keys, strings } = this.dictionaries;
    const areUnique = this.stores.size === 0 && strings.size >= SWEEP_UNIQUE_FROM && strings.size > this.fates.delivered - this.#deliveredAtSweep;
    if (!areUnique && keys.size < this.#sweepAt.keys && strings.size < this.#sweepAt.strings && strings.usedBytes < this.#sweepAt.stringBytes) return;
    this.#deliveredAtSweep = this.fates.delivered;
    const markedKeys = new Uint8Array(keys.capacity), markedStrings = new Uint8Array(strings.capacity);
    for (const store of this.stores.values()) store.mark(markedKeys, markedStrings);
    keys.collect(markedKeys);
    strings.collect(markedStrings);
    this.#sweepAt = { keys: Math.max(SWEEP_FROM, keys.size * 2), strings: Math.max(SWEEP_FROM, strings.size * 2), stringBytes: Math.max(SWEEP_FROM_BYTES, strings.usedBytes * 2) };
  }
}
