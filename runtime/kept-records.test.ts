import fc from 'fast-check';
import t from 'tap';
import { KeptRecords } from './kept-records.ts';
import type { Poll } from './ports.ts';
import { type LogRecord, pollOf, START_MS, status } from './testing/records.ts';

/** All that a poll says, copied. */
const contents = (poll: Poll): unknown[] => Array.from({ length: poll.size }, (_, i) => {
  const { offset, appendTimeMs, keyBytes, keyStart, keyEnd, valueBytes, valueStart, valueEnd, control } = poll.record(i);
  return {
    offset, appendTimeMs, control, key: keyStart < 0 ? null : Buffer.from(keyBytes.subarray(keyStart, keyEnd)).toString('hex'),
    value: valueStart < 0 ? null : Buffer.from(valueBytes.subarray(valueStart, valueEnd)).toString('hex'),
  };
});

const bytes = fc.option(fc.uint8Array({ maxLength: 6 }));
const record = fc.oneof({ weight: 9, arbitrary: fc.record({ key: bytes, value: bytes, appendTimeMs: fc.nat() }) }, { weight: 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constant(status('up', 'acme', START_MS)) });

t.test('records come out as they went in, null and empty told apart, and nothing of what was before a clear', (t) => {
  fc.assert(fc.property(fc.array(fc.array(record, { maxLength: 5 }), { maxLength: 6 }), fc.nat(6), (polls, clearAt) => {
    const kept = new KeptRecords({ topic: 'odds-updates', partition: 3 });
    const wanted: unknown[] = [];
    let offset = 0;
    polls.forEach((records: (LogRecord | undefined)[], i) => {
      if (i === clearAt) { kept.clear(); wanted.length = 0; }
      const poll = pollOf(records, offset, { partition: 3 });
      kept.add(poll, 0);
      wanted.push(...contents(poll));
      offset += records.length;
    });
    t.strictSame(contents(kept), wanted);
    if (polls.length > 0) t.equal(kept.nextOffset, offset);
  }), { numRuns: 200 });
  t.end();
});

t.test('more than it has room for at first, and only from an index on', (t) => {
  const large = Array.from({ length: 40 }, (_, i): LogRecord => ({ key: Buffer.alloc(10, i), value: Buffer.alloc(5_000 + i, i), appendTimeMs: i }));
  const poll = pollOf(large, 100);
  const kept = new KeptRecords({ topic: 'odds-updates', partition: 0 });
  kept.add(poll, 3);
  t.strictSame(contents(kept), contents(poll).slice(3));
  t.equal(kept.byteLength, large.slice(3).reduce((sum, { key, value }) => sum + key!.length + value!.length, 0));
  t.end();
});
