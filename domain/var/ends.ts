import { LOST } from './types.ts';
import type { Plan } from './types.ts';

/** What of a plan says how bets pay. Assets have no states. */
export type BetPlan = Pick<Plan, 'unitIds' | 'firstState' | 'probabilities' | 'pnl' | 'firstLeg' | 'legUnit' | 'firstStep' | 'steps' | 'firstPayoff' | 'payoffs' | 'lostPnl'>;

/** What a multiple pays where each unit has ended in one of its states, counted from 0. */
export const multiplePnl = (plan: BetPlan, multiple: number, stateOf: (unit: number) => number): number => {
  let at = plan.firstPayoff[multiple]!;
  for (let leg = plan.firstLeg[multiple]!; leg < plan.firstLeg[multiple + 1]!; leg += 1) {
    const step = plan.steps[plan.firstStep[leg]! + stateOf(plan.legUnit[leg]!)]!;
    if (step === LOST) return plan.lostPnl[multiple]!;
    at += step;
  }
  return plan.payoffs[at]!;
};

/** The P&L of all bets there, in units of the plan's scale. */
export const pnlAt = (plan: BetPlan, states: ArrayLike<number>): number => {
  let pnl = 0;
  for (let u = 0; u < plan.unitIds.length; u += 1) pnl += plan.pnl[plan.firstState[u]! + states[u]!]!;
  for (let m = 0; m < plan.lostPnl.length; m += 1) pnl += multiplePnl(plan, m, (unit) => states[unit]!);
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

/** The expected P&L of all bets there, where units end independently of each other; in units of the plan's scale. */
export const expectedPnl = (plan: BetPlan): number => {
  let expected = 0;
  for (let state = 0; state < plan.pnl.length; state += 1) expected += plan.pnl[state]! * plan.probabilities[state]!;
  for (let m = 0; m < plan.lostPnl.length; m += 1) {
    const legs = Array.from({ length: plan.firstLeg[m + 1]! - plan.firstLeg[m]! }, (_, i) => plan.firstLeg[m]! + i);
    /** How likely each payoff is so far, without a lost leg. */
    let alive = new Map([[plan.firstPayoff[m]!, 1]]);
    for (const unit of new Set(legs.map((leg) => plan.legUnit[leg]!))) {
      const chances = new Map<number, number>(), own = legs.filter((leg) => plan.legUnit[leg] === unit);
      for (let state = 0; plan.firstState[unit]! + state < plan.firstState[unit + 1]!; state += 1) {
        const steps = own.map((leg) => plan.steps[plan.firstStep[leg]! + state]!);
        if (steps.includes(LOST)) continue;
        const step = steps.reduce((sum, one) => sum + one, 0);
        chances.set(step, (chances.get(step) ?? 0) + plan.probabilities[plan.firstState[unit]! + state]!);
      }
      const next = new Map<number, number>();
      for (const [at, p] of alive) for (const [step, q] of chances) next.set(at + step, (next.get(at + step) ?? 0) + p * q);
      alive = next;
    }
    let lost = 1;
    for (const [at, p] of alive) {
      lost -= p;
      expected += p * plan.payoffs[at]!;
    }
    expected += lost * plan.lostPnl[m]!;
  }
  return expected;
};
