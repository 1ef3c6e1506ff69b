import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { fateNames, type Fates } from '../stream/fates.ts';

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a pipeline says of itself to Prometheus. One registry a process. */
export class PipelineMetrics {
  readonly registry = new Registry();
  readonly #pipeline: string;
  readonly #records = new Counter({ name: 'oddstream_records_total', help: 'Records by what became of them.', labelNames: ['pipeline', 'fate'], registers: [this.registry] });
  readonly #delivered = new Counter({ name: 'oddstream_records_delivered_total', help: 'Records that the log delivered.', labelNames: ['pipeline'], registers: [this.registry] });
  readonly #unaccounted = new Gauge({ name: 'oddstream_unaccounted_records', help: 'Records delivered of which nobody knows what became. Anything but 0 is a bug.', labelNames: ['pipeline'], registers: [this.registry] });
  readonly #withoutRecord = new Gauge({ name: 'oddstream_offsets_without_record', help: 'Offsets of the partition up to here that held no record: transaction markers, what was aborted, what was compacted away.', labelNames: ['pipeline', 'partition'], registers: [this.registry] });
  readonly #lagOffsets = new Gauge({ name: 'oddstream_lag_offsets', help: 'Offsets between the pipeline and the end of the partition.', labelNames: ['pipeline', 'partition'], registers: [this.registry] });
  readonly #eventTime = new Gauge({ name: 'oddstream_event_time_seconds', help: 'Highest event time seen on the partition, epoch seconds.', labelNames: ['pipeline', 'partition'], registers: [this.registry] });
  readonly #lagTime = new Gauge({ name: 'oddstream_lag_event_time_seconds', help: 'Wall clock less the highest event time seen on the partition.', labelNames: ['pipeline', 'partition'], registers: [this.registry] });
  readonly #quiet = new Gauge({ name: 'oddstream_partition_quiet_seconds', help: 'How long the partition has had neither data nor tick. A quiet partition closes no windows.', labelNames: ['pipeline', 'partition'], registers: [this.registry] });
  readonly #published = new Counter({ name: 'oddstream_published_total', help: 'Values published, by target.', labelNames: ['pipeline', 'target'], registers: [this.registry] });
  readonly #sinkRows = new Counter({ name: 'oddstream_sink_rows_total', help: 'Rows made durable by a sink.', labelNames: ['pipeline'], registers: [this.registry] });
  readonly #batch = new Histogram({ name: 'oddstream_batch_seconds', help: 'Time to process one poll of one partition.', labelNames: ['pipeline'], buckets: seconds, registers: [this.registry] });
  readonly #checkpoint = new Histogram({ name: 'oddstream_checkpoint_seconds', help: 'Time of a checkpoint.', labelNames: ['pipeline'], buckets: seconds, registers: [this.registry] });
  readonly #publish = new Histogram({ name: 'oddstream_window_publish_seconds', help: 'From a window\'s end to the durability of its outputs, on the wall clock.', labelNames: ['pipeline'], buckets: seconds, registers: [this.registry] });
  /** What was last told of each task's accounts: counters only take differences. */
  readonly #told = new Map<number, { delivered: number; counts: Float64Array; unaccounted: number }>();

  constructor(pipeline: string) { this.#pipeline = pipeline; }

  /** A task goes on with the accounts of an earlier life: they were told then. */
  resumed(partition: number, fates: Fates): void {
    this.#told.set(partition, { delivered: fates.delivered, counts: fates.counts.slice(), unaccounted: fates.unaccounted });
  }

  /** Brings the counters up to a task's accounts. `withoutRecord` counts the offsets that it has gone past without a record for it. */
  accounts(partition: number, fates: Fates, withoutRecord = 0): void {
    this.#withoutRecord.set({ pipeline: this.#pipeline, partition: String(partition) }, withoutRecord);
    let told = this.#told.get(partition);
    if (told === undefined) this.#told.set(partition, told = { delivered: 0, counts: new Float64Array(fateNames.length), unaccounted: 0 });
    const pipeline = this.#pipeline;
    this.#delivered.inc({ pipeline }, Math.max(0, fates.delivered - told.delivered));
    told.delivered = fates.delivered;
    fateNames.forEach((fate, i) => {
      this.#records.inc({ pipeline, fate }, Math.max(0, fates.counts[i]! - told.counts[i]!));
      told.counts[i] = fates.counts[i]!;
    });
    told.unaccounted = fates.unaccounted;
    let sum = 0;
    for (const { unaccounted } of this.#told.values()) sum += unaccounted;
    this.#unaccounted.set({ pipeline }, sum);
  }

  /** A partition went to another process. */
  dropped(partition: number): void {
    this.#told.delete(partition);
    const labels = { pipeline: this.#pipeline, partition: String(partition) };
    for (const gauge of [this.#lagOffsets, this.#lagTime, this.#eventTime, this.#withoutRecord, this.#quiet]) gauge.remove(labels);
  }

  progress(partition: number, lagOffsets: number, eventTimeMs: number, nowMs: number): void {
    const labels = { pipeline: this.#pipeline, partition: String(partition) };
    this.#lagOffsets.set(labels, Math.max(0, lagOffsets));
    if (eventTimeMs === -Infinity) return;
    this.#eventTime.set(labels, eventTimeMs / 1000);
    this.#lagTime.set(labels, (nowMs - eventTimeMs) / 1000);
  }

  quietFor(partition: number, ms: number): void { this.#quiet.set({ pipeline: this.#pipeline, partition: String(partition) }, ms / 1000); }
  published(target: string, count: number): void { this.#published.inc({ pipeline: this.#pipeline, target }, count); }
  sinkRows(count: number): void { this.#sinkRows.inc({ pipeline: this.#pipeline }, count); }
  batchTook(ms: number): void { this.#batch.observe({ pipeline: this.#pipeline }, ms / 1000); }
  checkpointTook(ms: number): void { this.#checkpoint.observe({ pipeline: this.#pipeline }, ms / 1000); }
  windowPublished(endMs: number, nowMs: number): void { this.#publish.observe({ pipeline: this.#pipeline }, Math.max(0, nowMs - endMs) / 1000); }
}

/** What the engine tells of itself, whoever it tells. */
export type Metrics = Omit<PipelineMetrics, 'registry'>;
