// Generated from schemas/avro/result.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { listed, markIds, orNull } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const ResultAction = { settle: 0, rollback_settle: 1, cancel: 2, rollback_cancel: 3 } as const;
export type ResultAction = (typeof ResultAction)[keyof typeof ResultAction];
/** The symbol of each index. */
export const resultActionSymbols = ['settle', 'rollback_settle', 'cancel', 'rollback_cancel'] as const;

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const Certainty = { live: 0, confirmed: 1 } as const;
export type Certainty = (typeof Certainty)[keyof typeof Certainty];
/** The symbol of each index. */
export const certaintySymbols = ['live', 'confirmed'] as const;

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const OutcomeClass = { won: 0, lost: 1, void: 2, push: 3, half_won: 4, half_lost: 5 } as const;
export type OutcomeClass = (typeof OutcomeClass)[keyof typeof OutcomeClass];
/** The symbol of each index. */
export const outcomeClassSymbols = ['won', 'lost', 'void', 'push', 'half_won', 'half_lost'] as const;

export interface OutcomeResult {
  readonly outcome: string;
  readonly result: keyof typeof OutcomeClass;
  readonly dead_heat_factor: number | null;
}

/** What a producer gives: fields with a default may be left out. */
export interface OutcomeResultInput extends Omit<OutcomeResult, 'dead_heat_factor'> {
  readonly dead_heat_factor?: number | null;
}

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const DeductionKind = { rule4: 0, reduction_factor: 1 } as const;
export type DeductionKind = (typeof DeductionKind)[keyof typeof DeductionKind];
/** The symbol of each index. */
export const deductionKindSymbols = ['rule4', 'reduction_factor'] as const;

export interface Deduction {
  /** Rule 4 is taken from winnings, a reduction factor from the whole price. */
  readonly kind: keyof typeof DeductionKind;
  /** As a fraction: 0.15 for 15p in the pound, or for 15 %. */
  readonly rate: number;
  /** Bets accepted before it are reduced, epoch ms UTC. */
  readonly withdrawn_at: number;
}

/** A settlement of a market, or the taking back of one. */
export interface Result {
  /** Event time, epoch ms UTC. */
  readonly timestamp: number;
  /** Who says so. */
  readonly provider: string;
  readonly sport: string;
  readonly event_id: string;
  readonly market: string;
  readonly action: keyof typeof ResultAction;
  readonly certainty: keyof typeof Certainty;
  /** Only for settle. */
  readonly outcomes: readonly OutcomeResult[];
  /** Cancel window, epoch ms UTC; open where null. */
  readonly void_from: number | null;
  readonly void_until: number | null;
  /** Only for settle: of runners that were withdrawn. */
  readonly deductions: readonly Deduction[];
}

/** What a producer gives: fields with a default may be left out. */
export interface ResultInput extends Omit<Result, 'certainty' | 'outcomes' | 'void_from' | 'void_until' | 'deductions'> {
  readonly certainty?: keyof typeof Certainty;
  readonly outcomes?: readonly OutcomeResultInput[];
  readonly void_from?: number | null;
  readonly void_until?: number | null;
  readonly deductions?: readonly Deduction[];
}

/** A view of one Result in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class ResultRow implements Row {
  index = 0;
  readonly #columns: ResultColumns;
  constructor(columns: ResultColumns) { this.#columns = columns; }

  get key(): number { return this.#columns.key[this.index]!; }
  get offset(): number { return this.#columns.offset[this.index]!; }
  get timestamp(): number { return this.#columns.timestamp[this.index]!; }
  get control(): Control { return this.#columns.control[this.index]! as Control; }
  get subject(): number { return this.#columns.subject[this.index]!; }
  get isDead(): boolean { return this.#columns.dead[this.index] === 1; }
  /** The text of a string id; empty for -1. */
  text(id: number): string { return id < 0 ? '' : this.#columns.dictionaries.strings.text(id); }
  get keyText(): string { return this.key < 0 ? '' : this.#columns.dictionaries.keys.text(this.key); }

  /** Who says so. String id. */
  get provider(): number { return this.#columns.provider[this.index]!; }
  /** String id. */
  get sport(): number { return this.#columns.sport[this.index]!; }
  /** String id. */
  get eventId(): number { return this.#columns.eventId[this.index]!; }
  /** String id. */
  get market(): number { return this.#columns.market[this.index]!; }
  get action(): ResultAction { return this.#columns.action[this.index]! as ResultAction; }
  get certainty(): Certainty { return this.#columns.certainty[this.index]! as Certainty; }
  /** Only for settle. */
  get outcomesStart(): number { return this.#columns.outcomesStart[this.index]!; }
  get outcomesEnd(): number { return this.#columns.outcomesStart[this.index + 1]!; }
  /** String id. */
  outcomesOutcome(at: number): number { return this.#columns.outcomesOutcome[at]!; }
  outcomesResult(at: number): OutcomeClass { return this.#columns.outcomesResult[at]! as OutcomeClass; }
  /** NaN for null. */
  outcomesDeadHeatFactor(at: number): number { return this.#columns.outcomesDeadHeatFactor[at]!; }
  /** Cancel window, epoch ms UTC; open where null. NaN for null. */
  get voidFrom(): number { return this.#columns.voidFrom[this.index]!; }
  /** NaN for null. */
  get voidUntil(): number { return this.#columns.voidUntil[this.index]!; }
  /** Only for settle: of runners that were withdrawn. */
  get deductionsStart(): number { return this.#columns.deductionsStart[this.index]!; }
  get deductionsEnd(): number { return this.#columns.deductionsStart[this.index + 1]!; }
  /** Rule 4 is taken from winnings, a reduction factor from the whole price. */
  deductionsKind(at: number): DeductionKind { return this.#columns.deductionsKind[at]! as DeductionKind; }
  /** As a fraction: 0.15 for 15p in the pound, or for 15 %. */
  deductionsRate(at: number): number { return this.#columns.deductionsRate[at]!; }
  /** Bets accepted before it are reduced, epoch ms UTC. */
  deductionsWithdrawnAt(at: number): number { return this.#columns.deductionsWithdrawnAt[at]!; }

  toObject(): Result {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      provider: this.text(columns.provider[row]!),
      sport: this.text(columns.sport[row]!),
      event_id: this.text(columns.eventId[row]!),
      market: this.text(columns.market[row]!),
      action: resultActionSymbols[columns.action[row]!]!,
      certainty: certaintySymbols[columns.certainty[row]!]!,
      outcomes: listed(columns.outcomesStart, row, (at) => ({
        outcome: this.text(columns.outcomesOutcome[at]!),
        result: outcomeClassSymbols[columns.outcomesResult[at]!]!,
        dead_heat_factor: orNull(columns.outcomesDeadHeatFactor[at]!),
      })),
      void_from: orNull(columns.voidFrom[row]!),
      void_until: orNull(columns.voidUntil[row]!),
      deductions: listed(columns.deductionsStart, row, (at) => ({
        kind: deductionKindSymbols[columns.deductionsKind[at]!]!,
        rate: columns.deductionsRate[at]!,
        withdrawn_at: columns.deductionsWithdrawnAt[at]!,
      })),
    };
  }
}

/** Columns of Result. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class ResultColumns implements Columns<ResultRow> {
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
  action = new Uint8Array(16);
  certainty = new Uint8Array(16);
  voidFrom = new Float64Array(16);
  voidUntil = new Float64Array(16);
  outcomesCapacity = 512;
  outcomesStart = new Int32Array(17);
  outcomesOutcome = new Int32Array(512);
  outcomesResult = new Uint8Array(512);
  outcomesDeadHeatFactor = new Float64Array(512);
  deductionsCapacity = 512;
  deductionsStart = new Int32Array(17);
  deductionsKind = new Uint8Array(512);
  deductionsRate = new Float64Array(512);
  deductionsWithdrawnAt = new Float64Array(512);
  readonly #row = new ResultRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): ResultRow { this.#row.index = index; return this.#row; }
  empty(): ResultColumns { return new ResultColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: ResultColumns, index: number): void {
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
    this.action[row] = from.action[index]!;
    this.certainty[row] = from.certainty[index]!;
    this.voidFrom[row] = from.voidFrom[index]!;
    this.voidUntil[row] = from.voidUntil[index]!;
    this.#appendOutcomes(from, index, row);
    this.#appendDeductions(from, index, row);
    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.action[row] = 0;
    this.certainty[row] = 1;
    this.voidFrom[row] = NaN;
    this.voidUntil[row] = NaN;
    this.outcomesStart[row + 1] = this.outcomesStart[row]!;
    this.deductionsStart[row + 1] = this.deductionsStart[row]!;
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
    markIds(this.outcomesOutcome, this.outcomesStart[this.size]!, strings);
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
    this.action = grown(this.action, this.capacity);
    this.certainty = grown(this.certainty, this.capacity);
    this.voidFrom = grown(this.voidFrom, this.capacity);
    this.voidUntil = grown(this.voidUntil, this.capacity);
    this.outcomesStart = grown(this.outcomesStart, this.capacity + 1);
    this.deductionsStart = grown(this.deductionsStart, this.capacity + 1);
  }

  /** Room for so many items. */
  growOutcomes(needed: number): void {
    while (this.outcomesCapacity < needed) this.outcomesCapacity *= 2;
    this.outcomesOutcome = grown(this.outcomesOutcome, this.outcomesCapacity);
    this.outcomesResult = grown(this.outcomesResult, this.outcomesCapacity);
    this.outcomesDeadHeatFactor = grown(this.outcomesDeadHeatFactor, this.outcomesCapacity);
  }

  /** Room for so many items. */
  growDeductions(needed: number): void {
    while (this.deductionsCapacity < needed) this.deductionsCapacity *= 2;
    this.deductionsKind = grown(this.deductionsKind, this.deductionsCapacity);
    this.deductionsRate = grown(this.deductionsRate, this.deductionsCapacity);
    this.deductionsWithdrawnAt = grown(this.deductionsWithdrawnAt, this.deductionsCapacity);
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
    this.action[row] = 0;
    this.certainty[row] = 1;
    this.voidFrom[row] = NaN;
    this.voidUntil[row] = NaN;
    this.outcomesStart[row + 1] = this.outcomesStart[row]!;
    this.deductionsStart[row + 1] = this.deductionsStart[row]!;
    this.size = row + 1;
  }

  #appendOutcomes(from: ResultColumns, index: number, row: number): void {
    const start = from.outcomesStart[index]!, end = from.outcomesStart[index + 1]!;
    let at = this.outcomesStart[row]!;
    if (at + end - start > this.outcomesCapacity) this.growOutcomes(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.outcomesOutcome[at] = from.outcomesOutcome[i]!;
      this.outcomesResult[at] = from.outcomesResult[i]!;
      this.outcomesDeadHeatFactor[at] = from.outcomesDeadHeatFactor[i]!;
    }
    this.outcomesStart[row + 1] = at;
  }

  #appendDeductions(from: ResultColumns, index: number, row: number): void {
    const start = from.deductionsStart[index]!, end = from.deductionsStart[index + 1]!;
    let at = this.deductionsStart[row]!;
    if (at + end - start > this.deductionsCapacity) this.growDeductions(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.deductionsKind[at] = from.deductionsKind[i]!;
      this.deductionsRate[at] = from.deductionsRate[i]!;
      this.deductionsWithdrawnAt[at] = from.deductionsWithdrawnAt[i]!;
    }
    this.deductionsStart[row + 1] = at;
  }
}

/** Encodes values of Result: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class ResultWriter extends ValueWriter {
  protected readonly lastPlace = 19;
  #outcomesLeft = 0;
  #deductionsLeft = 0;

  /** Event time, epoch ms UTC. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  /** Who says so. */
  provider(value: Uint8Array | string): void { this.sink.turn(1, 2); this.sink.string(value); }
  sport(value: Uint8Array | string): void { this.sink.turn(2, 3); this.sink.string(value); }
  eventId(value: Uint8Array | string): void { this.sink.turn(3, 4); this.sink.string(value); }
  market(value: Uint8Array | string): void { this.sink.turn(4, 5); this.sink.string(value); }
  action(value: ResultAction): void { this.sink.turn(5, 6); this.sink.symbol(value, 4); }
  certainty(value: Certainty): void { this.sink.turn(6, 7); this.sink.symbol(value, 2); }
  /** Only for settle. */
  outcomesStart(count: number): void { this.sink.turn(7, count > 0 ? 8 : 11); this.#outcomesLeft = count; this.sink.items(count); }
  outcomesOutcome(value: Uint8Array | string): void { this.sink.turn(8, 9); this.sink.string(value); }
  outcomesResult(value: OutcomeClass): void { this.sink.turn(9, 10); this.sink.symbol(value, 6); }
  /** NaN for null. */
  outcomesDeadHeatFactor(value: number): void { this.sink.turn(10, --this.#outcomesLeft > 0 ? 8 : 11); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.double(value); } }
  outcomesEnd(): void { this.sink.turn(11, 12); this.sink.endOfItems(); }
  /** Cancel window, epoch ms UTC; open where null. NaN for null. */
  voidFrom(value: number): void { this.sink.turn(12, 13); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** NaN for null. */
  voidUntil(value: number): void { this.sink.turn(13, 14); if (Number.isNaN(value)) this.sink.int(0); else { this.sink.int(1); this.sink.long(value); } }
  /** Only for settle: of runners that were withdrawn. */
  deductionsStart(count: number): void { this.sink.turn(14, count > 0 ? 15 : 18); this.#deductionsLeft = count; this.sink.items(count); }
  /** Rule 4 is taken from winnings, a reduction factor from the whole price. */
  deductionsKind(value: DeductionKind): void { this.sink.turn(15, 16); this.sink.symbol(value, 2); }
  /** As a fraction: 0.15 for 15p in the pound, or for 15 %. */
  deductionsRate(value: number): void { this.sink.turn(16, 17); this.sink.double(value); }
  /** Bets accepted before it are reduced, epoch ms UTC. */
  deductionsWithdrawnAt(value: number): void { this.sink.turn(17, --this.#deductionsLeft > 0 ? 15 : 18); this.sink.long(value); }
  deductionsEnd(): void { this.sink.turn(18, 19); this.sink.endOfItems(); }
}

/** Result as registered, with its row, columns and writer. */
export const ResultSchema: AvroSchema<Result, ResultRow, ResultWriter> = {
  name: 'oddstream.Result',
  columns: (dictionaries) => new ResultColumns(dictionaries),
  writer: () => new ResultWriter(),
  avsc: `{
  "type": "record", "name": "Result", "namespace": "oddstream",
  "doc": "A settlement of a market, or the taking back of one.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "Event time, epoch ms UTC." },
    { "name": "provider", "type": "string", "doc": "Who says so." },
    { "name": "sport", "type": "string" },
    { "name": "event_id", "type": "string" },
    { "name": "market", "type": "string" },
    { "name": "action", "type": { "type": "enum", "name": "ResultAction", "symbols": ["settle", "rollback_settle", "cancel", "rollback_cancel"] } },
    { "name": "certainty", "type": { "type": "enum", "name": "Certainty", "symbols": ["live", "confirmed"], "default": "confirmed" }, "default": "confirmed" },
    { "name": "outcomes", "doc": "Only for settle.", "default": [], "type": { "type": "array", "items": {
      "type": "record", "name": "OutcomeResult", "fields": [
        { "name": "outcome", "type": "string" },
        { "name": "result", "type": { "type": "enum", "name": "OutcomeClass", "symbols": ["won", "lost", "void", "push", "half_won", "half_lost"] } },
        { "name": "dead_heat_factor", "type": ["null", "double"], "default": null }
      ] } } },
    { "name": "void_from", "type": ["null", "long"], "default": null, "doc": "Cancel window, epoch ms UTC; open where null." },
    { "name": "void_until", "type": ["null", "long"], "default": null },
    { "name": "deductions", "doc": "Only for settle: of runners that were withdrawn.", "default": [], "type": { "type": "array", "items": {
      "type": "record", "name": "Deduction", "fields": [
        { "name": "kind", "type": { "type": "enum", "name": "DeductionKind", "symbols": ["rule4", "reduction_factor"] }, "doc": "Rule 4 is taken from winnings, a reduction factor from the whole price." },
        { "name": "rate", "type": "double", "doc": "As a fraction: 0.15 for 15p in the pound, or for 15 %." },
        { "name": "withdrawn_at", "type": "long", "doc": "Bets accepted before it are reduced, epoch ms UTC." }
      ] } } }
  ]
}`,
};
