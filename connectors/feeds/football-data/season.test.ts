import { gzipSync } from 'node:zlib';
import t from 'tap';
import { parseSeason, readBytes } from './season.ts';

const header = 'Div,Date,HomeTeam,AwayTeam,FTHG,FTAG,FTR,B365H,B365D,B365A';
const rows = [
  'E0,14/08/21,Alpha,Beta,1,0,H,2.5,3.1,2.9',
  "E0,15/08/21,Gamma,Del'ta,0,0,D,1.5,4,7.5",
];
const parse = (text: string | Uint8Array): ReturnType<typeof parseSeason> => parseSeason(typeof text === 'string' ? Buffer.from(text) : text, 'x.csv');
const plain = parse([header, ...rows].join('\n'));

t.test('one season, however it is stored', async (t) => {
  t.match(plain.rows, { used: 2, blank: 0, ragged: 0, leftOut: 0 });
  t.same(plain.problems, []);
  for (const [dialect, text] of [
    ['CR LF, BOM', `\ufeff${[header, ...rows].join('\r\n')}\r\n`],
    ['quoted', [header, ...rows].map((row) => row.split(',').map((cell) => `"${cell}"`).join(',')).join('\n')],
    ['gzip', gzipSync([header, ...rows].join('\n'))],
  ] as const) t.same(parse(text).matches, plain.matches, dialect);
  const reexport = parse([header, ...rows].join('\r\r\n').concat('\r\r\n'));
  t.same(reexport.matches, plain.matches, 'CR CR LF');
  t.equal(reexport.rows.blank, 3, 'an empty line after each, the header too');
  t.equal(parse(Buffer.from([header, ...rows].join('\n').replace("'", '\x92'), 'latin1')).matches[1]?.away, 'Del’ta', 'cp1252');
});

t.test('rows that are none', async (t) => {
  const season = parse(['', header, ',,,,,,,,,', rows[0], `${rows[1]},9,9`, 'E0,16/08/21,Short', '"E0,16/08/21,Open,Quote,1,0,H,2,3,4', 'E0,32/08/21,Bad,Date,1,0,H,2,3,4', rows[1], ', ,,,,,,,,', ''].join('\n'));
  t.same(season.rows, { used: 2, blank: 2, ragged: 2, leftOut: 2 });
  t.same(season.matches, plain.matches, 'the rest flows');
  t.same(season.problems.map(({ code, at }) => `${code} ${at}`), ['row_ragged x.csv:5:11', 'row_ragged x.csv:6:4', 'row_malformed x.csv:7', 'date_malformed x.csv:8:Date']);
});

t.test('fixtures', async (t) => {
  const { matches, problems } = parse('Div,Date,Time,HomeTeam,AwayTeam,Referee,B365H,B365D,B365A,B365CH,B365CD,B365CA\nE0,14/08/2021,12:30,Alpha,Beta,,2.5,3.1,2.9,,,');
  t.match(matches, [{ score: undefined, quotes: [{ phase: 'opening' }] }]);
  t.equal(matches[0]?.quotes.length, 1);
  t.same(problems, []);
});

t.test('nothing to read', async (t) => {
  t.throws(() => parse(''), { code: 'file_empty', message: /x\.csv/ });
  t.throws(() => parse('\r\n,,\r\n'), { code: 'file_empty' });
  t.throws(() => parse('<html><body>Not found</body></html>'), { code: 'layout_unknown', message: /x\.csv, row 1/ });
  t.same(parse(header).matches, [], 'a season that has not begun');
  await t.rejects(readBytes('/nowhere/at/all.csv'), { code: 'file_unreadable', message: /all\.csv.*--file/ });
});
