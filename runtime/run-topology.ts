import type { AnyTopic } from '../stream/topology.ts';
import type { RuntimeContext } from './context.ts';
import { Decoders } from './door.ts';
import type { TopologyPipeline } from './pipeline.ts';
import type { Changelog, Position, Publisher, Source, TopicPartition } from './ports.ts';
import { QuietWatch } from './quiet-partitions.ts';
import { canonicalJson, planRestore } from './restore.ts';
import { RunningTask, type Shared } from './running-task.ts';
import { Snapshots } from './snapshots.ts';

/**
 * All partitions close a window at about the same moment: for so long what one has to say waits for the next one to close it, ms. Without it a window of eight partitions took two or three
 * transactions, one behind the other: at 10,000 updates/s p50 was 268, 264 and 296 ms, with it 227, 240 and 291 (`npm run bench:latency -- --seconds 20 --rates 10000`, in turn; all waited for the first one then, and on a busy machine 100 ms were over before the last had closed).
 */
const GATHER_MS = 100;
/**
 * A snapshot of a partition takes 20 to 45 ms, with its commit 44 to 96, which whoever waits for a window's outputs should not have to wait for as well: it goes with a checkpoint of its own, so soon after outputs
 * were published that the next ones are far off, and once there is nothing else to do. While it took any moment, it was under way at the end of 3 of 40 windows (`bench:latency`, 50,000/s), the
 * slowest of one run among them. Where there never is such a moment, it waits for no longer than the patience, ms.
 */
const SNAPSHOT_WITHIN_MS = 300, SNAPSHOT_PATIENCE_MS = 2_000;
/** A rebalance takes all partitions away and gives most of them back: for so long their tasks are kept, ms. */
const RELEASED_MS = 30_000;
/** Longest time between commits while there is nothing to publish, ms: it only bounds what is read again. */
const QUIET_CHECKPOINT_MS = 5_000;

export interface TopologyPorts {
  readonly source: Source;
  readonly publisher: Publisher;
  readonly changelog: Changelog;
}

/**
 * The poll loop of a topology: restore, then poll, decode, run, publish; and at a checkpoint commit outputs, positions and, now and then, the state in one transaction.
 * Ends when the signal does, after a last checkpoint. Throws StartRefused where position, state and log do not fit; CheckpointAborted where a checkpoint did not
 * happen: whoever calls again then restores every task, nothing is patched; PartitionFailure when the topology throws: that is a bug, not input.
 */
export const runTopology = async (pipeline: TopologyPipeline, config: unknown, { source, publisher, changelog }: TopologyPorts, context: RuntimeContext): Promise<void> => {
  const { topology, name, wants } = pipeline;
  const { metrics, log, clock, checkpointMs, schemaOf } = context;
  const publishes = { some: false, windowEndMs: -Infinity };
  const identity = { topology: topology.name, version: topology.version, config: canonicalJson(config), targets: [...wants].sort() };
  const snapshots = new Snapshots(name, changelog, context);
  const shared: Shared = { pipeline, config, identity, snapshots, publisher, publishes, context, decoders: new Decoders(topology.source, topology.reads, schemaOf) };
  const tasks = new Map<number, RunningTask>();
  /** Tasks of partitions that were revoked, as they were at their last commit. */
  const released = new Map<number, RunningTask>();
  let releasedAtMs = -Infinity;
  const quiet = new QuietWatch(topology.source as AnyTopic, context);
  let checkpointAtMs = clock(), publishedAtMs = -Infinity;
  /** How many partitions have not closed the window that was published, and until when they are waited for. */
  let gathering = { left: 0, untilMs: Infinity };
  /** Partitions were taken up, and no position of theirs was committed since: the sooner one is, the less another life reads again. */
  let isRestored = false;

  /** `leaving`: tasks whose state must be whole in it, since somebody else goes on from there. */
  const checkpoint = async (leaving: ReadonlySet<number> = new Set()): Promise<void> => {
    const startedMs = clock(), positions: Position[] = [], moved: RunningTask[] = [], patienceMs = publishes.some ? SNAPSHOT_PATIENCE_MS : 0;
    for (const [partition, task] of tasks) {
      const isLeaving = leaving.has(partition) && !task.isSilent;
      if (!task.takeDirty() && !isLeaving) continue;
      if (isLeaving || task.snapshotDueForMs(startedMs, tasks.size) >= patienceMs) task.snapshot(startedMs);
      positions.push(task.position);
      moved.push(task);
    }
    checkpointAtMs = startedMs;
    if (positions.length === 0) return;
    await publisher.commit(positions);
    isRestored = Array.from(tasks.values()).some(({ isSilent }) => isSilent);
    gathering = { left: 0, untilMs: Infinity };
    for (const { task, offsetsWithoutRecord } of moved) metrics.accounts(task.partition, task.fates, offsetsWithoutRecord);
    const nowMs = clock();
    if (publishes.some) publishedAtMs = nowMs;
    if (publishes.windowEndMs > -Infinity) metrics.windowPublished(publishes.windowEndMs, nowMs);
    metrics.checkpointTook(nowMs - startedMs);
    publishes.some = false;
    publishes.windowEndMs = -Infinity;
    checkpointAtMs = nowMs;
  };

  /** Whether there is a snapshot that waits for a checkpoint of its own. */
  const isSnapshotDue = (nowMs: number): boolean => Array.from(tasks.values()).some((task) => {
    if (!task.isDirty) return false;
    const dueForMs = task.snapshotDueForMs(nowMs, tasks.size);
    return dueForMs < Infinity && dueForMs >= (nowMs - publishedAtMs <= SNAPSHOT_WITHIN_MS ? 0 : SNAPSHOT_PATIENCE_MS);
  });

  /** Whether it is time for a checkpoint (ARCHITECTURE.md E14). `isCaughtUp`: nothing more is there to be read, of any partition; `isIdle`: and nothing has come for a while. */
  const isDue = (isCaughtUp: boolean, isIdle: boolean): boolean => {
    const nowMs = clock(), sinceMs = nowMs - checkpointAtMs;
    if (!publishes.some && !isRestored) return sinceMs >= QUIET_CHECKPOINT_MS || (isCaughtUp && isSnapshotDue(nowMs));
    if (!isCaughtUp && sinceMs < checkpointMs) return false;
    const left = Array.from(tasks.values()).filter(({ isSilent, closedMs }) => !isSilent && closedMs < publishes.windowEndMs).length;
    if (left !== gathering.left) gathering = { left, untilMs: nowMs + GATHER_MS };
    return isIdle || left === 0 || nowMs >= gathering.untilMs;
  };

  const positionOf = async (partition: TopicPartition): Promise<number | undefined> => (await source.committed([partition])).get(partition.partition);

  /** Goes on with a task where its partition came back and nobody has moved it meanwhile: whoever says anything commits a position with it, so the state is the one that would be restored. */
  const takeBack = async (partition: TopicPartition, task: RunningTask): Promise<boolean> => {
    const [committed, { start, end }] = await Promise.all([positionOf(partition), source.range(partition)]), { offset } = task.position;
    if (offset !== committed || offset < start || offset > end) return false;
    task.resume();
    tasks.set(partition.partition, task);
    log.info({ partition: partition.partition, from: offset }, 'taken back');
    quiet.heard(partition.partition, clock());
    source.start(task.position);
    return true;
  };

  const assign = async (partition: TopicPartition): Promise<void> => {
    const startedMs = clock(), known = released.get(partition.partition);
    if (known !== undefined && await takeBack(partition, known)) return;
    // The position first: what is committed before the changelog is read is in it.
    let committed = await positionOf(partition), kept = await snapshots.read(partition);
    // A snapshot ahead of the position: was another at work here meanwhile, because this process stood still between the two? Then the position has moved.
    while (kept.snapshot !== undefined && !(kept.snapshot.next_offset <= committed!)) {
      const moved = await positionOf(partition);
      if (moved === committed) break;
      committed = moved;
      kept = await snapshots.read(partition);
    }
    const plan = planRestore({ ...partition, pipeline: name, identity, snapshot: kept.snapshot, committed, ...await source.range(partition) }, context.restore, log);
    tasks.set(partition.partition, await RunningTask.restore(shared, partition, plan, kept));
    log.info({ partition: partition.partition, entries: kept.entries.size, from: plan.from, silentUntil: plan.silentUntil, ms: clock() - startedMs }, 'restored');
    quiet.heard(partition.partition, clock());
    source.start({ ...partition, offset: plan.from });
  };

  for await (const event of source.events(context.signal)) {
    if (event.kind === 'assigned') {
      // A transaction must not stay open while others' state is read: it would time out.
      await checkpoint();
      await Promise.all(event.partitions.map(assign));
      released.clear();
      isRestored = tasks.size > 0;
    } else if (event.kind === 'revoked') {
      await checkpoint(new Set(event.partitions.map(({ partition }) => partition)));
      releasedAtMs = clock();
      for (const { partition } of event.partitions) {
        const task = tasks.get(partition);
        if (task?.isSilent === false) released.set(partition, task);
        tasks.delete(partition);
        metrics.dropped(partition);
        quiet.dropped(partition);
      }
      event.release();
    } else {
      let isCaughtUp = event.kind === 'idle';
      if (event.kind === 'poll') {
        const { poll } = event, startedMs = clock(), task = tasks.get(poll.partition);
        if (task === undefined) continue;
        await task.run(poll);
        const nowMs = clock();
        if (poll.size > 0) quiet.heard(poll.partition, nowMs);
        metrics.batchTook(nowMs - startedMs);
        metrics.progress(poll.partition, poll.endOffset - poll.nextOffset, task.eventTimeMs, nowMs);
        await publisher.ready();
        isCaughtUp = event.isLast && poll.nextOffset >= poll.endOffset;
      }
      if (released.size > 0 && clock() - releasedAtMs > RELEASED_MS) released.clear();
      quiet.look(clock(), event.kind === 'idle' || event.isLast);
      if (isDue(isCaughtUp, event.kind === 'idle')) await checkpoint();
    }
  }
  await checkpoint(new Set(tasks.keys()));
};
