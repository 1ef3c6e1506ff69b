/** The domain against real football seasons and figures computed elsewhere. The data are not part of the repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import t from 'tap';
import { addBackLeg, isArbitrage, netLegs } from './arbitrage.ts';
import { executableStakes } from './executable.ts';
import { catalogueOf } from './market.ts';
import { toPriceE4 } from './odds.ts';
import { payoutMinor } from './payout.ts';
import { scoreResult } from './settlement.ts';

const data = new URL('../../shared/data/', import.meta.url);
const skip = existsSync(new URL('truth.json', data)) ? false : 'SKIPPED: no real data at ../shared/data';

interface Flat { bets: number; returned: number; won?: number; classes?: Record<string, number> }
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

/** A stake on which every price of ten-thousandths pays whole units, halves too. */
const stake = { side: 'back', stakeMinor: 20_000, isFreeBet: false } as const;

/** The bets that the figures count, by their name there: the columns of the prices, and the market in a row. */
const flatBets: readonly { name: string; columns: readonly string[]; sides: readonly string[]; market: (row: Record<string, string>) => string }[] = [
  ...[['1X2_B365_open', 'B365'], ['1X2_B365C', 'B365C'], ['1X2_PSC', 'PSC']].map(([name = '', book = '']) =>
    ({ name, columns: ['H', 'D', 'A'].map((side) => book + side), sides: ['.H', '.D', '.A'], market: () => '1x2' })),
  ...[['open', 'AHh', 'B365AH'], ['close', 'AHCh', 'B365CAH']].map(([when = '', line = '', book = '']) => ({
    name: `AH_B365_${when}`, columns: [`${book}H`, `${book}A`], sides: ['_home', '_away'],
    market: (row: Record<string, string>) => `asian_handicap:${row[line] === '' ? '' : Number(row[line])}`,
  })),
  ...[['open', 'B365'], ['close', 'B365C']].map(([when = '', book = '']) =>
    ({ name: `OU25_B365_${when}`, columns: [`${book}>2.5`, `${book}<2.5`], sides: ['_over', '_under'], market: () => 'totals:2.5' })),
];

t.test('every bet of the seasons settles and pays as it did', { skip }, async (t) => {
  if (truth === undefined) return;
  const checked = { bets: 0, figures: 0 };
  for (const file of readdirSync(new URL('football-data/', data))) {
    const rows = season(file);
    for (const { name, columns, sides, market } of flatBets) {
      for (const [outcome, side] of sides.entries()) {
        const [group = '', key = ''] = side.startsWith('.') ? [name, side.slice(1)] : [name + side];
        const figures = truth.football[file]?.settlement_flat_stake_1[group] as Record<string, unknown> | undefined;
        const truly = (key === '' ? figures : figures?.[key]) as Flat | undefined;
        const classes: Record<string, number> = { win: 0, half_win: 0, push: 0, half_loss: 0, loss: 0 };
        let returnedMinor = 0;
        for (const row of rows) {
          const priceE4 = priceOf(row[columns[outcome] ?? '']);
          const [home = '', away = ''] = [row['FTHG'] ?? row['HG'], row['FTAG'] ?? row['AG']];
          const result = home === '' || away === '' ? undefined : scoreResult(market(row), Number(home), Number(away))?.[outcome];
          if (priceE4 === 0 || result === undefined) continue;
          classes[names[result]] = (classes[names[result]] ?? 0) + 1;
          returnedMinor += payoutMinor(stake, [{ priceE4, result: { result } }], 'half_even');
        }
        const bets = Object.values(classes).reduce((sum, count) => sum + count, 0);
        if (truly === undefined) continue;
        t.equal(bets, truly.bets, `${file} ${name}${side}: bets`);
        if (truly.classes === undefined) t.equal(classes['win'], truly.won, `${file} ${name}${side}: won`);
        else t.same(classes, truly.classes, `${file} ${name}${side}: classes`);
        t.equal(Number((returnedMinor / stake.stakeMinor).toFixed(4)), Number(truly.returned.toFixed(4)), `${file} ${name}${side}: returned`);
        checked.bets += bets;
        checked.figures += 1;
      }
    }
  }
  const figures = Object.values(truth.football).flatMap((file) =>
    Object.entries(file.settlement_flat_stake_1).flatMap(([name, of]) => (name.startsWith('1X2') ? Object.keys(of) : [name])));
  t.equal(checked.figures, figures.length, `every figure, of ${checked.bets} bets`);
});
