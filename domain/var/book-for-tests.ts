/** Random books for tests: models of a few markets, and portfolios on them. */
import fc from 'fast-check';
import { catalogueOf } from '../market.ts';
import type { Model, Plan, Portfolio, Position, Unit } from './types.ts';
import { LOST } from './types.ts';

const marketNames = ['1x2', 'totals:2.5', 'totals:3', 'asian_handicap:-0.75', 'double_chance', 'moneyline'] as const;

/** A market that is a unit of its own, in the catalogue's order. */
export const unitOf = (event: string, market: string, probabilities: readonly number[], loadings: readonly number[] = []): Unit => {
  const { outcomes, resultRows } = catalogueOf(market)!;
  return { id: `${event}:${market}`, event, probabilities, loadings, markets: new Map([[`${event}:${market}`, { outcomes, classes: resultRows }]]) };
};

/** Up to so many markets, tied by so many factors. */
export const modelArb = (maxUnits: number, factors = 0): fc.Arbitrary<Model> => fc.array(fc.record({
  market: fc.constantFrom(...marketNames),
  weights: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 4, maxLength: 4 }),
  loadings: fc.array(fc.double({ min: -0.55, max: 0.55, noNaN: true }), { minLength: factors, maxLength: factors }),
}), { minLength: 1, maxLength: maxUnits }).map((markets) => ({
  factors: Array.from({ length: factors }, (_, i) => `factor ${i}`),
  units: markets.map(({ market, weights, loadings }, i) => {
    const used = weights.slice(0, catalogueOf(market)!.resultRows.length), sum = used.reduce((total, weight) => total + weight, 0);
    return unitOf(`football:e${i}`, market, used.map((weight) => weight / sum), loadings);
  }),
}));

const legArb = ({ units }: Model) => fc.record({ unit: fc.nat(units.length - 1), outcome: fc.nat(), priceE4: fc.integer({ min: 10_100, max: 90_000 }) }).map(({ unit, outcome, priceE4 }) => {
  const [[market, { outcomes }]] = [...units[unit]!.markets] as unknown as [[string, { readonly outcomes: readonly string[] }]];
  return { market, outcome: outcomes[outcome % outcomes.length]!, priceE4 };
});

const positionArb = (model: Model, maxLegs: number): fc.Arbitrary<Position> => fc.record({
  legs: fc.uniqueArray(legArb(model), { minLength: 1, maxLength: Math.min(maxLegs, model.units.length), selector: ({ market }) => market }),
  isLay: fc.boolean(), isExchange: fc.boolean(), isFreeBet: fc.boolean(), isCounterparty: fc.boolean(), account: fc.constantFrom('ada', 'bob'), stakeMinor: fc.integer({ min: 1, max: 20_000 }),
}).map(({ legs, isLay, isExchange, isFreeBet, isCounterparty, account, stakeMinor }) => ({
  id: '', account, provider: isExchange ? 'betfair' : 'bet365', legs, side: isLay && isExchange && legs.length === 1 ? 'lay' as const : 'back' as const, stakeMinor, currency: 'GBP',
  isFreeBet: isFreeBet && !isLay, commissionPpm: isExchange && legs.length === 1 ? 20_000 : 0, isCounterparty,
}));

export const portfolioArb = (model: Model, { maxPositions, maxLegs }: { readonly maxPositions: number; readonly maxLegs: number }): fc.Arbitrary<Portfolio> =>
  fc.array(positionArb(model, maxLegs), { minLength: 1, maxLength: maxPositions }).map((positions) => ({
    name: 'test', currency: 'GBP', rates: {}, positions: positions.map((position, i) => ({ ...position, id: `p${i}` })), assets: [], horizonMs: 86_400_000,
  }));

/** A plan's P&L where each unit has ended in one of its states, counted from 0; in units of the scale. */
export const pnlOf = (plan: Plan, states: readonly number[]): number => {
  let pnl = 0;
  for (const [u, state] of states.entries()) pnl += plan.pnl[plan.firstState[u]! + state]!;
  for (let m = 0; m < plan.lostPnl.length; m++) {
    let at = plan.firstPayoff[m]!, isLost = false;
    for (let leg = plan.firstLeg[m]!; leg < plan.firstLeg[m + 1]!; leg++) {
      const step = plan.steps[plan.firstStep[leg]! + states[plan.legUnit[leg]!]!]!;
      if (step === LOST) isLost = true;
      else at += step;
    }
    pnl += isLost ? plan.lostPnl[m]! : plan.payoffs[at]!;
  }
  return pnl;
};

/** The same bets from the other side: what was worst is best. */
export const mirrored = (plan: Plan): Plan => ({ ...plan, pnl: plan.pnl.map((pnl) => -pnl), payoffs: plan.payoffs.map((pnl) => -pnl), lostPnl: plan.lostPnl.map((pnl) => -pnl) });
