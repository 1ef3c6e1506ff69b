import { Dictionary } from '../schemas/codec/dictionary.ts';
import { deadTopicName } from '../schemas/topics.ts';
import { Selection } from '../stream/batch.ts';
import { Fate, Fates } from '../stream/fates.ts';
import { isAccountedByStore } from '../stream/operators/index.ts';
import { Task } from '../stream/task.ts';
import { PartitionFailure, type RuntimeContext, StartRefused, type Stretch, togetherUntil } from './context.ts';
import { Decoders, Door } from './door.ts';
import { deadLetter } from './dead-letter.ts';
import { KeptRecords } from './kept-records.ts';
import type { SinkPipeline } from './pipeline.ts';
import { type DeadLetter, type DeadLetters, type Poll, type RawRecord, type RefusedRecord, RowsRefused, type Sink, SinkFenced, type Source, type TopicPartition } from './ports.ts';
import { QuietWatch } from './quiet-partitions.ts';

/** So many bytes of records that are not committed are kept at most, and one poll more. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

/** A sink has no changelog in which a verdict to pass over a record would lie. */
const NONE = new Map<number, never>();

/**
 * The poll loop of a sink: poll, decode, buffer; and when enough is buffered or has waited long enough, write it with its positions in one
 * transaction. Where to read on is what the destination says, so that a row is there once. Ends when the signal does, after a last commit.
 *
 * A record that the destination refuses for what it is (a constraint, a number too large) becomes a dead letter, and the rest is written again without
 * it, from the bytes that are kept until they are committed.
 */
export const runSink = async (
  pipeline: SinkPipeline, config: unknown, sink: Sink, source: Source, deadLetters: DeadLetters, context: RuntimeContext,
): Promise<void> => {
  const { metrics, log, clock } = context;
  const { maxRows, maxWaitMs } = pipeline.batch(config);
  const decoders = new Decoders(pipeline.source, undefined, context.schemaOf);
  const readers = new Map<number, PartitionReader>();
  const letters = new LettersOnce(deadLetters);
  const quiet = new QuietWatch(pipeline.source, context);
  let firstWaitsSinceMs = Infinity;

  const assign = async (partitions: readonly TopicPartition[]): Promise<void> => {
    const positions = await sink.positions(partitions);
    for (const partition of partitions) {
      const offset = await startOf(source, partition, positions.get(partition.partition), pipeline.name);
      metrics.dropped(partition.partition); //  its accounts begin anew
      quiet.heard(partition.partition, clock());
      readers.set(partition.partition, new PartitionReader(pipeline, config, partition, offset, sink, decoders, letters, context));
      source.start({ ...partition, offset });
    }
  };

  /** What the destination refuses is dead; all that waits is written again without it. */
  const setAside = async ({ records, message, cause }: RowsRefused): Promise<void> => {
    for (const record of records) {
      const { partition, offset, code } = record;
      const at = { topic: pipeline.source.name, partition };
      if (readers.get(partition)?.setAside(record) !== true) throw new PartitionFailure(at, { from: offset, to: offset + 1 }, new Error(`refused though it is not written: ${message}`, { cause }));
      log.warn({ ...at, offset, code, reason: record.message }, 'the destination refuses this record: it goes to the dead letters');
    }
    sink.discard();
    for (const reader of readers.values()) await reader.writeAgain();
  };

  /** Whether all that was read is durable. If not, another writer was here, and all of it is forgotten: where to read on must be asked again. */
  const commit = async (): Promise<boolean> => {
    const startedMs = clock();
    firstWaitsSinceMs = Infinity;
    const moved = Array.from(readers.values()).filter((reader) => reader.isDirty);
    if (moved.length === 0) return true;
    for (;;) {
      const rows = sink.buffered;
      try {
        await letters.flush(); //  dead letters first: what lies behind the position must be somewhere
        await sink.commit(moved.map((reader) => ({ ...reader.topicPartition, offset: reader.nextOffset })));
      } catch (error) {
        if (error instanceof RowsRefused) { await setAside(error); continue; }
        if (!(error instanceof SinkFenced)) throw error;
        log.warn({ reason: error.message }, 'another writer has moved this sink; its position is read again');
        sink.discard();
        return false;
      }
      metrics.sinkRows(rows);
      break;
    }
    for (const reader of moved) {
      const { partition } = reader.topicPartition;
      reader.committed();
      letters.forgetBelow(partition, reader.nextOffset);
      metrics.accounts(partition, reader.task.fates, reader.offsetsWithoutRecord);
    }
    metrics.checkpointTook(clock() - startedMs);
    return true;
  };
  const commitOrReadAgain = async (): Promise<void> => {
    if (!await commit()) await assign(Array.from(readers.values(), ({ topicPartition }) => topicPartition));
  };

  const isFull = (): boolean => {
    let records = 0, bytes = 0;
    for (const { kept } of readers.values()) { records += kept?.size ?? 0; bytes += kept?.byteLength ?? 0; }
    return sink.buffered >= maxRows || records >= maxRows || bytes >= MAX_KEPT_BYTES;
  };

  for await (const event of source.events(context.signal)) {
    if (event.kind === 'assigned') {
      await assign(event.partitions);
    } else if (event.kind === 'revoked') {
      const isCommitted = await commit();
      for (const { partition } of event.partitions) { readers.delete(partition); metrics.dropped(partition); quiet.dropped(partition); }
      event.release();
      if (!isCommitted) await assign(Array.from(readers.values(), ({ topicPartition }) => topicPartition));
    } else {
      if (event.kind === 'poll') {
        const startedMs = clock();
        const reader = readers.get(event.poll.partition);
        if (reader === undefined) continue;
        await reader.run(event.poll);
        if (firstWaitsSinceMs === Infinity && reader.isDirty) firstWaitsSinceMs = startedMs;
        const nowMs = clock();
        if (event.poll.size > 0) quiet.heard(event.poll.partition, nowMs);
        metrics.batchTook(nowMs - startedMs);
        metrics.progress(event.poll.partition, event.poll.endOffset - event.poll.nextOffset, reader.eventTimeMs, nowMs);
      }
      const isNothingMore = event.kind === 'idle' || event.isLast;
      quiet.look(clock(), isNothingMore);
      if (isFull() || (maxWaitMs === 0 ? isNothingMore : clock() - firstWaitsSinceMs >= maxWaitMs)) await commitOrReadAgain();
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

/** Dead letters, each once for as long as this process reads: what is written again or read again has the same coordinates. */
class LettersOnce {
  readonly #letters: DeadLetters;
  readonly #sent = new Map<number, Set<number>>();

  constructor(letters: DeadLetters) { this.#letters = letters; }

  dead(letter: DeadLetter): void {
    let sent = this.#sent.get(letter.partition);
    if (sent === undefined) this.#sent.set(letter.partition, sent = new Set());
    if (sent.has(letter.offset)) return;
    sent.add(letter.offset);
    this.#letters.dead(letter);
  }

  flush(): Promise<void> { return this.#letters.flush(); }

  /** What lies behind a committed position does not come again. */
  forgetBelow(partition: number, offset: number): void {
    const sent = this.#sent.get(partition);
    if (sent === undefined) return;
    for (const one of sent) if (one < offset) sent.delete(one);
  }
}

/** One partition of the sink at work. */
class PartitionReader {
  readonly task: Task;
  readonly topicPartition: TopicPartition;
  nextOffset: number;
  readonly #firstOffset: number;
  /** It has moved since the last commit. */
  isDirty = false;
  /** What was read since then, where it may have to be written again. */
  readonly kept: KeptRecords | undefined;
  readonly #sink: Sink;
  readonly #door: Door<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly #decoders: Decoders<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly #doubtful: Stretch | undefined;
  readonly #values = new Selection<any>(); // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly #reject: (record: RawRecord, code: string, message: string) => void;
  /** By offset: what was refused since the last commit. */
  readonly #refused = new Map<number, RefusedRecord>();
  readonly #fatesAtCommit = new Fates();
  #highestMsAtCommit = -Infinity;

  constructor(
    pipeline: SinkPipeline, config: unknown, topicPartition: TopicPartition, offset: number,
    sink: Sink, decoders: Decoders<any>, letters: LettersOnce, context: RuntimeContext, // eslint-disable-line @typescript-eslint/no-explicit-any
  ) {
    this.topicPartition = topicPartition;
    this.nextOffset = this.#firstOffset = offset;
    this.kept = sink.mayRefuse ? new KeptRecords(topicPartition) : undefined;
    this.#sink = sink;
    this.#decoders = decoders;
    this.task = new Task(topicPartition.partition, { keys: new Dictionary(), strings: new Dictionary() }, context.schemaIdOf);
    this.#reject = (record, code, message) => {
      letters.dead(deadLetter(deadTopicName(pipeline.source, context.namespace), pipeline.name, topicPartition, record, code, message));
    };
    this.#doubtful = context.doubtful.get(topicPartition.partition);
    this.#door = new Door(pipeline.source, this.task, decoders, { pipeline: pipeline.name, maxSkewMs: pipeline.maxSkewMs(config), passedOver: NONE }, this.#reject);
  }

  /** Offsets that held no record for it. */
  get offsetsWithoutRecord(): number { return this.nextOffset - this.#firstOffset - this.task.fates.delivered; }
  get eventTimeMs(): number { return this.#door.highestMs; }

  /** Writes a poll's records into the sink. What lies before the position has been written already, and is passed over. */
  async run(poll: Poll): Promise<void> {
    let from = 0;
    while (from < poll.size && poll.record(from).offset < this.nextOffset) from++;
    this.kept?.add(poll, from);
    await this.#write(poll, from);
    if (poll.nextOffset <= this.nextOffset) return;
    this.nextOffset = poll.nextOffset;
    this.isDirty = true;
  }

  /** A record that is refused is dead from now on. Returns false if it cannot be one of those that were written. */
  setAside(record: RefusedRecord): boolean {
    if (this.kept === undefined || this.#refused.has(record.offset)) return false;
    this.#refused.set(record.offset, record);
    return true;
  }

  /** Writes into the sink, which holds nothing, all that was read since the last commit, as if it were read for the first time. */
  async writeAgain(): Promise<void> {
    this.task.fates.become(this.#fatesAtCommit);
    this.#door.highestMs = this.#highestMsAtCommit;
    await this.#write(this.kept!, 0);
  }

  committed(): void {
    this.isDirty = false;
    this.kept?.clear();
    this.#refused.clear();
    this.#fatesAtCommit.become(this.task.fates);
    this.#highestMsAtCommit = this.#door.highestMs;
  }

  async #write(poll: Poll, from: number): Promise<void> {
    const { task } = this;
    const { columns } = this.#door;
    const count = (fate: Fate): void => { task.fates.count(fate); };
    let index = from;
    while (index < poll.size) {
      const first = index;
      const fromOffset = poll.record(first).offset;
      index = this.#door.admit(poll, first, togetherUntil(this.#doubtful, fromOffset));
      this.#values.over(columns);
      for (let i = 0; i < columns.size; i++) {
        const row = columns.row(i);
        if (!isAccountedByStore(row)) continue;
        const refused = this.#refused.size > 0 ? this.#refused.get(row.offset) : undefined;
        if (refused === undefined) this.#values.add(i);
        else this.#bury(poll, first, refused);
      }
      try {
        this.#sink.write(this.topicPartition.partition, this.#values, count);
      } catch (error) {
        throw new PartitionFailure(this.topicPartition, { from: fromOffset, to: index < poll.size ? poll.record(index).offset : poll.nextOffset }, error);
      }
      columns.clear();
      task.sweep();
      if (this.#door.needsSchemaId >= 0) {
        await this.#decoders.load(this.#door.needsSchemaId);
        this.#door.needsSchemaId = -1;
      }
    }
  }

  #bury(poll: Poll, from: number, { offset, code, message }: RefusedRecord): void {
    this.task.fates.count(Fate.dead);
    for (let i = from; ; i++) {
      const record = poll.record(i);
      if (record.offset === offset) { this.#reject(record, code, message); return; }
    }
  }
}
