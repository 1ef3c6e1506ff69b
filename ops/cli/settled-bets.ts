/** Our side of a provider's statement. */
import type pg from 'pg';
import type { SettledBet } from '../../domain/reconciliation.ts';

/** Which of our bets a statement is held against: those settled within a span of time, and those that it names. */
export interface StatementSpan {
  readonly provider: string;
  /** Epoch ms, inclusive. */
  readonly fromMs: number;
  /** Epoch ms, exclusive. */
  readonly untilMs: number;
  readonly references: readonly string[];
}

export interface OurBets {
  readonly settled: readonly SettledBet[];
  /** References of bets that were cashed out with us, if only in part: the provider settles the whole of them, and our row only what was left. */
  readonly cashedOut: readonly string[];
}

interface Row {
  readonly reference: string; readonly stake_minor: string; readonly price_e4: string; readonly profit_minor: string; readonly currency: string;
  readonly settled_ms: string; readonly outcome: string | null; readonly is_cashed_out: boolean;
}

/** A bet that never had a reference has its own id in its place: no statement can name it. */
const query = `
  SELECT coalesce(provider_ref, 'bet ' || id) AS reference, stake_minor, floor(odds * 10000)::bigint AS price_e4,
         gross_minor - liability_minor AS profit_minor,
         currency, floor(extract(epoch FROM settled_at) * 1000)::bigint AS settled_ms, result AS outcome,
         status = 'cashed_out' OR cashed_stake_minor > 0 AS is_cashed_out
    FROM bets
   WHERE bookmaker_id = $1 AND status IN ('settled', 'cashed_out')
     AND (provider_ref = ANY($4) OR (settled_at >= to_timestamp($2 / 1000.0) AND settled_at < to_timestamp($3 / 1000.0)))
   ORDER BY reference, placed_at, id`;

/** Our bets with the provider as the statement should have them: profits before commission, and a free bet's stake as staked, which it was there. */
export const findSettledBets = async (client: pg.Client, { provider, fromMs, untilMs, references }: StatementSpan): Promise<OurBets> => {
  const { rows } = await client.query<Row>(query, [provider, fromMs, untilMs, references]);
  return {
    settled: rows.filter((row) => !row.is_cashed_out).map((row) => ({
      reference: row.reference, stakeMinor: Number(row.stake_minor), priceE4: Number(row.price_e4), profitMinor: Number(row.profit_minor),
      currency: row.currency, settledAtMs: Number(row.settled_ms), outcome: row.outcome ?? '',
    })),
    cashedOut: rows.filter((row) => row.is_cashed_out).map(({ reference }) => reference),
  };
};
