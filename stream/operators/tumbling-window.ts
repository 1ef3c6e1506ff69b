import { Observable, type OperatorFunction } from 'rxjs';
import { Control, type Columns, type Row } from '../../schemas/codec/columns.ts';
import { type Batch, Selection, type WindowSlice } from '../batch.ts';
import type { Store, Task } from '../task.ts';
import { guarded } from './guarded.ts';

export interface TumblingWindowOptions {
  readonly sizeMs: number;
  /** How long a window waits for records that come out of order. */
  readonly latenessMs: number;
}

/**
 * Event-time windows (ARCHITECTURE.md E6). The watermark is the highest timestamp seen, ticks included, less the lateness; a window closes
 * when the watermark reaches its end. Rows of later windows wait. Rows of closed windows join the open one: late is not lost.
 * Windows in which nothing is waiting and no timer fires are passed over. Lateness is judged record by record, so poll sizes change nothing.
 */
export const tumblingWindow = <R extends Row, Key extends string>(
  { sizeMs, latenessMs }: TumblingWindowOptions,
): OperatorFunction<Batch<R, Key>, WindowSlice<R, Key>> => {
  if (!(Number.isInteger(sizeMs) && sizeMs > 0)) throw new RangeError(`tumblingWindow: sizeMs must be a positive integer, not ${sizeMs}`);
  if (!(Number.isInteger(latenessMs) && latenessMs >= 0)) throw new RangeError(`tumblingWindow: latenessMs must be an integer of 0 or more, not ${latenessMs}`);

  return (source) => new Observable((subscriber) => {
    let highest = -Infinity;
    let waiting: WaitingRows<R> | undefined;
    const selection = new Selection<R>();
    const open = { startMs: -Infinity, endMs: -Infinity };
    const slice = { rows: selection, open, closes: false, task: undefined as unknown as Task };

    const openWindowOf = (timeMs: number): void => {
      open.endMs = (Math.floor(timeMs / sizeMs) + 1) * sizeMs;
      open.startMs = open.endMs - sizeMs;
    };
    const flush = (closes: boolean): void => { slice.closes = closes; subscriber.next(slice); };

    const close = (waiting: WaitingRows<R>, task: Task): void => {
      task.timeMs = open.endMs;
      flush(true);
      // The next window is the earliest that has something in it: a row, a timer, or the watermark. A timer of a time that has passed fires in the next.
      openWindowOf(Math.min(highest - latenessMs, waiting.earliest(), Math.max(open.endMs, task.earliestTimerMs - 1)));
      waiting.release(open.endMs, selection);
      task.fates.waiting = waiting.size;
    };

    return source.subscribe(guarded(subscriber, ({ rows, task }) => {
      slice.task = task;
      if (waiting === undefined) task.stores.push(waiting = new WaitingRows(rows));
      selection.over(rows);
      const { timestamp: timestamps, control: controls, size } = rows;
      for (let i = 0; i < size; i++) {
        const timestamp = timestamps[i]!;
        if (timestamp > highest) {
          highest = timestamp;
          if (open.endMs === -Infinity) openWindowOf(highest - latenessMs);
          if (highest - latenessMs >= open.endMs) {
            while (highest - latenessMs >= open.endMs) close(waiting, task);
            task.onTime?.(open.startMs);
            flush(false);
            selection.over(rows);
          }
        }
        if (controls[i] === Control.tick) continue;
        if (timestamp < open.endMs) selection.add(i); else waiting.append(rows, i);
      }
      task.fates.waiting = waiting.size;
      flush(false);
    }));
  });
};

/** Whether the row's fate is decided where it meets state, and not already at the door. */
export const isAccountedByStore = (row: Row): boolean => (row.control === Control.none || row.control === Control.tombstone) && !row.isDead;

/** Rows of windows that are not open yet, in order of the log. */
class WaitingRows<R extends Row> implements Store {
  readonly earliestTimerMs = Infinity;
  /** Two sets of columns that change places at each close: one holds what waits, the other what was just let through. */
  #held: Columns<R>;
  #passing: Columns<R>;

  constructor(like: Columns<R>) { this.#held = like.empty(); this.#passing = like.empty(); }

  /** How many values wait. Control records and dead ones have been accounted for at the door. */
  size = 0;

  append(from: Columns<R>, index: number): void {
    this.#held.append(from, index);
    if (isAccountedByStore(this.#held.row(this.#held.size - 1))) this.size++;
  }

  earliest(): number {
    let earliest = Infinity;
    for (let i = 0; i < this.#held.size; i++) if (this.#held.timestamp[i]! < earliest) earliest = this.#held.timestamp[i]!;
    return earliest;
  }

  /** Lets the rows before `endMs` through to `selection`; the others go on waiting. */
  release(endMs: number, selection: Selection<R>): void {
    [this.#held, this.#passing] = [this.#passing, this.#held];
    this.#held.clear();
    this.size = 0;
    selection.over(this.#passing);
    for (let i = 0; i < this.#passing.size; i++) {
      if (this.#passing.timestamp[i]! < endMs) selection.add(i); else this.append(this.#passing, i);
    }
  }

  mark(keys: Uint8Array, strings: Uint8Array): void { this.#held.mark(keys, strings); }
}
