import type { Flag } from '../../domain/var/inputs.ts';
import type { RiskResult } from '../../domain/var/risk.ts';
import type { RiskVar } from '../../schemas/generated/risk-var.ts';
import type { Kept } from './kept.ts';
import type { InputOffset } from './watch.ts';

/** A risk, and what it is of. */
export interface Computed {
  readonly portfolio: string;
  readonly timestampMs: number;
  readonly currency: string;
  readonly horizonMs: number;
  readonly activeBets: number;
  readonly dailyPnlMinor: number;
  readonly flags: readonly Flag[];
  readonly inputs: readonly InputOffset[];
  readonly seed: number;
  readonly result: RiskResult;
  readonly kept: Kept;
}

/** As it goes to `risk-var`. */
export const recordOf = ({ portfolio, timestampMs, currency, horizonMs, activeBets, dailyPnlMinor, flags, inputs, seed, result, kept }: Computed): RiskVar => {
  const { measures: { expectedPnl, probabilityOfLoss, var95, cvar95, var99, cvar99, largestLoss } } = result;
  return {
    timestamp: timestampMs, portfolio, currency, horizon_ms: horizonMs, active_bets: activeBets,
    total_exposure_minor: result.exposure.lossMinor, exposure_is_bound: result.exposure.isBound, daily_pnl_minor: dailyPnlMinor,
    expected_pnl_minor: expectedPnl.value, expected_pnl_error: expectedPnl.standardError,
    probability_of_loss: probabilityOfLoss.value, probability_of_loss_error: probabilityOfLoss.standardError,
    var_95_minor: var95.value, var_95_error: var95.standardError, cvar_95_minor: cvar95.value, cvar_95_error: cvar95.standardError,
    var_99_minor: var99.value, var_99_error: var99.standardError, cvar_99_minor: cvar99.value, cvar_99_error: cvar99.standardError,
    largest_loss_minor: largestLoss, correlation_impact_minor: result.correlationImpactMinor,
    seed, paths: result.paths, method: result.method, backend: result.backend, adapter: result.adapter, is_software: result.isSoftware,
    scale_minor: result.scaleMinor, error_bound_minor: result.errorBoundMinor,
    contributions: result.contributions.components.map(({ name: component, cvar95Minor }) => ({ component, cvar_95_minor: cvar95Minor })),
    bets: result.contributions.bets.map(({ name: betId, cvar95Minor }) => ({ bet_id: betId, cvar_95_minor: cvar95Minor })),
    stress: result.stress.map(({ scenario, pnlMinor }) => ({ scenario, pnl_minor: pnlMinor })),
    flags: [...flags, ...result.flags].map(({ market, code }) => ({ market, code })), inputs: [...inputs],
    model: kept.model, model_hash: kept.modelHash,
  };
};
