/** The worst and the best that can come of bets, over all ways in which their units can end. */
import type { BetPlan } from './ends.ts';
import { compile } from './plan.ts';
import { LOST } from './types.ts';
import type { Model, Portfolio, Position } from './types.ts';

export interface Exposure {
  /** In units of the plan's scale. */
  readonly worstPnl: number;
  readonly bestPnl: number;
  /** Multiples tie so many units that not all of their ends were gone through: nothing is worse than `worstPnl` or better than `bestPnl`, but nothing need be as bad or as good. */
  readonly isBound: boolean;
  /** Of each unit the state in which the worst comes about, counted from its first; the worst of its singles alone where `isBound`. */
  readonly worstStates: readonly number[];
}

/** Ways in which linked units can end that are gone through. */
export const MAX_WAYS = 2 ** 20;

/** States of a unit that are one to all multiples: the best of them is as good as any. */
interface Choice {
  readonly state: number;
  /** To be made least. */
  readonly cost: number;
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

const choicesOf = (plan: BetPlan, unit: number, legs: readonly number[], sign: 1 | -1): Choice[] => {
  const choices = new Map<string, Choice>(), first = plan.firstState[unit]!;
  for (let state = 0; first + state < plan.firstState[unit + 1]!; state += 1) {
    if (plan.probabilities[first + state] === 0) continue;
    const steps = legs.map((leg) => plan.steps[plan.firstStep[leg]! + state]!), key = steps.join(), cost = sign * plan.pnl[first + state]!, known = choices.get(key);
    if (known === undefined || cost < known.cost) choices.set(key, { state, cost, steps });
  }
  return [...choices.values()];
};

interface Least {
  readonly cost: number;
  readonly states: readonly number[];
  readonly isBound: boolean;
}

/** Goes through all ways in which the units can end. */
const leastOf = (plan: BetPlan, choices: readonly (readonly Choice[])[], closings: readonly (readonly Closing[])[], sign: 1 | -1): Least => {
  const chosen: Choice[] = [];
  let least = Infinity, states: number[] = [];
  const payoff = ({ multiple, legs }: Closing): number => {
    let at = plan.firstPayoff[multiple]!;
    for (const [unit, leg] of legs) {
      const step = chosen[unit]!.steps[leg]!;
      if (step === LOST) return sign * plan.lostPnl[multiple]!;
      at += step;
    }
    return sign * plan.payoffs[at]!;
  };
  const walk = (depth: number, cost: number): void => {
    if (depth === choices.length) {
      if (cost < least) [least, states] = [cost, chosen.map(({ state }) => state)];
      return;
    }
    for (const choice of choices[depth]!) {
      chosen[depth] = choice;
      walk(depth + 1, closings[depth]!.reduce((sum, closing) => sum + payoff(closing), cost + choice.cost));
    }
  };
  walk(0, 0);
  return { cost: least, states, isBound: false };
};

/** The least of each unit and of each multiple by itself, as if none hung on another. */
const boundOf = (plan: BetPlan, choices: readonly (readonly Choice[])[], closings: readonly Closing[], sign: 1 | -1): Least => {
  const best = choices.map((ofUnit) => ofUnit.reduce((a, b) => (b.cost < a.cost ? b : a)));
  let cost = best.reduce((sum, choice) => sum + choice.cost, 0);
  for (const { multiple, legs } of closings) {
    let sums = new Set([plan.firstPayoff[multiple]!]), least = Infinity;
    for (const [unit, leg] of legs) {
      const steps = new Set(choices[unit]!.map((choice) => choice.steps[leg]!));
      if (steps.delete(LOST)) least = sign * plan.lostPnl[multiple]!;
      sums = new Set([...sums].flatMap((sum) => [...steps].map((step) => sum + step)));
    }
    for (const at of sums) least = Math.min(least, sign * plan.payoffs[at]!);
    cost += least;
  }
  return { cost, states: best.map(({ state }) => state), isBound: true };
};

const extremeOf = (plan: BetPlan, sign: 1 | -1): Least => {
  const legs = legsOn(plan), states = plan.unitIds.map(() => 0);
  let cost = 0, isBound = false;
  for (const group of groupsOf(plan)) {
    const choices = group.map((unit) => choicesOf(plan, unit, legs[unit]!, sign)), placeOf = new Map(group.map((unit, place) => [unit, place]));
    const closings = group.map((): Closing[] => []);
    for (const multiple of new Set(group.flatMap((unit) => legs[unit]!.map((leg) => multipleOf(plan, leg))))) {
      const ofLegs = [];
      for (let leg = plan.firstLeg[multiple]!; leg < plan.firstLeg[multiple + 1]!; leg += 1) ofLegs.push([placeOf.get(plan.legUnit[leg]!)!, legs[plan.legUnit[leg]!]!.indexOf(leg)] as const);
      closings[Math.max(...ofLegs.map(([place]) => place))]!.push({ multiple, legs: ofLegs });
    }
    const ways = choices.reduce((product, ofUnit) => product * ofUnit.length, 1);
    const least = ways <= MAX_WAYS ? leastOf(plan, choices, closings, sign) : boundOf(plan, choices, closings.flat(), sign);
    cost += least.cost;
    isBound ||= least.isBound;
    for (const [place, unit] of group.entries()) states[unit] = least.states[place]!;
  }
  return { cost: sign * cost + 0, states, isBound };
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
 * The least and the most that the bets of a plan can come to, exactly: units that no multiple ties add up, those that multiples tie are gone through together, in up to
 * {@link MAX_WAYS} ways, and bounded beyond. States of probability 0 do not count, nor do assets, which have no worst case.
 */
export const exposureOf = (plan: BetPlan): Exposure => {
  const worst = extremeOf(plan, 1), best = extremeOf(plan, -1);
  return { worstPnl: worst.cost, bestPnl: best.cost, isBound: worst.isBound || best.isBound, worstStates: worst.states };
};

/** In base minor units. */
export interface GroupExposure {
  readonly worstMinor: number;
  readonly bestMinor: number;
  readonly isBound: boolean;
  /** What rounding may have moved the two by. */
  readonly errorBoundMinor: number;
}

/**
 * The exposure of each group of a portfolio's bets, each as if it were all there is. A bet may be in several groups (a multiple's events) or in none. Throws as {@link compile}
 * does.
 */
export const exposures = (portfolio: Portfolio, model: Model, groupsOfPosition: (position: Position) => readonly string[]): ReadonlyMap<string, GroupExposure> => {
  const groups = new Map<string, Position[]>();
  for (const position of portfolio.positions) for (const name of groupsOfPosition(position)) groups.set(name, [...groups.get(name) ?? [], position]);
  return new Map([...groups].map(([name, positions]) => {
    const plan = compile({ ...portfolio, positions, assets: [] }, model), { worstPnl, bestPnl, isBound } = exposureOf(plan);
    return [name, { worstMinor: worstPnl * plan.scaleMinor, bestMinor: bestPnl * plan.scaleMinor, isBound, errorBoundMinor: plan.errorBoundMinor }];
  }));
};
