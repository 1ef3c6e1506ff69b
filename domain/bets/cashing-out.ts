import { cashOutQuote, type OpenLeg } from '../cash-out.ts';
import { heldMinor, type Leg } from '../payout.ts';
import { legTruth } from './facts.ts';
import type { LiveMarkets } from './placement.ts';
import { endingOf, type FactsOf } from './settling.ts';
import type { Bet } from './types.ts';

/** What closing a part of a bet pays now, and what the rest then holds back, minor units. */
export interface CashOut {
  readonly payoutMinor: number;
  readonly liabilityMinor: number;
}

export type CashOutCode = 'no_price' | 'decided';

/** Legs that are decided count by their results, open ones by the consensus of the live book. A bet that is decided as a whole is settled, not bought back. */
export const cashOutOf = (bet: Bet, partMinor: number, markets: LiveMarkets, factsOf: FactsOf, marginPpm: number): CashOut | CashOutCode => {
  if (endingOf(bet, factsOf) !== undefined) return 'decided'; //  also one that was voided by hand, or lost with one leg
  const legs: (OpenLeg | Leg)[] = [];
  for (const { sport, eventId, market, outcome, priceE4 } of bet.legs) {
    const truth = legTruth(factsOf(sport, eventId, market), outcome, bet.acceptedAtMs!);
    if (truth !== undefined) { legs.push({ priceE4, result: truth.result }); continue; }
    const live = markets(sport, eventId, market);
    if (live === undefined || live === 'stale') return 'no_price';
    const fairProbability = live.fairProbability(outcome);
    if (fairProbability === undefined || live.offers(outcome, 'back').length === 0) return 'no_price';
    legs.push({ priceE4, fairProbability });
  }
  const quote = cashOutQuote({ side: bet.side, stakeMinor: partMinor, isFreeBet: bet.isFreeBet, legs, marginPpm });
  if (!quote.ok) return 'no_price';
  const restMinor = bet.stakeMinor - partMinor;
  return { payoutMinor: quote.value, liabilityMinor: restMinor === 0 ? 0 : heldMinor(bet.side, restMinor, bet.legs[0]!.priceE4) };
};
