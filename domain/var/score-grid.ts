/** The final score of one event as a joint distribution that its markets agree with. */
import { catalogueOf } from '../market.ts';
import { scoreRuleOf } from '../settlement.ts';
import { nearest } from './nearest.ts';
import { constraintOf, residualOf } from './score-constraint.ts';
import type { Constraint, FairMarket, Score } from './score-constraint.ts';
import { VarError } from './types.ts';

/** Final scores, row by row (home, then away), and how likely each is; they sum to 1. */
export interface ScoreGrid {
  readonly scores: readonly Score[];
  readonly probabilities: Float64Array;
}

/** A grid, and how well it meets the markets that it was made of. */
export interface GridFit extends ScoreGrid {
  readonly sweeps: number;
  /** The largest difference between a fair probability that was given and the grid's. */
  readonly residual: number;
  /** The market that has it; null where there is none. */
  readonly worstMarket: string | null;
}

/** Goals that each side may still score: of 3.5 expected, more than 14 come in two of a million games. */
export const MAX_FURTHER_GOALS = 14;
/** What is taken of an event of which no market says more: about what a game of European league football has. */
const DEFAULT_RATES = { home: 1.5, away: 1.2 };
const MIN_RATE = 0.001, MAX_RATE = 5;
/** How much the default rates count beside squared errors of probabilities: only where markets leave the rates open. */
const DEFAULT_WEIGHT = 1e-9;

/** Proportional fitting is quick where markets say different things, and crawls where two say nearly the same. */
const MAX_SWEEPS = 20;
/** Markets are met if they are within this. */
const MET = 1e-9;
/** They agree with each other if they can be met within this. */
const AGREED = 1e-7;
/** How far off the conditions may be, squared, in Newton's rounds. */
const FIRST_SLACK = 1e-4, LAST_SLACK = 1e-12;
/** From this on a hundredth of the slack brings the residual down, or the markets contradict one another. */
const TELLING_SLACK = 1e-7, LEAST_GAIN = 0.8;

const poisson = (rate: number): number[] => {
  const terms = [1];
  for (let k = 1; k <= MAX_FURTHER_GOALS; k += 1) terms.push(terms[k - 1]! * rate / k);
  const sum = terms.reduce((all, term) => all + term, 0);
  return terms.map((term) => term / sum);
};

const independent = (logRates: readonly [number, number]): Float64Array => {
  const [home, away] = logRates.map((log) => poisson(Math.exp(log))) as [number[], number[]];
  return Float64Array.from(home.flatMap((h) => away.map((a) => h * a)));
};

const clamped = (log: number): number => Math.min(Math.log(MAX_RATE), Math.max(Math.log(MIN_RATE), log));

/**
 * Independent Poisson rates of further goals (Maher, "Modelling association football scores", Statistica Neerlandica 36 (1982) 109–118) by least squares
 * on the markets' fair probabilities (Levenberg–Marquardt, in logarithms). What the markets leave open stays near the default.
 */
const poissonStart = (massOf: (mass: Float64Array) => Float64Array, constraints: readonly Constraint[]): Float64Array => {
  const prior: readonly [number, number] = [Math.log(DEFAULT_RATES.home), Math.log(DEFAULT_RATES.away)];
  const errorsOf = (x: readonly [number, number]): number[] => {
    const mass = massOf(independent(x));
    const errors = constraints.flatMap(({ fairOf, targets }) => fairOf(mass).map((p, o) => (Number.isNaN(p) ? 0 : p - targets[o]!)));
    return [...errors, ...x.map((log, i) => Math.sqrt(DEFAULT_WEIGHT) * (log - prior[i]!))];
  };
  const cost = (errors: readonly number[]): number => errors.reduce((sum, e) => sum + e * e, 0);
  const STEP = 1e-6;
  let x = prior, errors = errorsOf(x), damping = 1e-3;
  for (let i = 0; i < 50; i += 1) {
    const [jh, ja] = [0, 1].map((k) => {
      const moved = errorsOf([x[0] + (k === 0 ? STEP : 0), x[1] + (k === 1 ? STEP : 0)]);
      return moved.map((e, j) => (e - errors[j]!) / STEP);
    }) as [number[], number[]];
    const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, j) => sum + v * b[j]!, 0);
    const [hh, ha, aa, gh, ga] = [dot(jh, jh), dot(jh, ja), dot(ja, ja), dot(jh, errors), dot(ja, errors)];
    const [dh, da] = [hh * (1 + damping), aa * (1 + damping)], determinant = dh * da - ha * ha;
    const next: readonly [number, number] = [clamped(x[0] - (gh * da - ga * ha) / determinant), clamped(x[1] - (ga * dh - gh * ha) / determinant)];
    const moved = Math.max(Math.abs(next[0] - x[0]), Math.abs(next[1] - x[1])), nextErrors = errorsOf(next);
    if (cost(nextErrors) <= cost(errors)) {
      x = next;
      errors = nextErrors;
      damping /= 10;
    } else damping *= 10;
    if (moved < 1e-6) break;
  }
  return independent(x);
};

type Worst = Pick<GridFit, 'residual' | 'worstMarket'>;

const worstOf = (constraints: readonly Constraint[], mass: Float64Array): Worst => {
  let residual = 0, worstMarket: string | null = null;
  for (const constraint of constraints) {
    const own = residualOf(constraint, mass);
    if (own > residual) [residual, worstMarket] = [own, constraint.market];
  }
  return { residual, worstMarket };
};

/** The distribution over classes of scores nearest to `start`. */
const fitted = (start: Float64Array, constraints: readonly Constraint[]): { readonly mass: Float64Array; readonly sweeps: number } => {
  const mass = start.slice();
  let mean: Float64Array = mass, sweeps = 0;
  for (; worstOf(constraints, mass).residual > MET && sweeps < MAX_SWEEPS; sweeps += 1) {
    const sum = new Float64Array(mass.length);
    for (const { meet } of constraints) {
      meet(mass);
      for (let s = 0; s < mass.length; s += 1) sum[s]! += mass[s]!;
    }
    mean = sum.map((p) => p / constraints.length);
  }
  // A condition that has one sign on all scores that can still come about is met by none, or has been met by leaving scores out.
  const isOpen = (condition: Float64Array): boolean => condition.some((c, s) => c > 0 && mass[s]! > 0) && condition.some((c, s) => c < 0 && mass[s]! > 0);
  const open = constraints.filter((constraint) => constraint.conditions.some(isOpen));
  const conditions = open.flatMap((constraint) => constraint.conditions.filter(isOpen)).map((condition) => {
    // In standard deviations: what may be off is less for an outcome that is unlikely.
    const deviation = Math.sqrt(condition.reduce((sum, c, s) => sum + c * c * mass[s]!, 0));
    return condition.map((c) => c / deviation);
  });
  let nearer: Float64Array = mass, { residual } = worstOf(open, mass);
  for (let slack = FIRST_SLACK; residual > MET && slack >= LAST_SLACK; slack /= 100) {
    const before = residual;
    nearer = nearest(nearer, conditions, slack);
    ({ residual } = worstOf(open, nearer));
    if (slack < TELLING_SLACK && residual > before * LEAST_GAIN) break;
  }
  return { mass: residual <= AGREED ? nearer : mean, sweeps };
};

/** Scores of which all markets make the same are one to the fit: what it does to one, it does to all of them. */
const fittedTo = (scores: readonly Score[], markets: readonly FairMarket[], startOf: (massOf: (mass: Float64Array) => Float64Array, constraints: readonly Constraint[]) => Float64Array): GridFit => {
  // By name, so that no order of the markets gives another grid.
  const ordered = [...markets].sort((a, b) => (a.market < b.market ? -1 : 1));
  const rules = ordered.map(({ market }) => scoreRuleOf(market)), groups = new Map<string, number>(), first: Score[] = [];
  const groupOf = scores.map((score) => {
    const key = rules.map((rule) => String(rule?.(score.home, score.away))).join(';');
    const known = groups.get(key);
    if (known !== undefined) return known;
    groups.set(key, first.length);
    return first.push(score) - 1;
  });
  const massOf = (mass: Float64Array): Float64Array => {
    const sums = new Float64Array(first.length);
    groupOf.forEach((group, s) => { sums[group]! += mass[s]!; });
    return sums;
  };
  const constraints = ordered.map((market) => constraintOf(market, first)), start = startOf(massOf, constraints), before = massOf(start);
  const { mass, sweeps } = fitted(before, constraints);
  const probabilities = start.map((p, s) => (p > 0 ? p * mass[groupOf[s]!]! / before[groupOf[s]!]! : 0));
  return { scores, probabilities, sweeps, ...worstOf(constraints, mass) };
};

/**
 * The final scores that can still come of the score in play, fitted to markets: independent Poisson goals at rates that the markets suggest, then the
 * nearest distribution (in relative entropy) that meets every market. It exists where the markets agree with each other, and proportional fitting of one after the
 * other leads to it; where that has not arrived in {@link MAX_SWEEPS} sweeps, Newton's method goes the rest of the way ({@link nearest}). Where they contradict
 * one another it does not exist, and the sweeps go in a circle: the mean of the last one's grids is taken, which treats all markets alike, and `residual` says how far
 * it is from the market that it meets least. Markets that the score has decided already change nothing, whatever their prices say.
 *
 * Throws a {@link VarError}: `bad_grid` for a score that is none, `market_unknown`, `bad_probabilities`.
 */
export const scoreGrid = (score: Score, markets: readonly FairMarket[]): GridFit => {
  if (![score.home, score.away].every((goals) => Number.isSafeInteger(goals) && goals >= 0)) {
    throw new VarError('bad_grid', `a score is two whole numbers from 0, not ${score.home}:${score.away}`);
  }
  const further = Array.from({ length: MAX_FURTHER_GOALS + 1 }, (_, goals) => goals);
  const scores = further.flatMap((home) => further.map((away) => ({ home: score.home + home, away: score.away + away })));
  return fittedTo(scores, markets, poissonStart);
};

/**
 * The nearest grid (in relative entropy) to a given one at which other probabilities hold: what somebody thinks of some markets, and for all
 * else what the grid says (Meucci, "Fully flexible views: theory and practice", Risk 21 (2008) 10, 97–102). Throws as {@link scoreGrid} does.
 */
export const reweightedGrid = ({ scores, probabilities }: ScoreGrid, markets: readonly FairMarket[]): GridFit =>
  fittedTo(scores, markets, () => probabilities);

/** Fair probabilities of a market, in the catalogue's order, as the grid has them; NaN where the stake always comes back. Throws `market_unknown`. */
export const gridProbabilities = ({ scores, probabilities }: ScoreGrid, market: string): number[] => {
  const outcomes = catalogueOf(market)?.outcomes.length ?? 0, winners = catalogueOf(market)?.winners ?? 0;
  return constraintOf({ market, probabilities: new Array<number>(outcomes).fill(winners / outcomes) }, scores).fairOf(probabilities);
};
