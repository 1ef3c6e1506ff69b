/** From the cells of a row to a match with its quotes. */
import { DateTime } from 'luxon';
import { formatMarket } from '../../../domain/market.ts';
import { MAX_PRICE } from '../../../schemas/contract.ts';
import { divisions } from './books.ts';
import type { Book } from './books.ts';
import type { Problem, ProblemCode } from './errors.ts';
import type { Column, Layout, Offer, Phase } from './layout.ts';

/** One book's offer on one market of a match. */
export interface Quote {
  readonly book: Book;
  readonly phase: Phase;
  readonly market: string;
  /** Decimal price by outcome; outcomes without a price are not there. */
  readonly odds: Readonly<Record<string, number>>;
  readonly offer: Offer;
}

export interface Match {
  readonly eventId: string;
  readonly competition: string;
  readonly home: string;
  readonly away: string;
  /** Kick-off, epoch ms UTC. */
  readonly startsAtMs: number;
  /** At the end of ordinary time; undefined for a fixture, or where the row contradicts itself. */
  readonly score: { readonly home: number; readonly away: number } | undefined;
  readonly quotes: readonly Quote[];
}

/** Kick-off where a season has no Time column (before 2019/20) or the cell is empty: the usual Saturday hour, UK time. */
export const conventionalKickOff = { hour: 15, minute: 0 };
const zone = 'Europe/London';

/** What tools write for nothing. */
const isBlank = (cell: string): boolean => cell === '' || cell === 'NA' || cell === 'NaN' || cell === '-';

const decimal = (cell: string): number => (/^[+-]?(\d+\.?\d*|\.\d+)$/.test(cell) ? Number(cell) : Number.NaN);

/**
 * A name as part of an event id: lower-case ASCII letters and digits, other runs a hyphen; accents and apostrophes fall away
 * (`Nott'm Forest` → `nottm-forest`, `Córdoba` → `cordoba`).
 */
export const slug = (name: string): string =>
  name.normalize('NFKD').replace(/[\u0300-\u036f'’`´]/g, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');

interface Clock {
  readonly hour: number;
  readonly minute: number;
}

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** The time of day, where the date cell has one other than midnight. */
  readonly clock: Clock | undefined;
}

/** Files go back to 1993/94, so 93 is 1993 and 05 is 2005. */
const fullYear = (year: number): number => (year >= 100 ? year : year >= 90 ? 1900 + year : 2000 + year);

/** `dd/mm/yy`, `dd/mm/yyyy`, or ISO with or without a time. */
const readDay = (cell: string): Day | undefined => {
  const uk = /^(\d{1,2})\/(\d{1,2})\/(\d{2}|\d{4})$/.exec(cell);
  const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)Z?)?$/.exec(cell);
  const [year, month, day] = uk !== null ? [fullYear(Number(uk[3])), Number(uk[2]), Number(uk[1])] : iso !== null ? [Number(iso[1]), Number(iso[2]), Number(iso[3])] : [];
  if (year === undefined || month === undefined || day === undefined || !DateTime.utc(year, month, day).isValid) return undefined;
  const clock = iso?.[4] === undefined ? undefined : readClock(iso[4]);
  return { year, month, day, clock: clock === undefined || (clock.hour === 0 && clock.minute === 0) ? undefined : clock };
};

/** `hh:mm`, with or without seconds. */
const readClock = (cell: string): Clock | undefined => {
  const parts = /^(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?$/.exec(cell);
  if (parts === null) return undefined;
  const clock = { hour: Number(parts[1]), minute: Number(parts[2]) };
  return clock.hour < 24 && clock.minute < 60 ? clock : undefined;
};

const pad = (value: number): string => String(value).padStart(2, '0');

/** Cells are read through this: it knows where they stand, and collects what is wrong with them. */
class RowReader {
  readonly problems: Problem[] = [];
  readonly #cells: readonly string[];
  readonly #at: string;

  constructor(cells: readonly string[], at: string) {
    this.#cells = cells;
    this.#at = at;
  }

  /** The cell of a column; empty where it is blank or the column is not in this file. */
  text(column: Column | undefined): string {
    const cell = column === undefined ? '' : this.#cells[column.index] ?? '';
    return isBlank(cell) ? '' : cell;
  }

  problem(code: ProblemCode, message: string, column?: Column): void {
    this.problems.push({ code, message, at: column === undefined ? this.#at : `${this.#at}:${column.header}` });
  }

  /** A price, undefined where there is none. What is written but is no price (0, 1, text) is a problem. */
  price(column: Column): number | undefined {
    const cell = this.text(column);
    if (cell === '') return undefined;
    const price = decimal(cell);
    if (price > 1 && price <= MAX_PRICE) return price;
    this.problem('price_malformed', `"${cell}" is not a decimal price above 1 and up to ${MAX_PRICE}: the price is left out`, column);
    return undefined;
  }

  goals(column: Column | undefined): number | undefined {
    const cell = this.text(column);
    if (cell === '') return undefined;
    const goals = decimal(cell);
    if (Number.isInteger(goals) && goals >= 0) return goals;
    this.problem('score_malformed', `"${cell}" is not a number of goals: the match is taken without a result`, column);
    return undefined;
  }
}

const readScore = (row: RowReader, layout: Layout): Match['score'] => {
  const home = row.goals(layout.homeGoals);
  const away = row.goals(layout.awayGoals);
  if (home === undefined || away === undefined) return undefined;
  const said = row.text(layout.result);
  const letter = home > away ? 'H' : home < away ? 'A' : 'D';
  if (said === '' || said === letter) return { home, away };
  row.problem('result_inconsistent', `${home}:${away} is not "${said}": the match is taken without a result`, layout.result);
  return undefined;
};

/** The market of an offer in this row; undefined where its handicap is missing or impossible. */
const marketOf = (row: RowReader, offer: Offer): string | undefined => {
  if (offer.type === '1x2') return '1x2';
  if (offer.type === 'totals') return 'totals:2.5';
  if (offer.line === undefined) return undefined;
  const cell = row.text(offer.line);
  const line = decimal(cell);
  if (Number.isInteger(line * 4)) return formatMarket({ type: 'asian_handicap', line });
  const names = offer.prices.map(({ header }) => header).join(', ');
  if (cell === '') row.problem('line_missing', `${names} stand without a handicap: the prices are left out`, offer.line);
  else row.problem('line_malformed', `"${cell}" is not a handicap in quarters of a goal: ${names} are left out`, offer.line);
  return undefined;
};

const readQuotes = (row: RowReader, layout: Layout): Quote[] => layout.offers.flatMap((offer) => {
  const odds: Record<string, number> = {};
  for (const column of offer.prices) {
    const price = row.price(column);
    if (price !== undefined) odds[column.outcome] = price;
  }
  if (Object.keys(odds).length === 0) return [];
  const market = marketOf(row, offer);
  return market === undefined ? [] : [{ book: offer.book, phase: offer.phase, market, odds, offer }];
});

/**
 * The match of a row, undefined where it cannot be told which match it is (no date, no teams), and all that is wrong with the row. `at` is `file:row`.
 */
export const readMatch = (cells: readonly string[], layout: Layout, at: string): { readonly match: Match | undefined; readonly problems: readonly Problem[] } => {
  const row = new RowReader(cells, at);
  const leftOut = { match: undefined, problems: row.problems };

  const division = layout.division.map((column) => row.text(column));
  const home = row.text(layout.home);
  const away = row.text(layout.away);
  const names = [...division, home, away];
  const nameless = [...layout.division, layout.home, layout.away].find((_, at) => slug(names[at] ?? '') === '');
  if (nameless !== undefined) {
    row.problem('row_incomplete', `"${row.text(nameless)}" names nothing: the row is left out`, nameless);
    return leftOut;
  }
  const day = readDay(row.text(layout.date));
  if (day === undefined) {
    row.problem('date_malformed', `"${row.text(layout.date)}" is not a date as dd/mm/yy, dd/mm/yyyy or yyyy-mm-dd: the row is left out`, layout.date);
    return leftOut;
  }
  const timeCell = row.text(layout.time);
  const clock = timeCell === '' ? day.clock : readClock(timeCell);
  if (timeCell !== '' && clock === undefined) row.problem('time_malformed', `"${timeCell}" is not a time as hh:mm: the kick-off is taken as 15:00 UK time`, layout.time);

  const { year, month } = day;
  const date = `${year}${pad(month)}${pad(day.day)}`;
  // A division's code keeps its case (E0, SP1): it is how everyone writes it.
  const league = layout.division.length === 1 ? division[0]?.replace(/[^A-Za-z0-9]+/g, '-') ?? '' : slug(division.join(' '));
  const match: Match = {
    eventId: [league, date, slug(home), slug(away)].join('-'),
    competition: layout.division.length === 1 ? divisions.get(division[0] ?? '') ?? division.join(' ') : division.join(' '),
    home, away,
    startsAtMs: DateTime.fromObject({ year, month, day: day.day, ...(clock ?? conventionalKickOff) }, { zone }).toMillis(),
    score: readScore(row, layout),
    quotes: readQuotes(row, layout),
  };
  return { match, problems: row.problems };
};
