/** Closing line value: how much better than the fair close a price was when it was taken. */
import type { Result } from './result.ts';

export type ClosingLineErrorCode = 'price_not_above_one' | 'probability_out_of_range';

/** A price or a probability for which there is no closing line value. */
export class ClosingLineError extends Error {
  override readonly name = 'ClosingLineError';
  readonly code: ClosingLineErrorCode;

  constructor(code: ClosingLineErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Odds taken ÷ devigged closing odds of the reference book − 1. The devigged closing odds are 1/p, so this is taken·p − 1: the expected
 * profit per unit staked if the close is right. `takenPrice` is a decimal price, `closeProbability` the outcome's devigged
 * probability at the close.
 */
export const closingLineValue = (takenPrice: number, closeProbability: number): Result<number, ClosingLineError> => {
  if (!(takenPrice > 1 && takenPrice < Infinity)) {
    return { ok: false, error: new ClosingLineError('price_not_above_one', `a price taken is a decimal above 1, not ${takenPrice}`) };
  }
  if (!(closeProbability > 0 && closeProbability < 1)) {
    const message = `a closing probability lies between 0 and 1, not ${closeProbability}: devig the reference book's complete market first`;
    return { ok: false, error: new ClosingLineError('probability_out_of_range', message) };
  }
  return { ok: true, value: takenPrice * closeProbability - 1 };
};
