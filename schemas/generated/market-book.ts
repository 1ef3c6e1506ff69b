// Generated from schemas/avro/market-book.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { listed, markIds, orNull } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

export interface BookPrice {
  readonly outcome: string;
  readonly price: number | null;
  readonly limit_minor: number | null;
  readonly lay: number | null;
  readonly lay_limit_minor: number | null;
}

export interface BookQuote {
  readonly provider: string;
  /** Event time of the quote, epoch ms UTC. */
  readonly quoted_at: number;
  /** Lineage: offset of the quote in the source partition. */
  readonly offset: number;
  readonly commission: number;
  readonly currency: string | null;
  /** By outcome name. */
  readonly prices: readonly BookPrice[];
}

/** All providers' live quotes on one market, side by side, as of a window's end. The newest replaces the older; a tombstone says that the market is over. */
export interface MarketBook {
  /** Event time: end of the window, epoch ms UTC. */
  readonly timestamp: number;
  readonly sport: string;
  readonly event_id: string;
  readonly market: string;
  readonly in_play: boolean;
  /** By provider name. */
  readonly quotes: readonly BookQuote[];
  /** Lineage. */
  readonly source_partition: number;
  /** Lineage: newest input that this value depends on. */
  readonly source_offset: number;
}

/** A view of one MarketBook in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class MarketBookRow implements Row {
  index = 0;
  readonly #columns: MarketBookColumns;
  constructor(columns: MarketBookColumns) { this.#columns = columns; }

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
  /** By provider name. */
  get quotesStart(): number { return this.#columns.quotesStart[this.index]!; }
  get quotesEnd(): number { return this.#columns.quotesStart[this.index + 1]!; }
  /** String id. */
  quotesProvider(at: number): number { return this.#columns.quotesProvider[at]!; }
  /** Event time of the quote, epoch ms UTC. */
  quotesQuotedAt(at: number): number { return this.#columns.quotesQuotedAt[at]!; }
  /** Lineage: offset of the quote in the source partition. */
  quotesOffset(at: number): number { return this.#columns.quotesOffset[at]!; }
  quotesCommission(at: number): number { return this.#columns.quotesCommission[at]!; }
  /** String id; -1 for null. */
  quotesCurrency(at: number): number { return this.#columns.quotesCurrency[at]!; }
  /** By outcome name. */
  quotesPricesStart(at: number): number { return this.#columns.quotesPricesStart[at]!; }
  quotesPricesEnd(at: number): number { return this.#columns.quotesPricesStart[at + 1]!; }
  /** String id. */
  quotesPricesOutcome(at: number): number { return this.#columns.quotesPricesOutcome[at]!; }
  /** NaN for null. */
  quotesPricesPrice(at: number): number { return this.#columns.quotesPricesPrice[at]!; }
  /** NaN for null. */
  quotesPricesLimitMinor(at: number): number { return this.#columns.quotesPricesLimitMinor[at]!; }
  /** NaN for null. */
  quotesPricesLay(at: number): number { return this.#columns.quotesPricesLay[at]!; }
  /** NaN for null. */
  quotesPricesLayLimitMinor(at: number): number { return this.#columns.quotesPricesLayLimitMinor[at]!; }
  /** Lineage. */
  get sourcePartition(): number { return this.#columns.sourcePartition[this.index]!; }
  /** Lineage: newest input that this value depends on. */
  get sourceOffset(): number { return this.#columns.sourceOffset[this.index]!; }

  toObject(): MarketBook {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      sport: this.text(columns.sport[row]!),
      event_id: this.text(columns.eventId[row]!),
      market: this.text(columns.market[row]!),
      in_play: columns.inPlay[row] === 1,
      quotes: listed(columns.quotesStart, row, (at) => ({
        provider: this.text(columns.quotesProvider[at]!),
        quoted_at: columns.quotesQuotedAt[at]!,
        offset: columns.quotesOffset[at]!,
        commission: columns.quotesCommission[at]!,
        currency: columns.quotesCurrency[at] === -1 ? null : this.text(columns.quotesCurrency[at]!),
        prices: listed(columns.quotesPricesStart, at, (at1) => ({
          outcome: this.text(columns.quotesPricesOutcome[at1]!),
          price: orNull(columns.quotesPricesPrice[at1]!),
          limit_minor: orNull(columns.quotesPricesLimitMinor[at1]!),
          lay: orNull(columns.quotesPricesLay[at1]!),
          lay_limit_minor: orNull(columns.quotesPricesLayLimitMinor[at1]!),
        })),
      })),
      source_partition: columns.sourcePartition[row]!,
      source_offset: columns.sourceOffset[row]!,
    };
  }
}

/** Columns of MarketBook. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class MarketBookColumns implements Columns<MarketBookRow> {
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
  sourcePartition = new Int32Array(16);
  sourceOffset = new Float64Array(16);
  quotesCapacity = 512;
  quotesStart = new Int32Array(17);
  quotesProvider = new Int32Array(512);
  quotesQuotedAt = new Float64Array(512);
  quotesOffset = new Float64Array(512);
  quotesCommission = new Float64Array(512);
  quotesCurrency = new Int32Array(512);
  quotesPricesCapacity = 512;
  quotesPricesStart = new Int32Array(513);
  quotesPricesOutcome = new Int32Array(512);
  quotesPricesPrice = new Float64Array(512);
  quotesPricesLimitMinor = new Float64Array(512);
  quotesPricesLay = new Float64Array(512);
  quotesPricesLayLimitMinor = new Float64Array(512);
  readonly #row = new MarketBookRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): MarketBookRow { this.#row.index = index; return this.#row; }
  empty(): MarketBookColumns { return new MarketBookColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: MarketBookColumns, index: number): void {
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
    this.sourcePartition[row] = from.sourcePartition[index]!;
    this.sourceOffset[row] = from.sourceOffset[index]!;
    this.#appendQuotes(from, index, row);
    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.inPlay[row] = 0;
    this.sourcePartition[row] = 0;
    this.sourceOffset[row] = 0;
    this.quotesStart[row + 1] = this.quotesStart[row]!;
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);
    markIds(this.sport, this.size, strings);
    markIds(this.eventId, this.size, strings);
    markIds(this.market, this.size, strings);
    markIds(this.quotesProvider, this.quotesStart[this.size]!, strings);
    markIds(this.quotesCurrency, this.quotesStart[this.size]!, strings);
    markIds(this.quotesPricesOutcome, this.quotesPricesStart[this.quotesStart[this.size]!]!, strings);
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
    this.sourcePartition = grown(this.sourcePartition, this.capacity);
    this.sourceOffset = grown(this.sourceOffset, this.capacity);
    this.quotesStart = grown(this.quotesStart, this.capacity + 1);
  }

  /** Room for so many items. */
  growQuotes(needed: number): void {
    while (this.quotesCapacity < needed) this.quotesCapacity *= 2;
    this.quotesProvider = grown(this.quotesProvider, this.quotesCapacity);
    this.quotesQuotedAt = grown(this.quotesQuotedAt, this.quotesCapacity);
    this.quotesOffset = grown(this.quotesOffset, this.quotesCapacity);
    this.quotesCommission = grown(this.quotesCommission, this.quotesCapacity);
    this.quotesCurrency = grown(this.quotesCurrency, this.quotesCapacity);
    this.quotesPricesStart = grown(this.quotesPricesStart, this.quotesCapacity + 1);
  }

  /** Room for so many items. */
  growQuotesPrices(needed: number): void {
    while (this.quotesPricesCapacity < needed) this.quotesPricesCapacity *= 2;
    this.quotesPricesOutcome = grown(this.quotesPricesOutcome, this.quotesPricesCapacity);
    this.quotesPricesPrice = grown(this.quotesPricesPrice, this.quotesPricesCapacity);
    this.quotesPricesLimitMinor = grown(this.quotesPricesLimitMinor, this.quotesPricesCapacity);
    this.quotesPricesLay = grown(this.quotesPricesLay, this.quotesPricesCapacity);
    this.quotesPricesLayLimitMinor = grown(this.quotesPricesLayLimitMinor, this.quotesPricesCapacity);
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
    this.sourcePartition[row] = 0;
    this.sourceOffset[row] = 0;
    this.quotesStart[row + 1] = this.quotesStart[row]!;
    this.size = row + 1;
  }

  #appendQuotes(from: MarketBookColumns, index: number, row: number): void {
    const start = from.quotesStart[index]!, end = from.quotesStart[index + 1]!;
    let at = this.quotesStart[row]!;
    if (at + end - start > this.quotesCapacity) this.growQuotes(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.quotesProvider[at] = from.quotesProvider[i]!;
      this.quotesQuotedAt[at] = from.quotesQuotedAt[i]!;
      this.quotesOffset[at] = from.quotesOffset[i]!;
      this.quotesCommission[at] = from.quotesCommission[i]!;
      this.quotesCurrency[at] = from.quotesCurrency[i]!;
      this.#appendQuotesPrices(from, i, at);
    }
    this.quotesStart[row + 1] = at;
  }

  #appendQuotesPrices(from: MarketBookColumns, index: number, row: number): void {
    const start = from.quotesPricesStart[index]!, end = from.quotesPricesStart[index + 1]!;
    let at = this.quotesPricesStart[row]!;
    if (at + end - start > this.quotesPricesCapacity) this.growQuotesPrices(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.quotesPricesOutcome[at] = from.quotesPricesOutcome[i]!;
      this.quotesPricesPrice[at] = from.quotesPricesPrice[i]!;
      this.quotesPricesLimitMinor[at] = from.quotesPricesLimitMinor[i]!;
      this.quotesPricesLay[at] = from.quotesPricesLay[i]!;
      this.quotesPricesLayLimitMinor[at] = from.quotesPricesLayLimitMinor[i]!;
    }
    this.quotesPricesStart[row + 1] = at;
  }
}

/** Encodes values of MarketBook: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class MarketBookWriter extends ValueWriter {
  protected readonly lastPlace = 21;
  #quotesLeft = 0;
  #quotesPricesLeft = 0;

  /** Event time: end of the window, epoch ms UTC. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  sport(value: Uint8Array | string): void { this.sink.turn(1, 2); this.sink.string(value); }
  eventId(value: Uint8Array | string): void { this.sink.turn(2, 3); this.sink.string(value); }
  market(value: Uint8Array | string): void { this.sink.turn(3, 4); this.sink.string(value); }
  inPlay(value: boolean): void { this.sink.turn(4, 5); this.sink.boolean(value); }
  /** By provider name. */
  quotesStart(count: number): void { this.sink.turn(5, count > 0 ? 6 : 18); this.#quotesLeft = count; this.sink.items(count); }
  quotesProvider(value: Uint8Array | string): void { this.sink.turn(6, 7); this.sink.string(value); }
  /** Event time of the quote, epoch ms UTC. */
  quotesQuotedAt(value: number): void { this.sink.turn(7, 8); this.sink.long(value); }
  /** Lineage: offset of the quote in the source partition. */
  quotesOffset(value: number): void { this.sink.turn(8, 9); this.sink.long(value); }
  quotesCommission(value: number): void { this.sink.turn(9, 10); this.sink.double(value); }
  /** undefined for null. */
  quotesCurrency(value: Uint8Array | string | undefined): void { this.sink.turn(10, 11); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** By outcome name. */
  quotesPricesStart(count: number): void { this.sink.turn(11, count > 0 ? 12 : 17); this.#quotesPricesLeft = count; this.sink.items(count); }
  quotesPricesOutcome(value: Uint8Array | string): void { this.sink.turn(12, 13); this.sink.string(value); }
  /** NaN for null. */
  quotesPricesPrice(value: number): void { this.sink.turn(13, 14); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.double(value); } }
  /** NaN for null. */
  quotesPricesLimitMinor(value: number): void { this.sink.turn(14, 15); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** NaN for null. */
  quotesPricesLay(value: number): void { this.sink.turn(15, 16); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.double(value); } }
  /** NaN for null. */
  quotesPricesLayLimitMinor(value: number): void { this.sink.turn(16, --this.#quotesPricesLeft > 0 ? 12 : 17); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  quotesPricesEnd(): void { this.sink.turn(17, --this.#quotesLeft > 0 ? 6 : 18); this.sink.endOfItems(); }
  quotesEnd(): void { this.sink.turn(18, 19); this.sink.endOfItems(); }
  /** Lineage. */
  sourcePartition(value: number): void { this.sink.turn(19, 20); this.sink.int(value); }
  /** Lineage: newest input that this value depends on. */
  sourceOffset(value: number): void { this.sink.turn(20, 21); this.sink.long(value); }
}

/** MarketBook as registered, with its row, columns and writer. */
export const MarketBookSchema: AvroSchema<MarketBook, MarketBookRow, MarketBookWriter> = {
  name: 'oddstream.MarketBook',
  columns: (dictionaries) => new MarketBookColumns(dictionaries),
  writer: () => new MarketBookWriter(),
  avsc: `{
  "type": "record", "name": "MarketBook", "namespace": "oddstream",
  "doc": "All providers' live quotes on one market, side by side, as of a window's end. The newest replaces the older; a tombstone says that the market is over.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "Event time: end of the window, epoch ms UTC." },
    { "name": "sport", "type": "string" },
    { "name": "event_id", "type": "string" },
    { "name": "market", "type": "string" },
    { "name": "in_play", "type": "boolean" },
    { "name": "quotes", "doc": "By provider name.", "type": { "type": "array", "items": {
      "type": "record", "name": "BookQuote", "fields": [
        { "name": "provider", "type": "string" },
        { "name": "quoted_at", "type": "long", "doc": "Event time of the quote, epoch ms UTC." },
        { "name": "offset", "type": "long", "doc": "Lineage: offset of the quote in the source partition." },
        { "name": "commission", "type": "double" },
        { "name": "currency", "type": ["null", "string"] },
        { "name": "prices", "doc": "By outcome name.", "type": { "type": "array", "items": {
          "type": "record", "name": "BookPrice", "fields": [
            { "name": "outcome", "type": "string" },
            { "name": "price", "type": ["null", "double"] },
            { "name": "limit_minor", "type": ["null", "long"] },
            { "name": "lay", "type": ["null", "double"] },
            { "name": "lay_limit_minor", "type": ["null", "long"] }
          ] } } }
      ] } } },
    { "name": "source_partition", "type": "int", "doc": "Lineage." },
    { "name": "source_offset", "type": "long", "doc": "Lineage: newest input that this value depends on." }
  ]
}`,
};
