/** What is in the topics, as an independent client reads it: kafkajs, and the registry's own client. */
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { Kafka, logLevel } from 'kafkajs';
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

/** The values and tombstones of a topic, control records left out; those of a partition in order. */
export const recordsOf = async (servers: Servers, topic: string): Promise<LogRecord[]> => {
  const kafka = kafkaOf(servers);
  const admin = kafka.admin();
  const consumer = kafka.consumer({ groupId: `reader-${process.pid}-${Date.now()}`, maxWaitTimeInMs: 100 });
  await Promise.all([admin.connect(), consumer.connect()]);
  const records: LogRecord[] = [];
  try {
    const open = new Map((await admin.fetchTopicOffsets(topic)).filter(({ high, low }) => Number(high) > Number(low)).map(({ partition, high }) => [partition, Number(high)]));
    if (open.size === 0) return records;
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
    await Promise.all([admin.disconnect(), consumer.disconnect()]);
  }
  return records;
};

/** Values decoded by the registry's client; undefined for tombstones. */
export const decoded = async <Value>({ registryUrl }: Servers, records: readonly LogRecord[]): Promise<(Value | undefined)[]> => {
  const registry = new SchemaRegistry({ host: registryUrl });
  const values: (Value | undefined)[] = [];
  for (const { value } of records) values.push(value === null ? undefined : await registry.decode(value) as Value);
  return values;
};

/** The decoded values of a topic, without tombstones. */
export const valuesOf = async <Value>(servers: Servers, topic: string): Promise<Value[]> =>
  (await decoded<Value>(servers, await recordsOf(servers, topic))).filter((value) => value !== undefined);
