import type { Logger } from 'pino';
import { kafkaChangelog } from '../../connectors/kafka/changelog.ts';
import { ValueDecoder } from '../../connectors/kafka/decode.ts';
import { type OffsetRange, rangeSource } from '../../connectors/kafka/fetch/range-source.ts';
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { replayPublisher } from '../../connectors/kafka/publisher.ts';
import { connectRecords, type RecordReader } from '../../connectors/kafka/records.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { type AppliedTopic, applyTopics } from '../../connectors/kafka/topics.ts';
import { changelogTopic } from '../../runtime/changelog.ts';
import { PipelineMetrics } from '../../runtime/metrics.ts';
import type { TopologyPipeline } from '../../runtime/pipeline.ts';
import type { Changelog, Source, SourceEvent } from '../../runtime/ports.ts';
import { runTopology } from '../../runtime/run-topology.ts';
import { deadTopicName, topicName } from '../../schemas/topics.ts';
import { fateNames } from '../../stream/fates.ts';
import type { AnyTopic } from '../../stream/topology.ts';
import { UsageError } from '../cli/errors.ts';
import type { Config } from '../config/config.ts';
import { type Bound, rangesOf } from './ranges.ts';

export interface ReplayOptions {
  readonly config: Config;
  readonly pipeline: TopologyPipeline;
  /** The namespace of its outputs, in which there are none yet. */
  readonly into: string;
  readonly partition: number | undefined;
  readonly from: Bound | undefined;
  readonly to: Bound | undefined;
  readonly isHorizonEnough: boolean;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** One line at a time for a person. */
  readonly say: (line: string) => void;
}

/** What a replay came to. */
export interface Replayed {
  readonly ranges: readonly OffsetRange[];
  /** Whether all of them were read to their ends: not so after a stop that was asked for. */
  readonly isWhole: boolean;
  /** Values by target. */
  readonly published: ReadonlyMap<string, number>;
  /** Records of the ranges by what became of them. */
  readonly fates: ReadonlyMap<string, number>;
}

const CHECKPOINT_MS = 1_000;
const PROGRESS_MS = 5_000;

/**
 * Runs a pipeline on a range of its source's log again, with its outputs in a namespace of their own (ARCHITECTURE.md E19): same offsets, same verdicts, same bytes, where the settings
 * are the same. What its state needs of the log before is read silently. Throws UsageError before anything was written where the range is none, or the namespace is in use.
 */
export const replay = async (options: ReplayOptions): Promise<Replayed> => {
  const { config, pipeline, into, log, signal, say } = options, { brokers, namespace } = config, { topology } = pipeline;
  if (into === namespace) throw new UsageError(`--into ${into}: that is the namespace that is read. Give the outputs one of their own.`);
  const settings = config.pipeline(pipeline), source = topology.source as AnyTopic, topic = topicName(source, namespace);
  const targets = pipeline.wants.map((target) => topology.targets[target] as AnyTopic);
  const registry = new SchemaRegistry(config.registryUrl, { namespace });
  const records = await connectRecords(brokers);
  try {
    const ranges = await rangesOf({ ...options, records, decoder: new ValueDecoder(registry), settings, topic });
    await refuseUsed(records, [...targets.map((target) => topicName(target, into)), deadTopicName(source, into)], into);
    sayRanges(ranges, options, source.cleanup === 'compact');
    await applyTopics({ brokers, registry: new SchemaRegistry(config.registryUrl, { namespace: into }), namespace: into, topics: [source, ...targets] as unknown as readonly AppliedTopic[], onProgress: say });

    // Where the pipeline itself is deployed its values name these ids, and a replay's are to be the same bytes.
    const ids = new Map<string, number>();
    for (const target of targets) ids.set(target.name, await registry.idOf(target));
    const metrics = new PipelineMetrics(pipeline.name), onWarning = (message: string): void => { log.warn({}, message); };
    const publisher = replayPublisher(await connectProducer({ brokers, onWarning }));
    const progress = new Progress(ranges, say), read = rangeSource({ brokers, ranges, onWarning });
    try {
      await runTopology(pipeline, settings, { source: progress.over(read), publisher, changelog: await verdictsOf(records, pipeline.name, config, signal) }, {
        signal, log, metrics, clock: Date.now, namespace: into, checkpointMs: CHECKPOINT_MS, snapshotEvery: { records: Infinity, ms: Infinity }, restore: 'replay', doubtful: new Map(),
        schemaIdOf: ({ name }) => ids.get(name) ?? 0, //  of entries there is none: they are not kept
        schemaOf: (id) => registry.schemaOf(id),
      });
    } finally {
      await read.close();
      await publisher.close();
    }
    return { ranges, isWhole: progress.isWhole, ...await figuresOf(metrics, pipeline.wants) };
  } finally {
    await records.close();
  }
};

/** Outputs of two replays in one topic would be neither's. */
const refuseUsed = async (records: RecordReader, topics: readonly string[], into: string): Promise<void> => {
  for (const topic of topics) {
    for (let partition = 0, count = await records.partitions(topic) ?? 0; partition < count; partition++) {
      if ((await records.range({ topic, partition })).end > 0) throw new UsageError(`--into ${into}: ${topic} holds records already. Give a namespace that is not in use.`);
    }
  }
};

const sayRanges = (ranges: readonly OffsetRange[], { pipeline: { name, topology }, say }: ReplayOptions, isCompacted: boolean): void => {
  const sum = (of: (range: OffsetRange) => number): number => ranges.reduce((total, range) => total + of(range), 0);
  const silent = sum(({ start, from }) => from - start), withoutHorizon = topology.withoutHorizon ?? [];
  say(`${name}: ${sum(({ from, to }) => to - from)} offsets of ${ranges.length} partitions${silent > 0 ? `; ${silent} before them are read silently, for the state that they left` : ''}`);
  // Whether it was not asked for or the log no longer holds it.
  if (withoutHorizon.length > 0 && ranges.some(({ start, from, to }) => start > 0 && from < to)) say(`${name}: what the store '${withoutHorizon.join("', '")}' had from before the offsets that are read is not known: outputs that depend on it may differ`);
  if (isCompacted) say(`${name}: its source is compacted: of what was replaced since, nothing is read`);
};

/** Only what was told to be passed over is taken from the pipeline's own changelog: that is part of its verdicts. */
const verdictsOf = async (records: RecordReader, pipeline: string, { brokers, namespace }: Config, signal: AbortSignal): Promise<Changelog> => {
  const topic = changelogTopic(pipeline, namespace);
  if (await records.partitions(topic) !== undefined) return kafkaChangelog({ brokers, topic, signal });
  return { topic, read: () => Promise.resolve() };
};

/** How far a replay has come: said every few seconds. */
class Progress {
  readonly #left = new Map<number, number>();
  readonly #ends: ReadonlyMap<number, number>;
  readonly #all: number;
  readonly #say: (line: string) => void;
  #saidMs = Date.now();

  constructor(ranges: readonly OffsetRange[], say: (line: string) => void) {
    for (const { partition, start, from, to } of ranges) if (from < to) this.#left.set(partition, to - start);
    this.#ends = new Map(ranges.map(({ partition, to }) => [partition, to]));
    this.#all = this.#sum();
    this.#say = say;
  }

  get isWhole(): boolean { return this.#sum() === 0; }

  /** The same source, watched. */
  over(source: Source): Source {
    return {
      committed: (partitions) => source.committed(partitions), range: (partition) => source.range(partition), start: (position) => { source.start(position); }, close: () => source.close(),
      events: (signal) => this.#watched(source.events(signal)),
    };
  }

  async *#watched(events: AsyncIterable<SourceEvent>): AsyncGenerator<SourceEvent> {
    for await (const event of events) {
      yield event;
      if (event.kind !== 'poll') continue;
      const { partition, nextOffset } = event.poll;
      this.#left.set(partition, this.#ends.get(partition)! - nextOffset);
      if (Date.now() - this.#saidMs < PROGRESS_MS) continue;
      this.#saidMs = Date.now();
      this.#say(`${this.#all - this.#sum()} of ${this.#all} offsets read`);
    }
  }

  #sum(): number { return Array.from(this.#left.values()).reduce((total, left) => total + left, 0); }
}

const figuresOf = async ({ registry }: PipelineMetrics, wants: readonly string[]): Promise<Pick<Replayed, 'published' | 'fates'>> => {
  const valuesOf = async (name: string, label: string): Promise<Map<string, number>> => {
    const { values } = (await registry.getSingleMetric(name)!.get()) as { values: readonly { value: number; labels: Readonly<Record<string, string>> }[] };
    return new Map(values.map(({ value, labels }) => [labels[label]!, value]));
  };
  const published = await valuesOf('oddstream_published_total', 'target'), fates = await valuesOf('oddstream_records_total', 'fate');
  return { published: new Map(wants.map((want) => [want, published.get(want) ?? 0])), fates: new Map(fateNames.map((fate) => [fate, fates.get(fate) ?? 0])) };
};
