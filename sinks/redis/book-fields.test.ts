import t from 'tap';
import type { MarketBook } from '../../schemas/generated/market-book.ts';
import { topics } from '../../schemas/topics.ts';
import { rowsOf } from '../rows-for-tests.ts';
import { bookFields, fieldOf } from './book-fields.ts';

const quote = (provider: string, prices: readonly (readonly [string, number | null, (number | null)?])[]): MarketBook['quotes'][number] =>
  ({ provider, quoted_at: 1, offset: 1, commission: 0, currency: null, prices: prices.map(([outcome, price, lay = null]) => ({ outcome, price, lay, limit_minor: null, lay_limit_minor: null })) });
const fieldsOf = (quotes: MarketBook['quotes'], in_play = false): ReturnType<typeof bookFields> =>
  bookFields(rowsOf(topics.marketBooks, [{ offset: 9, value: { timestamp: 5, sport: 's', event_id: 'e', market: 'm', in_play, quotes, source_partition: 0, source_offset: 1 } }]).row(0), 7);

t.test('prices by outcome and provider', (t) => {
  t.strictSame(fieldsOf([quote('10', [['away', 3.1], ['home', 2.05]]), quote('9', [['home', 2.1]]), quote('a"\\\n', [['home', 1.9999]])], true), {
    fields: ['away', '{"10":3.1}', 'home', '{"10":2.05,"9":2.1,"a\\"\\\\\\n":1.9999}'],
    rest: '"partition":7,"in_play":true,"providers":3}',
  }, 'in the order of the record, also of providers that are called by numbers');
  t.strictSame(fieldsOf([]), { fields: [], rest: '"partition":7,"in_play":false,"providers":0}' });
  t.end();
});

t.test('lay prices lie in _meta, and an outcome that is only laid has no field', (t) => {
  t.strictSame(fieldsOf([quote('bolt', [['draw', null, 3.6], ['home', 2, 2.02]])]), {
    fields: ['home', '{"bolt":2}'], rest: '"partition":7,"in_play":false,"providers":1,"lay":{"draw":{"bolt":3.6},"home":{"bolt":2.02}}}',
  });
  t.end();
});

t.test('no outcome can pass for _meta, and no two share a field', (t) => {
  t.strictSame(['_meta', '__meta', 'meta', '_', 'home'].map(fieldOf), ['__meta', '___meta', 'meta', '__', 'home']);
  t.end();
});
