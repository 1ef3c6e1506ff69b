/**
 * What a bet pays. Every leg multiplies the stake by a factor, an exact fraction of integers; only their product times the stake is
 * rounded, once, by the named rule.
 */
import type { ResultClass } from './market.ts';
import { divideRoundedBig } from './money.ts';
import type { Rounding } from './money.ts';
import { maxPriceE4 } from './odds.ts';
import type { Rational } from './odds.ts';

/** What became of a leg's outcome, seen from the backer: `void` and `push` return the stake, the first since the bet does not stand. */
export type LegClass = ResultClass | 'void';

/** What became of a leg: its outcome's class, and what is deducted. The deductions count only where something was won. */
export interface LegResult {
  readonly result: LegClass;
  /** The part of the stake that stands on a winner, in (0, 1]: places left ÷ those who share them, 1/2 where two share one. 1 where not said. */
  readonly deadHeat?: Rational;
  /** Rule 4 (Tattersalls): taken from the winnings, whole pence in the pound, 0 to 90; of several withdrawals their sum. */
  readonly rule4Pence?: number;
  /** An exchange's reduction factor in a win market: taken from the whole price, in parts per million. */
  readonly reductionPpm?: number;
}

export interface Leg {
  readonly priceE4: number;
  readonly result: LegResult;
}

/** For a lay, `stakeMinor` is the backer's stake, not the liability. A free bet's stake is a token: it is never paid out. */
export interface Stake {
  readonly side: 'back' | 'lay';
  readonly stakeMinor: number;
  readonly isFreeBet: boolean;
}

/** The class of a whole bet. `partly`: parts of the stake fared differently, and no single leg's class says how. */
export type BetClass = LegClass | 'partly';

export type PayoutErrorCode =
  | 'bad_stake' | 'bad_price' | 'no_legs' | 'bad_result' | 'bad_dead_heat' | 'bad_rule4' | 'bad_reduction' | 'bad_fraction' | 'bad_amount' | 'bad_rate'
  | 'lay_of_multiple' | 'lay_of_free_bet' | 'too_large';

/** A bet that cannot be settled as given, and why. Thrown: it never comes of a result, but of a bet that should not have been accepted. */
export class PayoutError extends Error {
  override readonly name = 'PayoutError';
  readonly code: PayoutErrorCode;

  constructor(code: PayoutErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const e4 = 10_000;
const ppm = 1_000_000;

/** The most that Rule 4 takes, whatever was withdrawn. */
const maxRule4Pence = 90;

const requireStake = (stakeMinor: number): bigint => {
  if (!Number.isSafeInteger(stakeMinor) || stakeMinor <= 0) throw new PayoutError('bad_stake', `a stake is a whole number of minor units above 0, not ${stakeMinor}`);
  return BigInt(stakeMinor);
};

const requirePrice = (priceE4: number): bigint => {
  if (!Number.isInteger(priceE4) || priceE4 <= e4 || priceE4 > maxPriceE4) {
    throw new PayoutError('bad_price', `a price is a whole number of ten-thousandths above ${e4} and up to ${maxPriceE4}, not ${priceE4}`);
  }
  return BigInt(priceE4);
};

/** An amount as a number; throws a {@link PayoutError} where it is 2^53 or more. */
export const requireSafe = (minor: bigint): number => {
  const number = Number(minor);
  if (!Number.isSafeInteger(number)) throw new PayoutError('too_large', `${minor} minor units are 2^53 or more: limit stakes and prices so that no bet can pay that much`);
  return number;
};

const isPartOf = (part: number, whole: number): boolean => Number.isSafeInteger(part) && Number.isSafeInteger(whole) && part > 0 && part <= whole;

/** What one leg, or several, do to a unit of stake, over a common denominator: how much comes back, and how much of that is stake. */
export interface Factor {
  readonly returned: bigint;
  readonly stake: bigint;
  readonly denominator: bigint;
}

const wholeStake: Factor = { returned: 1n, stake: 1n, denominator: 1n };

/** Of a winner: reduction and Rule 4 make the price, the dead heat the part of the stake that has it. */
const wonFactor = (priceE4: number, { deadHeat, rule4Pence = 0, reductionPpm = 0 }: LegResult): Factor => {
  if (!Number.isInteger(rule4Pence) || rule4Pence < 0 || rule4Pence > maxRule4Pence) {
    throw new PayoutError('bad_rule4', `Rule 4 takes whole pence in the pound from 0 to ${maxRule4Pence}, not ${rule4Pence}`);
  }
  if (deadHeat !== undefined && !isPartOf(deadHeat.numerator, deadHeat.denominator)) {
    throw new PayoutError('bad_dead_heat', `a dead heat leaves a part of the stake above 0 and up to 1, not ${deadHeat.numerator}/${deadHeat.denominator}`);
  }
  const part = { numerator: BigInt(deadHeat?.numerator ?? 1), denominator: BigInt(deadHeat?.denominator ?? 1) };
  const reduced = reducedPriceE10(priceE4, reductionPpm);
  const one = BigInt(e4) * BigInt(ppm);
  const price = one * 100n + (reduced - one) * BigInt(100 - rule4Pence);
  return { returned: part.numerator * price, stake: part.numerator * one * 100n, denominator: part.denominator * one * 100n };
};

/** A leg's factor by the rules of {@link payoutMinor}, exactly. Throws as that does. */
export const factorOf = ({ priceE4, result }: Leg): Factor => {
  requirePrice(priceE4);
  const won = wonFactor(priceE4, result);
  switch (result.result) {
    case 'won': return won;
    case 'lost': return { returned: 0n, stake: 0n, denominator: 1n };
    case 'void':
    case 'push': return wholeStake;
    case 'half_won': return { returned: won.returned + won.denominator, stake: won.stake + won.denominator, denominator: 2n * won.denominator };
    case 'half_lost': return { returned: 1n, stake: 1n, denominator: 2n };
    default: throw new PayoutError('bad_result', `a leg is won, lost, void, push, half_won or half_lost, not ${String(result.result)}`);
  }
};

/** The factor of a multiple. */
export const multiplied = (factors: readonly Factor[]): Factor => factors.reduce((all, factor) => ({
  returned: all.returned * factor.returned, stake: all.stake * factor.stake, denominator: all.denominator * factor.denominator,
}), wholeStake);

/** A stake as it may be bet on so many legs; throws as {@link payoutMinor} does. */
export const requireStakeOn = (stake: Stake, legs: number): void => {
  requireStake(stake.stakeMinor);
  if (legs === 0) throw new PayoutError('no_legs', 'a bet has one leg at least');
  if (stake.side === 'back') return;
  if (legs > 1) throw new PayoutError('lay_of_multiple', `a lay is of one outcome, not of ${legs}: lay them one by one`);
  if (stake.isFreeBet) throw new PayoutError('lay_of_free_bet', 'a free bet backs: a lay holds the layer\'s own money as its liability');
};

/** Stake times the legs' factors, less what of it is a free bet's stake, rounded. */
const returnMinor = (stake: Stake, factors: readonly Factor[], rounding: Rounding): number => {
  const product = multiplied(factors);
  const paid = stake.isFreeBet ? product.returned - product.stake : product.returned;
  return requireSafe(divideRoundedBig(BigInt(stake.stakeMinor) * paid, product.denominator, rounding));
};

/**
 * What comes back to the bettor at settlement, in minor units: for a back bet stake and winnings, for a lay liability and the backer's
 * lost stake.
 *
 * Each leg multiplies. A winner by its price p: after a reduction factor f, p(1 − f) and never below 1; after Rule 4 of r pence,
 * 1 + (p − 1)(1 − r/100). In a dead heat only the part d of the stake stands, so by d·p, which may be below 1 (Betfair Exchange Rules,
 * "Dead Heat Rule"; Tattersalls Rule 4(c)). `void` and `push` by 1, `lost` by 0, `half_lost` by 1/2. `half_won` by (d·p + 1)/2: a bet of
 * half the stake that won beside one of half the stake that was returned, and only the first shares a place.
 *
 * A lay is the other side of the backer's single bet, to the last unit: liability + stake − what the backer gets, rounded by the same rule.
 *
 * A free bet pays what its stake won, without the stake: S·(Π returned − Π stake standing). So 0 for void, pushed and half lost, half the
 * winnings for half won, d·S·(p − 1) in a dead heat. Of a void free bet the token goes back to the bettor, which is the caller's to see to.
 *
 * Throws a {@link PayoutError} for what is no bet: a lay of a multiple or of a free bet; amounts, prices or deductions out of range.
 */
export const payoutMinor = (stake: Stake, legs: readonly Leg[], rounding: Rounding): number => {
  requireStakeOn(stake, legs.length);
  const backer = returnMinor(stake, legs.map(factorOf), rounding);
  return stake.side === 'back' ? backer : layReturnMinor(stake.stakeMinor, legs[0]?.priceE4 ?? 0) - backer;
};

/** All that is at stake between the two sides of a lay. */
const layReturnMinor = (stakeMinor: number, priceE4: number): number =>
  requireSafe(BigInt(heldMinor('lay', stakeMinor, priceE4)) + BigInt(stakeMinor));

/**
 * What a bet holds back at placement, in minor units: a back bet's stake (whatever the price), a lay's liability, stake × (price − 1)
 * rounded up. That a free bet holds back none of the bettor's money is the caller's to see to. Throws as {@link payoutMinor} does.
 */
export const heldMinor = (side: 'back' | 'lay', stakeMinor: number, priceE4: number): number => {
  const stake = requireStake(stakeMinor);
  if (side === 'back') return stakeMinor;
  return requireSafe(divideRoundedBig(stake * (requirePrice(priceE4) - BigInt(e4)), BigInt(e4), 'up'));
};

/** The most that a bet can pay, in minor units: every leg of a back bet won, the one of a lay lost. Throws as {@link payoutMinor} does. */
export const potentialReturnMinor = (stake: Stake, pricesE4: readonly number[], rounding: Rounding): number => {
  requireStakeOn(stake, pricesE4.length);
  return payoutMinor(stake, pricesE4.map((priceE4) => ({ priceE4, result: { result: stake.side === 'back' ? 'won' : 'lost' } })), rounding);
};

const mirrored: Readonly<Record<BetClass, BetClass>> = {
  won: 'lost', lost: 'won', half_won: 'half_lost', half_lost: 'half_won', void: 'void', push: 'push', partly: 'partly',
};

/**
 * The class of the whole bet, for people; the money is {@link payoutMinor}'s. A lost leg loses all. Void and pushed legs drop out; where
 * none is left the bet is void, or a push if one of them was. All the rest won outright is `won`, a single one that is half won or lost
 * is that; a dead heat, or a half among several, is `partly`. A lay is the other side: it has `won` where the outcome is `lost`.
 */
export const betClass = (legs: readonly LegResult[], side: 'back' | 'lay' = 'back'): BetClass => {
  const backer = backerClass(legs);
  return side === 'back' ? backer : mirrored[backer];
};

const backerClass = (legs: readonly LegResult[]): BetClass => {
  if (legs.length === 0) throw new PayoutError('no_legs', 'a bet has one leg at least');
  if (legs.some(({ result }) => result === 'lost')) return 'lost';
  const standing = legs.filter(({ result }) => result !== 'void' && result !== 'push');
  if (standing.length === 0) return legs.every(({ result }) => result === 'void') ? 'void' : 'push';
  if (standing.some(isShared)) return 'partly';
  if (standing.every(({ result }) => result === 'won')) return 'won';
  return standing.length === 1 && standing[0] !== undefined ? standing[0].result : 'partly';
};

const isShared = ({ result, deadHeat }: LegResult): boolean =>
  result !== 'half_lost' && deadHeat !== undefined && deadHeat.numerator < deadHeat.denominator;

/** Price after a reduction factor, exactly, in units of 10⁻¹⁰; never below 1. */
const reducedPriceE10 = (priceE4: number, reductionPpm: number): bigint => {
  if (!Number.isInteger(reductionPpm) || reductionPpm < 0 || reductionPpm > ppm) {
    throw new PayoutError('bad_reduction', `a reduction factor is a whole number of parts per million from 0 to ${ppm}, not ${reductionPpm}`);
  }
  const reduced = requirePrice(priceE4) * BigInt(ppm - reductionPpm);
  const one = BigInt(e4) * BigInt(ppm);
  return reduced > one ? reduced : one;
};

/**
 * A price after an exchange's reduction factor, p(1 − f), in ten-thousandths downwards, and never below 1.0000: who backed a winner does
 * not lose. 16.2 % off 8.6 leave 7.2068. Several removals take one after the other: multiply what they leave. This is the rule of win
 * markets (Betfair Exchange Rules, "Non-runner rule": 25 % off 8.0 leave 6.0). For showing: {@link payoutMinor} does not round here.
 */
export const reducedPriceE4 = (priceE4: number, reductionPpm: number): number =>
  Number(reducedPriceE10(priceE4, reductionPpm) / BigInt(ppm));

/** One of the two bets of an each-way bet. */
export interface EachWayPart {
  readonly stakeMinor: number;
  readonly priceE4: number;
}

/**
 * An each-way bet as the two bets that it is: the stake on the win at the price, and the stake again on the place at the fraction of the
 * winnings (1/4, 1/5), in ten-thousandths downwards. Each settles by itself; an each-way multiple is a multiple of the wins and one of the
 * places. Throws a {@link PayoutError} where the fraction is not above 0 and up to 1, or leaves no winnings.
 */
export const eachWay = (stakeMinor: number, priceE4: number, fraction: Rational): { readonly win: EachWayPart; readonly place: EachWayPart } => {
  requireStake(stakeMinor);
  const price = requirePrice(priceE4);
  if (!isPartOf(fraction.numerator, fraction.denominator)) {
    throw new PayoutError('bad_fraction', `a place pays a fraction of the winnings above 0 and up to 1, not ${fraction.numerator}/${fraction.denominator}`);
  }
  const placeE4 = e4 + Number(((price - BigInt(e4)) * BigInt(fraction.numerator)) / BigInt(fraction.denominator));
  requirePrice(placeE4);
  return { win: { stakeMinor, priceE4 }, place: { stakeMinor, priceE4: placeE4 } };
};

/**
 * An exchange's commission in minor units on the net winnings of one account in one market, all its bets there together; 0 where they
 * are not above zero. Computed anew in whole when a bet of the market settles again. Throws a {@link PayoutError} for what is no amount or
 * no rate.
 */
export const commissionMinor = (netWinningsMinor: number, ratePpm: number, rounding: Rounding): number => {
  if (!Number.isSafeInteger(netWinningsMinor)) throw new PayoutError('bad_amount', `net winnings are a whole number of minor units below 2^53, not ${netWinningsMinor}`);
  if (!Number.isInteger(ratePpm) || ratePpm < 0 || ratePpm > ppm) {
    throw new PayoutError('bad_rate', `a commission rate is a whole number of parts per million from 0 to ${ppm}, not ${ratePpm}`);
  }
  return netWinningsMinor <= 0 ? 0 : Number(divideRoundedBig(BigInt(netWinningsMinor) * BigInt(ratePpm), BigInt(ppm), rounding));
};
