import fc from 'fast-check';
import t from 'tap';
import { comonotone, worstMean } from './comonotone.ts';
import { pnlAt } from './ends.ts';
import { anyBook, testPlan } from './plan-for-tests.ts';

t.test('every unit in the state that the one draw gives it', (t) => {
  fc.assert(fc.property(anyBook.map((book) => testPlan({ ...book, assets: [] })), fc.double({ min: 0, max: 1, noNaN: true }), (plan, uniform) => {
    const factors = plan.factorIds.length, chances = comonotone(plan);
    const states = plan.unitIds.map((_, u) => {
      const own = [...plan.probabilities.subarray(plan.firstState[u], plan.firstState[u + 1])], isBackwards = plan.loadings.subarray(u * factors, (u + 1) * factors).reduce((sum, l) => sum + l, 0) > 0;
      let left = isBackwards ? 1 - uniform : uniform;
      const state = own.findIndex((p) => (left -= p) < 0);
      return state < 0 ? own.length - 1 : state;
    });
    let left = uniform;
    const [before, at, after] = [-1e-9, 0, 1e-9].map((off) => {
      left = uniform + off;
      return chances.find(({ probability }) => (left -= probability) < 0) ?? chances.at(-1)!;
    });
    // At the edge of a state rounding says which.
    return before !== at || at !== after || at!.pnl === pnlAt(plan, states);
  }), { numRuns: 500 });
  t.end();
});

t.test('they sum to one, and expect what single bets expect by themselves', (t) => {
  fc.assert(fc.property(anyBook.map((book) => testPlan({ ...book, assets: [], multiples: [] })), (plan) => {
    const chances = comonotone(plan), expected = plan.pnl.reduce((sum, pnl, s) => sum + pnl * plan.probabilities[s]!, 0);
    return Math.abs(chances.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-9 && chances.every(({ probability }) => probability >= -1e-12)
      && Math.abs(chances.reduce((sum, { pnl, probability }) => sum + pnl * probability, 0) - expected) < 1e-6;
  }));
  t.end();
});

t.test('the mean of the worst', (t) => {
  const losses = [0, 1, 2, 3, 4].map((loss) => ({ pnl: -loss, probability: 0.2 }));
  t.ok(Math.abs(worstMean(losses, 0.25) + 3.8) < 1e-12, 'the tail is fractional');
  t.ok(Math.abs(worstMean(losses, 1) + 2) < 1e-12);
  t.equal(worstMean([{ pnl: 5, probability: 1 }], 0.05), 5);
  t.end();
});
