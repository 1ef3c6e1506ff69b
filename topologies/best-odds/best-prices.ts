import { netPriceE10, netPriceScale } from '../../domain/odds.ts';
import type { BestOddsWriter } from '../../schemas/generated/best-odds.ts';
import type { MarketBookWriter } from '../../schemas/generated/market-book.ts';
import type { WindowVisitor } from '../../stream/operators/index.ts';
import type { Task } from '../../stream/task.ts';
import type { LiveBook } from './live-book.ts';
import { type Market, NO_PRICE } from './market.ts';

/** Says the best standing price of each outcome of a market that changed; none of them once no quote is live any more. */
export const bestPrices = (book: LiveBook): WindowVisitor<BestOddsWriter> => ({
  visit(key, window, value, task) {
    const { dictionaries: { keys, strings } } = task, market = book.market(key);
    value.begin(keys.bytes(key));
    value.timestamp(window.endMs);
    writeIdentity(value, key, market, task);
    if (market === undefined) {
      value.inPlay(false);
      value.providers(0);
      value.inverseSum(NaN);
      value.outcomesStart(0);
    } else {
      book.select(market, -Infinity);
      value.inPlay(isInPlay(book, market));
      value.providers(countSelected(book, market));
      value.inverseSum(inverseSum(book, market));
      const outcomes = market.outcomesByName(book.dictionaries);
      let priced = 0;
      for (const outcome of outcomes) if (book.bestBack(market, outcome) >= 0) priced++;
      value.outcomesStart(priced);
      for (const outcome of outcomes) {
        const place = book.bestBack(market, outcome);
        if (place < 0) continue;
        const at = place * market.width + outcome;
        value.outcomesOutcome(strings.bytes(market.outcome[outcome]!));
        value.outcomesPrice(market.price[at]! / 10_000);
        value.outcomesNetPrice(netPriceE10(market.price[at]!, market.commissionPpm[place]!) / netPriceScale);
        value.outcomesProvider(strings.bytes(market.provider[place]!));
        value.outcomesLimitMinor(market.limit?.[at] ?? NaN);
        value.outcomesQuotedAt(market.quotedAt[place]!);
        value.outcomesOffset(market.offset[place]!);
      }
    }
    value.outcomesEnd();
    value.sourcePartition(task.partition);
    value.sourceOffset(book.newestOffset(key));
    value.end();
  },
});

/** Says all live quotes of a market that changed, side by side; a tombstone once none is live any more. */
export const wholeBook = (book: LiveBook): WindowVisitor<MarketBookWriter> => ({
  visit(key, window, value, task) {
    const { dictionaries: { keys } } = task, market = book.market(key);
    if (market === undefined || (book.select(market, -Infinity), countSelected(book, market)) === 0) {
      value.tombstone(keys.bytes(key));
      return;
    }
    value.begin(keys.bytes(key));
    value.timestamp(window.endMs);
    writeIdentity(value, key, market, task);
    value.inPlay(isInPlay(book, market));
    value.quotesStart(countSelected(book, market));
    for (const place of market.providersByName(book.dictionaries)) if (book.counts[place] === 1) writeQuote(value, market, place, task);
    value.quotesEnd();
    value.sourcePartition(task.partition);
    value.sourceOffset(book.newestOffset(key));
    value.end();
  },
});

const writeQuote = (value: MarketBookWriter, market: Market, place: number, { dictionaries }: Task): void => {
  const { strings } = dictionaries, from = place * market.width;
  const isOffered = (outcome: number): boolean => market.price[from + outcome] !== NO_PRICE || (market.lay?.[from + outcome] ?? NO_PRICE) !== NO_PRICE;
  value.quotesProvider(strings.bytes(market.provider[place]!));
  value.quotesQuotedAt(market.quotedAt[place]!);
  value.quotesOffset(market.offset[place]!);
  value.quotesCommission(market.commissionPpm[place]! / 1_000_000);
  value.quotesCurrency(market.currency[place]! < 0 ? undefined : strings.bytes(market.currency[place]!));
  const outcomes = market.outcomesByName(dictionaries);
  let offered = 0;
  for (const outcome of outcomes) if (isOffered(outcome)) offered++;
  value.quotesPricesStart(offered);
  for (const outcome of outcomes) {
    if (!isOffered(outcome)) continue;
    const at = from + outcome;
    value.quotesPricesOutcome(strings.bytes(market.outcome[outcome]!));
    value.quotesPricesPrice(decimal(market.price[at]!));
    value.quotesPricesLimitMinor(market.limit?.[at] ?? NaN);
    value.quotesPricesLay(decimal(market.lay?.[at] ?? NO_PRICE));
    value.quotesPricesLayLimitMinor(market.layLimit?.[at] ?? NaN);
  }
  value.quotesPricesEnd();
};

const decimal = (priceE4: number): number => (priceE4 === NO_PRICE ? NaN : priceE4 / 10_000);

/** Sport, event and market, from the key: they are also known of a market that has been forgotten. */
export const writeIdentity = (
  value: { sport(text: Uint8Array | string): void; eventId(text: Uint8Array | string): void; market(text: Uint8Array | string): void },
  key: number, market: Market | undefined, { dictionaries: { keys } }: Task,
): void => {
  const [sport, eventId, name] = market === undefined ? splitKey(keys.text(key)) : [market.sport, market.eventId, market.name];
  value.sport(sport);
  value.eventId(eventId);
  value.market(name);
};

const splitKey = (key: string): [string, string, string] => {
  const first = key.indexOf(':'), second = key.indexOf(':', first + 1);
  return [key.slice(0, first), key.slice(first + 1, second), key.slice(second + 1)];
};

/** A market is in play once a live quote says so. */
export const isInPlay = (book: LiveBook, market: Market): boolean => {
  for (let place = 0; place < market.providers; place++) if (book.counts[place] === 1 && market.inPlay[place] === 1) return true;
  return false;
};

const countSelected = (book: LiveBook, market: Market): number => {
  let selected = 0;
  for (let place = 0; place < market.providers; place++) selected += book.counts[place]!;
  return selected;
};

/** Σ 1/(best net price) over the catalogue's outcomes; NaN where one has no price, or the market type is unknown. */
const inverseSum = (book: LiveBook, market: Market): number => {
  if (market.catalogue === undefined) return NaN;
  let sum = 0;
  for (const name of market.catalogue.outcomes) {
    const outcome = market.placeOfName(name, book.dictionaries);
    const place = outcome < 0 ? -1 : book.bestBack(market, outcome);
    if (place < 0) return NaN;
    sum += netPriceScale / netPriceE10(market.price[place * market.width + outcome]!, market.commissionPpm[place]!);
  }
  return sum;
};

