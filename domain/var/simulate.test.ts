import fc from 'fast-check';
import t from 'tap';
import { fillDraws, MAX_PATHS, roundKeys } from './draws.ts';
import { normalTable } from './latent.ts';
import { normal, inverseNormal } from './normal.ts';
import { anyBook, onOnePath, testPlan } from './plan-for-tests.ts';
import { simulate, statesOf } from './simulate.ts';
import { LOADING_ONE, type SimulationOptions } from './types.ts';

const options = (more: Partial<SimulationOptions> = {}): SimulationOptions => ({ seed: 1, paths: 100_000, isCorrelated: true, ...more });

t.test('any plan: P&L and states of any path are those of the words', (t) => {
  fc.assert(fc.property(anyBook, fc.nat(2 ** 32 - 1), fc.boolean(), fc.array(fc.nat(4_999), { minLength: 1, maxLength: 8 }), (book, seed, isCorrelated, paths) => {
    const plan = testPlan(book), chosen = options({ seed, isCorrelated, paths: 5_000 });
    const pnl = simulate(plan, chosen), states = statesOf(plan, chosen, Int32Array.from(paths));
    for (const [i, path] of paths.entries()) {
      const expected = onOnePath(plan, chosen, path);
      if (pnl[path] !== expected.pnl) throw new Error(`path ${path}: ${pnl[path]} is ${expected.pnl}`);
      if (states.some((column, u) => column[i] !== expected.states[u])) throw new Error(`path ${path}: states ${states.map((column) => column[i]).join()} are ${expected.states.join()}`);
    }
  }), { numRuns: 150 });
  t.end();
});

t.test('a latent at its threshold is in the state above, whether states are compared or looked up', (t) => {
  const draws = new Int32Array(100_000), numbers = draws.map((_, path) => path), table = normalTable();
  for (const states of [2, 20]) {
    // Thresholds at values that latents have: a state's is the table's at its share of the draws.
    const first = testPlan({ units: [{ probabilities: Array.from({ length: states }, () => 1 / states), pnl: Array.from({ length: states }, (_, s) => s) }] });
    const plan = { ...first, thresholds: first.thresholds.map((threshold, s) => (s === states - 1 ? threshold : LOADING_ONE * table[Math.floor((s + 1) * 65_536 / states)]!)) };
    fillDraws(roundKeys(1, 'unit', plan.unitIds[0]!), numbers, draws);
    const latents = draws.map((draw) => LOADING_ONE * table[draw]!), ties = latents.filter((latent) => plan.thresholds.includes(latent)).length;
    t.ok(ties > 0, `${ties} ties`);
    t.ok(simulate(plan, options()).every((pnl, path) => pnl === plan.thresholds.findIndex((threshold) => latents[path]! < threshold)));
  }
  t.end();
});

t.test('a unit of 150 states', (t) => {
  const plan = testPlan({ units: [{ probabilities: Array.from({ length: 150 }, () => 1 / 150), pnl: Array.from({ length: 150 }, (_, s) => s) }] });
  const counts = new Int32Array(150);
  for (const state of simulate(plan, options())) counts[state]!++;
  t.ok(counts.every((n) => Math.abs(n - 100_000 / 150) < 5 * Math.sqrt(100_000 / 150)), counts.join(' '));
  t.end();
});

t.test("what else is in a portfolio changes none of a unit's draws", (t) => {
  const one = { probabilities: [0.3, 0.7], pnl: [-3, 1], loadings: [0.4] }, other = { probabilities: [0.2, 0.3, 0.5], pnl: [5, 0, -2], loadings: [0.3] };
  const alone = simulate(testPlan({ factors: 1, units: [one] }), options()), together = simulate(testPlan({ factors: 1, units: [one, { ...other, pnl: [0, 0, 0] }, other] }), options());
  const without = simulate(testPlan({ factors: 1, units: [{ ...one, pnl: [0, 0] }, { ...other, pnl: [0, 0, 0] }, other] }), options());
  t.ok(together.every((pnl, i) => pnl === alone[i]! + without[i]!));
  t.end();
});

t.test('100 even bets are binomial', (t) => {
  const plan = testPlan({ units: Array.from({ length: 100 }, () => ({ probabilities: [0.5, 0.5], pnl: [-1, 1] })) });
  const pnl = simulate(plan, options()), won = new Int32Array(101);
  for (const sum of pnl) won[(sum + 100) / 2]!++;
  let probability = 2 ** -100, chiSquare = 0, cells = 0;
  for (let k = 0; k <= 100; probability *= (100 - k) / (k + 1), k++) {
    const expected = probability * pnl.length;
    if (expected < 10) continue;
    chiSquare += (won[k]! - expected) ** 2 / expected;
    cells++;
  }
  t.ok(cells > 25 && Math.abs(chiSquare - cells) < 4 * Math.sqrt(2 * cells), `chi-square ${chiSquare} of ${cells} cells`);
  t.end();
});

t.test('losses of many loans of one kind on one factor come to the limit of Vasicek', (t) => {
  // Vasicek, "Loan portfolio value", Risk 15 (2002): a share of N((N⁻¹(p) + √ρ N⁻¹(α)) / √(1 − ρ)) is not exceeded with probability α.
  const p = 0.05, rho = 0.25, loans = 2_000, paths = 20_000;
  const plan = testPlan({ factors: 1, units: Array.from({ length: loans }, () => ({ probabilities: [p, 1 - p], pnl: [-1, 0], loadings: [Math.sqrt(rho)] })) });
  const losses = simulate(plan, options({ paths })).map((pnl) => -pnl).sort();
  for (const level of [0.5, 0.9, 0.99]) {
    const limit = normal((inverseNormal(p) + Math.sqrt(rho) * inverseNormal(level)) / Math.sqrt(1 - rho)), found = losses[Math.ceil(level * paths) - 1]! / loans;
    t.ok(Math.abs(found - limit) < 0.05 * limit, `${level}: ${found} is ${limit}`);
  }
  t.end();
});

t.test('what cannot be simulated is refused', (t) => {
  const plan = testPlan({ units: [{ probabilities: [0.5, 0.5], pnl: [-1, 1] }] });
  for (const seed of [-1, 2 ** 32, 0.5, NaN]) t.throws(() => simulate(plan, options({ seed })), { code: 'bad_seed' });
  for (const paths of [0, MAX_PATHS + 1, 1.5]) t.throws(() => simulate(plan, options({ paths })), { code: 'too_many_paths' });
  t.equal(simulate(plan, options({ paths: 1, seed: 2 ** 32 - 1 })).length, 1);
  t.end();
});
