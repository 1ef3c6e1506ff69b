/*
 * npm run bench: drains a preloaded topic (seeded: 10,000 markets × 20 providers, three prices, 8 partitions) through best-odds on real servers, and
 * prints events per second and CPU-seconds per million records of the engine and of the broker. No figure without the right output: what was
 * published is read back and its digest compared with an offline reference. Figures are medians of several runs, beside a peer that only counts.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import avro from 'avsc';
import { Kafka, logLevel } from 'kafkajs';
import { tickHeaders } from '../../connectors/kafka/control.ts';
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { applyTopics } from '../../connectors/kafka/topics.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { stackStatus, startStack } from '../stack/stack.ts';
import { LogReader } from '../chaos/log.ts';
import { cpuSecondsOf, settling } from './measuring.ts';
import { BestDigest, referenceDigest } from './reference.ts';
import { endMs, updates, workload } from './workload.ts';

interface Drained { readonly records: number; readonly seconds: number; readonly cpuSeconds: number; readonly peakRssMiB: number }
interface Run extends Drained { readonly serverCpuSeconds: ReadonlyMap<string, number> }

const program = new Command('bench').description('drain a preloaded topic through best-odds, on real servers, with its output checked')
  .option('--records <n>', 'updates in the topic', '1000000')
  .option('--repeats <n>', 'measured runs', '5')
  .option('--targets <names...>', 'targets that are wanted, by comma; each choice is measured by itself', ['best,arbitrages', 'best,arbitrages,books'])
  .option('--home <folder>', 'folder of the local servers (default: .oddstream)');
program.parse();
const options = program.opts<{ records: string; repeats: string; targets: string[]; home?: string }>();
const records = Number(options.records), repeats = Number(options.repeats);
if (!Number.isInteger(records) || records < 1 || !Number.isInteger(repeats) || repeats < 1) program.error('--records and --repeats are whole numbers above 0');

const say = (line: string): void => { process.stderr.write(`${line}\n`); };
const home = options.home === undefined ? {} : { home: options.home };
const { brokers, registryUrl } = await startStack({ ...home, only: ['kafka', 'registry', 'postgres'], onProgress: say });
const servers = (await stackStatus(home)).filter(({ state }) => state === 'up');
const namespace = `bench-${records}`;
const registry = new SchemaRegistry(registryUrl, { namespace });
await applyTopics({ brokers, registry, namespace });
const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
await admin.connect();
const source = topicName(topics.oddsUpdates, namespace), target = topicName(topics.bestOdds, namespace);

/** The next offset of each partition. */
const ends = async (topic: string): Promise<Map<number, number>> =>
  new Map((await settling.execute(() => admin.fetchTopicOffsets(topic))).map(({ partition, high }) => [partition, Number(high)]));
const sum = (numbers: Iterable<number>): number => Array.from(numbers).reduce((a, b) => a + b, 0);

const seed = async (): Promise<void> => {
  const held = sum((await ends(source)).values());
  if (held === records + workload.partitions) { say(`${source}: ${records} updates are there already`); return; }
  if (held > 0) throw new Error(`${source} holds ${held} records of a seeding that was broken off: delete the topic, or run 'oddstream stack wipe'`);
  const producer = await connectProducer({ brokers, lingerMs: 20 });
  let sent = 0;
  for (const { partition, key, value } of updates(records, await registry.idOf(topics.oddsUpdates))) {
    producer.produce(source, partition, value, key);
    if (++sent % 20_000 === 0) await producer.ready();
    if (sent % 500_000 === 0) say(`${source}: ${sent} of ${records} updates`);
  }
  for (let partition = 0; partition < workload.partitions; partition++) producer.produce(source, partition, null, null, tickHeaders(endMs(records)));
  await producer.flush(120_000);
  await producer.disconnect();
};

const drain = (group: string, targets: string): Promise<Drained> => new Promise((resolve, reject) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../program.cjs', import.meta.url)), fileURLToPath(new URL('drain.ts', import.meta.url)), brokers, registryUrl, namespace, group, targets], {
    stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString(); });
  child.on('close', (code) => { if (code === 0) resolve(JSON.parse(out) as Drained); else reject(new Error(`the draining process ended with ${code}`)); });
});

const run = async (group: string, targets: string): Promise<Run> => {
  const used = (): number[] => servers.map(({ pid }) => cpuSecondsOf(pid));
  const before = used();
  const drained = await drain(group, targets);
  const after = used();
  return { ...drained, serverCpuSeconds: new Map(servers.map(({ name }, i) => [name, after[i]! - before[i]!])) };
};

/** The digest of what was committed to the target from these offsets on, read by another client than wrote it. */
const publishedDigest = async (from: ReadonlyMap<number, number>): Promise<BestDigest> => {
  const digest = new BestDigest();
  const type = avro.Type.forSchema(JSON.parse(topics.bestOdds.schema.avsc) as avro.Schema);
  const reader = await LogReader.connect(brokers);
  for (const [partition, offset] of from) {
    for (const { key, value } of await reader.read(target, partition, offset)) {
      if (value === null) continue;
      const { timestamp, outcomes } = type.fromBuffer(value.subarray(5)) as { timestamp: number; outcomes: { outcome: string; price: number; provider: string }[] };
      digest.add({ partition, timestamp, key: key!.toString(), outcomes });
    }
  }
  await reader.close();
  return digest;
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const spread = (values: readonly number[], digits: number): string => `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`;

await seed();
say('the reference is being worked out offline …');
const reference = referenceDigest(records), expected = reference.toString();
const measured = new Map<string, Run[]>(options.targets.map((targets) => [targets, []])), peers: Run[] = [];
for (let i = 0; i < repeats; i++) {
  peers.push(await run(`bench-${process.pid}-${i}-count`, 'count'));
  // One after another within a round: what the machine does besides is spread over all of them.
  for (const [targets, runs] of measured) {
    const from = await ends(target);
    runs.push(await run(`bench-${process.pid}-${i}-${targets.replaceAll(',', '-')}`, targets));
    if (targets.split(',').includes('best')) {
      const digest = await publishedDigest(from), got = digest.toString();
      if (got !== expected) throw new Error(`run ${i + 1} published ${digest.size} values with digest ${got.slice(0, 16)}, but the reference has ${reference.size} with ${expected.slice(0, 16)}: no figures`);
    }
    say(`run ${i + 1} of ${repeats}, ${targets}: ${runs[i]!.seconds.toFixed(1)} s, output right (${reference.size} values)`);
  }
}
await admin.disconnect();

const perMillion = (of: readonly Run[], cpu: (run: Run) => number): number[] => of.map((one) => cpu(one) / one.records * 1e6);
process.stdout.write(`${records} updates, ${workload.markets} markets × ${workload.providers} providers, ${workload.partitions} partitions; ${repeats} runs: median (lowest–highest)\n`);
for (const [targets, runs] of measured) {
  process.stdout.write([
    `targets ${targets}:`,
    `events/s                      ${spread(runs.map((one) => one.records / one.seconds), 0)}`,
    `CPU-s per million: engine     ${spread(perMillion(runs, (one) => one.cpuSeconds), 2)}`,
    ...servers.map(({ name }) => `                   ${name.padEnd(10)} ${spread(perMillion(runs, (one) => one.serverCpuSeconds.get(name)!), 2)}`),
    `peak resident MiB: engine     ${spread(runs.map((one) => one.peakRssMiB), 0)}`,
    `engine over counting, CPU     ${spread(runs.map((one, i) => one.cpuSeconds / peers[i]!.cpuSeconds), 2)}`,
    '',
  ].join('\n'));
}
process.stdout.write([
  `the same source, only counting: events/s ${spread(peers.map((one) => one.records / one.seconds), 0)}, CPU-s per million ${spread(perMillion(peers, (one) => one.cpuSeconds), 2)}`,
  `output digest                 ${expected.slice(0, 16)}: equal to the offline reference in every run`,
  '',
].join('\n'));
