import { Dictionary } from '../schemas/codec/dictionary.ts';
import type { AvroSchema } from '../schemas/codec/schema.ts';
import { TaskSnapshotSchema } from '../schemas/generated/task-snapshot.ts';
import { topicName } from '../schemas/topics.ts';
import { Task } from '../stream/task.ts';
import { start } from '../stream/topology.ts';
import type { TopologyPipeline } from './pipeline.ts';

/** The name under which a task keeps what it knows beside its stores. No store's: those begin with a letter. */
export const TASK = '@task';

/** How long tombstones stay: whoever reads a changelog reads it whole, so they are of use to nobody, ms. */
const TOMBSTONES_MS = 60_000;

/** The smallest segments that Kafka 4 has. With 4 MiB, of eight minutes of 10,000 markets a partition held 18 times what was live, and a restore read all of it. */
const SEGMENT_BYTES = 2 ** 20;

const nameOf = (pipeline: string): string => `${pipeline}.changelog`;

/** The changelog topic of a pipeline, as brokers know it. */
export const changelogTopic = (pipeline: string, namespace: string): string => topicName({ name: nameOf(pipeline) }, namespace);

/** What the entries of a store of a pipeline are, or those of the task itself, as a registry is to know them: its subject follows from the name. */
export const entriesOf = (pipeline: string, store: string, schema: AvroSchema): { readonly name: string; readonly schema: AvroSchema } => ({
  name: store === TASK ? nameOf(pipeline) : `${nameOf(pipeline)}.${store}`, schema,
});

/** What the entries of all stores of a pipeline are: those that its topology names, and those of its operators, which a task shows once it runs. */
export const entriesOfPipeline = ({ name, topology, wants }: TopologyPipeline, config: unknown): ReturnType<typeof entriesOf>[] => {
  const task = new Task(0, { keys: new Dictionary(), strings: new Dictionary() }, () => 0);
  start(topology, config, wants, task, () => undefined)(topology.source.schema.columns(task.dictionaries));
  return [entriesOf(name, TASK, TaskSnapshotSchema), ...Array.from(task.stores, ([store, { entries }]) => entriesOf(name, store, entries))];
};

/** How a pipeline's changelog is kept: compacted, with the input's partitions. */
export const changelogDefinition = ({ name, topology }: Pick<TopologyPipeline, 'name' | 'topology'>) => ({
  ...entriesOf(name, TASK, TaskSnapshotSchema), partitions: (topology.source as { readonly partitions: number }).partitions,
  cleanup: 'compact', retentionMs: -1, retentionBytes: -1, tombstoneRetentionMs: TOMBSTONES_MS, segmentBytes: SEGMENT_BYTES, readBy: [],
} as const);
