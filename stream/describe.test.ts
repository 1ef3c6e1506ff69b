import { NEVER } from 'rxjs';
import t from 'tap';
import { fingerprint } from '../schemas/codec/fingerprint.ts';
import { topics } from '../schemas/topics.ts';
import { describe } from './describe.ts';
import { WindowStateSchema } from '../schemas/generated/window-state.ts';
import type { Store } from './task.ts';
import { topology } from './topology.ts';

class Standing implements Store {
  readonly entries = WindowStateSchema;
  save(): void { /* of no account here */ }
  load(): void { /* of no account here */ }
  readonly earliestTimerMs = Infinity;
  mark(): void { /* holds nothing */ }
}

const some = topology({
  name: 'some', version: 3, source: topics.oddsUpdates, reads: ['timestamp', 'odds'], targets: { second: topics.marketBooks, first: topics.bestOdds },
  stores: { book: Standing }, horizonMs: () => 0, build: () => ({ first: NEVER, second: NEVER }),
});

t.test('a topology as text', (t) => {
  t.strictSame(describe(some).split('\n'), [
    'topology some, version 3',
    `source   odds-updates, by sport:event_id:market, 8 partitions, delete, oddstream.OddsUpdate ${fingerprint(topics.oddsUpdates.schema.avsc)}`,
    '         reads odds, timestamp',
    `target   first: best-odds, by sport:event_id:market, 8 partitions, delete, oddstream.BestOdds ${fingerprint(topics.bestOdds.schema.avsc)}`,
    `target   second: market-books, by sport:event_id:market, 8 partitions, compact, oddstream.MarketBook ${fingerprint(topics.marketBooks.schema.avsc)}`,
    'store    book: Standing',
    '',
  ]);
  const { reads: _, ...all } = some;
  t.match(describe({ ...all, stores: {} }), /reads all fields[^]*store {4}none\n$/);
  t.end();
});
