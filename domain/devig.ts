/**
 * Fair probabilities from one provider's prices: four ways to take the margin out, and a consensus of several providers.
 * Štrumbelj, "On determining probability forecasts from betting odds", International Journal of Forecasting 30 (2014) 934–943, compares
 * them; Clarke, Kovalchik & Ingram, "Adjusting bookmaker's odds to allow for overround", American Journal of Sports Science 5 (2017)
 * 45–49, define additive and power.
 */

export type DevigMethod = 'multiplicative' | 'additive' | 'power' | 'shin';

export type DevigErrorCode =
  | 'too_few_outcomes' | 'bad_price' | 'bad_winners' | 'no_solution' | 'not_converged'
  | 'no_providers' | 'outcomes_differ' | 'bad_probability' | 'bad_weight';

/** Prices or probabilities from which no fair probabilities can be had, and why. */
export class DevigError extends Error {
  override readonly name = 'DevigError';
  readonly code: DevigErrorCode;

  constructor(code: DevigErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Fair probabilities in the order of the prices. They lie strictly between 0 and 1 and sum to the number of winners. */
export interface Devigged {
  readonly ok: true;
  readonly probabilities: number[];
  /** Σ 1/price − winners: the margin that was taken out; below zero where the prices are better than fair. */
  readonly overround: number;
  /** Power's exponent k or Shin's share of insiders z; absent for the other methods. */
  readonly parameter?: number;
}

export type DevigResult = Devigged | DevigFailure;

export interface DevigFailure {
  readonly ok: false;
  readonly error: DevigError;
}

/** Iterations before a solver gives up. Newton's method needs fewer than 60 on any prices up to 100,000. */
const maxIterations = 200;

/** A root is found when the probabilities sum to one within this. */
const tolerance = 1e-14;

const failed = (code: DevigErrorCode, message: string): DevigFailure => ({ ok: false, error: new DevigError(code, message) });

const total = (terms: readonly number[]): number => terms.reduce((sum, term) => sum + term, 0);

/** 1/price of every outcome, or why these are not a market's prices. */
const impliedBy = (prices: readonly number[]): readonly number[] | DevigFailure => {
  if (prices.length < 2) return failed('too_few_outcomes', `a market has two outcomes or more, not ${prices.length}: give the provider's complete market`);
  const wrong = prices.find((price) => !(price > 1 && price < Infinity && 1 / price < 1));
  if (wrong !== undefined) return failed('bad_price', `a decimal price is finite and above 1, not ${wrong}`);
  return prices.map((price) => 1 / price);
};

const isFailure = (result: readonly number[] | DevigFailure): result is DevigFailure => !Array.isArray(result);

/** The result, scaled to sum to `winners` to the last digit; an error where one of the values is no probability. */
const devigged = (
  method: DevigMethod, values: readonly number[], implied: readonly number[], winners: number, parameter?: number,
): DevigResult => {
  const scale = winners / total(values);
  const probabilities = values.map((value) => value * scale);
  if (!probabilities.every((p) => p > 0 && p < 1)) {
    return failed('no_solution', `the ${method} method gives ${probabilities.join(', ')}, not all of them above 0 and below 1: use another method`);
  }
  const overround = total(implied) - winners;
  return parameter === undefined ? { ok: true, probabilities, overround } : { ok: true, probabilities, overround, parameter };
};

/**
 * Each outcome's share of the book: p = winners · (1/price) / Σ 1/price. `prices` are decimal; `winners` (1 unless the market's catalogue
 * says otherwise) is below their number. Fails with `no_solution` where several winners would give one outcome a probability of 1 or more.
 */
export const multiplicative = (prices: readonly number[], winners = 1): DevigResult => {
  const implied = impliedBy(prices);
  if (isFailure(implied)) return implied;
  if (!Number.isInteger(winners) || winners < 1 || winners >= prices.length) {
    return failed('bad_winners', `of ${prices.length} outcomes ${winners} cannot win: take the number from the market's catalogue`);
  }
  return devigged('multiplicative', implied, implied, winners);
};

/**
 * The margin spread evenly: p = 1/price − (Σ 1/price − 1)/n (Clarke, Kovalchik & Ingram 2017). Fails with `no_solution` where
 * that leaves a long shot nothing.
 */
export const additive = (prices: readonly number[]): DevigResult => {
  const implied = impliedBy(prices);
  if (isFailure(implied)) return implied;
  const share = (total(implied) - 1) / implied.length;
  return devigged('additive', implied.map((p) => p - share), implied, 1);
};

/**
 * p = (1/price)^k with the k at which they sum to 1 (Clarke, Kovalchik & Ingram 2017; k > 1 exactly where the book has a margin). The
 * sum falls from n to 0 as k rises, so that there is one solution whatever the book sum. It is convex in k: Newton's method from the
 * side where the sum is above 1 never overshoots.
 */
export const power = (prices: readonly number[]): DevigResult => {
  const implied = impliedBy(prices);
  if (isFailure(implied)) return implied;
  const logs = implied.map((p) => Math.log(p));
  let k = total(implied) >= 1 ? 1 : 0;
  for (let i = 0; i < maxIterations; i += 1) {
    const values = logs.map((log) => Math.exp(k * log));
    const excess = total(values) - 1;
    const step = excess / -values.reduce((slope, value, j) => slope + value * (logs[j] ?? 0), 0);
    if (Math.abs(excess) <= tolerance * values.length || k + step === k) return devigged('power', values, implied, 1, k);
    k += step;
  }
  return failed('not_converged', `no exponent found for ${prices.join(', ')} in ${maxIterations} steps: use another method`);
};

/**
 * Shin's model of a book that protects itself against a share z of insiders (Shin, Economic Journal 102 (1992) 426–435 and
 * 103 (1993) 1141–1153), inverted by Jullien & Salanié, Economic Journal 104 (1994) 1418–1419:
 * p = (√(z² + 4(1−z)π²/Π) − z) / 2(1−z), π = 1/price, Π = Σπ, with the z at which they sum to 1.
 * Here in the equal form 2q/(√(z² + 4(1−z)q) + z), q = π²/Π, which does not cancel. The sum falls from √Π at z = 0 to Σπ²/Π < 1 at z = 1, so
 * that there is one solution in [0, 1) where the book sum is 1 or more, and none below: `no_solution`.
 */
export const shin = (prices: readonly number[]): DevigResult => {
  const implied = impliedBy(prices);
  if (isFailure(implied)) return implied;
  const book = total(implied);
  // A fair book's sum may miss 1 by the rounding of its terms.
  if (book < 1 - tolerance * implied.length) {
    return failed('no_solution', `Shin's model has no solution for a book sum of ${book}, below 1: use another method, or one provider's prices`);
  }
  const squares = implied.map((p) => (p * p) / book);
  let low = 0;
  let high = 1;
  let z = 0;
  for (let i = 0; i < maxIterations; i += 1) {
    let slope = 0;
    const values = squares.map((q) => {
      const root = Math.sqrt(z * z + 4 * (1 - z) * q);
      slope -= (2 * q * (1 + (z - 2 * q) / root)) / (root + z) ** 2;
      return (2 * q) / (root + z);
    });
    const excess = total(values) - 1;
    if (Math.abs(excess) <= tolerance * values.length || high - low <= Number.EPSILON / 4) return devigged('shin', values, implied, 1, z);
    if (excess > 0) low = z;
    else high = z;
    const newton = z - excess / slope;
    z = newton > low && newton < high ? newton : (low + high) / 2;
  }
  return failed('not_converged', `no share of insiders found for ${prices.join(', ')} in ${maxIterations} steps: use another method`);
};

/** One provider's fair probabilities, in the catalogue's order, and how much they count (1 where not said). */
export interface ProviderProbabilities {
  readonly probabilities: readonly number[];
  readonly weight?: number;
}

/**
 * One set of probabilities from several providers': the logarithmic opinion pool, p ∝ Π pᵢ^(wᵢ/Σw), which for two outcomes is the mean of
 * the log-odds (Genest & Zidek, Statistical Science 1 (1986) 114–135; Satopää et al., International Journal of Forecasting 30 (2014)
 * 344–356). The terms are summed in order of size, so that the order of the providers does not change a bit of the result. `overround`
 * is 1 less than the sum before scaling: below zero, and the further the more the providers disagree.
 */
export const consensus = (providers: readonly ProviderProbabilities[]): DevigResult => {
  const outcomes = providers[0]?.probabilities.length;
  if (outcomes === undefined) return failed('no_providers', 'a consensus needs one provider at least');
  if (outcomes < 2) return failed('too_few_outcomes', `a market has two outcomes or more, not ${outcomes}`);
  for (const { probabilities, weight = 1 } of providers) {
    if (probabilities.length !== outcomes) return failed('outcomes_differ', `providers give ${outcomes} and ${probabilities.length} outcomes: pool complete markets only`);
    if (!probabilities.every((p) => p > 0 && p < 1)) return failed('bad_probability', `probabilities lie between 0 and 1, not ${probabilities.join(', ')}`);
    if (!(weight > 0 && weight < Infinity)) return failed('bad_weight', `a weight is finite and above 0, not ${weight}: leave the provider out instead`);
  }
  const weights = sumInOrder(providers.map(({ weight = 1 }) => weight));
  const logs = Array.from({ length: outcomes }, (_, j) =>
    sumInOrder(providers.map(({ probabilities, weight = 1 }) => weight * Math.log(probabilities[j] ?? 0))) / weights);
  const values = logs.map((log) => Math.exp(log));
  const sum = total(values);
  return { ok: true, probabilities: values.map((value) => value / sum), overround: sum - 1 };
};

const sumInOrder = (terms: readonly number[]): number => total([...terms].sort((a, b) => a - b));
