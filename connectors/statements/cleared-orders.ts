import { z } from 'zod';
import type { SettledBet } from '../../domain/reconciliation.ts';
import { StatementError } from './errors.ts';
import { firstIssueOf, momentField, priceField, referenceField, settledBetOf } from './fields.ts';

/** What is read of a cleared order (ClearedOrderSummary, grouped by bet). */
const orderSchema = z.object({
  betId: referenceField, priceMatched: priceField, sizeSettled: z.number(), profit: z.number(), settledDate: momentField, betOutcome: z.string().default(''),
});

const pageSchema = z.object({ clearedOrders: z.array(z.unknown()), moreAvailable: z.boolean().default(false) });
/** A page by itself, the JSON-RPC answer around one, or a list of either. */
const answerSchema = z.union([pageSchema, z.object({ result: pageSchema }).transform(({ result }) => result)]);
const documentSchema = z.union([answerSchema.transform((page) => [page]), z.array(answerSchema).min(1)]);

const documentOf = (text: string, file: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const { message } = error as Error;
    const at = /position (\d+)/.exec(message)?.[1];
    const line = at === undefined ? text.split('\n').length : text.slice(0, Number(at)).split('\n').length;
    throw new StatementError('statement_malformed', `${file}, line ${line}: it is no JSON (${message})`, { cause: error });
  }
};

/**
 * The bets of Betfair's listClearedOrders: one answer, or a list of all pages of one. It names no currency, that is the account's: `currency`. Throws StatementError with
 * the order's place and betId, and where the last page says that there is more: half a statement would call the other half missing.
 */
export const readClearedOrders = (text: string, file: string, currency?: string): readonly SettledBet[] => {
  const document = documentSchema.safeParse(documentOf(text, file));
  if (!document.success) throw new StatementError('statement_malformed', `${file}: it is no answer of listClearedOrders: clearedOrders is missing or no list`);
  const pages = document.data;
  if (pages.at(-1)?.moreAvailable === true) {
    throw new StatementError('statement_incomplete', `${file}: its last page says that more is available; fetch all pages (fromRecord) and put them into one list`);
  }
  if (currency === undefined) throw new StatementError('currency_missing', `${file}: cleared orders do not say of which currency they are; give --currency, the account's`);
  return pages.flatMap(({ clearedOrders }) => clearedOrders).map((given, at) => {
    const betId = (given as { betId?: unknown } | null)?.betId;
    const failed = (what: string): never => {
      throw new StatementError('statement_malformed', `${file}, order ${at + 1}${typeof betId === 'string' ? ` (betId ${betId})` : ''}: ${what}`);
    };
    const order = orderSchema.safeParse(given);
    if (!order.success) return failed(firstIssueOf(order.error));
    const { betId: reference, priceMatched: priceE4, sizeSettled, profit, settledDate: settledAtMs, betOutcome: outcome } = order.data;
    const bet = settledBetOf({ reference, stake: String(sizeSettled), priceE4, profit: String(profit), settledAtMs, outcome }, currency);
    return typeof bet === 'string' ? failed(bet) : bet;
  });
};
