/** Plans for tests, said by hand. */
import fc from 'fast-check';
import { fillDraws, roundKeys } from './draws.ts';
import { NORMAL_ONE, normalTable } from './latent.ts';
import { inverseNormal } from './normal.ts';
import { ASSET_GAIN_ONE, ASSET_LATENT_STEP, LOADING_ONE, LOST, NO_THRESHOLD, type Plan, type SimulationOptions } from './types.ts';

export interface TestUnit { readonly probabilities: readonly number[]; readonly pnl: readonly number[]; readonly loadings?: readonly number[] }
/** A leg's steps of its unit's states. */
export interface TestMultiple { readonly legs: readonly { readonly unit: number; readonly steps: readonly number[] }[]; readonly payoffs: readonly number[]; readonly lostPnl: number }
export interface TestAsset { readonly gain: number; readonly loadings?: readonly number[] }
export interface TestBook { readonly factors?: number; readonly units: readonly TestUnit[]; readonly multiples?: readonly TestMultiple[]; readonly assets?: readonly TestAsset[] }

const weightsOf = (factors: number, loadings: readonly number[] = []): { whole: number[]; own: number } => {
  const whole = Array.from({ length: factors }, (_, f) => Math.round((loadings[f] ?? 0) * LOADING_ONE));
  return { whole, own: Math.round(Math.sqrt(Math.max(0, LOADING_ONE ** 2 - whole.reduce((sum, l) => sum + l * l, 0)))) };
};

export const testPlan = ({ factors = 0, units, multiples = [], assets = [] }: TestBook): Plan => {
  const weights = units.map(({ loadings }) => weightsOf(factors, loadings)), ofAssets = assets.map(({ loadings }) => weightsOf(factors, loadings));
  const starts = (lengths: readonly number[]): Int32Array => Int32Array.from([0, ...lengths].map((_, i) => lengths.slice(0, i).reduce((sum, n) => sum + n, 0)));
  const legs = multiples.flatMap((multiple) => multiple.legs);
  return {
    factorIds: Array.from({ length: factors }, (_, f) => `factor ${f}`), unitIds: units.map((_, u) => `football:e${u}:1x2`), assetIds: assets.map((_, a) => `asset ${a}`),
    loadings: Int32Array.from(weights.flatMap(({ whole }) => whole)), own: Int32Array.from(weights.map(({ own }) => own)),
    firstState: starts(units.map(({ pnl }) => pnl.length)),
    thresholds: Int32Array.from(units.flatMap(({ probabilities }, u) => {
      const { whole, own } = weights[u]!, deviation = NORMAL_ONE * Math.sqrt(whole.reduce((sum, l) => sum + l * l, own * own));
      return probabilities.map((_, s) => s === probabilities.length - 1 ? NO_THRESHOLD
        : Math.round(Math.min(15, Math.max(-15, inverseNormal(Math.min(1, probabilities.slice(0, s + 1).reduce((sum, p) => sum + p, 0))))) * deviation));
    })),
    probabilities: Float64Array.from(units.flatMap(({ probabilities }) => probabilities)), pnl: Int32Array.from(units.flatMap(({ pnl }) => pnl)),
    firstLeg: starts(multiples.map((multiple) => multiple.legs.length)), legUnit: Int32Array.from(legs.map(({ unit }) => unit)),
    firstStep: starts(legs.map(({ steps }) => steps.length)).subarray(0, legs.length), steps: Int32Array.from(legs.flatMap(({ steps }) => steps)),
    firstPayoff: starts(multiples.map(({ payoffs }) => payoffs.length)).subarray(0, multiples.length), payoffs: Int32Array.from(multiples.flatMap(({ payoffs }) => payoffs)),
    lostPnl: Int32Array.from(multiples.map(({ lostPnl }) => lostPnl)),
    assetLoadings: Int32Array.from(ofAssets.flatMap(({ whole }) => whole)), assetOwn: Int32Array.from(ofAssets.map(({ own }) => own)), assetGain: Int32Array.from(assets.map(({ gain }) => gain)),
    scaleMinor: 1, errorBoundMinor: 0,
  };
};

/** The plan on one path, by the words of types.ts alone. */
export const onOnePath = (plan: Plan, { seed, isCorrelated }: SimulationOptions, path: number): { pnl: number; states: number[] } => {
  const valueOf = (drawn: 'factor' | 'unit' | 'asset', id: string): number => {
    const draw = new Int32Array(1);
    fillDraws(roundKeys(seed, drawn, id), Int32Array.of(path), draw);
    return normalTable()[draw[0]!]!;
  };
  const factors = plan.factorIds.map((id) => valueOf('factor', id));
  const latentOf = (drawn: 'unit' | 'asset', id: string, i: number, loadings: Int32Array, own: Int32Array): number =>
    isCorrelated ? factors.reduce((sum, value, f) => sum + loadings[i * factors.length + f]! * value, own[i]! * valueOf(drawn, id)) : LOADING_ONE * valueOf(drawn, id);
  let pnl = 0;
  const states = plan.unitIds.map((id, u) => {
    const latent = latentOf('unit', id, u, plan.loadings, plan.own), ofUnit = plan.thresholds.subarray(plan.firstState[u], plan.firstState[u + 1]);
    const state = ofUnit.findIndex((threshold) => latent < threshold);
    pnl += plan.pnl[plan.firstState[u]! + state]!;
    return state;
  });
  for (const [m, lostPnl] of plan.lostPnl.entries()) {
    const legs = Array.from({ length: plan.firstLeg[m + 1]! - plan.firstLeg[m]! }, (_, i) => plan.firstLeg[m]! + i);
    const steps = legs.map((leg) => plan.steps[plan.firstStep[leg]! + states[plan.legUnit[leg]!]!]!);
    pnl += steps.includes(LOST) ? lostPnl : plan.payoffs[plan.firstPayoff[m]! + steps.reduce((sum, step) => sum + step, 0)]!;
  }
  for (const [a, id] of plan.assetIds.entries()) {
    pnl += Math.floor(Math.floor(latentOf('asset', id, a, plan.assetLoadings, plan.assetOwn) / ASSET_LATENT_STEP) * plan.assetGain[a]! / ASSET_GAIN_ONE);
  }
  return { pnl, states };
};

const anyLoadings = (factors: number): fc.Arbitrary<readonly number[]> => fc.oneof(fc.constant([]), fc.array(fc.double({ min: -0.55, max: 0.55, noNaN: true }), { minLength: factors, maxLength: factors }));

const anyUnit = (factors: number, mostStates: number): fc.Arbitrary<TestUnit> => fc.record({
  weights: fc.array(fc.record({ weight: fc.integer({ min: 1, max: 100 }), pnl: fc.integer({ min: -5_000, max: 5_000 }) }), { minLength: 1, maxLength: mostStates }),
  isIdle: fc.boolean(), loadings: anyLoadings(factors),
}).map(({ weights, isIdle, loadings }) => {
  const sum = weights.reduce((total, { weight }) => total + weight, 0);
  return { probabilities: weights.map(({ weight }) => weight / sum), pnl: weights.map(({ pnl }) => isIdle ? 0 : pnl), loadings };
});

const anyMultiple = (units: readonly TestUnit[]): fc.Arbitrary<TestMultiple> => fc.shuffledSubarray(units.map((_, u) => u), { minLength: 1, maxLength: Math.min(4, units.length) }).chain((chosen) => fc.record({
  legs: fc.tuple(...chosen.map((unit) => fc.array(fc.integer({ min: LOST, max: 2 }), { minLength: units[unit]!.pnl.length, maxLength: units[unit]!.pnl.length }).map((steps) => ({ unit, steps })))),
  payoffs: fc.array(fc.integer({ min: -3_000, max: 9_000 }), { minLength: 2 * chosen.length + 1, maxLength: 2 * chosen.length + 1 }),
  lostPnl: fc.integer({ min: -3_000, max: 0 }),
}));

/** A book of up to three factors, units of one state to more than are compared one by one, multiples and assets. */
export const anyBook: fc.Arbitrary<TestBook> = fc.nat(3).chain((factors) => fc.array(anyUnit(factors, 12), { minLength: 1, maxLength: 7 }).chain((units) => fc.record({
  factors: fc.constant(factors), units: fc.constant(units), multiples: fc.array(anyMultiple(units), { maxLength: 3 }),
  assets: fc.array(fc.record({ gain: fc.integer({ min: -500, max: 500 }), loadings: anyLoadings(factors) }), { maxLength: 2 }),
})));
