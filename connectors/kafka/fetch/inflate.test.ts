import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import t from 'tap';
import { type Codec, inflate } from './inflate.ts';

const text = Buffer.from(Array.from({ length: 120 }, (_, i) => `quote ${i} of ${(i * i) % 97}, `).join(''));
const long = Buffer.from('market 1x2, '.repeat(27_500));
/** No library that runs here writes zstd: these were made by its program, with the size and without a checksum, and the other way round, in several blocks. */
const zstdText = Buffer.from('KLUv/WB1Bv0NAMaSKBPApdABQBM4/l+QkkxSJsnJCg4OJgAgACIAM8NeSBNZSNRJ06sljRRrws2f+lNlSaibc2QLgwgBAiECAIFAwUCvkokfjicj3ExMe9bmViSWK/EeipBDQnssCfZiB9WUtBXlqqJWqabOGqmvol632lKnZytdozdNUYloiJaPKIinqwJh0NM2rtv2cCwWi02MsdhiEZv79dL/3y5LPeShR/EcfoDkqHCY289Qo0jcBhBIJFJ2Ch1ILmgfmb0iijSkX+QCNpHJThBSyAXaILNXPssayKSljfQxOw5mOg1mMtT6SLH0SMDKCPiEX0ogpM9P39dSeuaUIwCjhY8D4rSQvicoFCEyLDX06CypIURIpYYepSQ1hJgKJdQ6Ax74ZmGYDHnBbQxwMVjrfiCh3kvu57mbyeNpBwj7l0suBZAxJ0iUH68gtzTycfYtiuSPkd8jOFc82OKZ4MgRF/fCoobwgd5iOq6waPGXvftk5RAKJVec6TOGoFqoPgXYBakxGRvsNoUGFSk0qEihYXoKwRgohbOeOQHxQAPjWKsxgiW0x4qKXzCsMr/E0UtotsR+0J6SjkICcQEECHIHPTpLAQ==', 'base64');
const zstdLong = Buffer.from('KLUv/QRYpAAAYG1hcmtldCAxeDIsIAEA8f/PSxJMAAAIeAEA/P85EAJNAAAIZQEADAk5EAIe8xsR', 'base64');

const int32 = (value: number): Buffer => { const bytes = Buffer.alloc(4); bytes.writeInt32BE(value); return bytes; };
/** As Kafka's Java clients frame snappy: blocks of so many bytes. */
const xerial = (bytes: Buffer, blockBytes: number): Buffer => {
  const parts = [Buffer.from([0x82]), Buffer.from('SNAPPY\0'), int32(1), int32(1)];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = compressSync(bytes.subarray(at, at + blockBytes));
    parts.push(int32(block.length), block);
  }
  return Buffer.concat(parts);
};
const zstdFrame = (header: readonly number[], ...blocks: readonly (readonly [kind: number, length: number, bytes: readonly number[]])[]): Buffer => Buffer.concat([
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...header]),
  ...blocks.map(([kind, length, bytes], i) => { const said = (length << 3) | (kind << 1) | (i === blocks.length - 1 ? 1 : 0); return Buffer.from([said & 255, (said >> 8) & 255, said >> 16, ...bytes]); }),
]);
const RAW = 0, REPEATED = 1;
const lz4Frame = (sizeCode: number, blocks: readonly Buffer[]): Buffer => {
  const frame = compressFrameSync(Buffer.alloc(0));
  const header = Buffer.from(frame.subarray(0, 7));
  header[5] = sizeCode << 4;
  return Buffer.concat([header, ...blocks.flatMap((block) => { const size = Buffer.alloc(4); size.writeUInt32LE(block.length); return [size, block]; }), Buffer.alloc(4)]);
};

const written: readonly (readonly [string, Codec, Buffer, Buffer])[] = [text, long].flatMap((bytes) => [
  ['gzip', 'gzip', gzipSync(bytes), bytes], ['gzip, in two members', 'gzip', Buffer.concat([gzipSync(bytes.subarray(0, 500)), gzipSync(bytes.subarray(500))]), bytes],
  ['snappy, bare', 'snappy', compressSync(bytes), bytes], ['snappy, in one block', 'snappy', xerial(bytes, 1 << 20), bytes], ['snappy, in several', 'snappy', xerial(bytes, 1_000), bytes],
  ['lz4', 'lz4', compressFrameSync(bytes), bytes], ['lz4 with its checksums', 'lz4', compressFrameSync(bytes, { contentChecksum: true, blockChecksums: true }), bytes],
  ['zstd', 'zstd', bytes === text ? zstdText : zstdLong, bytes],
] as const);

t.test('what each codec writes is read', async (t) => {
  for (const [name, codec, compressed, bytes] of written) {
    const inflated = inflate(codec, new Uint8Array(compressed));
    t.ok(bytes.equals(inflated), `${name}: ${compressed.length} bytes for ${bytes.length}`);
    t.notOk(Buffer.isBuffer(inflated), 'of which a slice is a copy');
    t.ok(bytes.equals(inflate(codec, Buffer.concat([Buffer.alloc(7), compressed, Buffer.alloc(9)]).subarray(7, 7 + compressed.length))), `${name}, amid other bytes`);
  }
  t.ok(Buffer.concat([text, long]).equals(inflate('zstd', Buffer.concat([zstdText, zstdLong]))), 'zstd, in two frames');
  t.equal(inflate('zstd', zstdFrame([0, 0x50], [RAW, 2, [97, 98]], [REPEATED, 3, [99]])).toString(), '97,98,99,99,99');
});

t.test('it is never more than it may be, however little says it', async (t) => {
  for (const [name, codec, compressed, bytes] of written) {
    // What blocks may hold at most is known before they are inflated, but what they do hold is not.
    t.ok(bytes.equals(inflate(codec, compressed, Math.ceil(bytes.length / (128 << 10)) * (4 << 20))), name);
    t.throws(() => inflate(codec, compressed, bytes.length - 1), name);
  }
  const declares = (size: number): Buffer => { const bytes: number[] = []; for (; size > 127; size = Math.floor(size / 128)) bytes.push((size % 128) + 128); return Buffer.from([...bytes, size, 0, 97]); };
  const tooMany = { message: /larger than any batch/ };
  t.throws(() => inflate('snappy', declares(2 ** 32 - 1)), tooMany);
  t.throws(() => inflate('snappy', declares(2 ** 28 + 1)), tooMany);
  t.throws(() => inflate('snappy', Buffer.concat([xerial(text, 2_000), int32(7), declares(2 ** 28)])), tooMany, 'all blocks together');
  t.throws(() => inflate('lz4', lz4Frame(7, Array.from({ length: 65 }, () => Buffer.alloc(17_000)))), tooMany, 'blocks of 4 MiB');
  t.throws(() => inflate('zstd', zstdFrame([0, 0x50], ...Array.from({ length: 2_049 }, () => [REPEATED, 128 << 10, [0]] as const))), tooMany, 'repeated bytes');
  t.throws(() => inflate('zstd', zstdFrame([0, 0xf0], [RAW, 0, []])), tooMany, 'a window');
  t.throws(() => inflate('zstd', zstdFrame([0xe0, 0, 0, 0, 0, 0, 0, 0, 1], [RAW, 0, []])), tooMany, 'a size');
  t.throws(() => inflate('gzip', gzipSync(Buffer.alloc(3_000_000)), 1_000_000));
});

t.test('bytes that are cut, changed or by chance are an Error, or other bytes of no more than allowed', async (t) => {
  const MAX = 16 << 20;
  const attempt = (codec: Codec, bytes: Uint8Array): Uint8Array | undefined => {
    try {
      return inflate(codec, bytes, MAX);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return undefined;
    }
  };
  for (const [name, codec, compressed, bytes] of written) {
    for (let cut = 0; cut < compressed.length; cut += Math.ceil(compressed.length / 300)) {
      const inflated = attempt(codec, compressed.subarray(0, cut));
      if (inflated !== undefined && inflated.length >= bytes.length) t.fail(`${name}, cut at ${cut}`);
    }
    const prefix = compressed.subarray(0, Math.min(compressed.length, 4_000));
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(prefix.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }), (changes) => {
      const changed = Buffer.from(compressed);
      for (const [at, to] of changes) changed[at] = to;
      return (attempt(codec, changed)?.length ?? 0) <= MAX;
    }), { numRuns: 150 });
  }
  for (const [codec, starts] of [['gzip', [1, 10]], ['snappy', [0, 8, 16]], ['lz4', [0, 4, 7]], ['zstd', [0, 4, 6]]] as const) {
    const sample = written.filter((one) => one[1] === codec).at(-1)![2];
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...starts), (noise, start) => { attempt(codec, Buffer.concat([sample.subarray(0, start), noise])); }), { numRuns: 400 });
  }
  t.pass();
});
