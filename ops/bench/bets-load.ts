/*
 * Child of bets.ts: opens accounts and pays into them, publishes the books of some markets, and then sends bets at a fixed rate, whoever can or cannot keep up (an open
 * loop). It tells, as JSON: of each partition the offset of the first bet, and when each was due, epoch ms; and by how much it was late itself at the worst.
 * node ops/program.cjs ops/bench/bets-load.ts <brokers> <namespace> <schema id of commands> <of books> <bets/s> <seconds>
 */
import { randomUUID } from 'node:crypto';
import { ValueEncoder } from '../../connectors/feeds/encoder.ts';
import { cachedPartitioner } from '../../connectors/kafka/partitioner.ts';
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { connectRecords } from '../../connectors/kafka/records.ts';
import { type BetCommand, BetCommandSchema } from '../../schemas/generated/bet-command.ts';
import { MarketBookSchema, type MarketBook } from '../../schemas/generated/market-book.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { MadeBatches } from './made-batches.ts';
import { seeded } from './workload.ts';

const [brokers, namespace, commandsId, booksId, rate, seconds] = process.argv.slice(2) as [string, string, string, string, string, string];
const ACCOUNTS = 10_000, MARKETS = 2_000, PARTITIONS = 8;
/** What is due within so many ms is sent together: the wait counts in the latency. */
const STEP_MS = 5;
/** For so long at first the rate rises from nothing: what is measured is not how a process begins. */
const RISE_MS = Number(seconds) * 200;

const commands = topicName(topics.betCommands, namespace), books = topicName(topics.marketBooks, namespace);
const producer = await connectProducer({ brokers, compression: 'none' });
await producer.partitions(commands);
await producer.partitions(books);
const random = seeded(99), partitionOf = cachedPartitioner(PARTITIONS);
const encodeCommand = new ValueEncoder<BetCommand>(BetCommandSchema.avsc, Number(commandsId)), encodeBook = new ValueEncoder<MarketBook>(MarketBookSchema.avsc, Number(booksId));

const blank = {
  currency: 'EUR', amount_minor: null, refers_to: null, side: 'back', provider: null, legs: [], slippage: 0.05, free_bet: false, min_payout_minor: null, user_id: null, syndicate_id: null, reason: null, metadata: {},
} as const;
const encoded = (command: Partial<BetCommand> & Pick<BetCommand, 'account_id' | 'action'>): Buffer => encodeCommand.encode({ ...blank, timestamp: Date.now(), command_id: randomUUID(), ...command });
const send = (command: Parameters<typeof encoded>[0]): void => { producer.produce(commands, partitionOf(command.account_id), encoded(command), command.account_id); };

const eventOf = (i: number): string => `bench_${i}`;
for (let i = 0; i < MARKETS; i++) {
  const quotes = Array.from({ length: 20 }, (_, n) => ({ provider: `bookmaker_${n}`, quoted_at: Date.now(), offset: n, commission: 0, currency: null,
    prices: ['home', 'draw', 'away'].map((outcome, at) => ({ outcome, price: 2 + at + n / 100, limit_minor: null, lay: null, lay_limit_minor: null })) }));
  const key = `football:${eventOf(i)}:1x2`;
  producer.produce(books, partitionOf(key), Buffer.from(encodeBook.encode({ timestamp: Date.now(), sport: 'football', event_id: eventOf(i), market: '1x2', in_play: false, quotes, source_partition: 0, source_offset: 0 })), key);
}
for (let i = 0; i < ACCOUNTS; i++) {
  send({ account_id: `account_${i}`, action: 'open_account' });
  send({ account_id: `account_${i}`, action: 'deposit', amount_minor: 1_000_000_00 });
  if (i % 1_000 === 0) await producer.ready();
}
await producer.flush(60_000);

/** By partition, when each bet is due, ms from the first. */
const due: number[][] = Array.from({ length: PARTITIONS }, () => []);
const perMs = Number(rate) / 1_000, rising = perMs * RISE_MS / 2, load = new MadeBatches(STEP_MS);
for (let i = 0, dueMs = 0; dueMs < Number(seconds) * 1_000; i++, dueMs = i < rising ? Math.sqrt(2 * i * RISE_MS / perMs) : RISE_MS + (i - rising) / perMs) {
  const at = Math.floor(random() * 3), account = `account_${Math.floor(random() * ACCOUNTS)}`, partition = partitionOf(account);
  load.add(partition, account, encoded({
    account_id: account, action: 'place', amount_minor: 100 + Math.floor(random() * 900), provider: 'house',
    legs: [{ sport: 'football', event_id: eventOf(Math.floor(random() * MARKETS)), market: '1x2', outcome: ['home', 'draw', 'away'][at]!, price: 2.05 + at }],
  }), dueMs);
  due[partition]!.push(dueMs);
}
load.end();
const records = await connectRecords(brokers), firsts: number[] = [];
for (let partition = 0; partition < PARTITIONS; partition++) firsts.push((await records.range({ topic: commands, partition })).end);
await records.close();
console.log(JSON.stringify({ firsts }));
// What was prepared must be through before the first bet: it says so.
await new Promise<void>((resolve) => { process.stdin.once('data', () => { resolve(); }); });

await producer.disconnect();
const { startMs, worstMs } = await load.send(brokers, commands);
process.stdout.write(`${JSON.stringify({ due: due.map((of) => of.map((dueMs) => startMs + dueMs)), worstMs })}\n`, () => { process.exit(0); });
