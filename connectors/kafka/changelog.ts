import type { Changelog } from '../../runtime/ports.ts';
import type { Brokers } from './brokers.ts';
import { readPartition } from './fetch/read-partition.ts';

/** The changelog of a pipeline in Kafka, read as record batches, outside of any group. */
export const kafkaChangelog = ({ brokers, topic, signal }: { readonly brokers: Brokers; readonly topic: string; readonly signal?: AbortSignal }): Changelog => ({
  topic,
  read: (partition, take) => readPartition({
    brokers, clientId: 'oddstream-changelog', topic, partition, from: 0, ...(signal === undefined ? {} : { signal }),
    take(poll) {
      for (let i = 0; i < poll.size; i++) {
        const { keyBytes, keyStart, keyEnd, valueBytes, valueStart, valueEnd } = poll.record(i);
        if (keyStart >= 0) take(keyBytes.slice(keyStart, keyEnd), valueStart < 0 ? null : valueBytes.slice(valueStart, valueEnd));
      }
    },
  }),
});
