// Generated from schemas/avro/task-snapshot.avsc by `npm run schemas`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { listed, markIds } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

/** What a task knew beside its stores when it was made durable, together with its outputs and its position. Times of a task to which nothing has come yet are minus infinity. */
export interface TaskSnapshot {
  /** Highest event time seen, epoch ms UTC; 0 where none was. */
  readonly timestamp: number;
  /** The first input offset that is not in it. */
  readonly next_offset: number;
  /** The first input offset that the task ever read. */
  readonly first_offset: number;
  /** Rows that wait for their window are read again from the input, from here to next_offset. */
  readonly reread_from: number;
  /** Highest event time before reread_from. */
  readonly reread_highest: number;
  /** Event time of what was emitted last. */
  readonly time_ms: number;
  readonly delivered: number;
  /** What became of the records delivered. */
  readonly fates: Readonly<Record<string, number>>;
  /** How far each target has been told that event time has come. */
  readonly told: Readonly<Record<string, number>>;
  readonly topology: string;
  readonly version: number;
  /** As JSON, keys in order. */
  readonly config: string;
  /** Those that were wanted, in order. */
  readonly targets: readonly string[];
}

/** A view of one TaskSnapshot in its columns. Strings are ids in `strings`: `text(id)` reads them. */
export class TaskSnapshotRow implements Row {
  index = 0;
  readonly #columns: TaskSnapshotColumns;
  constructor(columns: TaskSnapshotColumns) { this.#columns = columns; }

  get key(): number { return this.#columns.key[this.index]!; }
  get offset(): number { return this.#columns.offset[this.index]!; }
  get timestamp(): number { return this.#columns.timestamp[this.index]!; }
  get control(): Control { return this.#columns.control[this.index]! as Control; }
  get subject(): number { return this.#columns.subject[this.index]!; }
  get isDead(): boolean { return this.#columns.dead[this.index] === 1; }
  /** The text of a string id; empty for -1. */
  text(id: number): string { return id < 0 ? '' : this.#columns.dictionaries.strings.text(id); }
  get keyText(): string { return this.key < 0 ? '' : this.#columns.dictionaries.keys.text(this.key); }

  /** The first input offset that is not in it. */
  get nextOffset(): number { return this.#columns.nextOffset[this.index]!; }
  /** The first input offset that the task ever read. */
  get firstOffset(): number { return this.#columns.firstOffset[this.index]!; }
  /** Rows that wait for their window are read again from the input, from here to next_offset. */
  get rereadFrom(): number { return this.#columns.rereadFrom[this.index]!; }
  /** Highest event time before reread_from. */
  get rereadHighest(): number { return this.#columns.rereadHighest[this.index]!; }
  /** Event time of what was emitted last. */
  get timeMs(): number { return this.#columns.timeMs[this.index]!; }
  get delivered(): number { return this.#columns.delivered[this.index]!; }
  /** What became of the records delivered. */
  get fatesStart(): number { return this.#columns.fatesStart[this.index]!; }
  get fatesEnd(): number { return this.#columns.fatesStart[this.index + 1]!; }
  /** String id. */
  fatesName(at: number): number { return this.#columns.fatesName[at]!; }
  fates(at: number): number { return this.#columns.fates[at]!; }
  /** How far each target has been told that event time has come. */
  get toldStart(): number { return this.#columns.toldStart[this.index]!; }
  get toldEnd(): number { return this.#columns.toldStart[this.index + 1]!; }
  /** String id. */
  toldName(at: number): number { return this.#columns.toldName[at]!; }
  told(at: number): number { return this.#columns.told[at]!; }
  /** String id. */
  get topology(): number { return this.#columns.topology[this.index]!; }
  get version(): number { return this.#columns.version[this.index]!; }
  /** As JSON, keys in order. String id. */
  get config(): number { return this.#columns.config[this.index]!; }
  /** Those that were wanted, in order. */
  get targetsStart(): number { return this.#columns.targetsStart[this.index]!; }
  get targetsEnd(): number { return this.#columns.targetsStart[this.index + 1]!; }
  /** String id. */
  targets(at: number): number { return this.#columns.targets[at]!; }

  toObject(): TaskSnapshot {
    const columns = this.#columns;
    const row = this.index;
    return {
      timestamp: columns.timestamp[row]!,
      next_offset: columns.nextOffset[row]!,
      first_offset: columns.firstOffset[row]!,
      reread_from: columns.rereadFrom[row]!,
      reread_highest: columns.rereadHighest[row]!,
      time_ms: columns.timeMs[row]!,
      delivered: columns.delivered[row]!,
      fates: Object.fromEntries(listed(columns.fatesStart, row, (at) => [this.text(columns.fatesName[at]!), columns.fates[at]!] as const)),
      told: Object.fromEntries(listed(columns.toldStart, row, (at) => [this.text(columns.toldName[at]!), columns.told[at]!] as const)),
      topology: this.text(columns.topology[row]!),
      version: columns.version[row]!,
      config: this.text(columns.config[row]!),
      targets: listed(columns.targetsStart, row, (at) => this.text(columns.targets[at]!)),
    };
  }
}

/** Columns of TaskSnapshot. Strings are ids; null is NaN or -1; the items of list `x` of row i are those from `xStart[i]` to `xStart[i + 1]`. */
export class TaskSnapshotColumns implements Columns<TaskSnapshotRow> {
  readonly dictionaries: Dictionaries;
  size = 0;
  capacity = 16;
  key = new Int32Array(16);
  offset = new Float64Array(16);
  control = new Uint8Array(16);
  subject = new Int32Array(16);
  dead = new Uint8Array(16);
  timestamp = new Float64Array(16);
  nextOffset = new Float64Array(16);
  firstOffset = new Float64Array(16);
  rereadFrom = new Float64Array(16);
  rereadHighest = new Float64Array(16);
  timeMs = new Float64Array(16);
  delivered = new Float64Array(16);
  topology = new Int32Array(16);
  version = new Int32Array(16);
  config = new Int32Array(16);
  fatesCapacity = 512;
  fatesStart = new Int32Array(17);
  fatesName = new Int32Array(512);
  fates = new Float64Array(512);
  toldCapacity = 512;
  toldStart = new Int32Array(17);
  toldName = new Int32Array(512);
  told = new Float64Array(512);
  targetsCapacity = 512;
  targetsStart = new Int32Array(17);
  targets = new Int32Array(512);
  readonly #row = new TaskSnapshotRow(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): TaskSnapshotRow { this.#row.index = index; return this.#row; }
  empty(): TaskSnapshotColumns { return new TaskSnapshotColumns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: TaskSnapshotColumns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = from.key[index]!;
    this.offset[row] = from.offset[index]!;
    this.control[row] = from.control[index]!;
    this.subject[row] = from.subject[index]!;
    this.dead[row] = from.dead[index]!;
    this.timestamp[row] = from.timestamp[index]!;
    this.nextOffset[row] = from.nextOffset[index]!;
    this.firstOffset[row] = from.firstOffset[index]!;
    this.rereadFrom[row] = from.rereadFrom[index]!;
    this.rereadHighest[row] = from.rereadHighest[index]!;
    this.timeMs[row] = from.timeMs[index]!;
    this.delivered[row] = from.delivered[index]!;
    this.topology[row] = from.topology[index]!;
    this.version[row] = from.version[index]!;
    this.config[row] = from.config[index]!;
    this.#appendFates(from, index, row);
    this.#appendTold(from, index, row);
    this.#appendTargets(from, index, row);
    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
    this.nextOffset[row] = 0;
    this.firstOffset[row] = 0;
    this.rereadFrom[row] = 0;
    this.rereadHighest[row] = 0;
    this.timeMs[row] = 0;
    this.delivered[row] = 0;
    this.version[row] = 0;
    this.fatesStart[row + 1] = this.fatesStart[row]!;
    this.toldStart[row + 1] = this.toldStart[row]!;
    this.targetsStart[row + 1] = this.targetsStart[row]!;
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);
    markIds(this.fatesName, this.fatesStart[this.size]!, strings);
    markIds(this.toldName, this.toldStart[this.size]!, strings);
    markIds(this.topology, this.size, strings);
    markIds(this.config, this.size, strings);
    markIds(this.targets, this.targetsStart[this.size]!, strings);
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
    this.nextOffset = grown(this.nextOffset, this.capacity);
    this.firstOffset = grown(this.firstOffset, this.capacity);
    this.rereadFrom = grown(this.rereadFrom, this.capacity);
    this.rereadHighest = grown(this.rereadHighest, this.capacity);
    this.timeMs = grown(this.timeMs, this.capacity);
    this.delivered = grown(this.delivered, this.capacity);
    this.topology = grown(this.topology, this.capacity);
    this.version = grown(this.version, this.capacity);
    this.config = grown(this.config, this.capacity);
    this.fatesStart = grown(this.fatesStart, this.capacity + 1);
    this.toldStart = grown(this.toldStart, this.capacity + 1);
    this.targetsStart = grown(this.targetsStart, this.capacity + 1);
  }

  /** Room for so many items. */
  growFates(needed: number): void {
    while (this.fatesCapacity < needed) this.fatesCapacity *= 2;
    this.fatesName = grown(this.fatesName, this.fatesCapacity);
    this.fates = grown(this.fates, this.fatesCapacity);
  }

  /** Room for so many items. */
  growTold(needed: number): void {
    while (this.toldCapacity < needed) this.toldCapacity *= 2;
    this.toldName = grown(this.toldName, this.toldCapacity);
    this.told = grown(this.told, this.toldCapacity);
  }

  /** Room for so many items. */
  growTargets(needed: number): void {
    while (this.targetsCapacity < needed) this.targetsCapacity *= 2;
    this.targets = grown(this.targets, this.targetsCapacity);
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
    this.nextOffset[row] = 0;
    this.firstOffset[row] = 0;
    this.rereadFrom[row] = 0;
    this.rereadHighest[row] = 0;
    this.timeMs[row] = 0;
    this.delivered[row] = 0;
    this.topology[row] = -1;
    this.version[row] = 0;
    this.config[row] = -1;
    this.fatesStart[row + 1] = this.fatesStart[row]!;
    this.toldStart[row + 1] = this.toldStart[row]!;
    this.targetsStart[row + 1] = this.targetsStart[row]!;
    this.size = row + 1;
  }

  #appendFates(from: TaskSnapshotColumns, index: number, row: number): void {
    const start = from.fatesStart[index]!, end = from.fatesStart[index + 1]!;
    let at = this.fatesStart[row]!;
    if (at + end - start > this.fatesCapacity) this.growFates(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.fatesName[at] = from.fatesName[i]!;
      this.fates[at] = from.fates[i]!;
    }
    this.fatesStart[row + 1] = at;
  }

  #appendTold(from: TaskSnapshotColumns, index: number, row: number): void {
    const start = from.toldStart[index]!, end = from.toldStart[index + 1]!;
    let at = this.toldStart[row]!;
    if (at + end - start > this.toldCapacity) this.growTold(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.toldName[at] = from.toldName[i]!;
      this.told[at] = from.told[i]!;
    }
    this.toldStart[row + 1] = at;
  }

  #appendTargets(from: TaskSnapshotColumns, index: number, row: number): void {
    const start = from.targetsStart[index]!, end = from.targetsStart[index + 1]!;
    let at = this.targetsStart[row]!;
    if (at + end - start > this.targetsCapacity) this.growTargets(at + end - start);
    for (let i = start; i < end; i++, at++) {
      this.targets[at] = from.targets[i]!;
    }
    this.targetsStart[row + 1] = at;
  }
}

/** Encodes values of TaskSnapshot: between `begin(key)` and `end()`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class TaskSnapshotWriter extends ValueWriter {
  protected readonly lastPlace = 21;
  #fatesLeft = 0;
  #toldLeft = 0;
  #targetsLeft = 0;

  /** Highest event time seen, epoch ms UTC; 0 where none was. */
  timestamp(value: number): void { this.sink.turn(0, 1); this.sink.long(value); }
  /** The first input offset that is not in it. */
  nextOffset(value: number): void { this.sink.turn(1, 2); this.sink.long(value); }
  /** The first input offset that the task ever read. */
  firstOffset(value: number): void { this.sink.turn(2, 3); this.sink.long(value); }
  /** Rows that wait for their window are read again from the input, from here to next_offset. */
  rereadFrom(value: number): void { this.sink.turn(3, 4); this.sink.long(value); }
  /** Highest event time before reread_from. */
  rereadHighest(value: number): void { this.sink.turn(4, 5); this.sink.double(value); }
  /** Event time of what was emitted last. */
  timeMs(value: number): void { this.sink.turn(5, 6); this.sink.double(value); }
  delivered(value: number): void { this.sink.turn(6, 7); this.sink.long(value); }
  /** What became of the records delivered. */
  fatesStart(count: number): void { this.sink.turn(7, count > 0 ? 8 : 10); this.#fatesLeft = count; this.sink.items(count); }
  fatesName(value: Uint8Array | string): void { this.sink.turn(8, 9); this.sink.string(value); }
  fates(value: number): void { this.sink.turn(9, --this.#fatesLeft > 0 ? 8 : 10); this.sink.long(value); }
  fatesEnd(): void { this.sink.turn(10, 11); this.sink.endOfItems(); }
  /** How far each target has been told that event time has come. */
  toldStart(count: number): void { this.sink.turn(11, count > 0 ? 12 : 14); this.#toldLeft = count; this.sink.items(count); }
  toldName(value: Uint8Array | string): void { this.sink.turn(12, 13); this.sink.string(value); }
  told(value: number): void { this.sink.turn(13, --this.#toldLeft > 0 ? 12 : 14); this.sink.double(value); }
  toldEnd(): void { this.sink.turn(14, 15); this.sink.endOfItems(); }
  topology(value: Uint8Array | string): void { this.sink.turn(15, 16); this.sink.string(value); }
  version(value: number): void { this.sink.turn(16, 17); this.sink.int(value); }
  /** As JSON, keys in order. */
  config(value: Uint8Array | string): void { this.sink.turn(17, 18); this.sink.string(value); }
  /** Those that were wanted, in order. */
  targetsStart(count: number): void { this.sink.turn(18, count > 0 ? 19 : 20); this.#targetsLeft = count; this.sink.items(count); }
  targets(value: Uint8Array | string): void { this.sink.turn(19, --this.#targetsLeft > 0 ? 19 : 20); this.sink.string(value); }
  targetsEnd(): void { this.sink.turn(20, 21); this.sink.endOfItems(); }
}

/** TaskSnapshot as registered, with its row, columns and writer. */
export const TaskSnapshotSchema: AvroSchema<TaskSnapshot, TaskSnapshotRow, TaskSnapshotWriter> = {
  name: 'oddstream.TaskSnapshot',
  columns: (dictionaries) => new TaskSnapshotColumns(dictionaries),
  writer: () => new TaskSnapshotWriter(),
  avsc: `{
  "type": "record", "name": "TaskSnapshot", "namespace": "oddstream",
  "doc": "What a task knew beside its stores when it was made durable, together with its outputs and its position. Times of a task to which nothing has come yet are minus infinity.",
  "fields": [
    { "name": "timestamp", "type": "long", "doc": "Highest event time seen, epoch ms UTC; 0 where none was." },
    { "name": "next_offset", "type": "long", "doc": "The first input offset that is not in it." },
    { "name": "first_offset", "type": "long", "doc": "The first input offset that the task ever read." },
    { "name": "reread_from", "type": "long", "doc": "Rows that wait for their window are read again from the input, from here to next_offset." },
    { "name": "reread_highest", "type": "double", "doc": "Highest event time before reread_from." },
    { "name": "time_ms", "type": "double", "doc": "Event time of what was emitted last." },
    { "name": "delivered", "type": "long" },
    { "name": "fates", "type": { "type": "map", "values": "long" }, "doc": "What became of the records delivered." },
    { "name": "told", "type": { "type": "map", "values": "double" }, "doc": "How far each target has been told that event time has come." },
    { "name": "topology", "type": "string" },
    { "name": "version", "type": "int" },
    { "name": "config", "type": "string", "doc": "As JSON, keys in order." },
    { "name": "targets", "type": { "type": "array", "items": "string" }, "doc": "Those that were wanted, in order." }
  ]
}`,
};
