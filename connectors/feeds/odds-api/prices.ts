import type { Result } from '../../../domain/result.ts';

/** How a body writes its prices: American (`-110`, `+257`) or decimal (`1.91`). */
export type PriceFormat = 'american' | 'decimal';

/** What the wire's contract takes: DECIMAL(10,4), no price above ten thousand to one. */
const MAX_DECIMAL = 10_000;

/**
 * The decimal price of an American one: what a stake of 1 returns, stake included. `+a` pays a on 100, `-a` pays 100 on a.
 * One division of two integers, so the double nearest to the exact ratio: `+157` is 2.57, never 2.5700000000000003.
 * (1 + a/100 rounds twice.) The caller has checked that |american| is at least 100.
 */
export const americanToDecimal = (american: number): number => (american > 0 ? (american + 100) / 100 : (american - 100) / american);

/** A price of the API as a decimal price; an error text says what is wrong with it. Decimal prices are ratios, stake included. */
export const readPrice = (raw: number, format: PriceFormat): Result<number, string> => {
  if (!Number.isFinite(raw)) return { ok: false, error: `${raw} is not a price` };
  if (format === 'american' && Math.abs(raw) < 100) return { ok: false, error: `${raw} is not an American price: those are +100 and above, or -100 and below` };
  const decimal = format === 'american' ? americanToDecimal(raw) : raw;
  if (decimal <= 1 || decimal > MAX_DECIMAL) return { ok: false, error: `${raw} is not a ${format} price: the decimal price would be ${decimal}` };
  return { ok: true, value: decimal };
};

/**
 * The format of a set of prices, by the first that can be of one format only: a negative one is American, one between 1 and 100 is
 * decimal. Undefined where none decides (`+150`, `+220` alone could be either).
 */
export const formatOfPrices = (prices: Iterable<number>): PriceFormat | undefined => {
  for (const price of prices) {
    if (price <= -100) return 'american';
    if (price > 1 && price < 100) return 'decimal';
  }
  return undefined;
};
