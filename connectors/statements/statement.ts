/** A provider's statement: what it says of the bets that it settled. */
import { readFileSync } from 'node:fs';
import type { SettledBet } from '../../domain/reconciliation.ts';
import { readClearedOrders } from './cleared-orders.ts';
import { readCsvStatement } from './csv.ts';
import { StatementError } from './errors.ts';

/**
 * The bets of a statement's text: Betfair's cleared orders where it begins as JSON does, else CSV. `currency` is for those that do not name
 * theirs. Throws StatementError.
 */
export const readStatement = (text: string, file: string, currency?: string): readonly SettledBet[] => {
  if (text.trim() === '') throw new StatementError('statement_malformed', `${file}: it is empty`);
  return /^\s*[[{]/.test(text) ? readClearedOrders(text, file, currency) : readCsvStatement(text, file, currency);
};

/** {@link readStatement} of a file in UTF-8. */
export const readStatementFile = (file: string, currency?: string): readonly SettledBet[] => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new StatementError('statement_unreadable', `${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return readStatement(text, file, currency);
};
