import { Dictionary } from '../../schemas/codec/dictionary.ts';
import { fateNames } from '../../stream/fates.ts';
import { Task } from '../../stream/task.ts';
import { type AnyTopic, start } from '../../stream/topology.ts';
import { Decoders, Door, takeThrough } from '../door.ts';
import { registry } from './member.ts';
import { type PartitionLog, SeenPoll, type Written } from './partition-log.ts';
import { standing, type StandingConfig, standingPipeline } from './standing.ts';

/** A value as it should lie in a topic. */
export type Line = Pick<Written, 'key' | 'value' | 'note'>;

/** What becomes of a partition's log when nothing disturbs. */
export interface Undisturbed {
  /** Of each topic, in order. */
  readonly lines: ReadonlyMap<string, readonly Line[]>;
  readonly fates: Readonly<Record<string, number>>;
  readonly delivered: number;
}

const decoders = new Decoders(standing.source, standing.reads, registry.schemaOf);

/**
 * Reads a partition from its beginning to its end at once: door and topology alone, without group, checkpoints, snapshots, transactions and restarts. Of what the
 * engine adds to these nothing may show.
 */
export const undisturbed = async (log: PartitionLog, config: StandingConfig): Promise<Undisturbed> => {
  const { topology, wants, name, maxSkewMs } = standingPipeline, { partition } = log;
  const lines = new Map<string, Line[]>(), targets = new Map<string, { topic: string; tick: string; toldMs: number }>();
  for (const want of wants) {
    const { name: topic, cleanup } = (topology.targets as Record<string, AnyTopic>)[want]!;
    lines.set(topic, []);
    targets.set(want, { topic, tick: cleanup === 'compact' ? 'tick compacted' : 'tick', toldMs: -Infinity });
  }
  const letters: Line[] = [];
  lines.set(`${topology.source.name}.dead`, letters);

  const task = new Task(partition, { keys: new Dictionary(), strings: new Dictionary() }, registry.schemaIdOf);
  const door = new Door(topology.source, task, decoders, { pipeline: name, maxSkewMs: maxSkewMs(config), passedOver: new Map() }, (record, code) => {
    letters.push({ key: record.keyStart < 0 ? null : record.keyBytes, value: record.valueStart < 0 ? null : record.valueBytes.subarray(record.valueStart, record.valueEnd), note: `dead ${record.offset} ${code}` });
  });
  // A target that got nothing is told how far time has come.
  task.onTime = (timeMs) => {
    for (const target of targets.values()) {
      if (target.toldMs >= timeMs) continue;
      target.toldMs = timeMs;
      lines.get(target.topic)!.push({ key: null, value: null, note: `${target.tick} ${timeMs}` });
    }
  };
  const process = start(topology, config, wants, task, (want, values) => {
    const target = targets.get(want)!, into = lines.get(target.topic)!;
    target.toldMs = task.timeMs;
    for (let i = 0; i < values.size; i++) {
      const from = values.start(i), to = values.end(i);
      into.push({ key: values.key(i), value: from === to ? null : values.bytes.slice(from, to) });
    }
  });
  await takeThrough(door, decoders, new SeenPoll(log, log.whole), process);
  return { lines, delivered: task.fates.delivered, fates: Object.fromEntries(fateNames.map((fate, i) => [fate, task.fates.counts[i]!])) };
};
