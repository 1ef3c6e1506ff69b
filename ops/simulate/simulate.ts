/**
 * `npm run simulate`: the engine, simulated with faults, on as many schedules as one likes.
 *
 *     npm run simulate -- --seeds 1..100000 [--workers 2]     prints progress; 1 where a schedule failed, which it names
 *     npm run simulate -- --seed 157                          replays one schedule, and says all that happens in it
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { simulate } from '../../runtime/simulation/simulate.ts';
import type { Done, Share } from './worker.ts';

/** Seeds that a worker gets at once. */
const SHARE = 200;
const PROGRESS_MS = 5_000;
/** A schedule leaves much behind, and keeps nothing: with room enough it dies young. The collector's helpers would only take the other workers' cores: without them a schedule took a third less. */
const NODE_OPTIONS = ['--max-semi-space-size=64', '--single-threaded-gc'];

const main = async (): Promise<boolean> => {
  const { values } = parseArgs({ options: { seed: { type: 'string' }, seeds: { type: 'string', default: '1..10000' }, workers: { type: 'string', default: String(availableParallelism()) } } });
  if (values.seed !== undefined) return replay(Number(values.seed));
  const range = /^(\d+)\.\.(\d+)$/.exec(values.seeds), workers = Number(values.workers);
  if (range === null || !(workers >= 1)) throw new RangeError('give --seeds as <first>..<last>, and --workers as a number');
  return campaign({ from: Number(range[1]), to: Number(range[2]) }, workers);
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
