import fc from 'fast-check';
import t from 'tap';
import { type Command, Desk, type DeskRules, type DeskState } from './desk.ts';
import { type Fact, factKey, OPEN_FROM_MS, OPEN_UNTIL_MS, replaces } from './facts.ts';
import type { LiveMarket } from './placement.ts';
import type { Cause, DeskEvent, Entry } from './types.ts';

const rules: DeskRules = { maxStakeMinor: 1_000_000, maxReturnMinor: 1e9, maxLegs: 5, maxParts: 3, betDelayMs: 5_000, cashOutMarginPpm: 50_000 };
const MARKETS = ['e1:1x2', 'e2:1x2', 'e3:totals:2.5'] as const;
const OUTCOMES: Readonly<Record<string, readonly string[]>> = { 'e1:1x2': ['home', 'draw', 'away'], 'e2:1x2': ['home', 'draw', 'away'], 'e3:totals:2.5': ['over', 'under'] };
const split = (name: string): { readonly sport: string; readonly eventId: string; readonly market: string } => {
  const at = name.indexOf(':');
  return { sport: 'football', eventId: name.slice(0, at), market: name.slice(at + 1) };
};

let isInPlay = false;
const live: LiveMarket = {
  get isInPlay() { return isInPlay; },
  offers: (_, side) => (side === 'back'
    ? [{ provider: 'house', priceE4: 25_000, commissionPpm: 0, limitMinor: 500_000, currency: null }, { provider: 'exchange', priceE4: 26_000, commissionPpm: 50_000, limitMinor: 30_000, currency: 'GBP' }]
    : [{ provider: 'exchange', priceE4: 27_000, commissionPpm: 50_000, limitMinor: 40_000, currency: 'GBP' }]),
  fairProbability: () => 0.38,
};

/** All that is durable: what a database would hold. */
class World {
  readonly state: DeskState = { accounts: new Map(), bets: new Map(), commands: new Map() };
  readonly entries: Entry[] = [];
  readonly events: DeskEvent[] = [];
  readonly facts = new Map<string, Fact[]>();
  nowMs = 1_000_000;
  #offset = 0;

  desk(): Desk { return new Desk(this.state, rules, () => live, (sport, eventId, market) => this.facts.get(`${sport}:${eventId}:${market}`) ?? [], this.nowMs); }

  cause(topic: string): Cause { return { topic, partition: 0, offset: this.#offset++ }; }

  keep(desk: Desk): void {
    this.entries.push(...desk.entries);
    this.events.push(...desk.events);
    for (const { sport, eventId, market, cause } of desk.due) this.settle(`${sport}:${eventId}:${market}`, cause);
  }

  decide(command: Command): void {
    const desk = this.desk();
    desk.decide(command);
    this.keep(desk);
  }

  say(fact: Omit<Fact, 'cause'>, name: string): void {
    const key = `football:${name}`, known = this.facts.get(key) ?? [], full = { ...fact, cause: this.cause('results') };
    const before = known.find((one) => factKey(one) === factKey(full));
    if (before !== undefined && !replaces(full, before)) return;
    this.facts.set(key, [...known.filter((one) => one !== before), full]);
    this.settle(key, full.cause);
  }

  settle(key: string, cause: Cause): void {
    const desk = this.desk();
    desk.settle(Array.from(this.state.bets.values()).filter(({ legs }) => legs.some((leg) => `${leg.sport}:${leg.eventId}:${leg.market}` === key)), () => cause);
    this.keep(desk);
  }

  /** Providers answer, delays pass. */
  pass(ms: number): void {
    this.nowMs += ms;
    const desk = this.desk();
    for (const bet of this.state.bets.values()) { desk.look(bet); desk.answered(bet, { kind: 'accepted', reference: 'r' }); }
    this.keep(desk);
  }

  balances(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const { accountId, bucket, amountMinor } of this.entries) sums[`${accountId}/${bucket}`] = (sums[`${accountId}/${bucket}`] ?? 0) + amountMinor;
    return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0).sort());
  }
}

/** What must hold after every step. */
const check = (world: World): void => {
  const transfers = new Map<string, number>();
  for (const { transfer, currency, amountMinor } of world.entries) transfers.set(`${transfer} ${currency}`, (transfers.get(`${transfer} ${currency}`) ?? 0) + amountMinor);
  for (const [transfer, sum] of transfers) if (sum !== 0) throw new Error(`${transfer} is off by ${sum}`);
  const balances = world.balances();
  for (const account of world.state.accounts.values()) {
    const of = (bucket: string): number => balances[`${account.accountId}/${bucket}`] ?? 0;
    if (of('available') !== account.availableMinor || of('held') !== account.heldMinor || of('staked') !== account.stakedMinor || of('receivable') !== -account.receivableMinor) throw new Error(`${account.accountId}: entries and balances differ`);
    if (account.availableMinor < 0 || account.receivableMinor < 0 || (account.availableMinor > 0 && account.receivableMinor > 0)) throw new Error(`${account.accountId} is in a state that no account may be in`);
    const open = Array.from(world.state.bets.values()).filter(({ accountId, status }) => accountId === account.accountId && ['delayed', 'submitted', 'unknown', 'accepted'].includes(status));
    if (open.reduce((sum, { liabilityMinor }) => sum + liabilityMinor, 0) !== account.stakedMinor) throw new Error(`${account.accountId}: what is staked is not what its open bets hold`);
  }
};

const uuid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
const command = <A extends Command['action']>(world: World, n: number, accountId: string, action: A, contents: Omit<Extract<Command, { action: A }>, 'commandId' | 'accountId' | 'timestampMs' | 'cause' | 'action'>): Command =>
  ({ commandId: uuid(n), accountId, timestampMs: world.nowMs, cause: world.cause('bet-commands'), action, ...contents }) as unknown as Command;

const funded = (world: World, accounts: readonly string[]): void => {
  accounts.forEach((id, at) => {
    world.decide(command(world, 900_000 + at, id, 'open_account', { currency: 'GBP', userId: null, syndicateId: null }));
    world.decide(command(world, 910_000 + at, id, 'deposit', { amountMinor: 100_000, currency: 'GBP' }));
  });
};

const ACCOUNTS = ['ada', 'bo'];
const placeArbitrary = fc.record({
  account: fc.constantFrom(...ACCOUNTS), stakeMinor: fc.integer({ min: -5, max: 60_000 }), side: fc.constantFrom('back' as const, 'back' as const, 'lay' as const), isFreeBet: fc.boolean(),
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

const place = (world: World, n: number, one: typeof placeArbitrary extends fc.Arbitrary<infer T> ? T : never): Command => command(world, n, one.account, 'place', {
  stakeMinor: one.stakeMinor, currency: 'GBP', metadata: {},
  place: { side: one.side, isFreeBet: one.isFreeBet, provider: one.provider, slippage: one.slippage, legs: one.picks.map((name) => ({ ...split(name), outcome: OUTCOMES[name]![one.pick % OUTCOMES[name]!.length]!, price: one.price })) },
});

t.test('any order and repetition of results, roll backs, cancels and undos ends in the ledger of the final truth', (t) => {
  let settled = 0, owing = 0;
  fc.assert(fc.property(fc.array(placeArbitrary, { minLength: 1, maxLength: 12 }), fc.array(factArbitrary, { minLength: 1, maxLength: 25 }), fc.infiniteStream(fc.nat()), fc.array(fc.nat(40), { maxLength: 20 }), (bets, said, order, spends) => {
    const build = (words: readonly Said[], isChecked: boolean): World => {
      const world = new World();
      funded(world, ACCOUNTS);
      bets.forEach((one, n) => { world.nowMs += 500; world.decide(place(world, n, one)); world.pass(0); });
      world.pass(10_000);
      check(world);
      words.forEach((word, n) => {
        world.say(factOf(word), word.market);
        if (isChecked) check(world);
        // What was won is spent in between, so that what is taken back is not there: on a withdrawal that is given back in the end.
        if (isChecked && spends.includes(n)) for (const id of ACCOUNTS) {
          const { availableMinor } = world.state.accounts.get(id)!;
          if (availableMinor > 0) world.decide(command(world, 10_000 + n * 2 + ACCOUNTS.indexOf(id), id, 'withdraw', { amountMinor: availableMinor, currency: 'GBP' }));
        }
        owing += Array.from(world.state.accounts.values()).some(({ receivableMinor }) => receivableMinor > 0) ? 1 : 0;
      });
      Array.from(world.state.commands.values()).filter(({ action, state }) => action === 'withdraw' && state === 'held').forEach((held, n) => {
        world.decide(command(world, 20_000 + n, held.accountId, 'release_withdrawal', { refersTo: held.commandId }));
      });
      check(world);
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
