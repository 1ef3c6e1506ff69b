import { LOST } from './types.ts';
import type { Plan } from './types.ts';

/** What of a plan says how bets pay. Assets have no states. */
export type BetPlan = Pick<Plan, 'unitIds' | 'firstState' | 'probabilities' | 'pnl' | 'firstLeg' | 'legUnit' | 'firstStep' | 'steps' | 'firstPayoff' | 'payoffs' | 'lostPnl'>;

/** What a multiple pays where each unit has ended in one of its states, counted from 0. */
export const multiplePnl = (plan: BetPlan, multiple: number, states: ArrayLike<number>): number => {
  let at = plan.firstPayoff[multiple]!;
  for (let leg = plan.firstLeg[multiple]!; leg < plan.firstLeg[multiple + 1]!; leg += 1) {
    const step = plan.steps[plan.firstStep[leg]! + states[plan.legUnit[leg]!]!]!;
    if (step === LOST) return plan.lostPnl[multiple]!;
    at += step;
  }
  return plan.payoffs[at]!;
};

/** The P&L of all bets there, in units of the plan's scale. */
export const pnlAt = (plan: BetPlan, states: ArrayLike<number>): number => {
  let pnl = 0;
  for (let u = 0; u < plan.unitIds.length; u += 1) pnl += plan.pnl[plan.firstState[u]! + states[u]!]!;
  for (let m = 0; m < plan.lostPnl.length; m += 1) pnl += multiplePnl(plan, m, states);
  return pnl;
};

/** Of each unit the multiples that have a leg on it. */
export const multiplesOn = (plan: BetPlan): readonly (readonly number[])[] => {
  const multiples = plan.unitIds.map((): number[] => []);
  for (let m = 0; m < plan.lostPnl.length; m += 1) {
    for (const unit of new Set(plan.legUnit.subarray(plan.firstLeg[m], plan.firstLeg[m + 1]))) multiples[unit]!.push(m);
  }
  return multiples;
};
