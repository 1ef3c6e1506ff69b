import type { Dictionaries } from '../../schemas/codec/columns.ts';
import { QuoteStatus } from '../../schemas/generated/odds-update.ts';
import type { StandingMarketRow, StandingMarketWriter } from '../../schemas/generated/standing-market.ts';
import type { Market } from './market.ts';
import { NO_PRICE, type Quotes } from './quotes.ts';

/** Writes a market down: its quotes, and what of them was last spoken of where that is another. */
export const saveMarket = (
  value: StandingMarketWriter, market: Market, { isWatched, isConfirmed }: { readonly isWatched: boolean; readonly isConfirmed: boolean }, { keys, strings }: Dictionaries,
): void => {
  const { first, end, providers, outcomes, quotes, said } = market;
  let newestMs = 0;
  for (let place = first; place < end; place++) if (market.quotedAt[place]! > newestMs) newestMs = market.quotedAt[place]!;
  value.begin(keys.bytes(market.key));
  value.timestamp(newestMs);
  value.newestOffset(market.newestOffset);
  value.timerMs(market.timerMs);
  value.isShort(market.isShort);
  value.isWatched(isWatched);
  value.isConfirmed(isConfirmed);
  value.outcomesStart(outcomes);
  for (let outcome = 0; outcome < outcomes; outcome++) value.outcomes(strings.bytes(market.outcome[outcome]!));
  value.outcomesEnd();
  value.quotesStart(providers);
  for (let place = first; place < end; place++) {
    const saidLive = market.saidLive[place] === 1, saidSame = !saidLive || quotes.isSame(place, said, place, outcomes);
    value.quotesProvider(strings.bytes(market.provider[place]!));
    value.quotesQuotedAt(market.quotedAt[place]!);
    value.quotesOffset(market.offset[place]!);
    value.quotesSequence(market.sequence[place]!);
    value.quotesStatus(quotes.status[place]!);
    value.quotesInPlay(quotes.inPlay[place] === 1);
    value.quotesCommissionPpm(quotes.commissionPpm[place]!);
    value.quotesCurrency(quotes.currency[place]! < 0 ? undefined : strings.bytes(quotes.currency[place]!));
    value.quotesPricesStart(pricesIn(quotes, place, outcomes));
    for (let outcome = 0; outcome < outcomes; outcome++) {
      const at = place * quotes.width + outcome;
      if (!isPriced(quotes, at)) continue;
      value.quotesPricesOutcome(outcome);
      value.quotesPricesPriceE4(quotes.price[at]!);
      value.quotesPricesLayE4(quotes.lay?.[at] ?? NO_PRICE);
      value.quotesPricesLimitMinor(quotes.limit?.[at] ?? NaN);
      value.quotesPricesLayLimitMinor(quotes.layLimit?.[at] ?? NaN);
    }
    value.quotesPricesEnd();
    value.quotesSaidLive(saidLive);
    value.quotesSaidSame(saidSame);
    value.quotesSaidInPlay(!saidSame && said.inPlay[place] === 1);
    value.quotesSaidCommissionPpm(saidSame ? 0 : said.commissionPpm[place]!);
    value.quotesSaidCurrency(saidSame || said.currency[place]! < 0 ? undefined : strings.bytes(said.currency[place]!));
    value.quotesSaidPricesStart(saidSame ? 0 : pricesIn(said, place, outcomes));
    for (let outcome = 0; outcome < outcomes && !saidSame; outcome++) {
      const at = place * said.width + outcome;
      if (!isPriced(said, at)) continue;
      value.quotesSaidPricesOutcome(outcome);
      value.quotesSaidPricesPriceE4(said.price[at]!);
      value.quotesSaidPricesLayE4(said.lay?.[at] ?? NO_PRICE);
      value.quotesSaidPricesLimitMinor(said.limit?.[at] ?? NaN);
      value.quotesSaidPricesLayLimitMinor(said.layLimit?.[at] ?? NaN);
    }
    value.quotesSaidPricesEnd();
  }
  value.quotesEnd();
  value.end();
};

/** Makes a new market what it was when it was saved. */
export const loadMarket = (row: StandingMarketRow, market: Market): void => {
  market.newestOffset = row.newestOffset;
  market.timerMs = row.timerMs;
  market.isShort = row.isShort;
  for (let at = row.outcomesStart; at < row.outcomesEnd; at++) market.placeOfOutcome(row.outcomes(at));
  if (hasExtras(row)) market.addExtras();
  for (let at = row.quotesStart; at < row.quotesEnd; at++) {
    const place = market.addProvider(row.quotesProvider(at)), { quotes, said } = market;
    market.quotedAt[place] = row.quotesQuotedAt(at);
    market.offset[place] = row.quotesOffset(at);
    market.sequence[place] = row.quotesSequence(at);
    quotes.status[place] = row.quotesStatus(at);
    quotes.inPlay[place] = row.quotesInPlay(at) ? 1 : 0;
    quotes.commissionPpm[place] = row.quotesCommissionPpm(at);
    quotes.currency[place] = row.quotesCurrency(at);
    for (let i = row.quotesPricesStart(at); i < row.quotesPricesEnd(at); i++) {
      setPrice(quotes, place * quotes.width + row.quotesPricesOutcome(i), row.quotesPricesPriceE4(i), row.quotesPricesLayE4(i), row.quotesPricesLimitMinor(i), row.quotesPricesLayLimitMinor(i));
    }
    market.saidLive[place] = row.quotesSaidLive(at) ? 1 : 0;
    if (row.quotesSaidSame(at)) { said.copy(place, quotes, place, market.outcomes); continue; }
    said.status[place] = QuoteStatus.open;
    said.inPlay[place] = row.quotesSaidInPlay(at) ? 1 : 0;
    said.commissionPpm[place] = row.quotesSaidCommissionPpm(at);
    said.currency[place] = row.quotesSaidCurrency(at);
    for (let i = row.quotesSaidPricesStart(at); i < row.quotesSaidPricesEnd(at); i++) {
      setPrice(said, place * said.width + row.quotesSaidPricesOutcome(i), row.quotesSaidPricesPriceE4(i), row.quotesSaidPricesLayE4(i), row.quotesSaidPricesLimitMinor(i), row.quotesSaidPricesLayLimitMinor(i));
    }
  }
};

const isPriced = (quotes: Quotes, at: number): boolean => quotes.price[at] !== NO_PRICE || (quotes.lay !== undefined && quotes.lay[at] !== NO_PRICE);

const pricesIn = (quotes: Quotes, place: number, outcomes: number): number => {
  let count = 0;
  for (let outcome = 0; outcome < outcomes; outcome++) if (isPriced(quotes, place * quotes.width + outcome)) count++;
  return count;
};

/** Whether anything is told but prices to back at. */
const hasExtras = (row: StandingMarketRow): boolean => {
  for (let at = row.quotesStart; at < row.quotesEnd; at++) {
    for (let i = row.quotesPricesStart(at); i < row.quotesPricesEnd(at); i++)
      if (row.quotesPricesLayE4(i) !== NO_PRICE || !Number.isNaN(row.quotesPricesLimitMinor(i)) || !Number.isNaN(row.quotesPricesLayLimitMinor(i))) return true;
    for (let i = row.quotesSaidPricesStart(at); i < row.quotesSaidPricesEnd(at); i++)
      if (row.quotesSaidPricesLayE4(i) !== NO_PRICE || !Number.isNaN(row.quotesSaidPricesLimitMinor(i)) || !Number.isNaN(row.quotesSaidPricesLayLimitMinor(i))) return true;
  }
  return false;
};

const setPrice = (quotes: Quotes, at: number, priceE4: number, layE4: number, limitMinor: number, layLimitMinor: number): void => {
  quotes.price[at] = priceE4;
  if (quotes.lay === undefined) return;
  quotes.lay[at] = layE4;
  quotes.limit![at] = limitMinor;
  quotes.layLimit![at] = layLimitMinor;
};
