/** Amounts as people write and read them. */
import { type Money, minorDigitsOf } from './money.ts';
import type { Result } from './result.ts';

export type AmountErrorCode = 'currency_malformed' | 'amount_malformed' | 'amount_not_positive' | 'amount_fraction' | 'amount_too_large';

/** A text that is no amount of money. The message says how to write one. */
export class AmountError extends Error {
  override readonly name = 'AmountError';
  readonly code: AmountErrorCode;

  constructor(code: AmountErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const failed = (code: AmountErrorCode, message: string): { readonly ok: false; readonly error: AmountError } => ({ ok: false, error: new AmountError(code, message) });

/**
 * A decimal amount of a currency, as in `12.50`, exactly: more decimals than the currency has are refused, not rounded, and so is what is not above zero. Errors:
 * `currency_malformed`, `amount_malformed`, `amount_not_positive`, `amount_fraction`, `amount_too_large` (2^53 minor units and more).
 */
export const parseAmount = (text: string, currency: string): Result<Money, AmountError> => {
  if (!/^[A-Z]{3}$/.test(currency)) return failed('currency_malformed', `"${currency}" is no currency: give three capital letters (ISO 4217), as in EUR`);
  const [, sign, whole, decimals = ''] = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined) return failed('amount_malformed', `"${text}" is no amount: write digits and a decimal point, as in 12.50`);
  const digits = minorDigitsOf(currency);
  if (sign === '-' || /^0*$/.test(whole + decimals)) return failed('amount_not_positive', `${text} ${currency}: an amount must be above zero`);
  if (decimals.length > digits) return failed('amount_fraction', `${text} ${currency}: ${digits === 0 ? `${currency} has no decimals` : `${currency} has ${digits} decimals, and no more can be given`}`);
  const minor = Number(whole + decimals.padEnd(digits, '0'));
  return Number.isSafeInteger(minor) ? { ok: true, value: { minor, currency } } : failed('amount_too_large', `${text} ${currency} is more than can be counted exactly`);
};

/** Minor units as an amount of the currency with all its decimals: `-0.05 EUR`, `1250 JPY`. */
export const formatAmount = (minor: number, currency: string): string => `${decimalAmount(minor, currency)} ${currency}`;

/** The same without the currency's name: `-0.05`, `1250`. */
export const decimalAmount = (minor: number, currency: string): string => {
  const digits = minorDigitsOf(currency), text = String(Math.abs(minor)).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits), decimals = text.slice(text.length - digits);
  return `${minor < 0 ? '-' : ''}${whole}${digits === 0 ? '' : `.${decimals}`}`;
};
