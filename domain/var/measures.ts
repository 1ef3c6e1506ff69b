/**
 * What is read from the P&L of many paths. Losses are positive: L = −P&L. VaR at level α is inf{x : P(L ≤ x) ≥ α}; CVaR is the mean of the worst 1 − α, which takes
 * of the paths at VaR itself as much as is wanting (Acerbi & Tasche, "On the coherence of expected shortfall", Journal of Banking & Finance 26 (2002) 1487–1503).
 */
import { VarError, type Estimate, type Measures } from './types.ts';

/** Rounding of a product of level and number of paths never counts as a path. */
const ROUNDING = 1e-9;

/** The number of the smallest losses of which the last is VaR. Throws `bad_level`. */
export const rankOf = (level: number, paths: number): number => {
  if (!(level > 0 && level < 1)) throw new VarError('bad_level', `a level is above 0 and below 1, not ${level}: 0.99 is 99 %`);
  return Math.max(1, Math.ceil(level * paths - ROUNDING * paths));
};

/** Bits of the number of a cell by which the large losses are found. */
const CELL_BITS = 12;

/** The `count` largest losses, ascending. Paths are counted by cells of P&L, and only what lies in those of the largest losses is sorted: all measures of 100,000 take 2.4 ms, where sorting them takes 9. */
export const largestLosses = (pnl: Int32Array, count: number): Int32Array => {
  let lowest = pnl[0]!, highest = lowest;
  for (let i = 1; i < pnl.length; i++) {
    const amount = pnl[i]!;
    lowest = Math.min(lowest, amount);
    highest = Math.max(highest, amount);
  }
  const cellBits = Math.max(0, 32 - CELL_BITS - Math.clz32(highest - lowest)), cells = new Int32Array(2 ** CELL_BITS);
  for (let i = 0; i < pnl.length; i++) cells[(pnl[i]! - lowest) >>> cellBits]!++;
  let found = 0, end = 0;
  while (found < count) found += cells[end++]!;
  const losses = new Int32Array(found);
  for (let i = 0, at = 0; i < pnl.length; i++) if ((pnl[i]! - lowest) >>> cellBits < end) losses[at++] = -pnl[i]!;
  return losses.sort().subarray(found - count);
};

export interface Tail {
  readonly valueAtRisk: Estimate;
  readonly conditional: Estimate;
}

/** How many order statistics to each side of the quantile are one standard deviation of the number of losses at or below it. */
const spreadOf = (level: number, paths: number): number => Math.ceil(Math.sqrt(paths * level * (1 - level)));

/**
 * VaR and CVaR of so many paths, of which the largest losses are given, ascending, from one spread below VaR.
 *
 * VaR's standard error is half the distance of the order statistics one standard deviation of a binomial count to each side, which needs no density (David & Nagaraja,
 * "Order Statistics", 3rd ed., 7.1); where losses have atoms, it is 0 inside of one. CVaR's is √((V + α (CVaR − VaR)²) / (n (1 − α))), V the variance of the
 * losses in the tail (Manistre & Hancock, "Variance of the CTE estimator", North American Actuarial Journal 9 (2005) 129–156).
 */
const tailOf = (losses: Int32Array, level: number, paths: number): Tail => {
  const last = losses.length - 1, atRank = (rank: number): number => losses[Math.min(last, Math.max(0, losses.length - paths + rank - 1))]!;
  const rank = rankOf(level, paths), spread = spreadOf(level, paths), valueAtRisk = atRank(rank), size = (1 - level) * paths;
  let sum = 0, squares = 0;
  for (let i = last; i >= 0 && losses[i]! > valueAtRisk; i--) {
    const excess = losses[i]! - valueAtRisk;
    sum += excess;
    squares += excess * excess;
  }
  const excess = sum / size, variance = Math.max(0, squares / size - excess * excess);
  return {
    valueAtRisk: { value: valueAtRisk, standardError: (atRank(rank + spread) - atRank(rank - spread)) / 2 },
    conditional: { value: valueAtRisk + excess, standardError: Math.sqrt((variance + level * excess * excess) / size) },
  };
};

/** VaR and CVaR at a level, in the units of the P&L. Throws `bad_level`. */
export const tail = (pnl: Int32Array, level: number): Tail => {
  const paths = pnl.length, wanted = paths - rankOf(level, paths) + 1 + spreadOf(level, paths);
  return tailOf(largestLosses(pnl, Math.min(paths, wanted)), level, paths);
};

const scaled = ({ value, standardError }: Estimate, scaleMinor: number): Estimate => ({ value: value * scaleMinor, standardError: standardError * scaleMinor });

/** All measures, in base minor units; P&L is in units of `scaleMinor`. */
export const measures = (pnl: Int32Array, scaleMinor: number): Measures => {
  const paths = pnl.length;
  let sum = 0, squares = 0, losing = 0;
  for (let i = 0; i < paths; i++) {
    const amount = pnl[i]!;
    sum += amount;
    squares += amount * amount;
    if (amount < 0) losing++;
  }
  const mean = sum / paths, share = losing / paths;
  const losses = largestLosses(pnl, Math.min(paths, paths - rankOf(0.95, paths) + 1 + spreadOf(0.95, paths)));
  const at95 = tailOf(losses, 0.95, paths), at99 = tailOf(losses, 0.99, paths);
  return {
    expectedPnl: scaled({ value: mean, standardError: Math.sqrt(Math.max(0, squares / paths - mean * mean) / paths) }, scaleMinor),
    probabilityOfLoss: { value: share, standardError: Math.sqrt(share * (1 - share) / paths) },
    var95: scaled(at95.valueAtRisk, scaleMinor), cvar95: scaled(at95.conditional, scaleMinor),
    var99: scaled(at99.valueAtRisk, scaleMinor), cvar99: scaled(at99.conditional, scaleMinor),
    largestLoss: losses.at(-1)! * scaleMinor,
  };
};
