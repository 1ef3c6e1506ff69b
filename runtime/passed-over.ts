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
  /** Event time of the record, epoch ms, where it can be read. It stands: the pipeline may have closed windows by it, and failed at the record later, when its own window came. */
  readonly timeMs?: number | undefined;
}

/** What a task knows of a verdict. */
export interface Verdict {
  readonly timeMs: number | undefined;
  /** The letter is among the dead ones already. */
  readonly isOut: boolean;
}

/** What the keys of verdicts in a changelog begin with; the record's offset follows. No store's entries do: stores' names begin with a letter. */
export const PASSED_OVER_PREFIX = '@pass/';
/** And the keys of those whose letter is out, in the same transaction as the letter. */
export const LETTER_OUT_PREFIX = '@passed/';

/** The verdict's key and value in the changelog. One on the same offset takes its place. */
export const passedOverEntry = (offset: number, verdict: PassedOver): { readonly key: string; readonly value: Uint8Array } =>
  ({ key: `${PASSED_OVER_PREFIX}${offset}`, value: new TextEncoder().encode(JSON.stringify(verdict)) });

/** Takes an entry of a changelog that is about a verdict, and says whether it was one. */
export const takeVerdict = (verdicts: Map<number, Verdict>, key: string, value: Uint8Array | null): boolean => {
  const prefix = [PASSED_OVER_PREFIX, LETTER_OUT_PREFIX].find((prefix) => key.startsWith(prefix));
  if (prefix === undefined) return false;
  const offset = Number(key.slice(prefix.length)), known = verdicts.get(offset);
  if (prefix === LETTER_OUT_PREFIX) verdicts.set(offset, { timeMs: known?.timeMs, isOut: true });
  else verdicts.set(offset, { timeMs: value === null ? undefined : (JSON.parse(Buffer.from(value).toString()) as PassedOver).timeMs, isOut: known?.isOut ?? false });
  return true;
};
