/** The domain against real football seasons and figures computed elsewhere. The data are not part of the repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import t from 'tap';
import { addBackLeg, isArbitrage, netLegs } from './arbitrage.ts';
import { executableStakes } from './executable.ts';
import { catalogueOf } from './market.ts';
import { toPriceE4 } from './odds.ts';
import { scoreResult } from './settlement.ts';

const data = new URL('../../shared/data/', import.meta.url);
const skip = existsSync(new URL('truth.json', data)) ? false : 'SKIPPED: no real data at ../shared/data';

interface Flat { bets: number; returned: number; classes?: Record<string, number> }
interface Truth {
  definitions: { bookmakers: string[] };
  football: Record<string, {
    oneXtwo: Record<'opening' | 'closing', { books: string[]; arb_matches_bookmakers: number } | undefined>;
    settlement_flat_stake_1: Record<string, Flat | Record<string, Flat>>;
  }>;
  football_totals: { arb_opening: number; arb_closing: number };
}

/** A season's rows by column; rows whose cells do not match the header are left out, as in the figures. */
const season = (file: string): Record<string, string>[] => {
  const bytes = readFileSync(new URL(`football-data/${file}`, data));
  const text = new TextDecoder().decode(file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  const [header = [], ...rows]: string[][] = parse(text, { bom: true, relax_column_count: true, skip_empty_lines: true, record_delimiter: ['\r\r\n', '\r\n', '\n'] });
  return rows.filter((row) => row.length === header.length && row.some((cell) => cell !== ''))
    .map((row) => Object.fromEntries(header.map((name, i) => [name.trim(), row[i] ?? ''])));
};

const priceOf = (cell: string | undefined): number => {
  const price = toPriceE4(cell === undefined || cell === '' ? Number.NaN : Number(cell));
  return typeof price === 'number' ? price : 0;
};

/** Best 1X2 prices of the listed bookmakers in every row that is an arbitrage. */
const arbitrages = (rows: readonly Record<string, string>[], books: readonly string[], suffix: string): number[][] => {
  const legs = netLegs();
  return rows.flatMap((row) => {
    const best = ['H', 'D', 'A'].map((side) => Math.max(...books.map((book) => priceOf(row[book + suffix + side]))));
    legs.count = 0;
    for (const price of best) addBackLeg(legs, price, 0);
    return best.every((price) => price > 0) && isArbitrage(legs, 1) ? [best] : [];
  });
};

const truth = skip ? undefined : JSON.parse(readFileSync(new URL('truth.json', data), 'utf8')) as Truth;

t.test('1X2 arbitrages of every season, opening and closing', { skip }, async (t) => {
  if (truth === undefined) return;
  const closing: number[][] = [];
  const counted = { opening: 0, closing: 0 };
  for (const file of readdirSync(new URL('football-data/', data))) {
    const rows = season(file);
    for (const [when, suffix] of [['opening', ''], ['closing', 'C']] as const) {
      const expected = truth.football[file]?.oneXtwo[when];
      const books = expected?.books ?? [];
      const found = books.length < 2 ? [] : arbitrages(rows, books, suffix);
      t.equal(found.length, expected?.arb_matches_bookmakers ?? 0, `${file} ${when}`);
      counted[when] += found.length;
      if (when === 'closing') closing.push(...found);
    }
  }
  t.same(counted, { opening: truth.football_totals.arb_opening, closing: truth.football_totals.arb_closing });

  const rows = catalogueOf('1x2')?.resultRows ?? [];
  const executable = (stepMinor: number, capMinor: number): number => closing.filter((best) => executableStakes(
    best.map((priceE4, outcome) => ({ outcome, side: 'back', priceE4, commissionPpm: 0, stepMinor, minMinor: 0, maxMinor: Infinity })), rows, capMinor,
  ) !== undefined).length;
  const roundedOnce = closing.filter((best) => {
    const sum = best.reduce((total, price) => total + 1 / price, 0);
    const pounds = best.map((price) => Math.round(100 / price / sum));
    const staked = pounds.reduce((total, stake) => total + stake, 0);
    return pounds.every((stake, i) => stake * (best[i] ?? 0) > staked * 10_000);
  }).length;
  t.equal(closing.length - roundedOnce, 155, 'one total of £100 in whole pounds, to the nearest, is not gained on in every result');
  t.equal(closing.length - executable(100, 10_000), 42, 'the search over whole pounds up to £100 saves all but these');
  t.equal(closing.length - executable(100, 100_000), 3, 'up to £1,000');
  t.equal(closing.length - executable(1, 100_000), 0, 'in pence');
});

const names = { won: 'win', half_won: 'half_win', push: 'push', half_lost: 'half_loss', lost: 'loss' } as const;
const kept = { won: 1, half_won: 0.5, push: 0, half_lost: 0, lost: 0 };
const refunded = { won: 0, half_won: 0.5, push: 1, half_lost: 0.5, lost: 0 };

t.test('Asian handicap and totals settle as they did', { skip }, async (t) => {
  if (truth === undefined) return;
  const settle = (rows: readonly Record<string, string>[], market: (row: Record<string, string>) => string, outcome: number, column: string) => {
    const classes: Record<string, number> = { win: 0, half_win: 0, push: 0, half_loss: 0, loss: 0 };
    let returned = 0;
    for (const row of rows) {
      const price = Number(row[column]);
      const result = scoreResult(market(row), Number(row['FTHG']), Number(row['FTAG']))?.[outcome];
      if (!(price > 1) || result === undefined) continue;
      classes[names[result]] = (classes[names[result]] ?? 0) + 1;
      returned += kept[result] * price + refunded[result];
    }
    return { classes, returned: Number(returned.toFixed(4)) };
  };
  for (const file of ['E0_2019-20.csv', 'E1_2023-24.csv', 'SP1_2024-25.csv']) {
    const rows = season(file);
    const expected = truth.football[file]?.settlement_flat_stake_1 ?? {};
    for (const [when, line, column] of [['open', 'AHh', 'B365AH'], ['close', 'AHCh', 'B365CAH']] as const) {
      for (const [outcome, side] of ['home', 'away'].entries()) {
        const truly = expected[`AH_B365_${when}_${side}`];
        const { classes, returned } = settle(rows, (row) => `asian_handicap:${Number(row[line])}`, outcome, column + (side === 'home' ? 'H' : 'A'));
        t.same({ classes, returned }, { classes: truly?.['classes'], returned: truly?.['returned'] }, `${file} ${when} ${side}`);
      }
    }
    for (const [outcome, side] of ['over', 'under'].entries()) {
      const truly = expected[`OU25_B365_open_${side}`];
      t.equal(settle(rows, () => 'totals:2.5', outcome, side === 'over' ? 'B365>2.5' : 'B365<2.5').returned, truly?.['returned'], `${file} ${side}`);
    }
  }
});
