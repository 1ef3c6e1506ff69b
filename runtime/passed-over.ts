/**
 * The verdict on a record on which a pipeline gave up (ARCHITECTURE.md E16): it is to be passed over, now and whenever the log is read again. It lies in the
 * pipeline's changelog, on the record's partition, which is read before the input is.
 */
export interface PassedOver {
  readonly reason: string;
  /** Who said so. */
  readonly by: string;
  /** When, epoch ms. */
  readonly atMs: number;
}

/** What the keys of verdicts in a changelog begin with; the record's offset follows. No store's entries do: stores' names begin with a letter. */
export const PASSED_OVER_PREFIX = '@pass/';

/** The verdict's key and value in the changelog. One on the same offset takes its place. */
export const passedOverEntry = (offset: number, { reason, by, atMs }: PassedOver): { readonly key: string; readonly value: Uint8Array } =>
  ({ key: `${PASSED_OVER_PREFIX}${offset}`, value: new TextEncoder().encode(JSON.stringify({ reason, by, atMs })) });
