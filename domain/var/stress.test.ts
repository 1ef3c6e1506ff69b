import fc from 'fast-check';
import t from 'tap';
import { mirrored, modelArb, portfolioArb, unitOf } from './book-for-tests.ts';
import { expectedPnl } from './ends.ts';
import { exposureOf } from './exposure.ts';
import { compile } from './plan.ts';
import { stresses } from './stress.ts';
import type { Model, Portfolio, Position } from './types.ts';

const bet = (provider: string, legs: readonly (readonly [market: string, outcome: string, priceE4: number])[], more: Partial<Position> = {}): Position => ({
  id: `${provider} ${legs.join(' ')}`, provider, account: 'a', legs: legs.map(([market, outcome, priceE4]) => ({ market, outcome, priceE4 })), side: 'back', stakeMinor: 1_000, currency: 'GBP', isFreeBet: false, commissionPpm: 0, isCounterparty: false, ...more,
});
const portfolioOf = (positions: readonly Position[]): Portfolio => ({ name: 'p', currency: 'GBP', rates: {}, positions, assets: [], horizonMs: 0 });
const of = (portfolio: Portfolio, model: Model, gap = 10): Map<string, readonly [number, number]> =>
  new Map(stresses(portfolio, model, gap).map(({ scenario, pnlMinor, worstMinor }) => [scenario, [Math.round(pnlMinor * 1e6) / 1e6, worstMinor] as const]));

const model: Model = { factors: [], units: [unitOf('football:a', '1x2', [0.5, 0.3, 0.2]), unitOf('football:b', '1x2', [0.25, 0.35, 0.4])] };
const portfolio = portfolioOf([bet('x', [['football:a:1x2', 'home', 20_000]]), bet('y', [['football:b:1x2', 'home', 40_000]]), bet('y', [['football:a:1x2', 'home', 20_000], ['football:b:1x2', 'away', 25_000]])]);

t.test('favourites win, outsiders win: a draw is neither', (t) => {
  const found = of(portfolio, model);
  t.same(found.get('favourites_win'), [1_000 - 1_000 + 4_000, 4_000]);
  t.same(found.get('outsiders_win'), [-1_000 + 3_000 - 1_000, 1_000]);
  const away = portfolioOf([bet('x', [['football:a:1x2', 'away', 40_000]])]), unlikelyDraw: Model = { factors: [], units: [unitOf('football:a', '1x2', [0.5, 0.2, 0.3])] };
  t.same(of(away, unlikelyDraw).get('outsiders_win'), [3_000, 3_000]);
  t.end();
});

t.test('a provider voids all its bets', (t) => {
  const found = of(portfolio, model);
  t.same(found.get('void:x'), [0, -2_000]);
  t.same(found.get('void:y'), [0, -1_000]);
  t.same([...found.keys()].filter((name) => name.startsWith('void')), ['void:x', 'void:y']);
  t.end();
});

t.test('favourites\' prices gap', (t) => {
  const single = portfolioOf([bet('x', [['football:a:1x2', 'home', 20_000]])]), found = of(single, model, 20);
  t.same(found.get('favourites_shorten:20'), [250, -1_000], '0.5 becomes 0.625');
  t.same(found.get('favourites_drift:20'), [Math.round((2_000 / 2.4 - 1_000) * 1e6) / 1e6, -1_000]);
  const draw = portfolioOf([bet('x', [['football:a:1x2', 'draw', 30_000]])]);
  t.same(of(draw, model, 20).get('favourites_shorten:20'), [Math.round((3_000 * 0.3 * 0.375 / 0.5 - 1_000) * 1e6) / 1e6, -1_000], 'the others keep their shares of the rest');
  t.equal(of(single, { ...model, units: [unitOf('football:a', '1x2', [0.9, 0.05, 0.05])] }, 50).get('favourites_shorten:50')![0], 998);
  for (const gap of [0, 100, -5, NaN]) t.throws(() => stresses(single, model, gap), { code: 'bad_scenario' });
  t.end();
});

t.test('one draw for all', (t) => {
  const homes = portfolioOf([bet('x', [['football:a:1x2', 'home', 20_000]]), bet('x', [['football:b:1x2', 'home', 40_000]])]);
  t.same(of(homes, model).get('correlation_one'), [-2_000, -2_000]);
  const opposed = portfolioOf([bet('x', [['football:a:1x2', 'home', 20_000]]), bet('x', [['football:b:1x2', 'away', 25_000]])]);
  t.same(of(opposed, model).get('correlation_one'), [-2_000, -2_000], 'between the two both are lost');
  // Favourites together: b's is the away side, so its factor works the other way.
  const favourites: Model = { factors: ['general'], units: model.units.map((unit, u) => ({ ...unit, loadings: [u === 0 ? -0.3 : 0.3] })) };
  t.same(of(opposed, favourites).get('correlation_one'), [-2_000, -2_000]);
  const sure = portfolioOf([bet('x', [['football:a:1x2', 'home', 20_000]]), bet('x', [['football:b:1x2', 'home', 20_000]], { side: 'lay' })]);
  t.same(of(sure, model).get('correlation_one'), [0, 0], 'where b\'s home side wins, a\'s does');
  t.end();
});

t.test('which market says who is the favourite', (t) => {
  // Home is the favourite to win, and less likely than not to win by two: the scenario is of the match.
  const classes = { '1x2': [['won', 'lost', 'lost'], ['won', 'lost', 'lost'], ['lost', 'won', 'lost'], ['lost', 'lost', 'won']], 'asian_handicap:-1.5': [['won', 'lost'], ['lost', 'won'], ['lost', 'won'], ['lost', 'won']] } as const;
  const unit = {
    id: 'football:a', event: 'football:a', probabilities: [0.2, 0.35, 0.25, 0.2], loadings: [],
    markets: new Map([
      ['football:a:asian_handicap:-1.5', { outcomes: ['home', 'away'], classes: classes['asian_handicap:-1.5'] }], ['football:a:1x2', { outcomes: ['home', 'draw', 'away'], classes: classes['1x2'] }],
    ]),
  };
  const found = of(portfolioOf([bet('x', [['football:a:1x2', 'home', 20_000]]), bet('x', [['football:a:asian_handicap:-1.5', 'home', 50_000]])]), { factors: [], units: [unit] });
  t.same(found.get('favourites_win'), [0, 0], 'won by one, the likeliest win');
  t.same(found.get('outsiders_win'), [-2_000, -2_000]);
  t.end();
});

t.test('no scenario is worse than the worst, or expects more than what is best', (t) => {
  fc.assert(fc.property(modelArb(5).chain((any) => portfolioArb(any, { maxPositions: 8, maxLegs: 3 }).map((held) => ({ any, held }))), ({ any, held }) => {
    const plan = compile(held, any), { worstPnl } = exposureOf(plan), bestPnl = -exposureOf(mirrored(plan)).worstPnl, found = stresses(held, any, 10), rounding = 4 * plan.errorBoundMinor + 1e-6;
    const isWithin = found.filter(({ scenario }) => !scenario.startsWith('void')).every(({ pnlMinor, worstMinor }) =>
      worstMinor >= worstPnl * plan.scaleMinor - rounding && pnlMinor >= worstMinor - rounding && pnlMinor <= bestPnl * plan.scaleMinor + rounding);
    // Bets of other providers are none of a void's, so what they expect is what all do less what the provider's bets do, but for commission.
    const isSum = held.positions.some(({ commissionPpm }) => commissionPpm > 0) || ['bet365', 'betfair'].every((provider) => {
      const own = held.positions.filter((position) => position.provider === provider), voided = found.find(({ scenario }) => scenario === `void:${provider}`);
      if (own.length === 0) return voided === undefined;
      const alone = compile({ ...held, positions: own }, any);
      return Math.abs(voided!.pnlMinor + expectedPnl(alone) * alone.scaleMinor - expectedPnl(plan) * plan.scaleMinor) < rounding;
    });
    return isWithin && isSum;
  }), { numRuns: 200 });
  t.end();
});
