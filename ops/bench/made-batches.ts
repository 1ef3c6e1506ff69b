import { setTimeout as wait } from 'node:timers/promises';
import { openConnection } from '../../connectors/kafka/fetch/connection.ts';
import { crc32c } from '../../connectors/kafka/fetch/crc32c.ts';
import { addressesOf, AnswerReader, ErrorCode } from '../../connectors/kafka/fetch/wire.ts';
import { HEADER_BYTES as WIRE_HEADER_BYTES } from '../../runtime/door.ts';
import { ByteSink } from '../../schemas/codec/byte-sink.ts';

const PRODUCE = { key: 0, version: 7 } as const;
const ALL_REPLICAS = -1, TIMEOUT_MS = 30_000;
/** Of a record batch. Source: Kafka's documentation, "Record Batch". */
const HEADER_BYTES = 61, CRC_AT = 17, CRC_FROM = 21, FIRST_TIME_AT = 27, LAST_TIME_AT = 35;
/** Of the second version of the format; no producer id, epoch or sequence. */
const BLANK_HEADER = Buffer.alloc(HEADER_BYTES).fill(2, 16, 17).fill(0xff, 43, 57);

/** A record batch that is made: where it lies, and from which of the records on. */
interface Batch { readonly partition: number; readonly start: number; readonly end: number; readonly first: number; readonly records: number }
interface Due { readonly key: string; readonly value: Buffer; readonly timeMs: number }

/**
 * Records for an open loop, made into record batches before they are due, and sent in one request for all partitions: what a load takes of the cores, of its own and of the broker's, it takes
 * from what is measured. At 10,000 bets/s the broker took 0.45 of a core while the client library sent them, in 1,350 requests a second, and 0.29 to 0.33 with 200.
 * All lies in a few arrays: as objects, of each record one, a major collection of the load took 100 ms of both cores every five seconds, and made the slowest of the bets.
 * The first field of the values is a time, which is written as they are sent: until then it must be one whose encoding is as long, as that of now is.
 */
export class MadeBatches {
  readonly #stepMs: number;
  readonly #made = new ByteSink();
  readonly #record = new ByteSink();
  /** By record: where its time stands, and what it is, ms from the beginning. */
  readonly #timesAt: number[] = [];
  readonly #times: number[] = [];
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
    this.#steps.push(Array.from(this.#open, ([partition, records]) => this.#batch(partition, records, fromMs)));
    this.#open = new Map();
  }

  #batch(partition: number, records: readonly Due[], fromMs: number): Batch {
    const made = this.#made, record = this.#record, start = made.position, first = this.#times.length;
    made.raw(BLANK_HEADER, 0, HEADER_BYTES);
    for (const [index, { key, value, timeMs }] of records.entries()) {
      record.position = 0;
      for (const part of [0, Math.floor(timeMs) - fromMs, index]) record.int(part); //  attributes, and time and offset behind the batch's
      record.string(key);
      record.string(value);
      const valueAt = record.position - value.length;
      record.int(0); //  headers
      made.int(record.position);
      this.#timesAt.push(made.position + valueAt + WIRE_HEADER_BYTES);
      this.#times.push(timeMs);
      made.raw(record.bytes, 0, record.position);
    }
    return { partition, start, end: made.position, first, records: records.length };
  }

  /** Sends each step once it is over, however late, whoever can or cannot keep up. Returns when it began, epoch ms, and by how much it was late at the worst. */
  async send(brokers: string, topic: string): Promise<{ readonly startMs: number; readonly worstMs: number }> {
    const connection = await openConnection(addressesOf(brokers)[0]!, 'oddstream-bench', { tls: undefined, login: undefined });
    const startMs = Date.now();
    let worstMs = 0;
    for (const [step, batches] of this.#steps.entries()) {
      const dueMs = startMs + (step + 1) * this.#stepMs;
      if (dueMs > Date.now()) await wait(dueMs - Date.now());
      worstMs = Math.max(worstMs, Date.now() - dueMs);
      if (batches.length === 0) continue;
      const ready = batches.map((batch) => ({ partition: batch.partition, bytes: this.#finished(batch, startMs, startMs + step * this.#stepMs) }));
      refuseErrors(await connection.request(PRODUCE, (writer) => {
        writer.int16(-1); //  no transaction
        writer.int16(ALL_REPLICAS);
        writer.int32(TIMEOUT_MS);
        writer.int32(1);
        writer.string(topic);
        writer.int32(ready.length);
        for (const { partition, bytes } of ready) {
          writer.int32(partition);
          writer.blob(bytes);
        }
      }));
    }
    connection.close();
    return { startMs, worstMs };
  }

  /** A batch with the times that its records have, now that it is known when the load began. */
  #finished({ start, end, first, records }: Batch, startMs: number, firstMs: number): Buffer {
    const bytes = Buffer.from(this.#made.bytes.buffer, start, end - start), time = this.#record, last = first + records - 1;
    for (let i = first; i <= last; i++) {
      time.position = 0;
      time.long(startMs + Math.floor(this.#times[i]!));
      bytes.set(time.bytes.subarray(0, time.position), this.#timesAt[i]! - start);
    }
    bytes.writeInt32BE(bytes.length - 12, 8);
    bytes.writeInt32BE(records - 1, 23);
    bytes.writeBigInt64BE(BigInt(firstMs), FIRST_TIME_AT);
    bytes.writeBigInt64BE(BigInt(startMs + Math.floor(this.#times[last]!)), LAST_TIME_AT);
    bytes.writeInt32BE(records, 57);
    bytes.writeUInt32BE(crc32c(bytes, CRC_FROM, bytes.length), CRC_AT);
    return bytes;
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
