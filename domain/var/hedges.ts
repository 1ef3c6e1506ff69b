/** Which bets, at prices that are to be had now, make the tail lighter, and what they cost. */
import type { LegClass } from '../payout.ts';
import { tail } from './measures.ts';
import { singlesPnl } from './payoffs.ts';
import { VarError } from './types.ts';

/** A bet that could be made: a lay is of what backers there ask for. Amounts in base minor units. */
export interface HedgeCandidate {
  /** `sport:event_id:market`. */
  readonly market: string;
  readonly outcome: string;
  readonly side: 'back' | 'lay';
  readonly priceE4: number;
  readonly provider: string;
  /** The largest stake (of a lay the backer's), and what stakes are multiples of. */
  readonly limitMinor: number;
  readonly stepMinor: number;
  readonly commissionPpm: number;
}

/** How a candidate's outcome can end. */
export interface HedgeEnds {
  /** Of each way to end: what becomes of the outcome, and how likely that is by fair prices. */
  readonly classes: readonly LegClass[];
  readonly probabilities: readonly number[];
  /** Of each path its way. */
  readonly ends: ArrayLike<number>;
}

/** Simulated paths of a portfolio, and what a candidate does on each of them. */
export interface HedgeSample {
  /** In units of `scaleMinor`. */
  readonly pnl: Int32Array;
  readonly scaleMinor: number;
  readonly endsOf: (candidate: HedgeCandidate) => HedgeEnds;
}

export interface HedgeOptions {
  /** Of the CVaR that is to fall, as in 0.95. */
  readonly level: number;
  /** All hedges together cost no more. */
  readonly maxCostMinor: number;
}

/** A bet to make. Amounts in base minor units. */
export interface Hedge {
  readonly candidate: HedgeCandidate;
  readonly stakeMinor: number;
  /** By how much the CVaR falls, all hedges before it made. */
  readonly cvarReductionMinor: number;
  /** What it is expected to lose at fair prices; below zero where its price is better than fair. */
  readonly costMinor: number;
}

/** A candidate's limit is taken in this many parts at most. */
const PARTS = 16;

interface Open {
  readonly candidate: HedgeCandidate;
  readonly ends: HedgeEnds;
  readonly partMinor: number;
  stakeMinor: number;
  reductionMinor: number;
  costMinor: number;
}

/** P&L of a stake in each end, commission on its own winnings taken. */
const pnlOfEnds = ({ side, priceE4, market, outcome, provider, commissionPpm }: HedgeCandidate, stakeMinor: number, { classes }: HedgeEnds): Float64Array => {
  if (stakeMinor === 0) return new Float64Array(classes.length);
  const position = {
    id: `hedge of ${market} ${outcome}`, account: 'hedge', provider, legs: [{ market, outcome, priceE4 }], side, stakeMinor, currency: 'base', isFreeBet: false, commissionPpm, isCounterparty: false,
  };
  return singlesPnl({ currency: 'base', rates: {} }, [position], classes.length, () => classes);
};

const requireCandidate = ({ market, outcome, limitMinor, stepMinor }: HedgeCandidate): void => {
  if (![limitMinor, stepMinor].every((amount) => Number.isSafeInteger(amount) && amount > 0)) {
    throw new VarError('bad_position', `${market} ${outcome}: limit and step of a hedge are whole numbers above 0, not ${limitMinor} and ${stepMinor}`);
  }
};

/** What the next part of a candidate would do. */
interface Step {
  readonly open: Open;
  readonly stakeMinor: number;
  readonly pnl: Int32Array;
  readonly reductionMinor: number;
  readonly costMinor: number;
}

/** The most reduction per cost; what costs nothing goes before what does, and among that the most reduction. */
const isBetter = (a: Step, b: Step): boolean => {
  if (a.costMinor <= 0 || b.costMinor <= 0) return b.costMinor > 0 || (a.costMinor <= 0 && a.reductionMinor > b.reductionMinor);
  return a.reductionMinor * b.costMinor > b.reductionMinor * a.costMinor;
};

/**
 * Bets that reduce the portfolio's CVaR, found greedily: time and again the part of a candidate that reduces it most per expected cost, until none does, or the cost is spent. So
 * a hedge that helps only together with another is not found. Stakes are multiples of a sixteenth of the limit, rounded down to the step. The same sample says what is reduced and
 * what is chosen: on few paths the reduction is told too well. Commission is counted of each hedge by itself, not netted with bets that are there.
 *
 * Throws a VarError: `bad_position` for a candidate that is no bet, `bad_level`, `bad_scenario` where the paths of a candidate are not those of the sample.
 */
export const hedges = (sample: HedgeSample, candidates: readonly HedgeCandidate[], { level, maxCostMinor }: HedgeOptions): readonly Hedge[] => {
  const { scaleMinor } = sample, cvarOf = (pnl: Int32Array): number => tail(pnl, level).conditional.value * scaleMinor;
  const open = candidates.map((candidate): Open => {
    requireCandidate(candidate);
    const ends = sample.endsOf(candidate), { stepMinor, limitMinor } = candidate;
    if (ends.ends.length !== sample.pnl.length) throw new VarError('bad_scenario', `${candidate.market} ${candidate.outcome}: ${ends.ends.length} paths, where the portfolio has ${sample.pnl.length}`);
    return { candidate, ends, partMinor: Math.max(stepMinor, Math.floor(limitMinor / PARTS / stepMinor) * stepMinor), stakeMinor: 0, reductionMinor: 0, costMinor: 0 };
  });
  const chosen = new Set<Open>();
  let { pnl } = sample, cvar = cvarOf(pnl), spent = 0;
  for (;;) {
    let best: Step | undefined;
    for (const one of open) {
      const stakeMinor = one.stakeMinor + one.partMinor;
      if (stakeMinor > one.candidate.limitMinor) continue;
      const before = pnlOfEnds(one.candidate, one.stakeMinor, one.ends), added = pnlOfEnds(one.candidate, stakeMinor, one.ends).map((amount, end) => amount - before[end]!);
      const costMinor = -added.reduce((sum, amount, end) => sum + amount * one.ends.probabilities[end]!, 0);
      if (spent + costMinor > maxCostMinor) continue;
      const units = added.map((amount) => Math.round(amount / scaleMinor)), hedged = pnl.map((amount, path) => amount + units[one.ends.ends[path]!]!);
      const step = { open: one, stakeMinor, pnl: hedged, reductionMinor: cvar - cvarOf(hedged), costMinor };
      if (step.reductionMinor >= scaleMinor && (best === undefined || isBetter(step, best))) best = step;
    }
    if (best === undefined) break;
    ({ pnl } = best);
    cvar -= best.reductionMinor;
    spent += best.costMinor;
    best.open.stakeMinor = best.stakeMinor;
    best.open.reductionMinor += best.reductionMinor;
    best.open.costMinor += best.costMinor;
    chosen.add(best.open);
  }
  return [...chosen].map(({ candidate, stakeMinor, reductionMinor, costMinor }) => ({ candidate, stakeMinor, cvarReductionMinor: reductionMinor, costMinor }));
};
