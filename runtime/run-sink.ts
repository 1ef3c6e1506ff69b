import type { RuntimeContext } from './context.ts';
import { Decoders } from './door.ts';
import type { SinkPipeline } from './pipeline.ts';
import type { DeadLetters, Sink, Source, SourceEvent } from './ports.ts';
import { QuietWatch } from './quiet-partitions.ts';
import { SinkLane } from './sink-lane.ts';

/**
 * The poll loop of a pipeline and its sinks, which share its partitions: poll, decode, buffer; and when enough is buffered or has waited long enough, a sink writes it with its positions in
 * one transaction, and the others are read for meanwhile. Where to read on is what the destination says, so that a row is there once. Ends when the signal does, after a last commit.
 */
export const runSink = async (pipeline: SinkPipeline, config: unknown, sinks: readonly Sink[], source: Source, deadLetters: DeadLetters, context: RuntimeContext): Promise<void> => {
  const { metrics, clock } = context;
  const decoders = new Decoders(pipeline.source, undefined, context.schemaOf);
  const quiet = new QuietWatch(pipeline.source, context);
  const lanes = sinks.map((sink) => new SinkLane(sink, { pipeline, config, source, deadLetters, decoders, context }));
  const laneOf = new Map<number, SinkLane>();
  /** All that lay ready is taken. */
  let isNothingMore = false;

  const partitionsOf = (lane: SinkLane): number => Array.from(laneOf.values()).filter((one) => one === lane).length;

  const handle = async (event: SourceEvent): Promise<void> => {
    if (event.kind === 'assigned') {
      for (const { partition } of event.partitions) {
        quiet.heard(partition, clock());
        laneOf.set(partition, lanes.reduce((least, lane) => (partitionsOf(lane) < partitionsOf(least) ? lane : least)));
      }
      for (const lane of lanes) await lane.assign(event.partitions.filter(({ partition }) => laneOf.get(partition) === lane));
      return;
    }
    if (event.kind === 'revoked') {
      for (const lane of lanes) await lane.commit();
      for (const { partition } of event.partitions) {
        laneOf.get(partition)?.drop(partition);
        laneOf.delete(partition);
        metrics.dropped(partition);
        quiet.dropped(partition);
      }
      event.release();
      return;
    }
    if (event.kind === 'poll') {
      const { poll } = event, lane = laneOf.get(poll.partition);
      if (lane === undefined) return;
      await lane.take(poll);
      if (poll.size > 0) quiet.heard(poll.partition, clock());
    }
    isNothingMore = event.kind === 'idle' || event.isLast;
    quiet.look(clock(), isNothingMore);
  };

  const events = source.events(context.signal)[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<SourceEvent>> | undefined;
  try {
    for (;;) {
      for (const lane of lanes) if (lane.isDue(isNothingMore)) lane.begin();
      const fenced = lanes.filter(({ isFenced }) => isFenced);
      if (fenced.length > 0 && next === undefined) {
        for (const lane of fenced) await lane.readAgain();
        continue;
      }
      const busy = lanes.flatMap(({ underWay }) => underWay ?? []);
      if (busy.length < lanes.length && fenced.length === 0) next ??= events.next(); //  no more is read than a lane is free for
      const come = await Promise.race(next === undefined ? busy : [next, ...busy]);
      if (come === undefined) continue; //  a lane is through
      next = undefined;
      if (come.done === true) break;
      await handle(come.value);
    }
    for (const lane of lanes) await lane.commit();
  } finally {
    await Promise.allSettled(lanes.flatMap(({ underWay }) => underWay ?? []));
    await events.return?.();
  }
};
