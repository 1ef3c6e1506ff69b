import t from 'tap';
import { type Event, EventSchema } from '../../schemas/generated/event.ts';
import { type MarketBook, MarketBookSchema } from '../../schemas/generated/market-book.ts';
import { type Position, PositionSchema } from '../../schemas/generated/position.ts';
import { topics } from '../../schemas/topics.ts';
import { LatestForTests } from '../testing/latest-for-tests.ts';
import { Watch, type WatchOptions } from './watch.ts';

const T = Date.UTC(2026, 2, 1, 12), MARKET = 'football:e1:1x2', DAY_MS = 86_400_000;
const leg = (event = 'e1', market = '1x2', outcome = 'home', price = 2.5) => ({ sport: 'football', event_id: event, market, outcome, price });
const bet = (id: string, more: Partial<Position> = {}): Position => ({
  timestamp: T, account_id: 'ada', bet_id: id, user_id: 'ada', syndicate_id: null, provider: 'house', currency: 'EUR', side: 'back', stake_minor: 1_000, liability_minor: 1_000, free_bet: false, commission: 0,
  legs: [leg()], status: 'open', accepted_at: T, settled_at: null, pnl_minor: null, version: null, source_partition: 3, source_offset: 70, ...more,
});
const book = (market: string, prices: Readonly<Record<string, number>>, timestamp = T): MarketBook => ({
  timestamp, sport: 'football', event_id: 'e1', market, in_play: false, source_partition: 0, source_offset: 0,
  quotes: [{ provider: 'acme', quoted_at: timestamp, offset: 0, commission: 0, currency: null, prices: Object.entries(prices).map(([outcome, price]) => ({ outcome, price, limit_minor: null, lay: null, lay_limit_minor: null })) }],
});
const event = (more: Partial<Event> = {}): Event => ({
  timestamp: T, event_id: 'e1', sport: 'football', competition: 'E0', home: 'Reds', away: 'Blues', starts_at: T + 3_600_000, status: 'scheduled', home_score: null, away_score: null, provider: '', ...more,
});

const opened = async (options: Partial<WatchOptions> = {}) => {
  const positions = new LatestForTests<Position>(PositionSchema.avsc), books = new LatestForTests<MarketBook>(MarketBookSchema.avsc), events = new LatestForTests<Event>(EventSchema.avsc);
  const of = new Map<unknown, LatestForTests<unknown>>([[topics.positions, positions as LatestForTests<unknown>], [topics.marketBooks, books as LatestForTests<unknown>], [topics.events, events as LatestForTests<unknown>]]);
  const watch = await Watch.open({
    namespace: 'test', latestValues: (topic, onChange = () => undefined) => {
      const values = of.get(topic)!;
      values.onChange = onChange;
      return Promise.resolve(values);
    },
  }, { kinds: ['house', 'user', 'syndicate'], currency: 'EUR', rates: { GBP: 1.25 }, ...options });
  return { watch, positions, books, events };
};

t.test('a portfolio is touched by its bets, its markets and its events, and by no others', async (t) => {
  const { watch, positions, books, events } = await opened();
  t.strictSame([...watch.touched()], []);
  positions.put('ada:b1', bet('b1'));
  positions.put('bob:b2', bet('b2', { account_id: 'bob', user_id: 'bob', syndicate_id: 'alpha', provider: 'betfair' }));
  t.strictSame([...watch.touched()].sort(), ['house', 'syndicate:alpha', 'user:ada', 'user:bob']);
  t.strictSame([...watch.touched()], []);
  for (const portfolio of ['house', 'user:ada']) watch.snapshot(portfolio, DAY_MS);
  books.put(MARKET, book('1x2', { home: 2.5, draw: 3.4, away: 3 }));
  t.strictSame([...watch.touched()].sort(), ['house', 'user:ada'], 'those that were looked at');
  books.put('football:e2:1x2', book('1x2', { home: 2.5, draw: 3.4, away: 3 }));
  events.put('e2', event({ event_id: 'e2' }));
  t.strictSame([...watch.touched()], []);
  events.put('e1', event());
  t.strictSame([...watch.touched()].sort(), ['house', 'user:ada']);
  positions.put('ada:b1', null);
  t.strictSame([...watch.touched()].sort(), ['house', 'user:ada'], 'also by what is forgotten');
  watch.snapshot('house', DAY_MS);
  watch.snapshot('user:ada', DAY_MS);
  books.put(MARKET, book('1x2', { home: 2.6, draw: 3.4, away: 3 }));
  t.strictSame([...watch.touched()], [], 'and no longer by what it was on');
});

t.test('a snapshot says what is held, what it is worth, and as of which offsets', async (t) => {
  const { watch, positions, books, events } = await opened();
  positions.put('ada:b1', bet('b1'));
  positions.put('ada:b2', bet('b2', { timestamp: T + 5, legs: [leg('e1', 'totals:2.5', 'over', 2)], source_offset: 71 }));
  books.put(MARKET, book('1x2', { home: 2, draw: 4, away: 4 }, T + 9));
  events.put('e1', event({ status: 'live', home_score: 1, away_score: 0 }));
  watch.touched();
  const house = watch.snapshot('house', DAY_MS);
  t.match(house, {
    portfolio: 'house', timestampMs: T + 9, activeBets: 2, dailyPnlMinor: 0, newest: { partition: 3, offset: 71 },
    positions: [{ id: 'b1', isCounterparty: true, legs: [{ market: MARKET, outcome: 'home', priceE4: 25_000 }] }, { id: 'b2', isCounterparty: true }],
    events: [{ id: 'football:e1', competition: 'E0', isInPlay: true, score: { home: 1, away: 0 } }],
    markets: [{ market: MARKET, probabilities: [0.5, 0.25, 0.25], decided: null }, { market: 'football:e1:totals:2.5', outcomes: ['over', 'under'], probabilities: [0.5, 0.5] }],
    flags: [{ market: 'football:e1:totals:2.5', code: 'price_unknown' }],
    inputs: [{ topic: 'test.positions', partition: 0, next_offset: 2 }, { topic: 'test.market-books', partition: 0, next_offset: 1 }, { topic: 'test.events', partition: 0, next_offset: 1 }],
  });
  positions.put('ada:b3', bet('b3', { currency: 'USD' }));
  watch.touched();
  t.match(watch.snapshot('house', DAY_MS), { activeBets: 3, positions: [{ id: 'b1' }, { id: 'b2' }], flags: [{}, { market: MARKET, code: 'no_rate' }] });
  t.equal(watch.snapshot('user:ada', DAY_MS).positions[0]!.isCounterparty, false);
  t.strictSame(watch.snapshot('user:ada', 1_000).positions.length, 0, 'beyond the horizon');
  t.strictSame(watch.snapshot('user:ada', 1_000).activeBets, 3);
});

t.test('a price that went missing counts as last known, and a final score decides', async (t) => {
  const { watch, positions, books, events } = await opened();
  positions.put('ada:b1', bet('b1'));
  books.put(MARKET, book('1x2', { home: 2, draw: 4, away: 4 }));
  events.put('e1', event());
  watch.touched();
  watch.snapshot('house', DAY_MS);
  books.put(MARKET, null);
  watch.touched();
  t.match(watch.snapshot('house', DAY_MS), { markets: [{ probabilities: [0.5, 0.25, 0.25], decided: null }], flags: [{ market: MARKET, code: 'price_missing' }] });
  books.put(MARKET, book('1x2', { home: 3 }));
  t.match(watch.snapshot('house', DAY_MS).flags, [{ market: MARKET, code: 'price_missing' }], 'nor has a book that is not whole a fair price');
  events.put('e1', event({ status: 'finished', home_score: 1, away_score: 1 }));
  const { flags, markets } = watch.snapshot('house', DAY_MS);
  t.strictSame([flags, markets[0]!.decided], [[], ['lost', 'won', 'lost']]);
});

t.test('what was settled today counts, in the base currency and from the owner\'s side', async (t) => {
  const { watch, positions } = await opened();
  const settled = (id: string, pnlMinor: number, more: Partial<Position> = {}): void => { positions.put(`ada:${id}`, bet(id, { status: 'settled', settled_at: T + 1_000, timestamp: T + 1_000, pnl_minor: pnlMinor, ...more })); };
  settled('b1', 1_500);
  settled('b2', -400, { currency: 'GBP' });
  settled('b3', 9_000, { settled_at: T - DAY_MS });
  settled('b4', 9_000, { provider: 'betfair' });
  watch.touched();
  t.equal(watch.snapshot('user:ada', DAY_MS).dailyPnlMinor, 1_500 - 500 + 9_000);
  t.equal(watch.snapshot('house', DAY_MS).dailyPnlMinor, -1_000);
  t.equal(watch.snapshot('house', DAY_MS).activeBets, 0);
});
