// Generated from schemas/avro/arbitrage.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { listed, markIds, orNull } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const ArbitrageState = { opened: 0, updated: 1, closed: 2 } as const;
export type ArbitrageState = (typeof ArbitrageState)[keyof typeof ArbitrageState];
/** The symbol of each index. */
export const arbitrageStateSymbols = ['opened', 'updated', 'closed'] as const;

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const ArbitrageKind = { back: 0, back_lay: 1 } as const;
export type ArbitrageKind = (typeof ArbitrageKind)[keyof typeof ArbitrageKind];
/** The symbol of each index. */
export const arbitrageKindSymbols = ['back', 'back_lay'] as const;

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const Side = { back: 0, lay: 1 } as const;
export type Side = (typeof Side)[keyof typeof Side];
/** The symbol of each index. */
export const sideSymbols = ['back', 'lay'] as const;

export interface ArbitrageLeg {
  readonly outcome: string;
  readonly side: keyof typeof Side;
  readonly provider: string;
  readonly price: number;
  /** After commission; of a lay, the back price of its opposite. */
  readonly net_price: number;
  /** Ideal share of the outlay (of a lay: its liability). */
  readonly stake_share: number;
  /** Rounded stake when executable (of a lay: the backer's stake). */
  readonly stake_minor: number | null;
  readonly palpable_error: boolean;
  /** Event time of the quote, epoch ms UTC. */
  readonly quoted_at: number;
  /** Lineage: offset of the quote in the source partition. */
  readonly offset: number;
}

/** A change in the life of an arbitrage: opened, updated, closed. It stands until it is closed. */
export interface Arbitrage {
  /** Event time: end of the window, epoch ms UTC. */
  readonly timestamp: number;
  /** The same from opened to closed. */
  readonly arbitrage_id: string;
  readonly state: keyof typeof ArbitrageState;
  /** Backing every outcome, or backing and laying one. */
  readonly kind: keyof typeof ArbitrageKind;
  readonly sport: string;
  readonly event_id: string;
  readonly market: string;
  /** Event time, epoch ms UTC. */
  readonly opened_at: number;
  readonly in_play: boolean;
  /** Sum of 1/net price over the legs (a lay as the back price of its opposite). When closed: of the last legs. */
  readonly inverse_sum: number;
  /** Return over outlay at ideal stakes, less 1. */
  readonly profit_margin: number;
  /** Stakes rounded to each provider's step and within its limits lose in no result and gain in one. */
  readonly executable: boolean;
  /** A leg lies more than ln 4 in log-odds from the median of at least three others. */
  readonly palpable_error: boolean;
  /** Since the leg that was confirmed longest ago, at timestamp. */
  readonly oldest_leg_age_ms: number;
  readonly legs: readonly ArbitrageLeg[];
  /** Lineage. */
  readonly source_partition: number;
  /** Lineage: newest input that this value depends on. */
  readonly source_offset: number;
}

/** A view of one Arbitrage in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class ArbitrageRow implements Row {
  index = 0;
  readonly #columns: ArbitrageColumns;
  constructor(columns: ArbitrageColumns) { this.#columns = columns; }

  get key(): number { return this.#columns.key[this.index]!; }
  get offset(): number { return this.#columns.offset[this.index]!; }
  get timestamp(): number { return this.#columns.timestamp[this.index]!; }
  get control(): Control { return this.#columns.control[this.index]! as Control; }
  get subject(): number { return this.#columns.subject[this.index]!; }
  get isDead(): boolean { return this.#columns.dead[this.index] === 1; }
  /** The text of a string id; empty for -1. */
  text(id: number): string { return id < 0 ? '' : this.#columns.dictionaries.strings.text(id); }
  get keyText(): string { return this.key < 0 ? '' : this.#columns.dictionaries.keys.text(this.key); }

  /** The same from opened to closed. String id. */
  get arbitrageId(): number { return this.#columns.arbitrageId[this.index]!; }
  get state(): ArbitrageState { return this.#columns.state[this.index]! as ArbitrageState; }
  /** Backing every outcome, or backing and laying one. */
  get kind(): ArbitrageKind { return this.#columns.kind[this.index]! as ArbitrageKind; }
  /** String id. */
  get sport(): number { return this.#columns.sport[this.index]!; }
  /** String id. */
  get eventId(): number { return this.#columns.eventId[this.index]!; }
  /** String id. */
  get market(): number { return this.#columns.market[this.index]!; }
  /** Event time, epoch ms UTC. */
  get openedAt(): number { return this.#columns.openedAt[this.index]!; }
  get inPlay(): boolean { return this.#columns.inPlay[this.index] === 1; }
  /** Sum of 1/net price over the legs (a lay as the back price of its opposite). When closed: of the last legs. */
  get inverseSum(): number { return this.#columns.inverseSum[this.index]!; }
  /** Return over outlay at ideal stakes, less 1. */
  get profitMargin(): number { return this.#columns.profitMargin[this.index]!; }
  /** Stakes rounded to each provider's step and within its limits lose in no result and gain in one. */
  get executable(): boolean { return this.#columns.executable[this.index] === 1; }
  /** A leg lies more than ln 4 in log-odds from the median of at least three others. */
  get palpableError(): boolean { return this.#columns.palpableError[this.index] === 1; }
  /** Since the leg that was confirmed longest ago, at timestamp. */
  get oldestLegAgeMs(): number { return this.#columns.oldestLegAgeMs[this.index]!; }
  /** The items of legs are those from its start to its end. */
  get legsStart(): number { return this.#columns.legsStart[this.index]!; }
  get legsEnd(): number { return this.#columns.legsStart[this.index + 1]!; }
  /** String id. */
  legsOutcome(at: number): number { return this.#columns.legsOutcome[at]!; }
  legsSide(at: number): Side { return this.#columns.legsSide[at]! as Side; }
  /** String id. */
  legsProvider(at: number): number { return this.#columns.legsProvider[at]!; }
  legsPrice(at: number): number { return this.#columns.legsPrice[at]!; }
  /** After commission; of a lay, the back price of its opposite. */
  legsNetPrice(at: number): number { return this.#columns.legsNetPrice[at]!; }
  /** Ideal share of the outlay (of a lay: its liability). */
  legsStakeShare(at: number): number { return this.#columns.legsStakeShare[at]!; }
  /** Rounded stake when executable (of a lay: the backer's stake). NaN for null. */
  legsStakeMinor(at: number): number { return this.#columns.legsStakeMinor[at]!; }
  legsPalpableError(at: number): boolean { return this.#columns.legsPalpableError[at] === 1; }
  /** Event time of the quote, epoch ms UTC. */
  legsQuotedAt(at: number): number { return this.#columns.legsQuotedAt[at]!; }
  /** Lineage: offset of the quote in the source partition. */
  legsOffset(at: number): number { return this.#columns.legsOffset[at]!; }
  /** Lineage. */
  get sourcePartition(): number { return this.#columns.sourcePartition[this.index]!; }
  /** Lineage: newest input that this value depends on. */
  get sourceOffset(): number { return this.#columns.sourceOffset[this.index]!; }

  toObject(): Arbitrage {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      arbitrage_id: this.text(columns.arbitrageId[row]!),
      state: arbitrageStateSymbols[columns.state[row]!]!,
      kind: arbitrageKindSymbols[columns.kind[row]!]!,
      sport: this.text(columns.sport[row]!),
      event_id: this.text(columns.eventId[row]!),
      market: this.text(columns.market[row]!),
      opened_at: columns.openedAt[row]!,
      in_play: columns.inPlay[row] === 1,
      inverse_sum: columns.inverseSum[row]!,
      profit_margin: columns.profitMargin[row]!,
      executable: columns.executable[row] === 1,
      palpable_error: columns.palpableError[row] === 1,
      oldest_leg_age_ms: columns.oldestLegAgeMs[row]!,
      legs: listed(columns.legsStart, row, (at) => ({
        outcome: this.text(columns.legsOutcome[at]!),
        side: sideSymbols[columns.legsSide[at]!]!,
        provider: this.text(columns.legsProvider[at]!),
        price: columns.legsPrice[at]!,
        net_price: columns.legsNetPrice[at]!,
        stake_share: columns.legsStakeShare[at]!,
        stake_minor: orNull(columns.legsStakeMinor[at]!),
        palpable_error: columns.legsPalpableError[at] === 1,
        quoted_at: columns.legsQuotedAt[at]!,
        offset: columns.legsOffset[at]!,
      })),
      source_partition: columns.sourcePartition[row]!,
      source_offset: columns.sourceOffset[row]!,
    };
  }
}

/** Columns of Arbitrage. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class ArbitrageColumns implements Columns<ArbitrageRow> {
  readonly dictionaries: Dictionaries;
  size = 0;
  capacity = 16;
  key = new Int32Array(16);
  offset = new Float64Array(16);
  control = new Uint8Array(16);
  subject = new Int32Array(16);
  dead = new Uint8Array(16);
  timestamp = new Float64Array(16);
  arbitrageId = new Int32Array(16);
  state = new Uint8Array(16);
  kind = new Uint8Array(16);
  sport = new Int32Array(16);
  eventId = new Int32Array(16);
  market = new Int32Array(16);
  openedAt = new Float64Array(16);
  inPlay = new Uint8Array(16);
  inverseSum = new Float64Array(16);
  profitMargin = new Float64Array(16);
  executable = new Uint8Array(16);
  palpableError = new Uint8Array(16);
  oldestLegAgeMs = new Float64Array(16);
  sourcePartition = new Int32Array(16);
  sourceOffset = new Float64Array(16);
  legsCapacity = 512;
  legsStart = new Int32Array(17);
  legsOutcome = new Int32Array(512);
  legsSide = new Uint8Array(512);
  legsProvider = new Int32Array(512);
  legsPrice = new Float64Array(512);
  legsNetPrice = new Float64Array(512);
  legsStakeShare = new Float64Array(512);
  legsStakeMinor = new Float64Array(512);
  legsPalpableError = new Uint8Array(512);
  legsQuotedAt = new Float64Array(512);
  legsOffset = new Float64Array(512);
  readonly #row = new ArbitrageRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): ArbitrageRow { this.#row.index = index; return this.#row; }
  empty(): ArbitrageColumns { return new ArbitrageColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: ArbitrageColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.arbitrageId[row] = from.arbitrageId[index]!;
    this.state[row] = from.state[index]!;
    this.kind[row] = from.kind[index]!;
    this.sport[row] = from.sport[index]!;
    this.eventId[row] = from.eventId[index]!;
    this.market[row] = from.market[index]!;
    this.openedAt[row] = from.openedAt[index]!;
    this.inPlay[row] = from.inPlay[index]!;
    this.inverseSum[row] = from.inverseSum[index]!;
    this.profitMargin[row] = from.profitMargin[index]!;
    this.executable[row] = from.executable[index]!;
    this.palpableError[row] = from.palpableError[index]!;
    this.oldestLegAgeMs[row] = from.oldestLegAgeMs[index]!;
    this.sourcePartition[row] = from.sourcePartition[index]!;
    this.sourceOffset[row] = from.sourceOffset[index]!;
    this.#appendLegs(from, index, row);
    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.state[row] = 0;
    this.kind[row] = 0;
    this.openedAt[row] = 0;
    this.inPlay[row] = 0;
    this.inverseSum[row] = 0;
    this.profitMargin[row] = 0;
    this.executable[row] = 0;
    this.palpableError[row] = 0;
    this.oldestLegAgeMs[row] = 0;
    this.sourcePartition[row] = 0;
    this.sourceOffset[row] = 0;
    this.legsStart[row + 1] = this.legsStart[row]!;
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);
    markIds(this.arbitrageId, this.size, strings);
    markIds(this.sport, this.size, strings);
    markIds(this.eventId, this.size, strings);
    markIds(this.market, this.size, strings);
    markIds(this.legsOutcome, this.legsStart[this.size]!, strings);
    markIds(this.legsProvider, this.legsStart[this.size]!, strings);
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
    this.arbitrageId = grown(this.arbitrageId, this.capacity);
    this.state = grown(this.state, this.capacity);
    this.kind = grown(this.kind, this.capacity);
    this.sport = grown(this.sport, this.capacity);
    this.eventId = grown(this.eventId, this.capacity);
    this.market = grown(this.market, this.capacity);
    this.openedAt = grown(this.openedAt, this.capacity);
    this.inPlay = grown(this.inPlay, this.capacity);
    this.inverseSum = grown(this.inverseSum, this.capacity);
    this.profitMargin = grown(this.profitMargin, this.capacity);
    this.executable = grown(this.executable, this.capacity);
    this.palpableError = grown(this.palpableError, this.capacity);
    this.oldestLegAgeMs = grown(this.oldestLegAgeMs, this.capacity);
    this.sourcePartition = grown(this.sourcePartition, this.capacity);
    this.sourceOffset = grown(this.sourceOffset, this.capacity);
    this.legsStart = grown(this.legsStart, this.capacity + 1);
  }

  /** Room for so many items. */
  growLegs(needed: number): void {
    while (this.legsCapacity < needed) this.legsCapacity *= 2;
    this.legsOutcome = grown(this.legsOutcome, this.legsCapacity);
    this.legsSide = grown(this.legsSide, this.legsCapacity);
    this.legsProvider = grown(this.legsProvider, this.legsCapacity);
    this.legsPrice = grown(this.legsPrice, this.legsCapacity);
    this.legsNetPrice = grown(this.legsNetPrice, this.legsCapacity);
    this.legsStakeShare = grown(this.legsStakeShare, this.legsCapacity);
    this.legsStakeMinor = grown(this.legsStakeMinor, this.legsCapacity);
    this.legsPalpableError = grown(this.legsPalpableError, this.legsCapacity);
    this.legsQuotedAt = grown(this.legsQuotedAt, this.legsCapacity);
    this.legsOffset = grown(this.legsOffset, this.legsCapacity);
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
    this.arbitrageId[row] = -1;
    this.state[row] = 0;
    this.kind[row] = 0;
    this.sport[row] = -1;
    this.eventId[row] = -1;
    this.market[row] = -1;
    this.openedAt[row] = 0;
    this.inPlay[row] = 0;
    this.inverseSum[row] = 0;
    this.profitMargin[row] = 0;
    this.executable[row] = 0;
    this.palpableError[row] = 0;
    this.oldestLegAgeMs[row] = 0;
    this.sourcePartition[row] = 0;
    this.sourceOffset[row] = 0;
    this.legsStart[row + 1] = this.legsStart[row]!;
    this.size = row + 1;
  }

  #appendLegs(from: ArbitrageColumns, index: number, row: number): void {
    const start = from.legsStart[index]!, end = from.legsStart[index + 1]!;
    let at = this.legsStart[row]!;
    if (at + end - start > this.legsCapacity) this.growLegs(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.legsOutcome[at] = from.legsOutcome[i]!;
      this.legsSide[at] = from.legsSide[i]!;
      this.legsProvider[at] = from.legsProvider[i]!;
      this.legsPrice[at] = from.legsPrice[i]!;
      this.legsNetPrice[at] = from.legsNetPrice[i]!;
      this.legsStakeShare[at] = from.legsStakeShare[i]!;
      this.legsStakeMinor[at] = from.legsStakeMinor[i]!;
      this.legsPalpableError[at] = from.legsPalpableError[i]!;
      this.legsQuotedAt[at] = from.legsQuotedAt[i]!;
      this.legsOffset[at] = from.legsOffset[i]!;
    }
    this.legsStart[row + 1] = at;
  }
}

/** Encodes values of Arbitrage: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class ArbitrageWriter extends ValueWriter {
  protected readonly lastPlace = 28;
  #legsLeft = 0;

  /** Event time: end of the window, epoch ms UTC. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  /** The same from opened to closed. */
  arbitrageId(value: Uint8Array | string): void { this.sink.turn(1, 2); this.sink.string(value); }
  state(value: ArbitrageState): void { this.sink.turn(2, 3); this.sink.symbol(value, 3); }
  /** Backing every outcome, or backing and laying one. */
  kind(value: ArbitrageKind): void { this.sink.turn(3, 4); this.sink.symbol(value, 2); }
  sport(value: Uint8Array | string): void { this.sink.turn(4, 5); this.sink.string(value); }
  eventId(value: Uint8Array | string): void { this.sink.turn(5, 6); this.sink.string(value); }
  market(value: Uint8Array | string): void { this.sink.turn(6, 7); this.sink.string(value); }
  /** Event time, epoch ms UTC. */
  openedAt(value: number): void { this.sink.turn(7, 8); this.sink.long(value); }
  inPlay(value: boolean): void { this.sink.turn(8, 9); this.sink.boolean(value); }
  /** Sum of 1/net price over the legs (a lay as the back price of its opposite). When closed: of the last legs. */
  inverseSum(value: number): void { this.sink.turn(9, 10); this.sink.double(value); }
  /** Return over outlay at ideal stakes, less 1. */
  profitMargin(value: number): void { this.sink.turn(10, 11); this.sink.double(value); }
  /** Stakes rounded to each provider's step and within its limits lose in no result and gain in one. */
  executable(value: boolean): void { this.sink.turn(11, 12); this.sink.boolean(value); }
  /** A leg lies more than ln 4 in log-odds from the median of at least three others. */
  palpableError(value: boolean): void { this.sink.turn(12, 13); this.sink.boolean(value); }
  /** Since the leg that was confirmed longest ago, at timestamp. */
  oldestLegAgeMs(value: number): void { this.sink.turn(13, 14); this.sink.long(value); }
  legsStart(count: number): void { this.sink.turn(14, count > 0 ? 15 : 25); this.#legsLeft = count; this.sink.items(count); }
  legsOutcome(value: Uint8Array | string): void { this.sink.turn(15, 16); this.sink.string(value); }
  legsSide(value: Side): void { this.sink.turn(16, 17); this.sink.symbol(value, 2); }
  legsProvider(value: Uint8Array | string): void { this.sink.turn(17, 18); this.sink.string(value); }
  legsPrice(value: number): void { this.sink.turn(18, 19); this.sink.double(value); }
  /** After commission; of a lay, the back price of its opposite. */
  legsNetPrice(value: number): void { this.sink.turn(19, 20); this.sink.double(value); }
  /** Ideal share of the outlay (of a lay: its liability). */
  legsStakeShare(value: number): void { this.sink.turn(20, 21); this.sink.double(value); }
  /** Rounded stake when executable (of a lay: the backer's stake). NaN for null. */
  legsStakeMinor(value: number): void { this.sink.turn(21, 22); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  legsPalpableError(value: boolean): void { this.sink.turn(22, 23); this.sink.boolean(value); }
  /** Event time of the quote, epoch ms UTC. */
  legsQuotedAt(value: number): void { this.sink.turn(23, 24); this.sink.long(value); }
  /** Lineage: offset of the quote in the source partition. */
  legsOffset(value: number): void { this.sink.turn(24, --this.#legsLeft > 0 ? 15 : 25); this.sink.long(value); }
  legsEnd(): void { this.sink.turn(25, 26); this.sink.endOfItems(); }
  /** Lineage. */
  sourcePartition(value: number): void { this.sink.turn(26, 27); this.sink.int(value); }
  /** Lineage: newest input that this value depends on. */
  sourceOffset(value: number): void { this.sink.turn(27, 28); this.sink.long(value); }
}

/** Arbitrage as registered, with its row, columns and writer. */
export const ArbitrageSchema: AvroSchema<Arbitrage, ArbitrageRow, ArbitrageWriter> = {
  name: 'oddstream.Arbitrage',
  columns: (dictionaries) => new ArbitrageColumns(dictionaries),
  writer: () => new ArbitrageWriter(),
  avsc: `{
  "type": "record", "name": "Arbitrage", "namespace": "oddstream",
  "doc": "A change in the life of an arbitrage: opened, updated, closed. It stands until it is closed.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "Event time: end of the window, epoch ms UTC." },
    { "name": "arbitrage_id", "type": "string", "doc": "The same from opened to closed." },
    { "name": "state", "type": { "type": "enum", "name": "ArbitrageState", "symbols": ["opened", "updated", "closed"] } },
    { "name": "kind", "type": { "type": "enum", "name": "ArbitrageKind", "symbols": ["back", "back_lay"] }, "doc": "Backing every outcome, or backing and laying one." },
    { "name": "sport", "type": "string" },
    { "name": "event_id", "type": "string" },
    { "name": "market", "type": "string" },
    { "name": "opened_at", "type": "long", "doc": "Event time, epoch ms UTC." },
    { "name": "in_play", "type": "boolean" },
    { "name": "inverse_sum", "type": "double", "doc": "Sum of 1/net price over the legs (a lay as the back price of its opposite). When closed: of the last legs." },
    { "name": "profit_margin", "type": "double", "doc": "Return over outlay at ideal stakes, less 1." },
    { "name": "executable", "type": "boolean", "doc": "Stakes rounded to each provider's step and within its limits lose in no result and gain in one." },
    { "name": "palpable_error", "type": "boolean", "doc": "A leg lies more than ln 4 in log-odds from the median of at least three others." },
    { "name": "oldest_leg_age_ms", "type": "long", "doc": "Since the leg that was confirmed longest ago, at timestamp." },
    { "name": "legs", "type": { "type": "array", "items": {
      "type": "record", "name": "ArbitrageLeg", "fields": [
        { "name": "outcome", "type": "string" },
        { "name": "side", "type": { "type": "enum", "name": "Side", "symbols": ["back", "lay"] } },
        { "name": "provider", "type": "string" },
        { "name": "price", "type": "double" },
        { "name": "net_price", "type": "double", "doc": "After commission; of a lay, the back price of its opposite." },
        { "name": "stake_share", "type": "double", "doc": "Ideal share of the outlay (of a lay: its liability)." },
        { "name": "stake_minor", "type": ["null", "long"], "doc": "Rounded stake when executable (of a lay: the backer's stake)." },
        { "name": "palpable_error", "type": "boolean" },
        { "name": "quoted_at", "type": "long", "doc": "Event time of the quote, epoch ms UTC." },
        { "name": "offset", "type": "long", "doc": "Lineage: offset of the quote in the source partition." }
      ] } } },
    { "name": "source_partition", "type": "int", "doc": "Lineage." },
    { "name": "source_offset", "type": "long", "doc": "Lineage: newest input that this value depends on." }
  ]
}`,
};
