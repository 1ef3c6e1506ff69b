import type { Control, Row, Rows } from '../schemas/codec/columns.ts';
import type { Fate } from '../stream/fates.ts';
import type { Encoded } from '../schemas/codec/encoded.ts';

/** A record that governs the values around it in its partition (ARCHITECTURE.md section 3). */
export interface ControlRecord {
  readonly control: Control;
  /** Event time, epoch ms. */
  readonly timestamp: number;
  /** Empty for a tick. */
  readonly provider: string;
}

/** A dead letter that was replayed: it is for one pipeline, and to all others it says nothing (ARCHITECTURE.md E16). */
export interface Addressed {
  /** Whom it is for. */
  readonly pipeline: string;
  /** `<topic>/<partition>/<offset>` of the record that was refused first. */
  readonly origin: string;
}

/** One record as the log holds it. A view, valid until the poll's next record is asked for. */
export interface RawRecord {
  readonly offset: number;
  /** When the broker appended it, epoch ms: never its event time. */
  readonly appendTimeMs: number;
  /** The key is `bytes[keyStart, keyEnd)` of `keyBytes`; -1 for null. */
  readonly keyBytes: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  /** The value is `valueBytes[valueStart, valueEnd)`; -1 for null. */
  readonly valueBytes: Uint8Array;
  readonly valueStart: number;
  readonly valueEnd: number;
  /** What its headers say, if it is a control record; a code where they say nothing that is known. */
  readonly control: ControlRecord | { readonly code: string } | undefined;
  /** Whom its headers name, if it was replayed. */
  readonly addressed: Addressed | undefined;
}

/** What one poll of one partition returned. */
export interface Poll {
  readonly topic: string;
  readonly partition: number;
  readonly size: number;
  record(index: number): RawRecord;
  /** Where to read on after it. Offsets without a record for us (transaction markers, aborted, compacted) lie behind it too. */
  readonly nextOffset: number;
  /** The partition's end as of this poll: the difference is the lag. */
  readonly endOffset: number;
}

export interface TopicPartition { readonly topic: string; readonly partition: number }
export interface Position extends TopicPartition { readonly offset: number }

/** What a source says. Partitions are not read before `start` was called for them. */
export type SourceEvent =
  | { readonly kind: 'assigned'; readonly partitions: readonly TopicPartition[] }
  /** `release` must be called once all that is to be kept of them is durable. */
  | { readonly kind: 'revoked'; readonly partitions: readonly TopicPartition[]; readonly release: () => void }
  /** `isLast`: nothing more lies ready behind it. */
  | { readonly kind: 'poll'; readonly poll: Poll; readonly isLast: boolean }
  /** Nothing came for a while: time to commit what is open. */
  | { readonly kind: 'idle' };

/**
 * Partitions of one or more topics, read in order. It is pulled: while outputs are not taken, nothing is read.
 * What reads (a client library, or a fetcher of record batches) is hidden behind it.
 */
export interface Source {
  events(signal: AbortSignal): AsyncIterable<SourceEvent>;
  /** Where the group has committed; undefined where it never has. */
  committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<number, number | undefined>>;
  /** The partition's first and next offsets. */
  range(partition: TopicPartition): Promise<{ readonly start: number; readonly end: number }>;
  start(position: Position): void;
  close(): Promise<void>;
}

/** A record that could not be read, with all that is needed to find out why, and to replay it. */
export interface DeadLetter extends Position {
  /** Where it goes. Topic, partition and offset say where it was. */
  readonly deadTopic: string;
  readonly pipeline: string;
  readonly code: string;
  readonly message: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Of a replayed record that is refused again: where the first of them lay, `<topic>/<partition>/<offset>`. */
  readonly origin?: string;
}

/**
 * Takes values as encoders leave them, and puts them into a topic, in order, on the partition that is named. Nobody sees them before `commit`: what was published since
 * the last one is one transaction with the positions that it came from (ARCHITECTURE.md E11).
 */
export interface Publisher {
  publish(topic: string, partition: number, values: Encoded): void;
  /** Says how far event time has come. A compacted topic refuses null keys. */
  tick(topic: string, isCompacted: boolean, partition: number, timestampMs: number): void;
  dead(letter: DeadLetter): void;
  /** Keeps entries of a task's changelog, each under `prefix` and its own key. */
  keep(topic: string, partition: number, prefix: string, entries: Encoded): void;
  /** Resolves when there is room again. */
  ready(): Promise<void>;
  /**
   * All that was published since the last commit and these positions of the group become visible together, or nothing does. Rejects with CheckpointAborted if nothing
   * does: the partitions may be another member's by now, and what the process has made of them must be forgotten.
   */
  commit(positions: readonly Position[]): Promise<void>;
  /** What was not committed is given up. */
  close(): Promise<void>;
}

/** A checkpoint did not happen: nothing of it is visible. What is not durable must be forgotten, and made again from what is. */
export class CheckpointAborted extends Error {
  readonly code = 'checkpoint_aborted';
  override readonly name = 'CheckpointAborted';
}

/** What became of records that a sink could not let in: durable before the sink's own commit. */
export interface DeadLetters {
  dead(letter: DeadLetter): void;
  /** Resolves when all letters so far are durable; rejects if any of them was lost. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Where the tasks of a pipeline keep their snapshots: a compacted topic with the input's partitions. */
export interface Changelog {
  readonly topic: string;
  /**
   * Hands over every committed record of a partition, in order, up to the end that it has at the call; a transaction that is open there is waited for, since it may be
   * this task's own, of a process that died. The bytes are the caller's.
   */
  read(partition: number, take: (key: Uint8Array, value: Uint8Array | null) => void): Promise<void>;
}

/**
 * Takes rows to where they can be queried, and keeps its own position there, in the same transaction as the rows, so that a row is
 * there once. One sink serves all partitions of a process.
 */
export interface Sink<R extends Row = Row> {
  /** Where to read on: what the destination itself says. Undefined where nothing of a partition was ever written. */
  positions(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<number, number | undefined>>;
  /** Whether `commit` may throw RowsRefused: then the caller keeps the records until they are committed. */
  readonly mayRefuse: boolean;
  /** Copies what it needs from the values and tombstones of a poll, and says of each row what became of it. */
  write(partition: number, rows: Rows<R>, count: (fate: Fate) => void): void;
  /** How many destination rows are waiting for a commit. */
  readonly buffered: number;
  /**
   * Makes durable all that was written so far, together with the positions. Throws `SinkFenced` if another writer has moved one of them, and `RowsRefused` if the
   * destination refuses some of the records for what they are. Whatever it throws, nothing of it is there.
   */
  commit(positions: readonly Position[]): Promise<void>;
  /** Forgets what was written since the last commit. */
  discard(): void;
  close(): Promise<void>;
}

/** The newest value of each key of a compacted topic, kept in memory as it comes. */
export interface LatestValues {
  /** In Confluent wire format; undefined where there is none, or it was taken back. */
  value(key: string): Uint8Array | undefined;
  keys(): Iterable<string>;
  /** JSON text of a schema that one of the values names. */
  schema(id: number): string;
  /** Append time, epoch ms, of the newest record (a tick counts) of the partition that was heard of longest ago. Throws what its reading failed by. */
  readonly heardMs: number;
  /** By partition, the offset up to which the log was read: what the values are as of. */
  readonly nextOffsets: readonly number[];
  readonly size: number;
  close(): Promise<void>;
}

/** Another writer has moved this sink's position: what was buffered must be dropped and the position read again. */
export class SinkFenced extends Error {
  readonly code = 'sink_fenced';
  override readonly name = 'SinkFenced';
}

/** A record whose rows the destination refuses. */
export interface RefusedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly code: string;
  /** Of this record alone: it goes to the dead letters. */
  readonly message: string;
}

/** The destination refuses some records for what they are, and would do so again: what was written must be dropped, and written again without them. */
export class RowsRefused extends Error {
  readonly code = 'rows_refused';
  override readonly name = 'RowsRefused';
  readonly records: readonly RefusedRecord[];

  constructor(records: readonly RefusedRecord[], cause?: unknown) {
    super(`${records.length} records were refused, the first of them of partition ${records[0]?.partition}, offset ${records[0]?.offset}: ${records[0]?.message}`, { cause });
    this.records = records;
  }
}

/** The registry has no schema under this id, and says so: waiting would not help. */
export class UnknownSchemaId extends Error {
  readonly code = 'unknown_schema_id';
  override readonly name = 'UnknownSchemaId';
}
