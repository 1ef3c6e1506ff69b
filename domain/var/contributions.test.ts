import fc from 'fast-check';
import t from 'tap';
import { modelArb, portfolioArb } from './book-for-tests.ts';
import { contributions } from './contributions.ts';
import { measures } from './measures.ts';
import { compile } from './plan.ts';
import { simulate } from './simulate.ts';
import type { Model, Portfolio, Position } from './types.ts';

const sumOf = (parts: readonly { readonly cvar95Minor: number }[]): number => parts.reduce((sum, { cvar95Minor }) => sum + cvar95Minor, 0);
const isNear = (a: number, b: number, within: number): boolean => Math.abs(a - b) <= within + 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));

const contributed = (portfolio: Portfolio, model: Model, seed: number, paths: number) => {
  const plan = compile(portfolio, model), options = { seed, paths, isCorrelated: true }, pnl = simulate(plan, options);
  return { plan, ...contributions({ portfolio, model, plan }, pnl, options), cvar95: measures(pnl, plan.scaleMinor).cvar95.value };
};

t.test('components add up to the CVaR, the bets of an event to the event, and each multiple and asset is one', (t) => {
  const bookArb = modelArb(5, 2).chain((model) => fc.record({ model: fc.constant(model), portfolio: portfolioArb(model, { maxPositions: 8, maxLegs: 3 }), seed: fc.nat() }));
  fc.assert(fc.property(bookArb, fc.boolean(), ({ model, portfolio, seed }, hasAssets) => {
    const assets = hasAssets ? [{ id: 'index', quantity: 3, price: 100, currency: 'GBP', volatility: 0.3 }, { id: 'gold', quantity: -1, price: 900, currency: 'GBP', volatility: 0.1, loadings: [0.3, 0.2] }] : [];
    const { plan, components, bets, cvar95 } = contributed({ ...portfolio, assets }, model, seed, 2_000);
    const multiples = portfolio.positions.filter(({ legs }) => legs.length > 1).map(({ id }) => id), names = components.map(({ name }) => name);
    const eventOf = ({ legs }: Position): string => legs[0]!.market.split(':', 2).join(':'), idsOn = new Map<string, Set<string>>();
    for (const position of portfolio.positions.filter(({ legs }) => legs.length === 1)) idsOn.set(eventOf(position), (idsOn.get(eventOf(position)) ?? new Set()).add(position.id));
    const losses = new Map(components.map(({ name, cvar95Minor }) => [name, cvar95Minor]));
    return isNear(sumOf(components), cvar95, 0) && bets.length === portfolio.positions.length
      && [...idsOn].every(([event, ids]) => isNear(sumOf(bets.filter(({ name }) => ids.has(name))), losses.get(event) ?? 0, plan.errorBoundMinor))
      && multiples.every((id) => isNear(losses.get(`bet:${id}`)!, bets.find(({ name }) => name === id)!.cvar95Minor, 0))
      && names.filter((name) => name.startsWith('bet:')).length === multiples.length
      && names.filter((name) => name.startsWith('asset:')).sort().join() === assets.map(({ id }) => `asset:${id}`).sort().join();
  }), { numRuns: 60 });
  t.end();
});

t.test('of two bets that cancel out each has its part all the same', (t) => {
  const market = 'football:e1:1x2', classes = [['won', 'lost', 'lost'], ['lost', 'won', 'lost'], ['lost', 'lost', 'won']] as const;
  const model: Model = { factors: [], units: [{ id: market, event: 'football:e1', probabilities: [0.5, 0.3, 0.2], loadings: [], markets: new Map([[market, { outcomes: ['home', 'draw', 'away'], classes }]]) }] };
  const bet = (id: string, outcome: string, more: Partial<Position> = {}): Position => ({
    id, account: 'a', provider: 'house', legs: [{ market, outcome, priceE4: 20_000 }], side: 'back', stakeMinor: 100, currency: 'GBP', isFreeBet: false, commissionPpm: 0, isCounterparty: false, ...more,
  });
  const of = (positions: readonly Position[]) => contributed({ name: 'p', currency: 'GBP', rates: {}, positions, assets: [], horizonMs: 1 }, model, 1, 20_000);
  // Whoever backs home and lays it again has nothing, in any state: all paths are the tail, and on half of them home wins.
  const { components, bets, cvar95 } = of([bet('back', 'home'), bet('lay', 'home', { side: 'lay' })]);
  t.equal(cvar95, 0);
  t.same(components, []);
  t.equal(bets.length, 2);
  t.ok(bets.every(({ cvar95Minor }) => Math.abs(cvar95Minor) < 3), 'home is worth its price');
  // Backed at both ends: in the tail, which is the draw, both lose.
  const ends = of([bet('home', 'home', { stakeMinor: 100 }), bet('away', 'away', { stakeMinor: 300, commissionPpm: 20_000 })]);
  t.same(ends.bets.map(({ name, cvar95Minor }) => [name, Math.round(cvar95Minor)]), [['away', 300], ['home', 100]]);
  t.end();
});
