import { Decoders, Door, takeThrough } from '../../runtime/door.ts';
import { type RecordPipeline, sourceOf, type TopologyPipeline } from '../../runtime/pipeline.ts';
import type { Columns } from '../../schemas/codec/columns.ts';
import { Dictionary } from '../../schemas/codec/dictionary.ts';
import { topicName } from '../../schemas/topics.ts';
import { fateNames } from '../../stream/fates.ts';
import { Task } from '../../stream/task.ts';
import { type AnyTopic, start } from '../../stream/topology.ts';
import { type LogRecord, pollOf } from './log.ts';

/** A value as it should lie in a target. Null for a tombstone. */
export interface Value { readonly key: Buffer; readonly value: Buffer | null }
/** A record that may not be let in. */
export interface Dead { readonly offset: number; readonly code: string }

/** What becomes of one partition's log when nothing disturbs. */
export interface Undisturbed {
  /** By the target's name in the topology, in the order in which they go out. */
  readonly outputs: ReadonlyMap<string, readonly Value[]>;
  readonly dead: readonly Dead[];
  readonly fates: Readonly<Record<string, number>>;
  readonly delivered: number;
  /** Rows whose window the log does not close. */
  readonly waiting: number;
}

/** What the registry says, or whoever answers for it. */
export interface Schemas {
  readonly idOf: (topic: { readonly name: string }) => number;
  readonly schemaOf: (id: number) => Promise<string>;
}

/** Records that go through at once. Any size gives the same (ARCHITECTURE.md E4). */
const BATCH = 1_000;

/**
 * Runs a topology over a partition's log from its beginning, in memory: door and topology alone, without group, checkpoints, snapshots, transactions, restarts.
 * What the engine adds to these may not show.
 */
export const undisturbed = async (pipeline: TopologyPipeline, config: unknown, partition: number, records: readonly LogRecord[], schemas: Schemas): Promise<Undisturbed> => {
  const { topology, wants } = pipeline;
  const outputs = new Map<string, Value[]>(wants.map((target) => [target, []]));
  const { task, dead } = await throughDoor(pipeline, config, topology.reads, partition, records, schemas, (task) => start(topology, config, wants, task, (target, values) => {
    for (let i = 0; i < values.size; i++) {
      const from = values.start(i), to = values.end(i);
      outputs.get(target)!.push({ key: Buffer.from(values.key(i)), value: from === to ? null : Buffer.from(values.bytes.subarray(from, to)) });
    }
  }));
  return {
    outputs, dead, delivered: task.fates.delivered, waiting: task.fates.waiting,
    fates: Object.fromEntries(fateNames.map((name, fate) => [name, task.fates.counts[fate]!])),
  };
};

/** What a sink's door does not let in. */
export const deadFor = async (pipeline: RecordPipeline, config: unknown, partition: number, records: readonly LogRecord[], schemas: Schemas): Promise<readonly Dead[]> =>
  (await throughDoor(pipeline, config, undefined, partition, records, schemas, (task) => () => { task.sweep(); })).dead;

const throughDoor = async (
  pipeline: RecordPipeline, config: unknown, reads: readonly string[] | undefined, partition: number, records: readonly LogRecord[], { idOf, schemaOf }: Schemas,
  behind: (task: Task) => (rows: Columns) => void,
): Promise<{ readonly task: Task; readonly dead: readonly Dead[] }> => {
  const source = sourceOf(pipeline) as AnyTopic;
  const task = new Task(partition, { keys: new Dictionary(), strings: new Dictionary() }, idOf);
  const decoders = new Decoders(source, reads, schemaOf);
  const dead: Dead[] = [];
  const door = new Door(source, task, decoders, { pipeline: pipeline.name, maxSkewMs: pipeline.maxSkewMs(config), passedOver: new Map() }, ({ offset }, code) => { dead.push({ offset, code }); });
  const process = behind(task);
  for (let at = 0; at < records.length; at += BATCH) {
    await takeThrough(door, decoders, pollOf(topicName(source), partition, records.slice(at, at + BATCH)), process);
  }
  return { task, dead };
};
