/*
 * npm run simulate: the engine, simulated with faults, on as many schedules as one likes. With progress; ends with 1 where a schedule failed, which it names.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { simulate } from '../../runtime/simulation/simulate.ts';
import type { Done, Share } from './worker.ts';

/** Seeds that a worker gets at once. */
const SHARE = 200;
const PROGRESS_MS = 5_000;
/**
 * A schedule leaves much behind, and keeps nothing: with room enough it dies young. The collector's helpers would only take the other workers' cores: without them a schedule took a third less.
 * Objects that V8 puts among the old ones from the start keep finished schedules alive: without that it took a tenth less.
 */
const NODE_OPTIONS = ['--max-semi-space-size=64', '--single-threaded-gc', '--no-allocation-site-pretenuring'];

const program: Command = new Command('simulate').description('play the engine against a model of Kafka, with faults')
  .option('--seeds <first..last>', 'schedules to play', '1..10000')
  .option('--workers <n>', 'processes that play them', String(availableParallelism()))
  .option('--seed <n>', 'replay one schedule, and say all that happens in it');
program.parse();

const main = async (): Promise<boolean> => {
  const options = program.opts<{ seeds: string; workers: string; seed?: string }>();
  const seed = options.seed === undefined ? undefined : Number(options.seed);
  const range = /^(\d+)\.\.(\d+)$/.exec(options.seeds), workers = Number(options.workers);
  if (range === null) program.error('--seeds are given as <first>..<last>');
  if (!(Number.isInteger(workers) && workers >= 1)) program.error('--workers is a whole number above 0');
  if (seed === undefined) return campaign({ from: Number(range[1]), to: Number(range[2]) }, workers);
  if (!Number.isInteger(seed)) program.error('--seed is a whole number');
  return replay(seed);
};

const replay = async (seed: number): Promise<boolean> => {
  const { failure, faults, records } = await simulate(seed, { trace: console.log });
  console.log(`seed ${seed}: ${records} records; ${faults.join(', ')}: ${failure ?? 'as undisturbed'}`);
  return failure === undefined;
};

const campaign = async ({ from, to }: Share, workers: number): Promise<boolean> => {
  const startedMs = performance.now();
  let next = from, done = 0, records = 0, faults = 0, saidMs = startedMs;
  const failed: Done['failed'][number][] = [];
  const summary = (): string => {
    const seconds = (performance.now() - startedMs) / 1_000;
    return `${done} schedules in ${seconds.toFixed(1)} s, ${(done / seconds).toFixed(0)} a second on ${workers} workers; ${(records / done).toFixed(0)} records and ${(faults / done).toFixed(1)} faults each; ${failed.length} failed`;
  };
  await Promise.all(Array.from({ length: workers }, () => new Promise<void>((resolve, reject) => {
    const worker = fork(new URL('../program.cjs', import.meta.url), [fileURLToPath(new URL('worker.ts', import.meta.url))], { execArgv: NODE_OPTIONS });
    const hand = (): void => {
      if (next > to) { worker.disconnect(); resolve(); return; }
      const share: Share = { from: next, to: Math.min(to, next + SHARE - 1) };
      next = share.to + 1;
      worker.send(share);
    };
    worker.on('error', reject);
    worker.on('exit', (code) => { if (code !== 0) reject(new Error(`a worker ended with ${code}`)); });
    worker.on('message', (of: Done) => {
      done += of.to - of.from + 1;
      records += of.records;
      faults += of.faults;
      for (const one of of.failed) {
        failed.push(one);
        console.log(`seed ${one.seed}: ${one.failure}\n  replay it: npm run simulate -- --seed ${one.seed}`);
      }
      if (performance.now() - saidMs > PROGRESS_MS) { saidMs = performance.now(); console.log(summary()); }
      hand();
    });
    hand();
  })));
  console.log(summary());
  return failed.length === 0;
};

process.exitCode = await main() ? 0 : 1;
