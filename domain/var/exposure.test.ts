import fc from 'fast-check';
import t from 'tap';
import { mirrored, modelArb, pnlOf, portfolioArb } from './book-for-tests.ts';
import { exposureOf, MAX_WAYS, worstLoss } from './exposure.ts';
import { compile } from './plan.ts';
import { anyBook, testPlan } from './plan-for-tests.ts';
import type { Plan } from './types.ts';

/** The P&L of each way in which a plan's units can end, but for those of probability 0. */
const everyEnd = (plan: Plan): { readonly states: readonly number[]; readonly pnl: number }[] => {
  let ends: number[][] = [[]];
  for (const u of plan.unitIds.keys()) {
    const states = Array.from({ length: plan.firstState[u + 1]! - plan.firstState[u]! }, (_, s) => s).filter((s) => plan.probabilities[plan.firstState[u]! + s]! > 0);
    ends = ends.flatMap((end) => states.map((state) => [...end, state]));
  }
  return ends.map((states) => ({ states, pnl: pnlOf(plan, states) }));
};

const isExact = (plan: Plan): boolean => {
  const ends = everyEnd(plan), { worstPnl, isBound, worstStates } = exposureOf(plan), bestPnl = -exposureOf(mirrored(plan)).worstPnl;
  return !isBound && worstPnl === Math.min(...ends.map(({ pnl }) => pnl)) && bestPnl === Math.max(...ends.map(({ pnl }) => pnl))
    && pnlOf(plan, worstStates) === worstPnl && ends.some(({ states }) => states.join() === worstStates.join());
};

t.test('the worst and the best of all ends, as found by going through them', (t) => {
  let tied = 0;
  fc.assert(fc.property(modelArb(5).chain((model) => portfolioArb(model, { maxPositions: 12, maxLegs: 4 }).map((portfolio) => compile(portfolio, model))), (plan) => {
    if (plan.lostPnl.length > 1) tied += 1;
    return isExact(plan);
  }), { numRuns: 300 });
  t.ok(tied > 50, `${tied} had several multiples`);
  fc.assert(fc.property(anyBook.filter(({ units }) => units.reduce((ways, { pnl }) => ways * pnl.length, 1) < 20_000), (book) => isExact(testPlan({ ...book, assets: [] }))), { numRuns: 100 });
  t.end();
});

t.test('states that cannot come do not count', (t) => {
  const plan = testPlan({ units: [{ probabilities: [0.5, 0, 0.5], pnl: [10, -999, -20] }, { probabilities: [1, 0], pnl: [5, 900] }] });
  t.same(exposureOf(plan), { worstPnl: -15, isBound: false, worstStates: [2, 0] });
  t.same(exposureOf(mirrored(plan)).worstPnl, -15);
  t.end();
});

t.test('two legs on one unit end together', (t) => {
  const legs = [{ unit: 0, steps: [-1, 0, 0] }, { unit: 0, steps: [0, 0, -1] }];
  const plan = testPlan({ units: [{ probabilities: [0.3, 0.4, 0.3], pnl: [-1, -2, -3] }], multiples: [{ legs, payoffs: [-100], lostPnl: 50 }] });
  t.same(exposureOf(plan), { worstPnl: -102, isBound: false, worstStates: [1] });
  t.same(exposureOf(mirrored(plan)).worstPnl, -49);
  t.end();
});

t.test('too many ways: a bound that nothing passes', (t) => {
  const ways = Math.ceil(Math.log2(MAX_WAYS)) + 1;
  // A chain of doubles, each of which loses if its two units end alike: no end is the worst of all of them at once.
  const units = Array.from({ length: ways }, (_, u) => ({ probabilities: [0.5, 0.5], pnl: [u, -u] }));
  const multiples = Array.from({ length: ways - 1 }, (_, u) => ({ legs: [{ unit: u, steps: [0, 1] }, { unit: u + 1, steps: [1, 0] }], payoffs: [7, -3, 7], lostPnl: 0 }));
  const plan = testPlan({ units, multiples }), { worstPnl, isBound } = exposureOf(plan), bestPnl = -exposureOf(mirrored(plan)).worstPnl;
  t.ok(isBound);
  const singles = (ways - 1) * ways / 2;
  t.same([worstPnl, bestPnl], [-singles - 3 * (ways - 1), singles + 7 * (ways - 1)]);
  fc.assert(fc.property(fc.array(fc.nat(1), { minLength: ways, maxLength: ways }), (states) => {
    const pnl = pnlOf(plan, states);
    return worstPnl <= pnl && pnl <= bestPnl;
  }));
  t.end();
});

t.test('a loss is an amount, with what rounding may have hidden; who cannot lose has none', (t) => {
  const plan = testPlan({ units: [{ probabilities: [0.5, 0.5], pnl: [10, -20] }] });
  t.same(worstLoss({ ...plan, scaleMinor: 4, errorBoundMinor: 1.5 }), { lossMinor: 82, isBound: false });
  t.same(worstLoss(testPlan({ units: [{ probabilities: [0.5, 0.5], pnl: [10, 20] }] })), { lossMinor: 0, isBound: false });
  t.end();
});
