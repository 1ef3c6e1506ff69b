/** What one market's fair probabilities ask of a distribution over scores, and the nearest distribution that has it. */
import { catalogueOf, parseMarket } from '../market.ts';
import type { ResultClass } from '../market.ts';
import { scoreRuleOf } from '../settlement.ts';
import { requireFair } from './fair.ts';
import { VarError } from './types.ts';

export interface Score {
  readonly home: number;
  readonly away: number;
}

/** A market by its name (`totals:2.5`) with its fair probabilities in the catalogue's order, each given that the stake is not returned. */
export interface FairMarket {
  readonly market: string;
  readonly probabilities: readonly number[];
}

/** A market as conditions on a distribution over scores. */
export interface Constraint {
  readonly market: string;
  readonly targets: readonly number[];
  /** The fair probabilities that a distribution over the scores gives; NaN where it says nothing of them (it is always a push). */
  readonly fairOf: (mass: Float64Array) => number[];
  /** Changes a distribution to the nearest one (in relative entropy) that meets the targets; leaves it be where the scores rule that out. */
  readonly meet: (mass: Float64Array) => void;
  /** The targets as functions of the score whose expectations have to be 0. */
  readonly conditions: readonly Float64Array[];
}

const scoreTypes: ReadonlySet<string> = new Set([
  '1x2', 'double_chance', 'draw_no_bet', 'btts', 'totals', 'team_totals_home', 'team_totals_away', 'asian_handicap', 'european_handicap',
]);

/** Whether the score of the whole game, without overtime, decides the market. */
export const isScoreMarket = (name: string): boolean => {
  const parsed = parseMarket(name);
  return parsed.ok && parsed.value.period === undefined && scoreTypes.has(parsed.value.type) && catalogueOf(name) !== undefined;
};

/** How much of the stake has won, and how much has lost. */
const weights: Readonly<Record<ResultClass, readonly [won: number, lost: number]>> = {
  won: [1, 0], half_won: [0.5, 0], push: [0, 0], half_lost: [0, 0.5], lost: [0, 1],
};

/** e^60 is as good as never. */
const MAX_TILT = 60;

const sumOf = (values: Float64Array | readonly number[]): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
};

/** Multiplies each state by its row's factor, and all so that they sum to 1 again. */
const scaleRows = (mass: Float64Array, rowOf: Uint8Array, factors: readonly number[]): void => {
  for (let s = 0; s < mass.length; s += 1) mass[s]! *= factors[rowOf[s]!]!;
  const sum = sumOf(mass);
  for (let s = 0; s < mass.length; s += 1) mass[s]! /= sum;
};

const rowMass = (mass: Float64Array, rowOf: Uint8Array, rows: number): number[] => {
  const sums = new Array<number>(rows).fill(0);
  for (let s = 0; s < mass.length; s += 1) sums[rowOf[s]!]! += mass[s]!;
  return sums;
};

/** Λ at which Σ m·c·e^(Λc) is 0: it rises with Λ. Undefined where no Λ does. */
const tiltOf = (masses: readonly number[], values: readonly number[], target: number): number | undefined => {
  const isUp = values.some((c, r) => c > 0 && masses[r]! > 0), isDown = values.some((c, r) => c < 0 && masses[r]! > 0);
  if (!isUp || !isDown) return isUp && target === 0 ? -MAX_TILT : isDown && target === 1 ? MAX_TILT : undefined;
  let low = -MAX_TILT, high = MAX_TILT, tilt = 0;
  for (let i = 0; i < 200 && high - low > 1e-15; i += 1) {
    let excess = 0, slope = 0;
    for (let r = 0; r < values.length; r += 1) {
      const c = values[r]!, term = masses[r]! * c * Math.exp(tilt * c);
      excess += term;
      slope += term * c;
    }
    if (excess === 0) return tilt;
    if (excess > 0) high = tilt;
    else low = tilt;
    const next = tilt - excess / slope;
    if (Math.abs(next - tilt) < 1e-15) return tilt;
    tilt = next > low && next < high ? next : (low + high) / 2;
  }
  return tilt;
};

/**
 * A market's targets as conditions on the scores. Where one outcome wins whatever the score, the probabilities of its rows are given, and the nearest
 * distribution scales each (the step of Deming & Stephan, Annals of Mathematical Statistics 11 (1940) 427–444). Where stakes come back, in part or
 * whole, the fair price of the first outcome only says E[return] = 1, so that won : lost stake = p : 1 − p, with halves counting half; that is one linear condition
 * Σ q·c = 0, c = (1 − p)·won − p·lost, and the nearest distribution is q·e^(Λc) (Csiszár, "I-divergence geometry of probability distributions and
 * minimization problems", Annals of Probability 3 (1975) 146–158). How likely the push is, is left to the grid.
 *
 * Throws a {@link VarError}: `market_unknown` for a market that does not go by the whole game's score, `bad_probabilities`.
 */
export const constraintOf = ({ market, probabilities }: FairMarket, scores: readonly Score[]): Constraint => {
  const catalogue = catalogueOf(market);
  if (catalogue === undefined || !isScoreMarket(market)) throw new VarError('market_unknown', `${market} does not go by the score of the whole game: make it a unit of its own`);
  const targets = requireFair(market, catalogue.outcomes.length, probabilities, catalogue.winners);
  const rows = catalogue.resultRows, rowNames = rows.map((row) => row.join());
  const rule = scoreRuleOf(market);
  const rowOf = Uint8Array.from(scores, ({ home, away }) => rowNames.indexOf(String(rule?.(home, away))));

  if (rows.every((row) => row.every((result) => result === 'won' || result === 'lost'))) {
    // Of two winners the row is known by the outcome that has lost.
    const wanted = rows.map((row) => (catalogue.winners === 1 ? targets[row.indexOf('won')]! : 1 - targets[row.indexOf('lost')]!));
    return {
      market, targets,
      fairOf: (mass) => {
        const masses = rowMass(mass, rowOf, rows.length);
        return catalogue.outcomes.map((_, o) => sumOf(masses.filter((_mass, r) => rows[r]![o] === 'won')));
      },
      meet: (mass) => {
        const masses = rowMass(mass, rowOf, rows.length);
        if (!masses.some((m, r) => m > 0 && wanted[r]! > 0)) return;
        scaleRows(mass, rowOf, masses.map((m, r) => (m > 0 ? wanted[r]! / m : 0)));
      },
      // What is left for the last row is right if the others are.
      conditions: wanted.slice(0, -1).map((p, r) => Float64Array.from(rowOf, (row) => (row === r ? 1 : 0) - p)),
    };
  }
  const stakes = rows.map((row) => weights[row[0]!]), p = targets[0]!;
  const values = stakes.map(([won, lost]) => (1 - p) * won - p * lost);
  return {
    market, targets,
    fairOf: (mass) => {
      const masses = rowMass(mass, rowOf, rows.length);
      const won = sumOf(masses.map((m, r) => m * stakes[r]![0])), lost = sumOf(masses.map((m, r) => m * stakes[r]![1]));
      return [won / (won + lost), lost / (won + lost)];
    },
    meet: (mass) => {
      const tilt = tiltOf(rowMass(mass, rowOf, rows.length), values, p);
      if (tilt !== undefined) scaleRows(mass, rowOf, values.map((c) => Math.exp(tilt * c)));
    },
    conditions: [Float64Array.from(rowOf, (row) => values[row]!)],
  };
};

/** The largest difference between what a distribution gives and what was asked for; all of it where it gives nothing. */
export const residualOf = ({ fairOf, targets }: Constraint, mass: Float64Array): number =>
  fairOf(mass).reduce((worst, p, o) => Math.max(worst, Number.isNaN(p) ? Math.abs(targets[o]!) : Math.abs(p - targets[o]!)), 0);
