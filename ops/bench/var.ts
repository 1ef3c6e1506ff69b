/*
 * npm run bench:var: from positions to VaR, 100,000 paths of 10, 100 and 500 positions, on each backend and in NumPy (ops/bench/var-numpy.py, one thread), in
 * one run. Each is run once before it is measured. Prints the medians of CPU and wall time, and by what each is faster than NumPy for the same CPU. The
 * measures must be those of the reference, NumPy's within what chance allows. For a profile: node --cpu-prof ops/program.cjs ops/bench/var.ts --backends reference
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Command } from 'commander';
import { catalogueOf } from '../../domain/market.ts';
import { measures } from '../../domain/var/measures.ts';
import { compile } from '../../domain/var/plan.ts';
import { reference } from '../../domain/var/simulate.ts';
import type { Backend, Measures, Model, Portfolio, Position, SimulationOptions, Unit } from '../../domain/var/types.ts';
import { wasmSimd } from '../../pipelines/market-var/backends/wasm-simd.ts';
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

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

interface Timed { readonly name: string; readonly cpu: readonly number[]; readonly wall: readonly number[]; readonly measures: Pick<Measures, 'var95' | 'cvar99'> }

const simulation = (run: number): SimulationOptions => ({ seed: run, paths, isCorrelated: true });

const timed = async (backend: Backend, { model, portfolio }: Book): Promise<Timed> => {
  const cpu: number[] = [], wall: number[] = [];
  let found: Measures | undefined;
  for (let run = 0; run <= runs; run++) {
    const before = process.cpuUsage(), startedMs = performance.now();
    const plan = compile(portfolio, model);
    found = measures(await backend.simulate(plan, simulation(run)), plan.scaleMinor);
    const { user, system } = process.cpuUsage(before);
    cpu.push((user + system) / 1e6);
    wall.push((performance.now() - startedMs) / 1e3);
  }
  return { name: backend.adapter === null ? backend.name : `${backend.name} on ${backend.adapter}${backend.isSoftware ? ' (software)' : ''}`, cpu: cpu.slice(1), wall: wall.slice(1), measures: found! };
};

interface NumpyAnswer { readonly version: string; readonly cpu: number[]; readonly wall: number[]; readonly measures: Record<'var95' | 'cvar99', number> }

/** The same in NumPy; a line that says why, where it is not there. */
const numpy = ({ model, portfolio }: Book): Timed | string => {
  const book = {
    markets: model.units.map(({ markets, probabilities, loadings }) => ({ id: [...markets.keys()][0], probabilities, loadings })),
    positions: portfolio.positions.map(({ legs, stakeMinor }) => ({
      stake: stakeMinor, price: legs.reduce((product, { priceE4 }) => product * priceE4 / 10_000, 1),
      legs: legs.map(({ market, outcome }) => ({ market, outcome: catalogueOf(market.split(':').slice(2).join(':'))!.outcomes.indexOf(outcome) })),
    })),
  };
  const { status, stdout, stderr, error } = spawnSync(options.python, [join(import.meta.dirname, 'var-numpy.py')], {
    input: JSON.stringify({ book, paths, runs }), encoding: 'utf8', env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
  });
  if (status !== 0) return error?.message ?? stderr.trim().split('\n').at(-1)!;
  const { version, cpu, wall, measures: { var95, cvar99 } } = JSON.parse(stdout) as NumpyAnswer;
  return { name: `NumPy ${version}`, cpu, wall, measures: { var95: { value: var95, standardError: 0 }, cvar99: { value: cvar99, standardError: 0 } } };
};

const backends: Backend[] = [reference, await wasmSimd()].filter(({ name }) => options.backends?.split(',').includes(name) ?? true);
for (const count of counts) {
  const book = bookOf(count), against = numpy(book);
  process.stdout.write(`${count} positions on ${book.model.units.length} markets, ${paths} paths, median of ${runs}\n`);
  if (typeof against === 'string') process.stdout.write(`  !!! NOT COMPARED WITH NUMPY: ${options.python} has none that runs (${against})\n`);
  const all = typeof against === 'string' ? [] : [against];
  for (const backend of backends) all.push(await timed(backend, book));
  for (const { name, cpu, wall, measures: { var95, cvar99 } } of all) {
    const faster = typeof against === 'string' ? '' : `, ${(median(against.cpu) / median(cpu)).toFixed(1)} × NumPy per CPU second`;
    process.stdout.write(`  ${name}: CPU ${(median(cpu) * 1e3).toFixed(1)} ms, wall ${(median(wall) * 1e3).toFixed(1)} ms${faster}; VaR 95 % ${var95.value}, CVaR 99 % ${cvar99.value.toFixed(0)}\n`);
  }
}
