import t from 'tap';
import { MarketBookColumns, MarketBookSchema, MarketBookWriter, type MarketBook } from '../generated/market-book.ts';
import { OddsUpdateColumns, OddsUpdateSchema, OddsUpdateWriter, QuoteStatus } from '../generated/odds-update.ts';
import { compileDecoder } from './compile.ts';
import { Control } from './columns.ts';
import { Dictionary } from './dictionary.ts';
import { Reader } from './reader.ts';

const KEY = new TextEncoder().encode('soccer:evt_1:1x2');
const dictionaries = () => ({ keys: new Dictionary(), strings: new Dictionary() });

/** An update with as many outcomes as asked. */
const writeUpdate = (writer: OddsUpdateWriter, timestamp: number, outcomes: number): void => {
  writer.begin(KEY);
  writer.timestamp(timestamp); writer.provider('bookmaker_1'); writer.sport('soccer'); writer.eventId('evt_1'); writer.market('1x2');
  writer.oddsStart(outcomes);
  for (let i = 0; i < outcomes; i++) { writer.oddsName(`o${i}`); writer.odds(2 + i); }
  writer.oddsEnd();
  writer.volume(NaN); writer.status(QuoteStatus.suspended); writer.inPlay(true); writer.startsAt(5); writer.observedAt(NaN); writer.sequence(9); writer.repeat(true);
  writer.currency('EUR'); writer.commission(0.05);
  writer.limitsStart(1); writer.limitsName('home'); writer.limits(100); writer.limitsEnd();
  writer.layStart(0); writer.layEnd(); writer.layLimitsStart(0); writer.layLimitsEnd();
  writer.end();
};

const updates = (counts: readonly number[], into = new OddsUpdateColumns(dictionaries())): OddsUpdateColumns => {
  const writer = new OddsUpdateWriter();
  writer.schemaId = 1;
  counts.forEach((count, index) => writeUpdate(writer, 1000 + index, count));
  const decoder = compileDecoder({ writerAvsc: OddsUpdateSchema.avsc, readerAvsc: OddsUpdateSchema.avsc, keyFields: ['sport', 'event_id', 'market'] });
  const reader = new Reader();
  for (let i = 0; i < writer.size; i++) {
    reader.over(writer.bytes, writer.start(i) + 5, writer.end(i));
    decoder.decode(reader, writer.end(i), into, into.dictionaries.keys.id(KEY, 0, KEY.length), i, KEY, 0, KEY.length);
  }
  return into;
};

const book = (quotes: number, prices: number, timestamp: number): MarketBook => ({
  timestamp, sport: 'soccer', event_id: 'evt_1', market: '1x2', in_play: false, source_partition: 3, source_offset: 2 ** 40,
  quotes: Array.from({ length: quotes }, (_, q) => ({
    provider: `p${q}`, quoted_at: q, offset: q, commission: 0, currency: q % 2 === 0 ? null : 'EUR',
    prices: Array.from({ length: (prices + q) % 4 }, (_, p) => ({ outcome: `o${p}`, price: p + 1.5, limit_minor: null, lay: p % 2 === 0 ? null : 3, lay_limit_minor: 7 })),
  })),
});

const books = (values: readonly MarketBook[]): MarketBookColumns => {
  const writer = new MarketBookWriter();
  writer.schemaId = 1;
  const orNaN = (value: number | null): number => value ?? NaN;
  for (const value of values) {
    writer.begin(KEY);
    writer.timestamp(value.timestamp); writer.sport(value.sport); writer.eventId(value.event_id); writer.market(value.market); writer.inPlay(value.in_play);
    writer.quotesStart(value.quotes.length);
    for (const quote of value.quotes) {
      writer.quotesProvider(quote.provider); writer.quotesQuotedAt(quote.quoted_at); writer.quotesOffset(quote.offset); writer.quotesCommission(quote.commission);
      writer.quotesCurrency(quote.currency ?? undefined);
      writer.quotesPricesStart(quote.prices.length);
      for (const price of quote.prices) {
        writer.quotesPricesOutcome(price.outcome); writer.quotesPricesPrice(orNaN(price.price)); writer.quotesPricesLimitMinor(orNaN(price.limit_minor));
        writer.quotesPricesLay(orNaN(price.lay)); writer.quotesPricesLayLimitMinor(orNaN(price.lay_limit_minor));
      }
      writer.quotesPricesEnd();
    }
    writer.quotesEnd();
    writer.sourcePartition(value.source_partition); writer.sourceOffset(value.source_offset);
    writer.end();
  }
  const columns = new MarketBookColumns(dictionaries());
  const decoder = compileDecoder({ writerAvsc: MarketBookSchema.avsc, readerAvsc: MarketBookSchema.avsc, keyFields: [] });
  const reader = new Reader();
  for (let i = 0; i < writer.size; i++) decoder.decode(reader.over(writer.bytes, writer.start(i) + 5, writer.end(i)), writer.end(i), columns, 0, i, KEY, 0, 0);
  return columns;
};

t.test('columns grow by rows and by items, and keep what they hold', (t) => {
  const columns = updates(Array.from({ length: 1500 }, (_, i) => i % 5));
  for (const index of [0, 4, 255, 256, 257, 1023, 1499]) {
    const value = columns.row(index).toObject();
    t.equal(value.timestamp, 1000 + index);
    t.equal(Object.keys(value.odds).length, index % 5);
    t.equal(value.status, 'suspended');
  }
  t.equal(Object.keys(updates([3000]).row(0).toObject().odds).length, 3000);
  t.end();
});

t.test('nested lists grow and are copied', (t) => {
  const values = Array.from({ length: 600 }, (_, i) => book(i % 4, i % 3, i));
  const columns = books(values);
  const other = columns.empty();
  for (let i = columns.size - 1; i >= 0; i--) other.append(columns, i);
  t.strictSame(columns.row(599).toObject(), values[599]);
  for (let i = 0; i < 600; i += 37) t.strictSame(other.row(599 - i).toObject(), values[i]);
  const row = columns.row(597);
  t.equal(row.quotesEnd - row.quotesStart, 597 % 4);
  t.equal(row.text(row.quotesProvider(row.quotesStart)), 'p0');
  t.equal(row.quotesCurrency(row.quotesStart), -1);
  t.end();
});

t.test('a control record has no key and no contents', (t) => {
  const columns = updates([2]);
  const provider = columns.dictionaries.strings.idOf('betfair');
  columns.appendControl(Control.down, 8, 2000, provider);
  columns.appendControl(Control.tick, 9, 2001, -1);
  const row = columns.row(1);
  t.match({ key: row.key, offset: row.offset, timestamp: row.timestamp, control: row.control, subject: row.text(row.subject), keyText: row.keyText, isDead: row.isDead },
    { key: -1, offset: 8, timestamp: 2000, control: Control.down, subject: 'betfair', keyText: '', isDead: false });
  t.equal(row.oddsEnd - row.oddsStart, 0);
  t.equal(row.text(row.provider), '');
  t.equal(columns.row(2).subject, -1);
  t.end();
});

t.test('a tombstone has a key and no contents', (t) => {
  const columns = updates([2]);
  columns.appendTombstone(0, 8, 2000);
  const row = columns.row(1);
  t.match({ keyText: row.keyText, control: row.control, timestamp: row.timestamp, subject: row.subject }, { keyText: 'soccer:evt_1:1x2', control: Control.tombstone, timestamp: 2000, subject: -1 });
  t.end();
});

t.test('a dead row keeps who it is and loses what it says', (t) => {
  const columns = updates([3, 3]);
  columns.blankLast(1500);
  const { timestamp, key, offset, isDead, keyText } = columns.row(1);
  t.strictSame({ timestamp, key, offset, isDead, keyText }, { timestamp: 1500, key: 0, offset: 1, isDead: true, keyText: 'soccer:evt_1:1x2' });
  t.strictSame(columns.row(1).toObject(), {
    timestamp: 1500, provider: 'bookmaker_1', sport: 'soccer', event_id: 'evt_1', market: '1x2', odds: {}, volume: null, status: 'open', in_play: false, starts_at: null,
    observed_at: null, sequence: null, repeat: false, currency: null, commission: 0, limits: {}, lay: {}, lay_limits: {},
  });
  t.equal(columns.row(0).isDead, false);
  t.equal(Object.keys(columns.row(0).toObject().odds).length, 3);
  updates([1], columns);
  t.strictSame(columns.row(2).toObject().odds, { o0: 2 }, 'the next row follows it');
  t.equal(columns.row(2).isDead, false);
  t.end();
});

t.test('the last row can be dropped, and all cleared', (t) => {
  const columns = updates([3, 2]);
  columns.dropLast();
  updates([1], columns);
  t.strictSame([columns.size, columns.row(1).toObject().odds], [2, { o0: 2 }]);
  columns.clear();
  updates([2], columns);
  t.strictSame([columns.size, columns.row(0).toObject().odds], [1, { o0: 2, o1: 3 }]);
  t.end();
});

t.test('all that rows hold is marked, and nothing else', (t) => {
  const columns = updates([2, 3]);
  columns.dropLast();
  columns.appendControl(Control.up, 5, 5, columns.dictionaries.strings.idOf('betfair'));
  const { keys, strings } = columns.dictionaries;
  keys.idOf('gone');
  const markedKeys = new Uint8Array(keys.capacity), marked = new Uint8Array(strings.capacity);
  columns.mark(markedKeys, marked);
  t.equal(keys.collect(markedKeys), 1);
  strings.collect(marked);
  const left = Array.from({ length: strings.capacity }, (_, id) => (marked[id] === 1 ? strings.text(id) : undefined)).filter((text) => text !== undefined);
  t.strictSame(left.sort(), ['1x2', 'EUR', 'betfair', 'bookmaker_1', 'evt_1', 'home', 'o0', 'o1', 'soccer']);
  const nested = books([book(3, 2, 1)]);
  const nestedMarked = new Uint8Array(nested.dictionaries.strings.capacity);
  nested.mark(new Uint8Array(1), nestedMarked);
  t.equal(nested.dictionaries.strings.collect(nestedMarked), 0, 'the strings of nested lists too');
  t.end();
});
