import type { DeadLetter, RawRecord, TopicPartition } from './ports.ts';

/** A copy of a record that could not be let in, with its coordinates. `topic` is where it goes; `pipeline` is who refused it. */
export const deadLetter = (
  topic: string, pipeline: string, from: TopicPartition, record: RawRecord, code: string, message: string,
): DeadLetter => ({
  deadTopic: topic, topic: from.topic, partition: from.partition, offset: record.offset, pipeline, code, message,
  key: record.keyStart < 0 ? null : record.keyBytes.slice(record.keyStart, record.keyEnd),
  value: record.valueStart < 0 ? null : record.valueBytes.slice(record.valueStart, record.valueEnd),
  ...(record.addressed === undefined ? {} : { origin: record.addressed.origin }),
});
