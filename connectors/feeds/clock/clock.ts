import { setTimeout as wait } from 'node:timers/promises';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import rdkafka from 'node-rdkafka';
import { topics, topicName } from '../../../schemas/topics.ts';
import { type Brokers, kafkajsSettings, rdkafkaSettings } from '../../kafka/brokers.ts';
import { controlHeaders, parseControl, tickHeaders } from '../../kafka/control.ts';
import { unreachable } from '../../kafka/librdkafka.ts';
import { connectProducer, ProducerError } from '../../kafka/producer.ts';
import type { FeedLogger } from '../problems.ts';
import { ClockRules } from './rules.ts';

export interface ClockOptions {
  readonly brokers: Brokers;
  /** '' is the platform's own topics. Those of a playback at original times have no clock: their event time is not now. */
  readonly namespace?: string;
  readonly signal: AbortSignal;
  readonly logger: FeedLogger;
  /** Default 250. */
  readonly tickAfterMs?: number;
  /** Default 15,000. */
  readonly silenceMs?: number;
}

export interface ClockSummary { readonly ticks: number; readonly downs: number }

/** All providers' statuses are on every partition: one tells them all. */
const LISTENED = 0;
const GAP_MS = 2_000;
/** How long to wait for a further record, ms, and how many to take at once. */
const HEAR_MS = 5;
const HEARD_AT_ONCE = 10_000;

/**
 * The `clock` process (ARCHITECTURE.md E7): keeps event time going, and dead prices from standing, where a feed can no longer do it itself. It ticks partitions of
 * `odds-updates` that nobody has written to for a while, and says `down` for a provider that has fallen silent.
 *
 * A tick says what time it is now. That makes no one late: a live feed stamps its records with now too, and what is on its way while the tick
 * is written arrives within the allowed lateness, which is also at least the skew that readers allow between clocks (E8). Should a broker's trouble hold
 * records up for longer, they are late, and still count if they are their provider's newest (E9). A feed whose event time is not now (a playback faster than
 * recorded) must not share topics with a clock.
 *
 * It may run twice: each sees the other's ticks and `down`s as it sees those of feeds, and at worst one is said twice, which changes nothing.
 *
 * It learns of writes from the partitions' end offsets, ten times a second, and reads only one partition for what providers say: reading all
 * of them would cost as much as a pipeline does. Runs until the signal is raised; outlasts restarts of the broker up to the producer's patience. Throws ProducerError.
 */
export const runClock = async (options: ClockOptions): Promise<ClockSummary> => {
  const { brokers, signal, logger, namespace = '', tickAfterMs = 250, silenceMs = 15_000 } = options;
  const topic = topicName(topics.oddsUpdates, namespace);
  const producer = await connectProducer({ brokers, clientId: 'oddstream-clock', lingerMs: 1, onWarning: (message) => logger.warn({}, message) });
  let ears: Ears | undefined;
  let ends: Ends | undefined;
  let ticks = 0;
  let downs = 0;
  try {
    const partitions = await producer.partitions(topic);
    const rules = new ClockRules({ partitions, tickAfterMs, silenceMs, gapMs: GAP_MS }, performance.now());
    ears = await listen(brokers, topic, (headers) => {
      const record = parseControl(headers);
      if (record !== undefined && !('code' in record)) rules.heard(record, performance.now());
    });
    ends = new Ends(brokers, topic, logger);
    logger.info({ topic, partitions }, 'the clock is running');
    /** The end of the partition we listen to, as of some moment: once we have read up to it, we have heard all until then. */
    let goal: { readonly offset: number; readonly atMs: number } | undefined;
    while (!signal.aborted) {
      const askedMs = performance.now();
      const now = await ends.ask();
      if (now !== undefined) {
        for (const { partition, offset } of now) {
          rules.sawEnd(partition, offset, performance.now());
          if (partition === LISTENED && goal === undefined) goal = { offset, atMs: askedMs };
        }
        for (const partition of rules.quiet(performance.now())) {
          producer.produce(topic, partition, null, null, tickHeaders(Date.now()));
          rules.ticked(partition, performance.now());
          ticks++;
        }
        await ears.hear();
        if (goal !== undefined && ears.position >= goal.offset) {
          rules.heardAll(goal.atMs);
          goal = undefined;
        }
        for (const provider of rules.silent()) {
          const headers = controlHeaders({ control: 'down', provider, timestamp: Date.now() });
          for (let partition = 0; partition < partitions; partition++) producer.produce(topic, partition, null, null, headers);
          logger.warn({ provider, silenceMs }, 'a provider has fallen silent: it is down until it says that it is up');
          downs++;
        }
        await producer.ready();
      }
      await wait(tickAfterMs / 2.5, undefined, { signal }).catch(() => undefined);
    }
    await producer.flush(5_000);
    return { ticks, downs };
  } finally {
    await Promise.allSettled([ears?.close(), ends?.close(), producer.disconnect()]);
  }
};

type Headers = Parameters<typeof parseControl>[0];

/** Reads one partition from its end on, without a group. */
interface Ears {
  /** The offset up to which all was read. */
  readonly position: number;
  /** Reads what is there. */
  hear(): Promise<void>;
  close(): Promise<void>;
}

const listen = async (brokers: Brokers, topic: string, heard: (headers: Headers) => void): Promise<Ears> => {
  const consumer = new rdkafka.KafkaConsumer({
    ...rdkafkaSettings(brokers), 'client.id': 'oddstream-clock',
    // The library asks for a group's name even where partitions are assigned by hand; nothing is ever committed to it.
    'group.id': 'oddstream-clock', 'enable.auto.commit': false, 'enable.partition.eof': true, 'queued.max.messages.kbytes': 8_192,
  }, { 'auto.offset.reset': 'latest' });
  let position = -1;
  // The end may lie behind the last record: markers of transactions have offsets too.
  consumer.on('partition.eof', ({ offset }) => { position = Math.max(position, offset); });
  await new Promise<void>((resolve, reject) => {
    consumer.connect({ timeout: 10_000 }, (error) => {
      if (error) reject(new ProducerError('brokers_unreachable', unreachable(brokers, error.message)));
      else resolve();
    });
  });
  consumer.assign([{ topic, partition: LISTENED, offset: -1 }]);
  consumer.setDefaultConsumeTimeout(HEAR_MS);
  // Asked for, not flowing: in node-rdkafka 3.6.1 a consumer that flows under load does not come back from its disconnect.
  const take = (): Promise<number> => new Promise((resolve) => {
    consumer.consume(HEARD_AT_ONCE, (error, messages) => {
      // Trouble with the broker is told by `Ends`, and librdkafka goes on by itself.
      if (error) { resolve(0); return; }
      for (const { headers, offset } of messages) {
        if (headers !== undefined) heard(headers as Headers);
        position = offset + 1;
      }
      resolve(messages.length);
    });
  });
  return {
    get position() { return position; },
    hear: async () => { while (await take() === HEARD_AT_ONCE); },
    close: () => new Promise((resolve) => { consumer.disconnect(() => resolve()); }),
  };
};

/** Asks for a topic's end offsets. Where the broker does not answer, it says so once, and goes on asking. */
class Ends {
  readonly #kafka: Kafka;
  readonly #topic: string;
  readonly #logger: FeedLogger;
  #admin: Admin | undefined;
  #isFailing = false;

  constructor(brokers: Brokers, topic: string, logger: FeedLogger) {
    this.#kafka = new Kafka({
      clientId: 'oddstream-clock', ...kafkajsSettings(brokers), connectionTimeout: 3_000, requestTimeout: 3_000, retry: { retries: 0 },
      // What it would log, `ask` tells once.
      logLevel: logLevel.NOTHING,
    });
    this.#topic = topic;
    this.#logger = logger;
  }

  /** Undefined where nobody answers. */
  async ask(): Promise<{ partition: number; offset: number }[] | undefined> {
    try {
      if (this.#admin === undefined) {
        const admin = this.#kafka.admin();
        await admin.connect();
        this.#admin = admin;
      }
      const offsets = await this.#admin.fetchTopicOffsets(this.#topic);
      if (this.#isFailing) this.#logger.info({}, 'the brokers answer the clock again');
      this.#isFailing = false;
      return offsets.map(({ partition, high }) => ({ partition, offset: Number(high) }));
    } catch (error) {
      if (!this.#isFailing) this.#logger.warn({}, `the brokers do not answer the clock, which keeps asking: ${(error as Error).message}`);
      this.#isFailing = true;
      await this.close();
      return undefined;
    }
  }

  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.disconnect().catch(() => undefined);
  }
}
