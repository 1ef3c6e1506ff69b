import { gzipSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { crc32c } from './crc32c.ts';

/** A record as it is put into a batch. */
export interface TestRecord { readonly offsetDelta: number; readonly timeDelta?: number; readonly key: string | null; readonly value: string | null; readonly headers?: readonly (readonly [string, string | null])[] }

export interface TestBatch {
  readonly baseOffset: number;
  readonly records: readonly TestRecord[];
  readonly lastOffsetDelta?: number;
  readonly codec?: number;
  readonly isLogAppendTime?: boolean;
  readonly producerId?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  readonly magic?: number;
}

export const BASE_TIME_MS = 1_700_000_000_000, MAX_TIME_MS = 1_700_000_099_000;
/** By the number in a batch's attributes. What writes zstd does not run here. */
const compressors: Readonly<Record<number, (bytes: Buffer) => Buffer>> = { 1: gzipSync, 2: compressSync, 3: compressFrameSync };

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = value >= 0 ? BigInt(value) * 2n : BigInt(-value) * 2n - 1n;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
};
const counted = (text: string | Buffer | null): Buffer => {
  if (text === null) return varint(-1);
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
  return Buffer.concat([varint(bytes.length), bytes]);
};

const recordBytes = ({ offsetDelta, timeDelta = 0, key, value, headers = [] }: TestRecord): Buffer => {
  const body = Buffer.concat([
    Buffer.from([0]), varint(timeDelta), varint(offsetDelta), counted(key), counted(value),
    varint(headers.length), ...headers.flatMap(([name, said]) => [counted(name), counted(said)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
};

/** A record batch, byte by byte as Kafka's message format has it; `payload` stands for the records where they are to be wrong. */
export const batchBytes = (batch: TestBatch, payload?: Buffer): Buffer => {
  const { baseOffset, records, codec = 0, producerId = -1 } = batch;
  const raw = payload ?? Buffer.concat(records.map(recordBytes));
  const body = payload === undefined && records.length > 0 ? compressors[codec]?.(raw) ?? raw : raw;
  const bytes = Buffer.alloc(61 + body.length);
  body.copy(bytes, 61);
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt8(batch.magic ?? 2, 16);
  bytes.writeInt16BE(codec | (batch.isLogAppendTime === true ? 8 : 0) | (batch.isTransactional === true ? 16 : 0) | (batch.isControl === true ? 32 : 0), 21);
  bytes.writeInt32BE(batch.lastOffsetDelta ?? Math.max(0, ...records.map(({ offsetDelta }) => offsetDelta)), 23);
  bytes.writeBigInt64BE(BigInt(BASE_TIME_MS), 27);
  bytes.writeBigInt64BE(BigInt(MAX_TIME_MS), 35);
  bytes.writeBigInt64BE(BigInt(producerId), 43);
  bytes.writeInt32BE(records.length, 57);
  bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17);
  return bytes;
};

/** A batch of plain records, one per value. */
export const plainBatch = (baseOffset: number, values: readonly string[], more: Partial<TestBatch> = {}): Buffer =>
  batchBytes({ baseOffset, records: values.map((value, offsetDelta) => ({ offsetDelta, key: `k${baseOffset + offsetDelta}`, value })), ...more });

/** The marker that ends a producer's transaction. */
export const marker = (baseOffset: number, producerId: number, kind: 'abort' | 'commit'): Buffer =>
  batchBytes({ baseOffset, producerId, isTransactional: true, isControl: true, records: [{ offsetDelta: 0, key: kind === 'abort' ? '\0\0\0\0' : '\0\0\0\x01', value: '\0\0\0\0\0\0' }] });
