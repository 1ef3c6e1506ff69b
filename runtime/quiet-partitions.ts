import type { RuntimeContext } from './context.ts';

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

  /** All that are waited for. */
  get partitions(): Iterable<number> { return this.#heardMs.keys(); }

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

/** How often it is looked for partitions that have gone quiet, ms. */
const CHECK_EVERY_MS = 1_000;

type Watched = { readonly name: string; readonly isTicked?: boolean };

/** Says of a pipeline's partitions that they have gone quiet, or come back: in the log once each, and in a gauge. */
export class QuietWatch {
  readonly #quiet = new QuietPartitions();
  readonly #topic: Watched;
  readonly #context: Pick<RuntimeContext, 'log' | 'metrics'>;
  #checkedMs = -Infinity;
  /** How often all that lay ready has been taken; and of each partition, how often that was when it was last heard. */
  #turns = 0;
  readonly #heardAtTurn = new Map<number, number>();

  constructor(topic: Watched, context: Pick<RuntimeContext, 'log' | 'metrics'>) {
    this.#topic = topic;
    this.#context = context;
  }

  heard(partition: number, nowMs: number): void {
    this.#quiet.heard(partition, nowMs);
    this.#heardAtTurn.set(partition, this.#turns);
  }

  dropped(partition: number): void {
    this.#quiet.dropped(partition);
    this.#heardAtTurn.delete(partition);
  }

  /** To be called after each event; `isTurn`: nothing more lies ready. It looks once a second. A process that is behind takes long to come round: who has not had its turn twice is not silent. */
  look(nowMs: number, isTurn: boolean): void {
    if (isTurn) this.#turns++;
    if (this.#topic.isTicked !== true) return; //  nobody promised to write to it
    if (nowMs - this.#checkedMs < CHECK_EVERY_MS) return;
    this.#checkedMs = nowMs;
    for (const [partition, turn] of this.#heardAtTurn) if (this.#turns - turn < 2) this.#quiet.heard(partition, nowMs);
    const { log, metrics } = this.#context, topic = this.#topic.name, { becameQuiet, cameBack } = this.#quiet.check(nowMs);
    for (const partition of becameQuiet) log.warn({ topic, partition, quietMs: this.#quiet.quietMs(partition, nowMs) }, 'a partition has had neither data nor tick for long: does what writes to it run, and the clock?');
    for (const partition of cameBack) log.info({ topic, partition }, 'a partition that was quiet has records again');
    for (const partition of this.#quiet.partitions) metrics.quietFor(partition, this.#quiet.quietMs(partition, nowMs));
  }
}
