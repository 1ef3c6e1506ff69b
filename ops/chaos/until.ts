import { setTimeout as wait } from 'node:timers/promises';

/** What was waited for did not come about in its time. */
export class NotInTime extends Error {
  override readonly name = 'NotInTime';
  readonly code = 'not_in_time';
}

const ASK_EVERY_MS = 100;

/** Waits until it is so, asking again and again; a question that is refused (a server is down) counts as no. Returns how long it took, ms. Throws NotInTime, and what the signal's reason is. */
export const until = async (what: string, isSo: () => boolean | Promise<boolean>, { limitMs, signal, sinceMs = performance.now() }: { readonly limitMs: number; readonly signal: AbortSignal; readonly sinceMs?: number }): Promise<number> => {
  const startedMs = performance.now();
  for (let refusal: unknown; ; await wait(ASK_EVERY_MS, undefined, { signal })) {
    const yes = await Promise.resolve().then(isSo).catch((error: unknown) => { refusal = error; return false; });
    if (yes) return performance.now() - sinceMs;
    signal.throwIfAborted();
    if (performance.now() - startedMs > limitMs) {
      throw new NotInTime(`not within ${Math.round(limitMs / 1_000)} s: ${what}${refusal === undefined ? '' : ` (last refused: ${refusal instanceof Error ? refusal.message : String(refusal)})`}`, { cause: refusal });
    }
  }
};
