/** Whether a bet is taken, by whom, and at what price: a function of the command and of what is live now. */
import { catalogueOf, parseMarket } from '../market.ts';
import { toPriceE4 } from '../odds.ts';
import { heldMinor, PayoutError, potentialReturnMinor, type Stake } from '../payout.ts';
import { type Offer, type RoutingErrorCode, routeStake } from '../routing.ts';
import { HOUSE } from './purse.ts';
import type { Side } from './types.ts';

export interface CommandLeg {
  readonly sport: string;
  readonly eventId: string;
  readonly market: string;
  readonly outcome: string;
  /** Decimal, as it was seen. */
  readonly price: number;
}

export interface PlaceCommand {
  readonly side: Side;
  readonly stakeMinor: number;
  readonly currency: string;
  readonly isFreeBet: boolean;
  /** Who is to take it; null for whoever gives the best net price. */
  readonly provider: string | null;
  readonly legs: readonly CommandLeg[];
  /** How much worse than the price seen each leg may be, as a fraction of it. */
  readonly slippage: number;
}

/** What can be had on a market now. */
export interface LiveMarket {
  readonly isInPlay: boolean;
  /** Open offers on an outcome, the house's among them. */
  offers(outcome: string, side: Side): readonly Offer[];
  /** Of these one provider's. */
  offersOf(provider: string, outcome: string, side: Side): readonly Offer[];
  /** The consensus of the providers without their margins; undefined where there is none. */
  fairProbability(outcome: string): number | undefined;
}

/** A market by what names it; undefined where nothing is known of it, `stale` where what is known is not of now. */
export type LiveMarkets = (sport: string, eventId: string, market: string) => LiveMarket | 'stale' | undefined;

export interface PlacementRules {
  /** Largest stake of a bet, minor units. */
  readonly maxStakeMinor: number;
  /** Most that a bet may pay, minor units. */
  readonly maxReturnMinor: number;
  readonly maxLegs: number;
  /** Over how many providers a stake is split at most. */
  readonly maxParts: number;
}

export interface PlacedLeg extends Omit<CommandLeg, 'price'> {
  readonly priceE4: number;
  readonly worstPriceE4: number;
}

/** A bet to be: the whole stake, or the part that one provider takes. */
export interface Placed {
  readonly provider: string;
  readonly stakeMinor: number;
  readonly liabilityMinor: number;
  readonly potentialReturnMinor: number;
  readonly commissionPpm: number;
  readonly legs: readonly PlacedLeg[];
}

export interface Placement {
  readonly isInPlay: boolean;
  readonly bets: readonly Placed[];
}

/** Why a bet is not taken. */
export type PlacementCode =
  | 'no_legs' | 'too_many_legs' | 'related_legs' | 'lay_of_multiple' | 'lay_of_free_bet' | 'stake_not_positive' | 'stake_above_limit' | 'return_above_limit'
  | 'price_malformed' | 'slippage_malformed' | 'unknown_market' | 'unknown_outcome' | 'prices_stale' | 'market_closed' | 'provider_takes_no_multiples'
  | RoutingErrorCode;

/** The bets that a command becomes, or why it becomes none. All or nothing: where the whole stake cannot be had, none of it is taken. */
export const placementOf = (command: PlaceCommand, markets: LiveMarkets, rules: PlacementRules): Placement | PlacementCode => {
  const { legs, side, stakeMinor, isFreeBet, slippage, provider } = command;
  if (legs.length === 0) return 'no_legs';
  if (legs.length > rules.maxLegs) return 'too_many_legs';
  if (side === 'lay' && legs.length > 1) return 'lay_of_multiple';
  if (side === 'lay' && isFreeBet) return 'lay_of_free_bet';
  if (!(stakeMinor > 0)) return 'stake_not_positive';
  if (stakeMinor > rules.maxStakeMinor) return 'stake_above_limit';
  if (!(slippage >= 0 && slippage < 1)) return 'slippage_malformed';
  if (legs.length > 1 && provider !== null && provider !== HOUSE) return 'provider_takes_no_multiples';
  if (legs.length > 1 && new Set(legs.map(({ sport, eventId }) => `${sport}:${eventId}`)).size < legs.length) return 'related_legs';

  let isInPlay = false;
  const taker = legs.length > 1 ? HOUSE : provider;
  const found: FoundLeg[] = [];
  for (const leg of legs) {
    const seenE4 = toPriceE4(leg.price);
    if (typeof seenE4 !== 'number') return 'price_malformed';
    // Or one market could be spelt in two ways, and the other one has no results and is of another event.
    const market = leg.sport.includes(':') || leg.eventId.includes(':') ? undefined : markets(leg.sport, leg.eventId, leg.market);
    if (market === undefined) return 'unknown_market';
    if (market === 'stale') return 'prices_stale';
    if (isUnknownOutcome(leg.market, leg.outcome)) return 'unknown_outcome';
    const offers = taker === null ? market.offers(leg.outcome, side) : market.offersOf(taker, leg.outcome, side);
    if (offers.length === 0) return 'market_closed';
    isInPlay ||= market.isInPlay;
    found.push({ leg, worstPriceE4: worstOf(seenE4, slippage, side), offers });
  }
  const bets = legs.length === 1 ? routed(command, found[0]!, rules) : multiple(command, found, rules);
  return typeof bets === 'string' ? bets : { isInPlay, bets };
};

/** What a bet at these prices holds back, and the most that it pays, minor units; undefined where that is more than a bet may pay. */
export const amountsOf = ({ side, stakeMinor, isFreeBet }: Stake, pricesE4: readonly number[], { maxReturnMinor }: PlacementRules): Pick<Placed, 'liabilityMinor' | 'potentialReturnMinor'> | undefined => {
  try {
    const amounts = { liabilityMinor: heldMinor(side, stakeMinor, pricesE4[0]!), potentialReturnMinor: potentialReturnMinor({ side, stakeMinor, isFreeBet }, pricesE4, 'half_up') };
    return amounts.potentialReturnMinor > maxReturnMinor ? undefined : amounts;
  } catch (error) {
    if (error instanceof PayoutError && error.code === 'too_large') return undefined;
    throw error;
  }
};

/** The price of a leg now, where a provider still offers one that the command takes. A better one is taken too. */
export const priceNow = (leg: PlacedLeg, side: Side, provider: string, markets: LiveMarkets): number | PlacementCode => {
  const market = markets(leg.sport, leg.eventId, leg.market);
  if (market === undefined) return 'market_closed';
  if (market === 'stale') return 'prices_stale';
  const [offer] = market.offersOf(provider, leg.outcome, side);
  if (offer === undefined) return 'market_closed';
  return isWithin(offer.priceE4, leg.worstPriceE4, side) ? offer.priceE4 : 'price_moved';
};

const isWithin = (priceE4: number, worstE4: number, side: Side): boolean => (side === 'back' ? priceE4 >= worstE4 : priceE4 <= worstE4);

const worstOf = (seenE4: number, slippage: number, side: Side): number =>
  (side === 'back' ? Math.max(10_001, Math.ceil(seenE4 * (1 - slippage) - 1e-6)) : Math.floor(seenE4 * (1 + slippage) + 1e-6));

const isUnknownOutcome = (market: string, outcome: string): boolean => {
  let outcomes = outcomesOf.get(market);
  if (outcomes === undefined) {
    if (outcomesOf.size >= MOST_NAMES) outcomesOf.clear();
    outcomesOf.set(market, outcomes = parseMarket(market).ok ? catalogueOf(market)?.outcomes ?? null : []);
  }
  return outcomes !== null && !outcomes.includes(outcome);
};

/** By name of a market: its outcomes; null where any may be one. There are few names, and taking one apart for each bet took a tenth of what a bet takes. */
const outcomesOf = new Map<string, readonly string[] | null>();
const MOST_NAMES = 10_000;

interface FoundLeg {
  readonly leg: CommandLeg;
  readonly worstPriceE4: number;
  readonly offers: readonly Offer[];
}

const routed = ({ side, stakeMinor, currency, isFreeBet }: PlaceCommand, { leg, worstPriceE4, offers }: FoundLeg, rules: PlacementRules): readonly Placed[] | PlacementCode => {
  const route = routeStake(offers, { side, stakeMinor, currency, minPriceE4: worstPriceE4, maxParts: rules.maxParts });
  if (!route.ok) return route.error.code;
  const bets: Placed[] = [];
  for (const { provider, stakeMinor: part, priceE4 } of route.value) {
    const amounts = amountsOf({ side, stakeMinor: part, isFreeBet }, [priceE4], rules);
    if (amounts === undefined) return 'return_above_limit';
    bets.push({
      provider, stakeMinor: part, legs: [placedLeg(leg, priceE4, worstPriceE4)], commissionPpm: offers.find((one) => one.provider === provider)!.commissionPpm,
      liabilityMinor: amounts.liabilityMinor, potentialReturnMinor: amounts.potentialReturnMinor,
    });
  }
  return bets;
};

const multiple = ({ stakeMinor, isFreeBet, side }: PlaceCommand, found: readonly FoundLeg[], rules: PlacementRules): readonly Placed[] | PlacementCode => {
  const legs: PlacedLeg[] = [];
  for (const { leg, worstPriceE4, offers: [house] } of found) {
    if (!isWithin(house!.priceE4, worstPriceE4, side)) return 'price_moved';
    if (house!.limitMinor !== undefined && stakeMinor > house!.limitMinor) return 'limit_exceeded';
    legs.push(placedLeg(leg, house!.priceE4, worstPriceE4));
  }
  const amounts = amountsOf({ side, stakeMinor, isFreeBet }, legs.map(({ priceE4 }) => priceE4), rules);
  return amounts === undefined ? 'return_above_limit' : [{ provider: HOUSE, stakeMinor, commissionPpm: 0, legs, ...amounts }];
};

const placedLeg = ({ sport, eventId, market, outcome }: CommandLeg, priceE4: number, worstPriceE4: number): PlacedLeg => ({ sport, eventId, market, outcome, priceE4, worstPriceE4 });
