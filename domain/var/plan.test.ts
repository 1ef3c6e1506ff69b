import fc from 'fast-check';
import t from 'tap';
import { modelArb, pnlOf, portfolioArb, unitOf } from './book-for-tests.ts';
import { LATENT_ONE } from './latent.ts';
import { normal } from './normal.ts';
import { compile } from './plan.ts';
import type { LegClass } from '../payout.ts';
import { type Model, NO_THRESHOLD, type Plan, type Portfolio, type Position, VarError } from './types.ts';

/** Told again, one bet at a time and in decimals: what a portfolio makes where each market has ended so. */
const told = (positions: readonly Position[], classOf: (market: string, outcome: string) => LegClass): number => {
  const nets = new Map<string, number>();
  let total = 0;
  for (const position of positions) {
    const { account, provider, commissionPpm, isCounterparty, isFreeBet, legs, side, stakeMinor } = position;
    let factor = 1, standing = 1;
    for (const { market, outcome, priceE4 } of legs) {
      const price = priceE4 / 10_000;
      const [returned, stake] = { won: [price, 1], lost: [0, 0], push: [1, 1], void: [1, 1], half_won: [(price + 1) / 2, 1], half_lost: [0.5, 0.5] }[classOf(market, outcome)] as [number, number];
      factor *= returned;
      standing *= stake;
    }
    const backer = stakeMinor * (isFreeBet ? factor - standing : factor - 1), profit = (side === 'lay' ? -1 : 1) * (isCounterparty ? -1 : 1) * backer;
    total += profit;
    if (commissionPpm > 0 && !isCounterparty) {
      const key = `${account} ${provider} ${legs[0]!.market}`;
      nets.set(key, (nets.get(key) ?? 0) + profit);
    }
  }
  for (const net of nets.values()) total -= 0.02 * Math.max(0, net);
  return total;
};

/** Every way in which the units can end. */
const endings = (sizes: readonly number[]): number[][] => sizes.reduce<number[][]>((all, size) => all.flatMap((so) => Array.from({ length: size }, (_, state) => [...so, state])), [[]]);

const found = (portfolio: Portfolio, model: Model): { readonly plan: Plan; readonly worst: number } => {
  const plan = compile(portfolio, model), units = plan.unitIds.map((id) => model.units.find((unit) => unit.id === id)!);
  let worst = 0;
  for (const ending of endings(units.map(({ probabilities }) => probabilities.length))) {
    const expected = told(portfolio.positions, (market, outcome) => {
      const u = units.findIndex(({ markets }) => markets.has(market)), { outcomes, classes } = units[u]!.markets.get(market)!;
      return classes[ending[u]!]![outcomes.indexOf(outcome)]!;
    });
    // The plan's states may stand for several of the unit's: those that pay alike.
    const states = units.map((unit, u) => {
      const cumulated = unit.probabilities.slice(0, ending[u]! + 1).reduce((sum, p) => sum + p, 0) - unit.probabilities[ending[u]!]! / 2;
      let state = 0, sum = plan.probabilities[plan.firstState[u]!]!;
      while (sum < cumulated) sum += plan.probabilities[plan.firstState[u]! + ++state]!;
      return state;
    });
    worst = Math.max(worst, Math.abs(pnlOf(plan, states) * plan.scaleMinor - expected));
  }
  return { plan, worst };
};

const bookArb = (maxLegs: number) => modelArb(4, 2).chain((model) => fc.record({ model: fc.constant(model), portfolio: portfolioArb(model, { maxPositions: 8, maxLegs }) }));

t.test('in every way that markets can end, a plan pays what the bets pay', (t) => {
  fc.assert(fc.property(bookArb(3), ({ model, portfolio }) => {
    const { plan, worst } = found(portfolio, model);
    // Each payout and each commission is rounded by half a unit.
    return (plan.scaleMinor > 1 || plan.errorBoundMinor === 0) && worst <= plan.errorBoundMinor + 0.5 * portfolio.positions.length * 2 + 1e-6;
  }), { numRuns: 200 });
  t.end();
});

t.test('large amounts and other currencies: within the bound that is said', (t) => {
  fc.assert(fc.property(bookArb(2), fc.double({ min: 0.01, max: 500, noNaN: true }), ({ model, portfolio }, rate) => {
    const large: Portfolio = { ...portfolio, currency: 'EUR', rates: { GBP: rate }, positions: portfolio.positions.map((position) => ({ ...position, stakeMinor: position.stakeMinor * 1_000 })) };
    const exact = compile({ ...large, positions: [] }, model), plan = compile(large, model), inBase = found({ ...large, rates: {}, currency: 'GBP' }, model);
    const again = found(large, model);
    return exact.unitIds.length === 0 && Math.log2(plan.scaleMinor) % 1 === 0 && plan.pnl.every((pnl) => Math.abs(pnl) < 2 ** 23) && inBase.worst <= inBase.plan.errorBoundMinor + large.positions.length
      && again.plan.errorBoundMinor <= plan.scaleMinor * (plan.unitIds.length + plan.lostPnl.length) / 2 + 1e-6;
  }), { numRuns: 50 });
  t.end();
});

t.test('thresholds cut the latent by the probabilities', (t) => {
  fc.assert(fc.property(modelArb(4, 3).chain((model) => portfolioArb(model, { maxPositions: 6, maxLegs: 1 }).map((portfolio) => compile(portfolio, model))), (plan) => plan.unitIds.every((_, u) => {
    const loadings = [...plan.loadings.subarray(3 * u, 3 * u + 3), plan.own[u]!], sd = Math.hypot(...loadings) / 128 * LATENT_ONE;
    let below = 0;
    for (let state = plan.firstState[u]!; state < plan.firstState[u + 1]!; state++) {
      const p = normal(plan.thresholds[state]! / sd) - below;
      below += p;
      if (Math.abs(p - plan.probabilities[state]!) > 1e-6) return false;
    }
    return plan.thresholds[plan.firstState[u + 1]! - 1] === NO_THRESHOLD && loadings.reduce((sum, loading) => sum + Math.abs(loading), 0) < 3.7 * 128;
  })));
  t.end();
});

const model: Model = { factors: [], units: [unitOf('football:e1', '1x2', [0.5, 0.3, 0.2]), unitOf('football:e2', 'totals:2.5', [0.5, 0.5])] };
const bet: Position = {
  id: 'b1', account: 'ada', provider: 'bet365', legs: [{ market: 'football:e1:1x2', outcome: 'home', priceE4: 25_000 }], side: 'back', stakeMinor: 1_000, currency: 'GBP', isFreeBet: false, commissionPpm: 0, isCounterparty: false,
};
const portfolio: Portfolio = { name: 'test', currency: 'GBP', rates: {}, positions: [bet], assets: [], horizonMs: 86_400_000 };

t.test('states that pay alike are one', (t) => {
  const plan = compile(portfolio, model);
  t.strictSame([[...plan.pnl], [...plan.probabilities], plan.unitIds], [[1_500, -1_000], [0.5, 0.5], ['football:e1:1x2']]);
  t.end();
});

t.test('an asset gains its standard deviation', (t) => {
  const { assetGain, scaleMinor, errorBoundMinor } = compile({ ...portfolio, positions: [], horizonMs: 365.25 * 86_400_000, assets: [{ id: 'index', quantity: 10, price: 20, currency: 'GBP', volatility: 0.2 }] }, model);
  t.strictSame([[...assetGain], scaleMinor], [[1_000], 1], '£40 are 1,000 times 4 pence');
  t.ok(errorBoundMinor > 0 && errorBoundMinor < 10, String(errorBoundMinor));
  t.end();
});

t.test('what no plan can be made of is named', (t) => {
  const refused = (changed: Partial<Portfolio>, changedModel: Model = model): string => {
    try {
      compile({ ...portfolio, ...changed }, changedModel);
      return 'compiled';
    } catch (error) {
      if (!(error instanceof VarError)) throw error;
      return `${error.code}: ${error.message}`;
    }
  };
  const [leg] = bet.legs as [Position['legs'][number]], unit = model.units[0]!;
  t.match(refused({ positions: [{ ...bet, legs: [{ ...leg, market: 'football:e9:1x2' }] }] }), /^market_unknown: position b1: .*football:e9:1x2/);
  t.match(refused({ positions: [{ ...bet, legs: [{ ...leg, outcome: 'over' }] }] }), /^outcome_unknown: .*'over', but home, draw, away/);
  t.match(refused({ positions: [{ ...bet, currency: 'USD' }] }), /^no_rate: .*USD to GBP/);
  t.match(refused({ positions: [{ ...bet, stakeMinor: -5 }] }), /^bad_position: position b1: /);
  t.match(refused({}, { ...model, units: [{ ...unit, probabilities: [0.5, 0.3, 0.3] }] }), /^bad_probabilities: football:e1:1x2: .*0.5, 0.3, 0.3/);
  t.match(refused({}, { ...model, units: [{ ...unit, probabilities: [0.5, NaN, 0.5] }] }), /^bad_probabilities: football:e1:1x2/);
  t.match(refused({}, { factors: ['a', 'b'], units: [{ ...unit, loadings: [0.8, 0.7] }] }), /^bad_loadings: football:e1:1x2: the squares/);
  t.match(refused({}, { factors: ['a'], units: [{ ...unit, loadings: [NaN] }] }), /^bad_loadings/);
  t.match(refused({ assets: [{ id: 'index', quantity: NaN, price: 1, currency: 'GBP', volatility: 0.1 }] }), /^bad_position: asset index/);
  const quarters = Array.from({ length: 14 }, (_, i) => unitOf(`football:q${i}`, 'totals:3', [0.4, 0.2, 0.4]));
  t.match(refused({ positions: [{ ...bet, legs: quarters.map(({ id }) => ({ market: id, outcome: 'over', priceE4: 19_000 })) }] }, { factors: [], units: quarters }), /^too_many_combinations: position b1: its 14 legs can end in 16384 ways/);
  t.end();
});
