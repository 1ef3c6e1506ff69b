import fc from 'fast-check';
import t from 'tap';
import { fillDraws, roundKeys } from './draws.ts';
import { normalTable } from './latent.ts';
import { largestLosses, measures, tail } from './measures.ts';
import { inverseNormal, normalDensity } from './normal.ts';

const anyPnl = fc.oneof(
  fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 300 }),
  fc.array(fc.integer({ min: -(2 ** 30), max: 2 ** 30 }), { minLength: 1, maxLength: 300 }),
).map((amounts) => Int32Array.from(amounts));

t.test('losses of 0 to 4 at 75 %: VaR 3, CVaR 3.8', (t) => {
  const { valueAtRisk, conditional } = tail(Int32Array.of(-4, 0, -2, -1, -3), 0.75);
  t.equal(valueAtRisk.value, 3);
  t.ok(Math.abs(conditional.value - 3.8) < 1e-12, `${conditional.value}`);
  t.end();
});

t.test('a level that falls between no paths takes no path more', (t) => {
  const pnl = Int32Array.from({ length: 100 }, (_, i) => -i - 1);
  for (const percent of [7, 29, 57, 95, 99]) t.equal(tail(pnl, percent / 100).valueAtRisk.value, percent);
  t.end();
});

t.test('any P&L: the largest losses are those of a sort, VaR and CVaR those of their definitions', (t) => {
  fc.assert(fc.property(anyPnl, fc.integer({ min: 1, max: 99 }), fc.nat(), (pnl, percent, at) => {
    const sorted = [...pnl].map((amount) => -amount).sort((a, b) => a - b), count = 1 + at % pnl.length;
    if (largestLosses(pnl, count).join() !== sorted.slice(sorted.length - count).join()) return false;
    // P(L ≤ x) ≥ α, in whole numbers; the mean of the quantile function above α, piece by piece.
    const valueAtRisk = sorted.find((x) => sorted.filter((loss) => loss <= x).length * 100 >= percent * sorted.length)!;
    const integral = sorted.reduce((sum, loss, i) => sum + loss * Math.max(0, (i + 1) / sorted.length - Math.max(percent / 100, i / sorted.length)), 0);
    const found = tail(pnl, percent / 100), expected = integral / (1 - percent / 100);
    return found.valueAtRisk.value === valueAtRisk && Math.abs(found.conditional.value - expected) <= 1e-6 * Math.max(1, Math.abs(expected));
  }), { numRuns: 500 });
  t.end();
});

t.test('a level is a probability', (t) => {
  for (const level of [0, 1, -0.5, 95, NaN]) t.throws(() => tail(Int32Array.of(1), level), { code: 'bad_level' });
  t.end();
});

t.test('the scale, and a book that cannot lose', (t) => {
  const found = measures(Int32Array.of(1, 2, 3, 6), 4);
  t.strictSame([found.expectedPnl.value, found.probabilityOfLoss, found.largestLoss, found.var95.value, found.cvar99.value], [12, { value: 0, standardError: 0 }, -4, -4, -4]);
  t.end();
});

t.test('estimates of normal P&L spread as their standard errors say, around the truth', (t) => {
  const deviation = 1_000, runs = 200, paths = 20_000, table = normalTable(), numbers = Int32Array.from({ length: paths }, (_, i) => i), draws = new Int32Array(paths);
  const truth = { expectedPnl: 0, probabilityOfLoss: 0.5, var95: inverseNormal(0.95) * deviation, cvar95: normalDensity(inverseNormal(0.95)) / 0.05 * deviation, var99: inverseNormal(0.99) * deviation, cvar99: normalDensity(inverseNormal(0.99)) / 0.01 * deviation };
  const zs = Object.fromEntries(Object.keys(truth).map((name) => [name, [] as number[]]));
  for (let run = 0; run < runs; run++) {
    fillDraws(roundKeys(run, 'unit', 'normal'), numbers, draws);
    const found = measures(draws.map((draw) => Math.round(table[draw]! * deviation / 8_192)), 1);
    for (const [name, value] of Object.entries(truth)) {
      const { value: estimate, standardError } = found[name as keyof typeof truth];
      zs[name]!.push((estimate - value) / standardError);
    }
  }
  for (const [name, values] of Object.entries(zs)) {
    const mean = values.reduce((sum, z) => sum + z, 0) / runs, spread = Math.sqrt(values.reduce((sum, z) => sum + (z - mean) ** 2, 0) / runs);
    t.comment(`${name}: mean z ${mean.toFixed(3)}, spread ${spread.toFixed(3)}`);
    // VaR's own standard error is an estimate from few order statistics, so its quotient spreads a little more.
    t.ok(Math.abs(mean) < 4 / Math.sqrt(runs) + 0.1 && spread > 0.8 && spread < 1.25, name);
  }
  t.end();
});
