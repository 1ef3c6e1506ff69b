import rdkafka from 'node-rdkafka';
import type { KafkaConsumer, LibrdKafkaError, Message, TopicPartitionOffset } from 'node-rdkafka';
import type { Position, TopicPartition } from '../../runtime/ports.ts';
import { type Brokers, rdkafkaSettings, securityOf } from './brokers.ts';
import { noRecordAt, type NoRecord } from './fetch/batch-at.ts';
import { openConnection } from './fetch/connection.ts';
import { addressesOf, decodeFetch, decodeMetadata, encodeFetch, encodeMetadata, requests } from './fetch/wire.ts';
import type { ReadHeaders } from './letter.ts';
import { rangeOf, unreachable } from './librdkafka.ts';

/** One record as the log holds it, copied. */
export interface LoggedRecord extends Position {
  /** When the broker appended it, epoch ms. */
  readonly appendTimeMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: ReadHeaders;
}

/** Why there is no record at an offset: it lies before what the log still holds, behind its end, or within it where none is left for us. */
export type Missing = 'before_log' | 'behind_log' | NoRecord;

/** What reads records: the broker's, or a test's. */
export interface RecordReader {
  /** How many partitions a topic has; undefined where there is no such topic. */
  partitions(topic: string): Promise<number | undefined>;
  /** The partition's first and next offsets. */
  range(partition: TopicPartition): Promise<{ readonly start: number; readonly end: number }>;
  /** The first offset whose record was appended at or after a time, epoch ms; the end if there is none. */
  offsetAt(partition: TopicPartition, appendTimeMs: number): Promise<number>;
  /**
   * The records of a partition from one offset up to another, a batch at a time; it ends earlier where all further ones belong to a transaction that is
   * still open. What is not taken is not read. One range at a time.
   */
  read(from: Position, untilOffset: number): AsyncIterable<readonly LoggedRecord[]>;
  /** The record at an offset, or why there is none. */
  at(position: Position): Promise<LoggedRecord | Missing>;
  close(): Promise<void>;
}

/** A topic cannot be read. */
export class RecordsError extends Error {
  override readonly name = 'RecordsError';
  readonly code: 'brokers_unreachable' | 'topic_missing' | 'request_failed' | 'nothing_comes';
  constructor(code: RecordsError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const { CODES } = rdkafka;
const REQUEST_TIMEOUT_MS = 10_000;
/** How long one look waits for a record, ms. */
const LOOK_MS = 100;
/** How long nothing may come of a log that holds more, ms: longer than an open transaction lives. */
const PATIENCE_MS = 30_000;
const BATCH_RECORDS = 1_000;
const CLIENT = 'oddstream-records';

/** Connects a reader of single records and of ranges. It is in no group: nobody loses partitions to it, and nothing is committed. Throws RecordsError `brokers_unreachable`. */
export const connectRecords = async (brokers: Brokers): Promise<RecordReader> => {
  const consumer: KafkaConsumer = new rdkafka.KafkaConsumer({
    ...rdkafkaSettings(brokers),
    // The library asks for a group's name; who assigns partitions to itself never joins one.
    'group.id': CLIENT,
    'client.id': CLIENT,
    'enable.auto.commit': false,
    'enable.auto.offset.store': false,
    'isolation.level': 'read_committed',
    'enable.partition.eof': true,
    'queued.max.messages.kbytes': 8_192,
    'fetch.wait.max.ms': LOOK_MS,
  }, { 'auto.offset.reset': 'error' });
  // Trouble with a connection is tried again by the library; what stays is said by the request that needs it.
  consumer.on('event.error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    consumer.connect({ timeout: REQUEST_TIMEOUT_MS }, (error) => {
      if (error) reject(new RecordsError('brokers_unreachable', unreachable(brokers, error.message), { cause: error }));
      else resolve();
    });
  });
  return new Records(consumer, brokers);
};

/** Reads records of any topic, committed ones only, one partition at a time. */
class Records implements RecordReader {
  readonly #consumer: KafkaConsumer;
  readonly #brokers: Brokers;
  #isAtEnd = false;
  #isReading = false;

  constructor(consumer: KafkaConsumer, brokers: Brokers) {
    this.#consumer = consumer;
    this.#brokers = brokers;
    // A partition that was left says no more of its end: the library drops what belongs to an older assignment.
    consumer.on('partition.eof', () => { this.#isAtEnd = true; });
  }

  async partitions(topic: string): Promise<number | undefined> {
    const { topics } = await request<{ topics: readonly { name: string; partitions: readonly unknown[] }[] }>(`of the topic '${topic}'`, (done) => { this.#consumer.getMetadata({ topic, timeout: REQUEST_TIMEOUT_MS }, done); });
    const count = topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
    return count === 0 ? undefined : count;
  }

  async range(partition: TopicPartition): Promise<{ readonly start: number; readonly end: number }> {
    return rangeOf(this.#consumer, partition, REQUEST_TIMEOUT_MS).catch((cause: Error) => {
      throw new RecordsError('request_failed', `Kafka does not tell the offsets of ${partition.topic}/${partition.partition}: ${cause.message}`, { cause });
    });
  }

  async offsetAt(at: TopicPartition, appendTimeMs: number): Promise<number> {
    const [found] = await request<TopicPartitionOffset[]>('offsets by time',
      (done) => { this.#consumer.offsetsForTimes([{ topic: at.topic, partition: at.partition, offset: Math.max(0, Math.floor(appendTimeMs)) }], REQUEST_TIMEOUT_MS, done); });
    return found !== undefined && found.offset >= 0 ? found.offset : (await this.range(at)).end;
  }

  async *read({ topic, partition, offset }: Position, untilOffset: number): AsyncGenerator<readonly LoggedRecord[]> {
    if (offset >= untilOffset) return;
    if (this.#isReading) throw new TypeError('a range is read already');
    this.#isReading = true;
    this.#isAtEnd = false;
    try {
      this.#consumer.assign([{ topic, partition, offset }]);
      for (let waitsSinceMs = performance.now(); ;) {
        const messages = await this.#take(BATCH_RECORDS);
        const within = messages.filter((message) => message.offset < untilOffset);
        if (within.length > 0) yield within.map(recordOf);
        if (within.length < messages.length || this.#isAtEnd || (messages.at(-1)?.offset ?? -1) + 1 >= untilOffset) return;
        if (messages.length > 0) waitsSinceMs = performance.now();
        else if (performance.now() - waitsSinceMs > PATIENCE_MS) throw new RecordsError('nothing_comes', `Nothing of ${topic}/${partition} has come for ${PATIENCE_MS / 1_000} s, and it is not at its end: is its leader up?`);
      }
    } finally {
      this.#consumer.unassign();
      this.#isReading = false;
    }
  }

  async at(position: Position): Promise<LoggedRecord | Missing> {
    const { start, end } = await this.range(position);
    if (position.offset < start) return 'before_log';
    if (position.offset >= end) return 'behind_log';
    for await (const [record] of this.read(position, position.offset + 1)) if (record !== undefined) return record;
    return this.#whyMissing(position);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => { this.#consumer.disconnect(() => { resolve(); }); });
  }

  #take(count: number): Promise<Message[]> {
    this.#consumer.setDefaultConsumeTimeout(LOOK_MS);
    return new Promise((resolve, reject) => {
      this.#consumer.consume(count, (error, messages) => {
        if (error && error.code !== CODES.ERRORS.ERR__TIMED_OUT) reject(new RecordsError('request_failed', `Kafka cannot be read: ${error.message}`, { cause: error }));
        else resolve(messages ?? []);
      });
    });
  }

  /** The library passes over markers, aborted and compacted records alike; which it is, the record batch says. */
  async #whyMissing({ topic, partition, offset }: Position): Promise<Missing> {
    const security = securityOf(this.#brokers);
    const bootstrap = await openConnection(addressesOf(this.#brokers)[0]!, CLIENT, security);
    try {
      const { brokers, leaders } = decodeMetadata(await bootstrap.request(requests.metadata, (writer) => { encodeMetadata(writer, [topic]); }));
      const leader = leaders.find((one) => one.topic === topic && one.partition === partition);
      if (leader === undefined) throw new RecordsError('request_failed', `${topic}/${partition} has no leader at the moment`);
      const connection = await openConnection(brokers.get(leader.leader)!, CLIENT, security);
      try {
        const answer = await connection.request(requests.fetch, (writer) => { encodeFetch(writer, [{ ...leader, offset }], { maxWaitMs: LOOK_MS, maxBytes: 1 << 20, maxPartitionBytes: 1 << 20 }); });
        const section = decodeFetch(answer).sections[0];
        return section === undefined ? 'open' : noRecordAt(answer, section, offset);
      } finally {
        connection.close();
      }
    } finally {
      bootstrap.close();
    }
  }
}

const recordOf = ({ topic, partition, offset, timestamp, key, value, headers }: Message): LoggedRecord => ({
  topic, partition, offset, appendTimeMs: timestamp ?? 0, value,
  key: key === null || key === undefined ? null : typeof key === 'string' ? Buffer.from(key) : key,
  headers: (headers ?? []) as unknown as ReadHeaders,
});

const request = <A>(what: string, ask: (done: (error: LibrdKafkaError | null | undefined, answer: A) => void) => void): Promise<A> =>
  new Promise((resolve, reject) => {
    ask((error, answer) => {
      if (error) reject(new RecordsError('request_failed', `Kafka does not tell ${what}: ${error.message}`, { cause: error }));
      else resolve(answer);
    });
  });
