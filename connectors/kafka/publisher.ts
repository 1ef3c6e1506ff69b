import type { Encoded } from '../../schemas/codec/encoded.ts';
import type { DeadLetter, DeadLetters, Publisher } from '../../runtime/ports.ts';
import { controlKey, tickHeaders } from './control.ts';
import { letterHeaders } from './letter.ts';
import type { RecordProducer } from './producer.ts';
import type { TransactionalProducer } from './transactional-producer.ts';

/** How long is waited for records to be durable that are in no transaction, ms: longer than a broker takes to restart. */
const FLUSH_TIMEOUT_MS = 120_000;

/** A topology's outputs, put into Kafka on the partitions that are named. */
const outputsInto = (producer: RecordProducer): Pick<Publisher, 'publish' | 'tick' | 'dead' | 'ready'> => ({
  publish(topic: string, partition: number, values: Encoded) {
    // Parts of a Buffer are Buffers: the producer need not make one of each.
    const bytes = Buffer.from(values.bytes.buffer, values.bytes.byteOffset, values.bytes.byteLength);
    for (let i = 0; i < values.size; i++) {
      const start = values.start(i), end = values.end(i);
      producer.produce(topic, partition, start === end ? null : bytes.subarray(start, end), values.key(i));
    }
  },
  tick(topic, isCompacted, partition, timestampMs) {
    producer.produce(topic, partition, null, controlKey({ cleanup: isCompacted ? 'compact' : 'delete' }), tickHeaders(timestampMs));
  },
  dead(letter) { produceDead(producer, letter); },
  async ready() { await producer.ready(); },
});

/** A pipeline's outputs in Kafka, a transaction per checkpoint. */
export const kafkaPublisher = (producer: TransactionalProducer): Publisher => ({
  ...outputsInto(producer),
  keep(topic, partition, prefix, entries) {
    for (let i = 0; i < entries.size; i++) {
      const start = entries.start(i), end = entries.end(i);
      producer.produce(topic, partition, start === end ? null : entries.bytes.subarray(start, end), prefixed(prefix, entries.key(i)));
    }
  },
  commit: (positions) => producer.commit(positions),
  close: () => producer.disconnect(),
});

/** A replay's outputs in Kafka. It keeps neither state nor position: one that was broken off is begun again, elsewhere. */
export const replayPublisher = (producer: RecordProducer): Publisher => ({
  ...outputsInto(producer),
  keep() { /* nobody goes on from it */ },
  commit: () => producer.flush(FLUSH_TIMEOUT_MS),
  close: () => producer.disconnect(),
});

/** A sink's dead letters, put into Kafka by an idempotent producer. Where there are none since the last time, nothing is waited for: each commit asks. */
export const kafkaDeadLetters = (producer: RecordProducer): DeadLetters => {
  let isDurable = true;
  return {
    dead(letter) {
      isDurable = false;
      produceDead(producer, letter);
    },
    async flush() {
      if (isDurable) return;
      await producer.flush(FLUSH_TIMEOUT_MS);
      isDurable = true;
    },
    close: () => producer.disconnect(),
  };
};

const produceDead = (producer: RecordProducer, letter: DeadLetter): void => {
  producer.produce(letter.deadTopic, letter.partition, letter.value, letter.key, letterHeaders(letter));
};

/** Prefixes are ASCII. */
const prefixed = (prefix: string, key: Uint8Array): Uint8Array => {
  const bytes = Buffer.allocUnsafe(prefix.length + key.length);
  bytes.write(prefix, 'latin1');
  bytes.set(key, prefix.length);
  return bytes;
};
