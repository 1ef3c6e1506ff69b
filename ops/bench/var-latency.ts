/*
 * npm run bench:var-latency: how long after a bet's event its portfolio's risk can be seen by another client, where the portfolio was idle: `positions` and `market-var` are processes of
 * their own, as `oddstream run` starts them. And for how long the loop of market-var was blocked meanwhile.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SchemaRegistry as Decoder } from '@kafkajs/confluent-schema-registry';
import { Command } from 'commander';
import { Kafka, logLevel } from 'kafkajs';
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { applyTopics } from '../../connectors/kafka/topics.ts';
import { valueSender } from '../../connectors/kafka/value-sender.ts';
import type { BetEvent } from '../../schemas/generated/bet-event.ts';
import type { Event } from '../../schemas/generated/event.ts';
import type { MarketBook } from '../../schemas/generated/market-book.ts';
import type { RiskVar } from '../../schemas/generated/risk-var.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { hosts } from '../cli/processes.ts';
import { startStack } from '../stack/stack.ts';
import { quantileOf } from './measuring.ts';

const program = new Command('var-latency').description('from a bet\'s event to the risk of its portfolio')
  .option('--positions <n>', 'open bets of the portfolio', '500').option('--bets <n>', 'bets that are measured', '30').option('--home <folder>', 'folder of the local servers (default: .oddstream)');
program.parse();
const options = program.opts<{ positions: string; bets: string; home?: string }>(), positions = Number(options.positions), bets = Number(options.bets);
if (![positions, bets].every((n) => Number.isInteger(n) && n > 0)) program.error('--positions and --bets are whole numbers above 0');

/** Events, two markets each; every tenth bet is a treble. Longer than the second within which a portfolio is computed once. */
const EVENTS = Math.ceil(positions / 3), TREBLES = 10, IDLE_MS = 2_500, WARM = 3, LIMIT_MS = 60_000;

const { brokers, registryUrl } = await startStack({ ...(options.home === undefined ? {} : { home: options.home }), only: ['kafka', 'registry', 'postgres'], onProgress: (line) => { process.stderr.write(`${line}\n`); } });
const namespace = `var-latency-${process.pid}`, schemas = new SchemaRegistry(registryUrl, { namespace }), folder = mkdtempSync(join(tmpdir(), 'oddstream-var-latency-'));
await applyTopics({ brokers, registry: schemas, namespace });
const producer = await connectProducer({ brokers, lingerMs: 0 }), sender = (topic: Parameters<typeof valueSender>[2]) => valueSender(producer, schemas, topic, namespace);
const [sendBet, sendBook, sendEvent] = [await sender(topics.betEvents), await sender(topics.marketBooks), await sender(topics.events)];

let sequence = 0;
const accepted = (): BetEvent => {
  const number = sequence++, now = Date.now(), leg = (at: number) => ({ sport: 'football', event_id: `e${at % EVENTS}`, market: at % 2 === 0 ? '1x2' : 'totals:2.5', outcome: at % 2 === 0 ? 'home' : 'over', price: 2.1 });
  return {
    timestamp: now, account_id: `a${number % 50}`, sequence: number, kind: 'accepted', command_id: randomUUID(), code: null, user_id: `u${number % 50}`, syndicate_id: null, currency: 'EUR', amount_minor: null, available_minor: 0,
    bet_id: randomUUID(), provider: 'house', side: 'back', stake_minor: 1_000 + number, liability_minor: 1_000 + number, free_bet: false, commission: 0, legs: number % TREBLES === 0 ? [leg(number), leg(number + 1), leg(number + 2)] : [leg(number)],
    accepted_at: now, version: null, result: null, payout_minor: null, commission_minor: null, source_topic: 'bench', source_partition: 0, source_offset: number,
  };
};
const book = (event: number, market: string, prices: Readonly<Record<string, number>>): MarketBook => ({
  timestamp: Date.now(), sport: 'football', event_id: `e${event}`, market, in_play: false, source_partition: 0, source_offset: 0,
  quotes: [{ provider: 'acme', quoted_at: Date.now(), offset: 0, commission: 0, currency: null, prices: Object.entries(prices).map(([outcome, price]) => ({ outcome, price, limit_minor: null, lay: null, lay_limit_minor: null })) }],
});
for (let i = 0; i < EVENTS; i++) {
  sendEvent({ timestamp: Date.now(), event_id: `e${i}`, sport: 'football', competition: `c${i % 5}`, home: null, away: null, starts_at: Date.now() + 3_600_000, status: 'scheduled', home_score: null, away_score: null, provider: '' } satisfies Event);
  sendBook(book(i, '1x2', { home: 2 + i / EVENTS, draw: 3.4, away: 3.2 }));
  sendBook(book(i, 'totals:2.5', { over: 1.9, under: 1.95 }));
}
for (let i = 0; i < positions; i++) sendBet(accepted());
await producer.flush(30_000);

const children: ChildProcess[] = [];
process.on('exit', () => { for (const child of children) child.kill('SIGKILL'); });
for (const name of ['positions', 'market-var']) {
  children.push(spawn(process.execPath, [new URL('../cli/oddstream.cjs', import.meta.url).pathname, 'run', name, '--port', '0', '--home', folder, '--log-level', 'warn', ...(name === 'market-var' ? ['--set', 'market-var.kinds=["house"]'] : [])], {
    stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ODDSTREAM_BROKERS: brokers, ODDSTREAM_REGISTRY_URL: registryUrl, ODDSTREAM_NAMESPACE: namespace },
  }));
}

let newest: RiskVar | undefined;
const consumer = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).consumer({ groupId: `${namespace}-subscriber`, maxWaitTimeInMs: 50 }), decoder = new Decoder({ host: registryUrl });
await consumer.connect();
await consumer.subscribe({ topic: topicName(topics.riskVar, namespace), fromBeginning: true });
await consumer.run({ eachMessage: async ({ message: { value } }) => { newest = await decoder.decode(value!) as RiskVar; } });
const seen = async (activeBets: number): Promise<void> => {
  for (const untilMs = performance.now() + LIMIT_MS; newest?.active_bets !== activeBets;) {
    if (performance.now() > untilMs) throw new Error(`no risk of ${activeBets} bets came within ${LIMIT_MS / 1_000} s`);
    await wait(2);
  }
};
await seen(positions);
const blockedMs = async (): Promise<number> => {
  const { url } = hosts(folder).find(({ pipelines }) => pipelines.includes('market-var'))!;
  return 1_000 * Number(/^oddstream_event_loop_delay_seconds (\S+)$/m.exec(await (await fetch(`${url}/metrics`)).text())![1]);
};
const latencies: number[] = [];
for (let i = 0; i < bets + WARM; i++) {
  await wait(IDLE_MS);
  if (i === WARM) await blockedMs(); //  what was before counts no more
  const sentMs = performance.now();
  sendBet(accepted());
  await seen(sequence);
  if (i >= WARM) latencies.push(performance.now() - sentMs);
}
const worst = await blockedMs(), { backend, adapter, paths } = newest!;
latencies.sort((a, b) => a - b);
process.stdout.write(`${positions} open bets on ${EVENTS} events, ${paths.toLocaleString('en')} paths on ${backend}${adapter === null ? '' : ` (${adapter})`}, ${bets} bets: from the bet's event to the risk, ms: ` +
  `p50 ${Math.round(quantileOf(latencies, 0.5))}, most ${Math.round(latencies.at(-1)!)}; the loop of market-var was blocked for ${Math.round(worst)} ms at most\n`);
rmSync(folder, { recursive: true, force: true });
process.exit(0);
