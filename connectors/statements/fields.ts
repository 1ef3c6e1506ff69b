/** What statements write their bets in: amounts, prices, moments. Each schema gives what the domain takes, or says what is wrong. */
import { z } from 'zod';
import { parseAmount } from '../../domain/amount.ts';
import type { SettledBet } from '../../domain/reconciliation.ts';
import { toPriceE4 } from '../../domain/odds.ts';

/** A bet as a statement has it, its amounts still decimal text. */
export interface StatedBet {
  readonly reference: string;
  readonly stake: string;
  readonly priceE4: number;
  readonly profit: string;
  readonly settledAtMs: number;
  readonly outcome: string;
}

/** Something to call a bet by. */
export const referenceField = z.string().trim().min(1, 'a bet needs a reference');

/** A decimal price, in ten-thousandths. */
export const priceField = z.coerce.number('give a decimal price, as in 1.22').transform((price, context): number => {
  const priceE4 = toPriceE4(price);
  if (typeof priceE4 === 'number') return priceE4;
  context.addIssue({ code: 'custom', message: `${price} is no decimal price above 1` });
  return z.NEVER;
});

/** A moment with its zone, epoch ms. */
export const momentField = z.iso.datetime({ offset: true, message: 'give a time with its zone, as in 2026-03-01T18:00:00Z' }).transform((text) => Date.parse(text));

/** A signed decimal amount in minor units, exactly; or what is wrong with it. */
const signedMinor = (text: string, currency: string): number | string => {
  const [, sign, amount = ''] = /^([+-]?)(.*)$/s.exec(text.trim()) ?? [];
  if (/^0+(\.0*)?$/.test(amount)) return 0;
  const parsed = parseAmount(amount, currency);
  if (!parsed.ok) return parsed.error.message;
  return sign === '-' ? -parsed.value.minor : parsed.value.minor;
};

/** The bet with its amounts in minor units of the currency, or what is wrong with them. */
export const settledBetOf = ({ stake, profit, ...bet }: StatedBet, currency: string): SettledBet | string => {
  const stakeMinor = signedMinor(stake, currency);
  if (typeof stakeMinor === 'string') return `stake: ${stakeMinor}`;
  if (stakeMinor < 0) return `stake: ${stake} is below zero`;
  const profitMinor = signedMinor(profit, currency);
  return typeof profitMinor === 'string' ? `profit: ${profitMinor}` : { ...bet, stakeMinor, profitMinor, currency };
};

/** The first thing that is wrong, with the field's name. */
export const firstIssueOf = (error: z.ZodError): string => {
  const [issue] = error.issues;
  return issue === undefined ? 'it is malformed' : `${issue.path.length === 0 ? '' : `${issue.path.join('.')}: `}${issue.message}`;
};
