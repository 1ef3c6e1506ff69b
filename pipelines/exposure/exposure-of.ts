import { type WorstLoss, worstLoss } from '../../domain/var/exposure.ts';
import { compile } from '../../domain/var/plan.ts';
import { modelOf } from '../../domain/var/units.ts';
import type { Snapshot, WatchOptions } from '../market-var/watch.ts';

/** How events hang together does not matter for the worst of all outcomes. */
const INDEPENDENT = { general: 0, sport: 0, competition: 0, day: 0, sign: 'home' } as const;

/** What a portfolio can lose at worst. Throws a VarError for what cannot be modelled. */
export const exposureOf = ({ portfolio: name, positions, events, markets }: Pick<Snapshot, 'portfolio' | 'positions' | 'events' | 'markets'>, { currency, rates }: Pick<WatchOptions, 'currency' | 'rates'>): WorstLoss =>
  worstLoss(compile({ name, currency, rates, positions, assets: [], horizonMs: 1 }, modelOf({ events, markets, correlation: INDEPENDENT }).model));
