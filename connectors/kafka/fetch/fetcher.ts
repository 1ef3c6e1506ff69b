import { setTimeout as wait } from 'node:timers/promises';
import type { Poll, Position, TopicPartition } from '../../../runtime/ports.ts';
import { type Brokers, type Security, securityOf } from '../brokers.ts';
import { KafkaSourceError } from '../source.ts';
import { BatchPoll } from './batch-poll.ts';
import { type Connection, isRefusal, openConnection } from './connection.ts';
import { SectionWalk } from './section-walk.ts';
import { type Address, addressesOf, decodeFetch, decodeMetadata, encodeFetch, encodeMetadata, ErrorCode, type FetchLimits, isPassing, type Leader, type Metadata, requests, type Section } from './wire.ts';

export interface FetcherOptions {
  readonly brokers: Brokers;
  readonly clientId: string;
  readonly maxPollRecords: number;
  readonly onWarning: (message: string) => void;
  /** Something has arrived, or failed: `next` is worth asking. */
  readonly onArrival: () => void;
}

/** What is asked of a broker at a time. Up to twice as much lies in memory: what is read, and what arrives meanwhile. */
const LIMITS: FetchLimits = { maxWaitMs: 100, maxBytes: 8 << 20, maxPartitionBytes: 1 << 20 };
/** Pause before leaders are looked for again, ms: it doubles with each failure in a row. */
const FIRST_PAUSE_MS = 50, LONGEST_PAUSE_MS = 2_000;
/** A leader that changes is found at the first or second look: later ones mean that there is none. */
const FAILURES_WORTH_SAYING = 6;
const NO_LEADER = -1;

/** A partition that is read. Started anew, it is another one: what was asked for the old one is dropped. */
interface Reading extends TopicPartition { readonly name: string; offset: number; leader: number; epoch: number; isOver: boolean }

/** The leader of some partitions. At most one request is under way to it, and none while an answer of it is not taken. */
interface Broker { readonly id: number; address: Address; connection: Connection | undefined; isBusy: boolean; asked: number }

interface Arrived { readonly broker: Broker; readonly answer: Buffer; readonly sections: readonly Section[]; readonly readings: ReadonlyMap<string, Reading>; index: number; walk: SectionWalk | undefined; readonly atMs: number }

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** Asks the leaders of partitions for record batches, and follows them when they change. */
export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #readings = new Map<string, Reading>();
  readonly #brokers = new Map<number, Broker>();
  readonly #arrived: Arrived[] = [];
  readonly #poll: BatchPoll;
  readonly #bootstrap: readonly Address[];
  readonly #security: Security;
  readonly #closing = new AbortController();
  #lainMs = 0;
  #isLooking = false;
  /** Failures since the last answer without one. */
  #failures = 0;
  /** What no further attempt can mend. */
  #refusal: KafkaSourceError | undefined;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#poll = new BatchPoll(options.maxPollRecords);
    this.#bootstrap = addressesOf(options.brokers);
    this.#security = securityOf(options.brokers);
  }

  /** Reads a partition from an offset on, whatever was read of it before. */
  start({ topic, partition, offset }: Position): void {
    const name = nameOf({ topic, partition });
    this.stop({ topic, partition });
    this.#readings.set(name, { name, topic, partition, offset, leader: NO_LEADER, epoch: NO_LEADER, isOver: false });
    void this.#look();
  }

  stop(partition: TopicPartition): void {
    const name = nameOf(partition), reading = this.#readings.get(name);
    if (reading !== undefined) reading.isOver = true;
    this.#readings.delete(name);
  }

  close(): void {
    this.#closing.abort();
    for (const reading of this.#readings.values()) reading.isOver = true;
    this.#readings.clear();
    for (const { connection } of this.#brokers.values()) connection?.close();
  }

  /**
   * What has arrived next, in the order of each partition's log; undefined if nothing has. It is valid until the next call. Throws KafkaSourceError
   * `offset_out_of_range`, `crc_mismatch`, `batch_malformed`, `format_unknown`, `versions_unknown`, `access_refused`, or `request_failed` for what Kafka will not give.
   */
  next(): Poll | undefined {
    if (this.#refusal !== undefined) throw this.#refusal;
    const poll = this.#poll;
    for (let arrived = this.#arrived[0]; arrived !== undefined; arrived = this.#arrived[0]) {
      while (arrived.index < arrived.sections.length) {
        const section = arrived.sections[arrived.index]!;
        const reading = arrived.readings.get(nameOf(section));
        const isRead = reading !== undefined && !reading.isOver;
        const hasMoved = isRead && this.#read(arrived, section, reading, poll);
        // One that was taken away in the middle of its section: nobody ends its walk, and the others lie behind it.
        if (!isRead) arrived.walk = undefined;
        if (arrived.walk === undefined) arrived.index++;
        if (!hasMoved) continue;
        this.#lainMs = performance.now() - arrived.atMs;
        // The broker works on the next answer while this one's last records are.
        if (arrived.index === arrived.sections.length) this.#taken(arrived);
        return poll;
      }
      this.#taken(arrived);
    }
    return undefined;
  }

  /** How long what `next` gave last had lain there before, ms. */
  get lainMs(): number { return this.#lainMs; }

  /** Whether something has arrived that `next` has not given yet. */
  get hasArrived(): boolean { return this.#arrived.length > 0; }

  #taken(arrived: Arrived): void {
    this.#arrived.shift();
    arrived.broker.isBusy = false;
    this.#ask(arrived.broker);
  }

  /** Whether the partition has moved on. The walk is left where the section holds more. */
  #read(arrived: Arrived, section: Section, reading: Reading, poll: BatchPoll): boolean {
    if (section.error !== ErrorCode.none) { this.#refused(section.error, reading, arrived.broker); return false; }
    const walk = arrived.walk ??= new SectionWalk(reading.name, arrived.answer, section.start, section.end, reading.offset, section.aborted);
    poll.reset(section.topic, section.partition, reading.offset, section.highWatermark);
    walk.fill(poll);
    const hasMoved = walk.nextOffset > reading.offset;
    reading.offset = walk.nextOffset;
    if (walk.isDone) arrived.walk = undefined;
    return hasMoved;
  }

  /** It is thrown by the next `next`. */
  #refuse(refusal: KafkaSourceError): void {
    this.#refusal = refusal;
    this.#options.onArrival();
  }

  #refused(code: number, reading: Reading, { address: { host, port } }: Broker): void {
    const { name, offset } = reading;
    if (code === ErrorCode.offsetOutOfRange) {
      throw new KafkaSourceError('offset_out_of_range', `${name}: offset ${offset} lies outside of what the log holds. Was the topic made anew, or did its retention overtake the reading? ` +
        'Nothing is passed over silently: start again, and the pipeline says how to go on from what there is.');
    }
    if (!isPassing(code)) throw new KafkaSourceError('request_failed', `${name}: the broker at ${host}:${port} refuses to be read at offset ${offset} (Kafka's error ${code})`);
    this.#lost(reading);
  }

  #lost(reading: Reading): void {
    reading.leader = NO_LEADER;
    this.#failures++;
    void this.#look();
  }

  /** Asks for all that a broker leads, unless it is at work already or what it sent last is not taken. */
  #ask(broker: Broker): void {
    if (broker.isBusy || this.#closing.signal.aborted) return;
    const led = Array.from(this.#readings.values()).filter(({ leader }) => leader === broker.id);
    if (led.length === 0) return;
    broker.isBusy = true;
    // An answer is filled in the order of the request: another partition comes first each time, or the last ones would starve.
    const first = broker.asked++ % led.length;
    const readings = [...led.slice(first), ...led.slice(0, first)];
    this.#fetch(broker, readings).catch((error: unknown) => {
      broker.isBusy = false;
      broker.connection?.close();
      broker.connection = undefined;
      if (this.#closing.signal.aborted) return;
      if (isRefusal(error)) { this.#refuse(error); return; }
      if (this.#failures === 0) this.#options.onWarning(`${(error as Error).message}; it is tried again`);
      for (const reading of readings) reading.leader = NO_LEADER;
      this.#failures++;
      void this.#look();
    });
  }

  async #fetch(broker: Broker, readings: readonly Reading[]): Promise<void> {
    broker.connection ??= await openConnection(broker.address, this.#options.clientId, this.#security);
    if (this.#closing.signal.aborted) { broker.connection.close(); return; }
    const answer = await broker.connection.request(requests.fetch, (writer) => { encodeFetch(writer, readings, LIMITS); });
    const { error, sections } = decodeFetch(answer);
    if (error !== ErrorCode.none) throw new KafkaSourceError('request_failed', `the broker at ${broker.connection.name} refuses to be read (Kafka's error ${error})`);
    const worthReading = sections.filter((section) => section.error !== ErrorCode.none || section.end > section.start);
    if (worthReading.every((section) => section.error === ErrorCode.none)) this.#failures = 0;
    if (worthReading.length === 0) {
      // The poll that was handed out last may still be read, in the answer before: who waits for a registry meanwhile must not find other bytes there.
      broker.connection.giveBack();
      broker.isBusy = false;
      this.#ask(broker);
      return;
    }
    this.#arrived.push({ broker, answer, sections: worthReading, readings: new Map(readings.map((reading) => [reading.name, reading])), index: 0, walk: undefined, atMs: performance.now() });
    this.#options.onArrival();
  }

  /** Looks for the leaders of all partitions that have none, until there are no such. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      // Partitions are started one after another: one look is for all of them.
      await Promise.resolve();
      for (let lost = this.#lostOnes(); lost.length > 0; lost = this.#lostOnes()) {
        if (this.#failures > 0) await wait(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(10, this.#failures - 1)), undefined, { signal: this.#closing.signal });
        this.#found(await this.#metadata([...new Set(lost.map(({ topic }) => topic))]));
        const still = this.#lostOnes();
        if (still.length > 0 && ++this.#failures === FAILURES_WORTH_SAYING) this.#options.onWarning(`${still.map(({ name }) => name).join(', ')}: no leader is found; it is looked for on`);
      }
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      if (isRefusal(error)) { this.#refuse(error); return; }
      this.#failures++;
      if (this.#failures === 1) this.#options.onWarning(`${(error as Error).message}; it is tried again`);
    } finally {
      this.#isLooking = false;
    }
    if (this.#lostOnes().length > 0) void this.#look();
  }

  #lostOnes(): Reading[] {
    return Array.from(this.#readings.values()).filter(({ leader }) => leader === NO_LEADER);
  }

  /** Asks the brokers that are known, one after another, each by a connection of its own: one that stands may be dead without knowing it. */
  async #metadata(topics: readonly string[]): Promise<Metadata> {
    let failure: unknown;
    for (const address of [...Array.from(this.#brokers.values(), (broker) => broker.address), ...this.#bootstrap]) {
      try {
        const connection = await openConnection(address, this.#options.clientId, this.#security);
        try {
          return decodeMetadata(await connection.request(requests.metadata, (writer) => { encodeMetadata(writer, topics); }));
        } finally {
          connection.close();
        }
      } catch (error) {
        failure = error;
        if (this.#closing.signal.aborted) break;
      }
    }
    throw failure;
  }

  #found({ brokers, leaders }: Metadata): void {
    for (const [id, address] of brokers) {
      const broker = this.#brokers.get(id);
      if (broker === undefined) this.#brokers.set(id, { id, address, connection: undefined, isBusy: false, asked: 0 });
      else broker.address = address;
    }
    for (const leader of leaders) this.#lead(leader);
    for (const broker of this.#brokers.values()) this.#ask(broker);
  }

  #lead({ topic, partition, leader, epoch }: Leader): void {
    const reading = this.#readings.get(nameOf({ topic, partition }));
    if (reading === undefined || reading.leader !== NO_LEADER) return;
    reading.leader = leader;
    reading.epoch = epoch;
  }
}
