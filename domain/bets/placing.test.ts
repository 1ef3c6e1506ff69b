import t from 'tap';
import type { DeskRules } from './desk.ts';
import { liveMarket, MARKET, offer, rules, type TestBet, World } from './world-for-tests.ts';

const E2 = 'football:e2:1x2', EXCHANGE = { commissionPpm: 50_000, limitMinor: 30_000, currency: 'GBP' };
const market = (more: Parameters<typeof liveMarket>[0] = {}) =>
  liveMarket({ back: [offer('house', 2.5, { limitMinor: 50_000 }), offer('exchange', 2.6, EXCHANGE)], lay: [offer('exchange', 2.7, EXCHANGE)], ...more });
const world = (): World => {
  const world = new World('ada');
  world.live.set(MARKET, market());
  world.live.set(E2, market());
  return world;
};
const answer = (bet: TestBet, change: (world: World) => void = () => undefined): string => {
  const w = world();
  change(w);
  const before = JSON.stringify([w.account(), w.entries.length, w.state.bets.size]), text = w.decide(w.placing(bet));
  if (!/accepted|submitted|delayed/.test(text)) t.equal(JSON.stringify([w.account(), w.entries.length, w.state.bets.size]), before, `${text} moves nothing`);
  w.check();
  return text;
};
const leg = (outcome = 'home', price = 2.5, key = MARKET): string => `${key}/${outcome}@${price}`;
const both = [leg(), leg('home', 2.5, E2)];
const ruled = (more: Partial<DeskRules>) => (w: World): void => { w.rules = { ...rules, ...more }; };
const breached = (portfolio: string) => ruled({ isBreached: (name) => name === portfolio });

t.test('every reason not to take a bet', (t) => {
  const cases: readonly (readonly [string, TestBet, ((world: World) => void)?])[] = [
    ['no_legs', { on: [] }],
    ['too_many_legs', { on: both }, ruled({ maxLegs: 1 })],
    ['related_legs', { on: [leg(), `football:e1:totals:2.5/over@2`] }],
    ['lay_of_multiple', { side: 'lay', on: both }],
    ['lay_of_free_bet', { side: 'lay', isFreeBet: true }],
    ['stake_not_positive', { stakeMinor: 0 }],
    ['stake_not_positive', { stakeMinor: -5 }],
    ['stake_not_positive', { stakeMinor: null as unknown as number }],
    ['stake_not_positive', { stakeMinor: NaN }],
    ['stake_above_limit', { stakeMinor: 1_000_001 }],
    ['return_above_limit', {}, ruled({ maxReturnMinor: 2_499 })],
    ['return_above_limit', { on: both }, ruled({ maxReturnMinor: 6_249 })],
    ['return_above_limit', { side: 'lay', stakeMinor: 1e12, on: [leg('home', 90_000)] }, (w) => { ruled({ maxStakeMinor: 1e12, maxReturnMinor: 2 ** 53 })(w); w.live.set(MARKET, market({ lay: [offer('exchange', 90_000)] })); }],
    ['price_malformed', { on: [leg('home', 1)] }],
    ['price_malformed', { on: [leg('home', NaN)] }],
    ['price_malformed', { on: [leg('home', Infinity)] }],
    ['slippage_malformed', { slippage: 1 }],
    ['slippage_malformed', { slippage: -0.01 }],
    ['slippage_malformed', { slippage: NaN }],
    ['unknown_market', { on: [leg('home', 2, 'football:e9:1x2')] }],
    ['unknown_outcome', { on: [leg('nobody')] }],
    ['unknown_outcome', { on: ['football:e1:1X2/home@2.5'] }, (w) => { w.live.set('football:e1:1X2', market()); }],
    ['prices_stale', {}, (w) => { w.live.set(MARKET, 'stale'); }],
    ['market_closed', {}, (w) => { w.live.set(MARKET, market({ back: [] })); }],
    ['market_closed', { provider: 'nobody' }],
    ['market_closed', { on: both }, (w) => { w.live.set(E2, market({ back: [offer('exchange', 2.6)] })); }],
    ['provider_takes_no_multiples', { on: both, provider: 'exchange' }],
    ['price_moved', { on: [leg('home', 2.7)] }],
    ['price_moved', { on: [leg('home', 2.7)], slippage: 0.03 }],
    ['price_moved', { side: 'lay', on: [leg('home', 2.6)] }],
    ['price_moved', { on: [leg(), leg('home', 2.6, E2)] }],
    ['currency_mismatch', { currency: 'EUR' }],
    ['currency_mismatch', { provider: 'exchange' }, (w) => { w.live.set(MARKET, market({ back: [offer('exchange', 2.6, { currency: 'EUR' })] })); }],
    ['limit_exceeded', { stakeMinor: 80_001 }],
    ['limit_exceeded', { stakeMinor: 50_001, on: both }],
    ['limit_exceeded', { stakeMinor: 60_000 }, ruled({ maxParts: 1 })],
    ['bad_offer', {}, (w) => { w.live.set(MARKET, market({ back: [offer('exchange', 2.6, { commissionPpm: -1 })] })); }],
    ['bad_request', { stakeMinor: 1.5 }],
    ['insufficient_funds', { stakeMinor: 70_001 }, (w) => { w.do('withdraw', { amountMinor: 30_000, currency: 'GBP' }); }],
    ['market_settled', {}, (w) => { w.say({ outcomes: { away: 'won' }, certainty: 'live' }); }],
    ['market_settled', { on: both }, (w) => { w.say({ outcomes: { away: 'won' } }, E2); }],
    ['unknown_account', { accountId: 'cy' }],
    ['exposure_limit', {}, breached('user:ada')],
    ['exposure_limit', { provider: 'house' }, breached('house')],
    ['exposure_limit', { provider: 'house' }, breached(`market:${MARKET}`)],
    ['exposure_limit', { on: both, provider: 'house' }, breached('event:football:e2')],
    ['exposure_limit', { provider: 'exchange' }, breached('provider:exchange')],
  ];
  for (const [code, bet, change] of cases) t.equal(answer(bet, change), code, JSON.stringify(bet));
  t.end();
});

t.test('one market has one spelling: it cannot be had a second time under another event, which has no results', (t) => {
  const w = world();
  w.live.set('football:e1:totals:2.5', market());
  // What these names spell together is a market that is there.
  const leg = { outcome: 'home', price: 2.5 }, place = { side: 'back' as const, isFreeBet: false, provider: null, slippage: 0 };
  for (const name of [{ sport: 'football', eventId: 'e1:totals', market: '2.5' }, { sport: 'football:e1', eventId: 'totals', market: '2.5' }]) {
    t.equal(w.do('place', { stakeMinor: 1_000, currency: 'GBP', metadata: {}, place: { ...place, legs: [{ ...leg, ...name }] } }), 'unknown_market');
  }
  t.end();
});

t.test('a taken-back settlement, and a window that is over, leave a market open', (t) => {
  t.equal(answer({ provider: 'house' }, (w) => { w.say({ outcomes: { away: 'won' } }); w.say({ isActive: false }); }), 'accepted');
  t.equal(answer({ provider: 'house' }, (w) => { w.say({ kind: 'cancel', untilMs: w.nowMs }); }), 'accepted');
  t.equal(answer({ provider: 'house' }, (w) => { w.say({ kind: 'cancel', fromMs: w.nowMs }); }), 'accepted settled', 'one that goes on voids it at once');
  t.end();
});

t.test('a stake is split over providers, best first, all of it or nothing', (t) => {
  const w = world(), first = w.place({ stakeMinor: 70_000 }), bets = Array.from(w.state.bets.values());
  t.match(bets, [
    { betId: first.commandId, provider: 'exchange', stakeMinor: 30_000, status: 'submitted', commissionPpm: 50_000, legs: [{ priceE4: 26_000 }] },
    { commandId: first.commandId, provider: 'house', stakeMinor: 40_000, status: 'accepted', commissionPpm: 0, legs: [{ priceE4: 25_000 }] },
  ]);
  t.equal(new Set(bets.map(({ betId }) => betId)).size, 2);
  t.strictSame([w.account().availableMinor, w.account().stakedMinor], [30_000, 70_000]);
  w.work((desk) => { desk.answered(first, { kind: 'rejected', code: 'suspended' }); });
  t.match([first, w.account()], [{ status: 'rejected', code: 'suspended', liabilityMinor: 0 }, { availableMinor: 60_000, stakedMinor: 40_000 }], 'what one does not take comes back');
  w.work((desk) => { desk.answered(first, { kind: 'accepted', reference: 'r' }); });
  t.equal(first.status, 'rejected', 'an answer that comes too late changes nothing');
  t.equal(w.decide(w.placing({ stakeMinor: 60_001 })), 'insufficient_funds');
  w.check();
  t.end();
});

t.test('what nobody knows may still turn out either way', (t) => {
  const w = world(), bet = w.place({ provider: 'exchange' });
  w.work((desk) => { desk.attempting(bet); desk.answered(bet, { kind: 'unknown' }); });
  w.work((desk) => { desk.answered(bet, { kind: 'unknown' }); });
  t.strictSame([bet.status, bet.attemptedAtMs, w.account().stakedMinor], ['unknown', w.nowMs, 1_000]);
  t.strictSame(w.events.filter(({ bet: of }) => of !== undefined).map(({ kind }) => kind), ['submitted', 'unknown'], 'it is said once');
  t.equal(w.do('cancel', { refersTo: bet.betId }), 'not_cancellable');
  t.equal(w.do('cash_out', { refersTo: bet.betId, amountMinor: null, minPayoutMinor: null }), 'not_open');
  t.equal(w.do('void', { refersTo: bet.betId, reason: null }), 'not_voidable');
  w.say({ outcomes: { home: 'won' } });
  t.equal(bet.status, 'unknown', 'it is not settled before it stands');
  w.pass(1);
  t.match(bet, { status: 'settled', result: 'won', providerRef: 'r' }, 'and at once when it does');
  w.check();
  t.end();
});
