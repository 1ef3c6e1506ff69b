import { spawn, spawnSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { valueSender } from '../../connectors/kafka/value-sender.ts';
import type { Event } from '../../schemas/generated/event.ts';
import type { MarketBook } from '../../schemas/generated/market-book.ts';
import type { Position } from '../../schemas/generated/position.ts';
import type { RiskAlert } from '../../schemas/generated/risk-alert.ts';
import type { RiskVar } from '../../schemas/generated/risk-var.ts';
import { topics } from '../../schemas/topics.ts';
import { valuesOf } from '../testing/log-for-tests.ts';
import { startTestStack } from '../testing/stack-for-tests.ts';
import { inputsKept } from './kept.ts';

// One stack: bets, books and events go into the log; the two pipelines of risk say what they make of them, tables hold it, and the command line computes it again.
t.setTimeout(900_000);
const NAMESPACE = 'risk', T = Date.UTC(2026, 2, 1, 12), EVENTS = 40;
const stack = await startTestStack(t);
await stack.prepare(NAMESPACE);
const env = {
  ...process.env, ODDSTREAM_HOME: stack.home, ODDSTREAM_NAMESPACE: NAMESPACE, ODDSTREAM_LOG_LEVEL: 'error', ODDSTREAM_POSTGRES_SINK_URL: stack.plain.sinkUrl, ODDSTREAM_POSTGRES_QUANT_URL: stack.plain.quantUrl,
};
const program = fileURLToPath(new URL('../../ops/cli/oddstream.cjs', import.meta.url));
const oddstream = (args: readonly string[]): { status: number | null; stdout: string; stderr: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env, timeout: 300_000 });
  return { status, stdout, stderr };
};

const producer = await connectProducer({ brokers: stack.brokers });
t.teardown(() => producer.disconnect());
const schemas = new SchemaRegistry(stack.registryUrl, { namespace: NAMESPACE });
const [sendPosition, sendBook, sendEvent] = [await valueSender(producer, schemas, topics.positions, NAMESPACE), await valueSender(producer, schemas, topics.marketBooks, NAMESPACE), await valueSender(producer, schemas, topics.events, NAMESPACE)];
const bet = (id: string, event: string, more: Partial<Position> = {}): Position => ({
  timestamp: T, account_id: `account${id}`, bet_id: id, user_id: `user${id}`, syndicate_id: 'alpha', provider: 'house', currency: 'EUR', side: 'back', stake_minor: 1_000, liability_minor: 1_000, free_bet: false, commission: 0,
  legs: [{ sport: 'football', event_id: event, market: '1x2', outcome: 'home', price: 2.5 }], status: 'open', accepted_at: T, settled_at: null, pnl_minor: null, version: null, source_partition: 0, source_offset: 7, ...more,
});
const book = (event: string, market: string, prices: Readonly<Record<string, number>>): MarketBook => ({
  timestamp: T + 1, sport: 'football', event_id: event, market, in_play: false, source_partition: 0, source_offset: 0,
  quotes: [{ provider: 'acme', quoted_at: T, offset: 0, commission: 0, currency: null, prices: Object.entries(prices).map(([outcome, price]) => ({ outcome, price, limit_minor: null, lay: null, lay_limit_minor: null })) }],
});
const event = (id: string): Event => ({
  timestamp: T, event_id: id, sport: 'football', competition: 'E0', home: null, away: null, starts_at: T + 3_600_000, status: 'scheduled', home_score: null, away_score: null, provider: '',
});
const limits = '--set', HOUSE_LIMIT = 'exposure.limits={"house":20000}';

t.before(async () => {
  for (let i = 0; i < EVENTS; i++) {
    sendEvent(event(`e${i}`));
    sendBook(book(`e${i}`, '1x2', { home: 2, draw: 4, away: 4 }));
    sendBook(book(`e${i}`, 'totals:2.5', { over: 1.9, under: 1.9 }));
    sendPosition(bet(`s${i}`, `e${i}`));
    if (i % 4 === 0) sendPosition(bet(`m${i}`, `e${i}`, { legs: [0, 1, 2].map((at) => ({ sport: 'football', event_id: `e${(i + at) % EVENTS}`, market: at === 1 ? 'totals:2.5' : '1x2', outcome: at === 1 ? 'over' : 'home', price: 2 })) }));
  }
  sendPosition(bet('x', 'e0', { user_id: 'other', syndicate_id: null, provider: 'acme', legs: [{ sport: 'football', event_id: 'nowhere', market: '1x2', outcome: 'home', price: 4 }] }));
  await producer.flush(30_000);
});

let house: RiskVar;

t.test('each portfolio is computed, and what is said of it adds up', async (t) => {
  const { status, stderr } = oddstream(['run', 'market-var', '--until-end', '--port', '0', '--set', 'market-var.kinds=["house","syndicate","user"]']);
  t.equal(status, 0, stderr);
  const risks = await valuesOf<RiskVar>(stack, `${NAMESPACE}.risk-var`), of = (portfolio: string): RiskVar => risks.find((risk) => risk.portfolio === portfolio)!;
  t.equal(risks.length, 1 + 1 + EVENTS + EVENTS / 4 + 1, 'once each');
  house = of('house');
  const syndicate = of('syndicate:alpha');
  t.match(house, { currency: 'EUR', active_bets: EVENTS + EVENTS / 4, paths: 100_000, seed: 1, method: 'simulated', is_software: true, scale_minor: 1, error_bound_minor: 0, flags: [], timestamp: T + 1 });
  // Against fair prices of 1/2 the house pays 2.5 on 1,000 each: it expects to lose 250 on a single, and what is staked on multiples at 2 (1/2, 1/2, 1/2) it keeps 0.
  t.ok(Math.abs(house.expected_pnl_minor + 250 * EVENTS) < 6 * house.expected_pnl_error + 200, `${house.expected_pnl_minor}`);
  t.ok(Math.abs(house.expected_pnl_minor + syndicate.expected_pnl_minor) < 1e-6, 'one side wins what the other loses');
  t.equal(house.total_exposure_minor, 1_500 * EVENTS + 7_000 * EVENTS / 4, 'all win');
  t.equal(syndicate.total_exposure_minor, 1_000 * (EVENTS + EVENTS / 4), 'all lose');
  t.ok(house.var_95_minor > 0 && house.cvar_95_minor > house.var_95_minor && house.cvar_99_minor > house.cvar_95_minor && house.total_exposure_minor >= house.largest_loss_minor);
  t.ok(house.correlation_impact_minor > 0, 'favourites that win together make the tail heavier');
  t.equal(house.bets.length, 50, 'each bet has its part');
  t.ok(Math.abs(house.contributions.reduce((sum, { cvar_95_minor: minor }) => sum + minor, 0) - house.cvar_95_minor) < 1e-3 * house.cvar_95_minor);
  t.match(of('user:other'), { active_bets: 1, flags: [{ market: 'football:nowhere:1x2', code: 'price_unknown' }], total_exposure_minor: 1_000 });
  t.strictSame(house.inputs.filter(({ topic }) => topic === `${NAMESPACE}.positions`).reduce((sum, { next_offset: next }) => sum + next, 0), EVENTS + EVENTS / 4 + 1);
  t.equal(inputsKept(Buffer.from(house.model, 'base64'), house.model_hash).portfolio.positions.length, house.active_bets);
});

t.test('the same numbers come out again: after a restart, on another backend, and out of the log', async (t) => {
  t.equal(oddstream(['run', 'market-var', '--until-end', '--port', '0', '--set', 'market-var.backend=reference']).status, 0);
  const [, again] = (await valuesOf<RiskVar>(stack, `${NAMESPACE}.risk-var`)).filter(({ portfolio }) => portfolio === 'house');
  t.same({ ...again, backend: '', model: '' }, { ...house, backend: '', model: '' });
  t.equal(again!.backend, 'reference');
  t.equal(oddstream(['run', 'risk-var-history', '--until-end', '--port', '0']).status, 0);
  t.match(oddstream(['var']).stdout, /^portfolio +as of +bets .*\nhouse +2026-03-01T12:00:00\.001Z +50 /m);
  for (const args of [[], ['--from-log'], ['--backend', 'reference', '--from-log']]) {
    const { status, stderr, stdout } = oddstream(['var', '--portfolio', 'house', ...args]);
    t.equal(status, 0, stderr);
    t.match(stderr, /the same comes out again, from (the log|what was kept), on /);
    t.match(stdout, /CVaR 95 % +\d+\.\d\d EUR +± /);
  }
  t.match(oddstream(['var', '--portfolio', 'user:nobody']), { status: 1, stderr: /nothing has been recorded of 'user:nobody'/ });
  t.match(oddstream(['var', '--from-log']), { status: 2, stderr: /--portfolio/ });
});

t.test('what makes the tail lighter at live prices is named, with what it takes off and what it costs', (t) => {
  const { status, stdout, stderr } = oddstream(['hedge', '--portfolio', 'house', '--limit', '50', '--json', '--events', '3']);
  t.equal(status, 0, stderr);
  const found = JSON.parse(stdout) as { candidate: { market: string; outcome: string; side: string; priceE4: number }; stakeMinor: number; cvarReductionMinor: number; costMinor: number }[];
  t.match(found[0], { candidate: { market: /^football:e\d+:(1x2|totals:2\.5)$/, side: 'back' } });
  t.ok(found.every(({ stakeMinor, cvarReductionMinor, costMinor }) => stakeMinor > 0 && stakeMinor <= 5_000 && stakeMinor % 100 === 0 && cvarReductionMinor > 0 && costMinor <= 10_000), stdout);
  t.ok(found.some(({ candidate: { outcome, priceE4 }, costMinor }) => outcome === 'home' && priceE4 === 20_000 && Math.abs(costMinor) < 20), 'what the house fears is backed at its fair price, for nothing');
  t.match(oddstream(['hedge', '--portfolio', 'house']).stdout, /^bet +stake +at +takes off the CVaR 95 % +costs\nback football:/);
  t.match(oddstream(['hedge', '--portfolio', 'nobody']), { status: 1, stderr: /nothing has been recorded of 'nobody'/ });
  t.match(oddstream(['hedge', '--portfolio', 'house', '--max-cost', '-3']), { status: 2, stderr: /--max-cost: / });
  t.end();
});

t.test('what would have to happen, and what every portfolio can lose at worst', (t) => {
  const { status, stdout, stderr } = oddstream(['var', '--portfolio', 'user:users0', '--lose', '5']);
  t.equal(status, 0, stderr);
  t.match(stdout, /\nloses 10\.00 EUR, of all that lose so much the likeliest \(each event by itself, 1 in 2\), if\n {2}football:e0:1x2 +(draw|away)\n$/);
  const whatIf = oddstream(['var', '--portfolio', 'user:users0', '--what-if', 'football:e0:1x2=home:0,draw:0.5,away:0.5']);
  t.match(whatIf, { status: 0, stdout: /recorded +what if\s+expected P&L +2\.50 EUR +-10\.00 EUR\s+chance of loss +\d+\.\d\d % +100\.00 %/ }, whatIf.stdout + whatIf.stderr);
  t.match(oddstream(['var', '--portfolio', 'user:users0', '--what-if', 'football:e0:1x2=home:0,draw:0.5,away:0.6']), { status: 2, stderr: /--what-if: football:e0:1x2/ });
  t.match(oddstream(['var', '--portfolio', 'user:users0', '--what-if', 'football:e9:1x2=home:0.2,draw:0.3,away:0.5']), { status: 2, stderr: /there is no market football:e9:1x2/ });
  t.match(oddstream(['var', '--portfolio', 'user:users0', '--what-if', 'football:e0=1']), { status: 2, stderr: /outcome:probability/ });
  t.match(oddstream(['var', '--portfolio', 'user:users0', '--lose', '50']).stdout, /no outcomes were found by which it loses so much/);
  t.match(oddstream(['exposure', 'market', '--top', '1']), { status: 0, stdout: /^portfolio +bets +staked +exposure\nmarket:football:e\d+:\S+ +\d+ +\d+\.00 EUR +\d+\.00 EUR\n$/, stderr: /and \d+ more/ });
  t.strictSame(JSON.parse(oddstream(['exposure', 'house', '--json']).stdout), [{ portfolio: 'house', bets: EVENTS + EVENTS / 4, stakedMinor: 1_000 * (EVENTS + EVENTS / 4), lossMinor: house.total_exposure_minor, isBound: false }]);
  t.match(oddstream(['exposure', 'cats']), { status: 2, stderr: /There is no kind 'cats'/ });
  t.end();
});

t.test('a worker that is killed takes nothing with it', async (t) => {
  const running = spawn(process.execPath, [program, 'run', 'market-var', '--port', '0', '--set', 'market-var.paths=2000000', '--set', 'market-var.kinds=["house"]'], { env: { ...env, ODDSTREAM_LOG_LEVEL: 'fatal' }, stdio: ['ignore', 'inherit', 'inherit'] }), ended = new Promise<number | null>((resolve) => { running.on('exit', resolve); });
  const children = (): number[] => spawnSync('ps', ['-o', 'pid=', '--ppid', String(running.pid)], { encoding: 'utf8' }).stdout.trim().split(/\s+/).map(Number).filter((pid) => pid > 0);
  const housesOf = async (bets: number): Promise<number> => (await valuesOf<RiskVar>(stack, `${NAMESPACE}.risk-var`)).filter(({ portfolio, active_bets: open }) => portfolio === 'house' && open === bets).length;
  const until = async (what: string, is: () => Promise<boolean>): Promise<void> => {
    for (const untilMs = performance.now() + 120_000; !await is();) {
      if (performance.now() > untilMs) throw new Error(`${what}: not within two minutes`);
      await wait(200);
    }
  };
  const before = await housesOf(house.active_bets);
  await until('its first risk', async () => await housesOf(house.active_bets) > before);
  const [worker] = children();
  for (const id of ['k1', 'k2']) {
    sendPosition(bet(id, 'e1', { account_id: id }));
    await producer.flush(30_000);
    if (id === 'k1') {
      await wait(300); //  so many paths take longer: it is at work
      process.kill(worker!, 'SIGKILL');
    }
    const open = house.active_bets + Number(id[1]);
    await until(`the risk with ${id}`, async () => await housesOf(open) > 0);
  }
  t.notSame(children(), [worker]);
  for (const id of ['k1', 'k2']) sendPosition(bet(id, 'e1', { account_id: id, status: 'settled', settled_at: T, pnl_minor: 0, stake_minor: 0 }));
  await producer.flush(30_000);
  running.kill('SIGTERM');
  t.equal(await ended, 0, 'and it stops well');
  t.strictSame(children(), [], 'with its worker');
});

t.test('a limit that is breached is said once, and so is that it has eased', async (t) => {
  const run = (): void => { t.equal(oddstream(['run', 'exposure', '--until-end', '--port', '0', limits, HOUSE_LIMIT]).status, 0); };
  const alerts = (): Promise<RiskAlert[]> => valuesOf<RiskAlert>(stack, `${NAMESPACE}.risk-alerts`);
  run();
  run();
  t.match(await alerts(), [{ portfolio: 'house', limit: 'exposure', state: 'breached', value_minor: house.total_exposure_minor, limit_minor: 20_000, currency: 'EUR', source_topic: `${NAMESPACE}.bet-events`, source_offset: 7 }]);
  t.equal((await alerts()).length, 1);
  for (let i = 0; i < EVENTS; i++) for (const id of i % 4 === 0 ? [`s${i}`, `m${i}`] : [`s${i}`]) sendPosition(bet(id, `e${i}`, { status: 'settled', stake_minor: 0, settled_at: T + 5, pnl_minor: -1_000, timestamp: T + 5 }));
  await producer.flush(30_000);
  run();
  t.match((await alerts()).slice(1), [{ portfolio: 'house', state: 'eased', value_minor: 0 }]);
});
