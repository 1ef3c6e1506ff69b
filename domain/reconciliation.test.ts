import fc from 'fast-check';
import t from 'tap';
import { reconcile } from './reconciliation.ts';
import type { SettledBet } from './reconciliation.ts';

const bet = (reference: string, more: Partial<SettledBet> = {}): SettledBet =>
  ({ reference, stakeMinor: 2_00, priceE4: 12_200, profitMinor: -44, currency: 'GBP', settledAtMs: 1_469_895_973_000, outcome: 'LOST', ...more });

const found = (ours: readonly SettledBet[], theirs: readonly SettledBet[], toleranceMinor?: number): string[] =>
  reconcile(ours, theirs, toleranceMinor).breaks.map(({ reference, reason }) => `${reference} ${reason}`);

t.test('breaks by name, in order', async (t) => {
  t.same(found([bet('1'), bet('2')], [bet('2'), bet('1')]), []);
  t.same(found([bet('2'), bet('1')], [bet('3')]), ['1 missing_there', '2 missing_there', '3 missing_here']);
  t.same(found([bet('1')], [bet('1', { stakeMinor: 3_00, priceE4: 12_300, profitMinor: -69 })]), ['1 stake_differs', '1 price_differs', '1 profit_differs']);
  t.same(found([bet('1')], [bet('1', { currency: 'EUR', stakeMinor: 2_40, profitMinor: -53 })]), ['1 currency_differs'], 'amounts of two currencies are not compared');
  t.same(found([bet('1')], [bet('1'), bet('1')]), ['1 duplicate_there']);
  t.same(found([bet('1')], [bet('1'), bet('1', { profitMinor: 0 })]), ['1 duplicate_there'], 'the first is the one that is compared');
  t.same(found([], [bet('1'), bet('1')]), ['1 missing_here', '1 duplicate_there']);
  t.same(found([bet('1'), bet('1')], [bet('1')]), ['1 missing_there'], 'a reference that we have twice');
  t.same(found([bet('1')], [bet('1', { settledAtMs: 0, outcome: 'lost' })]), [], 'neither times nor words are compared');
});

t.test('profits within the tolerance are alike', async (t) => {
  t.same(found([bet('1')], [bet('1', { profitMinor: -45 })], 1), []);
  t.same(found([bet('1')], [bet('1', { profitMinor: -42 })], 1), ['1 profit_differs']);
});

t.test('totals of both sides by currency', async (t) => {
  const { totals, matched } = reconcile([bet('1'), bet('2', { currency: 'EUR', profitMinor: 1_00 })], [bet('1'), bet('1'), bet('3', { profitMinor: 5 })]);
  t.equal(matched, 1);
  t.same(totals, [
    { currency: 'EUR', ours: { bets: 1, stakeMinor: 2_00, profitMinor: 1_00 }, theirs: { bets: 0, stakeMinor: 0, profitMinor: 0 } },
    { currency: 'GBP', ours: { bets: 1, stakeMinor: 2_00, profitMinor: -44 }, theirs: { bets: 3, stakeMinor: 6_00, profitMinor: -83 } },
  ]);
});

const anyBet: fc.Arbitrary<SettledBet> = fc.record({
  reference: fc.constantFrom('1', '2', '3', '4', '5'), stakeMinor: fc.constantFrom(1_00, 2_00), priceE4: fc.constantFrom(20_000, 21_000),
  profitMinor: fc.integer({ min: -3, max: 3 }), currency: fc.constantFrom('GBP', 'EUR'), settledAtMs: fc.constant(0), outcome: fc.constantFrom('won', 'lost'),
});
const bets = fc.array(anyBet, { maxLength: 8 });
const tolerance = fc.integer({ min: 0, max: 2 });
const distinct = fc.uniqueArray(anyBet, { selector: ({ reference }) => reference });

t.test('a side reconciles with itself, in any order', async () => {
  fc.assert(fc.property(distinct.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))), ([all, shuffled]) => {
    const { breaks, matched } = reconcile(all, shuffled);
    return breaks.length === 0 && matched === all.length;
  }));
});

t.test('no row is lost: each is matched or in a break', async () => {
  fc.assert(fc.property(bets, bets, tolerance, (ours, theirs, toleranceMinor) => {
    const { breaks, matched } = reconcile(ours, theirs, toleranceMinor);
    const named = (rows: readonly (SettledBet | undefined)[]) => new Set(rows.filter((row) => row !== undefined)).size;
    return matched + named(breaks.map((one) => one.ours)) === ours.length && matched + named(breaks.map((one) => one.theirs)) === theirs.length;
  }), { numRuns: 1_000 });
});

t.test('without a break the totals are the same but for the tolerance', async (t) => {
  let clean = 0;
  fc.assert(fc.property(distinct, tolerance, fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 5, maxLength: 5 }), (ours, toleranceMinor, off) => {
    const { breaks, totals } = reconcile(ours, ours.map((one, i) => ({ ...one, profitMinor: one.profitMinor + (off[i] ?? 0) })), toleranceMinor);
    if (breaks.length > 0) return true;
    clean += 1;
    return totals.every((total) => total.ours.bets === total.theirs.bets && total.ours.stakeMinor === total.theirs.stakeMinor
      && Math.abs(total.ours.profitMinor - total.theirs.profitMinor) <= toleranceMinor * total.ours.bets);
  }), { numRuns: 1_000 });
  t.ok(clean > 100);
});

t.test('swapping the sides swaps what is missing, where nothing is double', async () => {
  const other: Record<string, string> = { missing_here: 'missing_there', missing_there: 'missing_here' };
  fc.assert(fc.property(distinct, distinct, tolerance, (ours, theirs, toleranceMinor) => {
    const swapped = reconcile(theirs, ours, toleranceMinor).breaks.map(({ reference, reason }) => `${reference} ${other[reason] ?? reason}`);
    return swapped.join() === found(ours, theirs, toleranceMinor).join();
  }), { numRuns: 1_000 });
});
