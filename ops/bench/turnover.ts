/*
 * npm run bench:turnover: many markets that come and go, few of them alive at a time, pass through `oddstream run best-odds` on real servers. What they leave
 * behind must not grow with their number: memory, the state in the changelog, the books in `market-books`. Exit code 1 where it does.
 *
 * A market is new each millisecond of event time. Three providers quote it twice each; then one half of the markets are closed by all three, and the others are
 * never spoken of again. The markets have outcomes of their own (every fourth) or the catalogue's, so that arbitrages come and go too.
 */
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { Kafka, logLevel } from 'kafkajs';
import { CONTROL_KEY, tickHeaders } from '../../connectors/kafka/control.ts';
import { readPartition } from '../../connectors/kafka/fetch/read-partition.ts';
import { partitionOf } from '../../connectors/kafka/partitioner.ts';
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { applyTopics, wantedTopics } from '../../connectors/kafka/topics.ts';
import bestOddsPipeline from '../../pipelines/best-odds/pipeline.ts';
import { changelogDefinition, changelogTopic, TASK } from '../../runtime/changelog.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { defaultHome, startStack } from '../stack/stack.ts';
import { homeAt } from '../stack/home.ts';
import { cpuSecondsOf, deleteTopicsOf, residentMiBOf, settling } from './measuring.ts';
import { seeded, wireWriter, workload } from './workload.ts';

const program = new Command('turnover').description('markets that come and go through best-odds, on real servers: does what they leave behind grow?')
  .option('--markets <n>', 'markets that pass, in all', '1000000')
  .option('--live <n>', 'markets of which something is known at a time', '10000')
  .option('--every <n>', 'markets between two samples', '100000')
  .option('--snapshot-every <n>', 'records between two snapshots of the process: by default a market lives through one or two', '50000')
  .option('--home <folder>', 'folder of the local servers (default: .oddstream)');
program.parse();
const options = program.opts<{ markets: string; live: string; every: string; snapshotEvery: string; home?: string }>();
const [markets, live, every, snapshotEvery] = [options.markets, options.live, options.every, options.snapshotEvery].map(Number) as [number, number, number, number];
if (![markets, live, every, snapshotEvery].every((n) => Number.isInteger(n) && n > 0) || live < 5_000 || markets < 3 * every) {
  program.error('--markets, --live, --every and --snapshot-every are whole numbers above 0; --live at least 5000, so that a quote outlives a few windows; --markets three times --every');
}

const PROVIDERS = 3, UPDATES = 2 * PROVIDERS;
/** A market lives one half of its time by being spoken of, the other by its quotes' time to live, ms. */
const QUOTE_TTL_MS = Math.floor(live / 2), BETWEEN_MS = Math.floor(live / 2 / (UPDATES - 1));
/** So far the feed may be ahead of the engine, updates. */
const AHEAD = 100_000, STEP = 10_000;
/** Flat: keys at most so many times the live markets; memory at the end so many times what it was once two samples had been taken. */
const MOST_KEYS = 2, MOST_RESIDENT = 1.3;
const MIB = 2 ** 20;

const say = (line: string): void => { process.stderr.write(`${line}\n`); };
const { brokers, registryUrl } = await startStack({ ...(options.home === undefined ? {} : { home: options.home }), only: ['kafka', 'registry', 'postgres'], onProgress: say });
const namespace = `turnover-${process.pid}`;
const registry = new SchemaRegistry(registryUrl, { namespace });
const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
await admin.connect();
// A broker compacts closed segments only, `market-books` after an hour, and keeps its tombstones for a day: in a run of minutes that would be all that is seen on disk.
await admin.createTopics({ topics: wantedTopics([topics.marketBooks, changelogDefinition(bestOddsPipeline)], namespace).map(({ name, partitions, config }) => ({
  topic: name, numPartitions: partitions, configEntries: Object.entries({ ...config, 'segment.bytes': String(MIB), 'min.compaction.lag.ms': '0', 'delete.retention.ms': '60000' }).map(([name, value]) => ({ name, value })),
})) });
await applyTopics({ brokers, registry, namespace, topics: [topics.oddsUpdates, topics.bestOdds, topics.arbitrage, topics.marketBooks] });
const source = topicName(topics.oddsUpdates, namespace), { partitions } = topics.oddsUpdates;

const engine = spawn(process.execPath, [new URL('../cli/oddstream.cjs', import.meta.url).pathname, 'run', 'best-odds', '--port', '0', '--log-level', 'warn',
  '--set', `best-odds.windowMs=${workload.windowMs}`, '--set', `best-odds.latenessMs=${workload.latenessMs}`, '--set', `best-odds.quoteTtlMs=${QUOTE_TTL_MS}`, '--set', `best-odds.maxLegAgeMs=${QUOTE_TTL_MS}`],
{ stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ODDSTREAM_BROKERS: brokers, ODDSTREAM_REGISTRY_URL: registryUrl, ODDSTREAM_NAMESPACE: namespace, ODDSTREAM_SNAPSHOT_EVERY: String(snapshotEvery) } });
process.on('exit', () => { engine.kill('SIGKILL'); });

const producer = await connectProducer({ brokers });
const wire = wireWriter(await registry.idOf(topics.oddsUpdates));
const random = seeded(12_345);
// A record must not be of a later time than that at which it was written.
const startMs = Date.now() - markets - 10 * live;
let sent = 0;

/** Waits until the engine has committed all but so many of the updates that were sent. */
const drained = async (left: number): Promise<void> => {
  for (;; await wait(100)) {
    if (engine.exitCode !== null) throw new Error(`the engine ended with ${engine.exitCode}`);
    const [group] = await settling.execute(() => admin.fetchOffsets({ groupId: `${namespace}.best-odds`, topics: [source] }));
    if (sent - group!.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0) <= left) return;
  }
};

/** The update of a market that is due at an event time, epoch ms: its first is 0. */
const send = (market: number, update: number, timestamp: number): void => {
  const sport = 'soccer', event_id = `evt_${market}`, type = market % 4 === 0 ? 'first_scorer' : '1x2', key = `${sport}:${event_id}:${type}`;
  const isOver = market % 2 === 0 && update >= PROVIDERS;
  const price = (): number => Math.round(300 * (0.97 + 0.06 * random())) / 100;
  const [a, b, c] = type === '1x2' ? ['home', 'draw', 'away'] as const : [`player ${market}`, `player ${market}.1`, `player ${market}.2`] as const;
  producer.produce(source, partitionOf(key, partitions), wire({
    timestamp: timestamp - Math.floor(random() * workload.jitterMs), provider: `bookmaker_${update % PROVIDERS}`, sport, event_id, market: type,
    odds: isOver ? {} : { [a]: price(), [b]: price(), [c]: price() }, status: isOver ? 'closed' : 'open',
  }), key);
  sent++;
};
/** All updates of one millisecond of event time. */
const sendAt = (ms: number): void => {
  for (let update = 0; update < UPDATES; update++) {
    const market = ms - update * BETWEEN_MS;
    if (market >= 0 && market < markets) send(market, update, startMs + ms);
  }
};
const tick = (timeMs: number): void => {
  for (let partition = 0; partition < partitions; partition++) { producer.produce(source, partition, null, null, tickHeaders(timeMs)); sent++; }
};

/** What is not of one market: control records, and what a task or an operator keeps of itself. */
const isOwn = (key: string): boolean => key === TASK || key === CONTROL_KEY || key.endsWith('/');
/** Markets' keys of a compacted topic that its last record does not delete, whatever has been compacted by now; and the topic's bytes on disk. */
const held = async (topic: string): Promise<{ keys: number; mib: number }> => {
  const folder = join(homeAt(options.home ?? defaultHome()).data, 'kafka');
  let keys = 0, bytes = 0;
  for (let partition = 0; partition < partitions; partition++) {
    const alive = new Set<string>();
    await readPartition({ brokers, clientId: 'bench', topic, partition, from: 0, take: (poll) => {
      for (let i = 0; i < poll.size; i++) {
        const { keyBytes, keyStart, keyEnd, valueStart } = poll.record(i), key = Buffer.from(keyBytes.buffer, keyBytes.byteOffset + keyStart, keyEnd - keyStart).toString('latin1');
        if (isOwn(key)) continue;
        if (valueStart < 0) alive.delete(key); else alive.add(key);
      }
    } });
    keys += alive.size;
    for (const file of await readdir(join(folder, `${topic}-${partition}`))) {
      if (file.endsWith('.log')) bytes += statSync(join(folder, `${topic}-${partition}`, file), { throwIfNoEntry: false })?.size ?? 0;
    }
  }
  return { keys, mib: bytes / MIB };
};

interface Sample { readonly markets: number; readonly residentMiB: number; readonly changelog: Awaited<ReturnType<typeof held>>; readonly books: Awaited<ReturnType<typeof held>> }
const cells = (...texts: readonly (string | number)[]): void => { process.stdout.write(`${texts.map((text) => String(text).padStart(16)).join('')}\n`); };
const samples: Sample[] = [];
let sentBefore = 0, cpuBefore = cpuSecondsOf(engine.pid);
const sample = async (passed: number): Promise<void> => {
  await producer.flush(120_000);
  await drained(0);
  const cpu = cpuSecondsOf(engine.pid), residentMiB = residentMiBOf(engine.pid!);
  const changelog = await held(changelogTopic('best-odds', namespace)), books = await held(topicName(topics.marketBooks, namespace));
  samples.push({ markets: passed, residentMiB, changelog, books });
  cells(passed, residentMiB.toFixed(0), changelog.keys, changelog.mib.toFixed(1), books.keys, books.mib.toFixed(1), ((cpu - cpuBefore) / (sent - sentBefore) * 1e6).toFixed(1));
  sentBefore = sent;
  cpuBefore = cpu;
};

process.stdout.write(`${markets} markets, some ${live} known at a time, ${UPDATES} updates each of ${PROVIDERS} providers, ${partitions} partitions; a snapshot every ${snapshotEvery} records\n`);
cells('markets', 'resident MiB', 'changelog keys', 'MiB', 'books keys', 'MiB', 'CPU-s/million');
const endsMs = markets + (UPDATES - 1) * BETWEEN_MS;
for (let ms = 0, checked = 0; ms < endsMs; ms++) {
  sendAt(ms);
  if (sent >= checked + STEP) {
    checked = sent;
    await producer.ready();
    await drained(AHEAD);
  }
  if ((ms + 1) % every === 0 && ms < markets) await sample(ms + 1);
}
// All of them are over: what is left when the engine has written its state for the last time?
for (const afterMs of [QUOTE_TTL_MS + 2 * workload.windowMs, QUOTE_TTL_MS + 4 * workload.windowMs]) tick(startMs + endsMs + afterMs);
await producer.flush(120_000);
await drained(0);
engine.kill('SIGTERM');
await new Promise((resolve) => { engine.once('close', resolve); });
const left = { changelog: await held(changelogTopic('best-odds', namespace)), books: await held(topicName(topics.marketBooks, namespace)) };
cells('all over', '', left.changelog.keys, left.changelog.mib.toFixed(1), left.books.keys, left.books.mib.toFixed(1), '');
await producer.disconnect();
await admin.disconnect();
await deleteTopicsOf(brokers, namespace);

const grown: string[] = [];
for (const [name, of] of [['the changelog', 'changelog'], ['market-books', 'books']] as const) {
  const most = Math.max(...samples.map((one) => one[of].keys));
  if (most > MOST_KEYS * live) grown.push(`${name} had ${most} live keys, more than ${MOST_KEYS} times the ${live} live markets`);
  if (left[of].keys > 0) grown.push(`${name} has ${left[of].keys} live keys once all markets are over`);
}
const last = samples.at(-1)!, settled = samples[1]!;
if (last.residentMiB > MOST_RESIDENT * settled.residentMiB) grown.push(`memory was ${last.residentMiB.toFixed(0)} MiB at the end, more than ${MOST_RESIDENT} times the ${settled.residentMiB.toFixed(0)} MiB after ${settled.markets} markets`);
process.stdout.write(grown.length === 0 ? 'flat\n' : `not flat: ${grown.join('; ')}\n`);
process.exit(grown.length === 0 ? 0 : 1);
