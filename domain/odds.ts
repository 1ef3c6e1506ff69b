/**
 * Prices. On the wire a decimal price is a double; inside it is an integer in ten-thousandths (`priceE4`), as
 * DECIMAL(10,4) keeps it. Every conversion rounds downwards: to the nearest, American prices such as -225 (1.4444…)
 * would be overstated, and arbitrages would be seen that nobody can have.
 */

/** Why something is not a price. Returned in its place, so that a caller narrows with `typeof x === 'string'` and nothing is allocated. */
export type PriceRefusal = 'not_a_number' | 'not_above_one' | 'too_large' | 'not_american' | 'not_fractional';

/** An exact ratio of two integers below 2^53. */
export interface Rational {
  readonly numerator: number;
  readonly denominator: number;
}

const e4 = 10_000;
const ppm = 1_000_000;

/**
 * The highest price taken: 100,000.0000. The longest prices on offer are some thousands to one, beyond is an error; and up to here
 * `priceE4` is a small integer of the engine (no heap number) and every product below stays under 2^53.
 */
export const maxPriceE4 = 1_000_000_000;

/** The denominator of {@link netPriceE10}. */
export const netPriceScale = 10_000_000_000;

/** An integer price as it stands, or why it is none. */
const accepted = (priceE4: number): number | PriceRefusal => {
  if (priceE4 > e4 && priceE4 <= maxPriceE4) return priceE4;
  if (Number.isNaN(priceE4)) return 'not_a_number';
  return priceE4 > e4 ? 'too_large' : 'not_above_one';
};

/**
 * A decimal price in ten-thousandths: floor(x·10⁴ + 10⁻⁶). The millionth takes back what binary fractions lose (1.1 is below 1.1),
 * so that what {@link fromPriceE4} wrote is read back unchanged. A price that is 1.0000 in ten-thousandths is not above one.
 */
export const toPriceE4 = (decimal: number): number | PriceRefusal => accepted(Math.floor(decimal * e4 + 1e-6));

/** The decimal price, as a double, of a price in ten-thousandths. */
export const fromPriceE4 = (priceE4: number): number => priceE4 / e4;

/**
 * An American price in ten-thousandths, downwards from the exact ratio: +a pays a per 100, so 1 + a/100; -a asks a for 100, so
 * 1 + 100/a. +257 → 3.5700, -225 → 1.4444. An American price is an integer of at least 100 either way; anything else is refused.
 */
export const americanToPriceE4 = (american: number): number | PriceRefusal => {
  if (Number.isNaN(american)) return 'not_a_number';
  if (american === Infinity) return 'too_large';
  if (!Number.isInteger(american) || (american > -100 && american < 100)) return 'not_american';
  return accepted(american > 0 ? e4 + american * 100 : e4 + Math.floor(ppm / -american));
};

/**
 * A fractional price n/d ("11/10": 11 won for 10 staked) in ten-thousandths, downwards from 1 + n/d. Numerator and denominator are
 * positive integers up to 10⁹; anything else is refused.
 */
export const fractionalToPriceE4 = (numerator: number, denominator: number): number | PriceRefusal => {
  if (Number.isNaN(numerator) || Number.isNaN(denominator)) return 'not_a_number';
  if (!isFractionPart(numerator) || !isFractionPart(denominator)) return 'not_fractional';
  return accepted(e4 + Math.floor((numerator * e4) / denominator));
};

const isFractionPart = (part: number): boolean => Number.isInteger(part) && part > 0 && part <= 1_000_000_000;

/**
 * A commission rate (0.02 is two per cent) in parts per million, rounded upwards so that a net price is never overstated; or
 * undefined where it is not a rate from 0 to 1.
 */
export const toCommissionPpm = (rate: number): number | undefined =>
  rate >= 0 && rate <= 1 ? Math.max(0, Math.ceil(rate * ppm - 1e-6)) : undefined;

/**
 * The price after commission on winnings, exactly, in units of 10⁻¹⁰ ({@link netPriceScale}):
 * 1 + (price − 1)(1 − c), that is 10¹⁰ + (priceE4 − 10⁴)(10⁶ − commissionPpm). Below 2^53 for every price up to {@link maxPriceE4}.
 */
export const netPriceE10 = (priceE4: number, commissionPpm: number): number =>
  netPriceScale + (priceE4 - e4) * (ppm - commissionPpm);

/**
 * The price at which laying an outcome backs its opposite, exactly: a layer at price l risks l − 1 to win 1 − c, so that per unit
 * of liability 1 + (1 − c)/(l − 1) comes back when the outcome loses.
 */
export const syntheticBackPrice = (layPriceE4: number, commissionPpm: number): Rational => {
  const liability = (layPriceE4 - e4) * 100;
  return { numerator: liability + (ppm - commissionPpm), denominator: liability };
};
