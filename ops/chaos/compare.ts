/** What two sequences that should be equal differ in. */
export interface Difference {
  /** What is there more often than it should be, and what less often, in order. */
  readonly extra: readonly number[];
  readonly missing: readonly number[];
  /** Nothing is extra or missing, but the order is another from here on. */
  readonly outOfOrderAt: number | undefined;
}

/**
 * Compares what is there with what should be, item for item and in order. `extra` are indexes into what is there, `missing` into what should be.
 * Undefined where they are equal.
 */
export const difference = (there: readonly string[], wanted: readonly string[]): Difference | undefined => {
  let equal = 0;
  while (equal < there.length && equal < wanted.length && there[equal] === wanted[equal]) equal++;
  if (equal === there.length && equal === wanted.length) return undefined;
  const extra = surplus(there, wanted), missing = surplus(wanted, there);
  return { extra, missing, outOfOrderAt: extra.length + missing.length === 0 ? equal : undefined };
};

/** Indexes of the items of `some` that `others` has less often: of a text that comes several times, the later ones. */
const surplus = (some: readonly string[], others: readonly string[]): number[] => {
  const left = new Map<string, number>();
  for (const text of others) left.set(text, (left.get(text) ?? 0) + 1);
  return some.flatMap((text, index) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count > 0 ? [] : [index];
  });
};
