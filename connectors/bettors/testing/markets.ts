/** Markets and what is said of them, for tests. */
import type { Arbitrage } from '../../../schemas/generated/arbitrage.ts';
import type { BetEvent } from '../../../schemas/generated/bet-event.ts';
import type { FairOdds } from '../../../schemas/generated/fair-odds.ts';
import type { MarketBook } from '../../../schemas/generated/market-book.ts';

export const quoteOf = (provider: string, prices: Readonly<Record<string, number | null>>, commission = 0): MarketBook['quotes'][number] => ({
  provider, quoted_at: 0, offset: 0, commission, currency: 'EUR', prices: Object.entries(prices).map(([outcome, price]) => ({ outcome, price, limit_minor: null, lay: null, lay_limit_minor: null })),
});

export const bookOf = (eventId: string, quotes: MarketBook['quotes']): MarketBook =>
  ({ timestamp: 0, sport: 'football', event_id: eventId, market: 'moneyline', in_play: false, quotes, source_partition: 0, source_offset: 0 });

export const fairOf = (eventId: string, probability: number): FairOdds => ({
  timestamp: 0, sport: 'football', event_id: eventId, market: 'moneyline', in_play: false, method: 'shin', providers: [], source_partition: 0, source_offset: 0,
  outcomes: [{ outcome: 'home', probability, lowest: 0, highest: 1 }, { outcome: 'away', probability: 1 - probability, lowest: 0, highest: 1 }],
});

export const arbitrageOf = (id: string, eventId: string): Arbitrage => ({
  timestamp: 0, arbitrage_id: id, state: 'opened', kind: 'back_lay', sport: 'football', event_id: eventId, market: 'moneyline', opened_at: 0, in_play: false, inverse_sum: 0.98, profit_margin: 0.02, executable: true, palpable_error: false,
  oldest_leg_age_ms: 0, source_partition: 0, source_offset: 0, legs: [
    { outcome: 'home', side: 'back', provider: 'a', price: 2.2, net_price: 2.2, stake_share: 0.45, stake_minor: null, palpable_error: false, quoted_at: 0, offset: 0 },
    { outcome: 'home', side: 'lay', provider: 'x', price: 2, net_price: 1.98, stake_share: 0.55, stake_minor: null, palpable_error: false, quoted_at: 0, offset: 0 },
  ],
});

export const eventOf = (accountId: string, kind: BetEvent['kind'], over: Partial<BetEvent> = {}): BetEvent => ({
  timestamp: 0, account_id: accountId, sequence: 0, kind, command_id: null, code: null, user_id: null, syndicate_id: null, currency: 'EUR', amount_minor: null, available_minor: null, bet_id: null, provider: null, side: null, stake_minor: null,
  liability_minor: null, free_bet: false, commission: 0, legs: [], accepted_at: null, version: null, result: null, payout_minor: null, commission_minor: null, source_topic: 'bet-commands', source_partition: 0, source_offset: 0, ...over,
});
