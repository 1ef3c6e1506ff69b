import type { Source, SourceEvent, TopicPartition } from '../../runtime/ports.ts';

/** Nothing came for so long although the end is not reached: what is left are offsets without a record for us (markers, compacted). */
const SILENT_MS = 5_000;

/**
 * A source that ends, as if it had been stopped, once it has read what its partitions held when they were assigned. `onSilence` is told of
 * partitions whose last offsets hold nothing to read.
 */
export const untilEnd = (source: Source, onSilence: (partitions: readonly string[]) => void, clock: () => number = Date.now): Source => {
  const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
  /** Where each partition ends that has yet to be read so far. */
  const open = new Map<string, number>();
  return {
    committed: (partitions) => source.committed(partitions),
    range: (partition) => source.range(partition),
    offsetAt: (partition, timeMs) => source.offsetAt(partition, timeMs),
    appendTimeAt: (position) => source.appendTimeAt(position),
    start(position) {
      const name = nameOf(position);
      if (position.offset >= (open.get(name) ?? Infinity)) open.delete(name);
      source.start(position);
    },
    commit: (positions) => source.commit(positions),
    close: () => source.close(),

    async *events(signal: AbortSignal): AsyncGenerator<SourceEvent> {
      const done = new AbortController();
      let wasAssigned = false;
      let heardMs = clock();
      for await (const event of source.events(AbortSignal.any([signal, done.signal]))) {
        if (event.kind === 'assigned') {
          for (const partition of event.partitions) {
            const { start, end } = await source.range(partition);
            if (end > start) open.set(nameOf(partition), end);
          }
          wasAssigned = true;
        } else if (event.kind === 'revoked') {
          for (const partition of event.partitions) open.delete(nameOf(partition));
        }
        if (event.kind !== 'idle') heardMs = clock();
        yield event;
        if (event.kind === 'poll') {
          const name = nameOf(event.poll);
          if (event.poll.nextOffset >= (open.get(name) ?? Infinity)) open.delete(name);
        }
        if (!wasAssigned) continue;
        if (open.size > 0 && clock() - heardMs > SILENT_MS) {
          onSilence(Array.from(open.keys()));
          open.clear();
        }
        if (open.size === 0) done.abort();
      }
    },
  };
};
