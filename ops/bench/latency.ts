/*
 * npm run bench:latency: how long after a window's end and lateness its best prices can be seen by a read_committed subscriber, at fixed loads: the updates come
 * whether or not the engine keeps up. Feed, engine (drain.ts, which goes on at the end), clock (`oddstream clock`) and subscriber are processes of their own. When the feed has ended, only the clock closes windows: how long that takes is told by itself.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { Kafka, logLevel } from 'kafkajs';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { applyTopics } from '../../connectors/kafka/topics.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { startStack } from '../stack/stack.ts';
import { deleteTopicsOf, quantileOf } from './measuring.ts';
import { workload } from './workload.ts';

const program = new Command('latency').description('latency at fixed load, from window end plus lateness to a read_committed subscriber')
  .option('--rates <list>', 'updates a second, by comma', '10000,25000,50000')
  .option('--seconds <n>', 'how long each load lasts; of these the first tenth is not counted', '60')
  .option('--targets <names>', 'targets that are wanted, by comma', 'best,arbitrages')
  .option('--home <folder>', 'folder of the local servers (default: .oddstream)');
program.parse();
const options = program.opts<{ rates: string; seconds: string; targets: string; home?: string }>();
const rates = options.rates.split(',').map(Number), seconds = Number(options.seconds);
if (rates.some((rate) => !(rate > 0)) || !(seconds >= 10)) program.error('--rates are numbers above 0, --seconds at least 10');

/** So long nothing more comes once all is through. */
const SETTLED_MS = 10_000;

const say = (line: string): void => { process.stderr.write(`${line}\n`); };
const { brokers, registryUrl } = await startStack({ ...(options.home === undefined ? {} : { home: options.home }), only: ['kafka', 'registry', 'postgres'], onProgress: say });
const here = (file: string): string => new URL(file, import.meta.url).pathname;
const children = new Set<ChildProcess>();
const child = (args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess => {
  const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, UV_THREADPOOL_SIZE: '16', ...env } });
  children.add(started);
  started.on('close', () => { children.delete(started); });
  return started;
};
process.on('exit', () => { for (const one of children) one.kill('SIGKILL'); });
const ended = (one: ChildProcess): Promise<void> => new Promise((resolve) => { if (one.exitCode === null) one.once('close', () => { resolve(); }); else resolve(); });

/** Latencies of each value at a load, ms, in order; of those of the windows that the feed's own records did not close any more, also in order; and how late the feed itself was at the worst. */
const measure = async (rate: number): Promise<{ latencies: number[]; quiet: number[]; worstFeedMs: number }> => {
  const namespace = `latency-${process.pid}-${rate}`;
  const registry = new SchemaRegistry(registryUrl, { namespace });
  await applyTopics({ brokers, registry, namespace });
  const source = topicName(topics.oddsUpdates, namespace), target = topicName(topics.bestOdds, namespace);
  const schemaId = await registry.idOf(topics.oddsUpdates);

  const seen: { readonly endMs: number; readonly latencyMs: number }[] = [];
  const subscriber = child([here('../program.cjs'), here('latency-subscriber.ts'), brokers, target]);
  await new Promise<void>((resolve) => {
    createInterface({ input: subscriber.stdout! }).on('line', (line) => {
      if (line === 'ready') { resolve(); return; }
      const [endMs, seenMs, count] = line.split(' ').map(Number) as [number, number, number];
      for (let i = 0; i < count; i++) seen.push({ endMs, latencyMs: seenMs - endMs - workload.latenessMs });
    });
  });
  const clock = child([here('../cli/oddstream.cjs'), 'clock', '--log-level', 'warn'], { ODDSTREAM_BROKERS: brokers, ODDSTREAM_REGISTRY_URL: registryUrl, ODDSTREAM_NAMESPACE: namespace });
  const engine = child([here('../program.cjs'), here('drain.ts'), brokers, registryUrl, namespace, `${namespace}.engine`, options.targets, 'follow']);
  for (const one of [clock, engine]) one.stdout!.resume();
  // A feed that is ahead of the engine's start would measure that.
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  for (let isReady = false; !isReady;) {
    await wait(200);
    const { groups } = await admin.listGroups();
    const ours = groups.map(({ groupId }) => groupId).filter((group) => group.includes(namespace));
    const described = ours.length === 0 ? [] : (await admin.describeGroups(ours)).groups;
    isReady = described.some(({ state, members }) => state === 'Stable' && members.length > 0);
    if (engine.exitCode !== null) throw new Error(`the engine ended with ${engine.exitCode}`);
  }
  await admin.disconnect();
  const feed = child([here('../program.cjs'), here('latency-feed.ts'), brokers, source, String(schemaId), String(rate), String(seconds)]);
  let said = '';
  feed.stdout!.on('data', (chunk: Buffer) => { said += chunk.toString(); });
  await ended(feed);
  // What the feed sent last is on its way yet; nothing is waited for longer than a slow engine would need.
  for (let before = -1; seen.length !== before;) { before = seen.length; await wait(SETTLED_MS); }
  for (const one of [engine, clock]) one.kill('SIGTERM');
  await Promise.all([engine, clock].map(ended));
  subscriber.kill('SIGKILL');
  await ended(subscriber);
  await deleteTopicsOf(brokers, namespace);
  const { startMs, endMs: feedEndMs, worstMs } = JSON.parse(said) as { startMs: number; endMs: number; worstMs: number }, countFromMs = startMs + seconds * 100;
  const inOrder = (isQuiet: boolean): number[] => seen.filter(({ endMs }) => endMs >= countFromMs && endMs > feedEndMs - workload.latenessMs === isQuiet).map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  return { latencies: inOrder(false), quiet: inOrder(true), worstFeedMs: worstMs };
};

for (const rate of rates) {
  const { latencies, quiet, worstFeedMs } = await measure(rate);
  if (latencies.length === 0 || quiet.length === 0) throw new Error(`at ${rate} updates/s nothing came out, or the clock closed no window`);
  process.stdout.write(`${rate} updates/s for ${seconds} s (${options.targets}), ${latencies.length} values: ms from window end plus lateness to a read_committed subscriber: ` +
    `p50 ${quantileOf(latencies, 0.5)}, p99 ${quantileOf(latencies, 0.99)}, p99.9 ${quantileOf(latencies, 0.999)}, most ${latencies.at(-1)!}; ` +
    `of the last windows, closed by the clock alone (${quiet.length} values): p50 ${quantileOf(quiet, 0.5)}, most ${quiet.at(-1)!}; the feed was ${worstFeedMs} ms late at the worst\n`);
}
process.exit(0);
