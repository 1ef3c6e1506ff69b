import { type Changelog, CheckpointAborted, type DeadLetter, type Position, type Publisher, type Source, type SourceEvent, type TopicPartition } from '../ports.ts';
import type { Encoded } from '../../schemas/codec/encoded.ts';
import type { Broker } from './broker.ts';
import type { Session } from './group.ts';
import { type PartitionLog, SeenPoll, type Written } from './partition-log.ts';
import { type Process, WAIT } from './process.ts';

/** How long nothing must come for it to be called idle, ms; and how long again while that goes on. */
const IDLE_MS = 50, STILL_IDLE_MS = 2_500;

/** A member of the group that reads its partitions, as the engine's source. */
export class SimulatedSource implements Source, Session {
  memberId = -1;
  generation = -1;
  readonly process: Process;
  readonly instance: string;
  readonly #broker: Broker;
  readonly #mostRecords: number;
  readonly #said: SourceEvent[] = [];
  readonly #owned = new Set<number>();
  /** Where those that were started are read on. */
  readonly #at = new Map<number, number>();
  #isClosed = false;
  #idles = 0;

  constructor(process: Process, instance: string, broker: Broker, mostRecords: number) {
    this.process = process;
    this.instance = instance;
    this.#broker = broker;
    this.#mostRecords = mostRecords;
  }

  assigned(partitions: readonly number[]): void {
    for (const partition of partitions) this.#owned.add(partition);
    this.#say({ kind: 'assigned', partitions: partitions.map((partition) => this.#of(partition)) });
  }

  revoked(partitions: readonly number[], release: () => void): void {
    for (const partition of partitions) this.#owned.delete(partition);
    this.#say({ kind: 'revoked', partitions: partitions.map((partition) => this.#of(partition)), release: () => { void this.process.ask(release); } });
  }

  lost(): void {
    // Before it joins anew, what it held must have been let go.
    this.revoked([...this.#owned], () => { if (!this.#isClosed) this.#broker.group.join(this); });
  }

  #say(event: SourceEvent): void {
    if (this.#isClosed) return;
    this.#said.push(event);
    this.#broker.network.changed();
  }

  join(): Promise<void> { return this.process.ask(() => { this.#broker.group.join(this); }); }

  async *events(signal: AbortSignal): AsyncGenerator<SourceEvent> {
    while (!signal.aborted) {
      const said = this.#said.shift();
      if (said !== undefined) {
        if (said.kind === 'revoked') for (const { partition } of said.partitions) this.#at.delete(partition);
        yield said;
        continue;
      }
      const event = await this.#fetched(signal);
      if (event !== undefined) yield event;
    }
  }

  /** What is there to be read; undefined as soon as there is something else to be done. */
  #fetched(signal: AbortSignal): Promise<SourceEvent | undefined> {
    const { agenda, network } = this.#broker, { random } = network;
    const waitMs = this.#idles === 0 ? IDLE_MS : STILL_IDLE_MS;
    let isLate = false, isOver = false;
    const answer = (): SourceEvent | undefined | typeof WAIT => {
      if (this.#said.length > 0 || signal.aborted) { isOver = true; return undefined; }
      let readable = 0, chosen = -1;
      for (const [partition, offset] of this.#at) if (offset < this.#broker.input[partition]!.stableEnd && random.below(++readable) === 0) chosen = partition;
      if (chosen >= 0) {
        isOver = true;
        this.#idles = 0;
        const log = this.#broker.input[chosen]!, read = log.read(this.#at.get(chosen)!, log.stableEnd, random.between(1, this.#mostRecords));
        this.#at.set(chosen, read.nextOffset);
        return { kind: 'poll', poll: new SeenPoll(log, read), isLast: readable === 1 };
      }
      if (!isLate) return WAIT;
      isOver = true;
      this.#idles++;
      return { kind: 'idle' };
    };
    agenda.after(waitMs, () => {
      isLate = true;
      if (!isOver) network.changed();
    });
    return this.process.ask(answer);
  }

  async committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<number, number | undefined>> {
    const found = new Map<number, number | undefined>();
    for (const { partition } of partitions) found.set(partition, await this.process.ask(() => this.#broker.group.stable(partition)));
    return found;
  }

  range({ partition }: TopicPartition): Promise<{ start: number; end: number }> { return this.process.ask(() => ({ start: 0, end: this.#broker.input[partition]!.end })); }
  start({ partition, offset }: Position): void { this.#at.set(partition, offset); }
  async close(): Promise<void> { this.#isClosed = true; }
  leave(): Promise<void> { return this.process.ask(() => { this.#broker.group.leave(this.memberId); }); }

  #of(partition: number): TopicPartition { return this.#broker.input[partition]!; }
}

/** A producer of transactions, as the engine's publisher. What is published is on its way at some time before the commit. */
export class SimulatedPublisher implements Publisher {
  #epoch = -1;
  #buffer: (readonly [PartitionLog, Written])[] = [];
  readonly #process: Process;
  readonly #id: string;
  readonly #broker: Broker;
  readonly #session: Session;

  constructor(process: Process, id: string, broker: Broker, session: Session) {
    this.#process = process;
    this.#id = id;
    this.#broker = broker;
    this.#session = session;
  }

  async begin(): Promise<void> { this.#epoch = await this.#process.ask(() => this.#broker.transactions.begin(this.#id)); }

  publish(topic: string, partition: number, values: Encoded): void { this.keep(topic, partition, '', values); }
  tick(topic: string, isCompacted: boolean, partition: number, timestampMs: number): void { this.#put(topic, partition, null, null, `tick ${isCompacted ? 'compacted ' : ''}${timestampMs}`); }
  dead({ deadTopic, partition, offset, code, key, value }: DeadLetter): void { this.#put(deadTopic, partition, key, value, `dead ${offset} ${code}`); }
  keep(topic: string, partition: number, prefix: string, entries: Encoded): void {
    for (let i = 0; i < entries.size; i++) {
      const start = entries.start(i), end = entries.end(i), key = entries.key(i);
      this.#put(topic, partition, prefix === '' ? key : prefixed(prefix, key), start === end ? null : entries.bytes.slice(start, end));
    }
  }

  #put(topic: string, partition: number, key: Uint8Array | null, value: Uint8Array | null, note?: string): void {
    this.#buffer.push([this.#broker.log(topic, partition), { key, value, appendTimeMs: this.#broker.agenda.nowMs, ...(note === undefined ? {} : { note }) }]);
  }

  async ready(): Promise<void> {
    if (this.#buffer.length === 0 || this.#broker.network.random.chance(0.8)) return;
    const sent = this.#buffer.splice(0, this.#broker.network.random.between(1, this.#buffer.length));
    await this.#inTransaction(() => this.#process.ask(() => this.#broker.transactions.produce(this.#id, this.#epoch, sent)));
  }

  async commit(positions: readonly Position[]): Promise<void> {
    const { transactions } = this.#broker, sent = this.#buffer.splice(0), offsets = new Map(positions.map(({ partition, offset }) => [partition, offset]));
    await this.#inTransaction(async () => {
      await this.#process.ask(() => transactions.produce(this.#id, this.#epoch, sent));
      await this.#process.ask(() => transactions.sendOffsets(this.#id, this.#epoch, this.#session, offsets));
      await this.#process.ask(() => { transactions.end(this.#id, this.#epoch, true); });
    });
  }

  async #inTransaction(ask: () => Promise<unknown>): Promise<void> {
    try {
      await ask();
    } catch (cause) {
      throw new CheckpointAborted((cause as Error).message, { cause });
    }
  }

  async close(): Promise<void> {
    // A producer that was fenced has nothing left to give up.
    await this.#process.ask(() => { this.#broker.transactions.end(this.#id, this.#epoch, false); }).catch(() => undefined);
  }
}

const prefixed = (prefix: string, key: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(prefix.length + key.length);
  for (let i = 0; i < prefix.length; i++) bytes[i] = prefix.charCodeAt(i);
  bytes.set(key, prefix.length);
  return bytes;
};

/** A task's changelog, read up to the end that it has when it is asked for; what is pending there is waited for. */
export class SimulatedChangelog implements Changelog {
  readonly topic: string;
  readonly #process: Process;
  readonly #broker: Broker;

  constructor(process: Process, topic: string, broker: Broker) { this.#process = process; this.topic = topic; this.#broker = broker; }

  async read(partition: number, take: (key: Uint8Array, value: Uint8Array | null) => void): Promise<void> {
    const log = this.#broker.log(this.topic, partition);
    let end: number | undefined;
    const { records } = await this.#process.ask(() => {
      end ??= log.end;
      return log.stableEnd < end ? WAIT : log.read(0, end);
    });
    for (const { written: { key, value } } of records) if (key !== null) take(key, value);
  }
}
