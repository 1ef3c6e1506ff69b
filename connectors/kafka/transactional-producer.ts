import { setTimeout as wait } from 'node:timers/promises';
import type { KafkaConsumer, LibrdKafkaError, Producer as Client } from 'node-rdkafka';
import { CheckpointAborted, type Position } from '../../runtime/ports.ts';
import { connectClient, KafkaProducer, ProducerError, type ProducerOptions } from './producer.ts';

export interface TransactionalOptions extends ProducerOptions {
  /** The same for each life of one instance: the next one ends what this one has left open, and fences it. */
  readonly transactionalId: string;
  /** The member of the group whose positions are committed: its generation goes with them, so that one that has lost its partitions is fenced. None where no positions are committed. */
  readonly member?: KafkaConsumer;
}

/** How long a transaction may stay open, ms. One whose process died holds back every reader for so long, so it is as short as a broker's restart allows. */
const TRANSACTION_TIMEOUT_MS = 10_000;
/** One request of the library, ms. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How long a commit is tried, through restarts of the broker, before it is given up, ms. */
const COMMIT_TIMEOUT_MS = 60_000;
/** How long the library is hurried to send what it holds, ms. */
const HURRY_MS = 1_000;
const RETRY_MS = 50;
/** A transaction that follows directly finds the broker still at the one before: the library asks again after this, ms (by its default after 100, and so such a commit took 107 to 115 ms). */
const BACKOFF_MS = 10;

/** Connects a producer of transactions, and ends what an earlier life of the same id has left open. Throws ProducerError. */
export const connectTransactionalProducer = async (options: TransactionalOptions): Promise<TransactionalProducer> => {
  const client = await connectClient({ lingerMs: 5, ...options, deliveryTimeoutMs: TRANSACTION_TIMEOUT_MS }, { 'transactional.id': options.transactionalId, 'transaction.timeout.ms': TRANSACTION_TIMEOUT_MS, 'retry.backoff.ms': BACKOFF_MS });
  const producer = new TransactionalProducer(client, options.onWarning ?? (() => undefined), options.member);
  try {
    await producer.begin();
  } catch (cause) {
    await producer.disconnect();
    throw new ProducerError('brokers_unreachable', `Kafka gives no transactions to '${options.transactionalId}': ${(cause as Error).message}`, { cause });
  }
  return producer;
};

/** An idempotent producer whose records become visible together with its group's positions. It is always within a transaction. */
export class TransactionalProducer extends KafkaProducer {
  readonly #member: KafkaConsumer | undefined;
  #isOpen = false;

  /** Use `connectTransactionalProducer`. */
  constructor(client: Client, onWarning: (message: string) => void, member: KafkaConsumer | undefined) {
    super(client, onWarning);
    this.#member = member;
  }

  async begin(): Promise<void> {
    if (!this.#isOpen) await this.#patiently('initTransactions', (done) => { this.client.initTransactions(REQUEST_TIMEOUT_MS, done); });
    await asked((done) => { this.client.beginTransaction(done); });
    this.#isOpen = true;
  }

  /** Ends the transaction and begins the next. Rejects with CheckpointAborted where nothing of it became visible; the producer is of no use then. */
  async commit(positions: readonly Position[]): Promise<void> {
    try {
      await this.ready();
      const offsets = positions.map(({ topic, partition, offset }) => ({ topic, partition, offset }));
      const member = this.#member;
      // What waits for more is sent while the positions are added: the commit looks every 10 ms whether all is through, and mostly took 11 to 12 for it. Whether it was, the commit says.
      this.client.flush(HURRY_MS, () => undefined);
      if (member !== undefined) await this.#patiently('sendOffsetsToTransaction', (done) => { this.client.sendOffsetsToTransaction(offsets, member, REQUEST_TIMEOUT_MS, done); });
      await this.#patiently('commitTransaction', (done) => { this.client.commitTransaction(REQUEST_TIMEOUT_MS, done); });
      await asked((done) => { this.client.beginTransaction(done); });
    } catch (cause) {
      throw new CheckpointAborted(`A checkpoint did not happen: ${(cause as Error).message}. Another member may have the partitions by now; all goes on from the last one that did.`, { cause });
    }
  }

  /** Gives up what was not committed, and closes. */
  override async disconnect(): Promise<void> {
    if (this.#isOpen) {
      this.#isOpen = false;
      // A producer that was fenced has nothing left to give up.
      await asked((done) => { this.client.abortTransaction(REQUEST_TIMEOUT_MS, done); }).catch(() => undefined);
    }
    await super.disconnect(0);
  }

  /** Tries again what the library says can be tried again. */
  async #patiently(what: string, ask: (done: (error: LibrdKafkaError | null | undefined) => void) => void): Promise<void> {
    for (const untilMs = performance.now() + COMMIT_TIMEOUT_MS; ;) {
      try {
        await asked(ask);
        return;
      } catch (error) {
        if ((error as LibrdKafkaError).isRetriable !== true || performance.now() > untilMs) throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
        await wait(RETRY_MS);
      }
    }
  }
}

const asked = (ask: (done: (error: LibrdKafkaError | null | undefined) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => { ask((error) => { if (error) reject(error as unknown as Error); else resolve(); }); });
