/** What an open bet is worth now, and what its bettor may close it at, whole or in parts. */
import { divideRoundedBig } from './money.ts';
import { factorOf, multiplied, requireSafe, requireStakeOn } from './payout.ts';
import type { Factor, Leg, Stake } from './payout.ts';
import type { Result } from './result.ts';

/** A leg that is not settled: its price as it was taken, and the probability, by the devigged market of now, that it wins. */
export interface OpenLeg {
  readonly priceE4: number;
  readonly fairProbability: number;
}

/** A bet that may be closed. */
export interface OpenBet extends Stake {
  readonly legs: readonly (OpenLeg | Leg)[];
  /** The share of the value that the house keeps for closing it, in parts per million. */
  readonly marginPpm: number;
}

/** A stake of which a part is closed. Both parts keep the price that was taken, which is what the rest costs. */
export interface SplitStake {
  readonly closedMinor: number;
  readonly residualMinor: number;
}

export type CashOutErrorCode = 'probability_out_of_range' | 'margin_out_of_range' | 'part_out_of_range';

/** A probability, margin or part for which there is no quote. */
export class CashOutError extends Error {
  override readonly name = 'CashOutError';
  readonly code: CashOutErrorCode;

  constructor(code: CashOutErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const failed = (code: CashOutErrorCode, message: string): { readonly ok: false; readonly error: CashOutError } =>
  ({ ok: false, error: new CashOutError(code, message) });

const e4 = 10_000n;
const ppm = 1_000_000;

/** Probabilities are taken in these parts, downwards: as fine as a double. */
const probabilityParts = 2 ** 53;

const factorNow = (leg: OpenLeg | Leg): Factor => {
  if ('result' in leg) return factorOf(leg);
  const won = factorOf({ priceE4: leg.priceE4, result: { result: 'won' } });
  const parts = BigInt(Math.floor(leg.fairProbability * probabilityParts));
  return { returned: won.returned * parts, stake: won.stake * parts, denominator: won.denominator * BigInt(probabilityParts) };
};

/**
 * What closing the bet now pays, in minor units: its expected payout less the margin, rounded down once. It lies between 0 and the
 * potential return, since every probability lies between 0 and 1.
 *
 * A settled leg counts by its result ({@link factorOf}), an open one by price × probability; legs are taken as independent. With fair
 * probabilities 1/fair price a single is worth stake × price taken ÷ fair price. A market that can push or halve has no single
 * probability, and price × probability overstates what such a leg moves: leave it out or quote it with a margin that covers this.
 * A lay is worth what it can bring, stake × price, less what the backer is expected to get. A free bet is worth its winnings only.
 *
 * A part of a bet is quoted as a bet of the part's stake ({@link splitStake}): all parts together never bring more than the whole. Fails
 * for a probability that is not between 0 and 1 or a margin that is not from 0 to 10⁶; throws a `PayoutError` for what is no bet.
 */
export const cashOutQuote = (bet: OpenBet): Result<number, CashOutError> => {
  requireStakeOn(bet, bet.legs.length);
  if (!Number.isInteger(bet.marginPpm) || bet.marginPpm < 0 || bet.marginPpm > ppm) {
    return failed('margin_out_of_range', `a margin is a whole number of parts per million from 0 to ${ppm}, not ${bet.marginPpm}`);
  }
  for (const leg of bet.legs) {
    if (!('result' in leg) && !(leg.fairProbability > 0 && leg.fairProbability < 1)) {
      return failed('probability_out_of_range', `a fair probability lies between 0 and 1, not ${leg.fairProbability}: devig the market, or settle the leg`);
    }
  }
  const { returned, stake, denominator } = multiplied(bet.legs.map(factorNow));
  const worth = bet.isFreeBet ? returned - stake : returned;
  // A lay can bring liability and stake, its price per unit of stake: not rounded here, so that parts of it stay in proportion.
  const worthE4 = bet.side === 'back' ? worth * e4 : BigInt(bet.legs[0]?.priceE4 ?? 0) * denominator - worth * e4;
  const kept = BigInt(bet.stakeMinor) * worthE4 * BigInt(ppm - bet.marginPpm);
  return { ok: true, value: requireSafe(divideRoundedBig(kept, denominator * e4 * BigInt(ppm), 'down')) };
};

/** The part of a stake to close and what stays; fails where the part is not a whole number of minor units above 0 and up to the stake. */
export const splitStake = (stakeMinor: number, partMinor: number): Result<SplitStake, CashOutError> => {
  if (!Number.isSafeInteger(stakeMinor) || !Number.isSafeInteger(partMinor) || partMinor <= 0 || partMinor > stakeMinor) {
    return failed('part_out_of_range', `of a stake of ${stakeMinor} minor units a whole number above 0 and up to it can be closed, not ${partMinor}`);
  }
  return { ok: true, value: { closedMinor: partMinor, residualMinor: stakeMinor - partMinor } };
};
