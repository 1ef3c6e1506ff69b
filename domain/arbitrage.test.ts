import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  addBackLeg, addLayLeg, clearLegs, inverseSum, isArbitrage, isBackLayArbitrage, isPalpableError, isSurelyNoArbitrage, isSurelyNoPalpableError, netLegs, palpableErrors, profitMargin, stakeShares,
} from './arbitrage.ts';
import { americanToPriceE4 } from './odds.ts';

const backing = (...pricesE4: number[]) => {
  const legs = netLegs();
  for (const price of pricesE4) addBackLeg(legs, price, 0);
  return legs;
};

/** A ratio of big integers, to check decisions against without sharing their code. */
interface Ratio { n: bigint; d: bigint }
const ratio = (n: bigint | number, d: bigint | number = 1): Ratio => ({ n: BigInt(n), d: BigInt(d) });
const plus = (a: Ratio, b: Ratio): Ratio => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d });
const times = (a: Ratio, b: Ratio): Ratio => ({ n: a.n * b.n, d: a.d * b.d });
const isLess = (a: Ratio, b: Ratio): boolean => a.n * b.d < b.n * a.d;
const price = (priceE4: number): Ratio => ratio(priceE4, 10_000);
const minusOne = (a: Ratio): Ratio => plus(a, ratio(-1));
const net = (priceE4: number, ppm: number): Ratio => plus(ratio(1), times(minusOne(price(priceE4)), ratio(1_000_000 - ppm, 1_000_000)));

const priceE4 = fc.oneof(fc.integer({ min: 10_001, max: 60_000 }), fc.integer({ min: 10_001, max: 1_000_000_000 }));
const ppm = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: 1_000_000 }));

t.test('a sum of inverse prices below one is an arbitrage, one exactly is not', async (t) => {
  t.ok(isArbitrage(backing(21_000, 21_000), 1));
  t.notOk(isArbitrage(backing(20_000, 20_000), 1), 'fair');
  t.notOk(isArbitrage(backing(30_000, 30_000, 30_000), 1), '1/3 + 1/3 + 1/3 is one exactly, whatever doubles make of it');
  t.notOk(isArbitrage(backing(60_000, 30_000, 20_000), 1), '1/6 + 1/3 + 1/2');
  t.notOk(isArbitrage(backing(19_000, 21_000), 1));
  t.ok(isArbitrage(backing(11_000, 110_001), 1), 'ahead by 8 parts in a hundred million');
  t.notOk(isArbitrage(backing(11_000, 110_000), 1), '1/1.1 + 1/11 is one');
});

t.test('an incomplete set is none', async (t) => {
  t.notOk(isArbitrage(netLegs(), 1));
  t.notOk(isArbitrage(backing(50_000), 1));
  t.notOk(isArbitrage(backing(50_000, 50_000), 2));
});

t.test('where two win, the bound is two', async (t) => {
  t.notOk(isArbitrage(backing(15_000, 15_000, 15_000), 2), '3 / 1.5 is two exactly');
  t.ok(isArbitrage(backing(15_001, 15_000, 15_000), 2));
  t.notOk(isArbitrage(backing(13_000, 13_000, 20_000), 2), 'below three, above two');
});

t.test('commission counts', async (t) => {
  const legs = netLegs();
  addBackLeg(legs, 20_200, 50_000);
  addBackLeg(legs, 20_200, 0);
  t.notOk(isArbitrage(legs, 1), '2.02 less 5 % is 1.969');
  clearLegs(legs);
  addBackLeg(legs, 20_200, 0);
  addBackLeg(legs, 20_200, 0);
  t.ok(isArbitrage(legs, 1));
});

t.test('what is surely none is none, nor are lower prices', async (t) => {
  const many = fc.array(priceE4, { minLength: 2, maxLength: 5 });
  let sure = 0;
  fc.assert(fc.property(many, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 }), (prices, shares) => {
    if (!isSurelyNoArbitrage(inverseSum(backing(...prices)), 1)) return;
    sure++;
    const lower = prices.map((price, i) => 10_001 + Math.floor((price - 10_001) * shares[i]!));
    assert.ok(!isArbitrage(backing(...prices), 1) && !isArbitrage(backing(...lower), 1));
  }));
  t.ok(sure > 10, `sure ${sure}`);
  t.ok(isSurelyNoArbitrage(NaN, 1), 'an outcome without a price');
  t.notOk(isSurelyNoArbitrage(1 / 3 + 1 / 3 + 1 / 3, 1), 'at the bound rationals decide');
});

t.test('the decision is that of exact rationals', async () => {
  const leg = fc.record({ priceE4, ppm });
  // Prices around a partner of 1 − 1/a put the sum at one, where doubles cannot decide.
  const near = fc.tuple(fc.integer({ min: 10_001, max: 40_000 }), fc.integer({ min: -2, max: 2 })).map(([a, off]) => [
    { priceE4: a, ppm: 0 }, { priceE4: Math.max(10_001, Math.round((a * 10_000) / (a - 10_000)) + off), ppm: 0 },
  ]).filter((legs) => legs.every((one) => one.priceE4 <= 1_000_000_000));
  const legs = netLegs();
  fc.assert(fc.property(fc.oneof(near, fc.array(leg, { minLength: 2, maxLength: 12 })), fc.integer({ min: 1, max: 3 }), (set, winners) => {
    clearLegs(legs);
    for (const one of set) addBackLeg(legs, one.priceE4, one.ppm);
    const sum = set.reduce((s, one) => plus(s, { n: net(one.priceE4, one.ppm).d, d: net(one.priceE4, one.ppm).n }), ratio(0));
    return isArbitrage(legs, winners) === (set.length > winners && isLess(sum, ratio(winners)));
  }), { numRuns: 3_000 });
});

t.test('back and lay: b(1 − c) > l − c, exactly', async (t) => {
  t.ok(isBackLayArbitrage(22_000, 0, 21_000, 50_000), '2.2 × 0.95 = 2.09 > 2.05');
  t.notOk(isBackLayArbitrage(21_000, 0, 21_000, 0), 'equal');
  t.notOk(isBackLayArbitrage(21_500, 0, 21_000, 50_000), '2.0425 < 2.05');
  t.notOk(isBackLayArbitrage(30_000, 0, 29_000, 50_000), '3 × 0.95 = 2.85 = 2.9 − 0.05 exactly');
  t.ok(isBackLayArbitrage(30_001, 0, 29_000, 50_000));
  t.notOk(isBackLayArbitrage(22_000, 100_000, 21_000, 50_000), 'the back side pays commission as well: 2.08 × 0.95 < 2.05');
  t.notOk(isBackLayArbitrage(1_000_000_000, 0, 10_001, 1_000_000), 'nothing is left of the lay');
  t.ok(isBackLayArbitrage(533_458_884, 19_999, 496_650_895, 50_001), 'ahead by 31116 in 5 × 10²⁰, where doubles see a tie');
});

t.test('back and lay agree with the rationals, and with the two-legged sum', async () => {
  const legs = netLegs();
  const lay = fc.tuple(priceE4, ppm, fc.integer({ min: -1, max: 1 }));
  const spread = fc.oneof(fc.constant(undefined), lay);
  fc.assert(fc.property(priceE4, ppm, priceE4, ppm, spread, (back, backPpm, layPrice, layPpm, near) => {
    // Half of the cases lie at the bound: l = 1 + (b − 1)(1 − c), give or take a ten-thousandth.
    const layed = near === undefined ? layPrice
      : Math.min(1e9, Math.max(10_001, 10_000 + Math.round((back - 10_000) * (1 - backPpm / 1e6) * (1 - layPpm / 1e6)) + near[2]));
    const kept = ratio(1_000_000 - layPpm, 1_000_000);
    const expected = isLess(plus(price(layed), ratio(-layPpm, 1_000_000)), times(net(back, backPpm), kept));
    clearLegs(legs);
    addBackLeg(legs, back, backPpm);
    addLayLeg(legs, layed, layPpm);
    return isBackLayArbitrage(back, backPpm, layed, layPpm) === expected && isArbitrage(legs, 1) === expected;
  }), { numRuns: 3_000 });
});

t.test('shares equalise the return, the margin is what is left', async (t) => {
  const legs = backing(21_000, 42_000, 45_000);
  const shares: number[] = [9, 9, 9, 9];
  stakeShares(legs, shares);
  t.equal(shares.length, 3);
  t.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-15);
  for (const [i, priced] of [2.1, 4.2, 4.5].entries()) t.ok(Math.abs((shares[i] ?? 0) * priced - 1 / inverseSum(legs)) < 1e-14);
  t.ok(Math.abs(profitMargin(legs, 1) - (1 / (1 / 2.1 + 1 / 4.2 + 1 / 4.5) - 1)) < 1e-15);
  t.equal(profitMargin(backing(15_000, 15_000, 15_000), 2), 0);
});

const american = (odds: number): number => {
  const converted = americanToPriceE4(odds);
  if (typeof converted !== 'number') throw new Error(converted);
  return converted;
};

t.test('Spain v Saudi Arabia, 20 June 2026: +257 where the others say -1000 to -1250', async (t) => {
  const others = [-1000, -1050, -1100, -1100, -1150, -1200, -1200, -1250, -1250];
  const quotes = others.map((odds, i) => ({ outcome: 'home', provider: `book${i}`, priceE4: american(odds) }));
  const wrong = { outcome: 'home', provider: 'mistaken', priceE4: american(257) };
  const alsoWrong = { outcome: 'home', provider: 'copied', priceE4: american(257) };
  const draw = { outcome: 'draw', provider: 'mistaken', priceE4: 95_000 };
  const right = quotes[0] ?? wrong;
  t.same(palpableErrors([wrong, right, draw], [...quotes, wrong, alsoWrong, draw]), [true, false, false]);
});

t.test('a palpable error needs three others, not the provider itself', async (t) => {
  const leg = { outcome: 'home', provider: 'a', priceE4: 50_000 };
  const other = (provider: string) => ({ outcome: 'home', provider, priceE4: 11_000 });
  t.same(palpableErrors([leg], [leg, other('b'), other('c')]), [false]);
  t.same(palpableErrors([leg], [leg, other('a'), other('b'), other('c')]), [false], 'its own older price does not count');
  t.same(palpableErrors([leg], [leg, other('b'), other('c'), other('d')]), [true]);
  t.same(palpableErrors([leg], ['b', 'c', 'd'].map((provider) => ({ ...other(provider), outcome: 'away' }))), [false], 'of the same outcome');
});

t.test('the bound is ln 4 either way', async (t) => {
  t.notOk(isPalpableError(50_000, [20_000, 20_000, 20_000]), 'price less one: 4 against 1 is the bound itself');
  t.ok(isPalpableError(50_001, [20_000, 20_000, 20_000]));
  t.notOk(isPalpableError(12_500, [20_000, 20_000, 20_000]));
  t.ok(isPalpableError(12_499, [20_000, 20_000, 20_000]));
  const logOdds = (e4: number) => Math.log(1e4 / e4 / (1 - 1e4 / e4));
  fc.assert(fc.property(priceE4, fc.array(priceE4, { minLength: 3, maxLength: 9 }), (own, others) => {
    const sorted = others.map(logOdds).sort((a, b) => a - b);
    const middle = ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
    const distance = Math.abs(logOdds(own) - middle);
    return Math.abs(distance - Math.log(4)) < 1e-6 || isPalpableError(own, others) === (distance > Math.log(4));
  }), { numRuns: 1_000 });
});

t.test('what the lowest and the highest of the others already clear is no palpable error', async (t) => {
  let cleared = 0;
  fc.assert(fc.property(priceE4, fc.array(priceE4, { maxLength: 9 }), (own, others) => {
    if (!isSurelyNoPalpableError(own, Math.min(...others), Math.max(0, ...others))) return true;
    cleared++;
    return !isPalpableError(own, others);
  }), { numRuns: 1_000 });
  t.ok(cleared > 50, 'and it clears some');
  t.notOk(isSurelyNoPalpableError(50_001, 20_000, 20_000));
  t.ok(isSurelyNoPalpableError(50_000, 20_000, 20_000), 'the bound itself');
});
