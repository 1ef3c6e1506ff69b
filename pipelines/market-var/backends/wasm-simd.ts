/**
 * Plans on the CPU, eight paths at a time: WebAssembly with 128-bit vectors. Block by block and unit by unit as the reference does it; the draws' rounds are in
 * 16-bit lanes, the rest in 32-bit ones.
 */
import { HALF_BITS, ROUNDS, roundKeys, SQUARE_DROPPED_BITS, type Drawn } from '../../../domain/var/draws.ts';
import { normalTable } from '../../../domain/var/latent.ts';
import { checkOptions, weightsOf } from '../../../domain/var/simulate.ts';
import { ASSET_GAIN_ONE, ASSET_LATENT_STEP, LOST, type Backend, type Plan, type SimulationOptions } from '../../../domain/var/types.ts';
import { wasmModule, type WasmFunction } from './wasm-assembler.ts';

/** What is used of it: Node's types name it nowhere. */
declare const WebAssembly: {
    readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };
  readonly instantiate: (bytes: Uint8Array<ArrayBuffer>, imports: object) => Promise<{ readonly instance: { readonly exports: unknown } }>;
};

/** Paths of a block. A power of two below 2^12, so that all of a block have one upper half. */
const BLOCK_PATHS = 2_048;
const COLUMN_BYTES = 4 * BLOCK_PATHS;
const PAGE_BYTES = 65_536;
/** Added to a multiple's sum of steps by a lost leg: above all sums, and a thousand of them are no overflow. */
const LOST_STEP = 2 ** 20;

/** The table lies at the beginning of the memory, so that a draw, times four, is the address of its normal. */
const TABLE_BYTES = 4 * 2 ** 16;

const rounds = Array.from({ length: ROUNDS }, (_, round) => {
  const [from, to] = round % 2 === 0 ? ['right', 'left'] : ['left', 'right'];
  return `
    local.get $${from}; local.get $key${round}; i16x8.add; local.get $mask; v128.and; local.tee $x; local.get $x; i16x8.mul; i32.const ${SQUARE_DROPPED_BITS}; i16x8.shr_u
    local.get $${to}; i16x8.add; local.get $mask; v128.and; local.set $${to}`;
}).join('');

/** The eight draws that lie in the second half of their place become its normals. */
const eightNormals = Array.from({ length: 8 }, (_, lane) => `
    local.get $into; local.get $into; i32.load16_u ${16 + 2 * lane}; i32.const 2; i32.shl; i32.load; i32.store ${4 * lane}`).join('');

const advanced = (column: string): string => `local.get $${column}; i32.const 16; i32.add; local.set $${column}`;
/** To the loop's start again, until the column `into` has come to its end. */
const repeated = 'local.get $into; local.get $end; i32.lt_u; br_if 0; end';
const ended = `local.get $into; i32.const ${COLUMN_BYTES}; i32.add; local.set $end`;

const keyNames = Array.from({ length: ROUNDS }, (_, round) => `key${round}`);

const functions: readonly WasmFunction[] = [
  {
    // into[i] = the normal of path (high, low + i)
    name: 'normals', params: { keys: 'i32', high: 'i32', low: 'i32', into: 'i32' },
    locals: { end: 'i32', paths: 'v128', left: 'v128', right: 'v128', x: 'v128', mask: 'v128', ...Object.fromEntries(keyNames.map((name) => [name, 'v128'])) },
    body: `
    ${ended}
    ${keyNames.map((name, round) => `local.get $keys; v128.load16_splat ${4 * round}; local.set $${name}`).join('\n    ')}
    i32.const ${2 ** HALF_BITS - 1}; i16x8.splat; local.set $mask
    local.get $low; i16x8.splat; v128.const 0 1 2 3 4 5 6 7; i16x8.add; local.set $paths
    loop
    local.get $high; i16x8.splat; local.set $left
    local.get $paths; local.set $right
    ${rounds}
    local.get $right; i32.const 4; i16x8.shl; local.get $left; i32.const 8; i16x8.shr_u; v128.or; local.set $x; local.get $into; local.get $x; v128.store 16
    ${eightNormals}
    local.get $paths; i32.const 8; i16x8.splat; i16x8.add; local.set $paths
    local.get $into; i32.const 32; i32.add; local.tee $into; local.get $end; i32.lt_u; br_if 0; end`,
  },
  {
    // into[i] = weight × into[i] + loading × factor[i]
    name: 'combine', params: { weight: 'i32', factor: 'i32', loading: 'i32', into: 'i32' }, locals: { end: 'i32', weights: 'v128', loadings: 'v128' },
    body: `
    ${ended}
    local.get $weight; i32x4.splat; local.set $weights; local.get $loading; i32x4.splat; local.set $loadings
    loop
    local.get $into; local.get $into; v128.load; local.get $weights; i32x4.mul; local.get $factor; v128.load; local.get $loadings; i32x4.mul; i32x4.add; v128.store
    ${advanced('factor')}; ${advanced('into')}; ${repeated}`,
  },
  {
    // into[i] += the sum of those increments whose bound is below latent[i]; bounds and increments are pairs from \`steps\` to \`last\`
    name: 'step', params: { latents: 'i32', steps: 'i32', last: 'i32', into: 'i32' }, locals: { end: 'i32', at: 'i32', latent: 'v128', sum: 'v128' },
    body: `
    ${ended}
    loop
    local.get $latents; v128.load; local.set $latent; local.get $into; v128.load; local.set $sum
    local.get $steps; local.set $at
    loop
    local.get $latent; local.get $at; v128.load32_splat; i32x4.gt_s; local.get $at; v128.load32_splat 4; v128.and; local.get $sum; i32x4.add; local.set $sum
    local.get $at; i32.const 8; i32.add; local.tee $at; local.get $last; i32.lt_u; br_if 0; end
    local.get $into; local.get $sum; v128.store
    ${advanced('latents')}; ${advanced('into')}; ${repeated}`,
  },
  {
    // into[i] += payoffs[min(sum[i], lost)]
    name: 'pay', params: { sums: 'i32', payoffs: 'i32', lost: 'i32', into: 'i32' }, locals: { end: 'i32', sum: 'v128', values: 'v128', most: 'v128' },
    body: `
    ${ended}
    local.get $lost; i32x4.splat; local.set $most
    loop
    local.get $sums; v128.load; local.get $most; i32x4.min_u; local.set $sum
    ${[0, 1, 2, 3].map((i) => `local.get $sum; i32x4.extract_lane ${i}; i32.const 2; i32.shl; local.get $payoffs; i32.add; ${i === 0 ? 'v128.load32_zero' : `local.get $values; v128.load32_lane 0 ${i}`}; local.set $values`).join('\n    ')}
    local.get $into; local.get $into; v128.load; local.get $values; i32x4.add; v128.store
    ${advanced('sums')}; ${advanced('into')}; ${repeated}`,
  },
  {
    // into[i] += floor(floor(latent[i] / ASSET_LATENT_STEP) × gain / ASSET_GAIN_ONE)
    name: 'asset', params: { latents: 'i32', gain: 'i32', into: 'i32' }, locals: { end: 'i32', gains: 'v128' },
    body: `
    ${ended}
    local.get $gain; i32x4.splat; local.set $gains
    loop
    local.get $into; local.get $latents; v128.load; i32.const ${Math.log2(ASSET_LATENT_STEP)}; i32x4.shr_s; local.get $gains; i32x4.mul; i32.const ${Math.log2(ASSET_GAIN_ONE)}; i32x4.shr_s
    local.get $into; v128.load; i32x4.add; v128.store
    ${advanced('latents')}; ${advanced('into')}; ${repeated}`,
  },
];

interface Kernels {
  normals(keys: number, high: number, low: number, into: number): void;
  combine(weight: number, factor: number, loading: number, into: number): void;
  step(latents: number, steps: number, last: number, into: number): void;
  pay(sums: number, payoffs: number, lost: number, into: number): void;
  asset(latents: number, gain: number, into: number): void;
}

/** Increments of a column by thresholds: what a unit's states add to P&L, or to a multiple's steps. */
interface Steps { readonly at: number; readonly last: number; readonly into: number }

/** The memory, given out anew for each plan. */
class Vectors {
  readonly kernels: Kernels;
  readonly #memory: InstanceType<typeof WebAssembly.Memory>;
  words: Int32Array;
  #bytes = TABLE_BYTES;

  constructor(kernels: Kernels, memory: InstanceType<typeof WebAssembly.Memory>) {
    this.kernels = kernels;
    this.#memory = memory;
    this.words = new Int32Array(memory.buffer);
    this.words.set(normalTable());
  }

  reset(): void { this.#bytes = TABLE_BYTES; }

  take(bytes: number): number {
    const at = this.#bytes;
    this.#bytes += (bytes + 15) & ~15;
    const wanting = this.#bytes - this.words.byteLength;
    if (wanting > 0) {
      this.#memory.grow(Math.ceil(wanting / PAGE_BYTES));
      this.words = new Int32Array(this.#memory.buffer);
    }
    return at;
  }

  column(): number { return this.take(COLUMN_BYTES); }

  write(values: ArrayLike<number>): number {
    const at = this.take(4 * values.length);
    this.words.set(values, at / 4);
    return at;
  }

  fill(column: number, value: number): void { this.words.fill(value, column / 4, (column + COLUMN_BYTES) / 4); }
}

/** Bounds, and by how much the value of the state above each is more than that of the one below, where it is. */
const pairsOf = (thresholds: Int32Array, values: ArrayLike<number>): number[] => Array.from(thresholds.subarray(0, -1), (threshold, s) => [threshold - 1, values[s + 1]! - values[s]!])
  .filter(([, increment]) => increment !== 0).flat();

const run = (vectors: Vectors, plan: Plan, options: SimulationOptions): Int32Array => {
  checkOptions(options);
  vectors.reset();
  const { kernels } = vectors, factorCount = plan.factorIds.length;
  const latents = vectors.column(), pnl = vectors.column(), factors = plan.factorIds.map(() => vectors.column()), sums = Array.from(plan.lostPnl, () => vectors.column());
  const steps: Steps[][] = plan.unitIds.map(() => []), sumBases = new Int32Array(sums.length);
  let base = 0;
  const add = (u: number, values: ArrayLike<number>, into: number): void => {
    const pairs = pairsOf(plan.thresholds.subarray(plan.firstState[u], plan.firstState[u + 1]), values);
    if (pairs.length === 0) return;
    const at = vectors.write(pairs);
    steps[u]!.push({ at, last: at + 4 * pairs.length, into });
  };
  for (let u = 0; u < plan.unitIds.length; u++) {
    const values = plan.pnl.subarray(plan.firstState[u], plan.firstState[u + 1]);
    base += values[0]!;
    add(u, values, pnl);
  }
  const payoffs = sums.map((into, m) => {
    for (let leg = plan.firstLeg[m]!; leg < plan.firstLeg[m + 1]!; leg++) {
      const u = plan.legUnit[leg]!, first = plan.firstStep[leg]!;
      const values = plan.steps.subarray(first, first + plan.firstState[u + 1]! - plan.firstState[u]!).map((step) => (step === LOST ? LOST_STEP : step));
      sumBases[m]! += values[0]!;
      add(u, values, into);
    }
    const values = plan.payoffs.subarray(plan.firstPayoff[m], plan.firstPayoff[m + 1]);
    return { at: vectors.write([...values, plan.lostPnl[m]!]), lost: values.length };
  });
  const keysOf = (drawn: Drawn, ids: readonly string[]): number[] => ids.map((id) => vectors.write(roundKeys(options.seed, drawn, id)));
  const factorKeys = keysOf('factor', plan.factorIds), unitKeys = keysOf('unit', plan.unitIds), assetKeys = keysOf('asset', plan.assetIds);
  const weights = weightsOf(plan.loadings, plan.own, options), ofAssets = weightsOf(plan.assetLoadings, plan.assetOwn, options);

  const all = new Int32Array(options.paths);
  for (let path = 0; path < options.paths; path += BLOCK_PATHS) {
    const high = path >> HALF_BITS, low = path & 2 ** HALF_BITS - 1;
    const latent = (keys: number, own: number, loadings: Int32Array, i: number): void => {
      let isWeighted = false;
      kernels.normals(keys, high, low, latents);
      for (let f = 0; f < factorCount; f++) {
        const loading = loadings[i * factorCount + f]!;
        if (loading === 0) continue;
        kernels.combine(isWeighted ? 1 : own, factors[f]!, loading, latents);
        isWeighted = true;
      }
      if (!isWeighted) kernels.combine(own, latents, 0, latents);
    };
    vectors.fill(pnl, base);
    for (let m = 0; m < sums.length; m++) vectors.fill(sums[m]!, sumBases[m]!);
    for (let f = 0; f < factorCount; f++) kernels.normals(factorKeys[f]!, high, low, factors[f]!);
    for (let u = 0; u < unitKeys.length; u++) {
      if (steps[u]!.length === 0) continue;
      latent(unitKeys[u]!, weights.own[u]!, weights.loadings, u);
      for (const { at, last, into } of steps[u]!) kernels.step(latents, at, last, into);
    }
    for (let m = 0; m < sums.length; m++) kernels.pay(sums[m]!, payoffs[m]!.at, payoffs[m]!.lost, pnl);
    for (let a = 0; a < assetKeys.length; a++) {
      latent(assetKeys[a]!, ofAssets.own[a]!, ofAssets.loadings, a);
      kernels.asset(latents, plan.assetGain[a]!, pnl);
    }
    all.set(vectors.words.subarray(pnl / 4, pnl / 4 + Math.min(BLOCK_PATHS, options.paths - path)), path);
  }
  return all;
};

/** Rejects where the machine has no vectors of WebAssembly. */
export const wasmSimd = async (): Promise<Backend> => {
  const memory = new WebAssembly.Memory({ initial: TABLE_BYTES / PAGE_BYTES });
  const { instance } = await WebAssembly.instantiate(wasmModule(functions), { env: { memory } });
  const vectors = new Vectors(instance.exports as Kernels, memory);
  return { name: 'wasm-simd', adapter: null, isSoftware: true, simulate: (plan, options) => Promise.resolve().then(() => run(vectors, plan, options)), close: () => Promise.resolve() };
};
