import fc from 'fast-check';
import t from 'tap';
import { exactDistribution, exactMeasures, exactTail, type Distribution } from './exact.ts';
import { normalTable } from './latent.ts';
import { measures } from './measures.ts';
import { inverseNormal, normal } from './normal.ts';
import { testPlan, type TestUnit } from './plan-for-tests.ts';
import { simulate } from './simulate.ts';
import type { Plan } from './types.ts';

const total = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0);
const at = ({ lowest, step, probabilities }: Distribution, pnl: number): number => probabilities[(pnl - lowest) / step] ?? 0;

/** Every combination of states, given the factor's value: probabilities by counting the table. */
const enumerated = (plan: Plan, factor: number, into: Map<number, number>, weight: number): void => {
  const table = normalTable();
  const countBelow = (bound: number): number => {
    let low = 0, high = table.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (table[middle]! < bound) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const shares = plan.unitIds.map((_, u) => {
    const counts = [...plan.thresholds.subarray(plan.firstState[u], plan.firstState[u + 1])].map((threshold) => countBelow((threshold - (plan.loadings[u] ?? 0) * factor) / plan.own[u]!));
    return counts.map((count, s) => (count - (counts[s - 1] ?? 0)) / table.length);
  });
  const visit = (u: number, pnl: number, probability: number): void => {
    if (u === shares.length) into.set(pnl, (into.get(pnl) ?? 0) + probability);
    else for (const [s, share] of shares[u]!.entries()) visit(u + 1, pnl + plan.pnl[plan.firstState[u]! + s]!, probability * share);
  };
  visit(0, 0, weight);
};

const anyUnits = (most: number, loadings: fc.Arbitrary<number[]>): fc.Arbitrary<TestUnit[]> => fc.array(fc.record({
  weights: fc.array(fc.record({ weight: fc.integer({ min: 1, max: 50 }), pnl: fc.integer({ min: -300, max: 300 }) }), { minLength: 2, maxLength: 3 }), loadings,
}).map(({ weights, loadings }) => ({ probabilities: weights.map(({ weight }) => weight / total(weights.map((one) => one.weight))), pnl: weights.map(({ pnl }) => pnl), loadings })), { minLength: 1, maxLength: most });

t.test('a thousand books of up to 12 markets are what enumeration says', (t) => {
  // Most are small: 12 markets of three outcomes have half a million combinations.
  const anyBook = fc.oneof({ weight: 60, arbitrary: anyUnits(6, fc.constant([])) }, { weight: 6, arbitrary: anyUnits(9, fc.constant([])) }, { weight: 1, arbitrary: anyUnits(12, fc.constant([])) });
  fc.assert(fc.property(anyBook, (units) => {
    const plan = testPlan({ units }), found = exactDistribution(plan, true)!, expected = new Map<number, number>();
    enumerated(plan, 0, expected, 1);
    if (Math.abs(total(found.probabilities) - 1) > 1e-12) throw new Error('does not sum to 1');
    for (const [pnl, probability] of expected) if (Math.abs(at(found, pnl) - probability) > 1e-12) throw new Error(`P&L ${pnl}: ${at(found, pnl)} is ${probability}`);
    const losses = [...expected].map(([pnl, probability]) => ({ loss: -pnl, probability })).sort((a, b) => a.loss - b.loss);
    let upTo = 0;
    const valueAtRisk = losses.find(({ probability }) => (upTo += probability) >= 0.95 - 1e-12)!.loss;
    if (exactTail(found, 0.95).valueAtRisk !== valueAtRisk) throw new Error(`VaR ${exactTail(found, 0.95).valueAtRisk} is ${valueAtRisk}`);
  }), { numRuns: 1_000 });
  t.end();
});

t.test('with a factor: all of its 65,536 values, to within 10⁻⁶', (t) => {
  const loadings = fc.oneof(fc.double({ min: -0.95, max: 0.95, noNaN: true }), fc.constantFrom(0.99, -0.998)).map((loading) => [loading]);
  fc.assert(fc.property(anyUnits(3, loadings), (units) => {
    const plan = testPlan({ factors: 1, units }), found = exactDistribution(plan, true)!, expected = new Map<number, number>();
    for (const value of normalTable()) enumerated(plan, value, expected, 2 ** -16);
    for (const [pnl, probability] of expected) if (Math.abs(at(found, pnl) - probability) > 1e-6) throw new Error(`P&L ${pnl}: ${at(found, pnl)} is ${probability}`);
  }), { numRuns: 8 });
  t.end();
});

t.test('losses of 0 to 4 at 75 %: VaR 3, CVaR 3.8', (t) => {
  const { valueAtRisk, conditional } = exactTail({ lowest: -4, step: 1, probabilities: Float64Array.of(0.2, 0.2, 0.2, 0.2, 0.2) }, 0.75);
  t.equal(valueAtRisk, 3);
  t.ok(Math.abs(conditional - 3.8) < 1e-12, `${conditional}`);
  t.throws(() => exactTail({ lowest: 0, step: 1, probabilities: Float64Array.of(1) }, 1), { code: 'bad_level' });
  t.end();
});

t.test('many loans on one factor come to the limit of Vasicek', (t) => {
  const p = 0.05, rho = 0.25, loans = 500, plan = testPlan({ factors: 1, units: Array.from({ length: loans }, () => ({ probabilities: [p, 1 - p], pnl: [-1, 0], loadings: [Math.sqrt(rho)] })) });
  const limit = normal((inverseNormal(p) + Math.sqrt(rho) * inverseNormal(0.99)) / Math.sqrt(1 - rho)), { valueAtRisk } = exactTail(exactDistribution(plan, true)!, 0.99);
  t.ok(Math.abs(valueAtRisk / loans - limit) < 0.01 * limit, `${valueAtRisk / loans} is ${limit}`);
  t.end();
});

t.test('what it does not apply to', (t) => {
  const unit = { probabilities: [0.5, 0.5], pnl: [-1, 1] }, two = { factors: 2, units: [{ ...unit, loadings: [0.5, 0] }, { ...unit, loadings: [0, 0.5] }] };
  t.equal(exactDistribution(testPlan(two), true), undefined);
  const without = exactDistribution(testPlan(two), false)!.probabilities;
  t.ok([0.25, 0.5, 0.25].every((p, i) => Math.abs(without[i]! - p) < 1e-4), 'without correlation it does');
  t.equal(exactDistribution(testPlan({ units: [unit], assets: [{ gain: 1 }] }), true), undefined);
  t.equal(exactDistribution(testPlan({ units: [unit], multiples: [{ legs: [{ unit: 0, steps: [-1, 0] }], payoffs: [5], lostPnl: -1 }] }), true), undefined);
  t.equal(exactDistribution(testPlan({ units: [{ ...unit, pnl: [-2_000_000, 2_000_001] }, unit] }), true), undefined, 'too many amounts');
  t.end();
});

t.test('40 seeds of simulation are not off it', (t) => {
  const units = Array.from({ length: 30 }, (_, i) => ({ probabilities: i % 2 === 0 ? [0.45, 0.28, 0.27] : [0.4 + i / 200, 0.6 - i / 200], pnl: i % 2 === 0 ? [12 + i, -9, -9] : [-10, 7 + i], loadings: [0.15 + i / 100] }));
  const plan = testPlan({ factors: 1, units }), exact = exactMeasures(exactDistribution(plan, true)!, 1), paths = 25_000, seeds = 40;
  const zs = { expectedPnl: 0, probabilityOfLoss: 0, cvar95: 0, cvar99: 0 }, covered = { var95: 0, var99: 0 };
  for (let seed = 0; seed < seeds; seed++) {
    const pnl = simulate(plan, { seed, paths, isCorrelated: true }), found = measures(pnl, 1);
    for (const name of Object.keys(zs) as (keyof typeof zs)[]) zs[name] += (found[name].value - exact[name].value) / found[name].standardError / Math.sqrt(seeds);
    // Losses have atoms, so VaR is judged by what it covers: as many paths at or below the exact one as there should be, or more by what lies on it.
    for (const [name, level] of [['var95', 0.95], ['var99', 0.99]] as const) {
      const atOrBelow = pnl.reduce((count, amount) => count + Number(-amount <= exact[name].value), 0), below = pnl.reduce((count, amount) => count + Number(-amount < exact[name].value), 0);
      const slack = 3 * Math.sqrt(paths * level * (1 - level));
      covered[name] += Number(below <= level * paths + slack && atOrBelow >= level * paths - slack);
    }
  }
  for (const [name, z] of Object.entries(zs)) t.ok(Math.abs(z) < 3, `${name}: z ${z.toFixed(2)}`);
  for (const [name, count] of Object.entries(covered)) t.ok(count >= 39, `${name}: ${count} of ${seeds} seeds cover it`);
  t.end();
});
