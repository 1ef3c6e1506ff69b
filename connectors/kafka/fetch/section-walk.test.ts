import fc from 'fast-check';
import t from 'tap';
import { Control } from '../../../schemas/codec/columns.ts';
import { KafkaSourceError } from '../source.ts';
import { BASE_TIME_MS, batchBytes, marker, MAX_TIME_MS, plainBatch } from './batches-for-tests.ts';
import { BatchPoll } from './batch-poll.ts';
import { crc32c } from './crc32c.ts';
import { SectionWalk } from './section-walk.ts';
import type { Aborted } from './wire.ts';

interface Walked { readonly values: string[]; readonly polls: number; readonly nextOffset: number; readonly failure: KafkaSourceError | undefined }
const textAt = (bytes: Uint8Array, start: number, end: number): string | null => (start < 0 ? null : Buffer.from(bytes.slice(start, end)).toString('latin1'));

/** Walks bytes that lie amid others, poll after poll, up to their end or where they fail. */
const walkOn = (bytes: Buffer, { from = 0, capacity = 100, aborted = [] as readonly Aborted[] } = {}): Walked => {
  const amid = Buffer.concat([Buffer.alloc(13, 0xee), bytes, Buffer.alloc(64, 0xee)]);
  const section = new SectionWalk('odds/3', amid, 13, 13 + bytes.length, from, aborted);
  const poll = new BatchPoll(capacity);
  const values: string[] = [];
  let polls = 0;
  while (!section.isDone) {
    poll.reset('odds', 3, from, 1_000);
    try {
      section.fill(poll);
    } catch (failure) {
      if (!(failure instanceof KafkaSourceError)) throw failure;
      return { values, polls, nextOffset: section.nextOffset, failure };
    }
    if (poll.size > 0) polls++;
    for (let i = 0; i < poll.size; i++) { const { offset, valueBytes, valueStart, valueEnd } = poll.record(i); values.push(`${offset}:${textAt(valueBytes, valueStart, valueEnd)}`); }
  }
  return { values, polls, nextOffset: section.nextOffset, failure: undefined };
};
const walk = (...what: Parameters<typeof walkOn>): Walked => {
  const walked = walkOn(...what);
  if (walked.failure !== undefined) throw walked.failure;
  return walked;
};

t.test('records, with all that can be null, odd or large', async (t) => {
  const long = 'x'.repeat(70_000);
  for (const codec of [0, 1, 2, 3]) {
    const bytes = batchBytes({ baseOffset: 5_000_000_000, codec, records: [
      { offsetDelta: 0, timeDelta: -7, key: 'key', value: 'value' },
      { offsetDelta: 1, timeDelta: 3_000_000_000, key: null, value: null },
      { offsetDelta: 300, timeDelta: 0, key: '', value: '' },
      { offsetDelta: 301, key: 'long', value: long, headers: [['other', 'x'], ['empty', null]] },
      { offsetDelta: 302, key: null, value: null, headers: [['oddstream-control', 'down'], ['oddstream-time', '1700000000000'], ['oddstream-provider', 'bookmaker']] },
      { offsetDelta: 303, key: null, value: null, headers: [['oddstream-control', 'sideways']] },
      { offsetDelta: 304, key: 'k', value: 'v', headers: [['oddstream-for', 'best-odds'], ['oddstream-origin', 'odds/3/7']] },
    ] });
    const section = new SectionWalk('odds/3', bytes, 0, bytes.length, 0, []), poll = new BatchPoll(10);
    poll.reset('odds', 3, 0, 5_000_000_400);
    section.fill(poll);
    const said = Array.from({ length: poll.size }, (_, i) => {
      const { offset, appendTimeMs, keyBytes, keyStart, keyEnd, valueBytes, valueStart, valueEnd, control, addressed } = poll.record(i);
      return [offset - 5_000_000_000, appendTimeMs - BASE_TIME_MS, textAt(keyBytes, keyStart, keyEnd), textAt(valueBytes, valueStart, valueEnd), control ?? addressed];
    });
    t.strictSame(said, [
      [0, -7, 'key', 'value', undefined], [1, 3_000_000_000, null, null, undefined], [300, 0, '', '', undefined], [301, 0, 'long', long, undefined],
      [302, 0, null, null, { control: Control.down, timestamp: 1_700_000_000_000, provider: 'bookmaker' }], [303, 0, null, null, { code: 'control_unknown' }],
      [304, 0, 'k', 'v', { pipeline: 'best-odds', origin: 'odds/3/7' }],
    ]);
    t.match(poll, { topic: 'odds', partition: 3, endOffset: 5_000_000_400, nextOffset: 5_000_000_305 });
    t.equal(poll.record(0), poll.record(5), 'one view, moved along');
    t.equal(textAt(poll.record(0).keyBytes, poll.keyStart, poll.keyEnd), 'key', 'backwards too');
  }
});

t.test('the broker\'s time of writing goes before the record\'s own', async (t) => {
  const bytes = plainBatch(0, ['a'], { isLogAppendTime: true });
  const section = new SectionWalk('odds/3', bytes, 0, bytes.length, 0, []), poll = new BatchPoll(1);
  poll.reset('odds', 3, 0, 1);
  section.fill(poll);
  t.equal(poll.record(0).appendTimeMs, MAX_TIME_MS);
});

t.test('what lies before the wanted offset is passed over; positions move behind gaps and empty batches', async (t) => {
  const bytes = Buffer.concat([plainBatch(0, ['a', 'b', 'c']), plainBatch(3, [], { lastOffsetDelta: 4, codec: 1 }), plainBatch(8, ['d'], { lastOffsetDelta: 9 })]);
  t.match(walk(bytes, { from: 2 }), { values: ['2:c', '8:d'], nextOffset: 18 });
  t.match(walk(bytes, { from: 5 }), { values: ['8:d'], nextOffset: 18 });
  t.match(walk(bytes, { from: 18 }), { values: [], nextOffset: 18 });
});

t.test('aborted transactions and markers are passed over, by producer and range', async (t) => {
  const of = (producerId: number): { producerId: number; isTransactional: true } => ({ producerId, isTransactional: true });
  const log = Buffer.concat([
    plainBatch(0, ['a0', 'a1'], of(1)), plainBatch(2, ['plain']), plainBatch(3, ['b'], of(2)), plainBatch(4, ['a2'], { ...of(1), codec: 1 }),
    marker(5, 2, 'commit'), marker(6, 1, 'abort'), plainBatch(7, ['a3'], of(1)), marker(8, 1, 'commit'),
    plainBatch(9, ['a4'], of(1)), marker(10, 1, 'abort'), marker(11, 1, 'abort'),
  ]);
  const aborted = [{ producerId: 1, firstOffset: 9 }, { producerId: 1, firstOffset: 0 }];
  t.match(walk(log, { aborted }), { values: ['2:plain', '3:b', '7:a3'], nextOffset: 12 });
  t.match(walk(log, { aborted, capacity: 1 }), { values: ['2:plain', '3:b', '7:a3'], nextOffset: 12 });
  t.match(walk(log), { values: ['0:a0', '1:a1', '2:plain', '3:b', '4:a2', '7:a3', '9:a4'] }, 'only what the broker calls aborted');
});

t.test('polls of any size give the same records', async (t) => {
  const log = Buffer.concat(Array.from({ length: 12 }, (_, i) => plainBatch(i * 5, ['v', 'w', 'x', 'y', 'z'], { codec: i % 4 })));
  const whole = walk(log);
  t.equal(whole.values.length, 60);
  for (const capacity of [1, 2, 4, 5, 7, 59, 60]) {
    const parts = walk(log, { capacity });
    t.strictSame(parts.values, whole.values);
    t.equal(parts.polls, Math.ceil(60 / capacity));
  }
});

t.test('a changed byte is a typed error', async (t) => {
  const log = Buffer.concat([plainBatch(0, ['a']), plainBatch(1, ['b', 'c'])]), second = plainBatch(0, ['a']).length;
  for (let at = second + 21; at < log.length; at++) {
    const bytes = Buffer.from(log);
    bytes[at]! ^= 0x10;
    try {
      walk(bytes);
      t.fail(`byte ${at - second} was changed and nobody noticed`);
    } catch (error) {
      if ((error as KafkaSourceError).code !== 'crc_mismatch') t.fail(`byte ${at - second}: ${String(error)}`);
    }
  }
  const bytes = Buffer.from(log);
  bytes[log.length - 1]! ^= 1;
  t.throws(() => walk(bytes), { name: 'KafkaSourceError', code: 'crc_mismatch', message: /^odds\/3: the batch at offset 1 / });
});

t.test('a batch that cannot be read is an error that says where, and what to do, once everything before it was given', async (t) => {
  const broken = plainBatch(2, ['c']);
  broken[broken.length - 1]! ^= 1;
  for (const [batch, code, message] of [
    [plainBatch(2, ['c'], { codec: 7 }), 'format_unknown', /^odds\/3: the batch at offset 2 is compressed .* ODDSTREAM_SOURCE=messages/],
    [plainBatch(2, ['c'], { magic: 1 }), 'format_unknown', /offset 2 is of format 1/], [broken, 'crc_mismatch', /offset 2/],
    ...[1, 2, 3, 4].map((codec) => [batchBytes({ baseOffset: 2, codec, records: [{ offsetDelta: 0, key: null, value: null }] }, Buffer.from('nothing that was ever compressed')), 'batch_malformed', /offset 2 cannot be inflated from \w+/] as const),
  ] as const) {
    for (const capacity of [1, 100]) t.match(walkOn(Buffer.concat([plainBatch(0, ['a', 'b']), batch]), { capacity }), { values: ['0:a', '1:b'], nextOffset: 2, failure: { name: 'KafkaSourceError', code, message } });
  }
});

t.test('an answer may be cut anywhere: whole batches are given, and no more', async (t) => {
  const parts = [plainBatch(0, ['a', 'b']), plainBatch(2, ['c'], { codec: 1 }), plainBatch(3, ['d', 'e', 'f'])];
  const log = Buffer.concat(parts), ends = [parts[0]!.length, parts[0]!.length + parts[1]!.length, log.length];
  for (let cut = 0; cut <= log.length; cut++) {
    const whole = ends.filter((end) => end <= cut).length;
    if (walk(log.subarray(0, cut)).nextOffset !== [0, 2, 3, 6][whole]) t.fail(`cut at ${cut}`);
  }
  t.pass('at every byte');
});

t.test('bytes that only look right are a typed error, and are never read beyond', async (t) => {
  const wrong = (payload: Buffer, count: number, codec = 0): Buffer => batchBytes({ baseOffset: 0, codec, records: Array.from({ length: count }, (_, offsetDelta) => ({ offsetDelta, key: null, value: null })) }, payload);
  for (const [payload, count] of [
    [Buffer.alloc(0), 1], [Buffer.alloc(7, 0xff), 1], [Buffer.from([200, 1, 0, 0, 0, 0, 0, 0]), 1], [Buffer.from([14, 0, 0, 0, 120, 0, 0, 0]), 1], [Buffer.from([14, 0, 0, 0, 1, 120, 0, 0]), 1], [Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]), 1],
  ] as const) t.throws(() => walk(wrong(payload, count)), { code: 'batch_malformed', message: /^odds\/3: the batch at offset 0 / });
  t.throws(() => walk(wrong(Buffer.from('no gzip at all'), 1, 1)), { code: 'batch_malformed', message: /cannot be inflated/ });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), fc.integer({ min: 0, max: 9 }), (noise, count) => {
    try {
      walk(wrong(Buffer.from(noise), count));
    } catch (error) {
      if (!(error instanceof KafkaSourceError) || error.code !== 'batch_malformed') throw error;
    }
  }), { numRuns: 500 });
  // The same for whole batches whose every field may be wrong: their checksum is made right again.
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(130), fc.nat(255)), { minLength: 1, maxLength: 6 }), (changes) => {
    const bytes = Buffer.concat([plainBatch(0, ['a', 'b', 'c'], { codec: changes.length % 2 }), plainBatch(3, ['d'])]);
    for (const [at, to] of changes) bytes[at % bytes.length] = to;
    const end = 12 + bytes.readInt32BE(8);
    if (end > 61 && end <= bytes.length) bytes.writeUInt32BE(crc32c(bytes, 21, end), 17);
    try {
      walk(bytes);
    } catch (error) {
      if (!(error instanceof KafkaSourceError)) throw error;
    }
  }), { numRuns: 2_000 });
});
