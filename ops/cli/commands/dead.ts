import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { type Command, Option } from 'commander';
import type { Story, StoryFilter } from '../../../connectors/kafka/dead-letters.ts';
import type { TracedTopic } from '../../../connectors/kafka/lineage.ts';
import type { LoggedRecord, RecordReader } from '../../../connectors/kafka/records.ts';
import { changelogTopic } from '../../../runtime/changelog.ts';
import type { Topic } from '../../../schemas/topic.ts';
import { hasDeadLetters, topicName, topics } from '../../../schemas/topics.ts';
import type { Config } from '../../config/config.ts';
import { countRows, type DeadCount, jsonOfStory, letterText, REASONS, storyTable } from '../dead-text.ts';
import { UsageError } from '../errors.ts';
import { configOf } from '../globals.ts';
import { countOf, momentOf } from '../moments.ts';
import { say, table } from '../say.ts';

type LetteredTopic = Topic & { readonly name: string };
const lettered = (Object.values(topics) as unknown as readonly LetteredTopic[]).filter(hasDeadLetters);

interface FilterOptions { readonly topic?: string; readonly pipeline?: string; readonly code?: string; readonly since?: string; readonly until?: string }

/** `oddstream dead`. */
export const addDead = (program: Command): void => {
  const group = program.command('dead').description('records that pipelines refused: which, why, and what became of them')
    .addHelpText('after', `
A record that cannot be read, or breaks its topic's contract, lies in <topic>.dead, with who refused it and why. It is known by where it was: topic, partition, offset.
Examples:
  oddstream dead list --since 2h
  oddstream dead list --count
  oddstream dead show odds-updates 3 12345
  oddstream dead replay odds-updates --code unknown_schema_id --dry-run
  oddstream dead add best-odds odds-updates 3 12345 --reason 'divides by zero'`);
  addList(group);
  addShow(group);
  addReplay(group);
  addAdd(group);
};

const addList = (group: Command): void => {
  filtered(group.command('list').description('the newest dead letters, each once, however often it was written or replayed'))
    .argument('[topic]', 'only those of this topic')
    .option('--limit <count>', 'how many at most', '100')
    .option('--count', 'only how many there are, by topic, pipeline and code')
    .option('--json', 'as JSON')
    .addHelpText('after', `
Examples:
  oddstream dead list
  oddstream dead list odds-updates --pipeline best-odds --since 30m
  oddstream dead list --code key_mismatch --since 2026-03-01 --until 2026-03-02 --json
  oddstream dead list --count`)
    .action(async (topic: string | undefined, options: FilterOptions & { limit: string; count?: true; json?: true }, command: Command) => {
      const limit = countOf('--limit', options.limit), config = configOf(command), asked = askedFor(topic, options, config.namespace);
      await reading(config, async (records) => {
        const { readStories } = await import('../../../connectors/kafka/dead-letters.ts');
        const counts = new Map<string, DeadCount>();
        let newest: Story[] = [], all = 0;
        for await (const stories of readStories({ records, ...asked, namespace: config.namespace, ...shown() })) {
          all += stories.length;
          if (options.count === true) for (const story of stories) countIn(counts, story);
          else newest = [...newest, ...stories].sort((a, b) => b.diedAtMs - a.diedAtMs || b.letter.offset - a.letter.offset).slice(0, limit);
        }
        clear();
        if (options.count === true) {
          process.stdout.write(options.json === true ? json(Array.from(counts.values())) : table(countRows(Array.from(counts.values()))));
          return;
        }
        process.stdout.write(options.json === true ? json(newest.map(jsonOfStory)) : storyTable(newest));
        if (newest.length < all) say(`these are the newest ${newest.length} of ${all}: --limit shows more, --count sums them up`);
      });
    });
};

const addShow = (group: Command): void => {
  group.command('show').description('all that is known of one record that was refused: its bytes, what they say, who refused it and why')
    .argument('<topic>', 'where it was').argument('<partition>').argument('<offset>')
    .option('--pipeline <name>', 'only what this pipeline said of it')
    .option('--json', 'as JSON')
    .addHelpText('after', `
Examples:
  oddstream dead show odds-updates 3 12345
  oddstream dead show odds-updates 3 12345 --json | jq '.[0].value'`)
    .action(async (topic: string, partition: string, offset: string, options: { pipeline?: string; json?: true }, command: Command) => {
      const config = configOf(command), asked = askedFor(topic, options, config.namespace, partition, offset);
      await reading(config, async (records) => {
        const [{ LetterUnknown, readStories }, { SchemaRegistry }, { ValueDecoder }] = await Promise.all([
          import('../../../connectors/kafka/dead-letters.ts'), import('../../../connectors/kafka/registry.ts'), import('../../../connectors/kafka/decode.ts')]);
        const decoder = new ValueDecoder(new SchemaRegistry(config.registryUrl, { namespace: config.namespace }));
        const found: Story[] = [];
        for await (const stories of readStories({ records, ...asked, namespace: config.namespace, ...shown() })) found.push(...stories);
        clear();
        if (found.length === 0) throw new LetterUnknown(`There is no dead letter of ${topic}/${partition}/${offset}${options.pipeline === undefined ? '' : ` by ${options.pipeline}`}: 'oddstream dead list ${topic}' shows those that there are.`);
        const letters = [];
        for (const story of found) {
          const letter = await records.at(story.letter) as LoggedRecord, original = await records.at(story.origin);
          letters.push({ story, letter, original, decoded: letter.value === null ? undefined : await decoder.decode(letter.value) });
        }
        process.stdout.write(options.json === true ? json(letters.map((letter) => letterText.json(letter))) : letters.map((letter) => letterText.lines(letter)).join('\n'));
      });
    });
};

interface ReplayOptions extends FilterOptions { readonly dryRun?: true; readonly yes?: true; readonly again?: true; readonly value?: string; readonly json?: true }

const addReplay = (group: Command): void => {
  filtered(group.command('replay').description('give refused records back to the pipelines that refused them, and to nobody else'))
    .argument('[topic]', 'only those of this topic').argument('[partition]').argument('[offset]')
    .option('--dry-run', 'only show what would be replayed')
    .option('--yes', 'needed where more than one record matches')
    .option('--again', 'also those that were replayed already')
    .option('--value <file>', 'what the file holds takes the place of the value, bytes as they are; for one record')
    .option('--json', 'as JSON')
    .addHelpText('after', `
A record goes back into its topic and partition with its bytes, behind what is there, addressed to the pipeline that refused it: others count it as control. It keeps the
coordinates of the record that was refused first, so that one that is refused again goes on with its story. What was replayed is marked in the same transaction, and is
passed over from then on; a replay that is interrupted may be started again.
Examples:
  oddstream dead replay odds-updates 3 12345
  oddstream dead replay odds-updates 3 12345 --value mended.bin
  oddstream dead replay --pipeline best-odds --code ahead_of_its_time --since 1h --dry-run
  oddstream dead replay --pipeline best-odds --code ahead_of_its_time --since 1h --yes`)
    .action(async (topic: string | undefined, partition: string | undefined, offset: string | undefined, options: ReplayOptions, command: Command) => {
      if (topic !== undefined && (partition === undefined) !== (offset === undefined)) throw new UsageError('Give a topic alone, or with partition and offset.');
      const config = configOf(command), asked = askedFor(topic, options, config.namespace, partition, offset);
      const value = options.value === undefined ? undefined : readFileSync(options.value);
      await reading(config, async (records) => {
        const { replayOf } = await import('../replaying.ts');
        const done = await replayOf({ records, ...asked, ...shown(), brokers: config.brokers, namespace: config.namespace, isDryRun: options.dryRun === true, again: options.again === true, mayBeMany: options.yes === true, value });
        clear();
        const went = done.filter(({ passed }) => passed === undefined);
        if (options.json === true) process.stdout.write(json(done.map(({ story, passed, as }) => ({ ...jsonOfStory(story), passed: passed ?? null, replayedAs: as ?? null }))));
        else {
          process.stdout.write(table(done.map(({ story: { origin, pipeline, code }, passed, as }) =>
            [`${origin.topic}/${origin.partition}/${origin.offset}`, pipeline, code, passed !== undefined ? `not replayed: ${REASONS[passed]}` : as === undefined ? 'would be replayed' : `replayed as ${origin.topic}/${origin.partition}/${as}`])));
        }
        say(done.length === 0 ? 'nothing matches' : `${went.length} of ${done.length} ${options.dryRun === true ? 'would be' : 'were'} replayed`);
      });
    });
};

const addAdd = (group: Command): void => {
  group.command('add').description('pass over a record on which a pipeline gave up, now and whenever the log is read again')
    .argument('<pipeline>').argument('<topic>', "the pipeline's input").argument('<partition>').argument('<offset>')
    .requiredOption('--reason <text>', 'why, for those who find it')
    .addHelpText('after', `
A pipeline that fails three times at one record gives up, and says at which. That is a bug of the pipeline: mend it if you can. What this command writes into its changelog
makes the record dead, with the code passed_over, from the pipeline's next start on.
Example:
  oddstream dead add best-odds odds-updates 3 12345 --reason 'divides by zero, see #123'`)
    .action(async (name: string, topicGiven: string, partitionGiven: string, offsetGiven: string, { reason }: { reason: string }, command: Command) => {
      const config = configOf(command), { namespace } = config;
      const partition = countOf('partition', partitionGiven), offset = countOf('offset', offsetGiven);
      if (reason.trim() === '') throw new UsageError('--reason is empty: say why the record is passed over.');
      const { loadRecordPipeline } = await import('../../../pipelines/index.ts');
      const pipeline = await loadRecordPipeline(name);
      if (pipeline.kind === 'sink') throw new UsageError(sinkAdvice(name, topicGiven, partition, offset));
      const source = topicName(pipeline.topology.source as { name: string }, namespace);
      if (topicGiven !== source && topicGiven !== (pipeline.topology.source as { name: string }).name) throw new UsageError(`${name} does not read ${topicGiven}: it reads ${source}.`);
      await reading(config, async (records) => {
        const partitions = await records.partitions(source) ?? 0;
        if (partition >= partitions) throw new UsageError(`${source} has ${partitions} partitions, and none of the number ${partition}.`);
        const { start, end } = await records.range({ topic: source, partition });
        if (offset < start || offset >= end) throw new UsageError(`${source}/${partition} holds the offsets from ${start} up to ${end}: ${offset} is none of them.`);
        const [{ connectProducer }, { passedOverEntry }, { eventTimeOfRecord }, { SchemaRegistry }, { ValueDecoder }] = await Promise.all([
          import('../../../connectors/kafka/producer.ts'), import('../../../runtime/passed-over.ts'), import('../../../connectors/kafka/lineage.ts'), import('../../../connectors/kafka/registry.ts'), import('../../../connectors/kafka/decode.ts')]);
        const record = await records.at({ topic: source, partition, offset });
        if (typeof record === 'string') throw new UsageError(`${source}/${partition} holds no record at ${offset} that could be passed over: 'oddstream why ${topicGiven} ${partition} ${offset}' says what is there.`);
        const timeMs = await eventTimeOfRecord(pipeline.topology.source as TracedTopic, record, new ValueDecoder(new SchemaRegistry(config.registryUrl, { namespace })));
        const changelog = changelogTopic(name, namespace);
        const producer = await connectProducer({ brokers: config.brokers });
        try {
          await producer.partitions(changelog);
          const { key, value } = passedOverEntry(offset, { reason, by: userInfo().username, atMs: Date.now(), timeMs });
          producer.produce(changelog, partition, value, key);
          await producer.flush(30_000);
        } finally {
          await producer.disconnect();
        }
        say(`${name} passes over ${source}/${partition}/${offset} from its next start on: 'oddstream run ${name}'`);
      });
    });
};

/** A sink has no changelog: where it reads on is kept by its destination. */
const sinkAdvice = (name: string, topic: string, partition: number, offset: number): string =>
  `${name} is a sink, and has no changelog in which a verdict could lie. To go past a record on which it fails, stop it and set its position behind that record: in PostgreSQL ` +
  `"UPDATE sink_positions SET next_offset = ${offset + 1} WHERE pipeline = '${name}' AND topic = '${topic}' AND partition = ${partition}", for a cache the Redis key sink:${name}:${topic}:${partition}. ` +
  'What lies before it and was not written yet is then not written either.';

const filtered = (command: Command): Command => command
  .addOption(new Option('--topic <topic>', 'only those of this topic'))
  .option('--pipeline <name>', 'only those that this pipeline refused')
  .option('--code <code>', 'only those that were refused for this reason')
  .option('--since <time>', 'only those that were refused at or after: ISO 8601, or 90s, 30m, 2h, 7d ago')
  .option('--until <time>', 'only those that were refused before');

/** What is asked for, checked. Throws UsageError. */
const askedFor = (topicGiven: string | undefined, options: FilterOptions, namespace: string, partition?: string, offset?: string): { topics: readonly LetteredTopic[]; filter: StoryFilter } => {
  const name = topicGiven ?? options.topic;
  if (topicGiven !== undefined && options.topic !== undefined && topicGiven !== options.topic) throw new UsageError(`Two topics are named: ${topicGiven} and ${options.topic}.`);
  const named = name === undefined ? lettered : lettered.filter((topic) => topic.name === name || topicName(topic, namespace) === name);
  if (named.length === 0) throw new UsageError(`There are no dead letters of a topic '${name}', only of: ${lettered.map((topic) => topicName(topic, namespace)).join(', ')}.`);
  const nowMs = Date.now();
  return { topics: named, filter: {
    ...(options.pipeline === undefined ? {} : { pipeline: options.pipeline }), ...(options.code === undefined ? {} : { code: options.code }),
    ...(options.since === undefined ? {} : { sinceMs: momentOf('--since', options.since, nowMs) }), ...(options.until === undefined ? {} : { untilMs: momentOf('--until', options.until, nowMs) }),
    ...(partition === undefined ? {} : { partition: countOf('partition', partition) }), ...(offset === undefined ? {} : { offset: countOf('offset', offset) }),
  } };
};

const reading = async (config: Config, use: (records: RecordReader) => Promise<void>): Promise<void> => {
  const { connectRecords } = await import('../../../connectors/kafka/records.ts');
  const records = await connectRecords(config.brokers);
  try {
    await use(records);
  } finally {
    await records.close();
  }
};

const countIn = (counts: Map<string, DeadCount>, { origin: { topic }, pipeline, code, replayed }: Story): void => {
  const name = JSON.stringify([topic, pipeline, code]), known = counts.get(name) ?? { topic, pipeline, code, letters: 0, replayed: 0 };
  counts.set(name, { ...known, letters: known.letters + 1, replayed: known.replayed + (replayed === undefined ? 0 : 1) });
};

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** A person sees how far it is; who reads what a command says is not disturbed by it. */
const shown = () => (process.stderr.isTTY === true ? {
  onProgress: (topic: string, partition: number, done: number, of: number): void => { process.stderr.write(`\r\u001b[Kreading ${topic}/${partition}: ${done.toLocaleString('en')} of ${of.toLocaleString('en')} offsets`); },
} : {});
const clear = (): void => { if (process.stderr.isTTY === true) process.stderr.write('\r\u001b[K'); };
