import type { Encoded } from '../../schemas/codec/encoded.ts';
import type { DeadLetter, DeadLetters, Publisher } from '../../runtime/ports.ts';
import { controlKey, tickHeaders } from './control.ts';
import type { RecordProducer } from './producer.ts';
import type { TransactionalProducer } from './transactional-producer.ts';

/** How long a sink waits for its dead letters to be durable, ms: longer than a broker takes to restart. */
const FLUSH_TIMEOUT_MS = 120_000;

/** A topology's outputs, put into Kafka on the partitions that are named, a transaction per checkpoint. */
export const kafkaPublisher = (producer: TransactionalProducer): Publisher => ({
  publish(topic: string, partition: number, values: Encoded) {
    for (let i = 0; i < values.size; i++) {
      const start = values.start(i), end = values.end(i);
      producer.produce(topic, partition, start === end ? null : values.bytes.subarray(start, end), values.key(i));
    }
  },
  tick(topic, isCompacted, partition, timestampMs) {
    producer.produce(topic, partition, null, controlKey({ cleanup: isCompacted ? 'compact' : 'delete' }), tickHeaders(timestampMs));
  },
  dead(letter) { produceDead(producer, letter); },
  keep(topic, partition, prefix, entries) {
    for (let i = 0; i < entries.size; i++) {
      const start = entries.start(i), end = entries.end(i);
      producer.produce(topic, partition, start === end ? null : entries.bytes.subarray(start, end), prefixed(prefix, entries.key(i)));
    }
  },
  async ready() { await producer.ready(); },
  commit: (positions) => producer.commit(positions),
  close: () => producer.disconnect(),
});

/** A sink's dead letters, put into Kafka by an idempotent producer. */
export const kafkaDeadLetters = (producer: RecordProducer): DeadLetters => ({
  dead(letter) { produceDead(producer, letter); },
  flush: () => producer.flush(FLUSH_TIMEOUT_MS),
  close: () => producer.disconnect(),
});

const produceDead = (producer: RecordProducer, { deadTopic, topic, partition, offset, pipeline, code, message, key, value }: DeadLetter): void => {
  producer.produce(deadTopic, partition, value, key, [
    { 'oddstream-dead-code': code }, { 'oddstream-dead-message': message }, { 'oddstream-dead-pipeline': pipeline },
    { 'oddstream-dead-topic': topic }, { 'oddstream-dead-partition': String(partition) }, { 'oddstream-dead-offset': String(offset) },
  ]);
};

/** Prefixes are ASCII. */
const prefixed = (prefix: string, key: Uint8Array): Uint8Array => {
  const bytes = Buffer.allocUnsafe(prefix.length + key.length);
  bytes.write(prefix, 'latin1');
  bytes.set(key, prefix.length);
  return bytes;
};
