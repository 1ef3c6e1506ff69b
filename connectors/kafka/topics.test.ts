import t from 'tap';
import { changelogDefinition } from '../../runtime/changelog.ts';
import type { TopologyPipeline } from '../../runtime/pipeline.ts';
import { asyncapi } from '../../schemas/asyncapi.ts';
import { topics } from '../../schemas/topics.ts';
import { controlHeaders } from './control.ts';
import { SchemaRegistry } from './registry.ts';
import { applyTopics, wantedTopics } from './topics.ts';

t.test('each topic follows from its definition, and its dead letters where a pipeline reads it', (t) => {
  const wanted = new Map(wantedTopics(Object.values(topics), 'replay').map((topic) => [topic.name, topic]));
  t.strictSame([...wanted.keys()].filter((name) => !name.endsWith('.dead')), Object.values(topics).map(({ name }) => `replay.${name}`));
  t.ok(wanted.has('replay.odds-updates.dead'));
  t.notOk(wanted.has('replay.best-odds.dead.dead'));
  t.notOk(wantedTopics([{ ...topics.fairOdds, readBy: ['subscribers'] }]).some(({ name }) => name.endsWith('.dead')), 'what subscribers cannot read is theirs');
  for (const { name, config, partitions } of wanted.values()) {
    t.equal(config['message.timestamp.type'], 'LogAppendTime', name);
    t.equal(partitions, 8, name);
  }
  t.match(wanted.get('replay.market-books')!.config, { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': '3600000', 'segment.bytes': '4194304', 'min.cleanable.dirty.ratio': '0.1' });
  t.match(wantedTopics([changelogDefinition({ name: 'best-odds', topology: { source: topics.oddsUpdates } as TopologyPipeline['topology'] })])[0]?.config, { 'cleanup.policy': 'compact', 'segment.bytes': '1048576', 'delete.retention.ms': '60000' }, 'what every restore reads whole is small');
  t.strictSame(wanted.get('replay.odds-updates')!.config, { 'cleanup.policy': 'delete', 'retention.ms': '604800000', 'retention.bytes': '2147483648', 'message.timestamp.type': 'LogAppendTime' });
  t.match(wanted.get('replay.odds-updates.dead')!.config, { 'cleanup.policy': 'delete', 'retention.ms': '2592000000' });
  t.end();
});

t.test('what cannot be begun says why', async (t) => {
  const brokers = '127.0.0.1:1', url = 'http://127.0.0.1:1';
  await t.rejects(applyTopics({ brokers, registry: new SchemaRegistry(url) }), { code: 'kafka_unavailable', message: /127\.0\.0\.1:1.*is it running/ });
  await t.rejects(applyTopics({ brokers, registry: new SchemaRegistry(url), namespace: 'replay' }), { code: 'namespace_differs', message: /same namespace/ });
});

t.test('control records are documented with the headers that they have', (t) => {
  const { components } = asyncapi('1') as { components: { messages: { control: { headers: { required: string[]; properties: Record<string, unknown> } } } } };
  const { required, properties } = components.messages.control.headers;
  const namesOf = (headers: readonly object[]): string[] => headers.flatMap((header) => Object.keys(header)).sort();
  t.strictSame(namesOf(controlHeaders({ control: 'up', timestamp: 1, provider: 'acme' })), Object.keys(properties).sort());
  t.strictSame(namesOf(controlHeaders({ control: 'tick', timestamp: 1 })), [...required].sort());
  t.end();
});
