import t from 'tap';
import { noRecordAt } from './batch-at.ts';
import { marker, plainBatch } from './batches-for-tests.ts';
import type { Aborted } from './wire.ts';

const at = (offset: number, batch: Buffer, aborted: readonly Aborted[] = []) => {
  const answer = Buffer.concat([Buffer.alloc(7, 0xee), batch, Buffer.alloc(5, 0xee)]);
  return noRecordAt(answer, { topic: 'odds', partition: 0, error: 0, highWatermark: 1_000, aborted, start: 7, end: 7 + batch.length }, offset);
};

t.test('why there is no record at an offset', (t) => {
  t.equal(at(40, marker(40, 9, 'commit')), 'commit_marker');
  t.equal(at(40, marker(40, 9, 'abort')), 'abort_marker');
  const written = plainBatch(40, ['a', 'b'], { producerId: 9, isTransactional: true });
  t.equal(at(41, written, [{ producerId: 9, firstOffset: 40 }]), 'aborted');
  t.equal(at(41, written, [{ producerId: 8, firstOffset: 40 }, { producerId: 9, firstOffset: 42 }]), 'compacted', 'another producer, or a later transaction');
  t.equal(at(42, plainBatch(40, ['a', 'b'], { lastOffsetDelta: 5 })), 'compacted', 'the batch still spans it');
  t.equal(at(30, plainBatch(40, ['a'])), 'compacted', 'the next batch is a later one');
  t.equal(at(40, Buffer.alloc(0)), 'open', 'nothing is given behind the last stable offset');
  t.end();
});
