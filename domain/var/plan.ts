/** From a portfolio and a model to a plan: all that depends on no path is computed here, once. */
import type { LegClass } from '../payout.ts';
import { minorDigitsOf } from '../money.ts';
import { LATENT_ONE } from './latent.ts';
import { inverseNormal } from './normal.ts';
import { profitMinor, rateOf, singlesPnl } from './payoffs.ts';
import { ASSET_GAIN_ONE, ASSET_LATENT_STEP, LOADING_ONE, LOST, NO_THRESHOLD, VarError } from './types.ts';
import type { AssetPosition, Model, Plan, Portfolio, PortfolioPlan, Position, Unit } from './types.ts';

/** Ways in which the legs of one multiple can end without a lost one. */
const MAX_COMBINATIONS = 4_096;
/** Sums of P&L stay below this, with as much again to spare below what a 32-bit float holds exactly. */
const MAX_PNL = 2 ** 23;
/** The largest latent, in the steps that assets go by. */
const MAX_ASSET_STEPS = NO_THRESHOLD / ASSET_LATENT_STEP;
const YEAR_MS = 365.25 * 86_400_000;
/** |loadings| and own weight may add up to this much: the table ends at 4.3 standard deviations, and latents stay below 2^24. */
const MAX_WEIGHT = 3.7 * LOADING_ONE;

interface MultipleTable {
  readonly legs: readonly { readonly unit: number; readonly steps: readonly number[] }[];
  readonly payoffs: readonly number[];
  readonly lost: number;
}

/** One unit as it counts for this portfolio: neighbouring states that pay alike are one. */
interface UnitTable {
  readonly unit: Unit;
  readonly probabilities: readonly number[];
  readonly pnl: readonly number[];
  /** Of each state the first of the unit's states that it stands for. */
  readonly from: readonly number[];
}

/** Where a leg's market is drawn, and what each state makes of its outcome. */
interface Place {
  readonly unit: number;
  readonly classes: readonly LegClass[];
}

/**
 * Throws a VarError: `market_unknown` or `outcome_unknown` of a leg that the model does not know, `bad_probabilities`, `bad_loadings`, `no_rate`, `bad_position`,
 * `too_many_combinations` of a multiple.
 */
export const compile = (portfolio: Portfolio, model: Model): PortfolioPlan => {
  const places = new Places(portfolio, model);
  const multiples = portfolio.positions.filter(({ legs }) => legs.length > 1).map((position) => multipleTable(portfolio, position, places));
  const units = places.units.map((unit, u) => unitTable(portfolio, unit, places.singles[u]!, multiples.flatMap(({ legs }) => legs.filter((leg) => leg.unit === u)), places));
  const sigmas = portfolio.assets.map((asset) => assetSigma(portfolio, asset));
  const scaleMinor = scaleOf(units, multiples, sigmas);
  const rounded = new Rounded(scaleMinor), firstState = starts(units.map(({ pnl }) => pnl.length)), states = firstState.at(-1)!;
  const plan = {
    factorIds: model.factors, unitIds: places.units.map(({ id }) => id), assetIds: portfolio.assets.map(({ id }) => id),
    ...weights(places.units.map(({ id, loadings }) => ({ id, loadings })), model.factors.length),
    firstState, modelStates: Int32Array.from(units.flatMap(({ from }) => from)), thresholds: new Int32Array(states), probabilities: new Float64Array(states), pnl: new Int32Array(states),
    ...legsOf(multiples, units), firstPayoff: starts(multiples.map(({ payoffs }) => payoffs.length)),
    payoffs: Int32Array.from(multiples.flatMap(({ payoffs, lost }) => rounded.all([...payoffs, lost]).slice(0, -1))), lostPnl: Int32Array.from(multiples, ({ lost }) => rounded.one(lost)),
    ...assetsOf(portfolio.assets, sigmas, model.factors.length, rounded),
    scaleMinor,
  };
  for (const [u, { unit, probabilities, pnl, from }] of units.entries()) {
    const at = firstState[u]!;
    plan.probabilities.set(probabilities, at);
    plan.pnl.set(rounded.all(pnl), at);
    const thresholds = thresholdsOf(unit.id, unit.probabilities, latentSd(plan.loadings.subarray(u * model.factors.length, (u + 1) * model.factors.length), plan.own[u]!));
    plan.thresholds.set(from.map((_, state) => thresholds[(from[state + 1] ?? thresholds.length) - 1]!), at);
  }
  return { ...plan, errorBoundMinor: rounded.errorBoundMinor };
};

/** A plan of units alone: there are no bets, and every state stands for itself. Throws as {@link compile} does. */
export const planOfUnits = ({ factors, units }: Model): Plan => {
  const firstState = starts(units.map(({ probabilities }) => probabilities.length)), drawn = weights(units, factors.length), none = new Int32Array(0);
  return {
    factorIds: factors, unitIds: units.map(({ id }) => id), assetIds: [], ...drawn, firstState, pnl: new Int32Array(firstState.at(-1)!),
    thresholds: Int32Array.from(units.flatMap(({ id, probabilities }, u) => thresholdsOf(id, probabilities, latentSd(drawn.loadings.subarray(u * factors.length, (u + 1) * factors.length), drawn.own[u]!)))),
    probabilities: Float64Array.from(units.flatMap(({ probabilities }) => probabilities)),
    firstLeg: new Int32Array(1), legUnit: none, firstStep: none, steps: none, firstPayoff: none, payoffs: none, lostPnl: none, assetLoadings: none, assetOwn: none, assetGain: none, scaleMinor: 1, errorBoundMinor: 0,
  };
};

class Places {
  /** Only those that a position is on. */
  readonly units: Unit[] = [];
  /** By unit. */
  readonly singles: Position[][] = [];
  readonly #byMarket = new Map<string, Unit>();
  readonly #indexes = new Map<Unit, number>();
  readonly #classes = new Map<string, Place>();

  constructor({ positions }: Portfolio, model: Model) {
    for (const unit of model.units) for (const market of unit.markets.keys()) this.#byMarket.set(market, unit);
    for (const position of positions) {
      for (const leg of position.legs) this.of(position, leg);
      if (position.legs.length === 1) this.singles[this.of(position, position.legs[0]!).unit]!.push(position);
    }
  }

  of({ id }: Position, { market, outcome }: { readonly market: string; readonly outcome: string }): Place {
    const key = `${market}\n${outcome}`;
    let place = this.#classes.get(key);
    if (place !== undefined) return place;
    const unit = this.#byMarket.get(market), results = unit?.markets.get(market);
    if (unit === undefined || results === undefined) throw new VarError('market_unknown', `position ${id}: the model has no market ${market}`);
    const at = results.outcomes.indexOf(outcome);
    if (at < 0) throw new VarError('outcome_unknown', `position ${id}: ${market} has no outcome '${outcome}', but ${results.outcomes.join(', ')}`);
    place = { unit: this.#index(unit), classes: results.classes.map((row) => row[at]!) };
    this.#classes.set(key, place);
    return place;
  }

  #index(unit: Unit): number {
    let index = this.#indexes.get(unit);
    if (index === undefined) {
      this.#indexes.set(unit, index = this.units.length);
      this.units.push(unit);
      this.singles.push([]);
    }
    return index;
  }
}

/** Of a leg that is not lost: `push` and `void` pay the same. */
const classOf = (result: LegClass): LegClass => (result === 'void' ? 'push' : result);

const multipleTable = (portfolio: Portfolio, position: Position, places: Places): MultipleTable => {
  const rate = rateOf(portfolio, position.currency);
  const legs = position.legs.map((leg) => {
    const { unit, classes } = places.of(position, leg), ways = [...new Set(classes.map(classOf))].filter((way) => way !== 'lost');
    return { unit, classes: classes.map(classOf), ways };
  });
  const combinations = legs.reduce((product, { ways }) => product * ways.length, 1);
  if (combinations > MAX_COMBINATIONS) throw new VarError('too_many_combinations', `position ${position.id}: its ${legs.length} legs can end in ${combinations} ways without a lost one, and ${MAX_COMBINATIONS} is the most`);
  const payoffs = Array.from({ length: combinations }, (_, combination) => {
    let rest = combination;
    const results = legs.map(({ ways }) => {
      const way = ways[rest % ways.length]!;
      rest = Math.floor(rest / ways.length);
      return way;
    });
    return rate * profitMinor(position, results);
  });
  let radix = 1;
  const stepped = legs.map(({ unit, classes, ways }) => {
    const at = radix;
    radix *= ways.length;
    return { unit, steps: classes.map((one) => (one === 'lost' ? LOST : at * ways.indexOf(one))) };
  });
  return { legs: stepped, payoffs, lost: rate * profitMinor(position, legs.map(() => 'lost')) };
};

const unitTable = (portfolio: Portfolio, unit: Unit, singles: readonly Position[], legs: readonly { readonly steps: readonly number[] }[], places: Places): UnitTable => {
  const { probabilities: given } = unit;
  if (given.some((p) => !(p >= 0 && p <= 1)) || Math.abs(given.reduce((sum, p) => sum + p, 0) - 1) > 1e-6) {
    throw new VarError('bad_probabilities', `${unit.id}: the probabilities ${given.length > 8 ? 'of its states' : given.join(', ')} must lie between 0 and 1 and sum to 1`);
  }
  const all = singlesPnl(portfolio, singles, given.length, (position) => places.of(position, position.legs[0]!).classes);
  const probabilities: number[] = [], pnl: number[] = [], from: number[] = [];
  for (let state = 0; state < given.length; state++) {
    const last = from.at(-1);
    if (last !== undefined && all[last] === all[state] && legs.every(({ steps }) => steps[last] === steps[state])) {
      probabilities[probabilities.length - 1]! += given[state]!;
      continue;
    }
    from.push(state);
    pnl.push(all[state]!);
    probabilities.push(given[state]!);
  }
  return { unit, probabilities, pnl, from };
};

/** The P&L of one standard deviation over the horizon, base minor units. */
const assetSigma = (portfolio: Portfolio, { id, quantity, price, volatility, currency }: AssetPosition): number => {
  const sigma = quantity * price * 10 ** minorDigitsOf(currency) * rateOf(portfolio, currency) * volatility * Math.sqrt(portfolio.horizonMs / YEAR_MS);
  if (!Number.isFinite(sigma) || price < 0 || volatility < 0) throw new VarError('bad_position', `asset ${id}: quantity ${quantity}, price ${price}, volatility ${volatility} over ${portfolio.horizonMs} ms give no P&L`);
  return sigma;
};

/** A latent in asset steps, times the gain, is that many units of P&L a standard deviation. */
const GAIN_PER_UNIT = ASSET_GAIN_ONE / (LATENT_ONE / ASSET_LATENT_STEP);

/** The smallest power of two in which the largest sum of P&L stays below the limit, and each asset's product exact. */
const scaleOf = (units: readonly UnitTable[], multiples: readonly MultipleTable[], sigmas: readonly number[]): number => {
  const largest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let bound = 0, gain = 0;
  for (const { pnl } of units) bound += largest(pnl);
  for (const { payoffs, lost } of multiples) bound += largest([...payoffs, lost]);
  for (const sigma of sigmas) {
    bound += Math.abs(sigma) * GAIN_PER_UNIT * MAX_ASSET_STEPS / ASSET_GAIN_ONE;
    gain = Math.max(gain, Math.abs(sigma) * GAIN_PER_UNIT);
  }
  const tables = units.length + multiples.length + sigmas.length;
  let scale = 1;
  while (bound / scale + tables > MAX_PNL || gain / scale > NO_THRESHOLD / MAX_ASSET_STEPS - 1) scale *= 2;
  return scale;
};

/** Amounts in units of the scale, and what rounding them may come to on one path. */
class Rounded {
  errorBoundMinor = 0;
  readonly #scaleMinor: number;

  constructor(scaleMinor: number) { this.#scaleMinor = scaleMinor; }

  one(minor: number): number { return Math.round(minor / this.#scaleMinor); }

  /** Of one table: a path takes one of its values. */
  all(minors: readonly number[]): number[] {
    const units = minors.map((minor) => this.one(minor));
    this.add(minors.reduce((most, minor, i) => Math.max(most, Math.abs(minor - units[i]! * this.#scaleMinor)), 0));
    return units;
  }

  add(minor: number): void { this.errorBoundMinor += minor; }

  get scaleMinor(): number { return this.#scaleMinor; }
}

const starts = (lengths: readonly number[]): Int32Array => {
  const from = new Int32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) from[i + 1] = from[i]! + length;
  return from;
};

/** Loadings in whole parts, and what they leave to the own draw. */
const weights = (rows: readonly { readonly id: string; readonly loadings: readonly number[] }[], factors: number): { readonly loadings: Int32Array; readonly own: Int32Array } => {
  const loadings = new Int32Array(rows.length * factors), own = new Int32Array(rows.length);
  for (const [u, { id, loadings: given }] of rows.entries()) {
    if (given.length !== factors || given.some((loading) => !Number.isFinite(loading))) throw new VarError('bad_loadings', `${id}: ${given.join(', ')} are not ${factors} loadings`);
    const squares = given.reduce((sum, loading) => sum + loading * loading, 0);
    if (squares > 1 + 1e-9) throw new VarError('bad_loadings', `${id}: the squares of its loadings sum to ${squares}, and 1 is the most`);
    const whole = given.map((loading) => Math.round(loading * LOADING_ONE));
    own[u] = Math.round(LOADING_ONE * Math.sqrt(Math.max(0, 1 - squares)));
    if (whole.reduce((sum, loading) => sum + Math.abs(loading), own[u]!) > MAX_WEIGHT) throw new VarError('bad_loadings', `${id}: it hangs on too many factors at once: the absolute values of its loadings sum to more than ${MAX_WEIGHT / LOADING_ONE}`);
    loadings.set(whole, u * factors);
  }
  return { loadings, own };
};

/** Standard deviation of a latent: rounding may have moved it from LATENT_ONE. */
const latentSd = (loadings: Int32Array, own: number): number => {
  let squares = own * own;
  for (const loading of loadings) squares += loading * loading;
  return LATENT_ONE / LOADING_ONE * Math.sqrt(squares);
};

/** Upper bounds of the states, so that the normal latent is below each with the probability of the states up to it. */
const thresholdsOf = (id: string, probabilities: readonly number[], sd: number): number[] => {
  let cumulated = 0;
  const total = probabilities.reduce((sum, p) => sum + p, 0);
  const thresholds = probabilities.map((p, state) => {
    cumulated += p / total;
    if (state === probabilities.length - 1 || cumulated >= 1 - 1e-12) return NO_THRESHOLD;
    return cumulated <= 0 ? -NO_THRESHOLD : Math.max(-NO_THRESHOLD, Math.min(NO_THRESHOLD, Math.round(sd * inverseNormal(cumulated))));
  });
  if (thresholds.some(Number.isNaN)) throw new VarError('bad_probabilities', `${id}: its probabilities have no thresholds`);
  return thresholds;
};

const legsOf = (multiples: readonly MultipleTable[], units: readonly UnitTable[]): Pick<Plan, 'firstLeg' | 'legUnit' | 'firstStep' | 'steps'> => {
  const legs = multiples.flatMap((multiple) => multiple.legs);
  const steps = legs.map((leg) => units[leg.unit]!.from.map((state) => leg.steps[state]!));
  return { firstLeg: starts(multiples.map((multiple) => multiple.legs.length)), legUnit: Int32Array.from(legs, ({ unit }) => unit), firstStep: starts(steps.map(({ length }) => length)), steps: Int32Array.from(steps.flat()) };
};

const assetsOf = (assets: readonly AssetPosition[], sigmas: readonly number[], factors: number, rounded: Rounded): Pick<Plan, 'assetLoadings' | 'assetOwn' | 'assetGain'> => {
  const { loadings, own } = weights(assets.map(({ id, loadings: given = Array.from({ length: factors }, () => 0) }) => ({ id, loadings: given })), factors);
  const gains = sigmas.map((sigma) => sigma / rounded.scaleMinor * GAIN_PER_UNIT), whole = gains.map(Math.round);
  // Two floors take less than a unit and a gain's part of one; the gain's own rounding counts at the largest latent.
  for (const [i, gain] of whole.entries()) if (sigmas[i] !== 0) rounded.add(rounded.scaleMinor * (1 + (Math.abs(gain) + Math.abs(gain - gains[i]!) * MAX_ASSET_STEPS) / ASSET_GAIN_ONE));
  return { assetLoadings: loadings, assetOwn: own, assetGain: Int32Array.from(whole) };
};
