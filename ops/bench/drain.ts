/*
 * Child of bench.ts: drains the workload's topic through best-odds as a new consumer group, as the host of pipelines does, and says what it took.
 * node ops/program.cjs ops/bench/drain.ts <brokers> <registry url> <namespace> <group> <targets, by comma | count> [follow: go on at the end, until SIGTERM]
 */
import { pino } from 'pino';
import { connectBatchSource } from '../../connectors/kafka/fetch/source.ts';
import { kafkaChangelog } from '../../connectors/kafka/changelog.ts';
import { kafkaPublisher } from '../../connectors/kafka/publisher.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { connectSource } from '../../connectors/kafka/source.ts';
import { applyTopics } from '../../connectors/kafka/topics.ts';
import { connectTransactionalProducer } from '../../connectors/kafka/transactional-producer.ts';
import bestOddsPipeline from '../../pipelines/best-odds/pipeline.ts';
import { changelogDefinition, changelogTopic, entriesOfPipeline } from '../../runtime/changelog.ts';
import { PipelineMetrics } from '../../runtime/metrics.ts';
import type { Source } from '../../runtime/ports.ts';
import { runTopology } from '../../runtime/run-topology.ts';
import { topicName } from '../../schemas/topics.ts';
import { untilEnd } from '../cli/until-end.ts';
import { loadConfig } from '../config/config.ts';
import { workload } from './workload.ts';

const [brokers, registryUrl, namespace, group, targets, mode] = process.argv.slice(2) as [string, string, string, string, string, string?];
const { topology } = bestOddsPipeline;
const onWarning = (message: string): void => { console.error(message); };

let records = 0, startedMs = 0, cpuAtStart: NodeJS.CpuUsage | undefined;
/** Counts records, and takes the time from the first one: connecting is not what is measured. */
const counted = (source: Source): Source => Object.assign(Object.create(source) as Source, {
  async *events(signal: AbortSignal) {
    for await (const event of source.events(signal)) {
      if (event.kind === 'poll') {
        if (cpuAtStart === undefined) { cpuAtStart = process.cpuUsage(); startedMs = performance.now(); }
        records += event.poll.size;
      }
      yield event;
    }
  },
  start: source.start.bind(source), committed: source.committed.bind(source), range: source.range.bind(source),
  close: source.close.bind(source),
});

const connect = loadConfig().source === 'batches' ? connectBatchSource : connectSource;
const connected = await connect({ brokers, group, topics: [topicName(topology.source, namespace)], onWarning });
const source = counted(mode === 'follow' ? connected : untilEnd(connected, () => undefined));
const stop = new AbortController(), { signal } = stop;
process.on('SIGTERM', () => { stop.abort(); });
if (targets === 'count') {
  // What reading alone costs: the peer that the engine is held against.
  for await (const event of source.events(signal)) if (event.kind === 'assigned') for (const partition of event.partitions) source.start({ ...partition, offset: (await source.range(partition)).start });
} else {
  const registry = new SchemaRegistry(registryUrl, { namespace });
  const wants = targets.split(',') as (keyof typeof topology.targets)[];
  const ids = new Map<string, number>();
  for (const target of wants) ids.set(topology.targets[target].name, await registry.idOf(topology.targets[target]));
  const config = bestOddsPipeline.config.parse({ windowMs: workload.windowMs, latenessMs: workload.latenessMs });
  // Each run is a pipeline of its own, with a changelog of its own.
  const pipeline = { ...bestOddsPipeline, name: group, wants };
  await applyTopics({ brokers, registry, namespace, topics: [changelogDefinition(pipeline)] });
  for (const entries of entriesOfPipeline(pipeline, config)) ids.set(entries.name, await registry.register(entries));
  const publisher = kafkaPublisher(await connectTransactionalProducer({ brokers, onWarning, transactionalId: group, member: connected.member }));
  const changelog = kafkaChangelog({ brokers, topic: changelogTopic(group, namespace) });
  await runTopology(pipeline, config, { source, publisher, changelog }, {
    signal, namespace, log: pino({ level: 'warn' }, pino.destination(2)), metrics: new PipelineMetrics('bench'), clock: Date.now, checkpointMs: 200, restore: 'strict', doubtful: new Map(),
    snapshotEvery: loadConfig().snapshotEvery,
    schemaIdOf: ({ name }) => ids.get(name)!, schemaOf: (id) => registry.schemaOf(id),
  });
}
const seconds = (performance.now() - startedMs) / 1000;
const { user, system } = process.cpuUsage(cpuAtStart);
console.log(JSON.stringify({ records, seconds, cpuSeconds: (user + system) / 1e6, peakRssMiB: process.resourceUsage().maxRSS / 1024 }));
process.exit(0);
