import { setTimeout as wait } from 'node:timers/promises';
import { openConnection } from '../../connectors/kafka/fetch/connection.ts';
import { crc32c } from '../../connectors/kafka/fetch/crc32c.ts';
import { addressesOf, AnswerReader, ErrorCode } from '../../connectors/kafka/fetch/wire.ts';
import { ByteSink } from '../../schemas/codec/byte-sink.ts';

const PRODUCE = { key: 0, version: 7 } as const;
const ALL_REPLICAS = -1, TIMEOUT_MS = 30_000;
/** Of a record batch. Source: Kafka's documentation, "Record Batch". */
const HEADER_BYTES = 61, CRC_AT = 17, CRC_FROM = 21, FIRST_TIME_AT = 27, LAST_TIME_AT = 35;
/** Of a value: its first field, a time, comes behind them. */
const WIRE_HEADER_BYTES = 5;

/** `times`: where each value's time stands, and what it is, ms from the beginning. */
interface Batch { readonly partition: number; readonly bytes: Buffer; readonly times: readonly (readonly [at: number, timeMs: number])[] }
interface Due { readonly key: string; readonly value: Buffer; readonly timeMs: number }

/**
 * Records for an open loop, made into record batches before they are due, and sent in one request for all partitions: what a load takes of the cores, of its own and of the broker's, it takes
 * from what is measured. At 10,000 bets/s the broker took 0.45 of a core while the client library sent them, in 1,350 requests a second, and 0.29 to 0.33 with 200.
 * The first field of the values is a time, which is written as they are sent: until then it must be one whose encoding is as long, as that of now is.
 */
export class MadeBatches {
  readonly #stepMs: number;
  /** By step, what is due in it. */
  readonly #steps: Batch[][] = [];
  #open = new Map<number, Due[]>();

  /** What is due within so many ms goes together. */
  constructor(stepMs: number) { this.#stepMs = stepMs; }

  /** Adds a record, whose value is copied, that is due `timeMs` after the beginning, and not before the one that was added last. */
  add(partition: number, key: string, value: Buffer, timeMs: number): void {
    while (timeMs >= (this.#steps.length + 1) * this.#stepMs) this.end();
    let records = this.#open.get(partition);
    if (records === undefined) this.#open.set(partition, records = []);
    records.push({ key, value: Buffer.from(value), timeMs });
  }

  /** No more comes of the last step. */
  end(): void {
    const fromMs = this.#steps.length * this.#stepMs;
    this.#steps.push(Array.from(this.#open, ([partition, records]) => batchOf(partition, records, fromMs)));
    this.#open = new Map();
  }

  /** Sends each step once it is over, however late, whoever can or cannot keep up. Returns when it began, epoch ms, and by how much it was late at the worst. */
  async send(brokers: string, topic: string): Promise<{ readonly startMs: number; readonly worstMs: number }> {
    const connection = await openConnection(addressesOf(brokers)[0]!, 'oddstream-bench', { tls: undefined, login: undefined });
    const startMs = Date.now(), time = new ByteSink();
    let worstMs = 0;
    for (const [step, batches] of this.#steps.entries()) {
      const dueMs = startMs + (step + 1) * this.#stepMs;
      if (dueMs > Date.now()) await wait(dueMs - Date.now());
      worstMs = Math.max(worstMs, Date.now() - dueMs);
      if (batches.length === 0) continue;
      for (const { bytes, times } of batches) {
        bytes.writeBigInt64BE(BigInt(startMs + step * this.#stepMs), FIRST_TIME_AT);
        bytes.writeBigInt64BE(BigInt(startMs + Math.floor(times.at(-1)![1])), LAST_TIME_AT);
        for (const [at, timeMs] of times) {
          time.position = 0;
          time.long(startMs + Math.floor(timeMs));
          bytes.set(time.bytes.subarray(0, time.position), at);
        }
        bytes.writeUInt32BE(crc32c(bytes, CRC_FROM, bytes.length), CRC_AT);
      }
      refuseErrors(await connection.request(PRODUCE, (writer) => {
        writer.int16(-1); //  no transaction
        writer.int16(ALL_REPLICAS);
        writer.int32(TIMEOUT_MS);
        writer.int32(1);
        writer.string(topic);
        writer.int32(batches.length);
        for (const { partition, bytes } of batches) {
          writer.int32(partition);
          writer.blob(bytes);
        }
      }));
    }
    connection.close();
    return { startMs, worstMs };
  }
}

const refuseErrors = (answer: Buffer): void => {
  const reader = new AnswerReader(answer);
  for (let topics = reader.length(1); topics > 0; topics--) {
    const topic = reader.string();
    for (let partitions = reader.length(1); partitions > 0; partitions--) {
      const partition = reader.int32(), error = reader.int16();
      if (error !== ErrorCode.none) throw new Error(`${topic}/${partition} does not take the load: Kafka's error ${error}`);
      reader.skip(3 * 8); //  base offset, append time, start of the log
    }
  }
};

const batchOf = (partition: number, records: readonly Due[], fromMs: number): Batch => {
  const sink = new ByteSink(), body = new ByteSink(), times: [number, number][] = [];
  for (const [index, { key, value, timeMs }] of records.entries()) {
    body.position = 0;
    for (const part of [0, Math.floor(timeMs) - fromMs, index]) body.int(part); //  attributes, and time and offset behind the batch's
    body.string(key);
    body.string(value);
    const valueAt = body.position - value.length;
    body.int(0); //  headers
    sink.int(body.position);
    times.push([HEADER_BYTES + sink.position + valueAt + WIRE_HEADER_BYTES, timeMs]);
    sink.raw(body.bytes, 0, body.position);
  }
  const bytes = Buffer.alloc(HEADER_BYTES + sink.position);
  bytes.set(sink.bytes.subarray(0, sink.position), HEADER_BYTES);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt8(2, 16); //  the format's version
  bytes.writeInt32BE(records.length - 1, 23);
  bytes.fill(0xff, 43, 57); //  no producer id, epoch or sequence
  bytes.writeInt32BE(records.length, 57);
  return { partition, bytes, times };
};
