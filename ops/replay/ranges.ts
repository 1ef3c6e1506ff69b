import { parseControl } from '../../connectors/kafka/control.ts';
import type { ValueDecoder } from '../../connectors/kafka/decode.ts';
import type { OffsetRange } from '../../connectors/kafka/fetch/range-source.ts';
import type { LoggedRecord, RecordReader } from '../../connectors/kafka/records.ts';
import type { TopologyPipeline } from '../../runtime/pipeline.ts';
import { EARLIEST_MS } from '../../schemas/contract.ts';
import { UsageError } from '../cli/errors.ts';

/** Where a range begins or ends: an offset of one partition, or when the broker appended, epoch ms, of all. */
export type Bound = { readonly offset: number } | { readonly atMs: number };

export interface RangesOptions {
  readonly records: RecordReader;
  readonly decoder: ValueDecoder;
  readonly pipeline: TopologyPipeline;
  readonly settings: unknown;
  /** The source's name, with its namespace. */
  readonly topic: string;
  /** Undefined for all. */
  readonly partition: number | undefined;
  /** Undefined for the log's beginning and end. */
  readonly from: Bound | undefined;
  readonly to: Bound | undefined;
  /** Read no more than one horizon before the range, although some stores may have causes further back. */
  readonly isHorizonEnough: boolean;
}

/** Records before a range of which the earliest event time is taken: one of them at least is not poison. */
const LOOK_BACK = 200;

/**
 * What a replay reads of each partition, and from where it must read silently first (ARCHITECTURE.md E19): one horizon earlier, or, for stores that have none, from the log's beginning.
 * Throws UsageError where there is no such topic, partition or offset.
 */
export const rangesOf = async (options: RangesOptions): Promise<OffsetRange[]> => {
  const { records, topic, partition, from, to } = options, count = await records.partitions(topic);
  if (count === undefined) throw new UsageError(`The brokers have no topic '${topic}'.`);
  if (partition !== undefined && partition >= count) throw new UsageError(`${topic} has ${count} partitions, and none of the number ${partition}.`);
  const ranges: OffsetRange[] = [];
  for (const one of partition === undefined ? Array(count).keys() : [partition]) {
    const at = { topic, partition: one }, { start, end } = await records.range(at);
    const first = await offsetOf(records, at, from, { start, end }, start), last = await offsetOf(records, at, to, { start, end }, end);
    if (first > last) throw new UsageError(`${topic}, partition ${one}: the range ends at ${last}, before it begins at ${first}.`);
    ranges.push({ ...at, from: first, to: last, start: first === start || first === last ? first : await silentFrom(options, { ...at, offset: first }, start) });
  }
  return ranges;
};

const offsetOf = async (records: RecordReader, at: { topic: string; partition: number }, bound: Bound | undefined, { start, end }: { start: number; end: number }, otherwise: number): Promise<number> => {
  if (bound === undefined) return otherwise;
  if ('atMs' in bound) return Math.max(start, await records.offsetAt(at, bound.atMs));
  if (bound.offset < start || bound.offset > end) throw new UsageError(`${at.topic}, partition ${at.partition} holds the offsets ${start} to ${end}, and not ${bound.offset}.`);
  return bound.offset;
};

/**
 * The offset before which nothing matters to what stands at `from`. Who was appended before a time has an event time of at most `maxSkewMs` after it, or is dead (E8): so the broker's
 * index by append time finds it, also where event times lie far behind.
 */
const silentFrom = async ({ records, decoder, pipeline: { topology, maxSkewMs }, settings, isHorizonEnough }: RangesOptions, from: { topic: string; partition: number; offset: number }, start: number): Promise<number> => {
  if ((topology.withoutHorizon ?? []).length > 0 && !isHorizonEnough) return start;
  let earliestMs = Infinity;
  for await (const batch of records.read({ ...from, offset: Math.max(start, from.offset - LOOK_BACK) }, from.offset)) {
    for (const record of batch) earliestMs = Math.min(earliestMs, await eventTimeOf(record, decoder));
  }
  if (earliestMs === Infinity) return start;
  return Math.min(from.offset, Math.max(start, await records.offsetAt(from, earliestMs - topology.horizonMs(settings) - maxSkewMs(settings))));
};

/** Infinity where a record says none. */
const eventTimeOf = async ({ value, headers }: LoggedRecord, decoder: ValueDecoder): Promise<number> => {
  const control = parseControl(headers);
  if (control !== undefined) return 'timestamp' in control ? control.timestamp : Infinity;
  const decoded = value === null ? undefined : await decoder.decode(value);
  const timestamp = decoded !== undefined && 'value' in decoded ? (decoded.value as { timestamp?: unknown }).timestamp : undefined;
  return typeof timestamp === 'number' && timestamp >= EARLIEST_MS ? timestamp : Infinity;
};
