/** Named scenarios: what a portfolio's bets come to if this happens. Assets do not count. */
import type { LegClass } from '../payout.ts';
import { parseMarket, parseRecordKey } from '../market.ts';
import { comonotone, worstMean } from './comonotone.ts';
import { expectedPnl } from './ends.ts';
import { exposureOf } from './exposure.ts';
import { compile } from './plan.ts';
import { VarError } from './types.ts';
import type { Model, Portfolio, Unit } from './types.ts';

/** Amounts in base minor units. */
export interface Stress {
  /** `favourites_win`, `outsiders_win`, `void:<provider>`, `favourites_shorten:<percent>`, `favourites_drift:<percent>`, `correlation_one`. */
  readonly scenario: string;
  /** Where the scenario says how all ends: the P&L. Else what is expected, units taken as independent; of `correlation_one` the mean of the worst 5 %. */
  readonly pnlMinor: number;
  /** The worst that can still come, or a bound of it. */
  readonly worstMinor: number;
}

const wonShare: Readonly<Record<LegClass, number>> = { won: 1, half_won: 0.5, push: 0, void: 0, half_lost: 0, lost: 0 };
/** The market that says who of an event's sides is the favourite: the first of these that there is, of several lines the one nearest to 0. */
const sideTypes = ['1x2', 'moneyline', 'draw_no_bet', 'asian_handicap', 'european_handicap'];

interface Side {
  /** What each state makes of this side's win. */
  readonly classes: readonly LegClass[];
  readonly probability: number;
}

/** The likeliest outcome of the market that says so, and the unlikeliest; a draw is neither. Of a unit without sides (totals) it is the outcomes that there are. */
const sidesOf = (unit: Unit): { readonly favourite: Side; readonly outsider: Side } => {
  const ranked = [...unit.markets].map(([market, results]) => {
    const key = parseRecordKey(market), name = parseMarket(key.ok ? key.value.market : ''), type = name.ok ? sideTypes.indexOf(name.value.type) : -1;
    return { results, rank: type < 0 ? sideTypes.length : type, line: name.ok ? Math.abs(name.value.line ?? 0) : 0 };
  }).sort((a, b) => a.rank - b.rank || a.line - b.line);
  const { outcomes, classes } = ranked[0]!.results;
  const sides = outcomes.flatMap((outcome, o): Side[] => {
    if (outcome === 'draw') return [];
    const own = classes.map((row) => row[o]!);
    return [{ classes: own, probability: unit.probabilities.reduce((sum, p, state) => sum + p * wonShare[own[state]!], 0) }];
  }).sort((a, b) => b.probability - a.probability);
  return { favourite: sides[0]!, outsider: sides.at(-1)! };
};

/** The likeliest state in which a side has won; the likeliest of all where it cannot. */
const likeliest = ({ probabilities }: Unit, { classes }: Side): number => {
  const can = classes.some((result, state) => result === 'won' && probabilities[state]! > 0);
  return probabilities.reduce((best, p, state) => ((!can || classes[state] === 'won') && (best < 0 || p > probabilities[best]!) ? state : best), -1);
};

/** The model in which each unit has ended in one state. */
const ended = (model: Model, sideOf: (unit: Unit) => Side): Model => ({
  ...model,
  units: model.units.map((unit) => {
    const state = likeliest(unit, sideOf(unit));
    return { ...unit, probabilities: [1], markets: new Map([...unit.markets].map(([market, { outcomes, classes }]) => [market, { outcomes, classes: [classes[state]!] }])) };
  }),
});

/** What a probability does not pass because a price has become shorter. */
const MOST_LIKELY = 0.999;

/** The model in which the favourites' prices are so many times what they were; what else can happen keeps its shares of the rest. */
const gapped = (model: Model, priceFactor: number): Model => ({
  ...model,
  units: model.units.map((unit) => {
    const { classes } = sidesOf(unit).favourite, share = (state: number): number => wonShare[classes[state]!];
    const before = unit.probabilities.reduce((sum, p, state) => (share(state) > 0 ? sum + p : sum), 0);
    if (before === 0 || before >= MOST_LIKELY) return unit;
    const after = Math.min(MOST_LIKELY, before / priceFactor);
    return { ...unit, probabilities: unit.probabilities.map((p, state) => p * (share(state) > 0 ? after / before : (1 - after) / (1 - before))) };
  }),
});

const stressOf = (scenario: string, portfolio: Portfolio, model: Model): Stress => {
  const plan = compile({ ...portfolio, assets: [] }, model);
  return { scenario, pnlMinor: expectedPnl(plan) * plan.scaleMinor, worstMinor: exposureOf(plan).worstPnl * plan.scaleMinor };
};

/** The tail that counts at a correlation of one. */
const TAIL = 0.05;

const correlationOne = (portfolio: Portfolio, model: Model): Stress => {
  const plan = compile({ ...portfolio, assets: [] }, model), chances = comonotone(plan);
  return { scenario: 'correlation_one', pnlMinor: worstMean(chances, TAIL) * plan.scaleMinor, worstMinor: chances.reduce((worst, { pnl }) => Math.min(worst, pnl), Infinity) * plan.scaleMinor };
};

/**
 * Every scenario: all favourites win, all outsiders; each provider voids all its bets; all favourites' prices fall, or rise, by `gapPercent`; every unit goes by one draw
 * ({@link comonotone}), home sides or favourites together as the model's loadings have it.
 *
 * Throws a VarError: `bad_scenario` for a gap that is not above 0 and below 100, and those of {@link compile}.
 */
export const stresses = (portfolio: Portfolio, model: Model, gapPercent: number): readonly Stress[] => {
  if (!(gapPercent > 0 && gapPercent < 100)) throw new VarError('bad_scenario', `prices gap by more than 0 and less than 100 %, not ${gapPercent}`);
  const providers = [...new Set(portfolio.positions.map(({ provider }) => provider))].sort();
  return [
    stressOf('favourites_win', portfolio, ended(model, (unit) => sidesOf(unit).favourite)),
    stressOf('outsiders_win', portfolio, ended(model, (unit) => sidesOf(unit).outsider)),
    ...providers.map((provider) => stressOf(`void:${provider}`, { ...portfolio, positions: portfolio.positions.filter((position) => position.provider !== provider) }, model)),
    stressOf(`favourites_shorten:${gapPercent}`, portfolio, gapped(model, 1 - gapPercent / 100)),
    stressOf(`favourites_drift:${gapPercent}`, portfolio, gapped(model, 1 + gapPercent / 100)),
    correlationOne(portfolio, model),
  ];
};
