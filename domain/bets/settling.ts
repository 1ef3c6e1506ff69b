/** From what is true of markets to what bets pay: a function of the bet and the facts alone, so that it may be asked again at any time. */
import { betClass, commissionMinor, type LegResult, payoutMinor } from '../payout.ts';
import { type Fact, legTruth } from './facts.ts';
import { commissionAccountOf, counterpartyOf, type Movement, oursOf, PROMOTIONS } from './purse.ts';
import type { Bet, BetResult } from './types.ts';

/** How a bet ends. Amounts in minor units. */
export interface Ending {
  readonly result: BetResult;
  readonly voidReason: string | null;
  /** What the other side pays, the stake of a free bet included. */
  readonly grossMinor: number;
  /** What comes to the account, before commission. */
  readonly payoutMinor: number;
  readonly legs: readonly (LegResult | null)[];
}

export type FactsOf = (sport: string, eventId: string, market: string) => readonly Fact[];

/** A payout is rounded once, to the nearest minor unit, halves up. */
const ROUNDING = 'half_up';

/**
 * How a bet that was accepted ends by the facts; undefined while it is open. A multiple ends with its first lost leg, or when all are decided.
 * A bet that was voided by hand is void whatever the facts say.
 */
export const endingOf = (bet: Bet, factsOf: FactsOf): Ending | undefined => {
  const { side, stakeMinor, isFreeBet, liabilityMinor } = bet;
  if (bet.voidReason !== null) return { result: 'void', voidReason: bet.voidReason, grossMinor: liabilityMinor, payoutMinor: isFreeBet ? 0 : liabilityMinor, legs: bet.legs.map(() => VOID) };
  const truths = bet.legs.map(({ sport, eventId, market, outcome }) => legTruth(factsOf(sport, eventId, market), outcome, bet.acceptedAtMs!));
  const decided = truths.map((truth) => truth?.result ?? null);
  if (bet.legs.length > 1 && truths.some((truth) => truth?.result.result === 'lost')) return { result: 'lost', voidReason: null, grossMinor: 0, payoutMinor: 0, legs: decided };
  if (decided.includes(null)) return undefined;
  const legs = bet.legs.map(({ priceE4 }, at) => ({ priceE4, result: decided[at]! }));
  const grossMinor = payoutMinor({ side, stakeMinor, isFreeBet: false }, legs, ROUNDING);
  return {
    result: betClass(legs.map(({ result }) => result), side), legs: decided, grossMinor,
    voidReason: legs.every(({ result }) => result.result === 'void') ? truths[0]!.voidReason ?? 'result' : null,
    payoutMinor: isFreeBet ? payoutMinor({ side, stakeMinor, isFreeBet }, legs, ROUNDING) : grossMinor,
  };
};

const VOID: LegResult = { result: 'void' };

/** What a settlement moves: the liability comes off, and each gets his part. With amounts of nothing it is none. */
export const movementOf = (bet: Pick<Bet, 'provider' | 'liabilityMinor'>, { grossMinor, payoutMinor: paid, commissionMinor: commission }: Pick<Bet, 'grossMinor' | 'payoutMinor' | 'commissionMinor'>): Required<Omit<Movement, 'held'>> => ({
  staked: -bet.liabilityMinor,
  available: paid - commission,
  ours: oursOf([
    [counterpartyOf(bet.provider), bet.liabilityMinor - grossMinor],
    [PROMOTIONS, grossMinor - paid],
    [commissionAccountOf(bet.provider), commission],
  ]),
});

/** What leads from one movement to another: what a later settlement posts. */
export const difference = (to: Movement, from: Movement): Movement => {
  const ours: Record<string, number> = {};
  for (const id of new Set([...Object.keys(to.ours ?? {}), ...Object.keys(from.ours ?? {})])) {
    const amount = (to.ours?.[id] ?? 0) - (from.ours?.[id] ?? 0);
    if (amount !== 0) ours[id] = amount;
  }
  return { staked: (to.staked ?? 0) - (from.staked ?? 0), available: (to.available ?? 0) - (from.available ?? 0), ours };
};

export const NOTHING: Movement = {};

/** A bet's profit and rate, of those of an account in one market at one exchange. */
export interface Winnings {
  readonly betId: string;
  /** Payout less what was staked, minor units. */
  readonly profitMinor: number;
  readonly commissionPpm: number;
}

/**
 * Commission of each bet of an account in one market at one exchange: it is on their net winnings, falls on the winning ones in proportion, each at the rate
 * at which it was accepted, and is rounded once for all; what is left of the rounding goes to the first by id.
 * Source: Betfair, "Market Base Rate and Discount Rate": commission is charged on the net winnings of a market.
 */
export const commissions = (bets: readonly Winnings[]): ReadonlyMap<string, number> => {
  const shares = new Map<string, number>(bets.map(({ betId }) => [betId, 0]));
  const net = bets.reduce((sum, { profitMinor }) => sum + profitMinor, 0);
  const winning = bets.filter(({ profitMinor }) => profitMinor > 0).toSorted((a, b) => (a.betId < b.betId ? -1 : 1));
  if (net <= 0) return shares;
  const won = winning.reduce((sum, { profitMinor }) => sum + profitMinor, 0);
  const weighted = winning.reduce((sum, { profitMinor, commissionPpm }) => sum + BigInt(profitMinor) * BigInt(commissionPpm), 0n);
  const ppm = Number(weighted / BigInt(won)); //  of one rate, that rate
  const charged = commissionMinor(net, ppm, ROUNDING);
  let rest = charged;
  for (const { betId, profitMinor, commissionPpm } of winning) {
    const share = weighted === 0n ? 0 : Number(BigInt(charged) * BigInt(profitMinor) * BigInt(commissionPpm) / weighted);
    shares.set(betId, share);
    rest -= share;
  }
  if (rest > 0) shares.set(winning[0]!.betId, shares.get(winning[0]!.betId)! + rest);
  return shares;
};
