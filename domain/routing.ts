/** Which providers take a bet, and how much of it each. */
import { netPriceE10, syntheticBackPrice } from './odds.ts';
import type { Rational } from './odds.ts';
import type { Result } from './result.ts';

/** What one provider offers on the outcome, on the side that is asked for. */
export interface Offer {
  readonly provider: string;
  readonly priceE4: number;
  /** Share of net winnings that the provider keeps, parts per million. */
  readonly commissionPpm: number;
  /** Largest stake taken, for a lay the backer's stake that is there to be laid; undefined where it is not known, and then never in the way. */
  readonly limitMinor: number | undefined;
  /** Of the limit; null where it is not known, and then taken to be the request's. */
  readonly currency: string | null;
}

export interface RoutingRequest {
  readonly side: 'back' | 'lay';
  /** For a lay the backer's stake. */
  readonly stakeMinor: number;
  readonly currency: string;
  /** The price, before commission, that is just acceptable: of a back the lowest, of a lay the highest. */
  readonly minPriceE4: number;
  /** How many bets the stake may be split into. */
  readonly maxParts: number;
}

/** A bet to be placed. */
export interface RoutedPart {
  readonly provider: string;
  readonly stakeMinor: number;
  readonly priceE4: number;
}

export type RoutingErrorCode = 'bad_request' | 'bad_offer' | 'price_moved' | 'currency_mismatch' | 'limit_exceeded';

/** Why the whole stake cannot be placed. */
export class RoutingError extends Error {
  override readonly name = 'RoutingError';
  readonly code: RoutingErrorCode;
  /** The largest stake that could be placed on the same terms. */
  readonly availableMinor: number;

  constructor(code: RoutingErrorCode, message: string, availableMinor = 0) {
    super(message);
    this.code = code;
    this.availableMinor = availableMinor;
  }
}

const ppm = 1_000_000;

/** An offer that may take part: what it takes, and what a unit of stake is worth there, as an integer comparable between candidates. */
interface Candidate {
  readonly offer: Offer;
  readonly takesMinor: number;
  readonly worth: bigint;
}

const isCount = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least;

const faultOf = (offers: readonly Offer[], { stakeMinor, minPriceE4, maxParts }: RoutingRequest): RoutingError | undefined => {
  if (!isCount(stakeMinor, 1) || !isCount(maxParts, 1) || !isCount(minPriceE4, 1)) {
    return new RoutingError('bad_request', `stake (${stakeMinor}), price (${minPriceE4}) and parts (${maxParts}) are whole numbers above 0`);
  }
  const wrong = offers.find(({ priceE4, commissionPpm, limitMinor = 0 }) =>
    !isCount(priceE4, 10_001) || !isCount(commissionPpm, 0) || commissionPpm > ppm || !isCount(limitMinor, 0));
  if (wrong === undefined) return undefined;
  return new RoutingError('bad_offer', `price ${wrong.priceE4}, commission ${wrong.commissionPpm} or limit ${wrong.limitMinor} of ${wrong.provider} is out of range`);
};

/** What the offer is compared by: net price of a back, net price of backing the opposite for a lay. Higher is better. */
const netPrice = (side: 'back' | 'lay', { priceE4, commissionPpm }: Offer): Rational =>
  side === 'back' ? { numerator: netPriceE10(priceE4, commissionPpm), denominator: 1 } : syntheticBackPrice(priceE4, commissionPpm);

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Best first: net price, the larger known limit, the provider's name; of one provider's equals, the price and the commission. */
const byPreference = (side: 'back' | 'lay') => (a: Offer, b: Offer): number => {
  const [own, other] = [netPrice(side, a), netPrice(side, b)];
  const difference = BigInt(other.numerator) * BigInt(own.denominator) - BigInt(own.numerator) * BigInt(other.denominator);
  return difference > 0n ? 1 : difference < 0n ? -1
    : (b.limitMinor ?? -1) - (a.limitMinor ?? -1) || compareText(a.provider, b.provider) || b.priceE4 - a.priceE4;
};

/**
 * Worth of a unit of stake at each offer, as integers over one common denominator. Of a back, its net price. Of a lay, less (l − 1)/(1 − c):
 * what is risked for one that is won after commission.
 */
const worths = (side: 'back' | 'lay', offers: readonly Offer[]): readonly bigint[] => {
  if (side === 'back') return offers.map(({ priceE4, commissionPpm }) => BigInt(netPriceE10(priceE4, commissionPpm)));
  const kept = offers.map(({ commissionPpm }) => BigInt(ppm - commissionPpm));
  const common = [...new Set(kept)].reduce((product, one) => product * one, 1n);
  return offers.map(({ priceE4 }, i) => -BigInt(priceE4 - 10_000) * (common / (kept[i] ?? 1n)));
};

/** The most that so many of the candidates take. */
const mostOf = (candidates: readonly Candidate[], parts: number): number =>
  candidates.map(({ takesMinor }) => takesMinor).sort((a, b) => b - a).slice(0, parts).reduce((sum, takes) => sum + takes, 0);

/**
 * The stakes, by candidate, that place all of the stake in at most so many parts at the best average net price. The candidates are in order
 * of worth, and what is chosen is filled from the best on. Usually that is the first few. Where they take too little for the number of
 * parts, larger offers must stand in for better ones: a search, depth first, cut off where filling the rest in any number of parts gains nothing.
 */
const bestStakes = (candidates: readonly Candidate[], stakeMinor: number, maxParts: number): readonly number[] | undefined => {
  const chosen = candidates.map(() => 0);
  let best: readonly number[] | undefined;
  let bestWorth = 0n;
  const search = (from: number, rest: number, parts: number, worth: bigint): void => {
    if (rest === 0) {
      if (best === undefined || worth > bestWorth) { best = [...chosen]; bestWorth = worth; }
      return;
    }
    const left = candidates.slice(from);
    if (mostOf(left, parts) < rest) return;
    if (best !== undefined && worth + worthOfFilling(left, rest) <= bestWorth) return;
    const [candidate] = left;
    if (candidate === undefined) return;
    const taken = Math.min(rest, candidate.takesMinor);
    chosen[from] = taken;
    search(from + 1, rest - taken, parts - 1, worth + BigInt(taken) * candidate.worth);
    chosen[from] = 0;
    search(from + 1, rest, parts, worth);
  };
  search(0, stakeMinor, maxParts, 0n);
  return best;
};

/** The worth of a stake filled from the best on, in any number of parts. */
const worthOfFilling = (candidates: readonly Candidate[], stakeMinor: number): bigint => {
  let rest = stakeMinor;
  let worth = 0n;
  for (const candidate of candidates) {
    const taken = Math.min(rest, candidate.takesMinor);
    worth += BigInt(taken) * candidate.worth;
    rest -= taken;
    if (rest === 0) break;
  }
  return worth;
};

const refused = (error: RoutingError): { readonly ok: false; readonly error: RoutingError } => ({ ok: false, error });

/**
 * The bets that place the whole stake at the best average net price, best first, each within its offer's limit and at most `maxParts` of them;
 * among equals the larger known limit, then the provider's name. All or nothing: a refusal says why, and how much could be had.
 *
 * `price_moved`: no offer is within the price, or none leaves winnings after commission. `currency_mismatch`: some are, none of them in the
 * currency asked for. `limit_exceeded`: their limits do not take the stake in so many parts. `bad_request`, `bad_offer`: a number is out of
 * range. Amounts are minor units of the request's currency. For a lay the average is that of (l − 1)/(1 − c), the liability for each unit won
 * after commission.
 */
export const routeStake = (offers: readonly Offer[], request: RoutingRequest): Result<readonly RoutedPart[], RoutingError> => {
  const { side, stakeMinor, currency, minPriceE4, maxParts } = request;
  const fault = faultOf(offers, request);
  if (fault !== undefined) return refused(fault);
  const within = offers.filter(({ priceE4, commissionPpm }) =>
    commissionPpm < ppm && (side === 'back' ? priceE4 >= minPriceE4 : priceE4 <= minPriceE4));
  if (within.length === 0) {
    return refused(new RoutingError('price_moved', `nobody offers ${minPriceE4 / 10_000} or better any more: ask again at the price of now`));
  }
  const fitting = within.filter((offer) => offer.currency === null || offer.currency === currency).sort(byPreference(side));
  if (fitting.length === 0) return refused(new RoutingError('currency_mismatch', `the offers within the price take other currencies than ${currency}`));
  // Whoever is best and takes all of it is the answer, and usually is: nothing is to be weighed then.
  const [best] = fitting;
  if (best !== undefined && (best.limitMinor ?? stakeMinor) >= stakeMinor) return { ok: true, value: [{ provider: best.provider, stakeMinor, priceE4: best.priceE4 }] };
  const worth = worths(side, fitting);
  const candidates = fitting
    .map((offer, i): Candidate => ({ offer, takesMinor: Math.min(stakeMinor, offer.limitMinor ?? stakeMinor), worth: worth[i] ?? 0n }))
    .filter(({ takesMinor }) => takesMinor > 0);
  const stakes = bestStakes(candidates, stakeMinor, maxParts);
  if (stakes === undefined) {
    const available = mostOf(candidates, maxParts);
    const message = `of ${stakeMinor} minor units ${available} can be had in at most ${maxParts} parts: bet that much, or allow more parts or a worse price`;
    return refused(new RoutingError('limit_exceeded', message, available));
  }
  return { ok: true, value: candidates.flatMap(({ offer }, i) =>
    (stakes[i] ?? 0) > 0 ? [{ provider: offer.provider, stakeMinor: stakes[i] ?? 0, priceE4: offer.priceE4 }] : []) };
};
