import type { BestOddsRow } from '../../schemas/generated/best-odds.ts';
import { Fate } from '../../stream/fates.ts';
import type { Series } from './copy-destination.ts';
import { type CopyRows, copyText, NULL, orNull, timeText } from './copy-text.ts';
import { storedPrice } from './odds-history.ts';

/** `best_odds`: one row per outcome; of a market in which no price is live any more, one row that says so. */
export const bestOddsSeries: Series<BestOddsRow> = {
  table: 'best_odds',
  columns: ['sport_id', 'event_id', 'market_type', 'inverse_sum', 'bookmakers', 'in_play', 'timestamp', 'source_partition', 'source_offset', 'outcome', 'bookmaker_id', 'odds', 'net_odds', 'limit_minor', 'quoted_at', 'quote_offset'],

  format(row: BestOddsRow, _partition: number, lines: CopyRows): Fate {
    const market = [
      copyText(row.text(row.sport)), copyText(row.text(row.eventId)), copyText(row.text(row.market)), ratio(row.inverseSum), row.providers,
      row.inPlay ? 't' : 'f', timeText(row.timestamp), row.sourcePartition, row.sourceOffset, '',
    ].join('\t');
    for (let at = row.outcomesStart; at < row.outcomesEnd; at++) {
      lines.add(`${market}${copyText(row.text(row.outcomesOutcome(at)))}\t${copyText(row.text(row.outcomesProvider(at)))}\t${storedPrice(row.outcomesPrice(at))}\t${storedPrice(row.outcomesNetPrice(at))}\t${orNull(row.outcomesLimitMinor(at))}\t${timeText(row.outcomesQuotedAt(at))}\t${row.outcomesOffset(at)}\n`);
    }
    if (row.outcomesStart === row.outcomesEnd) lines.add(`${market}${none}\n`);
    return Fate.applied;
  },
};

const none = Array<string>(7).fill(NULL).join('\t');

/** Ten places, to the nearest. */
export const ratio = (value: number): string => (Number.isNaN(value) ? NULL : value.toFixed(10));
