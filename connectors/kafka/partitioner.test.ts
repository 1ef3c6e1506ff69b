import t from 'tap';
import fc from 'fast-check';
import { createRequire } from 'node:module';
import { cachedPartitioner, murmur2, partitionOf } from './partitioner.ts';

const kafkajsMurmur2 = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2.js') as (key: string | Buffer) => number;

// The vectors of Kafka's own UtilsTest.testMurmur2.
const vectors: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

t.test('murmur2 is Java\'s', async (t) => {
  for (const [key, hash] of vectors) t.equal(murmur2(key), hash, key);
});

t.test('murmur2 of any text and bytes is what kafkajs computes', async (t) => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (key) => murmur2(key) === kafkajsMurmur2(key)));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (key) => murmur2(key) === kafkajsMurmur2(Buffer.from(key))));
  t.pass();
});

t.test('a partition is never negative, and a cached one is the same', async (t) => {
  fc.assert(fc.property(fc.string({ maxLength: 30 }), fc.integer({ min: 1, max: 64 }), (key, partitions) => {
    const cached = cachedPartitioner(partitions);
    const partition = partitionOf(key, partitions);
    return partition >= 0 && partition < partitions && cached(key) === partition && cached(key) === partition;
  }));
  t.equal(partitionOf('21', 8), (-973932308 & 0x7fffffff) % 8, 'toPositive masks the sign bit');
});
