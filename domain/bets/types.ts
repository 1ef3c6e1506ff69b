/** Words of the bet desk. Amounts are minor units of the account's currency, times epoch ms UTC, prices ten-thousandths. */
import type { BetClass, LegResult } from '../payout.ts';

/** Where a change comes from: a record of the log. */
export interface Cause {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Where money of an account lies. `own` is of accounts that are ours. */
export type Bucket = 'available' | 'held' | 'staked' | 'receivable' | 'own';

/** One side of a transfer. The entries of a transfer add up to nothing in each currency. */
export interface Entry {
  readonly transfer: string;
  readonly accountId: string;
  readonly bucket: Bucket;
  readonly amountMinor: number;
  readonly currency: string;
  readonly kind: string;
  readonly betId: string | null;
}

/** An account as it stands. What it owes is `receivableMinor`; then nothing is available. */
export interface Account {
  readonly accountId: string;
  readonly userId: string;
  readonly syndicateId: string | null;
  readonly currency: string;
  /** Of bet-commands and bet-events. */
  readonly partition: number;
  readonly openedAtMs: number;
  availableMinor: number;
  heldMinor: number;
  stakedMinor: number;
  receivableMinor: number;
}

export type Side = 'back' | 'lay';

export interface BetLeg {
  readonly sport: string;
  readonly eventId: string;
  readonly market: string;
  readonly outcome: string;
  priceE4: number;
  /** The worst price that the command takes. */
  readonly worstPriceE4: number;
}

/**
 * `delayed`: in play, and looked at again when it is due. `submitted`: on its way to its provider. `unknown`: it may or may not stand there.
 * `accepted`: it stands. `cashed_out`: all of it was bought back.
 */
export type BetStatus = 'delayed' | 'submitted' | 'unknown' | 'accepted' | 'rejected' | 'cancelled' | 'settled' | 'cashed_out';

export type BetResult = BetClass;

export interface Bet {
  readonly betId: string;
  readonly commandId: string;
  readonly accountId: string;
  readonly userId: string;
  readonly syndicateId: string | null;
  readonly currency: string;
  readonly partition: number;
  readonly side: Side;
  readonly provider: string;
  readonly commissionPpm: number;
  readonly isFreeBet: boolean;
  readonly legs: readonly BetLeg[];
  readonly placedAtMs: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly cause: Cause;
  status: BetStatus;
  code: string | null;
  /** What is still at stake; of a lay the backer's stake. */
  stakeMinor: number;
  /** What it holds back of the account. */
  liabilityMinor: number;
  potentialReturnMinor: number;
  cashedStakeMinor: number;
  cashedPayoutMinor: number;
  /** Of a settled bet: what the other side paid, and of it what came to the account (less: a free bet's stake goes back to promotions). */
  grossMinor: number;
  payoutMinor: number;
  commissionMinor: number;
  result: BetResult | null;
  voidReason: string | null;
  settlementVersion: number;
  acceptedAtMs: number | null;
  settledAtMs: number | null;
  dueAtMs: number | null;
  attemptedAtMs: number | null;
  providerRef: string | null;
}

export type BetEventKind =
  | 'account_opened' | 'deposited' | 'withdrawal_held' | 'withdrawal_completed' | 'withdrawal_released'
  | 'delayed' | 'submitted' | 'unknown' | 'accepted' | 'rejected' | 'cancelled' | 'settled' | 'rolled_back' | 'cashed_out' | 'voided' | 'restored';

/** A change of state, as it goes out. The account and the bet are as they are at that moment, and will be changed: whoever keeps them copies them. */
export interface DeskEvent {
  readonly kind: BetEventKind;
  readonly timestampMs: number;
  readonly accountId: string;
  readonly partition: number;
  readonly commandId: string | null;
  readonly code: string | null;
  readonly amountMinor: number | null;
  readonly account: Readonly<Account> | undefined;
  readonly bet: Readonly<Bet> | undefined;
  readonly cause: Cause;
}

/** A settlement that a bet had; without a result, the one before was taken back. */
export interface SettlementVersion {
  readonly betId: string;
  readonly version: number;
  readonly result: BetResult | null;
  readonly voidReason: string | null;
  readonly payoutMinor: number;
  readonly commissionMinor: number;
  readonly legs: readonly (LegResult | null)[];
  readonly settledAtMs: number;
  readonly cause: Cause;
}
