import { compileDecoder, type Decoder } from '../schemas/codec/compile.ts';
import { type Columns, Control, type Row } from '../schemas/codec/columns.ts';
import { EARLIEST_MS } from '../schemas/contract.ts';
import { DecodeError, SchemaError } from '../schemas/codec/errors.ts';
import { Reader } from '../schemas/codec/reader.ts';
import type { Topic } from '../schemas/topic.ts';
import { Fate } from '../stream/fates.ts';
import type { Task } from '../stream/task.ts';
import type { Verdict } from './passed-over.ts';
import { type Poll, type RawRecord, UnknownSchemaId } from './ports.ts';

/** The code of a record that was passed over. */
export const PASSED_OVER = 'passed_over';
/** Confluent wire format: a zero byte, then the schema's id. */
export const HEADER_BYTES = 5;

type Decoded<R extends Row> = Pick<Topic<any, R>, 'schema' | 'keyFields'>; // eslint-disable-line @typescript-eslint/no-explicit-any

/** The compiled decoders of one topic, by the id of the writer's schema. Shared by the tasks of a process. */
export class Decoders<R extends Row> {
  readonly #byId = new Map<number, Decoder | UnknownSchemaId | SchemaError>();
  readonly #topic: Decoded<R>;
  readonly #fields: readonly string[] | undefined;
  readonly #schemaOf: (id: number) => Promise<string>;

  /** `schemaOf` gives a schema's JSON text; it waits for a registry that does not answer, and throws UnknownSchemaId for an id that does not exist. */
  constructor(topic: Decoded<R>, fields: readonly string[] | undefined, schemaOf: (id: number) => Promise<string>) {
    this.#topic = topic;
    this.#fields = fields;
    this.#schemaOf = schemaOf;
  }

  get(id: number): Decoder | UnknownSchemaId | SchemaError | undefined { return this.#byId.get(id); }

  async load(id: number): Promise<void> {
    try {
      const { schema, keyFields } = this.#topic;
      const options = { writerAvsc: await this.#schemaOf(id), readerAvsc: schema.avsc, keyFields };
      this.#byId.set(id, compileDecoder(this.#fields === undefined ? options : { ...options, fields: this.#fields }));
    } catch (error) {
      if (!(error instanceof UnknownSchemaId || error instanceof SchemaError)) throw error;
      this.#byId.set(id, error);
    }
  }
}

/** Takes a record that cannot be let in. */
export type Reject = (record: RawRecord, code: string, message: string) => void;

/** For whom a door is, and by what it judges. */
export interface DoorRules {
  /** The pipeline's name: a replayed record that is for another is none of its business. */
  readonly pipeline: string;
  /** A record whose event time lies further ahead of its append time is dead, ms. */
  readonly maxSkewMs: number;
  /** By offset, records that are to be passed over, for the pipeline gave up on them. */
  readonly passedOver: ReadonlyMap<number, Pick<Verdict, 'timeMs'>>;
}

/**
 * Where bytes become rows: decodes, holds the contract, judges the clock (ARCHITECTURE.md E8), and keeps poison out (E16).
 * Its verdicts follow from the log alone.
 */
export class Door<R extends Row> {
  readonly columns: Columns<R>;
  /** The schema that must be loaded before `admit` can go on. */
  needsSchemaId = -1;
  readonly #topic: Topic<any, R>; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly #task: Task;
  readonly #decoders: Decoders<R>;
  readonly #rules: DoorRules;
  readonly #reject: Reject;
  readonly #reader = new Reader();
  #lastId = -1;
  #lastDecoder: Decoder | UnknownSchemaId | SchemaError | undefined;

  constructor(topic: Topic<any, R>, task: Task, decoders: Decoders<R>, rules: DoorRules, reject: Reject) { // eslint-disable-line @typescript-eslint/no-explicit-any
    this.columns = topic.schema.columns(task.dictionaries);
    this.#topic = topic;
    this.#task = task;
    this.#decoders = decoders;
    this.#rules = rules;
    this.#reject = reject;
  }

  /** Highest event time let in, epoch ms. */
  highestMs = -Infinity;

  /** Appends the records from index `from` up to offset `untilOffset` as rows. Returns the index of the first that it did not take. */
  admit(poll: Poll, from: number, untilOffset: number): number {
    let index = from;
    for (; index < poll.size; index++) {
      const record = poll.record(index);
      if (record.offset >= untilOffset || !this.#admitOne(record)) break;
    }
    return index;
  }

  #admitOne(record: RawRecord): boolean {
    const { fates } = this.#task;
    const { pipeline, passedOver } = this.#rules;
    const verdict = passedOver.size > 0 ? passedOver.get(record.offset) : undefined;
    if (verdict !== undefined) {
      fates.delivered++;
      this.#passOver(record, verdict.timeMs);
      return true;
    }
    // Another's replay moves nothing here, time neither: it is of the past.
    if (record.addressed !== undefined && record.addressed.pipeline !== pipeline) {
      fates.delivered++;
      fates.count(Fate.control);
      return true;
    }
    if (record.control !== undefined) {
      fates.delivered++;
      this.#admitControl(record);
      return true;
    }
    if (record.valueStart < 0) {
      fates.delivered++;
      this.#admitNull(record);
      return true;
    }
    if (record.valueEnd - record.valueStart < HEADER_BYTES || record.valueBytes[record.valueStart] !== 0) {
      fates.delivered++;
      this.#dead(record, 'not_wire_format', 'the value does not begin with a zero byte and a schema id (Confluent wire format)');
      return true;
    }
    const id = schemaIdAt(record.valueBytes, record.valueStart + 1);
    if (id !== this.#lastId) {
      const decoder = this.#decoders.get(id);
      if (decoder === undefined) { this.needsSchemaId = id; return false; }
      this.#lastId = id;
      this.#lastDecoder = decoder;
    }
    fates.delivered++;
    if (this.#lastDecoder instanceof Error) this.#dead(record, this.#lastDecoder.code, this.#lastDecoder.message);
    else this.#admitValue(record, this.#lastDecoder!);
    return true;
  }

  /** Of what it says only the time is taken, and that from the verdict. */
  #passOver(record: RawRecord, timeMs: number | undefined): void {
    this.#dead(record, PASSED_OVER, "the pipeline had given up on it, and was told to pass over it ('oddstream dead add'); its changelog says why");
    if (timeMs === undefined || timeMs > record.appendTimeMs + this.#rules.maxSkewMs) return;
    if (timeMs > this.highestMs) this.highestMs = timeMs;
    this.columns.appendControl(Control.tick, record.offset, timeMs, -1);
  }

  #admitValue(record: RawRecord, decoder: Decoder): void {
    const { columns } = this;
    if (record.keyStart < 0) { this.#dead(record, 'null_key', 'the record has no key'); return; }
    const reader = this.#reader;
    if (reader.buffer !== record.valueBytes) reader.over(record.valueBytes);
    reader.position = record.valueStart + HEADER_BYTES;
    try {
      const key = this.#task.dictionaries.keys.id(record.keyBytes, record.keyStart, record.keyEnd);
      decoder.decode(reader, record.valueEnd, columns, key, record.offset, record.keyBytes, record.keyStart, record.keyEnd);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#dead(record, error.code, error.message);
      return;
    }
    const row = columns.row(columns.size - 1);
    const { timestamp } = row;
    const code = this.#topic.breach?.(row, columns.dictionaries);
    if (code !== undefined) this.#deadRow(record, timestamp, code, `the value breaks the contract of ${this.#topic.name}: ${code}`);
    else if (timestamp > record.appendTimeMs + this.#rules.maxSkewMs) this.#deadRow(record, timestamp, 'ahead_of_its_time', skewMessage(timestamp, record, this.#rules.maxSkewMs));
    else if (timestamp > this.highestMs) this.highestMs = timestamp;
  }

  #admitControl(record: RawRecord): void {
    const control = record.control!;
    if ('code' in control) { this.#dead(record, control.code, 'a control record that says nothing known'); return; }
    const { timestamp, provider } = control;
    if (timestamp > record.appendTimeMs + this.#rules.maxSkewMs) { this.#dead(record, 'ahead_of_its_time', skewMessage(timestamp, record, this.#rules.maxSkewMs)); return; }
    if (timestamp > this.highestMs) this.highestMs = timestamp;
    this.#task.fates.count(Fate.control);
    this.columns.appendControl(control.control, record.offset, timestamp, provider === '' ? -1 : this.#task.dictionaries.strings.idOf(provider));
  }

  /** A tombstone: on a compacted topic its key is over, elsewhere it has no meaning. */
  #admitNull(record: RawRecord): void {
    if (this.#topic.cleanup !== 'compact' || record.keyStart < 0) { this.#dead(record, 'null_value', 'the value is null, and the topic is not compacted'); return; }
    try {
      const key = this.#task.dictionaries.keys.id(record.keyBytes, record.keyStart, record.keyEnd);
      this.columns.appendTombstone(key, record.offset, this.highestMs);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#dead(record, error.code, error.message);
    }
  }

  #dead(record: RawRecord, code: string, message: string): void {
    this.#task.fates.count(Fate.dead);
    this.#reject(record, code, message);
  }

  /**
   * The last row is dead, but it says whose quote it was to replace: it withdraws that, at its own time, as far as that has come. An absurd time is
   * none: were it believed, what it was to replace would be newer, and stand.
   */
  #deadRow(record: RawRecord, timestamp: number, code: string, message: string): void {
    this.#dead(record, code, message);
    if (this.highestMs === -Infinity) this.columns.dropLast();
    else this.columns.blankLast(timestamp >= EARLIEST_MS && timestamp <= this.highestMs ? timestamp : this.highestMs);
  }
}

/** Takes a whole poll through a door and hands its rows on; schemas that were not met before are loaded on the way. */
export const takeThrough = async <R extends Row>(door: Door<R>, decoders: Decoders<R>, poll: Poll, process: (rows: Columns<R>) => void): Promise<void> => {
  for (let index = 0; index < poll.size;) {
    index = door.admit(poll, index, Infinity);
    process(door.columns);
    door.columns.clear();
    if (door.needsSchemaId < 0) continue;
    await decoders.load(door.needsSchemaId);
    door.needsSchemaId = -1;
  }
};

const skewMessage = (timestamp: number, record: RawRecord, maxSkewMs: number): string =>
  `event time ${timestamp} lies ${timestamp - record.appendTimeMs} ms after the record was appended; ${maxSkewMs} ms are allowed`;

/** The schema's id, which is four bytes at `at`. */
export const schemaIdAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! * 0x1000000) + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
