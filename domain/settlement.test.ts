import fc from 'fast-check';
import t from 'tap';
import { catalogueOf } from './market.ts';
import type { ResultClass } from './market.ts';
import { scoreResult } from './settlement.ts';

t.test('results by score', async (t) => {
  t.same(scoreResult('1x2', 2, 1), ['won', 'lost', 'lost']);
  t.same(scoreResult('1x2.h1', 1, 1), ['lost', 'won', 'lost']);
  t.same(scoreResult('1x2', 0, 1), ['lost', 'lost', 'won']);
  t.same(scoreResult('moneyline', 3, 3), ['push', 'push']);
  t.same(scoreResult('draw_no_bet', 0, 2), ['lost', 'won']);
  t.same(scoreResult('double_chance', 2, 1), ['won', 'won', 'lost']);
  t.same(scoreResult('double_chance', 1, 1), ['won', 'lost', 'won']);
  t.same(scoreResult('double_chance', 0, 1), ['lost', 'won', 'won']);
  t.same(scoreResult('btts', 1, 1), ['won', 'lost']);
  t.same(scoreResult('btts', 5, 0), ['lost', 'won']);
  t.same(scoreResult('totals:2.5', 2, 1), ['won', 'lost']);
  t.same(scoreResult('totals:3', 2, 1), ['push', 'push']);
  t.same(scoreResult('totals:2.75', 2, 1), ['half_won', 'half_lost']);
  t.same(scoreResult('totals:3.25', 2, 1), ['half_lost', 'half_won']);
  t.same(scoreResult('team_totals_home:1.5', 2, 0), ['won', 'lost']);
  t.same(scoreResult('team_totals_away:0.75', 2, 1), ['half_won', 'half_lost']);
  t.same(scoreResult('asian_handicap:-0.75', 2, 1), ['half_won', 'half_lost']);
  t.same(scoreResult('asian_handicap:-1.25', 2, 1), ['half_lost', 'half_won']);
  t.same(scoreResult('asian_handicap:-1', 2, 1), ['push', 'push']);
  t.same(scoreResult('asian_handicap:0', 1, 1), ['push', 'push']);
  t.same(scoreResult('asian_handicap:0.25', 1, 1), ['half_won', 'half_lost']);
  t.same(scoreResult('asian_handicap:1.5', 0, 2), ['lost', 'won']);
  t.same(scoreResult('european_handicap:-1', 2, 1), ['lost', 'won', 'lost']);
  t.same(scoreResult('european_handicap:2', 0, 1), ['won', 'lost', 'lost']);
});

t.test('what a score does not decide', async (t) => {
  t.equal(scoreResult('winner', 1, 0), undefined);
  t.equal(scoreResult('totals', 1, 0), undefined);
  t.equal(scoreResult('1x2', -1, 0), undefined);
  t.equal(scoreResult('1x2', 1.5, 0), undefined);
  t.equal(scoreResult('1x2', Number.NaN, 0), undefined);
});

const quarterLine = fc.integer({ min: -20, max: 20 }).map((quarters) => quarters / 4);
const goals = fc.integer({ min: 0, max: 9 });

t.test('every result is a row of the catalogue', async () => {
  const names = fc.oneof(
    fc.constantFrom('1x2', 'moneyline', 'draw_no_bet', 'double_chance', 'btts', 'european_handicap:-1'),
    quarterLine.map((line) => `asian_handicap:${line}`),
    quarterLine.filter((line) => line > 0).map((line) => `totals:${line}`),
    quarterLine.filter((line) => line > 0).map((line) => `team_totals_away:${line}`),
  );
  fc.assert(fc.property(names, goals, goals, (market, home, away) => {
    const result = scoreResult(market, home, away);
    return result !== undefined && (catalogueOf(market)?.resultRows ?? []).some((row) => row.join() === result.join());
  }), { numRuns: 2_000 });
});

t.test('a quarter line is two half stakes on its neighbours', async () => {
  const units: Record<ResultClass, number> = { won: 2, half_won: 1, push: 0, half_lost: -1, lost: -2 };
  const unitsOf = (market: string, home: number, away: number) => units[scoreResult(market, home, away)?.[0] ?? 'push'];
  fc.assert(fc.property(fc.integer({ min: -10, max: 10 }), goals, goals, (halves, home, away) => {
    const line = halves / 2 + 0.25;
    const around = unitsOf(`asian_handicap:${line - 0.25}`, home, away) + unitsOf(`asian_handicap:${line + 0.25}`, home, away);
    return unitsOf(`asian_handicap:${line}`, home, away) === around / 2;
  }), { numRuns: 1_000 });
});

t.test('swapping the teams and the sign of the line swaps the sides', async () => {
  fc.assert(fc.property(quarterLine, goals, goals, (line, home, away) => {
    const swapped = scoreResult(`asian_handicap:${line === 0 ? 0 : -line}`, away, home);
    return scoreResult(`asian_handicap:${line}`, home, away)?.join() === swapped?.toReversed().join();
  }));
});
