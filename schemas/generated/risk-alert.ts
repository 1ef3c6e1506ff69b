// Generated from schemas/avro/risk-alert.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { markIds } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const LimitState = { breached: 0, eased: 1 } as const;
export type LimitState = (typeof LimitState)[keyof typeof LimitState];
/** The symbol of each index. */
export const limitStateSymbols = ['breached', 'eased'] as const;

/** A limit of a portfolio is breached, or no longer is. It stands until the next of that limit. */
export interface RiskAlert {
  /** Event time of the newest input, epoch ms UTC. */
  readonly timestamp: number;
  /** As in `syndicate:alpha`. */
  readonly portfolio: string;
  /** Which limit: `exposure`, `var_95`, `cvar_95`, `event:football:e1`. */
  readonly limit: string;
  readonly state: keyof typeof LimitState;
  /** What is limited, minor units; a loss is positive. */
  readonly value_minor: number;
  readonly limit_minor: number;
  readonly currency: string;
  /** Lineage: topic of the newest input. */
  readonly source_topic: string;
  /** Lineage. */
  readonly source_partition: number;
  /** Lineage. */
  readonly source_offset: number;
}

/** A view of one RiskAlert in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class RiskAlertRow implements Row {
  index = 0;
  readonly #columns: RiskAlertColumns;
  constructor(columns: RiskAlertColumns) { this.#columns = columns; }

  get key(): number { return this.#columns.key[this.index]!; }
  get offset(): number { return this.#columns.offset[this.index]!; }
  get timestamp(): number { return this.#columns.timestamp[this.index]!; }
  get control(): Control { return this.#columns.control[this.index]! as Control; }
  get subject(): number { return this.#columns.subject[this.index]!; }
  get isDead(): boolean { return this.#columns.dead[this.index] === 1; }
  /** The text of a string id; empty for -1. */
  text(id: number): string { return id < 0 ? '' : this.#columns.dictionaries.strings.text(id); }
  get keyText(): string { return this.key < 0 ? '' : this.#columns.dictionaries.keys.text(this.key); }

  /** As in `syndicate:alpha`. String id. */
  get portfolio(): number { return this.#columns.portfolio[this.index]!; }
  /** Which limit: `exposure`, `var_95`, `cvar_95`, `event:football:e1`. String id. */
  get limit(): number { return this.#columns.limit[this.index]!; }
  get state(): LimitState { return this.#columns.state[this.index]! as LimitState; }
  /** What is limited, minor units; a loss is positive. */
  get valueMinor(): number { return this.#columns.valueMinor[this.index]!; }
  get limitMinor(): number { return this.#columns.limitMinor[this.index]!; }
  /** String id. */
  get currency(): number { return this.#columns.currency[this.index]!; }
  /** Lineage: topic of the newest input. String id. */
  get sourceTopic(): number { return this.#columns.sourceTopic[this.index]!; }
  /** Lineage. */
  get sourcePartition(): number { return this.#columns.sourcePartition[this.index]!; }
  /** Lineage. */
  get sourceOffset(): number { return this.#columns.sourceOffset[this.index]!; }

  toObject(): RiskAlert {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      portfolio: this.text(columns.portfolio[row]!),
      limit: this.text(columns.limit[row]!),
      state: limitStateSymbols[columns.state[row]!]!,
      value_minor: columns.valueMinor[row]!,
      limit_minor: columns.limitMinor[row]!,
      currency: this.text(columns.currency[row]!),
      source_topic: this.text(columns.sourceTopic[row]!),
      source_partition: columns.sourcePartition[row]!,
      source_offset: columns.sourceOffset[row]!,
    };
  }
}

/** Columns of RiskAlert. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class RiskAlertColumns implements Columns<RiskAlertRow> {
  readonly dictionaries: Dictionaries;
  size = 0;
  capacity = 16;
  key = new Int32Array(16);
  offset = new Float64Array(16);
  control = new Uint8Array(16);
  subject = new Int32Array(16);
  dead = new Uint8Array(16);
  timestamp = new Float64Array(16);
  portfolio = new Int32Array(16);
  limit = new Int32Array(16);
  state = new Uint8Array(16);
  valueMinor = new Float64Array(16);
  limitMinor = new Float64Array(16);
  currency = new Int32Array(16);
  sourceTopic = new Int32Array(16);
  sourcePartition = new Int32Array(16);
  sourceOffset = new Float64Array(16);

  readonly #row = new RiskAlertRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): RiskAlertRow { this.#row.index = index; return this.#row; }
  empty(): RiskAlertColumns { return new RiskAlertColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: RiskAlertColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.portfolio[row] = from.portfolio[index]!;
    this.limit[row] = from.limit[index]!;
    this.state[row] = from.state[index]!;
    this.valueMinor[row] = from.valueMinor[index]!;
    this.limitMinor[row] = from.limitMinor[index]!;
    this.currency[row] = from.currency[index]!;
    this.sourceTopic[row] = from.sourceTopic[index]!;
    this.sourcePartition[row] = from.sourcePartition[index]!;
    this.sourceOffset[row] = from.sourceOffset[index]!;

    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.state[row] = 0;
    this.valueMinor[row] = 0;
    this.limitMinor[row] = 0;
    this.sourcePartition[row] = 0;
    this.sourceOffset[row] = 0;
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);
    markIds(this.portfolio, this.size, strings);
    markIds(this.limit, this.size, strings);
    markIds(this.currency, this.size, strings);
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
    this.portfolio = grown(this.portfolio, this.capacity);
    this.limit = grown(this.limit, this.capacity);
    this.state = grown(this.state, this.capacity);
    this.valueMinor = grown(this.valueMinor, this.capacity);
    this.limitMinor = grown(this.limitMinor, this.capacity);
    this.currency = grown(this.currency, this.capacity);
    this.sourceTopic = grown(this.sourceTopic, this.capacity);
    this.sourcePartition = grown(this.sourcePartition, this.capacity);
    this.sourceOffset = grown(this.sourceOffset, this.capacity);

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
    this.portfolio[row] = -1;
    this.limit[row] = -1;
    this.state[row] = 0;
    this.valueMinor[row] = 0;
    this.limitMinor[row] = 0;
    this.currency[row] = -1;
    this.sourceTopic[row] = -1;
    this.sourcePartition[row] = 0;
    this.sourceOffset[row] = 0;
    this.size = row + 1;
  }
}

/** Encodes values of RiskAlert: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class RiskAlertWriter extends ValueWriter {
  protected readonly lastPlace = 10;

  /** Event time of the newest input, epoch ms UTC. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  /** As in `syndicate:alpha`. */
  portfolio(value: Uint8Array | string): void { this.sink.turn(1, 2); this.sink.string(value); }
  /** Which limit: `exposure`, `var_95`, `cvar_95`, `event:football:e1`. */
  limit(value: Uint8Array | string): void { this.sink.turn(2, 3); this.sink.string(value); }
  state(value: LimitState): void { this.sink.turn(3, 4); this.sink.symbol(value, 2); }
  /** What is limited, minor units; a loss is positive. */
  valueMinor(value: number): void { this.sink.turn(4, 5); this.sink.double(value); }
  limitMinor(value: number): void { this.sink.turn(5, 6); this.sink.double(value); }
  currency(value: Uint8Array | string): void { this.sink.turn(6, 7); this.sink.string(value); }
  /** Lineage: topic of the newest input. */
  sourceTopic(value: Uint8Array | string): void { this.sink.turn(7, 8); this.sink.string(value); }
  /** Lineage. */
  sourcePartition(value: number): void { this.sink.turn(8, 9); this.sink.int(value); }
  /** Lineage. */
  sourceOffset(value: number): void { this.sink.turn(9, 10); this.sink.long(value); }
}

/** RiskAlert as registered, with its row, columns and writer. */
export const RiskAlertSchema: AvroSchema<RiskAlert, RiskAlertRow, RiskAlertWriter> = {
  name: 'oddstream.RiskAlert',
  columns: (dictionaries) => new RiskAlertColumns(dictionaries),
  writer: () => new RiskAlertWriter(),
  avsc: `{
  "type": "record", "name": "RiskAlert", "namespace": "oddstream",
  "doc": "A limit of a portfolio is breached, or no longer is. It stands until the next of that limit.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "Event time of the newest input, epoch ms UTC." },
    { "name": "portfolio", "type": "string", "doc": "As in \`syndicate:alpha\`." },
    { "name": "limit", "type": "string", "doc": "Which limit: \`exposure\`, \`var_95\`, \`cvar_95\`, \`event:football:e1\`." },
    { "name": "state", "type": { "type": "enum", "name": "LimitState", "symbols": ["breached", "eased"] } },
    { "name": "value_minor", "type": "double", "doc": "What is limited, minor units; a loss is positive." },
    { "name": "limit_minor", "type": "double" },
    { "name": "currency", "type": "string" },
    { "name": "source_topic", "type": "string", "doc": "Lineage: topic of the newest input." },
    { "name": "source_partition", "type": "int", "doc": "Lineage." },
    { "name": "source_offset", "type": "long", "doc": "Lineage." }
  ]
}`,
};
