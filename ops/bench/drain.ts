/*
 * Child of bench.ts: drains the workload's topic through best-odds as a new consumer group, as the host of pipelines does, and says what it took.
 * node --import tsx ops/bench/drain.ts <brokers> <registry url> <namespace> <group> <targets, by comma | count>
 */
import { pino } from 'pino';
import { connectBatchSource } from '../../connectors/kafka/fetch/source.ts';
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { kafkaPublisher } from '../../connectors/kafka/publisher.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { connectSource } from '../../connectors/kafka/source.ts';
import bestOddsPipeline from '../../pipelines/best-odds/pipeline.ts';
import { PipelineMetrics } from '../../runtime/metrics.ts';
import type { Source } from '../../runtime/ports.ts';
import { runTopology } from '../../runtime/run-topology.ts';
import { topicName } from '../../schemas/topics.ts';
import { untilEnd } from '../cli/until-end.ts';
import { loadConfig } from '../config/config.ts';
import { workload } from './workload.ts';

const [brokers, registryUrl, namespace, group, targets] = process.argv.slice(2) as [string, string, string, string, string];
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
  start: source.start.bind(source), commit: source.commit.bind(source), committed: source.committed.bind(source), range: source.range.bind(source),
  offsetAt: source.offsetAt.bind(source), appendTimeAt: source.appendTimeAt.bind(source), close: source.close.bind(source),
});

const connect = loadConfig().source === 'batches' ? connectBatchSource : connectSource;
const source = counted(untilEnd(await connect({ brokers, group, topics: [topicName(topology.source, namespace)], onWarning }), () => undefined));
const signal = new AbortController().signal;
if (targets === 'count') {
  // What reading alone costs: the peer that the engine is held against.
  for await (const event of source.events(signal)) if (event.kind === 'assigned') for (const partition of event.partitions) source.start({ ...partition, offset: (await source.range(partition)).start });
} else {
  const registry = new SchemaRegistry(registryUrl, { namespace });
  const wants = targets.split(',') as (keyof typeof topology.targets)[];
  const ids = new Map<string, number>();
  for (const target of wants) ids.set(topology.targets[target].name, await registry.idOf(topology.targets[target]));
  const publisher = kafkaPublisher(await connectProducer({ brokers, onWarning }));
  const config = bestOddsPipeline.config.parse({ windowMs: workload.windowMs, latenessMs: workload.latenessMs });
  await runTopology({ ...bestOddsPipeline, wants }, config, source, publisher, {
    signal, namespace, log: pino({ level: 'warn' }), metrics: new PipelineMetrics('bench'), clock: Date.now, checkpointMs: 200,
    schemaIdOf: ({ name }) => ids.get(name)!, schemaOf: (id) => registry.schemaOf(id),
  });
}
const seconds = (performance.now() - startedMs) / 1000;
const { user, system } = process.cpuUsage(cpuAtStart);
console.log(JSON.stringify({ records, seconds, cpuSeconds: (user + system) / 1e6, peakRssMiB: process.resourceUsage().maxRSS / 1024 }));
process.exit(0);
