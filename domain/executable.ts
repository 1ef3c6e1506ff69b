/**
 * Whether an arbitrage survives whole stakes: books take stakes in steps and within limits, pay winnings rounded, and some results
 * push or halve the stakes.
 */
import type { ResultClass, ResultRows } from './market.ts';
import { divideRounded } from './money.ts';

/**
 * One bet of a would-be arbitrage. Amounts are minor units of one currency, the same for all legs; for a lay they are the backer's
 * stake, as exchanges count it, not the liability. An unknown limit is Infinity.
 */
export interface StakeLeg {
  /** Index of the outcome in the market's catalogue. */
  readonly outcome: number;
  readonly side: 'back' | 'lay';
  readonly priceE4: number;
  readonly commissionPpm: number;
  readonly stepMinor: number;
  readonly minMinor: number;
  readonly maxMinor: number;
}

/** Stakes that lose in no result and gain in one. */
export interface ExecutableStakes {
  readonly stakesMinor: readonly number[];
  /** What is put down in all: stakes backed and liabilities laid. */
  readonly outlayMinor: number;
  readonly worstProfitMinor: number;
  readonly bestProfitMinor: number;
}

/** The most put down in all where the caller does not say: 1,000.00. */
export const defaultCapMinor = 100_000;

/** How many sets of stakes are tried: with steps of 1.00 every one up to the default cap. */
const maxTries = 2_000;

/** Neither a stake nor its winnings go above this, so that every product below stays under 2^53. */
const maxAmountMinor = 9_000_000_000;

/** What is put down for a stake: the stake itself, or the liability of a lay, rounded up. */
const outlayMinor = (leg: StakeLeg, stakeMinor: number): number =>
  leg.side === 'back' ? stakeMinor : divideRounded(stakeMinor * (leg.priceE4 - 10_000), 10_000, 'up');

/** Winnings after commission, the winnings rounded down and the commission up: no book pays less. */
const afterCommission = (winningsMinor: number, commissionPpm: number): number =>
  winningsMinor - divideRounded(winningsMinor * commissionPpm, 1_000_000, 'up');

/** What a leg gains or loses in a result, in minor units, every rounding against us. */
const profitMinor = (leg: StakeLeg, stakeMinor: number, result: ResultClass): number => {
  if (result === 'push') return 0;
  const parts = result === 'won' || result === 'lost' ? 1 : 2;
  const outcomeWon = result === 'won' || result === 'half_won';
  const won = stakeMinor * (leg.priceE4 - 10_000);
  if (leg.side === 'back') {
    return outcomeWon
      ? afterCommission(divideRounded(won, 10_000 * parts, 'down'), leg.commissionPpm)
      : -divideRounded(stakeMinor, parts, 'up');
  }
  return outcomeWon
    ? -divideRounded(won, 10_000 * parts, 'up')
    : afterCommission(divideRounded(stakeMinor, parts, 'down'), leg.commissionPpm);
};

/** The stakes' fate over all results, or undefined where one of them loses or none gains. */
const evaluate = (
  legs: readonly StakeLeg[], stakesMinor: readonly number[], results: ResultRows, capMinor: number,
): ExecutableStakes | undefined => {
  let outlay = 0;
  for (const [i, leg] of legs.entries()) outlay += outlayMinor(leg, stakesMinor[i] ?? 0);
  if (outlay > capMinor) return undefined;
  let worst = Infinity;
  let best = 0;
  for (const row of results) {
    let profit = 0;
    for (const [i, leg] of legs.entries()) profit += profitMinor(leg, stakesMinor[i] ?? 0, row[leg.outcome] ?? 'lost');
    if (profit < 0) return undefined;
    worst = Math.min(worst, profit);
    best = Math.max(best, profit);
  }
  return best > 0 ? { stakesMinor: [...stakesMinor], outlayMinor: outlay, worstProfitMinor: worst, bestProfitMinor: best } : undefined;
};

/** A leg as the search sees it: its return per unit of stake when it pays, its grid of stakes. */
interface Grid {
  readonly returnPerStake: number;
  readonly outlayPerStake: number;
  readonly step: number;
  readonly least: number;
  readonly most: number;
}

const gridOf = (leg: StakeLeg): Grid => {
  const price = leg.priceE4 / 10_000;
  const commission = leg.commissionPpm / 1_000_000;
  const step = leg.stepMinor;
  return {
    returnPerStake: leg.side === 'back' ? 1 + (price - 1) * (1 - commission) : price - commission,
    outlayPerStake: leg.side === 'back' ? 1 : price - 1,
    step,
    least: Math.max(step, Math.ceil(leg.minMinor / step) * step),
    most: Math.floor(Math.min(leg.maxMinor, maxAmountMinor, maxAmountMinor / (price - 1)) / step) * step,
  };
};

/**
 * Stakes in minor units with which the legs lose in no result of the market, pushes and half results included, and gain in at least one;
 * undefined where there are none within steps, limits and `capMinor` (the most put down in all), or a step is not a positive integer.
 *
 * The search goes down from the largest return R that limits and cap allow. Each leg has the least stake on its grid that returns R; then
 * the leg whose next lower stake returns most steps down. Where one outcome wins this passes over every set worth trying: stakes
 * that put down T and lose nowhere return T or more each, so that the least stakes with that return do no worse. Bounded to
 * 2,000 sets, so that with steps far finer than the cap only the largest, where rounding weighs least, are tried.
 */
export const executableStakes = (
  legs: readonly StakeLeg[], results: ResultRows, capMinor: number = defaultCapMinor,
): ExecutableStakes | undefined => {
  if (legs.length === 0 || legs.some((leg) => !Number.isSafeInteger(leg.stepMinor) || leg.stepMinor < 1)) return undefined;
  const grids = legs.map(gridOf);
  let returned = capMinor / grids.reduce((sum, grid) => sum + grid.outlayPerStake / grid.returnPerStake, 0);
  for (const grid of grids) {
    if (grid.least > grid.most) return undefined;
    returned = Math.min(returned, grid.most * grid.returnPerStake);
  }
  const stakes = grids.map((grid) =>
    Math.min(grid.most, Math.max(grid.least, Math.ceil(returned / grid.returnPerStake / grid.step) * grid.step)));
  for (let tries = 0; tries < maxTries; tries += 1) {
    const found = evaluate(legs, stakes, results, capMinor);
    if (found !== undefined) return found;
    let next = -1;
    let nextReturn = -Infinity;
    for (const [i, grid] of grids.entries()) {
      const lower = (stakes[i] ?? 0) - grid.step;
      if (lower >= grid.least && lower * grid.returnPerStake > nextReturn) {
        next = i;
        nextReturn = lower * grid.returnPerStake;
      }
    }
    const grid = grids[next];
    if (grid === undefined) return undefined;
    stakes[next] = (stakes[next] ?? 0) - grid.step;
  }
  return undefined;
};
