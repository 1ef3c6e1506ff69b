/**
 * Plans run on the CPU, in plain integers: the backend that all others must equal path for path. Paths go in blocks, and within a block unit by unit, so that
 * what a loop reads and writes stays in the nearest cache.
 */
import { fillDraws, MAX_PATHS, roundKeys, type Drawn } from './draws.ts';
import { normalTable } from './latent.ts';
import { ASSET_GAIN_ONE, ASSET_LATENT_STEP, LOADING_ONE, NO_THRESHOLD, VarError, type Backend, type Plan, type SimulationOptions } from './types.ts';

/** Paths of a block: five columns of it are 40 KiB. */
const BLOCK_PATHS = 2_048;
/** A unit of so many states is compared with one threshold after the other; of more, its state is looked up. */
const FEW_STATES = 8;
/** Latents of one step of that table. */
const LOOKUP_BITS = 15;

/** Throws `bad_seed` or `too_many_paths`. */
export const checkOptions = ({ seed, paths }: Pick<SimulationOptions, 'seed' | 'paths'>): void => {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) throw new VarError('bad_seed', `a seed is a whole number from 0 to 2^32 − 1, not ${seed}`);
  if (!Number.isInteger(paths) || paths < 1 || paths > MAX_PATHS) throw new VarError('too_many_paths', `a simulation has 1 to ${MAX_PATHS} paths, not ${paths}`);
};

/**
 * The weights of a plan's units (or assets) under these options. Without correlation each has its own draw alone, with LOADING_ONE, and thresholds remain those of the
 * unit's rounded weights, whose squares do not sum to LOADING_ONE² to the last. So its latent's deviation is off by up to Σ|weights| / (2 · LOADING_ONE²), and a
 * probability by a quarter of that: at most 1.5 · 10⁻³ where the weights sum to 200.
 */
export const weightsOf = (loadings: Int32Array, own: Int32Array, { isCorrelated }: SimulationOptions): { readonly loadings: Int32Array; readonly own: Int32Array } =>
  isCorrelated ? { loadings, own } : { loadings: new Int32Array(loadings.length), own: new Int32Array(own.length).fill(LOADING_ONE) };

/** What has a latent. */
interface Latent {
  readonly keys: Int32Array;
  readonly own: number;
  /** Loadings that are not 0. */
  readonly loadings: readonly { readonly factor: number; readonly loading: number }[];
}

const latentsOf = (drawn: Drawn, ids: readonly string[], loadings: Int32Array, own: Int32Array, options: SimulationOptions): Latent[] => {
  const weights = weightsOf(loadings, own, options), factors = ids.length === 0 ? 0 : loadings.length / ids.length;
  return ids.map((id, i) => ({
    keys: roundKeys(options.seed, drawn, id),
    own: weights.own[i]!,
    loadings: [...weights.loadings.subarray(i * factors, (i + 1) * factors)].map((loading, factor) => ({ factor, loading })).filter(({ loading }) => loading !== 0),
  }));
};

interface Unit extends Latent {
  /** Of all states. */
  readonly thresholds: Int32Array;
  readonly pnl: Int32Array;
  readonly hasPnl: boolean;
  /** Where there are more than a few states: the state of the lowest latent of each step. */
  readonly lookup: Uint16Array | undefined;
}

const lookupOf = (thresholds: Int32Array): Uint16Array => {
  const lookup = new Uint16Array(2 * NO_THRESHOLD >> LOOKUP_BITS);
  for (let step = 0, state = 0; step < lookup.length; step++) {
    while ((step << LOOKUP_BITS) - NO_THRESHOLD >= thresholds[state]!) state++;
    lookup[step] = state;
  }
  return lookup;
};

interface Multiple {
  readonly legs: readonly { readonly unit: number; readonly steps: Int32Array }[];
  /** What it pays: lost, then by the sum of its steps. */
  readonly payoffs: Int32Array;
}

const unitsOf = (plan: Plan, options: SimulationOptions): Unit[] => latentsOf('unit', plan.unitIds, plan.loadings, plan.own, options).map((latent, u) => {
  const from = plan.firstState[u]!, to = plan.firstState[u + 1]!, thresholds = plan.thresholds.subarray(from, to), pnl = plan.pnl.subarray(from, to);
  return { ...latent, thresholds, pnl, hasPnl: pnl.some((amount) => amount !== 0), lookup: to - from > FEW_STATES ? lookupOf(thresholds) : undefined };
});

const multiplesOf = (plan: Plan): Multiple[] => Array.from(plan.lostPnl, (lost, m) => ({
  legs: Array.from({ length: plan.firstLeg[m + 1]! - plan.firstLeg[m]! }, (_, i) => {
    const leg = plan.firstLeg[m]! + i, unit = plan.legUnit[leg]!, first = plan.firstStep[leg]!;
    return { unit, steps: plan.steps.subarray(first, first + plan.firstState[unit + 1]! - plan.firstState[unit]!) };
  }),
  payoffs: Int32Array.of(lost, ...plan.payoffs.subarray(plan.firstPayoff[m], plan.firstPayoff[m + 1] ?? plan.payoffs.length)),
}));

/** A plan made ready, and the columns of a block: what is computed lies there until the next block. */
export class Simulation {
  readonly units: readonly Unit[];
  readonly multiples: readonly Multiple[];
  readonly #plan: Plan;
  readonly #factors: readonly { readonly keys: Int32Array; readonly values: Int32Array }[];
  readonly #assets: readonly Latent[];
  readonly #table = normalTable();
  readonly #draws = new Int32Array(BLOCK_PATHS);
  readonly #latents = new Int32Array(BLOCK_PATHS);
  readonly #sums = new Int32Array(BLOCK_PATHS);
  #paths: Int32Array = new Int32Array(0);

  constructor(plan: Plan, options: SimulationOptions) {
    checkOptions(options);
    this.#plan = plan;
    this.units = unitsOf(plan, options);
    this.multiples = multiplesOf(plan);
    this.#assets = latentsOf('asset', plan.assetIds, plan.assetLoadings, plan.assetOwn, options);
    const isUsed = (factor: number): boolean => [...this.units, ...this.#assets].some(({ loadings }) => loadings.some((loaded) => loaded.factor === factor));
    this.#factors = plan.factorIds.map((id, factor) => ({ keys: roundKeys(options.seed, 'factor', id), values: new Int32Array(isUsed(factor) ? BLOCK_PATHS : 0) }));
  }

  /** Goes through the paths of those numbers by blocks. `visit` takes from each block what its units, multiples and assets make of it. */
  run(paths: Int32Array, visit: (from: number, size: number) => void): void {
    for (let from = 0; from < paths.length; from += BLOCK_PATHS) {
      this.#paths = paths.subarray(from, from + BLOCK_PATHS);
      for (const { keys, values } of this.#factors) if (values.length > 0) this.#values(keys, 1, values);
      visit(from, this.#paths.length);
    }
  }

  /** Weight × value of a fresh normal, of each path of the block. */
  #values(keys: Int32Array, weight: number, into: Int32Array): void {
    const draws = this.#draws, table = this.#table, size = this.#paths.length;
    fillDraws(keys, this.#paths, draws);
    for (let i = 0; i < size; i++) into[i] = Math.imul(weight, table[draws[i]!]!);
  }

  #latent({ keys, own, loadings }: Latent): void {
    const latents = this.#latents, size = this.#paths.length;
    this.#values(keys, own, latents);
    for (const { factor, loading } of loadings) {
      const { values } = this.#factors[factor]!;
      for (let i = 0; i < size; i++) latents[i]! += Math.imul(loading, values[i]!);
    }
  }

  /** Adds the unit's P&L to `pnl`, and writes its states, where these are given. */
  unit(unit: Unit, pnl: Int32Array | undefined, states: Uint16Array | undefined): void {
    const latents = this.#latents, size = this.#paths.length, { thresholds, lookup, pnl: amounts } = unit;
    this.#latent(unit);
    if (lookup === undefined) {
      if (pnl !== undefined) {
        const amount = amounts[0]!;
        for (let i = 0; i < size; i++) pnl[i]! += amount;
      }
      states?.fill(0, 0, size);
      for (let s = 1; s < thresholds.length; s++) {
        const below = thresholds[s - 1]! - 1;
        if (pnl !== undefined) {
          const more = amounts[s]! - amounts[s - 1]!;
          for (let i = 0; i < size; i++) pnl[i]! += more & (below - latents[i]!) >> 31;
        }
        if (states !== undefined) for (let i = 0; i < size; i++) states[i]! -= (below - latents[i]!) >> 31;
      }
    } else {
      for (let i = 0; i < size; i++) {
        const latent = latents[i]!;
        let state = lookup[(latent + NO_THRESHOLD) >> LOOKUP_BITS]!;
        while (latent >= thresholds[state]!) state++;
        if (pnl !== undefined) pnl[i]! += amounts[state]!;
        if (states !== undefined) states[i] = state;
      }
    }
  }

  /** Adds the P&L of a multiple, given the states of its legs' units in this block. */
  multiple({ legs, payoffs }: Multiple, states: readonly (Uint16Array | undefined)[], pnl: Int32Array): void {
    const sums = this.#sums, size = this.#paths.length;
    sums.fill(0, 0, size);
    for (const { unit, steps } of legs) {
      const column = states[unit]!;
      for (let i = 0; i < size; i++) {
        const sum = sums[i]!, step = steps[column[i]!]!;
        sums[i] = (sum + step) | (sum | step) >> 31; //  LOST is −1, and stays it
      }
    }
    for (let i = 0; i < size; i++) pnl[i]! += payoffs[sums[i]! + 1]!;
  }

  /** Adds the P&L of an asset. */
  asset(asset: number, pnl: Int32Array): void {
    const latents = this.#latents, size = this.#paths.length, gain = this.#plan.assetGain[asset]!;
    const stepBits = Math.log2(ASSET_LATENT_STEP), oneBits = Math.log2(ASSET_GAIN_ONE);
    this.#latent(this.#assets[asset]!);
    for (let i = 0; i < size; i++) pnl[i]! += Math.imul(latents[i]! >> stepBits, gain) >> oneBits;
  }

  /** A column of states for each unit that multiples stand on. */
  stateColumns(): readonly (Uint16Array | undefined)[] {
    const standing = new Set(this.multiples.flatMap(({ legs }) => legs.map(({ unit }) => unit)));
    return this.units.map((_, u) => standing.has(u) ? new Uint16Array(BLOCK_PATHS) : undefined);
  }
}

const numbered = (paths: number): Int32Array => Int32Array.from({ length: paths }, (_, path) => path);

/** P&L of each path in units of the plan's scale. Throws `bad_seed` or `too_many_paths`. */
export const simulate = (plan: Plan, options: SimulationOptions): Int32Array => {
  const simulation = new Simulation(plan, options), states = simulation.stateColumns(), pnl = new Int32Array(options.paths);
  simulation.run(numbered(options.paths), (from, size) => {
    const block = pnl.subarray(from, from + size);
    for (const [u, unit] of simulation.units.entries()) {
      if (unit.hasPnl || states[u] !== undefined) simulation.unit(unit, unit.hasPnl ? block : undefined, states[u]);
    }
    for (const multiple of simulation.multiples) simulation.multiple(multiple, states, block);
    for (let asset = 0; asset < plan.assetIds.length; asset++) simulation.asset(asset, block);
  });
  return pnl;
};

/** The state of each unit (columns) on the paths of those numbers (rows), drawn again. */
export const statesOf = (plan: Plan, options: SimulationOptions, paths: Int32Array): Uint16Array[] => {
  const simulation = new Simulation(plan, options), states = plan.unitIds.map(() => new Uint16Array(paths.length));
  simulation.run(paths, (from, size) => {
    for (const [u, unit] of simulation.units.entries()) simulation.unit(unit, undefined, states[u]!.subarray(from, from + size));
  });
  return states;
};

/** The P&L of each asset (columns) on the paths of those numbers (rows), drawn again; in units of the plan's scale. */
export const assetPnl = (plan: Plan, options: SimulationOptions, paths: Int32Array): Int32Array[] => {
  const simulation = new Simulation(plan, options), pnl = plan.assetIds.map(() => new Int32Array(paths.length));
  simulation.run(paths, (from, size) => {
    for (const [asset, column] of pnl.entries()) simulation.asset(asset, column.subarray(from, from + size));
  });
  return pnl;
};

export const reference: Backend = {
  name: 'reference',
  adapter: null,
  isSoftware: true,
  simulate: (plan, options) => Promise.resolve().then(() => simulate(plan, options)),
  close: () => Promise.resolve(),
};
