import { riskMethodSymbols, type RiskVarRow } from '../../schemas/generated/risk-var.ts';
import { Fate } from '../../stream/fates.ts';
import type { Series } from './copy-destination.ts';
import { type CopyRows, copyText, NULL, storable, timeText } from './copy-text.ts';

/** `risk_var`: one row per computation. */
export const riskVarSeries: Series<RiskVarRow> = {
  table: 'risk_var',
  columns: [
    'portfolio', 'timestamp', 'currency', 'horizon_ms', 'active_bets', 'total_exposure_minor', 'exposure_is_bound', 'daily_pnl_minor', 'expected_pnl_minor', 'expected_pnl_error',
    'probability_of_loss', 'probability_of_loss_error', 'var_95_minor', 'var_95_error', 'cvar_95_minor', 'cvar_95_error', 'var_99_minor', 'var_99_error', 'cvar_99_minor', 'cvar_99_error',
    'largest_loss_minor', 'correlation_impact_minor', 'seed', 'paths', 'method', 'backend', 'adapter', 'is_software', 'scale_minor', 'error_bound_minor',
    'contributions', 'bets', 'stress', 'flags', 'inputs', 'model', 'model_hash',
  ],

  format(row: RiskVarRow, _partition: number, lines: CopyRows): Fate {
    lines.add(`${[
      copyText(row.text(row.portfolio)), timeText(row.timestamp), copyText(row.text(row.currency)), row.horizonMs, row.activeBets, row.totalExposureMinor, row.exposureIsBound ? 't' : 'f', row.dailyPnlMinor,
      row.expectedPnlMinor, row.expectedPnlError, row.probabilityOfLoss, row.probabilityOfLossError, row.var95Minor, row.var95Error, row.cvar95Minor, row.cvar95Error, row.var99Minor, row.var99Error,
      row.cvar99Minor, row.cvar99Error, row.largestLossMinor, row.correlationImpactMinor, row.seed, row.paths, riskMethodSymbols[row.method], copyText(row.text(row.backend)),
      row.adapter < 0 ? NULL : copyText(row.text(row.adapter)), row.isSoftware ? 't' : 'f', row.scaleMinor, row.errorBoundMinor,
      json(row.contributionsStart, row.contributionsEnd, (at) => ({ component: storable(row.text(row.contributionsComponent(at))), cvar_95_minor: row.contributionsCvar95Minor(at) })),
      json(row.betsStart, row.betsEnd, (at) => ({ bet_id: storable(row.text(row.betsBetId(at))), cvar_95_minor: row.betsCvar95Minor(at) })),
      json(row.stressStart, row.stressEnd, (at) => ({ scenario: storable(row.text(row.stressScenario(at))), pnl_minor: row.stressPnlMinor(at) })),
      json(row.flagsStart, row.flagsEnd, (at) => ({ market: storable(row.text(row.flagsMarket(at))), code: storable(row.text(row.flagsCode(at))) })),
      json(row.inputsStart, row.inputsEnd, (at) => ({ topic: storable(row.text(row.inputsTopic(at))), partition: row.inputsPartition(at), next_offset: row.inputsNextOffset(at) })),
      copyText(`\\x${Buffer.from(row.text(row.model), 'base64').toString('hex')}`), copyText(row.text(row.modelHash)),
    ].join('\t')}\n`);
    return Fate.applied;
  },
};

const json = (start: number, end: number, item: (at: number) => unknown): string => copyText(JSON.stringify(Array.from({ length: end - start }, (_, i) => item(start + i))));
