import t from 'tap';
import { BestOddsWriter } from '../generated/best-odds.ts';
import { ByteSink } from './byte-sink.ts';

const KEY = new TextEncoder().encode('key');

const begun = (): BestOddsWriter => {
  const writer = new BestOddsWriter();
  writer.schemaId = 7;
  writer.begin(KEY);
  return writer;
};

/** Up to the list of outcomes. */
const atOutcomes = (): BestOddsWriter => {
  const writer = begun();
  writer.timestamp(1); writer.sport('s'); writer.eventId('e'); writer.market('m'); writer.inPlay(false); writer.providers(2); writer.inverseSum(NaN);
  return writer;
};

const outcome = (writer: BestOddsWriter): void => {
  writer.outcomesOutcome('home'); writer.outcomesPrice(2); writer.outcomesNetPrice(2); writer.outcomesProvider('p'); writer.outcomesLimitMinor(NaN); writer.outcomesQuotedAt(1); writer.outcomesOffset(2);
};

t.test('fields come once each, in the order of the schema', (t) => {
  t.throws(() => begun().sport('s'), RangeError, 'one left out');
  t.throws(() => { const writer = begun(); writer.timestamp(1); writer.timestamp(1); }, RangeError, 'one twice');
  t.throws(() => { const writer = begun(); writer.timestamp(1); writer.end(); }, RangeError, 'the last ones missing');
  t.throws(() => begun().begin(KEY), RangeError, 'a value in a value');
  t.throws(() => begun().tombstone(KEY), RangeError);
  t.throws(() => new BestOddsWriter().timestamp(1), RangeError, 'a field without a value');
  t.end();
});

t.test('a list has as many items as it announced', (t) => {
  t.throws(() => { const writer = atOutcomes(); writer.outcomesStart(2); outcome(writer); writer.outcomesEnd(); }, RangeError, 'too few');
  t.throws(() => { const writer = atOutcomes(); writer.outcomesStart(1); outcome(writer); outcome(writer); }, RangeError, 'too many');
  t.throws(() => { const writer = atOutcomes(); writer.outcomesStart(0); outcome(writer); }, RangeError, 'one in an empty list');
  t.throws(() => atOutcomes().outcomesStart(-1), RangeError);
  const writer = atOutcomes();
  writer.outcomesStart(2); outcome(writer); outcome(writer); writer.outcomesEnd(); writer.sourcePartition(0); writer.sourceOffset(0);
  writer.end();
  t.equal(writer.size, 1);
  t.end();
});

t.test('after clear, all begins anew, also in the middle of a value', (t) => {
  const writer = atOutcomes();
  writer.clear();
  t.equal(writer.size, 0);
  writer.tombstone(KEY);
  t.strictSame([writer.size, writer.start(0), writer.end(0), writer.key(0)], [1, 0, 0, KEY]);
  t.end();
});

t.test('without the id of its schema nothing is written', (t) => {
  t.throws(() => new BestOddsWriter().begin(KEY), { message: /schemaId/ });
  t.end();
});

t.test('what a type does not hold is a bug', (t) => {
  const sink = new ByteSink();
  for (const value of [2 ** 53, -(2 ** 53), 0.5, NaN, Infinity]) t.throws(() => sink.long(value), RangeError);
  for (const value of [2 ** 31, 0.5, NaN]) t.throws(() => sink.int(value), RangeError);
  for (const value of [-1, 3, 0.5, NaN]) t.throws(() => sink.symbol(value, 3), RangeError);
  t.end();
});

t.test('the buffer grows', (t) => {
  const sink = new ByteSink();
  const long = 'ü'.repeat(100_000);
  sink.string(long);
  for (let i = 0; i < 50_000; i++) { sink.double(i); sink.string('abc'); }
  t.equal(Buffer.from(sink.bytes.buffer, 3, 200_000).toString(), long);
  t.equal(new DataView(sink.bytes.buffer).getFloat64(sink.position - 12, true), 49_999);
  t.end();
});
