import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import type { SettledBet } from '../../domain/reconciliation.ts';
import { StatementError } from './errors.ts';
import { firstIssueOf, momentField, priceField, referenceField, settledBetOf } from './fields.ts';

const columns = ['reference', 'stake', 'price', 'profit', 'currency', 'settled_at', 'outcome'] as const;

const rowSchema = z.object({
  reference: referenceField, stake: z.string(), price: priceField, profit: z.string(), currency: z.string().trim(), settled_at: momentField, outcome: z.string(),
});

/** A record of csv-parse with where it ended. */
interface Parsed { readonly record: Record<string, string>; readonly info: { readonly lines: number } }

const parsed = (text: string, file: string): readonly Parsed[] => {
  try {
    const given = (header: string[]): string[] => {
      const names = header.map((name) => name.trim().toLowerCase());
      const missing = columns.filter((name) => !names.includes(name) && name !== 'currency');
      if (missing.length > 0) throw new StatementError('statement_malformed', `${file}, line 1: the header lacks ${missing.join(', ')}; a statement has the columns ${columns.join(', ')}`);
      return names;
    };
    return parse(text, { columns: given, bom: true, skip_empty_lines: true, trim: true, info: true }) as unknown as Parsed[];
  } catch (error) {
    if (error instanceof StatementError) throw error;
    const { message, lines } = error as Error & { lines?: number };
    throw new StatementError('statement_malformed', `${file}${lines === undefined ? '' : `, line ${lines}`}: ${message}`, { cause: error });
  }
};

/**
 * The bets of a CSV statement with the columns reference, stake, price, profit, currency, settled_at, outcome, in any order, others beside them. Amounts are decimal,
 * in major units; where there is no currency, `currency` is it. Throws StatementError with the number of the line.
 */
export const readCsvStatement = (text: string, file: string, currency?: string): readonly SettledBet[] =>
  parsed(text, file).map(({ record, info }) => {
    const failed = (what: string): never => { throw new StatementError('statement_malformed', `${file}, line ${info.lines}: ${what}`); };
    const row = rowSchema.safeParse({ ...record, currency: record['currency'] || currency || '' });
    if (!row.success) return failed(firstIssueOf(row.error));
    const { price, settled_at: settledAtMs, currency: stated, ...rest } = row.data;
    if (stated === '') throw new StatementError('currency_missing', `${file}, line ${info.lines}: of which currency? Give --currency`);
    const bet = settledBetOf({ ...rest, priceE4: price, settledAtMs }, stated);
    return typeof bet === 'string' ? failed(bet) : bet;
  });
