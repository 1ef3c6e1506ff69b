import fc from 'fast-check';
import t from 'tap';
import {
  americanToPriceE4, fractionalToPriceE4, fromPriceE4, maxPriceE4, netPriceE10, netPriceScale, syntheticBackPrice, toCommissionPpm, toPriceE4,
} from './odds.ts';

const priceE4 = fc.integer({ min: 10_001, max: maxPriceE4 });
const ppm = fc.integer({ min: 0, max: 1_000_000 });

t.test('a decimal price goes down to ten-thousandths', async (t) => {
  t.equal(toPriceE4(2.01), 20_100);
  t.equal(toPriceE4(1.1), 11_000);
  t.equal(toPriceE4(1 + 100 / 225), 14_444);
  t.equal(toPriceE4(1 + 100 / 110), 19_090, 'the nearest would be 19091');
  t.equal(toPriceE4(1.0001), 10_001);
  t.equal(toPriceE4(100_000), maxPriceE4);
});

t.test('what is no price is refused by name', async (t) => {
  t.equal(toPriceE4(Number.NaN), 'not_a_number');
  t.equal(toPriceE4(1), 'not_above_one');
  t.equal(toPriceE4(1.00005), 'not_above_one', 'it is 1.0000 in ten-thousandths');
  t.equal(toPriceE4(0), 'not_above_one');
  t.equal(toPriceE4(-Infinity), 'not_above_one');
  t.equal(toPriceE4(100_000.0001), 'too_large');
  t.equal(toPriceE4(Infinity), 'too_large');
});

t.test('every price survives the wire', async () => {
  fc.assert(fc.property(priceE4, (price) => toPriceE4(fromPriceE4(price)) === price), { numRuns: 2_000 });
});

t.test('a price is never overstated by more than the guard of a millionth of its last digit', async () => {
  fc.assert(fc.property(fc.double({ min: 1.001, max: 1000, noNaN: true }), (decimal) => {
    const price = toPriceE4(decimal);
    return typeof price === 'number' && price <= decimal * 10_000 + 2e-6 && price > decimal * 10_000 - 1;
  }));
});

t.test('American prices', async (t) => {
  t.equal(americanToPriceE4(257), 35_700);
  t.equal(americanToPriceE4(-225), 14_444);
  t.equal(americanToPriceE4(-110), 19_090);
  t.equal(americanToPriceE4(100), 20_000);
  t.equal(americanToPriceE4(-100), 20_000);
  t.equal(americanToPriceE4(-1000), 11_000);
  t.equal(americanToPriceE4(-1250), 10_800);
  t.equal(americanToPriceE4(99), 'not_american');
  t.equal(americanToPriceE4(-99), 'not_american');
  t.equal(americanToPriceE4(2.5), 'not_american', 'a decimal price taken for an American one');
  t.equal(americanToPriceE4(Number.NaN), 'not_a_number');
  t.equal(americanToPriceE4(-20_000_000), 'not_above_one');
  t.equal(americanToPriceE4(Infinity), 'too_large');
  t.equal(americanToPriceE4(-Infinity), 'not_american');
  t.equal(americanToPriceE4(10_000_000), 'too_large');
});

t.test('an American favourite is the largest ten-thousandth that does not exceed 1 + 100/a', async () => {
  fc.assert(fc.property(fc.integer({ min: 100, max: 999_999 }), (american) => {
    const price = americanToPriceE4(-american);
    if (typeof price !== 'number') return 1_000_000 < american;
    const winnings = BigInt(price - 10_000);
    return winnings * BigInt(american) <= 1_000_000n && (winnings + 1n) * BigInt(american) > 1_000_000n;
  }));
});

t.test('fractional prices', async (t) => {
  t.equal(fractionalToPriceE4(11, 10), 21_000);
  t.equal(fractionalToPriceE4(1, 3), 13_333);
  t.equal(fractionalToPriceE4(8, 13), 16_153);
  t.equal(fractionalToPriceE4(1, 0), 'not_fractional');
  t.equal(fractionalToPriceE4(0, 1), 'not_fractional');
  t.equal(fractionalToPriceE4(1.5, 1), 'not_fractional');
  t.equal(fractionalToPriceE4(Number.NaN, 1), 'not_a_number');
  t.equal(fractionalToPriceE4(1, 1_000_000), 'not_above_one');
  t.equal(fractionalToPriceE4(100_000, 1), 'too_large');
});

t.test('net price: 1 + (price − 1)(1 − c), in integers', async (t) => {
  t.equal(netPriceE10(20_100, 0), 20_100_000_000);
  t.equal(netPriceE10(20_100, 20_000), 19_898_000_000, '1 + 1.01 × 0.98 = 1.9898');
  t.equal(netPriceE10(20_000, 1_000_000), netPriceScale);
  fc.assert(fc.property(priceE4, ppm, (price, commission) => {
    const net = netPriceE10(price, commission);
    return Number.isSafeInteger(net) && BigInt(net) === 10n ** 10n + (BigInt(price) - 10_000n) * (1_000_000n - BigInt(commission));
  }));
});

t.test('laying at l is backing the opposite at 1 + (1 − c)/(l − 1)', async (t) => {
  const { numerator, denominator } = syntheticBackPrice(30_000, 50_000);
  t.equal(numerator / denominator, 1.475);
  fc.assert(fc.property(priceE4, ppm, (lay, commission) => {
    const price = syntheticBackPrice(lay, commission);
    // price = 1 + ((10⁶−c)/10⁶) / ((l−10⁴)/10⁴), cross-multiplied.
    return Number.isSafeInteger(price.numerator)
      && (BigInt(price.numerator) - BigInt(price.denominator)) * 1_000_000n * BigInt(lay - 10_000)
        === BigInt(price.denominator) * 10_000n * BigInt(1_000_000 - commission);
  }));
});

t.test('commission rates go up to parts per million', async (t) => {
  t.equal(toCommissionPpm(0), 0);
  t.equal(toCommissionPpm(0.02), 20_000);
  t.equal(toCommissionPpm(0.000123), 123, 'not 124, although 0.000123 × 10⁶ is above 123 in doubles');
  t.equal(toCommissionPpm(0.0000001), 1);
  t.equal(toCommissionPpm(1), 1_000_000);
  t.equal(toCommissionPpm(-0.01), undefined);
  t.equal(toCommissionPpm(1.01), undefined);
  t.equal(toCommissionPpm(Number.NaN), undefined);
});
