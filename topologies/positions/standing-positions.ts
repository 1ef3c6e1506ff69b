import type { Dictionaries } from '../../schemas/codec/columns.ts';
import { type StandingPositionRow, StandingPositionSchema, type StandingPositionWriter } from '../../schemas/generated/standing-position.ts';
import { sortByText } from '../../stream/operators/index.ts';
import type { Store, Task } from '../../stream/task.ts';
import { Timers } from '../../stream/timers.ts';

/** What of a bet must be known when its next event comes. Amounts in minor units, times epoch ms. */
export interface Standing {
  readonly timestampMs: number;
  readonly sequence: number;
  readonly liabilityMinor: number;
  /** What parts that were cashed out have won. */
  readonly cashedPnlMinor: number;
  /** Event time at which it is forgotten; Infinity while it is open. */
  readonly forgetAtMs: number;
}

/** The bets that stand, and those that were settled not long ago, by account and bet. */
export class StandingPositions implements Store<StandingPositionRow, StandingPositionWriter> {
  readonly entries = StandingPositionSchema;
  /** No window closes for it: what is due goes out with the next event of the partition. */
  readonly earliestTimerMs = Infinity;
  readonly #task: Task;
  readonly #dictionaries: Dictionaries;
  readonly #byKey = new Map<number, Standing>();
  readonly #timers = new Timers();
  readonly #unsaved = new Set<number>();
  /** Keys that have an entry. */
  readonly #saved = new Set<number>();

  constructor(task: Task) {
    this.#task = task;
    this.#dictionaries = task.dictionaries;
  }

  of(key: number): Standing | undefined { return this.#byKey.get(key); }

  put(key: number, standing: Standing): void {
    const before = this.#byKey.get(key);
    this.#byKey.set(key, standing);
    this.#unsaved.add(key);
    if (standing.forgetAtMs !== Infinity && standing.forgetAtMs !== before?.forgetAtMs) this.#timers.set(standing.forgetAtMs, key);
  }

  /** Forgets the bets whose time has come, and says which, in the order of their keys' texts. */
  forgetUntil(timeMs: number): Int32Array {
    if (this.#timers.earliestMs > timeMs) return NONE;
    const due: number[] = [];
    while (this.#timers.earliestMs <= timeMs) {
      const key = this.#timers.earliestId, atMs = this.#timers.earliestMs;
      this.#timers.pop();
      if (this.#byKey.get(key)?.forgetAtMs !== atMs) continue; //  open again, or settled again since
      this.#byKey.delete(key);
      if (this.#saved.has(key)) this.#unsaved.add(key); else this.#unsaved.delete(key);
      due.push(key);
    }
    const sorted = Int32Array.from(due);
    sortByText(sorted, this.#task);
    return sorted;
  }

  mark(keys: Uint8Array): void {
    for (const key of this.#byKey.keys()) keys[key] = 1;
    for (const key of this.#unsaved) keys[key] = 1; //  the tombstone of its entry is to be written yet
    for (const key of this.#saved) keys[key] = 1;
  }

  save(writer: StandingPositionWriter): void {
    const { keys } = this.#dictionaries;
    for (const key of this.#unsaved) {
      const standing = this.#byKey.get(key);
      if (standing === undefined) {
        if (this.#saved.delete(key)) writer.tombstone(keys.bytes(key));
        continue;
      }
      this.#saved.add(key);
      writer.begin(keys.bytes(key));
      writer.timestamp(standing.timestampMs);
      writer.sequence(standing.sequence);
      writer.liabilityMinor(standing.liabilityMinor);
      writer.cashedPnlMinor(standing.cashedPnlMinor);
      writer.forgetAt(standing.forgetAtMs === Infinity ? NaN : standing.forgetAtMs);
      writer.end();
    }
    this.#unsaved.clear();
  }

  load(row: StandingPositionRow): void {
    const { key, timestamp, sequence, liabilityMinor, cashedPnlMinor, forgetAt } = row;
    this.#saved.add(key);
    const forgetAtMs = Number.isNaN(forgetAt) ? Infinity : forgetAt;
    this.#byKey.set(key, { timestampMs: timestamp, sequence, liabilityMinor, cashedPnlMinor, forgetAtMs });
    if (forgetAtMs !== Infinity) this.#timers.set(forgetAtMs, key);
  }
}

const NONE = new Int32Array(0);
