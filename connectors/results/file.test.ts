import fc from 'fast-check';
import t from 'tap';
import { catalogueOf } from '../../domain/market.ts';
import { scoreResult } from '../../domain/settlement.ts';
import { outcomeClassSymbols } from '../../schemas/generated/result.ts';
import type { ResultsError } from './errors.ts';
import { readResults } from './file.ts';

const nowMs = Date.UTC(2026, 2, 1, 18);
const read = (text: string) => readResults(text, 'r.csv', { provider: 'desk', nowMs });
/** The first line that is wrong, and the others. */
const refusal = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    const { code, message, detail } = error as ResultsError;
    return code === 'results_malformed' ? [message, detail].filter((one) => one !== '').join('\n') : String(error);
  }
  return 'taken';
};
const base = { timestamp: nowMs, provider: 'desk', certainty: 'confirmed', void_from: null, void_until: null, deductions: [] };

t.test('a line is a result, by outcomes or by a score', (t) => {
  const results = read(`\uFEFFsport,event_id,market,action,certainty,outcomes,score,void_from,void_until,timestamp
football,e1,1x2,,,home:won; draw:lost;away : lost,,,,
football,e1,totals:2.25,settle,live,,1-1,,,2026-03-01T17:00:00+01:00

tennis,"e 2",winner,,,Ann: the elder:won;Bo:void,,,,
football,e3,1x2,cancel,,,,2026-03-01T12:00:00Z,,
football,e4,1x2.h1,rollback_settle,,,,,,
`);
  t.strictSame(results, [
    { where: 'line 2', result: { ...base, sport: 'football', event_id: 'e1', market: '1x2', action: 'settle', outcomes: [{ outcome: 'home', result: 'won' }, { outcome: 'draw', result: 'lost' }, { outcome: 'away', result: 'lost' }] } },
    { where: 'line 3', result: { ...base, sport: 'football', event_id: 'e1', market: 'totals:2.25', action: 'settle', certainty: 'live', timestamp: Date.UTC(2026, 2, 1, 16), outcomes: [{ outcome: 'over', result: 'half_lost' }, { outcome: 'under', result: 'half_won' }] } },
    { where: 'line 5', result: { ...base, sport: 'tennis', event_id: 'e 2', market: 'winner', action: 'settle', outcomes: [{ outcome: 'Ann: the elder', result: 'won' }, { outcome: 'Bo', result: 'void' }] } },
    { where: 'line 6', result: { ...base, sport: 'football', event_id: 'e3', market: '1x2', action: 'cancel', outcomes: [], void_from: Date.UTC(2026, 2, 1, 12) } },
    { where: 'line 7', result: { ...base, sport: 'football', event_id: 'e4', market: '1x2.h1', action: 'rollback_settle', outcomes: [] } },
  ]);
  t.end();
});

t.test('JSON says what CSV cannot: dead heats and deductions', (t) => {
  const [one] = read(JSON.stringify([{
    sport: 'racing', event_id: 'r1', market: 'winner', outcomes: { Ann: { result: 'won', dead_heat_factor: 0.5 }, Bo: { result: 'won', dead_heat_factor: 0.5 }, Cy: 'lost' },
    deductions: [{ kind: 'rule4', rate: 0.15, withdrawn_at: '2026-03-01T17:40:00Z' }],
  }]));
  t.strictSame(one, { where: 'item 1', result: {
    ...base, sport: 'racing', event_id: 'r1', market: 'winner', action: 'settle',
    outcomes: [{ outcome: 'Ann', result: 'won', dead_heat_factor: 0.5 }, { outcome: 'Bo', result: 'won', dead_heat_factor: 0.5 }, { outcome: 'Cy', result: 'lost' }],
    deductions: [{ kind: 'rule4', rate: 0.15, withdrawn_at: Date.UTC(2026, 2, 1, 17, 40) }],
  } });
  t.end();
});

t.test('both ways of writing say the same, whatever is said', (t) => {
  const market = fc.constantFrom('1x2', '1x2.h1', 'moneyline', 'double_chance', 'btts', 'totals:2.5', 'totals:3', 'asian_handicap:-0.75', 'european_handicap:-1', 'winner');
  const row = fc.record({ sport: fc.constant('football'), event_id: fc.stringMatching(/^[a-z0-9"',;. -]{1,12}$/).map((id) => `e${id}x`), market, certainty: fc.constantFrom('live', 'confirmed'), home: fc.nat(9), away: fc.nat(9), isScore: fc.boolean(), classes: fc.infiniteStream(fc.constantFrom(...outcomeClassSymbols)) })
    .map(({ home, away, isScore, classes, ...of }) => {
      const outcomes = catalogueOf(of.market)?.outcomes;
      return outcomes !== undefined && isScore ? { ...of, score: `${home}-${away}` } : { ...of, outcomes: Object.fromEntries((outcomes ?? ['Ann', 'Bo: the 2nd']).map((outcome) => [outcome, classes.next().value as string])) };
    });
  const rows = fc.uniqueArray(row, { minLength: 1, selector: (one) => `${one.event_id} ${one.market}` });
  fc.assert(fc.property(rows, (given) => {
    const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    const csv = ['event_id,score,sport,market,outcomes,certainty', ...given.map((one) => [one.event_id, 'score' in one ? one.score : '', one.sport, one.market,
      'outcomes' in one ? Object.entries(one.outcomes).map(([outcome, result]) => `${outcome}:${result}`).join('; ') : '', one.certainty].map(quoted).join(','))].join('\r\n');
    const fromCsv = read(csv).map(({ result }) => result), fromJson = read(JSON.stringify(given)).map(({ result }) => result);
    t.strictSame(fromCsv, fromJson);
    fromJson.forEach((result, at) => {
      const of = given[at]!;
      if (!('score' in of)) return;
      const [home, away] = of.score.split('-').map(Number);
      t.strictSame(result.outcomes?.map((one) => one.result), scoreResult(of.market, home!, away!));
    });
  }), { numRuns: 100 });
  t.end();
});

t.test('what is wrong is named by its line, and with it the whole file is refused', (t) => {
  const header = 'sport,event_id,market,action,outcomes,score,void_from';
  const lines: readonly (readonly [line: string, problem: RegExp])[] = [
    ['football,,1x2,,,1-0,', /event_id is missing/],
    ['foot:ball,e,1x2,,,1-0,', /sport: may hold no colon/],
    ['football,e,Totals,,,1-0,', /market: "Totals" is not a market/],
    ['football,e,totals:2.50,,,1-0,', /market: .*write the line as 2\.5/],
    ['football,e,1x2,paid,,1-0,', /action: give one of settle, rollback_settle, cancel, rollback_cancel/],
    ['football,e,1x2,,,,', /settle needs either outcomes or a score/],
    ['football,e,1x2,,home:won;draw:lost;away:lost,1-0,', /settle needs either outcomes or a score/],
    ['football,e,1x2,cancel,,1-0,', /cancel has neither outcomes nor a score/],
    ['football,e,1x2,,,1-0,2026-03-01T12:00:00Z', /settle has no window/],
    ['football,e,1x2,cancel,,,yesterday', /void_from: give a time with its zone/],
    ['football,e,1x2,,,one nil,', /score: give home and away, as in 2-1/],
    ['football,e,winner,,,1-0,', /winner is not decided by a score: give its outcomes/],
    ['football,e,1x2,,home:won;draw:lost,,', /1x2 has home, draw, away; say what became of away/],
    ['football,e,1x2,,home:won;draw:lost;X:lost,,', /and no X; say what became of away/],
    ['football,e,1x2,,home:one;draw:lost;away:lost,,', /outcomes\.home: give each outcome one of won, lost/],
    ['football,e,1x2,,home,,', /outcomes: 'home' is no outcome:result/],
    ['football,e,winner,,a:won;a:lost,,', /outcomes: a is there twice/],
  ];
  for (const [line, problem] of lines) t.match(refusal(`${header}\nfootball,good,1x2,,,1-0,\n${line}\n`), new RegExp(`^r\\.csv, line 3: .*${problem.source}`), line);
  const all = refusal([header, ...lines.map(([line]) => line), 'football,good,1x2,,,1-0,'].join('\n'));
  lines.forEach(([, problem], at) => { t.match(all.split('\n')[at], problem); });
  t.match(all, /17 of 18 rows are wrong: none was sent$/);

  t.match(refusal(`${header}\nfootball,e,1x2,,,1-0,\nfootball,e,1x2,,,2-0,`), /line 3: football:e:1x2 is spoken of at line 2 already/);
  t.equal(refusal(`${header}\nfootball,e,1x2,,,1-0,\nfootball,e,1x2,cancel,,,\nfootball,e,1x2.h1,,,2-0,`), 'taken', 'a settlement and a cancel are two things');
  t.match(refusal('sport,event,market\na,b,c'), /^r\.csv, line 1: there is no column 'event'; there are sport, event_id/);
  t.match(refusal(`${header}\nfootball,e\n`), /^r\.csv, line 2: Invalid Record Length/);
  t.match(refusal('[{'), /^r\.csv is no JSON/);
  t.match(refusal('[{"sport":"a","event_id":"b","market":"c","outcome":"d"}, 7, "x"]'), /^r\.csv, item 1: there is no outcome: a row has sport, .*\nitem 2: is no row\nitem 3: is no row\n/);
  t.match(refusal(''), /there is no result in it/);
  t.match(refusal('[]'), /there is no result in it/);
  t.end();
});
