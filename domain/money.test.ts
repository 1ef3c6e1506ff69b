import fc from 'fast-check';
import t from 'tap';
import { divideRounded, divideRoundedBig, toMoney } from './money.ts';
import type { Rounding } from './money.ts';

t.test('rounding by name, away from and towards zero on both sides', async (t) => {
  const cases: [Rounding, number[]][] = [
    ['down', [-2, -1, -1, -1, 0, 0, 0, 1, 1, 1, 2]],
    ['up', [-3, -2, -2, -2, -1, 0, 1, 2, 2, 2, 3]],
    ['half_up', [-3, -2, -2, -1, -1, 0, 1, 1, 2, 2, 3]],
    ['half_even', [-2, -2, -2, -1, 0, 0, 0, 1, 2, 2, 2]],
  ];
  const quarters = [-10, -7, -6, -5, -2, 0, 2, 5, 6, 7, 10];
  for (const [rounding, expected] of cases) t.same(quarters.map((quarter) => divideRounded(quarter, 4, rounding)), expected, rounding);
  t.notOk(Object.is(divideRounded(-1, 4, 'down'), -0), 'no negative zero');
});

t.test('division is exact up to 2^53', async () => {
  const numerator = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
  const denominator = fc.integer({ min: 1, max: 1e10 });
  fc.assert(fc.property(numerator, denominator, (n, d) => {
    const floor = BigInt(n) / BigInt(d);
    const exact = BigInt(n) % BigInt(d) === 0n;
    return BigInt(divideRounded(n, d, 'down')) === floor
      && BigInt(divideRounded(n, d, 'up')) === (exact ? floor : floor + (n < 0 ? -1n : 1n));
  }), { numRuns: 1_000 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 9e9 }), (q, d) =>
    q * d - 1 > Number.MAX_SAFE_INTEGER || divideRounded(q * d - 1, d, 'down') === (d === 1 ? q * d - 1 : q - 1)));
});

t.test('division of big integers rounds as that of small ones', async () => {
  const rounding = fc.constantFrom<Rounding[]>('down', 'up', 'half_up', 'half_even');
  fc.assert(fc.property(fc.integer({ min: -1_000, max: 1_000 }), fc.integer({ min: 1, max: 20 }), rounding, (n, d, rule) =>
    divideRoundedBig(BigInt(n), BigInt(d), rule) === BigInt(divideRounded(n, d, rule))), { numRuns: 2_000 });
  const size = 10n ** 30n;
  fc.assert(fc.property(fc.integer({ min: -1_000, max: 1_000 }), fc.integer({ min: 1, max: 20 }), rounding, (n, d, rule) =>
    divideRoundedBig(BigInt(n) * size, BigInt(d) * size, rule) === divideRoundedBig(BigInt(n), BigInt(d), rule)));
});

t.test('a decimal amount in minor units, downwards', async (t) => {
  t.same(toMoney(1.1, 'GBP'), { minor: 110, currency: 'GBP' });
  t.same(toMoney(0.29, 'EUR'), { minor: 29, currency: 'EUR' }, '0.29 × 100 is 28.999… in doubles');
  t.same(toMoney(9.999, 'USD'), { minor: 999, currency: 'USD' });
  t.same(toMoney(250, 'JPY'), { minor: 250, currency: 'JPY' });
  t.same(toMoney(1.2345, 'KWD'), { minor: 1234, currency: 'KWD' });
  t.equal(toMoney(-1, 'GBP'), undefined);
  t.equal(toMoney(Number.NaN, 'GBP'), undefined);
  t.equal(toMoney(Infinity, 'GBP'), undefined);
  t.equal(toMoney(1e15, 'GBP'), undefined);
});
