import type { Topic } from './topic.ts';
import { deadTopicName, hasDeadLetters, topics as allTopics } from './topics.ts';

type Described = Pick<Topic, 'name' | 'doc' | 'partitionedBy' | 'partitions' | 'cleanup' | 'retentionMs' | 'retentionBytes' | 'writtenBy' | 'readBy'> & {
  readonly keyFields: readonly string[];
  readonly eventTime: string;
  readonly minCompactionLagMs?: number;
  readonly schema: { readonly name: string; readonly avsc: string };
};

const bindingVersion = '0.5.0';

/** Ticks and provider statuses: records without a value that govern the values around them in their partition. */
const control = {
  name: 'Control', title: 'Control record', summary: 'Event time goes on, or a provider is up, down, or has been confirmed.',
  description: 'Its value is null, and so is its key; in a compacted topic the key is `@control`. Who only wants values passes over records with these headers.',
  headers: {
    type: 'object', required: ['oddstream-control', 'oddstream-time'],
    properties: {
      'oddstream-control': { type: 'string', enum: ['tick', 'up', 'down', 'confirm'] },
      'oddstream-time': { type: 'string', pattern: '^-?[0-9]{1,16}$', description: 'Event time, epoch ms UTC.' },
      'oddstream-provider': { type: 'string', description: 'All but ticks.' },
    },
  },
  payload: { type: 'null' },
};

/**
 * The AsyncAPI 3.0 document of the topics: what subscribers need to know, from the one registry of them. Pure: the same topics give the same object.
 * `version` is that of the platform.
 */
export const asyncapi = (version: string, topics: readonly Described[] = Object.values(allTopics)): Readonly<Record<string, unknown>> => ({
  asyncapi: '3.0.0',
  info: {
    title: 'Oddstream', version, license: { name: 'MIT' },
    description: 'Odds of many providers as they are quoted, and what is computed from them. Values are Avro in Confluent wire format: a zero byte, the schema\'s id in the registry ' +
      'as four bytes, the value. A subject is `<topic>-value`, BACKWARD_TRANSITIVE. A record\'s Kafka timestamp is the time of writing; event time is a field of the value. ' +
      'In a namespace every topic has its prefix: `replay.odds-updates`.',
  },
  defaultContentType: 'application/vnd.apache.avro',
  channels: Object.fromEntries(topics.map((topic) => [topic.name, channelOf(topic)])),
  operations: Object.fromEntries(topics.flatMap((topic) => [
    ...topic.writtenBy.map((writer) => [`${writer}.send.${topic.name}`, operationOf(topic, 'send', writer)] as const),
    ...topic.readBy.map((reader) => [`${reader}.receive.${topic.name}`, operationOf(topic, 'receive', reader)] as const),
  ])),
  components: { messages: { control } },
});

const channelOf = (topic: Described): unknown => {
  const { name, doc, keyFields, partitionedBy, eventTime, partitions, cleanup, retentionMs, retentionBytes, minCompactionLagMs, schema } = topic;
  const { record, type } = { record: schema.name.slice(schema.name.lastIndexOf('.') + 1), type: JSON.parse(schema.avsc) as { readonly doc?: string } };
  return {
    address: name, description: doc,
    messages: {
      [record]: {
        name: record, title: record, ...(type.doc === undefined ? {} : { description: type.doc }),
        payload: { schemaFormat: 'application/vnd.apache.avro;version=1.9.0', schema: type },
        bindings: { kafka: {
          key: { type: 'string', description: keyFields.join(':') },
          schemaIdLocation: 'payload', schemaIdPayloadEncoding: 'confluent', schemaLookupStrategy: 'TopicNameStrategy', bindingVersion,
        } },
        'x-event-time': eventTime,
        ...(cleanup === 'compact' ? { 'x-tombstone': 'A null value says that its key is over.' } : {}),
      },
      control: { $ref: '#/components/messages/control' },
    },
    bindings: { kafka: {
      topic: name, partitions,
      topicConfiguration: {
        'cleanup.policy': [cleanup], 'retention.ms': retentionMs, 'retention.bytes': retentionBytes, 'message.timestamp.type': 'LogAppendTime',
        ...(minCompactionLagMs === undefined ? {} : { 'min.compaction.lag.ms': minCompactionLagMs }),
      },
      bindingVersion,
    } },
    'x-partitioned-by': partitionedBy.split(':'),
    ...(hasDeadLetters(topic) ? { 'x-dead-letters': deadTopicName(topic) } : {}),
  };
};

const operationOf = ({ name, schema }: Described, action: 'send' | 'receive', who: string): unknown => {
  const messages = [schema.name.slice(schema.name.lastIndexOf('.') + 1), 'control'];
  return {
    action, summary: action === 'send' ? `${who} writes ${name}` : `${who} reads ${name}`, channel: { $ref: `#/channels/${name}` },
    messages: messages.map((message) => ({ $ref: `#/channels/${name}/messages/${message}` })),
    // A pipeline's name is its consumer group.
    ...(action === 'receive' && who !== 'subscribers' ? { bindings: { kafka: { groupId: { type: 'string', const: who }, bindingVersion } } } : {}),
  };
};
