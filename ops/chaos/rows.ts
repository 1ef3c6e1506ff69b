import type { Arbitrage } from '../../schemas/generated/arbitrage.ts';
import type { BestOdds } from '../../schemas/generated/best-odds.ts';
import type { Event } from '../../schemas/generated/event.ts';
import type { OddsUpdate } from '../../schemas/generated/odds-update.ts';

/**
 * Rows that the database must hold, each as one line of text, computed from the values of topics; and the statements that give the rows that it does hold in the same form.
 * Written from the tables' description alone, not with the sinks' code.
 */
export interface TableCheck<Value> {
  readonly table: string;
  /** Of a value at an offset of a partition. */
  readonly lines: (value: Value, offset: number) => readonly string[];
  /** Lines of one partition, $1. */
  readonly sql: string;
}

const text = (...fields: readonly (string | number | boolean | null)[]): string => fields.map((field) => (field === null ? '-' : String(field))).join('|');
const places = (value: number | null, digits: number): string | null => (value === null ? null : value.toFixed(digits));
/** As prices are stored: in ten-thousandths, downwards, and never below 1. */
const price = (decimal: number): string => Math.max(1, Math.floor(decimal * 10_000 + 1e-6) / 10_000).toFixed(4);

const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::bigint`;
const line = (...columns: readonly string[]): string => `concat_ws('|', ${columns.map((column) => `coalesce((${column})::text, '-')`).join(', ')})`;

export const oddsHistoryRows: TableCheck<OddsUpdate> = {
  table: 'odds_history',
  lines: ({ repeat, status, odds, sport, event_id, market, provider, volume, timestamp, observed_at, in_play }, offset) => (repeat || status !== 'open' ? [] : Object.entries(odds).map(([outcome, decimal]) =>
    text(offset, sport, event_id, market, provider, outcome, price(decimal), places(volume, 2), timestamp, observed_at, in_play))),
  sql: `SELECT ${line('source_offset', 'sport_id', 'event_id', 'market_type', 'bookmaker_id', 'outcome', 'odds', 'volume', ms('"timestamp"'), ms('observed_at'), 'in_play')} AS line FROM odds_history WHERE source_partition = $1`,
};

export const bestOddsRows: TableCheck<BestOdds> = {
  table: 'best_odds',
  lines({ sport, event_id, market, inverse_sum, providers, in_play, timestamp, source_offset, outcomes }) {
    const of = [source_offset, sport, event_id, market, places(inverse_sum, 10), providers, in_play, timestamp] as const;
    if (outcomes.length === 0) return [text(...of, null, null, null, null, null, null, null)];
    return outcomes.map(({ outcome, provider, price: decimal, net_price: net, limit_minor: limit, quoted_at: at, offset }) => text(...of, outcome, provider, price(decimal), price(net), limit, at, offset));
  },
  sql: `SELECT ${line('source_offset', 'sport_id', 'event_id', 'market_type', 'inverse_sum', 'bookmakers', 'in_play', ms('"timestamp"'), 'outcome', 'bookmaker_id', 'odds', 'net_odds', 'limit_minor', ms('quoted_at'), 'quote_offset')} AS line FROM best_odds WHERE source_partition = $1`,
};

export const arbitrageRows: TableCheck<Arbitrage> = {
  table: 'arbitrage',
  lines: ({ source_offset, arbitrage_id, state, kind, sport, event_id, market, opened_at, in_play, inverse_sum, profit_margin, executable, palpable_error, oldest_leg_age_ms, timestamp, legs }) => [text(
    source_offset, arbitrage_id, state, kind, sport, event_id, market, opened_at, in_play, places(inverse_sum, 10), places(profit_margin, 10), executable, palpable_error, oldest_leg_age_ms, timestamp,
    legs.map(({ outcome, side, provider, offset }) => `${outcome} ${side} ${provider} ${offset}`).join(','))],
  sql: `SELECT ${line('source_offset', 'arbitrage_id', 'state', 'kind', 'sport_id', 'event_id', 'market_type', ms('opened_at'), 'in_play', 'inverse_sum', 'profit_margin', 'executable', 'palpable_error', 'oldest_leg_age_ms', ms('"timestamp"'),
    `(SELECT string_agg(concat_ws(' ', leg->>'outcome', leg->>'side', leg->>'bookmaker', leg->>'offset'), ',' ORDER BY place) FROM jsonb_array_elements(legs) WITH ORDINALITY l(leg, place))`)} AS line FROM arbitrage WHERE source_partition = $1`,
};

/** The newest record of each contest; of one time the later in the log. */
export const eventRows: TableCheck<Event> = {
  table: 'events',
  lines: ({ event_id, sport, starts_at, status, competition, home, away, home_score, away_score, provider, timestamp }, offset) =>
    [text(offset, event_id, sport, starts_at, status, competition, home, away, home_score, away_score, provider, timestamp)],
  sql: `SELECT ${line('source_offset', 'event_id', 'sport_id', ms('starts_at'), 'status', 'competition', 'home', 'away', 'home_score', 'away_score', 'provider', ms('updated_at'))} AS line FROM events WHERE source_partition = $1`,
};
