import fc from 'fast-check';
import t from 'tap';
import { modelArb, portfolioArb } from './book-for-tests.ts';
import { contributions } from './contributions.ts';
import { measures } from './measures.ts';
import { compile } from './plan.ts';
import { simulate } from './simulate.ts';

t.test('contributions add up to the CVaR, and who stands alone has all of it', (t) => {
  const bookArb = modelArb(5, 2).chain((model) => fc.record({ model: fc.constant(model), portfolio: portfolioArb(model, { maxPositions: 8, maxLegs: 3 }), seed: fc.nat() }));
  fc.assert(fc.property(bookArb, fc.boolean(), ({ model, portfolio, seed }, hasAssets) => {
    const assets = hasAssets ? [{ id: 'index', quantity: 3, price: 100, currency: 'GBP', volatility: 0.3 }, { id: 'gold', quantity: -1, price: 900, currency: 'GBP', volatility: 0.1, loadings: [0.3, 0.2] }] : [];
    const plan = compile({ ...portfolio, assets }, model), options = { seed, paths: 2_000, isCorrelated: true }, pnl = simulate(plan, options);
    const multiples = portfolio.positions.filter(({ legs }) => legs.length > 1).map(({ id }) => id), parts = contributions(plan, pnl, options, multiples), { cvar95 } = measures(pnl, plan.scaleMinor);
    const sum = parts.reduce((all, { cvar95Minor }) => all + cvar95Minor, 0);
    return Math.abs(sum - cvar95.value) <= 1e-6 * Math.max(1, Math.abs(cvar95.value)) && parts.length <= plan.unitIds.length + multiples.length + (hasAssets ? 1 : 0)
      && parts.filter(({ component }) => component.startsWith('bet:')).length === multiples.length && parts.some(({ component }) => component === 'assets') === hasAssets;
  }), { numRuns: 60 });
  t.end();
});
