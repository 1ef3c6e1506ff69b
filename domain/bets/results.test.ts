import t from 'tap';
import { liveMarket, MARKET, offer, type TestBet, type TestFact, World } from './world-for-tests.ts';

const E2 = 'football:e2:1x2', E3 = 'football:e3:totals:2.25';
const settled = (bet: TestBet, ...facts: readonly TestFact[]) => {
  const w = new World('ada');
  w.live.set(MARKET, liveMarket({ back: [offer('house', 2.5)], lay: [offer('exchange', 2.5)] })).set(E2, liveMarket({ back: [offer('house', 2)] })).set(E3, liveMarket({ back: [offer('house', 1.8)] }));
  const one = w.place(bet);
  w.pass(1_000);
  for (const fact of facts) w.say(fact);
  w.check();
  return { w, bet: one };
};
const paid = (bet: TestBet, ...facts: readonly TestFact[]): readonly unknown[] => {
  const { bet: { status, result, payoutMinor } } = settled(bet, ...facts);
  return [status, result, payoutMinor];
};

t.test('confirmed beats live whatever comes first, and two producers who say the same settle once', (t) => {
  const live: TestFact = { producer: 'a', certainty: 'live', timestampMs: 9, outcomes: { home: 'lost' } }, confirmed: TestFact = { producer: 'b', timestampMs: 1, outcomes: { home: 'won' } };
  t.strictSame(paid({}, live, confirmed), ['settled', 'won', 2_500]);
  t.strictSame(paid({}, confirmed, live), ['settled', 'won', 2_500]);
  const { w, bet } = settled({}, confirmed, { ...confirmed, producer: 'c' }, { ...confirmed, producer: 'a', timestampMs: 7 }, confirmed);
  t.strictSame([bet.settlementVersion, w.settlements.length, w.events.filter(({ kind }) => kind === 'settled').length], [1, 1, 1]);
  // One takes it back: the others' word is left. All of them: nothing is left.
  w.say({ producer: 'a', timestampMs: 8, isActive: false });
  w.say({ producer: 'b', timestampMs: 8, isActive: false });
  t.equal(bet.settlementVersion, 1);
  w.say({ producer: 'c', timestampMs: 8, isActive: false });
  t.match([bet, w.settlements.at(-1)], [{ status: 'accepted', result: null, settlementVersion: 2, settledAtMs: null }, { version: 2, result: null, payoutMinor: 0 }]);
  w.check();
  t.strictSame(paid({}, { producer: 'a', outcomes: { home: 'lost' } }, { producer: 'b', outcomes: { home: 'won' } }, { producer: 'b', isActive: false }), ['settled', 'lost', 0]);
  t.end();
});

t.test('a bet within a window is void, and one outside settles', (t) => {
  const won: TestFact = { outcomes: { home: 'won' } }, acceptedAtMs = 1_000_000;
  const window = (fromMs: number, untilMs: number): TestFact => ({ kind: 'cancel', fromMs, untilMs });
  t.strictSame(paid({}, won, window(acceptedAtMs, acceptedAtMs + 1)), ['settled', 'void', 1_000]);
  t.strictSame(paid({}, won, window(acceptedAtMs + 1, acceptedAtMs + 9)), ['settled', 'won', 2_500]);
  t.strictSame(paid({}, won, window(0, acceptedAtMs)), ['settled', 'won', 2_500]);
  t.strictSame(paid({}, window(0, acceptedAtMs), won), ['settled', 'won', 2_500]);
  t.strictSame(paid({}, window(0, acceptedAtMs)), ['accepted', null, 0]);
  const { w, bet } = settled({}, won, window(acceptedAtMs, acceptedAtMs + 1));
  t.equal(w.settlements.at(-1)!.voidReason, 'cancel_window');
  w.say({ ...window(acceptedAtMs, acceptedAtMs + 1), isActive: false });
  t.match(bet, { result: 'won', payoutMinor: 2_500, settlementVersion: 3 });
  w.check();
  t.end();
});

t.test('a bet voided by hand is void whatever is said, until it is restored', (t) => {
  const { w, bet } = settled({}, { outcomes: { home: 'won' } });
  t.equal(w.do('void', { refersTo: bet.betId, reason: 'palpable_error' }), 'voided');
  t.match([bet, w.settlements.at(-1)], [{ status: 'settled', result: 'void', payoutMinor: 1_000, voidReason: 'palpable_error' }, { voidReason: 'palpable_error' }]);
  w.say({ outcomes: { home: 'lost' } });
  w.say({ isActive: false });
  t.match(bet, { status: 'settled', result: 'void' });
  t.equal(w.do('void', { refersTo: bet.betId, reason: 'again' }), 'voided', 'every command is answered, also where nothing moves');
  t.equal(w.do('restore', { refersTo: bet.betId }), 'restored');
  t.match([bet, w.account()], [{ status: 'accepted', result: null, voidReason: null }, { stakedMinor: 1_000 }]);
  t.equal(w.do('restore', { refersTo: bet.betId }), 'not_voided');
  w.say({ outcomes: { home: 'won' } });
  t.match(bet, { result: 'won', payoutMinor: 2_500 });
  t.equal(w.do('void', { refersTo: 'none', reason: null }), 'unknown_bet');
  t.equal(w.do('void', { refersTo: null, reason: null }), 'unknown_bet');
  w.do('open_account', { currency: 'GBP', userId: null, syndicateId: null }, 'bo');
  t.equal(w.do('void', { refersTo: bet.betId, reason: null }, 'bo'), 'unknown_bet', 'nobody voids another account\'s');
  w.check();
  t.end();
});

t.test('dead heats, Rule 4 and half results', (t) => {
  t.strictSame(paid({}, { outcomes: { home: ['won', 0.5] } }), ['settled', 'partly', 1_250]);
  t.strictSame(paid({}, { outcomes: { home: ['won', 0.3333] } }), ['settled', 'partly', 833]);
  const rule4 = (withdrawnAtMs: number): TestFact => ({ outcomes: { home: 'won' }, deductions: [{ kind: 'rule4', rate: 0.2, withdrawnAtMs }] });
  t.strictSame(paid({}, rule4(1_000_001)), ['settled', 'won', 2_200]);
  t.strictSame(paid({}, rule4(1_000_000)), ['settled', 'won', 2_500], 'it was accepted once the runner was out');
  t.strictSame(paid({}, { outcomes: { home: 'won' }, deductions: [{ kind: 'reduction_factor', rate: 0.2, withdrawnAtMs: 1_000_001 }] }), ['settled', 'won', 2_000]);
  t.strictSame(paid({}, { outcomes: { home: 'half_won' } }), ['settled', 'half_won', 1_750]);
  t.strictSame(paid({}, { outcomes: { home: 'half_lost' } }), ['settled', 'half_lost', 500]);
  t.strictSame(paid({}, { outcomes: { home: 'push' } }), ['settled', 'push', 1_000]);
  t.strictSame(paid({ side: 'lay' }, { outcomes: { home: 'half_won' } }), ['settled', 'half_lost', 750]);
  t.strictSame(paid({ side: 'lay' }, { outcomes: { home: ['won', 0.5] } }), ['settled', 'partly', 1_250]);
  t.end();
});

t.test('a free bet pays its winnings, and promotions end where they began but for what was lost', (t) => {
  for (const [fact, payoutMinor, promotions, house] of [
    [{ home: 'won' }, 1_500, undefined, -1_500], [{ home: 'lost' }, 0, -1_000, 1_000], [{ home: 'void' }, 0, undefined, undefined], [{ home: 'push' }, 0, undefined, undefined],
    [{ home: 'half_won' }, 750, undefined, -750], [{ home: 'half_lost' }, 0, -500, 500],
  ] as const) {
    const { w, bet } = settled({ isFreeBet: true }, { outcomes: fact });
    t.equal(bet.payoutMinor, payoutMinor, JSON.stringify(fact));
    t.strictSame([w.balances()['promotions/own'], w.balances()['house/own'], w.account().availableMinor, w.account().stakedMinor], [promotions, house, 100_000 + payoutMinor, 0]);
    w.say({ isActive: false });
    t.strictSame(w.balances(), { 'ada/available': 100_000, 'ada/staked': 1_000, 'cash/own': -100_000, 'promotions/own': -1_000 });
    w.check();
  }
  t.end();
});

t.test('multiples', (t) => {
  const on = [`${MARKET}/home@2.5`, `${E2}/home@2`, `${E3}/over@1.8`];
  const of = (...results: readonly (readonly [string, TestFact['outcomes']])[]) => {
    const { w, bet } = settled({ on });
    for (const [key, outcomes = {}] of results) w.say({ outcomes }, key);
    w.check();
    return { w, bet };
  };
  t.match(of().bet, { status: 'accepted', potentialReturnMinor: 9_000 });
  t.match(of([MARKET, { home: 'won' }], [E2, { home: 'won' }]).bet, { status: 'accepted' }, 'not before all legs are decided');
  t.match(of([MARKET, { home: 'won' }], [E2, { home: 'won' }], [E3, { over: 'won' }]).bet, { result: 'won', payoutMinor: 9_000 });
  t.match(of([MARKET, { home: 'void' }], [E2, { home: 'won' }], [E3, { over: 'push' }]).bet, { result: 'won', payoutMinor: 2_000 });
  t.match(of([MARKET, { home: 'void' }], [E2, { home: 'void' }], [E3, { over: 'void' }]).bet, { result: 'void', payoutMinor: 1_000 });
  t.match(of([MARKET, { home: 'won' }], [E2, { home: 'won' }], [E3, { over: 'half_lost' }]).bet, { result: 'partly', payoutMinor: 2_500 });
  const { w, bet } = of([E2, { home: 'lost' }]);
  t.match([bet, w.settlements.at(-1)], [{ status: 'settled', result: 'lost', payoutMinor: 0 }, { legs: [null, { result: 'lost' }, null] }], 'one lost leg, at once');
  w.say({ outcomes: { home: 'won' } });
  t.equal(bet.settlementVersion, 1, 'and what the others then do changes nothing');
  w.say({ outcomes: { home: 'won' } }, E2);
  t.match([bet, w.account()], [{ status: 'accepted', settlementVersion: 2 }, { stakedMinor: 1_000 }], 'the leg was not lost after all: it is open again');
  w.say({ outcomes: { over: 'half_won' } }, E3);
  t.match(bet, { result: 'partly', payoutMinor: 7_000 });
  w.check();
  t.end();
});
