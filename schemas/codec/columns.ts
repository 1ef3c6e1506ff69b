import type { Dictionary } from './dictionary.ts';

export { grown } from './grown.ts';

/** What a record is: a value, or a control record that governs the values around it in its partition (ARCHITECTURE.md section 3). */
export const Control = { none: 0, tick: 1, up: 2, down: 3, confirm: 4, /** Not a control record: a value of null, which says that its key is over. */ tombstone: 5 } as const;
export type Control = (typeof Control)[keyof typeof Control];

/** The strings of one task: record keys on their own, so that what is over can be forgotten, and all other strings. */
export interface Dictionaries {
  readonly keys: Dictionary;
  readonly strings: Dictionary;
}

/**
 * What every row has, whatever its value holds. A row is a view of one record in its columns, valid until the batch ends;
 * what must live longer is copied into a store. `Key` names what the topic is partitioned by, for the compiler only.
 */
export interface Row<Key extends string = string> {
  /** Id of the record's key in the task's `keys`; -1 for a control record. */
  readonly key: number;
  /** Offset in the source partition. */
  readonly offset: number;
  /** Event time, epoch ms. */
  readonly timestamp: number;
  readonly control: Control;
  /** Id of the provider that a control record speaks of, in the task's `strings`; -1 for none. */
  readonly subject: number;
  /** The record went to the dead letters. This row stands for it without its contents: it withdraws what it was to replace. */
  readonly isDead: boolean;
  /** The text of a string id that this row gave. */
  text(id: number): string;
  /** The record's key as text; empty for a control record. */
  readonly keyText: string;
  /** A plain object in the shape of the schema. Allocates: for low volumes and tests. */
  toObject(): unknown;
  readonly '~key'?: Key;
}

/** Rows, seen one at a time through one reused view. */
export interface Rows<R> {
  readonly size: number;
  row(index: number): R;
}

/** What a poll of one partition returned, as columns, which can also take over single rows of their like, so that an operator may hold some back. */
export interface Columns<R extends Row = Row> extends Rows<R> {
  readonly dictionaries: Dictionaries;
  readonly timestamp: Float64Array;
  readonly control: Uint8Array;
  /** New columns of the same kind, without rows, over the same dictionaries. */
  empty(): Columns<R>;
  /** Copies one row of columns of the same kind to the end. */
  append(from: Columns<R>, index: number): void;
  /** Appends a control record. `subject` is -1 for none. */
  appendControl(control: Control, offset: number, timestamp: number, subject: number): void;
  /** Appends a row of a value that was null: all fields at their defaults. */
  appendTombstone(key: number, offset: number, timestamp: number): void;
  /** Turns the last row into a dead one: identity stays, contents go, `timestamp` becomes its event time. */
  blankLast(timestamp: number): void;
  /** Takes the last row away. */
  dropLast(): void;
  clear(): void;
  /** Marks every dictionary id that these rows hold. */
  mark(keys: Uint8Array, strings: Uint8Array): void;
}
