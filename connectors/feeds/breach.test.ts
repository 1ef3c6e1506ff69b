import avro from 'avsc';
import t from 'tap';
import { EARLIEST_MS, LATEST_MS, MAX_PRICE } from '../../schemas/contract.ts';
import { topics } from '../../schemas/topics.ts';
import { breachOf } from './breach.ts';
import { ValueEncoder } from './encoder.ts';
import { inspectionOf } from './inspection.ts';
import type { OddsUpdate } from './messages.ts';
import { quote } from './testing.ts';

t.test('what the door of the engine would turn away is not sent, and for the door\'s reason', async (t) => {
  const { avsc } = topics.oddsUpdates.schema;
  const encoder = new ValueEncoder<OddsUpdate>(avsc, 1);
  const inspect = inspectionOf(topics.oddsUpdates);
  const verdict = (changes: Partial<OddsUpdate>, key = 'football:e1:1x2'): string | undefined => inspect(encoder.encode(quote(1_750_000_000_000, changes).value), Buffer.from(key));
  t.equal(verdict({}), undefined);
  for (const price of [1, 0, -2, NaN, Infinity, MAX_PRICE + 1]) t.equal(verdict({ odds: { home: price } }), 'price_out_of_bounds', String(price));
  t.equal(verdict({ odds: { home: MAX_PRICE, away: 1.0001 } }), undefined);
  t.equal(verdict({ odds: { '': 2 } }), 'empty_outcome');
  t.equal(verdict({ lay: { home: 1 } }), 'lay_price_out_of_bounds');
  t.equal(verdict({ commission: 1 }), 'commission_out_of_bounds');
  t.equal(verdict({ market: 'other' }), 'key_mismatch');
  t.equal(verdict({}), undefined, 'one verdict does not colour the next');
});

t.test('an inspection does not remember all strings that it has ever seen', async (t) => {
  const encoder = new ValueEncoder<OddsUpdate>(topics.oddsUpdates.schema.avsc, 1);
  const inspect = inspectionOf(topics.oddsUpdates);
  for (let at = 0; at < 70_000; at++) {
    const verdict = inspect(encoder.encode(quote(1_750_000_000_000, { event_id: `e${at}` }).value), Buffer.from(`football:e${at}:1x2`));
    if (verdict !== undefined) t.fail(`${verdict} at ${at}`);
  }
  t.equal(inspect(encoder.encode(quote(1_750_000_000_000).value), Buffer.from('football:e1:1x2')), undefined);
});

t.test('what a key is made of is never empty, and times are whole', async (t) => {
  const update = quote(1_750_000_000_000);
  const { value } = update;
  const updateBreach = (changes: Partial<OddsUpdate>): string | undefined => breachOf({ kind: 'update', value: { ...value, ...changes } });
  t.equal(updateBreach({}), undefined);
  t.equal(updateBreach({ event_id: '' }), 'empty_key');
  t.equal(updateBreach({ provider: '' }), 'empty_provider');
  for (const timestamp of [0, NaN, EARLIEST_MS - 1, LATEST_MS, value.timestamp + 0.5]) t.equal(updateBreach({ timestamp }), 'time_absurd', String(timestamp));
  const event = { timestamp: value.timestamp, event_id: 'e', sport: 'football', starts_at: value.timestamp };
  t.equal(breachOf({ kind: 'event', value: event }), undefined);
  t.equal(breachOf({ kind: 'event', value: { ...event, starts_at: 0 } }), 'start_absurd');
  t.equal(breachOf({ kind: 'event', value: { ...event, event_id: '' } }), 'empty_key');
  t.equal(breachOf({ kind: 'event', value: { ...event, timestamp: NaN } }), 'time_absurd');
  const result = { timestamp: value.timestamp, provider: 'p', sport: 'football', event_id: 'e', market: '1x2', action: 'settle' } as const;
  t.equal(breachOf({ kind: 'result', value: result }), undefined);
  t.equal(breachOf({ kind: 'result', value: { ...result, provider: '' } }), 'empty_provider');
  t.equal(breachOf({ kind: 'result', value: { ...result, market: '' } }), 'empty_key');
  t.equal(breachOf({ kind: 'status', provider: '', status: 'up', timestamp: value.timestamp }), 'empty_provider');
  t.equal(breachOf({ kind: 'status', provider: 'p', status: 'up', timestamp: 0 }), 'time_absurd');
});

t.test('an encoder writes Confluent\'s wire format, however long the value', async (t) => {
  const { avsc } = topics.oddsUpdates.schema;
  const type = avro.Type.forSchema(JSON.parse(avsc) as avro.Schema);
  const encoder = new ValueEncoder<OddsUpdate>(avsc, 0x01020304);
  for (const size of [3, 20_000, 5]) {
    const update = quote(1_750_000_000_000, { market: 'm'.repeat(size) }).value;
    const bytes = encoder.encode(update);
    t.same([...bytes.subarray(0, 5)], [0, 1, 2, 3, 4]);
    t.match({ ...(type.fromBuffer(bytes.subarray(5)) as object) }, { ...update, volume: null, status: 'open', lay: {} });
  }
  t.throws(() => encoder.encode({ ...quote(1).value, sport: 7 as unknown as string }));
});

t.test('the keys that are spelled out are those of the topics', async (t) => {
  t.same(topics.oddsUpdates.keyFields, ['sport', 'event_id', 'market']);
  t.same(topics.results.keyFields, ['sport', 'event_id', 'market']);
  t.same(topics.events.keyFields, ['event_id']);
});
