import fc from 'fast-check';
import t from 'tap';
import { pnlOf, unitOf } from './book-for-tests.ts';
import { exposureOf, MAX_WAYS } from './exposure.ts';
import { anyBook, testPlan } from './plan-for-tests.ts';
import { likeliestLoss, reverseStress } from './reverse-stress.ts';
import type { Plan, Portfolio } from './types.ts';

const logOf = (plan: Plan, states: readonly number[]): number => states.reduce((sum, state, u) => sum + Math.log(plan.probabilities[plan.firstState[u]! + state]!), 0);

t.test('the likeliest end that loses so much, as found by going through all', (t) => {
  const plans = anyBook.filter(({ units }) => units.reduce((ways, { pnl }) => ways * pnl.length, 1) < 10_000).map((book) => testPlan({ ...book, assets: [] }));
  let none = 0, found = 0;
  fc.assert(fc.property(plans, fc.double({ min: 0.1, max: 1.1, noNaN: true }), (plan, share) => {
    const loss = Math.round(-exposureOf(plan).worstPnl * share), ending = likeliestLoss(plan, loss);
    let ends: number[][] = [[]];
    for (const u of plan.unitIds.keys()) ends = ends.flatMap((end) => Array.from({ length: plan.firstState[u + 1]! - plan.firstState[u]! }, (_, state) => [...end, state]));
    const best = Math.max(...ends.filter((states) => pnlOf(plan, states) <= -loss).map((states) => logOf(plan, states)));
    if (ending === undefined) none += 1;
    else found += 1;
    return ending === undefined ? best === -Infinity : ending.isExact && pnlOf(plan, ending.states) <= -loss
      && Math.abs(ending.logProbability - best) < 1e-9 && Math.abs(logOf(plan, ending.states) - best) < 1e-9;
  }), { numRuns: 200 });
  t.ok(none > 5 && found > 50, `${none} without, ${found} with`);
  t.end();
});

t.test('of more ends than can be gone through, one that loses so much', (t) => {
  const units = Math.ceil(Math.log2(MAX_WAYS)) + 4, chance = fc.integer({ min: 55, max: 95 }), amount = fc.integer({ min: 1, max: 1_000 });
  fc.assert(fc.property(fc.array(fc.tuple(chance, amount), { minLength: units, maxLength: units }), fc.double({ min: 0.1, max: 1.05, noNaN: true }), (drawn, share) => {
    const plan = testPlan({ units: drawn.map(([percent, pnl]) => ({ probabilities: [percent / 100, 1 - percent / 100], pnl: [pnl, -pnl] })) });
    const all = drawn.reduce((sum, [, pnl]) => sum + pnl, 0), loss = Math.round(all * share), ending = likeliestLoss(plan, loss);
    if (loss > all) return ending === undefined;
    if (ending === undefined || ending.isExact || pnlOf(plan, ending.states) > -loss) return false;
    // No single unit could go back to what is likelier.
    return ending.states.every((state, u) => state === 0 || pnlOf(plan, ending.states.with(u, 0)) > -loss);
  }), { numRuns: 50 });
  t.end();
});

t.test('it is told in outcomes', (t) => {
  const model = { factors: [], units: [unitOf('football:a', '1x2', [0.5, 0.2, 0.3]), unitOf('football:b', '1x2', [0.1, 0.3, 0.6])] };
  const bet = (market: string, outcome: string) => ({
    id: market, provider: 'x', account: 'a', legs: [{ market, outcome, priceE4: 20_000 }], side: 'back' as const, stakeMinor: 1_000, currency: 'GBP', isFreeBet: false, commissionPpm: 0, isCounterparty: false,
  });
  const portfolio: Portfolio = { name: 'p', currency: 'GBP', rates: {}, assets: [], horizonMs: 0, positions: [bet('football:a:1x2', 'home'), bet('football:b:1x2', 'away')] };
  const found = reverseStress(portfolio, model, 2_000)!;
  t.same({ ...found, probability: Number(found.probability.toFixed(9)), ends: found.ends.map(({ unit, won }) => [unit, ...won.values()]) }, {
    // A draw and an away win pay alike and are one state: half of what may come, of which the away win is more.
    pnlMinor: -2_000, probability: 0.2, isExact: true, ends: [['football:a:1x2', ['away']], ['football:b:1x2', ['draw']]],
  });
  t.equal(reverseStress(portfolio, model, 2_001), undefined);
  for (const loss of [0, -1, NaN]) t.throws(() => reverseStress(portfolio, model, loss), { code: 'bad_scenario' });
  t.end();
});
