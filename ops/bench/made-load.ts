import { setTimeout as wait } from 'node:timers/promises';
import type { RecordProducer } from '../../connectors/kafka/producer.ts';
import { HEADER_BYTES as WIRE_HEADER_BYTES } from '../../runtime/door.ts';
import { ByteSink } from '../../schemas/codec/byte-sink.ts';

/** Room that is made at first for a value, bytes; it grows where they are longer. */
const VALUE_BYTES = 160;

/**
 * Records for an open loop, made before they are due: what a load takes of the cores while it is sent, it takes from what is measured. The first field of their values is a time, which is
 * written as they are sent: until then it must be one whose encoding is as long, as that of now is.
 */
export class MadeLoad {
  #bytes: Buffer;
  readonly #ends: Float64Array;
  readonly #times: Float64Array;
  readonly #partitions: Uint8Array;
  readonly #keys: string[] = [];
  readonly #sink = new ByteSink();

  constructor(records: number) {
    this.#bytes = Buffer.allocUnsafe(records * VALUE_BYTES);
    this.#ends = new Float64Array(records + 1);
    this.#times = new Float64Array(records);
    this.#partitions = new Uint8Array(records);
  }

  /** Adds a record; its time is `timeMs` after the load begins. */
  add(partition: number, key: string, value: Buffer, timeMs: number): void {
    const index = this.#keys.push(key) - 1, start = this.#ends[index]!, end = start + value.length;
    if (end > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], 2 * end);
    value.copy(this.#bytes, start);
    this.#ends[index + 1] = end;
    this.#times[index] = timeMs;
    this.#partitions[index] = partition;
  }

  /**
   * Sends all at so many records per ms, whoever can or cannot keep up: every `stepMs` what is due, with its own times, however late it is sent. Returns when it began, epoch ms, and by
   * how much it was late at the worst.
   */
  async send(producer: RecordProducer, topic: string, perMs: number, stepMs: number): Promise<{ readonly startMs: number; readonly worstMs: number }> {
    const records = this.#keys.length, startMs = Date.now();
    let worstMs = 0;
    for (let sent = 0; sent < records; sent++) {
      while (sent >= (Date.now() - startMs) * perMs) {
        await producer.ready();
        await wait(stepMs);
      }
      const lateMs = Date.now() - startMs - sent / perMs;
      if (lateMs > worstMs) worstMs = lateMs;
      const value = this.#bytes.subarray(this.#ends[sent], this.#ends[sent + 1]);
      this.#sink.position = 0;
      this.#sink.long(startMs + this.#times[sent]!);
      value.set(this.#sink.bytes.subarray(0, this.#sink.position), WIRE_HEADER_BYTES);
      producer.produce(topic, this.#partitions[sent]!, value, this.#keys[sent]!);
    }
    await producer.flush(60_000);
    return { startMs, worstMs: Math.round(worstMs) };
  }
}
