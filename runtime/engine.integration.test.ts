import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import t, { type Test } from 'tap';
import { CONTROL_KEY } from '../connectors/kafka/control.ts';
import { readPartition } from '../connectors/kafka/fetch/read-partition.ts';
import { connectBatchSource } from '../connectors/kafka/fetch/source.ts';
import { connectProducer } from '../connectors/kafka/producer.ts';
import { SchemaRegistry } from '../connectors/kafka/registry.ts';
import { connectSource } from '../connectors/kafka/source.ts';
import { applyTopics } from '../connectors/kafka/topics.ts';
import { LogReader } from '../ops/chaos/log.ts';
import { untilEnd } from '../ops/cli/until-end.ts';
import { freeBasePort } from '../ops/stack/ports.ts';
import { stackStatus, startStack, stopStack, wipeStack } from '../ops/stack/stack.ts';
import bestOddsPipeline from '../pipelines/best-odds/pipeline.ts';
import { deadTopicName, topicName, topics } from '../schemas/topics.ts';
import type { AnyTopic } from '../stream/topology.ts';
import { PipelineMetrics } from './metrics.ts';
import type { Publisher } from './ports.ts';
import { runTopology } from './run-topology.ts';
import { contextOf, MemoryChangelog } from './testing/memory.ts';
import { seededLog } from '../pipelines/testing/seeded-log-for-tests.ts';

t.setTimeout(1_800_000);
const home = mkdtempSync(path.join(tmpdir(), 'oddstream-engine-'));
const basePort = (await freeBasePort(22_000 + (process.pid % 50) * 100)) ?? 22_000;
/** Processes that run, with what each has said. */
const running = new Map<ReturnType<typeof spawn>, () => string>();
t.teardown(async () => {
  for (const child of running.keys()) child.kill('SIGKILL');
  await wipeStack({ home });
  rmSync(home, { recursive: true, force: true });
});
const only = ['kafka', 'registry', 'postgres'] as const;
const { brokers, registryUrl } = await startStack({ home, basePort, only });
const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING, retry: { retries: 20, maxRetryTime: 5_000 } });
const admin = kafka.admin();
await admin.connect();
const producer = await connectProducer({ brokers });
t.teardown(async () => { await producer.disconnect(); await admin.disconnect(); });

const PARTITIONS = topics.oddsUpdates.partitions;
/** What a broker refuses to tell, for it is down or has just been given the topic, is not so yet. */
const until = async (what: string, isSo: () => boolean | Promise<boolean>, ms = 400_000): Promise<void> => {
  for (const untilMs = Date.now() + ms; ; await sleep(100)) {
    let refusal: unknown;
    if (await Promise.resolve().then(isSo).catch((error: unknown) => { refusal = error; return false; })) return;
    if (Date.now() > untilMs) throw new Error(`not so within ${ms} ms: ${what}\n${Array.from(running.values(), (said) => said().slice(-3_000)).join('\n\n')}`, { cause: refusal });
  }
};

/** Makes the topics of a namespace, and says under which id its log's schema is registered. */
const prepare = async (namespace: string): Promise<number> => {
  const registry = new SchemaRegistry(registryUrl, { namespace });
  const { schemaIds } = await applyTopics({ brokers, registry, namespace, topics: [topics.oddsUpdates, topics.bestOdds, topics.arbitrage, topics.marketBooks] as never });
  return schemaIds.get(topics.oddsUpdates.name)!;
};

/** Every log of this file is this one. */
const log = seededLog(PARTITIONS);

/** Writes a part of the log into a namespace, in steps with a pause after each, so that pipelines are in the middle of it. */
const write = async (namespace: string, schemaId: number, from = 0, to = 1, pauseMs = 0): Promise<void> => {
  const last = Math.floor(to * log.length);
  for (let i = Math.floor(from * log.length); i < last; i++) {
    const { partition, key, value, headers } = log[i]!;
    producer.produce(topicName(topics.oddsUpdates, namespace), partition, value === null ? null : value(schemaId), key, headers);
    if (i % 200 !== 0) continue;
    await producer.ready();
    if (pauseMs > 0) { await producer.flush(400_000); await sleep(pauseMs); }
  }
  await producer.flush(400_000);
};

/** `oddstream run best-odds` as a process of its own. */
const pipeline = (namespace: string, ...options: string[]) => pipelineWith({}, namespace, ...options);
const pipelineWith = (env: Readonly<Record<string, string>>, namespace: string, ...options: string[]) => oddstream(env, namespace, 'run', 'best-odds', '--port', '0', ...options);
const oddstream = (env: Readonly<Record<string, string>>, namespace: string, ...args: string[]) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../ops/cli/oddstream.cjs', import.meta.url)), ...args],
    { env: { ...process.env, ODDSTREAM_HOME: home, ODDSTREAM_NAMESPACE: namespace, ODDSTREAM_BROKERS: brokers, ODDSTREAM_REGISTRY_URL: registryUrl, ODDSTREAM_LOG_LEVEL: 'info', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  running.set(child, () => said);
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => { said += data.toString(); });
  const ended = new Promise<number | null>((resolve) => { child.on('close', (code) => { running.delete(child); resolve(code); }); });
  return { said: () => said, ended, kill: (signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT') => { child.kill(signal); return ended; }, isRunning: () => child.exitCode === null && child.signalCode === null };
};

const ends = async (topic: string): Promise<Map<number, number>> => new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)]));
const sizeOf = async (topic: string): Promise<number> => [...(await ends(topic)).values()].reduce((sum, end) => sum + end, 0);
/** How many offsets the pipeline has yet to commit. */
const lag = async (namespace: string): Promise<number> => {
  const topic = topicName(topics.oddsUpdates, namespace), end = await ends(topic);
  const [group] = await admin.fetchOffsets({ groupId: `${namespace}.best-odds`, topics: [topic] });
  return group!.partitions.reduce((sum, { partition, offset }) => sum + end.get(partition)! - Math.max(0, Number(offset)), 0);
};
const isThrough = (namespace: string) => until(`${namespace} is read and committed`, async () => await lag(namespace) === 0);
const outputs = (namespace: string): Promise<number> => sizeOf(topicName(topics.bestOdds, namespace));

interface Read { readonly partition: number; readonly key: string | null; readonly value: Buffer | null; readonly headers: Readonly<Record<string, string>> }

/** How many committed records each partition of a topic holds. */
const committedIn = async (topic: string): Promise<Map<number, number>> => new Map(await Promise.all(Array.from(await ends(topic), async ([partition]) => {
  let count = 0;
  await readPartition({ brokers, clientId: 'test', topic, partition, from: 0, take: ({ size }) => { count += size; } });
  return [partition, count] as const;
})));

/** All of a topic that is committed, as another client reads it, each partition in order. */
const readAll = async (topic: string): Promise<Read[]> => {
  const left = await committedIn(topic);
  const read: Read[] = [];
  const consumer = kafka.consumer({ groupId: `reader-${topic}-${Date.now()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  void consumer.run({ eachBatch: ({ batch: { partition, messages } }) => {
    for (const { key, value, headers } of messages) {
      read.push({ partition, key: key === null ? null : key.toString(), value, headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)])) });
      left.set(partition, left.get(partition)! - 1);
    }
    return Promise.resolve();
  } });
  await until(`${topic} is read`, () => [...left.values()].every((count) => count <= 0));
  await consumer.disconnect();
  return read;
};

/** All that a target says, each partition in order. Schema ids differ from namespace to namespace, so values are compared behind them; of ticks it is their times. */
const everything = async (namespace: string, target: AnyTopic): Promise<string[][]> => {
  const said: string[][] = Array.from({ length: PARTITIONS }, () => []);
  for (const { partition, key, value, headers } of await readAll(topicName(target, namespace))) said[partition]!.push(`${key} ${value === null ? headers['oddstream-time'] ?? 'tombstone' : value.subarray(5).toString('hex')}`);
  return said;
};

const said = async (namespace: string) => ({
  best: await everything(namespace, topics.bestOdds as AnyTopic), arbitrages: await everything(namespace, topics.arbitrage as AnyTopic), books: await everything(namespace, topics.marketBooks as AnyTopic),
  dead: (await readAll(deadTopicName(topics.oddsUpdates, namespace))).map(({ partition, headers }) => `${partition} ${headers['oddstream-dead-offset']} ${headers['oddstream-dead-code']}`).sort(),
});
const sizeOfAll = (said: readonly (readonly string[])[]): number => said.reduce((sum, of) => sum + of.length, 0);
let undisturbed: Awaited<ReturnType<typeof said>>;
const saysTheSame = async (t: Test, namespace: string): Promise<void> => { isTheSame(t, await said(namespace)); };
const isTheSame = (t: Test, found: typeof undisturbed): void => {
  for (const target of ['best', 'arbitrages', 'books'] as const) t.doesNotThrow(() => { assert.deepEqual(found[target], undisturbed[target]); }, `${target}: ${sizeOfAll(found[target])} records, ticks too, value for value, in order, each once`);
  t.strictSame(found.dead, undisturbed.dead, `${found.dead.length} dead letters, each once`);
};

t.test('undisturbed: the log is read once, and poison ends in the dead letters as it came', async (t) => {
  const schemaId = await prepare('calm');
  await write('calm', schemaId);
  const run = pipeline('calm', '--until-end');
  t.equal(await run.ended, 0, run.said().slice(-2_000));
  undisturbed = await said('calm');
  const sizes = { best: sizeOfAll(undisturbed.best), arbitrages: sizeOfAll(undisturbed.arbitrages) };
  t.ok(sizes.best > 1_000 && sizes.arbitrages > 50, JSON.stringify(sizes));

  const offsets = Array.from({ length: PARTITIONS }, () => 0), expected: unknown[] = [];
  for (const { partition, key, value, poison } of log) {
    const offset = offsets[partition]!++;
    if (poison !== undefined) expected.push({ partition, offset, code: poison, key: Buffer.from(key!).toString(), value: Buffer.from(value!(schemaId)).toString('hex') });
  }
  const letters = await readAll(deadTopicName(topics.oddsUpdates, 'calm'));
  const byPlace = (a: { partition: number; offset: number }, b: { partition: number; offset: number }): number => a.partition - b.partition || a.offset - b.offset;
  t.strictSame(letters.map(({ partition, key, value, headers }) => ({ partition, offset: Number(headers['oddstream-dead-offset']), code: headers['oddstream-dead-code'], key, value: value!.toString('hex') })).sort(byPlace), (expected as never[]).sort(byPlace));
  t.ok(letters.every(({ partition, headers }) => headers['oddstream-dead-topic'] === 'calm.odds-updates' && headers['oddstream-dead-partition'] === String(partition) && headers['oddstream-dead-pipeline'] === 'best-odds' && headers['oddstream-dead-message'] !== ''));
});

t.test('a replay of the log says the same, byte for byte, in a namespace of its own; one of a range goes on where one up to it ends', async (t) => {
  const targets = [topics.bestOdds, topics.arbitrage, topics.marketBooks] as AnyTopic[], partition = 3;
  const replay = async (into: string, ...args: string[]): Promise<string> => {
    const run = oddstream({}, 'calm', 'replay', 'best-odds', '--into', into, ...args);
    t.equal(await run.ended, 0, `${into}: ${run.said().slice(-2_000)}`);
    return run.said();
  };
  const reader = await LogReader.connect(brokers);
  t.teardown(() => reader.close());
  /** All targets and dead letters of a namespace, each partition in order, to the last byte. */
  const bytesOf = async (namespace: string, partitions: readonly number[] = Array.from({ length: PARTITIONS }, (_, i) => i)): Promise<string[][]> => {
    const all: string[][] = [];
    for (const topic of [...targets.map((target) => topicName(target, namespace)), deadTopicName(topics.oddsUpdates, namespace)]) {
      const of: string[] = [];
      for (const partition of partitions) for (const { key, value, headers } of await reader.read(topic, partition)) of.push(JSON.stringify([partition, key?.toString(), value?.toString('hex'), headers]));
      all.push(of);
    }
    return all;
  };
  const groups = async (): Promise<string[]> => (await admin.listGroups()).groups.map(({ groupId }) => groupId).sort();
  const groupsBefore = await groups();

  const said = await replay('whole');
  const calm = await bytesOf('calm');
  t.strictSame((await bytesOf('whole')).map((of, i) => of.length === calm[i]!.length && of.every((record, at) => record === calm[i]![at])), [true, true, true, true]);
  t.match(said, /records: applied \d+, unchanged \d+.*\nvalues: {2}best \d+, arbitrages \d+, books \d+/);

  const end = (await ends('calm.odds-updates')).get(partition)!, cuts = [Math.floor(end / 3), Math.floor(end / 3) + 1, Math.floor(end * 0.7)];
  const pieces = [
    await replay('piece-0', '--partition', String(partition), '--to', String(cuts[0])), await replay('piece-1', '--partition', String(partition), '--from', String(cuts[0]), '--to', String(cuts[1])),
    await replay('piece-2', '--partition', String(partition), '--from', String(cuts[1]), '--to', String(cuts[2])), await replay('piece-3', '--partition', String(partition), '--from', String(cuts[2])),
  ];
  t.match(pieces[3], `${cuts[2]} before them are read silently`);
  const parts = [];
  for (const i of pieces.keys()) parts.push(await bytesOf(`piece-${i}`, [partition]));
  const ofPartition = await bytesOf('calm', [partition]);
  for (const [i, whole] of ofPartition.entries()) t.strictSame(parts.flatMap((part) => part[i]!), whole, `${whole.length} records of ${i < 3 ? targets[i]!.name : 'the dead letters'}, in four pieces`);
  t.ok(parts[0]![0]!.length > 20 && parts[2]![0]!.length > 20 && parts[3]![0]!.length > 20, 'each says something');

  await replay('wider', '--set', 'best-odds.windowMs=2000');
  t.ok((await bytesOf('wider'))[0]!.length < calm[0]!.length * 0.8, 'with other settings it is a backtest');
  t.strictSame(await groups(), groupsBefore, 'it is in no group');
  for (const [args, why] of [[['best-odds', '--into', 'calm'], /the namespace that is read/], [['best-odds', '--into', 'whole'], /holds records already/], [['odds-history', '--into', 'x'], /is no topology/],
    [['best-odds', '--into', 'x', '--from', '5'], /give --partition too/], [['best-odds', '--into', 'x', '--partition', '3', '--to', '999999'], /holds the offsets 0 to \d+, and not 999999/]] as const) {
    const refused = oddstream({}, 'calm', 'replay', ...args);
    t.equal(await refused.ended, 2, args.join(' '));
    t.match(refused.said(), why);
  }
  t.notOk((await admin.listTopics()).some((topic) => topic.startsWith('x.')), 'nothing was made of what was refused');
});

t.test('killed in the middle and started again, it says the same', async (t) => {
  const schemaId = await prepare('killed');
  let run = pipeline('killed', '--instance', 'one');
  const writing = write('killed', schemaId, 0, 1, 150);
  for (const count of [200, 600]) {
    await until(`${count} outputs`, async () => await outputs('killed') > count);
    await run.kill('SIGKILL');
    t.ok(await lag('killed') > 0, 'in the middle of it');
    run = pipeline('killed', '--instance', 'one');
  }
  await writing;
  await isThrough('killed');
  t.equal(await run.kill('SIGTERM'), 0);
  t.match(run.said(), /"msg":"restored"/);
  await saysTheSame(t, 'killed');
});

t.test('how records are read, how often the state is kept and how many processes share the work make no difference', async (t) => {
  const variants = [
    { name: 'v-checkpoint', env: { ODDSTREAM_SNAPSHOT_EVERY: 'checkpoint' } }, { name: 'v-thousand', env: { ODDSTREAM_SNAPSHOT_EVERY: '1000' } }, { name: 'v-messages', env: { ODDSTREAM_SOURCE: 'messages' } },
    { name: 'v-four', env: {}, processes: 4 },
  ];
  for (const { name, env, processes = 1 } of variants) {
    const schemaId = await prepare(name);
    const runs = Array.from({ length: processes }, () => pipelineWith(env, name));
    await write(name, schemaId, 0, 1, processes > 1 ? 20 : 0);
    await isThrough(name);
    t.strictSame(await Promise.all(runs.map((run) => run.kill('SIGTERM'))), runs.map(() => 0), `${name}: stopped in good order`);
    await saysTheSame(t, name);
  }
});

/** What best-odds says of a log that lies in Kafka, read in this process by polls of at most so many records; the sizes of these; and how many records had which fate. */
const saidByPolls = async (namespace: string, connect: typeof connectSource, maxPollRecords: number) => {
  const targets = { best: topics.bestOdds, arbitrages: topics.arbitrage, books: topics.marketBooks };
  const found = { best: [], arbitrages: [], books: [], dead: [] } as { [Name in keyof typeof undisturbed]: (typeof undisturbed)[Name] };
  const saidIn = new Map<string, string[][]>();
  for (const target of ['best', 'arbitrages', 'books'] as const) saidIn.set(topicName(targets[target], namespace), found[target] = Array.from({ length: PARTITIONS }, () => []));
  const nothing = (): Promise<void> => Promise.resolve();
  const publisher: Publisher = {
    publish(topic, partition, values) {
      for (let i = 0; i < values.size; i++) {
        const start = values.start(i), end = values.end(i);
        saidIn.get(topic)![partition]!.push(`${Buffer.from(values.key(i)).toString()} ${start === end ? 'tombstone' : Buffer.from(values.bytes.subarray(start + 5, end)).toString('hex')}`);
      }
    },
    tick(topic, isCompacted, partition, timeMs) { saidIn.get(topic)![partition]!.push(`${isCompacted ? CONTROL_KEY : null} ${timeMs}`); },
    dead({ partition, offset, code }) { found.dead.push(`${partition} ${offset} ${code}`); },
    ready: nothing, keep: () => undefined, commit: nothing, close: nothing,
  };
  const sizes: number[] = [], metrics = new PipelineMetrics('best-odds'), registry = new SchemaRegistry(registryUrl, { namespace });
  const source = await connect({ brokers, group: `${namespace}.${connect.name}-${maxPollRecords}`, topics: [topicName(topics.oddsUpdates, namespace)], maxPollRecords, onWarning: () => undefined });
  const events = source.events.bind(source);
  source.events = async function* (signal) { for await (const event of events(signal)) { if (event.kind === 'poll') sizes.push(event.poll.size); yield event; } };
  try {
    await runTopology(bestOddsPipeline, bestOddsPipeline.config.parse({}), { source: untilEnd(source, () => undefined), publisher, changelog: new MemoryChangelog() },
      contextOf({ namespace, metrics, clock: Date.now, schemaOf: (id) => registry.schemaOf(id) }));
  } finally {
    await source.close();
  }
  found.dead.sort();
  const { values } = await metrics.registry.getSingleMetric('oddstream_records_total')!.get();
  return { found, sizes, fates: Object.fromEntries(values.map(({ labels, value }) => [labels['fate'], value])) as Record<string, number> };
};

t.test('by fetches of 1, 7, 500 and 5,000 records, and by both sources, it says the same, and of each record the same has become', async (t) => {
  let fatesBefore: Record<string, number> | undefined;
  for (const connect of [connectBatchSource, connectSource]) {
    for (const most of [1, 7, 500, 5_000]) {
      const { found, sizes, fates } = await saidByPolls('calm', connect, most);
      const largest = Math.max(...sizes);
      t.comment(`${connect.name}, ${most}: ${sizes.length} polls, the largest of ${largest}; ${JSON.stringify(fates)}`);
      t.ok(most === 5_000 ? largest > 500 : largest === most, `${connect.name}: polls of up to ${largest}, where ${most} are allowed`);
      isTheSame(t, found);
      t.equal(Object.values(fates).reduce((sum, count) => sum + count, 0), log.length, 'every record has a fate');
      t.strictSame(fates, fatesBefore ??= fates);
    }
  }
});

t.test('a member that was stopped for longer than its session is fenced, and joins again', async (t) => {
  const schemaId = await prepare('zombie');
  const one = pipeline('zombie');
  const writing = write('zombie', schemaId, 0, 1, 250);
  await until('outputs', async () => await outputs('zombie') > 150);
  const other = pipeline('zombie');
  await until('two members', async () => (await admin.describeGroups(['zombie.best-odds'])).groups[0]!.members.filter(({ memberAssignment }) => memberAssignment.length > 20).length === 2);
  void one.kill('SIGSTOP');
  await until('its partitions are the other\'s', async () => (await admin.describeGroups(['zombie.best-odds'])).groups[0]!.members.length === 1);
  await sleep(2_000);
  void one.kill('SIGCONT');
  await writing;
  await isThrough('zombie');
  await until('it is a member again', async () => (await admin.describeGroups(['zombie.best-odds'])).groups[0]!.members.length === 2);
  for (const run of [one, other]) { t.ok(run.isRunning(), run.said().slice(-1_500)); t.equal(await run.kill('SIGTERM'), 0); }
  await saysTheSame(t, 'zombie');
});

t.test('two processes share the partitions, and one of them leaves: each partition says the same', async (t) => {
  const schemaId = await prepare('shared');
  const one = pipeline('shared');
  const members = async (): Promise<number[]> => {
    const { groups } = await admin.describeGroups(['shared.best-odds']);
    return groups[0]!.members.map(({ memberAssignment }) => memberAssignment.length > 20 ? 1 : 0);
  };
  const writing = write('shared', schemaId, 0, 0.7, 400);
  await until('outputs of the first', async () => await outputs('shared') > 100);
  const other = pipeline('shared');
  await until('two members', async () => (await members()).filter((has) => has === 1).length === 2);
  await writing;
  await until('both are at it', async () => await lag('shared') === 0);
  const writingOn = write('shared', schemaId, 0.7, 1, 200);
  await sleep(700);
  t.equal(await one.kill('SIGTERM'), 0, 'the first leaves in good order');
  await writingOn;
  await isThrough('shared');
  t.equal(await other.kill('SIGTERM'), 0);
  await saysTheSame(t, 'shared');
});

t.test('a broker that is killed and comes again costs nothing', async (t) => {
  const schemaId = await prepare('broken');
  const run = pipeline('broken');
  const writing = write('broken', schemaId, 0, 1, 150);
  await until('outputs', async () => await outputs('broken') > 100);
  const broker = (await stackStatus({ home })).find(({ name }) => name === 'kafka')!;
  process.kill(broker.pid!, 'SIGKILL');
  await until('the broker is down', async () => (await stackStatus({ home })).find(({ name }) => name === 'kafka')!.state === 'down');
  await sleep(2_000);
  await startStack({ home, basePort, only });
  await writing;
  await isThrough('broken');
  t.ok(run.isRunning(), 'the same process');
  t.equal(await run.kill('SIGTERM'), 0);
  await saysTheSame(t, 'broken');
});

t.test('a registry that does not answer is waited for; nothing is taken for dead', async (t) => {
  const schemaId = await prepare('waiting');
  const run = pipeline('waiting');
  await until('it is a member', async () => (await admin.describeGroups(['waiting.best-odds'])).groups[0]!.members.length === 1);
  await stopStack({ home, only: ['registry'] });
  await write('waiting', schemaId);
  await until('it says that it waits', () => /waiting for the schema registry/.test(run.said()));
  await sleep(2_000);
  t.equal(await outputs('waiting'), 0);
  t.ok(run.isRunning());
  const refused = pipeline('waiting');
  t.equal(await refused.ended, 1, 'one that is started meanwhile says what is missing, and ends');
  t.match(refused.said(), new RegExp(`registry at ${registryUrl} does not answer`));
  await startStack({ home, basePort, only });
  await isThrough('waiting');
  t.equal(await run.kill('SIGTERM'), 0);
  await saysTheSame(t, 'waiting');
  t.equal(await sizeOf(deadTopicName(topics.oddsUpdates, 'waiting')), await sizeOf(deadTopicName(topics.oddsUpdates, 'calm')));
});
