/**
 * What is bet on, and what is known of it. A market's name is `type[.period][:line]`: `1x2`, `1x2.h1`, `totals:2.5`,
 * `asian_handicap:-0.75`. No period is the whole contest by the custom of the type: `1x2` and its relatives go by
 * regulation time, `moneyline` includes overtime.
 */
import type { Result } from './result.ts';

/** What became of a bet on one outcome; a half result settles half the stake and returns the other half. */
export type ResultClass = 'won' | 'lost' | 'push' | 'half_won' | 'half_lost';

/** Every way a market can end: one row per way, one class per outcome in the catalogue's order. */
export type ResultRows = readonly (readonly ResultClass[])[];

/** A market's name in its parts. The line is signed from the home side. */
export interface Market {
  readonly type: string;
  readonly period?: string;
  readonly line?: number;
}

/** What is known of a market type at a line: a market without all these outcomes has no arbitrage and no fair price. */
export interface Catalogue {
  /** The complete set, in the order in which outputs name them. */
  readonly outcomes: readonly string[];
  /** How many outcomes win where none is pushed. */
  readonly winners: number;
  readonly resultRows: ResultRows;
}

/** The parts of a record's key. */
export interface RecordKey {
  readonly sport: string;
  readonly eventId: string;
  readonly market: string;
}

export type MarketErrorCode = 'market_malformed' | 'line_not_canonical' | 'key_malformed';

/** A market's name or a record's key that is not one. */
export class MarketError extends Error {
  override readonly name = 'MarketError';
  readonly code: MarketErrorCode;

  constructor(code: MarketErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const failed = (code: MarketErrorCode, message: string): { readonly ok: false; readonly error: MarketError } =>
  ({ ok: false, error: new MarketError(code, message) });

const marketPattern = /^([a-z0-9_]+)(?:\.([a-z0-9_]+))?(?::(.*))?$/;

/** The one spelling of a line: decimal, no plus sign, no needless zeros, no exponent, no negative zero. Exact for every multiple of a quarter. */
export const formatLine = (line: number): string => (line === 0 ? '0' : String(line));

/**
 * The parts of a market's name. The line must be spelt canonically, or one market would have two names and two books:
 * `totals:2.50` is refused, and the message says how to write it.
 */
export const parseMarket = (name: string): Result<Market, MarketError> => {
  const match = marketPattern.exec(name);
  if (match === null) {
    return failed('market_malformed', `"${name}" is not a market: write type[.period][:line] in lower case, as in totals.h1:2.5`);
  }
  const [, type = '', period, lineText] = match;
  const named = period === undefined ? { type } : { type, period };
  if (lineText === undefined) return { ok: true, value: named };
  const line = lineText.trim() === '' ? Number.NaN : Number(lineText);
  if (!Number.isFinite(line) || Math.abs(line) >= 1e15) return failed('market_malformed', `"${name}": the line after ":" is not a decimal number`);
  if (formatLine(line) !== lineText) return failed('line_not_canonical', `"${name}": write the line as ${formatLine(line)}`);
  return { ok: true, value: { ...named, line } };
};

/** A market's name from its parts. The reverse of {@link parseMarket}. */
export const formatMarket = (market: Market): string =>
  market.type + (market.period === undefined ? '' : `.${market.period}`) + (market.line === undefined ? '' : `:${formatLine(market.line)}`);

/** The key `sport:event_id:market` of a record. The market may hold a colon, the other two may not. */
export const formatRecordKey = (key: RecordKey): string => `${key.sport}:${key.eventId}:${key.market}`;

/** The parts of a record's key; an error where one is empty or missing. The market's own form is not looked at. */
export const parseRecordKey = (key: string): Result<RecordKey, MarketError> => {
  const first = key.indexOf(':');
  const second = key.indexOf(':', first + 1);
  if (first < 1 || second < first + 2 || second === key.length - 1) {
    return failed('key_malformed', `"${key}" is not a record key: write sport:event_id:market, none of them empty`);
  }
  return { ok: true, value: { sport: key.slice(0, first), eventId: key.slice(first + 1, second), market: key.slice(second + 1) } };
};

const twoWay: ResultRows = [['won', 'lost'], ['lost', 'won']];
const twoWayOrPush: ResultRows = [...twoWay, ['push', 'push']];
const twoWayHalfUp: ResultRows = [...twoWay, ['half_won', 'half_lost']];
const twoWayHalfDown: ResultRows = [...twoWay, ['half_lost', 'half_won']];
const threeWay: ResultRows = [['won', 'lost', 'lost'], ['lost', 'won', 'lost'], ['lost', 'lost', 'won']];
const twoOfThree: ResultRows = [['won', 'won', 'lost'], ['won', 'lost', 'won'], ['lost', 'won', 'won']];

const sides = ['home', 'away'];
const threeSides = ['home', 'draw', 'away'];
const overUnder = ['over', 'under'];

/** Catalogues of a type by its line; one object for all lines that behave alike, so that a cache of them holds pointers. */
type ByLine = (line: number | undefined) => Catalogue | undefined;

const withoutLine = (outcomes: readonly string[], winners: number, resultRows: ResultRows): ByLine => {
  const catalogue: Catalogue = { outcomes, winners, resultRows };
  return (line) => (line === undefined ? catalogue : undefined);
};

/**
 * Two sides of a line: a half line has no push; an integer line pushes; a quarter line is two half stakes on its neighbours, so
 * that one score gives half a win and half a loss. Which side gets which: `firstWinsOnQuarter` is whether the *first* outcome half
 * wins on a line that is a quarter above an integer (+0.25). Quarters below (-0.25) are the reverse.
 */
const aroundLine = (outcomes: readonly string[], firstWinsOnQuarter: boolean, leastLine: number): ByLine => {
  const catalogue = (resultRows: ResultRows): Catalogue => ({ outcomes, winners: 1, resultRows });
  const quarterAbove = catalogue(firstWinsOnQuarter ? twoWayHalfUp : twoWayHalfDown);
  const quarterBelow = catalogue(firstWinsOnQuarter ? twoWayHalfDown : twoWayHalfUp);
  const byQuarter = [catalogue(twoWayOrPush), quarterAbove, catalogue(twoWay), quarterBelow];
  return (line) => {
    if (line === undefined || line < leastLine || !Number.isInteger(line * 4)) return undefined;
    return byQuarter[(((line * 4) % 4) + 4) % 4];
  };
};

/** Three-way after an integer start for the home side: the draw is an outcome of its own, nothing pushes. */
const europeanHandicap: ByLine = (() => {
  const catalogue: Catalogue = { outcomes: threeSides, winners: 1, resultRows: threeWay };
  return (line) => (line !== undefined && Number.isInteger(line) ? catalogue : undefined);
})();

const totals = aroundLine(overUnder, false, 0.25);

/** All types whose outcome set is known. An outright (`winner`) is not one: its field is not known from its name. */
const types: ReadonlyMap<string, ByLine> = new Map<string, ByLine>([
  ['1x2', withoutLine(threeSides, 1, threeWay)],
  ['moneyline', withoutLine(sides, 1, twoWayOrPush)],
  ['draw_no_bet', withoutLine(sides, 1, twoWayOrPush)],
  ['double_chance', withoutLine(['home_draw', 'home_away', 'draw_away'], 2, twoOfThree)],
  ['btts', withoutLine(['yes', 'no'], 1, twoWay)],
  ['totals', totals],
  ['team_totals_home', totals],
  ['team_totals_away', totals],
  ['asian_handicap', aroundLine(sides, true, -Infinity)],
  ['european_handicap', europeanHandicap],
]);

/**
 * The catalogue of a market by its name, whatever its period; undefined where the outcome set is not known (an outright, an unknown
 * type, a line that is missing, impossible or not a multiple of a quarter, a name that is malformed). The same object for
 * all markets that behave alike: cache it per market and compare by identity.
 */
export const catalogueOf = (name: string): Catalogue | undefined => {
  const parsed = parseMarket(name);
  return parsed.ok ? types.get(parsed.value.type)?.(parsed.value.line) : undefined;
};
