import t from 'tap';
import { closingLineValue } from './closing-line.ts';

t.test('odds taken by devigged close, less one', async (t) => {
  t.same(closingLineValue(2.1, 0.5), { ok: true, value: 2.1 * 0.5 - 1 });
  const worse = closingLineValue(1.9, 0.5);
  t.ok(worse.ok && worse.value < 0);
});

t.test('no value without a price and a probability', async (t) => {
  for (const price of [1, 0, Number.NaN, Infinity]) {
    const value = closingLineValue(price, 0.5);
    t.ok(!value.ok && value.error.code === 'price_not_above_one', String(price));
  }
  for (const probability of [0, 1, -0.1, Number.NaN]) {
    const value = closingLineValue(2, probability);
    t.ok(!value.ok && value.error.code === 'probability_out_of_range', String(probability));
  }
});
