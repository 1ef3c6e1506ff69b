import fc from 'fast-check';
import t from 'tap';
import { LedgerError, move } from './purse.ts';
import { commissions, difference, movementOf } from './settling.ts';
import type { Account, Entry } from './types.ts';
import { liveMarket, MARKET, offer, World } from './world-for-tests.ts';

const EXCHANGE = { commissionPpm: 50_000 };
const world = (): World => {
  const world = new World('ada', 'bo');
  world.live.set(MARKET, liveMarket({ back: [offer('exchange', 2.5, EXCHANGE), offer('smarkets', 2.5, { commissionPpm: 20_000 }), offer('house', 2.4)], lay: [offer('exchange', 2.6, EXCHANGE)] }));
  world.live.set('football:e2:1x2', liveMarket({ back: [offer('exchange', 2.5, EXCHANGE)] }));
  return world;
};
const HOME = { outcomes: { home: 'won', draw: 'lost', away: 'lost' } } as const;

t.test('commission is on the net winnings of an account in a market at an exchange', (t) => {
  const w = world();
  const wins = w.place({ provider: 'exchange', stakeMinor: 2_000 }), loses = w.place({ provider: 'exchange', stakeMinor: 1_000, on: [`${MARKET}/draw@2.5`] });
  const elsewhere = w.place({ provider: 'exchange', stakeMinor: 1_000, on: ['football:e2:1x2/draw@2.5'] }), other = w.place({ provider: 'smarkets', stakeMinor: 1_000 });
  const ours = w.place({ provider: 'house', on: [`${MARKET}/home@2.4`] }), bo = w.place({ provider: 'exchange', accountId: 'bo' });
  w.pass(0);
  w.say(HOME);
  w.say({ outcomes: { home: 'won', draw: 'lost' } }, 'football:e2:1x2');
  // 3,000 won and 1,000 lost leave 2,000; what was lost elsewhere, or by somebody else, does not count.
  t.strictSame([wins, loses, elsewhere, other, ours, bo].map(({ commissionMinor }) => commissionMinor), [100, 0, 0, 30, 0, 75]);
  t.strictSame([w.balances()['commission:exchange/own'], w.balances()['commission:smarkets/own']], [175, 30]);
  t.equal(w.account().availableMinor, 100_000 - 2_000 - 1_000 - 1_000 - 1_000 - 1_000 + 5_000 - 100 + 2_500 - 30 + 2_400);
  w.check();

  // The losing one is voided: now 3,000 were won net, and the commission of the other grows.
  const version = wins.settlementVersion;
  t.equal(w.do('void', { refersTo: loses.betId, reason: null }), 'voided');
  t.strictSame([wins.commissionMinor, loses.commissionMinor, wins.settlementVersion], [150, 0, version + 1]);
  t.equal(other.settlementVersion, 1, 'what has not changed is not settled again');
  t.equal(w.do('restore', { refersTo: loses.betId }), 'restored');
  t.strictSame([wins.commissionMinor, w.balances()['commission:exchange/own']], [100, 175]);
  // Nobody won net: nothing is charged.
  w.say({ outcomes: { home: 'half_won', draw: 'lost', away: 'lost' } });
  t.equal(wins.commissionMinor, Math.round((1_500 - 1_000) * 0.05));
  w.say({ isActive: false });
  t.strictSame([wins.status, wins.commissionMinor, w.balances()['commission:exchange/own']], ['accepted', 0, undefined]);
  w.check();
  t.end();
});

t.test('a lay and a back of one account are one position', (t) => {
  const w = world();
  const back = w.place({ provider: 'exchange', stakeMinor: 2_000 }), lay = w.place({ side: 'lay', stakeMinor: 1_000, on: [`${MARKET}/home@2.6`] });
  w.pass(0);
  t.strictSame([lay.liabilityMinor, lay.potentialReturnMinor, w.account().stakedMinor], [1_600, 2_600, 3_600]);
  w.say(HOME);
  t.strictSame([back.result, back.payoutMinor, back.commissionMinor], ['won', 5_000, 70]); //  3,000 − 1,600
  t.strictSame([lay.result, lay.payoutMinor, lay.commissionMinor], ['lost', 0, 0]);
  w.say({ outcomes: { home: 'lost', draw: 'won', away: 'lost' } });
  t.strictSame([back.result, back.payoutMinor, lay.result, lay.payoutMinor, lay.commissionMinor], ['lost', 0, 'won', 2_600, 0]);
  w.say({ outcomes: { home: 'void', draw: 'void', away: 'void' } });
  t.strictSame([back.result, back.payoutMinor, lay.result, lay.payoutMinor, w.account().availableMinor], ['void', 2_000, 'void', 1_600, 100_000]);
  w.check();
  t.end();
});

t.test('shares of commission add up to that on the net winnings, and only winners bear it', (t) => {
  const won = fc.record({ profitMinor: fc.integer({ min: -1e9, max: 1e9 }), commissionPpm: fc.constantFrom(50_000) });
  fc.assert(fc.property(fc.array(won, { maxLength: 8 }), (all) => {
    const bets = all.map((one, at) => ({ ...one, betId: String(at) })), shares = commissions(bets);
    const net = bets.reduce((sum, { profitMinor }) => sum + profitMinor, 0), charged = net > 0 ? Math.floor((net * 5 + 50) / 100) : 0;
    t.equal([...shares.values()].reduce((sum, share) => sum + share, 0), charged);
    for (const { betId, profitMinor } of bets) if (shares.get(betId)! < 0 || (profitMinor <= 0 && shares.get(betId)! !== 0)) throw new Error(`${betId} bears ${shares.get(betId)}`);
    t.strictSame(new Map([...commissions(bets.toReversed())].sort()), new Map([...shares].sort()), 'in whatever order they come');
  }), { numRuns: 100 });
  const mixed = commissions([{ betId: 'a', profitMinor: 1_000, commissionPpm: 20_000 }, { betId: 'b', profitMinor: 1_000, commissionPpm: 60_000 }]);
  t.strictSame([...mixed], [['a', 20], ['b', 60]], 'each at the rate at which it was accepted');
  t.end();
});

t.test('a movement that does not balance, or takes what is not there, moves nothing', (t) => {
  const account: Account = { accountId: 'a', userId: 'a', syndicateId: null, currency: 'GBP', partition: 0, openedAtMs: 0, availableMinor: 10, heldMinor: 5, stakedMinor: 5, receivableMinor: 0 };
  const entries: Entry[] = [], about = { transfer: 'x', kind: 'y', betId: null }, before = { ...account };
  for (const [movement, code] of [[{ available: 1 }, 'unbalanced'], [{ held: -6, available: 6 }, 'overdrawn'], [{ staked: -6, ours: { house: 6 } }, 'overdrawn']] as const) {
    t.throws(() => { move(account, movement, about, entries); }, { code, name: LedgerError.name });
  }
  t.strictSame([account, entries], [before, []]);
  move(account, { available: -25, ours: { house: 25 } }, about, entries);
  t.match([account, entries], [{ availableMinor: 0, receivableMinor: 15 }, [{ bucket: 'available', amountMinor: -10 }, { bucket: 'receivable', amountMinor: -15 }, { accountId: 'house', amountMinor: 25 }]]);
  t.end();
});

t.test('from one settlement to another there is the same as back and anew', (t) => {
  const amounts = fc.record({ grossMinor: fc.nat(1_000), payoutMinor: fc.nat(1_000), commissionMinor: fc.nat(100) });
  fc.assert(fc.property(amounts, amounts, (a, b) => {
    const bet = { provider: 'exchange', liabilityMinor: 70 }, step = difference(movementOf(bet, b), movementOf(bet, a)), back = difference(movementOf(bet, a), movementOf(bet, b));
    const sum = (movement: typeof step): number => (movement.staked ?? 0) + (movement.available ?? 0) + Object.values(movement.ours ?? {}).reduce((all, one) => all + one, 0);
    return sum(movementOf(bet, a)) === 0 && sum(step) === 0 && (step.available ?? 0) === -(back.available ?? 0);
  }));
  t.end();
});
