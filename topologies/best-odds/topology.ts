import { share } from 'rxjs';
import { topics } from '../../schemas/topics.ts';
import { into, tumblingWindow, write } from '../../stream/operators/index.ts';
import { topology } from '../../stream/topology.ts';
import { type ArbitrageConfig, arbitrageLifecycle } from './arbitrage-lifecycle.ts';
import { bestPrices, wholeBook } from './best-prices.ts';
import { LiveBook } from './live-book.ts';
import { readsOfBook } from './market.ts';
import { OpenArbitrages } from './open-arbitrages.ts';

export interface BestOddsConfig extends ArbitrageConfig {
  readonly windowMs: number;
  /** How long a window waits for updates that a slower feed delivers out of order. */
  readonly latenessMs: number;
  /** How long a quote lives without being confirmed: twice the time within which feeds resend it. */
  readonly quoteTtlMs: number;
}

/** The live book of each market once a second, its best prices, and the arbitrages among them. */
export const bestOdds = topology({
  name: 'best-odds',
  version: 1,
  source: topics.oddsUpdates,
  reads: readsOfBook,
  targets: { best: topics.bestOdds, arbitrages: topics.arbitrage, books: topics.marketBooks },
  stores: { book: LiveBook, open: OpenArbitrages },
  horizonMs: ({ windowMs, latenessMs, quoteTtlMs }: BestOddsConfig) => quoteTtlMs + windowMs + latenessMs,
  withoutHorizon: ['open'], //  an arbitrage stays open for as long as it stands

  build(updates, config, { book, open }) {
    const changed = updates.pipe(
      tumblingWindow({ sizeMs: config.windowMs, latenessMs: config.latenessMs }), //  slices of rows, each up to a window's end
      into(book.expiringAfter(config.quoteTtlMs)), //  the standing book; at the end, the markets that changed
      share(),
    );
    return {
      best: changed.pipe(write(topics.bestOdds, bestPrices(book))),
      arbitrages: changed.pipe(write(topics.arbitrage, arbitrageLifecycle(book, open, config))),
      books: changed.pipe(write(topics.marketBooks, wholeBook(book))),
    };
  },
});
