import type { Encoded } from '../../schemas/codec/encoded.ts';
import type { DeadLetter, Publisher } from '../../runtime/ports.ts';
import { controlKey, tickHeaders } from './control.ts';
import { letterHeaders } from './letter.ts';
import type { RecordProducer } from './producer.ts';

/** How long a checkpoint waits for its outputs to be durable, ms: longer than a broker takes to restart. */
const FLUSH_TIMEOUT_MS = 120_000;

/** A pipeline's outputs, put into Kafka by an idempotent producer on the partitions that are named. */
export const kafkaPublisher = (producer: RecordProducer): Publisher => ({
  publish(topic: string, partition: number, values: Encoded) {
    for (let i = 0; i < values.size; i++) {
      const start = values.start(i), end = values.end(i);
      producer.produce(topic, partition, start === end ? null : values.bytes.subarray(start, end), values.key(i));
    }
  },
  tick(topic, isCompacted, partition, timestampMs) {
    producer.produce(topic, partition, null, controlKey({ cleanup: isCompacted ? 'compact' : 'delete' }), tickHeaders(timestampMs));
  },
  dead(letter: DeadLetter) { producer.produce(letter.deadTopic, letter.partition, letter.value, letter.key, letterHeaders(letter)); },
  async ready() { await producer.ready(); },
  flush: () => producer.flush(FLUSH_TIMEOUT_MS),
  close: () => producer.disconnect(),
});
