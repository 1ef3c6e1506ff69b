import { defineTopic } from './topic.ts';
import { betCommandBreach, betEventBreach, eventBreach, oddsUpdateBreach, resultBreach } from './contract.ts';
import { ArbitrageSchema } from './generated/arbitrage.ts';
import { BestOddsSchema } from './generated/best-odds.ts';
import { BetCommandSchema } from './generated/bet-command.ts';
import { BetEventSchema } from './generated/bet-event.ts';
import { EventSchema } from './generated/event.ts';
import { FairOddsSchema } from './generated/fair-odds.ts';
import { MarketBookSchema } from './generated/market-book.ts';
import { OddsUpdateSchema } from './generated/odds-update.ts';
import { PositionSchema } from './generated/position.ts';
import { ResultSchema } from './generated/result.ts';
import { RiskAlertSchema } from './generated/risk-alert.ts';
import { RiskVarSchema } from './generated/risk-var.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const GIB = 2 ** 30;

/** What topics of one market are partitioned by: all that is said of a market meets on one partition. */
const market = { keyFields: ['sport', 'event_id', 'market'], partitionedBy: 'sport:event_id:market', eventTime: 'timestamp', partitions: 8 } as const;

/** What topics of one account are partitioned by: its commands and what became of them, each in order. */
const account = { keyFields: ['account_id'], partitionedBy: 'account_id', eventTime: 'timestamp', partitions: 8 } as const;

/** What topics of one portfolio are partitioned by. */
const portfolio = { keyFields: ['portfolio'], partitionedBy: 'portfolio', eventTime: 'timestamp', partitions: 8 } as const;

/** Every topic of the platform. If it is not here, it does not exist. (`<topic>.dead` follows from each that is read.) */
export const topics = {
  oddsUpdates: defineTopic(OddsUpdateSchema, {
    ...market, name: 'odds-updates', isTicked: true, doc: 'Quotes as feeds give them, with ticks and provider status between them.',
    cleanup: 'delete', retentionMs: 7 * DAY_MS, retentionBytes: 2 * GIB,
    writtenBy: ['feeds', 'clock'], readBy: ['best-odds', 'odds-history'], breach: oddsUpdateBreach,
  }),
  events: defineTopic(EventSchema, {
    name: 'events', doc: 'What is known of each sporting contest.',
    keyFields: ['event_id'], partitionedBy: 'event_id', eventTime: 'timestamp', partitions: 8,
    cleanup: 'compact', retentionMs: -1, retentionBytes: -1,
    writtenBy: ['feeds'], readBy: ['events', 'exposure', 'market-var'], breach: eventBreach,
  }),
  marketBooks: defineTopic(MarketBookSchema, {
    ...market, name: 'market-books', isTicked: true, doc: 'All live quotes on a market, side by side.',
    // Measured at 2,000 updates/s: 8 MB in 105 s. Uncompacted for a week that is 47 GB, and at 50,000/s over 1 TB; for an hour 0.3 GB and 7 GB.
    cleanup: 'compact', retentionMs: -1, retentionBytes: -1, minCompactionLagMs: HOUR_MS,
    writtenBy: ['best-odds'], readBy: ['fair-odds', 'odds-cache', 'bets', 'exposure', 'market-var'],
  }),
  fairOdds: defineTopic(FairOddsSchema, {
    ...market, name: 'fair-odds', isTicked: true, doc: 'Prices with the margin taken out, and their consensus.',
    cleanup: 'delete', retentionMs: 30 * DAY_MS, retentionBytes: 2 * GIB,
    writtenBy: ['fair-odds'], readBy: ['subscribers'],
  }),
  bestOdds: defineTopic(BestOddsSchema, {
    ...market, name: 'best-odds', isTicked: true, doc: 'Best live price of each outcome, once a second for each market that changed.',
    cleanup: 'delete', retentionMs: 7 * DAY_MS, retentionBytes: 2 * GIB,
    writtenBy: ['best-odds'], readBy: ['best-odds-history', 'subscribers'],
  }),
  arbitrage: defineTopic(ArbitrageSchema, {
    ...market, name: 'arbitrage', isTicked: true, doc: 'Arbitrages as they open, change and close.',
    cleanup: 'delete', retentionMs: 30 * DAY_MS, retentionBytes: 1 * GIB,
    writtenBy: ['best-odds'], readBy: ['arbitrage-history', 'subscribers'],
  }),
  results: defineTopic(ResultSchema, {
    ...market, name: 'results', doc: 'Settlements of markets, and what takes them back.',
    cleanup: 'delete', retentionMs: 1_826 * DAY_MS, retentionBytes: 1 * GIB,
    writtenBy: ['feeds', 'oddstream settle'], readBy: ['settlement', 'subscribers'], breach: resultBreach,
  }),
  betCommands: defineTopic(BetCommandSchema, {
    ...account, name: 'bet-commands', doc: 'What account holders and the operator want done with accounts and bets.',
    cleanup: 'delete', retentionMs: 90 * DAY_MS, retentionBytes: 2 * GIB,
    writtenBy: ['gateways', 'oddstream bet'], readBy: ['bets'], breach: betCommandBreach,
  }),
  betEvents: defineTopic(BetEventSchema, {
    ...account, name: 'bet-events', doc: 'What became of accounts and bets: each change of state once, in order per account.',
    cleanup: 'delete', retentionMs: 1_826 * DAY_MS, retentionBytes: 2 * GIB,
    writtenBy: ['outbox'], readBy: ['positions', 'subscribers'], breach: betEventBreach,
  }),
  positions: defineTopic(PositionSchema, {
    ...account, name: 'positions', doc: 'Each accepted bet as it is now, until two days after it was settled.',
    keyFields: ['account_id', 'bet_id'], //  on the partition of its account
    cleanup: 'compact', retentionMs: -1, retentionBytes: -1,
    writtenBy: ['positions'], readBy: ['exposure', 'market-var', 'bets-cache'],
  }),
  riskVar: defineTopic(RiskVarSchema, {
    ...portfolio, name: 'risk-var', doc: 'What each portfolio of open bets can lose.',
    cleanup: 'delete', retentionMs: 30 * DAY_MS, retentionBytes: 1 * GIB,
    writtenBy: ['market-var'], readBy: ['risk-var-history', 'risk-cache', 'subscribers'],
  }),
  riskAlerts: defineTopic(RiskAlertSchema, {
    ...portfolio, name: 'risk-alerts', doc: 'Limits of portfolios as they are breached and eased; the newest of each stands for ever.',
    cleanup: 'compact', retentionMs: -1, retentionBytes: -1, minCompactionLagMs: HOUR_MS, //  a breach may stand for longer than any retention
    writtenBy: ['exposure'], readBy: ['bets', 'risk-alerts-history', 'subscribers'],
  }),
} as const;

/** The name of a topic in a namespace: a playback at original times, a test or a replay has topics of its own. */
export const topicName = (topic: { readonly name: string }, namespace = ''): string => (namespace === '' ? topic.name : `${namespace}.${topic.name}`);

/** Where records of a topic go that could not be read. */
export const deadTopicName = (topic: { readonly name: string }, namespace = ''): string => `${topicName(topic, namespace)}.dead`;

/** Whether a topic has dead letters: one that a pipeline reads. What subscribers outside cannot read is theirs. */
export const hasDeadLetters = ({ readBy }: { readonly readBy: readonly string[] }): boolean => readBy.some((reader) => reader !== 'subscribers');
