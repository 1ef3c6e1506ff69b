import type { MarketBookRow } from '../../schemas/generated/market-book.ts';
import type { Hash } from './hash-cache.ts';

/** The field of an outcome: its name; with one underscore more where it begins with one, so that none is mistaken for `_meta`. */
export const fieldOf = (outcome: string): string => (outcome.startsWith('_') ? `_${outcome}` : outcome);

/**
 * A market book as the hash of its market: per outcome the back prices as JSON {provider: price}, providers by name; in `_meta` the partition of the
 * record, whether the market is in play, how many providers have a live quote, and lay prices by outcome and provider where there are any.
 * The JSON is put together by hand: an object would bring providers that are called by numbers into another order.
 */
export const bookFields = (row: MarketBookRow, partition: number): Hash => {
  const back = new Map<string, string>(), lay = new Map<string, string>();
  for (let quote = row.quotesStart; quote < row.quotesEnd; quote++) {
    const provider = JSON.stringify(row.text(row.quotesProvider(quote)));
    for (let at = row.quotesPricesStart(quote); at < row.quotesPricesEnd(quote); at++) {
      const outcome = row.text(row.quotesPricesOutcome(at));
      addPrice(back, outcome, provider, row.quotesPricesPrice(at));
      addPrice(lay, outcome, provider, row.quotesPricesLay(at));
    }
  }
  const fields: string[] = [];
  for (const [outcome, prices] of back) fields.push(fieldOf(outcome), `{${prices}}`);
  const lays = Array.from(lay, ([outcome, prices]) => `${JSON.stringify(outcome)}:{${prices}}`);
  return {
    fields,
    rest: `"partition":${partition},"in_play":${row.inPlay},"providers":${row.quotesEnd - row.quotesStart}${lays.length > 0 ? `,"lay":{${lays.join(',')}}` : ''}}`,
  };
};

const addPrice = (byOutcome: Map<string, string>, outcome: string, provider: string, price: number): void => {
  if (Number.isNaN(price)) return;
  const held = byOutcome.get(outcome);
  byOutcome.set(outcome, `${held === undefined ? '' : `${held},`}${provider}:${price}`);
};
