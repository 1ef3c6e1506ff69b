import { additive, consensus, multiplicative, power, shin, type DevigMethod, type DevigResult } from '../../domain/devig.ts';
import { catalogueOf, type Catalogue } from '../../domain/market.ts';
import { netPriceE10, netPriceScale, toCommissionPpm, toPriceE4 } from '../../domain/odds.ts';
import type { MarketBookRow } from '../../schemas/generated/market-book.ts';

/** One provider's prices without the margin, or why there are none. `at` is its quote's place in the book. */
export interface ProviderFair {
  readonly at: number;
  /** Σ 1/price less the number of winners, over what it quotes. */
  readonly overround: number;
  /** In the catalogue's order; empty where there is an error. */
  readonly probabilities: readonly number[];
  readonly error: string | undefined;
}

export interface FairOutcome {
  readonly outcome: string;
  readonly probability: number;
  readonly lowest: number;
  readonly highest: number;
}

export interface FairPrices {
  /** The method that was used: of two winners only the multiplicative one knows. */
  readonly method: DevigMethod;
  readonly outcomes: readonly FairOutcome[];
  readonly providers: readonly ProviderFair[];
}

/**
 * What a book says each outcome is worth: each provider's whole offer devigged on its own, and the consensus of those that could be. Prices are
 * net of commission, for what an exchange keeps is its margin as the overround is a bookmaker's. Where a market can push, probabilities are those given
 * that it does not. Nothing is thrown: a provider without a solution says why, `market_unknown` (its complete set of outcomes is not known), `outcomes_incomplete`,
 * `outcome_unknown` (it quotes one that the market does not have, so its prices are of another bet), or a code of `DevigError`.
 */
export const fairPrices = (book: MarketBookRow, method: DevigMethod): FairPrices => {
  const catalogue = catalogueOf(book.text(book.market));
  const used = catalogue === undefined || catalogue.winners === 1 ? method : 'multiplicative';
  const providers: ProviderFair[] = [];
  for (let at = book.quotesStart; at < book.quotesEnd; at++) providers.push(fairOf(book, at, catalogue, used));
  return { method: used, outcomes: catalogue === undefined ? [] : together(catalogue, providers), providers };
};

const fairOf = (book: MarketBookRow, at: number, catalogue: Catalogue | undefined, method: DevigMethod): ProviderFair => {
  const commission = book.quotesCommission(at), offered = new Map<string, number>();
  for (let price = book.quotesPricesStart(at); price < book.quotesPricesEnd(at); price++) {
    const decimal = book.quotesPricesPrice(price);
    if (!Number.isNaN(decimal)) offered.set(book.text(book.quotesPricesOutcome(price)), netPrice(decimal, commission));
  }
  const overround = Array.from(offered.values(), (price) => 1 / price).reduce((sum, implied) => sum + implied, -(catalogue?.winners ?? 1));
  const failed = (error: string): ProviderFair => ({ at, overround, probabilities: [], error });
  if (catalogue === undefined) return failed('market_unknown');
  const prices = catalogue.outcomes.flatMap((outcome) => offered.get(outcome) ?? []);
  if (prices.length < catalogue.outcomes.length) return failed('outcomes_incomplete');
  if (offered.size > prices.length) return failed('outcome_unknown');
  const result = devig[method](prices, catalogue.winners);
  return result.ok ? { at, overround: result.overround, probabilities: result.probabilities, error: undefined } : failed(result.error.code);
};

const devig: Readonly<Record<DevigMethod, (prices: readonly number[], winners: number) => DevigResult>> = { multiplicative, additive, power, shin };

/** The price after commission. One that is none stays as it is, for the devig to refuse. */
const netPrice = (decimal: number, commission: number): number => {
  if (commission === 0) return decimal;
  const priceE4 = toPriceE4(decimal), commissionPpm = toCommissionPpm(commission);
  return typeof priceE4 === 'string' || commissionPpm === undefined ? decimal : netPriceE10(priceE4, commissionPpm) / netPriceScale;
};

/** The consensus of the providers that have a solution, and how far they lie apart; empty where none has. */
const together = ({ outcomes, winners }: Catalogue, providers: readonly ProviderFair[]): FairOutcome[] => {
  const solved = providers.filter(({ error }) => error === undefined);
  // Where all outcomes but one win, it is the one loser whose chances exclude each other: the pool is made of those.
  const isOfLosers = winners > 1, side = (p: number): number => (isOfLosers ? 1 - p : p);
  const pooled = consensus(solved.map(({ probabilities }) => ({ probabilities: probabilities.map(side) })));
  if (!pooled.ok) return [];
  return outcomes.map((outcome, i) => {
    const of = solved.map(({ probabilities }) => probabilities[i]!);
    return { outcome, probability: side(pooled.probabilities[i]!), lowest: Math.min(...of), highest: Math.max(...of) };
  });
};
