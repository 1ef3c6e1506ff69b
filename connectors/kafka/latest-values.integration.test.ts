import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import { freeBasePort } from '../../ops/stack/ports.ts';
import { startStack, stopStack, wipeStack } from '../../ops/stack/stack.ts';
import type { LatestValues } from '../../runtime/ports.ts';
import { CONTROL_KEY, controlHeaders } from './control.ts';
import { latestValues } from './latest-values.ts';
import { connectProducer } from './producer.ts';
import { connectTransactionalProducer } from './transactional-producer.ts';

t.setTimeout(900_000);
const home = mkdtempSync(path.join(tmpdir(), 'oddstream-latest-'));
t.teardown(async () => {
  await wipeStack({ home });
  rmSync(home, { recursive: true, force: true });
});
const options = { home, basePort: (await freeBasePort(21_000 + (process.pid % 60) * 100)) ?? 21_000, only: ['kafka'] } as const;
const { brokers } = await startStack(options);
const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
await admin.connect();
const producer = await connectProducer({ brokers });
t.teardown(async () => { await producer.disconnect(); await admin.disconnect(); });

let serial = 0;
const topicOf = async (numPartitions = 2): Promise<string> => {
  const topic = `latest-${++serial}`;
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions, configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }, { name: 'cleanup.policy', value: 'compact' }] }] });
  return topic;
};
/** A value in wire format, of a schema. */
const wire = (text: string, schema = 7): Buffer => { const bytes = Buffer.from(`\0....${text}`); bytes.writeUInt32BE(schema, 1); return bytes; };
const textOf = (values: LatestValues, key: string): string | undefined => { const bytes = values.value(key); return bytes === undefined ? undefined : Buffer.from(bytes).subarray(5).toString(); };
const schemaOf = (id: number): Promise<string> => Promise.resolve(`schema ${id}`);
const open = async (t: { readonly teardown: (close: () => Promise<void>) => void }, topic: string, of = schemaOf): Promise<LatestValues> => {
  const values = await latestValues({ brokers, topic, schemaOf: of, onWarning: () => undefined });
  t.teardown(() => values.close());
  return values;
};
const until = async (what: string, isSo: () => boolean): Promise<void> => {
  for (const untilMs = Date.now() + 30_000; !isSo(); await wait(10)) if (Date.now() > untilMs) throw new Error(`it did not come: ${what}`);
};
const put = async (topic: string, records: readonly (readonly [partition: number, key: string, value: string | null])[]): Promise<void> => {
  for (const [partition, key, value] of records) producer.produce(topic, partition, value === null ? null : wire(value), key);
  await producer.flush(20_000);
};

await t.test('the newest value of each key as the log ended, and on from there', async (t) => {
  const topic = await topicOf();
  await put(topic, Array.from({ length: 5_000 }, (_, i) => [i % 2, `key ${i % 100}`, `value ${i}`] as const));
  await put(topic, [[0, 'key 2', null], [1, 'gone', 'x'], [1, 'gone', null]]);
  const values = await open(t, topic);
  t.equal(values.size, 99);
  t.strictSame(['key 0', 'key 99', 'key 2', 'gone', 'never'].map((key) => textOf(values, key)), ['value 4900', 'value 4999', undefined, undefined, undefined]);
  t.equal(values.schema(7), 'schema 7');
  await put(topic, [[0, 'key 2', 'back'], [1, 'key 99', null]]);
  await until('what came later', () => textOf(values, 'key 2') === 'back' && textOf(values, 'key 99') === undefined);
  t.equal(values.size, 99);
});

await t.test('what is no value changes nothing, but a tick is heard; the partition that was heard of longest ago counts', async (t) => {
  const topic = await topicOf(), values = await open(t, topic);
  t.strictSame([values.size, values.heardMs], [0, 0], 'of an empty topic nothing was heard');
  await put(topic, [[0, 'a', 'good']]);
  await until('the value', () => textOf(values, 'a') === 'good');
  t.equal(values.heardMs, 0, 'the other partition has not been heard of');
  const beforeMs = Date.now();
  for (const partition of [0, 1]) producer.produce(topic, partition, null, CONTROL_KEY, controlHeaders({ control: 'tick', timestamp: beforeMs }));
  for (const poison of [Buffer.from('x'), Buffer.from('not in wire format')]) producer.produce(topic, 0, poison, 'a');
  producer.produce(topic, 0, wire('without a key'), '');
  await producer.flush(20_000);
  await until('the ticks', () => values.heardMs >= beforeMs - 1_000);
  t.ok(values.heardMs <= Date.now() + 1_000);
  await put(topic, [[0, 'b', 'last']]);
  await until('what comes after', () => textOf(values, 'b') === 'last');
  t.equal(textOf(values, 'a'), 'good');
  t.equal(textOf(values, CONTROL_KEY), undefined);
});

await t.test('an end of markers and aborted records is come to, too', async (t) => {
  const topic = await topicOf(1), transactional = await connectTransactionalProducer({ brokers, clientId: 'test', transactionalId: topic });
  transactional.produce(topic, 0, wire('kept'), 'a');
  await transactional.commit([]);
  for (let i = 0; i < 50; i++) transactional.produce(topic, 0, wire('aborted'), 'a');
  await transactional.ready();
  await wait(300);
  await transactional.disconnect();
  const values = await open(t, topic);
  t.equal(textOf(values, 'a'), 'kept');
});

await t.test('a schema that does not come keeps the value back until it does', async (t) => {
  const topic = await topicOf(1), asked: number[] = [];
  let answer: (text: string) => void = () => undefined;
  const values = await open(t, topic, (id) => { asked.push(id); return id === 7 ? schemaOf(id) : new Promise((resolve) => { answer = resolve; }); });
  producer.produce(topic, 0, wire('one'), 'a');
  producer.produce(topic, 0, wire('two', 8), 'a');
  await producer.flush(20_000);
  await until('the schema is asked for', () => asked.includes(8));
  t.equal(textOf(values, 'a'), 'one');
  answer('schema 8');
  await until('the value', () => textOf(values, 'a') === 'two');
  t.strictSame([values.schema(8), asked], ['schema 8', [7, 8]], 'each is asked for once');
});

await t.test('a topic that is not there is said', async (t) => {
  await t.rejects(latestValues({ brokers, topic: 'latest-none', schemaOf, onWarning: () => undefined }), /there is no topic latest-none: run `oddstream topics apply`/);
});

await t.test('it goes on when the broker comes back', async (t) => {
  const topic = await topicOf(1), values = await open(t, topic);
  await put(topic, [[0, 'a', 'before']]);
  await until('the value', () => textOf(values, 'a') === 'before');
  await stopStack(options);
  await wait(1_000);
  t.equal(textOf(values, 'a'), 'before', 'what is known stays known; heardMs says how old it is');
  await startStack(options);
  await put(topic, [[0, 'a', 'after'], [0, 'b', 'new']]);
  await until('what came after the restart', () => textOf(values, 'a') === 'after' && textOf(values, 'b') === 'new');
  t.equal(values.size, 2);
});
