import type { Logger } from 'pino';
import type { Metrics } from './metrics.ts';
import type { TopicPartition } from './ports.ts';

/** What a running pipeline is given by the process it runs in. */
export interface RuntimeContext {
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Wall clock, epoch ms: for metrics and checkpoints, never for results. */
  readonly clock: () => number;
  /** Prefix of all topics' names; empty in production. */
  readonly namespace: string;
  /** Longest time between checkpoints while there is something to publish, ms. */
  readonly checkpointMs: number;
  /** How often a checkpoint carries a snapshot. */
  readonly snapshotEvery: SnapshotEvery;
  /** What to do where the state and the position do not fit (ARCHITECTURE.md E12). */
  readonly restore: Restore;
  /** By partition, offsets among which an earlier life failed. */
  readonly doubtful: ReadonlyMap<number, Stretch>;
  /** The registry's id of a target's newest schema, or of a store's (`entriesOf`). */
  readonly schemaIdOf: (topic: { readonly name: string }) => number;
  /** A writer's schema by id; waits for a registry that does not answer, throws UnknownSchemaId for an id that it does not know. */
  readonly schemaOf: (id: number) => Promise<string>;
}

/** With every checkpoint, or after so many records of a process, or so long, ms, whichever comes first. */
export type SnapshotEvery = 'checkpoint' | { readonly records: number; readonly ms: number };

/**
 * `strict` refuses; `rebuild` makes the state again from all that the log holds; `force` goes on with what there is, and may give other outputs than an undisturbed run; `replay` has
 * a position but never had a state, and makes it as `rebuild` does.
 */
export type Restore = 'strict' | 'rebuild' | 'force' | 'replay';

/** Offsets of a partition, from one up to another. */
export interface Stretch { readonly from: number; readonly to: number }

/** Up to which offset records may be taken together with the one at `offset`: those of a stretch in which it failed go one by one, so that the next failure names its record. */
export const togetherUntil = (doubtful: Stretch | undefined, offset: number): number => {
  if (doubtful === undefined || offset >= doubtful.to) return Infinity;
  return offset < doubtful.from ? doubtful.from : offset + 1;
};

/** A throw behind the door: a bug, which names the offsets among which it happened. */
export class PartitionFailure extends Error {
  readonly code = 'partition_failure';
  override readonly name = 'PartitionFailure';
  readonly partition: TopicPartition;
  readonly among: Stretch;
  /** It happened at the one record that is named, which could be passed over; not at the end of a window, or in a sink. */
  readonly isOfRecord: boolean;

  constructor(partition: TopicPartition, among: Stretch, cause: unknown, isOfRecord = false) {
    super(`failed at ${placeOf(partition, among)}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.partition = partition;
    this.among = among;
    this.isOfRecord = isOfRecord;
  }
}

/** Where it is, in words. */
export const placeOf = ({ topic, partition }: TopicPartition, { from, to }: Stretch): string =>
  `${topic}, partition ${partition}, ${to > from + 1 ? `offsets ${from} to ${to - 1}` : `offset ${from}`}`;

/** A pipeline that cannot go on from where it stands, and says why and what to do. */
export class StartRefused extends Error {
  readonly code: string;
  override readonly name = 'StartRefused';

  constructor(code: string, message: string, options?: ErrorOptions) { super(message, options); this.code = code; }
}
