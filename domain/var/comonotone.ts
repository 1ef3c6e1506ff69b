/** P&L if nothing were independent: every unit goes by the same draw. */
import { multiplePnl, multiplesOn, pnlAt } from './ends.ts';
import type { Plan } from './types.ts';

/** A P&L in units of the plan's scale, and how likely it is. */
export interface Chance {
  readonly pnl: number;
  readonly probability: number;
}

/**
 * The distribution of the P&L of a plan's bets with a correlation of one, exactly: as one uniform number goes from 0 to 1, each unit goes through its states in the order of its latent,
 * those that the factors move the other way (their loadings sum to above 0) backwards. Assets do not count.
 */
export const comonotone = (plan: Plan): Chance[] => {
  const factors = plan.factorIds.length, states = plan.unitIds.map(() => 0), on = multiplesOn(plan);
  const changes: { readonly at: number; readonly unit: number; readonly state: number }[] = [];
  for (const unit of plan.unitIds.keys()) {
    const isBackwards = plan.loadings.subarray(unit * factors, (unit + 1) * factors).reduce((sum, loading) => sum + loading, 0) > 0;
    const own = plan.probabilities.subarray(plan.firstState[unit], plan.firstState[unit + 1]), order = [...own.keys()].filter((state) => own[state]! > 0);
    if (isBackwards) order.reverse();
    states[unit] = order[0]!;
    let at = 0;
    for (const [i, state] of order.entries()) {
      if (i > 0) changes.push({ at, unit, state });
      at += own[state]!;
    }
  }
  changes.sort((a, b) => a.at - b.at);
  const chances: Chance[] = [];
  let pnl = pnlAt(plan, states), from = 0;
  for (const { at, unit, state } of changes) {
    if (at > from) chances.push({ pnl, probability: at - from });
    from = Math.max(from, at);
    const tied = (): number => on[unit]!.reduce((sum, multiple) => sum + multiplePnl(plan, multiple, (of) => states[of]!), plan.pnl[plan.firstState[unit]! + states[unit]!]!);
    const before = tied();
    states[unit] = state;
    pnl += tied() - before;
  }
  chances.push({ pnl, probability: 1 - from });
  return chances;
};

/** The mean P&L of the worst part of a distribution, which takes of a P&L that lies across its edge as much as is wanting: −CVaR at level 1 − part. */
export const worstMean = (chances: readonly Chance[], part: number): number => {
  let left = part, sum = 0;
  for (const { pnl, probability } of [...chances].sort((a, b) => a.pnl - b.pnl)) {
    const taken = Math.min(left, probability);
    sum += taken * pnl;
    left -= taken;
    if (left <= 0) break;
  }
  return sum / (part - Math.max(0, left));
};
