/** Payouts against figures computed elsewhere, and real dead heats and withdrawals. The data are not part of the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import t from 'tap';
import { americanToPriceE4, toPriceE4 } from './odds.ts';
import { heldMinor, payoutMinor, reducedPriceE4 } from './payout.ts';
import type { LegResult, Stake } from './payout.ts';
import { scoreResult } from './settlement.ts';

const data = new URL('../../shared/data/', import.meta.url);
const skip = existsSync(new URL('truth.json', data)) ? false : 'SKIPPED: no real data at ../shared/data';

/** A stake on which every price of ten-thousandths pays whole units, halves too. */
const stakeMinor = 20_000;
const back: Stake = { side: 'back', stakeMinor, isFreeBet: false };
const paid = (priceE4: number, result: LegResult, stake = back): number => payoutMinor(stake, [{ priceE4, result }], 'half_even');

interface Flat { bets: number; won: number; push?: number; returned: number }
interface UofOutcome { src: string; market: string; spec: string | null; outcome: string; return_per_unit_at_2_00: number }
interface Truth {
  worldcup_settlement: {
    draw_after_90: number; home_wins_90: number; away_wins_90: number;
    flat_stake_last_prematch_h2h_90min: Record<string, Flat>; flat_stake_last_prematch_totals_90min: Record<string, Flat>;
  };
  betfair_match_odds: Record<string, { markets_without_single_winner: number }>;
  betfair_stream: Record<string, { final: Record<string, { winners: number[]; removed: Record<string, number> }> }>;
  uof_settlement_expected: UofOutcome[];
}

const text = (path: string): string => {
  const bytes = readFileSync(new URL(path, data));
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
};
const truth = skip ? undefined : JSON.parse(text('truth.json')) as Truth;

interface Match { team1: string; team2: string; score: { ft: [number, number] } }
interface Change { t: string; ev: string; home?: string; away?: string; start?: string; book: string; mkt: string; o: [string, number, number?][] | null }

t.test('World Cup: the last prices before the start, settled on 90 minutes', { skip }, async (t) => {
  if (truth === undefined) return;
  const { matches } = JSON.parse(text('results/worldcup2026_group.json')) as { matches: Match[] };
  const expected = truth.worldcup_settlement;
  const ends = matches.map(({ score: { ft: [home, away] } }) => scoreResult('1x2', home, away)?.indexOf('won'));
  t.same([0, 1, 2].map((end) => ends.filter((one) => one === end).length), [expected.home_wins_90, expected.draw_after_90, expected.away_wins_90]);

  const last = new Map<string, Change>();
  const events = new Map<string, Change>();
  for (const line of text('the-odds-api/ticks/worldcup2026_group_stage.jsonl.gz').trim().split('\n')) {
    const change = JSON.parse(line) as Change;
    if (change.start !== undefined) events.set(change.ev, change);
    if (change.t >= (events.get(change.ev)?.start ?? '')) continue;
    const key = `${change.ev} ${change.book} ${change.mkt}`;
    if (change.o === null) last.delete(key);
    else last.set(key, change);
  }

  const flat = new Map<string, Flat & { push: number }>();
  for (const { ev, book, mkt, o } of last.values()) {
    const { home, away } = events.get(ev) ?? {};
    const match = matches.find(({ team1, team2 }) => (team1 === home && team2 === away) || (team1 === away && team2 === home));
    if (match === undefined || o === null || (mkt !== 'h2h' && mkt !== 'totals')) continue;
    const [goalsHome, goalsAway] = match.team1 === home ? match.score.ft : match.score.ft.toReversed();
    const sum = flat.get(`${book} ${mkt}`) ?? { bets: 0, won: 0, push: 0, returned: 0 };
    flat.set(`${book} ${mkt}`, sum);
    for (const [name, american, line] of o) {
      const market = mkt === 'h2h' ? '1x2' : `totals:${line}`;
      const outcome = mkt === 'h2h' ? [home, 'Draw', away].indexOf(name) : ['Over', 'Under'].indexOf(name);
      const result = scoreResult(market, goalsHome ?? NaN, goalsAway ?? NaN)?.[outcome];
      const priceE4 = americanToPriceE4(american);
      if (result === undefined || typeof priceE4 !== 'number') { t.fail(`${ev} ${name} ${american}`); continue; }
      sum.bets += 1;
      sum.won += { won: 1, half_won: 0.5, push: 0, half_lost: 0, lost: 0 }[result];
      sum.push += { won: 0, half_won: 0.5, push: 1, half_lost: 0.5, lost: 0 }[result];
      sum.returned += paid(priceE4, { result }) / stakeMinor;
    }
  }
  const figures = { h2h: expected.flat_stake_last_prematch_h2h_90min, totals: expected.flat_stake_last_prematch_totals_90min };
  for (const [mkt, books] of Object.entries(figures)) {
    t.ok(Object.keys(books).length >= 7);
    for (const [book, truly] of Object.entries(books)) {
      const found = flat.get(`${book} ${mkt}`);
      t.same([found?.bets, found?.won], [truly.bets, truly.won], `${book} ${mkt}`);
      if (truly.push !== undefined) t.equal(found?.push, truly.push, `${book} ${mkt} pushed`);
      const short = truly.returned - (found?.returned ?? 0);
      t.ok(short > -1e-6 && short < truly.won * 1e-4, `${book} ${mkt} returned: American prices go down to ten-thousandths, ${short}`);
    }
  }
});

t.test('AFL draws are dead heats of two', { skip }, async (t) => {
  if (truth === undefined) return;
  const rows = parse(text('betfair/match_odds_csv/AFL_2024_Match_Odds.csv'), { columns: true, bom: true }) as Record<string, string>[];
  const markets = new Map(rows.map((row) => [row['MARKET_ID'], rows.filter((other) => other['MARKET_ID'] === row['MARKET_ID'])]));
  let drawn = 0;
  for (const runners of markets.values()) {
    const winners = runners.filter((row) => row['RUNNER_STATUS'] === 'WINNER').length;
    const isDraw = runners[0]?.['HOME_SCORE'] === runners[0]?.['AWAY_SCORE'];
    t.equal(winners, isDraw ? 2 : 1);
    drawn += isDraw ? 1 : 0;
    for (const row of runners) {
      const priceE4 = toPriceE4(Number(row['BEST_BACK_FIRST_BOUNCE']));
      if (typeof priceE4 !== 'number') continue;
      const result: LegResult = { result: row['RUNNER_STATUS'] === 'WINNER' ? 'won' : 'lost', deadHeat: { numerator: 1, denominator: winners } };
      const backer = paid(priceE4, result);
      t.equal(backer, result.result === 'lost' ? 0 : (2 * priceE4) / winners, `${row['RUNNER_NAME']} at ${priceE4}`);
      t.equal(paid(priceE4, result, { ...back, side: 'lay' }), heldMinor('lay', stakeMinor, priceE4) + stakeMinor - backer);
    }
  }
  t.equal(drawn, truth.betfair_match_odds['AFL_2024_Match_Odds.csv']?.markets_without_single_winner);
});

interface Runner { id: number; status: string; adjustmentFactor?: number }
interface StreamMessage { mc?: { marketDefinition?: { numberOfWinners: number; runners: Runner[] }; rc?: { id: number; ltp?: number }[] }[] }

t.test('removed runners reduce the prices that were taken before', { skip }, async (t) => {
  if (truth === undefined) return;
  const final = truth.betfair_stream['BASIC-1.132153978']?.final['1.132153978'];
  const removed = new Map<number, number>();
  const taken: { priceE4: number; runner: number; removedBefore: number }[] = [];
  for (const line of text('betfair/stream/BASIC-1.132153978').trim().split('\n')) {
    for (const { marketDefinition, rc = [] } of (JSON.parse(line) as StreamMessage).mc ?? []) {
      for (const { id, status, adjustmentFactor = 0 } of marketDefinition?.runners ?? []) if (status === 'REMOVED') removed.set(id, adjustmentFactor);
      for (const { id, ltp } of rc) {
        const priceE4 = toPriceE4(ltp ?? NaN);
        if (typeof priceE4 === 'number') taken.push({ priceE4, runner: id, removedBefore: removed.size });
      }
    }
  }
  t.same(Object.fromEntries(removed), final?.removed, 'as they stood when they were removed');
  const factorsE4 = [...removed.values()].map((percent) => Math.round(percent * 100));
  const onWinner = taken.filter(({ runner }) => runner === final?.winners[0]);
  t.same([...new Set(onWinner.map(({ removedBefore }) => removedBefore))], [0, 1, 2], 'the winner was traded before, between and after');
  for (const { priceE4, removedBefore } of onWinner) {
    const later = factorsE4.slice(removedBefore);
    const left = later.reduce((share, factorE4) => share * BigInt(10_000 - factorE4), 1n);
    const exact = (BigInt(priceE4) * left) / 10_000n ** BigInt(later.length);
    const oneByOne = later.reduce((price, factorE4) => reducedPriceE4(price, factorE4 * 100), priceE4);
    t.ok(exact - BigInt(oneByOne) <= 1n && BigInt(oneByOne) <= exact, `${priceE4} less ${later.join(', ')}: ${oneByOne}`);
    const [only, ...others] = later;
    if (only === undefined || others.length > 0) continue;
    const paidDown = payoutMinor(back, [{ priceE4, result: { result: 'won', reductionPpm: only * 100 } }], 'down');
    t.equal(paidDown, Number((2n * BigInt(priceE4) * left) / 10_000n));
  }
});

t.test('a feed that settles in parts', { skip }, async (t) => {
  if (truth === undefined) return;
  const xml = text('uof/bet_settlement.xml');
  const markets = [...xml.matchAll(/<market id="([^"]*)"(?: specifiers="([^"]*)")?[^>]*>(.*?)<\/market>/gs)];
  const outcomes = markets.flatMap(([, market, spec = null, body = '']) =>
    [...body.matchAll(/<outcome ([^>]*)\/>/g)].map(([, attributes = '']) => {
      const of = (name: string): string | null => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? null;
      return { market, spec, outcome: of('id'), result: of('result'), voidFactor: of('void_factor'), deadHeat: of('dead_heat_factor') };
    }));
  const expected = truth.uof_settlement_expected.filter(({ src }) => src === 'bet_settlement.xml');
  t.equal(outcomes.length, expected.length);
  for (const { market, spec, outcome, result, voidFactor, deadHeat } of outcomes) {
    const truly = expected.find((one) => one.market === market && one.spec === spec && one.outcome === outcome);
    const [whole, half] = result === '1' ? ['won', 'half_won'] as const : ['lost', 'half_lost'] as const;
    const leg: LegResult = {
      result: voidFactor === '1' ? 'void' : voidFactor === '0.5' ? half : whole,
      ...(deadHeat === null ? {} : { deadHeat: { numerator: Number(deadHeat) * 100, denominator: 100 } }),
    };
    t.equal(paid(20_000, leg) / stakeMinor, truly?.return_per_unit_at_2_00, `${market} ${outcome}`);
  }
});
