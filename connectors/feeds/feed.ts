import type { z } from 'zod';
import type { Event, OddsUpdate, Result } from './messages.ts';

/** What a feed says. Times are event times, epoch ms UTC, never decreasing by more than the feed's own disorder. */
export type FeedMessage =
  | { readonly kind: 'update'; readonly value: OddsUpdate }
  | { readonly kind: 'event'; readonly value: Event }
  | { readonly kind: 'result'; readonly value: Result }
  /** The provider can be reached (`up`), cannot (`down`), or everything of it that stands was seen again (`confirm`). */
  | { readonly kind: 'status'; readonly provider: string; readonly status: 'up' | 'down' | 'confirm'; readonly timestamp: number }
  /** Input that could not be read: counted, located, and shown; the rest of the input still flows. */
  | { readonly kind: 'problem'; readonly code: string; readonly message: string; readonly at: string };

/** Where a feed can go on after a restart: its own words, kept by the runner after what lies before it has been written. */
export type Cursor = string;

export interface FeedContext {
  readonly signal: AbortSignal;
  readonly log: (message: string, facts?: Readonly<Record<string, unknown>>) => void;
  /** Where an earlier run stopped, if it did. */
  readonly cursor: Cursor | undefined;
}

/** One step of a feed: messages that belong together, in order, and where to go on after them. */
export interface FeedBatch {
  readonly messages: readonly FeedMessage[];
  readonly cursor?: Cursor;
  /** How far the whole is, 0 to 1, where that is known. */
  readonly progress?: number;
}

/** A source of odds: one folder under `connectors/feeds/`, this one contract. */
export interface Feed<Config = unknown> {
  readonly name: string;
  readonly doc: string;
  /** Options of the feed with their descriptions; the CLI's help is made from it. No option holds a secret: secrets come from the environment. */
  readonly config: z.ZodType<Config>;
  /**
   * `live`: it speaks when things happen, in wall time; it is ticked by the clock.
   * `recording`: it reads something that happened; the playback clock decides when each message is due, and ticks go by event time.
   */
  readonly mode: (config: Config) => 'live' | 'recording';
  /**
   * Recordings: event times of the first and the last message, epoch ms, found before anything is sent (by a cheap first pass). Needed for a
   * playback that is rebased to now and faster than it happened, which puts the recording's end at now.
   */
  readonly span?: (config: Config, signal: AbortSignal) => Promise<{ readonly firstMs: number; readonly lastMs: number }>;
  /** Reads until the input or the signal ends. Pulled: nothing is read while the producer is behind. */
  read(config: Config, context: FeedContext): AsyncIterable<FeedBatch>;
}
