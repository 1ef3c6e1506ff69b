import type { LatestValues, Poll, TopicPartition } from '../../runtime/ports.ts';
import type { Brokers } from './brokers.ts';
import { Fetcher } from './fetch/fetcher.ts';
import { NewestValues } from './newest-values.ts';
import { connectRecords } from './records.ts';

export interface LatestValuesOptions {
  readonly brokers: Brokers;
  /** A compacted topic, as it is named in its namespace. */
  readonly topic: string;
  /** A schema's JSON text by its id; waits for a registry that does not answer. */
  readonly schemaOf: (id: number) => Promise<string>;
  readonly onWarning: (message: string) => void;
  /** Told of each key that has a new value, or none any more. */
  readonly onChange?: (key: string) => void;
}

const MAX_POLL_RECORDS = 2_000;
/** The keys' texts. */
const decoder = new TextDecoder();

/** Reads a compacted topic in no group, and goes on reading: resolves once it has come to the end that the log had. Rejects as its reading does. */
export const latestValues = async (options: LatestValuesOptions): Promise<LatestValues> => {
  const { brokers, topic } = options, records = await connectRecords(brokers);
  const starts: { readonly partition: TopicPartition; readonly start: number; readonly end: number }[] = [];
  try {
    const count = await records.partitions(topic) ?? 0;
    if (count === 0) throw new Error(`there is no topic ${topic}: run \`oddstream topics apply\``);
    for (let partition = 0; partition < count; partition++) starts.push({ partition: { topic, partition }, ...await records.range({ topic, partition }) });
  } finally {
    await records.close();
  }
  const latest = new Latest(options);
  await latest.readUpTo(starts);
  return latest;
};

class Latest implements LatestValues {
  readonly #newest: NewestValues;
  /** Append time of the newest record of each partition. */
  readonly #heardMs = new Map<number, number>();
  readonly #missing = new Map<number, number>();
  readonly #fetcher: Fetcher;
  readonly #nextOffsets: number[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;
  #failure: Error | undefined;
  #caughtUp: () => void = () => undefined;
  #reading: Promise<void> | undefined;

  constructor({ brokers, schemaOf, onWarning, onChange }: LatestValuesOptions) {
    this.#newest = new NewestValues(schemaOf, onChange ?? (() => undefined));
    this.#fetcher = new Fetcher({ brokers, clientId: 'oddstream-latest', maxPollRecords: MAX_POLL_RECORDS, onWarning, onArrival: () => { this.#wake(); } });
  }

  get size(): number { return this.#newest.values.size; }

  get heardMs(): number {
    if (this.#failure !== undefined) throw this.#failure;
    let oldest = Infinity;
    for (const ms of this.#heardMs.values()) oldest = Math.min(oldest, ms);
    return oldest;
  }

  get nextOffsets(): readonly number[] { return this.#nextOffsets; }

  keys(): Iterable<string> { return this.#newest.values.keys(); }

  value(key: string): Uint8Array | undefined { return this.#newest.values.get(key); }

  schema(id: number): string { return this.#newest.schemas.get(id)!; }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    this.#fetcher.close();
    await this.#reading;
  }

  async readUpTo(starts: readonly { readonly partition: TopicPartition; readonly start: number; readonly end: number }[]): Promise<void> {
    for (const { partition, start, end } of starts) {
      this.#heardMs.set(partition.partition, 0);
      this.#nextOffsets[partition.partition] = start;
      if (start < end) this.#missing.set(partition.partition, end);
      this.#fetcher.start({ ...partition, offset: start });
    }
    const caughtUp = new Promise<void>((resolve) => { this.#caughtUp = resolve; });
    this.#reading = this.#read();
    if (this.#missing.size > 0) await Promise.race([caughtUp, this.#reading]);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #read(): Promise<void> {
    try {
      while (!this.#isClosed) {
        const poll = this.#fetcher.next();
        if (poll === undefined) await new Promise<void>((resolve) => { this.#wake = resolve; });
        else await this.#take(poll);
      }
    } catch (error) {
      if (!this.#isClosed) this.#failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  async #take(poll: Poll): Promise<void> {
    const { partition, size } = poll;
    for (let i = 0; i < size; i++) {
      const { offset, keyStart, keyEnd, keyBytes, valueStart, valueEnd, valueBytes, appendTimeMs, control } = poll.record(i);
      // Up to here, and not only up to the poll's end: whoever looks while a schema is waited for sees offsets and values of one moment.
      this.#nextOffsets[partition] = offset;
      this.#heardMs.set(partition, Math.max(this.#heardMs.get(partition)!, appendTimeMs));
      if (control !== undefined || keyStart < 0) continue;
      const key = decoder.decode(keyBytes.subarray(keyStart, keyEnd));
      const taken = this.#newest.take(key, valueStart < 0 ? null : Uint8Array.prototype.slice.call(valueBytes, valueStart, valueEnd));
      if (taken !== undefined) await taken;
    }
    this.#nextOffsets[partition] = poll.nextOffset;
    if (poll.nextOffset < (this.#missing.get(partition) ?? 0)) return;
    this.#missing.delete(partition);
    if (this.#missing.size === 0) this.#caughtUp();
  }
}
