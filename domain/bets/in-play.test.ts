import t from 'tap';
import type { Offer } from '../routing.ts';
import { liveMarket, MARKET, offer, rules, type TestBet, World } from './world-for-tests.ts';

const inPlay = (back: readonly Offer[], lay: readonly Offer[] = []) => liveMarket({ back, lay, isInPlay: true });
/** A bet that waits, and the world. */
const waiting = (bet: TestBet, back: readonly Offer[] = [offer('house', 2.5)], lay: readonly Offer[] = [offer('exchange', 2.5)]) => {
  const w = new World('ada');
  w.live.set(MARKET, inPlay(back, lay));
  return { w, bet: w.place(bet) };
};

t.test('a bet in play waits, and is taken at the price that is there then', (t) => {
  for (const [name, price, slippage, expected] of [
    ['the same', 2.5, 0, { status: 'accepted', legs: [{ priceE4: 25_000 }], potentialReturnMinor: 2_500 }],
    ['a better one', 3, 0, { status: 'accepted', legs: [{ priceE4: 30_000 }], potentialReturnMinor: 3_000 }],
    ['a worse one, within the slippage', 2.4, 0.04, { status: 'accepted', legs: [{ priceE4: 24_000 }], potentialReturnMinor: 2_400 }],
    ['one that is a little worse still', 2.3999, 0.04, { status: 'rejected', code: 'price_moved', liabilityMinor: 0 }],
    ['a worse one, without slippage', 2.4999, 0, { status: 'rejected', code: 'price_moved', liabilityMinor: 0 }],
  ] as const) {
    const { w, bet } = waiting({ slippage });
    t.match(bet, { status: 'delayed', dueAtMs: w.nowMs + 5_000 });
    t.equal(w.account().stakedMinor, 1_000);
    w.live.set(MARKET, inPlay([offer('house', price)]));
    w.pass(4_999);
    t.equal(bet.status, 'delayed', 'not before it is due');
    w.pass(1);
    t.match(bet, expected, name);
    t.equal(w.account().stakedMinor, bet.status === 'accepted' ? 1_000 : 0);
    w.check();
  }
  t.end();
});

t.test('what may have happened meanwhile', (t) => {
  for (const [code, change] of [
    ['market_closed', (w) => { w.live.delete(MARKET); }],
    ['market_closed', (w) => { w.live.set(MARKET, inPlay([])); }],
    ['market_closed', (w) => { w.live.set(MARKET, inPlay([offer('other', 9)])); }],
    ['prices_stale', (w) => { w.live.set(MARKET, 'stale'); }],
    ['market_settled', (w) => { w.say({ outcomes: { home: 'won' }, certainty: 'live' }); }],
    ['return_above_limit', (w) => { w.rules = { ...rules, maxReturnMinor: 2_499 }; }],
  ] as readonly (readonly [string, (w: World) => void])[]) {
    const { w, bet } = waiting({});
    change(w);
    w.pass(5_000);
    t.match([bet, w.account()], [{ status: 'rejected', code, dueAtMs: null, potentialReturnMinor: 0 }, { availableMinor: 100_000, stakedMinor: 0 }], code);
    w.check();
  }
  t.end();
});

t.test('a lay holds what the price then asks for', (t) => {
  const { w, bet } = waiting({ side: 'lay', slippage: 0.2, stakeMinor: 50_000 });
  t.strictSame([bet.liabilityMinor, w.account().availableMinor], [75_000, 25_000]);
  w.live.set(MARKET, inPlay([], [offer('exchange', 3)]));
  w.pass(5_000);
  t.match([bet, w.account()], [{ status: 'accepted', liabilityMinor: 100_000, potentialReturnMinor: 150_000, legs: [{ priceE4: 30_000 }] }, { availableMinor: 0, stakedMinor: 100_000 }], 'all that there is');
  w.check();

  const poor = waiting({ side: 'lay', slippage: 0.2, stakeMinor: 50_000 });
  poor.w.live.set(MARKET, inPlay([], [offer('exchange', 3)]));
  poor.w.do('withdraw', { amountMinor: 1, currency: 'GBP' });
  poor.w.pass(5_000);
  t.match([poor.bet, poor.w.account()], [{ status: 'rejected', code: 'insufficient_funds' }, { availableMinor: 99_999, stakedMinor: 0 }]);
  poor.w.check();

  const better = waiting({ side: 'lay', stakeMinor: 50_000 });
  better.w.live.set(MARKET, inPlay([], [offer('exchange', 2)]));
  better.w.pass(5_000);
  t.match([better.bet, better.w.account()], [{ status: 'accepted', liabilityMinor: 50_000 }, { availableMinor: 50_000, stakedMinor: 50_000 }]);
  better.w.check();
  t.end();
});

t.test('until it is looked at a bet may be cancelled, once', (t) => {
  const { w, bet } = waiting({ isFreeBet: true });
  t.strictSame([w.balances()['promotions/own'], w.account().availableMinor], [-1_000, 100_000]);
  t.equal(w.do('cancel', { refersTo: bet.betId }), 'cancelled');
  t.match([bet, w.balances()], [{ status: 'cancelled', code: 'by_command' }, { 'ada/available': 100_000 }]);
  t.equal(w.balances()['promotions/own'], undefined);
  t.equal(w.do('cancel', { refersTo: bet.betId }), 'not_cancellable');
  w.pass(10_000);
  t.equal(bet.status, 'cancelled');
  const { w: other, bet: taken } = waiting({});
  other.pass(5_000);
  t.equal(other.do('cancel', { refersTo: taken.betId }), 'not_cancellable');
  other.check();
  t.end();
});

t.test('of a multiple each leg is looked at', (t) => {
  const on = [`${MARKET}/home@2.5`, 'football:e2:1x2/home@2'];
  for (const [price, expected] of [[2, { status: 'accepted', potentialReturnMinor: 5_000 }], [2.2, { status: 'accepted', potentialReturnMinor: 5_500 }], [1.9, { status: 'rejected', code: 'price_moved' }]] as const) {
    const w = new World('ada');
    w.live.set(MARKET, inPlay([offer('house', 2.5)]));
    w.live.set('football:e2:1x2', liveMarket({ back: [offer('house', 2)] }));
    const bet = w.place({ on });
    t.equal(bet.status, 'delayed', 'one leg in play is enough');
    w.live.set('football:e2:1x2', inPlay([offer('house', price)]));
    w.pass(5_000);
    t.match(bet, expected);
    w.check();
  }
  t.end();
});
