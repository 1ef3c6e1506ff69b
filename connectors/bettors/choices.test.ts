import fc from 'fast-check';
import t from 'tap';
import type { ArbitrageLeg } from '../../schemas/generated/arbitrage.ts';
import { arbitrageStakes, LEAST_STAKE_MINOR, medianPrices, MOST_STAKE_MINOR, valueBetOf } from './choices.ts';
import { quoteOf } from './testing/markets.ts';

t.test('the median is over bookmakers, an exchange is none', async (t) => {
  const quotes = [quoteOf('a', { home: 2, away: 1.8 }), quoteOf('b', { home: 2.2, away: 1.7 }), quoteOf('c', { home: 2.1, away: null }), quoteOf('x', { home: 9, away: 9 }, 0.02)];
  t.same(medianPrices({ quotes }), [{ outcome: 'away', price: 1.7 }, { outcome: 'home', price: 2.1 }]);
  t.same(medianPrices({ quotes: [] }), []);
});

t.test('a value bet is where a net price is above what the market thinks, and not absurdly so', async (t) => {
  const outcomes = [{ outcome: 'home', probability: 0.5, lowest: 0.5, highest: 0.5 }, { outcome: 'away', probability: 0.5, lowest: 0.5, highest: 0.5 }];
  const quotes = [quoteOf('a', { home: 2.1, away: 1.9 }), quoteOf('x', { home: 2.12, away: 1.9 }, 0.05)];
  t.match(valueBetOf({ outcomes }, { quotes }, 100_000), { provider: 'a', outcome: 'home', price: 2.1 }, '2.12 less 5 % of the winnings is less than 2.1');
  // Edge 0.05, a quarter of Kelly: 100,000 × 0.25 × 0.05 / 1.1.
  t.equal(valueBetOf({ outcomes }, { quotes }, 100_000)?.stakeMinor, 1_136);
  t.equal(valueBetOf({ outcomes }, { quotes: [quoteOf('a', { home: 2.03, away: 1.9 })] }, 100_000), undefined);
  t.equal(valueBetOf({ outcomes }, { quotes: [quoteOf('a', { home: 21, away: 1.9 })] }, 100_000), undefined, 'a misplaced point is nobody\'s value');
  t.equal(valueBetOf({ outcomes }, { quotes }, 500), undefined, 'too little money');
  t.equal(valueBetOf({ outcomes: [] }, { quotes }, 100_000), undefined);
});

const legs = fc.array(fc.record({ share: fc.double({ min: 0.02, max: 1, noNaN: true }), price: fc.double({ min: 1.02, max: 50, noNaN: true }), side: fc.constantFrom('back' as const, 'lay' as const) }), { minLength: 2, maxLength: 3 });

t.test('an arbitrage costs no more than there is, on no leg more than the bound, and shares are kept', async () => {
  let staked = 0;
  fc.assert(fc.property(legs, fc.integer({ min: 0, max: 1_000_000 }), (given, availableMinor) => {
    const sum = given.reduce((all, { share }) => all + share, 0);
    const arbitrage = { legs: given.map(({ share, price, side }, at) => ({ outcome: String(at), side, provider: `p${at}`, price, stake_share: share / sum }) as ArbitrageLeg) };
    const stakes = arbitrageStakes(arbitrage, availableMinor);
    if (stakes.length === 0) return true;
    staked++;
    const outlay = stakes.reduce((all, { liabilityMinor }) => all + liabilityMinor, 0);
    return stakes.length === given.length && outlay <= availableMinor && stakes.every(({ stakeMinor, liabilityMinor, leg }) =>
      stakeMinor >= LEAST_STAKE_MINOR && liabilityMinor <= MOST_STAKE_MINOR.arbitrage && Math.abs(liabilityMinor - outlay * leg.stake_share) <= 100);
  }));
  t.ok(staked > 20, `${staked} of them were staked`);
});
