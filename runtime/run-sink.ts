import { Dictionary } from '../schemas/codec/dictionary.ts';
import { deadTopicName } from '../schemas/topics.ts';
import { Selection } from '../stream/batch.ts';
import { type Fate } from '../stream/fates.ts';
import { isAccountedByStore } from '../stream/operators/index.ts';
import { Task } from '../stream/task.ts';
import { PartitionFailure, type RuntimeContext, StartRefused } from './context.ts';
import { Decoders, Door } from './door.ts';
import { deadLetter } from './dead-letter.ts';
import type { SinkPipeline } from './pipeline.ts';
import { type Poll, type Publisher, type Sink, SinkFenced, type Source, type TopicPartition } from './ports.ts';

/** A sink has no changelog in which a verdict to pass over a record would lie. */
const NONE: ReadonlySet<number> = new Set();

/**
 * The poll loop of a sink: poll, decode, buffer; and when enough is buffered or has waited long enough, write it with its positions in one
 * transaction. Where to read on is what the destination says, so that a row is there once. Ends when the signal does, after a last commit.
 */
export const runSink = async (
  pipeline: SinkPipeline, config: unknown, sink: Sink, source: Source, publisher: Publisher, context: RuntimeContext,
): Promise<void> => {
  const { metrics, log, clock } = context;
  const { maxRows, maxWaitMs } = pipeline.batch(config);
  const decoders = new Decoders(pipeline.source, undefined, context.schemaOf);
  const readers = new Map<number, PartitionReader>();
  let firstWaitsSinceMs = Infinity;

  const assign = async (partitions: readonly TopicPartition[]): Promise<void> => {
    const positions = await sink.positions(partitions);
    for (const partition of partitions) {
      const offset = await startOf(source, partition, positions.get(partition.partition), pipeline.name);
      readers.set(partition.partition, new PartitionReader(pipeline, config, partition, offset, decoders, publisher, context));
      source.start({ ...partition, offset });
    }
  };

  const commit = async (): Promise<void> => {
    const startedMs = clock();
    firstWaitsSinceMs = Infinity;
    const moved = Array.from(readers.values()).filter((reader) => reader.isDirty);
    if (moved.length === 0) return;
    try {
      await publisher.flush(); //  dead letters first: what lies behind the position must be somewhere
      const rows = sink.buffered;
      await sink.commit(moved.map((reader) => ({ ...reader.topicPartition, offset: reader.nextOffset })));
      metrics.sinkRows(rows);
    } catch (error) {
      if (!(error instanceof SinkFenced)) throw error;
      log.warn({ reason: error.message }, 'another writer has moved this sink; its position is read again');
      sink.discard();
      await assign(Array.from(readers.values(), ({ topicPartition }) => topicPartition));
      return;
    }
    for (const reader of moved) {
      reader.isDirty = false;
      metrics.accounts(reader.topicPartition.partition, reader.task.fates);
    }
    metrics.checkpointTook(clock() - startedMs);
  };

  for await (const event of source.events(context.signal)) {
    if (event.kind === 'assigned') {
      await assign(event.partitions);
    } else if (event.kind === 'revoked') {
      await commit();
      for (const { partition } of event.partitions) { readers.delete(partition); metrics.dropped(partition); }
      event.release();
    } else {
      if (event.kind === 'poll') {
        const startedMs = clock();
        const reader = readers.get(event.poll.partition);
        if (reader === undefined) continue;
        await reader.run(event.poll, sink);
        if (firstWaitsSinceMs === Infinity) firstWaitsSinceMs = startedMs;
        const nowMs = clock();
        metrics.batchTook(nowMs - startedMs);
        metrics.progress(event.poll.partition, event.poll.endOffset - event.poll.nextOffset, reader.eventTimeMs, nowMs);
      }
      if (sink.buffered >= maxRows || clock() - firstWaitsSinceMs >= maxWaitMs) await commit();
    }
  }
  await commit();
};

/** A position outside the log is an error, not a guess. */
const startOf = async (source: Source, partition: TopicPartition, position: number | undefined, pipeline: string): Promise<number> => {
  const { start, end } = await source.range(partition);
  if (position === undefined) return start;
  if (position >= start && position <= end) return position;
  throw new StartRefused('position_out_of_range', `${pipeline} stands at offset ${position} of ${partition.topic}-${partition.partition}, but the log holds ${start} to ${end}. ` +
    'Was the topic made anew, or its retention shorter than the pause? Delete the row of this partition from sink_positions (for Redis: the position key) to go on with what there is.');
};

/** One partition of the sink at work. */
class PartitionReader {
  readonly task: Task;
  readonly topicPartition: TopicPartition;
  nextOffset: number;
  /** It has moved since the last commit. */
  isDirty = false;
  readonly #door: Door<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly #decoders: Decoders<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly #values = new Selection<any>(); // eslint-disable-line @typescript-eslint/no-explicit-any

  constructor(
    pipeline: SinkPipeline, config: unknown, topicPartition: TopicPartition, offset: number,
    decoders: Decoders<any>, publisher: Publisher, context: RuntimeContext, // eslint-disable-line @typescript-eslint/no-explicit-any
  ) {
    this.topicPartition = topicPartition;
    this.nextOffset = offset;
    this.#decoders = decoders;
    this.task = new Task(topicPartition.partition, { keys: new Dictionary(), strings: new Dictionary() }, context.schemaIdOf);
    this.#door = new Door(pipeline.source, this.task, decoders, { pipeline: pipeline.name, maxSkewMs: pipeline.maxSkewMs(config), passedOver: NONE }, (record, code, message) => {
      publisher.dead(deadLetter(deadTopicName(pipeline.source, context.namespace), pipeline.name, topicPartition, record, code, message));
    });
  }

  get eventTimeMs(): number { return this.#door.highestMs; }

  async run(poll: Poll, sink: Sink): Promise<void> {
    const { task } = this;
    const count = (fate: Fate): void => { task.fates.count(fate); };
    let index = 0;
    do {
      index = this.#door.admit(poll, index, Infinity);
      const { columns } = this.#door;
      this.#values.over(columns);
      for (let i = 0; i < columns.size; i++) if (isAccountedByStore(columns.row(i))) this.#values.add(i);
      try {
        sink.write(this.topicPartition.partition, this.#values, count);
      } catch (error) {
        throw new PartitionFailure({ ...this.topicPartition, offset: columns.size > 0 ? columns.row(0).offset : this.nextOffset }, error);
      }
      columns.clear();
      task.sweep();
      if (this.#door.needsSchemaId >= 0) {
        await this.#decoders.load(this.#door.needsSchemaId);
        this.#door.needsSchemaId = -1;
      }
    } while (index < poll.size);
    this.nextOffset = poll.nextOffset;
    this.isDirty = true;
  }
}
