/** Whose the tail is: component CVaR. */
import { multiplePnl } from './ends.ts';
import { tail } from './measures.ts';
import { statesOf } from './simulate.ts';
import type { Plan, SimulationOptions } from './types.ts';

export interface Contribution {
  /** `sport:event_id`; a multiple as `bet:<id>`; `assets`, all of them. */
  readonly component: string;
  /** Base minor units; below zero where it makes the tail lighter. */
  readonly cvar95Minor: number;
}

const LEVEL = 0.95;
const eventOf = (unitId: string): string => unitId.split(':', 2).join(':');

/** The paths of the tail, and how much each of them counts: those at VaR share what is left of the fraction. */
const tailOf = (pnl: Int32Array, valueAtRisk: number): { readonly paths: Int32Array; readonly weights: Float64Array } => {
  const beyond: number[] = [], at: number[] = [];
  for (let path = 0; path < pnl.length; path++) {
    if (-pnl[path]! > valueAtRisk) beyond.push(path);
    else if (-pnl[path]! === valueAtRisk) at.push(path);
  }
  const size = (1 - LEVEL) * pnl.length, rest = (size - beyond.length) / at.length;
  return { paths: Int32Array.from([...beyond, ...at]), weights: Float64Array.from([...beyond.map(() => 1 / size), ...at.map(() => rest / size)]) };
};

/**
 * What each event, each multiple and the assets have in the CVaR at 95 %: its mean loss in the tail of the whole. They add up to it (Tasche, "Capital allocation to business units
 * and sub-portfolios: the Euler principle", 2007). `multipleIds` are the positions that the plan's multiples are, in its order. The largest first.
 */
export const contributions = (plan: Plan, pnl: Int32Array, options: SimulationOptions, multipleIds: readonly string[]): Contribution[] => {
  const { paths, weights } = tailOf(pnl, tail(pnl, LEVEL).valueAtRisk.value);
  const states = statesOf(plan, options, paths), sums = new Map<string, number>(), rest = Float64Array.from(paths, (path) => -pnl[path]!);
  const add = (component: string, lossOf: (i: number) => number): void => {
    let sum = 0;
    for (let i = 0; i < paths.length; i++) {
      const loss = lossOf(i);
      sum += weights[i]! * loss;
      rest[i]! -= loss;
    }
    sums.set(component, (sums.get(component) ?? 0) + sum);
  };
  for (const [u, id] of plan.unitIds.entries()) {
    const amounts = plan.pnl.subarray(plan.firstState[u], plan.firstState[u + 1]), column = states[u]!;
    if (amounts.some((amount) => amount !== 0)) add(eventOf(id), (i) => -amounts[column[i]!]!);
  }
  for (const [m, id] of multipleIds.entries()) add(`bet:${id}`, (i) => -multiplePnl(plan, m, (unit) => states[unit]![i]!));
  if (plan.assetIds.length > 0) add('assets', (i) => rest[i]!);
  return Array.from(sums, ([component, sum]) => ({ component, cvar95Minor: sum * plan.scaleMinor })).sort((a, b) => b.cvar95Minor - a.cvar95Minor || (a.component < b.component ? -1 : 1));
};
