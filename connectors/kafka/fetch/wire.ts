import type { Brokers } from '../brokers.ts';
import { KafkaSourceError } from '../source.ts';

/** The requests that are spoken here, each in one version that every broker from Kafka 2.3 on understands. */
export const requests = {
  fetch: { key: 1, version: 11 },
  metadata: { key: 3, version: 7 },
  saslHandshake: { key: 17, version: 1 },
  apiVersions: { key: 18, version: 0 },
  saslAuthenticate: { key: 36, version: 0 },
} as const;
export interface Request { readonly key: number; readonly version: number }

/** Kafka's error codes that are answered here. Source: Kafka protocol guide, "Error codes". */
export const ErrorCode = { none: 0, offsetOutOfRange: 1 } as const;
/** The leader is elsewhere, or not ready: it is looked for anew. */
const PASSING: ReadonlySet<number> = new Set([
  3, //  UNKNOWN_TOPIC_OR_PARTITION
  5, //  LEADER_NOT_AVAILABLE
  6, //  NOT_LEADER_OR_FOLLOWER
  7, //  REQUEST_TIMED_OUT
  8, //  BROKER_NOT_AVAILABLE
  9, //  REPLICA_NOT_AVAILABLE
  13, // NETWORK_EXCEPTION
  56, // KAFKA_STORAGE_ERROR
  74, // FENCED_LEADER_EPOCH
  75, // UNKNOWN_LEADER_EPOCH
  78, // OFFSET_NOT_AVAILABLE
]);
/** Whether an error of a partition is over once its leader was looked for again. */
export const isPassing = (code: number): boolean => PASSING.has(code);

const READ_COMMITTED = 1;
const CONSUMER = -1;
const NO_SESSION = 0;
const NO_EPOCH = -1;
const FIRST_BYTES = 1024;

/** Writes a request, big-endian, with its length before it. */
export class RequestWriter {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #at = 4;

  int8(value: number): void { this.#room(1); this.#at = this.#bytes.writeInt8(value, this.#at); }
  int16(value: number): void { this.#room(2); this.#at = this.#bytes.writeInt16BE(value, this.#at); }
  int32(value: number): void { this.#room(4); this.#at = this.#bytes.writeInt32BE(value, this.#at); }
  int64(value: number): void { this.#room(8); this.#at = this.#bytes.writeBigInt64BE(BigInt(value), this.#at); }

  string(text: string): void {
    const length = Buffer.byteLength(text);
    this.int16(length);
    this.#room(length);
    this.#at += this.#bytes.write(text, this.#at);
  }

  blob(bytes: Buffer): void {
    this.int32(bytes.length);
    this.#room(bytes.length);
    this.#at += bytes.copy(this.#bytes, this.#at);
  }

  /** The whole request: length, header (version 1), and what was written. */
  finish(): Buffer {
    this.#bytes.writeInt32BE(this.#at - 4, 0);
    return this.#bytes.subarray(0, this.#at);
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + bytes));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** Reads an answer in place. Throws KafkaSourceError `response_malformed` where it would read beyond its end. */
export class AnswerReader {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) { this.bytes = bytes; }

  int8(): number { return this.bytes.readInt8(this.#take(1)); }
  int16(): number { return this.bytes.readInt16BE(this.#take(2)); }
  int32(): number { return this.bytes.readInt32BE(this.#take(4)); }
  /** Offsets and producer ids lie far below 2^53. */
  int64(): number { return Number(this.bytes.readBigInt64BE(this.#take(8))); }

  /** Null is empty: nothing that is read here tells them apart. */
  string(): string {
    const length = Math.max(0, this.int16());
    const start = this.#take(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  /** An array's or a byte string's length; 0 for null. Each entry takes at least `entryBytes`. */
  length(entryBytes: number): number {
    const length = Math.max(0, this.int32());
    if (length * entryBytes > this.bytes.length - this.at) throw malformed();
    return length;
  }

  skip(bytes: number): void { this.#take(bytes); }

  #take(bytes: number): number {
    const { at } = this;
    if (at + bytes > this.bytes.length) throw malformed();
    this.at = at + bytes;
    return at;
  }
}

const malformed = (): KafkaSourceError => new KafkaSourceError('response_malformed', 'a broker\'s answer ends before what it says it holds: is this port Kafka\'s?');

/** The lowest and highest version of each request that a broker understands. */
export const decodeApiVersions = (answer: Buffer): ReadonlyMap<number, { readonly lowest: number; readonly highest: number }> => {
  const reader = new AnswerReader(answer);
  const versions = new Map<number, { lowest: number; highest: number }>();
  if (reader.int16() !== ErrorCode.none) return versions;
  for (let left = reader.length(6); left > 0; left--) versions.set(reader.int16(), { lowest: reader.int16(), highest: reader.int16() });
  return versions;
};

/** The mechanisms of a login that a broker has, and whether that which was asked for is one of them. */
export const decodeHandshake = (answer: Buffer): { readonly isKnown: boolean; readonly mechanisms: readonly string[] } => {
  const reader = new AnswerReader(answer);
  const error = reader.int16();
  return { isKnown: error === ErrorCode.none, mechanisms: Array.from({ length: reader.length(2) }, () => reader.string()) };
};

/** What a broker answers to a message of a login: its own, or why it refuses. */
export const decodeAuthenticate = (answer: Buffer): { readonly refusal: string | undefined; readonly said: Buffer } => {
  const reader = new AnswerReader(answer);
  const error = reader.int16(), message = reader.string();
  const length = reader.length(1), start = reader.at;
  return { refusal: error === ErrorCode.none ? undefined : message === '' ? `Kafka's error ${error}` : message, said: answer.subarray(start, start + length) };
};

export interface Address { readonly host: string; readonly port: number }

/** The addresses of `host:port,host:port`; an IPv6 host stands in brackets. */
export const addressesOf = (brokers: Brokers): Address[] => String(brokers).split(',').map((text) => {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
});

export interface Leader { readonly topic: string; readonly partition: number; readonly leader: number; readonly epoch: number }
export interface Metadata { readonly brokers: ReadonlyMap<number, Address>; readonly leaders: readonly Leader[] }

export const encodeMetadata = (writer: RequestWriter, topics: readonly string[]): void => {
  writer.int32(topics.length);
  for (const topic of topics) writer.string(topic);
  writer.int8(0); //  a topic that is not there is not made
};

/** Partitions without a leader are left out. */
export const decodeMetadata = (answer: Buffer): Metadata => {
  const reader = new AnswerReader(answer);
  reader.int32(); //  throttled, ms
  const brokers = new Map<number, Address>();
  for (let left = reader.length(12); left > 0; left--) {
    const id = reader.int32();
    brokers.set(id, { host: reader.string(), port: reader.int32() });
    reader.string(); // rack
  }
  reader.string(); // cluster
  reader.int32(); //  controller
  const leaders: Leader[] = [];
  for (let left = reader.length(9); left > 0; left--) {
    reader.int16();
    const topic = reader.string();
    reader.int8(); //  internal
    for (let partitions = reader.length(26); partitions > 0; partitions--) {
      reader.int16();
      const partition = reader.int32(), leader = reader.int32(), epoch = reader.int32();
      for (let list = 0; list < 3; list++) reader.skip(4 * reader.length(4)); // replicas, in sync, offline
      if (brokers.has(leader)) leaders.push({ topic, partition, leader, epoch });
    }
  }
  return { brokers, leaders };
};

export interface FetchLimits {
  /** How long the broker waits for the first byte, ms. */
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
}

/** What is asked of one partition: from where on, and from a leader of which epoch. */
export interface Wanted { readonly topic: string; readonly partition: number; readonly epoch: number; readonly offset: number }

export const encodeFetch = (writer: RequestWriter, wanted: readonly Wanted[], limits: FetchLimits): void => {
  writer.int32(CONSUMER);
  writer.int32(limits.maxWaitMs);
  writer.int32(1);
  writer.int32(limits.maxBytes);
  writer.int8(READ_COMMITTED);
  writer.int32(NO_SESSION);
  writer.int32(NO_EPOCH);
  // A topic may stand in the list more than once, and the order of the list is that in which the broker fills its answer.
  writer.int32(wanted.length);
  for (const { topic, partition, epoch, offset } of wanted) {
    writer.string(topic);
    writer.int32(1);
    writer.int32(partition);
    writer.int32(epoch);
    writer.int64(offset);
    writer.int64(NO_EPOCH); // the log's start: a follower's
    writer.int32(limits.maxPartitionBytes);
  }
  writer.int32(0); //  forgotten topics: a session's
  writer.string(''); // rack
};

/** A transaction that was given up: from this offset on, what its producer wrote does not count, up to its marker. */
export interface Aborted { readonly producerId: number; readonly firstOffset: number }

/** What a broker answered of one partition; its record batches are `bytes[start, end)` of the answer. */
export interface Section {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
  /** The partition's next offset, of all that is replicated: also what lies in open transactions. */
  readonly highWatermark: number;
  readonly aborted: readonly Aborted[];
  readonly start: number;
  readonly end: number;
}

const NONE: readonly Aborted[] = [];

/** Takes a Fetch answer apart without looking into its batches. */
export const decodeFetch = (answer: Buffer): { readonly error: number; readonly sections: readonly Section[] } => {
  const reader = new AnswerReader(answer);
  reader.int32(); //  throttled, ms
  const error = reader.int16();
  reader.int32(); //  session
  const sections: Section[] = [];
  for (let topics = reader.length(6); topics > 0; topics--) {
    const topic = reader.string();
    for (let partitions = reader.length(42); partitions > 0; partitions--) {
      const partition = reader.int32(), code = reader.int16(), highWatermark = reader.int64();
      reader.skip(16); // last stable offset; the log's start
      const abortions = reader.length(16);
      const aborted = abortions === 0 ? NONE : Array.from({ length: abortions }, () => ({ producerId: reader.int64(), firstOffset: reader.int64() }));
      reader.int32(); // a replica to be preferred: we name no rack
      const length = reader.length(1), start = reader.at;
      reader.skip(length);
      sections.push({ topic, partition, error: code, highWatermark, aborted, start, end: start + length });
    }
  }
  return { error, sections };
};
