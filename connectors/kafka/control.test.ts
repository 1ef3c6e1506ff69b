import t from 'tap';
import fc from 'fast-check';
import { EARLIEST_MS, LATEST_MS } from '../../schemas/contract.ts';
import { addressHeaders, controlHeaders, controlKey, parseAddress, parseControl, tickHeaders, type ControlRecord } from './control.ts';

const overTheWire = (headers: readonly Record<string, string>[]) =>
  headers.map((header) => Object.fromEntries(Object.entries(header).map(([name, value]) => [name, Buffer.from(value)])));

const times = fc.integer({ min: EARLIEST_MS, max: LATEST_MS - 1 });
const records: fc.Arbitrary<ControlRecord> = fc.oneof(
  fc.record({ control: fc.constant('tick' as const), timestamp: times }),
  fc.record({ control: fc.constantFrom('up' as const, 'down' as const, 'confirm' as const), timestamp: times, provider: fc.string({ minLength: 1 }) }),
);

t.test('a control record is read as it was written', async (t) => {
  fc.assert(fc.property(records, (record) => {
    const read = parseControl(overTheWire(controlHeaders(record)));
    t.same(read, record);
  }), { numRuns: 50 });
  t.same(parseControl(overTheWire([{ traceparent: '00' }, ...tickHeaders(1_700_000_000_123.9)])), { control: 'tick', timestamp: 1_700_000_000_123 }, 'others\' headers are passed over, and a time is whole');
});

t.test('a record without our header is no control record', async (t) => {
  t.equal(parseControl(undefined), undefined);
  t.equal(parseControl([]), undefined);
  t.equal(parseControl(overTheWire([{ traceparent: '00' }, { 'oddstream-time': '1' }])), undefined);
});

t.test('a malformed control record has a code', async (t) => {
  const code = (...headers: Record<string, string>[]) => {
    const read = parseControl(overTheWire(headers));
    return read !== undefined && 'code' in read ? read.code : read;
  };
  const control = { 'oddstream-control': 'tick' };
  const time = { 'oddstream-time': '1700000000000' };
  t.equal(code({ 'oddstream-control': 'tock' }, time), 'control_unknown');
  t.equal(code({ 'oddstream-control': '' }, time), 'control_unknown');
  t.equal(code(control), 'control_time_malformed');
  for (const malformed of ['', ' 1700000000000', '1.7e12', '1700000000000.5', '0x18', '99999999999999999']) t.equal(code(control, { 'oddstream-time': malformed }), 'control_time_malformed', malformed);
  t.equal(code(control, { 'oddstream-time': '5' }), 'time_absurd');
  t.equal(code(control, { 'oddstream-time': String(LATEST_MS) }), 'time_absurd');
  for (const status of ['up', 'down', 'confirm']) {
    t.equal(code({ 'oddstream-control': status }, time), 'control_provider_missing');
    t.equal(code({ 'oddstream-control': status }, time, { 'oddstream-provider': '' }), 'control_provider_missing');
  }
  t.equal(code(control, time, time), 'control_header_repeated');
});

t.test('only a compacted topic asks for a key', async (t) => {
  t.equal(controlKey({ cleanup: 'delete' }), null);
  t.equal(controlKey({ cleanup: 'compact' }), '@control');
});

t.test('a replayed record names its pipeline, and where the first of its story lay', async (t) => {
  const address = { pipeline: 'best-odds', origin: 'season.odds-updates/3/12345' };
  t.same(parseAddress(overTheWire([{ traceparent: '00' }, ...addressHeaders(address)])), address);
  t.equal(parseAddress(overTheWire([])), undefined);
  t.equal(parseAddress(overTheWire([{ 'oddstream-origin': 'odds-updates/3/12345' }])), undefined, 'an origin alone addresses nobody');
  t.equal(parseControl(overTheWire(addressHeaders(address))), undefined, 'it is no control record');
  const to = { 'oddstream-for': 'best-odds' }, from = { 'oddstream-origin': 'odds-updates/3/12345' };
  for (const malformed of [[to], [to, to, from], [to, from, from], [{ 'oddstream-for': '' }, from], ...['', 'odds-updates/3', 'a/b/3/4', 'odds-updates/3/-1', 'odds-updates/x/4'].map((origin) => [to, { 'oddstream-origin': origin }])])
    t.same(parseAddress(overTheWire(malformed)), { code: 'address_malformed' }, JSON.stringify(malformed));
});
