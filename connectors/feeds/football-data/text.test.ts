import { gzipSync } from 'node:zlib';
import t from 'tap';
import { cells, decodeText, lines } from './text.ts';

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

t.test('decodeText', async (t) => {
  t.equal(decodeText(Buffer.from('\ufeffDiv,Córdoba'), 'a.csv'), 'Div,Córdoba', 'UTF-8, and its byte order mark is no part of the first header');
  t.equal(decodeText(latin('King\x92s Lynn,C\xf3rdoba'), 'a.csv'), 'King’s Lynn,Córdoba', 'cp1252 where it is not UTF-8');
  t.equal(decodeText(gzipSync('Div,Date'), 'a.csv'), 'Div,Date', 'gzip by its first bytes');
  t.throws(() => decodeText(gzipSync('Div,Date'.repeat(99)).subarray(0, 20), 'cut.csv.gz'), { code: 'file_unreadable', message: /cut\.csv\.gz/ });
});

t.test('lines', async (t) => {
  const rows = (text: string): unknown => [...lines(text)].map(({ row, text }) => [row, text]);
  t.same(rows('a\nb\r\nc\rd'), [[1, 'a'], [2, 'b'], [3, 'c'], [4, 'd']], 'LF, CR LF and CR');
  t.same(rows('a\r\r\nb\r\r\n'), [[1, 'a'], [2, ''], [3, 'b'], [4, '']], 'CR CR LF is a line and an empty one');
  t.same(rows('a\n'), [[1, 'a']], 'nothing stands behind the last end');
  t.same(rows(''), []);
});

t.test('cells', async (t) => {
  t.same(cells('E0, Alpha ,"Beta, United","say ""hi"""'), ['E0', 'Alpha', 'Beta, United', 'say "hi"']);
  t.same(cells(',,,'), ['', '', '', '']);
  t.same(cells(''), []);
  t.same(cells('O"Neil,1'), ['O"Neil', '1'], 'a quote inside of a cell is a letter');
  t.equal(cells('"Alpha,1'), undefined, 'a quote that does not close');
});
