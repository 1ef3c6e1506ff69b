/**
 * What is true of a market: of all that producers said of it, what holds. The newest word of each producer counts, so that the order in which words
 * arrive, and how often, changes nothing.
 */
import type { LegResult } from '../payout.ts';
import type { Cause } from './types.ts';

export type Certainty = 'live' | 'confirmed';

/** A runner that was withdrawn: Rule 4 is taken from winnings, a reduction factor from the whole price, of bets that were accepted before. */
export interface Deduction {
  readonly kind: 'rule4' | 'reduction_factor';
  /** A fraction: 0.15 for 15p in the pound, or for 15 %. */
  readonly rate: number;
  readonly withdrawnAtMs: number;
}

export interface OutcomeFact {
  readonly outcome: string;
  readonly result: LegResult['result'];
  /** 1/2 where two share a place; null without a dead heat. */
  readonly deadHeatFactor: number | null;
}

/** One producer's last word on a market's settlement, or on one window in which bets are void. Not active: taken back. */
export interface Fact {
  readonly producer: string;
  readonly kind: 'settle' | 'cancel';
  /** Window of a cancel, epoch ms, its end not included. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly isActive: boolean;
  readonly certainty: Certainty;
  readonly outcomes: readonly OutcomeFact[];
  readonly deductions: readonly Deduction[];
  readonly timestampMs: number;
  readonly cause: Cause;
}

/** A window that is open at its start or at its end. */
export const OPEN_FROM_MS = 0;
export const OPEN_UNTIL_MS = Number.MAX_SAFE_INTEGER;

/** Whether two facts are words on the same thing, of which the newer counts. */
export const factKey = ({ producer, kind, fromMs, untilMs }: Fact): string => `${kind}/${fromMs}/${untilMs}/${producer}`;

/** Field by field: a fact that comes out of a database must not differ from itself by the order of its names. */
const contents = ({ certainty, outcomes, deductions }: Fact): string => JSON.stringify([
  certainty, outcomes.map(({ outcome, result, deadHeatFactor }) => [outcome, result, deadHeatFactor]), deductions.map(({ kind, rate, withdrawnAtMs }) => [kind, rate, withdrawnAtMs]),
]);

/** Whether `a` replaces `b`, a word on the same thing: by time; of one moment the one that takes back, else the larger contents. */
export const replaces = (a: Fact, b: Fact): boolean => {
  if (a.timestampMs !== b.timestampMs) return a.timestampMs > b.timestampMs;
  if (a.isActive !== b.isActive) return !a.isActive;
  return contents(a) > contents(b);
};

/** What becomes of a leg. */
export interface LegTruth {
  readonly result: LegResult;
  /** Where it is void by a window. */
  readonly voidReason: string | null;
}

/** The settlement that counts: confirmed before live, then the newest, then the first producer by name. */
export const settlementOf = (facts: readonly Fact[]): Fact | undefined => {
  let best: Fact | undefined;
  for (const fact of facts) {
    if (fact.kind !== 'settle' || !fact.isActive) continue;
    if (best === undefined || isBetter(fact, best)) best = fact;
  }
  return best;
};

const isBetter = (a: Fact, b: Fact): boolean => {
  if (a.certainty !== b.certainty) return a.certainty === 'confirmed';
  if (a.timestampMs !== b.timestampMs) return a.timestampMs > b.timestampMs;
  return a.producer < b.producer;
};

/** What the facts of its market make of a leg that was accepted at a time. Undefined: not decided. A window beats every result. */
export const legTruth = (facts: readonly Fact[], outcome: string, acceptedAtMs: number): LegTruth | undefined => {
  for (const { kind, isActive, fromMs, untilMs } of facts) {
    if (kind === 'cancel' && isActive && fromMs <= acceptedAtMs && acceptedAtMs < untilMs) return { result: { result: 'void' }, voidReason: 'cancel_window' };
  }
  const settlement = settlementOf(facts), found = settlement?.outcomes.find((one) => one.outcome === outcome);
  if (settlement === undefined || found === undefined) return undefined;
  let rule4Pence = 0, kept = 1;
  for (const { kind, rate, withdrawnAtMs } of settlement.deductions) {
    if (acceptedAtMs >= withdrawnAtMs) continue;
    if (kind === 'rule4') rule4Pence += Math.round(rate * 100); else kept *= 1 - rate;
  }
  return {
    voidReason: null,
    result: {
      result: found.result,
      ...(found.deadHeatFactor === null ? {} : { deadHeat: fractionOf(found.deadHeatFactor) }),
      ...(rule4Pence === 0 ? {} : { rule4Pence: Math.min(rule4Pence, MAX_RULE4_PENCE) }),
      ...(kept === 1 ? {} : { reductionPpm: Math.round((1 - kept) * 1e6) }),
    },
  };
};

/** Several withdrawals deduct no more together. Source: Tattersalls' Committee, Rule 4(c). */
const MAX_RULE4_PENCE = 90;

/** A dead heat's share as the fraction of small numbers that it is meant to be: 0.3333 is a third. */
const fractionOf = (share: number): { readonly numerator: number; readonly denominator: number } => {
  for (let denominator = 1; denominator <= 40; denominator++) {
    const numerator = Math.round(share * denominator);
    if (numerator > 0 && Math.abs(numerator / denominator - share) < 5e-5) return { numerator, denominator };
  }
  return { numerator: Math.max(1, Math.round(share * 1e6)), denominator: 1e6 };
};
