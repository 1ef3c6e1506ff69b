/*
 * npm run bench:bets: bets at fixed rates, in an open loop, from when each was due to when it is durable: its row, its ledger entries, its event and the position of its command are
 * committed, with PostgreSQL's synchronous_commit on. The pipeline `bets` and the load are processes of their own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import pg from 'pg';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { applyTopics } from '../../connectors/kafka/topics.ts';
import { topics } from '../../schemas/topics.ts';
import { migrate } from '../migrations/migrate.ts';
import { homeAt } from '../stack/home.ts';
import { liveRecord } from '../stack/server-process.ts';
import { defaultHome, startStack } from '../stack/stack.ts';
import { cpuSecondsOf, deleteTopicsOf } from './measuring.ts';

const program = new Command('bets').description('durable bets at fixed rates')
  .option('--rates <list>', 'bets a second, by comma', '5000,10000,15000')
  .option('--seconds <n>', 'how long each load lasts; in the first fifth its rate rises, which is not counted', '20')
  .option('--processes <n>', 'processes of the pipeline', '2')
  .option('--home <folder>', 'folder of the local servers (default: .oddstream)');
program.parse();
const options = program.opts<{ rates: string; seconds: string; processes: string; home?: string }>();
const rates = options.rates.split(',').map(Number), seconds = Number(options.seconds);
if (rates.some((rate) => !(rate > 0)) || !(seconds >= 5)) program.error('--rates are numbers above 0, --seconds at least 5');

const PARTITIONS = 8;
/** How often it is looked what has become durable, ms: by so much each latency is overstated at most. */
const LOOK_MS = 8;
/** How long what was sent may take to become durable in the end, ms. */
const PATIENCE_MS = 120_000;

const stack = await startStack({ ...(options.home === undefined ? {} : { home: options.home }), only: ['kafka', 'registry', 'postgres'], onProgress: (line) => { process.stderr.write(`${line}\n`); } });
const postgresPid = liveRecord(homeAt(options.home ?? defaultHome()), 'postgres')?.pid;
const here = (file: string): string => new URL(file, import.meta.url).pathname;
const children = new Set<ChildProcess>();
const child = (args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess => {
  const started = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  children.add(started);
  started.on('close', () => { children.delete(started); });
  return started;
};
process.on('exit', () => { for (const one of children) one.kill('SIGKILL'); });
const ended = (one: ChildProcess): Promise<void> => new Promise((resolve) => { if (one.exitCode === null) one.once('close', () => { resolve(); }); else resolve(); });
const quantile = (sorted: readonly number[], q: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!);

const measure = async (rate: number): Promise<void> => {
  const namespace = `bets_${process.pid}_${rate}`;
  const owner = new pg.Client({ connectionString: stack.postgres.owner.url });
  await owner.connect();
  await migrate(owner, { schema: namespace });
  await owner.query(`SELECT set_config('search_path', $1, false)`, [namespace]);
  const registry = new SchemaRegistry(stack.registryUrl, { namespace });
  await applyTopics({ brokers: stack.brokers, registry, namespace });

  const load = child([here('../program.cjs'), here('bets-load.ts'), stack.brokers, namespace, String(await registry.idOf(topics.betCommands)), String(await registry.idOf(topics.marketBooks)), String(rate), String(seconds)]);
  const lines = createInterface({ input: load.stdout! })[Symbol.asyncIterator]();
  const { firsts } = JSON.parse((await lines.next()).value as string) as { firsts: number[] };
  const env = { ODDSTREAM_NAMESPACE: namespace, ...(options.home === undefined ? {} : { ODDSTREAM_HOME: options.home }) };
  const pipelines = Array.from({ length: Number(options.processes) }, () => child([here('../cli/oddstream.cjs'), 'run', 'bets', '--log-level', 'warn', '--port', '0', '--set', 'bets.maxSilenceMs=3600000'], env));
  for (const one of pipelines) one.stdout!.resume();
  const pipelineCpu = (): number => pipelines.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0);

  const positions = async (): Promise<number[]> => {
    const next = new Array<number>(PARTITIONS).fill(0);
    const { rows } = await owner.query<{ partition: number; next_offset: string }>({ name: 'positions', text: `SELECT partition, next_offset FROM sink_positions WHERE pipeline = 'bets'` });
    for (const { partition, next_offset } of rows) next[partition] = Number(next_offset);
    return next;
  };
  const until = async (ends: readonly number[]): Promise<void> => {
    for (const untilMs = Date.now() + PATIENCE_MS; ;) {
      const next = await positions();
      if (next.every((offset, partition) => offset >= ends[partition]!)) return;
      if (Date.now() > untilMs || pipelines.some(({ exitCode }) => exitCode !== null)) throw new Error(`bets stands at ${next.join()}, not at ${ends.join()}`);
      await wait(100);
    }
  };
  await until(firsts);

  const seen: { readonly atMs: number; readonly next: readonly number[] }[] = [];
  const cpuBefore = { bets: pipelineCpu(), postgres: cpuSecondsOf(postgresPid) };
  load.stdin!.write('go\n');
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const next = await positions(), last = seen.at(-1)?.next;
      if (last === undefined || next.some((offset, partition) => offset !== last[partition])) seen.push({ atMs: Date.now(), next });
      await wait(LOOK_MS);
    }
  })();
  const { due, worstMs } = JSON.parse((await lines.next()).value as string) as { due: number[][]; worstMs: number };
  await until(firsts.map((first, partition) => first + due[partition]!.length));
  const cpu = { bets: pipelineCpu() - cpuBefore.bets, postgres: cpuSecondsOf(postgresPid) - cpuBefore.postgres };
  await wait(3 * LOOK_MS);
  isOver = true;
  await watching;
  for (const one of pipelines) one.kill('SIGTERM');
  await Promise.all([...pipelines, load].map(ended));

  const startMs = Math.min(...due.map((of) => of[0] ?? Infinity)), latencies: number[] = [];
  due.forEach((of, partition) => {
    let look = 0;
    of.forEach((dueMs, i) => {
      while (seen[look]!.next[partition]! <= firsts[partition]! + i) look++;
      if (dueMs - startMs >= seconds * 200) latencies.push(seen[look]!.atMs - dueMs);
    });
  });
  latencies.sort((a, b) => a - b);
  const { rows: [count] } = await owner.query<{ accepted: string; together: string }>(`SELECT count(*) AS accepted, count(*) / count(DISTINCT created_at) AS together FROM bets WHERE status = 'accepted'`);
  const { rows: [sync] } = await owner.query<{ synchronous_commit: string; fsync: string }>(`SELECT current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync`);
  const sent = due.reduce((sum, of) => sum + of.length, 0);
  process.stdout.write(`${rate} bets/s for ${seconds} s: ${count!.accepted} of ${sent} accepted, ${count!.together} in a transaction on average; ms from due to durable (synchronous_commit ${sync!.synchronous_commit}, fsync ${sync!.fsync}): ` +
    `p50 ${quantile(latencies, 0.5)}, p99 ${quantile(latencies, 0.99)}, p99.9 ${quantile(latencies, 0.999)}, most ${Math.round(latencies.at(-1)!)}; the load was ${worstMs} ms late at the worst; ` +
    `CPU-seconds a million bets: pipeline ${(cpu.bets / sent * 1e6).toFixed(0)}, PostgreSQL ${(cpu.postgres / sent * 1e6).toFixed(0)}\n`);
  await owner.query(`DROP SCHEMA ${pg.escapeIdentifier(namespace)} CASCADE`);
  await owner.end();
  await deleteTopicsOf(stack.brokers, namespace);
};

for (const rate of rates) await measure(rate);
process.exit(0);
