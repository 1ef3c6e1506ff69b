/** The risk of a portfolio, from its inputs to all its measures. */
import { contributions, type Contributions } from './contributions.ts';
import { exactDistribution, exactMeasures } from './exact.ts';
import { type WorstLoss, worstLoss } from './exposure.ts';
import type { Flag, RiskInputs } from './inputs.ts';
import { measures } from './measures.ts';
import { compile } from './plan.ts';
import { type Stress, stresses } from './stress.ts';
import type { Backend, Measures, Plan, SimulationOptions } from './types.ts';
import { type FittedModel, modelOf } from './units.ts';

export interface RiskResult {
  readonly measures: Measures;
  /** CVaR 95 % less what it were if all events were independent, base minor units. */
  readonly correlationImpactMinor: number;
  /** The worst over all outcomes; a bound where there are too many to go through. */
  readonly exposure: WorstLoss;
  readonly contributions: Contributions;
  readonly stress: readonly Stress[];
  /** Where the model is not what the markets say: `overridden`; or not quite what was asked for: `markets_disagree` of the market that an event's grid meets least, `correlations_changed` where the matrix was none. */
  readonly flags: readonly Flag[];
  readonly method: 'exact' | 'simulated';
  /** 0 where it is exact. */
  readonly paths: number;
  readonly backend: string;
  readonly adapter: string | null;
  readonly isSoftware: boolean;
  readonly scaleMinor: number;
  readonly errorBoundMinor: number;
}

/** By how much prices gap in the scenarios that have them gap. */
const GAP_PERCENT = 10;
/** Markets of one event disagree where a probability is met no nearer than this, and correlations are others where one is. */
const DISAGREEING = 0.02, DEVIATING = 0.01;
/** Components, and bets, that are kept: the largest. */
const MAX_CONTRIBUTIONS = 50;

/**
 * Measures are exact where the distribution can be had (exact.ts), else from paths. Contributions are from paths always, and add up to the CVaR of those. Throws a
 * VarError for inputs from which no risk can be computed.
 */
export const riskOf = async (inputs: RiskInputs, backend: Backend): Promise<RiskResult> => {
  const { portfolio, seed, paths } = inputs, fitted = modelOf(inputs), { model } = fitted, plan = compile(portfolio, model);
  const options: SimulationOptions = { seed, paths, isCorrelated: true }, pnl = await backend.simulate(plan, options);
  const exact = exactOf(plan, true), found = exact ?? measures(pnl, plan.scaleMinor), { components, bets } = contributions({ portfolio, model, plan }, pnl, options);
  return {
    measures: found, correlationImpactMinor: isTied(plan) ? found.cvar95.value - (await independent(plan, options, exact !== undefined, backend)).cvar95.value : 0, exposure: worstLoss(plan),
    contributions: { components: components.slice(0, MAX_CONTRIBUTIONS), bets: bets.slice(0, MAX_CONTRIBUTIONS) }, stress: stresses(portfolio, model, GAP_PERCENT), flags: [...Object.keys(inputs.overrides ?? {}).map((market) => ({ market, code: 'overridden' })), ...flagsOf(fitted)],
    method: exact === undefined ? 'simulated' : 'exact', paths: exact === undefined ? paths : 0,
    backend: backend.name, adapter: backend.adapter, isSoftware: backend.isSoftware, scaleMinor: plan.scaleMinor, errorBoundMinor: plan.errorBoundMinor,
  };
};

const flagsOf = ({ grids, correlation: { changedBy, largestDeviation } }: FittedModel): Flag[] => [
  ...grids.filter(({ residual }) => residual > DISAGREEING).map(({ event, worstMarket }) => ({ market: `${event}:${worstMarket}`, code: 'markets_disagree' })),
  ...(Math.max(changedBy, largestDeviation) > DEVIATING ? [{ market: '*', code: 'correlations_changed' }] : []),
];

const exactOf = (plan: Plan, isCorrelated: boolean): Measures | undefined => {
  const distribution = exactDistribution(plan, isCorrelated);
  return distribution === undefined ? undefined : exactMeasures(distribution, plan.scaleMinor);
};

/** Whether anything hangs together. */
const isTied = ({ loadings, assetLoadings }: Plan): boolean => loadings.some((loading) => loading !== 0) || assetLoadings.some((loading) => loading !== 0);

/** The measures were each unit alone: in the same way as with correlation, by the same draws. */
const independent = async (plan: Plan, options: SimulationOptions, isExact: boolean, backend: Backend): Promise<Measures> =>
  (isExact ? exactOf(plan, false) : undefined) ?? measures(await backend.simulate(plan, { ...options, isCorrelated: false }), plan.scaleMinor);
