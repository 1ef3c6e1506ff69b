import fc from 'fast-check';
import t from 'tap';
import { type Fact, OPEN_FROM_MS, OPEN_UNTIL_MS } from './facts.ts';
import { liveMarket, offer, type TestBet, World } from './world-for-tests.ts';

const MARKETS = ['football:e1:1x2', 'football:e2:1x2', 'football:e3:totals:2.5'] as const;
const OUTCOMES: Readonly<Record<string, readonly string[]>> = { 'football:e1:1x2': ['home', 'draw', 'away'], 'football:e2:1x2': ['home', 'draw', 'away'], 'football:e3:totals:2.5': ['over', 'under'] };
const live = liveMarket({
  back: [offer('house', 2.5, { limitMinor: 500_000 }), offer('exchange', 2.6, { commissionPpm: 50_000, limitMinor: 30_000, currency: 'GBP' })],
  lay: [offer('exchange', 2.7, { commissionPpm: 50_000, limitMinor: 40_000, currency: 'GBP' })],
});

const ACCOUNTS = ['ada', 'bo'];
const placeArbitrary = fc.record({
  accountId: fc.constantFrom(...ACCOUNTS), stakeMinor: fc.integer({ min: -5, max: 60_000 }), side: fc.constantFrom('back' as const, 'back' as const, 'lay' as const), isFreeBet: fc.boolean(),
  provider: fc.constantFrom(null, 'house', 'exchange'), price: fc.constantFrom(2.4, 2.5, 2.6, 2.7, 3), slippage: fc.constantFrom(0, 0.05),
  picks: fc.uniqueArray(fc.constantFrom(...MARKETS), { minLength: 1, maxLength: 3 }), pick: fc.nat(5),
});
const factArbitrary = fc.record({
  market: fc.constantFrom(...MARKETS), producer: fc.constantFrom('x', 'y'), kind: fc.constantFrom('settle' as const, 'settle' as const, 'cancel' as const), isActive: fc.boolean(), certainty: fc.constantFrom('live' as const, 'confirmed' as const),
  winner: fc.nat(2), other: fc.constantFrom('lost' as const, 'void' as const, 'push' as const, 'half_lost' as const), first: fc.constantFrom('won' as const, 'half_won' as const), deadHeat: fc.constantFrom(null, null, 0.5, 0.3333),
  rule4: fc.constantFrom(0, 0, 0.15), timestampMs: fc.integer({ min: 1, max: 12 }), window: fc.constantFrom([0, OPEN_UNTIL_MS], [1_000_000, 1_003_000]),
});
type Said = typeof factArbitrary extends fc.Arbitrary<infer T> ? T : never;

const factOf = ({ market, winner, other, first, deadHeat, rule4, timestampMs, window, kind, ...fact }: Said): Omit<Fact, 'cause'> => ({
  ...fact, kind, timestampMs, fromMs: kind === 'cancel' ? window[0]! : OPEN_FROM_MS, untilMs: kind === 'cancel' ? window[1]! : OPEN_UNTIL_MS,
  outcomes: kind === 'cancel' ? [] : OUTCOMES[market]!.map((outcome, at) => ({ outcome, result: at === winner % OUTCOMES[market]!.length ? first : other, deadHeatFactor: at === winner % OUTCOMES[market]!.length ? deadHeat : null })),
  deductions: rule4 === 0 ? [] : [{ kind: 'rule4' as const, rate: rule4, withdrawnAtMs: 1_002_000 }],
});

const betOf = ({ picks, pick, price, ...bet }: typeof placeArbitrary extends fc.Arbitrary<infer T> ? T : never): TestBet =>
  ({ ...bet, on: picks.map((name) => `${name}/${OUTCOMES[name]![pick % OUTCOMES[name]!.length]!}@${price}`) });

t.test('any order and repetition of results, roll backs, cancels and undos ends in the ledger of the final truth', (t) => {
  let settled = 0, owing = 0;
  fc.assert(fc.property(fc.array(placeArbitrary, { minLength: 1, maxLength: 12 }), fc.array(factArbitrary, { minLength: 1, maxLength: 25 }), fc.infiniteStream(fc.nat()), fc.array(fc.nat(40), { maxLength: 20 }), (bets, said, order, spends) => {
    const build = (words: readonly Said[], isChecked: boolean): World => {
      const world = new World(...ACCOUNTS);
      for (const name of MARKETS) world.live.set(name, live);
      for (const one of bets) { world.nowMs += 500; world.decide(world.placing(betOf(one))); world.pass(0); }
      world.pass(10_000);
      world.check();
      words.forEach((word, n) => {
        world.hear(factOf(word), word.market);
        if (isChecked) world.check();
        // What was won is spent in between, so that what is taken back is not there: on a withdrawal that is given back in the end.
        if (isChecked && spends.includes(n)) for (const id of ACCOUNTS) {
          const { availableMinor } = world.state.accounts.get(id)!;
          if (availableMinor > 0) world.do('withdraw', { amountMinor: availableMinor, currency: 'GBP' }, id);
        }
        owing += Array.from(world.state.accounts.values()).some(({ receivableMinor }) => receivableMinor > 0) ? 1 : 0;
      });
      for (const held of Array.from(world.state.commands.values()).filter(({ action, state }) => action === 'withdraw' && state === 'held')) world.do('release_withdrawal', { refersTo: held.commandId }, held.accountId);
      world.check();
      return world;
    };
    const first = build(said, true);
    // Each word several times, in another order.
    const shuffled = [...said, ...said].map((word) => ({ word, at: order.next().value as number })).sort((a, b) => a.at - b.at).map(({ word }) => word);
    const second = build(shuffled, false);
    t.same(second.balances(), first.balances());
    const ends = (world: World): unknown => Array.from(world.state.bets.values(), ({ betId, status, result, payoutMinor, commissionMinor }) => [betId, status, result, payoutMinor, commissionMinor]);
    t.same(ends(second), ends(first));
    settled += Array.from(first.state.bets.values()).filter(({ status }) => status === 'settled').length;
  }), { numRuns: 300 });
  t.ok(settled > 100, `${settled} bets were settled`);
  t.ok(owing > 0, `accounts owed ${owing} times`);
  t.end();
});
