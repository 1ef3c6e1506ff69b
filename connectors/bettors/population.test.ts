import fc from 'fast-check';
import t from 'tap';
import type { BetCommandInput } from '../../schemas/generated/bet-command.ts';
import { topics } from '../../schemas/topics.ts';
import { ValueEncoder } from '../feeds/encoder.ts';
import { inspectionOf } from '../feeds/inspection.ts';
import { Random } from '../random.ts';
import { Account, FIRST_DEPOSIT_MINOR } from './accounts.ts';
import { MOST_STAKE_MINOR } from './choices.ts';
import { Markets } from './markets.ts';
import { Population, type PopulationOptions } from './population.ts';
import { arbitrageOf, bookOf, eventOf, fairOf, quoteOf } from './testing/markets.ts';

const START_MS = Date.UTC(2026, 0, 1);
const OPTIONS: PopulationOptions = { seed: 7, accounts: 24, ratePerSecond: 50 };
const kindOf = (id: string): keyof typeof MOST_STAKE_MINOR => id.split('-')[2] as keyof typeof MOST_STAKE_MINOR;

/** Some minutes of a population whose every bet is answered, by a stand-in that takes what there is money for. */
const lived = (options: PopulationOptions, seconds: number, startMs = START_MS): { opening: BetCommandInput[]; commands: BetCommandInput[]; overdrawn: string[] } => {
  const population = new Population(options), world = new Random(1, 1), commands: BetCommandInput[] = [], overdrawn: string[] = [];
  const opening = population.opening(startMs), available = new Map<string, number>();
  for (const { account_id: id, amount_minor: amount } of opening) if (amount != null) available.set(id, amount);
  const done = new Set<string>();
  const answer = (command: BetCommandInput): void => {
    const { account_id: id, command_id: commandId, amount_minor: amount, action, side, legs } = command, has = available.get(id)!;
    if (done.has(commandId)) return;
    done.add(commandId);
    if (action === 'deposit') available.set(id, has + amount!);
    if (action === 'withdraw') {
      available.set(id, has - amount!);
      population.told(eventOf(id, 'withdrawal_held', { command_id: commandId, available_minor: has - amount! }));
    }
    if (action !== 'place') return;
    const costs = side === 'lay' ? Math.ceil(amount! * (legs![0]!.price - 1)) : amount!, isTaken = costs <= has;
    // A slip is on purpose: it asks for what cannot be had.
    if (!isTaken && amount! < 100_000) overdrawn.push(`${id} stakes ${costs} of ${has}`);
    if (isTaken) available.set(id, has - costs);
    population.told(eventOf(id, isTaken ? 'accepted' : 'rejected', { command_id: commandId, bet_id: commandId, stake_minor: amount!, available_minor: available.get(id)!, code: isTaken ? null : 'insufficient_funds' }));
  };
  for (let step = 0; step < seconds * 10; step++) {
    for (let changed = 0; changed < 4; changed++) {
      const eventId = `e${world.below(20)}`, home = world.between(1.5, 3), key = `football:${eventId}:moneyline`;
      population.markets.put(key, () => bookOf(eventId, [quoteOf('a', { home, away: 2 }), quoteOf('b', { home: home * 0.98, away: 2.1 }), quoteOf('c', { home: home * 1.05, away: 1.95 }), quoteOf('x', { home, away: 2 }, 0.02)]));
      population.markets.putFair(key, () => fairOf(eventId, 1 / home));
    }
    if (step % 7 === 0) population.announced(arbitrageOf(`a${step}`, 'e1'), startMs + step * 100);
    const said = population.step(startMs + step * 100);
    commands.push(...said);
    said.forEach(answer);
  }
  return { opening, commands, overdrawn };
};
const life = lived(OPTIONS, 120);

t.test('told and asked the same, they do the same; of another seed they are others', async (t) => {
  t.same(lived(OPTIONS, 20), lived(OPTIONS, 20));
  const others = lived({ ...OPTIONS, seed: 8 }, 20), ids = new Set(others.commands.map(({ command_id: id }) => id));
  t.equal(life.commands.filter(({ command_id: id }) => ids.has(id)).length, 0);
  t.equal(others.opening.filter(({ account_id: id }) => life.opening.some((one) => one.account_id === id)).length, 0);
});

t.test('who comes back opens under the same ids, and bets under new ones', async (t) => {
  const again = lived(OPTIONS, 120, START_MS + 600_000), ids = new Set(life.commands.map(({ command_id: id }) => id));
  t.same(again.opening.map(({ command_id: id }) => id), life.opening.map(({ command_id: id }) => id));
  t.equal(again.commands.filter(({ command_id: id }) => ids.has(id)).length, 0);
});

t.test('ids are unique, but for what is sent twice on purpose: that is the same bet', async (t) => {
  const first = new Map<string, BetCommandInput>();
  let duplicates = 0;
  for (const command of [...life.opening, ...life.commands]) {
    const before = first.get(command.command_id);
    if (before === undefined) first.set(command.command_id, command);
    else {
      duplicates++;
      if (JSON.stringify({ ...command, timestamp: 0 }) !== JSON.stringify({ ...before, timestamp: 0 })) t.fail(`${command.command_id} is another command the second time`);
    }
  }
  t.ok(duplicates > 5 && duplicates < 0.03 * life.commands.length, `${duplicates} of ${life.commands.length}`);
});

t.test('stakes are above zero and within the bounds of their kind, and nobody stakes what is not there, but for slips', async (t) => {
  const wrong = life.commands.filter(({ action, account_id: id, amount_minor: amount, side, legs }) => {
    if (action !== 'place') return amount != null && !(Number.isSafeInteger(amount) && amount > 0);
    const costs = side === 'lay' ? amount! * (legs![0]!.price - 1) : amount!;
    return !(Number.isSafeInteger(amount) && amount! >= 100 && (costs <= MOST_STAKE_MINOR[kindOf(id)] || amount! >= 100_000));
  });
  t.same(wrong.slice(0, 3), []);
  t.same(life.overdrawn.slice(0, 3), []);
});

t.test('every command is one that its topic takes', async (t) => {
  const encoder = new ValueEncoder<BetCommandInput>(topics.betCommands.schema.avsc, 1), inspect = inspectionOf(topics.betCommands);
  const refused = [...life.opening, ...life.commands].flatMap((command) => inspect(encoder.encode(command), Buffer.from(command.account_id)) ?? []);
  t.same(refused, []);
});

t.test('all that people do is done, at the rate that was asked for', async (t) => {
  const bets = life.commands.filter(({ action }) => action === 'place');
  t.ok(bets.length > 0.6 * 50 * 120 && bets.length <= 50 * 120 + 50, `${bets.length} bets in 120 s`);
  for (const action of ['deposit', 'cash_out'] as const) t.ok(life.commands.some((command) => command.action === action), action);
  t.ok(bets.some(({ legs }) => legs!.length > 1), 'multiples');
  t.ok(bets.every(({ legs }) => new Set(legs!.map(({ event_id: id }) => id)).size === legs!.length), 'of different events');
  t.ok(bets.some(({ account_id: id, provider }) => kindOf(id) === 'value' && provider === 'c'), 'value where it is given');
  t.ok(bets.some(({ side, provider }) => side === 'lay' && provider === 'x'), 'both legs of an arbitrage');
  t.ok(bets.some(({ provider }) => provider === null) && bets.some(({ provider }) => provider === 'house'), 'routed, and at our own book');
  t.ok(bets.some(({ amount_minor: amount }) => amount! >= 100_000), 'slips');
});

t.test('who has won pays out, and a cashier decides on it once', async (t) => {
  const population = new Population({ ...OPTIONS, ratePerSecond: 2_000 }), [{ account_id: id } = { account_id: '' }] = population.opening(START_MS);
  population.told(eventOf(id, 'settled', { available_minor: 900_000 }));
  const commands: BetCommandInput[] = [];
  for (let step = 0; step < 40; step++) {
    for (const command of population.step(START_MS + step * 100)) {
      commands.push(command);
      if (command.action === 'withdraw') population.told(eventOf(id, 'withdrawal_held', { command_id: command.command_id, available_minor: 900_000 - command.amount_minor! }));
    }
  }
  const withdrawals = commands.filter(({ action }) => action === 'withdraw'), decisions = commands.filter(({ action }) => action.endsWith('_withdrawal'));
  t.match(withdrawals, [{ account_id: id, amount_minor: 850_000 }]);
  t.match(decisions, [{ account_id: id, refers_to: withdrawals[0]!.command_id }]);
});

t.test('with nothing quoted nobody bets', async (t) => {
  const population = new Population(OPTIONS);
  t.same(Array.from({ length: 100 }, (_, step) => population.step(START_MS + step * 100)).flat(), []);
});

t.test('an account remembers its open bets, and asks for money when a bet was refused for the want of it', async (t) => {
  const account = new Account(1, 0);
  account.told(eventOf(account.id, 'accepted', { bet_id: 'b', stake_minor: 500, available_minor: FIRST_DEPOSIT_MINOR.recreational - 500 }));
  t.equal(account.openBets, 1);
  account.told(eventOf(account.id, 'cashed_out', { bet_id: 'b', stake_minor: 200 }));
  t.same(account.anyOpen(new Random(1, 1)), { betId: 'b', stakeMinor: 200 });
  account.told(eventOf(account.id, 'settled', { bet_id: 'b', stake_minor: 200 }));
  t.equal(account.openBets, 0);
  account.told(eventOf(account.id, 'rejected', { bet_id: 'c', code: 'insufficient_funds' }));
  t.equal(account.needsMoney, true);
  account.told(eventOf(account.id, 'deposited', { available_minor: 50_000 }));
  t.equal(account.needsMoney, false);
});

t.test('of markets the newest book is known, and none that is over', async () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  fc.assert(fc.property(fc.array(fc.oneof(fc.tuple(fc.constant('put' as const), key, fc.nat()), fc.tuple(fc.constant('forget' as const), key, fc.constant(0)))), (steps) => {
    const markets = new Markets(), expected = new Map<string, string>(), random = new Random(1, 1);
    for (const [step, name, number] of steps) {
      if (step === 'put') {
        markets.put(name, () => bookOf(`${name}${number}`, []));
        expected.set(name, `${name}${number}`);
      } else {
        markets.forget(name);
        expected.delete(name);
      }
      const drawn = markets.any(random)?.event_id;
      if (drawn === undefined ? expected.size > 0 : ![...expected.values()].includes(drawn)) return false;
    }
    return markets.size === expected.size && ['a', 'b', 'c', 'd', 'e'].every((name) => markets.book(name)?.event_id === expected.get(name));
  }));
});
