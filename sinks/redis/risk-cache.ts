import { decimalAmount } from '../../domain/amount.ts';
import type { RiskVarRow } from '../../schemas/generated/risk-var.ts';
import { hashCache } from './hash-cache.ts';

const SYNDICATE = 'syndicate:';

/** What each syndicate can lose: hash `syndicate:positions:{id}`, amounts in major units with all their decimals; other portfolios have none. `_meta` says the currency. */
export const riskCache = hashCache<RiskVarRow>({
  keyOf: (portfolio) => (portfolio.startsWith(SYNDICATE) ? `${SYNDICATE}positions:${portfolio.slice(SYNDICATE.length)}` : undefined),
  channel: 'risk-changes',
  hashOf(row, partition) {
    const currency = row.text(row.currency), amount = (minor: number): string => decimalAmount(Math.round(minor), currency);
    return {
      fields: [
        'total_exposure', amount(row.totalExposureMinor), 'active_bets', String(row.activeBets), 'daily_pnl', amount(row.dailyPnlMinor), 'var_95', amount(row.var95Minor), 'cvar_95', amount(row.cvar95Minor),
      ],
      rest: `"partition":${partition},"currency":${JSON.stringify(currency)}}`,
    };
  },
});
