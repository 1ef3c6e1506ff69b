import { catalogueOf, parseRecordKey } from '../../domain/market.ts';
import type { LatestValues } from '../../runtime/ports.ts';
import { ValueRows } from '../../runtime/value-rows.ts';
import { type MarketBook, type MarketBookRow, MarketBookSchema, type MarketBookWriter } from '../../schemas/generated/market-book.ts';
import { fairPrices } from '../../topologies/fair-odds/fair-prices.ts';

/** What a market's outcomes are worth. */
export interface MarketView {
  readonly outcomes: readonly string[];
  /** Given that nothing is pushed; they sum to how many win. */
  readonly probabilities: readonly number[];
  /** `price_missing`: no live price, so the last known; `price_unknown`: none was ever seen, so by what the bets were taken at. */
  /** Event time of the book that it was read from, epoch ms; 0 where there is none. */
  readonly timestampMs: number;
  readonly flag: 'price_missing' | 'price_unknown' | undefined;
}

/** Views that are kept; those that were not asked for for longest are forgotten first. */
const MAX_VIEWS = 100_000;
/** Of a market whose outcomes are not known: all that nobody has bet on. */
const ANOTHER = 'another';
/** The most that outcomes which were bet on are worth together: something is left for the others. */
const MOST_TAKEN = 0.98;

/** Fair probabilities of markets, from their live books. */
export class MarketViews {
  readonly #values: LatestValues;
  readonly #rows: ValueRows<MarketBook, MarketBookRow, MarketBookWriter>;
  readonly #known = new Map<string, { readonly bytes: Uint8Array; readonly view: MarketView }>();

  constructor(values: LatestValues) {
    this.#values = values;
    this.#rows = new ValueRows(MarketBookSchema, values);
  }

  /** `taken` are decimal prices at which there are bets, by outcome: they count where no price was ever seen. */
  view(market: string, taken: ReadonlyMap<string, number>): MarketView {
    const bytes = this.#values.value(market), known = this.#known.get(market);
    if (bytes !== undefined && known?.bytes === bytes) return known.view;
    const row = bytes === undefined ? undefined : this.#rows.row(bytes), fair = row === undefined ? [] : fairPrices(row, 'shin').outcomes;
    if (fair.length > 0) {
      const view: MarketView = { outcomes: fair.map(({ outcome }) => outcome), probabilities: fair.map(({ probability }) => probability), timestampMs: row!.timestamp, flag: undefined };
      this.#known.delete(market);
      this.#known.set(market, { bytes: bytes!, view });
      if (this.#known.size > MAX_VIEWS) this.#known.delete(this.#known.keys().next().value!);
      return view;
    }
    return known === undefined ? viewOfTaken(market, taken) : { ...known.view, flag: 'price_missing' };
  }
}

/** Without any price: each outcome that was bet on is worth what was paid for it, and the others share what is left. Where several win, all are worth the same. */
export const viewOfTaken = (market: string, taken: ReadonlyMap<string, number>): MarketView => {
  const key = parseRecordKey(market), catalogue = key.ok ? catalogueOf(key.value.market) : undefined, flag = 'price_unknown', timestampMs = 0;
  const outcomes = catalogue?.outcomes ?? [...[...taken.keys()].sort(), ANOTHER], winners = catalogue?.winners ?? 1;
  if (winners > 1) return { outcomes, probabilities: outcomes.map(() => winners / outcomes.length), timestampMs, flag };
  const implied = outcomes.map((outcome) => (taken.has(outcome) ? 1 / taken.get(outcome)! : 0)), sum = implied.reduce((all, p) => all + p, 0);
  const open = implied.filter((p) => p === 0).length, scale = open === 0 ? 1 / sum : Math.min(1, MOST_TAKEN / sum);
  return { outcomes, probabilities: implied.map((p) => (p === 0 ? (1 - sum * scale) / open : p * scale)), timestampMs, flag };
};
