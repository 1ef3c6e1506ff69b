import fc from 'fast-check';
import t, { type Test } from 'tap';
import { fillDraws, MAX_PATHS, roundKeys } from './draws.ts';

const PATHS = 100_000, STREAMS = 200;
const upTo = (paths: number, from = 0): Int32Array => Int32Array.from({ length: paths }, (_, i) => from + i);
const first = upTo(PATHS);
const drawsOf = (keys: Int32Array, paths = first): Int32Array => {
  const draws = new Int32Array(paths.length);
  fillDraws(keys, paths, draws);
  return draws;
};
const stream = (seed: number, event: number): Int32Array => drawsOf(roundKeys(seed, 'unit', `football:e${event}:1x2`));

/** Chi-square of equally likely cells, as a standard normal. */
const chiSquareZ = (cells: number, count: number, cellOf: (i: number) => number): number => {
  const counts = new Int32Array(cells), expected = count / cells;
  for (let i = 0; i < count; i++) counts[cellOf(i)]!++;
  return (counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0) - (cells - 1)) / Math.sqrt(2 * (cells - 1));
};

/** Chi-squares of many streams are together as far from what is expected as chance has it, and none is far off. */
const areByChance = (t: Test, zs: readonly number[], what: string): void => {
  const mean = zs.reduce((sum, z) => sum + z, 0) / zs.length, variance = zs.reduce((sum, z) => sum + (z - mean) ** 2, 0) / zs.length;
  const largest = Math.max(...zs.map(Math.abs)), together = mean * Math.sqrt(zs.length);
  t.comment(`${what}: together ${together.toFixed(2)}, deviation ${Math.sqrt(variance).toFixed(2)}, largest ${largest.toFixed(2)}`);
  t.ok(Math.abs(together) < 4 && Math.abs(variance - 1) < 6 / Math.sqrt(zs.length / 2) && largest < 5.5, `${what} are by chance`);
};

t.test('streams of neighbouring names and seeds are uniform, and independent of each other and of themselves', (t) => {
  const zs: Record<string, number[]> = { 'one': [], 'two names': [], 'two seeds': [], 'three names': [], 'next path': [], 'the 4,096th': [], 'two next': [] };
  for (let i = 0; i < STREAMS; i++) {
    const one = stream(i, i), other = stream(i, i + 1), third = stream(i, i + 2), otherSeed = stream(i + 1, i);
    zs['one']!.push(chiSquareZ(1_024, PATHS, (p) => one[p]! >> 6));
    zs['two names']!.push(chiSquareZ(4_096, PATHS, (p) => one[p]! >> 10 << 6 | other[p]! >> 10));
    zs['two seeds']!.push(chiSquareZ(4_096, PATHS, (p) => one[p]! >> 10 << 6 | otherSeed[p]! >> 10));
    zs['three names']!.push(chiSquareZ(4_096, PATHS, (p) => one[p]! >> 12 << 8 | other[p]! >> 12 << 4 | third[p]! >> 12));
    zs['next path']!.push(chiSquareZ(4_096, PATHS - 1, (p) => one[p]! >> 10 << 6 | one[p + 1]! >> 10));
    zs['the 4,096th']!.push(chiSquareZ(4_096, PATHS - 4_096, (p) => one[p]! >> 10 << 6 | one[p + 4_096]! >> 10));
    zs['two next']!.push(chiSquareZ(4_096, PATHS - 2, (p) => one[p]! >> 12 << 8 | one[p + 1]! >> 12 << 4 | one[p + 2]! >> 12));
  }
  for (const [what, values] of Object.entries(zs)) areByChance(t, values, what);
  t.end();
});

t.test('over all paths each value comes equally often', (t) => {
  const keys = roundKeys(7, 'factor', 'goals'), counts = new Int32Array(2 ** 16), block = 2 ** 16;
  for (let from = 0; from < MAX_PATHS; from += block) for (const draw of drawsOf(keys, upTo(block, from))) counts[draw]!++;
  t.ok(counts.every((n) => n === 256));
  t.end();
});

/** The network in 32-bit floats: floor, sums, and products with powers of two and of numbers below 2^12. */
const inFloats = (keys: Int32Array, path: number): number => {
  const f = Math.fround;
  const below = (value: number, one: number): number => f(value - f(f(Math.floor(f(value / one))) * one));
  let left = f(Math.floor(f(path / 4_096))), right = below(path, 4_096);
  for (const key of keys) {
    const x = below(f(right + key), 4_096), next = below(f(left + f(Math.floor(f(f(x * x) / 16)))), 4_096);
    left = right;
    right = next;
  }
  return f(Math.floor(f(f(f(right * 4_096) + left) / 256)));
};

t.test('32-bit floats compute the same', (t) => {
  fc.assert(fc.property(fc.nat(2 ** 32 - 1), fc.string(), fc.nat(MAX_PATHS - 1), (seed, id, path) => {
    const keys = roundKeys(seed, 'unit', id);
    return drawsOf(keys, Int32Array.of(path))[0] === inFloats(keys, path);
  }), { numRuns: 1_000 });
  t.end();
});

t.test('what it is for, the name and the seed each give other keys', (t) => {
  const kinds = ['factor', 'unit', 'asset'] as const;
  const seen = new Set(Array.from({ length: 3_000 }, (_, i) => roundKeys(i % 10, kinds[i % 3]!, `e${Math.trunc(i / 30)}`).join()));
  t.equal(seen.size, 3_000);
  t.end();
});
