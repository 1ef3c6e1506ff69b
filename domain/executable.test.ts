import fc from 'fast-check';
import t from 'tap';
import { executableStakes } from './executable.ts';
import type { StakeLeg } from './executable.ts';
import { catalogueOf } from './market.ts';
import type { ResultClass, ResultRows } from './market.ts';

const rowsOf = (market: string): ResultRows => {
  const catalogue = catalogueOf(market);
  if (catalogue === undefined) throw new Error(`no catalogue of ${market}`);
  return catalogue.resultRows;
};

const leg = (outcome: number, priceE4: number, more: Partial<StakeLeg> = {}): StakeLeg =>
  ({ outcome, side: 'back', priceE4, commissionPpm: 0, stepMinor: 1, minMinor: 0, maxMinor: Infinity, ...more });

/** What a leg pays in a result in real numbers, by its definition and not by the code under test. */
const pays = (one: StakeLeg, stake: number, result: ResultClass): number => {
  const won = one.side === 'back' ? stake * (one.priceE4 / 1e4 - 1) * (1 - one.commissionPpm / 1e6) : -stake * (one.priceE4 / 1e4 - 1);
  const lost = one.side === 'back' ? -stake : stake * (1 - one.commissionPpm / 1e6);
  return { won, half_won: won / 2, push: 0, half_lost: lost / 2, lost }[result];
};

const profits = (legs: readonly StakeLeg[], stakes: readonly number[], rows: ResultRows): number[] =>
  rows.map((row) => legs.reduce((sum, one, i) => sum + pays(one, stakes[i] ?? 0, row[one.outcome] ?? 'lost'), 0));

t.test('a wide arbitrage is executed up to the cap', async (t) => {
  const found = executableStakes([leg(0, 21_000), leg(1, 21_000)], rowsOf('btts'));
  t.same(found, { stakesMinor: [50_000, 50_000], outlayMinor: 100_000, worstProfitMinor: 5_000, bestProfitMinor: 5_000 });
});

t.test('the first stakes tried return the same after commission', async (t) => {
  const backs = executableStakes([leg(0, 22_000, { commissionPpm: 50_000 }), leg(1, 19_000)], rowsOf('btts'));
  t.ok((backs?.outlayMinor ?? 0) > 99_990, 'a margin of 0.6 % is used up to the cap');
  const lays = executableStakes([leg(0, 22_000), leg(0, 21_200, { side: 'lay', commissionPpm: 50_000 })], rowsOf('btts'));
  t.ok((lays?.outlayMinor ?? 0) > 99_990);
});

t.test('whole pounds kill a narrow one that pennies let live', async (t) => {
  const legs = (stepMinor: number) => [leg(0, 19_100, { stepMinor }), leg(1, 21_010, { stepMinor })];
  t.equal(executableStakes(legs(100), rowsOf('btts'), 2_000), undefined);
  t.ok(executableStakes(legs(1), rowsOf('btts'), 2_000));
  t.same(executableStakes(legs(100), rowsOf('btts'))?.stakesMinor.map((stake) => stake % 100), [0, 0], 'a larger total finds whole pounds that fit');
});

t.test('limits are kept', async (t) => {
  const rows = rowsOf('btts');
  const found = executableStakes([leg(0, 25_000, { maxMinor: 777 }), leg(1, 25_000)], rows);
  t.ok(found !== undefined && (found.stakesMinor[0] ?? 0) <= 777, 'a limit in between steps');
  t.equal(found?.stakesMinor[0], 777, 'and used up');
  t.equal(executableStakes([leg(0, 25_000, { minMinor: 60_000 }), leg(1, 25_000, { minMinor: 60_000 })], rows), undefined, 'two least stakes above the cap');
  t.equal(executableStakes([leg(0, 25_000, { maxMinor: 0 }), leg(1, 25_000)], rows), undefined, 'a book that takes nothing');
  t.equal(executableStakes([leg(0, 21_000, { maxMinor: 100 }), leg(1, 21_000, { minMinor: 120 })], rows), undefined, 'limits that do not meet');
  t.ok(executableStakes([leg(0, 30_000, { maxMinor: 100 }), leg(1, 21_000, { minMinor: 120 })], rows), 'limits that meet off the equal return');
});

t.test('no stakes without an arbitrage, without legs, without a step', async (t) => {
  const rows = rowsOf('btts');
  t.equal(executableStakes([leg(0, 20_000), leg(1, 20_000)], rows), undefined, 'a fair book gains in no result');
  t.equal(executableStakes([leg(0, 19_000), leg(1, 19_000)], rows), undefined);
  t.equal(executableStakes([leg(0, 50_000)], rows), undefined, 'one outcome is not covered');
  t.equal(executableStakes([], rows), undefined);
  for (const stepMinor of [0, -1, 0.5, Number.NaN]) t.equal(executableStakes([leg(0, 30_000, { stepMinor }), leg(1, 30_000)], rows), undefined);
});

t.test('backing and laying one outcome', async (t) => {
  const rows = rowsOf('1x2');
  const found = executableStakes([leg(0, 22_000), leg(0, 21_000, { side: 'lay', commissionPpm: 20_000 })], rows);
  t.ok(found !== undefined && found.outlayMinor <= 100_000 && found.worstProfitMinor > 0);
  t.equal(executableStakes([leg(0, 21_000), leg(0, 21_000, { side: 'lay', commissionPpm: 20_000 })], rows), undefined);
});

t.test('double chance: two of three pay', async (t) => {
  const found = executableStakes([leg(0, 16_000), leg(1, 16_000), leg(2, 16_000)], rowsOf('double_chance'));
  t.ok(found !== undefined && found.worstProfitMinor > 0);
  t.equal(executableStakes([leg(0, 15_000), leg(1, 15_000), leg(2, 15_000)], rowsOf('double_chance')), undefined);
});

const markets = fc.constantFrom('btts', 'moneyline', 'totals:2.5', 'totals:2.25', 'asian_handicap:-0.75', '1x2');
const terms = fc.record({
  stepMinor: fc.constantFrom(1, 5, 50, 100, 1000), minMinor: fc.constantFrom(0, 100, 250), maxMinor: fc.constantFrom(Infinity, 5_000, 12_345),
  commissionPpm: fc.constantFrom(0, 20_000, 50_000),
});
const pricesFor = (count: number) => fc.array(fc.integer({ min: count * 9_000, max: count * 12_000 }), { minLength: count, maxLength: count });

t.test('what is found loses in no result, gains in one, and keeps steps, limits and cap', async (t) => {
  let found = 0;
  fc.assert(fc.property(markets, pricesFor(3), fc.array(terms, { minLength: 3, maxLength: 3 }), fc.constantFrom(10_000, 100_000), (market, prices, more, cap) => {
    const rows = rowsOf(market);
    const count = rows[0]?.length ?? 0;
    const legs = prices.slice(0, count).map((priceE4, i) => leg(i, Math.round((priceE4 * count) / 3), more[i]));
    const stakes = executableStakes(legs, rows, cap);
    if (stakes === undefined) return true;
    found += 1;
    const result = profits(legs, stakes.stakesMinor, rows);
    return result.every((profit) => profit >= -1e-9) && result.some((profit) => profit > 0) && stakes.outlayMinor <= cap
      && legs.every((one, i) => {
        const stake = stakes.stakesMinor[i] ?? 0;
        return stake % one.stepMinor === 0 && stake >= one.minMinor && stake <= one.maxMinor;
      });
  }), { numRuns: 1_500 });
  t.ok(found > 100, `${found} were executable`);
});

t.test('commission on a lay is taken from what it wins', async (t) => {
  const found = executableStakes([leg(0, 22_000), leg(0, 21_000, { side: 'lay', commissionPpm: 20_000 })], rowsOf('1x2'), 20_000);
  const [back = 0, lay = 0] = found?.stakesMinor ?? [];
  t.ok(back > 0 && lay > 0);
  t.equal(found?.outlayMinor, back + Math.ceil(lay * 1.1 - 1e-9));
  const won = back * 1.2 - lay * 1.1;
  const lost = lay * 0.98 - back;
  t.ok(Math.abs((found?.worstProfitMinor ?? 0) - Math.min(won, lost)) <= 2);
  t.ok(Math.abs((found?.bestProfitMinor ?? 0) - Math.max(won, lost)) <= 2);
});

t.test('what is not found is not there: every pair of stakes, tried one by one', async (t) => {
  let some = 0;
  let none = 0;
  const narrow = fc.record({
    step: fc.constantFrom(100, 200), max: fc.integer({ min: 100, max: 6_000 }), min: fc.constantFrom(0, 300), ppm: fc.constantFrom(0, 50_000),
  });
  const price = fc.integer({ min: 12_000, max: 40_000 });
  const better = fc.integer({ min: 0, max: 300 });
  fc.assert(fc.property(price, better, narrow, narrow, fc.boolean(), (first, above, a, b, isLay) => {
    const winningsA = (x: number) => lessCommission(Math.floor((x * (first - 10_000)) / 10_000), a.ppm);
    // The second leg backs the other outcome, or lays the first, at a price a little better than fair.
    const fair = 1 + (first / 10_000 - 1) * (1 - a.ppm / 1e6);
    const second = isLay ? Math.floor(10_000 * (1 + (fair - 1) * (1 - b.ppm / 1e6))) - Math.floor(above / 2)
      : Math.ceil(10_000 * (1 + 1 / (fair - 1) / (1 - b.ppm / 1e6))) + above;
    if (second <= 10_000) return true;
    const winsB = (y: number) => (isLay ? lessCommission(y, b.ppm) : lessCommission(Math.floor((y * (second - 10_000)) / 10_000), b.ppm));
    const risksB = (y: number) => (isLay ? Math.ceil((y * (second - 10_000)) / 10_000) : y);
    const cap = 8_000;
    let exists = false;
    for (let x = Math.max(a.step, Math.ceil(a.min / a.step) * a.step); x <= a.max; x += a.step) {
      for (let y = Math.max(b.step, Math.ceil(b.min / b.step) * b.step); y <= b.max; y += b.step) {
        const won = winningsA(x) - risksB(y);
        const lost = winsB(y) - x;
        if (x + risksB(y) <= cap && won >= 0 && lost >= 0 && won + lost > 0) exists = true;
      }
    }
    if (exists) some += 1;
    else none += 1;
    const terms = (one: typeof a) => ({ stepMinor: one.step, minMinor: one.min, maxMinor: one.max, commissionPpm: one.ppm });
    const legs = [leg(0, first, terms(a)), leg(isLay ? 0 : 1, second, { ...terms(b), side: isLay ? 'lay' : 'back' })];
    return (executableStakes(legs, rowsOf('btts'), cap) !== undefined) === exists;
  }), { numRuns: 1_000 });
  t.ok(some > 50 && none > 50, `${some} exist, ${none} do not`);
});

const lessCommission = (winnings: number, ppm: number): number => winnings - Math.ceil((winnings * ppm) / 1_000_000);
