import type { KafkaConsumer } from 'node-rdkafka';
import type { Poll, Position, SourceEvent, TopicPartition } from '../../../runtime/ports.ts';
import { connectSource, type GroupSource, type KafkaSourceOptions } from '../source.ts';
import { Fetcher } from './fetcher.ts';

/** How long nothing must come for it to be called idle, ms. */
const IDLE_MS = 50;
/** What came no longer ago than this is what there is now, ms. Other times were not measured. */
const FRESH_MS = 2;
/** Pause between two looks at the group, ms: each holds one of libuv's threads for as long as it takes. */
const MEMBER_PAUSE_MS = 50;
const MAX_POLL_RECORDS = 2_000;
const CLIENT = 'oddstream-fetch';

/**
 * Partitions of topics, read as record batches: the library is a member of the group, with its partitions paused, and a fetcher of ours asks
 * their leaders for bytes. Throws KafkaSourceError where no broker answers.
 */
export const connectBatchSource = async (options: KafkaSourceOptions): Promise<GroupSource> =>
  new BatchSource(await connectSource({ ...options, isPaused: true }), options);

class BatchSource implements GroupSource {
  readonly #member: GroupSource;
  readonly #fetcher: Fetcher;
  /** The look at the group that is under way. */
  #looking: Promise<void> | undefined;
  #lookAtMs = 0;
  #said: SourceEvent | undefined;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;
  readonly #catchUpMs: number;

  constructor(member: GroupSource, { brokers, maxPollRecords = MAX_POLL_RECORDS, catchUpMs = 0, onWarning }: KafkaSourceOptions) {
    this.#member = member;
    this.#catchUpMs = catchUpMs;
    this.#fetcher = new Fetcher({
      brokers, clientId: CLIENT, maxPollRecords, onWarning,
      onArrival: () => { this.#wake(); },
    });
  }

  get member(): KafkaConsumer { return this.#member.member; }

  async *events(signal: AbortSignal): AsyncGenerator<SourceEvent> {
    const events = this.#member.events(signal)[Symbol.asyncIterator]();
    const onAbort = (): void => { this.#wake(); };
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted) {
        this.#look(events);
        const event = this.#next() ?? await this.#awaited(signal);
        if (event?.kind === 'poll' && event.isLast && this.#catchUpMs > 0 && this.#fetcher.lainMs > FRESH_MS) {
          await this.#arrival(this.#catchUpMs);
          yield { ...event, isLast: !this.#fetcher.hasArrived };
        } else if (event !== undefined) {
          yield event;
        }
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      await this.#looking;
      await events.return?.();
    }
  }

  /** What the group says comes first: a partition that was lost must not be read on. */
  #next(): SourceEvent | undefined {
    if (this.#failure !== undefined) throw this.#failure.error;
    const said = this.#said;
    if (said !== undefined) {
      this.#said = undefined;
      if (said.kind === 'revoked') for (const partition of said.partitions) this.#fetcher.stop(partition);
      return said;
    }
    const poll: Poll | undefined = this.#fetcher.next();
    return poll === undefined ? undefined : { kind: 'poll', poll, isLast: !this.#fetcher.hasArrived };
  }

  /** What comes within the time after which it is called idle. */
  async #awaited(signal: AbortSignal): Promise<SourceEvent | undefined> {
    const isLate = !await this.#arrival(IDLE_MS);
    if (signal.aborted) return undefined;
    return this.#next() ?? (isLate ? { kind: 'idle' } : undefined);
  }

  /** Whether anything comes within the time, ms. */
  async #arrival(withinMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const hasCome = await new Promise<boolean>((resolve) => {
      this.#wake = () => { resolve(true); };
      timer = setTimeout(() => { resolve(false); }, withinMs);
    });
    clearTimeout(timer);
    return hasCome;
  }

  /**
   * Lets the library serve rebalances, one call at a time and only while somebody takes events: a pipeline that is stuck must lose its partitions after
   * the longest time between polls, as any member does.
   */
  #look(events: AsyncIterator<SourceEvent>): void {
    if (this.#looking !== undefined || this.#said !== undefined || Date.now() < this.#lookAtMs) return;
    this.#looking = events.next().then(({ done, value }) => {
      const event = done === true ? undefined : value as SourceEvent;
      if (event !== undefined && event.kind !== 'idle' && event.kind !== 'poll') this.#said = event; else this.#lookAtMs = Date.now() + MEMBER_PAUSE_MS;
    }, (error: unknown) => {
      this.#failure = { error };
    }).then(() => {
      this.#looking = undefined;
      if (this.#said !== undefined || this.#failure !== undefined) this.#wake();
    });
  }

  start(position: Position): void {
    this.#member.start(position);
    this.#fetcher.start(position);
  }

  committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<number, number | undefined>> { return this.#member.committed(partitions); }
  range(partition: TopicPartition): Promise<{ start: number; end: number }> { return this.#member.range(partition); }

  async close(): Promise<void> {
    this.#fetcher.close();
    await this.#member.close();
  }
}
