import { Observable, type OperatorFunction } from 'rxjs';
import { Control, type Columns, grown, type Row } from '../../schemas/codec/columns.ts';
import { type WindowStateRow, WindowStateSchema, type WindowStateWriter } from '../../schemas/generated/window-state.ts';
import { type Batch, Selection, type WindowSlice } from '../batch.ts';
import type { Reread, Store, Task } from '../task.ts';
import { guarded } from './guarded.ts';

/**
 * Of the lateness: so much is over when those behind a window work ahead, and when they work out anew what has changed since. After the first there is time enough for all of it, after the
 * second little changes any more (reckoned for 50,000 updates/s evenly on 10,000 markets: 22 % of them, and since the first 71 %). Other shares were not measured.
 */
const AHEAD_AT = [0.5, 0.9] as const;

export interface TumblingWindowOptions {
  readonly sizeMs: number;
  /** How long a window waits for records that come out of order. */
  readonly latenessMs: number;
}

/**
 * Event-time windows (ARCHITECTURE.md E6). The watermark is the highest timestamp seen, ticks included, less the lateness; a window closes
 * when the watermark reaches its end. Rows of later windows wait. Rows of closed windows join the open one: late is not lost.
 * Windows in which nothing is waiting and no timer fires are passed over. Lateness is judged record by record, so poll sizes change nothing.
 * Where there is time, those behind it are told ahead of its end. Rows that an end lets through into the next window are put off while somebody waits for what that end said.
 */
export const tumblingWindow = <R extends Row, Key extends string>(
  { sizeMs, latenessMs }: TumblingWindowOptions,
): OperatorFunction<Batch<R, Key>, WindowSlice<R, Key>> => {
  if (!(Number.isInteger(sizeMs) && sizeMs > 0)) throw new RangeError(`tumblingWindow: sizeMs must be a positive integer, not ${sizeMs}`);
  if (!(Number.isInteger(latenessMs) && latenessMs >= 0)) throw new RangeError(`tumblingWindow: latenessMs must be an integer of 0 or more, not ${latenessMs}`);

  return (source) => new Observable((subscriber) => {
    let waiting: WaitingRows<R> | undefined;
    const selection = new Selection<R>();
    const open = { startMs: -Infinity, endMs: -Infinity };
    const slice = { rows: selection, open, closes: false, isAhead: false, task: undefined as unknown as Task };
    /** The end of the window for which there was time to work ahead, and how often there was. */
    let aheadOfMs = -Infinity, timesAhead = 0;
    /** Rows of the open window are among those that wait: all that comes meanwhile waits behind them. */
    let isPutOff = false;

    const openWindowOf = (timeMs: number): void => {
      open.endMs = (Math.floor(timeMs / sizeMs) + 1) * sizeMs;
      open.startMs = open.endMs - sizeMs;
    };
    const flush = (closes: boolean): void => { slice.closes = closes; subscriber.next(slice); };

    const close = (waiting: WaitingRows<R>, task: Task): void => {
      task.timeMs = open.endMs;
      flush(true);
      // The next window is the earliest that has something in it: a row, a timer, or the watermark. A timer of a time that has passed fires in the next.
      openWindowOf(Math.min(waiting.highest - latenessMs, waiting.earliest(), Math.max(open.endMs, task.earliestTimerMs - 1)));
      isPutOff = true;
    };
    /** Selects the rows of the window that was opened last. */
    const letThrough = (waiting: WaitingRows<R>): void => {
      isPutOff = false;
      waiting.release(open.endMs, selection);
    };

    return source.subscribe(guarded(subscriber, ({ rows, task }) => {
      slice.task = task;
      if (waiting === undefined) task.addStore('window', waiting = new WaitingRows(rows, open, sizeMs));
      if (task.rereading !== undefined) {
        waiting.reread(rows, task.rereading);
        task.fates.waiting = waiting.size;
        return;
      }
      if (isPutOff && !(task.isCaughtUp && task.isAwaited)) {
        letThrough(waiting);
        flush(false);
      }
      selection.over(rows);
      const { timestamp: timestamps, control: controls, size } = rows;
      let { highest } = waiting;
      for (let i = 0; i < size; i++) {
        const timestamp = timestamps[i]!, before = highest;
        if (timestamp > highest) {
          waiting.highest = highest = timestamp;
          if (open.endMs === -Infinity) openWindowOf(highest - latenessMs);
          if (highest - latenessMs >= open.endMs) {
            while (highest - latenessMs >= open.endMs) {
              if (isPutOff) letThrough(waiting);
              close(waiting, task);
            }
            task.onTime?.(open.startMs);
            if (!task.isCaughtUp) {
              letThrough(waiting);
              flush(false);
            }
            selection.over(rows);
          }
        }
        if (controls[i] === Control.tick) continue;
        if (timestamp < open.endMs && !isPutOff) selection.add(i); else waiting.append(rows, i, before);
      }
      task.fates.waiting = waiting.size;
      flush(false);
      if (!task.isCaughtUp || isPutOff) return;
      const times = AHEAD_AT.filter((share) => highest - latenessMs * share >= open.endMs).length;
      if (times === 0 || (aheadOfMs === open.endMs && times <= timesAhead)) return;
      aheadOfMs = open.endMs;
      timesAhead = times;
      selection.over(rows);
      slice.isAhead = true;
      flush(false);
      slice.isAhead = false;
    }));
  });
};

/** Whether the row's fate is decided where it meets state, and not already at the door. */
export const isAccountedByStore = (row: Row): boolean => (row.control === Control.none || row.control === Control.tombstone) && !row.isDead;

const NO_KEY = new Uint8Array(0);

/**
 * Rows of windows that are not open yet, in order of the log; with the window's time, which is what is written down of it. The rows themselves are not: those that wait
 * are the ones of or after the open window's end, so the log has them, and they are read again.
 */
class WaitingRows<R extends Row> implements Store<WindowStateRow, WindowStateWriter> {
  readonly entries = WindowStateSchema;
  readonly earliestTimerMs = Infinity;
  /** Highest event time seen, epoch ms. */
  highest = -Infinity;
  /** Two sets of columns that change places at each close: one holds what waits, the other what was just let through. */
  #held: Columns<R>;
  #passing: Columns<R>;
  /** What the highest event time was before each of the rows held came. */
  #before = new Float64Array(256);
  readonly #open: { startMs: number; endMs: number };
  readonly #sizeMs: number;

  constructor(like: Columns<R>, open: { startMs: number; endMs: number }, sizeMs: number) {
    this.#held = like.empty();
    this.#passing = like.empty();
    this.#open = open;
    this.#sizeMs = sizeMs;
  }

  /** How many values wait. Control records and dead ones have been accounted for at the door. */
  size = 0;

  append(from: Columns<R>, index: number, before: number): void {
    const at = this.#held.size;
    this.#held.append(from, index);
    if (at === this.#before.length) this.#before = grown(this.#before, at * 2);
    this.#before[at] = before;
    if (isAccountedByStore(this.#held.row(at))) this.size++;
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
      if (this.#passing.timestamp[i]! < endMs) selection.add(i); else this.append(this.#passing, i, this.#before[i]!);
    }
  }

  mark(keys: Uint8Array, strings: Uint8Array): void { this.#held.mark(keys, strings); }

  get rereadFrom(): Reread | undefined {
    return this.#held.size === 0 ? undefined : { offset: this.#held.row(0).offset, highestMs: this.#before[0]! };
  }

  /** Rows that were read before the snapshot. Those that waited then were the ones that the open window did not take. */
  reread(rows: Columns<R>, progress: { highestMs: number }): void {
    for (let i = 0; i < rows.size; i++) {
      const timestamp = rows.timestamp[i]!;
      if (rows.control[i] !== Control.tick && timestamp >= this.#open.endMs) this.append(rows, i, progress.highestMs);
      if (timestamp > progress.highestMs) progress.highestMs = timestamp;
    }
  }

  save(writer: WindowStateWriter, timeMs: number): void {
    writer.begin(NO_KEY);
    writer.timestamp(timeMs);
    writer.highest(this.highest);
    writer.openEnd(this.#open.endMs);
    writer.end();
  }

  load(row: WindowStateRow): void {
    this.highest = row.highest;
    this.#open.endMs = row.openEnd;
    this.#open.startMs = row.openEnd - this.#sizeMs;
  }
}
