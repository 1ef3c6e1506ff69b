import kafkajs, { type Producer } from 'kafkajs';
import { type Brokers, kafkajsSettings } from './brokers.ts';
import { addressHeaders, type WireHeaders } from './control.ts';
import type { Story } from './dead-letters.ts';
import { markerHeaders, textOfPlace } from './letter.ts';

/** A dead letter to be replayed: its story and the bytes that go. */
export interface Replayed { readonly story: Story; readonly key: Uint8Array | null; readonly value: Uint8Array | null }

/** Replays cannot go on. Those that were told of are in the log; of the others nothing is. */
export class ReplayRefused extends Error {
  override readonly name = 'ReplayRefused';
  readonly code: 'brokers_unreachable' | 'replay_fenced' | 'replay_failed';
  constructor(code: ReplayRefused['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const { CompressionTypes, Kafka, KafkaJSError, Partitioners } = kafkajs;
/** A transaction that dies holds back every reader of the topic for as long. */
const TRANSACTION_TIMEOUT_MS = 10_000;
const FENCED = /INVALID_PRODUCER_EPOCH|PRODUCER_FENCED/;

/**
 * Begins to replay. From here on another replay of the same namespace is at its end: it is fenced, and what it had not committed is not there. So what is
 * read of dead letters after this says what was replayed and what was not. Throws ReplayRefused.
 */
export const connectReplayer = async (brokers: Brokers, namespace: string): Promise<Replayer> => {
  const producer = new Kafka({ clientId: 'oddstream-replay', ...kafkajsSettings(brokers), logCreator: () => () => undefined, retry: { retries: 4 } }).producer({
    transactionalId: namespace === '' ? 'oddstream-replay' : `${namespace}.oddstream-replay`, idempotent: true, maxInFlightRequests: 1, transactionTimeout: TRANSACTION_TIMEOUT_MS,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  try {
    await producer.connect();
    // The first transaction takes the id over, and ends what another has open under it.
    await (await producer.transaction()).abort();
  } catch (cause) {
    await producer.disconnect().catch(() => undefined);
    throw new ReplayRefused('brokers_unreachable', `No broker at ${String(brokers)} takes a transaction: is it running? (${(cause as Error).message})`, { cause });
  }
  return new Replayer(producer);
};

/** Puts dead letters back into the partitions that they came from, addressed to the pipelines that refused them. */
export class Replayer {
  readonly #producer: Producer;

  /** Use `connectReplayer`. */
  constructor(producer: Producer) { this.#producer = producer; }

  /**
   * Replays letters of one partition, in one transaction with the markers that say so: either both are there, or neither. Resolves with the offsets of the
   * records as which they were replayed. Throws ReplayRefused.
   */
  async replay(letters: readonly Replayed[]): Promise<readonly number[]> {
    const { topic, partition } = letters[0]!.story.origin;
    const { topic: deadTopic } = letters[0]!.story.letter;
    try {
      const transaction = await this.#producer.transaction();
      try {
        const origins = letters.map(({ story }) => textOfPlace(story.origin));
        const [sent] = await transaction.send({ topic, acks: -1, compression: CompressionTypes.GZIP, messages: letters.map(({ story: { pipeline }, key, value }, i) => ({
          partition, key: bufferOf(key), value: bufferOf(value), headers: headersOf(addressHeaders({ pipeline, origin: origins[i]! })),
        })) });
        const offsets = letters.map((_, i) => Number(sent!.baseOffset) + i);
        await transaction.send({ topic: deadTopic, acks: -1, messages: letters.map(({ story: { pipeline } }, i) => ({
          partition, key: null, value: null, headers: headersOf(markerHeaders(pipeline, origins[i]!, offsets[i]!)),
        })) });
        await transaction.commit();
        return offsets;
      } catch (error) {
        if (transaction.isActive()) await transaction.abort().catch(() => undefined);
        throw error;
      }
    } catch (cause) {
      if (!(cause instanceof KafkaJSError)) throw cause;
      if (FENCED.test(cause.message) || FENCED.test((cause as { type?: string }).type ?? '')) throw new ReplayRefused('replay_fenced', 'Another replay has begun meanwhile: look at what it did with \'oddstream dead list\', and go on from there.', { cause });
      throw new ReplayRefused('replay_failed', `Letters of ${deadTopic}/${partition} were not replayed: ${cause.message}`, { cause });
    }
  }

  close(): Promise<void> { return this.#producer.disconnect(); }
}

const bufferOf = (bytes: Uint8Array | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
const headersOf = (headers: WireHeaders): Record<string, string> => Object.assign({}, ...headers) as Record<string, string>;
