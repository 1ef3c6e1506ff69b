// Generated from schemas/avro/standing-position.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { markIds, orNull } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

/** What of a bet must be known when its next event comes. */
export interface StandingPosition {
  /** Event time of its newest event, epoch ms UTC. */
  readonly timestamp: number;
  /** Of its newest event. */
  readonly sequence: number;
  /** What it holds back. */
  readonly liability_minor: number;
  /** What parts that were cashed out have won. */
  readonly cashed_pnl_minor: number;
  /** Of a settled one: when it is forgotten, event time, epoch ms UTC. */
  readonly forget_at: number | null;
}

/** A view of one StandingPosition in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class StandingPositionRow implements Row {
  index = 0;
  readonly #columns: StandingPositionColumns;
  constructor(columns: StandingPositionColumns) { this.#columns = columns; }

  get key(): number { return this.#columns.key[this.index]!; }
  get offset(): number { return this.#columns.offset[this.index]!; }
  get timestamp(): number { return this.#columns.timestamp[this.index]!; }
  get control(): Control { return this.#columns.control[this.index]! as Control; }
  get subject(): number { return this.#columns.subject[this.index]!; }
  get isDead(): boolean { return this.#columns.dead[this.index] === 1; }
  /** The text of a string id; empty for -1. */
  text(id: number): string { return id < 0 ? '' : this.#columns.dictionaries.strings.text(id); }
  get keyText(): string { return this.key < 0 ? '' : this.#columns.dictionaries.keys.text(this.key); }

  /** Of its newest event. */
  get sequence(): number { return this.#columns.sequence[this.index]!; }
  /** What it holds back. */
  get liabilityMinor(): number { return this.#columns.liabilityMinor[this.index]!; }
  /** What parts that were cashed out have won. */
  get cashedPnlMinor(): number { return this.#columns.cashedPnlMinor[this.index]!; }
  /** Of a settled one: when it is forgotten, event time, epoch ms UTC. NaN for null. */
  get forgetAt(): number { return this.#columns.forgetAt[this.index]!; }

  toObject(): StandingPosition {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      sequence: columns.sequence[row]!,
      liability_minor: columns.liabilityMinor[row]!,
      cashed_pnl_minor: columns.cashedPnlMinor[row]!,
      forget_at: orNull(columns.forgetAt[row]!),
    };
  }
}

/** Columns of StandingPosition. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class StandingPositionColumns implements Columns<StandingPositionRow> {
  readonly dictionaries: Dictionaries;
  size = 0;
  capacity = 16;
  key = new Int32Array(16);
  offset = new Float64Array(16);
  control = new Uint8Array(16);
  subject = new Int32Array(16);
  dead = new Uint8Array(16);
  timestamp = new Float64Array(16);
  sequence = new Float64Array(16);
  liabilityMinor = new Float64Array(16);
  cashedPnlMinor = new Float64Array(16);
  forgetAt = new Float64Array(16);

  readonly #row = new StandingPositionRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): StandingPositionRow { this.#row.index = index; return this.#row; }
  empty(): StandingPositionColumns { return new StandingPositionColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: StandingPositionColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.sequence[row] = from.sequence[index]!;
    this.liabilityMinor[row] = from.liabilityMinor[index]!;
    this.cashedPnlMinor[row] = from.cashedPnlMinor[index]!;
    this.forgetAt[row] = from.forgetAt[index]!;

    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.sequence[row] = 0;
    this.liabilityMinor[row] = 0;
    this.cashedPnlMinor[row] = 0;
    this.forgetAt[row] = NaN;
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
    this.sequence = grown(this.sequence, this.capacity);
    this.liabilityMinor = grown(this.liabilityMinor, this.capacity);
    this.cashedPnlMinor = grown(this.cashedPnlMinor, this.capacity);
    this.forgetAt = grown(this.forgetAt, this.capacity);

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
    this.sequence[row] = 0;
    this.liabilityMinor[row] = 0;
    this.cashedPnlMinor[row] = 0;
    this.forgetAt[row] = NaN;
    this.size = row + 1;
  }
}

/** Encodes values of StandingPosition: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class StandingPositionWriter extends ValueWriter {
  protected readonly lastPlace = 5;

  /** Event time of its newest event, epoch ms UTC. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  /** Of its newest event. */
  sequence(value: number): void { this.sink.turn(1, 2); this.sink.long(value); }
  /** What it holds back. */
  liabilityMinor(value: number): void { this.sink.turn(2, 3); this.sink.long(value); }
  /** What parts that were cashed out have won. */
  cashedPnlMinor(value: number): void { this.sink.turn(3, 4); this.sink.long(value); }
  /** Of a settled one: when it is forgotten, event time, epoch ms UTC. NaN for null. */
  forgetAt(value: number): void { this.sink.turn(4, 5); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
}

/** StandingPosition as registered, with its row, columns and writer. */
export const StandingPositionSchema: AvroSchema<StandingPosition, StandingPositionRow, StandingPositionWriter> = {
  name: 'oddstream.StandingPosition',
  columns: (dictionaries) => new StandingPositionColumns(dictionaries),
  writer: () => new StandingPositionWriter(),
  avsc: `{
  "type": "record", "name": "StandingPosition", "namespace": "oddstream",
  "doc": "What of a bet must be known when its next event comes.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "Event time of its newest event, epoch ms UTC." },
    { "name": "sequence", "type": "long", "doc": "Of its newest event." },
    { "name": "liability_minor", "type": "long", "doc": "What it holds back." },
    { "name": "cashed_pnl_minor", "type": "long", "doc": "What parts that were cashed out have won." },
    { "name": "forget_at", "type": ["null", "long"], "doc": "Of a settled one: when it is forgotten, event time, epoch ms UTC." }
  ]
}`,
};
