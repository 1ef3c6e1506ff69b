import fc from 'fast-check';
import t from 'tap';
import { correlationOf, MAX_MATRIX_FACTORS } from './correlation.ts';
import type { Correlation, UnitTraits } from './correlation.ts';

const kickOff = Date.parse('2026-11-29T23:30:00Z');
const unit = (id: string, traits: Partial<UnitTraits> = {}): UnitTraits => ({ id, sport: 'football', competition: 'E0', startsAtMs: kickOff, isFavouriteFirst: true, ...traits });
const none = { general: 0, sport: 0, competition: 0, day: 0, sign: 'home' } as const;
const between = ({ loadings }: Correlation, i: number, j: number): number => loadings[i]!.reduce((sum, l, k) => sum + l * loadings[j]![k]!, 0);
const isNear = (a: number, b: number, within = 1e-12): boolean => Math.abs(a - b) <= within;

t.test('units correlate by the factors that they share', (t) => {
  const units = [
    unit('a'), unit('b', { startsAtMs: kickOff + 3_600_000 }), unit('c', { competition: 'D1' }), unit('d', { sport: 'tennis', competition: null, startsAtMs: null }),
  ];
  const found = correlationOf(units, { ...none, general: 0.1, sport: 0.2, competition: 0.3, day: 0.4 });
  t.same(found.factors, ['competition:D1', 'competition:E0', 'day:2026-11-29', 'day:2026-11-30', 'general', 'sport:football', 'sport:tennis']);
  for (const [i, j, shared] of [[0, 1, 0.01 + 0.04 + 0.09], [0, 2, 0.01 + 0.04 + 0.16], [0, 3, 0.01]] as const) t.ok(isNear(between(found, i, j), shared), `${i} ${j}`);
  t.same(correlationOf(units, { ...none, general: 0.5 }).loadings, [[-0.5], [-0.5], [-0.5], [-0.5]], 'a high factor is good for the first outcome');
  t.same(correlationOf(units, none), { factors: [], loadings: [[], [], [], []], changedBy: 0, largestDeviation: 0 });
  t.end();
});

t.test('a factor is good for all favourites', (t) => {
  const { loadings } = correlationOf([unit('home side'), unit('away side', { isFavouriteFirst: false })], { ...none, sign: 'favourite', general: 0.5 });
  t.same(loadings, [[-0.5], [0.5]]);
  t.end();
});

t.test('loadings that are none, or too many, are refused', (t) => {
  const refused = (config: object, message: RegExp): void => { t.throws(() => correlationOf([unit('a')], { ...none, ...config }), { code: 'bad_loadings', message }); };
  refused({ general: 1 }, /general.* not 1/);
  refused({ day: -0.1 }, /day/);
  refused({ sport: NaN }, /sport.*NaN/);
  refused({ general: 0.8, sport: 0.8 }, /sum to 1.28/);
  t.doesNotThrow(() => correlationOf([unit('a')], { ...none, general: 0.6, sport: 0.8 }));
  t.end();
});

const names = (n: number): string[] => Array.from({ length: n }, (_, i) => `u${i}`);
const entry = fc.double({ min: -1, max: 1, noNaN: true });
/** Correlations of sums of a few things and something of one's own. */
const correlations = (least: number, most: number) => fc.integer({ min: least, max: most }).chain((n) => fc.array(fc.array(entry, { minLength: 3, maxLength: 3 }), { minLength: n, maxLength: n }))
  .map((vectors) => vectors.map((a, i) => vectors.map((b, j) => (i === j ? 1 : a.reduce((sum, x, k) => sum + x * b[k]!, 0) / 3.1))));

t.test('a matrix comes back from its loadings', (t) => {
  fc.assert(fc.property(correlations(1, MAX_MATRIX_FACTORS), (matrix) => {
    const ids = names(matrix.length), found = correlationOf([...ids.map((id) => unit(id)), unit('another')], { units: ids, correlations: matrix });
    return found.changedBy === 0 && found.largestDeviation < 1e-12 && found.factors.length <= MAX_MATRIX_FACTORS
      && matrix.every((row, i) => row.every((x, j) => isNear(between(found, i, j), x, 1e-12)) && isNear(between(found, i, matrix.length), 0));
  }), { numRuns: 200 });
  t.end();
});

t.test('a matrix of many units comes back nearly, and how nearly is told', (t) => {
  fc.assert(fc.property(correlations(13, 20), (matrix) => {
    const ids = names(matrix.length), found = correlationOf(ids.map((id) => unit(id)), { units: ids, correlations: matrix });
    const deviation = Math.max(...matrix.flatMap((row, i) => row.map((x, j) => (i === j ? 0 : Math.abs(between(found, i, j) - x)))));
    // Own draws at 3.7 standard deviations less all loadings: the room that latents have.
    const isInside = found.loadings.every((own, i) => between(found, i, i) <= 1 + 1e-12 && own.reduce((sum, l) => sum + Math.abs(l), 0) + Math.sqrt(Math.max(0, 1 - between(found, i, i))) < 3.7);
    return isNear(deviation, found.largestDeviation, 1e-9) && isInside && deviation < 0.02;
  }), { numRuns: 50 });
  t.end();
});

t.test('a matrix that is none is changed, and that is told', (t) => {
  const found = correlationOf(names(3).map((id) => unit(id)), { units: names(3), correlations: [[1, 1, 0], [1, 1, 1], [0, 1, 1]] });
  t.ok(isNear(found.changedBy, 0.5278, 5e-5));
  t.ok(isNear(between(found, 0, 1), 0.7607, 5e-5) && isNear(between(found, 0, 2), 0.1573, 5e-5));
  t.throws(() => correlationOf([], { units: ['a', 'b'], correlations: [[1, 0.2], [0.3, 1]] }), { code: 'bad_matrix', message: /a with b/ });
  t.same(correlationOf([unit('x')], { units: ['a', 'b'], correlations: [[1, 0.2], [0.2, 1]] }).loadings, [[]], 'of units that are not here');
  t.end();
});
