/** What a bettor makes of what it sees: prices, edges and stakes. Pure. Prices are decimals as they stand in the records, amounts minor units. */
import type { Arbitrage, ArbitrageLeg } from '../../schemas/generated/arbitrage.ts';
import type { FairOdds } from '../../schemas/generated/fair-odds.ts';
import type { MarketBook } from '../../schemas/generated/market-book.ts';

/** Stakes are from here… */
export const LEAST_STAKE_MINOR = 100;
/** …to here, by what kind of bettor it is. Of a lay it is the liability that is bounded. */
export const MOST_STAKE_MINOR = { recreational: 5_000, value: 20_000, arbitrage: 20_000 } as const;

/** A share of what a bankroll should stake by Kelly: estimates err. */
const KELLY_SHARE = 0.25;
/** Return over stake, less one, from which a price is worth taking, and from which it is too good to be true. */
const LEAST_EDGE = 0.02, MOST_EDGE = 0.25;

export interface PricedOutcome { readonly outcome: string; readonly price: number }
export interface ValueBet extends PricedOutcome { readonly provider: string; readonly stakeMinor: number }
export interface LegStake { readonly leg: ArbitrageLeg; readonly stakeMinor: number; readonly liabilityMinor: number }

/** By outcome, the median of the bookmakers' back prices (of an even number the lower of the two in the middle): what our own book is to give. By outcome name. */
export const medianPrices = ({ quotes }: Pick<MarketBook, 'quotes'>): PricedOutcome[] => {
  const prices = new Map<string, number[]>();
  for (const quote of quotes) {
    if (quote.commission > 0) continue;
    for (const { outcome, price } of quote.prices) if (price !== null) prices.set(outcome, [...(prices.get(outcome) ?? []), price]);
  }
  return Array.from(prices, ([outcome, of]) => ({ outcome, price: of.sort((a, b) => a - b)[(of.length - 1) >> 1]! })).sort((a, b) => (a.outcome < b.outcome ? -1 : 1));
};

/** A back price after commission on its winnings. */
const netOf = (price: number, commission: number): number => 1 + (price - 1) * (1 - commission);

/**
 * The back price with the largest edge over the consensus, if it is worth taking: price × probability − 1 after commission. The stake is a share of what Kelly's criterion says
 * (J. L. Kelly, "A New Interpretation of Information Rate", 1956: edge / (net price − 1) of the bankroll), within bounds. Undefined where there is none, or where it would
 * have to be smaller than the least stake.
 */
export const valueBetOf = ({ outcomes }: Pick<FairOdds, 'outcomes'>, { quotes }: Pick<MarketBook, 'quotes'>, bankrollMinor: number): ValueBet | undefined => {
  const fair = new Map(outcomes.map(({ outcome, probability }) => [outcome, probability]));
  let best: { provider: string; outcome: string; price: number; net: number; edge: number } | undefined;
  for (const { provider, commission, prices } of quotes) {
    for (const { outcome, price } of prices) {
      if (price === null) continue;
      const net = netOf(price, commission), edge = net * (fair.get(outcome) ?? 0) - 1;
      if (edge >= LEAST_EDGE && edge <= MOST_EDGE && edge > (best?.edge ?? 0)) best = { provider, outcome, price, net, edge };
    }
  }
  if (best === undefined) return undefined;
  const stakeMinor = Math.min(MOST_STAKE_MINOR.value, bankrollMinor, Math.floor((bankrollMinor * KELLY_SHARE * best.edge) / (best.net - 1)));
  return stakeMinor < LEAST_STAKE_MINOR ? undefined : { provider: best.provider, outcome: best.outcome, price: best.price, stakeMinor };
};

/**
 * Stakes on every leg of an arbitrage by their ideal shares of an outlay that is within what there is and the bounds of a leg; of a lay the share is its liability. None where
 * a leg would be smaller than the least stake.
 */
export const arbitrageStakes = ({ legs }: Pick<Arbitrage, 'legs'>, availableMinor: number): LegStake[] => {
  const largest = Math.max(...legs.map(({ stake_share: share }) => share));
  const outlayMinor = Math.min(availableMinor, Math.floor(MOST_STAKE_MINOR.arbitrage / largest));
  const stakes = legs.map((leg) => {
    const shareMinor = Math.floor(outlayMinor * leg.stake_share);
    // The liability of what a lay is rounded to, upwards: it is what will be held back.
    const stakeMinor = leg.side === 'back' ? shareMinor : Math.floor(shareMinor / (leg.price - 1));
    return { leg, stakeMinor, liabilityMinor: leg.side === 'back' ? stakeMinor : Math.ceil(stakeMinor * (leg.price - 1)) };
  });
  return stakes.length > 0 && stakes.every(({ stakeMinor }) => stakeMinor >= LEAST_STAKE_MINOR) ? stakes : [];
};
