import fc from 'fast-check';
import t from 'tap';
import { hedges } from './hedges.ts';
import type { HedgeCandidate, HedgeSample } from './hedges.ts';
import { tail } from './measures.ts';

const back = (outcome: string, priceE4: number, more: Partial<HedgeCandidate> = {}): HedgeCandidate => ({
  market: 'football:a:1x2', outcome, side: 'back', priceE4, provider: 'x', limitMinor: 16_000, stepMinor: 100, commissionPpm: 0, ...more,
});
const outcomes = ['home', 'draw', 'away'];

/** One event on 1,000 paths, of which so many of a thousand end each way; and what the portfolio makes of each. */
const sampleOf = (counts: readonly [number, number, number], pnls: readonly [number, number, number], scaleMinor = 1): HedgeSample => {
  const ends = counts.flatMap((count, end) => new Array<number>(count).fill(end));
  return {
    pnl: Int32Array.from(ends, (end) => pnls[end]! / scaleMinor), scaleMinor,
    endsOf: ({ outcome }) => ({ classes: outcomes.map((one) => (one === outcome ? 'won' : 'lost')), probabilities: counts.map((count) => count / 1_000), ends }),
  };
};
const cvar = (pnl: Int32Array, level: number): number => tail(pnl, level).conditional.value;

/** The sample's P&L with hedges made, by the rule of a back or a lay alone. */
const hedged = (sample: HedgeSample, made: ReturnType<typeof hedges>): Int32Array => sample.pnl.map((amount, path) => made.reduce((sum, { candidate, stakeMinor }) => {
  const { classes, ends } = sample.endsOf(candidate), won = classes[ends[path]!] === 'won', winnings = Math.round(stakeMinor * (candidate.priceE4 / 1e4 - 1));
  return sum + (candidate.side === 'back' ? (won ? winnings : -stakeMinor) : (won ? -winnings : stakeMinor));
}, amount));

t.test('the outcome that loses is backed, the cheaper of two prices', (t) => {
  const sample = sampleOf([500, 300, 200], [5_000, 5_000, -20_000]);
  const [first, ...others] = hedges(sample, [back('away', 45_000, { provider: 'dear' }), back('away', 49_000), back('home', 19_000)], { level: 0.95, maxCostMinor: 1e9 });
  t.equal(first!.candidate.provider, 'x');
  // 5,000 at 4.9 make 500 of home or draw and -500 of away: 24,900 is all there is to equalise, at 4.9 a stake of 25,000 / 4.9.
  t.ok(Math.abs(first!.stakeMinor - 25_000 / 4.9) <= 1_000, `${first!.stakeMinor}`);
  t.ok(Math.abs(first!.costMinor - first!.stakeMinor * (1 - 0.2 * 4.9)) < 1e-6);
  t.same(others.map(({ candidate }) => candidate.outcome).filter((outcome) => outcome === 'home'), []);
  t.end();
});

t.test('a lay of what would lose us most, and commission makes it dearer', (t) => {
  const sample = sampleOf([500, 300, 200], [-9_000, 3_000, 3_000]), lay = back('away', 50_000, { side: 'lay' });
  t.same(hedges(sample, [lay], { level: 0.95, maxCostMinor: 1e9 }).map(({ candidate, stakeMinor }) => [candidate.side, stakeMinor]), [['lay', 2_000]], 'until away is no better than home is');
  const costs = [0, 50_000].map((commissionPpm) => hedges(sample, [{ ...lay, commissionPpm }], { level: 0.95, maxCostMinor: 1e9 })[0]!).map(({ costMinor, stakeMinor }) => costMinor / stakeMinor);
  t.ok(Math.abs(costs[0]!) < 1e-9 && Math.abs(costs[1]! - 0.8 * 0.05) < 1e-9, `${costs}`);
  t.end();
});

t.test('what is better than fair goes first', (t) => {
  const sample = sampleOf([500, 300, 200], [5_000, 0, -20_000]);
  const made = hedges(sample, [back('away', 48_000, { limitMinor: 1_000 }), back('away', 52_000, { provider: 'generous', limitMinor: 1_000 })], { level: 0.95, maxCostMinor: 1e9 });
  t.same(made.map(({ candidate, stakeMinor }) => [candidate.provider, stakeMinor]), [['generous', 1_000], ['x', 1_000]]);
  t.ok(made[0]!.costMinor < 0 && made[1]!.costMinor > 0);
  t.end();
});

t.test('nothing to hedge, or no money for it', (t) => {
  t.same(hedges(sampleOf([500, 300, 200], [100, 100, 100]), [back('home', 19_000), back('away', 48_000)], { level: 0.95, maxCostMinor: 1e9 }), []);
  t.same(hedges(sampleOf([500, 300, 200], [5_000, 0, -20_000]), [back('away', 45_000)], { level: 0.95, maxCostMinor: 0 }), []);
  t.same(hedges(sampleOf([500, 300, 200], [5_000, 0, -20_000]), [], { level: 0.95, maxCostMinor: 1 }), []);
  t.end();
});

t.test('what is told is so: limits, steps, cost, reduction', (t) => {
  const pnl = fc.integer({ min: -300, max: 300 }).map((hundreds) => hundreds * 100), price = fc.integer({ min: 11, max: 90 }).map((tenths) => tenths * 1_000);
  const candidate = fc.record({ outcome: fc.constantFrom(...outcomes), priceE4: price, side: fc.constantFrom('back' as const, 'lay' as const), limitMinor: fc.integer({ min: 50, max: 9_000 }), stepMinor: fc.constantFrom(1, 50, 100, 1_000) })
    .map(({ outcome, priceE4, ...more }) => back(outcome, priceE4, more));
  let made = 0;
  fc.assert(fc.property(fc.tuple(pnl, pnl, pnl), fc.array(candidate, { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 3_000 }), (pnls, candidates, maxCostMinor) => {
    const sample = sampleOf([450, 350, 200], pnls), found = hedges(sample, candidates, { level: 0.9, maxCostMinor });
    made += found.length;
    const reduction = found.reduce((sum, { cvarReductionMinor }) => sum + cvarReductionMinor, 0), now = hedged(sample, found);
    return found.every(({ candidate: { limitMinor, stepMinor }, stakeMinor }) => stakeMinor > 0 && stakeMinor <= limitMinor && stakeMinor % stepMinor === 0)
      && found.reduce((sum, { costMinor }) => sum + costMinor, 0) <= maxCostMinor + 1e-6
      && Math.abs(cvar(sample.pnl, 0.9) - cvar(now, 0.9) - reduction) < 2 * found.length + 1e-6;
  }), { numRuns: 200 });
  t.ok(made > 50, `${made} hedges`);
  t.end();
});

t.test('in larger units the same is told', (t) => {
  const of = (scaleMinor: number) => hedges(sampleOf([500, 300, 200], [5_000, 5_000, -20_000], scaleMinor), [back('away', 48_000)], { level: 0.95, maxCostMinor: 1e9 })[0]!;
  t.ok(Math.abs(of(1).cvarReductionMinor - of(10).cvarReductionMinor) < 200);
  t.equal(of(1).stakeMinor, of(10).stakeMinor);
  t.end();
});

t.test('what is no candidate is refused', (t) => {
  const sample = sampleOf([500, 300, 200], [0, 0, -100]), refused = (more: Partial<HedgeCandidate>, code: string): void => {
    t.throws(() => hedges(sample, [back('away', 50_000, more)], { level: 0.95, maxCostMinor: 1e9 }), { code });
  };
  refused({ limitMinor: 0 }, 'bad_position');
  refused({ stepMinor: 0.5 }, 'bad_position');
  refused({ priceE4: 10_000 }, 'bad_position');
  t.throws(() => hedges(sample, [], { level: 1, maxCostMinor: 1 }), { code: 'bad_level' });
  t.throws(() => hedges({ ...sample, endsOf: () => ({ classes: ['won'], probabilities: [1], ends: [0] }) }, [back('away', 50_000)], { level: 0.95, maxCostMinor: 1 }), { code: 'bad_scenario' });
  t.end();
});
