/** The worst that can come of bets, over all ways in which their units can end. */
import type { BetPlan } from './ends.ts';
import { LOST } from './types.ts';
import type { Plan } from './types.ts';

export interface Exposure {
  /** In units of the plan's scale. */
  readonly worstPnl: number;
  /** Multiples tie so many units that not all of their ends were gone through: nothing is worse than `worstPnl`, but nothing need be as bad. */
  readonly isBound: boolean;
  /** Of each unit the state in which the worst comes about, counted from its first; the worst of its singles alone where `isBound`. */
  readonly worstStates: readonly number[];
}

/** Ways in which linked units can end that are gone through. */
export const MAX_WAYS = 2 ** 20;

/** States of a unit that are one to all multiples: of them only the one that costs most counts. */
interface Choice {
  readonly state: number;
  readonly pnl: number;
  /** Of each of the unit's legs. */
  readonly steps: readonly number[];
}

/** A multiple whose legs have all been decided once a unit of a group is. */
interface Closing {
  readonly multiple: number;
  /** Of each leg the place of its unit in the group, and which of that unit's legs it is. */
  readonly legs: readonly (readonly [unit: number, leg: number])[];
}

/** Units that multiples tie, directly or by way of others; all others are alone. */
const groupsOf = (plan: BetPlan): number[][] => {
  const parent = plan.unitIds.map((_, u) => u), rootOf = (u: number): number => (parent[u] === u ? u : (parent[u] = rootOf(parent[u]!)));
  for (let m = 0; m < plan.lostPnl.length; m += 1) {
    for (let leg = plan.firstLeg[m]! + 1; leg < plan.firstLeg[m + 1]!; leg += 1) parent[rootOf(plan.legUnit[leg]!)] = rootOf(plan.legUnit[leg - 1]!);
  }
  const groups = new Map<number, number[]>();
  for (const u of plan.unitIds.keys()) {
    const root = rootOf(u), group = groups.get(root);
    if (group === undefined) groups.set(root, [u]);
    else group.push(u);
  }
  return [...groups.values()];
};

const legsOn = (plan: BetPlan): number[][] => {
  const legs = plan.unitIds.map((): number[] => []);
  for (const [leg, unit] of plan.legUnit.entries()) legs[unit]!.push(leg);
  return legs;
};

const choicesOf = (plan: BetPlan, unit: number, legs: readonly number[]): Choice[] => {
  const choices = new Map<string, Choice>(), first = plan.firstState[unit]!;
  for (let state = 0; first + state < plan.firstState[unit + 1]!; state += 1) {
    if (plan.probabilities[first + state] === 0) continue;
    const steps = legs.map((leg) => plan.steps[plan.firstStep[leg]! + state]!), key = steps.join(), pnl = plan.pnl[first + state]!, known = choices.get(key);
    if (known === undefined || pnl < known.pnl) choices.set(key, { state, pnl, steps });
  }
  return [...choices.values()];
};

interface Least {
  readonly pnl: number;
  readonly states: readonly number[];
  readonly isBound: boolean;
}

/** Goes through all ways in which the units can end. */
const leastOf = (plan: BetPlan, choices: readonly (readonly Choice[])[], closings: readonly (readonly Closing[])[]): Least => {
  const chosen: Choice[] = [];
  let least = Infinity, states: number[] = [];
  const payoff = ({ multiple, legs }: Closing): number => {
    let at = plan.firstPayoff[multiple]!;
    for (const [unit, leg] of legs) {
      const step = chosen[unit]!.steps[leg]!;
      if (step === LOST) return plan.lostPnl[multiple]!;
      at += step;
    }
    return plan.payoffs[at]!;
  };
  const walk = (depth: number, pnl: number): void => {
    if (depth === choices.length) {
      if (pnl < least) [least, states] = [pnl, chosen.map(({ state }) => state)];
      return;
    }
    for (const choice of choices[depth]!) {
      chosen[depth] = choice;
      walk(depth + 1, closings[depth]!.reduce((sum, closing) => sum + payoff(closing), pnl + choice.pnl));
    }
  };
  walk(0, 0);
  return { pnl: least, states, isBound: false };
};

/** The least of each unit and of each multiple by itself, as if none hung on another. */
const boundOf = (plan: BetPlan, choices: readonly (readonly Choice[])[], closings: readonly Closing[]): Least => {
  const best = choices.map((ofUnit) => ofUnit.reduce((a, b) => (b.pnl < a.pnl ? b : a)));
  let pnl = best.reduce((sum, choice) => sum + choice.pnl, 0);
  for (const { multiple, legs } of closings) {
    let sums = new Set([plan.firstPayoff[multiple]!]), least = Infinity;
    for (const [unit, leg] of legs) {
      const steps = new Set(choices[unit]!.map((choice) => choice.steps[leg]!));
      if (steps.delete(LOST)) least = plan.lostPnl[multiple]!;
      sums = new Set([...sums].flatMap((sum) => [...steps].map((step) => sum + step)));
    }
    for (const at of sums) least = Math.min(least, plan.payoffs[at]!);
    pnl += least;
  }
  return { pnl, states: best.map(({ state }) => state), isBound: true };
};

const multipleOf = (plan: BetPlan, leg: number): number => {
  let low = 0, high = plan.lostPnl.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (plan.firstLeg[middle]! <= leg) low = middle;
    else high = middle - 1;
  }
  return low;
};

/**
 * The least that the bets of a plan can come to, exactly: units that no multiple ties add up, those that multiples tie are gone through together, in up to
 * {@link MAX_WAYS} ways, and bounded beyond. States of probability 0 do not count, nor do assets, which have no worst case.
 */
export const exposureOf = (plan: BetPlan): Exposure => {
  const legs = legsOn(plan), states = plan.unitIds.map(() => 0);
  let pnl = 0, isBound = false;
  for (const group of groupsOf(plan)) {
    const choices = group.map((unit) => choicesOf(plan, unit, legs[unit]!)), placeOf = new Map(group.map((unit, place) => [unit, place]));
    const closings = group.map((): Closing[] => []);
    for (const multiple of new Set(group.flatMap((unit) => legs[unit]!.map((leg) => multipleOf(plan, leg))))) {
      const ofLegs = [];
      for (let leg = plan.firstLeg[multiple]!; leg < plan.firstLeg[multiple + 1]!; leg += 1) ofLegs.push([placeOf.get(plan.legUnit[leg]!)!, legs[plan.legUnit[leg]!]!.indexOf(leg)] as const);
      closings[Math.max(...ofLegs.map(([place]) => place))]!.push({ multiple, legs: ofLegs });
    }
    const ways = choices.reduce((product, ofUnit) => product * ofUnit.length, 1);
    const least = ways <= MAX_WAYS ? leastOf(plan, choices, closings) : boundOf(plan, choices, closings.flat());
    pnl += least.pnl;
    isBound ||= least.isBound;
    for (const [place, unit] of group.entries()) states[unit] = least.states[place]!;
  }
  return { worstPnl: pnl + 0, isBound, worstStates: states };
};

/** What the bets of a plan can lose at worst. */
export interface WorstLoss {
  /** Base minor units; 0 where they cannot lose. What rounding may have hidden is counted in. */
  readonly lossMinor: number;
  readonly isBound: boolean;
}

/** {@link exposureOf} as an amount. */
export const worstLoss = (plan: Plan): WorstLoss => {
  const { worstPnl, isBound } = exposureOf(plan);
  return { lossMinor: Math.max(0, Math.ceil(plan.errorBoundMinor - worstPnl * plan.scaleMinor)), isBound };
};
