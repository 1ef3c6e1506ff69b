import fc from 'fast-check';
import t from 'tap';
import { inMode } from '../../ops/migrations/database-for-tests.ts';
import { RowArray } from './row-array.ts';

const EARLIEST_MS = Date.UTC(1990, 0, 1), LATEST_MS = Date.UTC(2100, 0, 1);

t.test('PostgreSQL reads what was written: any text, number, time and identity, and nothing', (t) => inMode(t, 'plain', async (t, { owner }) => {
  await owner.query('CREATE TYPE anything AS (a text, b bigint, c timestamptz, d int, e smallint, f boolean, g uuid)');
  const { rows: [type] } = await owner.query<{ oid: number }>(`SELECT 'anything'::regtype::oid AS oid`);
  const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.string({ unit: 'grapheme-ascii', maxLength: 80 })).filter((one) => !one.includes('\0'));
  const row = fc.tuple(fc.option(text), fc.maxSafeInteger(), fc.option(fc.integer({ min: EARLIEST_MS, max: LATEST_MS })), fc.integer(), fc.integer({ min: -32_768, max: 32_767 }), fc.boolean(), fc.option(fc.uuid()));
  await fc.assert(fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), async (given) => {
    const array = new RowArray(7);
    for (const [a, b, c, d, e, f, g] of given) array.text(a).int8(b).timeMs(c).int4(d).int2(e).bool(f).uuid(g).end();
    const { rows } = await owner.query<unknown[]>({ text: 'SELECT a, b::text, (extract(epoch FROM c) * 1000)::float8, d, e, f, g FROM unnest($1::anything[])', values: [array.bytes(type!.oid)], rowMode: 'array' });
    return JSON.stringify(rows) === JSON.stringify(given.map(([a, b, ...others]) => [a, String(b), ...others]));
  }), { numRuns: 200 });
  t.throws(() => new RowArray(1).int8(0.5), RangeError);
}));
