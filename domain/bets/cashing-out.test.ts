import t from 'tap';
import { liveMarket, MARKET, offer, type TestBet, World } from './world-for-tests.ts';

const E2 = 'football:e2:1x2';
/** Fair probability 0.5 and 5 % margin. */
const market = (fair: number | undefined = 0.5) => liveMarket({ back: [offer('house', 2.5)], lay: [offer('exchange', 2.5)], fair });
const world = (): World => {
  const w = new World('ada');
  w.live.set(MARKET, market()).set(E2, market());
  return w;
};
const placed = (bet: TestBet = {}) => {
  const w = world(), one = w.place({ stakeMinor: 10_000, ...bet });
  w.pass(0);
  const cashOut = (amountMinor: number | null = null, minPayoutMinor: number | null = null): string => w.do('cash_out', { refersTo: one.betId, amountMinor, minPayoutMinor });
  return { w, bet: one, cashOut };
};

t.test('the whole of a bet', (t) => {
  const { w, bet, cashOut } = placed();
  t.equal(cashOut(null, 11_876), 'price_moved');
  t.equal(cashOut(null, 11_875), 'cashed_out');
  t.match(bet, { status: 'cashed_out', stakeMinor: 0, liabilityMinor: 0, potentialReturnMinor: 0, cashedStakeMinor: 10_000, cashedPayoutMinor: 11_875, settledAtMs: w.nowMs });
  t.strictSame(w.balances(), { 'ada/available': 101_875, 'cash/own': -100_000, 'house/own': -1_875 });
  t.equal(w.events.at(-1)!.amountMinor, 11_875);
  t.equal(cashOut(), 'not_open');
  w.say({ outcomes: { home: 'won' } });
  t.equal(w.account().availableMinor, 101_875, 'what was bought back is not settled');
  w.check();
  t.end();
});

t.test('a part: the rest keeps its price, and is settled and taken back as any bet', (t) => {
  const { w, bet, cashOut } = placed();
  for (const part of [0, -1, 10_001]) t.equal(cashOut(part), 'part_out_of_bounds');
  t.equal(cashOut(4_000), 'cashed_out');
  t.match(bet, { status: 'accepted', stakeMinor: 6_000, liabilityMinor: 6_000, potentialReturnMinor: 15_000, cashedStakeMinor: 4_000, cashedPayoutMinor: 4_750, legs: [{ priceE4: 25_000 }] });
  t.equal(cashOut(6_001), 'part_out_of_bounds');
  t.equal(cashOut(1_000), 'cashed_out');
  w.say({ outcomes: { home: 'won' } });
  t.match(bet, { status: 'settled', payoutMinor: 12_500, cashedStakeMinor: 5_000 });
  t.equal(w.account().availableMinor, 90_000 + 4_750 + 1_187 + 12_500);
  w.say({ isActive: false });
  t.match([bet, w.account()], [{ status: 'accepted', stakeMinor: 5_000 }, { stakedMinor: 5_000, availableMinor: 90_000 + 4_750 + 1_187 }]);
  t.equal(cashOut(), 'cashed_out', 'and the rest may still be bought back');
  t.equal(bet.status, 'cashed_out');
  w.check();
  t.end();
});

t.test('a lay, and a part of it', (t) => {
  const { w, bet, cashOut } = placed({ side: 'lay' });
  t.equal(bet.liabilityMinor, 15_000);
  t.equal(cashOut(3_333), 'cashed_out'); //  worth 3,333 · 2.5 less 3,333 · 1.25, less 5 %, is 3,957.9
  t.match(bet, { stakeMinor: 6_667, liabilityMinor: 10_001, cashedPayoutMinor: 3_957, potentialReturnMinor: 16_668 });
  w.check();
  w.say({ outcomes: { home: 'lost' } });
  t.match(bet, { result: 'won', payoutMinor: 16_668 });
  t.equal(w.account().availableMinor, 85_000 + 3_957 + 16_668);
  w.check();
  t.end();
});

t.test('a free bet brings its winnings only, and its token goes back', (t) => {
  const { w, cashOut } = placed({ isFreeBet: true });
  t.equal(cashOut(5_000), 'cashed_out'); //  5,000 · 1.5 · 0.5 less 5 %
  t.match(w.balances(), { 'ada/available': 103_562, 'ada/staked': 5_000, 'promotions/own': -5_000, 'house/own': -3_562 });
  w.check();
  t.equal(cashOut(), 'cashed_out');
  t.strictSame(w.balances(), { 'ada/available': 107_124, 'cash/own': -100_000, 'house/own': -7_124 });
  t.end();
});

t.test('refused where there is no price', (t) => {
  for (const change of [
    (w: World) => w.live.delete(MARKET), (w: World) => w.live.set(MARKET, 'stale'), (w: World) => w.live.set(MARKET, liveMarket({ fair: 0.5 })),
    (w: World) => w.live.set(MARKET, { ...market(), fairProbability: () => undefined }), (w: World) => w.live.set(MARKET, market(1)),
  ]) {
    const { w, bet, cashOut } = placed();
    change(w);
    t.equal(cashOut(), 'no_price');
    t.equal(bet.status, 'accepted');
    w.check();
  }
  t.end();
});

t.test('decided legs count by their results, and what is decided as a whole is settled, not bought back', (t) => {
  const on = [`${MARKET}/home@2.5`, `${E2}/home@2.5`];
  const { w, bet, cashOut } = placed({ on });
  w.say({ outcomes: { home: 'won' } }, E2);
  t.equal(cashOut(), 'cashed_out');
  t.equal(bet.cashedPayoutMinor, 29_687, '10,000 · 2.5 · 2.5 · 0.5 less 5 %');
  w.check();

  const lost = placed({ on });
  lost.w.facts.set(E2, [{ producer: 'x', kind: 'settle', fromMs: 0, untilMs: 1, isActive: true, certainty: 'live', outcomes: [{ outcome: 'home', result: 'lost', deadHeatFactor: null }], deductions: [], timestampMs: 1, cause: lost.w.cause('results') }]);
  t.equal(lost.cashOut(), 'decided', 'it is lost, and will be settled: it is not worth nothing for ever');
  t.equal(lost.bet.status, 'accepted');

  const voided = placed();
  voided.w.work((desk) => {
    desk.decide(voided.w.command('void', { refersTo: voided.bet.betId, reason: 'palpable_error' }));
    desk.decide(voided.w.command('cash_out', { refersTo: voided.bet.betId, amountMinor: null, minPayoutMinor: null }));
  });
  t.match([voided.bet, voided.w.account()], [{ status: 'settled', result: 'void' }, { availableMinor: 100_000 }], 'a palpable error is not bought back before it is void');
  voided.w.check();
  t.end();
});
