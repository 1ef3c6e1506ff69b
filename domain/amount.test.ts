import fc from 'fast-check';
import t from 'tap';
import { formatAmount, parseAmount } from './amount.ts';

const codeOf = (text: string, currency: string): string => {
  const parsed = parseAmount(text, currency);
  return parsed.ok ? String(parsed.value.minor) : parsed.error.code;
};

t.test('an amount is exact, or refused with a code', async (t) => {
  for (const [text, currency, expected] of [
    ['12.50', 'EUR', '1250'], ['12.5', 'EUR', '1250'], ['12', 'EUR', '1200'], ['0.07', 'EUR', '7'], ['+3', 'EUR', '300'], ['500', 'JPY', '500'], ['1.234', 'KWD', '1234'],
    ['90071992547409.91', 'EUR', '9007199254740991'],
    ['-5', 'EUR', 'amount_not_positive'], ['0', 'EUR', 'amount_not_positive'], ['-0.00', 'EUR', 'amount_not_positive'],
    ['1.234', 'EUR', 'amount_fraction'], ['1.230', 'EUR', 'amount_fraction'], ['0.5', 'JPY', 'amount_fraction'],
    ['', 'EUR', 'amount_malformed'], ['1,50', 'EUR', 'amount_malformed'], ['1e3', 'EUR', 'amount_malformed'], ['.5', 'EUR', 'amount_malformed'], ['NaN', 'EUR', 'amount_malformed'], [' 1', 'EUR', 'amount_malformed'],
    ['90071992547409.92', 'EUR', 'amount_too_large'], ['1', 'eur', 'currency_malformed'], ['1', '', 'currency_malformed'],
  ] as const) t.equal(codeOf(text, currency), expected, `${text} ${currency}`);
});

t.test('what is written is read again, digit by digit', async () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.constantFrom('EUR', 'JPY', 'KWD'), (minor, currency) => {
    const [text = ''] = formatAmount(minor, currency).split(' ');
    return codeOf(text, currency) === String(minor) && formatAmount(-minor, currency) === `-${text} ${currency}`;
  }));
});

t.test('zero has its decimals', async (t) => {
  t.equal(formatAmount(0, 'EUR'), '0.00 EUR');
  t.equal(formatAmount(-5, 'EUR'), '-0.05 EUR');
  t.equal(formatAmount(0, 'JPY'), '0 JPY');
});
