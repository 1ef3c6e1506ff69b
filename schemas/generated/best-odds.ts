// Generated from schemas/avro/best-odds.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { listed, markIds, orNull } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

export interface BestPrice {
  readonly outcome: string;
  /** Decimal, as quoted. */
  readonly price: number;
  /** After commission: what prices were compared by. */
  readonly net_price: number;
  readonly provider: string;
  /** Largest stake, minor units of the provider's currency. */
  readonly limit_minor: number | null;
  /** Event time of the quote, epoch ms UTC. */
  readonly quoted_at: number;
  /** Lineage: offset of the quote in the source partition. */
  readonly offset: number;
}

/** The best standing price of each outcome of a market as of a window's end. One per market and window in which something changed. */
export interface BestOdds {
  /** Event time: end of the window, epoch ms UTC. */
  readonly timestamp: number;
  readonly sport: string;
  readonly event_id: string;
  readonly market: string;
  readonly in_play: boolean;
  /** How many providers' quotes were live. */
  readonly providers: number;
  /** Sum of 1/net price over the complete set of outcomes; null where an outcome has no price or the market type is unknown. */
  readonly inverse_sum: number | null;
  /** By outcome name; empty when no quote is live any more. */
  readonly outcomes: readonly BestPrice[];
  /** Lineage. */
  readonly source_partition: number;
  /** Lineage: newest input that this value depends on. */
  readonly source_offset: number;
}

/** A view of one BestOdds in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class BestOddsRow implements Row {
  index = 0;
  readonly #columns: BestOddsColumns;
  constructor(columns: BestOddsColumns) { this.#columns = columns; }

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
  get sport(): number { return this.#columns.sport[this.index]!; }
  /** String id. */
  get eventId(): number { return this.#columns.eventId[this.index]!; }
  /** String id. */
  get market(): number { return this.#columns.market[this.index]!; }
  get inPlay(): boolean { return this.#columns.inPlay[this.index] === 1; }
  /** How many providers' quotes were live. */
  get providers(): number { return this.#columns.providers[this.index]!; }
  /** Sum of 1/net price over the complete set of outcomes; null where an outcome has no price or the market type is unknown. NaN for null. */
  get inverseSum(): number { return this.#columns.inverseSum[this.index]!; }
  /** By outcome name; empty when no quote is live any more. */
  get outcomesStart(): number { return this.#columns.outcomesStart[this.index]!; }
  get outcomesEnd(): number { return this.#columns.outcomesStart[this.index + 1]!; }
  /** String id. */
  outcomesOutcome(at: number): number { return this.#columns.outcomesOutcome[at]!; }
  /** Decimal, as quoted. */
  outcomesPrice(at: number): number { return this.#columns.outcomesPrice[at]!; }
  /** After commission: what prices were compared by. */
  outcomesNetPrice(at: number): number { return this.#columns.outcomesNetPrice[at]!; }
  /** String id. */
  outcomesProvider(at: number): number { return this.#columns.outcomesProvider[at]!; }
  /** Largest stake, minor units of the provider's currency. NaN for null. */
  outcomesLimitMinor(at: number): number { return this.#columns.outcomesLimitMinor[at]!; }
  /** Event time of the quote, epoch ms UTC. */
  outcomesQuotedAt(at: number): number { return this.#columns.outcomesQuotedAt[at]!; }
  /** Lineage: offset of the quote in the source partition. */
  outcomesOffset(at: number): number { return this.#columns.outcomesOffset[at]!; }
  /** Lineage. */
  get sourcePartition(): number { return this.#columns.sourcePartition[this.index]!; }
  /** Lineage: newest input that this value depends on. */
  get sourceOffset(): number { return this.#columns.sourceOffset[this.index]!; }

  toObject(): BestOdds {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      sport: this.text(columns.sport[row]!),
      event_id: this.text(columns.eventId[row]!),
      market: this.text(columns.market[row]!),
      in_play: columns.inPlay[row] === 1,
      providers: columns.providers[row]!,
      inverse_sum: orNull(columns.inverseSum[row]!),
      outcomes: listed(columns.outcomesStart, row, (at) => ({
        outcome: this.text(columns.outcomesOutcome[at]!),
        price: columns.outcomesPrice[at]!,
        net_price: columns.outcomesNetPrice[at]!,
        provider: this.text(columns.outcomesProvider[at]!),
        limit_minor: orNull(columns.outcomesLimitMinor[at]!),
        quoted_at: columns.outcomesQuotedAt[at]!,
        offset: columns.outcomesOffset[at]!,
      })),
      source_partition: columns.sourcePartition[row]!,
      source_offset: columns.sourceOffset[row]!,
    };
  }
}

/** Columns of BestOdds. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class BestOddsColumns implements Columns<BestOddsRow> {
  readonly dictionaries: Dictionaries;
  size = 0;
  capacity = 16;
  key = new Int32Array(16);
  offset = new Float64Array(16);
  control = new Uint8Array(16);
  subject = new Int32Array(16);
  dead = new Uint8Array(16);
  timestamp = new Float64Array(16);
  sport = new Int32Array(16);
  eventId = new Int32Array(16);
  market = new Int32Array(16);
  inPlay = new Uint8Array(16);
  providers = new Int32Array(16);
  inverseSum = new Float64Array(16);
  sourcePartition = new Int32Array(16);
  sourceOffset = new Float64Array(16);
  outcomesCapacity = 512;
  outcomesStart = new Int32Array(17);
  outcomesOutcome = new Int32Array(512);
  outcomesPrice = new Float64Array(512);
  outcomesNetPrice = new Float64Array(512);
  outcomesProvider = new Int32Array(512);
  outcomesLimitMinor = new Float64Array(512);
  outcomesQuotedAt = new Float64Array(512);
  outcomesOffset = new Float64Array(512);
  readonly #row = new BestOddsRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): BestOddsRow { this.#row.index = index; return this.#row; }
  empty(): BestOddsColumns { return new BestOddsColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: BestOddsColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.sport[row] = from.sport[index]!;
    this.eventId[row] = from.eventId[index]!;
    this.market[row] = from.market[index]!;
    this.inPlay[row] = from.inPlay[index]!;
    this.providers[row] = from.providers[index]!;
    this.inverseSum[row] = from.inverseSum[index]!;
    this.sourcePartition[row] = from.sourcePartition[index]!;
    this.sourceOffset[row] = from.sourceOffset[index]!;
    this.#appendOutcomes(from, index, row);
    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.inPlay[row] = 0;
    this.providers[row] = 0;
    this.inverseSum[row] = NaN;
    this.sourcePartition[row] = 0;
    this.sourceOffset[row] = 0;
    this.outcomesStart[row + 1] = this.outcomesStart[row]!;
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);
    markIds(this.sport, this.size, strings);
    markIds(this.eventId, this.size, strings);
    markIds(this.market, this.size, strings);
    markIds(this.outcomesOutcome, this.outcomesStart[this.size]!, strings);
    markIds(this.outcomesProvider, this.outcomesStart[this.size]!, strings);
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
    this.sport = grown(this.sport, this.capacity);
    this.eventId = grown(this.eventId, this.capacity);
    this.market = grown(this.market, this.capacity);
    this.inPlay = grown(this.inPlay, this.capacity);
    this.providers = grown(this.providers, this.capacity);
    this.inverseSum = grown(this.inverseSum, this.capacity);
    this.sourcePartition = grown(this.sourcePartition, this.capacity);
    this.sourceOffset = grown(this.sourceOffset, this.capacity);
    this.outcomesStart = grown(this.outcomesStart, this.capacity + 1);
  }

  /** Room for so many items. */
  growOutcomes(needed: number): void {
    while (this.outcomesCapacity < needed) this.outcomesCapacity *= 2;
    this.outcomesOutcome = grown(this.outcomesOutcome, this.outcomesCapacity);
    this.outcomesPrice = grown(this.outcomesPrice, this.outcomesCapacity);
    this.outcomesNetPrice = grown(this.outcomesNetPrice, this.outcomesCapacity);
    this.outcomesProvider = grown(this.outcomesProvider, this.outcomesCapacity);
    this.outcomesLimitMinor = grown(this.outcomesLimitMinor, this.outcomesCapacity);
    this.outcomesQuotedAt = grown(this.outcomesQuotedAt, this.outcomesCapacity);
    this.outcomesOffset = grown(this.outcomesOffset, this.outcomesCapacity);
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
    this.sport[row] = -1;
    this.eventId[row] = -1;
    this.market[row] = -1;
    this.inPlay[row] = 0;
    this.providers[row] = 0;
    this.inverseSum[row] = NaN;
    this.sourcePartition[row] = 0;
    this.sourceOffset[row] = 0;
    this.outcomesStart[row + 1] = this.outcomesStart[row]!;
    this.size = row + 1;
  }

  #appendOutcomes(from: BestOddsColumns, index: number, row: number): void {
    const start = from.outcomesStart[index]!, end = from.outcomesStart[index + 1]!;
    let at = this.outcomesStart[row]!;
    if (at + end - start > this.outcomesCapacity) this.growOutcomes(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.outcomesOutcome[at] = from.outcomesOutcome[i]!;
      this.outcomesPrice[at] = from.outcomesPrice[i]!;
      this.outcomesNetPrice[at] = from.outcomesNetPrice[i]!;
      this.outcomesProvider[at] = from.outcomesProvider[i]!;
      this.outcomesLimitMinor[at] = from.outcomesLimitMinor[i]!;
      this.outcomesQuotedAt[at] = from.outcomesQuotedAt[i]!;
      this.outcomesOffset[at] = from.outcomesOffset[i]!;
    }
    this.outcomesStart[row + 1] = at;
  }
}

/** Encodes values of BestOdds: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class BestOddsWriter extends ValueWriter {
  protected readonly lastPlace = 18;
  #outcomesLeft = 0;

  /** Event time: end of the window, epoch ms UTC. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  sport(value: Uint8Array | string): void { this.sink.turn(1, 2); this.sink.string(value); }
  eventId(value: Uint8Array | string): void { this.sink.turn(2, 3); this.sink.string(value); }
  market(value: Uint8Array | string): void { this.sink.turn(3, 4); this.sink.string(value); }
  inPlay(value: boolean): void { this.sink.turn(4, 5); this.sink.boolean(value); }
  /** How many providers' quotes were live. */
  providers(value: number): void { this.sink.turn(5, 6); this.sink.int(value); }
  /** Sum of 1/net price over the complete set of outcomes; null where an outcome has no price or the market type is unknown. NaN for null. */
  inverseSum(value: number): void { this.sink.turn(6, 7); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.double(value); } }
  /** By outcome name; empty when no quote is live any more. */
  outcomesStart(count: number): void { this.sink.turn(7, count > 0 ? 8 : 15); this.#outcomesLeft = count; this.sink.items(count); }
  outcomesOutcome(value: Uint8Array | string): void { this.sink.turn(8, 9); this.sink.string(value); }
  /** Decimal, as quoted. */
  outcomesPrice(value: number): void { this.sink.turn(9, 10); this.sink.double(value); }
  /** After commission: what prices were compared by. */
  outcomesNetPrice(value: number): void { this.sink.turn(10, 11); this.sink.double(value); }
  outcomesProvider(value: Uint8Array | string): void { this.sink.turn(11, 12); this.sink.string(value); }
  /** Largest stake, minor units of the provider's currency. NaN for null. */
  outcomesLimitMinor(value: number): void { this.sink.turn(12, 13); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** Event time of the quote, epoch ms UTC. */
  outcomesQuotedAt(value: number): void { this.sink.turn(13, 14); this.sink.long(value); }
  /** Lineage: offset of the quote in the source partition. */
  outcomesOffset(value: number): void { this.sink.turn(14, --this.#outcomesLeft > 0 ? 8 : 15); this.sink.long(value); }
  outcomesEnd(): void { this.sink.turn(15, 16); this.sink.endOfItems(); }
  /** Lineage. */
  sourcePartition(value: number): void { this.sink.turn(16, 17); this.sink.int(value); }
  /** Lineage: newest input that this value depends on. */
  sourceOffset(value: number): void { this.sink.turn(17, 18); this.sink.long(value); }
}

/** BestOdds as registered, with its row, columns and writer. */
export const BestOddsSchema: AvroSchema<BestOdds, BestOddsRow, BestOddsWriter> = {
  name: 'oddstream.BestOdds',
  columns: (dictionaries) => new BestOddsColumns(dictionaries),
  writer: () => new BestOddsWriter(),
  avsc: `{
  "type": "record", "name": "BestOdds", "namespace": "oddstream",
  "doc": "The best standing price of each outcome of a market as of a window's end. One per market and window in which something changed.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "Event time: end of the window, epoch ms UTC." },
    { "name": "sport", "type": "string" },
    { "name": "event_id", "type": "string" },
    { "name": "market", "type": "string" },
    { "name": "in_play", "type": "boolean" },
    { "name": "providers", "type": "int", "doc": "How many providers' quotes were live." },
    { "name": "inverse_sum", "type": ["null", "double"], "doc": "Sum of 1/net price over the complete set of outcomes; null where an outcome has no price or the market type is unknown." },
    { "name": "outcomes", "doc": "By outcome name; empty when no quote is live any more.", "type": { "type": "array", "items": {
      "type": "record", "name": "BestPrice", "fields": [
        { "name": "outcome", "type": "string" },
        { "name": "price", "type": "double", "doc": "Decimal, as quoted." },
        { "name": "net_price", "type": "double", "doc": "After commission: what prices were compared by." },
        { "name": "provider", "type": "string" },
        { "name": "limit_minor", "type": ["null", "long"], "doc": "Largest stake, minor units of the provider's currency." },
        { "name": "quoted_at", "type": "long", "doc": "Event time of the quote, epoch ms UTC." },
        { "name": "offset", "type": "long", "doc": "Lineage: offset of the quote in the source partition." }
      ] } } },
    { "name": "source_partition", "type": "int", "doc": "Lineage." },
    { "name": "source_offset", "type": "long", "doc": "Lineage: newest input that this value depends on." }
  ]
}`,
};
