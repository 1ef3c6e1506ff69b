import fc from 'fast-check';
import t from 'tap';
import { eigenOf, nearestCorrelation } from './nearest-correlation.ts';
import type { Matrix } from './nearest-correlation.ts';
import { VarError } from './types.ts';

const namesOf = (n: number): string[] => Array.from({ length: n }, (_, i) => `unit ${i}`);
const nearestTo = (matrix: Matrix) => nearestCorrelation(namesOf(matrix.length), matrix);
const largestDifference = (a: Matrix, b: Matrix): number => Math.max(0, ...a.flatMap((row, i) => row.map((x, j) => Math.abs(x - b[i]![j]!))));
const distance = (a: Matrix, b: Matrix): number => Math.sqrt(a.reduce((sum, row, i) => sum + row.reduce((all, x, j) => all + (x - b[i]![j]!) ** 2, 0), 0));

const entry = fc.double({ min: -1, max: 1, noNaN: true });
/** Symmetric, with a unit diagonal, and nothing else. */
const anyMatrix = fc.integer({ min: 1, max: 7 }).chain((n) => fc.array(entry, { minLength: n * n, maxLength: n * n }).map((entries) =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_row, j) => (i === j ? 1 : entries[Math.min(i, j) * n + Math.max(i, j)]!)))));
/** Of unit vectors: always a correlation matrix. */
const gram = fc.integer({ min: 1, max: 6 }).chain((n) => fc.array(fc.array(entry, { minLength: 3, maxLength: 3 }).filter((v) => Math.hypot(...v) > 0.01), { minLength: n, maxLength: n }))
  .map((vectors) => vectors.map((a, i) => vectors.map((b, j) => (i === j ? 1 : a.reduce((sum, x, k) => sum + x * b[k]!, 0) / Math.hypot(...a) / Math.hypot(...b)))));

t.test('eigenvalues and eigenvectors make the matrix again', (t) => {
  fc.assert(fc.property(anyMatrix, (matrix) => {
    const { values, vectors } = eigenOf(matrix);
    const again = matrix.map((_, i) => matrix.map((_row, j) => values.reduce((sum, value, k) => sum + value * vectors[k]![i]! * vectors[k]![j]!, 0)));
    const products = vectors.map((a) => vectors.map((b) => a.reduce((sum, x, k) => sum + x * b[k]!, 0)));
    return largestDifference(again, matrix) < 1e-12 && largestDifference(products, matrix.map((_, i) => matrix.map((_row, j) => (i === j ? 1 : 0)))) < 1e-12
      && values.every((value, k) => k === 0 || value <= values[k - 1]!);
  }));
  t.end();
});

t.test('the example of Higham 2002', (t) => {
  const { matrix, changedBy } = nearestTo([[1, 1, 0], [1, 1, 1], [0, 1, 1]]);
  t.ok(largestDifference(matrix, [[1, 0.7607, 0.1573], [0.7607, 1, 0.7607], [0.1573, 0.7607, 1]]) < 5e-5);
  t.ok(Math.abs(changedBy - 0.5278) < 5e-5, `${changedBy}`);
  t.end();
});

t.test('what comes out is a correlation matrix, and no other that we know is nearer', (t) => {
  let changed = 0;
  fc.assert(fc.property(anyMatrix, gram, (asked, other) => {
    const { matrix, changedBy } = nearestTo(asked);
    if (changedBy > 0) changed += 1;
    return eigenOf(matrix).values.every((value) => value > -1e-9) && matrix.every((row, i) => row[i] === 1 && row.every((x, j) => x === matrix[j]![i]! && Math.abs(x) <= 1 + 1e-12))
      && Math.abs(distance(matrix, asked) - changedBy) < 1e-12 && (other.length !== asked.length || distance(other, asked) >= changedBy - 1e-8);
  }), { numRuns: 300 });
  t.ok(changed > 20, `${changed} were changed`);
  t.end();
});

t.test('the difference is at right angles to what was taken away', (t) => {
  // The nearest point of a convex set: no way from it into the set leads nearer (Higham 2002, theorem 2.4).
  fc.assert(fc.property(anyMatrix, gram, (asked, other) => {
    if (other.length !== asked.length) return true;
    const { matrix } = nearestTo(asked);
    return asked.reduce((sum, row, i) => sum + row.reduce((all, x, j) => all + (x - matrix[i]![j]!) * (other[i]![j]! - matrix[i]![j]!), 0), 0) < 1e-7;
  }), { numRuns: 300 });
  t.end();
});

t.test('one that is one is left alone', (t) => {
  fc.assert(fc.property(gram, (matrix) => {
    const nearest = nearestTo(matrix);
    return nearest.matrix === matrix && nearest.changedBy === 0;
  }));
  t.end();
});

t.test('entries that no correlation matrix has are named', (t) => {
  const refused = (matrix: Matrix, part: RegExp): void => { t.throws(() => nearestTo(matrix), { code: 'bad_matrix', message: part }); };
  refused([[1, NaN], [NaN, 1]], /unit 0 with unit 1 .* NaN/);
  refused([[1, 0.5], [0.4, 1]], /unit 0 with unit 1 is 0.5 one way and 0.4/);
  refused([[1, 0], [0, 0.9]], /unit 1 with unit 1 is 1, not 0.9/);
  refused([[1, -1.5], [-1.5, 1]], /-1.5/);
  refused([[1, 0]], /1 names/);
  t.throws(() => nearestCorrelation(['a', 'a'], [[1, 0], [0, 1]]), VarError);
  t.end();
});
