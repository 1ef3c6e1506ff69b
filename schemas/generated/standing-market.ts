// Generated from schemas/avro/standing-market.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { listed, markIds, orNull } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

export interface StandingPrice {
  /** Index in outcomes. */
  readonly outcome: number;
  /** Ten-thousandths; 0 for none. */
  readonly price_e4: number;
  readonly lay_e4: number;
  readonly limit_minor: number | null;
  readonly lay_limit_minor: number | null;
}

export interface StandingQuote {
  readonly provider: string;
  /** Event time, epoch ms UTC. */
  readonly quoted_at: number;
  /** Lineage. */
  readonly offset: number;
  readonly sequence: number | null;
  readonly status: number;
  readonly in_play: boolean;
  readonly commission_ppm: number;
  readonly currency: string | null;
  readonly prices: readonly StandingPrice[];
  readonly said_live: boolean;
  /** What was last spoken of is what stands: the fields below are empty. */
  readonly said_same: boolean;
  readonly said_in_play: boolean;
  readonly said_commission_ppm: number;
  readonly said_currency: string | null;
  readonly said_prices: readonly StandingPrice[];
}

/** One market of the live book: each provider's newest quote, and what of it was last spoken of. */
export interface StandingMarket {
  /** Event time of the newest quote, epoch ms UTC; 0 where none is left. */
  readonly timestamp: number;
  /** Lineage: newest input that its state depends on. */
  readonly newest_offset: number;
  /** When it is next looked at for quotes that have outlived their time. */
  readonly timer_ms: number;
  /** A quote that was spoken of as live is gone, and that was not said yet. */
  readonly is_short: boolean;
  /** Somebody wants to know when a live quote is confirmed. */
  readonly is_watched: boolean;
  /** One was, in the open window. */
  readonly is_confirmed: boolean;
  readonly outcomes: readonly string[];
  readonly quotes: readonly StandingQuote[];
}

/** A view of one StandingMarket in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class StandingMarketRow implements Row {
  index = 0;
  readonly #columns: StandingMarketColumns;
  constructor(columns: StandingMarketColumns) { this.#columns = columns; }

  get key(): number { return this.#columns.key[this.index]!; }
  get offset(): number { return this.#columns.offset[this.index]!; }
  get timestamp(): number { return this.#columns.timestamp[this.index]!; }
  get control(): Control { return this.#columns.control[this.index]! as Control; }
  get subject(): number { return this.#columns.subject[this.index]!; }
  get isDead(): boolean { return this.#columns.dead[this.index] === 1; }
  /** The text of a string id; empty for -1. */
  text(id: number): string { return id < 0 ? '' : this.#columns.dictionaries.strings.text(id); }
  get keyText(): string { return this.key < 0 ? '' : this.#columns.dictionaries.keys.text(this.key); }

  /** Lineage: newest input that its state depends on. */
  get newestOffset(): number { return this.#columns.newestOffset[this.index]!; }
  /** When it is next looked at for quotes that have outlived their time. */
  get timerMs(): number { return this.#columns.timerMs[this.index]!; }
  /** A quote that was spoken of as live is gone, and that was not said yet. */
  get isShort(): boolean { return this.#columns.isShort[this.index] === 1; }
  /** Somebody wants to know when a live quote is confirmed. */
  get isWatched(): boolean { return this.#columns.isWatched[this.index] === 1; }
  /** One was, in the open window. */
  get isConfirmed(): boolean { return this.#columns.isConfirmed[this.index] === 1; }
  /** The items of outcomes are those from its start to its end. */
  get outcomesStart(): number { return this.#columns.outcomesStart[this.index]!; }
  get outcomesEnd(): number { return this.#columns.outcomesStart[this.index + 1]!; }
  /** String id. */
  outcomes(at: number): number { return this.#columns.outcomes[at]!; }
  /** The items of quotes are those from its start to its end. */
  get quotesStart(): number { return this.#columns.quotesStart[this.index]!; }
  get quotesEnd(): number { return this.#columns.quotesStart[this.index + 1]!; }
  /** String id. */
  quotesProvider(at: number): number { return this.#columns.quotesProvider[at]!; }
  /** Event time, epoch ms UTC. */
  quotesQuotedAt(at: number): number { return this.#columns.quotesQuotedAt[at]!; }
  /** Lineage. */
  quotesOffset(at: number): number { return this.#columns.quotesOffset[at]!; }
  /** NaN for null. */
  quotesSequence(at: number): number { return this.#columns.quotesSequence[at]!; }
  quotesStatus(at: number): number { return this.#columns.quotesStatus[at]!; }
  quotesInPlay(at: number): boolean { return this.#columns.quotesInPlay[at] === 1; }
  quotesCommissionPpm(at: number): number { return this.#columns.quotesCommissionPpm[at]!; }
  /** String id; -1 for null. */
  quotesCurrency(at: number): number { return this.#columns.quotesCurrency[at]!; }
  /** The items of quotesPrices are those from its start to its end. */
  quotesPricesStart(at: number): number { return this.#columns.quotesPricesStart[at]!; }
  quotesPricesEnd(at: number): number { return this.#columns.quotesPricesStart[at + 1]!; }
  /** Index in outcomes. */
  quotesPricesOutcome(at: number): number { return this.#columns.quotesPricesOutcome[at]!; }
  /** Ten-thousandths; 0 for none. */
  quotesPricesPriceE4(at: number): number { return this.#columns.quotesPricesPriceE4[at]!; }
  quotesPricesLayE4(at: number): number { return this.#columns.quotesPricesLayE4[at]!; }
  /** NaN for null. */
  quotesPricesLimitMinor(at: number): number { return this.#columns.quotesPricesLimitMinor[at]!; }
  /** NaN for null. */
  quotesPricesLayLimitMinor(at: number): number { return this.#columns.quotesPricesLayLimitMinor[at]!; }
  quotesSaidLive(at: number): boolean { return this.#columns.quotesSaidLive[at] === 1; }
  /** What was last spoken of is what stands: the fields below are empty. */
  quotesSaidSame(at: number): boolean { return this.#columns.quotesSaidSame[at] === 1; }
  quotesSaidInPlay(at: number): boolean { return this.#columns.quotesSaidInPlay[at] === 1; }
  quotesSaidCommissionPpm(at: number): number { return this.#columns.quotesSaidCommissionPpm[at]!; }
  /** String id; -1 for null. */
  quotesSaidCurrency(at: number): number { return this.#columns.quotesSaidCurrency[at]!; }
  /** The items of quotesSaidPrices are those from its start to its end. */
  quotesSaidPricesStart(at: number): number { return this.#columns.quotesSaidPricesStart[at]!; }
  quotesSaidPricesEnd(at: number): number { return this.#columns.quotesSaidPricesStart[at + 1]!; }
  /** Index in outcomes. */
  quotesSaidPricesOutcome(at: number): number { return this.#columns.quotesSaidPricesOutcome[at]!; }
  /** Ten-thousandths; 0 for none. */
  quotesSaidPricesPriceE4(at: number): number { return this.#columns.quotesSaidPricesPriceE4[at]!; }
  quotesSaidPricesLayE4(at: number): number { return this.#columns.quotesSaidPricesLayE4[at]!; }
  /** NaN for null. */
  quotesSaidPricesLimitMinor(at: number): number { return this.#columns.quotesSaidPricesLimitMinor[at]!; }
  /** NaN for null. */
  quotesSaidPricesLayLimitMinor(at: number): number { return this.#columns.quotesSaidPricesLayLimitMinor[at]!; }

  toObject(): StandingMarket {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      newest_offset: columns.newestOffset[row]!,
      timer_ms: columns.timerMs[row]!,
      is_short: columns.isShort[row] === 1,
      is_watched: columns.isWatched[row] === 1,
      is_confirmed: columns.isConfirmed[row] === 1,
      outcomes: listed(columns.outcomesStart, row, (at) => this.text(columns.outcomes[at]!)),
      quotes: listed(columns.quotesStart, row, (at) => ({
        provider: this.text(columns.quotesProvider[at]!),
        quoted_at: columns.quotesQuotedAt[at]!,
        offset: columns.quotesOffset[at]!,
        sequence: orNull(columns.quotesSequence[at]!),
        status: columns.quotesStatus[at]!,
        in_play: columns.quotesInPlay[at] === 1,
        commission_ppm: columns.quotesCommissionPpm[at]!,
        currency: columns.quotesCurrency[at] === -1 ? null : this.text(columns.quotesCurrency[at]!),
        prices: listed(columns.quotesPricesStart, at, (at1) => ({
          outcome: columns.quotesPricesOutcome[at1]!,
          price_e4: columns.quotesPricesPriceE4[at1]!,
          lay_e4: columns.quotesPricesLayE4[at1]!,
          limit_minor: orNull(columns.quotesPricesLimitMinor[at1]!),
          lay_limit_minor: orNull(columns.quotesPricesLayLimitMinor[at1]!),
        })),
        said_live: columns.quotesSaidLive[at] === 1,
        said_same: columns.quotesSaidSame[at] === 1,
        said_in_play: columns.quotesSaidInPlay[at] === 1,
        said_commission_ppm: columns.quotesSaidCommissionPpm[at]!,
        said_currency: columns.quotesSaidCurrency[at] === -1 ? null : this.text(columns.quotesSaidCurrency[at]!),
        said_prices: listed(columns.quotesSaidPricesStart, at, (at1) => ({
          outcome: columns.quotesSaidPricesOutcome[at1]!,
          price_e4: columns.quotesSaidPricesPriceE4[at1]!,
          lay_e4: columns.quotesSaidPricesLayE4[at1]!,
          limit_minor: orNull(columns.quotesSaidPricesLimitMinor[at1]!),
          lay_limit_minor: orNull(columns.quotesSaidPricesLayLimitMinor[at1]!),
        })),
      })),
    };
  }
}

/** Columns of StandingMarket. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class StandingMarketColumns implements Columns<StandingMarketRow> {
  readonly dictionaries: Dictionaries;
  size = 0;
  capacity = 16;
  key = new Int32Array(16);
  offset = new Float64Array(16);
  control = new Uint8Array(16);
  subject = new Int32Array(16);
  dead = new Uint8Array(16);
  timestamp = new Float64Array(16);
  newestOffset = new Float64Array(16);
  timerMs = new Float64Array(16);
  isShort = new Uint8Array(16);
  isWatched = new Uint8Array(16);
  isConfirmed = new Uint8Array(16);
  outcomesCapacity = 512;
  outcomesStart = new Int32Array(17);
  outcomes = new Int32Array(512);
  quotesCapacity = 512;
  quotesStart = new Int32Array(17);
  quotesProvider = new Int32Array(512);
  quotesQuotedAt = new Float64Array(512);
  quotesOffset = new Float64Array(512);
  quotesSequence = new Float64Array(512);
  quotesStatus = new Int32Array(512);
  quotesInPlay = new Uint8Array(512);
  quotesCommissionPpm = new Int32Array(512);
  quotesCurrency = new Int32Array(512);
  quotesSaidLive = new Uint8Array(512);
  quotesSaidSame = new Uint8Array(512);
  quotesSaidInPlay = new Uint8Array(512);
  quotesSaidCommissionPpm = new Int32Array(512);
  quotesSaidCurrency = new Int32Array(512);
  quotesPricesCapacity = 512;
  quotesPricesStart = new Int32Array(513);
  quotesPricesOutcome = new Int32Array(512);
  quotesPricesPriceE4 = new Int32Array(512);
  quotesPricesLayE4 = new Int32Array(512);
  quotesPricesLimitMinor = new Float64Array(512);
  quotesPricesLayLimitMinor = new Float64Array(512);
  quotesSaidPricesCapacity = 512;
  quotesSaidPricesStart = new Int32Array(513);
  quotesSaidPricesOutcome = new Int32Array(512);
  quotesSaidPricesPriceE4 = new Int32Array(512);
  quotesSaidPricesLayE4 = new Int32Array(512);
  quotesSaidPricesLimitMinor = new Float64Array(512);
  quotesSaidPricesLayLimitMinor = new Float64Array(512);
  readonly #row = new StandingMarketRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): StandingMarketRow { this.#row.index = index; return this.#row; }
  empty(): StandingMarketColumns { return new StandingMarketColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: StandingMarketColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.newestOffset[row] = from.newestOffset[index]!;
    this.timerMs[row] = from.timerMs[index]!;
    this.isShort[row] = from.isShort[index]!;
    this.isWatched[row] = from.isWatched[index]!;
    this.isConfirmed[row] = from.isConfirmed[index]!;
    this.#appendOutcomes(from, index, row);
    this.#appendQuotes(from, index, row);
    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.newestOffset[row] = 0;
    this.timerMs[row] = 0;
    this.isShort[row] = 0;
    this.isWatched[row] = 0;
    this.isConfirmed[row] = 0;
    this.outcomesStart[row + 1] = this.outcomesStart[row]!;
    this.quotesStart[row + 1] = this.quotesStart[row]!;
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);
    markIds(this.outcomes, this.outcomesStart[this.size]!, strings);
    markIds(this.quotesProvider, this.quotesStart[this.size]!, strings);
    markIds(this.quotesCurrency, this.quotesStart[this.size]!, strings);
    markIds(this.quotesSaidCurrency, this.quotesStart[this.size]!, strings);
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
    this.newestOffset = grown(this.newestOffset, this.capacity);
    this.timerMs = grown(this.timerMs, this.capacity);
    this.isShort = grown(this.isShort, this.capacity);
    this.isWatched = grown(this.isWatched, this.capacity);
    this.isConfirmed = grown(this.isConfirmed, this.capacity);
    this.outcomesStart = grown(this.outcomesStart, this.capacity + 1);
    this.quotesStart = grown(this.quotesStart, this.capacity + 1);
  }

  /** Room for so many items. */
  growOutcomes(needed: number): void {
    while (this.outcomesCapacity < needed) this.outcomesCapacity *= 2;
    this.outcomes = grown(this.outcomes, this.outcomesCapacity);
  }

  /** Room for so many items. */
  growQuotes(needed: number): void {
    while (this.quotesCapacity < needed) this.quotesCapacity *= 2;
    this.quotesProvider = grown(this.quotesProvider, this.quotesCapacity);
    this.quotesQuotedAt = grown(this.quotesQuotedAt, this.quotesCapacity);
    this.quotesOffset = grown(this.quotesOffset, this.quotesCapacity);
    this.quotesSequence = grown(this.quotesSequence, this.quotesCapacity);
    this.quotesStatus = grown(this.quotesStatus, this.quotesCapacity);
    this.quotesInPlay = grown(this.quotesInPlay, this.quotesCapacity);
    this.quotesCommissionPpm = grown(this.quotesCommissionPpm, this.quotesCapacity);
    this.quotesCurrency = grown(this.quotesCurrency, this.quotesCapacity);
    this.quotesSaidLive = grown(this.quotesSaidLive, this.quotesCapacity);
    this.quotesSaidSame = grown(this.quotesSaidSame, this.quotesCapacity);
    this.quotesSaidInPlay = grown(this.quotesSaidInPlay, this.quotesCapacity);
    this.quotesSaidCommissionPpm = grown(this.quotesSaidCommissionPpm, this.quotesCapacity);
    this.quotesSaidCurrency = grown(this.quotesSaidCurrency, this.quotesCapacity);
    this.quotesPricesStart = grown(this.quotesPricesStart, this.quotesCapacity + 1);
    this.quotesSaidPricesStart = grown(this.quotesSaidPricesStart, this.quotesCapacity + 1);
  }

  /** Room for so many items. */
  growQuotesPrices(needed: number): void {
    while (this.quotesPricesCapacity < needed) this.quotesPricesCapacity *= 2;
    this.quotesPricesOutcome = grown(this.quotesPricesOutcome, this.quotesPricesCapacity);
    this.quotesPricesPriceE4 = grown(this.quotesPricesPriceE4, this.quotesPricesCapacity);
    this.quotesPricesLayE4 = grown(this.quotesPricesLayE4, this.quotesPricesCapacity);
    this.quotesPricesLimitMinor = grown(this.quotesPricesLimitMinor, this.quotesPricesCapacity);
    this.quotesPricesLayLimitMinor = grown(this.quotesPricesLayLimitMinor, this.quotesPricesCapacity);
  }

  /** Room for so many items. */
  growQuotesSaidPrices(needed: number): void {
    while (this.quotesSaidPricesCapacity < needed) this.quotesSaidPricesCapacity *= 2;
    this.quotesSaidPricesOutcome = grown(this.quotesSaidPricesOutcome, this.quotesSaidPricesCapacity);
    this.quotesSaidPricesPriceE4 = grown(this.quotesSaidPricesPriceE4, this.quotesSaidPricesCapacity);
    this.quotesSaidPricesLayE4 = grown(this.quotesSaidPricesLayE4, this.quotesSaidPricesCapacity);
    this.quotesSaidPricesLimitMinor = grown(this.quotesSaidPricesLimitMinor, this.quotesSaidPricesCapacity);
    this.quotesSaidPricesLayLimitMinor = grown(this.quotesSaidPricesLayLimitMinor, this.quotesSaidPricesCapacity);
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
    this.newestOffset[row] = 0;
    this.timerMs[row] = 0;
    this.isShort[row] = 0;
    this.isWatched[row] = 0;
    this.isConfirmed[row] = 0;
    this.outcomesStart[row + 1] = this.outcomesStart[row]!;
    this.quotesStart[row + 1] = this.quotesStart[row]!;
    this.size = row + 1;
  }

  #appendOutcomes(from: StandingMarketColumns, index: number, row: number): void {
    const start = from.outcomesStart[index]!, end = from.outcomesStart[index + 1]!;
    let at = this.outcomesStart[row]!;
    if (at + end - start > this.outcomesCapacity) this.growOutcomes(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.outcomes[at] = from.outcomes[i]!;
    }
    this.outcomesStart[row + 1] = at;
  }

  #appendQuotes(from: StandingMarketColumns, index: number, row: number): void {
    const start = from.quotesStart[index]!, end = from.quotesStart[index + 1]!;
    let at = this.quotesStart[row]!;
    if (at + end - start > this.quotesCapacity) this.growQuotes(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.quotesProvider[at] = from.quotesProvider[i]!;
      this.quotesQuotedAt[at] = from.quotesQuotedAt[i]!;
      this.quotesOffset[at] = from.quotesOffset[i]!;
      this.quotesSequence[at] = from.quotesSequence[i]!;
      this.quotesStatus[at] = from.quotesStatus[i]!;
      this.quotesInPlay[at] = from.quotesInPlay[i]!;
      this.quotesCommissionPpm[at] = from.quotesCommissionPpm[i]!;
      this.quotesCurrency[at] = from.quotesCurrency[i]!;
      this.quotesSaidLive[at] = from.quotesSaidLive[i]!;
      this.quotesSaidSame[at] = from.quotesSaidSame[i]!;
      this.quotesSaidInPlay[at] = from.quotesSaidInPlay[i]!;
      this.quotesSaidCommissionPpm[at] = from.quotesSaidCommissionPpm[i]!;
      this.quotesSaidCurrency[at] = from.quotesSaidCurrency[i]!;
      this.#appendQuotesPrices(from, i, at);
      this.#appendQuotesSaidPrices(from, i, at);
    }
    this.quotesStart[row + 1] = at;
  }

  #appendQuotesPrices(from: StandingMarketColumns, index: number, row: number): void {
    const start = from.quotesPricesStart[index]!, end = from.quotesPricesStart[index + 1]!;
    let at = this.quotesPricesStart[row]!;
    if (at + end - start > this.quotesPricesCapacity) this.growQuotesPrices(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.quotesPricesOutcome[at] = from.quotesPricesOutcome[i]!;
      this.quotesPricesPriceE4[at] = from.quotesPricesPriceE4[i]!;
      this.quotesPricesLayE4[at] = from.quotesPricesLayE4[i]!;
      this.quotesPricesLimitMinor[at] = from.quotesPricesLimitMinor[i]!;
      this.quotesPricesLayLimitMinor[at] = from.quotesPricesLayLimitMinor[i]!;
    }
    this.quotesPricesStart[row + 1] = at;
  }

  #appendQuotesSaidPrices(from: StandingMarketColumns, index: number, row: number): void {
    const start = from.quotesSaidPricesStart[index]!, end = from.quotesSaidPricesStart[index + 1]!;
    let at = this.quotesSaidPricesStart[row]!;
    if (at + end - start > this.quotesSaidPricesCapacity) this.growQuotesSaidPrices(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.quotesSaidPricesOutcome[at] = from.quotesSaidPricesOutcome[i]!;
      this.quotesSaidPricesPriceE4[at] = from.quotesSaidPricesPriceE4[i]!;
      this.quotesSaidPricesLayE4[at] = from.quotesSaidPricesLayE4[i]!;
      this.quotesSaidPricesLimitMinor[at] = from.quotesSaidPricesLimitMinor[i]!;
      this.quotesSaidPricesLayLimitMinor[at] = from.quotesSaidPricesLayLimitMinor[i]!;
    }
    this.quotesSaidPricesStart[row + 1] = at;
  }
}

/** Encodes values of StandingMarket: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class StandingMarketWriter extends ValueWriter {
  protected readonly lastPlace = 38;
  #outcomesLeft = 0;
  #quotesLeft = 0;
  #quotesPricesLeft = 0;
  #quotesSaidPricesLeft = 0;

  /** Event time of the newest quote, epoch ms UTC; 0 where none is left. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  /** Lineage: newest input that its state depends on. */
  newestOffset(value: number): void { this.sink.turn(1, 2); this.sink.long(value); }
  /** When it is next looked at for quotes that have outlived their time. */
  timerMs(value: number): void { this.sink.turn(2, 3); this.sink.double(value); }
  /** A quote that was spoken of as live is gone, and that was not said yet. */
  isShort(value: boolean): void { this.sink.turn(3, 4); this.sink.boolean(value); }
  /** Somebody wants to know when a live quote is confirmed. */
  isWatched(value: boolean): void { this.sink.turn(4, 5); this.sink.boolean(value); }
  /** One was, in the open window. */
  isConfirmed(value: boolean): void { this.sink.turn(5, 6); this.sink.boolean(value); }
  outcomesStart(count: number): void { this.sink.turn(6, count > 0 ? 7 : 8); this.#outcomesLeft = count; this.sink.items(count); }
  outcomes(value: Uint8Array | string): void { this.sink.turn(7, --this.#outcomesLeft > 0 ? 7 : 8); this.sink.string(value); }
  outcomesEnd(): void { this.sink.turn(8, 9); this.sink.endOfItems(); }
  quotesStart(count: number): void { this.sink.turn(9, count > 0 ? 10 : 37); this.#quotesLeft = count; this.sink.items(count); }
  quotesProvider(value: Uint8Array | string): void { this.sink.turn(10, 11); this.sink.string(value); }
  /** Event time, epoch ms UTC. */
  quotesQuotedAt(value: number): void { this.sink.turn(11, 12); this.sink.long(value); }
  /** Lineage. */
  quotesOffset(value: number): void { this.sink.turn(12, 13); this.sink.long(value); }
  /** NaN for null. */
  quotesSequence(value: number): void { this.sink.turn(13, 14); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.double(value); } }
  quotesStatus(value: number): void { this.sink.turn(14, 15); this.sink.int(value); }
  quotesInPlay(value: boolean): void { this.sink.turn(15, 16); this.sink.boolean(value); }
  quotesCommissionPpm(value: number): void { this.sink.turn(16, 17); this.sink.int(value); }
  /** undefined for null. */
  quotesCurrency(value: Uint8Array | string | undefined): void { this.sink.turn(17, 18); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  quotesPricesStart(count: number): void { this.sink.turn(18, count > 0 ? 19 : 24); this.#quotesPricesLeft = count; this.sink.items(count); }
  /** Index in outcomes. */
  quotesPricesOutcome(value: number): void { this.sink.turn(19, 20); this.sink.int(value); }
  /** Ten-thousandths; 0 for none. */
  quotesPricesPriceE4(value: number): void { this.sink.turn(20, 21); this.sink.int(value); }
  quotesPricesLayE4(value: number): void { this.sink.turn(21, 22); this.sink.int(value); }
  /** NaN for null. */
  quotesPricesLimitMinor(value: number): void { this.sink.turn(22, 23); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.double(value); } }
  /** NaN for null. */
  quotesPricesLayLimitMinor(value: number): void { this.sink.turn(23, --this.#quotesPricesLeft > 0 ? 19 : 24); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.double(value); } }
  quotesPricesEnd(): void { this.sink.turn(24, 25); this.sink.endOfItems(); }
  quotesSaidLive(value: boolean): void { this.sink.turn(25, 26); this.sink.boolean(value); }
  /** What was last spoken of is what stands: the fields below are empty. */
  quotesSaidSame(value: boolean): void { this.sink.turn(26, 27); this.sink.boolean(value); }
  quotesSaidInPlay(value: boolean): void { this.sink.turn(27, 28); this.sink.boolean(value); }
  quotesSaidCommissionPpm(value: number): void { this.sink.turn(28, 29); this.sink.int(value); }
  /** undefined for null. */
  quotesSaidCurrency(value: Uint8Array | string | undefined): void { this.sink.turn(29, 30); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  quotesSaidPricesStart(count: number): void { this.sink.turn(30, count > 0 ? 31 : 36); this.#quotesSaidPricesLeft = count; this.sink.items(count); }
  /** Index in outcomes. */
  quotesSaidPricesOutcome(value: number): void { this.sink.turn(31, 32); this.sink.int(value); }
  /** Ten-thousandths; 0 for none. */
  quotesSaidPricesPriceE4(value: number): void { this.sink.turn(32, 33); this.sink.int(value); }
  quotesSaidPricesLayE4(value: number): void { this.sink.turn(33, 34); this.sink.int(value); }
  /** NaN for null. */
  quotesSaidPricesLimitMinor(value: number): void { this.sink.turn(34, 35); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.double(value); } }
  /** NaN for null. */
  quotesSaidPricesLayLimitMinor(value: number): void { this.sink.turn(35, --this.#quotesSaidPricesLeft > 0 ? 31 : 36); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.double(value); } }
  quotesSaidPricesEnd(): void { this.sink.turn(36, --this.#quotesLeft > 0 ? 10 : 37); this.sink.endOfItems(); }
  quotesEnd(): void { this.sink.turn(37, 38); this.sink.endOfItems(); }
}

/** StandingMarket as registered, with its row, columns and writer. */
export const StandingMarketSchema: AvroSchema<StandingMarket, StandingMarketRow, StandingMarketWriter> = {
  name: 'oddstream.StandingMarket',
  columns: (dictionaries) => new StandingMarketColumns(dictionaries),
  writer: () => new StandingMarketWriter(),
  avsc: `{
  "type": "record", "name": "StandingMarket", "namespace": "oddstream",
  "doc": "One market of the live book: each provider's newest quote, and what of it was last spoken of.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "Event time of the newest quote, epoch ms UTC; 0 where none is left." },
    { "name": "newest_offset", "type": "long", "doc": "Lineage: newest input that its state depends on." },
    { "name": "timer_ms", "type": "double", "doc": "When it is next looked at for quotes that have outlived their time." },
    { "name": "is_short", "type": "boolean", "doc": "A quote that was spoken of as live is gone, and that was not said yet." },
    { "name": "is_watched", "type": "boolean", "doc": "Somebody wants to know when a live quote is confirmed." },
    { "name": "is_confirmed", "type": "boolean", "doc": "One was, in the open window." },
    { "name": "outcomes", "type": { "type": "array", "items": "string" } },
    { "name": "quotes", "type": { "type": "array", "items": {
      "type": "record", "name": "StandingQuote", "fields": [
        { "name": "provider", "type": "string" },
        { "name": "quoted_at", "type": "long", "doc": "Event time, epoch ms UTC." },
        { "name": "offset", "type": "long", "doc": "Lineage." },
        { "name": "sequence", "type": ["null", "double"] },
        { "name": "status", "type": "int" },
        { "name": "in_play", "type": "boolean" },
        { "name": "commission_ppm", "type": "int" },
        { "name": "currency", "type": ["null", "string"] },
        { "name": "prices", "type": { "type": "array", "items": {
          "type": "record", "name": "StandingPrice", "fields": [
            { "name": "outcome", "type": "int", "doc": "Index in outcomes." },
            { "name": "price_e4", "type": "int", "doc": "Ten-thousandths; 0 for none." },
            { "name": "lay_e4", "type": "int" },
            { "name": "limit_minor", "type": ["null", "double"] },
            { "name": "lay_limit_minor", "type": ["null", "double"] }
          ] } } },
        { "name": "said_live", "type": "boolean" },
        { "name": "said_same", "type": "boolean", "doc": "What was last spoken of is what stands: the fields below are empty." },
        { "name": "said_in_play", "type": "boolean" },
        { "name": "said_commission_ppm", "type": "int" },
        { "name": "said_currency", "type": ["null", "string"] },
        { "name": "said_prices", "type": { "type": "array", "items": "StandingPrice" } }
      ] } } }
  ]
}`,
};
