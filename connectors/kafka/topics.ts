import { setTimeout as wait } from 'node:timers/promises';
import { ConstantBackoff, handleWhen, retry } from 'cockatiel';
import kafkajs, { type Admin } from 'kafkajs';
import type { Topic } from '../../schemas/topic.ts';
import { deadTopicName, hasDeadLetters, topicName, topics as allTopics } from '../../schemas/topics.ts';
import { type Brokers, kafkajsSettings } from './brokers.ts';
import { RegistryRefused, type SchemaRegistry } from './registry.ts';

/** What of a topic's definition the broker and the registry are to know. */
export type AppliedTopic = Pick<Topic, 'name' | 'partitions' | 'cleanup' | 'retentionMs' | 'retentionBytes' | 'readBy'> & {
  readonly minCompactionLagMs?: number;
  /** Compacted topics: how long a tombstone stays for readers that are behind, ms; a day where it is not said. */
  readonly tombstoneRetentionMs?: number;
  /** Compacted topics: compaction leaves the open segment alone, so whoever reads the topic whole reads that much of what is superseded; 4 MiB where it is not said. */
  readonly segmentBytes?: number;
  readonly schema: { readonly avsc: string };
};

export interface TopicsOptions {
  readonly brokers: Brokers;
  /** Of the same namespace. */
  readonly registry: SchemaRegistry;
  /** Prefix of the topics' names: `replay` makes `replay.odds-updates`. None by default. */
  readonly namespace?: string;
  /** By default every topic of the platform. */
  readonly topics?: readonly AppliedTopic[];
}

export interface ApplyOptions extends TopicsOptions {
  /** Also change settings that differ. Partition counts are never changed. */
  readonly fix?: boolean;
  /** One line at a time of what is done, for a person. */
  readonly onProgress?: (line: string) => void;
}

/** One thing in which the servers differ from the definitions. `text` says it to a person. */
export type TopicDifference = { readonly topic: string; readonly text: string } & (
  | { readonly kind: 'topic_missing' }
  | { readonly kind: 'partitions'; readonly wanted: number; readonly found: number }
  | { readonly kind: 'config'; readonly name: string; readonly wanted: string; readonly found: string | undefined }
  | { readonly kind: 'schema_not_registered'; readonly subject: string }
  | { readonly kind: 'schema_incompatible'; readonly subject: string; readonly messages: readonly string[] }
);

export interface Applied {
  readonly created: readonly string[];
  readonly fixed: readonly TopicDifference[];
  /** Settings that differ and were left, because `fix` was not given. */
  readonly left: readonly TopicDifference[];
  /** The registry's id of each topic's schema, by the topic's name without its namespace. */
  readonly schemaIds: ReadonlyMap<string, number>;
}

/** The topics cannot be applied. Nothing was changed. */
export class TopicsRefused extends Error {
  override readonly name = 'TopicsRefused';
  readonly code: 'partitions_differ' | 'schema_incompatible' | 'kafka_unavailable' | 'namespace_differs';
  constructor(code: TopicsRefused['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

// It is CommonJS that Node cannot see all names of.
const { ConfigResourceTypes, ConfigSource, Kafka, KafkaJSError } = kafkajs;

const DAY_MS = 86_400_000;
const MIB = 2 ** 20;
/** A large open segment would never be compacted; a small one makes many files of a topic that is compacted late (ARCHITECTURE.md E15). */
const COMPACTED_SEGMENT_BYTES = 4 * MIB;
const COMPACTED_DIRTY_RATIO = '0.1';
const DEAD = { retentionMs: 30 * DAY_MS, retentionBytes: 256 * MIB };
const CHANGED_WITHIN_MS = 10_000;
/** A broker may not yet know a topic that it has just made. */
const untilKnown = retry(handleWhen((error) => error.name === 'KafkaJSProtocolError' && (error as { readonly retriable?: boolean }).retriable === true), { maxAttempts: 100, backoff: new ConstantBackoff(100) });

interface WantedTopic { readonly name: string; readonly partitions: number; readonly config: Readonly<Record<string, string>> }

/** The topics of the broker that follow from definitions: each, and its dead letters where a pipeline reads it. Pure. */
export const wantedTopics = (topics: readonly AppliedTopic[], namespace = ''): WantedTopic[] => topics.flatMap((topic) => {
  const { partitions, cleanup, retentionMs, retentionBytes, minCompactionLagMs = 0, tombstoneRetentionMs, segmentBytes = COMPACTED_SEGMENT_BYTES } = topic;
  const compacted = {
    'min.compaction.lag.ms': String(minCompactionLagMs), 'segment.bytes': String(segmentBytes), 'min.cleanable.dirty.ratio': COMPACTED_DIRTY_RATIO,
    ...(tombstoneRetentionMs === undefined ? {} : { 'delete.retention.ms': String(tombstoneRetentionMs) }),
  };
  const own = { name: topicName(topic, namespace), partitions, config: { ...configOf(cleanup, retentionMs, retentionBytes), ...(cleanup === 'compact' ? compacted : {}) } };
  const dead = { name: deadTopicName(topic, namespace), partitions, config: configOf('delete', DEAD.retentionMs, DEAD.retentionBytes) };
  return hasDeadLetters(topic) ? [own, dead] : [own];
});

const configOf = (cleanup: string, retentionMs: number, retentionBytes: number): Record<string, string> => ({
  'cleanup.policy': cleanup, 'retention.ms': String(retentionMs), 'retention.bytes': String(retentionBytes),
  // Retention goes by a record's timestamp: with event times of last season it would be gone within a minute.
  'message.timestamp.type': 'LogAppendTime',
});

/** In what the servers differ from the definitions: missing topics, partition counts, settings, schemas. Empty where they agree. Throws TopicsRefused `kafka_unavailable`, and the registry's errors. */
export const driftOfTopics = async (options: TopicsOptions): Promise<TopicDifference[]> =>
  withAdmin(options, async (admin) => [...await driftOfBroker(admin, wantedOf(options)), ...await driftOfRegistry(options)]);

/**
 * Creates the topics that are missing, with their dead letters, and registers their schemas; changes settings that differ if told to. To do so
 * again changes nothing. Before the first change it looks whether all can be done: it throws TopicsRefused `partitions_differ` (counts are for
 * ever, ARCHITECTURE.md E17), `schema_incompatible`, `kafka_unavailable`; and the registry's errors.
 */
export const applyTopics = async (options: ApplyOptions): Promise<Applied> => withAdmin(options, async (admin) => {
  const { registry, topics = Object.values(allTopics), fix = false, onProgress = () => undefined } = options;
  const wanted = wantedOf(options);
  const differences = [...await driftOfBroker(admin, wanted), ...await driftOfRegistry(options)];
  refuse(differences, 'partitions', 'partitions_differ');
  refuse(differences, 'schema_incompatible', 'schema_incompatible');

  const missing = new Set(differences.filter(({ kind }) => kind === 'topic_missing').map(({ topic }) => topic));
  if (missing.size > 0) {
    await admin.createTopics({ waitForLeaders: false, topics: wanted.filter(({ name }) => missing.has(name)).map(({ name, partitions, config }) => ({
      topic: name, numPartitions: partitions, replicationFactor: -1, configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
    })) });
    // kafkajs would wait for leaders itself, but gives up where a broker does not yet know the topic at all.
    await untilKnown.execute(() => admin.fetchTopicMetadata({ topics: [...missing] }));
    for (const topic of missing) onProgress(`${topic}: created`);
  }
  const differing = differences.filter((difference) => difference.kind === 'config');
  if (fix) await changeConfigs(admin, wanted.filter(({ name }) => differing.some(({ topic }) => topic === name)));
  for (const { text } of differing) onProgress(fix ? `${text}: changed` : `${text}: left as it is`);

  const schemaIds = new Map<string, number>();
  for (const topic of topics) {
    const isNew = differences.some(({ kind, topic: name }) => kind === 'schema_not_registered' && name === topicName(topic, options.namespace));
    const id = await registry.register(topic);
    schemaIds.set(topic.name, id);
    if (isNew) onProgress(`${registry.subject(topic)}: registered, id ${id}`);
  }
  return { created: [...missing], fixed: fix ? differing : [], left: fix ? [] : differing, schemaIds };
});

const wantedOf = ({ topics = Object.values(allTopics), namespace }: TopicsOptions): WantedTopic[] => wantedTopics(topics, namespace);

const refuse = (differences: readonly TopicDifference[], kind: TopicDifference['kind'], code: TopicsRefused['code']): void => {
  const texts = differences.filter((difference) => difference.kind === kind).map(({ text }) => text);
  if (texts.length > 0) throw new TopicsRefused(code, `${texts.join('\n')}\nNothing was changed.`);
};

const driftOfBroker = async (admin: Admin, wanted: readonly WantedTopic[]): Promise<TopicDifference[]> => {
  const present = new Set(await admin.listTopics());
  const there = wanted.filter(({ name }) => present.has(name));
  const differences: TopicDifference[] = wanted.filter(({ name }) => !present.has(name)).map(({ name }) => ({ kind: 'topic_missing', topic: name, text: `${name}: there is no such topic` }));
  if (there.length === 0) return differences;
  const { topics: found } = await untilKnown.execute(() => admin.fetchTopicMetadata({ topics: there.map(({ name }) => name) }));
  const partitionsOf = new Map(found.map(({ name, partitions }) => [name, partitions.length]));
  const configsOf = await readConfigs(admin, there);
  for (const { name, partitions, config } of there) {
    const count = partitionsOf.get(name) ?? 0;
    if (count !== partitions) {
      differences.push({ kind: 'partitions', topic: name, wanted: partitions, found: count,
        text: `${name}: has ${count} partitions, not ${partitions}. A partition count is for ever, since keys would move: for another, name a new topic and play the data into it.` });
    }
    for (const [setting, value] of Object.entries(config)) {
      const is = configsOf.get(name)?.find(({ configName }) => configName === setting)?.configValue;
      if (!isSame(is, value)) differences.push({ kind: 'config', topic: name, name: setting, wanted: value, found: is, text: `${name}: ${setting} is ${is ?? 'not known to the broker'}, not ${value}` });
    }
  }
  return differences;
};

/** Numbers may be spelt in several ways. */
const isSame = (found: string | undefined, wanted: string): boolean => found === wanted || (found !== undefined && found !== '' && Number(found) === Number(wanted));

const driftOfRegistry = async ({ registry, namespace, topics = Object.values(allTopics) }: TopicsOptions): Promise<TopicDifference[]> => {
  const differences: TopicDifference[] = [];
  for (const topic of topics) {
    const subject = registry.subject(topic), name = topicName(topic, namespace);
    try {
      await registry.idOf(topic);
      continue;
    } catch (error) {
      if (!(error instanceof RegistryRefused && error.code === 'schema_not_registered')) throw error;
    }
    const { isCompatible, messages } = await registry.check(topic, topic.schema.avsc);
    differences.push(isCompatible
      ? { kind: 'schema_not_registered', topic: name, subject, text: `${subject}: the schema is not registered` }
      : { kind: 'schema_incompatible', topic: name, subject, messages, text: `${subject}: the schema cannot read all that was written before: ${messages.join('; ') || 'the registry does not say why'}. Fields may be added with defaults, not renamed, removed without one, or given another type.` });
  }
  return differences;
};

type ConfigEntry = Awaited<ReturnType<Admin['describeConfigs']>>['resources'][number]['configEntries'][number];

const readConfigs = async (admin: Admin, topics: readonly WantedTopic[]): Promise<ReadonlyMap<string, readonly ConfigEntry[]>> => {
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: topics.map(({ name }) => ({ type: ConfigResourceTypes.TOPIC, name })) });
  return new Map(resources.map(({ resourceName, configEntries }) => [resourceName, configEntries]));
};

/** The protocol that kafkajs speaks replaces all settings of a topic: those that someone has set beside ours are said again. */
const changeConfigs = async (admin: Admin, topics: readonly WantedTopic[]): Promise<void> => {
  if (topics.length === 0) return;
  const configsOf = await readConfigs(admin, topics);
  await admin.alterConfigs({ validateOnly: false, resources: topics.map(({ name, config }) => {
    const own = (configsOf.get(name) ?? []).filter(({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG).map(({ configName, configValue }) => [configName, configValue]);
    const all: Record<string, string> = { ...Object.fromEntries(own) as Record<string, string>, ...config };
    return { type: ConfigResourceTypes.TOPIC, name, configEntries: Object.entries(all).map(([name, value]) => ({ name, value })) };
  }) });
  // The broker answers before it goes by them.
  for (const until = performance.now() + CHANGED_WITHIN_MS; performance.now() < until; await wait(50)) {
    if ((await driftOfBroker(admin, topics)).every(({ kind }) => kind !== 'config')) return;
  }
};

const withAdmin = async <A>({ brokers, registry, namespace }: TopicsOptions, use: (admin: Admin) => Promise<A>): Promise<A> => {
  const probe = { name: 'any' };
  if (registry.subject(probe) !== `${topicName(probe, namespace)}-value`) {
    throw new TopicsRefused('namespace_differs', `The registry's client says '${registry.subject(probe)}' where topics are '${topicName(probe, namespace)}': give both the same namespace.`);
  }
  // kafkajs reports as errors what it then tries again; what fails in the end is thrown.
  const admin = new Kafka({ clientId: 'oddstream-topics', ...kafkajsSettings(brokers), logCreator: () => () => undefined, retry: { retries: 4 } }).admin();
  try {
    await admin.connect();
    return await use(admin);
  } catch (cause) {
    if (!(cause instanceof KafkaJSError) || !cause.name.match(/Connection|NumberOfRetries|Timeout/)) throw cause;
    throw new TopicsRefused('kafka_unavailable', `No broker answers at ${String(brokers)}: is it running? (${cause.message})`, { cause });
  } finally {
    await admin.disconnect();
  }
};
