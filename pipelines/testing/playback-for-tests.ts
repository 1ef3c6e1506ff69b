/** Recordings through Kafka and pipelines, and what came of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { Feed } from '../../connectors/feeds/feed.ts';
import { type FeedSummary, runFeed } from '../../connectors/feeds/run.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { connectRecords } from '../../connectors/kafka/records.ts';
import { connectSource } from '../../connectors/kafka/source.ts';
import { host } from '../../ops/cli/host.ts';
import { hosts } from '../../ops/cli/processes.ts';
import { untilEnd } from '../../ops/cli/until-end.ts';
import { loadConfig } from '../../ops/config/config.ts';
import { PipelineMetrics } from '../../runtime/metrics.ts';
import { sourceOf } from '../../runtime/pipeline.ts';
import type { Changelog, Publisher } from '../../runtime/ports.ts';
import { runTopology } from '../../runtime/run-topology.ts';
import type { AnyTopic } from '../../stream/topology.ts';
import { topicName } from '../../schemas/topics.ts';
import { fateNames } from '../../stream/fates.ts';
import { loadRecordPipeline } from '../index.ts';
import type { TestDatabase, TestStack } from './stack-for-tests.ts';

/** Longer than any recording: nothing is repeated, and nothing dies of age. */
export const FOR_EVER_MS = 100 * 365 * 86_400_000;

/** A recording's own words alone decide, as in the figures that were computed elsewhere. */
export const withoutAge = { quoteTtlMs: FOR_EVER_MS, maxLegAgeMs: FOR_EVER_MS } as const;

/** The errors of a run, restarts among them: none is expected. */
const errorLog = (): { readonly log: pino.Logger; readonly lines: string[] } => {
  const lines: string[] = [];
  return { lines, log: pino({ level: 'error', base: null }, { write: (line: string) => { lines.push(line.trim()); } }) };
};

/** Plays a recording at its original times, as fast as possible, without repeats, into the topics of a namespace. */
export const play = <C>(stack: TestStack, namespace: string, feed: Feed<C>, config: C): Promise<FeedSummary> => runFeed(feed, config, {
  brokers: stack.brokers, registryUrl: stack.registryUrl, namespace, stateDir: stack.home, logger: pino({ level: 'silent' }),
  signal: new AbortController().signal, speed: 'max', rebase: 'original', refreshMs: FOR_EVER_MS,
});

/** What became of the records that a pipeline was given, by its own metrics. */
export interface Accounts {
  readonly delivered: number;
  /** Offsets that held no record: transaction markers. */
  readonly withoutRecord: number;
  readonly unaccounted: number;
  readonly fates: Readonly<Record<string, number>>;
}

/** How long pipelines may take to read what there is, ms. */
const PATIENCE_MS = 500_000;

/**
 * Runs pipelines in this process until each has read to the end of its topic, what the others write for it included, and stops them.
 * Returns what their metrics endpoint said of each at last, and how many records the broker says each was given.
 */
export const runToEnd = async (
  stack: TestStack, namespace: string, names: readonly string[], settings: Readonly<Record<string, object>>, database: TestDatabase = stack.plain,
): Promise<{ readonly accounts: ReadonlyMap<string, Accounts>; readonly records: ReadonlyMap<string, number>; readonly errors: readonly string[] }> => {
  const config = loadConfig({
    cwd: stack.home,
    env: { ODDSTREAM_HOME: stack.home, ODDSTREAM_NAMESPACE: namespace, ODDSTREAM_POSTGRES_SINK_URL: database.sinkUrl, ODDSTREAM_POSTGRES_BETS_URL: database.betsUrl, ODDSTREAM_PIPELINES: JSON.stringify(settings) },
  });
  const pipelines = await Promise.all(names.map(loadRecordPipeline));
  const sources = pipelines.map((pipeline) => ({ name: pipeline.name, source: sourceOf(pipeline) }));
  const stop = new AbortController();
  const { log, lines } = errorLog();
  const hosted = host({ config, pipelines, log, signal: stop.signal, port: 0, untilEnd: false });
  const reader = await connectRecords(stack.brokers);
  try {
    const follow = async () => {
      for (const untilMs = Date.now() + PATIENCE_MS; ; await sleep(200)) {
        const url = hosts(stack.home).find(({ pid }) => pid === process.pid)?.url;
        const accounts = url === undefined ? new Map<string, Accounts>() : accountsIn(await (await fetch(`${url}/metrics`)).text());
        // Asked after the metrics: what a pipeline had accounted for by then, it had published.
        const records = new Map<string, number>();
        for (const { name, source } of sources) {
          // The ends themselves, not the last stable offsets: a commit is answered before its markers are in every partition.
          let count = 0;
          for (let partition = 0; partition < source.partitions; partition++) {
            const { start, end } = await reader.range({ topic: topicName(source, namespace), partition });
            count += end - start;
          }
          records.set(name, count);
        }
        if (names.every((name) => { const of = accounts.get(name); return of !== undefined && of.delivered + of.withoutRecord === records.get(name); })) return { accounts, records, errors: lines };
        if (Date.now() > untilMs) throw new Error(`not at the end: ${JSON.stringify([...accounts])} of ${JSON.stringify([...records])}; ${lines.join('; ')}`);
      }
    };
    return await Promise.race([follow(), hosted.then(() => { throw new Error('the pipelines have ended'); })]);
  } finally {
    await reader.close();
    stop.abort();
    await hosted;
  }
};

/** Reads Prometheus's text format, as a scraper does. */
const accountsIn = (text: string): Map<string, Accounts> => {
  const samples = [...text.matchAll(/^(\w+)\{([^}]*)\} (\S+)$/gm)].map(([, name = '', labels = '', value]) => ({
    name, value: Number(value), labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', of = '']) => [label, of])),
  }));
  const valueOf = (name: string, wanted: Readonly<Record<string, string>>): number =>
    samples.find((sample) => sample.name === name && Object.entries(wanted).every(([label, of]) => sample.labels[label] === of))?.value ?? 0;
  const pipelines = new Set(samples.flatMap(({ name, labels }) => (name === 'oddstream_records_delivered_total' ? [labels['pipeline']!] : [])));
  return new Map(Array.from(pipelines, (pipeline) => [pipeline, {
    delivered: valueOf('oddstream_records_delivered_total', { pipeline }),
    withoutRecord: samples.reduce((sum, { name, labels, value }) => (name === 'oddstream_offsets_without_record' && labels['pipeline'] === pipeline ? sum + value : sum), 0),
    unaccounted: valueOf('oddstream_unaccounted_records', { pipeline }),
    fates: Object.fromEntries(fateNames.map((fate) => [fate, valueOf('oddstream_records_total', { pipeline, fate })])),
  }]));
};

/** The changelog of a pipeline that keeps nothing. */
const nothingKept: Changelog = { topic: 'nothing', read: async () => undefined };

/** A record as a pipeline published it. */
export interface PublishedRecord { readonly partition: number; readonly key: Buffer; readonly value: Buffer | null }

/**
 * Reads a topology's log once more, as a member of a group of its own, and keeps what it would have published, by topic.
 * Ticks, which go by batches, are left out.
 */
export const readAgain = async (
  stack: TestStack, namespace: string, name: string, settings: Readonly<Record<string, object>>,
  { group, maxPollRecords, checkpointMs }: { readonly group: string; readonly maxPollRecords: number; readonly checkpointMs: number },
): Promise<ReadonlyMap<string, readonly PublishedRecord[]>> => {
  const pipeline = await loadRecordPipeline(name);
  if (pipeline.kind !== 'topology') throw new Error(`${name} is no topology`);
  const registry = new SchemaRegistry(stack.registryUrl, { namespace });
  const targets = pipeline.wants.map((target) => pipeline.topology.targets[target] as AnyTopic);
  const ids = new Map<string, number>();
  for (const target of targets) ids.set(target.name, await registry.idOf(target));

  const published = new Map<string, PublishedRecord[]>();
  const nothing = (): Promise<void> => Promise.resolve();
  const publisher: Publisher = {
    publish(topic, partition, values) {
      let records = published.get(topic);
      if (records === undefined) published.set(topic, records = []);
      for (let i = 0; i < values.size; i++) {
        const start = values.start(i), end = values.end(i);
        records.push({ partition, key: Buffer.from(values.key(i)), value: start === end ? null : Buffer.from(values.bytes.subarray(start, end)) });
      }
    },
    tick: () => undefined,
    dead({ code, topic, partition, offset }) { throw new Error(`${topic}-${partition} ${offset} is dead: ${code}`); },
    ready: nothing, keep: () => undefined, commit: nothing, close: nothing,
  };
  const source = await connectSource({ brokers: stack.brokers, group: `${namespace}.${group}`, topics: [topicName(pipeline.topology.source as AnyTopic, namespace)], maxPollRecords, onWarning: () => undefined });
  try {
    await runTopology(pipeline, pipeline.config.parse(settings[name] ?? {}), { source: untilEnd(source, () => undefined), publisher, changelog: nothingKept }, {
      signal: AbortSignal.timeout(PATIENCE_MS), log: pino({ level: 'silent' }), metrics: new PipelineMetrics(name), clock: Date.now, namespace, checkpointMs,
      snapshotEvery: 'checkpoint', restore: 'strict', doubtful: new Map(), schemaIdOf: (topic) => ids.get(topic.name) ?? 0, schemaOf: (id) => registry.schemaOf(id),
    });
  } finally {
    await source.close();
  }
  return published;
};
