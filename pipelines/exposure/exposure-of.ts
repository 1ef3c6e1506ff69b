import { exposureOf as exposureOfPlan } from '../../domain/var/exposure.ts';
import { compile } from '../../domain/var/plan.ts';
import { modelOf } from '../../domain/var/units.ts';
import type { Snapshot } from '../market-var/watch.ts';

/** What a portfolio can lose at worst. */
export interface PortfolioExposure {
  /** Base minor units; 0 where it cannot lose. What rounding may have hidden is counted in. */
  readonly lossMinor: number;
  /** There are too many outcomes to go through: it loses no more than that, and maybe less. */
  readonly isBound: boolean;
}

/** How events hang together does not matter for the worst of all outcomes. */
const INDEPENDENT = { general: 0, sport: 0, competition: 0, day: 0, sign: 'home' } as const;

/** Throws a VarError for what cannot be modelled. */
export const exposureOf = ({ portfolio: name, positions, events, markets }: Pick<Snapshot, 'portfolio' | 'positions' | 'events' | 'markets'>, { currency, rates }: { readonly currency: string; readonly rates: Readonly<Record<string, number>> }): PortfolioExposure => {
  const plan = compile({ name, currency, rates, positions, assets: [], horizonMs: 1 }, modelOf(events, markets, INDEPENDENT).model), { worstPnl, isBound } = exposureOfPlan(plan);
  return { lossMinor: Math.max(0, Math.ceil(plan.errorBoundMinor - worstPnl * plan.scaleMinor)), isBound };
};
