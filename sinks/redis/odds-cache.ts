import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type Position, type Sink, SinkFenced, type TopicPartition } from '../../runtime/ports.ts';
import { Control, type Rows } from '../../schemas/codec/columns.ts';
import type { MarketBookRow } from '../../schemas/generated/market-book.ts';
import { Fate } from '../../stream/fates.ts';
import { bookFields } from './book-fields.ts';
import { RedisUnusable } from './errors.ts';

export interface OddsCacheOptions {
  readonly redisUrl: string;
  /** Prefix of all keys and of the channel; empty in production. */
  readonly namespace: string;
  /** The pipeline's name. */
  readonly name: string;
}

/** A market's newest record that waits, or its tombstone. */
interface Waiting {
  readonly key: string;
  /** The window's end, epoch ms; undefined for a tombstone. */
  readonly timestamp: number | undefined;
  readonly offset: number;
  /** Offset of a tombstone that it has replaced while that waited: what stood before it is over, even if of a later window. */
  readonly overAt: number | undefined;
  readonly fields: readonly string[];
  readonly rest: string;
  readonly count: (fate: Fate) => void;
}

/** Redis does nothing else while a script runs: so many fields, with their values, take it some milliseconds. */
const TEXTS_PER_SCRIPT = 5_000;

const applyBooks = readFileSync(join(import.meta.dirname, 'apply-books.lua'), 'utf8');

/**
 * The live books in Redis. Books and position move in one script, so that what is there is what the log says up to the position, also after Redis
 * has lost its newest writes or all of them: then the position is behind or gone, the next commit is fenced, and reading goes on from there; from the
 * beginning of the compacted topic after a FLUSHALL.
 *
 * Of a market the last value wins by (window end, offset), compared on the server. A tombstone deletes the key and leaves nothing behind to
 * compare with; it needs not: what is older lies before the position, and whoever comes with another position than the one found is fenced.
 */
export class OddsCacheSink implements Sink<MarketBookRow> {
  /** A hash takes any book. */
  readonly mayRefuse = false;
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #name: string;
  readonly #expected = new Map<number, string>(); //  '' for none
  readonly #waiting = new Map<number, Map<string, Waiting>>();

  /** Throws RedisUnusable where the server cannot be reached. */
  static async open({ redisUrl, namespace, name }: OddsCacheOptions): Promise<OddsCacheSink> {
    const redis = new Redis(redisUrl, {
      lazyConnect: true, connectionName: `oddstream-${name}`, connectTimeout: 5_000, commandTimeout: 30_000,
      maxRetriesPerRequest: 20, retryStrategy: (times) => Math.min(50 * 2 ** times, 2_000), //  half a minute in all
    });
    redis.on('error', () => {}); //  the command that was under way tells of it
    try {
      await redis.connect();
    } catch (error) {
      redis.disconnect();
      const { host, port } = redis.options; //  never with the password
      throw new RedisUnusable(`Redis cannot be used at ${host}:${port}: ${error instanceof Error ? error.message : String(error)}. Start it (\`oddstream stack start\`), or set the address in the configuration.`, error);
    }
    return new OddsCacheSink(redis, namespace === '' ? '' : `${namespace}:`, name);
  }

  private constructor(redis: Redis, prefix: string, name: string) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#name = name;
  }

  get buffered(): number {
    let size = 0;
    for (const { size: ofPartition } of this.#waiting.values()) size += ofPartition;
    return size;
  }

  async positions(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<number, number | undefined>> {
    if (partitions.length === 0) return new Map();
    const found = await this.#redis.mget(partitions.map((partition) => this.#positionKey(partition)));
    partitions.forEach(({ partition }, i) => { this.#expected.set(partition, found[i] ?? ''); });
    return new Map(partitions.map(({ partition }, i) => [partition, found[i] == null ? undefined : Number(found[i])]));
  }

  write(partition: number, rows: Rows<MarketBookRow>, count: (fate: Fate) => void): void {
    let waiting = this.#waiting.get(partition);
    if (waiting === undefined) this.#waiting.set(partition, waiting = new Map());
    for (let i = 0; i < rows.size; i++) {
      const row = rows.row(i), key = row.keyText, { timestamp, offset } = row;
      const isTombstone = row.control === Control.tombstone;
      const held = waiting.get(key);
      if (held?.timestamp !== undefined && !isTombstone && held.timestamp > timestamp) { count(Fate.stale); continue; }
      held?.count(Fate.applied); //  and replaced at once
      waiting.delete(key); //  so that they lie in order of their offsets
      const overAt = held !== undefined && held.timestamp === undefined ? held.offset : held?.overAt;
      waiting.set(key, isTombstone ? { key, timestamp: undefined, offset, overAt: undefined, fields: [], rest: '', count } : { key, timestamp, offset, overAt, ...bookFields(row, partition), count });
    }
  }

  /** Throws SinkFenced if a position is not where it was expected: another writer was here, or Redis has lost it. */
  async commit(positions: readonly Position[]): Promise<void> {
    const ends = await Promise.allSettled(positions.map((position) => this.#commitPartition(position))); //  when it throws, nothing is under way any more
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  discard(): void { this.#waiting.clear(); }

  async close(): Promise<void> { await this.#redis.quit().catch(() => { this.#redis.disconnect(); }); }

  #positionKey({ topic, partition }: TopicPartition): string { return `${this.#prefix}sink:${this.#name}:${topic}:${partition}`; }

  /** In parts, each with the position behind its last record: of a market that has a newer record in a later part, nothing needs to be there before that. */
  async #commitPartition(position: Position): Promise<void> {
    let part: Waiting[] = [], texts = 0;
    for (const waiting of this.#waiting.get(position.partition)?.values() ?? []) {
      if (texts >= TEXTS_PER_SCRIPT) {
        await this.#apply(position, part.at(-1)!.offset + 1, part);
        part = [];
        texts = 0;
      }
      part.push(waiting);
      texts += waiting.fields.length + 5;
    }
    await this.#apply(position, position.offset, part);
    this.#waiting.delete(position.partition);
  }

  async #apply(position: Position, next: number, markets: readonly Waiting[]): Promise<void> {
    const expected = this.#expected.get(position.partition) ?? '';
    const keys = [this.#positionKey(position)], values = [expected, String(next), `${this.#prefix}odds-changes`];
    for (const { key, timestamp, offset, overAt, rest, fields } of markets) {
      keys.push(`${this.#prefix}odds:${key}`);
      values.push(timestamp === undefined ? '' : String(timestamp), String(offset), overAt === undefined ? '' : String(overAt), rest, String(fields.length / 2));
      for (const text of fields) values.push(text);
    }
    const answer = await this.#redis.call('EVAL', [applyBooks, keys.length, ...keys, ...values]) as Fate[] | string;
    if (typeof answer === 'string') throw new SinkFenced(`${keys[0]} is ${answer === '' ? 'gone' : answer} in Redis, not ${expected === '' ? 'absent' : expected}`);
    this.#expected.set(position.partition, String(next));
    markets.forEach(({ count }, i) => { count(answer[i]!); });
  }
}
