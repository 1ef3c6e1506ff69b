/** A partition of which nothing was heard for so long is quiet, ms: feeds, pipelines and the clock tick several times a second (ARCHITECTURE.md E7). */
export const QUIET_AFTER_MS = 10_000;

/** What has changed since the last check. */
export interface QuietChanges {
  readonly becameQuiet: readonly number[];
  readonly cameBack: readonly number[];
}

/** Which partitions have had neither data nor tick for long: their windows do not close, and nobody else would say why. Times are the wall clock's, epoch ms. */
export class QuietPartitions {
  readonly #afterMs: number;
  readonly #heardMs = new Map<number, number>();
  readonly #quiet = new Set<number>();

  constructor(afterMs = QUIET_AFTER_MS) { this.#afterMs = afterMs; }

  /** A record of the partition came; or the partition itself, from when on it is waited for. */
  heard(partition: number, nowMs: number): void { this.#heardMs.set(partition, nowMs); }

  /** It is read by another process now. */
  dropped(partition: number): void {
    this.#heardMs.delete(partition);
    this.#quiet.delete(partition);
  }

  /** How long nothing was heard of a partition, ms; 0 for one that is not read here. */
  quietMs(partition: number, nowMs: number): number { return Math.max(0, nowMs - (this.#heardMs.get(partition) ?? nowMs)); }

  /** Each change is told once. */
  check(nowMs: number): QuietChanges {
    const becameQuiet: number[] = [], cameBack: number[] = [];
    for (const partition of this.#heardMs.keys()) {
      const isQuiet = this.quietMs(partition, nowMs) >= this.#afterMs;
      if (isQuiet === this.#quiet.has(partition)) continue;
      if (isQuiet) this.#quiet.add(partition); else this.#quiet.delete(partition);
      (isQuiet ? becameQuiet : cameBack).push(partition);
    }
    return { becameQuiet, cameBack };
  }
}
