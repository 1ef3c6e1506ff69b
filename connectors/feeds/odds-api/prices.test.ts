import fc from 'fast-check';
import t from 'tap';
import { americanToDecimal, formatOfPrices, readPrice } from './prices.ts';

t.test('American prices become the decimal prices that they are', async (t) => {
  for (const [american, decimal] of [[100, 2], [-100, 2], [157, 2.57], [-200, 1.5], [-110, 210 / 110], [5000, 51], [-10_000, 1.01]] as const) {
    t.equal(americanToDecimal(american), decimal, `${american}`);
  }
});

t.test('held as ten-thousandths, an American price is exactly its ratio rounded down', async () => {
  fc.assert(fc.property(fc.integer({ min: 100, max: 100_000 }), fc.boolean(), (size, negative) => {
    const held = BigInt(Math.floor(americanToDecimal(negative ? -size : size) * 10_000 + 1e-6));
    const exact = negative ? (BigInt(size + 100) * 10_000n) / BigInt(size) : BigInt(size + 100) * 100n;
    return held === exact;
  }));
});

t.test('what is no price is refused, and says why', async (t) => {
  for (const [raw, format] of [[0, 'american'], [99, 'american'], [-5, 'american'], [1_000_000, 'american'], [0, 'decimal'], [1, 'decimal'], [-110, 'decimal'], [10_001, 'decimal'], [Number.NaN, 'decimal']] as const) {
    const price = readPrice(raw, format);
    t.notOk(price.ok, `${raw} as ${format}`);
    if (!price.ok) t.match(price.error, String(raw));
  }
  t.strictSame(readPrice(1.91, 'decimal'), { ok: true, value: 1.91 });
});

t.test('the first price that can be of one format only tells the format', async (t) => {
  t.equal(formatOfPrices([150, -180]), 'american');
  t.equal(formatOfPrices([150, 1.2]), 'decimal', 'a long shot in decimal prices is no American price');
  t.equal(formatOfPrices([150, 220]), undefined);
});
