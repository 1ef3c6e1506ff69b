/** Whose the tail is: component CVaR. */
import { multiplePnl } from './ends.ts';
import { tail } from './measures.ts';
import { pnlOfEach } from './payoffs.ts';
import { planOfUnits } from './plan.ts';
import { assetPnl, statesOf } from './simulate.ts';
import type { Model, Portfolio, PortfolioPlan, Position, SimulationOptions } from './types.ts';

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
  readonly plan: PortfolioPlan;
}

const LEVEL = 0.95;

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
 * under these options. The paths of the tail are drawn again, each state of the model by itself: a plan takes those as one that pay alike in sum.
 */
export const contributions = ({ portfolio, model, plan }: Contributing, pnl: Int32Array, options: SimulationOptions): Contributions => {
  const { paths, weights } = tailOf(pnl, tail(pnl, LEVEL).valueAtRisk.value), byId = new Map(model.units.map((unit) => [unit.id, unit])), units = plan.unitIds.map((id) => byId.get(id)!);
  const drawn = statesOf(planOfUnits({ factors: model.factors, units }), options, paths), places = units.map((_, u) => placesOf(plan, u, units[u]!.probabilities.length));
  const events = new Map<string, number>(), bets: Contribution[] = [], singlesOn = bySingleMarket(portfolio);
  for (const [u, unit] of units.entries()) {
    const shares = new Float64Array(unit.probabilities.length), first = plan.firstState[u]!, amounts = plan.pnl.subarray(first, plan.firstState[u + 1]), { event } = unit;
    for (let i = 0, states = drawn[u]!; i < states.length; i++) shares[states[i]!]! += weights[i]!;
    if (amounts.some((amount) => amount !== 0)) events.set(event, (events.get(event) ?? 0) - shares.reduce((sum, share, state) => sum + share * amounts[places[u]![state]!]!, 0));
    const each = pnlOfEach(portfolio, [...unit.markets.keys()].flatMap((market) => singlesOn.get(market) ?? []), shares.length, ({ legs: [leg] }) => {
      const { outcomes, classes } = unit.markets.get(leg!.market)!, at = outcomes.indexOf(leg!.outcome);
      return classes.map((row) => row[at]!);
    });
    for (const [{ id: name }, pnlOf] of each) bets.push({ name, cvar95Minor: -shares.reduce((sum, share, state) => sum + share * pnlOf[state]!, 0) });
  }
  const meanLoss = (pnlOf: (i: number) => number): number => weights.reduce((sum, weight, i) => sum - weight * pnlOf(i), 0), scaled = (name: string, loss: number): Contribution => ({ name, cvar95Minor: loss * plan.scaleMinor });
  const multiples = portfolio.positions.filter(({ legs }) => legs.length > 1).map(({ id }, m) => [id, meanLoss((i) => multiplePnl(plan, m, (u) => places[u]![drawn[u]![i]!]!))] as const);
  const assets = plan.assetIds.length === 0 ? [] : assetPnl(plan, options, paths).map((column, a) => scaled(`asset:${plan.assetIds[a]}`, meanLoss((i) => column[i]!)));
  return {
    components: [...Array.from(events, ([event, loss]) => scaled(event, loss)), ...multiples.map(([id, loss]) => scaled(`bet:${id}`, loss)), ...assets].sort(largerFirst),
    bets: [...bets, ...multiples.map(([id, loss]) => scaled(id, loss))].sort(largerFirst),
  };
};

const largerFirst = (a: Contribution, b: Contribution): number => b.cvar95Minor - a.cvar95Minor || (a.name < b.name ? -1 : 1);

/** Of each state of a unit in the model the plan's, counted from 0. */
const placesOf = (plan: PortfolioPlan, unit: number, states: number): Uint16Array => {
  const places = new Uint16Array(states), first = plan.firstState[unit]!;
  for (let at = first; at < plan.firstState[unit + 1]!; at++) places.fill(at - first, plan.modelStates[at]);
  return places;
};

const bySingleMarket = ({ positions }: Portfolio): ReadonlyMap<string, readonly Position[]> => {
  const singles = new Map<string, Position[]>();
  for (const position of positions) {
    if (position.legs.length > 1) continue;
    const { market } = position.legs[0]!, on = singles.get(market);
    if (on === undefined) singles.set(market, [position]);
    else on.push(position);
  }
  return singles;
};
