import { setImmediate as afterEvents } from 'node:timers/promises';
import rdkafka from 'node-rdkafka';
import type { LibrdKafkaError, Producer as Client, ProducerGlobalConfig } from 'node-rdkafka';
import { type Brokers, rdkafkaSettings } from './brokers.ts';
import type { WireHeaders } from './control.ts';
import { unreachable } from './librdkafka.ts';

/** Where feeds and the clock put their records: a Kafka producer, or a test's list. */
export interface RecordProducer {
  /** How many partitions a topic has. Throws ProducerError `topic_missing`. */
  partitions(topic: string): Promise<number>;
  /**
   * Takes a record. The bytes are copied before it returns, so the caller may reuse them. Order within a partition is kept. It always takes the record:
   * whoever produces must await `ready()` now and then, or memory grows. Throws ProducerError once a record was lost.
   */
  produce(topic: string, partition: number, value: Uint8Array | null, key: Uint8Array | string | null, headers?: WireHeaders): void;
  /** Undefined while there is room, else a promise of it. Throws, or rejects with, ProducerError once a record was lost. */
  ready(): Promise<void> | undefined;
  /** Resolves when all records taken so far are durable; rejects with ProducerError if any was lost, or not within the time, ms. */
  flush(timeoutMs: number): Promise<void>;
  /** Flushes what it can within the time, ms, and closes. */
  disconnect(timeoutMs?: number): Promise<void>;
}

/** Records may have been lost, or the broker cannot be used. Nothing can be produced after it: start again from the last kept position. */
export class ProducerError extends Error {
  override readonly name = 'ProducerError';
  readonly code: 'brokers_unreachable' | 'topic_missing' | 'delivery_failed' | 'flush_timed_out' | 'produce_refused' | 'not_connected';
  constructor(code: ProducerError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface ProducerOptions {
  readonly brokers: Brokers;
  readonly clientId?: string;
  /**
   * `gzip`, the default, is what every client can read: kafkajs brings no other. At its lowest level it costs the producer 0.3 µs a record more than `lz4`.
   */
  readonly compression?: 'gzip' | 'lz4' | 'none';
  /** How long a batch waits for more, ms. Default 20: four times the compression of 5, and far below any lateness. */
  readonly lingerMs?: number;
  /** How much may wait to be sent, KiB. Default 64 MiB: a second of 200,000 updates fits twice. */
  readonly queueKiB?: number;
  /** How long a record may be under way, through restarts of the broker, before it is lost, ms. Default 5 minutes. */
  readonly deliveryTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** Passing trouble with the brokers: it is retried. */
  readonly onWarning?: (message: string) => void;
}

const { CODES } = rdkafka;
const QUEUE_FULL = CODES.ERRORS.ERR__QUEUE_FULL;
/** How often errors and failed deliveries are looked for, ms. Successful deliveries need no polling: see `dr_cb` below. */
const POLL_MS = 100;
/** How long to wait for room before asking again, ms: at 200,000 records/s it frees a thousand. */
const FULL_MS = 5;

interface Waiting { readonly topic: string; readonly partition: number; readonly value: Buffer | null; readonly key: Buffer | string | null; readonly headers: WireHeaders | undefined }

/** Connects an idempotent producer. Throws ProducerError `brokers_unreachable`. */
export const connectProducer = async (options: ProducerOptions): Promise<KafkaProducer> => {
  const client = await connectClient(options, {});
  return new KafkaProducer(client, options.onWarning ?? (() => undefined));
};

/** Connects librdkafka's producer, with settings beside those that all of ours have. Throws ProducerError `brokers_unreachable`. */
export const connectClient = async (options: ProducerOptions, settings: ProducerGlobalConfig): Promise<Client> => {
  const { compression = 'gzip', lingerMs = 20, queueKiB = 65_536, deliveryTimeoutMs = 300_000, connectTimeoutMs = 10_000 } = options;
  const client = new rdkafka.Producer({
    ...rdkafkaSettings(options.brokers),
    'client.id': options.clientId ?? 'oddstream',
    'enable.idempotence': true,
    'compression.codec': compression === 'none' || rdkafka.features.includes(compression) ? compression : 'none',
    'linger.ms': lingerMs,
    'batch.num.messages': 20_000,
    'queue.buffering.max.kbytes': queueKiB,
    'queue.buffering.max.messages': 500_000,
    'socket.keepalive.enable': true,
    // Failed deliveries only: a callback for each good one costs more than all else that a producer does.
    dr_cb: true,
    'delivery.report.only.error': true,
    ...settings,
  }, {
    partitioner: 'murmur2_random',
    ...(compression === 'gzip' ? { 'compression.level': 1 } : {}),
    'message.timeout.ms': deliveryTimeoutMs,
  });
  await new Promise<void>((resolve, reject) => {
    client.connect({ timeout: connectTimeoutMs }, (error) => {
      if (error) reject(new ProducerError('brokers_unreachable', unreachable(options.brokers, error.message)));
      else resolve();
    });
  });
  client.setPollInterval(POLL_MS);
  return client;
};

/**
 * An idempotent producer that never calls back for a record that went well. What could not be delivered is fatal: the
 * records behind it may be in the log already, and only its reader's last kept position is sure.
 */
export class KafkaProducer implements RecordProducer {
  protected readonly client: Client;
  #lost: ProducerError | undefined;
  #isClosed = false;
  /** What librdkafka's full queue did not take, in order. */
  #waiting: Waiting[] = [];
  #room: Promise<void> | undefined;

  /** Use `connectProducer`. */
  constructor(client: Client, onWarning: (message: string) => void) {
    this.client = client;
    client.on('delivery-report', (error: LibrdKafkaError | null, report) => {
      if (error) this.#lost ??= new ProducerError('delivery_failed', `A record for ${report.topic}/${report.partition} could not be delivered: ${error.message}`, { cause: error });
    });
    client.on('event.error', (error: LibrdKafkaError) => {
      if (error.isFatal || error.code === CODES.ERRORS.ERR__FATAL) this.#lost ??= new ProducerError('delivery_failed', `The producer cannot go on: ${error.message}`, { cause: error });
      else onWarning(error.message);
    });
  }

  async partitions(topic: string): Promise<number> {
    const metadata = await new Promise<{ topics: readonly { name: string; partitions: readonly unknown[] }[] }>((resolve, reject) => {
      this.client.getMetadata({ topic, timeout: 10_000 }, (error, data) => {
        if (error) reject(new ProducerError('brokers_unreachable', `The brokers do not tell of the topic '${topic}': ${error.message}`, { cause: error }));
        else resolve(data);
      });
    });
    const count = metadata.topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
    if (count === 0) throw new ProducerError('topic_missing', `There is no topic '${topic}': create it with 'oddstream topics apply'.`);
    return count;
  }

  produce(topic: string, partition: number, value: Uint8Array | null, key: Uint8Array | string | null, headers?: WireHeaders): void {
    this.#check();
    const valueBytes = value === null ? null : bufferOf(value);
    const keyBytes = key === null || typeof key === 'string' ? key : bufferOf(key);
    if (this.#waiting.length === 0 && this.#offer(topic, partition, valueBytes, keyBytes, headers)) return;
    this.#waiting.push({
      topic, partition, headers, value: valueBytes === null ? null : Buffer.from(valueBytes), key: Buffer.isBuffer(keyBytes) ? Buffer.from(keyBytes) : keyBytes,
    });
  }

  ready(): Promise<void> | undefined {
    this.#check();
    if (this.#waiting.length === 0) return undefined;
    this.#room ??= this.#drain().finally(() => { this.#room = undefined; });
    return this.#room;
  }

  async flush(timeoutMs: number): Promise<void> {
    const until = performance.now() + timeoutMs;
    await this.ready();
    const error = await this.#flush(Math.max(1, until - performance.now()));
    // Failed deliveries are told through the event loop: one turn of it, and those from before the flush have been heard.
    await afterEvents();
    this.#check();
    if (error) throw new ProducerError('flush_timed_out', `Records were not delivered within ${timeoutMs} ms: ${error.message}`, { cause: error });
  }

  async disconnect(timeoutMs = 5_000): Promise<void> {
    if (this.#isClosed) return;
    if (this.#lost === undefined) await this.flush(timeoutMs).catch(() => undefined);
    this.#isClosed = true;
    this.client.setPollInterval(0);
    await new Promise<void>((resolve) => { this.client.disconnect(1, () => resolve()); });
  }

  #check(): void {
    if (this.#lost !== undefined) throw this.#lost;
    if (this.#isClosed) throw new ProducerError('not_connected', 'The producer is closed.');
  }

  /** False where the queue is full. */
  #offer(topic: string, partition: number, value: Buffer | null, key: Buffer | string | null, headers: WireHeaders | undefined): boolean {
    try {
      this.client.produce(topic, partition, value, key, undefined, undefined, headers);
      return true;
    } catch (cause) {
      const error = cause as LibrdKafkaError;
      if (error.code === QUEUE_FULL) return false;
      throw new ProducerError('produce_refused', `A record for ${topic}/${partition} was refused: ${error.message}`, { cause });
    }
  }

  async #drain(): Promise<void> {
    for (;;) {
      let taken = 0;
      while (taken < this.#waiting.length) {
        const { topic, partition, value, key, headers } = this.#waiting[taken]!;
        if (!this.#offer(topic, partition, value, key, headers)) break;
        taken++;
      }
      this.#waiting = this.#waiting.slice(taken);
      if (this.#waiting.length === 0) return;
      await new Promise((resolve) => { setTimeout(resolve, FULL_MS); });
      this.#check();
    }
  }

  /** Holds one of libuv's threads until it is through: never more than one at a time. */
  #flush(timeoutMs: number): Promise<LibrdKafkaError | null | undefined> {
    return new Promise((resolve) => { this.client.flush(timeoutMs, resolve); });
  }
}

const bufferOf = (bytes: Uint8Array): Buffer => (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
