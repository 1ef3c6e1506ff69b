import t from 'tap';
import { type MarketBook, MarketBookSchema } from '../../schemas/generated/market-book.ts';
import { LatestForTests } from '../testing/latest-for-tests.ts';
import { LiveBooks } from './live-books.ts';

t.test('names that command and market make together never stand for others', (t) => {
  const books = new LatestForTests<MarketBook>(MarketBookSchema.avsc), prices = ['x', 'x:y'].map((outcome, i) => ({ outcome, price: 2 + i, limit_minor: null, lay: null, lay_limit_minor: null }));
  books.put('golf:g:winner', { timestamp: 1, sport: 'golf', event_id: 'g', market: 'winner', in_play: false, source_partition: 0, source_offset: 0, quotes: [{ provider: 'acme', quoted_at: 1, offset: 0, commission: 0, currency: null, prices }] });
  const market = new LiveBooks(books, { houseLimitMinor: 100, maxSilenceMs: Infinity, clock: () => 0 }).market('golf', 'g', 'winner');
  if (market === undefined || market === 'stale') throw new Error('there is no market');
  const pricesOf = (provider: string, outcome: string): number[] => market.offersOf(provider, outcome, 'back').map(({ priceE4 }) => priceE4);
  for (let again = 0; again < 2; again++) {
    t.strictSame([pricesOf('acme', 'x'), pricesOf('house', 'x'), pricesOf('acme', 'x:y')], [[20_000], [20_000], [30_000]]);
    t.strictSame([market.offers('x:acme', 'back'), market.offers('x:house', 'back'), pricesOf('y:acme', 'x'), pricesOf('acme:x', 'y'), pricesOf('nobody', 'x')], [[], [], [], [], []]);
  }
  t.end();
});
