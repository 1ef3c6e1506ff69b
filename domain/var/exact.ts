/**
 * The distribution of P&L of a book without chance, where it can be had: given the one factor that ties its units, these are independent, and their P&L adds by
 * convolution over the lattice of amounts that can occur (Andersen, Sidenius & Basu, "All your hedges in one basket", Risk 16 (2003) 67–72). It is that of the model as
 * it is simulated, with its table of normals and its rounded thresholds.
 */
import { DRAW_BITS, NORMAL_ONE, normalTable } from './latent.ts';
import { weightsOf } from './simulate.ts';
import { VarError, type Measures, type Plan } from './types.ts';

/** Probabilities of P&L `lowest + i × step`, in units of the plan's scale. */
export interface Distribution {
  readonly lowest: number;
  readonly step: number;
  readonly probabilities: Float64Array;
}

/** Multiplications at most, a third of a second or so; and amounts of the lattice. */
const MAX_WORK = 2 ** 28;
const MAX_AMOUNTS = 2 ** 21;
/** Standard deviations of the factor that two nodes stand for. Against all 2^16 of its values, probabilities are good to 10⁻⁶. */
const GROUP_WIDTH = 0.05;

/** A value of the factor, or none at all, and how much of it there is. */
interface Node { readonly value: number; readonly weight: number }

interface ExactUnit {
  readonly loading: number;
  readonly own: number;
  readonly thresholds: Int32Array;
  /** Of each state, the steps of the lattice by which it is above the unit's lowest. */
  readonly offsets: Int32Array;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/**
 * Undefined where the plan has multiples or assets, where more than one factor ties its units, or where it would take too long. The probabilities of a book
 * without a factor are exact; with one they are good to 10⁻⁶.
 */
export const exactDistribution = (plan: Plan, isCorrelated: boolean): Distribution | undefined => {
  if (plan.lostPnl.length > 0 || plan.assetIds.length > 0) return undefined;
  const factorCount = plan.factorIds.length, { loadings, own } = weightsOf(plan.loadings, plan.own, { seed: 0, paths: 1, isCorrelated });
  const used = plan.factorIds.flatMap((_, f) => (own.some((_, u) => loadings[u * factorCount + f] !== 0) ? [f] : []));
  if (used.length > 1) return undefined;
  let lowest = 0, step = 0;
  const pnls = plan.unitIds.map((_, u) => plan.pnl.subarray(plan.firstState[u], plan.firstState[u + 1])), lows = pnls.map((pnl) => Math.min(...pnl));
  for (const [u, pnl] of pnls.entries()) {
    lowest += lows[u]!;
    for (const amount of pnl) step = gcd(step, amount - lows[u]!);
  }
  step ||= 1;
  const units = pnls.map((pnl, u): ExactUnit => ({
    loading: used.length === 0 ? 0 : loadings[u * factorCount + used[0]!]!, own: own[u]!,
    thresholds: plan.thresholds.subarray(plan.firstState[u], plan.firstState[u + 1]), offsets: pnl.map((amount) => (amount - lows[u]!) / step),
  })).filter(({ offsets }) => offsets.some((offset) => offset > 0));
  const nodes = nodesFor(units);
  let amounts = 1, work = 0;
  for (const { offsets } of units) {
    work += nodes.length * amounts * new Set(offsets).size;
    amounts += Math.max(...offsets);
    if (amounts > MAX_AMOUNTS || work > MAX_WORK) return undefined;
  }
  const probabilities = new Float64Array(amounts), columns: [Float64Array, Float64Array] = [new Float64Array(amounts), new Float64Array(amounts)];
  for (const { value, weight } of nodes) {
    const given = convolved(units, value, columns);
    for (let i = 0; i < amounts; i++) probabilities[i]! += weight * given[i]!;
  }
  return { lowest, step, probabilities };
};

/**
 * Groups of neighbouring values of the factor, each as two nodes that have its mean and variance, so that what the group computes is wrong by its width to the fourth
 * power. A unit whose own draw counts for little turns over within a narrower range of the factor, and the groups are narrower by as much.
 */
const nodesFor = (units: readonly ExactUnit[]): Node[] => {
  const steepest = Math.max(0, ...units.map(({ loading, own }) => Math.abs(loading) / own));
  if (steepest === 0) return [{ value: 0, weight: 1 }];
  const table = normalTable(), width = GROUP_WIDTH * NORMAL_ONE / Math.max(1, steepest), nodes: Node[] = [];
  for (let from = 0, to = 0; from < table.length; from = to) {
    let sum = 0, squares = 0;
    for (; to < table.length && table[to]! - table[from]! <= width; to++) {
      sum += table[to]! - table[from]!;
      squares += (table[to]! - table[from]!) ** 2;
    }
    const count = to - from, mean = sum / count, deviation = Math.sqrt(Math.max(0, squares / count - mean * mean)), weight = count / table.length;
    if (deviation === 0) nodes.push({ value: table[from]! + mean, weight });
    else nodes.push({ value: table[from]! + mean - deviation, weight: weight / 2 }, { value: table[from]! + mean + deviation, weight: weight / 2 });
  }
  return nodes;
};

/** Values of the table below a bound. */
const countBelow = (bound: number): number => {
  const table = normalTable();
  let low = 0, high = table.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (table[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The probability that a latent is below its threshold. Beside a factor the table's steps are drawn straight: over a group's many values of the factor they are passed evenly. */
const probabilityBelow = ({ loading, own }: ExactUnit, threshold: number, value: number): number => {
  const table = normalTable(), size = 2 ** DRAW_BITS;
  if (own === 0) return loading * value < threshold ? 1 : 0;
  const bound = (threshold - loading * value) / own, count = countBelow(bound);
  if (loading === 0 || count === 0 || count === size) return count / size;
  const before = table[count - 1]!, after = table[count]!;
  return (count - 0.5 + (bound - before) / (after - before)) / size;
};

/** The distribution given the factor, in one of two columns. */
const convolved = (units: readonly ExactUnit[], value: number, columns: [Float64Array, Float64Array]): Float64Array => {
  let [current, next] = columns, amounts = 1;
  current[0] = 1;
  for (const unit of units) {
    const { offsets, thresholds } = unit, byOffset = new Map<number, number>();
    let below = 0;
    for (const [state, offset] of offsets.entries()) {
      const upTo = state === offsets.length - 1 ? 1 : probabilityBelow(unit, thresholds[state]!, value);
      byOffset.set(offset, (byOffset.get(offset) ?? 0) + upTo - below);
      below = upTo;
    }
    const more = Math.max(...offsets);
    next.fill(0, 0, amounts + more);
    for (const [offset, probability] of byOffset) {
      if (probability > 0) for (let i = 0; i < amounts; i++) next[i + offset]! += probability * current[i]!;
    }
    amounts += more;
    [current, next] = [next, current];
  }
  return current;
};

/** Rounding of sums of probabilities is no probability. */
const ROUNDING = 1e-12;

/** VaR and CVaR at a level, in units of the plan's scale; as those of paths are defined. Throws `bad_level`. */
export const exactTail = ({ lowest, step, probabilities }: Distribution, level: number): { readonly valueAtRisk: number; readonly conditional: number } => {
  if (!(level > 0 && level < 1)) throw new VarError('bad_level', `a level is above 0 and below 1, not ${level}: 0.99 is 99 %`);
  const size = 1 - level;
  let above = 0, sum = 0, i = 0;
  for (; i < probabilities.length - 1 && above + probabilities[i]! <= size + ROUNDING; i++) {
    above += probabilities[i]!;
    sum -= probabilities[i]! * (lowest + i * step);
  }
  const valueAtRisk = -(lowest + i * step);
  return { valueAtRisk, conditional: (sum + valueAtRisk * (size - above)) / size };
};

/** All measures, in base minor units, without an error. */
export const exactMeasures = (distribution: Distribution, scaleMinor: number): Measures => {
  const { lowest, step, probabilities } = distribution, exactly = (value: number) => ({ value, standardError: 0 });
  let mean = 0, losing = 0;
  for (const [i, probability] of probabilities.entries()) {
    mean += probability * (lowest + i * step);
    if (lowest + i * step < 0) losing += probability;
  }
  const at95 = exactTail(distribution, 0.95), at99 = exactTail(distribution, 0.99);
  return {
    expectedPnl: exactly(mean * scaleMinor), probabilityOfLoss: exactly(losing),
    var95: exactly(at95.valueAtRisk * scaleMinor), cvar95: exactly(at95.conditional * scaleMinor), var99: exactly(at99.valueAtRisk * scaleMinor), cvar99: exactly(at99.conditional * scaleMinor),
    largestLoss: -(lowest + Math.max(0, probabilities.findIndex((probability) => probability > 0)) * step) * scaleMinor,
  };
};
