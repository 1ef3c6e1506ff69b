import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { RiskInputs } from '../../domain/var/inputs.ts';
import { riskOf } from '../../domain/var/risk.ts';
import { reference } from '../../domain/var/simulate.ts';
import { Calculator } from './calculator.ts';
import { inputsKept, keptOf } from './kept.ts';
import { hasMoved } from './pipeline.ts';
import type { Snapshot } from './watch.ts';

t.setTimeout(120_000);
const MARKET = 'football:e1:1x2';
const inputs: RiskInputs = {
  portfolio: {
    name: 'user:ada', currency: 'EUR', rates: {}, horizonMs: 86_400_000, assets: [{ id: 'index', quantity: 1, price: 100, currency: 'EUR', volatility: 0.2 }],
    positions: [{ id: 'b1', account: 'ada', provider: 'betfair', legs: [{ market: MARKET, outcome: 'home', priceE4: 25_000 }], side: 'back', stakeMinor: 1_000, currency: 'EUR', isFreeBet: false, commissionPpm: 20_000, isCounterparty: false }],
  },
  events: [{ id: 'football:e1', competition: 'E0', startsAtMs: 0, isInPlay: false, score: null }],
  markets: [{ market: MARKET, outcomes: ['home', 'draw', 'away'], probabilities: [0.45, 0.28, 0.27], decided: null }],
  correlation: { general: 0.1, sport: 0.1, competition: 0.1, day: 0.1, sign: 'home' }, seed: 7, paths: 20_000,
};

const workers: ChildProcess[] = [];
const calculator = (t: Test): Calculator => {
  const made = new Calculator({
    backend: 'reference', onWarning: (message) => { t.comment(message); },
    fork: (module, args) => {
      const worker = fork(fileURLToPath(new URL('../../ops/program.cjs', import.meta.url)), [fileURLToPath(module), ...args], { serialization: 'advanced', execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      workers.push(worker);
      return worker;
    },
  });
  t.teardown(() => made.close());
  return made;
};

t.test('another process computes the same, and names what it computed from', async (t) => {
  const { result, kept } = await calculator(t).risk(inputs);
  t.strictSame(result, await riskOf(inputs, reference));
  t.strictSame(inputsKept(Buffer.from(kept.model, 'base64'), kept.modelHash), inputs);
  t.throws(() => inputsKept(Buffer.from(keptOf({ ...inputs, seed: 8 }).model, 'base64'), kept.modelHash), /it was changed/);
});

t.test('inputs that are none are refused by name, and the worker goes on', async (t) => {
  const one = calculator(t), broken = { ...inputs, markets: inputs.markets.map((market) => ({ ...market, probabilities: [0.5, 0.5, NaN] })) };
  const [bad, good] = await Promise.allSettled([one.risk(broken), one.risk(inputs)]);
  t.match(bad, { status: 'rejected', reason: { name: 'VarError', code: 'bad_probabilities', message: /football:e1:1x2/ } });
  t.equal(good.status, 'fulfilled');
});

t.test('a worker that falls fails its questions, and the next one starts another', async (t) => {
  const one = calculator(t);
  await one.risk(inputs);
  const asked = one.risk({ ...inputs, paths: 2 ** 24 });
  workers.at(-1)!.kill('SIGKILL');
  await t.rejects(asked, { name: 'WorkerLost', message: /SIGKILL/ });
  t.equal((await one.risk(inputs)).result.paths, 20_000);
});

t.test('a portfolio has moved by its bets, by a score, by a probability that is far enough from what it was', (t) => {
  const snapshot = { portfolio: 'user:ada', timestampMs: 1, activeBets: 1, stakedMinor: 1_000, positions: inputs.portfolio.positions, events: inputs.events, markets: inputs.markets, flags: [], dailyPnlMinor: 0, inputs: [], newest: undefined } satisfies Snapshot;
  const moved = (more: Partial<Snapshot>): boolean => hasMoved(snapshot, { ...snapshot, timestampMs: 2, ...more }, 0.01), priced = (probabilities: readonly number[]): Partial<Snapshot> => ({ markets: inputs.markets.map((market) => ({ ...market, probabilities })) });
  t.ok(hasMoved(undefined, snapshot, 0.01));
  t.notOk(moved({}));
  t.notOk(moved(priced([0.455, 0.275, 0.27])));
  t.ok(moved(priced([0.465, 0.265, 0.27])));
  t.ok(moved({ positions: [] }));
  t.ok(moved({ dailyPnlMinor: 5 }));
  t.ok(moved({ events: inputs.events.map((event) => ({ ...event, score: { home: 1, away: 0 } })) }));
  t.ok(moved({ markets: inputs.markets.map((market) => ({ ...market, decided: ['won', 'lost', 'lost'] })) }));
  t.end();
});
