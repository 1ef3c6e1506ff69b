import fc from 'fast-check';
import t from 'tap';
import { CopyRows, copyText, orNull, timeText } from './copy-text.ts';
import { Unstorable } from './errors.ts';

/** COPY's text format read back, by the letter of PostgreSQL's documentation. */
const readBack = (field: string): string | null => {
  if (field === '\\N') return null;
  const meant: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
  return field.replace(/\\(.)/gs, (_, letter: string) => meant[letter] ?? letter);
};

t.test('any text comes back, and stays within its field and its line', (t) => {
  const nasty = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.array(fc.constantFrom('\\', 'N', '.', 't', '\t', '\n', '\r', '"', ',', 'é', '⚽', '')).map((parts) => parts.join('')));
  fc.assert(fc.property(nasty.filter((text) => !text.includes('\0')), (text) => {
    const field = copyText(text);
    return !/[\t\n\r]/.test(field) && readBack(field) === text && field !== '\\.';
  }), { numRuns: 500 });
  t.equal(copyText('\\N'), '\\\\N', 'a text that looks like NULL is none');
  t.equal(copyText('\\.'), '\\\\.', 'nor does one end the COPY');
  t.throws(() => copyText('a\0b'), new Unstorable('22021', '"a\\u0000b" holds U+0000, which no text of PostgreSQL can'));
  t.end();
});

t.test('numbers and times', (t) => {
  t.strictSame([orNull(1.5), orNull(NaN), timeText(0), timeText(NaN), timeText(1_700_000_000_123), timeText(1_700_000_000_123), timeText(NaN)],
    ['1.5', '\\N', '1970-01-01T00:00:00.000Z', '\\N', '2023-11-14T22:13:20.123Z', '2023-11-14T22:13:20.123Z', '\\N']);
  t.throws(() => timeText(8e15), new Unstorable('22008', '8000000000000000 ms is no time that a row can have'));
  t.throws(() => timeText(1e20), Unstorable);
  t.end();
});

t.test('rows come out as they went in, in chunks, as often as one likes', (t) => {
  const rows = new CopyRows();
  const lines = Array.from({ length: 3000 }, (_, i) => `${i}\tÜberraschung ⚽\n`);
  for (const line of lines) rows.add(line);
  t.equal(rows.size, 3000);
  for (let times = 0; times < 2; times++) t.equal(Buffer.concat([...rows.chunks()]).toString(), lines.join(''));
  t.ok(rows.chunks().length > 1);
  t.equal(rows.part(0, 3000).toString(), lines.join(''));
  t.equal(rows.part(1234, 1237).toString(), lines.slice(1234, 1237).join(''), 'and in parts');
  t.strictSame([rows.part(2999, 3000).toString(), rows.part(0, 1).toString(), rows.part(0, 0).length, rows.part(7, 7).length], [lines[2999], lines[0], 0, 0]);
  rows.add('one more\n');
  t.equal(rows.part(2999, 3001).toString(), `${lines[2999]}one more\n`);
  t.equal(Buffer.concat([...rows.chunks()]).toString(), `${lines.join('')}one more\n`);
  rows.clear();
  t.strictSame([rows.size, rows.chunks().length], [0, 0]);
  t.end();
});
