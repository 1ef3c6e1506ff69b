import type { Logger } from 'pino';
import type { PipelineMetrics } from './metrics.ts';
import type { Position } from './ports.ts';

/** What a running pipeline is given by the process it runs in. */
export interface RuntimeContext {
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly metrics: PipelineMetrics;
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
  /** The registry's id of a target's newest schema, or of a store's (`entriesOf`). */
  readonly schemaIdOf: (topic: { readonly name: string }) => number;
  /** A writer's schema by id; waits for a registry that does not answer, throws UnknownSchemaId for an id that it does not know. */
  readonly schemaOf: (id: number) => Promise<string>;
}

/** With every checkpoint, or after so many records of a process, or so long, ms, whichever comes first. */
export type SnapshotEvery = 'checkpoint' | { readonly records: number; readonly ms: number };

/** `strict` refuses; `rebuild` makes the state again from all that the log holds; `force` goes on with what there is, and may give other outputs than an undisturbed run. */
export type Restore = 'strict' | 'rebuild' | 'force';

/** A throw behind the door: a bug, which names the batch in which it happened. */
export class PartitionFailure extends Error {
  readonly code = 'partition_failure';
  override readonly name = 'PartitionFailure';
  readonly position: Position;

  constructor(position: Position, cause: unknown) {
    super(`failed in the batch that begins at ${position.topic}-${position.partition} offset ${position.offset}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.position = position;
  }
}

/** A pipeline that cannot go on from where it stands, and says why and what to do. */
export class StartRefused extends Error {
  readonly code: string;
  override readonly name = 'StartRefused';

  constructor(code: string, message: string, options?: ErrorOptions) { super(message, options); this.code = code; }
}
