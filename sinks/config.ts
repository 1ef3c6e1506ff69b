import { z } from 'zod';

/** What every sink pipeline can be told. */
export const sinkConfig = z.strictObject({
  /** Rows in one transaction: as soon as so many wait, they are written. */
  maxRows: z.int().min(1).max(50_000).default(20_000),
  /** How long the first of them waits at most, ms. */
  maxWaitMs: z.int().min(0).max(60_000).default(200),
  /** How far event time may be ahead of the append time before a record is dead, ms (ARCHITECTURE.md E8): the same in every pipeline that reads a topic. */
  maxSkewMs: z.int().min(0).default(500),
});

export type SinkConfig = z.infer<typeof sinkConfig>;
