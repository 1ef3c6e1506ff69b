/** How units move together: loadings on factors that they share. */
import type { CorrelationMatrix, CorrelationSettings } from './inputs.ts';
import { eigenOf, nearestCorrelation, requireCorrelations } from './nearest-correlation.ts';
import type { Matrix } from './nearest-correlation.ts';
import { VarError } from './types.ts';

/** What of a unit decides which factors it has, and which way they move it. */
export interface UnitTraits {
  readonly id: string;
  readonly sport: string;
  readonly competition: string | null;
  readonly startsAtMs: number | null;
  /** Whether a low latent is good for the favourite. */
  readonly isFavouriteFirst: boolean;
}

export type CorrelationConfig = CorrelationSettings | CorrelationMatrix;

export interface Correlation {
  readonly factors: readonly string[];
  /** `loadings[unit][factor]`. */
  readonly loadings: readonly (readonly number[])[];
  /** How far the matrix had to be changed to be one of correlations (Frobenius norm); 0 where it was one. */
  readonly changedBy: number;
  /** The largest difference between a correlation of that matrix and what the loadings give. */
  readonly largestDeviation: number;
}

/** Σ|l| + own is below √13 then, which keeps latents below 2^24 (latent.ts). */
export const MAX_MATRIX_FACTORS = 12;
const NEGLIGIBLE = 1e-12;
const MAX_ROUNDS = 60;

/**
 * Two units that share a factor correlate by the square of its loading, which is from 0 to below 1. There is a factor of all, and one per sport, competition and day (UTC) of the start.
 * A high one is good for the first outcomes (`home`, `over`, `yes`) everywhere, or for the favourites.
 */
const byFactors = (units: readonly UnitTraits[], config: CorrelationSettings): Correlation => {
  const kinds = ['general', 'sport', 'competition', 'day'] as const;
  for (const kind of kinds) {
    const loading = config[kind];
    if (!(loading >= 0 && loading < 1)) throw new VarError('bad_loadings', `${kind}: a loading is from 0 to below 1, not ${loading}`);
  }
  const squares = kinds.reduce((sum, kind) => sum + (config[kind]) ** 2, 0);
  if (squares > 1 + NEGLIGIBLE) throw new VarError('bad_loadings', `the squares of the loadings sum to ${squares}: they sum to 1 at most, the rest is each unit's own`);

  const ofUnit = units.map(({ sport, competition, startsAtMs }): readonly (readonly [factor: string, loading: number])[] => [
    ['general', config.general], [`sport:${sport}`, config.sport],
    ...(competition === null ? [] : [[`competition:${competition}`, config.competition] as const]),
    ...(startsAtMs === null ? [] : [[`day:${new Date(startsAtMs).toISOString().slice(0, 10)}`, config.day] as const]),
  ]);
  const factors = [...new Set(ofUnit.flatMap((own) => own.filter(([, loading]) => loading > 0).map(([factor]) => factor)))].sort();
  const loadings = units.map(({ isFavouriteFirst }, u) => {
    const own = new Map(ofUnit[u]), isEarly = config.sign === 'home' || isFavouriteFirst;
    return factors.map((factor) => {
      const loading = own.get(factor) ?? 0;
      // What is good for the first outcome makes the latent low.
      return isEarly && loading > 0 ? -loading : loading;
    });
  });
  return { factors, loadings, changedBy: 0, largestDeviation: 0 };
};

/**
 * Loadings whose products are the matrix, off its diagonal: exactly where it has no more rows than there may be factors, else nearly, by principal axes with the
 * share of each row that is not its own found by iteration (Harman, Modern Factor Analysis, 3rd edition 1976, chapter 8). The largest eigenvalues of the matrix as it is
 * would not do: of units that go alone they make pairs.
 */
const loadingsOf = (matrix: Matrix): number[][] => {
  const isExact = matrix.length <= MAX_MATRIX_FACTORS;
  let shared = matrix.map((row, i) => (isExact ? 1 : row.reduce((most, c, j) => (i === j ? most : Math.max(most, Math.abs(c))), 0)));
  for (let round = 1; ; round += 1) {
    const { values, vectors } = eigenOf(matrix.map((row, i) => row.map((c, j) => (i === j ? shared[i]! : c))));
    const kept = values.flatMap((value, k) => (k < MAX_MATRIX_FACTORS && value > NEGLIGIBLE * matrix.length ? [k] : []));
    const loadings = matrix.map((_, i) => {
      const own = kept.map((k) => Math.sqrt(values[k]!) * vectors[k]![i]!), length = Math.hypot(...own);
      return length > 1 ? own.map((loading) => loading / length) : own;
    });
    const next = loadings.map((own) => own.reduce((sum, loading) => sum + loading * loading, 0));
    if (isExact || round === MAX_ROUNDS || next.every((share, i) => Math.abs(share - shared[i]!) < 1e-9)) return loadings;
    shared = next;
  }
};

const byMatrix = (units: readonly UnitTraits[], config: CorrelationMatrix): Correlation => {
  requireCorrelations(config.units, config.correlations);
  const ids = new Set(units.map(({ id }) => id)), rows = config.units.map((_, row) => row).filter((row) => ids.has(config.units[row]!));
  const names = rows.map((row) => config.units[row]!), { matrix, changedBy } = nearestCorrelation(names, rows.map((i) => rows.map((j) => config.correlations[i]![j]!)));
  const rowLoadings = loadingsOf(matrix), factors = (rowLoadings[0] ?? []).map((_, k) => `matrix:${k + 1}`);
  const largestDeviation = rowLoadings.reduce((worst, a, i) => rowLoadings.slice(0, i).reduce(
    (most, b, j) => Math.max(most, Math.abs(a.reduce((sum, loading, k) => sum + loading * b[k]!, 0) - matrix[i]![j]!)), worst), 0);
  const rowOf = new Map(names.map((name, i) => [name, rowLoadings[i]!]));
  return { factors, loadings: units.map(({ id }) => rowOf.get(id) ?? factors.map(() => 0)), changedBy, largestDeviation };
};

/**
 * Loadings of units on factors, by the factors that they share, or from a matrix: the nearest correlation matrix where it is none, then as much of it as
 * {@link MAX_MATRIX_FACTORS} factors can say.
 *
 * Throws a {@link VarError}: `bad_loadings`, `bad_matrix` (naming the entry), `no_convergence`.
 */
export const correlationOf = (units: readonly UnitTraits[], config: CorrelationConfig): Correlation =>
  ('correlations' in config ? byMatrix(units, config) : byFactors(units, config));
