/**
 * Which partitions must be told how far event time has come, in a recording (ARCHITECTURE.md E7). A window closes at the watermark, one lateness behind
 * event time, so the time to tell it is a window's end plus one lateness: a tick sent then closes the window at once.
 */
export class EventTimeTicks {
  readonly #windowMs: number;
  readonly #latenessMs: number;
  /** The newest event time written to each partition. */
  readonly #written: Float64Array;
  /** The event time, epoch ms, from which `crossed` has something to say. */
  nextMs = -Infinity;

  constructor(partitions: number, windowMs: number, latenessMs: number) {
    this.#windowMs = windowMs;
    this.#latenessMs = latenessMs;
    this.#written = new Float64Array(partitions).fill(-Infinity);
  }

  /** A record or tick of this event time went to a partition. */
  wrote(partition: number, timeMs: number): void {
    if (timeMs > this.#written[partition]!) this.#written[partition] = timeMs;
  }

  /** Event time has come to `timeMs`: the partitions in which a window stays open that is over. */
  crossed(timeMs: number): number[] {
    if (timeMs < this.nextMs) return [];
    const lastMs = Math.floor((timeMs - this.#latenessMs) / this.#windowMs) * this.#windowMs + this.#latenessMs;
    const isFirst = this.nextMs === -Infinity;
    this.nextMs = lastMs + this.#windowMs;
    const lagging: number[] = [];
    // Before the first message there is no window to close.
    if (!isFirst) for (let partition = 0; partition < this.#written.length; partition++) if (this.#written[partition]! < lastMs) lagging.push(partition);
    return lagging;
  }
}

/** Which partitions a live feed has not written to for a while, by the wall clock (ARCHITECTURE.md E7). */
export class WallTicks {
  readonly #afterMs: number;
  readonly #writtenAt: Float64Array;

  constructor(partitions: number, afterMs: number, nowMs: number) {
    this.#afterMs = afterMs;
    this.#writtenAt = new Float64Array(partitions).fill(nowMs);
  }

  wrote(partition: number, nowMs: number): void {
    this.#writtenAt[partition] = nowMs;
  }

  quiet(nowMs: number): number[] {
    const quiet: number[] = [];
    for (let partition = 0; partition < this.#writtenAt.length; partition++) if (nowMs - this.#writtenAt[partition]! >= this.#afterMs) quiet.push(partition);
    return quiet;
  }
}
