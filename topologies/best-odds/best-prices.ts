import { netPriceE10, netPriceScale } from '../../domain/odds.ts';
import type { BestOddsWriter } from '../../schemas/generated/best-odds.ts';
import type { MarketBookWriter } from '../../schemas/generated/market-book.ts';
import type { WindowVisitor } from '../../stream/operators/index.ts';
import type { Task } from '../../stream/task.ts';
import type { LiveBook } from './live-book.ts';
import type { Market } from './market.ts';
import { NO_PRICE, type Quotes } from './quotes.ts';

/** Says the best standing price of each outcome of a market that changed; none of them once no quote is live any more. */
export const bestPrices = (book: LiveBook): WindowVisitor<BestOddsWriter> => ({
  asOf: (key) => book.asOf(key),
  visit(key, window, value, task) {
    const { dictionaries: { keys, strings } } = task, market = book.market(key);
    value.begin(keys.bytes(key));
    value.timestamp(window.endMs);
    writeIdentity(value, market);
    const inverseSum = weigh(book, market);
    value.inPlay(isInPlay(book, market));
    value.providers(countSelected(book, market));
    value.inverseSum(inverseSum);
    const { width, price, commissionPpm, limit } = market.quotes;
    const outcomes = market.outcomesByName(book.dictionaries);
    let priced = 0;
    for (const outcome of outcomes) if (book.best[outcome]! >= 0) priced++;
    value.outcomesStart(priced);
    for (const outcome of outcomes) {
      const place = book.best[outcome]!;
      if (place < 0) continue;
      const at = place * width + outcome;
      value.outcomesOutcome(strings.bytes(market.outcome[outcome]!));
      value.outcomesPrice(price[at]! / 10_000);
      value.outcomesNetPrice(netPriceE10(price[at]!, commissionPpm[place]!) / netPriceScale);
      value.outcomesProvider(strings.bytes(market.provider[place]!));
      value.outcomesLimitMinor(limit?.[at] ?? NaN);
      value.outcomesQuotedAt(market.quotedAt[place]!);
      value.outcomesOffset(market.offset[place]!);
    }
    value.outcomesEnd();
    value.sourcePartition(task.partition);
    value.sourceOffset(market.newestOffset);
    value.end();
  },
});

/** Says all live quotes of a market that changed, side by side; a tombstone once none is live any more. */
export const wholeBook = (book: LiveBook): WindowVisitor<MarketBookWriter> => ({
  asOf: (key) => book.asOf(key),
  visit(key, window, value, task) {
    const { dictionaries: { keys } } = task, market = book.market(key);
    book.select(market, -Infinity);
    if (countSelected(book, market) === 0) {
      value.tombstone(keys.bytes(key));
      return;
    }
    value.begin(keys.bytes(key));
    value.timestamp(window.endMs);
    writeIdentity(value, market);
    value.inPlay(isInPlay(book, market));
    value.quotesStart(countSelected(book, market));
    for (const place of market.providersByName(book.dictionaries)) if (book.counts[place] === 1) writeQuote(value, market, market.first + place, task);
    value.quotesEnd();
    value.sourcePartition(task.partition);
    value.sourceOffset(market.newestOffset);
    value.end();
  },
});

const writeQuote = (value: MarketBookWriter, market: Market, place: number, { dictionaries }: Task): void => {
  const { strings } = dictionaries, { quotes } = market, { price, limit, lay, layLimit } = quotes, from = place * quotes.width;
  value.quotesProvider(strings.bytes(market.provider[place]!));
  value.quotesQuotedAt(market.quotedAt[place]!);
  value.quotesOffset(market.offset[place]!);
  value.quotesCommission(quotes.commissionPpm[place]! / 1_000_000);
  value.quotesCurrency(quotes.currency[place]! < 0 ? undefined : strings.bytes(quotes.currency[place]!));
  const outcomes = market.outcomesByName(dictionaries);
  let offered = 0;
  for (const outcome of outcomes) if (isOffered(quotes, from + outcome)) offered++;
  value.quotesPricesStart(offered);
  for (const outcome of outcomes) {
    const at = from + outcome;
    if (!isOffered(quotes, at)) continue;
    value.quotesPricesOutcome(strings.bytes(market.outcome[outcome]!));
    value.quotesPricesPrice(decimal(price[at]!));
    value.quotesPricesLimitMinor(limit === undefined ? NaN : limit[at]!);
    value.quotesPricesLay(lay === undefined ? NaN : decimal(lay[at]!));
    value.quotesPricesLayLimitMinor(layLimit === undefined ? NaN : layLimit[at]!);
  }
  value.quotesPricesEnd();
};

const isOffered = ({ price, lay }: Quotes, at: number): boolean => price[at] !== NO_PRICE || (lay !== undefined && lay[at] !== NO_PRICE);

const decimal = (priceE4: number): number => (priceE4 === NO_PRICE ? NaN : priceE4 / 10_000);

/** Sport, event and market, as the key spells them. */
export const writeIdentity = (
  value: { sport(text: Uint8Array): void; eventId(text: Uint8Array): void; market(text: Uint8Array): void }, { sport, eventId, name }: Market,
): void => {
  value.sport(sport);
  value.eventId(eventId);
  value.market(name);
};

/** A market is in play once a live quote says so. */
export const isInPlay = (book: LiveBook, market: Market): boolean => {
  const { first, providers, places: { quotes: { inPlay } } } = market, { counts } = book;
  for (let i = 0; i < providers; i++) if (inPlay[first + i] === 1 && counts[i] === 1) return true;
  return false;
};

const countSelected = (book: LiveBook, market: Market): number => {
  let selected = 0;
  for (let i = 0; i < market.providers; i++) selected += book.counts[i]!;
  return selected;
};

/** Selects the live quotes of a market and finds the best of them; says and keeps their inverse sum. */
const weigh = (book: LiveBook, market: Market): number => {
  book.select(market, -Infinity);
  book.findBest(market);
  market.weighedAsOf = book.asOf(market.key);
  return market.inverseSum = inverseSumFound(book, market);
};

/** Σ 1/(best net price) of a market's live quotes over the catalogue's outcomes; NaN where an outcome has none. Kept until one of them is another. */
export const inverseSumOf = (book: LiveBook, market: Market): number => (market.weighedAsOf === book.asOf(market.key) ? market.inverseSum : weigh(book, market));

/** Σ 1/(best net price) over the catalogue's outcomes, as found; NaN where one has no price, or the market type is unknown. */
const inverseSumFound = (book: LiveBook, market: Market): number => {
  const places = market.cataloguePlaces(book.dictionaries), { width, price, commissionPpm } = market.quotes;
  if (places === undefined) return NaN;
  let sum = 0;
  for (const outcome of places) {
    const place = book.best[outcome]!;
    if (place < 0) return NaN;
    sum += netPriceScale / netPriceE10(price[place * width + outcome]!, commissionPpm[place]!);
  }
  return sum;
};
