/** Which backend runs the plans: the fastest of those that answer and agree with the reference. */
import { reference } from '../../../domain/var/simulate.ts';
import { LATENT_ONE } from '../../../domain/var/latent.ts';
import { LOADING_ONE, LOST, NO_THRESHOLD, VarError, type Backend, type Plan, type SimulationOptions } from '../../../domain/var/types.ts';
import { gpuJsWebasm, gpuJsWebGpu } from './gpu-js.ts';
import { wasmSimd } from './wasm-simd.ts';

/** What became of a backend that was tried. */
export interface Tried {
  /** As the backend calls itself. */
  readonly name: string;
  readonly adapter: string | null;
  readonly isSoftware: boolean;
  /** What the middle plan took; null where it was refused. */
  readonly tookMs: number | null;
  /** Why it is not used: it does not answer, or its P&L is not the reference's. */
  readonly refused: string | null;
}

export interface Probed {
  /** Runs on the fastest, and on the next one from when that fails. Its name is that of what runs now. */
  readonly backend: Backend;
  readonly tried: readonly Tried[];
}

/** Opens a backend; rejects where it cannot be had here. */
export type Opener = readonly [name: string, open: () => Promise<Backend>];

export const openers: readonly Opener[] = [['wasm-simd', wasmSimd], ['gpu.js webgpu', gpuJsWebGpu], ['gpu.js webasm', gpuJsWebasm]];

const FACTORS = 3, LEGS = 3, TIMED_RUNS = 2;
/** The plan on which backends must agree has all that plans can have; that by which they are timed is a book of some hundred positions. */
const small = { units: 6, paths: 5_000 }, middle = { units: 50, paths: 32_768 };

/** Units of two and three states in turn on three factors, singles on all, a multiple on every three, and an asset. */
const planOf = (units: number): Plan => {
  const each = <T>(count: number, of: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i));
  const statesOf = (u: number): number => 2 + u % 2, multiples = Math.floor(units / LEGS), loading = LOADING_ONE / 4;
  const first = (lengths: readonly number[]): Int32Array => Int32Array.from([0, ...lengths]).map((_, i) => lengths.slice(0, i).reduce((sum, n) => sum + n, 0));
  const firstState = first(each(units, statesOf)), legs = each(multiples * LEGS, (leg) => statesOf(leg));
  const own = Math.round(Math.sqrt(LOADING_ONE ** 2 - FACTORS * loading ** 2));
  return {
    factorIds: each(FACTORS, (f) => `factor ${f}`), unitIds: each(units, (u) => `unit ${u}`), assetIds: ['asset'],
    loadings: new Int32Array(units * FACTORS).fill(loading), own: new Int32Array(units).fill(own), firstState,
    thresholds: Int32Array.from(each(units, (u) => [...each(statesOf(u) - 1, (s) => Math.round((s - 0.5 + u / units) * LATENT_ONE)), NO_THRESHOLD]).flat()),
    probabilities: new Float64Array(firstState.at(-1)!), pnl: Int32Array.from(each(firstState.at(-1)!, (s) => s * 7_919 % 2_001 - 1_000)),
    firstLeg: first(each(multiples, () => LEGS)), legUnit: Int32Array.from(legs.keys()), firstStep: first(legs).subarray(0, -1),
    steps: Int32Array.from(legs.flatMap((states, leg) => each(states, (s) => (s === leg % states ? LOST : s % 2 * 2 ** (leg % LEGS))))),
    firstPayoff: first(each(multiples, () => 2 ** LEGS)), payoffs: Int32Array.from(each(multiples * 2 ** LEGS, (i) => i * 31 % 9_001)), lostPnl: new Int32Array(multiples).fill(-500),
    assetLoadings: new Int32Array(FACTORS).fill(-loading), assetOwn: Int32Array.of(own), assetGain: Int32Array.of(250), scaleMinor: 1, errorBoundMinor: 0,
  };
};

const agreed = async (backend: Backend): Promise<string | null> => {
  const plan = planOf(small.units);
  for (const isCorrelated of [true, false]) {
    const options: SimulationOptions = { seed: 1, paths: small.paths, isCorrelated };
    const found = await backend.simulate(plan, options), expected = await reference.simulate(plan, options);
    const wrong = expected.findIndex((pnl, path) => pnl !== found[path]);
    if (wrong >= 0) return `on path ${wrong} its P&L is ${found[wrong]}, and the reference's ${expected[wrong]}`;
  }
  return null;
};

/** The fastest run of the middle plan, after one in which what it needs is compiled. */
const timedMs = async (backend: Backend): Promise<number> => {
  const plan = planOf(middle.units);
  let fastestMs = Infinity;
  for (let run = 0; run <= TIMED_RUNS; run++) {
    const startedMs = performance.now();
    await backend.simulate(plan, { seed: run, paths: middle.paths, isCorrelated: true });
    if (run > 0) fastestMs = Math.min(fastestMs, performance.now() - startedMs);
  }
  return fastestMs;
};

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const splitAfter = <T>(items: readonly T[], last: T): readonly [T[], T[]] => {
  const end = items.indexOf(last) + 1;
  return [items.slice(0, end), items.slice(end)];
};

/** Tries each backend once, and keeps the fastest that agrees with the reference, which is always there. */
export const probe = async ({ onWarning, candidates = openers }: { readonly onWarning: (message: string) => void; readonly candidates?: readonly Opener[] }): Promise<Probed> => {
  const tried: Tried[] = [{ name: reference.name, adapter: null, isSoftware: reference.isSoftware, tookMs: await timedMs(reference), refused: null }];
  const usable: { readonly backend: Backend; readonly tookMs: number }[] = [{ backend: reference, tookMs: tried[0]!.tookMs! }];
  for (const [name, open] of candidates) {
    let backend: Backend | undefined, refused: string | null = null, tookMs: number | null = null;
    try {
      backend = await open();
      refused = await agreed(backend);
      if (refused !== null) onWarning(`the backend ${name} computes something else and is not used: ${refused}`);
      else tookMs = await timedMs(backend);
    } catch (error) {
      refused = wordsOf(error);
    }
    tried.push({ name, adapter: backend?.adapter ?? null, isSoftware: backend?.isSoftware ?? false, tookMs, refused });
    if (backend !== undefined && tookMs !== null) usable.push({ backend, tookMs });
    else await backend?.close().catch((error: unknown) => { onWarning(`the backend ${name} does not close: ${wordsOf(error)}`); });
  }
  // The reference does not fail: what is slower would never be asked.
  const [chosen, slower] = splitAfter(usable.sort((a, b) => a.tookMs - b.tookMs).map(({ backend }) => backend), reference);
  for (const backend of slower) await backend.close();
  return { backend: new Pinned(chosen, onWarning), tried };
};

/** Backends in order: one that has failed is never asked again. */
class Pinned implements Backend {
  readonly #backends: Backend[];
  readonly #onWarning: (message: string) => void;

  constructor(backends: readonly Backend[], onWarning: (message: string) => void) {
    this.#backends = [...backends];
    this.#onWarning = onWarning;
  }

  get name(): string { return this.#backends[0]!.name; }
  get adapter(): string | null { return this.#backends[0]!.adapter; }
  get isSoftware(): boolean { return this.#backends[0]!.isSoftware; }

  readonly simulate = async (plan: Plan, options: SimulationOptions): Promise<Int32Array> => {
    for (;;) {
      const backend = this.#backends[0]!;
      try { return await backend.simulate(plan, options); } catch (error) {
        // What the plan or the options are to blame for is so on every backend.
        if (error instanceof VarError && error.code !== 'backend_failed') throw error;
        if (this.#backends[0] !== backend) continue; //  a run beside this one has met it first
        if (this.#backends.length === 1) throw error;
        this.#backends.shift();
        this.#onWarning(`the backend ${backend.name} has failed, ${this.name} goes on: ${wordsOf(error)}`);
        await backend.close().catch(() => undefined); //  it has failed, and closing it may fail for the same reason
      }
    }
  };

  readonly close = async (): Promise<void> => { for (const backend of this.#backends) await backend.close(); };
}
