import { type ArbitrageRow, arbitrageKindSymbols, arbitrageStateSymbols, sideSymbols } from '../../schemas/generated/arbitrage.ts';
import { Fate } from '../../stream/fates.ts';
import { ratio } from './best-odds.ts';
import type { Series } from './copy-destination.ts';
import { type CopyRows, copyText, storable, timeText } from './copy-text.ts';

/** `arbitrage`: one row per change of state. */
export const arbitrageSeries: Series<ArbitrageRow> = {
  table: 'arbitrage',
  columns: [
    'arbitrage_id', 'state', 'kind', 'sport_id', 'event_id', 'market_type', 'opened_at', 'in_play', 'inverse_sum', 'profit_margin', 'executable', 'palpable_error',
    'oldest_leg_age_ms', 'legs', 'timestamp', 'source_partition', 'source_offset',
  ],

  format(row: ArbitrageRow, _partition: number, lines: CopyRows): Fate {
    lines.add(`${[
      copyText(row.text(row.arbitrageId)), arbitrageStateSymbols[row.state], arbitrageKindSymbols[row.kind], copyText(row.text(row.sport)), copyText(row.text(row.eventId)), copyText(row.text(row.market)),
      timeText(row.openedAt), row.inPlay ? 't' : 'f', ratio(row.inverseSum), ratio(row.profitMargin), row.executable ? 't' : 'f', row.palpableError ? 't' : 'f',
      row.oldestLegAgeMs, copyText(JSON.stringify(legsOf(row))), timeText(row.timestamp), row.sourcePartition, row.sourceOffset,
    ].join('\t')}\n`);
    return Fate.applied;
  },
};

const legsOf = (row: ArbitrageRow): unknown[] => {
  const legs: unknown[] = [];
  for (let at = row.legsStart; at < row.legsEnd; at++) {
    const stakeMinor = row.legsStakeMinor(at);
    legs.push({
      outcome: storable(row.text(row.legsOutcome(at))), side: sideSymbols[row.legsSide(at)], bookmaker: storable(row.text(row.legsProvider(at))),
      price: row.legsPrice(at), net_price: row.legsNetPrice(at), stake_share: row.legsStakeShare(at), stake_minor: Number.isNaN(stakeMinor) ? null : stakeMinor,
      palpable_error: row.legsPalpableError(at), quoted_at: timeText(row.legsQuotedAt(at)), offset: row.legsOffset(at),
    });
  }
  return legs;
};
