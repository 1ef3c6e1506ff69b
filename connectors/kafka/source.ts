import rdkafka from 'node-rdkafka';
import type { Assignment, KafkaConsumer, LibrdKafkaError, Message, TopicPartitionOffset } from 'node-rdkafka';
import { Control } from '../../schemas/codec/columns.ts';
import type { Addressed, ControlRecord, Poll, Position, RawRecord, Source, SourceEvent, TopicPartition } from '../../runtime/ports.ts';
import { type Brokers, rdkafkaSettings } from './brokers.ts';
import { parseAddress, parseControl } from './control.ts';
import { rangeOf, unreachable } from './librdkafka.ts';

export interface KafkaSourceOptions {
  readonly brokers: Brokers;
  /** The consumer group: the pipeline's name. */
  readonly group: string;
  readonly topics: readonly string[];
  /** Names this process among the group's members, so that a restart takes its partitions back without a rebalance. */
  readonly instanceId?: string;
  /** Records that one poll returns at most. 2,000 of 134 bytes took 2 ms here: longer polls add latency and save nothing. */
  readonly maxPollRecords?: number;
  /**
   * For who writes at once what there is: a poll that lay while its reader was busy is not called the last one before so long was waited for what came meanwhile, ms. By default it is.
   * The library's consumer has read on meanwhile in any case.
   */
  readonly catchUpMs?: number;
  readonly onWarning: (message: string) => void;
  /** Partitions are paused as soon as they are assigned: somebody else reads them. */
  readonly isPaused?: boolean;
}

/** A source that is a member of its group. */
export interface GroupSource extends Source {
  /** The library's consumer: whose positions a transaction commits is told by it. */
  readonly member: KafkaConsumer;
}

const { CODES } = rdkafka;
/** How long a poll waits for the first record, ms. It holds one of libuv's threads meanwhile. */
const FIRST_TIMEOUT_MS = 50;
/** How long it waits for each further one, ms: only what is there already is worth having. */
const NEXT_TIMEOUT_MS = 1;
const REQUEST_TIMEOUT_MS = 10_000;
/** The library's number for a log's end. */
const LOG_END = -1;
/** How long closing waits for a group that is being joined, ms. */
const JOIN_TIMEOUT_MS = 3_000;
/** How long a partition gives nothing before its log is looked at, ms. */
const STALL_MS = 5_000;
const NONE = new Uint8Array(0);

/** How far a partition was read, since when, and the end that its log had when it was last taken in anew there. */
interface Standing extends TopicPartition { offset: number; sinceMs: number; triedEnd: number }

/** Partitions of topics, read by node-rdkafka's consumer as a member of a group. Throws KafkaSourceError where no broker answers. */
export const connectSource = async (options: KafkaSourceOptions): Promise<GroupSource> => {
  const consumer: KafkaConsumer = new rdkafka.KafkaConsumer({
    ...rdkafkaSettings(options.brokers),
    'group.id': options.group,
    'client.id': options.group,
    ...(options.instanceId === undefined ? {} : { 'group.instance.id': options.instanceId }),
    'enable.auto.commit': false,
    // Not in two steps (cooperative): a named member that dies or begins anew between the two is given what the first step left it, the broker sees no reason for
    // the second, and what it should have given up and somebody else got is read by nobody.
    'partition.assignment.strategy': 'range',
    'isolation.level': 'read_committed',
    'session.timeout.ms': 10_000,
    // With the answer to it a member hears that others came or went: by the default of three seconds a takeover waits for up to that.
    'heartbeat.interval.ms': 1_000,
    // Bytes that wait in the library: bounded, since nothing is read from it while outputs are not taken.
    'queued.max.messages.kbytes': 32_768,
    'fetch.wait.max.ms': 100,
    rebalance_cb: (error: LibrdKafkaError, partitions: TopicPartition[]) => {
      if (error.code === CODES.ERRORS.ERR__ASSIGN_PARTITIONS) source.assigned(partitions);
      else if (error.code === CODES.ERRORS.ERR__REVOKE_PARTITIONS) source.revoked(partitions);
      else options.onWarning(`rebalance: ${error.message}`);
    },
  }, { 'auto.offset.reset': 'error' });
  const source = new KafkaSource(consumer, options.maxPollRecords ?? 2_000, options.isPaused ?? false);
  consumer.on('event.error', (error: LibrdKafkaError) => { options.onWarning(error.message); });
  await new Promise<void>((resolve, reject) => {
    consumer.connect({ timeout: REQUEST_TIMEOUT_MS }, (error) => {
      if (error) reject(new KafkaSourceError('brokers_unreachable', unreachable(options.brokers, error.message), { cause: error }));
      else resolve();
    });
  });
  consumer.subscribe([...options.topics]);
  return source;
};

/** Kafka does not give what the source needs to go on. */
export class KafkaSourceError extends Error {
  override readonly name = 'KafkaSourceError';
  readonly code: 'brokers_unreachable' | 'request_failed' | 'consume_failed' | 'connection_lost' | 'response_malformed' | 'versions_unknown' | 'offset_out_of_range' | 'crc_mismatch' | 'batch_malformed' | 'format_unknown' | 'access_refused';
  constructor(code: KafkaSourceError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

class KafkaSource implements GroupSource {
  #isClosing = false;
  /** The group has told it its partitions, be they none. */
  #isMember = false;
  readonly #consumer: KafkaConsumer;
  readonly #events: SourceEvent[] = [];
  readonly #maxPollRecords: number;
  readonly #isPaused: boolean;
  /** Partitions that were assigned and wait for `start`; they are taken over together. */
  #toStart = new Set<string>();
  #starts: Position[] = [];
  /** Partitions that are to be given up, once whoever runs them has finished. */
  readonly #toRelease = new Set<() => void>();
  /** Where each log ended when it was last asked for. */
  readonly #ends = new Map<string, number>();
  /** What is read, by the partition's name; empty where somebody else reads. */
  readonly #standing = new Map<string, Standing>();
  #consumedMs = 0;
  #lookAtMs = 0;
  #isLooking = false;
  /** Partitions that were sent elsewhere since the library was last asked: what it gave of them before is not what comes next. */
  readonly #sought = new Set<string>();

  constructor(consumer: KafkaConsumer, maxPollRecords: number, isPaused: boolean) {
    this.#consumer = consumer;
    this.#maxPollRecords = maxPollRecords;
    this.#isPaused = isPaused;
  }

  assigned(partitions: readonly TopicPartition[]): void {
    this.#isMember = true;
    if (partitions.length === 0 || this.#isClosing) { this.#answer(() => { this.#consumer.assign([]); }); return; }
    for (const { topic, partition } of partitions) this.#toStart.add(`${topic}/${partition}`);
    this.#events.push({ kind: 'assigned', partitions });
  }

  revoked(partitions: readonly TopicPartition[]): void {
    const release = (): void => {
      if (this.#toRelease.delete(release)) this.#answer(() => { this.#consumer.unassign(); });
    };
    this.#toRelease.add(release);
    for (const { topic, partition } of partitions) this.#standing.delete(`${topic}/${partition}`);
    // Nobody reads events any more once it is closing.
    if (this.#isClosing) release(); else this.#events.push({ kind: 'revoked', partitions, release });
  }

  /** The library waits for the answer to a rebalance, also while it closes; one that it asked for just before it was told to close it has answered itself. */
  #answer(answer: () => void): void {
    try {
      answer();
    } catch (error) {
      if (!this.#isClosing) throw error;
    }
  }

  get member(): KafkaConsumer { return this.#consumer; }

  async *events(signal: AbortSignal): AsyncGenerator<SourceEvent> {
    while (!signal.aborted) {
      const event = this.#events.shift();
      if (event !== undefined) { yield event; continue; }
      this.#sought.clear();
      this.#look();
      const messages = await this.#consume();
      this.#consumedMs = Date.now();
      if (messages.length === 0) { yield { kind: 'idle' }; continue; }
      const polls = this.#polls(messages);
      for (const poll of polls) {
        const name = `${poll.topic}/${poll.partition}`;
        if (this.#sought.has(name)) continue;
        this.#stands(name, poll.nextOffset);
        yield { kind: 'poll', poll, isLast: poll === polls.at(-1) };
        if (signal.aborted) return;
      }
    }
  }

  #stands(name: string, offset: number): void {
    const standing = this.#standing.get(name);
    if (standing === undefined) return;
    standing.offset = offset;
    standing.sinceMs = Date.now();
  }

  /** Every while, at partitions that give nothing. Who takes no events for as long learns nothing from their silence. */
  #look(): void {
    const nowMs = Date.now();
    if (nowMs - this.#consumedMs > STALL_MS) for (const standing of this.#standing.values()) standing.sinceMs = nowMs;
    if (this.#isLooking || nowMs < this.#lookAtMs) return;
    this.#isLooking = true;
    void this.#wakeStalled().finally(() => { this.#isLooking = false; this.#lookAtMs = Date.now() + STALL_MS; });
  }

  /**
   * The library may leave a partition unread after trouble with its broker. One that stands still where its log is longer is taken in anew, with all others, once for each end that
   * the log has had: behind the last record there may be markers and aborted ones only, and then this changes nothing.
   */
  async #wakeStalled(): Promise<void> {
    for (const [name, standing] of this.#standing) {
      const isStill = (): boolean => !this.#isClosing && this.#standing.get(name) === standing && Date.now() - standing.sinceMs >= STALL_MS;
      if (!isStill()) continue;
      const end = await this.range(standing).then((range) => range.end, () => undefined);
      // The broker is away: the others need not be asked for either.
      if (end === undefined) return;
      if (end <= standing.offset || end === standing.triedEnd || !isStill()) continue;
      standing.triedEnd = end;
      for (const started of this.#standing.keys()) this.#sought.add(started);
      const all = Array.from(this.#standing.values(), ({ topic, partition, offset }) => ({ topic, partition, offset }));
      this.#consumer.assign(all);
      // A partition that is assigned anew is still paused where it was.
      this.#consumer.resume(all as Assignment[]);
    }
  }

  /** The library's time-out is for each record anew: with one for all, a steady trickle would keep a poll waiting until it is full. */
  async #consume(): Promise<Message[]> {
    const first = await this.#take(1, FIRST_TIMEOUT_MS);
    // A request for none would start the library's endless loop.
    if (first.length === 0 || this.#maxPollRecords === 1) return first;
    first.push(...await this.#take(this.#maxPollRecords - 1, NEXT_TIMEOUT_MS));
    return first;
  }

  #take(count: number, timeoutMs: number): Promise<Message[]> {
    this.#consumer.setDefaultConsumeTimeout(timeoutMs);
    return new Promise((resolve, reject) => {
      this.#consumer.consume(count, (error, messages) => {
        if (error && error.code !== CODES.ERRORS.ERR__TIMED_OUT) reject(new KafkaSourceError('consume_failed', `Kafka cannot be read: ${error.message}`, { cause: error }));
        else resolve(messages ?? []);
      });
    });
  }

  #polls(messages: readonly Message[]): MessagePoll[] {
    const byPartition = new Map<string, Message[]>();
    for (const message of messages) {
      const name = `${message.topic}/${message.partition}`;
      const of = byPartition.get(name);
      if (of === undefined) byPartition.set(name, [message]); else of.push(message);
    }
    return Array.from(byPartition.values(), (of) => {
      const { topic, partition } = of[0]!;
      return new MessagePoll(topic, partition, of, this.#consumer.getWatermarkOffsets(topic, partition).highOffset);
    });
  }

  async committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<number, number | undefined>> {
    const offsets = await request<TopicPartitionOffset[]>('committed offsets', (done) => { this.#consumer.committed([...partitions], REQUEST_TIMEOUT_MS, done); });
    return new Map(offsets.map(({ partition, offset }) => [partition, typeof offset === 'number' && offset >= 0 ? offset : undefined]));
  }

  async range(partition: TopicPartition): Promise<{ readonly start: number; readonly end: number }> {
    const name = `${partition.topic}/${partition.partition}`;
    const range = await rangeOf(this.#consumer, partition, REQUEST_TIMEOUT_MS).catch((cause: Error) => {
      throw new KafkaSourceError('request_failed', `Kafka does not tell the offsets of ${name}: ${cause.message}`, { cause });
    });
    this.#ends.set(name, range.end);
    return range;
  }

  start(position: Position): void {
    const name = `${position.topic}/${position.partition}`;
    if (!this.#isPaused) this.#standing.set(name, { ...position, sinceMs: Date.now(), triedEnd: -1 });
    if (!this.#toStart.delete(name)) {
      if (this.#isPaused) return;
      this.#sought.add(name);
      this.#consumer.seek(position, 0, (error) => { if (error) throw new KafkaSourceError('request_failed', `cannot seek ${name} to ${position.offset}: ${error.message}`); });
      return;
    }
    this.#starts.push(position);
    if (this.#toStart.size > 0) return;
    // Where somebody else reads: at the end, where the library finds nothing to read before the pause has reached it; by its number where that is known.
    const startOf = ({ topic, partition, offset }: Position): number => (this.#isPaused ? this.#ends.get(`${topic}/${partition}`) ?? LOG_END : offset);
    this.#consumer.assign(this.#starts.map((start) => ({ topic: start.topic, partition: start.partition, offset: startOf(start) })));
    if (this.#isPaused) this.#consumer.pause(this.#starts as Assignment[]);
    this.#starts = [];
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    // A checkpoint that failed, or was not waited for, has left rebalances without an answer.
    for (const release of this.#toRelease) release();
    if (this.#toStart.size > 0) this.#answer(() => { this.#consumer.assign([]); });
    // A library before 2.3 ends the process where it leaves a group between joining it and its first assignment (librdkafka issue 4312).
    for (const untilMs = Date.now() + JOIN_TIMEOUT_MS; !this.#isMember && Date.now() < untilMs;) await this.#take(1, FIRST_TIMEOUT_MS).catch(() => []);
    await new Promise<void>((resolve) => { this.#consumer.disconnect(() => { resolve(); }); });
  }
}

const request = <A>(what: string, ask: (done: (error: LibrdKafkaError | null | undefined, answer: A) => void) => void): Promise<A> =>
  new Promise((resolve, reject) => {
    ask((error, answer) => {
      if (error) reject(new KafkaSourceError('request_failed', `Kafka does not tell ${what}: ${error.message}`, { cause: error }));
      else resolve(answer);
    });
  });

/** Messages of one partition as a poll; its record is one view, moved along. */
class MessagePoll implements Poll, RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly endOffset: number;
  readonly #messages: readonly Message[];
  offset = 0;
  appendTimeMs = 0;
  keyBytes: Uint8Array = NONE;
  keyStart = 0;
  keyEnd = -1;
  valueBytes: Uint8Array = NONE;
  valueStart = 0;
  valueEnd = -1;
  control: ControlRecord | { readonly code: string } | undefined;
  addressed: Addressed | undefined;

  constructor(topic: string, partition: number, messages: readonly Message[], endOffset: number) {
    this.topic = topic;
    this.partition = partition;
    this.#messages = messages;
    this.endOffset = endOffset;
  }

  get size(): number { return this.#messages.length; }
  get nextOffset(): number { return this.#messages[this.#messages.length - 1]!.offset + 1; }

  record(index: number): RawRecord {
    const { offset, timestamp, key, value, headers } = this.#messages[index]!;
    this.offset = offset;
    this.appendTimeMs = timestamp ?? 0;
    this.keyBytes = key === null || key === undefined ? NONE : typeof key === 'string' ? Buffer.from(key) : key;
    this.keyStart = key === null || key === undefined ? -1 : 0;
    this.keyEnd = this.keyBytes.length;
    this.valueBytes = value ?? NONE;
    this.valueStart = value === null ? -1 : 0;
    this.valueEnd = this.valueBytes.length;
    this.control = this.addressed = undefined;
    if (headers !== undefined) Object.assign(this, meaningOf(headers as readonly Record<string, Uint8Array>[]));
    return this;
  }
}

/** What the headers of a record say, as the engine has it. One that names its reader in a way that cannot be read is a control record that cannot. */
export const meaningOf = (headers: readonly Readonly<Record<string, Uint8Array>>[]): Pick<RawRecord, 'control' | 'addressed'> => {
  const addressed = parseAddress(headers);
  if (addressed !== undefined && 'code' in addressed) return { control: addressed, addressed: undefined };
  const said = parseControl(headers);
  const control = said === undefined || 'code' in said ? said : { control: Control[said.control], timestamp: said.timestamp, provider: said.provider ?? '' };
  return { control, addressed };
};
