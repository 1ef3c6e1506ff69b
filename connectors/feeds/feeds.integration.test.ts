import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SchemaRegistry as Registry } from '@kafkajs/confluent-schema-registry';
import { Kafka, logLevel, Partitioners, type KafkaMessage } from 'kafkajs';
import t from 'tap';
import { freeBasePort } from '../../ops/stack/ports.ts';
import { startStack, wipeStack } from '../../ops/stack/stack.ts';
import { topics, topicName } from '../../schemas/topics.ts';
import { parseControl } from '../kafka/control.ts';
import { partitionOf } from '../kafka/partitioner.ts';
import { connectProducer } from '../kafka/producer.ts';
import { SchemaRegistry } from '../kafka/registry.ts';
import { runClock } from './clock/clock.ts';
import { runFeed } from './run.ts';
import { listener, quote, recordingOf, scripted } from './testing.ts';

t.setTimeout(900_000);
const home = mkdtempSync(path.join(tmpdir(), 'oddstream-feeds-'));
const basePort = (await freeBasePort(19_000 + (process.pid % 80) * 100)) ?? 19_000;
const { brokers, registryUrl } = await startStack({ home, basePort, only: ['kafka', 'registry', 'postgres'] });
t.teardown(async () => {
  await wipeStack({ home });
  rmSync(home, { recursive: true, force: true });
});

const PARTITIONS = 4;
const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
const admin = kafka.admin();
let serial = 0;
const fresh = (what: string): string => `test-${what}-${process.pid}-${++serial}-${Date.now().toString(36)}`;
const made: string[] = [];

/** The broker turns what it gets into what kafkajs can read. */
const READABLE = { 'message.timestamp.type': 'LogAppendTime', 'compression.type': 'gzip' };

const create = async (topic: string, configs: Readonly<Record<string, string>> = {}): Promise<string> => {
  await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: PARTITIONS, configEntries: Object.entries({ ...READABLE, ...configs }).map(([name, value]) => ({ name, value })) }] });
  made.push(topic);
  for (let left = 50; left > 0; left--) {
    const known = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => undefined);
    if (known?.topics[0]?.partitions.length === PARTITIONS) return topic;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  throw new Error(`the topic ${topic} does not come up`);
};

/** The topics and subjects of a namespace of its own. */
const namespace = async (): Promise<string> => {
  const name = fresh('ns');
  const registry = new SchemaRegistry(registryUrl, { namespace: name });
  for (const topic of [topics.oddsUpdates, topics.events, topics.results]) {
    await create(topicName(topic, name), { 'cleanup.policy': topic.cleanup });
    await registry.register(topic);
  }
  return name;
};

type Read = KafkaMessage & { partition: number };

/** All that is in a topic, as another client reads it. */
const readAll = async (topic: string): Promise<Read[]> => {
  const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)]));
  let left = [...ends.values()].reduce((sum, end) => sum + end, 0);
  const read: Read[] = [];
  if (left === 0) return read;
  const consumer = kafka.consumer({ groupId: fresh('reader') });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error(`${left} records of ${topic} did not come`)), 120_000);
    void consumer.run({ eachMessage: async ({ partition, message }) => {
      if (Number(message.offset) >= ends.get(partition)!) return;
      read.push({ ...message, partition } as Read);
      if (--left === 0) { clearTimeout(patience); resolve(); }
    } });
  });
  await consumer.disconnect();
  return read;
};

const controlOf = ({ headers }: KafkaMessage) => parseControl(Object.entries(headers ?? {}).map(([name, value]) => ({ [name]: value as Buffer })));

t.before(() => admin.connect());
t.teardown(async () => {
  await admin.deleteTopics({ topics: made }).catch(() => undefined);
  await admin.disconnect();
});

t.test('a key goes to the same partition from node-rdkafka, from kafkajs, and by our own hash', async (t) => {
  const topic = await create(fresh('keys'));
  const keys = ['a', 'football:e1:1x2', 'tennis:Ω:moneyline', 'x'.repeat(300), ...Array.from({ length: 500 }, (_, at) => `football:evt_${at * 7919}:totals:${at / 4}`)];
  const ours = await connectProducer({ brokers });
  for (const key of keys) ours.produce(topic, -1, Buffer.from('librdkafka'), key);
  await ours.flush(60_000);
  await ours.disconnect();
  const theirs = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await theirs.connect();
  await theirs.send({ topic, messages: keys.map((key) => ({ key, value: 'kafkajs' })) });
  await theirs.disconnect();
  const seen = new Map<string, number[]>();
  for (const { key, partition } of await readAll(topic)) seen.set(key!.toString(), [...(seen.get(key!.toString()) ?? []), partition]);
  t.equal(seen.size, keys.length);
  t.same(keys.filter((key) => { const [one, two] = seen.get(key)!; return one !== two || one !== partitionOf(key, PARTITIONS); }), []);
  t.equal(new Set([...seen.values()].flat()).size, PARTITIONS);
});

t.test('a producer keeps order through a full queue, and a lost record is an error', async (t) => {
  const topic = await create(fresh('full'));
  const small = await connectProducer({ brokers, queueKiB: 16 });
  const COUNT = 20_000;
  let waits = 0;
  for (let at = 0; at < COUNT; at++) {
    small.produce(topic, 1, Buffer.from(String(at)), null);
    const room = small.ready();
    if (room === undefined) continue;
    waits++;
    await room;
  }
  await small.flush(120_000);
  await small.disconnect();
  t.ok(waits > 0, 'the queue was full');
  t.same((await readAll(topic)).map(({ value }) => Number(value)), Array.from({ length: COUNT }, (_, at) => at));

  const narrow = await create(fresh('narrow'), { 'max.message.bytes': '200' });
  const losing = await connectProducer({ brokers });
  losing.produce(narrow, 0, Buffer.from(Array.from({ length: 2_000 }, () => Math.random() * 256)), null);
  await t.rejects(losing.flush(60_000), { code: 'delivery_failed' });
  t.throws(() => losing.produce(narrow, 0, null, null), { code: 'delivery_failed' }, 'nothing goes out after it');
  await losing.disconnect();
  const fine = await connectProducer({ brokers });
  await t.rejects(fine.partitions(fresh('none')), { code: 'topic_missing', message: /topics apply/ });
  await fine.disconnect();
});

t.test('schemas are registered, found, and held to their compatibility', async (t) => {
  const registry = new SchemaRegistry(registryUrl, { namespace: fresh('ns') });
  const topic = topics.oddsUpdates;
  await t.rejects(registry.idOf(topic), { code: 'schema_not_registered' });
  t.same(await registry.check(topic, topic.schema.avsc), { isCompatible: true, messages: [] });
  const id = await registry.register(topic);
  t.equal(await registry.register(topic), id, 'again is the same');
  const other = new SchemaRegistry(registryUrl, { namespace: registry.subject({ name: '' }).replace(/\.-value$/, '') });
  t.equal(await other.idOf(topic), id);
  t.same(JSON.parse(await other.schemaOf(id)), JSON.parse(topic.schema.avsc));
  await t.rejects(registry.schemaOf(2_000_000_000), { code: 'unknown_schema_id' });

  const fields = (JSON.parse(topic.schema.avsc) as { fields: object[] }).fields;
  const changed = (change: object[]): string => JSON.stringify({ ...(JSON.parse(topic.schema.avsc) as object), fields: change });
  const added = changed([...fields, { name: 'more', type: ['null', 'string'], default: null }]);
  const broken = changed([{ name: 'timestamp', type: 'string' }, ...fields.slice(1)]);
  t.match(await registry.check(topic, added), { isCompatible: true });
  t.match(await registry.check(topic, broken), { isCompatible: false });
  await t.rejects(registry.register({ name: topic.name, schema: { avsc: broken } }), { code: 'schema_incompatible' });
  const level = await (await fetch(`${registryUrl}/config/${registry.subject(topic)}`)).json() as { compatibilityLevel: string };
  t.equal(level.compatibilityLevel, 'BACKWARD_TRANSITIVE');
});

t.test('what a feed says is read by another client', async (t) => {
  const name = await namespace();
  const then = Date.UTC(2024, 4, 4, 15);
  const messages = Array.from({ length: 50 }, (_, at) => quote(then + at * 100, { event_id: `e${at % 7}`, provider: `p${at % 3}` }));
  const summary = await runFeed(recordingOf(messages), {}, { brokers, registryUrl, namespace: name, stateDir: t.testdir(), signal: new AbortController().signal, logger: listener(), rebase: 'original', speed: 'max' });
  t.match(summary, { isComplete: true, problems: [], sent: { update: 50, status: 3 } });
  const read = await readAll(topicName(topics.oddsUpdates, name));
  const registry = new Registry({ host: registryUrl });
  const updates = read.filter(({ value }) => value !== null);
  t.equal(updates.length, 50);
  for (const { value, key, partition } of updates) {
    const update = await registry.decode(value!) as { timestamp: number; sport: string; event_id: string; market: string; odds: object };
    if (key!.toString() !== `${update.sport}:${update.event_id}:${update.market}` || partition !== partitionOf(key!.toString(), PARTITIONS)) t.fail(`${key} on ${partition}`);
    t.ok(messages.some(({ value: { timestamp, event_id: eventId } }) => timestamp === update.timestamp && eventId === update.event_id));
  }
  const last = new Map<number, unknown>();
  for (const message of read) if (message.value === null) last.set(message.partition, controlOf(message));
  t.same([...last.values()], Array.from({ length: PARTITIONS }, () => ({ control: 'tick', timestamp: then + 4_900 + 1_500 })));
});

t.test('two clocks tick what is quiet, and say once that a provider that was killed is down', async (t) => {
  const name = await namespace();
  const topic = topicName(topics.oddsUpdates, name);
  const stop = new AbortController();
  const clocks = [0, 1].map(() => runClock({ brokers, namespace: name, signal: stop.signal, logger: listener(), silenceMs: 1_500 }));
  await new Promise((resolve) => { setTimeout(resolve, 1_500); });
  await runFeed(scripted('live', async function* () { yield { messages: [quote(Date.now())] }; }), {}, { brokers, registryUrl, namespace: name, stateDir: t.testdir(), signal: new AbortController().signal, logger: listener() });
  await new Promise((resolve) => { setTimeout(resolve, 4_000); });
  stop.abort();
  t.ok((await Promise.all(clocks)).every(({ ticks }) => ticks > 0));
  const read = (await readAll(topic)).map((message) => ({ partition: message.partition, atMs: Number(message.timestamp), control: controlOf(message) }));
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const mine = read.filter((record) => record.partition === partition);
    const ticks = mine.flatMap(({ control, atMs }) => (control !== undefined && 'control' in control && control.control === 'tick' ? [{ atMs, behind: atMs - control.timestamp }] : []));
    const gaps = mine.slice(1).map(({ atMs }, at) => atMs - mine[at]!.atMs);
    t.ok(Math.max(...gaps) < 1_000, `no gap above a second on ${partition}: ${Math.max(...gaps)}`);
    t.ok(ticks.every(({ behind }) => behind >= 0 && behind < 500), 'a tick says the time at which it is written');
    t.ok(ticks.length < 2 * 7_000 / 250, `two clocks do not tick twice as often: ${ticks.length}`);
    const said = mine.flatMap(({ control }) => (control !== undefined && 'control' in control && control.control !== 'tick' ? [control.control] : []));
    t.equal(said[0], 'up');
    t.ok(said.length >= 2 && said.length <= 3 && said.slice(1).every((control) => control === 'down'), `up, then down: ${said.join(' ')}`);
  }
});
