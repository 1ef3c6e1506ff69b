import { setTimeout as wait } from 'node:timers/promises';
import type { Poll } from '../../runtime/ports.ts';
import type { Arbitrage } from '../../schemas/generated/arbitrage.ts';
import type { BetCommandInput } from '../../schemas/generated/bet-command.ts';
import type { BetEvent } from '../../schemas/generated/bet-event.ts';
import type { FairOdds } from '../../schemas/generated/fair-odds.ts';
import type { MarketBook } from '../../schemas/generated/market-book.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import type { FeedLogger } from '../feeds/problems.ts';
import type { Brokers } from '../kafka/brokers.ts';
import { Fetcher } from '../kafka/fetch/fetcher.ts';
import { connectProducer } from '../kafka/producer.ts';
import { connectRecords } from '../kafka/records.ts';
import { SchemaRegistry } from '../kafka/registry.ts';
import { openBetCommands } from './commands.ts';
import { Population, type PopulationOptions } from './population.ts';
import { Values } from './values.ts';

export interface RunBettorsOptions extends PopulationOptions {
  readonly brokers: Brokers;
  readonly registryUrl: string;
  readonly namespace: string;
  readonly signal: AbortSignal;
  readonly logger: FeedLogger;
}

/** Commands by action, and what became of commands and bets by kind; of the refused by code. */
export interface BettorsSummary { readonly sent: Readonly<Record<string, number>>; readonly answers: Readonly<Record<string, number>>; readonly refused: Readonly<Record<string, number>> }

const STEP_MS = 100;
const LOG_MS = 10_000;
const MAX_POLL_RECORDS = 2_000;
const FLUSH_MS = 10_000;
const NULL = -1;

/**
 * The `bettors` process: an invented population (population.ts) that reads `market-books`, `fair-odds`, `arbitrage` and `bet-events` from their ends, in no group, and sends commands
 * to `bet-commands` until the signal is raised. Passing trouble with brokers is outlasted up to the producer's patience. Throws ProducerError, KafkaSourceError, RecordsError and the registry's errors.
 */
export const runBettors = async (options: RunBettorsOptions): Promise<BettorsSummary> => {
  const { brokers, registryUrl, namespace, signal, logger } = options;
  const registry = new SchemaRegistry(registryUrl, { namespace });
  const onWarning = (message: string): void => { logger.warn({}, message); };
  const population = new Population(options);
  const counts = { sent: {} as Record<string, number>, answers: {} as Record<string, number>, refused: {} as Record<string, number> };
  const producer = await connectProducer({ brokers, clientId: 'oddstream-bettors', lingerMs: 5, onWarning });
  const fetcher = new Fetcher({ brokers, clientId: 'oddstream-bettors', maxPollRecords: MAX_POLL_RECORDS, onWarning, onArrival: () => undefined });
  try {
    const commands = await openBetCommands({ producer, schemas: registry, namespace });
    const hear = listener(population, registry, namespace, counts);
    for (const position of await endsOf(brokers, [topics.marketBooks, topics.fairOdds, topics.arbitrage, topics.betEvents].map((topic) => topicName(topic, namespace)))) fetcher.start(position);
    const send = (command: BetCommandInput): void => {
      commands.send(command);
      increment(counts.sent, command.action);
    };
    for (const command of population.opening(Date.now())) send(command);
    logger.info({ accounts: options.accounts, ratePerSecond: options.ratePerSecond, seed: options.seed }, 'the bettors are here');
    for (let loggedMs = Date.now(); !signal.aborted;) {
      for (let poll = fetcher.next(); poll !== undefined; poll = fetcher.next()) await hear(poll);
      const nowMs = Date.now();
      for (const command of population.step(nowMs)) send(command);
      await producer.ready();
      if (nowMs - loggedMs >= LOG_MS) {
        loggedMs = nowMs;
        logger.info({ ...counts, markets: population.markets.size }, 'bets so far');
      }
      await wait(STEP_MS, undefined, { signal }).catch(() => undefined);
    }
    await producer.flush(FLUSH_MS);
    return counts;
  } finally {
    fetcher.close();
    await producer.disconnect();
  }
};

const increment = (counts: Record<string, number>, of: string): void => { counts[of] = (counts[of] ?? 0) + 1; };

/** Where each partition of the topics ends now. */
const endsOf = async (brokers: Brokers, names: readonly string[]): Promise<{ topic: string; partition: number; offset: number }[]> => {
  const records = await connectRecords(brokers);
  try {
    const ends: { topic: string; partition: number; offset: number }[] = [];
    for (const topic of names) {
      const partitions = await records.partitions(topic) ?? 0;
      for (let partition = 0; partition < partitions; partition++) ends.push({ topic, partition, offset: (await records.range({ topic, partition })).end });
    }
    return ends;
  } finally {
    await records.close();
  }
};

/** Tells the population what a poll holds. Control records and what cannot be read are no news. */
const listener = (population: Population, registry: SchemaRegistry, namespace: string, counts: { readonly answers: Record<string, number>; readonly refused: Record<string, number> }): ((poll: Poll) => Promise<void>) => {
  const books = new Values<MarketBook>(topics.marketBooks, registry), fair = new Values<FairOdds>(topics.fairOdds, registry);
  const arbitrages = new Values<Arbitrage>(topics.arbitrage, registry), events = new Values<BetEvent>(topics.betEvents, registry);
  const takes: Readonly<Record<string, (key: string, bytes: Uint8Array) => Promise<void>>> = {
    [topicName(topics.marketBooks, namespace)]: async (key, bytes) => {
      const read = await books.lazily(bytes);
      if (read !== undefined) population.markets.put(key, read);
    },
    [topicName(topics.fairOdds, namespace)]: async (key, bytes) => {
      const read = await fair.lazily(bytes);
      if (read !== undefined) population.markets.putFair(key, read);
    },
    [topicName(topics.arbitrage, namespace)]: async (_, bytes) => {
      const read = await arbitrages.lazily(bytes);
      if (read !== undefined) population.announced(read(), Date.now());
    },
    [topicName(topics.betEvents, namespace)]: async (_, bytes) => {
      const event = (await events.lazily(bytes))?.();
      if (event === undefined) return;
      population.told(event);
      increment(counts.answers, event.kind);
      if (event.code !== null) increment(counts.refused, event.code);
    },
  };
  return async (poll) => {
    const take = takes[poll.topic]!;
    for (let at = 0; at < poll.size; at++) {
      const record = poll.record(at);
      if (record.control !== undefined || record.keyStart === NULL) continue;
      const key = Buffer.from(record.keyBytes.buffer, record.keyBytes.byteOffset + record.keyStart, record.keyEnd - record.keyStart).toString();
      if (record.valueStart !== NULL) await take(key, record.valueBytes.subarray(record.valueStart, record.valueEnd));
      else if (poll.topic === topicName(topics.marketBooks, namespace)) population.markets.forget(key);
    }
  };
};
