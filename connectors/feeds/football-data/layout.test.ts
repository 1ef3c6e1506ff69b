import t from 'tap';
import { canonicalHeader, readLayout } from './layout.ts';

const season = 'Div,Date,HomeTeam,AwayTeam,FTHG,FTAG,FTR';

/** `provider phase type: price headers [@ line header]` of each offer. */
const offers = (header: string): string[] =>
  readLayout(header.split(','), 'x.csv', 1).layout.offers.map(({ book, phase, type, prices, line }) =>
    `${book.provider} ${phase} ${type}: ${prices.map((column) => column.header).join(' ')}${line === undefined ? '' : ` @ ${line.header}`}`);

const problems = (header: string): unknown => readLayout(header.split(','), 'x.csv', 1).problems.map(({ code, at }) => [code, at]);

t.test('canonicalHeader', async (t) => {
  for (const [mangled, name] of [
    ['B365_2_5', 'B365>2.5'], ['B365_2_5_1', 'B365<2.5'], ['PC.2.5', 'PC>2.5'], ['PC.2.5.1', 'PC<2.5'],
    ['X1XBCH', '1XBCH'], [' PSH ', 'PSH'], ['B365<2.5', 'B365<2.5'], ['HTHG', 'HTHG'],
  ] as const) t.equal(canonicalHeader(mangled), name, mangled);
});

t.test('whose columns are whose', async (t) => {
  t.same(offers(`${season},BFH,BFD,BFA,BFDH,BFDD,BFDA,BFEH,BFED,BFEA,BFCH,BFCD,BFCA,BFDCH,BFDCD,BFDCA`), [
    'betfair_sportsbook opening 1x2: BFH BFD BFA',
    'betfred opening 1x2: BFDH BFDD BFDA',
    'betfair_exchange opening 1x2: BFEH BFED BFEA',
    'betfair_sportsbook closing 1x2: BFCH BFCD BFCA',
    'betfred closing 1x2: BFDCH BFDCD BFDCA',
  ], 'BFD is the draw of BF and the name of another book');
  t.same(offers(`${season},PSH,PSD,PSA,P>2.5,P<2.5,AHh,PAHH,PAHA,PSCH,PSCD,PSCA,PC>2.5,PC<2.5,AHCh,PCAHH,PCAHA`), [
    'pinnacle opening 1x2: PSH PSD PSA', 'pinnacle opening totals: P>2.5 P<2.5', 'pinnacle opening asian_handicap: PAHH PAHA @ AHh',
    'pinnacle closing 1x2: PSCH PSCD PSCA', 'pinnacle closing totals: PC>2.5 PC<2.5', 'pinnacle closing asian_handicap: PCAHH PCAHA @ AHCh',
  ], 'Pinnacle is PS and P');
  t.same(offers(`${season},GB_2_5,GB_2_5_1,GBAHH,GBAHA,GBAH,B365AHH,B365AHA,B365AH`), [
    'bet365 opening asian_handicap: B365AHH B365AHA @ B365AH', 'gamebookers opening totals: GB_2_5 GB_2_5_1', 'gamebookers opening asian_handicap: GBAHH GBAHA @ GBAH',
  ], 'old seasons give each book its own handicap');
  t.same(offers(`${season},Bb1X2,BbMxH,BbAvH,BbMxD,BbAvD,BbMxA,BbAvA,BbOU,BbMx>2.5,BbAv>2.5,BbMx<2.5,BbAv<2.5,BbAH,BbAHh,BbMxAHH,BbAvAHH,MaxH,MaxD,MaxA,AvgCH,AvgCD,AvgCA`), [],
    'maxima and averages are no one’s offer');
});

t.test('the new leagues', async (t) => {
  const { layout } = readLayout('Country,League,Season,Date,Time,Home,Away,HG,AG,Res,PSCH,PSCD,PSCA'.split(','), 'x.csv', 1);
  t.match(layout, { division: [{ index: 0 }, { index: 1 }], home: { index: 5 }, homeGoals: { index: 7 }, result: { index: 9 }, offers: [{ phase: 'closing' }] });
});

t.test('what is odd is said', async (t) => {
  t.same(problems(`${season},B365CH,B365CD,B36CA`), [['columns_incomplete', 'x.csv:1:B365CA']]);
  t.same(offers(`${season},B365CH,B365CD,B36CA`), [], 'a misspelt price is not guessed at, and the two others are no market');
  t.same(problems(`${season},B365CAHH,B365CAHA,AHh`), [['columns_incomplete', 'x.csv:1:B365CAH or AHCh']], 'an opening handicap does not serve closing prices');
  t.same(problems(`${season},BbAHh,B365AHH,B365AHA`), [['columns_incomplete', 'x.csv:1:B365AH or AHh']], 'Betbrain’s handicap is no book’s');
  t.same(problems(`${season},WHH,WHD,WHA,WHH,HTR,HTR,,`), [['column_repeated', 'x.csv:1:WHH']], 'only of what is read');
  t.equal(readLayout(`${season},WHH,WHD,WHA,WHH`.split(','), 'x.csv', 1).layout.offers[0]?.prices[0]?.index, 7, 'the first counts');
});

t.test('a layout that is not one', async (t) => {
  t.throws(() => readLayout(['Spieltag', 'Heim'], 'liga.csv', 3), { code: 'layout_unknown', message: /liga\.csv, row 3: there is no column "Div" among its 2 \(the first is "Spieltag"\)/ });
  t.throws(() => readLayout('Div,Date,HomeTeam'.split(','), 'x.csv', 1), { message: /"AwayTeam"/ });
  t.throws(() => readLayout('Country,League,Date,Home'.split(','), 'x.csv', 1), { message: /"Away"/ });
  t.throws(() => readLayout(['Div;Date;HomeTeam;AwayTeam'], 'x.csv', 1), { message: /"Div" among its 1/ });
});
