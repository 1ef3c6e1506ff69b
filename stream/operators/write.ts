import { Observable, type OperatorFunction } from 'rxjs';
import type { Encoded } from '../../schemas/codec/encoded.ts';
import type { Writer } from '../../schemas/codec/schema.ts';
import { Control, type Row } from '../../schemas/codec/columns.ts';
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
  /** Keys to visit although nothing about them changed, because their time has come; without those in `changed`, in an order that follows from the log. */
  due?(changed: Changed): Iterable<number>;
}

/** Encodes what each changed key has come to, as values of a topic. */
export const write = <V, R extends Row, W extends Writer, Key extends string>(
  topic: Topic<V, R, W, Key>, visitor: WindowVisitor<W>,
): OperatorFunction<Changed<NoInfer<Key>>, Encoded<V>> =>
  (source) => new Observable((subscriber) => {
    const writer = topic.schema.writer();
    return source.subscribe(guarded(subscriber, (changed) => {
      writer.schemaId = changed.task.schemaIdOf(topic);
      for (let i = 0; i < changed.size; i++) visitor.visit(changed.keys[i]!, changed.window, writer, changed.task);
      for (const key of visitor.due?.(changed) ?? []) visitor.visit(key, changed.window, writer, changed.task);
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
