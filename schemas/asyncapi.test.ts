import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import t from 'tap';
import { asyncapi } from './asyncapi.ts';
import { topics } from './topics.ts';

const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync(path.join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string };
const document = asyncapi(version);

const ajv = new Ajv({ allErrors: true, strict: false, validateSchema: false });
formats.default(ajv);
const isAsyncApi = ajv.compile(require('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object);
const errorsOf = (of: unknown): string[] => (isAsyncApi(of) ? [] : (isAsyncApi.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`));

t.test('it is the document in asyncapi.golden.json', (t) => {
  const file = path.join(import.meta.dirname, 'asyncapi.golden.json'), found = `${JSON.stringify(document, null, 2)}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, found);
  t.equal(found, readFileSync(file, 'utf8'), 'if this is what you want, run this test with UPDATE_GOLDEN=1, and read the diff');
  t.end();
});

t.test('it is AsyncAPI 3', (t) => {
  t.strictSame(errorsOf(document), []);
  const { channels: _, ...without } = document;
  t.match(errorsOf({ ...without, channels: { x: { address: 1 } } }).join(), /address/, 'the validator looks');
  t.match(errorsOf(asyncapi(version, [{ ...topics.bestOdds, partitions: 0 }])).join(), /partitions/);
  t.match(errorsOf(asyncapi(version, [{ ...topics.bestOdds, schema: { name: 'X', avsc: '{"type":"record","name":"X"}' } }])).join(), /schema/, 'also at the Avro in it');
  t.end();
});

t.test('every reference leads somewhere, every topic and who writes and reads it is there', (t) => {
  const references: string[] = [];
  JSON.stringify(document, (key, value: unknown) => { if (key === '$ref') references.push(value as string); return value; });
  t.ok(references.length > 20);
  for (const reference of references) {
    const found = reference.slice(2).split('/').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
    t.ok(found, reference);
  }
  t.strictSame(Object.keys(document['channels'] as object), Object.values(topics).map(({ name }) => name));
  for (const id of ['feeds.send.odds-updates', 'best-odds.receive.odds-updates', 'fair-odds.receive.market-books', 'fair-odds.send.fair-odds']) t.ok(id in (document['operations'] as object), id);
  t.end();
});
