/** What a season file must come to, from figures that were computed elsewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { canonicalHeader } from '../../connectors/feeds/football-data/layout.ts';
import { cells, decodeText, lines } from '../../connectors/feeds/football-data/text.ts';

/** Recordings that are not ours to ship lie beside the repository, where they are there at all. */
export const dataFolder = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

/** The independent figures; undefined where there are no data. */
export const readTruth = <Truth>(): Truth | undefined => (existsSync(`${dataFolder}truth.json`) ? JSON.parse(readFileSync(`${dataFolder}truth.json`, 'utf8')) as Truth : undefined);

/** What is expected of a season: its bookmakers' quotes, and its matches with an arbitrage on 1X2. */
export interface SeasonFigures { readonly quotes: number; readonly opening: number; readonly closing: number }

interface Prices { readonly quotes_per_book: Readonly<Record<string, number>>; readonly arb_matches_bookmakers: number }
export interface SeasonTruth {
  readonly oneXtwo: { readonly opening?: Prices; readonly closing?: Prices };
  readonly other_quotes: Readonly<Record<string, number>>;
  readonly total_quotes_listed_books: number;
}

const isExchange = (name: string): boolean => name.startsWith('BFE');
const sum = (counts: readonly (readonly [string, number])[], keep: (name: string) => boolean = () => true): number =>
  counts.reduce((total, [name, count]) => total + (keep(name) ? count : 0), 0);

/**
 * The figures of one file. Two files have price columns that the truth does not count (renamed by a re-export, or an old book's own handicap);
 * they are counted here, straight from the cells. Throws where the truth's total is not that of its parts.
 */
export const figuresOf = (path: string, { oneXtwo: { opening, closing }, other_quotes, total_quotes_listed_books }: SeasonTruth): SeasonFigures => {
  const listed = [opening, closing].flatMap((prices) => Object.entries(prices?.quotes_per_book ?? {})).concat(Object.entries(other_quotes));
  if (sum(listed) !== total_quotes_listed_books) throw new Error(`${path}: the truth counts ${total_quotes_listed_books} quotes, and ${sum(listed)} by column`);
  const counted = [...listed, ...uncounted(path, other_quotes)];
  return { quotes: sum(counted, (name) => !isExchange(name)), opening: opening?.arb_matches_bookmakers ?? 0, closing: closing?.arb_matches_bookmakers ?? 0 };
};

/** Columns of over/under and handicaps that the truth leaves out, with their numbers above 1, counted without the feed's reader. */
const uncounted = (path: string, otherQuotes: SeasonTruth['other_quotes']): [string, number][] => {
  const text = decodeText(readFileSync(path), path);
  const header = cells([...lines(text)][0]?.text ?? '') ?? [];
  const rows = text.split(/[\r\n]+/).slice(1).map((line) => line.split(',')).filter((row) => row.length === header.length);
  return header.flatMap((name, at): [string, number][] =>
    (/^(B365|P|BFE|GB|LB)C?([<>]2\.5|AH[HA])$/.test(canonicalHeader(name)) && otherQuotes[name] === undefined ? [[canonicalHeader(name), rows.filter((row) => Number(row[at]) > 1).length]] : []));
};
