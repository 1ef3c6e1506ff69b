/** The risk of a portfolio, from its inputs to all its measures. */
import { contributions, type Contribution } from './contributions.ts';
import { exposureOf } from './exposure.ts';
import type { RiskInputs } from './inputs.ts';
import { measures } from './measures.ts';
import { compile } from './plan.ts';
import { type Stress, stresses } from './stress.ts';
import type { Backend, Measures, Plan, SimulationOptions } from './types.ts';
import { modelOf } from './units.ts';

export interface RiskResult {
  readonly measures: Measures;
  /** CVaR 95 % less what it were if all events were independent, base minor units. */
  readonly correlationImpactMinor: number;
  /** The worst over all outcomes; a bound where there are too many to go through. */
  readonly exposure: { readonly worstMinor: number; readonly isBound: boolean };
  readonly contributions: readonly Contribution[];
  readonly stress: readonly Stress[];
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
/** Components that are kept: the largest. */
const MAX_CONTRIBUTIONS = 50;

/** Throws a VarError for inputs from which no risk can be computed. */
export const riskOf = async (inputs: RiskInputs, backend: Backend): Promise<RiskResult> => {
  const { portfolio, seed, paths } = inputs, { model } = modelOf(inputs.events, inputs.markets, inputs.correlation), plan = compile(portfolio, model);
  const options: SimulationOptions = { seed, paths, isCorrelated: true }, pnl = await backend.simulate(plan, options), found = measures(pnl, plan.scaleMinor);
  const multipleIds = portfolio.positions.filter(({ legs }) => legs.length > 1).map(({ id }) => id);
  return {
    measures: found, correlationImpactMinor: await correlationImpact(plan, options, found, backend), exposure: worstOf(plan),
    contributions: contributions(plan, pnl, options, multipleIds).slice(0, MAX_CONTRIBUTIONS), stress: stresses(portfolio, model, GAP_PERCENT),
    method: 'simulated', paths, backend: backend.name, adapter: backend.adapter, isSoftware: backend.isSoftware, scaleMinor: plan.scaleMinor, errorBoundMinor: plan.errorBoundMinor,
  };
};

const worstOf = (plan: Plan): RiskResult['exposure'] => {
  const { worstPnl, isBound } = exposureOf(plan);
  return { worstMinor: worstPnl * plan.scaleMinor, isBound };
};

/** By the same draws, each unit's own alone. */
const correlationImpact = async (plan: Plan, options: SimulationOptions, { cvar95 }: Measures, backend: Backend): Promise<number> => {
  if (plan.loadings.every((loading) => loading === 0) && plan.assetLoadings.every((loading) => loading === 0)) return 0;
  return cvar95.value - measures(await backend.simulate(plan, { ...options, isCorrelated: false }), plan.scaleMinor).cvar95.value;
};
