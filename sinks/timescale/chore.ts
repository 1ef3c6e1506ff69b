import type { Position, Sink, TopicPartition } from '../../runtime/ports.ts';
import type { Row, Rows } from '../../schemas/codec/columns.ts';
import type { Fate } from '../../stream/fates.ts';
import { isPassing } from './errors.ts';
import { Session, type SessionOptions } from './session.ts';

export interface ChoreOptions extends Omit<SessionOptions, 'retryMs'> {
  /** ms */
  readonly everyMs: number;
  readonly work: (session: Session) => Promise<void>;
  /** Once, when it is closed and no turn is under way any more. */
  readonly last?: (session: Session) => Promise<void>;
  /** A database that is away comes back: it is told, and tried again next time. */
  readonly onPassing?: (error: Error) => void;
}

/** What a sink does without a record: again and again, one turn at a time, on a connection of its own. What does not pass by itself stops the pipeline at its next record or commit. */
export class Chore {
  readonly #options: ChoreOptions;
  readonly #session: Session;
  readonly #timer: NodeJS.Timeout;
  #underWay: Promise<void> | undefined;
  #failure: Error | undefined;

  constructor(options: ChoreOptions) {
    this.#options = options;
    this.#session = new Session({ ...options, retryMs: 0 });
    this.#timer = setInterval(() => { this.#underWay ??= this.#turn(options.work).finally(() => { this.#underWay = undefined; }); }, options.everyMs);
    this.#timer.unref();
  }

  /** Throws what it failed by. */
  check(): void { if (this.#failure !== undefined) throw this.#failure; }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#underWay;
    if (this.#options.last !== undefined) await this.#turn(this.#options.last);
    await this.#session.close();
  }

  async #turn(work: ChoreOptions['work']): Promise<void> {
    try {
      await work(this.#session);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (isPassing(error)) this.#options.onPassing?.(error); else this.#failure = error;
    }
  }
}

/** A sink, and a chore beside it. */
export class SinkWithChore<R extends Row> implements Sink<R> {
  readonly mayRefuse: boolean;
  readonly #sink: Sink<R>;
  readonly #chore: Pick<Chore, 'check' | 'close'>;

  constructor(sink: Sink<R>, chore: Pick<Chore, 'check' | 'close'>) {
    this.#sink = sink;
    this.#chore = chore;
    this.mayRefuse = sink.mayRefuse;
  }

  get buffered(): number { return this.#sink.buffered; }

  positions(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<number, number | undefined>> { return this.#sink.positions(partitions); }

  write(partition: number, rows: Rows<R>, count: (fate: Fate) => void): void {
    this.#chore.check();
    this.#sink.write(partition, rows, count);
  }

  async commit(positions: readonly Position[]): Promise<void> {
    this.#chore.check();
    await this.#sink.commit(positions);
  }

  discard(): void { this.#sink.discard(); }

  async close(): Promise<void> {
    await this.#chore.close();
    await this.#sink.close();
  }
}
