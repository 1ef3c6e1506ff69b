import fc from 'fast-check';
import t from 'tap';
import { pnlOf } from './book-for-tests.ts';
import { expectedPnl, multiplesOn, pnlAt } from './ends.ts';
import { anyBook, testPlan } from './plan-for-tests.ts';

const plans = anyBook.filter(({ units }) => units.reduce((ways, { pnl }) => ways * pnl.length, 1) < 10_000).map((book) => testPlan({ ...book, assets: [] }));

t.test('one end pays what its units and multiples pay, and the expectation is the mean of all ends', (t) => {
  fc.assert(fc.property(plans, (plan) => {
    let ends: { readonly states: readonly number[]; readonly probability: number }[] = [{ states: [], probability: 1 }];
    for (const u of plan.unitIds.keys()) {
      const own = [...plan.probabilities.subarray(plan.firstState[u], plan.firstState[u + 1])];
      ends = ends.flatMap(({ states, probability }) => own.map((p, state) => ({ states: [...states, state], probability: probability * p })));
    }
    const mean = ends.reduce((sum, { states, probability }) => sum + probability * pnlOf(plan, states), 0);
    return ends.every(({ states }) => pnlAt(plan, states) === pnlOf(plan, states)) && Math.abs(expectedPnl(plan) - mean) < 1e-6;
  }), { numRuns: 100 });
  t.end();
});

t.test('multiples by their units', (t) => {
  const leg = (unit: number) => ({ unit, steps: [0, -1] }), unit = { probabilities: [0.5, 0.5], pnl: [0, 0] };
  const plan = testPlan({ units: [unit, unit, unit], multiples: [{ legs: [leg(0), leg(2)], payoffs: [5], lostPnl: -1 }, { legs: [leg(2), leg(2)], payoffs: [3], lostPnl: -1 }] });
  t.same(multiplesOn(plan), [[0], [], [0, 1]]);
  t.equal(expectedPnl(plan), 0.25 * 5 - 0.75 + 0.5 * 3 - 0.5);
  t.end();
});
