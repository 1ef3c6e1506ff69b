import type { AvroSchema, Writer } from './codec/schema.ts';
import type { Dictionaries, Row } from './codec/columns.ts';

/** A topic of the platform: what it holds, how it is keyed, kept and timed, and who writes and reads it. */
export interface Topic<Value = unknown, R extends Row = Row, W extends Writer = Writer, Key extends string = string> {
  readonly name: string;
  readonly doc: string;
  readonly schema: AvroSchema<Value, R, W>;
  /** Fields of the value whose texts, joined by ':', are the record's key. */
  readonly keyFields: readonly (keyof Value & string)[];
  /**
   * The fields whose texts decide the partition, by murmur2, joined by ':' so that the compiler sees them: records that must meet must agree on them.
   * They are the key's; or its first ones where a topology is the only writer, whose tasks write to their own partition (ARCHITECTURE.md E17).
   */
  readonly partitionedBy: Key;
  /** The field that carries event time, epoch ms. */
  readonly eventTime: keyof Value & string;
  /** Its partitions are ticked where nobody writes to them, so that one without a record for long is a fault (ARCHITECTURE.md E7). */
  readonly isTicked?: boolean;
  /** Fixed for ever (ARCHITECTURE.md E17). A target has its source's count. */
  readonly partitions: number;
  readonly cleanup: 'delete' | 'compact';
  readonly retentionMs: number;
  /** Compacted topics: how long a record is safe from compaction. */
  readonly minCompactionLagMs?: number;
  /** Cap per partition, so that a forgotten topic cannot fill a disk. */
  readonly retentionBytes: number;
  readonly writtenBy: readonly string[];
  readonly readBy: readonly string[];
  /** The contract beyond the schema: the code of the first rule that the row breaks. Pure; runs on every record. */
  readonly breach?: (row: R, dictionaries: Dictionaries) => string | undefined;
}

/** Declares a topic. Every field of it is checked against the schema by the compiler. */
export const defineTopic = <Value, R extends Row, W extends Writer, const Key extends string>(
  schema: AvroSchema<Value, R, W>,
  options: Omit<Topic<Value, R, W, Key>, 'schema'>,
): Topic<Value, R, W, Key> => Object.freeze({ schema, ...options });
