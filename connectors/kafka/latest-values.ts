import type { LatestValues, Poll, TopicPartition } from '../../runtime/ports.ts';
import type { Brokers } from './brokers.ts';
import { Fetcher } from './fetch/fetcher.ts';
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
const HEADER_BYTES = 5;
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
  readonly #values = new Map<string, Uint8Array>();
  readonly #schemas = new Map<number, string>();
  /** Append time of the newest record of each partition. */
  readonly #heardMs = new Map<number, number>();
  readonly #missing = new Map<number, number>();
  readonly #fetcher: Fetcher;
  readonly #schemaOf: LatestValuesOptions['schemaOf'];
  readonly #onChange: (key: string) => void;
  readonly #nextOffsets: number[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;
  #failure: Error | undefined;
  #caughtUp: () => void = () => undefined;
  #reading: Promise<void> | undefined;

  constructor({ brokers, schemaOf, onWarning, onChange }: LatestValuesOptions) {
    this.#schemaOf = schemaOf;
    this.#onChange = onChange ?? (() => undefined);
    this.#fetcher = new Fetcher({ brokers, clientId: 'oddstream-latest', maxPollRecords: MAX_POLL_RECORDS, onWarning, onArrival: () => { this.#wake(); } });
  }

  get size(): number { return this.#values.size; }

  get heardMs(): number {
    if (this.#failure !== undefined) throw this.#failure;
    let oldest = Infinity;
    for (const ms of this.#heardMs.values()) oldest = Math.min(oldest, ms);
    return oldest;
  }

  get nextOffsets(): readonly number[] { return this.#nextOffsets; }

  keys(): Iterable<string> { return this.#values.keys(); }

  value(key: string): Uint8Array | undefined { return this.#values.get(key); }

  schema(id: number): string { return this.#schemas.get(id)!; }

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
      const { keyStart, keyEnd, keyBytes, valueStart, valueEnd, valueBytes, appendTimeMs, control } = poll.record(i);
      this.#heardMs.set(partition, Math.max(this.#heardMs.get(partition)!, appendTimeMs));
      if (control !== undefined || keyStart < 0) continue;
      const key = decoder.decode(keyBytes.subarray(keyStart, keyEnd));
      if (valueStart < 0) {
        this.#values.delete(key);
        this.#onChange(key);
        continue;
      }
      if (valueEnd - valueStart < HEADER_BYTES || valueBytes[valueStart] !== 0) continue; //  poison: its topic's own readers say so
      const value = Uint8Array.prototype.slice.call(valueBytes, valueStart, valueEnd);
      const id = Buffer.from(value.buffer, value.byteOffset, value.byteLength).readUInt32BE(1);
      if (!this.#schemas.has(id)) this.#schemas.set(id, await this.#schemaOf(id));
      this.#values.set(key, value);
      this.#onChange(key);
    }
    this.#nextOffsets[partition] = poll.nextOffset;
    if (poll.nextOffset < (this.#missing.get(partition) ?? 0)) return;
    this.#missing.delete(partition);
    if (this.#missing.size === 0) this.#caughtUp();
  }
}
