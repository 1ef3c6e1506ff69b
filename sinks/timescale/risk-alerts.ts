import { limitStateSymbols, type RiskAlertRow } from '../../schemas/generated/risk-alert.ts';
import { Fate } from '../../stream/fates.ts';
import type { Series } from './copy-destination.ts';
import { type CopyRows, copyText, timeText } from './copy-text.ts';

/** `risk_alerts`: one row per change of state. */
export const riskAlertsSeries: Series<RiskAlertRow> = {
  table: 'risk_alerts',
  columns: ['portfolio', 'limit_name', 'state', 'value_minor', 'limit_minor', 'currency', 'timestamp', 'source_topic', 'source_partition', 'source_offset'],

  format(row: RiskAlertRow, _partition: number, lines: CopyRows): Fate {
    lines.add(`${[
      copyText(row.text(row.portfolio)), copyText(row.text(row.limit)), limitStateSymbols[row.state], row.valueMinor, row.limitMinor, copyText(row.text(row.currency)), timeText(row.timestamp),
      copyText(row.text(row.sourceTopic)), row.sourcePartition, row.sourceOffset,
    ].join('\t')}\n`);
    return Fate.applied;
  },
};
