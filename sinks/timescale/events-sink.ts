import type { Position, Sink, TopicPartition } from '../../runtime/ports.ts';
import type { Rows } from '../../schemas/codec/columns.ts';
import type { EventRow } from '../../schemas/generated/event.ts';
import type { Fate } from '../../stream/fates.ts';
import { isPassing } from './errors.ts';
import { EventsDestination } from './events.ts';
import { Session } from './session.ts';
import { TimescaleSink, type TimescaleSinkOptions } from './sink.ts';

/**
 * The `events` table, and beside it, on a connection of its own, the capture of closing lines that are due.
 *
 * The quotes come by another pipeline (odds-history), which may be ahead or behind. So nobody waits for anybody: the database keeps what is due
 * (an event is new, its start moved, a quote from before the start came after it), and every `captureEveryMs` what is due and has started is captured.
 * A capture is repeatable and takes only quotes from before the start; whoever comes last makes it due once more.
 */
export class EventsSink implements Sink<EventRow> {
  readonly mayRefuse = true;
  readonly #events: TimescaleSink<EventRow>;
  readonly #capture: Session;
  readonly #timer: NodeJS.Timeout;
  #underWay: Promise<void> | undefined;
  #failure: Error | undefined;

  static async open(options: TimescaleSinkOptions, captureEveryMs: number): Promise<EventsSink> {
    const events = await TimescaleSink.open(options, new EventsDestination());
    return new EventsSink(events, new Session({ ...options, name: `${options.name} closing lines`, retryMs: 0 }), captureEveryMs);
  }

  private constructor(events: TimescaleSink<EventRow>, capture: Session, captureEveryMs: number) {
    this.#events = events;
    this.#capture = capture;
    this.#timer = setInterval(() => { this.#underWay ??= this.#captureDue().finally(() => { this.#underWay = undefined; }); }, captureEveryMs);
    this.#timer.unref();
  }

  get buffered(): number { return this.#events.buffered; }

  positions(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<number, number | undefined>> { return this.#events.positions(partitions); }

  write(partition: number, rows: Rows<EventRow>, count: (fate: Fate) => void): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#events.write(partition, rows, count);
  }

  commit(positions: readonly Position[]): Promise<void> { return this.#events.commit(positions); }

  discard(): void { this.#events.discard(); }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#underWay;
    await this.#capture.close();
    await this.#events.close();
  }

  /** A database that is away comes back: next turn. Anything else is a bug, and stops the pipeline at the next record. */
  async #captureDue(): Promise<void> {
    try {
      await this.#capture.run(async (client) => {
        for (let captured = 1; captured > 0;) {
          const { rows } = await client.query<{ captured: number }>('SELECT odds_capture_due() AS captured');
          captured = rows[0]?.captured ?? 0;
        }
      });
    } catch (error) {
      if (!isPassing(error)) this.#failure = error instanceof Error ? error : new Error(String(error));
    }
  }
}
