// Generated from schemas/avro/provider-status.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { markIds } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

/** What is known of a provider from its statuses. Times at which something never was are minus infinity. */
export interface ProviderStatus {
  /** Event time of its newest status, epoch ms UTC. */
  readonly timestamp: number;
  readonly provider: string;
  readonly is_down: boolean;
  /** Its quotes of this time and before died when it went down. */
  readonly down_at: number;
  /** Everything of it that stood was seen again then. */
  readonly confirmed_at: number;
}

/** A view of one ProviderStatus in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class ProviderStatusRow implements Row {
  index = 0;
  readonly #columns: ProviderStatusColumns;
  constructor(columns: ProviderStatusColumns) { this.#columns = columns; }

  get key(): number { return this.#columns.key[this.index]!; }
  get offset(): number { return this.#columns.offset[this.index]!; }
  get timestamp(): number { return this.#columns.timestamp[this.index]!; }
  get control(): Control { return this.#columns.control[this.index]! as Control; }
  get subject(): number { return this.#columns.subject[this.index]!; }
  get isDead(): boolean { return this.#columns.dead[this.index] === 1; }
  /** The text of a string id; empty for -1. */
  text(id: number): string { return id < 0 ? '' : this.#columns.dictionaries.strings.text(id); }
  get keyText(): string { return this.key < 0 ? '' : this.#columns.dictionaries.keys.text(this.key); }

  /** String id. */
  get provider(): number { return this.#columns.provider[this.index]!; }
  get isDown(): boolean { return this.#columns.isDown[this.index] === 1; }
  /** Its quotes of this time and before died when it went down. */
  get downAt(): number { return this.#columns.downAt[this.index]!; }
  /** Everything of it that stood was seen again then. */
  get confirmedAt(): number { return this.#columns.confirmedAt[this.index]!; }

  toObject(): ProviderStatus {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      provider: this.text(columns.provider[row]!),
      is_down: columns.isDown[row] === 1,
      down_at: columns.downAt[row]!,
      confirmed_at: columns.confirmedAt[row]!,
    };
  }
}

/** Columns of ProviderStatus. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class ProviderStatusColumns implements Columns<ProviderStatusRow> {
  readonly dictionaries: Dictionaries;
  size = 0;
  capacity = 16;
  key = new Int32Array(16);
  offset = new Float64Array(16);
  control = new Uint8Array(16);
  subject = new Int32Array(16);
  dead = new Uint8Array(16);
  timestamp = new Float64Array(16);
  provider = new Int32Array(16);
  isDown = new Uint8Array(16);
  downAt = new Float64Array(16);
  confirmedAt = new Float64Array(16);

  readonly #row = new ProviderStatusRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): ProviderStatusRow { this.#row.index = index; return this.#row; }
  empty(): ProviderStatusColumns { return new ProviderStatusColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: ProviderStatusColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.provider[row] = from.provider[index]!;
    this.isDown[row] = from.isDown[index]!;
    this.downAt[row] = from.downAt[index]!;
    this.confirmedAt[row] = from.confirmedAt[index]!;

    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.isDown[row] = 0;
    this.downAt[row] = 0;
    this.confirmedAt[row] = 0;
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);
    markIds(this.provider, this.size, strings);
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
    this.provider = grown(this.provider, this.capacity);
    this.isDown = grown(this.isDown, this.capacity);
    this.downAt = grown(this.downAt, this.capacity);
    this.confirmedAt = grown(this.confirmedAt, this.capacity);

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
    this.provider[row] = -1;
    this.isDown[row] = 0;
    this.downAt[row] = 0;
    this.confirmedAt[row] = 0;
    this.size = row + 1;
  }
}

/** Encodes values of ProviderStatus: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class ProviderStatusWriter extends ValueWriter {
  protected readonly lastPlace = 5;

  /** Event time of its newest status, epoch ms UTC. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  provider(value: Uint8Array | string): void { this.sink.turn(1, 2); this.sink.string(value); }
  isDown(value: boolean): void { this.sink.turn(2, 3); this.sink.boolean(value); }
  /** Its quotes of this time and before died when it went down. */
  downAt(value: number): void { this.sink.turn(3, 4); this.sink.double(value); }
  /** Everything of it that stood was seen again then. */
  confirmedAt(value: number): void { this.sink.turn(4, 5); this.sink.double(value); }
}

/** ProviderStatus as registered, with its row, columns and writer. */
export const ProviderStatusSchema: AvroSchema<ProviderStatus, ProviderStatusRow, ProviderStatusWriter> = {
  name: 'oddstream.ProviderStatus',
  columns: (dictionaries) => new ProviderStatusColumns(dictionaries),
  writer: () => new ProviderStatusWriter(),
  avsc: `{
  "type": "record", "name": "ProviderStatus", "namespace": "oddstream",
  "doc": "What is known of a provider from its statuses. Times at which something never was are minus infinity.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "Event time of its newest status, epoch ms UTC." },
    { "name": "provider", "type": "string" },
    { "name": "is_down", "type": "boolean" },
    { "name": "down_at", "type": "double", "doc": "Its quotes of this time and before died when it went down." },
    { "name": "confirmed_at", "type": "double", "doc": "Everything of it that stood was seen again then." }
  ]
}`,
};
