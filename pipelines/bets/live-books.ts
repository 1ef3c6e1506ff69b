import { toCommissionPpm, toPriceE4 } from '../../domain/odds.ts';
import type { LiveMarket, LiveMarkets } from '../../domain/bets/placement.ts';
import { HOUSE } from '../../domain/bets/purse.ts';
import type { Side } from '../../domain/bets/types.ts';
import type { Offer } from '../../domain/routing.ts';
import type { LatestValues } from '../../runtime/ports.ts';
import { ValueRows } from '../../runtime/value-rows.ts';
import { type MarketBook, type MarketBookRow, MarketBookSchema, type MarketBookWriter } from '../../schemas/generated/market-book.ts';
import { fairPrices } from '../../topologies/fair-odds/fair-prices.ts';

export interface LiveBooksOptions {
  /** What we take of one bet at most, minor units of any currency. */
  readonly houseLimitMinor: number;
  /** Books that were heard of longer ago are no longer live, ms. */
  readonly maxSilenceMs: number;
  readonly clock: () => number;
}

type BookRows = ValueRows<MarketBook, MarketBookRow, MarketBookWriter>;

/** Decoded books are kept until a newer one comes; so many at most. */
const MAX_DECODED = 50_000;

/**
 * The live books as markets to bet on. Values lie in memory as bytes, and one is decoded when it is first asked for. The house offers the median of the
 * bookmakers' prices: it follows the market, and no single palpable error moves it.
 */
export class LiveBooks {
  readonly #values: LatestValues;
  readonly #options: LiveBooksOptions;
  readonly #rows: BookRows;
  readonly #decoded = new Map<string, { readonly bytes: Uint8Array; readonly market: LiveMarket }>();

  constructor(values: LatestValues, options: LiveBooksOptions) {
    this.#values = values;
    this.#rows = new ValueRows(MarketBookSchema, values);
    this.#options = options;
  }

  readonly market: LiveMarkets = (sport, eventId, market) => {
    const key = `${sport}:${eventId}:${market}`, bytes = this.#values.value(key);
    if (bytes === undefined) { this.#decoded.delete(key); return undefined; }
    if (this.#options.clock() - this.#values.heardMs > this.#options.maxSilenceMs) return 'stale';
    let known = this.#decoded.get(key);
    if (known?.bytes !== bytes) {
      if (this.#decoded.size >= MAX_DECODED) this.#decoded.clear();
      known = { bytes, market: new BookMarket(bytes, this.#rows, this.#options.houseLimitMinor) };
      this.#decoded.set(key, known);
    }
    return known.market;
  };
}

class BookMarket implements LiveMarket {
  readonly isInPlay: boolean;
  readonly #bytes: Uint8Array;
  readonly #rows: BookRows;
  readonly #houseLimitMinor: number;
  readonly #offers = new Map<string, readonly Offer[]>();
  /** Of each of those lists: commands bring names of any sort, and two of them put together could be read as two others. */
  readonly #byProvider = new WeakMap<readonly Offer[], Map<string, readonly Offer[]>>();
  #fair: ReadonlyMap<string, number> | undefined;

  constructor(bytes: Uint8Array, rows: BookRows, houseLimitMinor: number) {
    this.#bytes = bytes;
    this.#rows = rows;
    this.#houseLimitMinor = houseLimitMinor;
    this.isInPlay = rows.row(bytes).inPlay;
  }

  offers(outcome: string, side: Side): readonly Offer[] {
    const key = `${side}:${outcome}`;
    let offers = this.#offers.get(key);
    if (offers === undefined) this.#offers.set(key, offers = this.#found(outcome, side));
    return offers;
  }

  offersOf(provider: string, outcome: string, side: Side): readonly Offer[] {
    const all = this.offers(outcome, side);
    let byProvider = this.#byProvider.get(all);
    if (byProvider === undefined) this.#byProvider.set(all, byProvider = new Map());
    let offers = byProvider.get(provider);
    if (offers === undefined) {
      offers = all.filter((one) => one.provider === provider);
      if (offers.length > 0) byProvider.set(provider, offers); //  names that nobody has are not kept
    }
    return offers;
  }

  fairProbability(outcome: string): number | undefined {
    this.#fair ??= new Map(fairPrices(this.#rows.row(this.#bytes), 'shin').outcomes.map((one) => [one.outcome, one.probability]));
    return this.#fair.get(outcome);
  }

  #found(outcome: string, side: Side): Offer[] {
    const offers: Offer[] = [], bookmakers: number[] = [], row = this.#rows.row(this.#bytes);
    for (let quote = row.quotesStart; quote < row.quotesEnd; quote++) {
      const price = priceAt(row, quote, outcome), commissionPpm = toCommissionPpm(row.quotesCommission(quote)), provider = row.text(row.quotesProvider(quote));
      const priceE4 = price < 0 ? undefined : toPriceE4(side === 'back' ? row.quotesPricesPrice(price) : row.quotesPricesLay(price));
      if (typeof priceE4 !== 'number' || commissionPpm === undefined || provider === HOUSE) continue;
      if (commissionPpm === 0 && side === 'back') bookmakers.push(priceE4);
      const limit = side === 'back' ? row.quotesPricesLimitMinor(price) : row.quotesPricesLayLimitMinor(price), currency = row.quotesCurrency(quote);
      offers.push({ provider, priceE4, commissionPpm, currency: currency < 0 ? null : row.text(currency), limitMinor: Number.isNaN(limit) ? undefined : limit });
    }
    if (bookmakers.length > 0) {
      bookmakers.sort((a, b) => a - b);
      offers.push({ provider: HOUSE, priceE4: bookmakers[(bookmakers.length - 1) >> 1]!, commissionPpm: 0, currency: null, limitMinor: this.#houseLimitMinor });
    }
    return offers;
  }
}

/** Where a quote's price of an outcome is; -1 where it has none. */
const priceAt = (row: MarketBookRow, quote: number, outcome: string): number => {
  for (let price = row.quotesPricesStart(quote), end = row.quotesPricesEnd(quote); price < end; price++) if (row.text(row.quotesPricesOutcome(price)) === outcome) return price;
  return -1;
};
