import type { Position, Source, SourceEvent, TopicPartition } from '../ports.ts';
import { type LogRecord, pollOf } from './records.ts';

interface Turn { readonly event: SourceEvent | 'end' | Error; readonly over: () => void }

/**
 * A source over logs in memory whose events a test hands on one by one, and waits each time until the loop has done all that follows: so that
 * several loops can be interleaved in any order, and broken off between any two events.
 */
export class TurnSource implements Source {
  readonly topic: string;
  readonly log: readonly (readonly (LogRecord | undefined)[])[];
  /** Where each partition is read on, as the loop said last. */
  readonly at = new Map<number, number>();
  readonly #turns: Turn[] = [];
  #wake: (() => void) | undefined;
  #isOver = false;

  constructor(topic: string, log: readonly (readonly (LogRecord | undefined)[])[]) {
    this.topic = topic;
    this.log = log;
  }

  /** Gives the loop all partitions. */
  assign(): Promise<void> { return this.#hand({ kind: 'assigned', partitions: this.log.map((_, partition) => this.#of(partition)) }); }
  /** Gives it the next records of a partition, if any are left. */
  poll(partition: number, count: number): Promise<void> {
    const from = this.at.get(partition) ?? 0, records = this.log[partition]!.slice(from, from + count);
    if (records.length === 0) return Promise.resolve();
    this.at.set(partition, from + records.length);
    return this.#hand({ kind: 'poll', poll: pollOf(records, from, { topic: this.topic, partition }), isLast: true });
  }
  /** Delivers some records again that were delivered before, and goes on from there. */
  again(partition: number, count: number): Promise<void> {
    this.at.set(partition, Math.max(0, (this.at.get(partition) ?? 0) - count));
    return this.poll(partition, count);
  }
  idle(): Promise<void> { return this.#hand({ kind: 'idle' }); }
  end(): Promise<void> { return this.#hand('end'); }
  /** The loop is broken off. */
  fail(error: Error): Promise<void> { return this.#hand(error); }
  /** The loop has ended, or is about to. */
  get isOver(): boolean { return this.#isOver; }
  get isAtEnd(): boolean { return this.log.every((records, partition) => (this.at.get(partition) ?? 0) >= records.length); }

  async *events(): AsyncGenerator<SourceEvent> {
    try {
      for (;;) {
        while (this.#turns.length === 0) await new Promise<void>((resolve) => { this.#wake = resolve; });
        const { event, over } = this.#turns[0]!;
        if (event === 'end') return;
        if (event instanceof Error) throw event;
        yield event;
        this.#turns.shift();
        over();
      }
    } finally {
      this.#isOver = true;
      for (const { over } of this.#turns.splice(0)) over();
    }
  }

  async range({ partition }: TopicPartition): Promise<{ start: number; end: number }> { return { start: 0, end: this.log[partition]!.length }; }
  start({ partition, offset }: Position): void { this.at.set(partition, offset); }
  async committed(): Promise<ReadonlyMap<number, number | undefined>> { return new Map(); }
  async close(): Promise<void> { /* nothing is open */ }

  #of(partition: number): TopicPartition { return { topic: this.topic, partition }; }

  async #hand(event: Turn['event']): Promise<void> {
    if (this.#isOver) return;
    await new Promise<void>((over) => {
      this.#turns.push({ event, over });
      this.#wake?.();
    });
  }
}
