import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import avro from 'avsc';
import fc from 'fast-check';
import t from 'tap';
import { type AvroRecord, type AvroType, parseRecord } from './avro-type.ts';
import { compileDecoder } from './compile.ts';
import type { Columns, Row } from './columns.ts';
import { Dictionary } from './dictionary.ts';
import { DecodeError } from './errors.ts';
import { type Slot, layoutOf } from './layout.ts';
import { Reader } from './reader.ts';
import type { AvroSchema, Writer } from './schema.ts';

/*
 * The compiled codecs against avsc, for every schema. Deliberate differences: where avsc is laxer, we refuse (booleans other than 0 and 1, ints beyond
 * 32 bits, invalid UTF-8, a name twice in a map, blocks of another size than announced). Where a long is beyond ±2^52, avsc is not exact, and refuses
 * ±(2^53 − 1), which we read. A map's entry named __proto__, which avsc loses, is kept. NaN where null is allowed is null in columns.
 */

type Plain = Record<string, unknown>;
const EXACT_IN_AVSC = 2 ** 52;

const generated = path.join(import.meta.dirname, '../generated');
const schemas: AvroSchema[] = [];
for (const file of readdirSync(generated).filter((name) => name.endsWith('.ts')))
  for (const [name, value] of Object.entries(await import(path.join(generated, file)) as Plain)) if (name.endsWith('Schema')) schemas.push(value as AvroSchema);

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('', 'home', 'draw', 'away', 'Überraschung ⚽', 'é')).filter((each) => each !== '__proto__');
const long = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constantFrom(EXACT_IN_AVSC - 1, -EXACT_IN_AVSC + 1, Number.MAX_SAFE_INTEGER - 1)).map((n) => (n < -EXACT_IN_AVSC || n === Number.MAX_SAFE_INTEGER ? -7 : n + 0));

/** Random values of a schema. */
const arbitraryOf = (type: AvroType): fc.Arbitrary<unknown> => {
  switch (type.kind) {
    case 'null': return fc.constant(null);
    case 'boolean': return fc.boolean();
    case 'int': return fc.integer();
    case 'long': return long;
    case 'double': return fc.double();
    case 'string': return text;
    case 'enum': return fc.constantFrom(...type.symbols);
    case 'array': return fc.array(arbitraryOf(type.items), { maxLength: 5 });
    case 'map': return fc.dictionary(text, arbitraryOf(type.values), { maxKeys: 5, noNullPrototype: true });
    case 'union': return fc.oneof(...type.branches.map((branch) => (branch.kind === 'double' ? fc.double({ noNaN: true }) : arbitraryOf(branch))));
    case 'record': return fc.record(Object.fromEntries(type.fields.map((field) => [field.name, arbitraryOf(field.type)])), { noNullPrototype: true });
    default: throw new Error(`no schema of ours has ${type.kind}`);
  }
};

/** An encoder that splits maps and arrays into blocks of one or two entries, every other with a negative count and its size. */
const encodeBlocked = (type: AvroType, value: unknown): number[] => {
  const primitive = (name: avro.Schema): number[] => [...avro.Type.forSchema(name).toBuffer(value)];
  const count = (n: number): number[] => [...avro.Type.forSchema('long').toBuffer(n)];
  const inBlocks = (items: number[][]): number[] => {
    const bytes: number[] = [];
    for (let at = 0, block = 0; at < items.length; block++) {
      const part = items.slice(at, at + 1 + (block % 2));
      const body = part.flat();
      bytes.push(...(block % 2 === 0 ? [...count(-part.length), ...count(body.length)] : count(part.length)), ...body);
      at += part.length;
    }
    return [...bytes, 0];
  };
  switch (type.kind) {
    case 'array': return inBlocks((value as unknown[]).map((item) => encodeBlocked(type.items, item)));
    case 'map': return inBlocks(Object.entries(value as Plain).map(([name, item]) => [...encodeBlocked({ kind: 'string' }, name), ...encodeBlocked(type.values, item)]));
    case 'record': return type.fields.flatMap((field) => encodeBlocked(field.type, (value as Plain)[field.name]));
    case 'union': {
      const branch = type.branches.findIndex(({ kind }) => (kind === 'null') === (value === null));
      return [...count(branch), ...encodeBlocked(type.branches[branch]!, value)];
    }
    case 'enum': return count(type.symbols.indexOf(value as string));
    default: return primitive(type.kind as avro.Schema);
  }
};

/** Calls a writer's methods for a plain value, in the order that the layout gives. */
const drive = (writer: Record<string, (value: unknown) => void>, slot: Slot, value: unknown): void => {
  const call = (name: string, argument?: unknown): void => writer[name]!(argument);
  if (slot.is === 'group') for (const { field, slot: inner } of slot.fields) drive(writer, inner, (value as Plain)[field.name]);
  else if (slot.is === 'list') {
    const items = slot.nameLeaf === undefined ? (value as unknown[]).map((item) => [undefined, item] as const) : Object.entries(value as Plain);
    call(`${slot.name}Start`, items.length);
    for (const [name, item] of items) {
      if (slot.nameLeaf !== undefined) call(slot.nameLeaf.name, name);
      drive(writer, slot.items, item);
    }
    call(`${slot.name}End`);
  } else if (slot.enum !== undefined) call(slot.name, value === null ? -1 : slot.enum.symbols.indexOf(value as string));
  else call(slot.name, value !== null ? value : slot.kind === 'string' ? undefined : NaN);
};

/** Without avsc's classes; null for NaN where asked. */
const plain = (value: unknown, nanIsNull: boolean): unknown => {
  if (Array.isArray(value)) return value.map((item) => plain(item, nanIsNull));
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item, nanIsNull)]));
  return nanIsNull && typeof value === 'number' && Number.isNaN(value) ? null : value;
};

const isBeyondAvsc = (value: unknown): boolean =>
  (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) > EXACT_IN_AVSC)
  || (typeof value === 'object' && value !== null && (Object.hasOwn(value, '__proto__') || Object.values(value).some(isBeyondAvsc)));

const columnsOf = (schema: AvroSchema): Columns<Row> => schema.columns({ keys: new Dictionary(), strings: new Dictionary() });

const reader = new Reader();
const decoderOf = (schema: AvroSchema) => {
  const decoder = compileDecoder({ writerAvsc: schema.avsc, readerAvsc: schema.avsc, keyFields: [] });
  return (columns: Columns<Row>, bytes: Uint8Array, start = 0, end = bytes.length): void => {
    reader.over(bytes, start, bytes.length);
    decoder.decode(reader, end, columns, 0, 0, bytes, 0, 0);
  };
};

t.ok(schemas.length >= 7, 'there are schemas');
for (const schema of schemas) {
  const record: AvroRecord = parseRecord(schema.avsc);
  const type = avro.Type.forSchema(JSON.parse(schema.avsc) as avro.Schema);
  const layout = layoutOf(record);
  const values = arbitraryOf(record);
  const decode = decoderOf(schema);

  t.test(`${schema.name}: avsc's bytes become rows`, (t) => {
    fc.assert(fc.property(fc.array(values, { minLength: 1, maxLength: 4 }), (several) => {
      const columns = columnsOf(schema);
      for (const value of several) decode(columns, type.toBuffer(value));
      assert.equal(columns.size, several.length);
      several.forEach((value, index) => assert.deepStrictEqual(columns.row(index).toObject(), value));
    }));
    t.pass('holds');
    t.end();
  });

  t.test(`${schema.name}: lists in several blocks, with and without their size`, (t) => {
    fc.assert(fc.property(values, (value) => {
      const columns = columnsOf(schema);
      const bytes = Buffer.from(encodeBlocked(record, value));
      assert.deepStrictEqual(plain(type.fromBuffer(bytes), false), value, 'the test encoder is right');
      decode(columns, bytes);
      assert.deepStrictEqual(columns.row(0).toObject(), value);
    }));
    t.pass('holds');
    t.end();
  });

  t.test(`${schema.name}: what the writer writes, avsc reads, byte for byte as its own`, (t) => {
    fc.assert(fc.property(fc.array(values, { maxLength: 4 }), (several) => {
      const writer = schema.writer() as Writer;
      writer.schemaId = 0x01020304;
      const key = Buffer.from('key');
      for (const value of several) {
        writer.begin(key);
        drive(writer as unknown as Record<string, (value: unknown) => void>, layout, value);
        writer.end();
      }
      writer.tombstone(key);
      several.forEach((value, index) => {
        const bytes = Buffer.from(writer.bytes.slice(writer.start(index), writer.end(index)));
        assert.deepStrictEqual([...bytes.subarray(0, 5)], [0, 1, 2, 3, 4]);
        assert.deepStrictEqual(plain(type.fromBuffer(bytes.subarray(5)), false), value);
        assert.equal(bytes.subarray(5).equals(type.toBuffer(value)), true);
      });
      assert.equal(writer.size, several.length + 1);
      assert.equal(writer.start(several.length), writer.end(several.length));
      assert.deepStrictEqual(writer.key(several.length), key);
    }), { numRuns: 60 });
    t.pass('holds');
    t.end();
  });

  t.test(`${schema.name}: corrupted bytes are refused, or are a value that avsc reads alike; neighbours stay`, (t) => {
    const mutation = fc.oneof(
      fc.record({ at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) }).map(({ at, bit }) => (bytes: number[]) => bytes.map((byte, index) => (index === at % bytes.length ? byte ^ (1 << bit) : byte))),
      fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) }).map(({ at, byte }) => (bytes: number[]) => bytes.map((old, index) => (index === at % bytes.length ? byte : old))),
      fc.nat().map((length) => (bytes: number[]) => bytes.slice(0, length % bytes.length)),
      fc.uint8Array({ minLength: 1, maxLength: 12 }).map((more) => (bytes: number[]) => [...bytes, ...more]),
      fc.record({ at: fc.nat(), more: fc.uint8Array({ minLength: 1, maxLength: 12 }) }).map(({ at, more }) => (bytes: number[]) => bytes.toSpliced(at % bytes.length, 0, ...more)),
    );
    let refused = 0, accepted = 0;
    fc.assert(fc.property(values, values, fc.array(mutation, { minLength: 1, maxLength: 3 }), fc.uint8Array({ maxLength: 20 }), (first, second, mutations, after) => {
      const columns = columnsOf(schema);
      decode(columns, type.toBuffer(first));
      const bytes = mutations.reduce((all, mutate) => (all.length === 0 ? all : mutate(all)), [...type.toBuffer(first)]);
      let value: unknown;
      try {
        decode(columns, Buffer.from([...bytes, ...after]), 0, bytes.length);
        value = columns.row(1).toObject();
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        refused++;
        assert.equal(columns.size, 1);
      }
      if (value !== undefined) {
        accepted++;
        if (!isBeyondAvsc(value)) assert.deepStrictEqual(plain(value, true), plain(type.fromBuffer(Buffer.from(bytes)), true), 'as avsc has it');
      }
      decode(columns, type.toBuffer(second));
      assert.deepStrictEqual(columns.row(0).toObject(), first);
      assert.deepStrictEqual(columns.row(columns.size - 1).toObject(), second);
    }), { numRuns: 1000 });
    t.ok(refused > 100 && accepted > 20, `both happen: ${refused} refused, ${accepted} accepted`);
    t.end();
  });
}
