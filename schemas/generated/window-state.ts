// Generated from schemas/avro/window-state.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { markIds } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

/** How far a window operator has come. Rows that wait are not in it: the log holds them. */
export interface WindowState {
  /** Highest event time seen, epoch ms UTC; 0 where none was. */
  readonly timestamp: number;
  /** The same; minus infinity where none was. */
  readonly highest: number;
  /** End of the open window, epoch ms UTC; minus infinity where none is. */
  readonly open_end: number;
}

/** A view of one WindowState in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class WindowStateRow implements Row {
  index = 0;
  readonly #columns: WindowStateColumns;
  constructor(columns: WindowStateColumns) { this.#columns = columns; }

  get key(): number { return this.#columns.key[this.index]!; }
  get offset(): number { return this.#columns.offset[this.index]!; }
  get timestamp(): number { return this.#columns.timestamp[this.index]!; }
  get control(): Control { return this.#columns.control[this.index]! as Control; }
  get subject(): number { return this.#columns.subject[this.index]!; }
  get isDead(): boolean { return this.#columns.dead[this.index] === 1; }
  /** The text of a string id; empty for -1. */
  text(id: number): string { return id < 0 ? '' : this.#columns.dictionaries.strings.text(id); }
  get keyText(): string { return this.key < 0 ? '' : this.#columns.dictionaries.keys.text(this.key); }

  /** The same; minus infinity where none was. */
  get highest(): number { return this.#columns.highest[this.index]!; }
  /** End of the open window, epoch ms UTC; minus infinity where none is. */
  get openEnd(): number { return this.#columns.openEnd[this.index]!; }

  toObject(): WindowState {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      highest: columns.highest[row]!,
      open_end: columns.openEnd[row]!,
    };
  }
}

/** Columns of WindowState. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class WindowStateColumns implements Columns<WindowStateRow> {
  readonly dictionaries: Dictionaries;
  size = 0;
  capacity = 16;
  key = new Int32Array(16);
  offset = new Float64Array(16);
  control = new Uint8Array(16);
  subject = new Int32Array(16);
  dead = new Uint8Array(16);
  timestamp = new Float64Array(16);
  highest = new Float64Array(16);
  openEnd = new Float64Array(16);

  readonly #row = new WindowStateRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): WindowStateRow { this.#row.index = index; return this.#row; }
  empty(): WindowStateColumns { return new WindowStateColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: WindowStateColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.highest[row] = from.highest[index]!;
    this.openEnd[row] = from.openEnd[index]!;

    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.highest[row] = 0;
    this.openEnd[row] = 0;
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);

  }

  /** Room for twice as many rows. */
  grow(): void {
    this.capacity *= 2;
    this.key = grown(this.key, this.capacity);
    this.offset = grown(this.offset, this.capacity);
    this.control = grown(this.control, this.capacity);
    this.subject = grown(this.subject, this.capacity);
    this.dead = grown(this.dead, this.capacity);
    this.timestamp = grown(this.timestamp, this.capacity);
    this.highest = grown(this.highest, this.capacity);
    this.openEnd = grown(this.openEnd, this.capacity);

  }

  #appendBlank(key: number, control: Control, offset: number, timestamp: number, subject: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = key;
    this.offset[row] = offset;
    this.control[row] = control;
    this.subject[row] = subject;
    this.dead[row] = 0;
    this.timestamp[row] = timestamp;
    this.highest[row] = 0;
    this.openEnd[row] = 0;
    this.size = row + 1;
  }
}

/** Encodes values of WindowState: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class WindowStateWriter extends ValueWriter {
  protected readonly lastPlace = 3;

  /** Highest event time seen, epoch ms UTC; 0 where none was. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  /** The same; minus infinity where none was. */
  highest(value: number): void { this.sink.turn(1, 2); this.sink.double(value); }
  /** End of the open window, epoch ms UTC; minus infinity where none is. */
  openEnd(value: number): void { this.sink.turn(2, 3); this.sink.double(value); }
}

/** WindowState as registered, with its row, columns and writer. */
export const WindowStateSchema: AvroSchema<WindowState, WindowStateRow, WindowStateWriter> = {
  name: 'oddstream.WindowState',
  columns: (dictionaries) => new WindowStateColumns(dictionaries),
  writer: () => new WindowStateWriter(),
  avsc: `{
  "type": "record", "name": "WindowState", "namespace": "oddstream",
  "doc": "How far a window operator has come. Rows that wait are not in it: the log holds them.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "Highest event time seen, epoch ms UTC; 0 where none was." },
    { "name": "highest", "type": "double", "doc": "The same; minus infinity where none was." },
    { "name": "open_end", "type": "double", "doc": "End of the open window, epoch ms UTC; minus infinity where none is." }
  ]
}`,
};
