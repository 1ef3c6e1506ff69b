// Generated from schemas/avro/announced-arbitrages.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { listed, markIds, orNull } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

export interface AnnouncedLeg {
  readonly outcome: string;
  readonly side: number;
  readonly provider: string;
  readonly price_e4: number;
  readonly commission_ppm: number;
  readonly net_price: number;
  readonly limit_minor: number | null;
  readonly currency: string;
  readonly is_palpable_error: boolean;
  readonly quoted_at: number;
  readonly confirmed_at: number;
  readonly offset: number;
}

export interface AnnouncedArbitrage {
  readonly id: string;
  readonly kind: number;
  readonly opened_at: number;
  readonly inverse_sum: number;
  readonly profit_margin: number;
  readonly in_play: boolean;
  readonly is_executable: boolean;
  readonly stakes_minor: readonly number[];
  readonly legs: readonly AnnouncedLeg[];
}

/** The arbitrages of one market that stand announced. */
export interface AnnouncedArbitrages {
  /** When the first of them opened, epoch ms UTC; 0 where none is open any more. */
  readonly timestamp: number;
  /** When the market is to be looked at again; infinity for never. */
  readonly timer_ms: number;
  readonly arbitrages: readonly AnnouncedArbitrage[];
}

/** A view of one AnnouncedArbitrages in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class AnnouncedArbitragesRow implements Row {
  index = 0;
  readonly #columns: AnnouncedArbitragesColumns;
  constructor(columns: AnnouncedArbitragesColumns) { this.#columns = columns; }

  get key(): number { return this.#columns.key[this.index]!; }
  get offset(): number { return this.#columns.offset[this.index]!; }
  get timestamp(): number { return this.#columns.timestamp[this.index]!; }
  get control(): Control { return this.#columns.control[this.index]! as Control; }
  get subject(): number { return this.#columns.subject[this.index]!; }
  get isDead(): boolean { return this.#columns.dead[this.index] === 1; }
  /** The text of a string id; empty for -1. */
  text(id: number): string { return id < 0 ? '' : this.#columns.dictionaries.strings.text(id); }
  get keyText(): string { return this.key < 0 ? '' : this.#columns.dictionaries.keys.text(this.key); }

  /** When the market is to be looked at again; infinity for never. */
  get timerMs(): number { return this.#columns.timerMs[this.index]!; }
  /** The items of arbitrages are those from its start to its end. */
  get arbitragesStart(): number { return this.#columns.arbitragesStart[this.index]!; }
  get arbitragesEnd(): number { return this.#columns.arbitragesStart[this.index + 1]!; }
  /** String id. */
  arbitragesId(at: number): number { return this.#columns.arbitragesId[at]!; }
  arbitragesKind(at: number): number { return this.#columns.arbitragesKind[at]!; }
  arbitragesOpenedAt(at: number): number { return this.#columns.arbitragesOpenedAt[at]!; }
  arbitragesInverseSum(at: number): number { return this.#columns.arbitragesInverseSum[at]!; }
  arbitragesProfitMargin(at: number): number { return this.#columns.arbitragesProfitMargin[at]!; }
  arbitragesInPlay(at: number): boolean { return this.#columns.arbitragesInPlay[at] === 1; }
  arbitragesIsExecutable(at: number): boolean { return this.#columns.arbitragesIsExecutable[at] === 1; }
  /** The items of arbitragesStakesMinor are those from its start to its end. */
  arbitragesStakesMinorStart(at: number): number { return this.#columns.arbitragesStakesMinorStart[at]!; }
  arbitragesStakesMinorEnd(at: number): number { return this.#columns.arbitragesStakesMinorStart[at + 1]!; }
  arbitragesStakesMinor(at: number): number { return this.#columns.arbitragesStakesMinor[at]!; }
  /** The items of arbitragesLegs are those from its start to its end. */
  arbitragesLegsStart(at: number): number { return this.#columns.arbitragesLegsStart[at]!; }
  arbitragesLegsEnd(at: number): number { return this.#columns.arbitragesLegsStart[at + 1]!; }
  /** String id. */
  arbitragesLegsOutcome(at: number): number { return this.#columns.arbitragesLegsOutcome[at]!; }
  arbitragesLegsSide(at: number): number { return this.#columns.arbitragesLegsSide[at]!; }
  /** String id. */
  arbitragesLegsProvider(at: number): number { return this.#columns.arbitragesLegsProvider[at]!; }
  arbitragesLegsPriceE4(at: number): number { return this.#columns.arbitragesLegsPriceE4[at]!; }
  arbitragesLegsCommissionPpm(at: number): number { return this.#columns.arbitragesLegsCommissionPpm[at]!; }
  arbitragesLegsNetPrice(at: number): number { return this.#columns.arbitragesLegsNetPrice[at]!; }
  /** NaN for null. */
  arbitragesLegsLimitMinor(at: number): number { return this.#columns.arbitragesLegsLimitMinor[at]!; }
  /** String id. */
  arbitragesLegsCurrency(at: number): number { return this.#columns.arbitragesLegsCurrency[at]!; }
  arbitragesLegsIsPalpableError(at: number): boolean { return this.#columns.arbitragesLegsIsPalpableError[at] === 1; }
  arbitragesLegsQuotedAt(at: number): number { return this.#columns.arbitragesLegsQuotedAt[at]!; }
  arbitragesLegsConfirmedAt(at: number): number { return this.#columns.arbitragesLegsConfirmedAt[at]!; }
  arbitragesLegsOffset(at: number): number { return this.#columns.arbitragesLegsOffset[at]!; }

  toObject(): AnnouncedArbitrages {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      timer_ms: columns.timerMs[row]!,
      arbitrages: listed(columns.arbitragesStart, row, (at) => ({
        id: this.text(columns.arbitragesId[at]!),
        kind: columns.arbitragesKind[at]!,
        opened_at: columns.arbitragesOpenedAt[at]!,
        inverse_sum: columns.arbitragesInverseSum[at]!,
        profit_margin: columns.arbitragesProfitMargin[at]!,
        in_play: columns.arbitragesInPlay[at] === 1,
        is_executable: columns.arbitragesIsExecutable[at] === 1,
        stakes_minor: listed(columns.arbitragesStakesMinorStart, at, (at1) => columns.arbitragesStakesMinor[at1]!),
        legs: listed(columns.arbitragesLegsStart, at, (at1) => ({
          outcome: this.text(columns.arbitragesLegsOutcome[at1]!),
          side: columns.arbitragesLegsSide[at1]!,
          provider: this.text(columns.arbitragesLegsProvider[at1]!),
          price_e4: columns.arbitragesLegsPriceE4[at1]!,
          commission_ppm: columns.arbitragesLegsCommissionPpm[at1]!,
          net_price: columns.arbitragesLegsNetPrice[at1]!,
          limit_minor: orNull(columns.arbitragesLegsLimitMinor[at1]!),
          currency: this.text(columns.arbitragesLegsCurrency[at1]!),
          is_palpable_error: columns.arbitragesLegsIsPalpableError[at1] === 1,
          quoted_at: columns.arbitragesLegsQuotedAt[at1]!,
          confirmed_at: columns.arbitragesLegsConfirmedAt[at1]!,
          offset: columns.arbitragesLegsOffset[at1]!,
        })),
      })),
    };
  }
}

/** Columns of AnnouncedArbitrages. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class AnnouncedArbitragesColumns implements Columns<AnnouncedArbitragesRow> {
  readonly dictionaries: Dictionaries;
  size = 0;
  capacity = 16;
  key = new Int32Array(16);
  offset = new Float64Array(16);
  control = new Uint8Array(16);
  subject = new Int32Array(16);
  dead = new Uint8Array(16);
  timestamp = new Float64Array(16);
  timerMs = new Float64Array(16);
  arbitragesCapacity = 512;
  arbitragesStart = new Int32Array(17);
  arbitragesId = new Int32Array(512);
  arbitragesKind = new Int32Array(512);
  arbitragesOpenedAt = new Float64Array(512);
  arbitragesInverseSum = new Float64Array(512);
  arbitragesProfitMargin = new Float64Array(512);
  arbitragesInPlay = new Uint8Array(512);
  arbitragesIsExecutable = new Uint8Array(512);
  arbitragesStakesMinorCapacity = 512;
  arbitragesStakesMinorStart = new Int32Array(513);
  arbitragesStakesMinor = new Float64Array(512);
  arbitragesLegsCapacity = 512;
  arbitragesLegsStart = new Int32Array(513);
  arbitragesLegsOutcome = new Int32Array(512);
  arbitragesLegsSide = new Int32Array(512);
  arbitragesLegsProvider = new Int32Array(512);
  arbitragesLegsPriceE4 = new Int32Array(512);
  arbitragesLegsCommissionPpm = new Int32Array(512);
  arbitragesLegsNetPrice = new Float64Array(512);
  arbitragesLegsLimitMinor = new Float64Array(512);
  arbitragesLegsCurrency = new Int32Array(512);
  arbitragesLegsIsPalpableError = new Uint8Array(512);
  arbitragesLegsQuotedAt = new Float64Array(512);
  arbitragesLegsConfirmedAt = new Float64Array(512);
  arbitragesLegsOffset = new Float64Array(512);
  readonly #row = new AnnouncedArbitragesRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): AnnouncedArbitragesRow { this.#row.index = index; return this.#row; }
  empty(): AnnouncedArbitragesColumns { return new AnnouncedArbitragesColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: AnnouncedArbitragesColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.timerMs[row] = from.timerMs[index]!;
    this.#appendArbitrages(from, index, row);
    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.timerMs[row] = 0;
    this.arbitragesStart[row + 1] = this.arbitragesStart[row]!;
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);
    markIds(this.arbitragesId, this.arbitragesStart[this.size]!, strings);
    markIds(this.arbitragesLegsOutcome, this.arbitragesLegsStart[this.arbitragesStart[this.size]!]!, strings);
    markIds(this.arbitragesLegsProvider, this.arbitragesLegsStart[this.arbitragesStart[this.size]!]!, strings);
    markIds(this.arbitragesLegsCurrency, this.arbitragesLegsStart[this.arbitragesStart[this.size]!]!, strings);
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
    this.timerMs = grown(this.timerMs, this.capacity);
    this.arbitragesStart = grown(this.arbitragesStart, this.capacity + 1);
  }

  /** Room for so many items. */
  growArbitrages(needed: number): void {
    while (this.arbitragesCapacity < needed) this.arbitragesCapacity *= 2;
    this.arbitragesId = grown(this.arbitragesId, this.arbitragesCapacity);
    this.arbitragesKind = grown(this.arbitragesKind, this.arbitragesCapacity);
    this.arbitragesOpenedAt = grown(this.arbitragesOpenedAt, this.arbitragesCapacity);
    this.arbitragesInverseSum = grown(this.arbitragesInverseSum, this.arbitragesCapacity);
    this.arbitragesProfitMargin = grown(this.arbitragesProfitMargin, this.arbitragesCapacity);
    this.arbitragesInPlay = grown(this.arbitragesInPlay, this.arbitragesCapacity);
    this.arbitragesIsExecutable = grown(this.arbitragesIsExecutable, this.arbitragesCapacity);
    this.arbitragesStakesMinorStart = grown(this.arbitragesStakesMinorStart, this.arbitragesCapacity + 1);
    this.arbitragesLegsStart = grown(this.arbitragesLegsStart, this.arbitragesCapacity + 1);
  }

  /** Room for so many items. */
  growArbitragesStakesMinor(needed: number): void {
    while (this.arbitragesStakesMinorCapacity < needed) this.arbitragesStakesMinorCapacity *= 2;
    this.arbitragesStakesMinor = grown(this.arbitragesStakesMinor, this.arbitragesStakesMinorCapacity);
  }

  /** Room for so many items. */
  growArbitragesLegs(needed: number): void {
    while (this.arbitragesLegsCapacity < needed) this.arbitragesLegsCapacity *= 2;
    this.arbitragesLegsOutcome = grown(this.arbitragesLegsOutcome, this.arbitragesLegsCapacity);
    this.arbitragesLegsSide = grown(this.arbitragesLegsSide, this.arbitragesLegsCapacity);
    this.arbitragesLegsProvider = grown(this.arbitragesLegsProvider, this.arbitragesLegsCapacity);
    this.arbitragesLegsPriceE4 = grown(this.arbitragesLegsPriceE4, this.arbitragesLegsCapacity);
    this.arbitragesLegsCommissionPpm = grown(this.arbitragesLegsCommissionPpm, this.arbitragesLegsCapacity);
    this.arbitragesLegsNetPrice = grown(this.arbitragesLegsNetPrice, this.arbitragesLegsCapacity);
    this.arbitragesLegsLimitMinor = grown(this.arbitragesLegsLimitMinor, this.arbitragesLegsCapacity);
    this.arbitragesLegsCurrency = grown(this.arbitragesLegsCurrency, this.arbitragesLegsCapacity);
    this.arbitragesLegsIsPalpableError = grown(this.arbitragesLegsIsPalpableError, this.arbitragesLegsCapacity);
    this.arbitragesLegsQuotedAt = grown(this.arbitragesLegsQuotedAt, this.arbitragesLegsCapacity);
    this.arbitragesLegsConfirmedAt = grown(this.arbitragesLegsConfirmedAt, this.arbitragesLegsCapacity);
    this.arbitragesLegsOffset = grown(this.arbitragesLegsOffset, this.arbitragesLegsCapacity);
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
    this.timerMs[row] = 0;
    this.arbitragesStart[row + 1] = this.arbitragesStart[row]!;
    this.size = row + 1;
  }

  #appendArbitrages(from: AnnouncedArbitragesColumns, index: number, row: number): void {
    const start = from.arbitragesStart[index]!, end = from.arbitragesStart[index + 1]!;
    let at = this.arbitragesStart[row]!;
    if (at + end - start > this.arbitragesCapacity) this.growArbitrages(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.arbitragesId[at] = from.arbitragesId[i]!;
      this.arbitragesKind[at] = from.arbitragesKind[i]!;
      this.arbitragesOpenedAt[at] = from.arbitragesOpenedAt[i]!;
      this.arbitragesInverseSum[at] = from.arbitragesInverseSum[i]!;
      this.arbitragesProfitMargin[at] = from.arbitragesProfitMargin[i]!;
      this.arbitragesInPlay[at] = from.arbitragesInPlay[i]!;
      this.arbitragesIsExecutable[at] = from.arbitragesIsExecutable[i]!;
      this.#appendArbitragesStakesMinor(from, i, at);
      this.#appendArbitragesLegs(from, i, at);
    }
    this.arbitragesStart[row + 1] = at;
  }

  #appendArbitragesStakesMinor(from: AnnouncedArbitragesColumns, index: number, row: number): void {
    const start = from.arbitragesStakesMinorStart[index]!, end = from.arbitragesStakesMinorStart[index + 1]!;
    let at = this.arbitragesStakesMinorStart[row]!;
    if (at + end - start > this.arbitragesStakesMinorCapacity) this.growArbitragesStakesMinor(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.arbitragesStakesMinor[at] = from.arbitragesStakesMinor[i]!;
    }
    this.arbitragesStakesMinorStart[row + 1] = at;
  }

  #appendArbitragesLegs(from: AnnouncedArbitragesColumns, index: number, row: number): void {
    const start = from.arbitragesLegsStart[index]!, end = from.arbitragesLegsStart[index + 1]!;
    let at = this.arbitragesLegsStart[row]!;
    if (at + end - start > this.arbitragesLegsCapacity) this.growArbitragesLegs(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.arbitragesLegsOutcome[at] = from.arbitragesLegsOutcome[i]!;
      this.arbitragesLegsSide[at] = from.arbitragesLegsSide[i]!;
      this.arbitragesLegsProvider[at] = from.arbitragesLegsProvider[i]!;
      this.arbitragesLegsPriceE4[at] = from.arbitragesLegsPriceE4[i]!;
      this.arbitragesLegsCommissionPpm[at] = from.arbitragesLegsCommissionPpm[i]!;
      this.arbitragesLegsNetPrice[at] = from.arbitragesLegsNetPrice[i]!;
      this.arbitragesLegsLimitMinor[at] = from.arbitragesLegsLimitMinor[i]!;
      this.arbitragesLegsCurrency[at] = from.arbitragesLegsCurrency[i]!;
      this.arbitragesLegsIsPalpableError[at] = from.arbitragesLegsIsPalpableError[i]!;
      this.arbitragesLegsQuotedAt[at] = from.arbitragesLegsQuotedAt[i]!;
      this.arbitragesLegsConfirmedAt[at] = from.arbitragesLegsConfirmedAt[i]!;
      this.arbitragesLegsOffset[at] = from.arbitragesLegsOffset[i]!;
    }
    this.arbitragesLegsStart[row + 1] = at;
  }
}

/** Encodes values of AnnouncedArbitrages: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class AnnouncedArbitragesWriter extends ValueWriter {
  protected readonly lastPlace = 28;
  #arbitragesLeft = 0;
  #arbitragesStakesMinorLeft = 0;
  #arbitragesLegsLeft = 0;

  /** When the first of them opened, epoch ms UTC; 0 where none is open any more. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  /** When the market is to be looked at again; infinity for never. */
  timerMs(value: number): void { this.sink.turn(1, 2); this.sink.double(value); }
  arbitragesStart(count: number): void { this.sink.turn(2, count > 0 ? 3 : 27); this.#arbitragesLeft = count; this.sink.items(count); }
  arbitragesId(value: Uint8Array | string): void { this.sink.turn(3, 4); this.sink.string(value); }
  arbitragesKind(value: number): void { this.sink.turn(4, 5); this.sink.int(value); }
  arbitragesOpenedAt(value: number): void { this.sink.turn(5, 6); this.sink.long(value); }
  arbitragesInverseSum(value: number): void { this.sink.turn(6, 7); this.sink.double(value); }
  arbitragesProfitMargin(value: number): void { this.sink.turn(7, 8); this.sink.double(value); }
  arbitragesInPlay(value: boolean): void { this.sink.turn(8, 9); this.sink.boolean(value); }
  arbitragesIsExecutable(value: boolean): void { this.sink.turn(9, 10); this.sink.boolean(value); }
  arbitragesStakesMinorStart(count: number): void { this.sink.turn(10, count > 0 ? 11 : 12); this.#arbitragesStakesMinorLeft = count; this.sink.items(count); }
  arbitragesStakesMinor(value: number): void { this.sink.turn(11, --this.#arbitragesStakesMinorLeft > 0 ? 11 : 12); this.sink.double(value); }
  arbitragesStakesMinorEnd(): void { this.sink.turn(12, 13); this.sink.endOfItems(); }
  arbitragesLegsStart(count: number): void { this.sink.turn(13, count > 0 ? 14 : 26); this.#arbitragesLegsLeft = count; this.sink.items(count); }
  arbitragesLegsOutcome(value: Uint8Array | string): void { this.sink.turn(14, 15); this.sink.string(value); }
  arbitragesLegsSide(value: number): void { this.sink.turn(15, 16); this.sink.int(value); }
  arbitragesLegsProvider(value: Uint8Array | string): void { this.sink.turn(16, 17); this.sink.string(value); }
  arbitragesLegsPriceE4(value: number): void { this.sink.turn(17, 18); this.sink.int(value); }
  arbitragesLegsCommissionPpm(value: number): void { this.sink.turn(18, 19); this.sink.int(value); }
  arbitragesLegsNetPrice(value: number): void { this.sink.turn(19, 20); this.sink.double(value); }
  /** NaN for null. */
  arbitragesLegsLimitMinor(value: number): void { this.sink.turn(20, 21); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.double(value); } }
  arbitragesLegsCurrency(value: Uint8Array | string): void { this.sink.turn(21, 22); this.sink.string(value); }
  arbitragesLegsIsPalpableError(value: boolean): void { this.sink.turn(22, 23); this.sink.boolean(value); }
  arbitragesLegsQuotedAt(value: number): void { this.sink.turn(23, 24); this.sink.long(value); }
  arbitragesLegsConfirmedAt(value: number): void { this.sink.turn(24, 25); this.sink.double(value); }
  arbitragesLegsOffset(value: number): void { this.sink.turn(25, --this.#arbitragesLegsLeft > 0 ? 14 : 26); this.sink.long(value); }
  arbitragesLegsEnd(): void { this.sink.turn(26, --this.#arbitragesLeft > 0 ? 3 : 27); this.sink.endOfItems(); }
  arbitragesEnd(): void { this.sink.turn(27, 28); this.sink.endOfItems(); }
}

/** AnnouncedArbitrages as registered, with its row, columns and writer. */
export const AnnouncedArbitragesSchema: AvroSchema<AnnouncedArbitrages, AnnouncedArbitragesRow, AnnouncedArbitragesWriter> = {
  name: 'oddstream.AnnouncedArbitrages',
  columns: (dictionaries) => new AnnouncedArbitragesColumns(dictionaries),
  writer: () => new AnnouncedArbitragesWriter(),
  avsc: `{
  "type": "record", "name": "AnnouncedArbitrages", "namespace": "oddstream",
  "doc": "The arbitrages of one market that stand announced.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "When the first of them opened, epoch ms UTC; 0 where none is open any more." },
    { "name": "timer_ms", "type": "double", "doc": "When the market is to be looked at again; infinity for never." },
    { "name": "arbitrages", "type": { "type": "array", "items": {
      "type": "record", "name": "AnnouncedArbitrage", "fields": [
        { "name": "id", "type": "string" },
        { "name": "kind", "type": "int" },
        { "name": "opened_at", "type": "long" },
        { "name": "inverse_sum", "type": "double" },
        { "name": "profit_margin", "type": "double" },
        { "name": "in_play", "type": "boolean" },
        { "name": "is_executable", "type": "boolean" },
        { "name": "stakes_minor", "type": { "type": "array", "items": "double" } },
        { "name": "legs", "type": { "type": "array", "items": {
          "type": "record", "name": "AnnouncedLeg", "fields": [
            { "name": "outcome", "type": "string" },
            { "name": "side", "type": "int" },
            { "name": "provider", "type": "string" },
            { "name": "price_e4", "type": "int" },
            { "name": "commission_ppm", "type": "int" },
            { "name": "net_price", "type": "double" },
            { "name": "limit_minor", "type": ["null", "double"] },
            { "name": "currency", "type": "string" },
            { "name": "is_palpable_error", "type": "boolean" },
            { "name": "quoted_at", "type": "long" },
            { "name": "confirmed_at", "type": "double" },
            { "name": "offset", "type": "long" }
          ] } } }
      ] } } }
  ]
}`,
};
