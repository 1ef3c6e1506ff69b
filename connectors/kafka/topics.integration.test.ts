import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import t from 'tap';
import { deadTopicName, topicName, topics } from '../../schemas/topics.ts';
import { freeBasePort } from '../../ops/stack/ports.ts';
import { startStack, wipeStack } from '../../ops/stack/stack.ts';
import { SchemaRegistry } from './registry.ts';
import { applyTopics, driftOfTopics } from './topics.ts';

t.setTimeout(900_000);
const { ConfigResourceTypes, Kafka } = kafkajs;
const home = mkdtempSync(path.join(tmpdir(), 'oddstream-topics-'));
const basePort = (await freeBasePort(18_000 + (process.pid % 90) * 100)) ?? 18_000;
const { brokers, registryUrl } = await startStack({ home, basePort, only: ['kafka', 'registry', 'postgres'] });
const admin = new Kafka({ brokers: [brokers], logCreator: () => () => undefined }).admin();
await admin.connect();
t.teardown(async () => {
  await admin.disconnect();
  await wipeStack({ home });
  rmSync(home, { recursive: true, force: true });
});

const namespace = 'replay';
const registry = new SchemaRegistry(registryUrl, { namespace });
const lines: string[] = [];
const options = { brokers, registry, namespace, onProgress: (line: string) => lines.push(line) };
const books = topicName(topics.marketBooks, namespace);
const configOf = async (topic: string): Promise<Record<string, string>> => {
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }] });
  return Object.fromEntries(resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]));
};

t.test('all topics are made, with their dead letters and schemas; a second time nothing is done', async (t) => {
  t.ok((await driftOfTopics(options)).every(({ kind }) => kind === 'topic_missing' || kind === 'schema_not_registered'));
  const { created, schemaIds, left } = await applyTopics(options);
  t.strictSame([...created].sort(), (await admin.listTopics()).filter((name) => name.startsWith('replay.')).sort());
  t.ok(created.includes(deadTopicName(topics.oddsUpdates, namespace)));
  t.equal(schemaIds.size, Object.keys(topics).length);
  t.equal(left.length, 0);
  t.ok(lines.includes('replay.odds-updates: created'));
  t.ok(lines.some((line) => line.startsWith('replay.odds-updates-value: registered, id ')));
  t.match(await configOf(books), { 'cleanup.policy': 'compact', 'message.timestamp.type': 'LogAppendTime', 'segment.bytes': '4194304', 'min.compaction.lag.ms': '3600000', 'retention.bytes': '-1' });
  const level = await (await fetch(`${registryUrl}/config/replay.market-books-value`)).json() as { compatibilityLevel: string };
  t.equal(level.compatibilityLevel, 'BACKWARD_TRANSITIVE');

  t.strictSame(await driftOfTopics(options), []);
  lines.length = 0;
  t.strictSame(await applyTopics(options), { created: [], fixed: [], left: [], schemaIds });
  t.strictSame(await applyTopics({ ...options, registry: new SchemaRegistry(registryUrl, { namespace }), fix: true }), { created: [], fixed: [], left: [], schemaIds });
  t.strictSame(lines, []);
  t.strictSame((await driftOfTopics({ brokers, registry: new SchemaRegistry(registryUrl) })).filter(({ kind }) => kind !== 'topic_missing' && kind !== 'schema_not_registered'), [], 'another namespace is another set');
});

t.test('two that apply at once do not trouble each other', async (t) => {
  const twice = { brokers, namespace: 'twice', registry: new SchemaRegistry(registryUrl, { namespace: 'twice' }) };
  const applied = await Promise.all([applyTopics(twice), applyTopics(twice)]);
  t.strictSame(applied[0].schemaIds, applied[1].schemaIds);
  t.strictSame(await driftOfTopics(twice), []);
});

t.test('settings that differ are shown, and changed when told', async (t) => {
  const configEntries = [{ name: 'retention.bytes', value: '1000000' }, { name: 'cleanup.policy', value: 'delete' }, { name: 'max.message.bytes', value: '2000000' }];
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: books, configEntries }] });
  while ((await configOf(books))['cleanup.policy'] !== 'delete') await wait(50);
  const differences = await driftOfTopics(options);
  t.strictSame(differences.map(({ topic, kind }) => `${topic} ${kind}`), Array(7).fill(`${books} config`));
  t.ok(differences.some(({ text }) => text === `${books}: cleanup.policy is delete, not compact`));
  t.equal((await applyTopics(options)).left.length, 7);
  t.equal((await configOf(books))['cleanup.policy'], 'delete', 'not told, not done');
  t.equal((await applyTopics({ ...options, fix: true })).fixed.length, 7);
  t.strictSame(await driftOfTopics(options), []);
  t.equal((await configOf(books))['max.message.bytes'], '2000000', 'what someone has set beside ours stays');
});

t.test('a topic that was deleted is missed, and made again', async (t) => {
  await admin.deleteTopics({ topics: [deadTopicName(topics.oddsUpdates, namespace)] });
  t.strictSame((await driftOfTopics(options)).map(({ text }) => text), ['replay.odds-updates.dead: there is no such topic']);
  t.strictSame((await applyTopics(options)).created, ['replay.odds-updates.dead']);
});

t.test('partition counts are for ever', async (t) => {
  const more = [{ ...topics.bestOdds, partitions: 12 }, { ...topics.results, name: 'never-made' }];
  t.match(await driftOfTopics({ ...options, topics: more.slice(0, 1) }), [{ kind: 'partitions', wanted: 12, found: 8 }, { kind: 'partitions', topic: 'replay.best-odds.dead' }]);
  await t.rejects(applyTopics({ ...options, topics: more, fix: true }), { code: 'partitions_differ', message: /replay\.best-odds: has 8 partitions, not 12[^]*new topic[^]*Nothing was changed/ });
  t.notOk((await admin.listTopics()).includes('replay.never-made'), 'it looks before it begins');
});

t.test('a schema that cannot read what was written is refused before anything is done', async (t) => {
  const schemaOf = (change: (avsc: string) => string) => ({ avsc: change(topics.bestOdds.schema.avsc) });
  const narrower = { ...topics.bestOdds, schema: schemaOf((avsc) => avsc.replace('"name": "timestamp", "type": "long"', '"name": "timestamp", "type": "string"')) };
  const fresh = (): SchemaRegistry => new SchemaRegistry(registryUrl, { namespace });
  t.match(await driftOfTopics({ ...options, registry: fresh(), topics: [narrower] }), [{ kind: 'schema_incompatible', subject: 'replay.best-odds-value', text: /timestamp|type/i }]);
  await t.rejects(applyTopics({ ...options, registry: fresh(), topics: [{ ...topics.results, name: 'never-made' }, narrower] }), { code: 'schema_incompatible', message: /replay\.best-odds-value/ });
  t.notOk((await admin.listTopics()).includes('replay.never-made'));
  const wider = { ...topics.bestOdds, schema: schemaOf((avsc) => avsc.replace('"fields": [', '"fields": [ { "name": "added", "type": "long", "default": 0 },')) };
  t.match(await driftOfTopics({ ...options, registry: fresh(), topics: [wider] }), [{ kind: 'schema_not_registered' }]);
  t.equal((await applyTopics({ ...options, registry: fresh(), topics: [wider] })).created.length, 0);
  t.strictSame(await driftOfTopics({ ...options, registry: fresh(), topics: [wider] }), []);
});
