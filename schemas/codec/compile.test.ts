import avro from 'avsc';
import t from 'tap';
import { OddsUpdateColumns, OddsUpdateSchema } from '../generated/odds-update.ts';
import { compileDecoder, type DecoderOptions } from './compile.ts';
import { Dictionary } from './dictionary.ts';
import { DecodeError } from './errors.ts';
import { Reader } from './reader.ts';

/** The contract as feeds spoke it first, to the letter. Bytes of it stay readable for ever. */
const V1 = `{"type":"record","name":"OddsUpdate","fields":[{"name":"timestamp","type":"long"},{"name":"provider","type":"string"},{"name":"sport","type":"string"},
{"name":"event_id","type":"string"},{"name":"market","type":"string"},{"name":"odds","type":{"type":"map","values":"double"}},{"name":"volume","type":["null","double"],"default":null}]}`;

const KEY_FIELDS = ['sport', 'event_id', 'market'];
const UPDATE = { timestamp: 1_760_000_000_123, provider: 'bookmaker_1', sport: 'soccer', event_id: 'evt_1', market: 'totals:2.5', odds: { over: 1.9, under: 2.02 }, volume: 12.5 };
const DEFAULTS = {
  status: 'open', in_play: false, starts_at: null, observed_at: null, sequence: null, repeat: false, currency: null, commission: 0, limits: {}, lay: {}, lay_limits: {},
};

const encode = (avsc: string, value: unknown): Buffer => avro.Type.forSchema(JSON.parse(avsc) as avro.Schema).toBuffer(value);

/** Decodes one value after another into columns of OddsUpdate. */
const decoding = (options: Partial<DecoderOptions>) => {
  const decoder = compileDecoder({ writerAvsc: OddsUpdateSchema.avsc, readerAvsc: OddsUpdateSchema.avsc, keyFields: KEY_FIELDS, ...options });
  const columns = new OddsUpdateColumns({ keys: new Dictionary(), strings: new Dictionary() });
  const reader = new Reader();
  return {
    columns,
    take(value: Uint8Array, key = 'soccer:evt_1:totals:2.5'): string | undefined {
      const keyBytes = Buffer.from(key);
      reader.over(value, 0, value.length);
      try {
        decoder.decode(reader, value.length, columns, columns.dictionaries.keys.idOf(key), 7, keyBytes, 0, keyBytes.length);
      } catch (error) {
        if (error instanceof DecodeError) return error.code;
        throw error;
      }
      return undefined;
    },
  };
};

/** A schema of OddsUpdate, changed. */
const changed = (change: (fields: Record<string, unknown>[]) => unknown[]): string => {
  const schema = JSON.parse(OddsUpdateSchema.avsc) as { fields: Record<string, unknown>[] };
  return JSON.stringify({ ...schema, fields: change(schema.fields) });
};
const retyped = (name: string, type: unknown): string => changed((fields) => fields.map((field) => (field['name'] === name ? { ...field, type } : field)));

t.test('bytes of version 1 become rows of today, with the defaults of what they lack', (t) => {
  const { columns, take } = decoding({ writerAvsc: V1 });
  t.equal(take(encode(V1, UPDATE)), undefined);
  t.strictSame(columns.row(0).toObject(), { ...UPDATE, ...DEFAULTS });
  t.equal(columns.row(0).keyText, 'soccer:evt_1:totals:2.5');
  t.equal(columns.row(0).offset, 7);
  t.end();
});

t.test('bytes of a later version are read without what it adds, wherever it adds it', (t) => {
  const extra = [
    { name: 'source_id', type: 'long' }, { name: 'tags', type: { type: 'array', items: { type: 'map', values: ['null', 'string', { type: 'fixed', name: 'Hash', size: 4 }] } } },
    { name: 'blob', type: 'bytes' }, { name: 'ratio', type: 'float' }, { name: 'inner', type: { type: 'record', name: 'Inner', fields: [{ name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['a', 'b'] } }] } },
  ];
  const v3 = changed((fields) => [...extra, ...fields, { name: 'last', type: 'boolean' }]);
  const value = { ...UPDATE, ...DEFAULTS, currency: 'EUR', source_id: 5, tags: [{ a: null, b: { string: 'x' } }, {}], blob: Buffer.from('zz'), ratio: 0.5, inner: { kind: 'b' }, last: true };
  const wrapped = avro.Type.forSchema(JSON.parse(v3) as avro.Schema, { wrapUnions: false });
  const { columns, take } = decoding({ writerAvsc: v3 });
  t.equal(take(wrapped.toBuffer({ ...value, tags: [{ a: null, b: 'x' }, {}] })), undefined);
  t.strictSame(columns.row(0).toObject(), { ...UPDATE, ...DEFAULTS, currency: 'EUR' });
  t.end();
});

t.test('numbers are promoted, enums go by symbol, strings may have been bytes, a field may have had another name or place', (t) => {
  const writer = changed((fields) => fields.map((field) => {
    switch (field['name']) {
      case 'timestamp': return { ...field, type: 'int' };
      case 'provider': return { ...field, type: 'bytes' };
      case 'commission': return { ...field, type: 'float' };
      case 'volume': return { ...field, type: 'long', default: 0 };
      case 'limits': return { ...field, type: { type: 'map', values: 'int' } };
      case 'status': return { ...field, default: 'halted', type: { type: 'enum', name: 'QuoteStatus', symbols: ['halted', 'closed', 'open'] } };
      default: return field;
    }
  }).reverse());
  const value = { ...UPDATE, ...DEFAULTS, timestamp: 12_345, provider: Buffer.from('bookmaker_1'), volume: 3, commission: 0.5, status: 'closed', limits: { over: 7 } };
  const { columns, take } = decoding({ writerAvsc: writer });
  t.equal(take(encode(writer, value)), undefined);
  t.strictSame(columns.row(0).toObject(), { ...value, provider: 'bookmaker_1' });
  t.equal(take(encode(writer, { ...value, status: 'halted' })), undefined);
  t.equal(columns.row(1).toObject().status, 'open', 'a symbol that we do not know is the default');
  const aliased = changed((fields) => fields.map((field) => (field['name'] === 'provider' ? { ...field, name: 'bookmaker', aliases: ['provider'] } : field)));
  const decoder = compileDecoder({ writerAvsc: V1, readerAvsc: aliased, keyFields: [] });
  t.type(decoder.decode, 'function');
  t.end();
});

t.test('unions resolve branch by branch', (t) => {
  const writer = changed((fields) => fields.map((field) => (field['name'] === 'volume' ? { ...field, type: ['long', 'null', 'double'], default: 0 } : field)));
  const wrapped = avro.Type.forSchema(JSON.parse(writer) as avro.Schema, { wrapUnions: true });
  const { columns, take } = decoding({ writerAvsc: writer });
  for (const [volume, expected] of [[{ long: 4 }, 4], [null, null], [{ double: 4.5 }, 4.5]] as const) {
    t.equal(take(wrapped.toBuffer({ ...UPDATE, ...DEFAULTS, volume })), undefined);
    t.equal(columns.row(columns.size - 1).toObject().volume, expected);
  }
  t.end();
});

t.test('pairs that do not resolve are refused, and say where', (t) => {
  const refused = (writerAvsc: string, pattern: RegExp): unknown => t.throws(() => decoding({ writerAvsc }), { name: 'SchemaError', code: 'schema_unresolvable', message: pattern });
  refused(retyped('timestamp', 'string'), /OddsUpdate\.timestamp: the writer's string cannot be read as long/);
  refused(retyped('timestamp', 'double'), /timestamp/);
  refused(retyped('provider', ['null', 'string']), /OddsUpdate\.provider: the writer's null cannot be read as string/);
  refused(retyped('odds', { type: 'array', items: 'double' }), /OddsUpdate\.odds: the writer's array cannot be read as map/);
  refused(retyped('odds', { type: 'map', values: 'string' }), /OddsUpdate\.odds\[\]/);
  refused(changed((fields) => fields.filter(({ name }) => name !== 'odds')), /OddsUpdate\.odds: the writer lacks it/);
  refused(V1.replace('OddsUpdate', 'Quote'), /record Quote cannot be read as the record OddsUpdate/);
  t.throws(() => compileDecoder({ writerAvsc: V1, readerAvsc: OddsUpdateSchema.avsc, keyFields: KEY_FIELDS, fields: ['timestamp'] }) && decoding({ writerAvsc: retyped('odds', 'long'), fields: ['provider'] }),
    { code: 'schema_unresolvable' }, 'also where the field is not wanted');
  const noDefault = JSON.stringify(JSON.parse(OddsUpdateSchema.avsc.replace('"closed"], "default": "open" }', '"closed"] }')));
  t.throws(() => compileDecoder({ writerAvsc: retyped('status', { type: 'enum', name: 'QuoteStatus', symbols: ['open', 'halted'] }), readerAvsc: noDefault, keyFields: [] }), { message: /symbol 'halted' is unknown/ });
  t.throws(() => decoding({ writerAvsc: '{' }), { code: 'schema_invalid' });
  t.throws(() => decoding({ writerAvsc: retyped('odds', { type: 'map', values: 'Nobody' }) }), { code: 'schema_invalid', message: /no type is named 'Nobody'/ });
  t.throws(() => decoding({ fields: ['price'] }), { message: /no field price/ });
  t.throws(() => decoding({ keyFields: ['volume'] }), { message: /must be a string/ });
  t.throws(() => decoding({ writerAvsc: changed((fields) => [...fields, { name: 'nothings', type: { type: 'array', items: 'null' } }]) }), { code: 'schema_unsupported', message: /nothings/ }, 'a count without bytes has no bound');
  t.end();
});

t.test('a name in a schema cannot become code', (t) => {
  for (const name of ['x;throw 1', 'x`', '__proto__\n', '']) t.throws(() => decoding({ writerAvsc: changed((fields) => [...fields, { name, type: 'long' }]) }), { code: 'schema_invalid' });
  t.end();
});

t.test('the key must be what the fields spell', (t) => {
  const { columns, take } = decoding({});
  const value = encode(OddsUpdateSchema.avsc, { ...UPDATE, ...DEFAULTS });
  for (const key of ['soccer:evt_1:totals:2.6', 'soccer:evt_1:totals:2.5x', 'soccer:evt_1:totals:2.', 'soccer:evt_1', 'soccer', 'x', 'soccer:evt_1;totals:2.5', 'soccer:evt_1:'])
    t.equal(take(value, key), 'key_mismatch', key);
  t.equal(take(value, ''), 'empty_key');
  t.equal(columns.size, 0);
  t.equal(take(value), undefined);
  const byFields = decoding({ fields: ['odds'] });
  t.equal(byFields.take(value, 'soccer:evt_2:totals:2.5'), 'key_mismatch', 'also where the fields of the key are not wanted');
  t.equal(byFields.take(value), undefined);
  t.end();
});

t.test('only the fields that are named are kept', (t) => {
  const { columns, take } = decoding({ fields: ['provider', 'odds'] });
  const value = { ...UPDATE, ...DEFAULTS, status: 'closed', currency: 'EUR', limits: { over: 5 }, commission: 0.1, in_play: true, starts_at: 5 };
  t.equal(take(encode(OddsUpdateSchema.avsc, value)), undefined);
  t.strictSame(columns.row(0).toObject(), { ...UPDATE, ...DEFAULTS, sport: '', event_id: '', market: '', volume: null });
  t.notOk(['soccer', 'EUR'].some((text) => Array.from({ length: columns.dictionaries.strings.size }, (_, id) => columns.dictionaries.strings.text(id)).includes(text)), 'nor are their strings');
  const damaged = encode(OddsUpdateSchema.avsc, value);
  t.equal(take(damaged.subarray(0, -1)), 'truncated', 'but the whole value must have its structure');
  t.end();
});

t.test('a value must fill its bytes', (t) => {
  const { columns, take } = decoding({ writerAvsc: V1 });
  const value = encode(V1, UPDATE);
  t.equal(take(Buffer.concat([value, Buffer.from([0])])), 'trailing_bytes');
  t.equal(take(value.subarray(0, -1)), 'truncated');
  t.equal(take(Buffer.alloc(0)), 'truncated');
  t.equal(columns.size, 0);
  t.end();
});

t.test('a map that names an entry twice says nothing that can be trusted', (t) => {
  const { take } = decoding({ writerAvsc: V1 });
  const once = encode(V1, { ...UPDATE, odds: { over: 1.9, undr: 2 } });
  const twice = Buffer.from(once.toString('latin1').replace('undr', 'over'), 'latin1');
  t.equal(take(once), undefined);
  t.equal(take(twice), 'duplicate_name');
  t.equal(take(once), undefined);
  t.end();
});

t.test('a block has the size that it announces', (t) => {
  const { columns, take } = decoding({ writerAvsc: V1 });
  const head = encode(V1, { ...UPDATE, odds: {}, volume: null }).subarray(0, -2);
  const entry = Buffer.concat([Buffer.from([2, 0x61]), encode('"double"', 1.5)]);
  const sized = (size: number): Buffer => Buffer.concat([head, Buffer.from([1, 2 * size]), entry, Buffer.from([0, 0])]); //  a count of −1, then the size
  t.equal(take(sized(entry.length)), undefined);
  t.strictSame(columns.row(0).toObject().odds, { a: 1.5 });
  for (const size of [0, entry.length - 1, entry.length + 1, 60]) t.equal(take(sized(size)), 'block_size');
  t.end();
});

t.test('the reader is left as it was, but for its position', (t) => {
  const decoder = compileDecoder({ writerAvsc: V1, readerAvsc: OddsUpdateSchema.avsc, keyFields: [] });
  const columns = new OddsUpdateColumns({ keys: new Dictionary(), strings: new Dictionary() });
  const value = encode(V1, UPDATE);
  const reader = new Reader().over(Buffer.concat([value, value]));
  decoder.decode(reader, value.length, columns, 0, 0, value, 0, 0);
  t.equal(reader.end, 2 * value.length);
  t.throws(() => decoder.decode(reader, value.length + 3, columns, 0, 0, value, 0, 0), DecodeError);
  t.equal(reader.end, 2 * value.length);
  t.end();
});
