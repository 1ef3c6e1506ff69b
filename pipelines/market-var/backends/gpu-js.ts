/**
 * Plans by gpu.js, a thread a path. In mode `webasm` threads are vector lanes of the CPU, in mode `webgpu` those of a GPU. All arithmetic is that of 32-bit floats,
 * which hold every whole number of a plan exactly; in place of divisions stand products with powers of two, since a GPU may round quotients.
 */
import { GPU, type IKernelRunShortcut } from 'gpu.js';
import { HALF_BITS, ROUNDS, roundKeys, SQUARE_DROPPED_BITS, type Drawn } from '../../../domain/var/draws.ts';
import { DRAW_BITS, normalTable } from '../../../domain/var/latent.ts';
import { checkOptions, weightsOf } from '../../../domain/var/simulate.ts';
import { ASSET_GAIN_ONE, ASSET_LATENT_STEP, LOST, VarError, type Backend, type Plan, type SimulationOptions } from '../../../domain/var/types.ts';
import { openWebGpu } from './web-gpu.ts';

/** Paths of one call at most. */
const CHUNK_PATHS = 2 ** 17;
/** A kernel is compiled for the sizes of its arguments: paths come in whole ones of this, a plan's numbers fill a power of two. */
const PATHS_STEP = 2 ** 12;
const LEAST_NUMBERS = 2 ** 10;
/** A lost leg's step: above all sums of steps that pay. */
const LOST_STEP = 2 ** 20;

const HALF = 2 ** HALF_BITS;
const modulo = (value: string): string => `(${value}) - Math.floor((${value}) * ${1 / HALF}) * ${HALF}`;

/** From `high` and `low`, halves of a path's number, and a thing's keys at `numbers[keys]`, its draw. Written out: gpu.js computes functions lane by lane. */
const drawn = `
  let left = high; let right = low; let x = 0; let sum = 0;
  ${Array.from({ length: ROUNDS }, (_, round) => {
    const [from, to] = round % 2 === 0 ? ['right', 'left'] : ['left', 'right'];
    return `sum = ${from} + numbers[keys + ${round}]; x = ${modulo('sum')}; sum = ${to} + Math.floor(x * x * ${2 ** -SQUARE_DROPPED_BITS}); ${to} = ${modulo('sum')};`;
  }).join('\n  ')}
  const draw = Math.floor((right * ${HALF} + left) * ${2 ** (DRAW_BITS - 2 * HALF_BITS)});`;

const halves = `
  const path = firstPath + this.thread.x;
  const high = Math.floor(path * ${1 / HALF}); const low = path - high * ${HALF};`;

/** Values of the factors, a row each. */
const factorsKernel = `function (numbers, table, firstPath) {${halves}
  const keys = this.thread.y * ${ROUNDS};${drawn}
  return table[draw];
}`;

/** The latent of the thing at `thing`: its keys, own weight, loadings, then what it is compared with or worth. */
const latent = `
  const keys = thing;${drawn}
  let latent = numbers[thing + ${ROUNDS}] * table[draw];
  for (let f = 0; f < factorCount; f++) { latent += numbers[thing + ${ROUNDS + 1} + f] * factors[f][this.thread.x]; }
  const rest = thing + ${ROUNDS + 1} + factorCount;`;

/** Numbers begin with `factorCount, bets, assets, firstBet, firstAsset`. A bet is `legs, firstLeg, firstPayoff, lost`, a leg `thing, firstStep`, an asset `thing`. */
const pnlKernel = `function (numbers, table, factors, firstPath) {${halves}
  const factorCount = numbers[0]; const bets = numbers[1]; const assets = numbers[2];
  let total = 0;
  for (let b = 0; b < bets; b++) {
    const bet = numbers[3] + b * 4; const legs = numbers[bet]; const lost = numbers[bet + 3];
    let at = 0;
    for (let l = 0; l < legs; l++) {
      const leg = numbers[bet + 1] + l * 2; const thing = numbers[leg];${latent}
      const thresholds = numbers[rest];
      let state = 0;
      for (let s = 1; s <= thresholds; s++) { if (latent >= numbers[rest + s]) { state += 1; } }
      at += numbers[numbers[leg + 1] + state];
    }
    total += numbers[numbers[bet + 2] + Math.min(at, lost)];
  }
  for (let a = 0; a < assets; a++) {
    const thing = numbers[numbers[4] + a];${latent}
    total += Math.floor(Math.floor(latent * ${1 / ASSET_LATENT_STEP}) * numbers[rest] * ${1 / ASSET_GAIN_ONE});
  }
  return total;
}`;

/** A plan as the kernel reads it. Single bets on a unit are a bet of one leg whose steps are the unit's states. */
const numbersOf = (plan: Plan, options: SimulationOptions): Float32Array => {
  const numbers: number[] = [0, 0, 0, 0, 0], factorCount = plan.factorIds.length;
  const written = (values: Iterable<number>): number => {
    const at = numbers.length;
    for (const value of values) numbers.push(value);
    return at;
  };
  const things = (drawnFor: Drawn, ids: readonly string[], loadings: Int32Array, own: Int32Array, rest: (i: number) => Iterable<number>): number[] => {
    const weights = weightsOf(loadings, own, options);
    return ids.map((id, i) => written([...roundKeys(options.seed, drawnFor, id), weights.own[i]!, ...weights.loadings.subarray(i * factorCount, (i + 1) * factorCount), ...rest(i)]));
  };
  const units = things('unit', plan.unitIds, plan.loadings, plan.own, (u) => {
    const thresholds = plan.thresholds.subarray(plan.firstState[u], plan.firstState[u + 1]! - 1);
    return [thresholds.length, ...thresholds];
  });
  const bets: number[][] = [];
  for (const [u, unit] of units.entries()) {
    const pnl = plan.pnl.subarray(plan.firstState[u], plan.firstState[u + 1]);
    if (pnl.some((amount) => amount !== 0)) bets.push([1, written([unit, written(pnl.keys())]), written(pnl), pnl.length - 1]);
  }
  for (const [m, lostPnl] of plan.lostPnl.entries()) {
    const legs: number[] = [];
    for (let leg = plan.firstLeg[m]!; leg < plan.firstLeg[m + 1]!; leg++) {
      const u = plan.legUnit[leg]!, first = plan.firstStep[leg]!, steps = plan.steps.subarray(first, first + plan.firstState[u + 1]! - plan.firstState[u]!);
      legs.push(units[u]!, written(steps.map((step) => (step === LOST ? LOST_STEP : step))));
    }
    const payoffs = plan.payoffs.subarray(plan.firstPayoff[m], plan.firstPayoff[m + 1]);
    bets.push([legs.length / 2, written(legs), written([...payoffs, lostPnl]), payoffs.length]);
  }
  const assets = things('asset', plan.assetIds, plan.assetLoadings, plan.assetOwn, (a) => [plan.assetGain[a]!]);
  numbers.splice(0, 5, factorCount, bets.length, assets.length, written(bets.flat()), written(assets));
  return padded(numbers);
};

const padded = (numbers: readonly number[]): Float32Array => {
  const filled = new Float32Array(Math.max(LEAST_NUMBERS, 2 ** Math.ceil(Math.log2(numbers.length))));
  filled.set(numbers);
  return filled;
};

type Mode = 'webasm' | 'webgpu';

class Kernels {
  readonly #gpu: GPU;
  readonly #table = Float32Array.from(normalTable());
  readonly #factors: IKernelRunShortcut;
  readonly #pnl: IKernelRunShortcut;
  #last: Promise<unknown> = Promise.resolve();

  constructor(mode: Mode) {
    this.#gpu = new GPU({ mode });
    const settings = { dynamicArguments: true, dynamicOutput: true, precision: 'single' as const };
    // Without `pipeline` the factors' values would come here from the device and go back again.
    this.#factors = this.#gpu.createKernel(factorsKernel, { ...settings, pipeline: mode === 'webgpu' });
    this.#pnl = this.#gpu.createKernel(pnlKernel, settings);
  }

  /** One run after the other: the kernels' sizes and what they leave on the device are of one run. */
  simulate(plan: Plan, options: SimulationOptions): Promise<Int32Array> {
    const run = this.#last.then(() => this.#run(plan, options));
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #run(plan: Plan, options: SimulationOptions): Promise<Int32Array> {
    checkOptions(options);
    const numbers = numbersOf(plan, options), keys = padded(plan.factorIds.flatMap((id) => [...roundKeys(options.seed, 'factor', id)]));
    const pnl = new Int32Array(options.paths);
    for (let path = 0; path < options.paths; path += CHUNK_PATHS) {
      const paths = Math.min(CHUNK_PATHS, options.paths - path), threads = Math.ceil(paths / PATHS_STEP) * PATHS_STEP;
      // A plan without factors reads none of the row that it is given.
      const factors = await (this.#factors.setOutput([threads, Math.max(1, plan.factorIds.length)])(keys, this.#table, path) as unknown as Promise<never>);
      const found = await (this.#pnl.setOutput([threads])(numbers, this.#table, factors, path) as unknown as Promise<Float32Array>);
      pnl.set(found.subarray(0, paths), path);
    }
    return pnl;
  }

  destroy(): Promise<void> { return this.#gpu.destroy(); }
}

/** gpu.js on vectors of WebAssembly. */
export const gpuJsWebasm = (): Promise<Backend> => Promise.resolve().then(() => {
  const kernels = new Kernels('webasm');
  return { name: 'gpu.js webasm', adapter: null, isSoftware: true, simulate: (plan, options) => kernels.simulate(plan, options), close: () => kernels.destroy() };
});

/** gpu.js on what answers to WebGPU. Rejects with a VarError `backend_failed` that says why none does. */
export const gpuJsWebGpu = async (): Promise<Backend> => {
  const { adapter, isSoftware, close } = await openWebGpu();
  let kernels: Kernels | undefined = new Kernels('webgpu');
  return {
    name: 'gpu.js webgpu', adapter, isSoftware,
    simulate: async (plan, options) => {
      if (kernels === undefined) throw new VarError('backend_failed', 'the GPU has been let go');
      try { return await kernels.simulate(plan, options); } catch (cause) {
        if (cause instanceof VarError) throw cause;
        throw new VarError('backend_failed', `the GPU has failed: ${String(cause)}`, { cause });
      }
    },
    close: async () => {
      await kernels?.destroy();
      kernels = undefined;
      await close();
    },
  };
};
