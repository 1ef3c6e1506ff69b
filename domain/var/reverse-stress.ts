/** What would have to happen. */
import { pnlAt } from './ends.ts';
import type { BetPlan } from './ends.ts';
import { exposureOf, MAX_WAYS } from './exposure.ts';
import { compile } from './plan.ts';
import { VarError } from './types.ts';
import type { Model, Plan, Portfolio, Unit } from './types.ts';

export interface Ending {
  /** Of each unit of the plan its state, counted from 0. */
  readonly states: readonly number[];
  /** Ln of how likely it is that all units end so, each independently of the others. */
  readonly logProbability: number;
  /** False where there were too many ends to go through: a likelier one may be there. */
  readonly isExact: boolean;
}

interface Choice {
  readonly state: number;
  readonly log: number;
}

/** Of each unit the states that can come, the likeliest first. */
const choicesOf = (plan: BetPlan): readonly (readonly Choice[])[] => plan.unitIds.map((_, u) => {
  const own = plan.probabilities.subarray(plan.firstState[u], plan.firstState[u + 1]);
  return [...own.entries()].filter(([, p]) => p > 0).map(([state, p]) => ({ state, log: Math.log(p) })).sort((a, b) => b.log - a.log || a.state - b.state);
});

const totalLog = (choices: readonly (readonly Choice[])[], states: readonly number[]): number =>
  choices.reduce((sum, own, u) => sum + own.find(({ state }) => state === states[u])!.log, 0);

/** Goes through all ends but those that cannot be likelier than one that was found. */
const likeliestOf = (plan: BetPlan, choices: readonly (readonly Choice[])[], mostPnl: number): readonly number[] | undefined => {
  /** The most that the units from one on can add. */
  const bestFrom = choices.map((_, u) => choices.slice(u).reduce((sum, own) => sum + own[0]!.log, 0));
  const states: number[] = [];
  let found: readonly number[] | undefined, foundLog = -Infinity;
  const walk = (unit: number, log: number): void => {
    if (unit === choices.length) {
      if (pnlAt(plan, states) <= mostPnl) [found, foundLog] = [[...states], log];
      return;
    }
    for (const choice of choices[unit]!) {
      if (log + choice.log + (bestFrom[unit + 1] ?? 0) <= foundLog) return;
      states[unit] = choice.state;
      walk(unit + 1, log + choice.log);
    }
  };
  walk(0, 0);
  return found;
};

/** From the worst end back: as long as the loss is large enough, the unit that gains most goes to a likelier state. */
const relaxed = (plan: BetPlan, choices: readonly (readonly Choice[])[], mostPnl: number): readonly number[] | undefined => {
  const states = [...exposureOf(plan).worstStates];
  if (pnlAt(plan, states) > mostPnl) return undefined;
  for (;;) {
    let gain = 0, step: { readonly unit: number; readonly state: number } | undefined;
    for (const [unit, own] of choices.entries()) {
      const before = states[unit]!, log = own.find(({ state }) => state === before)!.log;
      for (const choice of own) {
        if (choice.log - log <= gain) break;
        states[unit] = choice.state;
        if (pnlAt(plan, states) <= mostPnl) [gain, step] = [choice.log - log, { unit, state: choice.state }];
      }
      states[unit] = before;
    }
    if (step === undefined) return states;
    states[step.unit] = step.state;
  }
};

/**
 * The likeliest end of a plan's units in which its bets lose `lossPnl` or more, in units of its scale; undefined where there is none, or none was found. Exact where there are up
 * to {@link MAX_WAYS} ends, else by steps from the worst one. Units count as independent.
 */
export const likeliestLoss = (plan: BetPlan, lossPnl: number): Ending | undefined => {
  const choices = choicesOf(plan), isExact = choices.reduce((ways, own) => ways * own.length, 1) <= MAX_WAYS;
  const states = isExact ? likeliestOf(plan, choices, -lossPnl) : relaxed(plan, choices, -lossPnl);
  return states === undefined ? undefined : { states, logProbability: totalLog(choices, states), isExact };
};

export interface ReverseStress {
  /** Base minor units: below zero. */
  readonly pnlMinor: number;
  readonly probability: number;
  readonly isExact: boolean;
  /** Of each unit that has bets, in the likeliest of its states that pay so: outcomes that win, by market. */
  readonly ends: readonly { readonly unit: string; readonly won: ReadonlyMap<string, readonly string[]> }[];
}

/** The likeliest of a unit's states that are one state of the plan: both are in the order of the latent. */
const stateOfUnit = ({ probabilities }: Unit, plan: Plan, planUnit: number, planState: number): number => {
  const own = plan.probabilities.subarray(plan.firstState[planUnit], plan.firstState[planUnit + 1]);
  const from = own.subarray(0, planState).reduce((sum, p) => sum + p, 0), until = from + own[planState]!;
  let at = 0, found = -1;
  for (const [state, p] of probabilities.entries()) {
    const middle = at + p / 2;
    if (middle >= from && middle <= until && (found < 0 || p > probabilities[found]!)) found = state;
    at += p;
  }
  return found;
};

/**
 * The likeliest outcomes by which a portfolio's bets lose so much ({@link likeliestLoss}); undefined where none is found. Throws a VarError: `bad_scenario` for a loss that
 * is not above 0, and those of {@link compile}.
 */
export const reverseStress = (portfolio: Portfolio, model: Model, lossMinor: number): ReverseStress | undefined => {
  if (!(lossMinor > 0)) throw new VarError('bad_scenario', `a loss to look for is above 0, not ${lossMinor}`);
  const plan = compile({ ...portfolio, assets: [] }, model), ending = likeliestLoss(plan, lossMinor / plan.scaleMinor);
  if (ending === undefined) return undefined;
  const units = new Map(model.units.map((unit) => [unit.id, unit]));
  return {
    pnlMinor: pnlAt(plan, ending.states) * plan.scaleMinor, probability: Math.exp(ending.logProbability), isExact: ending.isExact,
    ends: plan.unitIds.map((id, u) => {
      const unit = units.get(id)!, state = stateOfUnit(unit, plan, u, ending.states[u]!);
      return { unit: id, won: new Map([...unit.markets].map(([market, { outcomes, classes }]) => [market, outcomes.filter((_, o) => ['won', 'half_won'].includes(classes[state]![o]!))])) };
    }),
  };
};
