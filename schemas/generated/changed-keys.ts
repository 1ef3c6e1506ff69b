// Generated from schemas/avro/changed-keys.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { listed, markIds } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

/** The keys that changed in the open window, in the order in which the log first changed them. */
export interface ChangedKeys {
  /** Event time of what was emitted last, epoch ms UTC; 0 where nothing was. */
  readonly timestamp: number;
  readonly keys: readonly string[];
}

/** A view of one ChangedKeys in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class ChangedKeysRow implements Row {
  index = 0;
  readonly #columns: ChangedKeysColumns;
  constructor(columns: ChangedKeysColumns) { this.#columns = columns; }

  get key(): number { return this.#columns.key[this.index]!; }
  get offset(): number { return this.#columns.offset[this.index]!; }
  get timestamp(): number { return this.#columns.timestamp[this.index]!; }
  get control(): Control { return this.#columns.control[this.index]! as Control; }
  get subject(): number { return this.#columns.subject[this.index]!; }
  get isDead(): boolean { return this.#columns.dead[this.index] === 1; }
  /** The text of a string id; empty for -1. */
  text(id: number): string { return id < 0 ? '' : this.#columns.dictionaries.strings.text(id); }
  get keyText(): string { return this.key < 0 ? '' : this.#columns.dictionaries.keys.text(this.key); }

  /** The items of keys are those from its start to its end. */
  get keysStart(): number { return this.#columns.keysStart[this.index]!; }
  get keysEnd(): number { return this.#columns.keysStart[this.index + 1]!; }
  /** String id. */
  keys(at: number): number { return this.#columns.keys[at]!; }

  toObject(): ChangedKeys {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      keys: listed(columns.keysStart, row, (at) => this.text(columns.keys[at]!)),
    };
  }
}

/** Columns of ChangedKeys. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class ChangedKeysColumns implements Columns<ChangedKeysRow> {
  readonly dictionaries: Dictionaries;
  size = 0;
  capacity = 16;
  key = new Int32Array(16);
  offset = new Float64Array(16);
  control = new Uint8Array(16);
  subject = new Int32Array(16);
  dead = new Uint8Array(16);
  timestamp = new Float64Array(16);
  keysCapacity = 512;
  keysStart = new Int32Array(17);
  keys = new Int32Array(512);
  readonly #row = new ChangedKeysRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): ChangedKeysRow { this.#row.index = index; return this.#row; }
  empty(): ChangedKeysColumns { return new ChangedKeysColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: ChangedKeysColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.#appendKeys(from, index, row);
    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.keysStart[row + 1] = this.keysStart[row]!;
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);
    markIds(this.keys, this.keysStart[this.size]!, strings);
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
    this.keysStart = grown(this.keysStart, this.capacity + 1);
  }

  /** Room for so many items. */
  growKeys(needed: number): void {
    while (this.keysCapacity < needed) this.keysCapacity *= 2;
    this.keys = grown(this.keys, this.keysCapacity);
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
    this.keysStart[row + 1] = this.keysStart[row]!;
    this.size = row + 1;
  }

  #appendKeys(from: ChangedKeysColumns, index: number, row: number): void {
    const start = from.keysStart[index]!, end = from.keysStart[index + 1]!;
    let at = this.keysStart[row]!;
    if (at + end - start > this.keysCapacity) this.growKeys(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.keys[at] = from.keys[i]!;
    }
    this.keysStart[row + 1] = at;
  }
}

/** Encodes values of ChangedKeys: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class ChangedKeysWriter extends ValueWriter {
  protected readonly lastPlace = 4;
  #keysLeft = 0;

  /** Event time of what was emitted last, epoch ms UTC; 0 where nothing was. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  keysStart(count: number): void { this.sink.turn(1, count > 0 ? 2 : 3); this.#keysLeft = count; this.sink.items(count); }
  keys(value: Uint8Array | string): void { this.sink.turn(2, --this.#keysLeft > 0 ? 2 : 3); this.sink.string(value); }
  keysEnd(): void { this.sink.turn(3, 4); this.sink.endOfItems(); }
}

/** ChangedKeys as registered, with its row, columns and writer. */
export const ChangedKeysSchema: AvroSchema<ChangedKeys, ChangedKeysRow, ChangedKeysWriter> = {
  name: 'oddstream.ChangedKeys',
  columns: (dictionaries) => new ChangedKeysColumns(dictionaries),
  writer: () => new ChangedKeysWriter(),
  avsc: `{
  "type": "record", "name": "ChangedKeys", "namespace": "oddstream",
  "doc": "The keys that changed in the open window, in the order in which the log first changed them.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "Event time of what was emitted last, epoch ms UTC; 0 where nothing was." },
    { "name": "keys", "type": { "type": "array", "items": "string" } }
  ]
}`,
};
