import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { BetEventSchema, type BetEvent } from '../../schemas/generated/bet-event.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { ValueEncoder } from '../feeds/encoder.ts';
import type { FeedLogger } from '../feeds/problems.ts';
import type { Brokers } from '../kafka/brokers.ts';
import { ValueDecoder } from '../kafka/decode.ts';
import { connectRecords, type RecordReader } from '../kafka/records.ts';
import type { SchemaRegistry } from '../kafka/registry.ts';
import { connectTransactionalProducer } from '../kafka/transactional-producer.ts';

export interface OutboxOptions {
  readonly brokers: Brokers;
  readonly registry: SchemaRegistry;
  /** A member of bets_writer. */
  readonly postgresUrl: string;
  readonly namespace: string;
  readonly signal: AbortSignal;
  readonly logger: FeedLogger;
}

export interface OutboxSummary { readonly published: number }

/** The outbox and the topic contradict each other: to go on would leave something out. */
export class OutboxError extends Error {
  override readonly name = 'OutboxError';
  readonly code: 'outbox_gap';
  constructor(code: OutboxError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** How long after nothing was found it is looked again, ms. */
const LOOK_MS = 20;
/** Events of a partition in one transaction. */
const MOST = 2_000;
const FIRST_PAUSE_MS = 200, LONGEST_PAUSE_MS = 5_000;
/** How often what has been published is noted in the database, ms. The topic itself says it exactly. */
const NOTE_MS = 1_000;
const LOCK = 0x6f7574; //  'out'

/**
 * The `outbox` process: publishes bet-events in the order in which the database has them, each exactly once. Where it stands is what the topic's last committed
 * record of each partition says, and a transactional id makes sure that nobody else is still writing there: so a crash at any point repeats nothing and leaves nothing out.
 * One is at work at a time; a second waits for it. Runs until the signal is raised, through restarts of broker and database; throws OutboxError.
 */
export const runOutbox = async (options: OutboxOptions): Promise<OutboxSummary> => {
  const { signal, logger } = options, counted = { published: 0 };
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted;) {
    const before = counted.published;
    try {
      await live(options, counted);
    } catch (error) {
      if (error instanceof OutboxError || signal.aborted) { if (signal.aborted) break; throw error; }
      if (counted.published > before) pauseMs = FIRST_PAUSE_MS;
      logger.warn({ pauseMs }, `the outbox begins again: ${(error as Error).message}`);
      await wait(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }
  return counted;
};

const live = async ({ brokers, registry, postgresUrl, namespace, signal, logger }: OutboxOptions, counted: { published: number }): Promise<void> => {
  const topic = topicName(topics.betEvents, namespace), closing: (() => Promise<void>)[] = [];
  try {
    const client = await connected(postgresUrl, namespace);
    closing.push(() => client.end());
    if (!await alone(client, signal)) return;
    const encoder = new ValueEncoder<BetEvent>(BetEventSchema.avsc, await registry.idOf(topics.betEvents));
    const producer = await connectTransactionalProducer({
      brokers, clientId: 'oddstream-outbox', transactionalId: `oddstream.${topic}.outbox`, onWarning: (message) => { logger.warn({}, message); },
    });
    closing.push(() => producer.disconnect());
    const next = await positions(client, brokers, new ValueDecoder(registry), topic, await producer.partitions(topic));
    logger.info({ next }, 'publishing bet-events from here on');
    let notedMs = performance.now(), isNoted = true;
    while (!signal.aborted) {
      const { rows } = await client.query<{ partition: number; sequence: string; event: string }>(`
        SELECT o.partition, o.sequence, o.event FROM unnest($1::bigint[]) WITH ORDINALITY n (next, place) CROSS JOIN LATERAL (
          SELECT partition, sequence, event::text FROM bet_outbox WHERE partition = n.place - 1 AND sequence >= n.next ORDER BY sequence LIMIT ${MOST}) o`, [next]);
      for (const { partition, sequence, event } of rows) {
        if (Number(sequence) !== next[partition]) throw new OutboxError('outbox_gap', `The outbox of partition ${partition} goes on at ${sequence}, but ${topic} needs ${next[partition]}. Was either restored from a backup? Compare the table bet_outbox with the topic before going on.`);
        const value = { ...JSON.parse(event) as BetEvent, sequence: Number(sequence) };
        producer.produce(topic, partition, Buffer.from(encoder.encode(value)), value.account_id);
        next[partition]!++;
      }
      if (rows.length > 0) {
        await producer.commit([]);
        counted.published += rows.length;
        isNoted = false;
      } else {
        await wait(LOOK_MS, undefined, { signal }).catch(() => undefined);
      }
      if (isNoted || (performance.now() - notedMs < NOTE_MS && !signal.aborted)) continue;
      await client.query('UPDATE bet_outbox_heads h SET published_sequence = n.next FROM unnest($1::bigint[]) WITH ORDINALITY n (next, place) WHERE h.partition = n.place - 1 AND h.published_sequence < n.next', [next]);
      notedMs = performance.now();
      isNoted = true;
    }
  } finally {
    for (const close of closing.reverse()) await close().catch(() => undefined);
  }
};

const connected = async (postgresUrl: string, namespace: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: postgresUrl, application_name: 'oddstream outbox', connectionTimeoutMillis: 5_000, keepAlive: true, statement_timeout: 60_000, query_timeout: 90_000 });
  client.on('error', () => undefined); //  the query that is under way tells of it
  await client.connect();
  await client.query(`SELECT set_config('search_path', $1, false)`, [`${pg.escapeIdentifier(namespace === '' ? 'public' : namespace)}, pg_temp`]);
  return client;
};

/** Waits until no other process publishes. False where the signal was raised before. */
const alone = async (client: pg.Client, signal: AbortSignal): Promise<boolean> => {
  while (!signal.aborted) {
    const { rows: [row] } = await client.query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${LOCK}, hashtext(current_schema())) AS taken`);
    if (row!.taken) return true;
    await wait(500, undefined, { signal }).catch(() => undefined);
  }
  return false;
};

/** The next sequence of each partition: behind what the topic holds, and behind what was noted, in case that the topic has forgotten it. */
const positions = async (client: pg.Client, brokers: Brokers, decoder: ValueDecoder, topic: string, partitions: number): Promise<number[]> => {
  const { rows } = await client.query<{ partition: number; next_sequence: string; published_sequence: string }>('SELECT partition, next_sequence, published_sequence FROM bet_outbox_heads');
  const heads = new Map(rows.map((row) => [row.partition, { next: Number(row.next_sequence), published: Number(row.published_sequence) }]));
  const records = await connectRecords(brokers), next: number[] = [];
  try {
    for (let partition = 0; partition < partitions; partition++) {
      const held = await lastSequence(records, decoder, topic, partition) + 1, head = heads.get(partition) ?? { next: 0, published: 0 };
      // The database has forgotten what it said: it will give these numbers again, to other events.
      if (held > head.next) throw new OutboxError('outbox_gap', `${topic}/${partition} holds events up to ${held - 1}, but the outbox has come to ${head.next - 1} only. Was the database restored from a backup? Compare the table bet_outbox with the topic before going on.`);
      next.push(Math.max(head.published, held));
    }
  } finally {
    await records.close();
  }
  return next;
};

/** The sequence of a partition's last committed event; -1 where it holds none. */
const lastSequence = async (records: RecordReader, decoder: ValueDecoder, topic: string, partition: number): Promise<number> => {
  const { start, end } = await records.range({ topic, partition });
  // Markers and what was aborted have offsets too: so it looks further back until it finds a record.
  for (let from = end, back = 16; from > start; back *= 4) {
    from = Math.max(start, end - back);
    let last: Uint8Array | null | undefined;
    for await (const batch of records.read({ topic, partition, offset: from }, end)) last = batch.at(-1)?.value ?? last;
    if (last === undefined || last === null) continue;
    const decoded = await decoder.decode(last);
    if ('error' in decoded) throw new OutboxError('outbox_gap', `The last record of ${topic}/${partition} is none of ours: ${decoded.error}`);
    return (decoded.value as BetEvent).sequence;
  }
  return -1;
};
