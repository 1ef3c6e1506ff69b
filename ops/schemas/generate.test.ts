import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { differences, generate, generateAll } from './generate.ts';

const root = path.join(import.meta.dirname, '../..');
const schema = (...fields: unknown[]): string => JSON.stringify({ type: 'record', name: 'Thing', fields: [{ name: 'timestamp', type: 'long' }, ...fields] });

t.test('the generated files are what the schemas say', (t) => {
  t.strictSame(differences(generateAll(path.join(root, 'schemas/avro')), path.join(root, 'schemas/generated')), [], 'run `npm run schemas` and commit the result');
  t.end();
});

t.test('a schema or a generated file that was changed, removed or left over is told', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'schemas-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  cpSync(path.join(root, 'schemas'), folder, { recursive: true });
  const told = (): string[] => differences(generateAll(path.join(folder, 'avro')), path.join(folder, 'generated'));
  t.strictSame(told(), []);
  const avsc = path.join(folder, 'avro/odds-update.avsc');
  writeFileSync(avsc, readFileSync(avsc, 'utf8').replace('"name": "volume"', '"name": "turnover"'));
  writeFileSync(path.join(folder, 'generated/event.ts'), `${readFileSync(path.join(folder, 'generated/event.ts'), 'utf8')}// edited\n`);
  rmSync(path.join(folder, 'generated/result.ts'));
  writeFileSync(path.join(folder, 'generated/nobody.ts'), '');
  const lines = told();
  t.match(lines.find((line) => line.startsWith('odds-update.ts')), /differs from line \d+[^]*is .*volume[^]*should .*turnover/);
  t.match(lines.find((line) => line.startsWith('event.ts')), /differs from line/);
  t.match(lines.find((line) => line.startsWith('result.ts')), /missing/);
  t.match(lines.find((line) => line.startsWith('nobody.ts')), /has no schema/);
  t.equal(lines.length, 4);
  t.end();
});

t.test('names are flattened to camelCase', (t) => {
  const text = generate('thing', schema(
    { name: 'home_score', type: ['null', 'int'] },
    { name: 'place', type: { type: 'record', name: 'Place', fields: [{ name: 'post_code', type: 'string' }] } },
    { name: 'legs', type: { type: 'array', items: { type: 'record', name: 'Leg', fields: [{ name: 'net_prices', type: { type: 'map', values: 'double' } }] } } },
  ));
  for (const member of ['get homeScore()', 'get placePostCode()', 'get legsStart()', 'get legsEnd()', 'legsNetPricesStart(at: number)', 'legsNetPricesName(at: number)', 'legsNetPrices(at: number)',
    'homeScore(value: number)', 'placePostCode(value: Uint8Array | string)', 'legsStart(count: number)', 'legsNetPricesEnd()', 'readonly home_score: number | null', 'readonly place: Place'])
    t.ok(text.includes(member), member);
  t.end();
});

t.test('what columns do not hold is refused, and says what to do', (t) => {
  const refused = (field: unknown, pattern: RegExp): unknown => t.throws(() => generate('thing', schema(field)), { message: pattern });
  refused({ name: 'blob', type: 'bytes' }, /blob: columns do not hold bytes/);
  refused({ name: 'either', type: ['null', 'string', 'long'] }, /either: a union must be of null and one type/);
  refused({ name: 'flag', type: ['null', 'boolean'] }, /flag: a column does not tell null from boolean/);
  refused({ name: 'grid', type: { type: 'array', items: { type: 'array', items: 'double' } } }, /grid: a list directly in a list/);
  refused({ name: 'offset', type: 'long' }, /cannot be named offset/);
  refused({ name: 'tags', type: { type: 'array', items: 'string' }, default: ['a'] }, /the default of a list must be empty/);
  refused({ name: 'timestamp', type: 'long' }, /two fields named timestamp/);
  t.throws(() => generate('thing', schema({ name: 'a_b', type: 'long' }, { name: 'aB', type: 'long' })), { message: /two of its columns would be named aB/ });
  t.throws(() => generate('thing', schema({ name: 'odds', type: { type: 'map', values: 'long' } }, { name: 'odds_start', type: 'long' })), { message: /oddsStart/ });
  t.throws(() => generate('thing', JSON.stringify({ type: 'record', name: 'Thing', fields: [] })), { message: /a long named timestamp/ });
  t.end();
});

t.test('texts of a schema stay texts', (t) => {
  const text = generate('thing', schema({ name: 'x', type: 'long', doc: 'ends here */ `${process.exit(1)}` \\' }));
  t.ok(text.includes('/** ends here *\\/ '), 'a comment does not end early');
  t.ok(text.includes('\\`\\${process.exit(1)}\\` \\\\'));
  t.end();
});
