import type { Command } from 'commander';
import { SchemaRegistry } from '../../../connectors/kafka/registry.ts';
import type { Topic } from '../../../schemas/topic.ts';
import { topicName, topics } from '../../../schemas/topics.ts';
import { configOf } from '../globals.ts';
import { say, table } from '../say.ts';

/** `oddstream topics`. */
export const addTopics = (program: Command): void => {
  const group = program.command('topics').description('the topics of the platform, their schemas, and whether the servers agree')
    .addHelpText('after', `
Examples:
  oddstream topics list
  oddstream topics apply
  oddstream topics apply --namespace season
  oddstream topics drift`);

  group.command('list').description('all topics: what they hold, how they are keyed and kept, who writes and reads them')
    .action((_options: unknown, command: Command) => {
      const { namespace } = configOf(command);
      process.stdout.write(table([['topic', 'key', 'partitions', 'cleanup', 'kept', 'written by', 'read by', 'what'],
        ...(Object.values(topics) as unknown as readonly Topic[]).map((topic) => [topicName(topic, namespace), topic.partitionedBy, String(topic.partitions), topic.cleanup,
          topic.retentionMs < 0 ? 'the newest of each key' : `${Math.round(topic.retentionMs / 86_400_000)} d`, topic.writtenBy.join(', '), topic.readBy.join(', '), topic.doc])]));
    });

  group.command('apply').description('create what is missing and register schemas; partition counts are never changed')
    .option('--fix', 'also change settings that differ')
    .action(async (options: { fix?: true }, command: Command) => {
      const { brokers, registryUrl, namespace } = configOf(command);
      const { applyTopics } = await import('../../../connectors/kafka/topics.ts');
      const { left, schemaIds } = await applyTopics({ brokers, registry: new SchemaRegistry(registryUrl, { namespace }), namespace, fix: options.fix === true, onProgress: say });
      say(`${schemaIds.size} topics are as they are defined${left.length === 0 ? '' : `, but for ${left.length} settings: 'oddstream topics apply --fix' changes them`}`);
    });

  group.command('asyncapi').description('the AsyncAPI 3 document of all topics, as JSON')
    .action(async (_options: unknown, command: Command) => {
      const { asyncapi } = await import('../../../schemas/asyncapi.ts');
      let root = command;
      while (root.parent !== null) root = root.parent;
      process.stdout.write(`${JSON.stringify(asyncapi(root.version() ?? ''), null, 2)}\n`);
    });

  group.command('drift').description('in what the servers differ from the definitions; exit code 1 if in anything')
    .action(async (_options: unknown, command: Command) => {
      const { brokers, registryUrl, namespace } = configOf(command);
      const { driftOfTopics } = await import('../../../connectors/kafka/topics.ts');
      const differences = await driftOfTopics({ brokers, registry: new SchemaRegistry(registryUrl, { namespace }), namespace });
      for (const { text } of differences) process.stdout.write(`${text}\n`);
      if (differences.length > 0) process.exitCode = 1;
      else say('no drift');
    });
};
