import type { DevigMethod as Method } from '../../domain/devig.ts';
import { Control } from '../../schemas/codec/columns.ts';
import { DevigMethod, type FairOddsWriter } from '../../schemas/generated/fair-odds.ts';
import type { MarketBookRow } from '../../schemas/generated/market-book.ts';
import { topics } from '../../schemas/topics.ts';
import { Fate } from '../../stream/fates.ts';
import { writeRows } from '../../stream/operators/index.ts';
import type { Task } from '../../stream/task.ts';
import { topology } from '../../stream/topology.ts';
import { fairPrices } from './fair-prices.ts';

export interface FairOddsConfig {
  /** How the margin is taken out. */
  readonly method: Method;
}

/** What the market thinks of each outcome: every provider's prices without the margin, and their consensus. One value for each book, none for a market that is over. */
export const fairOdds = topology({
  name: 'fair-odds',
  version: 1,
  source: topics.marketBooks,
  reads: ['timestamp', 'sport', 'event_id', 'market', 'in_play', 'quotes'],
  targets: { fair: topics.fairOdds },
  stores: {},
  horizonMs: (_config: FairOddsConfig) => 0,

  build: (books, { method }) => ({
    fair: books.pipe(writeRows(topics.fairOdds, (book: MarketBookRow, value, { task }) => {
      if (book.control === Control.none) writeFair(book, method, value, task);
      return Fate.applied;
    })),
  }),
});

const writeFair = (book: MarketBookRow, method: Method, value: FairOddsWriter, { dictionaries: { keys, strings }, partition }: Task): void => {
  const { method: used, outcomes, providers } = fairPrices(book, method);
  value.begin(keys.bytes(book.key));
  value.timestamp(book.timestamp);
  value.sport(strings.bytes(book.sport));
  value.eventId(strings.bytes(book.eventId));
  value.market(strings.bytes(book.market));
  value.inPlay(book.inPlay);
  value.method(DevigMethod[used]);
  value.outcomesStart(outcomes.length);
  for (const { outcome, probability, lowest, highest } of outcomes) {
    value.outcomesOutcome(outcome);
    value.outcomesProbability(probability);
    value.outcomesLowest(lowest);
    value.outcomesHighest(highest);
  }
  value.outcomesEnd();
  value.providersStart(providers.length);
  for (const { at, overround, probabilities, error } of providers) {
    value.providersProvider(strings.bytes(book.quotesProvider(at)));
    value.providersOverround(overround);
    value.providersProbabilitiesStart(probabilities.length);
    for (const probability of probabilities) value.providersProbabilities(probability);
    value.providersProbabilitiesEnd();
    value.providersError(error);
    value.providersOffset(book.quotesOffset(at));
  }
  value.providersEnd();
  value.sourcePartition(partition);
  value.sourceOffset(book.offset);
  value.end();
};
