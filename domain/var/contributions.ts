/** Whose the tail is: component CVaR. */
import { multiplePnl } from './ends.ts';
import { tail } from './measures.ts';
import { pnlOfEach } from './payoffs.ts';
import { planOfUnits } from './plan.ts';
import { assetPnl, statesOf } from './simulate.ts';
import type { Model, Plan, Portfolio, Position, SimulationOptions } from './types.ts';

/** The mean loss of a part of the portfolio in the tail of the whole, base minor units; below zero where it makes the tail lighter. */
export interface Contribution {
  readonly name: string;
  readonly cvar95Minor: number;
}

/** The largest first. */
export interface Contributions {
  /** `sport:event_id` of all singles on it, `bet:<id>` of a multiple, `asset:<id>`. They add up to the CVaR. */
  readonly components: readonly Contribution[];
  /** Every bet, by its id. Those of one event add up to it, but for the rounding of amounts (the plan's error bound); commission falls on the winning ones in proportion. */
  readonly bets: readonly Contribution[];
}

/** What it is of. */
export interface Contributing {
  readonly portfolio: Portfolio;
  readonly model: Model;
  /** Of the two. */
  readonly plan: Plan;
}

const LEVEL = 0.95;
const eventOf = (unitId: string): string => unitId.split(':', 2).join(':');

interface Tail {
  readonly paths: Int32Array;
  /** How much each of them counts. */
  readonly weights: Float64Array;
}

/** The paths of the tail: those at VaR share what is left of the fraction. */
const tailOf = (pnl: Int32Array, valueAtRisk: number): Tail => {
  const beyond: number[] = [], at: number[] = [];
  for (let path = 0; path < pnl.length; path++) {
    if (-pnl[path]! > valueAtRisk) beyond.push(path);
    else if (-pnl[path]! === valueAtRisk) at.push(path);
  }
  const size = (1 - LEVEL) * pnl.length, rest = (size - beyond.length) / at.length;
  return { paths: Int32Array.from([...beyond, ...at]), weights: Float64Array.from([...beyond.map(() => 1 / size), ...at.map(() => rest / size)]) };
};

/**
 * What each part has in the CVaR at 95 % (Tasche, "Capital allocation to business units and sub-portfolios: the Euler principle", 2007). `pnl` is that of the plan's paths
 * under these options.
 */
export const contributions = ({ portfolio, model, plan }: Contributing, pnl: Int32Array, options: SimulationOptions): Contributions => {
  const { paths, weights } = tailOf(pnl, tail(pnl, LEVEL).valueAtRisk.value), meanLoss = (pnlOf: (i: number) => number): number => weights.reduce((sum, weight, i) => sum - weight * pnlOf(i), 0);
  const states = statesOf(plan, options, paths), events = new Map<string, number>();
  for (const [u, id] of plan.unitIds.entries()) {
    const amounts = plan.pnl.subarray(plan.firstState[u], plan.firstState[u + 1]), column = states[u]!;
    if (amounts.some((amount) => amount !== 0)) events.set(eventOf(id), (events.get(eventOf(id)) ?? 0) + meanLoss((i) => amounts[column[i]!]!));
  }
  const multiples = portfolio.positions.filter(({ legs }) => legs.length > 1).map(({ id }, m) => [id, meanLoss((i) => multiplePnl(plan, m, (unit) => states[unit]![i]!))] as const);
  const assets = assetPnl(plan, options, paths).map((column, a) => [`asset:${plan.assetIds[a]}`, meanLoss((i) => column[i]!)] as const);
  const scaled = ([name, loss]: readonly [string, number]): Contribution => ({ name, cvar95Minor: loss * plan.scaleMinor });
  return {
    components: [...[...events].map(scaled), ...multiples.map(([id, loss]) => scaled([`bet:${id}`, loss])), ...assets.map(scaled)].sort(largerFirst),
    bets: [...singles(portfolio, model, options, { paths, weights }), ...multiples.map(scaled)].sort(largerFirst),
  };
};

const largerFirst = (a: Contribution, b: Contribution): number => b.cvar95Minor - a.cvar95Minor || (a.name < b.name ? -1 : 1);

/** Of each single bet. A plan takes states that pay alike in sum as one: here each stands for itself, drawn by the same names. */
const singles = (portfolio: Portfolio, model: Model, options: SimulationOptions, { paths, weights }: Tail): Contribution[] => {
  const byMarket = new Map<string, Position[]>();
  for (const position of portfolio.positions.filter(({ legs }) => legs.length === 1)) {
    const { market } = position.legs[0]!;
    byMarket.set(market, [...byMarket.get(market) ?? [], position]);
  }
  const units = model.units.filter(({ markets }) => [...markets.keys()].some((market) => byMarket.has(market))), states = statesOf(planOfUnits({ factors: model.factors, units }), options, paths);
  return units.flatMap(({ markets, probabilities }, u) => {
    const shares = new Float64Array(probabilities.length), positions = [...markets.keys()].flatMap((market) => byMarket.get(market) ?? []);
    for (const [i, state] of states[u]!.entries()) shares[state]! += weights[i]!;
    const each = pnlOfEach(portfolio, positions, probabilities.length, ({ legs: [leg] }) => {
      const { outcomes, classes } = markets.get(leg!.market)!, at = outcomes.indexOf(leg!.outcome);
      return classes.map((row) => row[at]!);
    });
    return Array.from(each, ([{ id: name }, pnl]): Contribution => ({ name, cvar95Minor: shares.reduce((sum, share, state) => sum - share * pnl[state]!, 0) }));
  });
};
