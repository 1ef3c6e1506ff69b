import { formatRecordKey } from '../market.ts';
import { HOUSE } from './purse.ts';

/**
 * Which portfolios there are: what a user or a syndicate has bet, what our account holders have bet at a provider; and of what we ourselves hold against them as
 * `house`, all of it, or what hangs on an event or on a market.
 */
export const portfolioKinds = ['house', 'syndicate', 'user', 'provider', 'event', 'market'] as const;
export type PortfolioKind = (typeof portfolioKinds)[number];

/** In these the other side is ours: what bettors win is our loss. */
const OURS: ReadonlySet<string> = new Set<PortfolioKind>(['house', 'event', 'market']);

export const kindOf = (portfolio: string): PortfolioKind => portfolio.split(':', 1)[0] as PortfolioKind;
export const isOurSide = (portfolio: string): boolean => OURS.has(kindOf(portfolio));

interface Leg {
  readonly sport: string;
  readonly eventId: string;
  readonly market: string;
}

/** What decides in which portfolios a bet is. */
export interface Belonging {
  readonly userId: string;
  readonly syndicateId: string | null;
  readonly provider: string;
  readonly legs: readonly Leg[];
}

/** Names of all portfolios that a bet is in: `user:ada`, `event:football:e1`, `market:football:e1:1x2`, … */
export const portfoliosOf = ({ userId, syndicateId, provider, legs }: Belonging): string[] => {
  const names = [`user:${userId}`];
  if (syndicateId !== null) names.push(`syndicate:${syndicateId}`);
  if (provider !== HOUSE) return [...names, `provider:${provider}`];
  return [...names, 'house', ...new Set(legs.map(({ sport, eventId }) => `event:${sport}:${eventId}`)), ...new Set(legs.map((leg) => `market:${formatRecordKey(leg)}`))];
};
