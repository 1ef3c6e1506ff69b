/**
 * Arbitrage over a complete set of outcomes. The decisions are exact: doubles decide where they are certain, rationals of
 * big integers where they are not. Nothing is allocated on the way to a decision that doubles can take.
 */
import { netPriceE10, netPriceScale, syntheticBackPrice } from './odds.ts';

/** The net prices of one leg per outcome, as exact ratios in columns that a caller fills and uses again. */
export interface NetLegs {
  count: number;
  readonly numerators: number[];
  readonly denominators: number[];
}

/** How far from the bound a sum of doubles must be to be believed: the error of a hundred terms is below a millionth of it. */
const certain = 1e-9;

/** An empty set of legs, to be kept and filled again. */
export const netLegs = (): NetLegs => ({ count: 0, numerators: [], denominators: [] });

/** Empties the legs, keeping their memory. */
export const clearLegs = (legs: NetLegs): void => {
  legs.count = 0;
};

/** Adds a leg that backs an outcome at `priceE4`, with commission on its winnings (0 at a bookmaker). */
export const addBackLeg = (legs: NetLegs, priceE4: number, commissionPpm: number): void => {
  legs.numerators[legs.count] = netPriceE10(priceE4, commissionPpm);
  legs.denominators[legs.count] = netPriceScale;
  legs.count += 1;
};

/** Adds a leg that covers all but one outcome by laying that one at `layPriceE4`. Its stake is the liability. */
export const addLayLeg = (legs: NetLegs, layPriceE4: number, commissionPpm: number): void => {
  const price = syntheticBackPrice(layPriceE4, commissionPpm);
  legs.numerators[legs.count] = price.numerator;
  legs.denominators[legs.count] = price.denominator;
  legs.count += 1;
};

/** Σ 1/(net price), as a double, for reports. */
export const inverseSum = (legs: NetLegs): number => {
  let sum = 0;
  for (let i = 0; i < legs.count; i += 1) sum += (legs.denominators[i] ?? 0) / (legs.numerators[i] ?? 1);
  return sum;
};

/** Whether Σ 1/(net price) < winners in exact rationals. */
const isBelowExactly = (legs: NetLegs, winners: number): boolean => {
  let numerator = 0n;
  let denominator = 1n;
  for (let i = 0; i < legs.count; i += 1) {
    const price = BigInt(legs.numerators[i] ?? 1);
    numerator = numerator * price + denominator * BigInt(legs.denominators[i] ?? 0);
    denominator *= price;
  }
  return numerator < BigInt(winners) * denominator;
};

/**
 * Whether the legs, one for every outcome of the market's complete set, are an arbitrage: Σ 1/(net price) < winners, exactly,
 * where `winners` outcomes win. Completeness is the caller's to see to, by the catalogue; no more legs than winners are never complete.
 */
export const isArbitrage = (legs: NetLegs, winners: number): boolean => {
  if (legs.count <= winners) return false;
  const sum = inverseSum(legs);
  if (sum < winners - certain) return true;
  if (sum > winners + certain) return false;
  return isBelowExactly(legs, winners);
};

/**
 * Whether legs whose Σ 1/(net price) is `sum`, or any with the same or lower prices, are surely none. NaN, where an outcome has no price, is surely none too;
 * where this is false `isArbitrage` has to decide.
 */
export const isSurelyNoArbitrage = (sum: number, winners: number): boolean => !(sum <= winners + certain);

/** What is won for certain per unit staked in all, equalised over the outcomes: winners / Σ 1/(net price) − 1. A double, for reports. */
export const profitMargin = (legs: NetLegs, winners: number): number => winners / inverseSum(legs) - 1;

/**
 * Each leg's share of the total stake such that every outcome returns the same: (1/price) / Σ 1/price. Written into `shares`, doubles
 * for reports; a lay leg's share is of its liability.
 */
export const stakeShares = (legs: NetLegs, shares: number[]): void => {
  const sum = inverseSum(legs);
  shares.length = legs.count;
  for (let i = 0; i < legs.count; i += 1) shares[i] = (legs.denominators[i] ?? 0) / (legs.numerators[i] ?? 1) / sum;
};

/**
 * Whether backing an outcome at b (net of the back side's own commission) and laying it at l with commission c is an arbitrage:
 * b(1 − c) > l − c, which is (b − 1)(1 − c) > l − 1. Exact.
 */
export const isBackLayArbitrage = (
  backPriceE4: number, backCommissionPpm: number, layPriceE4: number, layCommissionPpm: number,
): boolean => {
  const winnings = netPriceE10(backPriceE4, backCommissionPpm) - netPriceScale;
  const kept = 1_000_000 - layCommissionPpm;
  const liability = layPriceE4 - 10_000;
  const won = winnings * kept;
  const risked = liability * 1e12;
  // Each product is rounded once, and rounding keeps order: only where the doubles are equal can they hide a difference.
  if (won !== risked) return won > risked;
  return BigInt(winnings) * BigInt(kept) > BigInt(liability) * 1_000_000_000_000n;
};

/** One provider's price for one outcome. */
export interface ProviderPrice {
  readonly outcome: string;
  readonly provider: string;
  readonly priceE4: number;
}

/**
 * Whether a price is a palpable error by the side of other providers' prices for the same outcome: its log-odds ln(p/(1−p)), p = 1/price,
 * lie more than ln 4 from their median, of at least three. As ln(p/(1−p)) = −ln(price − 1), that is a ratio of prices less one above
 * four either way, decided by products alone; the median of an even number is the mean of the middle two log-odds.
 */
export const isPalpableError = (priceE4: number, othersE4: readonly number[]): boolean => {
  if (othersE4.length < 3) return false;
  const sorted = [...othersE4].sort((a, b) => a - b);
  const lower = (sorted[(sorted.length - 1) >> 1] ?? 0) - 10_000;
  const upper = (sorted[sorted.length >> 1] ?? 0) - 10_000;
  const own = priceE4 - 10_000;
  return own * own > 16 * lower * upper || 16 * own * own < lower * upper;
};

/**
 * Whether a price is surely no palpable error by the side of others of which only the lowest and the highest are known: within four of both, it is within
 * four of what lies between. True of nearly every price, and told without sorting.
 */
export const isSurelyNoPalpableError = (priceE4: number, lowestE4: number, highestE4: number): boolean =>
  priceE4 - 10_000 <= 4 * (lowestE4 - 10_000) && 4 * (priceE4 - 10_000) >= highestE4 - 10_000;

/** For each leg whether it is a palpable error against the other providers' quotes on its outcome. */
export const palpableErrors = (legs: readonly ProviderPrice[], quotes: readonly ProviderPrice[]): boolean[] =>
  legs.map((leg) => isPalpableError(
    leg.priceE4,
    quotes.filter((quote) => quote.outcome === leg.outcome && quote.provider !== leg.provider).map((quote) => quote.priceE4),
  ));
