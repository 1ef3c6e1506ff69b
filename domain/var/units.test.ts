import fc from 'fast-check';
import t from 'tap';
import type { LegClass } from '../payout.ts';
import type { CorrelationSettings, EventState, MarketState, Overrides } from './inputs.ts';
import { compile } from './plan.ts';
import { gridProbabilities, scoreGrid } from './score-grid.ts';
import type { Unit } from './types.ts';
import { MAX_STATES, modelOf } from './units.ts';

const alone: CorrelationSettings = { general: 0, sport: 0, competition: 0, day: 0, sign: 'home' };
const eventOf = (id: string, more: Partial<EventState> = {}): EventState => ({ id, competition: 'E0', startsAtMs: Date.parse('2026-11-29T15:00:00Z'), isInPlay: false, score: null, ...more });
const threeWay = ['home', 'draw', 'away'], sides = ['home', 'away'], overUnder = ['over', 'under'];
const open = (market: string, outcomes: readonly string[], probabilities: readonly number[]): MarketState => ({ market, outcomes, probabilities, decided: null });

/** How likely each class of an outcome is. */
const chances = (unit: Unit, market: string, outcome: string): Partial<Record<LegClass, number>> => {
  const { outcomes, classes } = unit.markets.get(market)!, at = outcomes.indexOf(outcome), sums: Partial<Record<LegClass, number>> = {};
  for (const [state, p] of unit.probabilities.entries()) sums[classes[state]![at]!] = (sums[classes[state]![at]!] ?? 0) + p;
  return Object.fromEntries(Object.entries(sums).map(([result, p]) => [result, Number(p.toFixed(12))]));
};
const isNear = (a: number | undefined, b: number, within = 1e-6): boolean => Math.abs((a ?? 0) - b) <= within;
const unitsOf = (events: readonly EventState[], markets: readonly MarketState[], overrides: Overrides = {}): readonly Unit[] => modelOf({ events, markets, correlation: alone, overrides }).model.units;

t.test('markets of one score are one unit, from a high lead of the home side to a high one of the away side', (t) => {
  const [e1, e2] = ['football:e1', 'football:e2'];
  const { model, grids } = modelOf({ events: [eventOf(e1), eventOf(e2)], correlation: alone, markets: [
    open(`${e1}:1x2`, threeWay, [0.5, 0.27, 0.23]), open(`${e1}:totals:2`, overUnder, [0.62, 0.38]), open(`${e1}:1x2.h1`, threeWay, [0.35, 0.4, 0.25]), open(`${e2}:btts`, ['yes', 'no'], [0.5, 0.5]),
  ] });
  t.same(model.units.map(({ id, event }) => [id, event]), [[e1, e1], [`${e1}:1x2.h1`, e1], [e2, e2]]);
  t.same(grids.map(({ event }) => event), [e1, e2]);
  t.ok(grids.every(({ residual }) => residual < 1e-6));
  const [score, half] = model.units;
  t.ok(isNear(chances(score!, `${e1}:1x2`, 'home').won, 0.5) && isNear(chances(score!, `${e1}:1x2`, 'away').won, 0.23));
  const { won, push, lost } = chances(score!, `${e1}:totals:2`, 'over');
  t.ok(isNear(won! / (won! + lost!), 0.62) && push! > 0.15, 'the push is the grid\'s');
  const winners = score!.markets.get(`${e1}:1x2`)!.classes.map((row) => row.indexOf('won'));
  t.same(winners, [...winners].sort(), 'home, draw, away');
  t.same(half!.probabilities, [0.35, 0.4, 0.25]);
  t.same(half!.markets.get(`${e1}:1x2.h1`)!.classes, [['won', 'lost', 'lost'], ['lost', 'won', 'lost'], ['lost', 'lost', 'won']]);
  t.end();
});

t.test('from the score in play on', (t) => {
  const id = 'football:e1', markets = [open(`${id}:1x2`, threeWay, [0.9, 0.08, 0.02]), open(`${id}:totals:2.5`, overUnder, [0.95, 0.05])];
  const [unit] = unitsOf([eventOf(id, { isInPlay: true, score: { home: 2, away: 1 } })], markets);
  t.same(chances(unit!, `${id}:totals:2.5`, 'over'), { won: 1 });
  t.equal(unit!.probabilities.length, 3, 'neighbours that no market tells apart are one');
  t.end();
});

t.test('markets that no score of few goals decides are drawn by themselves, and nothing is returned in them', (t) => {
  const ids = ['basketball:b', 'tennis:t', 'golf:g', 'football:f'];
  const units = unitsOf(ids.map((id) => eventOf(id)), [
    open('basketball:b:totals:220', overUnder, [0.4, 0.6]), open('basketball:b:asian_handicap:-5.25', sides, [0.45, 0.55]), open('tennis:t:moneyline', ['away', 'home'], [0.3, 0.7]),
    open('golf:g:winner', ['z', 'a', 'm'], [0.2, 0.5, 0.3]), open('football:f:double_chance.h1', ['draw_away', 'home_draw', 'home_away'], [0.7, 0.7, 0.6]),
  ]);
  t.same(units.map(({ id, probabilities }) => [id, probabilities.map((p) => Number(p.toFixed(9)))]), [
    ['basketball:b:totals:220', [0.4, 0.6]], ['basketball:b:asian_handicap:-5.25', [0.45, 0.55]], ['tennis:t:moneyline', [0.7, 0.3]],
    ['golf:g:winner', [0.2, 0.5, 0.3]], ['football:f:double_chance.h1', [0.3, 0.4, 0.3]],
  ]);
  t.same(units[2]!.markets.get('tennis:t:moneyline'), { outcomes: sides, classes: [['won', 'lost'], ['lost', 'won']] }, 'in the catalogue\'s order');
  t.same(chances(units[4]!, 'football:f:double_chance.h1', 'home_draw'), { won: 0.7, lost: 0.3 });
  t.end();
});

t.test('what is decided is not drawn', (t) => {
  const id = 'football:e1';
  const units = unitsOf([eventOf(id)], [{ ...open(`${id}:1x2`, threeWay, [0.5, 0.3, 0.2]), decided: ['lost', 'won', 'lost'] }, open(`${id}:totals.h2:0.5`, overUnder, [0.7, 0.3])]);
  t.same(units.map(({ probabilities }) => probabilities), [[1], [0.7, 0.3]]);
  t.same(chances(units[0]!, `${id}:1x2`, 'draw'), { won: 1 });
  t.throws(() => unitsOf([eventOf(id)], [{ ...open(`${id}:1x2`, threeWay, [0.5, 0.3, 0.2]), decided: ['lost', 'won', 'lost'] }], { [`${id}:1x2`]: { home: 1, draw: 0, away: 0 } }), { code: 'bad_scenario' });
  t.end();
});

t.test('an override is held, and moves what hangs on it', (t) => {
  const id = 'football:e1', markets = [open(`${id}:1x2`, ['away', 'draw', 'home'], [0.23, 0.27, 0.5]), open(`${id}:asian_handicap:-0.5`, sides, [0.51, 0.49]), open(`${id}:1x2.h1`, threeWay, [0.35, 0.4, 0.25])];
  const [score, half] = unitsOf([eventOf(id)], markets, { [`${id}:1x2`]: { home: 0, draw: 0, away: 1 }, [`${id}:1x2.h1`]: { home: 0, draw: 1, away: 0 } });
  t.same(chances(score!, `${id}:1x2`, 'away'), { won: 1 });
  t.same(chances(score!, `${id}:asian_handicap:-0.5`, 'away'), { won: 1 });
  t.same(half!.probabilities, [1]);
  fc.assert(fc.property(fc.double({ min: 0.02, max: 0.9, noNaN: true }), (home) => {
    const [unit] = unitsOf([eventOf(id)], markets, { [`${id}:1x2`]: { draw: (1 - home) / 2, home, away: (1 - home) / 2 } });
    return isNear(chances(unit!, `${id}:asian_handicap:-0.5`, 'home').won, home, 1e-8);
  }), { numRuns: 30 });
  t.end();
});

t.test('factors push the home side, or the favourite', (t) => {
  const events = [eventOf('football:a'), eventOf('football:b', { competition: null })], markets = [
    open('football:a:1x2', threeWay, [0.6, 0.2, 0.2]), open('football:b:1x2', threeWay, [0.2, 0.2, 0.6]), open('football:b:btts.h1', ['yes', 'no'], [0.2, 0.8]),
  ];
  const of = (sign: 'home' | 'favourite') => modelOf({ events, markets, correlation: { ...alone, general: 0.3, competition: 0.4, sign } }).model;
  t.same(of('home').factors, ['competition:E0', 'general']);
  t.same(of('home').units.map(({ loadings }) => loadings), [[-0.4, -0.3], [0, -0.3], [0, -0.3]]);
  t.same(of('favourite').units.map(({ loadings }) => loadings), [[-0.4, -0.3], [0, 0.3], [0, 0.3]]);
  const byMatrix = modelOf({ events, markets, correlation: { units: ['football:a', 'football:b'], correlations: [[1, 0.5], [0.5, 1]] } }).model.units;
  t.ok(isNear(byMatrix[0]!.loadings.reduce((sum, l, k) => sum + l * byMatrix[1]!.loadings[k]!, 0), 0.5, 1e-12));
  t.end();
});

t.test('a plan is made of it, and expects what the prices say', (t) => {
  fc.assert(fc.property(fc.double({ min: 0.3, max: 2.5, noNaN: true }), fc.double({ min: 0.3, max: 2.5, noNaN: true }), fc.constantFrom('totals:2', 'totals:2.25', 'totals:2.75', 'asian_handicap:-1', 'asian_handicap:0.25', 'draw_no_bet'), (home, away, name) => {
    const id = 'football:e1', p = home / (home + away), truth = scoreGrid({ home: 0, away: 0 }, [{ market: '1x2', probabilities: [p * 0.75, 0.25, (1 - p) * 0.75] }]);
    const fair = gridProbabilities(truth, name), names = name.startsWith('totals') ? overUnder : sides, priceE4 = Math.round(1e4 / fair[0]!);
    if (fair.some((q) => q < 0.01)) return true;
    const { model } = modelOf({ events: [eventOf(id)], correlation: alone, markets: [open(`${id}:1x2`, threeWay, gridProbabilities(truth, '1x2')), open(`${id}:${name}`, names, fair)] });
    const plan = compile({
      name: 'p', currency: 'GBP', rates: {}, assets: [], horizonMs: 0, positions: [{
        id: 'b', account: 'a', provider: 'x', legs: [{ market: `${id}:${name}`, outcome: names[0]!, priceE4 }], side: 'back', stakeMinor: 10_000, currency: 'GBP', isFreeBet: false, commissionPpm: 0, isCounterparty: false,
      }],
    }, model);
    // A fair price is worth nothing, but for what rounding it to ten-thousandths gives.
    return Math.abs(plan.pnl.reduce((sum, pnl, s) => sum + pnl * plan.probabilities[s]!, 0)) < 2;
  }), { numRuns: 100 });
  t.end();
});

t.test('what cannot be drawn is refused, by name', (t) => {
  const id = 'football:e1', refused = (markets: readonly MarketState[], code: string, message: RegExp, overrides?: Overrides): void => {
    t.throws(() => unitsOf([eventOf(id)], markets, overrides), { code, message });
  };
  refused([open('nonsense', ['a'], [1])], 'market_unknown', /nonsense/);
  refused([open('football:e2:1x2', threeWay, [0.4, 0.3, 0.3])], 'market_unknown', /no event football:e2/);
  refused([open(`${id}:1x2`, ['home', 'away'], [0.5, 0.5])], 'outcome_unknown', /football:e1:1x2/);
  refused([open(`${id}:1x2`, threeWay, [0.5, 0.5, 0.5])], 'bad_probabilities', /football:e1:1x2.*sum to 1.5/);
  refused([open(`${id}:winner`, ['a', 'b'], [NaN, 1])], 'bad_probabilities', /football:e1:winner.*NaN/);
  refused([open(`${id}:winner`, Array.from({ length: MAX_STATES + 1 }, (_, i) => `${i}`), new Array<number>(MAX_STATES + 1).fill(1 / (MAX_STATES + 1)))], 'too_many_states', /winner/);
  refused([open(`${id}:1x2`, threeWay, [0.4, 0.3, 0.3])], 'market_unknown', /totals:2/, { [`${id}:totals:2`]: { over: 0.5, under: 0.5 } });
  refused([open(`${id}:1x2`, threeWay, [0.4, 0.3, 0.3])], 'bad_probabilities', /1x2/, { [`${id}:1x2`]: { home: 0.5, draw: 0.5, away: 0.5 } });
  refused([open(`${id}:1x2`, threeWay, [0.4, 0.3, 0.3])], 'outcome_unknown', /home, draw, away: .* not of home, away/, { [`${id}:1x2`]: { home: 0.5, away: 0.5 } });
  t.end();
});
