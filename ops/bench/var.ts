/*
 * npm run bench:var: from positions to VaR, 100,000 paths of 10, 100 and 500 positions, on each backend and in NumPy (ops/bench/var-numpy.py, one thread), in
 * one run and in turn, some runs before they are measured. Prints the medians of CPU and wall time, and how many times NumPy's work each does in a CPU second. The
 * backends' measures are the same, NumPy's within what chance allows. For a profile: node --cpu-prof ops/program.cjs ops/bench/var.ts --backends reference
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Command } from 'commander';
import { catalogueOf } from '../../domain/market.ts';
import { measures } from '../../domain/var/measures.ts';
import { compile } from '../../domain/var/plan.ts';
import { reference } from '../../domain/var/simulate.ts';
import type { Backend, Model, Portfolio, Position, Unit } from '../../domain/var/types.ts';
import { openers } from '../../pipelines/market-var/backends/probe.ts';
import { seeded } from './workload.ts';

const program = new Command('var').description('from positions to VaR on each backend and in NumPy')
  .option('--positions <counts>', 'positions of the books, by comma', '10,100,500')
  .option('--paths <n>', 'paths', '100000')
  .option('--runs <n>', 'measured runs', '5')
  .option('--backends <names>', 'backends that are wanted, by comma (default: all that answer)')
  .option('--python <command>', 'a Python that has NumPy', '/usr/bin/python3');
program.parse();
const options = program.opts<{ positions: string; paths: string; runs: string; backends?: string; python: string }>();
const paths = Number(options.paths), runs = Number(options.runs), counts = options.positions.split(',').map(Number);
if (![paths, runs, ...counts].every((n) => Number.isInteger(n) && n > 0)) program.error('--positions, --paths and --runs are whole numbers above 0');

/** Shares of positions that are multiples, of so many legs; the others are single bets, so many a market. */
const MULTIPLES = 0.1, LEGS = 3, SINGLES_PER_MARKET = 3;
const MARGIN = 0.05;
/** In which V8 compiles what is hot. */
const WARMING_RUNS = 3;

interface Book { readonly model: Model; readonly portfolio: Portfolio }

/** Markets of three and two outcomes in turn, on three factors, and bets on them. */
const bookOf = (positions: number): Book => {
  const random = seeded(positions), multiples = Math.floor(positions * MULTIPLES), singles = positions - multiples;
  const units = Array.from({ length: Math.ceil(singles / SINGLES_PER_MARKET) }, (_, i): Unit => {
    const name = i % 2 === 0 ? '1x2' : 'totals:2.5', { outcomes, resultRows } = catalogueOf(name)!, event = `football:e${i}`;
    const home = 0.35 + 0.2 * random();
    return {
      id: `${event}:${name}`, event, probabilities: resultRows.length === 3 ? [home, 0.28, 0.72 - home] : [home, 1 - home],
      loadings: [0.3 * random(), 0.3 * random(), 0.3 * random()], markets: new Map([[`${event}:${name}`, { outcomes, classes: resultRows }]]),
    };
  });
  const legOn = (unit: Unit) => {
    const [market, { outcomes }] = [...unit.markets][0]!, outcome = Math.floor(random() * outcomes.length);
    return { market, outcome: outcomes[outcome]!, priceE4: Math.round(10_000 / (unit.probabilities[outcome]! * (1 + MARGIN))) };
  };
  const position = (legs: Position['legs'], i: number): Position => ({
    id: `p${i}`, account: 'a', provider: 'house', legs, side: 'back', stakeMinor: 500 + Math.floor(random() * 9_500), currency: 'GBP', isFreeBet: false, commissionPpm: 0, isCounterparty: false,
  });
  const from = (i: number): Unit => units[i % units.length]!;
  return {
    model: { factors: ['favourites', 'goals', 'league'], units },
    portfolio: {
      name: 'bench', currency: 'GBP', rates: {}, assets: [], horizonMs: 86_400_000,
      positions: Array.from({ length: positions }, (_, i) => position(i < singles ? [legOn(from(i))] : Array.from({ length: Math.min(LEGS, units.length) }, (_, leg) => legOn(from(i * LEGS + leg))), i)),
    },
  };
};

interface Run { readonly cpuSeconds: number; readonly wallSeconds: number; readonly var95: number; readonly cvar99: number }
/** One run by its number, or why there is none. */
type Runner = (book: Book, run: number) => Promise<Run | string>;

const runnerOf = (backend: Backend): Runner => async ({ model, portfolio }, run) => {
  const before = process.cpuUsage(), startedMs = performance.now(), plan = compile(portfolio, model);
  const { var95, cvar99 } = measures(await backend.simulate(plan, { seed: run, paths, isCorrelated: true }), plan.scaleMinor);
  const { user, system } = process.cpuUsage(before);
  return { cpuSeconds: (user + system) / 1e6, wallSeconds: (performance.now() - startedMs) / 1e3, var95: var95.value, cvar99: cvar99.value };
};

/** A process of its own for each run, which has run once before it measures; its start does not count. */
const numpy: Runner = ({ model, portfolio }, run) => {
  const book = {
    markets: model.units.map(({ markets, probabilities, loadings }) => ({ id: [...markets.keys()][0], probabilities, loadings })),
    positions: portfolio.positions.map(({ legs, stakeMinor }) => ({
      stake: stakeMinor, price: legs.reduce((product, { priceE4 }) => product * priceE4 / 10_000, 1),
      legs: legs.map(({ market, outcome }) => ({ market, outcome: catalogueOf(market.split(':').slice(2).join(':'))!.outcomes.indexOf(outcome) })),
    })),
  };
  // OPENBLAS_CORETYPE would hold a library to kernels of older processors.
  const { OPENBLAS_CORETYPE: _, ...env } = process.env;
  const { status, stdout, stderr, error } = spawnSync(options.python, [join(import.meta.dirname, 'var-numpy.py')], {
    input: JSON.stringify({ book, paths, seed: run }), encoding: 'utf8', env: { ...env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
  });
  return Promise.resolve(status === 0 ? JSON.parse(stdout) as Run : error?.message ?? stderr.trim().split('\n').at(-1)!);
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const wanted = (name: string): boolean => options.backends?.split(',').includes(name) ?? true;

const runners = new Map<string, Runner>([['NumPy', numpy]]), backends: Backend[] = [];
for (const [name, open] of [['reference', () => Promise.resolve(reference)] as const, ...openers]) {
  if (!wanted(name)) continue;
  try {
    const backend = await open();
    backends.push(backend);
    runners.set(backend.adapter === null ? name : `${name} on ${backend.adapter}${backend.isSoftware ? ' (SOFTWARE, NOT A GPU)' : ''}`, runnerOf(backend));
  } catch (error) {
    process.stdout.write(`!!! NOT MEASURED: ${name}: ${(error as Error).message}\n`);
  }
}

for (const count of counts) {
  const book = bookOf(count), measured = new Map<string, Run[]>();
  process.stdout.write(`${count} positions on ${book.model.units.length} markets, ${paths} paths, median of ${runs}\n`);
  // Whoever else is on the machine slows all of them alike: they run in turn.
  for (let run = -WARMING_RUNS; run < runs; run++) {
    for (const [name, runner] of runners) {
      const found = await runner(book, run + WARMING_RUNS);
      if (typeof found === 'string') {
        process.stdout.write(`!!! NOT COMPARED: ${name}, of ${options.python}: ${found}\n`);
        runners.delete(name);
      } else if (run >= 0) measured.set(name, [...measured.get(name) ?? [], found]);
    }
  }
  const cpuOfNumpy = measured.has('NumPy') ? median(measured.get('NumPy')!.map(({ cpuSeconds }) => cpuSeconds)) : NaN;
  for (const [name, all] of measured) {
    const cpu = median(all.map(({ cpuSeconds }) => cpuSeconds)), wall = median(all.map(({ wallSeconds }) => wallSeconds));
    process.stdout.write(`  ${name}: CPU ${(cpu * 1e3).toFixed(1)} ms, wall ${(wall * 1e3).toFixed(1)} ms, ${(cpuOfNumpy / cpu).toFixed(1)} × NumPy per CPU second; ` +
      `VaR 95 % ${median(all.map(({ var95 }) => var95))}, CVaR 99 % ${median(all.map(({ cvar99 }) => cvar99)).toFixed(0)}\n`);
  }
}
for (const backend of backends) await backend.close();
