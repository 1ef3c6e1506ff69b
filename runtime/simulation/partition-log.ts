import type { Addressed, ControlRecord, Poll, RawRecord } from '../ports.ts';

/** Records that become visible together or not at all. */
export class Transaction {
  state: 'open' | 'ending' | 'over' = 'open';
  isCommitted = false;
  readonly logs = new Set<PartitionLog>();
  /** Positions of the group that go with it, by partition. */
  readonly offsets = new Map<number, number>();
}

/** What is written into a log. */
export interface Written {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Bytes in which the value lies at `start`, with those of its neighbours, as in what a broker sends. */
  readonly within?: { readonly bytes: Uint8Array; readonly start: number };
  readonly appendTimeMs: number;
  readonly control?: ControlRecord | { readonly code: string };
  readonly addressed?: Addressed;
  /** What else it says, for comparison: a tick, a dead letter. */
  readonly note?: string;
}

interface Entry { readonly written: Written | undefined; readonly transaction: Transaction | undefined }

/** A record that a reader sees. */
export interface Seen { readonly offset: number; readonly written: Written }

export interface Section { readonly records: readonly Seen[]; readonly nextOffset: number }

/** One partition of a topic: records of transactions lie in it before anybody knows how they end, and markers take offsets. */
export class PartitionLog {
  readonly topic: string;
  readonly partition: number;
  readonly #entries: Entry[] = [];
  /** The first offset of each transaction that has no marker here yet. */
  readonly #pending = new Map<Transaction, number>();

  constructor(topic: string, partition: number) { this.topic = topic; this.partition = partition; }

  /** The high watermark. */
  get end(): number { return this.#entries.length; }

  /** The last stable offset: up to here it is known of every record what became of it. */
  get stableEnd(): number {
    let stable = this.#entries.length;
    for (const first of this.#pending.values()) if (first < stable) stable = first;
    return stable;
  }

  append(written: Written, transaction?: Transaction): void {
    if (transaction !== undefined && !this.#pending.has(transaction)) {
      this.#pending.set(transaction, this.#entries.length);
      transaction.logs.add(this);
    }
    this.#entries.push({ written, transaction });
  }

  /** Writes down how a transaction ended. */
  mark(transaction: Transaction): void {
    this.#entries.push({ written: undefined, transaction: undefined });
    this.#pending.delete(transaction);
  }

  /** What a reader of committed records sees in `[from, to)`, at most `most` records; and where to read on. */
  read(from: number, to: number, most = Infinity): Section { return this.#section(from, to, most, (transaction) => this.isVisible(transaction)); }

  /** All that was committed, for whoever judges: what a reader sees may be broken. */
  get whole(): Section { return this.#section(0, this.end, Infinity, ({ isCommitted }) => isCommitted); }

  #section(from: number, to: number, most: number, isVisible: (transaction: Transaction) => boolean): Section {
    const records: Seen[] = [];
    let offset = from;
    for (; offset < to && records.length < most; offset++) {
      const { written, transaction } = this.#entries[offset]!;
      if (written !== undefined && (transaction === undefined || isVisible(transaction))) records.push({ offset, written });
    }
    return { records, nextOffset: offset };
  }

  protected isVisible(transaction: Transaction): boolean { return transaction.isCommitted; }

  /** Of each key only the newest record below the last stable offset stays, as brokers clean compacted topics. */
  compact(): void {
    const newest = new Set<string>();
    for (let offset = this.stableEnd - 1; offset >= 0; offset--) {
      const { written, transaction } = this.#entries[offset]!;
      if (written === undefined || written.key === null) continue;
      const key = latin1(written.key);
      const isKept = (transaction === undefined || transaction.isCommitted) && !newest.has(key);
      if (isKept) newest.add(key);
      else this.#entries[offset] = { written: undefined, transaction: undefined };
    }
  }
}

/** Bytes as a text that has a character for each. */
export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

const NONE: Uint8Array = new Uint8Array(0);

/** Records as a poll; its record is one view, moved along. */
export class SeenPoll implements Poll, RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
  readonly endOffset: number;
  readonly #records: readonly Seen[];
  offset = 0;
  appendTimeMs = 0;
  keyBytes = NONE;
  keyStart = -1;
  keyEnd = -1;
  valueBytes = NONE;
  valueStart = -1;
  valueEnd = -1;
  control: RawRecord['control'];
  addressed: Addressed | undefined;

  constructor({ topic, partition, end }: PartitionLog, { records, nextOffset }: Section) {
    this.topic = topic;
    this.partition = partition;
    this.#records = records;
    this.nextOffset = nextOffset;
    this.endOffset = end;
  }

  get size(): number { return this.#records.length; }

  record(index: number): RawRecord {
    const { offset, written: { key, value, within, appendTimeMs, control, addressed } } = this.#records[index]!;
    this.offset = offset;
    this.appendTimeMs = appendTimeMs;
    this.keyBytes = key ?? NONE;
    this.keyStart = key === null ? -1 : 0;
    this.keyEnd = this.keyBytes.length;
    this.valueBytes = within?.bytes ?? value ?? NONE;
    this.valueStart = value === null ? -1 : within?.start ?? 0;
    this.valueEnd = this.valueStart + (value?.length ?? 0);
    this.control = control;
    this.addressed = addressed;
    return this;
  }
}
