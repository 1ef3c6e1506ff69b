/** Correlation matrices: whether they are ones, and the nearest that is. */
import { VarError } from './types.ts';

export type Matrix = readonly (readonly number[])[];

/** Eigenvalues, largest first, and of each a unit eigenvector. */
export interface Eigen {
  readonly values: readonly number[];
  /** `vectors[k]` belongs to `values[k]`; its largest entry is positive. */
  readonly vectors: Matrix;
}

const MAX_ROTATION_SWEEPS = 60;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's rotations, row by row (Golub & Van Loan, Matrix Computations, 4th edition 2013, section
 * 8.5). Throws a {@link VarError} `no_convergence`.
 */
export const eigenOf = (matrix: Matrix): Eigen => {
  const n = matrix.length, a = matrix.map((row) => Float64Array.from(row));
  const v = matrix.map((_, i) => Float64Array.from({ length: n }, (_value, j) => (i === j ? 1 : 0)));
  const norm = Math.sqrt(a.reduce((sum, row) => sum + row.reduce((all, x) => all + x * x, 0), 0));
  let off = Infinity;
  for (let sweep = 0; sweep < MAX_ROTATION_SWEEPS && off > 1e-15 * norm; sweep += 1) {
    off = 0;
    for (let p = 0; p < n; p += 1) {
      for (let q = p + 1; q < n; q += 1) {
        const apq = a[p]![q]!;
        off = Math.max(off, Math.abs(apq));
        if (apq === 0) continue;
        const theta = (a[q]![q]! - a[p]![p]!) / (2 * apq), t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1), s = t * c;
        for (let k = 0; k < n; k += 1) {
          const [kp, kq] = [a[k]![p]!, a[k]![q]!];
          a[k]![p] = c * kp - s * kq;
          a[k]![q] = s * kp + c * kq;
        }
        for (let k = 0; k < n; k += 1) {
          const [pk, qk, vp, vq] = [a[p]![k]!, a[q]![k]!, v[p]![k]!, v[q]![k]!];
          a[p]![k] = c * pk - s * qk;
          a[q]![k] = s * pk + c * qk;
          v[p]![k] = c * vp - s * vq;
          v[q]![k] = s * vp + c * vq;
        }
      }
    }
  }
  if (off > 1e-12 * norm) throw new VarError('no_convergence', `no eigenvalues found in ${MAX_ROTATION_SWEEPS} sweeps: look for entries that differ by many orders of magnitude`);
  const order = a.map((_, k) => k).sort((i, j) => a[j]![j]! - a[i]![i]!);
  return {
    values: order.map((k) => a[k]![k]!),
    vectors: order.map((k) => {
      const largest = v[k]!.reduce((most, x) => (Math.abs(x) > Math.abs(most) + 1e-12 ? x : most), 0);
      return [...v[k]!].map((x) => (largest < 0 ? -x : x));
    }),
  };
};

/** How far entries may be from what they have to be. */
const ENTRY_TOLERANCE = 1e-12;
/** What is still a matter of seconds. */
export const MAX_ROWS = 100;

/** Throws a {@link VarError} `bad_matrix` that names the first entry that no correlation matrix has, by the names of its row and column. */
export const requireCorrelations = (names: readonly string[], matrix: Matrix): void => {
  const n = names.length;
  if (n > MAX_ROWS) throw new VarError('bad_matrix', `a correlation matrix has ${MAX_ROWS} rows at most, not ${n}: use factors`);
  if (new Set(names).size !== n) throw new VarError('bad_matrix', 'a name comes twice: name each row once');
  if (matrix.length !== n || matrix.some((row) => row.length !== n)) throw new VarError('bad_matrix', `${n} names need ${n} rows of ${n} entries`);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1) {
      const entry = matrix[i]![j]!, where = `the correlation of ${names[i]} with ${names[j]}`;
      if (!(Math.abs(entry) <= 1 + ENTRY_TOLERANCE)) throw new VarError('bad_matrix', `${where} lies between -1 and 1, it is not ${entry}`);
      if (i === j && Math.abs(entry - 1) > ENTRY_TOLERANCE) throw new VarError('bad_matrix', `${where} is 1, not ${entry}`);
      if (Math.abs(entry - matrix[j]![i]!) > ENTRY_TOLERANCE) throw new VarError('bad_matrix', `${where} is ${entry} one way and ${matrix[j]![i]} the other`);
    }
  }
};

/** A correlation matrix, and how far it is from the one that was asked for: the Frobenius norm of the difference, 0 where that was one. */
export interface NearestCorrelation {
  readonly matrix: Matrix;
  readonly changedBy: number;
}

/** Eigenvalues below zero by no more than this, per row, are zero. */
const NEGLIGIBLE = 1e-10;
const MAX_PROJECTIONS = 2_000;

const frobenius = (a: Matrix, b: Matrix): number => Math.sqrt(a.reduce((sum, row, i) => sum + row.reduce((all, x, j) => all + (x - b[i]![j]!) ** 2, 0), 0));

/** Without what its negative eigenvalues add: the nearest matrix that has none. */
const positivePart = (matrix: Matrix): number[][] => {
  const { values, vectors } = eigenOf(matrix);
  return matrix.map((_, i) => matrix.map((_row, j) => values.reduce((sum, value, k) => (value > 0 ? sum + value * (vectors[k]![i]! * vectors[k]![j]!) : sum), 0)));
};

/**
 * The nearest correlation matrix in the Frobenius norm, by alternating projections with Dykstra's correction (Higham, "Computing the nearest correlation matrix",
 * IMA Journal of Numerical Analysis 22 (2002) 329–343, algorithm 3.3). A matrix that is one already is returned as it is. Throws a {@link VarError}:
 * `bad_matrix`, `no_convergence`.
 */
export const nearestCorrelation = (names: readonly string[], asked: Matrix): NearestCorrelation => {
  requireCorrelations(names, asked);
  const n = names.length;
  if (n === 0 || eigenOf(asked).values[n - 1]! >= -NEGLIGIBLE * n) return { matrix: asked, changedBy: 0 };
  let y: Matrix = asked, correction = asked.map((row) => row.map(() => 0));
  for (let i = 0; i < MAX_PROJECTIONS; i += 1) {
    const corrected = y.map((row, r) => row.map((value, c) => value - correction[r]![c]!));
    const x = positivePart(corrected);
    correction = x.map((row, r) => row.map((value, c) => value - corrected[r]![c]!));
    y = x.map((row, r) => row.map((value, c) => (r === c ? 1 : value)));
    if (frobenius(x, y) <= NEGLIGIBLE * n) {
      // To the last digit: scaled to a diagonal of ones it keeps its signs.
      const matrix = x.map((row, r) => row.map((value, c) => (r === c ? 1 : value / Math.sqrt(x[r]![r]! * x[c]![c]!))));
      return { matrix, changedBy: frobenius(matrix, asked) };
    }
  }
  throw new VarError('no_convergence', `no nearest correlation matrix found in ${MAX_PROJECTIONS} projections: give correlations that contradict each other less`);
};
