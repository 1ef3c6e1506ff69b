import type pg from 'pg';
import { type LedgerCheck, ledgerChecks } from './checks.ts';

/** What a check found. */
export interface Finding extends Pick<LedgerCheck, 'name' | 'doc'> {
  /** How many it looked at. */
  readonly counted: number;
  readonly wrong: number;
  /** The first of what is wrong, a line each. */
  readonly examples: readonly string[];
}

const MOST_EXAMPLES = 20;

/** Adds everything up again, as of one moment: what is written meanwhile is not seen. Writes nothing. */
export const checkLedger = (client: pg.ClientBase): Promise<Finding[]> => asOfOneMoment(client, async () => {
  const findings: Finding[] = [];
  for (const { name, doc, counted, wrong } of ledgerChecks) {
    const { rows: [count] } = await client.query<{ count: string }>(counted);
    const { rows } = await client.query<{ text: string; count: string }>(`SELECT text, count(*) OVER () AS count FROM (${wrong}) AS wrong (text) ORDER BY text LIMIT ${MOST_EXAMPLES}`);
    findings.push({ name, doc, counted: Number(count!.count), wrong: Number(rows[0]?.count ?? 0), examples: rows.map(({ text }) => text) });
  }
  return findings;
});

export interface Balance { readonly account: string; readonly bucket: string; readonly currency: string; readonly minor: number }

/** What the ledger's entries add up to: our own accounts first, then the others by name; or of one account alone. */
export const balancesOf = async (client: pg.ClientBase, account?: string): Promise<Balance[]> => {
  const { rows } = await client.query<{ account_id: string; bucket: string; currency: string; balance_minor: string }>(`
    SELECT account_id, bucket, currency, balance_minor FROM ledger_balances WHERE $1::text IS NULL OR account_id = $1
     ORDER BY bucket <> 'own', array_position(ARRAY['house', 'provider', 'commission', 'cash', 'promotions'], split_part(account_id, ':', 1)), account_id, currency,
              array_position(ARRAY['available', 'held', 'staked', 'receivable', 'own'], bucket)`, [account ?? null]);
  return rows.map((row) => ({ account: row.account_id, bucket: row.bucket, currency: row.currency, minor: Number(row.balance_minor) }));
};

const asOfOneMoment = async <A>(client: pg.ClientBase, work: () => Promise<A>): Promise<A> => {
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    // Whoever only reads has a limit, so that no look holds back vacuum by mistake; this one is meant.
    await client.query('SET LOCAL statement_timeout = 0');
    return await work();
  } finally {
    await client.query('COMMIT');
  }
};
