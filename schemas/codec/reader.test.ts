import fc from 'fast-check';
import t from 'tap';
import { ByteSink } from './byte-sink.ts';
import { Dictionary } from './dictionary.ts';
import { type DecodeCode, DecodeError } from './errors.ts';
import { Reader } from './reader.ts';

/** Zigzag varint of any 64-bit integer, by BigInt: slow and evidently right. */
const varint = (value: bigint): number[] => {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
};

const over = (bytes: readonly number[]): Reader => new Reader().over(Uint8Array.from(bytes));

/** The code that reading throws. */
const codeOf = (read: () => unknown): DecodeCode | 'none' => {
  try {
    read();
  } catch (error) {
    if (error instanceof DecodeError) return error.code;
    throw error;
  }
  return 'none';
};

t.test('longs are exact to ±(2^53 − 1), and what is beyond is refused', (t) => {
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  fc.assert(fc.property(fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -limit - 3n, max: -limit + 3n }), fc.bigInt({ min: limit - 3n, max: limit + 3n }), fc.maxSafeInteger().map(BigInt)), (value) => {
    const reader = over(varint(value));
    if (value >= -limit && value <= limit) return reader.long() === Number(value) && reader.position === reader.end;
    return codeOf(() => reader.long()) === 'long_out_of_range';
  }), { numRuns: 2000 });
  t.pass('holds');
  t.end();
});

t.test('a long that nobody wants is passed over, in range or not', (t) => {
  fc.assert(fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
    const reader = over([...varint(value), 7]);
    reader.skipLong();
    return reader.position === varint(value).length;
  }));
  t.pass('holds');
  t.end();
});

t.test('ints are exact to 32 bits, and what is beyond is refused', (t) => {
  fc.assert(fc.property(fc.oneof(fc.integer().map(BigInt), fc.bigInt({ min: -(2n ** 34n), max: 2n ** 34n }), fc.constantFrom(2n ** 31n, -(2n ** 31n) - 1n, 2n ** 31n - 1n, -(2n ** 31n))), (value) => {
    const reader = over(varint(value));
    if (BigInt.asIntN(32, value) === value) return reader.int() === Number(value);
    return codeOf(() => reader.int()) !== 'none';
  }), { numRuns: 1000 });
  t.equal(codeOf(() => over(varint(2n ** 31n)).int()), 'int_out_of_range');
  t.end();
});

t.test('what is written is read', (t) => {
  fc.assert(fc.property(fc.maxSafeInteger(), fc.integer(), fc.double(), fc.string({ unit: 'binary', maxLength: 300 }), fc.boolean(), (long, int, double, text, boolean) => {
    const sink = new ByteSink();
    sink.long(long); sink.int(int); sink.double(double); sink.float(0.5); sink.string(text); sink.boolean(boolean);
    const reader = new Reader().over(sink.bytes, 0, sink.position);
    const dictionary = new Dictionary();
    return reader.long() === long && reader.int() === int && Object.is(reader.double(), double) && reader.float() === 0.5
      && dictionary.text(reader.string(dictionary)) === text && reader.boolean() === Number(boolean) && reader.position === reader.end;
  }));
  t.pass('holds');
  t.end();
});

t.test('varints that never end are refused', (t) => {
  t.equal(codeOf(() => over(Array<number>(6).fill(0x80)).int()), 'varint_too_long');
  t.equal(codeOf(() => over(Array<number>(11).fill(0x80)).long()), 'varint_too_long');
  t.equal(codeOf(() => over(Array<number>(11).fill(0x80)).skipLong()), 'varint_too_long');
  t.equal(over([0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]).long(), 1, 'padding within ten bytes is a long');
  t.end();
});

t.test('nothing is read beyond the end, although the buffer goes on', (t) => {
  const neighbour = Array<number>(16).fill(2);
  const within = (bytes: readonly number[]): Reader => new Reader().over(Uint8Array.from([...bytes, ...neighbour]), 0, bytes.length);
  t.equal(codeOf(() => within([0x80]).int()), 'truncated');
  t.equal(codeOf(() => within([0x80]).long()), 'truncated');
  t.equal(codeOf(() => within([0x80, 0x80, 0x80, 0x80]).long()), 'truncated');
  t.equal(codeOf(() => within([0x80]).skipLong()), 'truncated');
  t.equal(codeOf(() => within([1, 2, 3, 4, 5, 6, 7]).double()), 'truncated');
  t.equal(codeOf(() => within([1, 2, 3]).float()), 'truncated');
  t.equal(codeOf(() => within([]).boolean()), 'truncated');
  t.equal(codeOf(() => within([6, 97, 98]).span()), 'truncated');
  t.equal(codeOf(() => within([]).span()), 'truncated');
  t.equal(codeOf(() => within([]).block(1)), 'truncated');
  t.equal(codeOf(() => within([]).symbol(3)), 'truncated');
  t.equal(codeOf(() => within([]).branch(3)), 'truncated');
  t.equal(codeOf(() => within([1]).skip(2)), 'truncated');
  t.equal(codeOf(() => over([1, 2, 3]).double()), 'truncated', 'nor beyond the buffer');
  t.end();
});

t.test('lengths, counts, symbols, branches and booleans have bounds', (t) => {
  t.equal(codeOf(() => over([1]).span()), 'negative_length');
  t.equal(codeOf(() => over([...varint(2n ** 40n)]).span()), 'truncated');
  t.equal(codeOf(() => over([2]).boolean()), 'boolean');
  t.equal(codeOf(() => over([6]).symbol(3)), 'enum_index');
  t.equal(codeOf(() => over([1]).symbol(3)), 'enum_index');
  t.equal(codeOf(() => over([4]).branch(2)), 'union_branch');
  t.equal(codeOf(() => over([...varint(2n ** 50n), 0, 0]).block(1)), 'block_count');
  t.equal(codeOf(() => over([...varint(-(2n ** 50n)), 2, 0]).block(1)), 'block_count');
  t.equal(codeOf(() => over([...varint(-1n), 1, 0]).block(1)), 'negative_length');
  const sized = over([...varint(-2n), ...varint(5n), 9, 9, 9, 9, 9, 0]);
  t.equal(sized.block(1), 2);
  t.equal(sized.blockEnd, 7);
  t.end();
});

t.test('what is no UTF-8 is no string', (t) => {
  t.equal(codeOf(() => over([4, 0xc3, 0x28]).string(new Dictionary())), 'utf8');
  t.end();
});
