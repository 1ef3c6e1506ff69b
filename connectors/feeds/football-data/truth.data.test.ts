/** Real seasons against figures that were computed independently. Data that are not ours to ship: skipped, loudly, where they are absent. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { toPriceE4 } from '../../../domain/odds.ts';
import { books } from './books.ts';
import { footballData } from './feed.ts';
import { canonicalHeader } from './layout.ts';
import { parseSeason } from './season.ts';
import { cells, decodeText, lines } from './text.ts';

interface Prices {
  readonly books: readonly string[];
  readonly quotes: number;
  readonly quotes_per_book: Readonly<Record<string, number>>;
  readonly arb_matches_bookmakers: number;
}
interface Truth {
  readonly columns: number; readonly data_rows: number; readonly blank_rows: number; readonly ragged_rows: number; readonly rows_used: number;
  readonly with_result: number; readonly results: Readonly<Record<string, number>>;
  readonly oneXtwo: { readonly opening?: Prices; readonly closing?: Prices };
  readonly other_quotes: Readonly<Record<string, number>>;
  readonly total_quotes_listed_books: number;
  readonly settlement_flat_stake_1: Readonly<Record<string, { readonly classes?: Readonly<Record<string, number>>; readonly returned?: number }>>;
}

const data = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const codes = new Map(books.map(({ provider, code }) => [provider, code]));
const add = (counts: Map<string, number>, key: string, by = 1): Map<string, number> => counts.set(key, (counts.get(key) ?? 0) + by);

/** Columns with prices that the figures do not count: over/under and handicaps of the old books, and whatever a re-export renamed. */
const uncounted = (file: string, { other_quotes }: Truth): string[] => {
  const header = [...lines(decodeText(readFileSync(`${data}football-data/${file}`), file))][0];
  const wanted = /^(B365|P|BFE|GB|LB)C?([<>]2\.5|AH[HA])$/;
  return (header === undefined ? [] : cells(header.text) ?? []).filter((name) => wanted.test(canonicalHeader(name)) && other_quotes[name] === undefined);
};

/** Numbers above 1 in a column, counted without the feed's reader. */
const countColumn = (file: string, name: string): number => {
  const [header = [], ...rows] = decodeText(readFileSync(`${data}football-data/${file}`), file).split(/[\r\n]+/).map((line) => line.split(','));
  return rows.filter((row) => row.length === header.length && Number(row[header.indexOf(name)]) > 1).length;
};

/** The source's name for the price of an outcome, from what the feed says of it. */
const columnOf = (provider: string, market: string, closing: boolean, outcome: string): string => {
  const code = codes.get(provider) ?? provider;
  const prefix = `${code === 'PS' && market !== '1x2' ? 'P' : code}${closing ? 'C' : ''}`;
  if (market === '1x2') return `${prefix} 1x2`;
  return prefix + (market === 'totals:2.5' ? (outcome === 'over' ? '>2.5' : '<2.5') : outcome === 'home' ? 'AHH' : 'AHA');
};

interface Played {
  readonly quotes: Map<string, number>;
  readonly total: number;
  readonly opening: number;
  readonly closing: number;
  readonly results: Map<string, number>;
  /** One unit on each handicap of bet365, by the key of `settlement_flat_stake_1`. */
  readonly handicaps: Map<string, { readonly classes: Map<string, number>; returned: number }>;
}

const returns = { won: 1, half_won: 0.5, push: 0, half_lost: -0.5, lost: -1, void: 0 } as const;

/** What a feed's consumer sees: quotes by column, and events of which the standing 1X2 prices made an arbitrage. */
const play = async (file: string, exchanges: boolean): Promise<Played> => {
  const taken: { readonly bet: string; readonly market: string; readonly side: string; readonly price: number }[] = [];
  const handicaps = new Map<string, { readonly classes: Map<string, number>; returned: number }>();
  const quotes = new Map<string, number>();
  const results = new Map<string, number>();
  const standing = new Map<string, Map<string, Readonly<Record<string, number>>>>();
  const arbitrages = { opening: new Set<string>(), closing: new Set<string>() };
  let total = 0;
  const options = footballData.config.parse({ file: `${data}football-data/${file}`, exchanges });
  for await (const { messages } of footballData.read(options, { cursor: undefined, signal: new AbortController().signal, log: () => undefined })) {
    const changed = new Map<string, boolean>();
    for (const message of messages) {
      if (message.kind === 'result') {
        const { event_id, market, outcomes = [] } = message.value;
        for (const { bet, side, price } of taken.filter((one) => one.market === `${event_id}:${market}`)) {
          const result = outcomes.find(({ outcome }) => outcome === side)?.result ?? 'void';
          const tally = handicaps.get(bet) ?? { classes: new Map<string, number>(), returned: 0 };
          handicaps.set(bet, tally);
          add(tally.classes, result);
          const share = returns[result];
          tally.returned += share > 0 ? 1 + share * (price - 1) : 1 + share;
        }
      }
      if (message.kind === 'result' && message.value.market === '1x2') add(results, message.value.outcomes?.find(({ result }) => result === 'won')?.outcome ?? 'none');
      if (message.kind !== 'update') continue;
      const { event_id, provider, market, odds, timestamp, starts_at } = message.value;
      const closing = timestamp > (starts_at ?? 0) - 3_600_000;
      for (const outcome of Object.keys(odds)) {
        total++;
        add(quotes, columnOf(provider, market, closing, outcome));
        if (provider === 'bet365' && market.startsWith('asian_handicap')) taken.push({ bet: `AH_B365_${closing ? 'close' : 'open'}_${outcome}`, market: `${event_id}:${market}`, side: outcome, price: odds[outcome] ?? 0 });
      }
      if (market !== '1x2') continue;
      const book = standing.get(event_id) ?? new Map<string, Readonly<Record<string, number>>>();
      standing.set(event_id, book.set(provider, odds));
      changed.set(event_id, closing);
    }
    for (const [eventId, closing] of changed) {
      const best = ['home', 'draw', 'away'].map((outcome) => Math.max(0, ...[...standing.get(eventId)?.values() ?? []].map((odds) => Number(toPriceE4(odds[outcome] ?? 1)) || 0)));
      const [a = 0n, b = 0n, c = 0n] = best.map(BigInt);
      // 1/a + 1/b + 1/c < 1 in ten-thousandths, over one denominator.
      if (a * b * c > 0n && 10_000n * (b * c + a * c + a * b) < a * b * c) arbitrages[closing ? 'closing' : 'opening'].add(eventId);
    }
  }
  return { quotes, total, results, handicaps, opening: arbitrages.opening.size, closing: arbitrages.closing.size };
};

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

if (!existsSync(`${data}truth.json`)) {
  t.comment(`SKIPPED: there are no season files beside the repository (looked in ${data})`);
  t.test('real seasons', { skip: 'no data beside the repository' }, async () => undefined);
} else {
  const truths = (JSON.parse(readFileSync(`${data}truth.json`, 'utf8')) as { football: Record<string, Truth> }).football;
  t.ok(Object.keys(truths).length >= 10, 'there are seasons to check');
  for (const [file, truth] of Object.entries(truths)) {
    t.test(file, async (t) => {
      const season = parseSeason(readFileSync(`${data}football-data/${file}`), file);
      t.same({ columns: season.layout.columns, ...season.rows }, { columns: truth.columns, used: truth.rows_used, blank: truth.blank_rows, ragged: truth.ragged_rows, leftOut: 0 });
      t.equal(season.problems.filter(({ code }) => code === 'row_ragged').length, truth.ragged_rows, 'each ragged row is said');
      t.equal(new Set(season.matches.map(({ eventId }) => eventId)).size, truth.rows_used, 'an id for each match');

      const { opening, closing } = truth.oneXtwo;
      const others = new Map(uncounted(file, truth).map((name) => [canonicalHeader(name), countColumn(file, name)]));
      const expected = new Map(Object.entries(truth.other_quotes));
      for (const [name, count] of others) add(expected, name, count);
      for (const [code, count] of Object.entries(opening?.quotes_per_book ?? {})) add(expected, `${code} 1x2`, count);
      for (const [code, count] of Object.entries(closing?.quotes_per_book ?? {})) add(expected, `${code}C 1x2`, count);
      const nonzero = (counts: ReadonlyMap<string, number>, keep: (name: string) => boolean = () => true): unknown =>
        Object.fromEntries([...counts].filter(([name, count]) => count > 0 && keep(name)).sort());

      const extra = sum([...others.values()]);
      const all = await play(file, true);
      t.same(nonzero(all.quotes), nonzero(expected), 'quotes by column');
      t.equal(all.total, truth.total_quotes_listed_books + extra, `quotes in all${extra === 0 ? '' : `, with ${extra} of columns that the figures leave out`}`);
      t.same(Object.fromEntries([...all.results].sort()), Object.fromEntries(([['away', 'A'], ['draw', 'D'], ['home', 'H']] as const).flatMap(([side, letter]) => (truth.results[letter] === undefined ? [] : [[side, truth.results[letter]]]))), 'results');
      t.equal(sum([...all.results.values()]), truth.with_result);

      const classes = { win: 'won', half_win: 'half_won', push: 'push', half_loss: 'half_lost', loss: 'lost' } as const;
      for (const [bet, { classes: expectedClasses, returned }] of Object.entries(truth.settlement_flat_stake_1)) {
        if (expectedClasses === undefined) continue;
        const tally = all.handicaps.get(bet);
        t.same(Object.fromEntries(Object.entries(classes).map(([name, ours]) => [name, tally?.classes.get(ours) ?? 0])), expectedClasses, `${bet}: the line is the home side’s, and the right one`);
        t.equal((tally?.returned ?? 0).toFixed(3), returned?.toFixed(3), `${bet}: returned`);
      }

      const bookmakers = await play(file, false);
      t.same(nonzero(bookmakers.quotes), nonzero(expected, (name) => !name.startsWith('BFE')), 'quotes without exchanges');
      t.equal(bookmakers.opening, opening?.arb_matches_bookmakers ?? 0, 'matches with an arbitrage at opening');
      t.equal(bookmakers.closing, closing?.arb_matches_bookmakers ?? 0, 'matches with an arbitrage at closing');
    });
  }
}
