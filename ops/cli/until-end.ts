import type { Source, SourceEvent, TopicPartition } from '../../runtime/ports.ts';

/**
 * Idle so often in a row, some 50 ms each, although the end is not reached: what is left are offsets without a record for us (markers, compacted). Counted and not timed,
 * since a checkpoint may take its time.
 */
const SILENT_IDLES = 100;

/**
 * A source that ends, as if it had been stopped, once it has read what its partitions held when they were assigned. `onSilence` is told of
 * partitions whose last offsets hold nothing to read.
 */
export const untilEnd = (source: Source, onSilence: (partitions: readonly string[]) => void): Source => {
  const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
  /** Where each partition ends that has yet to be read so far. */
  const open = new Map<string, number>();
  return {
    committed: (partitions) => source.committed(partitions),
    range: (partition) => source.range(partition),
    start(position) {
      const name = nameOf(position);
      if (position.offset >= (open.get(name) ?? Infinity)) open.delete(name);
      source.start(position);
    },
    close: () => source.close(),

    async *events(signal: AbortSignal): AsyncGenerator<SourceEvent> {
      const done = new AbortController();
      let wasAssigned = false;
      let idles = 0;
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
        idles = event.kind === 'idle' ? idles + 1 : 0;
        yield event;
        if (event.kind === 'poll') {
          const name = nameOf(event.poll);
          if (event.poll.nextOffset >= (open.get(name) ?? Infinity)) open.delete(name);
        }
        if (!wasAssigned) continue;
        if (open.size > 0 && idles > SILENT_IDLES) {
          onSilence(Array.from(open.keys()));
          open.clear();
        }
        if (open.size === 0) done.abort();
      }
    },
  };
};
