import { Dictionary } from '../schemas/codec/dictionary.ts';
import type { TaskSnapshot } from '../schemas/generated/task-snapshot.ts';
import { deadTopicName, topicName } from '../schemas/topics.ts';
import { Fate } from '../stream/fates.ts';
import { Task } from '../stream/task.ts';
import { RowFailure } from '../stream/row-failure.ts';
import { type AnyTopic, start } from '../stream/topology.ts';
import { PartitionFailure, type RuntimeContext, type SnapshotEvery, togetherUntil } from './context.ts';
import { deadLetter } from './dead-letter.ts';
import { type Decoders, Door, PASSED_OVER } from './door.ts';
import type { Verdict } from './passed-over.ts';
import type { TopologyPipeline } from './pipeline.ts';
import type { DeadLetter, Poll, Position, Publisher, TopicPartition } from './ports.ts';
import type { RestorePlan, TaskIdentity } from './restore.ts';
import { type Kept, recall, type Snapshots } from './snapshots.ts';

/** What was published since the last checkpoint. */
export interface Publishes {
  some: boolean;
  /** The latest window's end that was published, epoch ms. */
  windowEndMs: number;
}

/** What the tasks of a process share. */
export interface Shared {
  readonly pipeline: TopologyPipeline;
  readonly config: unknown;
  readonly identity: TaskIdentity;
  readonly decoders: Decoders<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly snapshots: Snapshots;
  readonly publisher: Publisher;
  readonly publishes: Publishes;
  readonly context: RuntimeContext;
}

interface Target { readonly name: string; readonly topic: string; readonly isCompacted: boolean; toldMs: number }

/** One partition of a pipeline at work. It is silent while it reads again what its outputs are out of already. */
export class RunningTask {
  readonly task: Task;
  /** How far windows are closed in this life, or ticks have come where there are none: event time, epoch ms. */
  closedMs = -Infinity;
  readonly #shared: Shared;
  readonly #at: TopicPartition;
  readonly #targets: ReadonlyMap<string, Target>;
  readonly #door: Door<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly #process: (rows: Door<any>['columns']) => void; // eslint-disable-line @typescript-eslint/no-explicit-any
  /** Rows before this offset are in the snapshot, and only those are taken that wait. */
  #rereadUntil: number;
  readonly #silentUntil: number;
  #isSilent = true;
  #snapshot: TaskSnapshot | undefined;
  #firstOffset: number;
  #nextOffset: number;
  #isDirty = false;
  /** Letters of records that an earlier life had read, and that waited when it was told to pass over them. */
  #owed: DeadLetter[] = [];
  /** Keys of entries that are over, and not deleted yet. */
  #stale: readonly string[] = [];
  /** When the next snapshot is due, on the wall clock; what was delivered as of the last one. */
  #snapshotAtMs = -Infinity;
  #snapshotDelivered = 0;
  readonly #snapshotEvery: SnapshotEvery;

  private constructor(shared: Shared, at: TopicPartition, { snapshot, from, silentUntil }: RestorePlan, passedOver: ReadonlyMap<number, Verdict>) {
    const { pipeline: { topology, name, wants, maxSkewMs }, config, decoders, publisher, publishes, context: { namespace, metrics, schemaIdOf } } = shared, { partition } = at;
    this.#shared = shared;
    this.#at = at;
    // A compacted log does not hold the state that it once led to (ARCHITECTURE.md E13).
    this.#snapshotEvery = (topology.source as AnyTopic).cleanup === 'compact' ? 'checkpoint' : shared.context.snapshotEvery;
    this.#snapshot = snapshot;
    this.#rereadUntil = snapshot?.next_offset ?? from;
    this.#silentUntil = this.#nextOffset = silentUntil;
    this.#firstOffset = snapshot?.first_offset ?? from;
    this.task = new Task(partition, { keys: new Dictionary(), strings: new Dictionary() }, schemaIdOf);

    this.#door = new Door(topology.source, this.task, decoders, { pipeline: name, maxSkewMs: maxSkewMs(config), passedOver }, (record, code, message) => {
      // A replay's range begins where it was told to.
      const isOwed = code === PASSED_OVER && passedOver.get(record.offset)?.isOut === false && shared.context.restore !== 'replay';
      if (this.#isSilent && !isOwed) return;
      const letter = deadLetter(deadTopicName(topology.source, namespace), name, at, record, code, message);
      if (this.#isSilent) this.#owed.push(letter); else this.#bury(letter);
    });

    // A target that lags behind event time gets a tick, so that its readers' time moves too (ARCHITECTURE.md E7).
    this.#targets = new Map(wants.map((target) => {
      const topic = topology.targets[target] as AnyTopic;
      return [target, { name: target, topic: topicName(topic, namespace), isCompacted: topic.cleanup === 'compact', toldMs: snapshot?.told[target] ?? -Infinity }];
    }));
    this.task.onTime = (timeMs) => {
      this.closedMs = timeMs;
      for (const target of this.#targets.values()) {
        if (target.toldMs >= timeMs) continue;
        target.toldMs = timeMs;
        if (!this.#isSilent) publisher.tick(target.topic, target.isCompacted, partition, timeMs);
      }
      if (this.#isSilent) return;
      publishes.some = true;
      if (timeMs > publishes.windowEndMs) publishes.windowEndMs = timeMs;
    };
    this.#process = start(topology, config, wants, this.task, (name, values) => {
      const target = this.#targets.get(name)!;
      target.toldMs = this.task.timeMs;
      if (this.#isSilent) return;
      publisher.publish(target.topic, partition, values);
      metrics.published(name, values.size);
      publishes.some = true;
    });
  }

  /** Makes a task what it was at its snapshot. What lies between that and the committed offset it reads again, silently, as it comes. */
  static async restore(shared: Shared, at: TopicPartition, plan: RestorePlan, { entries, passedOver }: Kept): Promise<RunningTask> {
    const running = new RunningTask(shared, at, plan, passedOver), { task } = running, { snapshot, from, silentUntil } = plan;
    running.#process(running.#door.columns); //  a batch of nothing: operators make their stores at the first
    if (snapshot === undefined) {
      running.#stale = Array.from(entries.keys());
    } else {
      running.#stale = await shared.snapshots.load(task, entries, at);
      task.rereading = { highestMs: snapshot.reread_highest };
      running.#door.highestMs = snapshot.reread_highest;
    }
    if (from >= running.#rereadUntil) running.#recall();
    if (from >= silentUntil) running.#speak();
    return running;
  }

  get position(): Position { return { ...this.#at, offset: this.#nextOffset }; }
  get eventTimeMs(): number { return this.#door.highestMs; }
  get isSilent(): boolean { return this.#isSilent; }
  /** It has moved since `takeDirty` was last asked. */
  get isDirty(): boolean { return this.#isDirty; }
  /** Offsets that held no record for it: transaction markers, what was aborted, what was compacted away. */
  get offsetsWithoutRecord(): number { return this.#nextOffset - this.#firstOffset - this.task.fates.delivered; }

  /** Whether it has moved since it was last asked. */
  takeDirty(): boolean {
    const isDirty = this.#isDirty;
    this.#isDirty = false;
    return isDirty;
  }

  /** Takes all records of a poll through the topology. */
  async run(poll: Poll): Promise<void> {
    this.task.isCaughtUp = poll.nextOffset >= poll.endOffset;
    this.task.isAwaited = this.#shared.publishes.some;
    let index = 0;
    do {
      const from = index < poll.size ? poll.record(index).offset : poll.nextOffset;
      if (index < poll.size) this.#arrive(from);
      index = this.#door.admit(poll, index, Math.min(this.#nextTurn(), togetherUntil(this.#shared.context.doubtful.get(this.#at.partition), from)));
      const { columns } = this.#door;
      // A poll without a record fails somewhere too: a stretch of nothing would overlap none, and never count.
      this.#take(from, Math.max(from + 1, index < poll.size ? poll.record(index).offset : poll.nextOffset));
      columns.clear();
      if (this.#door.needsSchemaId >= 0) {
        await this.#shared.decoders.load(this.#door.needsSchemaId);
        this.#door.needsSchemaId = -1;
      }
    } while (index < poll.size);
    this.#arrive(poll.nextOffset);
    if (this.#isSilent) return;
    this.#nextOffset = poll.nextOffset;
    this.#isDirty = true;
  }

  /** Takes what was admitted of a stretch through the topology; what that throws is of a record in it, or of the whole. */
  #take(from: number, to: number): void {
    try {
      this.#process(this.#door.columns);
    } catch (error) {
      if (error instanceof RowFailure) throw new PartitionFailure(this.#at, { from: error.offset, to: error.offset + 1 }, error.cause, true);
      throw new PartitionFailure(this.#at, { from, to }, error);
    }
  }

  /** Up to which offset the next rows are of one kind: read for those that wait, read silently, or read. */
  #nextTurn(): number {
    if (this.task.rereading !== undefined) return this.#rereadUntil;
    return this.#isSilent ? this.#silentUntil : Infinity;
  }

  #arrive(offset: number): void {
    if (this.task.rereading !== undefined && offset >= this.#rereadUntil) this.#recall();
    if (this.#isSilent && offset >= this.#silentUntil) this.#speak();
  }

  /** All that waits is there again: the accounts are those of the snapshot. */
  #recall(): void {
    this.task.rereading = undefined;
    if (this.#snapshot !== undefined) recall(this.task, this.#snapshot);
    // What waited then, and is to be passed over now, has ended.
    for (let i = 0; i < this.#owed.length && this.task.fates.unaccounted > 0; i++) this.task.fates.count(Fate.dead);
    this.#snapshot = undefined;
  }

  /** Its partition came back, and nothing of it has moved meanwhile. */
  resume(): void { this.#shared.context.metrics.resumed(this.task.partition, this.task.fates); }

  /** From here on outputs are published. What lies before was accounted for by an earlier life. */
  #speak(): void {
    this.#isSilent = false;
    this.#shared.context.metrics.resumed(this.task.partition, this.task.fates);
    this.#snapshotDelivered = this.task.fates.delivered;
    // They go out with the first snapshot of this life, in which they are accounted for.
    for (const letter of this.#owed.splice(0)) this.#bury(letter);
  }

  #bury(letter: DeadLetter): void {
    const { publisher, publishes, snapshots } = this.#shared;
    publisher.dead(letter);
    if (letter.code === PASSED_OVER) snapshots.letterIsOut(letter.partition, letter.offset, publisher);
    publishes.some = true;
  }

  /** For how long its next snapshot has been due, ms; below 0 while it is not. The first one, and where every checkpoint is to have one, Infinity; the others of several tasks are not due all together. */
  snapshotDueForMs(nowMs: number, tasks: number): number {
    const every = this.#snapshotEvery;
    if (this.#isSilent) return -1;
    if (every === 'checkpoint') return Infinity;
    if (nowMs < this.#snapshotAtMs && this.task.fates.delivered - this.#snapshotDelivered >= every.records / tasks) this.#snapshotAtMs = nowMs;
    return nowMs - this.#snapshotAtMs;
  }

  /** Puts its snapshot into the open transaction. */
  snapshot(nowMs: number): void {
    const { snapshots, identity, publisher } = this.#shared, { task } = this, every = this.#snapshotEvery;
    // What was put off is part of the state.
    task.isAwaited = false;
    this.#take(this.#nextOffset - 1, this.#nextOffset);
    const reread = Array.from(task.stores.values(), ({ rereadFrom }) => rereadFrom).find((from) => from !== undefined) ?? { offset: this.#nextOffset, highestMs: this.#door.highestMs };
    snapshots.write(task, {
      next_offset: this.#nextOffset, first_offset: this.#firstOffset, reread_from: reread.offset, reread_highest: reread.highestMs,
      told: Object.fromEntries(Array.from(this.#targets.values(), ({ name, toldMs }) => [name, toldMs])),
    }, identity, this.#stale, publisher);
    this.#stale = [];
    this.#snapshotDelivered = task.fates.delivered;
    if (every === 'checkpoint') return;
    // The first interval differs from partition to partition, and so they stay apart.
    const isFirst = this.#snapshotAtMs === -Infinity;
    this.#snapshotAtMs = nowMs + every.ms * (isFirst ? 0.5 + ((task.partition * 0.618) % 1) / 2 : 1);
  }
}
