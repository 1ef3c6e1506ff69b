import { Control } from '../../schemas/codec/columns.ts';
import { ProviderStatusSchema } from '../../schemas/generated/provider-status.ts';
import { FORBIDDEN, PARTITIONS } from './standing.ts';
import type { Written } from './partition-log.ts';
import type { Random } from './random.ts';

/** Under which ids the simulation's registry knows the schema of the input, and none. */
export const UPDATE_ID = 1, UNKNOWN_ID = 9;

/** Records that are appended at once; those of a transaction are seen, or not, when that is over. */
export interface Chunk {
  readonly partition: number;
  /** After the beginning, ms. */
  readonly atMs: number;
  readonly records: readonly Written[];
  /** Undefined where they are of no transaction. */
  readonly transaction: { readonly isCommitted: boolean; readonly lastsMs: number } | undefined;
}

/** Event time of the first record, epoch ms. */
const BEGIN_MS = 1_699_990_000_000;
/** No window is open any more after a tick so long after the last record, ms. */
const AFTERWARDS_MS = 60_000;
/** Records of each partition. */
const FEWEST = 67, MOST = 71;
const writer = ProviderStatusSchema.writer();
const NOTHING = { key: null, value: null };
const garbage = Buffer.from('no wire format');

/** A log of every kind of record, out of order, late, broken and of transactions that end either way; in chunks, over `spanMs`. */
export const inputOf = (random: Random, spanMs: number): Chunk[] => {
  // The answer to an id that nobody knows is an error with a stack, for each member anew: it is worth its price now and then.
  const chunks: Chunk[] = [], unknownId = random.chance(0.1) ? UNKNOWN_ID : UPDATE_ID;
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const keys = Array.from({ length: random.between(1, 5) }, (_, i) => Buffer.from(`k${partition}${i}`));
    const most = random.pick([4, 10, 25, 100]), gapMs = random.pick([40, 100, 300]);
    let now = BEGIN_MS + random.below(5_000);
    const times: number[] = [];
    for (let left = random.between(FEWEST, MOST); left > 0;) {
      const records: Written[] = [];
      for (let count = Math.min(left, random.between(1, most)); count > 0; count--, left--) {
        now += random.chance(0.03) ? random.below(6_000) : random.below(gapMs);
        records.push(left === 1 ? tickAt(now + AFTERWARDS_MS) : recordOf(random, random.pick(keys), now, unknownId));
      }
      const isLast = left === 0;
      times.push(random.below(spanMs));
      chunks.push({ partition, atMs: 0, records, transaction: random.chance(0.25) ? { isCommitted: isLast || random.chance(0.6), lastsMs: random.below(random.pick([20, 3_000])) } : undefined });
    }
    // The order among a partition's chunks is that of their event times; when they are appended is another matter.
    times.sort((a, b) => a - b);
    const of = chunks.splice(chunks.length - times.length);
    of.forEach((chunk, i) => chunks.push({ ...chunk, atMs: times[i]! }));
  }
  return placed(chunks);
};

const NOT_YET = new Uint8Array(0);

/** Puts the values, which have all been written now, into the records. */
const placed = (chunks: readonly Chunk[]): Chunk[] => {
  const bytes = writer.size === 0 ? NOT_YET : writer.bytes.slice(0, writer.end(writer.size - 1));
  let next = 0;
  const all = chunks.map((chunk) => ({ ...chunk, records: chunk.records.map((record) => {
    if (record.within === undefined) return record;
    const { start } = record.within, end = writer.end(next++);
    return { ...record, value: bytes.subarray(start, end), within: { bytes, start } };
  }) }));
  writer.clear();
  return all;
};

const tickAt = (timestamp: number): Written => ({ ...NOTHING, appendTimeMs: timestamp, control: { control: Control.tick, timestamp, provider: '' } });

const recordOf = (random: Random, key: Uint8Array, now: number, unknownId: number): Written => {
  const kind = random.next();
  if (kind < 0.08) return tickAt(now);
  if (kind < 0.11) return { ...NOTHING, appendTimeMs: now, control: { control: Control.down, timestamp: now - random.below(300), provider: 'all' } };
  if (kind < 0.12) return { ...NOTHING, appendTimeMs: now, control: { code: 'control_unknown' } };
  if (kind < 0.13) return { key, value: garbage, appendTimeMs: now };
  const back = random.next(), timestamp = now - (back < 0.55 ? 0 : back < 0.9 ? random.below(700) : random.below(7_000));
  const isForbidden = kind < 0.15, isAhead = kind >= 0.15 && kind < 0.16;
  const start = written(key, isAhead ? now + 2_000 : timestamp, isForbidden ? FORBIDDEN : random.between(1, 4), kind >= 0.16 && kind < 0.17 ? unknownId : UPDATE_ID);
  return { key: kind >= 0.17 && kind < 0.18 ? null : key, value: NOT_YET, within: { bytes: NOT_YET, start }, appendTimeMs: now, ...(kind >= 0.18 && kind < 0.2 ? { addressed: { pipeline: 'another', origin: 'sim-updates/0/0' } } : {}) };
};

/** Writes a value behind the others, and says where. */
const written = (key: Uint8Array, timestamp: number, value: number, schemaId: number): number => {
  writer.schemaId = schemaId;
  writer.begin(key);
  writer.timestamp(timestamp);
  writer.provider(key);
  writer.isDown(false);
  writer.downAt(value);
  writer.confirmedAt(0);
  writer.end();
  return writer.start(writer.size - 1);
};
