import t from 'tap';
import { readLayout } from './layout.ts';
import { readMatch, slug } from './match.ts';

const read = (header: string, row: string): ReturnType<typeof readMatch> =>
  readMatch(row.split(','), readLayout(header.split(','), 'x.csv', 1).layout, 'x.csv:2');

const base = 'Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR';
const start = (date: string, time: string): string | undefined => {
  const { match } = read(base, `E0,${date},${time},Alpha,Beta,,,`);
  return match && new Date(match.startsAtMs).toISOString();
};

t.test('dates and times', async (t) => {
  for (const [date, time, utc] of [
    ['09/01/2021', '20:00', '2021-01-09T20:00:00.000Z'],
    ['09/08/2021', '20:00', '2021-08-09T19:00:00.000Z'],
    ['9/8/21', '9:05', '2021-08-09T08:05:00.000Z'],
    ['14/08/93', '', '1993-08-14T14:00:00.000Z'],
    ['01/02/05', '', '2005-02-01T15:00:00.000Z'],
    ['2021-08-09 00:00:00', '20:00:00', '2021-08-09T19:00:00.000Z'],
    ['2021-08-09', '', '2021-08-09T14:00:00.000Z'],
    ['2021-08-09 00:00:00', '', '2021-08-09T14:00:00.000Z'],
    ['2021-08-09T18:30:00', 'NaN', '2021-08-09T17:30:00.000Z'],
  ] as const) t.equal(start(date, time), utc, `${date} ${time}`);
  for (const date of ['', '31/02/2021', '2021/08/09', '08-09-21', 'Saturday', '1/1/999']) {
    const { match, problems } = read(base, `E0,${date},,Alpha,Beta,,,`);
    t.equal(match, undefined, `"${date}"`);
    t.match(problems, [{ code: 'date_malformed', at: 'x.csv:2:Date' }]);
  }
  const { match, problems } = read(base, 'E0,09/08/2021,25:00,Alpha,Beta,1,0,H');
  t.equal(match?.startsAtMs, Date.UTC(2021, 7, 9, 14), 'a time that is none: 15:00 UK time');
  t.match(problems, [{ code: 'time_malformed', at: 'x.csv:2:Time' }]);
});

t.test('names and ids', async (t) => {
  t.equal(slug("Nott'm Forest"), 'nottm-forest');
  t.equal(slug('King’s Lynn'), 'kings-lynn');
  t.equal(slug(' Córdoba C.F. '), 'cordoba-c-f');
  t.match(read(base, "E0,09/08/2021,,Alph'a Töwn,Beta & Co,,,").match, {
    eventId: 'E0-20210809-alpha-town-beta-co', home: "Alph'a Töwn", away: 'Beta & Co', competition: 'England Premier League', score: undefined,
  });
  t.equal(read(base, 'ZZ:9,09/08/2021,,Alpha,Beta,,,').match?.eventId, 'ZZ-9-20210809-alpha-beta', 'no colon: it separates the parts of a key');
  t.equal(read(base, 'E0,2021-08-09 00:00:00,20:00:00,Alpha,Beta,,,').match?.eventId, read(base, 'E0,09/08/21,,Alpha,Beta,1,1,D').match?.eventId, 'the same in a re-export');
  t.match(read('Country,League,Season,Date,Home,Away,HG,AG,Res', 'Nowhere,Top League,2021,09/08/2021,Alpha,Beta,2.0,1.0,H').match, {
    eventId: 'nowhere-top-league-20210809-alpha-beta', competition: 'Nowhere Top League', score: { home: 2, away: 1 },
  });
  for (const [row, column] of [[',09/08/2021,,Alpha,Beta,,,', 'Div'], ['E0,09/08/2021,,,Beta,,,', 'HomeTeam'], ['E0,09/08/2021,,Alpha,??,,,', 'AwayTeam']] as const) {
    const { match, problems } = read(base, row);
    t.equal(match, undefined);
    t.match(problems, [{ code: 'row_incomplete', at: `x.csv:2:${column}` }]);
  }
});

t.test('scores', async (t) => {
  const score = (cells: string): unknown => {
    const { match, problems } = read(base, `E0,09/08/2021,,Alpha,Beta,${cells}`);
    return [match?.score, problems.map(({ code, at }) => `${code} ${at}`)];
  };
  t.same(score('2,2,D'), [{ home: 2, away: 2 }, []]);
  t.same(score('0,1,'), [{ home: 0, away: 1 }, []]);
  t.same(score(',,'), [undefined, []]);
  t.same(score('2,1,A'), [undefined, ['result_inconsistent x.csv:2:FTR']]);
  t.same(score('x,1.5,A'), [undefined, ['score_malformed x.csv:2:FTHG', 'score_malformed x.csv:2:FTAG']]);
});

t.test('prices', async (t) => {
  const header = `${base},B365H,B365D,B365A,B365>2.5,B365<2.5,AHh,B365AHH,B365AHA,PAHH,PAHA`;
  const quotes = (cells: string): unknown => {
    const { match, problems } = read(header, `E0,09/08/2021,,Alpha,Beta,1,0,H,${cells}`);
    return [match?.quotes.map(({ book, market, odds }) => [book.provider, market, odds]), problems.map(({ code, at }) => `${code} ${at}`)];
  };
  t.same(quotes('4,4.0,2.00,1.5,2.5,-0.75,1.9,1.95,1.91,1.96'), [[
    ['bet365', '1x2', { home: 4, draw: 4, away: 2 }], ['bet365', 'totals:2.5', { over: 1.5, under: 2.5 }],
    ['bet365', 'asian_handicap:-0.75', { home: 1.9, away: 1.95 }], ['pinnacle', 'asian_handicap:-0.75', { home: 1.91, away: 1.96 }],
  ], []], 'however a number is written');
  t.same(quotes(',NA,NaN,-,,-0.0,1.9,1.95,,'), [[['bet365', 'asian_handicap:0', { home: 1.9, away: 1.95 }]], []], 'blank is no offer, and there is one zero');
  t.same(quotes('4,,2,,,+1.50,,2.1,,'), [[['bet365', '1x2', { home: 4, away: 2 }], ['bet365', 'asian_handicap:1.5', { away: 2.1 }]], []], 'an offer with gaps');
  t.same(quotes('0,1,abc,20000,1e3,,,,,'), [[], ['price_malformed x.csv:2:B365H', 'price_malformed x.csv:2:B365D', 'price_malformed x.csv:2:B365A',
    'price_malformed x.csv:2:B365>2.5', 'price_malformed x.csv:2:B365<2.5']], 'what is no price is left out, and said');
  t.same(quotes('4,3,2,,,,1.9,1.95,,'), [[['bet365', '1x2', { home: 4, draw: 3, away: 2 }]], ['line_missing x.csv:2:AHh']]);
  t.same(quotes('4,3,2,,,-0.6,1.9,1.95,,'), [[['bet365', '1x2', { home: 4, draw: 3, away: 2 }]], ['line_malformed x.csv:2:AHh']]);
});
