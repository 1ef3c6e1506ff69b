// Generated from schemas/avro/bet-event.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { listed, markIds, orNull } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const BetEventKind = { account_opened: 0, deposited: 1, withdrawal_held: 2, withdrawal_completed: 3, withdrawal_released: 4, delayed: 5, submitted: 6, unknown: 7, accepted: 8, rejected: 9, cancelled: 10, settled: 11, rolled_back: 12, cashed_out: 13, voided: 14, restored: 15 } as const;
export type BetEventKind = (typeof BetEventKind)[keyof typeof BetEventKind];
/** The symbol of each index. */
export const betEventKindSymbols = ['account_opened', 'deposited', 'withdrawal_held', 'withdrawal_completed', 'withdrawal_released', 'delayed', 'submitted', 'unknown', 'accepted', 'rejected', 'cancelled', 'settled', 'rolled_back', 'cashed_out', 'voided', 'restored'] as const;

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
export const BetResult = { won: 0, lost: 1, void: 2, push: 3, half_won: 4, half_lost: 5, partly: 6 } as const;
export type BetResult = (typeof BetResult)[keyof typeof BetResult];
/** The symbol of each index. */
export const betResultSymbols = ['won', 'lost', 'void', 'push', 'half_won', 'half_lost', 'partly'] as const;

/** One change of state of an account or of a bet, with the bet as it is now. In order per account, each exactly once. */
export interface BetEvent {
  /** When it was decided, epoch ms UTC. */
  readonly timestamp: number;
  readonly account_id: string;
  /** Counts the events of a partition, from 0, without a gap. */
  readonly sequence: number;
  readonly kind: keyof typeof BetEventKind;
  /** The command that it answers. */
  readonly command_id: string | null;
  /** Why, of rejected and cancelled. */
  readonly code: string | null;
  readonly user_id: string | null;
  readonly syndicate_id: string | null;
  readonly currency: string | null;
  /** Of deposits and withdrawals; of cashed_out what was paid for the part, and of a cash_out that is rejected since less is to be had, how much that is. */
  readonly amount_minor: number | null;
  /** What the account can spend afterwards; what it owes, as a negative number. */
  readonly available_minor: number | null;
  /** Null where it is not of a bet; so are the fields below. */
  readonly bet_id: string | null;
  /** Who takes the other side. */
  readonly provider: string | null;
  readonly side: keyof typeof BetSide | null;
  /** What is still at stake, minor units: less than was placed once a part is cashed out. Of a lay the backer's stake. */
  readonly stake_minor: number | null;
  /** What the bet holds back of the account: a back bet's stake, a lay's liability. */
  readonly liability_minor: number | null;
  readonly free_bet: boolean;
  /** Share of net winnings that the provider keeps. */
  readonly commission: number;
  /** One, or several of a multiple. */
  readonly legs: readonly BetLeg[];
  /** Epoch ms UTC. */
  readonly accepted_at: number | null;
  /** Of the settlement: counts from 1, also what takes one back. */
  readonly version: number | null;
  /** Of a settled bet; partly where no single class says it. */
  readonly result: keyof typeof BetResult | null;
  /** Of a settled bet: what came back, before commission. */
  readonly payout_minor: number | null;
  /** Of a settled bet: its part of the commission on the account's net winnings in the market. */
  readonly commission_minor: number | null;
  /** Lineage: topic of the record that it follows from. */
  readonly source_topic: string;
  /** Lineage. */
  readonly source_partition: number;
  /** Lineage. */
  readonly source_offset: number;
}

/** What a producer gives: fields with a default may be left out. */
export interface BetEventInput extends Omit<BetEvent, 'command_id' | 'code' | 'user_id' | 'syndicate_id' | 'currency' | 'amount_minor' | 'available_minor' | 'bet_id' | 'provider' | 'side' | 'stake_minor' | 'liability_minor' | 'free_bet' | 'commission' | 'legs' | 'accepted_at' | 'version' | 'result' | 'payout_minor' | 'commission_minor'> {
  readonly command_id?: string | null;
  readonly code?: string | null;
  readonly user_id?: string | null;
  readonly syndicate_id?: string | null;
  readonly currency?: string | null;
  readonly amount_minor?: number | null;
  readonly available_minor?: number | null;
  readonly bet_id?: string | null;
  readonly provider?: string | null;
  readonly side?: keyof typeof BetSide | null;
  readonly stake_minor?: number | null;
  readonly liability_minor?: number | null;
  readonly free_bet?: boolean;
  readonly commission?: number;
  readonly legs?: readonly BetLeg[];
  readonly accepted_at?: number | null;
  readonly version?: number | null;
  readonly result?: keyof typeof BetResult | null;
  readonly payout_minor?: number | null;
  readonly commission_minor?: number | null;
}

/** A view of one BetEvent in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class BetEventRow implements Row {
  index = 0;
  readonly #columns: BetEventColumns;
  constructor(columns: BetEventColumns) { this.#columns = columns; }

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
  /** Counts the events of a partition, from 0, without a gap. */
  get sequence(): number { return this.#columns.sequence[this.index]!; }
  get kind(): BetEventKind { return this.#columns.kind[this.index]! as BetEventKind; }
  /** The command that it answers. String id; -1 for null. */
  get commandId(): number { return this.#columns.commandId[this.index]!; }
  /** Why, of rejected and cancelled. String id; -1 for null. */
  get code(): number { return this.#columns.code[this.index]!; }
  /** String id; -1 for null. */
  get userId(): number { return this.#columns.userId[this.index]!; }
  /** String id; -1 for null. */
  get syndicateId(): number { return this.#columns.syndicateId[this.index]!; }
  /** String id; -1 for null. */
  get currency(): number { return this.#columns.currency[this.index]!; }
  /** Of deposits and withdrawals; of cashed_out what was paid for the part, and of a cash_out that is rejected since less is to be had, how much that is. NaN for null. */
  get amountMinor(): number { return this.#columns.amountMinor[this.index]!; }
  /** What the account can spend afterwards; what it owes, as a negative number. NaN for null. */
  get availableMinor(): number { return this.#columns.availableMinor[this.index]!; }
  /** Null where it is not of a bet; so are the fields below. String id; -1 for null. */
  get betId(): number { return this.#columns.betId[this.index]!; }
  /** Who takes the other side. String id; -1 for null. */
  get provider(): number { return this.#columns.provider[this.index]!; }
  /** -1 for null. */
  get side(): BetSide | -1 { return this.#columns.side[this.index]! as BetSide | -1; }
  /** What is still at stake, minor units: less than was placed once a part is cashed out. Of a lay the backer's stake. NaN for null. */
  get stakeMinor(): number { return this.#columns.stakeMinor[this.index]!; }
  /** What the bet holds back of the account: a back bet's stake, a lay's liability. NaN for null. */
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
  /** Epoch ms UTC. NaN for null. */
  get acceptedAt(): number { return this.#columns.acceptedAt[this.index]!; }
  /** Of the settlement: counts from 1, also what takes one back. NaN for null. */
  get version(): number { return this.#columns.version[this.index]!; }
  /** Of a settled bet; partly where no single class says it. -1 for null. */
  get result(): BetResult | -1 { return this.#columns.result[this.index]! as BetResult | -1; }
  /** Of a settled bet: what came back, before commission. NaN for null. */
  get payoutMinor(): number { return this.#columns.payoutMinor[this.index]!; }
  /** Of a settled bet: its part of the commission on the account's net winnings in the market. NaN for null. */
  get commissionMinor(): number { return this.#columns.commissionMinor[this.index]!; }
  /** Lineage: topic of the record that it follows from. String id. */
  get sourceTopic(): number { return this.#columns.sourceTopic[this.index]!; }
  /** Lineage. */
  get sourcePartition(): number { return this.#columns.sourcePartition[this.index]!; }
  /** Lineage. */
  get sourceOffset(): number { return this.#columns.sourceOffset[this.index]!; }

  toObject(): BetEvent {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      account_id: this.text(columns.accountId[row]!),
      sequence: columns.sequence[row]!,
      kind: betEventKindSymbols[columns.kind[row]!]!,
      command_id: columns.commandId[row] === -1 ? null : this.text(columns.commandId[row]!),
      code: columns.code[row] === -1 ? null : this.text(columns.code[row]!),
      user_id: columns.userId[row] === -1 ? null : this.text(columns.userId[row]!),
      syndicate_id: columns.syndicateId[row] === -1 ? null : this.text(columns.syndicateId[row]!),
      currency: columns.currency[row] === -1 ? null : this.text(columns.currency[row]!),
      amount_minor: orNull(columns.amountMinor[row]!),
      available_minor: orNull(columns.availableMinor[row]!),
      bet_id: columns.betId[row] === -1 ? null : this.text(columns.betId[row]!),
      provider: columns.provider[row] === -1 ? null : this.text(columns.provider[row]!),
      side: betSideSymbols[columns.side[row]!] ?? null,
      stake_minor: orNull(columns.stakeMinor[row]!),
      liability_minor: orNull(columns.liabilityMinor[row]!),
      free_bet: columns.freeBet[row] === 1,
      commission: columns.commission[row]!,
      legs: listed(columns.legsStart, row, (at) => ({
        sport: this.text(columns.legsSport[at]!),
        event_id: this.text(columns.legsEventId[at]!),
        market: this.text(columns.legsMarket[at]!),
        outcome: this.text(columns.legsOutcome[at]!),
        price: columns.legsPrice[at]!,
      })),
      accepted_at: orNull(columns.acceptedAt[row]!),
      version: orNull(columns.version[row]!),
      result: betResultSymbols[columns.result[row]!] ?? null,
      payout_minor: orNull(columns.payoutMinor[row]!),
      commission_minor: orNull(columns.commissionMinor[row]!),
      source_topic: this.text(columns.sourceTopic[row]!),
      source_partition: columns.sourcePartition[row]!,
      source_offset: columns.sourceOffset[row]!,
    };
  }
}

/** Columns of BetEvent. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class BetEventColumns implements Columns<BetEventRow> {
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
  sequence = new Float64Array(16);
  kind = new Uint8Array(16);
  commandId = new Int32Array(16);
  code = new Int32Array(16);
  userId = new Int32Array(16);
  syndicateId = new Int32Array(16);
  currency = new Int32Array(16);
  amountMinor = new Float64Array(16);
  availableMinor = new Float64Array(16);
  betId = new Int32Array(16);
  provider = new Int32Array(16);
  side = new Int32Array(16);
  stakeMinor = new Float64Array(16);
  liabilityMinor = new Float64Array(16);
  freeBet = new Uint8Array(16);
  commission = new Float64Array(16);
  acceptedAt = new Float64Array(16);
  version = new Float64Array(16);
  result = new Int32Array(16);
  payoutMinor = new Float64Array(16);
  commissionMinor = new Float64Array(16);
  sourceTopic = new Int32Array(16);
  sourcePartition = new Int32Array(16);
  sourceOffset = new Float64Array(16);
  legsCapacity = 512;
  legsStart = new Int32Array(17);
  legsSport = new Int32Array(512);
  legsEventId = new Int32Array(512);
  legsMarket = new Int32Array(512);
  legsOutcome = new Int32Array(512);
  legsPrice = new Float64Array(512);
  readonly #row = new BetEventRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): BetEventRow { this.#row.index = index; return this.#row; }
  empty(): BetEventColumns { return new BetEventColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: BetEventColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.accountId[row] = from.accountId[index]!;
    this.sequence[row] = from.sequence[index]!;
    this.kind[row] = from.kind[index]!;
    this.commandId[row] = from.commandId[index]!;
    this.code[row] = from.code[index]!;
    this.userId[row] = from.userId[index]!;
    this.syndicateId[row] = from.syndicateId[index]!;
    this.currency[row] = from.currency[index]!;
    this.amountMinor[row] = from.amountMinor[index]!;
    this.availableMinor[row] = from.availableMinor[index]!;
    this.betId[row] = from.betId[index]!;
    this.provider[row] = from.provider[index]!;
    this.side[row] = from.side[index]!;
    this.stakeMinor[row] = from.stakeMinor[index]!;
    this.liabilityMinor[row] = from.liabilityMinor[index]!;
    this.freeBet[row] = from.freeBet[index]!;
    this.commission[row] = from.commission[index]!;
    this.acceptedAt[row] = from.acceptedAt[index]!;
    this.version[row] = from.version[index]!;
    this.result[row] = from.result[index]!;
    this.payoutMinor[row] = from.payoutMinor[index]!;
    this.commissionMinor[row] = from.commissionMinor[index]!;
    this.sourceTopic[row] = from.sourceTopic[index]!;
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
    this.sequence[row] = 0;
    this.kind[row] = 0;
    this.commandId[row] = -1;
    this.code[row] = -1;
    this.userId[row] = -1;
    this.syndicateId[row] = -1;
    this.currency[row] = -1;
    this.amountMinor[row] = NaN;
    this.availableMinor[row] = NaN;
    this.betId[row] = -1;
    this.provider[row] = -1;
    this.side[row] = -1;
    this.stakeMinor[row] = NaN;
    this.liabilityMinor[row] = NaN;
    this.freeBet[row] = 0;
    this.commission[row] = 0;
    this.acceptedAt[row] = NaN;
    this.version[row] = NaN;
    this.result[row] = -1;
    this.payoutMinor[row] = NaN;
    this.commissionMinor[row] = NaN;
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
    markIds(this.commandId, this.size, strings);
    markIds(this.code, this.size, strings);
    markIds(this.userId, this.size, strings);
    markIds(this.syndicateId, this.size, strings);
    markIds(this.currency, this.size, strings);
    markIds(this.betId, this.size, strings);
    markIds(this.provider, this.size, strings);
    markIds(this.legsSport, this.legsStart[this.size]!, strings);
    markIds(this.legsEventId, this.legsStart[this.size]!, strings);
    markIds(this.legsMarket, this.legsStart[this.size]!, strings);
    markIds(this.legsOutcome, this.legsStart[this.size]!, strings);
    markIds(this.sourceTopic, this.size, strings);
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
    this.sequence = grown(this.sequence, this.capacity);
    this.kind = grown(this.kind, this.capacity);
    this.commandId = grown(this.commandId, this.capacity);
    this.code = grown(this.code, this.capacity);
    this.userId = grown(this.userId, this.capacity);
    this.syndicateId = grown(this.syndicateId, this.capacity);
    this.currency = grown(this.currency, this.capacity);
    this.amountMinor = grown(this.amountMinor, this.capacity);
    this.availableMinor = grown(this.availableMinor, this.capacity);
    this.betId = grown(this.betId, this.capacity);
    this.provider = grown(this.provider, this.capacity);
    this.side = grown(this.side, this.capacity);
    this.stakeMinor = grown(this.stakeMinor, this.capacity);
    this.liabilityMinor = grown(this.liabilityMinor, this.capacity);
    this.freeBet = grown(this.freeBet, this.capacity);
    this.commission = grown(this.commission, this.capacity);
    this.acceptedAt = grown(this.acceptedAt, this.capacity);
    this.version = grown(this.version, this.capacity);
    this.result = grown(this.result, this.capacity);
    this.payoutMinor = grown(this.payoutMinor, this.capacity);
    this.commissionMinor = grown(this.commissionMinor, this.capacity);
    this.sourceTopic = grown(this.sourceTopic, this.capacity);
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
    this.sequence[row] = 0;
    this.kind[row] = 0;
    this.commandId[row] = -1;
    this.code[row] = -1;
    this.userId[row] = -1;
    this.syndicateId[row] = -1;
    this.currency[row] = -1;
    this.amountMinor[row] = NaN;
    this.availableMinor[row] = NaN;
    this.betId[row] = -1;
    this.provider[row] = -1;
    this.side[row] = -1;
    this.stakeMinor[row] = NaN;
    this.liabilityMinor[row] = NaN;
    this.freeBet[row] = 0;
    this.commission[row] = 0;
    this.acceptedAt[row] = NaN;
    this.version[row] = NaN;
    this.result[row] = -1;
    this.payoutMinor[row] = NaN;
    this.commissionMinor[row] = NaN;
    this.sourceTopic[row] = -1;
    this.sourcePartition[row] = 0;
    this.sourceOffset[row] = 0;
    this.legsStart[row + 1] = this.legsStart[row]!;
    this.size = row + 1;
  }

  #appendLegs(from: BetEventColumns, index: number, row: number): void {
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

/** Encodes values of BetEvent: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class BetEventWriter extends ValueWriter {
  protected readonly lastPlace = 33;
  #legsLeft = 0;

  /** When it was decided, epoch ms UTC. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  accountId(value: Uint8Array | string): void { this.sink.turn(1, 2); this.sink.string(value); }
  /** Counts the events of a partition, from 0, without a gap. */
  sequence(value: number): void { this.sink.turn(2, 3); this.sink.long(value); }
  kind(value: BetEventKind): void { this.sink.turn(3, 4); this.sink.symbol(value, 16); }
  /** The command that it answers. Undefined for null. */
  commandId(value: Uint8Array | string | undefined): void { this.sink.turn(4, 5); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** Why, of rejected and cancelled. Undefined for null. */
  code(value: Uint8Array | string | undefined): void { this.sink.turn(5, 6); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** undefined for null. */
  userId(value: Uint8Array | string | undefined): void { this.sink.turn(6, 7); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** undefined for null. */
  syndicateId(value: Uint8Array | string | undefined): void { this.sink.turn(7, 8); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** undefined for null. */
  currency(value: Uint8Array | string | undefined): void { this.sink.turn(8, 9); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** Of deposits and withdrawals; of cashed_out what was paid for the part, and of a cash_out that is rejected since less is to be had, how much that is. NaN for null. */
  amountMinor(value: number): void { this.sink.turn(9, 10); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** What the account can spend afterwards; what it owes, as a negative number. NaN for null. */
  availableMinor(value: number): void { this.sink.turn(10, 11); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** Null where it is not of a bet; so are the fields below. Undefined for null. */
  betId(value: Uint8Array | string | undefined): void { this.sink.turn(11, 12); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** Who takes the other side. Undefined for null. */
  provider(value: Uint8Array | string | undefined): void { this.sink.turn(12, 13); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** -1 for null. */
  side(value: BetSide | -1): void { this.sink.turn(13, 14); if (value < 0) this.sink.int(0); else { this.sink.int(1); this.sink.symbol(value, 2); } }
  /** What is still at stake, minor units: less than was placed once a part is cashed out. Of a lay the backer's stake. NaN for null. */
  stakeMinor(value: number): void { this.sink.turn(14, 15); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** What the bet holds back of the account: a back bet's stake, a lay's liability. NaN for null. */
  liabilityMinor(value: number): void { this.sink.turn(15, 16); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  freeBet(value: boolean): void { this.sink.turn(16, 17); this.sink.boolean(value); }
  /** Share of net winnings that the provider keeps. */
  commission(value: number): void { this.sink.turn(17, 18); this.sink.double(value); }
  /** One, or several of a multiple. */
  legsStart(count: number): void { this.sink.turn(18, count > 0 ? 19 : 24); this.#legsLeft = count; this.sink.items(count); }
  legsSport(value: Uint8Array | string): void { this.sink.turn(19, 20); this.sink.string(value); }
  legsEventId(value: Uint8Array | string): void { this.sink.turn(20, 21); this.sink.string(value); }
  legsMarket(value: Uint8Array | string): void { this.sink.turn(21, 22); this.sink.string(value); }
  legsOutcome(value: Uint8Array | string): void { this.sink.turn(22, 23); this.sink.string(value); }
  /** Decimal, as taken. */
  legsPrice(value: number): void { this.sink.turn(23, --this.#legsLeft > 0 ? 19 : 24); this.sink.double(value); }
  legsEnd(): void { this.sink.turn(24, 25); this.sink.endOfItems(); }
  /** Epoch ms UTC. NaN for null. */
  acceptedAt(value: number): void { this.sink.turn(25, 26); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** Of the settlement: counts from 1, also what takes one back. NaN for null. */
  version(value: number): void { this.sink.turn(26, 27); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.int(value); } }
  /** Of a settled bet; partly where no single class says it. -1 for null. */
  result(value: BetResult | -1): void { this.sink.turn(27, 28); if (value < 0) this.sink.int(0); else { this.sink.int(1); this.sink.symbol(value, 7); } }
  /** Of a settled bet: what came back, before commission. NaN for null. */
  payoutMinor(value: number): void { this.sink.turn(28, 29); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** Of a settled bet: its part of the commission on the account's net winnings in the market. NaN for null. */
  commissionMinor(value: number): void { this.sink.turn(29, 30); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** Lineage: topic of the record that it follows from. */
  sourceTopic(value: Uint8Array | string): void { this.sink.turn(30, 31); this.sink.string(value); }
  /** Lineage. */
  sourcePartition(value: number): void { this.sink.turn(31, 32); this.sink.int(value); }
  /** Lineage. */
  sourceOffset(value: number): void { this.sink.turn(32, 33); this.sink.long(value); }
}

/** BetEvent as registered, with its row, columns and writer. */
export const BetEventSchema: AvroSchema<BetEvent, BetEventRow, BetEventWriter> = {
  name: 'oddstream.BetEvent',
  columns: (dictionaries) => new BetEventColumns(dictionaries),
  writer: () => new BetEventWriter(),
  avsc: `{
  "type": "record", "name": "BetEvent", "namespace": "oddstream",
  "doc": "One change of state of an account or of a bet, with the bet as it is now. In order per account, each exactly once.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "When it was decided, epoch ms UTC." },
    { "name": "account_id", "type": "string" },
    { "name": "sequence", "type": "long", "doc": "Counts the events of a partition, from 0, without a gap." },
    { "name": "kind", "type": { "type": "enum", "name": "BetEventKind", "symbols": [
      "account_opened", "deposited", "withdrawal_held", "withdrawal_completed", "withdrawal_released",
      "delayed", "submitted", "unknown", "accepted", "rejected", "cancelled", "settled", "rolled_back", "cashed_out", "voided", "restored"
    ] } },
    { "name": "command_id", "type": ["null", "string"], "default": null, "doc": "The command that it answers." },
    { "name": "code", "type": ["null", "string"], "default": null, "doc": "Why, of rejected and cancelled." },
    { "name": "user_id", "type": ["null", "string"], "default": null },
    { "name": "syndicate_id", "type": ["null", "string"], "default": null },
    { "name": "currency", "type": ["null", "string"], "default": null },
    { "name": "amount_minor", "type": ["null", "long"], "default": null, "doc": "Of deposits and withdrawals; of cashed_out what was paid for the part, and of a cash_out that is rejected since less is to be had, how much that is." },
    { "name": "available_minor", "type": ["null", "long"], "default": null, "doc": "What the account can spend afterwards; what it owes, as a negative number." },
    { "name": "bet_id", "type": ["null", "string"], "default": null, "doc": "Null where it is not of a bet; so are the fields below." },
    { "name": "provider", "type": ["null", "string"], "default": null, "doc": "Who takes the other side." },
    { "name": "side", "type": ["null", { "type": "enum", "name": "BetSide", "symbols": ["back", "lay"] }], "default": null },
    { "name": "stake_minor", "type": ["null", "long"], "default": null, "doc": "What is still at stake, minor units: less than was placed once a part is cashed out. Of a lay the backer's stake." },
    { "name": "liability_minor", "type": ["null", "long"], "default": null, "doc": "What the bet holds back of the account: a back bet's stake, a lay's liability." },
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
    { "name": "accepted_at", "type": ["null", "long"], "default": null, "doc": "Epoch ms UTC." },
    { "name": "version", "type": ["null", "int"], "default": null, "doc": "Of the settlement: counts from 1, also what takes one back." },
    { "name": "result", "type": ["null", { "type": "enum", "name": "BetResult", "symbols": ["won", "lost", "void", "push", "half_won", "half_lost", "partly"] }], "default": null, "doc": "Of a settled bet; partly where no single class says it." },
    { "name": "payout_minor", "type": ["null", "long"], "default": null, "doc": "Of a settled bet: what came back, before commission." },
    { "name": "commission_minor", "type": ["null", "long"], "default": null, "doc": "Of a settled bet: its part of the commission on the account's net winnings in the market." },
    { "name": "source_topic", "type": "string", "doc": "Lineage: topic of the record that it follows from." },
    { "name": "source_partition", "type": "int", "doc": "Lineage." },
    { "name": "source_offset", "type": "long", "doc": "Lineage." }
  ]
}`,
};
