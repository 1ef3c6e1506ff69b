/** The port to who takes bets besides ourselves. Implementations do I/O; these are the words. */
import type { Side } from './types.ts';

export interface ProviderBet {
  /** Ours, the same for the same bet: what the provider is asked by later. */
  readonly reference: string;
  readonly side: Side;
  readonly sport: string;
  readonly eventId: string;
  readonly market: string;
  readonly outcome: string;
  readonly stakeMinor: number;
  readonly currency: string;
  /** Not to be taken at a worse one. */
  readonly priceE4: number;
}

/** What is known to have become of a bet. `not_found`: the provider says that it never came. */
export type ProviderAnswer =
  | { readonly kind: 'accepted'; readonly reference: string }
  | { readonly kind: 'rejected'; readonly code: string }
  | { readonly kind: 'not_found' };

/**
 * A bookmaker or exchange. Whatever `placeBet` throws means that nobody knows: the bet may stand, so it is never sent again, and `getBetStatus` is asked until
 * the provider knows.
 */
export interface BettingProvider {
  getOdds(bet: Pick<ProviderBet, 'side' | 'sport' | 'eventId' | 'market' | 'outcome'>): Promise<number | undefined>;
  placeBet(bet: ProviderBet): Promise<Exclude<ProviderAnswer, { readonly kind: 'not_found' }>>;
  getBetStatus(reference: string): Promise<ProviderAnswer>;
  /** Minor units, by currency. */
  getAccountBalance(): Promise<ReadonlyMap<string, number>>;
}
