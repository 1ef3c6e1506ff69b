/** Money is an integer count of a currency's minor units (pence, cents), never a fraction. Amounts stay below 2^53. */

/** How a fraction of a minor unit is settled: `down` and `up` mean towards and away from zero, halves of `half_up` go away from zero. */
export type Rounding = 'down' | 'up' | 'half_up' | 'half_even';

/** An amount of one currency (ISO 4217 code). */
export interface Money {
  readonly minor: number;
  readonly currency: string;
}

/**
 * numerator / denominator as an integer, exactly rounded by the named rule. Both are integers below 2^53, the denominator above zero:
 * then a double's quotient never reaches the next integer from below, so its integer part is right.
 */
export const divideRounded = (numerator: number, denominator: number, rounding: Rounding): number => {
  const quotient = Math.trunc(numerator / denominator);
  const rest = Math.abs(numerator - quotient * denominator);
  if (rest === 0) return quotient + 0;
  const away = rounding === 'up'
    || (rounding === 'half_up' && rest >= denominator - rest)
    || (rounding === 'half_even' && (rest > denominator - rest || (rest === denominator - rest && quotient % 2 !== 0)));
  return (away ? quotient + Math.sign(numerator) : quotient) + 0;
};

/** Minor units per unit, as powers of ten, where it is not 2 (ISO 4217, list one). */
const minorDigits: ReadonlyMap<string, number> = new Map([
  ['BHD', 3], ['BIF', 0], ['CLP', 0], ['DJF', 0], ['GNF', 0], ['IQD', 3], ['ISK', 0], ['JOD', 3], ['JPY', 0], ['KMF', 0],
  ['KRW', 0], ['KWD', 3], ['LYD', 3], ['OMR', 3], ['PYG', 0], ['RWF', 0], ['TND', 3], ['UGX', 0], ['VND', 0], ['VUV', 0],
  ['XAF', 0], ['XOF', 0], ['XPF', 0],
]);

/** How many decimals an amount of the currency may have. */
export const minorDigitsOf = (currency: string): number => minorDigits.get(currency) ?? 2;

/**
 * A decimal amount of a currency (a stake limit on the wire) in minor units, downwards: a limit is never overstated. The millionth of a
 * minor unit takes back what binary fractions lose. Undefined where the amount is negative, not finite or 2^53 and more.
 */
export const toMoney = (amount: number, currency: string): Money | undefined => {
  const minor = Math.floor(amount * 10 ** minorDigitsOf(currency) + 1e-6);
  return amount >= 0 && Number.isSafeInteger(minor) ? { minor, currency } : undefined;
};

/** {@link divideRounded} for integers of any size; the denominator is above zero. */
export const divideRoundedBig = (numerator: bigint, denominator: bigint, rounding: Rounding): bigint => {
  const quotient = numerator / denominator;
  const rest = numerator % denominator;
  if (rest === 0n) return quotient;
  const twice = 2n * (rest < 0n ? -rest : rest);
  const away = rounding === 'up'
    || (rounding === 'half_up' && twice >= denominator)
    || (rounding === 'half_even' && (twice > denominator || (twice === denominator && quotient % 2n !== 0n)));
  if (!away) return quotient;
  return numerator < 0n ? quotient - 1n : quotient + 1n;
};
