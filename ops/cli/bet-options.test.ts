import fc from 'fast-check';
import t from 'tap';
import { accountOf, amountOf, legOf, slippageOf, uuidOf, waitOf } from './bet-options.ts';

const refusal = (act: () => unknown): string => {
  try {
    act();
    return 'none';
  } catch (error) {
    const { name, code, message } = error as Error & { code: string };
    return `${name} ${code}: ${message}`;
  }
};

t.test('a stake that is negative, nothing or finer than the currency is refused with its code', async (t) => {
  t.same(amountOf('--stake', '12.50', 'EUR'), { minor: 1250, currency: 'EUR' });
  t.match(refusal(() => amountOf('--stake', '-5', 'EUR')), /^UsageError amount_not_positive: --stake -5 EUR: .*above zero/);
  t.match(refusal(() => amountOf('--stake', '0.00', 'EUR')), /amount_not_positive/);
  t.match(refusal(() => amountOf('--stake', '1.005', 'EUR')), /amount_fraction: .*EUR has 2 decimals/);
  t.match(refusal(() => amountOf('--stake', '1.5', 'JPY')), /amount_fraction: .*JPY has no decimals/);
  t.match(refusal(() => amountOf('--stake', 'ten', 'EUR')), /amount_malformed/);
  t.match(refusal(() => amountOf('--stake', '1', 'euro')), /currency_malformed: --currency/);
});

t.test('a leg names sport, event, market, outcome and the price seen', async (t) => {
  t.same(legOf('football:e1:1x2/home@2.1'), { sport: 'football', event_id: 'e1', market: '1x2', outcome: 'home', price: 2.1 });
  t.same(legOf('football:e1:totals:2.5/over@1.91'), { sport: 'football', event_id: 'e1', market: 'totals:2.5', outcome: 'over', price: 1.91 });
  for (const text of ['', 'home@2', 'football:e1/home@2', 'football:e1:1x2/home', 'football:e1:1x2@2', 'football:e1:1x2/@2', 'football::1x2/home@2']) t.match(refusal(() => legOf(text)), /leg_malformed/, text);
  t.match(refusal(() => legOf('football:e1:totals:2.50/over@2')), /line_not_canonical/);
  for (const price of ['1', '0.5', '-2', '10000.5', 'NaN', '1e2', '1.23456', '2,5']) t.match(refusal(() => legOf(`football:e1:1x2/home@${price}`)), /price_out_of_bounds/, price);
});

t.test('every leg that is written is read', async () => {
  const name = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);
  fc.assert(fc.property(name, name, fc.constantFrom('1x2', 'totals:2.5', 'asian_handicap:-0.75', '1x2.h1'), name, fc.integer({ min: 10_001, max: 100_000_000 }), (sport, eventId, market, outcome, priceE4) => {
    const leg = legOf(`${sport}:${eventId}:${market}/${outcome}@${priceE4 / 10_000}`);
    return leg.sport === sport && leg.event_id === eventId && leg.market === market && leg.outcome === outcome && leg.price === priceE4 / 10_000;
  }));
});

t.test('ids, slippage and the time to wait', async (t) => {
  t.equal(uuidOf('--id', '0B1D3C52-5B0E-4C53-9D6C-0A4F6F1F2F10'), '0b1d3c52-5b0e-4c53-9d6c-0a4f6f1f2f10');
  t.match(refusal(() => uuidOf('--id', '7')), /uuid_malformed/);
  t.equal(accountOf('anna'), 'anna');
  t.match(refusal(() => accountOf('')), /account_malformed/);
  t.match(refusal(() => accountOf('a\0b')), /account_malformed/);
  t.same(['0', '0.02', '.5'].map(slippageOf), [0, 0.02, 0.5]);
  for (const text of ['', '.', '1', '-0.1', '2 %']) t.match(refusal(() => slippageOf(text)), /slippage_malformed/, text);
  t.same(['0', '10', '0.5'].map(waitOf), [0, 10_000, 500]);
  for (const text of ['', '-1', 'long', '9999']) t.match(refusal(() => waitOf(text)), /wait_malformed/, text);
});
