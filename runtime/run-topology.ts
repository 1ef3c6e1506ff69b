import { Dictionary } from '../schemas/codec/dictionary.ts';
import { deadTopicName, topicName } from '../schemas/topics.ts';
import { type AnyTopic, start } from '../stream/topology.ts';
import { Task } from '../stream/task.ts';
import { deadLetter } from './dead-letter.ts';
import { Decoders, Door } from './door.ts';
import { PartitionFailure, type RuntimeContext, StartRefused } from './context.ts';
import type { TopologyPipeline } from './pipeline.ts';
import type { Poll, Position, Publisher, Source, TopicPartition } from './ports.ts';

/** Offsets of a partition that are passed over: none yet. */
const NONE: ReadonlySet<number> = new Set();
/** Longest time between commits while there is nothing to publish, ms: it only bounds what is read again. */
const QUIET_CHECKPOINT_MS = 5_000;

/**
 * The poll loop of a topology: poll, decode, run, publish; and at a checkpoint make the outputs durable, then commit the input.
 * Ends when the signal does, after a last checkpoint. Throws PartitionFailure when the topology throws: that is a bug, not input.
 */
export const runTopology = async (
  pipeline: TopologyPipeline, config: unknown, source: Source, publisher: Publisher, context: RuntimeContext,
): Promise<void> => {
  const { topology } = pipeline;
  const { metrics, log, clock, checkpointMs } = context;
  const decoders = new Decoders(topology.source, topology.reads, context.schemaOf);
  const tasks = new Map<number, RunningTask>();
  const publishes: Publishes = { some: false, windowEndMs: -Infinity };
  let checkpointAtMs = clock();

  const checkpoint = async (): Promise<void> => {
    const startedMs = clock();
    // A commit must never outrun the results it stands for: first durable, then forgotten.
    await publisher.flush();
    const positions: Position[] = [];
    for (const task of tasks.values()) if (task.takeDirty()) positions.push(task.position);
    if (positions.length > 0) await source.commit(positions);
    // What is read again silently was accounted for before.
    for (const { task, isSilent } of tasks.values()) if (!isSilent) metrics.accounts(task.partition, task.fates);
    const nowMs = clock();
    if (publishes.windowEndMs > -Infinity) metrics.windowPublished(publishes.windowEndMs, nowMs);
    metrics.checkpointTook(nowMs - startedMs);
    publishes.some = false;
    publishes.windowEndMs = -Infinity;
    checkpointAtMs = nowMs;
  };

  for await (const event of source.events(context.signal)) {
    if (event.kind === 'assigned') {
      for (const partition of event.partitions) {
        const { from, committed } = await restorePoint(source, partition, topology.horizonMs(config), pipeline.name, clock());
        if (from < committed) log.info({ partition: partition.partition, from, committed }, 'reading the horizon again, silently');
        tasks.set(partition.partition, new RunningTask(pipeline, config, partition, committed, decoders, publisher, publishes, context));
        source.start({ ...partition, offset: from });
      }
    } else if (event.kind === 'revoked') {
      await checkpoint();
      for (const { partition } of event.partitions) { tasks.delete(partition); metrics.dropped(partition); }
      event.release();
    } else {
      if (event.kind === 'poll') {
        const startedMs = clock();
        const task = tasks.get(event.poll.partition);
        if (task === undefined) continue;
        await task.run(event.poll);
        const nowMs = clock();
        metrics.batchTook(nowMs - startedMs);
        metrics.progress(event.poll.partition, event.poll.endOffset - event.poll.nextOffset, task.eventTimeMs, nowMs);
        await publisher.ready();
      }
      const isDue = clock() - checkpointAtMs >= (publishes.some ? (event.kind === 'idle' ? 0 : checkpointMs) : QUIET_CHECKPOINT_MS);
      if (isDue) await checkpoint();
    }
  }
  await checkpoint();
};

/**
 * Where to read from, so that the state is what it was at the commit: one horizon before it, since what lies further back makes no
 * difference to what a task knows of quotes (ARCHITECTURE.md E10).
 */
const restorePoint = async (
  source: Source, partition: TopicPartition, horizonMs: number, pipeline: string, nowMs: number,
): Promise<{ from: number; committed: number }> => {
  const { start: first, end } = await source.range(partition);
  const committed = (await source.committed([partition])).get(partition.partition);
  if (committed === undefined) return { from: first, committed: first };
  if (committed < first || committed > end) {
    throw new StartRefused('committed_out_of_range', `${pipeline} has committed offset ${committed} of ${partition.topic}-${partition.partition}, but the log holds ${first} to ${end}. ` +
      `Was the topic made anew, or its retention shorter than the pause? Reset the group '${pipeline}' to read what there is.`);
  }
  const committedAtMs = (await source.appendTimeAt({ ...partition, offset: Math.max(first, committed - 1) })) ?? nowMs;
  const from = await source.offsetAt(partition, committedAtMs - horizonMs);
  return { from: Math.min(from, committed), committed };
};

interface Publishes {
  /** Something was published since the last checkpoint. */
  some: boolean;
  /** The latest window's end that was published since the last checkpoint, epoch ms. */
  windowEndMs: number;
}

/** One partition of the pipeline at work. */
class RunningTask {
  readonly task: Task;
  readonly #topicPartition: TopicPartition;
  readonly #door: Door<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly #decoders: Decoders<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly #process: (rows: Door<any>['columns']) => void; // eslint-disable-line @typescript-eslint/no-explicit-any
  /** Outputs of what lies before this offset have been published already. */
  readonly #silentUntil: number;
  #isSilent: boolean;
  #nextOffset: number;
  #isDirty = false;

  constructor(
    pipeline: TopologyPipeline, config: unknown, topicPartition: TopicPartition, committed: number,
    decoders: Decoders<any>, publisher: Publisher, publishes: Publishes, context: RuntimeContext, // eslint-disable-line @typescript-eslint/no-explicit-any
  ) {
    const { topology, name, wants } = pipeline;
    const { partition } = topicPartition;
    const { namespace, metrics } = context;
    this.#topicPartition = topicPartition;
    this.#decoders = decoders;
    this.#silentUntil = this.#nextOffset = committed;
    this.#isSilent = true;
    this.task = new Task(partition, { keys: new Dictionary(), strings: new Dictionary() }, context.schemaIdOf);

    this.#door = new Door(topology.source, this.task, decoders, { pipeline: name, maxSkewMs: pipeline.maxSkewMs(config), passedOver: NONE }, (record, code, message) => {
      if (this.#isSilent) return;
      publisher.dead(deadLetter(deadTopicName(topology.source, namespace), name, topicPartition, record, code, message));
      publishes.some = true;
    });

    // A target that lags behind event time gets a tick, so that its readers' time moves too (ARCHITECTURE.md E7).
    const targets = new Map(wants.map((target) => {
      const topic = topology.targets[target] as AnyTopic;
      return [target, { topic: topicName(topic, namespace), isCompacted: topic.cleanup === 'compact', toldMs: -Infinity }];
    }));
    this.task.onTime = (timeMs) => {
      for (const target of targets.values()) {
        if (target.toldMs >= timeMs) continue;
        target.toldMs = timeMs;
        if (!this.#isSilent) publisher.tick(target.topic, target.isCompacted, partition, timeMs);
      }
      if (this.#isSilent) return;
      publishes.some = true;
      if (timeMs > publishes.windowEndMs) publishes.windowEndMs = timeMs;
    };
    this.#process = start(topology, config, wants, this.task, (name, values) => {
      const target = targets.get(name)!;
      target.toldMs = this.task.timeMs;
      if (this.#isSilent) return;
      publisher.publish(target.topic, partition, values);
      metrics.published(name, values.size);
      publishes.some = true;
    });
  }

  get position(): Position { return { ...this.#topicPartition, offset: this.#nextOffset }; }
  get eventTimeMs(): number { return this.#door.highestMs; }
  get isSilent(): boolean { return this.#isSilent; }

  /** Whether it has moved since it was last asked. */
  takeDirty(): boolean {
    const isDirty = this.#isDirty;
    this.#isDirty = false;
    return isDirty;
  }

  /** Takes all records of a poll through the topology. */
  async run(poll: Poll): Promise<void> {
    let index = 0;
    do {
      if (this.#isSilent && index < poll.size && poll.record(index).offset >= this.#silentUntil) this.#speak();
      index = this.#door.admit(poll, index, this.#isSilent ? this.#silentUntil : Infinity);
      const { columns } = this.#door;
      try {
        this.#process(columns);
      } catch (error) {
        throw new PartitionFailure({ ...this.#topicPartition, offset: columns.size > 0 ? columns.row(0).offset : this.#nextOffset }, error);
      }
      columns.clear();
      if (this.#door.needsSchemaId >= 0) {
        await this.#decoders.load(this.#door.needsSchemaId);
        this.#door.needsSchemaId = -1;
      }
    } while (index < poll.size);
    if (this.#isSilent && poll.nextOffset >= this.#silentUntil) this.#speak();
    if (this.#isSilent) return;
    this.#nextOffset = poll.nextOffset;
    this.#isDirty = true;
  }

  /** From here on outputs are published. What was read silently had been accounted for before; only what still waits is of now. */
  #speak(): void {
    this.#isSilent = false;
    const { fates } = this.task;
    fates.counts.fill(0);
    fates.delivered = fates.waiting;
  }
}
