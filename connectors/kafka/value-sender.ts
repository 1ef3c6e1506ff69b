import type { AnyTopic } from '../../stream/topology.ts';
import { topicName } from '../../schemas/topics.ts';
import { ValueEncoder } from '../feeds/encoder.ts';
import { cachedPartitioner } from './partitioner.ts';
import type { RecordProducer } from './producer.ts';
import type { SchemaRegistry } from './registry.ts';

/** Puts values into a topic, each by its key on the partition that the key has. Throws ProducerError `topic_missing`. */
export const valueSender = async (producer: RecordProducer, schemas: SchemaRegistry, topic: AnyTopic, namespace: string): Promise<(value: unknown) => void> => {
  const name = topicName(topic, namespace), partition = cachedPartitioner(await producer.partitions(name)), encoder = new ValueEncoder<unknown>(topic.schema.avsc, await schemas.idOf(topic));
  const partitionFields = topic.partitionedBy.split(':');
  const textOf = (value: unknown, fields: readonly string[]): string => fields.map((field) => String((value as Record<string, unknown>)[field])).join(':');
  return (value) => {
    producer.produce(name, partition(textOf(value, partitionFields)), Buffer.from(encoder.encode(value)), textOf(value, topic.keyFields));
  };
};
