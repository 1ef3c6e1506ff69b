import { Redis } from 'ioredis';
import { type Position, type Sink, SinkFenced, type TopicPartition } from '../../runtime/ports.ts';
import type { Row, Rows } from '../../schemas/codec/columns.ts';
import type { Fate } from '../../stream/fates.ts';
import { RedisUnusable } from './errors.ts';

export interface RedisSinkOptions {
  readonly redisUrl: string;
  /** Prefix of all keys and channels; empty in production. */
  readonly namespace: string;
  /** The pipeline's name. */
  readonly name: string;
}

/** The newest record of a key that waits to be applied. */
export interface Waiting {
  readonly offset: number;
  readonly count: (fate: Fate) => void;
}

/** What Redis keeps of a topic's rows, and the script that brings it there. */
export interface Cache<R extends Row, W extends Waiting> {
  /**
   * KEYS[1] is the position, ARGV[1] the one that is expected ('' for none), ARGV[2] the one that it moves to; behind them what `call` gives. It answers with the fate
   * of each record, or, where another position is found, with that one, having done nothing.
   */
  readonly script: string;
  /** Takes a row in among those of its partition that wait, by key and in order of their offsets; the fate of what is not to be applied any more is said at once. */
  take(row: R, partition: number, waiting: Map<string, W>, count: (fate: Fate) => void): void;
  /** How many texts the script is given for it. */
  texts(waiting: W): number;
  call(waiting: readonly W[], positionKey: string, prefix: string): { readonly keys: readonly string[]; readonly values: readonly string[] };
}

/** Redis does nothing else while a script runs: so many fields, with their values, take it some milliseconds. */
const TEXTS_PER_SCRIPT = 5_000;

/**
 * A cache of a topic in Redis. Values and position move in one script, so that what is there is what the log says up to the position, also after Redis
 * has lost its newest writes or all of them: then the position is behind or gone, the next commit is fenced, and reading goes on from there; from the
 * beginning of the topic after a FLUSHALL.
 */
export class RedisSink<R extends Row = Row, W extends Waiting = Waiting> implements Sink<R> {
  /** Redis takes any text. */
  readonly mayRefuse = false;
  readonly #cache: Cache<R, W>;
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #name: string;
  readonly #expected = new Map<number, string>(); //  '' for none
  readonly #waiting = new Map<number, Map<string, W>>();

  /** Throws RedisUnusable where the server cannot be reached. */
  static async open<R extends Row, W extends Waiting>({ redisUrl, namespace, name }: RedisSinkOptions, cache: Cache<R, W>): Promise<RedisSink<R, W>> {
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
    return new RedisSink(redis, namespace === '' ? '' : `${namespace}:`, name, cache);
  }

  private constructor(redis: Redis, prefix: string, name: string, cache: Cache<R, W>) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#name = name;
    this.#cache = cache;
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

  write(partition: number, rows: Rows<R>, count: (fate: Fate) => void): void {
    let waiting = this.#waiting.get(partition);
    if (waiting === undefined) this.#waiting.set(partition, waiting = new Map());
    for (let i = 0; i < rows.size; i++) this.#cache.take(rows.row(i), partition, waiting, count);
  }

  /** Throws SinkFenced if a position is not where it was expected: another writer was here, or Redis has lost it. */
  async commit(positions: readonly Position[]): Promise<void> {
    const ends = await Promise.allSettled(positions.map((position) => this.#commitPartition(position))); //  when it throws, nothing is under way any more
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  discard(): void { this.#waiting.clear(); }

  async close(): Promise<void> { await this.#redis.quit().catch(() => { this.#redis.disconnect(); }); }

  #positionKey({ topic, partition }: TopicPartition): string { return `${this.#prefix}sink:${this.#name}:${topic}:${partition}`; }

  /** In parts, each with the position behind its last record: of a key that has a newer record in a later part, nothing needs to be there before that. */
  async #commitPartition(position: Position): Promise<void> {
    let part: W[] = [], texts = 0;
    for (const waiting of this.#waiting.get(position.partition)?.values() ?? []) {
      if (texts >= TEXTS_PER_SCRIPT) {
        await this.#apply(position, part.at(-1)!.offset + 1, part);
        part = [];
        texts = 0;
      }
      part.push(waiting);
      texts += this.#cache.texts(waiting);
    }
    await this.#apply(position, position.offset, part);
    this.#waiting.delete(position.partition);
  }

  async #apply(position: Position, next: number, waiting: readonly W[]): Promise<void> {
    const expected = this.#expected.get(position.partition) ?? '', key = this.#positionKey(position);
    const { keys, values } = this.#cache.call(waiting, key, this.#prefix);
    const answer = await this.#redis.call('EVAL', [this.#cache.script, 1 + keys.length, key, ...keys, expected, String(next), ...values]) as Fate[] | string;
    if (typeof answer === 'string') throw new SinkFenced(`${key} is ${answer === '' ? 'gone' : answer} in Redis, not ${expected === '' ? 'absent' : expected}`);
    this.#expected.set(position.partition, String(next));
    waiting.forEach(({ count }, i) => { count(answer[i]!); });
  }
}
