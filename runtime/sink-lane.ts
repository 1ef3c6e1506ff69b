import { Dictionary } from '../schemas/codec/dictionary.ts';
import { deadTopicName } from '../schemas/topics.ts';
import { Selection } from '../stream/batch.ts';
import { Fate, Fates } from '../stream/fates.ts';
import { isAccountedByStore } from '../stream/operators/index.ts';
import { Task } from '../stream/task.ts';
import { PartitionFailure, type RuntimeContext, StartRefused, type Stretch, togetherUntil } from './context.ts';
import { deadLetter } from './dead-letter.ts';
import { type Decoders, Door } from './door.ts';
import { KeptRecords } from './kept-records.ts';
import type { SinkPipeline } from './pipeline.ts';
import { type DeadLetter, type DeadLetters, type Poll, type RawRecord, type RefusedRecord, RowsRefused, type Sink, SinkFenced, type Source, type TopicPartition } from './ports.ts';

/** So many bytes of records that are not committed are kept at most, and one poll more. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

/** A sink has no changelog in which a verdict to pass over a record would lie. */
const NONE = new Map<number, never>();

/** What the lanes of a pipeline have in common. */
export interface LaneOptions {
  readonly pipeline: SinkPipeline;
  readonly config: unknown;
  readonly source: Source;
  readonly deadLetters: DeadLetters;
  readonly decoders: Decoders<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly context: RuntimeContext;
}

/**
 * A sink of a pipeline, and the partitions that are its. While it commits, what is read of them is kept aside; so one lane reads and decides while another waits for its destination.
 *
 * A record that the destination refuses for what it is (a constraint, a number too large) becomes a dead letter, and the rest is written again without it, from the bytes that are kept
 * until they are committed.
 */
export class SinkLane {
  /** The commit that is under way, and what follows it: the writing of what was kept aside. */
  underWay: Promise<void> | undefined;
  /** Another writer was here: all that was not durable is forgotten, and nothing is taken until `readAgain`. */
  isFenced = false;
  readonly #options: LaneOptions;
  readonly #sink: Sink;
  readonly #letters: LettersOnce;
  readonly #readers = new Map<number, PartitionReader>();
  #firstWaitsSinceMs = Infinity;

  constructor(sink: Sink, options: LaneOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#letters = new LettersOnce(options.deadLetters);
  }

  /** Begins to read partitions, or begins anew, where its destination says that it stands. No event of the source may be on its way meanwhile: it could be of where it was read before. */
  async assign(partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return;
    await this.underWay;
    const { pipeline, source, context: { metrics } } = this.#options;
    const positions = await this.#sink.positions(partitions);
    for (const partition of partitions) {
      const offset = await startOf(source, partition, positions.get(partition.partition), pipeline.name);
      metrics.dropped(partition.partition); //  its accounts begin anew
      this.#readers.set(partition.partition, new PartitionReader(this.#options, partition, offset, this.#sink, this.#letters));
      source.start({ ...partition, offset });
    }
  }

  /** Begins anew with all of its partitions, as `assign` does. */
  async readAgain(): Promise<void> {
    await this.assign(Array.from(this.#readers.values(), ({ topicPartition }) => topicPartition));
    this.isFenced = false;
  }

  /** Another reads the partition from now on. */
  drop(partition: number): void { this.#readers.delete(partition); }

  /** Writes a poll into the sink, or keeps it aside until its commit is over. */
  async take(poll: Poll): Promise<void> {
    const { metrics, clock } = this.#options.context, reader = this.#readers.get(poll.partition)!;
    if (this.underWay !== undefined && this.#isFull(({ aside }) => aside)) await this.underWay;
    if (this.isFenced) return;
    const startedMs = clock();
    if (this.underWay === undefined) {
      await reader.run(poll);
      this.#waitsSince(startedMs);
    } else {
      reader.keepAside(poll);
    }
    const nowMs = clock();
    metrics.batchTook(nowMs - startedMs);
    metrics.progress(poll.partition, poll.endOffset - poll.nextOffset, reader.eventTimeMs, nowMs);
  }

  /** Whether what waits is to be committed now. `isNothingMore`: all is taken that lay ready. */
  isDue(isNothingMore: boolean): boolean {
    if (this.underWay !== undefined || this.#firstWaitsSinceMs === Infinity) return false;
    const { pipeline, config, context: { clock } } = this.#options, { maxRows, maxWaitMs } = pipeline.batch(config);
    return this.#sink.buffered >= maxRows || this.#isFull(({ kept }) => kept) || (maxWaitMs === 0 ? isNothingMore : clock() - this.#firstWaitsSinceMs >= maxWaitMs);
  }

  /** Begins a commit that nobody waits for here. */
  begin(): void {
    this.underWay = this.#turn();
    this.underWay.catch(() => undefined); //  told to whoever waits for it, and that may be later
  }

  /** Commits all that was taken, once what is under way is over. */
  async commit(): Promise<void> {
    await this.underWay;
    if (!this.isFenced) await this.#commit();
  }

  async #turn(): Promise<void> {
    await this.#commit();
    if (!this.isFenced) {
      for (let reader = this.#withAside(); reader !== undefined; reader = this.#withAside()) await reader.runAside();
      this.#waitsSince(this.#options.context.clock());
    }
    // In the same breath in which nothing was aside: what came between would be passed over by what comes next. A failure stays under way until somebody waits for it.
    this.underWay = undefined;
  }

  #withAside(): PartitionReader | undefined { return Array.from(this.#readers.values()).find(({ aside }) => aside !== undefined); }

  #waitsSince(nowMs: number): void {
    if (this.#firstWaitsSinceMs === Infinity && Array.from(this.#readers.values()).some(({ isDirty }) => isDirty)) this.#firstWaitsSinceMs = nowMs;
  }

  /** Makes all that was written durable; or finds that another writer was here, and forgets it. */
  async #commit(): Promise<void> {
    const { context: { metrics, log, clock } } = this.#options, sink = this.#sink, startedMs = clock();
    this.#firstWaitsSinceMs = Infinity;
    const moved = Array.from(this.#readers.values()).filter((reader) => reader.isDirty);
    if (moved.length === 0) return;
    for (;;) {
      const rows = sink.buffered;
      try {
        await this.#letters.flush(); //  dead letters first: what lies behind the position must be somewhere
        await sink.commit(moved.map((reader) => ({ ...reader.topicPartition, offset: reader.nextOffset })));
      } catch (error) {
        if (error instanceof RowsRefused) { await this.#setAside(error); continue; }
        if (!(error instanceof SinkFenced)) throw error;
        log.warn({ reason: error.message }, 'another writer has moved this sink; its position is read again');
        sink.discard();
        this.isFenced = true;
        return;
      }
      metrics.sinkRows(rows);
      break;
    }
    for (const reader of moved) {
      const { partition } = reader.topicPartition;
      reader.committed();
      this.#letters.forgetBelow(partition, reader.nextOffset);
      metrics.accounts(partition, reader.task.fates, reader.offsetsWithoutRecord);
    }
    metrics.checkpointTook(clock() - startedMs);
  }

  /** What the destination refuses is dead; all that waits is written again without it. */
  async #setAside({ records, message, cause }: RowsRefused): Promise<void> {
    for (const record of records) {
      const { partition, offset, code } = record;
      const at = { topic: this.#options.pipeline.source.name, partition };
      if (this.#readers.get(partition)?.setAside(record) !== true) throw new PartitionFailure(at, { from: offset, to: offset + 1 }, new Error(`refused though it is not written: ${message}`, { cause }));
      this.#options.context.log.warn({ ...at, offset, code, reason: record.message }, 'the destination refuses this record: it goes to the dead letters');
    }
    this.#sink.discard();
    for (const reader of this.#readers.values()) await reader.writeAgain();
  }

  #isFull(of: (reader: PartitionReader) => KeptRecords | undefined): boolean {
    const { maxRows } = this.#options.pipeline.batch(this.#options.config);
    let records = 0, bytes = 0;
    for (const reader of this.#readers.values()) { const some = of(reader); records += some?.size ?? 0; bytes += some?.byteLength ?? 0; }
    return records >= maxRows || bytes >= MAX_KEPT_BYTES;
  }
}

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
  /** What came while its lane was committing. */
  aside: KeptRecords | undefined;
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

  constructor({ pipeline, config, decoders, context }: LaneOptions, topicPartition: TopicPartition, offset: number, sink: Sink, letters: LettersOnce) {
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

  keepAside(poll: Poll): void { (this.aside ??= new KeptRecords(this.topicPartition)).add(poll, 0); }

  /** Writes what was kept aside. More may be kept while it waits for a schema. */
  async runAside(): Promise<void> {
    const { aside } = this;
    this.aside = undefined;
    if (aside !== undefined) await this.run(aside);
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
