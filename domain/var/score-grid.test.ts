import fc from 'fast-check';
import t from 'tap';
import { catalogueOf } from '../market.ts';
import { scoreResult } from '../settlement.ts';
import { isScoreMarket } from './score-constraint.ts';
import { gridProbabilities, reweightedGrid, scoreGrid } from './score-grid.ts';
import type { ScoreGrid } from './score-grid.ts';
import { VarError } from './types.ts';

const names = [
  '1x2', 'double_chance', 'draw_no_bet', 'btts', 'totals:1.5', 'totals:2', 'totals:2.25', 'totals:2.5', 'totals:2.75', 'totals:3', 'totals:3.5',
  'team_totals_home:1.5', 'team_totals_away:1', 'asian_handicap:-1.25', 'asian_handicap:-1', 'asian_handicap:-0.75', 'asian_handicap:-0.5', 'asian_handicap:-0.25',
  'asian_handicap:0', 'asian_handicap:0.25', 'asian_handicap:0.5', 'european_handicap:-1', 'european_handicap:1',
] as const;
const score = fc.record({ home: fc.nat(3), away: fc.nat(3) });
const rate = fc.double({ min: 0.2, max: 3, noNaN: true });

const sum = (values: Iterable<number>): number => [...values].reduce((all, p) => all + p, 0);
const isClose = (a: readonly number[], b: readonly number[], within: number): boolean => a.length === b.length && a.every((p, i) => Math.abs(p - b[i]!) <= within);

/** A truth that is no product of two Poissons: one, in which draws are likelier by a factor and high scores less so. */
const truth = fc.tuple(score, rate, rate, fc.double({ min: 0.7, max: 1.4, noNaN: true }), fc.double({ min: 0.85, max: 1.05, noNaN: true })).map(([at, home, away, draws, high]): ScoreGrid => {
  const { scores } = scoreGrid(at, []);
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
  const mass = Float64Array.from(scores, (s) => {
    const [h, a] = [s.home - at.home, s.away - at.away];
    return home ** h / factorial(h) * away ** a / factorial(a) * (s.home === s.away ? draws : 1) * high ** (h + a);
  });
  const all = sum(mass);
  return { scores, probabilities: mass.map((p) => p / all) };
});
const scoreOf = ({ scores }: ScoreGrid) => scores[0]!;
/** Markets that are still open, priced by a truth: up to 200, beyond which two that nearly say the same are told apart by less than what is met. */
const priced = (grid: ScoreGrid, chosen: readonly string[]) => chosen.map((market) => ({ market, probabilities: gridProbabilities(grid, market) }))
  .filter(({ probabilities }) => probabilities.every((p) => p > 5e-3 && p < 1 - 5e-3));

t.test('the markets of one truth are met, none of the scores is below the one in play', (t) => {
  let most = 0, met = 0;
  fc.assert(fc.property(truth, fc.subarray([...names], { minLength: 1 }), (grid, chosen) => {
    const markets = priced(grid, chosen), fit = scoreGrid(scoreOf(grid), markets);
    most = Math.max(most, fit.sweeps);
    met += markets.length;
    return fit.residual <= 1e-6 && Math.abs(sum(fit.probabilities) - 1) < 1e-12 && fit.probabilities.every((p) => p >= 0)
      && fit.scores.every(({ home, away }) => home >= scoreOf(grid).home && away >= scoreOf(grid).away)
      && markets.every(({ market, probabilities }) => isClose(gridProbabilities(fit, market), probabilities, 1e-6));
  }), { numRuns: 300 });
  t.ok(met > 1_000, `${met} markets`);
  t.comment(`at most ${most} sweeps`);
  t.end();
});

t.test('the order of the markets changes nothing', (t) => {
  fc.assert(fc.property(truth, fc.shuffledSubarray([...names], { minLength: 2 }), (grid, chosen) => {
    const markets = priced(grid, chosen);
    return isClose([...scoreGrid(scoreOf(grid), markets).probabilities], [...scoreGrid(scoreOf(grid), [...markets].reverse()).probabilities], 0);
  }), { numRuns: 30 });
  t.end();
});

t.test('a fair price returns the stake, pushes and halves counted', (t) => {
  fc.assert(fc.property(truth, fc.constantFrom(...names), fc.nat(2), (grid, market, index) => {
    const [known] = priced(grid, [market]);
    if (known === undefined) return true;
    const outcome = index % known.probabilities.length, price = 1 / known.probabilities[outcome]!;
    const returned = { won: price, half_won: (price + 1) / 2, push: 1, half_lost: 0.5, lost: 0 };
    const { scores, probabilities } = scoreGrid(scoreOf(grid), [known]);
    const expected = sum(scores.map(({ home, away }, s) => probabilities[s]! * returned[scoreResult(market, home, away)![outcome]!]));
    return Math.abs(expected - 1) < 1e-6 * price;
  }), { numRuns: 300 });
  t.end();
});

t.test('Poisson rates are found from markets that they gave', (t) => {
  fc.assert(fc.property(score, rate, rate, (at, home, away) => {
    const { scores } = scoreGrid(at, []);
    const pmf = (r: number, k: number): number => (k === 0 ? Math.exp(-r) : pmf(r, k - 1) * r / k);
    const grid = { scores, probabilities: Float64Array.from(scores, (s) => pmf(home, s.home - at.home) * pmf(away, s.away - at.away)) };
    const markets = priced(grid, ['1x2', `totals:${at.home + at.away + 2.5}`]);
    if (markets.length < 2) return true;
    // The whole distribution comes back, not only what was given.
    return isClose([...scoreGrid(at, markets).probabilities], [...grid.probabilities], 5e-4);
  }), { numRuns: 100 });
  t.end();
});

t.test('markets that contradict one another end in a compromise, whose residual is named', (t) => {
  const half = scoreGrid({ home: 0, away: 0 }, [{ market: '1x2', probabilities: [0.5, 0.25, 0.25] }, { market: 'asian_handicap:-0.5', probabilities: [0.6, 0.4] }]);
  t.ok(half.residual > 0.04 && half.residual < 0.06, `${half.residual}`);
  t.ok(half.worstMarket === '1x2' || half.worstMarket === 'asian_handicap:-0.5');
  t.ok(Math.abs(gridProbabilities(half, '1x2')[0]! - 0.55) < 0.01);
  // Over 3 is likelier than over 3.5 by far more than three goals are by the rest: to meet both best, all mass would have to go to the push.
  const long = scoreGrid({ home: 0, away: 0 }, [
    { market: 'totals:2', probabilities: [0.0516, 0.9484] }, { market: 'totals:3', probabilities: [0.0137, 0.9863] }, { market: 'totals:3.5', probabilities: [0.0033, 0.9967] },
    { market: 'asian_handicap:-1.25', probabilities: [0.1168, 0.8832] }, { market: 'asian_handicap:-0.5', probabilities: [0.3983, 0.6017] },
  ]);
  t.ok(long.residual < 0.02, `${long.residual}`);
  fc.assert(fc.property(truth, fc.subarray([...names], { minLength: 3 }), fc.array(fc.double({ min: -0.01, max: 0.01, noNaN: true }), { minLength: names.length, maxLength: names.length }), (grid, chosen, errors) => {
    const markets = priced(grid, chosen).map(({ market, probabilities }, i) => {
      const off = probabilities.map((p, o) => p * (1 + (o === 0 ? errors[i]! : 0)));
      return { market, probabilities: off.map((p) => p * catalogueOf(market)!.winners / sum(off)) };
    }).filter(({ probabilities }) => probabilities.every((p) => p < 1));
    const fit = scoreGrid(scoreOf(grid), markets);
    return fit.residual < 0.02 && fit.probabilities.every((p) => p >= 0) && Math.abs(sum(fit.probabilities) - 1) < 1e-12;
  }), { numRuns: 100 });
  t.end();
});

t.test('what the score has decided already changes nothing', (t) => {
  const at = { home: 2, away: 1 }, open = { market: '1x2', probabilities: [0.8, 0.15, 0.05] };
  const fit = scoreGrid(at, [open, { market: 'totals:2.5', probabilities: [0.9, 0.1] }, { market: 'totals:32.5', probabilities: [0.2, 0.8] }]);
  t.ok(isClose([...fit.probabilities], [...scoreGrid(at, [open]).probabilities], 1e-3));
  t.ok(isClose(gridProbabilities(fit, 'totals:2.5'), [1, 0], 1e-12));
  t.ok(isClose([fit.residual], [0.2], 1e-9), 'but is told');
  t.equal(fit.worstMarket, 'totals:32.5');
  t.end();
});

t.test('a view of one market, and the grid\'s word on all else', (t) => {
  const grid = scoreGrid({ home: 0, away: 0 }, [{ market: '1x2', probabilities: [0.5, 0.25, 0.25] }, { market: 'totals:2.5', probabilities: [0.5, 0.5] }]);
  const view = reweightedGrid(grid, [{ market: '1x2', probabilities: [0, 0, 1] }]);
  t.ok(view.residual < 1e-9);
  // Given an away win, nothing else has changed.
  const away = sum(grid.scores.map((s, i) => (s.home < s.away ? grid.probabilities[i]! : 0)));
  t.ok(grid.scores.every((s, i) => Math.abs(view.probabilities[i]! - (s.home < s.away ? grid.probabilities[i]! / away : 0)) < 1e-12));
  for (const [market, p] of [['draw_no_bet', 1], ['asian_handicap:0', 0], ['totals:3', 1]] as const) {
    t.ok(isClose(gridProbabilities(reweightedGrid(grid, [{ market, probabilities: [p, 1 - p] }]), market), [p, 1 - p], 1e-9), market);
  }
  t.end();
});

t.test('what is no grid is refused, by name', (t) => {
  const codeOf = (run: () => unknown, part: string): string => {
    try {
      run();
    } catch (error) {
      if (error instanceof VarError && error.message.includes(part)) return error.code;
      throw error;
    }
    return 'none';
  };
  const at = { home: 0, away: 0 };
  t.equal(codeOf(() => scoreGrid({ home: -1, away: 0 }, []), '-1:0'), 'bad_grid');
  t.equal(codeOf(() => scoreGrid({ home: 0, away: NaN }, []), '0:NaN'), 'bad_grid');
  for (const probabilities of [[NaN, 0.5, 0.5], [-0.1, 0.6, 0.5], [0.5, 0.3, 0.3], [0.5, 0.5], [Infinity, 0, 0]]) {
    t.equal(codeOf(() => scoreGrid(at, [{ market: '1x2', probabilities }]), '1x2'), 'bad_probabilities');
  }
  t.equal(codeOf(() => scoreGrid(at, [{ market: 'double_chance', probabilities: [0.3, 0.3, 0.4] }]), 'double_chance'), 'bad_probabilities');
  for (const market of ['1x2.h1', 'winner', 'moneyline', 'totals', 'totals:2.3']) t.equal(codeOf(() => scoreGrid(at, [{ market, probabilities: [0.5, 0.5] }]), market), 'market_unknown');
  t.ok(names.every(isScoreMarket));
  t.end();
});
