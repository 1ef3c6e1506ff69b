// Generated from schemas/avro/fair-odds.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { listed, markIds } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const DevigMethod = { multiplicative: 0, additive: 1, power: 2, shin: 3 } as const;
export type DevigMethod = (typeof DevigMethod)[keyof typeof DevigMethod];
/** The symbol of each index. */
export const devigMethodSymbols = ['multiplicative', 'additive', 'power', 'shin'] as const;

export interface FairOutcome {
  readonly outcome: string;
  /** Consensus. */
  readonly probability: number;
  /** Over providers. */
  readonly lowest: number;
  readonly highest: number;
}

export interface ProviderFair {
  readonly provider: string;
  /** Sum of 1/price, less 1. */
  readonly overround: number;
  /** In the order of the catalogue's outcomes; empty where the method has no solution. */
  readonly probabilities: readonly number[];
  /** Code of the devig error. */
  readonly error: string | null;
  /** Lineage: offset of the quote in odds-updates. */
  readonly offset: number;
}

/** What the market thinks: each provider's complete prices with the margin taken out, and their consensus. */
export interface FairOdds {
  /** Event time of the book, epoch ms UTC. */
  readonly timestamp: number;
  readonly sport: string;
  readonly event_id: string;
  readonly market: string;
  readonly in_play: boolean;
  readonly method: keyof typeof DevigMethod;
  /** In the catalogue's order; empty where no provider could be devigged. */
  readonly outcomes: readonly FairOutcome[];
  readonly providers: readonly ProviderFair[];
  /** Lineage. */
  readonly source_partition: number;
  /** Lineage: offset of the market book. */
  readonly source_offset: number;
}

/** A view of one FairOdds in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class FairOddsRow implements Row {
  index = 0;
  readonly #columns: FairOddsColumns;
  constructor(columns: FairOddsColumns) { this.#columns = columns; }

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
  get method(): DevigMethod { return this.#columns.method[this.index]! as DevigMethod; }
  /** In the catalogue's order; empty where no provider could be devigged. */
  get outcomesStart(): number { return this.#columns.outcomesStart[this.index]!; }
  get outcomesEnd(): number { return this.#columns.outcomesStart[this.index + 1]!; }
  /** String id. */
  outcomesOutcome(at: number): number { return this.#columns.outcomesOutcome[at]!; }
  /** Consensus. */
  outcomesProbability(at: number): number { return this.#columns.outcomesProbability[at]!; }
  /** Over providers. */
  outcomesLowest(at: number): number { return this.#columns.outcomesLowest[at]!; }
  outcomesHighest(at: number): number { return this.#columns.outcomesHighest[at]!; }
  /** The items of providers are those from its start to its end. */
  get providersStart(): number { return this.#columns.providersStart[this.index]!; }
  get providersEnd(): number { return this.#columns.providersStart[this.index + 1]!; }
  /** String id. */
  providersProvider(at: number): number { return this.#columns.providersProvider[at]!; }
  /** Sum of 1/price, less 1. */
  providersOverround(at: number): number { return this.#columns.providersOverround[at]!; }
  /** In the order of the catalogue's outcomes; empty where the method has no solution. */
  providersProbabilitiesStart(at: number): number { return this.#columns.providersProbabilitiesStart[at]!; }
  providersProbabilitiesEnd(at: number): number { return this.#columns.providersProbabilitiesStart[at + 1]!; }
  providersProbabilities(at: number): number { return this.#columns.providersProbabilities[at]!; }
  /** Code of the devig error. String id; -1 for null. */
  providersError(at: number): number { return this.#columns.providersError[at]!; }
  /** Lineage: offset of the quote in odds-updates. */
  providersOffset(at: number): number { return this.#columns.providersOffset[at]!; }
  /** Lineage. */
  get sourcePartition(): number { return this.#columns.sourcePartition[this.index]!; }
  /** Lineage: offset of the market book. */
  get sourceOffset(): number { return this.#columns.sourceOffset[this.index]!; }

  toObject(): FairOdds {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      sport: this.text(columns.sport[row]!),
      event_id: this.text(columns.eventId[row]!),
      market: this.text(columns.market[row]!),
      in_play: columns.inPlay[row] === 1,
      method: devigMethodSymbols[columns.method[row]!]!,
      outcomes: listed(columns.outcomesStart, row, (at) => ({
        outcome: this.text(columns.outcomesOutcome[at]!),
        probability: columns.outcomesProbability[at]!,
        lowest: columns.outcomesLowest[at]!,
        highest: columns.outcomesHighest[at]!,
      })),
      providers: listed(columns.providersStart, row, (at) => ({
        provider: this.text(columns.providersProvider[at]!),
        overround: columns.providersOverround[at]!,
        probabilities: listed(columns.providersProbabilitiesStart, at, (at1) => columns.providersProbabilities[at1]!),
        error: columns.providersError[at] === -1 ? null : this.text(columns.providersError[at]!),
        offset: columns.providersOffset[at]!,
      })),
      source_partition: columns.sourcePartition[row]!,
      source_offset: columns.sourceOffset[row]!,
    };
  }
}

/** Columns of FairOdds. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class FairOddsColumns implements Columns<FairOddsRow> {
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
  method = new Uint8Array(16);
  sourcePartition = new Int32Array(16);
  sourceOffset = new Float64Array(16);
  outcomesCapacity = 512;
  outcomesStart = new Int32Array(17);
  outcomesOutcome = new Int32Array(512);
  outcomesProbability = new Float64Array(512);
  outcomesLowest = new Float64Array(512);
  outcomesHighest = new Float64Array(512);
  providersCapacity = 512;
  providersStart = new Int32Array(17);
  providersProvider = new Int32Array(512);
  providersOverround = new Float64Array(512);
  providersError = new Int32Array(512);
  providersOffset = new Float64Array(512);
  providersProbabilitiesCapacity = 512;
  providersProbabilitiesStart = new Int32Array(513);
  providersProbabilities = new Float64Array(512);
  readonly #row = new FairOddsRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): FairOddsRow { this.#row.index = index; return this.#row; }
  empty(): FairOddsColumns { return new FairOddsColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: FairOddsColumns, index: number): void {
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
    this.method[row] = from.method[index]!;
    this.sourcePartition[row] = from.sourcePartition[index]!;
    this.sourceOffset[row] = from.sourceOffset[index]!;
    this.#appendOutcomes(from, index, row);
    this.#appendProviders(from, index, row);
    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.inPlay[row] = 0;
    this.method[row] = 0;
    this.sourcePartition[row] = 0;
    this.sourceOffset[row] = 0;
    this.outcomesStart[row + 1] = this.outcomesStart[row]!;
    this.providersStart[row + 1] = this.providersStart[row]!;
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
    markIds(this.providersProvider, this.providersStart[this.size]!, strings);
    markIds(this.providersError, this.providersStart[this.size]!, strings);
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
    this.method = grown(this.method, this.capacity);
    this.sourcePartition = grown(this.sourcePartition, this.capacity);
    this.sourceOffset = grown(this.sourceOffset, this.capacity);
    this.outcomesStart = grown(this.outcomesStart, this.capacity + 1);
    this.providersStart = grown(this.providersStart, this.capacity + 1);
  }

  /** Room for so many items. */
  growOutcomes(needed: number): void {
    while (this.outcomesCapacity < needed) this.outcomesCapacity *= 2;
    this.outcomesOutcome = grown(this.outcomesOutcome, this.outcomesCapacity);
    this.outcomesProbability = grown(this.outcomesProbability, this.outcomesCapacity);
    this.outcomesLowest = grown(this.outcomesLowest, this.outcomesCapacity);
    this.outcomesHighest = grown(this.outcomesHighest, this.outcomesCapacity);
  }

  /** Room for so many items. */
  growProviders(needed: number): void {
    while (this.providersCapacity < needed) this.providersCapacity *= 2;
    this.providersProvider = grown(this.providersProvider, this.providersCapacity);
    this.providersOverround = grown(this.providersOverround, this.providersCapacity);
    this.providersError = grown(this.providersError, this.providersCapacity);
    this.providersOffset = grown(this.providersOffset, this.providersCapacity);
    this.providersProbabilitiesStart = grown(this.providersProbabilitiesStart, this.providersCapacity + 1);
  }

  /** Room for so many items. */
  growProvidersProbabilities(needed: number): void {
    while (this.providersProbabilitiesCapacity < needed) this.providersProbabilitiesCapacity *= 2;
    this.providersProbabilities = grown(this.providersProbabilities, this.providersProbabilitiesCapacity);
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
    this.method[row] = 0;
    this.sourcePartition[row] = 0;
    this.sourceOffset[row] = 0;
    this.outcomesStart[row + 1] = this.outcomesStart[row]!;
    this.providersStart[row + 1] = this.providersStart[row]!;
    this.size = row + 1;
  }

  #appendOutcomes(from: FairOddsColumns, index: number, row: number): void {
    const start = from.outcomesStart[index]!, end = from.outcomesStart[index + 1]!;
    let at = this.outcomesStart[row]!;
    if (at + end - start > this.outcomesCapacity) this.growOutcomes(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.outcomesOutcome[at] = from.outcomesOutcome[i]!;
      this.outcomesProbability[at] = from.outcomesProbability[i]!;
      this.outcomesLowest[at] = from.outcomesLowest[i]!;
      this.outcomesHighest[at] = from.outcomesHighest[i]!;
    }
    this.outcomesStart[row + 1] = at;
  }

  #appendProviders(from: FairOddsColumns, index: number, row: number): void {
    const start = from.providersStart[index]!, end = from.providersStart[index + 1]!;
    let at = this.providersStart[row]!;
    if (at + end - start > this.providersCapacity) this.growProviders(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.providersProvider[at] = from.providersProvider[i]!;
      this.providersOverround[at] = from.providersOverround[i]!;
      this.providersError[at] = from.providersError[i]!;
      this.providersOffset[at] = from.providersOffset[i]!;
      this.#appendProvidersProbabilities(from, i, at);
    }
    this.providersStart[row + 1] = at;
  }

  #appendProvidersProbabilities(from: FairOddsColumns, index: number, row: number): void {
    const start = from.providersProbabilitiesStart[index]!, end = from.providersProbabilitiesStart[index + 1]!;
    let at = this.providersProbabilitiesStart[row]!;
    if (at + end - start > this.providersProbabilitiesCapacity) this.growProvidersProbabilities(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.providersProbabilities[at] = from.providersProbabilities[i]!;
    }
    this.providersProbabilitiesStart[row + 1] = at;
  }
}

/** Encodes values of FairOdds: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class FairOddsWriter extends ValueWriter {
  protected readonly lastPlace = 23;
  #outcomesLeft = 0;
  #providersLeft = 0;
  #providersProbabilitiesLeft = 0;

  /** Event time of the book, epoch ms UTC. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  sport(value: Uint8Array | string): void { this.sink.turn(1, 2); this.sink.string(value); }
  eventId(value: Uint8Array | string): void { this.sink.turn(2, 3); this.sink.string(value); }
  market(value: Uint8Array | string): void { this.sink.turn(3, 4); this.sink.string(value); }
  inPlay(value: boolean): void { this.sink.turn(4, 5); this.sink.boolean(value); }
  method(value: DevigMethod): void { this.sink.turn(5, 6); this.sink.symbol(value, 4); }
  /** In the catalogue's order; empty where no provider could be devigged. */
  outcomesStart(count: number): void { this.sink.turn(6, count > 0 ? 7 : 11); this.#outcomesLeft = count; this.sink.items(count); }
  outcomesOutcome(value: Uint8Array | string): void { this.sink.turn(7, 8); this.sink.string(value); }
  /** Consensus. */
  outcomesProbability(value: number): void { this.sink.turn(8, 9); this.sink.double(value); }
  /** Over providers. */
  outcomesLowest(value: number): void { this.sink.turn(9, 10); this.sink.double(value); }
  outcomesHighest(value: number): void { this.sink.turn(10, --this.#outcomesLeft > 0 ? 7 : 11); this.sink.double(value); }
  outcomesEnd(): void { this.sink.turn(11, 12); this.sink.endOfItems(); }
  providersStart(count: number): void { this.sink.turn(12, count > 0 ? 13 : 20); this.#providersLeft = count; this.sink.items(count); }
  providersProvider(value: Uint8Array | string): void { this.sink.turn(13, 14); this.sink.string(value); }
  /** Sum of 1/price, less 1. */
  providersOverround(value: number): void { this.sink.turn(14, 15); this.sink.double(value); }
  /** In the order of the catalogue's outcomes; empty where the method has no solution. */
  providersProbabilitiesStart(count: number): void { this.sink.turn(15, count > 0 ? 16 : 17); this.#providersProbabilitiesLeft = count; this.sink.items(count); }
  providersProbabilities(value: number): void { this.sink.turn(16, --this.#providersProbabilitiesLeft > 0 ? 16 : 17); this.sink.double(value); }
  providersProbabilitiesEnd(): void { this.sink.turn(17, 18); this.sink.endOfItems(); }
  /** Code of the devig error. Undefined for null. */
  providersError(value: Uint8Array | string | undefined): void { this.sink.turn(18, 19); if (value === undefined) this.sink.int(0); else { this.sink.int(1); this.sink.string(value); } }
  /** Lineage: offset of the quote in odds-updates. */
  providersOffset(value: number): void { this.sink.turn(19, --this.#providersLeft > 0 ? 13 : 20); this.sink.long(value); }
  providersEnd(): void { this.sink.turn(20, 21); this.sink.endOfItems(); }
  /** Lineage. */
  sourcePartition(value: number): void { this.sink.turn(21, 22); this.sink.int(value); }
  /** Lineage: offset of the market book. */
  sourceOffset(value: number): void { this.sink.turn(22, 23); this.sink.long(value); }
}

/** FairOdds as registered, with its row, columns and writer. */
export const FairOddsSchema: AvroSchema<FairOdds, FairOddsRow, FairOddsWriter> = {
  name: 'oddstream.FairOdds',
  columns: (dictionaries) => new FairOddsColumns(dictionaries),
  writer: () => new FairOddsWriter(),
  avsc: `{
  "type": "record", "name": "FairOdds", "namespace": "oddstream",
  "doc": "What the market thinks: each provider's complete prices with the margin taken out, and their consensus.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "Event time of the book, epoch ms UTC." },
    { "name": "sport", "type": "string" },
    { "name": "event_id", "type": "string" },
    { "name": "market", "type": "string" },
    { "name": "in_play", "type": "boolean" },
    { "name": "method", "type": { "type": "enum", "name": "DevigMethod", "symbols": ["multiplicative", "additive", "power", "shin"] } },
    { "name": "outcomes", "doc": "In the catalogue's order; empty where no provider could be devigged.", "type": { "type": "array", "items": {
      "type": "record", "name": "FairOutcome", "fields": [
        { "name": "outcome", "type": "string" },
        { "name": "probability", "type": "double", "doc": "Consensus." },
        { "name": "lowest", "type": "double", "doc": "Over providers." },
        { "name": "highest", "type": "double" }
      ] } } },
    { "name": "providers", "type": { "type": "array", "items": {
      "type": "record", "name": "ProviderFair", "fields": [
        { "name": "provider", "type": "string" },
        { "name": "overround", "type": "double", "doc": "Sum of 1/price, less 1." },
        { "name": "probabilities", "type": { "type": "array", "items": "double" }, "doc": "In the order of the catalogue's outcomes; empty where the method has no solution." },
        { "name": "error", "type": ["null", "string"], "doc": "Code of the devig error." },
        { "name": "offset", "type": "long", "doc": "Lineage: offset of the quote in odds-updates." }
      ] } } },
    { "name": "source_partition", "type": "int", "doc": "Lineage." },
    { "name": "source_offset", "type": "long", "doc": "Lineage: offset of the market book." }
  ]
}`,
};
