import rdkafka from 'node-rdkafka';
import { rangeOf } from '../../connectors/kafka/librdkafka.ts';
import { meaningOf } from '../../connectors/kafka/source.ts';
import type { Poll, RawRecord } from '../../runtime/ports.ts';

/** A record as it lies in the log, for whoever reads it committed. */
export interface LogRecord {
  readonly offset: number;
  /** Epoch ms. */
  readonly appendTimeMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** By name. Of one that comes twice the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly control: RawRecord['control'];
  readonly addressed: RawRecord['addressed'];
}

const CONNECT_MS = 15_000;
const AT_ONCE = 2_000;
/** How long each further record is waited for, ms. */
const CONSUME_MS = 30;
/** The library's number for a log's beginning. */
const BEGINNING = -2;
/** A log that gives nothing for so long, and has not said that it is at its end, cannot be read, ms. */
const SILENT_MS = 60_000;

/**
 * Reads partitions as a subscriber does who reads committed, without a group. By the client library, not by the fetcher that pipelines read with: what that one
 * gets wrong must show.
 */
export class LogReader {
  readonly #consumer: rdkafka.KafkaConsumer;
  /** The partition whose end was told last. */
  #ended = '';

  static async connect(brokers: string): Promise<LogReader> {
    const consumer = new rdkafka.KafkaConsumer({
      'metadata.broker.list': brokers, 'client.id': 'oddstream-chaos', 'group.id': 'oddstream-chaos-reader', 'enable.auto.commit': false, 'enable.partition.eof': true,
      'isolation.level': 'read_committed',
      // A broker's wait at a log's end, 500 ms by default, was most of the time that a verification took.
      'fetch.wait.max.ms': 10,
    }, { 'auto.offset.reset': 'error' });
    await new Promise<void>((resolve, reject) => { consumer.connect({ timeout: CONNECT_MS }, (error) => { if (error) reject(new Error(`the logs cannot be read: ${error.message}`)); else resolve(); }); });
    return new LogReader(consumer);
  }

  private constructor(consumer: rdkafka.KafkaConsumer) {
    this.#consumer = consumer;
    consumer.on('partition.eof', ({ topic, partition }) => { this.#ended = `${topic}/${partition}`; });
    consumer.setDefaultConsumeTimeout(CONSUME_MS);
  }

  /** All records of a partition from an offset to the end that it has now. One reading at a time. */
  async read(topic: string, partition: number, from = 0): Promise<LogRecord[]> {
    const records: LogRecord[] = [], { end } = await rangeOf(this.#consumer, { topic, partition }, CONNECT_MS);
    this.#ended = '';
    // The first offset may not be there any more, or never have been; the beginning always is.
    this.#consumer.assign([{ topic, partition, offset: from === 0 ? BEGINNING : from }]);
    // Behind the last record may lie transactions' markers: then the library says that it is at the end. While others write, it never says so.
    for (let heardMs = Date.now(); this.#ended !== `${topic}/${partition}` && (records.at(-1)?.offset ?? -1) + 1 < end;) {
      const messages = await this.#consume(topic, partition);
      for (const message of messages) records.push(recordOf(message));
      if (messages.length > 0) heardMs = Date.now();
      else if (Date.now() - heardMs > SILENT_MS) throw new Error(`${topic}-${partition} gives nothing behind offset ${records.at(-1)?.offset ?? 'none'}, and does not end`);
    }
    this.#consumer.unassign();
    return records;
  }

  async close(): Promise<void> { await new Promise<void>((resolve) => { this.#consumer.disconnect(() => { resolve(); }); }); }

  #consume(topic: string, partition: number): Promise<rdkafka.Message[]> {
    return new Promise((resolve, reject) => {
      this.#consumer.consume(AT_ONCE, (error, some) => { if (error) reject(new Error(`${topic}-${partition} cannot be read: ${error.message}`)); else resolve(some.filter((message) => message.topic === topic && message.partition === partition)); });
    });
  }
}

const recordOf = ({ offset, timestamp, key, value, headers }: rdkafka.Message): LogRecord => ({
  offset, appendTimeMs: timestamp ?? 0, key: key === undefined || key === null ? null : typeof key === 'string' ? Buffer.from(key) : Buffer.from(key), value: value === null ? null : Buffer.from(value),
  headers: Object.fromEntries((headers ?? []).flatMap((header) => Object.entries(header as Record<string, Buffer | string>).map(([name, text]) => [name, text.toString()]))),
  ...(headers === undefined ? { control: undefined, addressed: undefined } : meaningOf(headers as unknown as readonly Record<string, Uint8Array>[])),
});

const NONE = new Uint8Array(0);

/** Records as the engine's door takes them. */
export const pollOf = (topic: string, partition: number, records: readonly LogRecord[]): Poll => {
  const nextOffset = (records.at(-1)?.offset ?? -1) + 1;
  return {
    topic, partition, size: records.length, nextOffset, endOffset: nextOffset,
    record(index) {
      const { offset, appendTimeMs, key, value, control, addressed } = records[index]!;
      return {
        offset, appendTimeMs, control, addressed, keyBytes: key ?? NONE, keyStart: key === null ? -1 : 0, keyEnd: key?.length ?? -1,
        valueBytes: value ?? NONE, valueStart: value === null ? -1 : 0, valueEnd: value?.length ?? -1,
      };
    },
  };
};
