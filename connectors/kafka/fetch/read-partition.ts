import { setTimeout as wait } from 'node:timers/promises';
import type { Poll, TopicPartition } from '../../../runtime/ports.ts';
import { type Brokers, securityOf } from '../brokers.ts';
import { KafkaSourceError } from '../source.ts';
import { BatchPoll } from './batch-poll.ts';
import { type Connection, openConnection } from './connection.ts';
import { SectionWalk } from './section-walk.ts';
import { addressesOf, decodeFetch, decodeMetadata, encodeFetch, encodeMetadata, ErrorCode, type FetchLimits, isPassing, requests } from './wire.ts';

export interface ReadOptions extends TopicPartition {
  readonly brokers: Brokers;
  readonly clientId: string;
  /** The first offset to read. */
  readonly from: number;
  /** Takes what was read, in order. A poll is valid until it returns. It may say that this is enough. */
  readonly take: (poll: Poll) => 'enough' | void;
  readonly signal?: AbortSignal;
}

const LIMITS: FetchLimits = { maxWaitMs: 100, maxBytes: 8 << 20, maxPartitionBytes: 4 << 20 };
const POLL_RECORDS = 2_000;
const PAUSE_MS = 100;
/** How long a leader is looked for, ms: longer than a broker takes to restart. */
const PATIENCE_MS = 60_000;

/**
 * Reads one partition outside of any group, committed records only, up to the end that it has now: its high watermark, so that a transaction that is open there is
 * waited for. Goes on where it stood when the leader changes or its broker restarts. Rejects with KafkaSourceError.
 */
export const readPartition = async (options: ReadOptions): Promise<void> => {
  const { signal } = options, poll = new BatchPoll(POLL_RECORDS);
  const state = { offset: options.from, end: undefined as number | undefined };
  let connection: Connection | undefined, patienceEndsMs = performance.now() + PATIENCE_MS;
  try {
    for (;;) {
      signal?.throwIfAborted();
      try {
        connection ??= await leaderOf(options);
        const before = state.offset;
        if (await readOn(connection, options, state, poll)) return;
        if (state.offset > before) patienceEndsMs = performance.now() + PATIENCE_MS;
      } catch (error) {
        connection?.close();
        connection = undefined;
        if (!(error instanceof KafkaSourceError) || error.code !== 'connection_lost' || performance.now() > patienceEndsMs) throw error;
        await wait(PAUSE_MS, undefined, { ...(signal === undefined ? {} : { signal }) });
      }
    }
  } finally {
    connection?.close();
  }
};

/** One request's worth. True once the end is reached. */
const readOn = async (connection: Connection, { topic, partition, take }: ReadOptions, state: { offset: number; end: number | undefined }, poll: BatchPoll): Promise<boolean> => {
  const name = `${topic}/${partition}`;
  const answer = await connection.request(requests.fetch, (writer) => { encodeFetch(writer, [{ topic, partition, offset: state.offset, epoch: -1 }], LIMITS); });
  const { error, sections: [section] } = decodeFetch(answer);
  const code = error !== ErrorCode.none ? error : section?.error ?? ErrorCode.none;
  if (code === ErrorCode.offsetOutOfRange) throw new KafkaSourceError('offset_out_of_range', `${name}: offset ${state.offset} lies outside of what the log holds`);
  if (isPassing(code)) throw new KafkaSourceError('connection_lost', `${name}: its leader is elsewhere (Kafka's error ${code})`);
  if (code !== ErrorCode.none || section === undefined) throw new KafkaSourceError('request_failed', `${name}: the broker at ${connection.name} refuses to be read at offset ${state.offset} (Kafka's error ${code})`);
  state.end ??= section.highWatermark;
  const walk = new SectionWalk(name, answer, section.start, section.end, state.offset, section.aborted);
  while (!walk.isDone) {
    poll.reset(topic, partition, state.offset, section.highWatermark);
    walk.fill(poll);
    state.offset = walk.nextOffset;
    if (poll.size > 0 && take(poll) === 'enough') return true;
  }
  return state.offset >= state.end;
};

/** A connection to the partition's leader. Rejects with `connection_lost` where none is found yet. */
const leaderOf = async ({ brokers: from, clientId, topic, partition }: ReadOptions): Promise<Connection> => {
  const security = securityOf(from);
  let failure: unknown;
  for (const address of addressesOf(from)) {
    try {
      const asked = await openConnection(address, clientId, security);
      try {
        const { brokers, leaders } = decodeMetadata(await asked.request(requests.metadata, (writer) => { encodeMetadata(writer, [topic]); }));
        const leader = brokers.get(leaders.find((one) => one.partition === partition)?.leader ?? -1);
        if (leader !== undefined) return await openConnection(leader, clientId, security);
        failure = new KafkaSourceError('connection_lost', `${topic}/${partition} has no leader`);
      } finally {
        asked.close();
      }
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
};
