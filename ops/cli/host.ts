import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { ExponentialBackoff, handleType, retry } from 'cockatiel';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { connectBatchSource } from '../../connectors/kafka/fetch/source.ts';
import { kafkaChangelog } from '../../connectors/kafka/changelog.ts';
import { latestValues, type LatestValuesOptions } from '../../connectors/kafka/latest-values.ts';
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { kafkaDeadLetters, kafkaPublisher } from '../../connectors/kafka/publisher.ts';
import { RegistryUnavailable, SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { connectSource } from '../../connectors/kafka/source.ts';
import { applyTopics } from '../../connectors/kafka/topics.ts';
import { connectTransactionalProducer, TransactionalProducer } from '../../connectors/kafka/transactional-producer.ts';
import { valueSender } from '../../connectors/kafka/value-sender.ts';
import { pipelineNames } from '../../pipelines/index.ts';
import { changelogDefinition, changelogTopic, entriesOfPipeline } from '../../runtime/changelog.ts';
import type { Restore, RuntimeContext } from '../../runtime/context.ts';
import { PipelineMetrics } from '../../runtime/metrics.ts';
import { type JoinPipeline, type JoinServers, type Pipeline, type SinkPipeline, type SinkServers, sourceOf, type TopologyPipeline } from '../../runtime/pipeline.ts';
import type { Source, SourceEvent } from '../../runtime/ports.ts';
import { runSink } from '../../runtime/run-sink.ts';
import { runTopology } from '../../runtime/run-topology.ts';
import { supervise } from '../../runtime/supervise.ts';
import { deadTopicName, topicName } from '../../schemas/topics.ts';
import type { AnyTopic } from '../../stream/topology.ts';
import type { Config } from '../config/config.ts';
import { serveEndpoints } from './endpoints.ts';
import { lineOf, verdictOf } from './errors.ts';
import { announce } from './processes.ts';
import { untilEnd } from './until-end.ts';

export interface HostOptions {
  readonly config: Config;
  readonly pipelines: readonly Pipeline[];
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Port of the endpoints; without it the first pipeline's own. 0 takes any that is free. */
  readonly port?: number;
  /** Ends once all is read that the topics held at the start. */
  readonly untilEnd: boolean;
  /** Names this process among the groups' members, so that it takes its partitions back without a rebalance when it comes again. */
  readonly instance?: string;
  /** What to do where a pipeline's state and position do not fit. Default: to refuse. */
  readonly restore?: Restore;
}

/** Longest time between checkpoints while there is something to publish, ms (ARCHITECTURE.md E14). */
const CHECKPOINT_MS = 200;
/** How long a sink that writes at once waits for what came while it wrote, ms. At 10,000 bets/s in turn, three runs each, p50 was 36, 37 and 37 ms and p99 62, 63 and 73; without it 46, 52 and 48, and 89, 93 and 84. */
const CATCH_UP_MS = 5;
/** Most records of one poll. */
const POLL_RECORDS = 2_000;
/** Runs a module of ours. */
const PROGRAM = fileURLToPath(new URL('../program.cjs', import.meta.url));
/** How long what a join has sent may be under way, ms. */
const FLUSH_MS = 60_000;
/** How long a client gets to say goodbye, ms. */
const GOODBYE_MS = 8_000;

/** Runs pipelines in this process until the signal is raised, each supervised by itself. Throws the first error that ends one of them; the others are stopped properly before. */
export const host = async (options: HostOptions): Promise<void> => {
  const { config, log, pipelines } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  // All settings before the first connection: an error in the last section must not come after minutes of work.
  const hosted = pipelines.map((pipeline) => new Hosted(pipeline, config.pipeline(pipeline), { ...options, signal, log: log.child({ pipeline: pipeline.name }) }));

  const endpoints = await serveEndpoints(options.port ?? portOf(config, pipelines[0]!.name), {
    registries: hosted.flatMap(({ metrics, ofJoin }) => [metrics.registry, ofJoin]),
    notReady: () => Object.fromEntries(hosted.filter(({ state }) => state !== 'at work').map(({ name, state }) => [name, state])),
  });
  const takeBack = announce(config.home, { pipelines: pipelines.map(({ name }) => name), namespace: config.namespace, url: endpoints.url });
  log.info({ pipelines: pipelines.map(({ name }) => name), namespace: config.namespace, metrics: `${endpoints.url}/metrics` }, 'started');
  try {
    const ends = await Promise.allSettled(hosted.map((one) => one.supervised().catch((error: unknown) => {
      stop.abort();
      throw error;
    })));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    takeBack();
    await endpoints.close();
  }
};

/** The port of a process's endpoints: of all pipelines on one machine each has its own. */
export const portOf = (config: Config, pipeline: string): number => config.metricsPort + Math.max(0, (pipelineNames as readonly string[]).indexOf(pipeline));

/** The consumer group of a pipeline. */
export const groupOf = (pipeline: string, namespace: string): string => (namespace === '' ? pipeline : `${namespace}.${pipeline}`);

/** One pipeline in this process, through its lives. */
class Hosted {
  readonly name: string;
  readonly metrics: PipelineMetrics;
  /** What a join says of itself, in this life. */
  readonly ofJoin = new Registry();
  state: string = 'starting';
  /** The same for all lives: each ends the transaction that the one before has left open. */
  readonly #instance: string;
  readonly #pipeline: Pipeline;
  readonly #settings: unknown;
  readonly #options: HostOptions;

  constructor(pipeline: Pipeline, settings: unknown, options: HostOptions) {
    this.name = pipeline.name;
    this.metrics = new PipelineMetrics(pipeline.name);
    this.#pipeline = pipeline;
    this.#settings = settings;
    this.#options = options;
    this.#instance = options.instance ?? `unnamed-${randomUUID()}`;
  }

  supervised(): Promise<void> {
    const { signal, log } = this.#options;
    return supervise({
      name: this.name, signal, verdict: verdictOf,
      run: async (ending, started, doubtful) => {
        try {
          await this.#live(ending, started, doubtful);
        } finally {
          // The next life counts from nothing: without this its accounts would be compared with those of this one.
          if (this.#pipeline.kind !== 'join') for (let partition = 0; partition < sourceOf(this.#pipeline).partitions; partition++) this.metrics.dropped(partition);
        }
      },
      onRestart: (error, pauseMs) => {
        this.state = `restarting after: ${lineOf(error)}`;
        log.error({ err: error, pauseMs }, `failed: ${lineOf(error)}; it begins again from its checkpoint`);
      },
      onStopped: (aborted) => {
        this.state = 'stopped';
        if (aborted === undefined) log.info({}, 'stopped after a last checkpoint'); else log.warn({ err: aborted }, 'stopped, without a last checkpoint');
      },
    });
  }

  async #live(signal: AbortSignal, started: () => void, doubtful: RuntimeContext['doubtful']): Promise<void> {
    const { config, log, instance, restore = 'strict' } = this.#options;
    const { brokers, namespace } = config;
    const pipeline = this.#pipeline;
    if (pipeline.kind === 'join') { await this.#join(pipeline, signal, started); return; }
    const input = sourceOf(pipeline), group = groupOf(this.name, namespace), clientId = `oddstream-${this.name}`;
    const targets = pipeline.kind === 'topology' ? pipeline.wants.map((target) => pipeline.topology.targets[target] as AnyTopic) : [];
    const onWarning = (message: string): void => { log.warn({}, message); };
    const closing: (() => Promise<void>)[] = [];
    try {
      const registry = new SchemaRegistry(config.registryUrl, { namespace });
      const ids = new Map<string, number>();
      // All at once: of a restart this is half of the time between its being loaded and its joining the group.
      await Promise.all([
        ...targets.map(async (target) => ids.set(target.name, await registry.idOf(target))),
        ...(pipeline.kind === 'topology' ? [
          applyTopics({ brokers, registry, namespace, topics: [changelogDefinition(pipeline)], onProgress: (line) => { log.info({}, line); } }),
          ...entriesOfPipeline(pipeline, this.#settings).map(async (entries) => ids.set(entries.name, await registry.register(entries))),
        ] : []),
      ]);
      const context: RuntimeContext = {
        signal, log, metrics: this.metrics, clock: Date.now, namespace, checkpointMs: CHECKPOINT_MS, snapshotEvery: config.snapshotEvery, restore, doubtful,
        schemaIdOf: ({ name }) => ids.get(name)!,
        schemaOf: patientSchemas(registry, log, signal),
      };

      const sinks = pipeline.kind === 'sink' ? [await pipeline.sink(this.#servers(context), this.#settings, this.name)].flat() : [];
      closing.push(...sinks.map((sink) => () => sink.close()));
      const connect = config.source === 'batches' ? connectBatchSource : connectSource;
      const connected = await connect({
        brokers, group, topics: [topicName(input, namespace)], maxPollRecords: POLL_RECORDS, onWarning,
        ...(instance === undefined ? {} : { instanceId: instance }),
        ...(pipeline.kind === 'sink' && pipeline.batch(this.#settings).maxWaitMs === 0 ? { catchUpMs: CATCH_UP_MS } : {}),
      });
      closing.push(() => connected.close());
      const producer = pipeline.kind === 'topology'
        ? await connectTransactionalProducer({ brokers, clientId, onWarning, transactionalId: `oddstream.${group}.${this.#instance}`, member: connected.member })
        : await connectProducer({ brokers, clientId, onWarning });
      closing.push(() => producer.disconnect());
      for (const topic of [topicName(input, namespace), deadTopicName(input, namespace), ...targets.map((target) => topicName(target, namespace))]) await producer.partitions(topic);
      started();
      const ended = this.#options.untilEnd
        ? untilEnd(connected, (partitions) => { log.info({ partitions }, 'the last offsets of these partitions hold nothing to read'); })
        : connected;
      const source = observed(ended, () => { this.state = 'at work'; });
      if (producer instanceof TransactionalProducer) {
        const changelog = kafkaChangelog({ brokers, topic: changelogTopic(this.name, namespace), signal });
        await runTopology(pipeline as TopologyPipeline, this.#settings, { source, publisher: kafkaPublisher(producer), changelog }, context);
      } else {
        await runSink(pipeline as SinkPipeline, this.#settings, sinks, source, kafkaDeadLetters(producer), context);
      }
    } finally {
      for (const close of closing.reverse()) await within(GOODBYE_MS, close()).catch((error: unknown) => { log.warn({ err: error }, 'a client did not close'); });
    }
  }

  async #join(pipeline: JoinPipeline, signal: AbortSignal, started: () => void): Promise<void> {
    const { config: { brokers, namespace, registryUrl }, log, untilEnd } = this.#options;
    const onWarning = (message: string): void => { log.warn({}, message); };
    const schemas = new SchemaRegistry(registryUrl, { namespace }), schemaOf = patientSchemas(schemas, log, signal), closing: (() => Promise<void>)[] = [];
    this.ofJoin.clear();
    try {
      const producer = await connectProducer({ brokers, clientId: `oddstream-${this.name}`, onWarning });
      closing.push(() => producer.disconnect());
      const senders = new Map<AnyTopic, (value: unknown) => void>();
      for (const target of pipeline.targets) senders.set(target, await valueSender(producer, schemas, target, namespace));
      const reading = latestOf({ brokers, namespace, schemaOf, onWarning });
      const servers: JoinServers = {
        signal, untilEnd, namespace, log, registry: this.ofJoin,
        latestValues: async (topic, onChange) => {
          const values = await reading(topic, onChange);
          closing.push(() => values.close());
          return values;
        },
        send: (topic, value) => {
          senders.get(topic)!(value);
          this.metrics.published(topic.name, 1);
        },
        flush: () => producer.flush(FLUSH_MS),
        fork: (module, args) => fork(PROGRAM, [fileURLToPath(module), ...args], { serialization: 'advanced', execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
        started: () => {
          this.state = 'at work';
          started();
        },
      };
      await pipeline.run(servers, this.#settings);
    } finally {
      for (const close of closing.reverse()) await within(GOODBYE_MS, close()).catch((error: unknown) => { log.warn({ err: error }, 'a client did not close'); });
    }
  }

  /** Addresses are looked up when a sink asks for them: a Redis sink needs no PostgreSQL. */
  #servers({ log, schemaOf }: RuntimeContext): SinkServers {
    const { config } = this.#options;
    return {
      namespace: config.namespace,
      get postgresUrl() { return config.postgresSinkUrl; },
      get betsUrl() { return config.postgresBetsUrl; },
      get redisUrl() { return config.redisUrl; },
      latestValues: latestOf({ brokers: config.brokers, namespace: config.namespace, schemaOf, onWarning: (message) => { log.warn({}, message); } }),
    };
  }
}

const latestOf = ({ brokers, namespace, schemaOf, onWarning }: Omit<LatestValuesOptions, 'topic' | 'onChange'> & { readonly namespace: string }): SinkServers['latestValues'] =>
  (topic, onChange) => latestValues({ brokers, topic: topicName(topic, namespace), schemaOf, onWarning, ...(onChange === undefined ? {} : { onChange }) });

/** A schema by its id, waiting for a registry that does not answer, until the signal is raised. */
const patientSchemas = (registry: SchemaRegistry, log: Logger, signal: AbortSignal): RuntimeContext['schemaOf'] => {
  const patiently = retry(handleType(RegistryUnavailable), { maxAttempts: Infinity, backoff: new ExponentialBackoff({ initialDelay: 200, maxDelay: 10_000 }) });
  patiently.onRetry((reason) => { if ('error' in reason) log.warn({ delayMs: Math.round(reason.delay) }, `waiting for the schema registry: ${reason.error.message}`); });
  return (id) => patiently.execute(() => registry.schemaOf(id), signal);
};

/** The same source; `onFirst` is called at its first event. */
const observed = (source: Source, onFirst: () => void): Source => ({
  committed: (partitions) => source.committed(partitions),
  range: (partition) => source.range(partition),
  start: (position) => { source.start(position); },
  close: () => source.close(),
  async *events(signal: AbortSignal): AsyncGenerator<SourceEvent> {
    for await (const event of source.events(signal)) {
      onFirst();
      yield event;
    }
  },
});

const within = async (ms: number, work: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => { timer = setTimeout(() => { reject(new Error(`not within ${ms} ms`)); }, ms); });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};
