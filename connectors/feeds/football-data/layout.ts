/** What the columns of a file are. Every season has its own; a re-export may have renamed them. */
import { books } from './books.ts';
import type { Book, MarketType } from './books.ts';
import { FootballDataError } from './errors.ts';
import type { Problem } from './errors.ts';

export type Phase = 'opening' | 'closing';

export interface Column {
  readonly index: number;
  /** As the file spells it. */
  readonly header: string;
}

/** The columns of one book's offer on one type of market. */
export interface Offer {
  readonly book: Book;
  readonly phase: Phase;
  readonly type: MarketType;
  readonly prices: readonly (Column & { readonly outcome: string })[];
  /** Where the handicap stands. The line of totals is in the header. */
  readonly line: Column | undefined;
}

export interface Layout {
  readonly columns: number;
  /** What names the competition, in order: Div, or Country and League in the layout of the new leagues. */
  readonly division: readonly Column[];
  readonly date: Column;
  readonly time: Column | undefined;
  readonly home: Column;
  readonly away: Column;
  readonly homeGoals: Column | undefined;
  readonly awayGoals: Column | undefined;
  readonly result: Column | undefined;
  readonly offers: readonly Offer[];
}

/**
 * The source's own spelling of a header. Tools that allow no `>`, `<` in a name turn `B365>2.5`, `B365<2.5` into `B365_2_5`, `B365_2_5_1`
 * or `B365.2.5`, `B365.2.5.1` (over stands first in every season), and put an X before a digit: `X1XBH`.
 */
export const canonicalHeader = (header: string): string => {
  const name = header.trim().replace(/^X(?=\d)/, '');
  const mangled = /^([A-Za-z0-9]+)[._]2[._]5([._]1)?$/.exec(name);
  return mangled === null ? name : `${mangled[1]}${mangled[2] === undefined ? '>' : '<'}2.5`;
};

const priceHeaders: Readonly<Record<MarketType, (prefix: string) => readonly (readonly [outcome: string, header: string])[]>> = {
  '1x2': (prefix) => [['home', `${prefix}H`], ['draw', `${prefix}D`], ['away', `${prefix}A`]],
  totals: (prefix) => [['over', `${prefix}>2.5`], ['under', `${prefix}<2.5`]],
  asian_handicap: (prefix) => [['home', `${prefix}AHH`], ['away', `${prefix}AHA`]],
};

/**
 * Where a book's handicap stands: seasons up to the 2000s give each book its own (B365AH, GBAH, LBAH), since 2019/20 one serves
 * all (AHh at opening, AHCh at closing). BbAHh belongs to Betbrain's maxima and averages and to no book.
 */
const lineHeaders = (prefix: string, phase: Phase): readonly string[] => [`${prefix}AH`, phase === 'opening' ? 'AHh' : 'AHCh'];

const marketTypes: readonly MarketType[] = ['1x2', 'totals', 'asian_handicap'];
const phases: readonly Phase[] = ['opening', 'closing'];

interface Header {
  readonly find: (...names: readonly string[]) => Column | undefined;
  readonly repeated: ReadonlyMap<string, readonly number[]>;
}

const indexHeader = (cells: readonly string[]): Header => {
  const first = new Map<string, Column>();
  const repeated = new Map<string, number[]>();
  cells.forEach((header, index) => {
    const name = canonicalHeader(header);
    if (!first.has(name)) first.set(name, { index, header });
    else repeated.set(name, [...(repeated.get(name) ?? []), index]);
  });
  return {
    find: (...names) => names.map((name) => first.get(name)).find((column) => column !== undefined),
    repeated,
  };
};

type Found = { readonly offer: Offer } | { readonly missing: readonly string[]; readonly present: readonly string[] } | undefined;

const offerUnder = (header: Header, book: Book, type: MarketType, phase: Phase, stem: string): Found => {
  const prefix = phase === 'opening' ? stem : `${stem}C`;
  const wanted = priceHeaders[type](prefix).map(([outcome, name]) => ({ outcome, name, column: header.find(name) }));
  const present = wanted.filter(({ column }) => column !== undefined);
  if (present.length === 0) return undefined;
  const missing = wanted.filter(({ column }) => column === undefined).map(({ name }) => name);
  const line = type === 'asian_handicap' ? header.find(...lineHeaders(prefix, phase)) : undefined;
  if (type === 'asian_handicap' && line === undefined) missing.push(lineHeaders(prefix, phase).join(' or '));
  if (missing.length > 0) return { missing, present: present.map(({ name }) => name) };
  const prices = wanted.flatMap(({ outcome, column }) => (column === undefined ? [] : [{ ...column, outcome }]));
  return { offer: { book, phase, type, prices, line } };
};

/**
 * The layout that a header row describes, and what is odd about it. A book whose columns of a market are not all there is left out of
 * that market, and said (`columns_incomplete`): one price of a set cannot be told from a misspelt neighbour. Of two columns
 * of one name the first counts (`column_repeated`). Throws `layout_unknown`, naming file, row and column, where
 * the columns that name a match are not there.
 */
export const readLayout = (cells: readonly string[], file: string, row: number): { readonly layout: Layout; readonly problems: readonly Problem[] } => {
  const header = indexHeader(cells);
  const { find } = header;
  const newLeagues = find('Div', 'HomeTeam') === undefined && find('Country', 'League', 'Home') !== undefined;
  const need = (name: string): Column => {
    const column = find(name);
    if (column !== undefined) return column;
    throw new FootballDataError('layout_unknown',
      `${file}, row ${row}: there is no column "${name}" among its ${cells.length} (the first is "${cells[0] ?? ''}"). `
      + 'A season of football-data.co.uk has Div, Date, HomeTeam and AwayTeam, or Country, League, Date, Home and Away, separated by commas');
  };
  const division = (newLeagues ? ['Country', 'League'] : ['Div']).map(need);
  const date = need('Date');
  const home = need(newLeagues ? 'Home' : 'HomeTeam');
  const away = need(newLeagues ? 'Away' : 'AwayTeam');

  const problems: Problem[] = [];
  const offers: Offer[] = [];
  for (const phase of phases) {
    for (const book of books) {
      for (const type of marketTypes) {
        const found = book.prefixes[type].map((stem) => offerUnder(header, book, type, phase, stem)).filter((one) => one !== undefined);
        const whole = found.find((one) => 'offer' in one);
        const part = found[0];
        if (whole !== undefined) offers.push(whole.offer);
        else if (part !== undefined && 'missing' in part) {
          problems.push({
            code: 'columns_incomplete', at: `${file}:${row}:${part.missing[0]}`,
            message: `${part.present.join(', ')} stand without ${part.missing.join(', ')}: the ${phase} ${type} prices of ${book.provider} are left out`,
          });
        }
      }
    }
  }
  const layout: Layout = {
    columns: cells.length, division, date, home, away, offers,
    time: find('Time'), homeGoals: find('FTHG', 'HG'), awayGoals: find('FTAG', 'AG'), result: find('FTR', 'Res'),
  };
  for (const column of usedColumns(layout)) {
    const name = canonicalHeader(column.header);
    const again = header.repeated.get(name);
    if (again === undefined) continue;
    problems.push({
      code: 'column_repeated', at: `${file}:${row}:${name}`,
      message: `column "${name}" stands ${again.length + 1} times: the first counts, column ${again.map((index) => index + 1).join(', ')} is not read`,
    });
  }
  return { layout, problems };
};

const usedColumns = (layout: Layout): readonly Column[] => {
  const { division, date, time, home, away, homeGoals, awayGoals, result, offers } = layout;
  const used = [...division, date, time, home, away, homeGoals, awayGoals, result, ...offers.flatMap(({ prices, line }) => [...prices, line])];
  return [...new Map(used.flatMap((column) => (column === undefined ? [] : [[column.index, column] as const]))).values()];
};
