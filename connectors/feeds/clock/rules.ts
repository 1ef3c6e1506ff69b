import type { ControlRecord } from '../../kafka/control.ts';

export interface ClockRulesOptions {
  readonly partitions: number;
  /** A partition that nobody has written to for so long gets a tick, ms. */
  readonly tickAfterMs: number;
  /** A provider that has said `up` before, but not for so long, is down, ms. */
  readonly silenceMs: number;
  /** Silence is only silence while one listens: a longer gap in listening starts the count anew, ms. */
  readonly gapMs: number;
}

/**
 * What the clock has seen of the log, and what follows from it (ARCHITECTURE.md E7). All times are of one monotonic clock, ms: none of it
 * depends on what o'clock it is.
 */
export class ClockRules {
  readonly #options: ClockRulesOptions;
  readonly #ends: Float64Array;
  readonly #writtenAt: Float64Array;
  /** When each provider last said that it is up; those that are down, or were never up, are not in it. */
  readonly #upAt = new Map<string, number>();
  #heardUntil: number;
  #listeningSince: number;

  constructor(options: ClockRulesOptions, nowMs: number) {
    this.#options = options;
    this.#ends = new Float64Array(options.partitions).fill(-1);
    this.#writtenAt = new Float64Array(options.partitions).fill(nowMs);
    this.#heardUntil = this.#listeningSince = nowMs;
  }

  /** A partition's next offset, as asked for at `nowMs`. Another one than before: somebody has written. */
  sawEnd(partition: number, end: number, nowMs: number): void {
    if (this.#ends[partition] === end) return;
    this.#ends[partition] = end;
    this.#writtenAt[partition] = nowMs;
  }

  /** We have sent a tick. It will be seen in the log in a moment, and is nobody else's write: else the next one would come so much later. */
  ticked(partition: number, nowMs: number): void {
    this.#ends[partition]!++;
    this.#writtenAt[partition] = nowMs;
  }

  /** A control record was read. */
  heard(record: ControlRecord, nowMs: number): void {
    if (record.control === 'up') this.#upAt.set(record.provider, nowMs);
    else if (record.control === 'down') this.#upAt.delete(record.provider);
    else if (record.control === 'confirm' && this.#upAt.has(record.provider)) this.#upAt.set(record.provider, nowMs);
  }

  /** All that was in the log at `thenMs` has been read. */
  heardAll(thenMs: number): void {
    // An outage of the broker, or of ourselves, silences every provider; none of them is to blame before it has had its time again.
    if (thenMs - this.#heardUntil > this.#options.gapMs) this.#listeningSince = thenMs;
    if (thenMs > this.#heardUntil) this.#heardUntil = thenMs;
  }

  /** The partitions that are quiet. */
  quiet(nowMs: number): number[] {
    const quiet: number[] = [];
    for (let partition = 0; partition < this.#writtenAt.length; partition++) if (nowMs - this.#writtenAt[partition]! >= this.#options.tickAfterMs) quiet.push(partition);
    return quiet;
  }

  /** The providers that have fallen silent since the last call: each is named once, and again only after it has said `up`. */
  silent(): string[] {
    const silent: string[] = [];
    for (const [provider, upAt] of this.#upAt) {
      if (this.#heardUntil - Math.max(upAt, this.#listeningSince) <= this.#options.silenceMs) continue;
      this.#upAt.delete(provider);
      silent.push(provider);
    }
    return silent;
  }
}
