import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { liveMarket, MARKET, offer, World } from '../../domain/bets/world-for-tests.ts';
import type { BetEvent } from '../../schemas/generated/bet-event.ts';
import type { Position } from '../../schemas/generated/position.ts';
import { type LogEntry, replay } from '../../stream/testing/replay.ts';
import { everyTopologyRule } from '../../stream/testing/rules.ts';
import { type Scenario, scenario } from '../../stream/testing/scenario.ts';
import { positions, type PositionsConfig } from './topology.ts';

const LEG = { sport: 'football', event_id: 'e1', market: '1x2', outcome: 'home', price: 2.5 };
/** A bet of 10.00 that is accepted, where a test does not say otherwise. */
const event = (sequence: number, more: Partial<BetEvent> = {}): Partial<BetEvent> => ({
  account_id: 'ada', sequence, kind: 'accepted', command_id: null, code: null, user_id: 'u1', syndicate_id: 'alpha', currency: 'GBP', amount_minor: null, available_minor: 0, bet_id: 'b1', provider: 'exchange', side: 'back',
  stake_minor: 1_000, liability_minor: 1_000, free_bet: false, commission: 0.05, legs: [LEG], accepted_at: 1_000, version: 0, result: null, payout_minor: null, commission_minor: null,
  source_topic: 'bet-commands', source_partition: 0, source_offset: 7, ...more,
});
const settled = (sequence: number, more: Partial<BetEvent> = {}): Partial<BetEvent> => event(sequence, { kind: 'settled', version: 1, result: 'won', payout_minor: 2_500, commission_minor: 75, ...more });

const config: PositionsConfig = { forgetAfterMs: 5_000 };
const says = (what: string, diagram: Scenario<BetEvent>): void => {
  t.test(what, (t) => {
    t.doesNotThrow(() => { scenario(positions, config, diagram); });
    t.end();
  });
};

says('a bet that is accepted is open, with all that it was taken at', {
  input: '10ms a', values: { a: event(0) },
  expect: { positions: ['10ms x', { x: {
    timestamp: 10, account_id: 'ada', bet_id: 'b1', user_id: 'u1', syndicate_id: 'alpha', provider: 'exchange', currency: 'GBP', side: 'back', stake_minor: 1_000, liability_minor: 1_000, free_bet: false, commission: 0.05,
    legs: [LEG], status: 'open', accepted_at: 1_000, settled_at: null, pnl_minor: null, version: 0, source_partition: 0, source_offset: 0,
  } }] },
  fates: { applied: 1 },
});

says('it is settled, settled otherwise, and open again', {
  input: 'abcd', values: { a: event(0), b: settled(1), c: settled(2, { version: 2, result: 'lost', payout_minor: 0, commission_minor: 0 }), d: event(3, { kind: 'rolled_back', version: 3 }) },
  expect: { positions: ['wxyz', {
    w: { status: 'open' }, x: { status: 'settled', settled_at: 1, pnl_minor: 1_425, version: 1, liability_minor: 1_000 }, y: { status: 'settled', settled_at: 2, pnl_minor: -1_000, version: 2 },
    z: { status: 'open', settled_at: null, pnl_minor: null, version: 3, source_offset: 3 },
  }] },
});

says('a part that is cashed out counts when the rest is settled, and a bet of which nothing is left is settled', {
  input: 'abcde', values: {
    a: event(0), b: event(1, { kind: 'cashed_out', stake_minor: 400, liability_minor: 400, amount_minor: 700 }), c: settled(2, { stake_minor: 400, liability_minor: 400, payout_minor: 1_000, commission_minor: 30 }),
    d: event(3, { bet_id: 'b2', side: 'lay', stake_minor: 1_000, liability_minor: 1_500 }), e: event(4, { kind: 'cashed_out', bet_id: 'b2', side: 'lay', stake_minor: 0, liability_minor: 0, amount_minor: 1_200 }),
  },
  expect: { positions: ['vwxyz', {
    v: {}, w: { status: 'open', stake_minor: 400, liability_minor: 400, pnl_minor: null }, x: { status: 'settled', pnl_minor: 100 + 570 }, y: { side: 'lay' }, z: { status: 'settled', settled_at: 4, stake_minor: 0, pnl_minor: -300 },
  }] },
});

says('a free bet holds nothing back', {
  input: 'abcd', values: {
    a: event(0, { free_bet: true }), b: settled(1, { free_bet: true, payout_minor: 1_500, commission_minor: 75 }),
    c: event(2, { bet_id: 'b2', free_bet: true }), d: event(3, { bet_id: 'b2', free_bet: true, kind: 'cashed_out', stake_minor: 0, liability_minor: 0, amount_minor: 400 }),
  },
  expect: { positions: ['wxyz', { w: { free_bet: true }, x: { pnl_minor: 1_425 }, y: {}, z: { pnl_minor: 400 } }] },
});

says('what says nothing new of a bet that stands changes nothing', {
  input: 'abcdefgh', values: {
    a: event(0, { kind: 'deposited', bet_id: null }), b: event(1, { kind: 'delayed', accepted_at: null }), c: event(2, { kind: 'submitted', accepted_at: null }), d: event(3, { kind: 'cancelled', liability_minor: 0, accepted_at: null }),
    e: event(4, { bet_id: 'b2' }), f: event(5, { bet_id: 'b2', kind: 'rejected', code: 'price_moved', amount_minor: 1 }), g: event(6, { bet_id: 'b2', kind: 'voided' }), h: event(7, { bet_id: 'b2', kind: 'restored' }),
  },
  expect: { positions: ['4ms x', { x: { bet_id: 'b2', status: 'open' } }] },
  fates: { applied: 1, unchanged: 7 },
});

says('an older event that comes again is stale', {
  input: 'abab', values: { a: event(3), b: settled(4) },
  expect: { positions: ['xy', { x: { status: 'open' }, y: { status: 'settled' } }] },
  fates: { applied: 2, stale: 2 },
});

says('a settled bet is forgotten with the first event after its time; of several by name, and not one that is open again', {
  input: 'abcdefg 4994ms h 3ms i j', //  h@5001  i@5005  j@5006
  values: {
    a: event(0, { bet_id: 'z' }), b: settled(1, { bet_id: 'z' }), c: event(2, { bet_id: 'y' }), d: settled(3, { bet_id: 'y', timestamp: 1 }), e: event(4, { bet_id: 'x' }), f: settled(5, { bet_id: 'x', timestamp: 2 }),
    g: event(6, { bet_id: 'x', kind: 'rolled_back' }), h: event(7, { kind: 'deposited', bet_id: null, account_id: 'bo' }), i: settled(8, { bet_id: 'x' }), j: event(9, { kind: 'deposited', bet_id: null }),
  },
  expect: { positions: ['abcdefg 4994ms (yz) i', { a: {}, b: { status: 'settled' }, c: {}, d: {}, e: {}, f: {}, g: { status: 'open' }, y: null, z: null, i: { bet_id: 'x' } }] },
});

/** What a bet is, by what the desk says of it, as an event has it (`sinks/bets/save.ts`). */
const entriesOf = (world: World): LogEntry<BetEvent>[] => world.events.map(({ kind, timestampMs, accountId, commandId, code, amountMinor, account, bet, cause }, sequence) => ({ value: {
  timestamp: timestampMs, account_id: accountId, sequence, kind, command_id: commandId, code, amount_minor: amountMinor, user_id: account?.userId ?? null, syndicate_id: account?.syndicateId ?? null,
  currency: account?.currency ?? null, available_minor: account?.availableMinor ?? null, bet_id: bet?.betId ?? null, provider: bet?.provider ?? null, side: bet?.side ?? null, stake_minor: bet?.stakeMinor ?? null,
  liability_minor: bet?.liabilityMinor ?? null, free_bet: bet?.isFreeBet ?? false, commission: (bet?.commissionPpm ?? 0) / 1e6,
  legs: (bet?.legs ?? []).map(({ sport, eventId, market, outcome, priceE4 }) => ({ sport, event_id: eventId, market, outcome, price: priceE4 / 1e4 })), accepted_at: bet?.acceptedAtMs ?? null, version: bet?.settlementVersion ?? null,
  result: bet?.result ?? null, payout_minor: bet === undefined || bet.result === null ? null : bet.payoutMinor, commission_minor: bet === undefined || bet.result === null ? null : bet.commissionMinor,
  source_topic: cause.topic, source_partition: cause.partition, source_offset: cause.offset,
} }));

type Deed = (world: World) => void;
const BETS = [`${MARKET}/home@2.5`, `${MARKET}/draw@2.5`, 'football:e2:1x2/home@2.5'];
const nth = (world: World, n: number): string | null => { const ids = Array.from(world.state.bets.keys()); return ids.length === 0 ? null : ids[n % ids.length]!; };
const accountOf = (world: World, betId: string | null): string => world.state.bets.get(betId ?? '')?.accountId ?? 'ada';
const bet = fc.nat(20);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ accountId: fc.constantFrom('ada', 'bo'), stakeMinor: fc.integer({ min: 1, max: 3_000 }), side: fc.constantFrom('back', 'back', 'lay'), isFreeBet: fc.boolean(), on: fc.constantFrom(BETS[0]!, BETS[1]!, BETS[2]!) })
    .map(({ on, side, isFreeBet, ...placed }): Deed => (world) => { world.decide(world.placing({ ...placed, on: [on.replace('2.5', side === 'lay' ? '2.6' : '2.5')], side: side as 'back' | 'lay', isFreeBet: isFreeBet && side === 'back' })); world.pass(1); }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 8_000 }).map((ms): Deed => (world) => { world.pass(ms); }) },
  { weight: 3, arbitrary: fc.record({ bet, partMinor: fc.option(fc.integer({ min: 1, max: 1_500 })) }).map(({ bet, partMinor }): Deed => (world) => {
    const refersTo = nth(world, bet);
    world.do('cash_out', { refersTo, amountMinor: partMinor, minPayoutMinor: null }, accountOf(world, refersTo));
  }) },
  { weight: 3, arbitrary: fc.record({ key: fc.constantFrom(MARKET, 'football:e2:1x2'), home: fc.constantFrom('won', 'lost', 'void', 'half_won', 'half_lost'), isActive: fc.boolean() })
    .map(({ key, home, isActive }): Deed => (world) => { world.say(isActive ? { outcomes: { home: home as 'won', draw: 'lost', away: 'lost' } } : { isActive: false }, key); }) },
  { weight: 1, arbitrary: fc.record({ bet, action: fc.constantFrom('void', 'restore', 'cancel') }).map(({ bet, action }): Deed => (world) => {
    const refersTo = nth(world, bet);
    world.do(action as 'void', { refersTo, reason: null }, accountOf(world, refersTo));
  }) },
);
const lived = (deeds: readonly Deed[]): World => {
  const world = new World('ada', 'bo');
  for (const key of [MARKET, 'football:e2:1x2']) world.live.set(key, liveMarket({ back: [offer('exchange', 2.5, { commissionPpm: 50_000 })], lay: [offer('exchange', 2.6, { commissionPpm: 50_000 })], isInPlay: key !== MARKET }));
  for (const act of deeds) act(world);
  return world;
};
const worlds = fc.array(deed, { minLength: 1, maxLength: 40, size: 'medium' }).map(lived);

t.test('what the desk did is what stands: its bets, and of those that ended what the ledger says they brought', async () => {
  const seen = { open: 0, settled: 0, again: 0, cashed: 0 };
  fc.assert(fc.property(worlds, (world) => {
    const newest = new Map((replay(positions, { forgetAfterMs: 1e9 }, entriesOf(world)).outputs['positions'] ?? []).map(({ value }) => [(value as Position).bet_id, value as Position]));
    const stood = Array.from(world.state.bets.values()).filter(({ acceptedAtMs }) => acceptedAtMs !== null);
    assert.deepEqual(Array.from(newest.keys()).sort(), stood.map(({ betId }) => betId).sort());
    for (const { betId, accountId, status, stakeMinor, liabilityMinor, settledAtMs, cashedStakeMinor, settlementVersion } of stood) {
      const position = newest.get(betId)!, isOpen = status === 'accepted';
      const broughtMinor = world.entries.filter((entry) => entry.betId === betId && entry.accountId === accountId).reduce((sum, { amountMinor }) => sum + amountMinor, 0);
      assert.deepEqual([position.status, position.stake_minor, position.liability_minor, position.settled_at, position.pnl_minor], [isOpen ? 'open' : 'settled', stakeMinor, liabilityMinor, settledAtMs, isOpen ? null : broughtMinor]);
      seen[isOpen ? 'open' : 'settled']++;
      if (settlementVersion > 1) seen.again++;
      if (!isOpen && cashedStakeMinor > 0) seen.cashed++;
    }
  }), { numRuns: 300 });
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 50, `${what}: ${count}`);
});

t.test('once all are settled and their time is over nothing is left, in the topic or in the state', async () => {
  fc.assert(fc.property(worlds, (world) => {
    for (const key of [MARKET, 'football:e2:1x2']) world.say({ outcomes: { home: 'won', draw: 'lost', away: 'lost' } }, key);
    world.pass(10_000); //  those in play are accepted
    for (const key of [MARKET, 'football:e2:1x2']) world.settle(key, world.cause('results'));
    world.pass(6_000);
    world.do('deposit', { amountMinor: 1, currency: 'GBP' });
    const { outputs, task } = replay(positions, config, entriesOf(world)), left = new Set<string>();
    for (const { key, value } of outputs['positions']!) if (value === undefined) assert.ok(left.delete(key), 'one tombstone'); else left.add(key);
    assert.equal(left.size, 0);
    const keys = new Uint8Array(task.dictionaries.keys.capacity);
    task.stores.get('standing')!.mark(keys, keys);
    assert.equal(keys.indexOf(1), -1);
  }), { numRuns: 150 });
});

/** What the log may hold besides: what broke the contract, ticks, and events that come again. */
const logs = fc.record({ world: worlds, others: fc.array(fc.record({ at: fc.nat(200), kind: fc.constantFrom('dead', 'tick', 'again') }), { maxLength: 10 }) }).map(({ world, others }) => {
  const log = entriesOf(world);
  for (const { at, kind } of others) {
    const place = at % (log.length + 1), entry = log[at % log.length]!;
    if (!('value' in entry)) continue;
    log.splice(place, 0, kind === 'tick' ? { control: 'tick', timestamp: entry.value.timestamp } : kind === 'dead' ? { ...entry, isDead: true } : entry);
  }
  return log;
});
everyTopologyRule(t, { topology: positions, configs: fc.constantFrom({ forgetAfterMs: 1 }, config, { forgetAfterMs: 172_800_000 }), logs });
