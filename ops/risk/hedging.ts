import { latestValues } from '../../connectors/kafka/latest-values.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { HOUSE } from '../../domain/bets/purse.ts';
import { toCommissionPpm, toPriceE4 } from '../../domain/odds.ts';
import { type Hedge, type HedgeCandidate, type HedgeEnds, hedges } from '../../domain/var/hedges.ts';
import type { RiskInputs } from '../../domain/var/inputs.ts';
import { compile, planOfUnits } from '../../domain/var/plan.ts';
import { simulate, statesOf } from '../../domain/var/simulate.ts';
import type { Model, SimulationOptions } from '../../domain/var/types.ts';
import { modelOf } from '../../domain/var/units.ts';
import { ValueRows } from '../../runtime/value-rows.ts';
import { type MarketBook, MarketBookSchema } from '../../schemas/generated/market-book.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import type { Config } from '../config/config.ts';

export interface HedgingOptions {
  readonly inputs: RiskInputs;
  /** Events on whose markets hedges are looked for, `sport:event_id`. */
  readonly events: ReadonlySet<string>;
  readonly books: readonly MarketBook[];
  /** The largest stake, also where a provider says no limit, and what stakes are multiples of, minor units. */
  readonly limitMinor: number;
  readonly stepMinor: number;
  readonly maxCostMinor: number;
}

/** Chosen and judged by so many of the portfolio's own paths: each candidate is tried on all of them, time and again. */
const PATHS = 20_000;
const LEVEL = 0.95;

/** The live books of these markets, as they are now. */
export const liveBooks = async ({ brokers, registryUrl, namespace }: Config, markets: Iterable<string>, onWarning: (message: string) => void): Promise<MarketBook[]> => {
  const schemas = new SchemaRegistry(registryUrl, { namespace });
  const values = await latestValues({ brokers, topic: topicName(topics.marketBooks, namespace), schemaOf: (id) => schemas.schemaOf(id), onWarning });
  try {
    const rows = new ValueRows(MarketBookSchema, values);
    return [...markets].flatMap((market) => {
      const bytes = values.value(market);
      return bytes === undefined ? [] : [rows.row(bytes).toObject()];
    });
  } finally {
    await values.close();
  }
};

/** Bets at live prices that make the portfolio's tail lighter: backing at whoever gives the best price, or laying on an exchange. */
export const hedgesOf = ({ inputs, events, books, limitMinor, stepMinor, maxCostMinor }: HedgingOptions): readonly Hedge[] => {
  const { model } = modelOf(inputs), options = { seed: inputs.seed, paths: Math.min(PATHS, inputs.paths), isCorrelated: true };
  const plan = compile(inputs.portfolio, model), ways = new Ways({ factors: model.factors, units: model.units.filter(({ event }) => events.has(event)) }, options);
  const candidates = books.flatMap((book) => candidatesOf(book, inputs.portfolio.currency, limitMinor, stepMinor)).filter(({ market, outcome }) => ways.has(market, outcome));
  return hedges({ pnl: simulate(plan, options), scaleMinor: plan.scaleMinor, endsOf: (candidate) => ways.of(candidate) }, candidates, { level: LEVEL, maxCostMinor });
};

/** How units end on each path, and what that makes of outcomes. */
class Ways {
  readonly #model: Model;
  readonly #states: readonly Uint16Array[];
  readonly #unitOf = new Map<string, number>();

  constructor(model: Model, options: SimulationOptions) {
    this.#model = model;
    this.#states = statesOf(planOfUnits(model), options, Int32Array.from({ length: options.paths }, (_, path) => path));
    for (const [u, { markets }] of model.units.entries()) for (const market of markets.keys()) this.#unitOf.set(market, u);
  }

  has(market: string, outcome: string): boolean {
    const unit = this.#unitOf.get(market);
    return unit !== undefined && this.#model.units[unit]!.markets.get(market)!.outcomes.includes(outcome);
  }

  of({ market, outcome }: HedgeCandidate): HedgeEnds {
    const u = this.#unitOf.get(market)!, { markets, probabilities } = this.#model.units[u]!, { outcomes, classes } = markets.get(market)!, at = outcomes.indexOf(outcome);
    return { classes: classes.map((row) => row[at]!), probabilities, ends: this.#states[u]! };
  }
}

/** The best price of each outcome and side, after commission. */
const candidatesOf = ({ sport, event_id: eventId, market, quotes }: MarketBook, currency: string, limitMinor: number, stepMinor: number): HedgeCandidate[] => {
  const best = new Map<string, { readonly candidate: HedgeCandidate; readonly worth: number }>();
  for (const { provider, commission, currency: of, prices } of quotes) {
    const commissionPpm = toCommissionPpm(commission);
    if (provider === HOUSE || commissionPpm === undefined || (of !== null && of !== currency)) continue;
    for (const { outcome, price, limit_minor: limit, lay, lay_limit_minor: layLimit } of prices) {
      for (const [side, decimal, most] of [['back', price, limit], ['lay', lay, layLimit]] as const) {
        const priceE4 = decimal === null ? undefined : toPriceE4(decimal), offeredMinor = Math.floor(Math.min(most ?? limitMinor, limitMinor) / stepMinor) * stepMinor;
        if (typeof priceE4 !== 'number' || offeredMinor === 0) continue;
        // What is won for each unit that is risked; of a lay the stake is won and the rest of the price risked.
        const odds = priceE4 / 10_000 - 1, worth = (side === 'back' ? odds : 1 / odds) * (1 - commission), key = `${side} ${outcome}`;
        if (worth > (best.get(key)?.worth ?? 0)) best.set(key, { worth, candidate: { market: `${sport}:${eventId}:${market}`, outcome, side, priceE4, provider, limitMinor: offeredMinor, stepMinor, commissionPpm } });
      }
    }
  }
  return Array.from(best.values(), ({ candidate }) => candidate);
};
