// Generated from schemas/avro/position.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { listed, markIds, orNull } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const BetSide = { back: 0, lay: 1 } as const;
export type BetSide = (typeof BetSide)[keyof typeof BetSide];
/** The symbol of each index. */
export const betSideSymbols = ['back', 'lay'] as const;

export interface BetLeg {
  readonly sport: string;
  readonly event_id: string;
  readonly market: string;
  readonly outcome: string;
  /** Decimal, as taken. */
  readonly price: number;
}

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const PositionStatus = { open: 0, settled: 1 } as const;
export type PositionStatus = (typeof PositionStatus)[keyof typeof PositionStatus];
/** The symbol of each index. */
export const positionStatusSymbols = ['open', 'settled'] as const;

/** One accepted bet as it is now. The newest replaces the older; a tombstone says that it was settled long enough ago to be forgotten. */
export interface Position {
  /** When it became so, epoch ms UTC. */
  readonly timestamp: number;
  readonly account_id: string;
  readonly bet_id: string;
  readonly user_id: string;
  readonly syndicate_id: string | null;
  /** Who takes the other side. */
  readonly provider: string;
  readonly currency: string;
  readonly side: keyof typeof BetSide;
  /** What is still at stake, minor units: less than was placed once a part is cashed out, 0 once all is. Of a lay the backer's stake. */
  readonly stake_minor: number;
  /** What it holds back of the account, of a settled one what it held: a back bet's stake, a lay's liability. Of a free bet it is not the account's money. */
  readonly liability_minor: number;
  readonly free_bet: boolean;
  /** Share of net winnings that the provider keeps. */
  readonly commission: number;
  /** One, or several of a multiple. */
  readonly legs: readonly BetLeg[];
  /** Settled: also what is void, and what was cashed out in full. */
  readonly status: keyof typeof PositionStatus;
  /** Epoch ms UTC. */
  readonly accepted_at: number;
  /** Of a settled one, epoch ms UTC. */
  readonly settled_at: number | null;
  /** Of a settled one: what it paid, parts that were cashed out included, less what it held back for it (of a free bet nothing), less commission. */
  readonly pnl_minor: number | null;
  /** Of the settlement: counts from 1, also what takes one back; 0 before the first. */
  readonly version: number | null;
  /** Lineage. */
  readonly source_partition: number;
  /** Lineage: offset in bet-events of the event that it follows from. */
  readonly source_offset: number;
}

/** What a producer gives: fields with a default may be left out. */
export interface PositionInput extends Omit<Position, 'syndicate_id' | 'free_bet' | 'commission' | 'legs' | 'settled_at' | 'pnl_minor' | 'version'> {
  readonly syndicate_id?: string | null;
  readonly free_bet?: boolean;
  readonly commission?: number;
  readonly legs?: readonly BetLeg[];
  readonly settled_at?: number | null;
  readonly pnl_minor?: number | null;
  readonly version?: number | null;
}

/** A view of one Position in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class PositionRow implements Row {
  index = 0;
  readonly #columns: PositionColumns;
  constructor(columns: PositionColumns) { this.#columns = columns; }

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
  get accountId(): number { return this.#columns.accountId[this.index]!; }
  /** String id. */
  get betId(): number { return this.#columns.betId[this.index]!; }
  /** String id. */
  get userId(): number { return this.#columns.userId[this.index]!; }
  /** String id; -1 for null. */
  get syndicateId(): number { return this.#columns.syndicateId[this.index]!; }
  /** Who takes the other side. String id. */
  get provider(): number { return this.#columns.provider[this.index]!; }
  /** String id. */
  get currency(): number { return this.#columns.currency[this.index]!; }
  get side(): BetSide { return this.#columns.side[this.index]! as BetSide; }
  /** What is still at stake, minor units: less than was placed once a part is cashed out, 0 once all is. Of a lay the backer's stake. */
  get stakeMinor(): number { return this.#columns.stakeMinor[this.index]!; }
  /** What it holds back of the account, of a settled one what it held: a back bet's stake, a lay's liability. Of a free bet it is not the account's money. */
  get liabilityMinor(): number { return this.#columns.liabilityMinor[this.index]!; }
  get freeBet(): boolean { return this.#columns.freeBet[this.index] === 1; }
  /** Share of net winnings that the provider keeps. */
  get commission(): number { return this.#columns.commission[this.index]!; }
  /** One, or several of a multiple. */
  get legsStart(): number { return this.#columns.legsStart[this.index]!; }
  get legsEnd(): number { return this.#columns.legsStart[this.index + 1]!; }
  /** String id. */
  legsSport(at: number): number { return this.#columns.legsSport[at]!; }
  /** String id. */
  legsEventId(at: number): number { return this.#columns.legsEventId[at]!; }
  /** String id. */
  legsMarket(at: number): number { return this.#columns.legsMarket[at]!; }
  /** String id. */
  legsOutcome(at: number): number { return this.#columns.legsOutcome[at]!; }
  /** Decimal, as taken. */
  legsPrice(at: number): number { return this.#columns.legsPrice[at]!; }
  /** Settled: also what is void, and what was cashed out in full. */
  get status(): PositionStatus { return this.#columns.status[this.index]! as PositionStatus; }
  /** Epoch ms UTC. */
  get acceptedAt(): number { return this.#columns.acceptedAt[this.index]!; }
  /** Of a settled one, epoch ms UTC. NaN for null. */
  get settledAt(): number { return this.#columns.settledAt[this.index]!; }
  /** Of a settled one: what it paid, parts that were cashed out included, less what it held back for it (of a free bet nothing), less commission. NaN for null. */
  get pnlMinor(): number { return this.#columns.pnlMinor[this.index]!; }
  /** Of the settlement: counts from 1, also what takes one back; 0 before the first. NaN for null. */
  get version(): number { return this.#columns.version[this.index]!; }
  /** Lineage. */
  get sourcePartition(): number { return this.#columns.sourcePartition[this.index]!; }
  /** Lineage: offset in bet-events of the event that it follows from. */
  get sourceOffset(): number { return this.#columns.sourceOffset[this.index]!; }

  toObject(): Position {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      account_id: this.text(columns.accountId[row]!),
      bet_id: this.text(columns.betId[row]!),
      user_id: this.text(columns.userId[row]!),
      syndicate_id: columns.syndicateId[row] === -1 ? null : this.text(columns.syndicateId[row]!),
      provider: this.text(columns.provider[row]!),
      currency: this.text(columns.currency[row]!),
      side: betSideSymbols[columns.side[row]!]!,
      stake_minor: columns.stakeMinor[row]!,
      liability_minor: columns.liabilityMinor[row]!,
      free_bet: columns.freeBet[row] === 1,
      commission: columns.commission[row]!,
      legs: listed(columns.legsStart, row, (at) => ({
        sport: this.text(columns.legsSport[at]!),
        event_id: this.text(columns.legsEventId[at]!),
        market: this.text(columns.legsMarket[at]!),
        outcome: this.text(columns.legsOutcome[at]!),
        price: columns.legsPrice[at]!,
      })),
      status: positionStatusSymbols[columns.status[row]!]!,
      accepted_at: columns.acceptedAt[row]!,
      settled_at: orNull(columns.settledAt[row]!),
      pnl_minor: orNull(columns.pnlMinor[row]!),
      version: orNull(columns.version[row]!),
      source_partition: columns.sourcePartition[row]!,
      source_offset: columns.sourceOffset[row]!,
    };
  }
}

/** Columns of Position. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class PositionColumns implements Columns<PositionRow> {
  readonly dictionaries: Dictionaries;
  size = 0;
  capacity = 16;
  key = new Int32Array(16);
  offset = new Float64Array(16);
  control = new Uint8Array(16);
  subject = new Int32Array(16);
  dead = new Uint8Array(16);
  timestamp = new Float64Array(16);
  accountId = new Int32Array(16);
  betId = new Int32Array(16);
  userId = new Int32Array(16);
  syndicateId = new Int32Array(16);
  provider = new Int32Array(16);
  currency = new Int32Array(16);
  side = new Uint8Array(16);
  stakeMinor = new Float64Array(16);
  liabilityMinor = new Float64Array(16);
  freeBet = new Uint8Array(16);
  commission = new Float64Array(16);
  status = new Uint8Array(16);
  acceptedAt = new Float64Array(16);
  settledAt = new Float64Array(16);
  pnlMinor = new Float64Array(16);
  version = new Float64Array(16);
  sourcePartition = new Int32Array(16);
  sourceOffset = new Float64Array(16);
  legsCapacity = 512;
  legsStart = new Int32Array(17);
  legsSport = new Int32Array(512);
  legsEventId = new Int32Array(512);
  legsMarket = new Int32Array(512);
  legsOutcome = new Int32Array(512);
  legsPrice = new Float64Array(512);
  readonly #row = new PositionRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): PositionRow { this.#row.index = index; return this.#row; }
  empty(): PositionColumns { return new PositionColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: PositionColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.accountId[row] = from.accountId[index]!;
    this.betId[row] = from.betId[index]!;
    this.userId[row] = from.userId[index]!;
    this.syndicateId[row] = from.syndicateId[index]!;
    this.provider[row] = from.provider[index]!;
    this.currency[row] = from.currency[index]!;
    this.side[row] = from.side[index]!;
    this.stakeMinor[row] = from.stakeMinor[index]!;
    this.liabilityMinor[row] = from.liabilityMinor[index]!;
    this.freeBet[row] = from.freeBet[index]!;
    this.commission[row] = from.commission[index]!;
    this.status[row] = from.status[index]!;
    this.acceptedAt[row] = from.acceptedAt[index]!;
    this.settledAt[row] = from.settledAt[index]!;
    this.pnlMinor[row] = from.pnlMinor[index]!;
    this.version[row] = from.version[index]!;
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
    this.syndicateId[row] = -1;
    this.side[row] = 0;
    this.stakeMinor[row] = 0;
    this.liabilityMinor[row] = 0;
    this.freeBet[row] = 0;
    this.commission[row] = 0;
    this.status[row] = 0;
    this.acceptedAt[row] = 0;
    this.settledAt[row] = NaN;
    this.pnlMinor[row] = NaN;
    this.version[row] = NaN;
    this.sourcePartition[row] = 0;
    this.sourceOffset[row] = 0;
    this.legsStart[row + 1] = this.legsStart[row]!;
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);
    markIds(this.accountId, this.size, strings);
    markIds(this.betId, this.size, strings);
    markIds(this.userId, this.size, strings);
    markIds(this.syndicateId, this.size, strings);
    markIds(this.provider, this.size, strings);
    markIds(this.currency, this.size, strings);
    markIds(this.legsSport, this.legsStart[this.size]!, strings);
    markIds(this.legsEventId, this.legsStart[this.size]!, strings);
    markIds(this.legsMarket, this.legsStart[this.size]!, strings);
    markIds(this.legsOutcome, this.legsStart[this.size]!, strings);
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
    this.accountId = grown(this.accountId, this.capacity);
    this.betId = grown(this.betId, this.capacity);
    this.userId = grown(this.userId, this.capacity);
    this.syndicateId = grown(this.syndicateId, this.capacity);
    this.provider = grown(this.provider, this.capacity);
    this.currency = grown(this.currency, this.capacity);
    this.side = grown(this.side, this.capacity);
    this.stakeMinor = grown(this.stakeMinor, this.capacity);
    this.liabilityMinor = grown(this.liabilityMinor, this.capacity);
    this.freeBet = grown(this.freeBet, this.capacity);
    this.commission = grown(this.commission, this.capacity);
    this.status = grown(this.status, this.capacity);
    this.acceptedAt = grown(this.acceptedAt, this.capacity);
    this.settledAt = grown(this.settledAt, this.capacity);
    this.pnlMinor = grown(this.pnlMinor, this.capacity);
    this.version = grown(this.version, this.capacity);
    this.sourcePartition = grown(this.sourcePartition, this.capacity);
    this.sourceOffset = grown(this.sourceOffset, this.capacity);
    this.legsStart = grown(this.legsStart, this.capacity + 1);
  }

  /** Room for so many items. */
  growLegs(needed: number): void {
    while (this.legsCapacity < needed) this.legsCapacity *= 2;
    this.legsSport = grown(this.legsSport, this.legsCapacity);
    this.legsEventId = grown(this.legsEventId, this.legsCapacity);
    this.legsMarket = grown(this.legsMarket, this.legsCapacity);
    this.legsOutcome = grown(this.legsOutcome, this.legsCapacity);
    this.legsPrice = grown(this.legsPrice, this.legsCapacity);
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
    this.accountId[row] = -1;
    this.betId[row] = -1;
    this.userId[row] = -1;
    this.syndicateId[row] = -1;
    this.provider[row] = -1;
    this.currency[row] = -1;
    this.side[row] = 0;
    this.stakeMinor[row] = 0;
    this.liabilityMinor[row] = 0;
    this.freeBet[row] = 0;
    this.commission[row] = 0;
    this.status[row] = 0;
    this.acceptedAt[row] = 0;
    this.settledAt[row] = NaN;
    this.pnlMinor[row] = NaN;
    this.version[row] = NaN;
    this.sourcePartition[row] = 0;
    this.sourceOffset[row] = 0;
    this.legsStart[row + 1] = this.legsStart[row]!;
    this.size = row + 1;
  }

  #appendLegs(from: PositionColumns, index: number, row: number): void {
    const start = from.legsStart[index]!, end = from.legsStart[index + 1]!;
    let at = this.legsStart[row]!;
    if (at + end - start > this.legsCapacity) this.growLegs(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.legsSport[at] = from.legsSport[i]!;
      this.legsEventId[at] = from.legsEventId[i]!;
      this.legsMarket[at] = from.legsMarket[i]!;
      this.legsOutcome[at] = from.legsOutcome[i]!;
      this.legsPrice[at] = from.legsPrice[i]!;
    }
    this.legsStart[row + 1] = at;
  }
}

/** Encodes values of Position: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class PositionWriter extends ValueWriter {
  protected readonly lastPlace = 26;
  #legsLeft = 0;

  /** When it became so, epoch ms UTC. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  accountId(value: Uint8Array | string): void { this.sink.turn(1, 2); this.sink.string(value); }
  betId(value: Uint8Array | string): void { this.sink.turn(2, 3); this.sink.string(value); }
  userId(value: Uint8Array | string): void { this.sink.turn(3, 4); this.sink.string(value); }
  /** undefined for null. */
  syndicateId(value: Uint8Array | string | undefined): void { this.sink.turn(4, 5); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** Who takes the other side. */
  provider(value: Uint8Array | string): void { this.sink.turn(5, 6); this.sink.string(value); }
  currency(value: Uint8Array | string): void { this.sink.turn(6, 7); this.sink.string(value); }
  side(value: BetSide): void { this.sink.turn(7, 8); this.sink.symbol(value, 2); }
  /** What is still at stake, minor units: less than was placed once a part is cashed out, 0 once all is. Of a lay the backer's stake. */
  stakeMinor(value: number): void { this.sink.turn(8, 9); this.sink.long(value); }
  /** What it holds back of the account, of a settled one what it held: a back bet's stake, a lay's liability. Of a free bet it is not the account's money. */
  liabilityMinor(value: number): void { this.sink.turn(9, 10); this.sink.long(value); }
  freeBet(value: boolean): void { this.sink.turn(10, 11); this.sink.boolean(value); }
  /** Share of net winnings that the provider keeps. */
  commission(value: number): void { this.sink.turn(11, 12); this.sink.double(value); }
  /** One, or several of a multiple. */
  legsStart(count: number): void { this.sink.turn(12, count > 0 ? 13 : 18); this.#legsLeft = count; this.sink.items(count); }
  legsSport(value: Uint8Array | string): void { this.sink.turn(13, 14); this.sink.string(value); }
  legsEventId(value: Uint8Array | string): void { this.sink.turn(14, 15); this.sink.string(value); }
  legsMarket(value: Uint8Array | string): void { this.sink.turn(15, 16); this.sink.string(value); }
  legsOutcome(value: Uint8Array | string): void { this.sink.turn(16, 17); this.sink.string(value); }
  /** Decimal, as taken. */
  legsPrice(value: number): void { this.sink.turn(17, --this.#legsLeft > 0 ? 13 : 18); this.sink.double(value); }
  legsEnd(): void { this.sink.turn(18, 19); this.sink.endOfItems(); }
  /** Settled: also what is void, and what was cashed out in full. */
  status(value: PositionStatus): void { this.sink.turn(19, 20); this.sink.symbol(value, 2); }
  /** Epoch ms UTC. */
  acceptedAt(value: number): void { this.sink.turn(20, 21); this.sink.long(value); }
  /** Of a settled one, epoch ms UTC. NaN for null. */
  settledAt(value: number): void { this.sink.turn(21, 22); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** Of a settled one: what it paid, parts that were cashed out included, less what it held back for it (of a free bet nothing), less commission. NaN for null. */
  pnlMinor(value: number): void { this.sink.turn(22, 23); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** Of the settlement: counts from 1, also what takes one back; 0 before the first. NaN for null. */
  version(value: number): void { this.sink.turn(23, 24); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.int(value); } }
  /** Lineage. */
  sourcePartition(value: number): void { this.sink.turn(24, 25); this.sink.int(value); }
  /** Lineage: offset in bet-events of the event that it follows from. */
  sourceOffset(value: number): void { this.sink.turn(25, 26); this.sink.long(value); }
}

/** Position as registered, with its row, columns and writer. */
export const PositionSchema: AvroSchema<Position, PositionRow, PositionWriter> = {
  name: 'oddstream.Position',
  columns: (dictionaries) => new PositionColumns(dictionaries),
  writer: () => new PositionWriter(),
  avsc: `{
  "type": "record", "name": "Position", "namespace": "oddstream",
  "doc": "One accepted bet as it is now. The newest replaces the older; a tombstone says that it was settled long enough ago to be forgotten.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "When it became so, epoch ms UTC." },
    { "name": "account_id", "type": "string" },
    { "name": "bet_id", "type": "string" },
    { "name": "user_id", "type": "string" },
    { "name": "syndicate_id", "type": ["null", "string"], "default": null },
    { "name": "provider", "type": "string", "doc": "Who takes the other side." },
    { "name": "currency", "type": "string" },
    { "name": "side", "type": { "type": "enum", "name": "BetSide", "symbols": ["back", "lay"] } },
    { "name": "stake_minor", "type": "long", "doc": "What is still at stake, minor units: less than was placed once a part is cashed out, 0 once all is. Of a lay the backer's stake." },
    { "name": "liability_minor", "type": "long", "doc": "What it holds back of the account, of a settled one what it held: a back bet's stake, a lay's liability. Of a free bet it is not the account's money." },
    { "name": "free_bet", "type": "boolean", "default": false },
    { "name": "commission", "type": "double", "default": 0, "doc": "Share of net winnings that the provider keeps." },
    { "name": "legs", "default": [], "doc": "One, or several of a multiple.", "type": { "type": "array", "items": {
      "type": "record", "name": "BetLeg", "fields": [
        { "name": "sport", "type": "string" },
        { "name": "event_id", "type": "string" },
        { "name": "market", "type": "string" },
        { "name": "outcome", "type": "string" },
        { "name": "price", "type": "double", "doc": "Decimal, as taken." }
      ] } } },
    { "name": "status", "type": { "type": "enum", "name": "PositionStatus", "symbols": ["open", "settled"] }, "doc": "Settled: also what is void, and what was cashed out in full." },
    { "name": "accepted_at", "type": "long", "doc": "Epoch ms UTC." },
    { "name": "settled_at", "type": ["null", "long"], "default": null, "doc": "Of a settled one, epoch ms UTC." },
    { "name": "pnl_minor", "type": ["null", "long"], "default": null, "doc": "Of a settled one: what it paid, parts that were cashed out included, less what it held back for it (of a free bet nothing), less commission." },
    { "name": "version", "type": ["null", "int"], "default": null, "doc": "Of the settlement: counts from 1, also what takes one back; 0 before the first." },
    { "name": "source_partition", "type": "int", "doc": "Lineage." },
    { "name": "source_offset", "type": "long", "doc": "Lineage: offset in bet-events of the event that it follows from." }
  ]
}`,
};
