import type { Poll, Position, RawRecord, Source, SourceEvent, TopicPartition } from '../../../runtime/ports.ts';
import type { Brokers } from '../brokers.ts';
import { Fetcher } from './fetcher.ts';

/** Offsets of a partition: read from `start` on, silently up to `from`, and then up to `to`. */
export interface OffsetRange extends TopicPartition { readonly start: number; readonly from: number; readonly to: number }

export interface RangeSourceOptions {
  readonly brokers: Brokers;
  readonly ranges: readonly OffsetRange[];
  readonly onWarning: (message: string) => void;
}

const MAX_POLL_RECORDS = 2_000;
/** How long nothing must come for it to be called idle, ms. */
const IDLE_MS = 50;

/**
 * Ranges of a log as a source: outside of any group, so that nobody loses partitions to it and no position moves. Each partition is given up where its range ends, and the events end
 * with the last of them. Its events reject as those of a source of record batches do.
 */
export const rangeSource = (options: RangeSourceOptions): Source => new RangeSource(options);

class RangeSource implements Source {
  readonly #ranges: ReadonlyMap<number, OffsetRange>;
  readonly #fetcher: Fetcher;
  #wake: () => void = () => undefined;

  constructor({ brokers, ranges, onWarning }: RangeSourceOptions) {
    this.#ranges = new Map(ranges.filter(({ from, to }) => from < to).map((range) => [range.partition, range]));
    this.#fetcher = new Fetcher({ brokers, clientId: 'oddstream-replay', maxPollRecords: MAX_POLL_RECORDS, onWarning, onArrival: () => { this.#wake(); } });
  }

  async *events(signal: AbortSignal): AsyncGenerator<SourceEvent> {
    const open = new Map(this.#ranges), onAbort = (): void => { this.#wake(); };
    signal.addEventListener('abort', onAbort);
    try {
      yield { kind: 'assigned', partitions: Array.from(open.values(), ({ topic, partition }) => ({ topic, partition })) };
      while (open.size > 0 && !signal.aborted) {
        const poll = this.#fetcher.next() ?? await this.#awaited();
        if (poll === undefined) { yield { kind: 'idle' }; continue; }
        const range = open.get(poll.partition)!, { topic, partition } = range, isOver = poll.nextOffset >= range.to;
        if (isOver) this.#fetcher.stop(range);
        yield { kind: 'poll', poll: isOver ? new CutPoll(poll, range.to) : poll, isLast: !this.#fetcher.hasArrived };
        if (!isOver) continue;
        open.delete(partition);
        yield { kind: 'revoked', partitions: [{ topic, partition }], release: () => undefined };
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #awaited(): Promise<Poll | undefined> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, IDLE_MS);
    });
    clearTimeout(timer);
    return this.#fetcher.next();
  }

  committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<number, number>> {
    return Promise.resolve(new Map(partitions.map(({ partition }) => [partition, this.#ranges.get(partition)!.from])));
  }

  range({ partition }: TopicPartition): Promise<{ start: number; end: number }> {
    const { start, to } = this.#ranges.get(partition)!;
    return Promise.resolve({ start, end: to });
  }

  start(position: Position): void { this.#fetcher.start(position); }
  close(): Promise<void> { this.#fetcher.close(); return Promise.resolve(); }
}

/** A poll without the records from an offset on. */
class CutPoll implements Poll {
  readonly topic: string;
  readonly partition: number;
  readonly size: number;
  readonly nextOffset: number;
  readonly endOffset: number;
  readonly #poll: Poll;

  constructor(poll: Poll, to: number) {
    this.#poll = poll;
    this.topic = poll.topic;
    this.partition = poll.partition;
    this.nextOffset = this.endOffset = to;
    let { size } = poll;
    while (size > 0 && poll.record(size - 1).offset >= to) size--;
    this.size = size;
  }

  record(index: number): RawRecord { return this.#poll.record(index); }
}
