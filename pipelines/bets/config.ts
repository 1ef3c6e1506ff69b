import { z } from 'zod';

/** What the desk can be told, where bets are taken and where they are settled. */
export const deskConfig = z.strictObject({
  /** Largest stake of a bet, minor units. */
  maxStakeMinor: z.int().min(1).default(10_000_000),
  /** Most that a bet may pay, minor units. */
  maxReturnMinor: z.int().min(1).default(1_000_000_000),
  /** Legs of a multiple. */
  maxLegs: z.int().min(1).max(50).default(20),
  /** Over how many providers a stake is split at most. */
  maxParts: z.int().min(1).max(20).default(4),
  /** In play a bet waits so long before price and status are looked at again, ms. */
  betDelayMs: z.int().min(0).default(5_000),
  /** What a cash-out keeps of a bet's value, parts per million. */
  cashOutMarginPpm: z.int().min(0).max(1_000_000).default(50_000),
});

/** How commands and results are read: as much as is there is written at once, and nothing waits for more. */
export const readingConfig = z.strictObject({
  /** Records in one transaction: as soon as so many wait, they are written. */
  maxRows: z.int().min(1).max(20_000).default(2_000),
  /** How far event time may be ahead of the append time before a record is dead, ms (ARCHITECTURE.md E8). */
  maxSkewMs: z.int().min(0).default(500),
  /** How often it is looked for what happens without a record, ms. */
  everyMs: z.int().min(10).default(100),
});
