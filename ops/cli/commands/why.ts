import type { Command } from 'commander';
import type { TracedTopic } from '../../../connectors/kafka/lineage.ts';
import { loadPipeline, pipelineNames } from '../../../pipelines/index.ts';
import { topicName, topics } from '../../../schemas/topics.ts';
import { UsageError } from '../errors.ts';
import { configOf } from '../globals.ts';
import { jsonOfTrace, traceText } from '../lineage-text.ts';
import { countOf } from '../moments.ts';

/** `oddstream why`. */
export const addWhy = (program: Command): void => {
  program.command('why').description('a record, decoded, and under it the records that it depends on, down to those of feeds')
    .argument('<topic>').argument('<partition>').argument('<offset>')
    .option('--json', 'as JSON')
    .addHelpText('after', `
Every output names the newest input that it depends on, and the offset of each quote in it. An input that the log no longer holds is said to be gone. A record that was
replayed leads to the one that was refused first.
Examples:
  oddstream why arbitrage 3 1200
  oddstream why fair-odds 0 77 --json | jq '.inputs[0].inputs[].value.provider'`)
    .action(async (name: string, partitionGiven: string, offsetGiven: string, options: { json?: true }, command: Command) => {
      const config = configOf(command), { namespace } = config;
      const partition = countOf('partition', partitionGiven), offset = countOf('offset', offsetGiven);
      const topic: TracedTopic | undefined = Object.values(topics).find((one) => one.name === name || topicName(one, namespace) === name);
      if (topic === undefined) throw new UsageError(`There is no topic '${name}'. There are: ${Object.values(topics).map((one) => topicName(one, namespace)).join(', ')}.`);
      const [{ connectRecords }, { Lineage }, { ValueDecoder }, { SchemaRegistry }] = await Promise.all([
        import('../../../connectors/kafka/records.ts'), import('../../../connectors/kafka/lineage.ts'), import('../../../connectors/kafka/decode.ts'), import('../../../connectors/kafka/registry.ts')]);
      const sources = await sourcesByTarget();
      const records = await connectRecords(config.brokers);
      try {
        const known = topicName(topic, namespace), partitions = await records.partitions(known);
        if (partitions === undefined) throw new UsageError(`The brokers have no topic '${known}': 'oddstream topics apply' makes it.`);
        if (partition >= partitions) throw new UsageError(`${known} has ${partitions} partitions, and none of the number ${partition}.`);
        const lineage = new Lineage({ records, decoder: new ValueDecoder(new SchemaRegistry(config.registryUrl, { namespace })), namespace, sourceOf: (of) => sources.get(of.name) });
        const trace = await lineage.trace(topic, partition, offset);
        process.stdout.write(options.json === true ? `${JSON.stringify(jsonOfTrace(trace), null, 2)}\n` : traceText(trace));
        if (trace.content.kind === 'missing') process.exitCode = 1;
      } finally {
        await records.close();
      }
    });
};

/** What each target's topology reads, by the target's name, as the pipelines have it. */
const sourcesByTarget = async (): Promise<ReadonlyMap<string, TracedTopic>> => {
  const sources = new Map<string, TracedTopic>();
  for (const pipeline of await Promise.all(pipelineNames.map(loadPipeline))) {
    if (pipeline.kind !== 'topology') continue;
    const { source, targets } = pipeline.topology as { readonly source: TracedTopic; readonly targets: Readonly<Record<string, { readonly name: string }>> };
    for (const { name } of Object.values(targets)) sources.set(name, source);
  }
  return sources;
};
