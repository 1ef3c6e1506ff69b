// Generated from schemas/avro/bet-command.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { listed, markIds, orNull } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const BetAction = { open_account: 0, place: 1, cancel: 2, cash_out: 3, void: 4, restore: 5, deposit: 6, withdraw: 7, complete_withdrawal: 8, release_withdrawal: 9 } as const;
export type BetAction = (typeof BetAction)[keyof typeof BetAction];
/** The symbol of each index. */
export const betActionSymbols = ['open_account', 'place', 'cancel', 'cash_out', 'void', 'restore', 'deposit', 'withdraw', 'complete_withdrawal', 'release_withdrawal'] as const;

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const BetSide = { back: 0, lay: 1 } as const;
export type BetSide = (typeof BetSide)[keyof typeof BetSide];
/** The symbol of each index. */
export const betSideSymbols = ['back', 'lay'] as const;

export interface CommandLeg {
  readonly sport: string;
  readonly event_id: string;
  readonly market: string;
  readonly outcome: string;
  /** Decimal price that was seen. */
  readonly price: number;
}

/** What an account holder or the operator wants done with an account or a bet. Whoever repeats one repeats its command_id. */
export interface BetCommand {
  /** When it was given, epoch ms UTC. */
  readonly timestamp: number;
  /** UUID; a bet that it places has it as its id. */
  readonly command_id: string;
  readonly account_id: string;
  readonly action: keyof typeof BetAction;
  /** ISO 4217. Of open_account, place, deposit and withdraw. */
  readonly currency: string | null;
  /** Minor units: stake, deposit, withdrawal; of cash_out the part of the stake to close, all where null. */
  readonly amount_minor: number | null;
  /** UUID: the bet of cancel, cash_out, void and restore; the withdraw command of complete_ and release_withdrawal. */
  readonly refers_to: string | null;
  readonly side: keyof typeof BetSide;
  /** Who is to take the bet; null for whoever gives the best net price. */
  readonly provider: string | null;
  /** Of place: one, or several for a multiple. */
  readonly legs: readonly CommandLeg[];
  /** How much worse than the price seen each leg may be, as a fraction of it. */
  readonly slippage: number;
  /** The stake is a promotion, and is not returned. */
  readonly free_bet: boolean;
  /** Of cash_out: the least that is accepted. */
  readonly min_payout_minor: number | null;
  /** Of open_account; the account's id where null. */
  readonly user_id: string | null;
  /** Of open_account. */
  readonly syndicate_id: string | null;
  /** Of void, as in palpable_error. */
  readonly reason: string | null;
  /** Kept with the bet as it is. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a producer gives: fields with a default may be left out. */
export interface BetCommandInput extends Omit<BetCommand, 'currency' | 'amount_minor' | 'refers_to' | 'side' | 'provider' | 'legs' | 'slippage' | 'free_bet' | 'min_payout_minor' | 'user_id' | 'syndicate_id' | 'reason' | 'metadata'> {
  readonly currency?: string | null;
  readonly amount_minor?: number | null;
  readonly refers_to?: string | null;
  readonly side?: keyof typeof BetSide;
  readonly provider?: string | null;
  readonly legs?: readonly CommandLeg[];
  readonly slippage?: number;
  readonly free_bet?: boolean;
  readonly min_payout_minor?: number | null;
  readonly user_id?: string | null;
  readonly syndicate_id?: string | null;
  readonly reason?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A view of one BetCommand in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class BetCommandRow implements Row {
  index = 0;
  readonly #columns: BetCommandColumns;
  constructor(columns: BetCommandColumns) { this.#columns = columns; }

  get key(): number { return this.#columns.key[this.index]!; }
  get offset(): number { return this.#columns.offset[this.index]!; }
  get timestamp(): number { return this.#columns.timestamp[this.index]!; }
  get control(): Control { return this.#columns.control[this.index]! as Control; }
  get subject(): number { return this.#columns.subject[this.index]!; }
  get isDead(): boolean { return this.#columns.dead[this.index] === 1; }
  /** The text of a string id; empty for -1. */
  text(id: number): string { return id < 0 ? '' : this.#columns.dictionaries.strings.text(id); }
  get keyText(): string { return this.key < 0 ? '' : this.#columns.dictionaries.keys.text(this.key); }

  /** UUID; a bet that it places has it as its id. String id. */
  get commandId(): number { return this.#columns.commandId[this.index]!; }
  /** String id. */
  get accountId(): number { return this.#columns.accountId[this.index]!; }
  get action(): BetAction { return this.#columns.action[this.index]! as BetAction; }
  /** ISO 4217. Of open_account, place, deposit and withdraw. String id; -1 for null. */
  get currency(): number { return this.#columns.currency[this.index]!; }
  /** Minor units: stake, deposit, withdrawal; of cash_out the part of the stake to close, all where null. NaN for null. */
  get amountMinor(): number { return this.#columns.amountMinor[this.index]!; }
  /** UUID: the bet of cancel, cash_out, void and restore; the withdraw command of complete_ and release_withdrawal. String id; -1 for null. */
  get refersTo(): number { return this.#columns.refersTo[this.index]!; }
  get side(): BetSide { return this.#columns.side[this.index]! as BetSide; }
  /** Who is to take the bet; null for whoever gives the best net price. String id; -1 for null. */
  get provider(): number { return this.#columns.provider[this.index]!; }
  /** Of place: one, or several for a multiple. */
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
  /** Decimal price that was seen. */
  legsPrice(at: number): number { return this.#columns.legsPrice[at]!; }
  /** How much worse than the price seen each leg may be, as a fraction of it. */
  get slippage(): number { return this.#columns.slippage[this.index]!; }
  /** The stake is a promotion, and is not returned. */
  get freeBet(): boolean { return this.#columns.freeBet[this.index] === 1; }
  /** Of cash_out: the least that is accepted. NaN for null. */
  get minPayoutMinor(): number { return this.#columns.minPayoutMinor[this.index]!; }
  /** Of open_account; the account's id where null. String id; -1 for null. */
  get userId(): number { return this.#columns.userId[this.index]!; }
  /** Of open_account. String id; -1 for null. */
  get syndicateId(): number { return this.#columns.syndicateId[this.index]!; }
  /** Of void, as in palpable_error. String id; -1 for null. */
  get reason(): number { return this.#columns.reason[this.index]!; }
  /** Kept with the bet as it is. */
  get metadataStart(): number { return this.#columns.metadataStart[this.index]!; }
  get metadataEnd(): number { return this.#columns.metadataStart[this.index + 1]!; }
  /** String id. */
  metadataName(at: number): number { return this.#columns.metadataName[at]!; }
  /** String id. */
  metadata(at: number): number { return this.#columns.metadata[at]!; }

  toObject(): BetCommand {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      command_id: this.text(columns.commandId[row]!),
      account_id: this.text(columns.accountId[row]!),
      action: betActionSymbols[columns.action[row]!]!,
      currency: columns.currency[row] === -1 ? null : this.text(columns.currency[row]!),
      amount_minor: orNull(columns.amountMinor[row]!),
      refers_to: columns.refersTo[row] === -1 ? null : this.text(columns.refersTo[row]!),
      side: betSideSymbols[columns.side[row]!]!,
      provider: columns.provider[row] === -1 ? null : this.text(columns.provider[row]!),
      legs: listed(columns.legsStart, row, (at) => ({
        sport: this.text(columns.legsSport[at]!),
        event_id: this.text(columns.legsEventId[at]!),
        market: this.text(columns.legsMarket[at]!),
        outcome: this.text(columns.legsOutcome[at]!),
        price: columns.legsPrice[at]!,
      })),
      slippage: columns.slippage[row]!,
      free_bet: columns.freeBet[row] === 1,
      min_payout_minor: orNull(columns.minPayoutMinor[row]!),
      user_id: columns.userId[row] === -1 ? null : this.text(columns.userId[row]!),
      syndicate_id: columns.syndicateId[row] === -1 ? null : this.text(columns.syndicateId[row]!),
      reason: columns.reason[row] === -1 ? null : this.text(columns.reason[row]!),
      metadata: Object.fromEntries(listed(columns.metadataStart, row, (at) => [this.text(columns.metadataName[at]!), this.text(columns.metadata[at]!)] as const)),
    };
  }
}

/** Columns of BetCommand. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class BetCommandColumns implements Columns<BetCommandRow> {
  readonly dictionaries: Dictionaries;
  size = 0;
  capacity = 16;
  key = new Int32Array(16);
  offset = new Float64Array(16);
  control = new Uint8Array(16);
  subject = new Int32Array(16);
  dead = new Uint8Array(16);
  timestamp = new Float64Array(16);
  commandId = new Int32Array(16);
  accountId = new Int32Array(16);
  action = new Uint8Array(16);
  currency = new Int32Array(16);
  amountMinor = new Float64Array(16);
  refersTo = new Int32Array(16);
  side = new Uint8Array(16);
  provider = new Int32Array(16);
  slippage = new Float64Array(16);
  freeBet = new Uint8Array(16);
  minPayoutMinor = new Float64Array(16);
  userId = new Int32Array(16);
  syndicateId = new Int32Array(16);
  reason = new Int32Array(16);
  legsCapacity = 512;
  legsStart = new Int32Array(17);
  legsSport = new Int32Array(512);
  legsEventId = new Int32Array(512);
  legsMarket = new Int32Array(512);
  legsOutcome = new Int32Array(512);
  legsPrice = new Float64Array(512);
  metadataCapacity = 512;
  metadataStart = new Int32Array(17);
  metadataName = new Int32Array(512);
  metadata = new Int32Array(512);
  readonly #row = new BetCommandRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): BetCommandRow { this.#row.index = index; return this.#row; }
  empty(): BetCommandColumns { return new BetCommandColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: BetCommandColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.commandId[row] = from.commandId[index]!;
    this.accountId[row] = from.accountId[index]!;
    this.action[row] = from.action[index]!;
    this.currency[row] = from.currency[index]!;
    this.amountMinor[row] = from.amountMinor[index]!;
    this.refersTo[row] = from.refersTo[index]!;
    this.side[row] = from.side[index]!;
    this.provider[row] = from.provider[index]!;
    this.slippage[row] = from.slippage[index]!;
    this.freeBet[row] = from.freeBet[index]!;
    this.minPayoutMinor[row] = from.minPayoutMinor[index]!;
    this.userId[row] = from.userId[index]!;
    this.syndicateId[row] = from.syndicateId[index]!;
    this.reason[row] = from.reason[index]!;
    this.#appendLegs(from, index, row);
    this.#appendMetadata(from, index, row);
    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.action[row] = 0;
    this.currency[row] = -1;
    this.amountMinor[row] = NaN;
    this.refersTo[row] = -1;
    this.side[row] = 0;
    this.provider[row] = -1;
    this.slippage[row] = 0;
    this.freeBet[row] = 0;
    this.minPayoutMinor[row] = NaN;
    this.userId[row] = -1;
    this.syndicateId[row] = -1;
    this.reason[row] = -1;
    this.legsStart[row + 1] = this.legsStart[row]!;
    this.metadataStart[row + 1] = this.metadataStart[row]!;
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);
    markIds(this.commandId, this.size, strings);
    markIds(this.accountId, this.size, strings);
    markIds(this.currency, this.size, strings);
    markIds(this.refersTo, this.size, strings);
    markIds(this.provider, this.size, strings);
    markIds(this.legsSport, this.legsStart[this.size]!, strings);
    markIds(this.legsEventId, this.legsStart[this.size]!, strings);
    markIds(this.legsMarket, this.legsStart[this.size]!, strings);
    markIds(this.legsOutcome, this.legsStart[this.size]!, strings);
    markIds(this.userId, this.size, strings);
    markIds(this.syndicateId, this.size, strings);
    markIds(this.reason, this.size, strings);
    markIds(this.metadataName, this.metadataStart[this.size]!, strings);
    markIds(this.metadata, this.metadataStart[this.size]!, strings);
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
    this.commandId = grown(this.commandId, this.capacity);
    this.accountId = grown(this.accountId, this.capacity);
    this.action = grown(this.action, this.capacity);
    this.currency = grown(this.currency, this.capacity);
    this.amountMinor = grown(this.amountMinor, this.capacity);
    this.refersTo = grown(this.refersTo, this.capacity);
    this.side = grown(this.side, this.capacity);
    this.provider = grown(this.provider, this.capacity);
    this.slippage = grown(this.slippage, this.capacity);
    this.freeBet = grown(this.freeBet, this.capacity);
    this.minPayoutMinor = grown(this.minPayoutMinor, this.capacity);
    this.userId = grown(this.userId, this.capacity);
    this.syndicateId = grown(this.syndicateId, this.capacity);
    this.reason = grown(this.reason, this.capacity);
    this.legsStart = grown(this.legsStart, this.capacity + 1);
    this.metadataStart = grown(this.metadataStart, this.capacity + 1);
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

  /** Room for so many items. */
  growMetadata(needed: number): void {
    while (this.metadataCapacity < needed) this.metadataCapacity *= 2;
    this.metadataName = grown(this.metadataName, this.metadataCapacity);
    this.metadata = grown(this.metadata, this.metadataCapacity);
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
    this.commandId[row] = -1;
    this.accountId[row] = -1;
    this.action[row] = 0;
    this.currency[row] = -1;
    this.amountMinor[row] = NaN;
    this.refersTo[row] = -1;
    this.side[row] = 0;
    this.provider[row] = -1;
    this.slippage[row] = 0;
    this.freeBet[row] = 0;
    this.minPayoutMinor[row] = NaN;
    this.userId[row] = -1;
    this.syndicateId[row] = -1;
    this.reason[row] = -1;
    this.legsStart[row + 1] = this.legsStart[row]!;
    this.metadataStart[row + 1] = this.metadataStart[row]!;
    this.size = row + 1;
  }

  #appendLegs(from: BetCommandColumns, index: number, row: number): void {
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

  #appendMetadata(from: BetCommandColumns, index: number, row: number): void {
    const start = from.metadataStart[index]!, end = from.metadataStart[index + 1]!;
    let at = this.metadataStart[row]!;
    if (at + end - start > this.metadataCapacity) this.growMetadata(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.metadataName[at] = from.metadataName[i]!;
      this.metadata[at] = from.metadata[i]!;
    }
    this.metadataStart[row + 1] = at;
  }
}

/** Encodes values of BetCommand: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class BetCommandWriter extends ValueWriter {
  protected readonly lastPlace = 26;
  #legsLeft = 0;
  #metadataLeft = 0;

  /** When it was given, epoch ms UTC. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  /** UUID; a bet that it places has it as its id. */
  commandId(value: Uint8Array | string): void { this.sink.turn(1, 2); this.sink.string(value); }
  accountId(value: Uint8Array | string): void { this.sink.turn(2, 3); this.sink.string(value); }
  action(value: BetAction): void { this.sink.turn(3, 4); this.sink.symbol(value, 10); }
  /** ISO 4217. Of open_account, place, deposit and withdraw. Undefined for null. */
  currency(value: Uint8Array | string | undefined): void { this.sink.turn(4, 5); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** Minor units: stake, deposit, withdrawal; of cash_out the part of the stake to close, all where null. NaN for null. */
  amountMinor(value: number): void { this.sink.turn(5, 6); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** UUID: the bet of cancel, cash_out, void and restore; the withdraw command of complete_ and release_withdrawal. Undefined for null. */
  refersTo(value: Uint8Array | string | undefined): void { this.sink.turn(6, 7); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  side(value: BetSide): void { this.sink.turn(7, 8); this.sink.symbol(value, 2); }
  /** Who is to take the bet; null for whoever gives the best net price. Undefined for null. */
  provider(value: Uint8Array | string | undefined): void { this.sink.turn(8, 9); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** Of place: one, or several for a multiple. */
  legsStart(count: number): void { this.sink.turn(9, count > 0 ? 10 : 15); this.#legsLeft = count; this.sink.items(count); }
  legsSport(value: Uint8Array | string): void { this.sink.turn(10, 11); this.sink.string(value); }
  legsEventId(value: Uint8Array | string): void { this.sink.turn(11, 12); this.sink.string(value); }
  legsMarket(value: Uint8Array | string): void { this.sink.turn(12, 13); this.sink.string(value); }
  legsOutcome(value: Uint8Array | string): void { this.sink.turn(13, 14); this.sink.string(value); }
  /** Decimal price that was seen. */
  legsPrice(value: number): void { this.sink.turn(14, --this.#legsLeft > 0 ? 10 : 15); this.sink.double(value); }
  legsEnd(): void { this.sink.turn(15, 16); this.sink.endOfItems(); }
  /** How much worse than the price seen each leg may be, as a fraction of it. */
  slippage(value: number): void { this.sink.turn(16, 17); this.sink.double(value); }
  /** The stake is a promotion, and is not returned. */
  freeBet(value: boolean): void { this.sink.turn(17, 18); this.sink.boolean(value); }
  /** Of cash_out: the least that is accepted. NaN for null. */
  minPayoutMinor(value: number): void { this.sink.turn(18, 19); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** Of open_account; the account's id where null. Undefined for null. */
  userId(value: Uint8Array | string | undefined): void { this.sink.turn(19, 20); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** Of open_account. Undefined for null. */
  syndicateId(value: Uint8Array | string | undefined): void { this.sink.turn(20, 21); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** Of void, as in palpable_error. Undefined for null. */
  reason(value: Uint8Array | string | undefined): void { this.sink.turn(21, 22); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** Kept with the bet as it is. */
  metadataStart(count: number): void { this.sink.turn(22, count > 0 ? 23 : 25); this.#metadataLeft = count; this.sink.items(count); }
  metadataName(value: Uint8Array | string): void { this.sink.turn(23, 24); this.sink.string(value); }
  metadata(value: Uint8Array | string): void { this.sink.turn(24, --this.#metadataLeft > 0 ? 23 : 25); this.sink.string(value); }
  metadataEnd(): void { this.sink.turn(25, 26); this.sink.endOfItems(); }
}

/** BetCommand as registered, with its row, columns and writer. */
export const BetCommandSchema: AvroSchema<BetCommand, BetCommandRow, BetCommandWriter> = {
  name: 'oddstream.BetCommand',
  columns: (dictionaries) => new BetCommandColumns(dictionaries),
  writer: () => new BetCommandWriter(),
  avsc: `{
  "type": "record", "name": "BetCommand", "namespace": "oddstream",
  "doc": "What an account holder or the operator wants done with an account or a bet. Whoever repeats one repeats its command_id.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "When it was given, epoch ms UTC." },
    { "name": "command_id", "type": "string", "doc": "UUID; a bet that it places has it as its id." },
    { "name": "account_id", "type": "string" },
    { "name": "action", "type": { "type": "enum", "name": "BetAction", "symbols": [
      "open_account", "place", "cancel", "cash_out", "void", "restore", "deposit", "withdraw", "complete_withdrawal", "release_withdrawal"
    ] } },
    { "name": "currency", "type": ["null", "string"], "default": null, "doc": "ISO 4217. Of open_account, place, deposit and withdraw." },
    { "name": "amount_minor", "type": ["null", "long"], "default": null, "doc": "Minor units: stake, deposit, withdrawal; of cash_out the part of the stake to close, all where null." },
    { "name": "refers_to", "type": ["null", "string"], "default": null, "doc": "UUID: the bet of cancel, cash_out, void and restore; the withdraw command of complete_ and release_withdrawal." },
    { "name": "side", "type": { "type": "enum", "name": "BetSide", "symbols": ["back", "lay"], "default": "back" }, "default": "back" },
    { "name": "provider", "type": ["null", "string"], "default": null, "doc": "Who is to take the bet; null for whoever gives the best net price." },
    { "name": "legs", "default": [], "doc": "Of place: one, or several for a multiple.", "type": { "type": "array", "items": {
      "type": "record", "name": "CommandLeg", "fields": [
        { "name": "sport", "type": "string" },
        { "name": "event_id", "type": "string" },
        { "name": "market", "type": "string" },
        { "name": "outcome", "type": "string" },
        { "name": "price", "type": "double", "doc": "Decimal price that was seen." }
      ] } } },
    { "name": "slippage", "type": "double", "default": 0, "doc": "How much worse than the price seen each leg may be, as a fraction of it." },
    { "name": "free_bet", "type": "boolean", "default": false, "doc": "The stake is a promotion, and is not returned." },
    { "name": "min_payout_minor", "type": ["null", "long"], "default": null, "doc": "Of cash_out: the least that is accepted." },
    { "name": "user_id", "type": ["null", "string"], "default": null, "doc": "Of open_account; the account's id where null." },
    { "name": "syndicate_id", "type": ["null", "string"], "default": null, "doc": "Of open_account." },
    { "name": "reason", "type": ["null", "string"], "default": null, "doc": "Of void, as in palpable_error." },
    { "name": "metadata", "type": { "type": "map", "values": "string" }, "default": {}, "doc": "Kept with the bet as it is." }
  ]
}`,
};
