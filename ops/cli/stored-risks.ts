import type pg from 'pg';
import type { RiskVar } from '../../schemas/generated/risk-var.ts';

/** A row of `risk_var` as it is shown and computed again. */
export interface StoredRisk extends Omit<RiskVar, 'timestamp' | 'horizon_ms' | 'seed' | 'model'> {
  readonly timestampMs: number;
  /** gzip. */
  readonly model: Buffer;
}

/** What is compared: figures that come out of the computation alone. */
export const figureNames = [
  'total_exposure_minor', 'expected_pnl_minor', 'expected_pnl_error', 'probability_of_loss', 'probability_of_loss_error', 'var_95_minor', 'var_95_error', 'cvar_95_minor', 'cvar_95_error',
  'var_99_minor', 'var_99_error', 'cvar_99_minor', 'cvar_99_error', 'largest_loss_minor', 'correlation_impact_minor', 'scale_minor', 'error_bound_minor',
] as const satisfies readonly (keyof StoredRisk)[];

const columns = `portfolio, (extract(epoch FROM "timestamp") * 1000)::float8 AS "timestampMs", currency, active_bets, total_exposure_minor::float8, exposure_is_bound, daily_pnl_minor::float8,
  expected_pnl_minor, expected_pnl_error, probability_of_loss, probability_of_loss_error, var_95_minor, var_95_error, cvar_95_minor, cvar_95_error, var_99_minor, var_99_error,
  cvar_99_minor, cvar_99_error, largest_loss_minor, correlation_impact_minor, paths, method, backend, adapter, is_software, scale_minor, error_bound_minor,
  contributions, bets, stress, flags, inputs, model, model_hash`;

/** The newest of a portfolio at a moment, epoch ms; undefined where there is none yet. */
export const riskAt = async (client: pg.Client, portfolio: string, atMs: number): Promise<StoredRisk | undefined> =>
  (await client.query<StoredRisk>(`SELECT ${columns} FROM risk_var WHERE portfolio = $1 AND "timestamp" <= to_timestamp($2::float8 / 1000) ORDER BY "timestamp" DESC, ctid DESC LIMIT 1`, [portfolio, atMs])).rows[0];

/** The newest of each portfolio at a moment, the largest CVaR first. */
export const risksAt = async (client: pg.Client, atMs: number): Promise<StoredRisk[]> =>
  (await client.query<StoredRisk>(`
    SELECT * FROM (SELECT DISTINCT ON (portfolio) ${columns} FROM risk_var WHERE "timestamp" <= to_timestamp($1::float8 / 1000) ORDER BY portfolio, "timestamp" DESC, ctid DESC) newest
     ORDER BY cvar_95_minor DESC, portfolio`, [atMs])).rows;
