// Generated from schemas/avro/odds-update.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { listed, markIds, orNull } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const QuoteStatus = { open: 0, suspended: 1, closed: 2 } as const;
export type QuoteStatus = (typeof QuoteStatus)[keyof typeof QuoteStatus];
/** The symbol of each index. */
export const quoteStatusSymbols = ['open', 'suspended', 'closed'] as const;

/** One provider's whole current offer on one market, a snapshot: an outcome that it does not name is withdrawn. The first seven fields are version 1, the contract that feeds speak. */
export interface OddsUpdate {
  /** Event time, epoch ms UTC: the latest time at which the quote is known to have been offered. */
  readonly timestamp: number;
  /** Bookmaker or exchange. */
  readonly provider: string;
  readonly sport: string;
  readonly event_id: string;
  /** type[.period][:line] */
  readonly market: string;
  /** Decimal (back) price by outcome. */
  readonly odds: Readonly<Record<string, number>>;
  /** Matched on the whole market, in major units of currency. */
  readonly volume: number | null;
  readonly status: keyof typeof QuoteStatus;
  /** The provider said that the contest was running. */
  readonly in_play: boolean;
  /** Start of the event, epoch ms UTC, as this provider has it. */
  readonly starts_at: number | null;
  /** When we saw it, epoch ms UTC. */
  readonly observed_at: number | null;
  /** The provider's own order among quotes of one timestamp. */
  readonly sequence: number | null;
  /** A standing quote sent again by the feed: nothing has changed. History skips it. */
  readonly repeat: boolean;
  /** ISO 4217, of volume, limits and sizes. */
  readonly currency: string | null;
  /** Share of net winnings that an exchange keeps, 0.05 for 5 %. */
  readonly commission: number;
  /** Largest stake taken, by outcome, in minor units of currency. */
  readonly limits: Readonly<Record<string, number>>;
  /** Lay price by outcome (exchanges). */
  readonly lay: Readonly<Record<string, number>>;
  /** Backers' stake available to lay, by outcome, in minor units of currency. */
  readonly lay_limits: Readonly<Record<string, number>>;
}

/** What a producer gives: fields with a default may be left out. */
export interface OddsUpdateInput extends Omit<OddsUpdate, 'volume' | 'status' | 'in_play' | 'starts_at' | 'observed_at' | 'sequence' | 'repeat' | 'currency' | 'commission' | 'limits' | 'lay' | 'lay_limits'> {
  readonly volume?: number | null;
  readonly status?: keyof typeof QuoteStatus;
  readonly in_play?: boolean;
  readonly starts_at?: number | null;
  readonly observed_at?: number | null;
  readonly sequence?: number | null;
  readonly repeat?: boolean;
  readonly currency?: string | null;
  readonly commission?: number;
  readonly limits?: Readonly<Record<string, number>>;
  readonly lay?: Readonly<Record<string, number>>;
  readonly lay_limits?: Readonly<Record<string, number>>;
}

/** A view of one OddsUpdate in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class OddsUpdateRow implements Row {
  index = 0;
  readonly #columns: OddsUpdateColumns;
  constructor(columns: OddsUpdateColumns) { this.#columns = columns; }

  get key(): number { return this.#columns.key[this.index]!; }
  get offset(): number { return this.#columns.offset[this.index]!; }
  get timestamp(): number { return this.#columns.timestamp[this.index]!; }
  get control(): Control { return this.#columns.control[this.index]! as Control; }
  get subject(): number { return this.#columns.subject[this.index]!; }
  get isDead(): boolean { return this.#columns.dead[this.index] === 1; }
  /** The text of a string id; empty for -1. */
  text(id: number): string { return id < 0 ? '' : this.#columns.dictionaries.strings.text(id); }
  get keyText(): string { return this.key < 0 ? '' : this.#columns.dictionaries.keys.text(this.key); }

  /** Bookmaker or exchange. String id. */
  get provider(): number { return this.#columns.provider[this.index]!; }
  /** String id. */
  get sport(): number { return this.#columns.sport[this.index]!; }
  /** String id. */
  get eventId(): number { return this.#columns.eventId[this.index]!; }
  /** type[.period][:line] String id. */
  get market(): number { return this.#columns.market[this.index]!; }
  /** Decimal (back) price by outcome. */
  get oddsStart(): number { return this.#columns.oddsStart[this.index]!; }
  get oddsEnd(): number { return this.#columns.oddsStart[this.index + 1]!; }
  /** String id. */
  oddsName(at: number): number { return this.#columns.oddsName[at]!; }
  odds(at: number): number { return this.#columns.odds[at]!; }
  /** Matched on the whole market, in major units of currency. NaN for null. */
  get volume(): number { return this.#columns.volume[this.index]!; }
  get status(): QuoteStatus { return this.#columns.status[this.index]! as QuoteStatus; }
  /** The provider said that the contest was running. */
  get inPlay(): boolean { return this.#columns.inPlay[this.index] === 1; }
  /** Start of the event, epoch ms UTC, as this provider has it. NaN for null. */
  get startsAt(): number { return this.#columns.startsAt[this.index]!; }
  /** When we saw it, epoch ms UTC. NaN for null. */
  get observedAt(): number { return this.#columns.observedAt[this.index]!; }
  /** The provider's own order among quotes of one timestamp. NaN for null. */
  get sequence(): number { return this.#columns.sequence[this.index]!; }
  /** A standing quote sent again by the feed: nothing has changed. History skips it. */
  get repeat(): boolean { return this.#columns.repeat[this.index] === 1; }
  /** ISO 4217, of volume, limits and sizes. String id; -1 for null. */
  get currency(): number { return this.#columns.currency[this.index]!; }
  /** Share of net winnings that an exchange keeps, 0.05 for 5 %. */
  get commission(): number { return this.#columns.commission[this.index]!; }
  /** Largest stake taken, by outcome, in minor units of currency. */
  get limitsStart(): number { return this.#columns.limitsStart[this.index]!; }
  get limitsEnd(): number { return this.#columns.limitsStart[this.index + 1]!; }
  /** String id. */
  limitsName(at: number): number { return this.#columns.limitsName[at]!; }
  limits(at: number): number { return this.#columns.limits[at]!; }
  /** Lay price by outcome (exchanges). */
  get layStart(): number { return this.#columns.layStart[this.index]!; }
  get layEnd(): number { return this.#columns.layStart[this.index + 1]!; }
  /** String id. */
  layName(at: number): number { return this.#columns.layName[at]!; }
  lay(at: number): number { return this.#columns.lay[at]!; }
  /** Backers' stake available to lay, by outcome, in minor units of currency. */
  get layLimitsStart(): number { return this.#columns.layLimitsStart[this.index]!; }
  get layLimitsEnd(): number { return this.#columns.layLimitsStart[this.index + 1]!; }
  /** String id. */
  layLimitsName(at: number): number { return this.#columns.layLimitsName[at]!; }
  layLimits(at: number): number { return this.#columns.layLimits[at]!; }

  toObject(): OddsUpdate {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      provider: this.text(columns.provider[row]!),
      sport: this.text(columns.sport[row]!),
      event_id: this.text(columns.eventId[row]!),
      market: this.text(columns.market[row]!),
      odds: Object.fromEntries(listed(columns.oddsStart, row, (at) => [this.text(columns.oddsName[at]!), columns.odds[at]!] as const)),
      volume: orNull(columns.volume[row]!),
      status: quoteStatusSymbols[columns.status[row]!]!,
      in_play: columns.inPlay[row] === 1,
      starts_at: orNull(columns.startsAt[row]!),
      observed_at: orNull(columns.observedAt[row]!),
      sequence: orNull(columns.sequence[row]!),
      repeat: columns.repeat[row] === 1,
      currency: columns.currency[row] === -1 ? null : this.text(columns.currency[row]!),
      commission: columns.commission[row]!,
      limits: Object.fromEntries(listed(columns.limitsStart, row, (at) => [this.text(columns.limitsName[at]!), columns.limits[at]!] as const)),
      lay: Object.fromEntries(listed(columns.layStart, row, (at) => [this.text(columns.layName[at]!), columns.lay[at]!] as const)),
      lay_limits: Object.fromEntries(listed(columns.layLimitsStart, row, (at) => [this.text(columns.layLimitsName[at]!), columns.layLimits[at]!] as const)),
    };
  }
}

/** Columns of OddsUpdate. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class OddsUpdateColumns implements Columns<OddsUpdateRow> {
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
  sport = new Int32Array(16);
  eventId = new Int32Array(16);
  market = new Int32Array(16);
  volume = new Float64Array(16);
  status = new Uint8Array(16);
  inPlay = new Uint8Array(16);
  startsAt = new Float64Array(16);
  observedAt = new Float64Array(16);
  sequence = new Float64Array(16);
  repeat = new Uint8Array(16);
  currency = new Int32Array(16);
  commission = new Float64Array(16);
  oddsCapacity = 512;
  oddsStart = new Int32Array(17);
  oddsName = new Int32Array(512);
  odds = new Float64Array(512);
  limitsCapacity = 512;
  limitsStart = new Int32Array(17);
  limitsName = new Int32Array(512);
  limits = new Float64Array(512);
  layCapacity = 512;
  layStart = new Int32Array(17);
  layName = new Int32Array(512);
  lay = new Float64Array(512);
  layLimitsCapacity = 512;
  layLimitsStart = new Int32Array(17);
  layLimitsName = new Int32Array(512);
  layLimits = new Float64Array(512);
  readonly #row = new OddsUpdateRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): OddsUpdateRow { this.#row.index = index; return this.#row; }
  empty(): OddsUpdateColumns { return new OddsUpdateColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: OddsUpdateColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.provider[row] = from.provider[index]!;
    this.sport[row] = from.sport[index]!;
    this.eventId[row] = from.eventId[index]!;
    this.market[row] = from.market[index]!;
    this.volume[row] = from.volume[index]!;
    this.status[row] = from.status[index]!;
    this.inPlay[row] = from.inPlay[index]!;
    this.startsAt[row] = from.startsAt[index]!;
    this.observedAt[row] = from.observedAt[index]!;
    this.sequence[row] = from.sequence[index]!;
    this.repeat[row] = from.repeat[index]!;
    this.currency[row] = from.currency[index]!;
    this.commission[row] = from.commission[index]!;
    this.#appendOdds(from, index, row);
    this.#appendLimits(from, index, row);
    this.#appendLay(from, index, row);
    this.#appendLayLimits(from, index, row);
    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.volume[row] = NaN;
    this.status[row] = 0;
    this.inPlay[row] = 0;
    this.startsAt[row] = NaN;
    this.observedAt[row] = NaN;
    this.sequence[row] = NaN;
    this.repeat[row] = 0;
    this.currency[row] = -1;
    this.commission[row] = 0;
    this.oddsStart[row + 1] = this.oddsStart[row]!;
    this.limitsStart[row + 1] = this.limitsStart[row]!;
    this.layStart[row + 1] = this.layStart[row]!;
    this.layLimitsStart[row + 1] = this.layLimitsStart[row]!;
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);
    markIds(this.provider, this.size, strings);
    markIds(this.sport, this.size, strings);
    markIds(this.eventId, this.size, strings);
    markIds(this.market, this.size, strings);
    markIds(this.oddsName, this.oddsStart[this.size]!, strings);
    markIds(this.currency, this.size, strings);
    markIds(this.limitsName, this.limitsStart[this.size]!, strings);
    markIds(this.layName, this.layStart[this.size]!, strings);
    markIds(this.layLimitsName, this.layLimitsStart[this.size]!, strings);
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
    this.sport = grown(this.sport, this.capacity);
    this.eventId = grown(this.eventId, this.capacity);
    this.market = grown(this.market, this.capacity);
    this.volume = grown(this.volume, this.capacity);
    this.status = grown(this.status, this.capacity);
    this.inPlay = grown(this.inPlay, this.capacity);
    this.startsAt = grown(this.startsAt, this.capacity);
    this.observedAt = grown(this.observedAt, this.capacity);
    this.sequence = grown(this.sequence, this.capacity);
    this.repeat = grown(this.repeat, this.capacity);
    this.currency = grown(this.currency, this.capacity);
    this.commission = grown(this.commission, this.capacity);
    this.oddsStart = grown(this.oddsStart, this.capacity + 1);
    this.limitsStart = grown(this.limitsStart, this.capacity + 1);
    this.layStart = grown(this.layStart, this.capacity + 1);
    this.layLimitsStart = grown(this.layLimitsStart, this.capacity + 1);
  }

  /** Room for so many items. */
  growOdds(needed: number): void {
    while (this.oddsCapacity < needed) this.oddsCapacity *= 2;
    this.oddsName = grown(this.oddsName, this.oddsCapacity);
    this.odds = grown(this.odds, this.oddsCapacity);
  }

  /** Room for so many items. */
  growLimits(needed: number): void {
    while (this.limitsCapacity < needed) this.limitsCapacity *= 2;
    this.limitsName = grown(this.limitsName, this.limitsCapacity);
    this.limits = grown(this.limits, this.limitsCapacity);
  }

  /** Room for so many items. */
  growLay(needed: number): void {
    while (this.layCapacity < needed) this.layCapacity *= 2;
    this.layName = grown(this.layName, this.layCapacity);
    this.lay = grown(this.lay, this.layCapacity);
  }

  /** Room for so many items. */
  growLayLimits(needed: number): void {
    while (this.layLimitsCapacity < needed) this.layLimitsCapacity *= 2;
    this.layLimitsName = grown(this.layLimitsName, this.layLimitsCapacity);
    this.layLimits = grown(this.layLimits, this.layLimitsCapacity);
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
    this.sport[row] = -1;
    this.eventId[row] = -1;
    this.market[row] = -1;
    this.volume[row] = NaN;
    this.status[row] = 0;
    this.inPlay[row] = 0;
    this.startsAt[row] = NaN;
    this.observedAt[row] = NaN;
    this.sequence[row] = NaN;
    this.repeat[row] = 0;
    this.currency[row] = -1;
    this.commission[row] = 0;
    this.oddsStart[row + 1] = this.oddsStart[row]!;
    this.limitsStart[row + 1] = this.limitsStart[row]!;
    this.layStart[row + 1] = this.layStart[row]!;
    this.layLimitsStart[row + 1] = this.layLimitsStart[row]!;
    this.size = row + 1;
  }

  #appendOdds(from: OddsUpdateColumns, index: number, row: number): void {
    const start = from.oddsStart[index]!, end = from.oddsStart[index + 1]!;
    let at = this.oddsStart[row]!;
    if (at + end - start > this.oddsCapacity) this.growOdds(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.oddsName[at] = from.oddsName[i]!;
      this.odds[at] = from.odds[i]!;
    }
    this.oddsStart[row + 1] = at;
  }

  #appendLimits(from: OddsUpdateColumns, index: number, row: number): void {
    const start = from.limitsStart[index]!, end = from.limitsStart[index + 1]!;
    let at = this.limitsStart[row]!;
    if (at + end - start > this.limitsCapacity) this.growLimits(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.limitsName[at] = from.limitsName[i]!;
      this.limits[at] = from.limits[i]!;
    }
    this.limitsStart[row + 1] = at;
  }

  #appendLay(from: OddsUpdateColumns, index: number, row: number): void {
    const start = from.layStart[index]!, end = from.layStart[index + 1]!;
    let at = this.layStart[row]!;
    if (at + end - start > this.layCapacity) this.growLay(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.layName[at] = from.layName[i]!;
      this.lay[at] = from.lay[i]!;
    }
    this.layStart[row + 1] = at;
  }

  #appendLayLimits(from: OddsUpdateColumns, index: number, row: number): void {
    const start = from.layLimitsStart[index]!, end = from.layLimitsStart[index + 1]!;
    let at = this.layLimitsStart[row]!;
    if (at + end - start > this.layLimitsCapacity) this.growLayLimits(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.layLimitsName[at] = from.layLimitsName[i]!;
      this.layLimits[at] = from.layLimits[i]!;
    }
    this.layLimitsStart[row + 1] = at;
  }
}

/** Encodes values of OddsUpdate: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class OddsUpdateWriter extends ValueWriter {
  protected readonly lastPlace = 30;
  #oddsLeft = 0;
  #limitsLeft = 0;
  #layLeft = 0;
  #layLimitsLeft = 0;

  /** Event time, epoch ms UTC: the latest time at which the quote is known to have been offered. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  /** Bookmaker or exchange. */
  provider(value: Uint8Array | string): void { this.sink.turn(1, 2); this.sink.string(value); }
  sport(value: Uint8Array | string): void { this.sink.turn(2, 3); this.sink.string(value); }
  eventId(value: Uint8Array | string): void { this.sink.turn(3, 4); this.sink.string(value); }
  /** type[.period][:line] */
  market(value: Uint8Array | string): void { this.sink.turn(4, 5); this.sink.string(value); }
  /** Decimal (back) price by outcome. */
  oddsStart(count: number): void { this.sink.turn(5, count > 0 ? 6 : 8); this.#oddsLeft = count; this.sink.items(count); }
  oddsName(value: Uint8Array | string): void { this.sink.turn(6, 7); this.sink.string(value); }
  odds(value: number): void { this.sink.turn(7, --this.#oddsLeft > 0 ? 6 : 8); this.sink.double(value); }
  oddsEnd(): void { this.sink.turn(8, 9); this.sink.endOfItems(); }
  /** Matched on the whole market, in major units of currency. NaN for null. */
  volume(value: number): void { this.sink.turn(9, 10); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.double(value); } }
  status(value: QuoteStatus): void { this.sink.turn(10, 11); this.sink.symbol(value, 3); }
  /** The provider said that the contest was running. */
  inPlay(value: boolean): void { this.sink.turn(11, 12); this.sink.boolean(value); }
  /** Start of the event, epoch ms UTC, as this provider has it. NaN for null. */
  startsAt(value: number): void { this.sink.turn(12, 13); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** When we saw it, epoch ms UTC. NaN for null. */
  observedAt(value: number): void { this.sink.turn(13, 14); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** The provider's own order among quotes of one timestamp. NaN for null. */
  sequence(value: number): void { this.sink.turn(14, 15); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** A standing quote sent again by the feed: nothing has changed. History skips it. */
  repeat(value: boolean): void { this.sink.turn(15, 16); this.sink.boolean(value); }
  /** ISO 4217, of volume, limits and sizes. Undefined for null. */
  currency(value: Uint8Array | string | undefined): void { this.sink.turn(16, 17); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** Share of net winnings that an exchange keeps, 0.05 for 5 %. */
  commission(value: number): void { this.sink.turn(17, 18); this.sink.double(value); }
  /** Largest stake taken, by outcome, in minor units of currency. */
  limitsStart(count: number): void { this.sink.turn(18, count > 0 ? 19 : 21); this.#limitsLeft = count; this.sink.items(count); }
  limitsName(value: Uint8Array | string): void { this.sink.turn(19, 20); this.sink.string(value); }
  limits(value: number): void { this.sink.turn(20, --this.#limitsLeft > 0 ? 19 : 21); this.sink.long(value); }
  limitsEnd(): void { this.sink.turn(21, 22); this.sink.endOfItems(); }
  /** Lay price by outcome (exchanges). */
  layStart(count: number): void { this.sink.turn(22, count > 0 ? 23 : 25); this.#layLeft = count; this.sink.items(count); }
  layName(value: Uint8Array | string): void { this.sink.turn(23, 24); this.sink.string(value); }
  lay(value: number): void { this.sink.turn(24, --this.#layLeft > 0 ? 23 : 25); this.sink.double(value); }
  layEnd(): void { this.sink.turn(25, 26); this.sink.endOfItems(); }
  /** Backers' stake available to lay, by outcome, in minor units of currency. */
  layLimitsStart(count: number): void { this.sink.turn(26, count > 0 ? 27 : 29); this.#layLimitsLeft = count; this.sink.items(count); }
  layLimitsName(value: Uint8Array | string): void { this.sink.turn(27, 28); this.sink.string(value); }
  layLimits(value: number): void { this.sink.turn(28, --this.#layLimitsLeft > 0 ? 27 : 29); this.sink.long(value); }
  layLimitsEnd(): void { this.sink.turn(29, 30); this.sink.endOfItems(); }
}

/** OddsUpdate as registered, with its row, columns and writer. */
export const OddsUpdateSchema: AvroSchema<OddsUpdate, OddsUpdateRow, OddsUpdateWriter> = {
  name: 'oddstream.OddsUpdate',
  columns: (dictionaries) => new OddsUpdateColumns(dictionaries),
  writer: () => new OddsUpdateWriter(),
  avsc: `{
  "type": "record", "name": "OddsUpdate", "namespace": "oddstream",
  "doc": "One provider's whole current offer on one market, a snapshot: an outcome that it does not name is withdrawn. The first seven fields are version 1, the contract that feeds speak.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "Event time, epoch ms UTC: the latest time at which the quote is known to have been offered." },
    { "name": "provider", "type": "string", "doc": "Bookmaker or exchange." },
    { "name": "sport", "type": "string" },
    { "name": "event_id", "type": "string" },
    { "name": "market", "type": "string", "doc": "type[.period][:line]" },
    { "name": "odds", "type": { "type": "map", "values": "double" }, "doc": "Decimal (back) price by outcome." },
    { "name": "volume", "type": ["null", "double"], "default": null, "doc": "Matched on the whole market, in major units of currency." },
    { "name": "status", "type": { "type": "enum", "name": "QuoteStatus", "symbols": ["open", "suspended", "closed"], "default": "open" }, "default": "open" },
    { "name": "in_play", "type": "boolean", "default": false, "doc": "The provider said that the contest was running." },
    { "name": "starts_at", "type": ["null", "long"], "default": null, "doc": "Start of the event, epoch ms UTC, as this provider has it." },
    { "name": "observed_at", "type": ["null", "long"], "default": null, "doc": "When we saw it, epoch ms UTC." },
    { "name": "sequence", "type": ["null", "long"], "default": null, "doc": "The provider's own order among quotes of one timestamp." },
    { "name": "repeat", "type": "boolean", "default": false, "doc": "A standing quote sent again by the feed: nothing has changed. History skips it." },
    { "name": "currency", "type": ["null", "string"], "default": null, "doc": "ISO 4217, of volume, limits and sizes." },
    { "name": "commission", "type": "double", "default": 0, "doc": "Share of net winnings that an exchange keeps, 0.05 for 5 %." },
    { "name": "limits", "type": { "type": "map", "values": "long" }, "default": {}, "doc": "Largest stake taken, by outcome, in minor units of currency." },
    { "name": "lay", "type": { "type": "map", "values": "double" }, "default": {}, "doc": "Lay price by outcome (exchanges)." },
    { "name": "lay_limits", "type": { "type": "map", "values": "long" }, "default": {}, "doc": "Backers' stake available to lay, by outcome, in minor units of currency." }
  ]
}`,
};
