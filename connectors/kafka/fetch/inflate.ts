import { gunzipSync } from 'node:zlib';
import { decompress } from 'fzstd';
import { decompressFrameSync } from 'lz4-napi';
import { uncompressSync } from 'snappy';

/**
 * How record batches may be compressed, by the number in their attributes. From a broker's bytes to a poll of 7,000 updates takes, in CPU µs a record, 0.45
 * uncompressed, 0.62 by lz4, 0.69 by snappy, 0.84 by gzip, 2.9 by zstd (`ops/bench/codecs.ts`; medians, two cores with other work on them): Node 20 has no
 * zstd of its own, and the package that stands in for it is plain JavaScript, so it is built nowhere.
 */
export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Codec = Exclude<(typeof codecs)[number], 'none'>;

/** A batch is larger than a broker took it only when it was inflated: beyond this it is an attack, or broken. */
export const MAX_INFLATED_BYTES = 256 << 20;

/** The records of a compressed batch. Throws an Error that says what is wrong: bytes that are not of this codec, or that would be too many. */
export const inflate = (codec: Codec, bytes: Uint8Array, maxBytes = MAX_INFLATED_BYTES): Uint8Array => inflaters[codec](bytes, maxBytes);

const MIN_CHUNK_BYTES = 256;
/** What zlib gives out at a time: its default of 16 KiB makes a list of pieces of every batch. */
const GUNZIP_CHUNK_BYTES = 256 << 10;

type Inflate = (bytes: Uint8Array, maxBytes: number) => Uint8Array;

const gzip: Inflate = (bytes, maxBytes) => plain(gunzipSync(bytes, { maxOutputLength: maxBytes, chunkSize: chunkBytes(bytes) }));

/**
 * gzip ends with the size of what it holds (RFC 1952, section 2.3.1): a batch of a few records needs no large piece, of which a collector would have to take away
 * thousands a second. It is only a hint: what lies is inflated in more pieces.
 */
const chunkBytes = (bytes: Uint8Array): number => {
  const at = bytes.length - 4, size = at < 0 ? 0 : bytes[at]! + (bytes[at + 1]! << 8) + (bytes[at + 2]! << 16) + bytes[at + 3]! * 0x1000000;
  return Math.max(MIN_CHUNK_BYTES, Math.min(size + 1, GUNZIP_CHUNK_BYTES));
};

/** What Kafka's Java clients write before snappy's blocks, with two version numbers: the format of the library `snappy-java`, formerly of xerial.org. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER_BYTES = 16;

const snappy: Inflate = (bytes, maxBytes) => {
  if (!XERIAL.equals(bytes.subarray(0, XERIAL.length))) return unsnapped(bytes, maxBytes);
  const view = viewOf(bytes), blocks: Uint8Array[] = [];
  let at = XERIAL_HEADER_BYTES, left = maxBytes;
  if (at > bytes.length) throw cut();
  while (at < bytes.length) {
    if (bytes.length - at < 4) throw cut();
    const length = view.getInt32(at);
    at += 4;
    if (length < 0 || length > bytes.length - at) throw cut();
    const block = unsnapped(bytes.subarray(at, at + length), left);
    blocks.push(block);
    left -= block.length;
    at += length;
  }
  return blocks.length === 1 ? blocks[0]! : plain(Buffer.concat(blocks));
};

/** One block, which says its size in its first bytes. Source: "Snappy compressed format description", section 1. */
const unsnapped: Inflate = (bytes, maxBytes) => {
  let size = 0, at = 0;
  for (let byte = 128, unit = 1; byte >= 128; unit *= 128) {
    if (at === 5 || at === bytes.length) throw new Error('no snappy block');
    byte = bytes[at++]!;
    size += (byte & 127) * unit;
  }
  if (size > maxBytes) throw tooMany();
  return plain(uncompressSync(bytes) as Buffer);
};

const LZ4_MAGIC = 0x184d2204;
/** Nothing that lz4 writes says more than this many bytes with one. */
const LZ4_EXPANSION = 255;

/** The library has no bound of its own: blocks are walked first, each of which can be no larger than the frame says. Source: "LZ4 Frame Format Description". */
const lz4: Inflate = (bytes, maxBytes) => {
  if (bytes.length < 11) throw cut();
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== LZ4_MAGIC) throw new Error('no lz4 frame');
  const flags = bytes[4]!, sizeCode = (bytes[5]! >> 4) & 7;
  if (flags >> 6 !== 1 || sizeCode < 4 || (flags & 1) !== 0) throw new Error('an lz4 frame of a kind that Kafka does not have');
  const blockBytes = 1 << (8 + 2 * sizeCode), hasBlockSums = (flags & 16) !== 0, hasSize = (flags & 8) !== 0, hasSum = (flags & 4) !== 0;
  let most = 0, at = 7 + (hasSize ? 8 : 0);
  if (hasSize && (bytes.length < 15 || view.getBigUint64(6, true) > maxBytes)) throw tooMany();
  for (;;) {
    if (bytes.length - at < 4) throw cut();
    const said = view.getUint32(at, true), length = said & 0x7fffffff;
    at += 4;
    if (said === 0) break;
    most += Math.min(blockBytes, said === length ? length * LZ4_EXPANSION : length);
    if (most > maxBytes) throw tooMany();
    at += length + (hasBlockSums ? 4 : 0);
  }
  at += hasSum ? 4 : 0;
  if (at !== bytes.length) throw at > bytes.length ? cut() : new Error('there is more behind its lz4 frame');
  return plain(decompressFrameSync(bufferOf(bytes)));
};

const ZSTD_MAGIC = 0xfd2fb528;
/** Kinds of blocks: raw ones are 0. */
const ZSTD_REPEATED = 1, ZSTD_COMPRESSED = 2;
const ZSTD_BLOCK_BYTES = 128 << 10;

/** The library reserves what a frame asks for and goes on for as long as blocks come: both are looked at first. Source: RFC 8878, section 3.1. */
const zstd: Inflate = (bytes, maxBytes) => {
  const view = viewOf(bytes);
  let at = 0, most = 0;
  const need = (count: number): void => { if (bytes.length - at < count) throw cut(); };
  const take = (count: number): number => {
    need(count);
    let value = 0;
    for (let i = count - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!;
    at += count;
    return value;
  };
  while (at < bytes.length) {
    need(5);
    if (view.getUint32(at, true) !== ZSTD_MAGIC) throw new Error('no zstd frame');
    const descriptor = bytes[at + 4]!, isOneSegment = (descriptor & 32) !== 0, hasSum = (descriptor & 4) !== 0, sizeCode = descriptor >> 6;
    if ((descriptor & 11) !== 0) throw new Error('a zstd frame of a kind that Kafka does not have');
    at += 5;
    let windowBytes = 0;
    if (!isOneSegment) {
      const said = take(1);
      windowBytes = 2 ** (10 + (said >> 3)) * (1 + (said & 7) / 8);
    }
    const sizeBytes = sizeCode > 0 ? 1 << sizeCode : isOneSegment ? 1 : 0;
    const size = sizeBytes === 0 ? undefined : take(sizeBytes) + (sizeCode === 1 ? 256 : 0);
    if (isOneSegment) windowBytes = size!;
    if (windowBytes > maxBytes || most + (size ?? 0) > maxBytes) throw tooMany();
    for (let isLast = false; !isLast;) {
      const block = take(3), kind = (block >> 1) & 3, length = block >> 3;
      isLast = (block & 1) === 1;
      if (length > ZSTD_BLOCK_BYTES || kind > ZSTD_COMPRESSED) throw new Error('no zstd block');
      most += kind === ZSTD_COMPRESSED ? Math.min(ZSTD_BLOCK_BYTES, windowBytes) : length;
      if (most > maxBytes) throw tooMany();
      const stored = kind === ZSTD_REPEATED ? 1 : length;
      need(stored);
      at += stored;
    }
    if (hasSum) take(4);
  }
  return decompress(bytes);
};

const inflaters: Readonly<Record<Codec, Inflate>> = { gzip, snappy, lz4, zstd };

const cut = (): Error => new Error('it ends before what it says it holds');
const tooMany = (): Error => new Error('it would become larger than any batch may be');
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
/** The same bytes: a plain array's `slice` copies, which a Buffer's does not, and who keeps a record must get a copy. */
const plain = (bytes: Buffer): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
