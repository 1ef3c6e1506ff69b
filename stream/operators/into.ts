import { Observable, type OperatorFunction } from 'rxjs';
import { Control, type Dictionaries, type Row } from '../../schemas/codec/columns.ts';
import { type ChangedKeysRow, ChangedKeysSchema, type ChangedKeysWriter } from '../../schemas/generated/changed-keys.ts';
import type { Changed, Window, WindowSlice } from '../batch.ts';
import { Fate } from '../fates.ts';
import { RowFailure } from '../row-failure.ts';
import type { Store, Task } from '../task.ts';
import { isAccountedByStore } from './tumbling-window.ts';
import { guarded } from './guarded.ts';

/** Keyed state that takes rows, statuses and the passing of time, and says which keys that changed. */
export interface KeyedStore<R extends Row = Row, Key extends string = string> extends Store {
  /** What its keys are: a stream that is partitioned otherwise is refused by the compiler. */
  readonly partitionedBy: Key;
  /** Takes a value in the open window, and adds its key where that may be a change. Late or not is the caller's to tell: it answers applied, unchanged or stale. */
  put(row: R, open: Window, changes: Changes): Fate;
  /** Takes a provider's status. */
  status(row: R, changes: Changes): void;
  /** Lets go of what has outlived its time by the end of a window. */
  expire(endMs: number, changes: Changes): void;
  /**
   * Asked once at a window's end of each key added in it: whether it is another than when this was last true. What changed and changed
   * back, or in another order of arrival would have been stale, is no change: a window is judged by its end.
   */
  isChanged(key: number): boolean;
}

const NO_KEY = new Uint8Array(0);

/** Collects the keys that change in a window, each once, in the order in which they come: also across a restart, since they go out in this order. */
export class Changes implements Store<ChangedKeysRow, ChangedKeysWriter> {
  readonly entries = ChangedKeysSchema;
  readonly earliestTimerMs = Infinity;
  size = 0;
  keys = new Int32Array(64);
  #isIn = new Uint8Array(64);
  #isSavedEmpty = true;
  readonly #dictionaries: Dictionaries;

  constructor(dictionaries: Dictionaries) { this.#dictionaries = dictionaries; }

  add(key: number): void {
    if (key >= this.#isIn.length) {
      const larger = new Uint8Array(Math.max(key + 1, this.#isIn.length * 2));
      larger.set(this.#isIn);
      this.#isIn = larger;
    }
    if (this.#isIn[key] === 1) return;
    this.#isIn[key] = 1;
    if (this.size === this.keys.length) {
      const larger = new Int32Array(this.size * 2);
      larger.set(this.keys);
      this.keys = larger;
    }
    this.keys[this.size++] = key;
  }

  /** Brings the keys from `from` on into the order of their texts: where many change at one moment, the log has no order among them. */
  sortFrom(from: number, task: Task): void {
    if (this.size - from < 2) return;
    sortByText(this.keys.subarray(from, this.size), task);
  }

  /** Drops the keys that did not change after all. */
  retain(store: Pick<KeyedStore, 'isChanged'>): void {
    let kept = 0;
    for (let i = 0; i < this.size; i++) {
      const key = this.keys[i]!;
      if (store.isChanged(key)) this.keys[kept++] = key; else this.#isIn[key] = 0;
    }
    this.size = kept;
  }

  mark(keys: Uint8Array): void { for (let i = 0; i < this.size; i++) keys[this.keys[i]!] = 1; }

  /** One entry, of all keys: they are few, and gone at the window's end. */
  save(writer: ChangedKeysWriter, timeMs: number): void {
    if (this.size === 0 && this.#isSavedEmpty) return;
    this.#isSavedEmpty = this.size === 0;
    const { keys } = this.#dictionaries;
    writer.begin(NO_KEY);
    writer.timestamp(timeMs);
    writer.keysStart(this.size);
    for (let i = 0; i < this.size; i++) writer.keys(keys.bytes(this.keys[i]!));
    writer.keysEnd();
    writer.end();
  }

  load(row: ChangedKeysRow): void {
    this.#isSavedEmpty = row.keysStart === row.keysEnd;
    for (let at = row.keysStart; at < row.keysEnd; at++) this.add(this.#dictionaries.keys.idOf(row.text(row.keys(at))));
  }

  clear(): void {
    for (let i = 0; i < this.size; i++) this.#isIn[this.keys[i]!] = 0;
    this.size = 0;
  }
}

/** Brings key ids into the order of their texts, by UTF-16 code unit. */
export const sortByText = (ids: Int32Array, { dictionaries: { keys } }: Task): void => {
  const texts = Array.from(ids, (id) => ({ id, text: keys.text(id) }));
  texts.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  texts.forEach(({ id }, i) => { ids[i] = id; });
};

/** Puts every row into a store, counts its fate, and says at each window's end which keys changed (ARCHITECTURE.md E9). What the store throws at a row goes down the stream as a RowFailure. */
export const into = <R extends Row, Key extends string>(store: KeyedStore<R, NoInfer<Key>>): OperatorFunction<WindowSlice<R, Key>, Changed<Key>> =>
  (source) => new Observable((subscriber) => {
    let changes: Changes | undefined;
    return source.subscribe(guarded(subscriber, ({ rows, open, closes, isAhead, task }) => {
      if (changes === undefined) task.addStore('changes', changes = new Changes(task.dictionaries));
      if (isAhead) {
        subscriber.next({ isAhead, window: open, size: changes.size, keys: changes.keys, task });
        return;
      }
      let i = 0;
      try {
        for (; i < rows.size; i++) {
          const row = rows.row(i);
          if (!isAccountedByStore(row) && row.control !== Control.none) {
            const before = changes.size;
            store.status(row, changes);
            changes.sortFrom(before, task);
            continue;
          }
          const isLate = row.timestamp < open.startMs, isDead = row.isDead;
          const fate = store.put(row, open, changes);
          if (!isDead) task.fates.count(fate === Fate.applied && isLate ? Fate.lateApplied : fate);
        }
      } catch (failure) {
        throw new RowFailure(rows.row(i).offset, failure);
      }
      if (!closes) return;
      const before = changes.size;
      store.expire(open.endMs, changes);
      changes.sortFrom(before, task);
      changes.retain(store);
      subscriber.next({ isAhead, window: open, size: changes.size, keys: changes.keys, task });
      changes.clear();
    }));
  });
