import { Observable, type OperatorFunction } from 'rxjs';
import type { Encoded } from '../../schemas/codec/encoded.ts';
import type { Writer } from '../../schemas/codec/schema.ts';
import { Control, grown, type Row } from '../../schemas/codec/columns.ts';
import type { Topic } from '../../schemas/topic.ts';
import type { Batch, Changed, Window } from '../batch.ts';
import type { Fate } from '../fates.ts';
import type { Task } from '../task.ts';
import { RowFailure } from '../row-failure.ts';
import { guarded } from './guarded.ts';
import { isAccountedByStore } from './tumbling-window.ts';

/** Writes what a key has come to at a window's end: no value, one, or several, each from `begin` to `end`. */
export interface WindowVisitor<W extends Writer> {
  visit(key: number, window: Window, writer: W, task: Task): void;
  /**
   * Where what `visit` writes follows from a key's state and the window's end alone, and it changes nothing that others see: a number that is another once that state is. Then it is visited
   * ahead of the window's end where there is time, and what was written is used if nothing has changed since.
   */
  asOf?(key: number): number;
  /** What a key's newest visit wrote goes out now: what follows from that for the state is done here, once, and not as it is visited. */
  takeEffect?(key: number): void;
  /** Keys to visit although nothing about them changed, because their time has come; without those in `changed`, in an order that follows from the log. */
  due?(changed: Changed): Iterable<number>;
}

type Foreseeable<W extends Writer> = WindowVisitor<W> & Required<Pick<WindowVisitor<W>, 'asOf'>>;

/** What a window's end would say of its keys if nothing more changed. All partitions close a window at about the same moment, and who waits for it waits for all of that work: this part of it is done while the window waits for late rows. */
class Ahead<W extends Writer> {
  readonly #writer: W;
  readonly #visitor: Foreseeable<W>;
  #endMs = -Infinity;
  #size = 0;
  /** By place: the key, as of when it was visited, and its first value; and of a key its place, where that is its own. */
  #keys = new Int32Array(0);
  #asOf = new Float64Array(0);
  #first = new Int32Array(1);
  #places = new Int32Array(0);

  constructor(writer: W, visitor: Foreseeable<W>) {
    this.#writer = writer;
    this.#visitor = visitor;
  }

  /** Visits the keys, but for those that were and have not changed since. */
  visit({ keys, size, window, task }: Changed, schemaId: number): void {
    if (window.endMs !== this.#endMs) {
      this.#endMs = window.endMs;
      this.#size = 0;
      this.#writer.clear();
    }
    this.#writer.schemaId = schemaId;
    for (let i = 0; i < size; i++) {
      const key = keys[i]!;
      if (this.#placeOf(key) >= 0) continue;
      const place = this.#size++;
      if (key >= this.#places.length) this.#places = grown(this.#places, (key + 1) * 2);
      if (place === this.#keys.length) {
        const room = (place + 32) * 2;
        this.#keys = grown(this.#keys, room);
        this.#asOf = grown(this.#asOf, room);
        this.#first = grown(this.#first, room + 1);
      }
      this.#keys[place] = key;
      this.#places[key] = place;
      this.#asOf[place] = this.#visitor.asOf(key);
      this.#visitor.visit(key, window, this.#writer, task);
      this.#first[place + 1] = this.#writer.size;
    }
  }

  /** False where nothing was written ahead, or it is not so any more. */
  copyInto(writer: W, key: number, { endMs }: Window): boolean {
    const place = endMs === this.#endMs ? this.#placeOf(key) : -1;
    if (place < 0) return false;
    for (let i = this.#first[place]!; i < this.#first[place + 1]!; i++) writer.copy(this.#writer, i);
    return true;
  }

  /** Where that lies which was written of a key and is still so; -1 for none. */
  #placeOf(key: number): number {
    const place = this.#places[key];
    return place !== undefined && place < this.#size && this.#keys[place] === key && this.#asOf[place] === this.#visitor.asOf(key) ? place : -1;
  }
}

/** Encodes what each changed key has come to, as values of a topic. */
export const write = <V, R extends Row, W extends Writer, Key extends string>(
  topic: Topic<V, R, W, Key>, visitor: WindowVisitor<W>,
): OperatorFunction<Changed<NoInfer<Key>>, Encoded<V>> =>
  (source) => new Observable((subscriber) => {
    const writer = topic.schema.writer(), ahead = visitor.asOf === undefined ? undefined : new Ahead(topic.schema.writer(), visitor as Foreseeable<W>);
    return source.subscribe(guarded(subscriber, (changed) => {
      if (changed.isAhead) {
        ahead?.visit(changed, changed.task.schemaIdOf(topic));
        return;
      }
      writer.schemaId = changed.task.schemaIdOf(topic);
      for (let i = 0; i < changed.size; i++) {
        const key = changed.keys[i]!;
        if (ahead?.copyInto(writer, key, changed.window) !== true) visitor.visit(key, changed.window, writer, changed.task);
        visitor.takeEffect?.(key);
      }
      for (const key of visitor.due?.(changed) ?? []) {
        visitor.visit(key, changed.window, writer, changed.task);
        visitor.takeEffect?.(key);
      }
      subscriber.next(writer as unknown as Encoded<V>);
      writer.clear();
    }));
  });

/** Encodes what follows from each row, one by one and without windows: `visit` writes values, or none, and says what became of the row. What it throws goes down the stream as a RowFailure. */
export const writeRows = <V, R extends Row, TargetRow extends Row, W extends Writer, Key extends string>(
  topic: Topic<V, TargetRow, W, Key>, visit: (row: R, writer: W, batch: Batch<R, Key>) => Fate,
): OperatorFunction<Batch<R, NoInfer<Key>>, Encoded<V>> =>
  (source) => new Observable((subscriber) => {
    const writer = topic.schema.writer();
    const flush = (): void => { subscriber.next(writer as unknown as Encoded<V>); writer.clear(); };
    return source.subscribe(guarded(subscriber, (batch) => {
      writer.schemaId = batch.task.schemaIdOf(topic);
      const { rows } = batch;
      for (let i = 0; i < rows.size; i++) {
        const row = rows.row(i);
        if (row.control === Control.tick) {
          flush();
          batch.task.onTime?.(row.timestamp);
        }
        if (!isAccountedByStore(row)) continue;
        if (row.timestamp > batch.task.timeMs) batch.task.timeMs = row.timestamp;
        let fate: Fate;
        try {
          fate = visit(row, writer, batch);
        } catch (failure) {
          throw new RowFailure(row.offset, failure);
        }
        batch.task.fates.count(fate);
      }
      flush();
    }));
  });
