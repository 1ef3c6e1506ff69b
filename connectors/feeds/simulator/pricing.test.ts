import fc from 'fast-check';
import t from 'tap';
import { american, cents, exchangeSteps, fractions, HIGHEST_PRICE, LOWEST_PRICE, rungBelow } from './ladder.ts';
import { layOn } from './pricing.ts';

t.test('ladders ascend, within the bounds of prices', (t) => {
  for (const ladder of [american, cents, exchangeSteps, fractions]) {
    t.ok(ladder[0]! >= LOWEST_PRICE - 0.0001 && ladder.at(-1)! <= HIGHEST_PRICE);
    t.ok(ladder.every((price, at) => at === 0 || price > ladder[at - 1]!));
  }
  t.equal(cents[rungBelow(cents, 1.919)], 1.91);
  t.equal(exchangeSteps[rungBelow(exchangeSteps, 5.19)], 5.1);
  t.equal(fractions[rungBelow(fractions, 1.95)], 1.9090, 'ten to eleven, cut and not rounded');
  t.equal(american[rungBelow(american, 1.9091)], 1 + 100 / 110);
  t.equal(rungBelow(cents, 1.005), -1, 'below the lowest price there is none');
  t.end();
});

t.test('a margin is laid on exactly, and longer prices stay longer', (t) => {
  fc.assert(fc.property(
    fc.array(fc.double({ min: 0.02, max: 1, noNaN: true }), { minLength: 2, maxLength: 3 }),
    fc.double({ min: 0.005, max: 0.12, noNaN: true }), fc.constantFrom('proportional', 'power'),
    (weights, margin, method) => {
      const sum = weights.reduce((a, b) => a + b, 0);
      const shares = Float64Array.from(weights, (weight) => weight / sum);
      const implied = shares.slice();
      layOn(implied, implied.length, margin, method, 1);
      return Math.abs(implied.reduce((a, b) => a + b, 0) - 1 - margin) < 1e-9
        && implied.every((value, at) => (value - implied[0]!) * (shares[at]! - shares[0]!) >= 0);
    },
  ), { seed: 3, numRuns: 1000 });
  t.end();
});

t.test('powers take more of the margin from long prices', (t) => {
  const shares = Float64Array.from([0.8, 0.2]);
  layOn(shares, 2, 0.05, 'power', 1);
  t.ok(shares[1]! / 0.2 > 1.1 && shares[0]! / 0.8 < 1.05, `${shares.join(' ')}`);
  t.end();
});
