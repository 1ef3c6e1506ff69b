import { Redis } from 'ioredis';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { type RecordPipeline, sourceOf } from '../../runtime/pipeline.ts';
import { topicName } from '../../schemas/topics.ts';
import type { StackAddresses } from '../stack/stack.ts';

/** Next offsets by partition. */
export type Offsets = ReadonlyMap<number, number>;

const ASK_MS = 5_000;

/**
 * How far each pipeline is, asked where its position is kept: its group in Kafka, the database, Redis. Every question may be refused while a server is
 * down (and is asked again only twice: kafkajs learns of brokers by a first failure); the next one begins with a connection of its own.
 */
export class Positions {
  readonly #addresses: StackAddresses;
  readonly #kafka: Kafka;
  #admin: Promise<Admin> | undefined;

  constructor(addresses: StackAddresses) {
    this.#addresses = addresses;
    this.#kafka = new Kafka({ clientId: 'oddstream-chaos', brokers: addresses.brokers.split(','), connectionTimeout: ASK_MS, requestTimeout: ASK_MS, retry: { initialRetryTime: 50, retries: 2 }, logLevel: logLevel.NOTHING });
  }

  /** Where a topic ends. */
  async ends(topic: string): Promise<Offsets> {
    return this.#ask(async (admin) => new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)])));
  }

  /** Where a pipeline goes on, partitions that it has never committed left out. */
  async of(pipeline: RecordPipeline): Promise<Offsets> {
    const topic = topicName(sourceOf(pipeline));
    if (pipeline.kind === 'topology') {
      return this.#ask(async (admin) => {
        const [group] = await admin.fetchOffsets({ groupId: pipeline.name, topics: [topic] });
        return new Map(group!.partitions.filter(({ offset }) => Number(offset) >= 0).map(({ partition, offset }) => [partition, Number(offset)]));
      });
    }
    return pipeline.name === 'odds-cache' ? this.#inRedis(pipeline.name, topic, sourceOf(pipeline).partitions) : this.#inDatabase(pipeline.name, topic);
  }

  async close(): Promise<void> {
    const admin = await this.#admin?.catch(() => undefined);
    this.#admin = undefined;
    await admin?.disconnect().catch(() => undefined);
  }

  async #ask<Answer>(question: (admin: Admin) => Promise<Answer>): Promise<Answer> {
    this.#admin ??= (async () => {
      const admin = this.#kafka.admin();
      await admin.connect();
      return admin;
    })();
    try {
      return await question(await this.#admin);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #inDatabase(pipeline: string, topic: string): Promise<Offsets> {
    const client = new pg.Client({ connectionString: this.#addresses.postgres.owner.url, connectionTimeoutMillis: ASK_MS, query_timeout: ASK_MS });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ partition: number; next_offset: string }>('SELECT partition, next_offset FROM sink_positions WHERE pipeline = $1 AND topic = $2', [pipeline, topic]);
      return new Map(rows.map(({ partition, next_offset: offset }) => [partition, Number(offset)]));
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async #inRedis(pipeline: string, topic: string, partitions: number): Promise<Offsets> {
    const redis = new Redis(this.#addresses.redisUrl, { lazyConnect: true, connectTimeout: ASK_MS, commandTimeout: ASK_MS, maxRetriesPerRequest: 0, retryStrategy: () => null });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      const found = await redis.mget(Array.from({ length: partitions }, (_, partition) => `sink:${pipeline}:${topic}:${partition}`));
      return new Map(found.flatMap((offset, partition) => (offset === null ? [] : [[partition, Number(offset)] as const])));
    } finally {
      redis.disconnect();
    }
  }
}
