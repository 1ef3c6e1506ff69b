// What the compiler must refuse. Checked by `tsc`: an expectation that is not met is an error.
import type { Observable } from 'rxjs';
import { type FairOddsWriter } from '../schemas/generated/fair-odds.ts';
import type { MarketBookRow } from '../schemas/generated/market-book.ts';
import type { OddsUpdateRow } from '../schemas/generated/odds-update.ts';
import type { BestOddsWriter } from '../schemas/generated/best-odds.ts';
import { topics } from '../schemas/topics.ts';
import type { Batch } from './batch.ts';
import { Fate } from './fates.ts';
import { into, type KeyedStore, tumblingWindow, type WindowVisitor, write, writeRows } from './operators/index.ts';
import { type Outputs, topology } from './topology.ts';

type MarketKey = 'sport:event_id:market';
declare const updates: Observable<Batch<OddsUpdateRow, MarketKey>>;
declare const books: Observable<Batch<MarketBookRow, MarketKey>>;
declare const ofUpdates: KeyedStore<OddsUpdateRow, MarketKey>;
declare const ofBooks: KeyedStore<MarketBookRow, MarketKey>;
declare const byEvent: KeyedStore<OddsUpdateRow, 'event_id'>;
declare const saysBest: WindowVisitor<BestOddsWriter>;
declare const saysFair: WindowVisitor<FairOddsWriter>;
declare const best: Outputs<{ best: typeof topics.bestOdds }>['best'];
declare const fair: Outputs<{ fair: typeof topics.fairOdds }>['fair'];
const window = { sizeMs: 1_000, latenessMs: 500 };

// As it should be.
updates.pipe(tumblingWindow(window), into(ofUpdates), write(topics.bestOdds, saysBest)) satisfies typeof best;
books.pipe(writeRows(topics.fairOdds, (row, writer) => { writer.timestamp(row.quotesQuotedAt(0)); return Fate.applied; })) satisfies typeof fair;

// Stages in order.
// @ts-expect-error into without a window
updates.pipe(into(ofUpdates));
// @ts-expect-error write without into
updates.pipe(tumblingWindow(window), write(topics.bestOdds, saysBest));
// @ts-expect-error write straight from the source
updates.pipe(write(topics.bestOdds, saysBest));
// @ts-expect-error a window of what has been in one
updates.pipe(tumblingWindow(window), tumblingWindow(window));
// @ts-expect-error rows of what has been reduced to keys
updates.pipe(tumblingWindow(window), into(ofUpdates), writeRows(topics.bestOdds, () => Fate.applied));

// Stores that take these rows.
// @ts-expect-error a store of books is given updates
updates.pipe(tumblingWindow(window), into(ofBooks));

// Keys that the topic is partitioned by.
// @ts-expect-error the store is keyed by event, the stream by market
updates.pipe(tumblingWindow(window), into(byEvent));
// @ts-expect-error the target is partitioned by event, the stream by market
updates.pipe(tumblingWindow(window), into(ofUpdates), write(topics.events, { visit: () => undefined }));
// @ts-expect-error the same without state
books.pipe(writeRows(topics.events, () => Fate.applied));
// @ts-expect-error nobody knows what became of the row
books.pipe(writeRows(topics.fairOdds, () => undefined));

// Writers and visitors of this topic.
// @ts-expect-error a visitor that writes fair odds for a topic of best odds
updates.pipe(tumblingWindow(window), into(ofUpdates), write(topics.bestOdds, saysFair));
// @ts-expect-error a writer of best odds for a topic of fair odds
books.pipe(writeRows(topics.fairOdds, (_row: MarketBookRow, writer: BestOddsWriter) => { writer.inverseSum(1); return Fate.applied; }));
// @ts-expect-error a visitor of rows of another topic
updates.pipe(writeRows(topics.fairOdds, (row: MarketBookRow) => { row.quotesOffset(0); return Fate.applied; }));

const some = { name: 'some', version: 1, source: topics.oddsUpdates, stores: {}, horizonMs: () => 0 } as const;
topology({ ...some, reads: ['odds'], targets: { best: topics.bestOdds }, build: () => ({ best }) });
// @ts-expect-error a field that an odds update does not have
topology({ ...some, reads: ['odd'], targets: { best: topics.bestOdds }, build: () => ({ best }) });

// Targets: all of them, and no others.
// @ts-expect-error a target is missing
topology({ ...some, targets: { best: topics.bestOdds, fair: topics.fairOdds }, build: () => ({ best }) });
// @ts-expect-error a target is surplus
topology({ ...some, targets: { best: topics.bestOdds }, build: () => ({ best, fair }) });
// @ts-expect-error values of another topic
topology({ ...some, targets: { best: topics.bestOdds }, build: () => ({ best: fair }) });

// What is built is built from the source's rows and the declared stores.
topology({ ...some, targets: { best: topics.bestOdds }, build: (rows) => {
  rows satisfies typeof updates;
  // @ts-expect-error not the rows of books
  rows satisfies typeof books;
  return { best };
} });
topology({ ...some, targets: { best: topics.bestOdds }, build: (_rows, _config, stores) => {
  // @ts-expect-error a store that was not declared
  void stores.book;
  return { best };
} });
