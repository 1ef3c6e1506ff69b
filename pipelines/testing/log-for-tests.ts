/** What is in the topics, as an independent client reads it: kafkajs, and the registry's own client. */
import { ConstantBackoff, handleWhen, retry } from 'cockatiel';
import { Kafka, logLevel } from 'kafkajs';
import rdkafka from 'node-rdkafka';
import { registryClient } from '../../connectors/kafka/registry.ts';
import type { StackAddresses } from '../../ops/stack/stack.ts';

type Servers = Pick<StackAddresses, 'brokers' | 'registryUrl'>;

export const kafkaOf = ({ brokers }: Pick<Servers, 'brokers'>): Kafka => new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });

export interface LogRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  /** Null for a tombstone. */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Ends of a topic's partitions that hold something. What a transaction that is still open has written counts: a broker answers a commit before its marker is in
 * every partition, so the ends that readers of committed records are told, as kafkajs is, may lie before records that were committed.
 */
const endsOf = async ({ brokers }: Pick<Servers, 'brokers'>, topic: string): Promise<Map<number, number>> => {
  const consumer = new rdkafka.KafkaConsumer({ 'metadata.broker.list': brokers, 'group.id': 'reader', 'isolation.level': 'read_uncommitted' }, {});
  const asked = <Answer>(ask: (done: (error: rdkafka.LibrdKafkaError | null, answer: Answer) => void) => void): Promise<Answer> =>
    new Promise((resolve, reject) => { ask((error, answer) => { if (error) reject(new Error(`the ends of ${topic}: ${error.message}`)); else resolve(answer); }); });
  const { topics } = await asked<rdkafka.Metadata>((done) => consumer.connect({ topic }, done));
  const ends = new Map<number, number>();
  try {
    for (const { id: partition } of topics.find(({ name }) => name === topic)?.partitions ?? []) {
      const { lowOffset, highOffset } = await asked<rdkafka.WatermarkOffsets>((done) => { consumer.queryWatermarkOffsets(topic, partition, 10_000, done); });
      if (highOffset > lowOffset) ends.set(partition, highOffset);
    }
  } finally {
    await new Promise<void>((resolve) => { consumer.disconnect(() => { resolve(); }); });
  }
  return ends;
};

/** The values and tombstones of a topic, control records left out; those of a partition in order. */
export const recordsOf = async (servers: Servers, topic: string): Promise<LogRecord[]> => {
  const kafka = kafkaOf(servers);
  const open = await endsOf(servers, topic), records: LogRecord[] = [];
  if (open.size === 0) return records;
  const consumer = kafka.consumer({ groupId: `reader-${process.pid}-${Date.now()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const patience = setTimeout(() => { reject(new Error(`${topic}: partitions ${[...open.keys()].join()} were not read to their ends`)); }, 240_000);
      consumer.on(consumer.events.CRASH, ({ payload: { error } }) => { reject(error); });
      // Told of also where a log ends with the markers of transactions, which are no messages.
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
        if (Number(lastOffset) + 1 >= (open.get(partition) ?? Infinity)) open.delete(partition);
        if (open.size > 0) return;
        clearTimeout(patience);
        resolve();
      });
      void consumer.run({ eachBatch: ({ batch: { partition, messages } }) => {
        for (const { key, value, offset, headers } of messages) {
          if (headers?.['oddstream-control'] !== undefined) continue;
          records.push({ partition, offset: Number(offset), key, value, headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)])) });
        }
        return Promise.resolve();
      } });
    });
  } finally {
    await consumer.disconnect();
  }
  return records;
};

/** On a busy machine an answer may never come. */
const onceMore = retry(handleWhen((error) => /Timeout \(\d+ms\)/.test(error.message)), { maxAttempts: 1, backoff: new ConstantBackoff(100) });

/** Values decoded by the registry's client; undefined for tombstones. */
export const decoded = async <Value>({ registryUrl }: Servers, records: readonly LogRecord[]): Promise<(Value | undefined)[]> => {
  const registry = registryClient(registryUrl);
  const values: (Value | undefined)[] = [];
  for (const { value } of records) values.push(value === null ? undefined : await onceMore.execute(() => registry.decode(value)) as Value);
  return values;
};

/** The decoded values of a topic, without tombstones. */
export const valuesOf = async <Value>(servers: Servers, topic: string): Promise<Value[]> =>
  (await decoded<Value>(servers, await recordsOf(servers, topic))).filter((value) => value !== undefined);
