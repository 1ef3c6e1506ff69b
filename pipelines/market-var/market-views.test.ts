import fc from 'fast-check';
import t from 'tap';
import { catalogueOf } from '../../domain/market.ts';
import { viewOfTaken } from './market-views.ts';

t.test('without any price, what was paid for outcomes is a distribution over all of them', (t) => {
  const takenArb = fc.constantFrom('1x2', 'totals:2.5', 'double_chance', 'winner').chain((name) => fc.record({
    name: fc.constant(name), prices: fc.array(fc.double({ min: 1.01, max: 500, noNaN: true }), { minLength: 1, maxLength: catalogueOf(name)?.outcomes.length ?? 5 }),
  }));
  fc.assert(fc.property(takenArb, ({ name, prices }) => {
    const catalogue = catalogueOf(name), taken = new Map(prices.map((price, i) => [catalogue?.outcomes[i] ?? `runner ${i}`, price]));
    const { outcomes, probabilities, flag } = viewOfTaken(`football:e1:${name}`, taken);
    return flag === 'price_unknown' && probabilities.every((p) => p > 0 && p <= 1) && Math.abs(probabilities.reduce((sum, p) => sum + p, 0) - (catalogue?.winners ?? 1)) < 1e-9 && [...taken.keys()].every((outcome) => outcomes.includes(outcome));
  }));
  t.strictSame(viewOfTaken('football:e1:1x2', new Map([['home', 2]])), { outcomes: ['home', 'draw', 'away'], probabilities: [0.5, 0.25, 0.25], timestampMs: 0, flag: 'price_unknown' });
  t.strictSame(viewOfTaken('golf:open:winner', new Map([['Ann', 4]])), { outcomes: ['Ann', 'another'], probabilities: [0.25, 0.75], timestampMs: 0, flag: 'price_unknown' });
  t.end();
});
