import type { Columns, Row, Rows } from '../schemas/codec/columns.ts';
import type { Task } from './task.ts';

/** A half-open span of event time, epoch ms. */
export interface Window { readonly startMs: number; readonly endMs: number }

/**
 * What one poll of one partition returned. The batch law (ARCHITECTURE.md E1): all that follows from a batch has been emitted when
 * `next` returns; an empty batch only moves time. `Key` is what the topic is partitioned by.
 */
export interface Batch<R extends Row = Row, Key extends string = string> {
  readonly rows: Columns<R>;
  readonly task: Task;
  readonly '~key'?: Key;
}

/** Rows that belong to the open window, in order of the log; rows that came too late for theirs are among them. */
export interface WindowSlice<R extends Row = Row, Key extends string = string> {
  readonly rows: Rows<R>;
  readonly open: Window;
  /** No more rows of `open` are to come. */
  readonly closes: boolean;
  /** Rows of `open` may come, but hardly: what its end will say can be worked out by now. No rows are in it. */
  readonly isAhead: boolean;
  readonly task: Task;
  readonly '~key'?: Key;
}

/** The keys whose state changed in a window that has just closed, in the order in which the log first changed them; or, ahead of its end, those that have so far. */
export interface Changed<Key extends string = string> {
  readonly isAhead: boolean;
  readonly window: Window;
  readonly size: number;
  readonly keys: Int32Array;
  readonly task: Task;
  readonly '~key'?: Key;
}

/** Some rows of others, by index: nothing is copied to leave rows out. */
export class Selection<R> implements Rows<R> {
  size = 0;
  #rows!: Rows<R>;
  #indexes = new Int32Array(256);

  over(rows: Rows<R>): this { this.#rows = rows; this.size = 0; return this; }

  add(index: number): void {
    if (this.size === this.#indexes.length) {
      const larger = new Int32Array(this.size * 2);
      larger.set(this.#indexes);
      this.#indexes = larger;
    }
    this.#indexes[this.size++] = index;
  }

  row(index: number): R { return this.#rows.row(this.#indexes[index]!); }
}
