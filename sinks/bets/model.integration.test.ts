import fc from 'fast-check';
import t from 'tap';
import type { Command, Due } from '../../domain/bets/desk.ts';
import { type Fact, OPEN_FROM_MS, OPEN_UNTIL_MS } from '../../domain/bets/facts.ts';
import type { Cause } from '../../domain/bets/types.ts';
import { type DeskUnderTest, liveMarket, offer, World } from '../../domain/bets/world-for-tests.ts';
import { inMode } from '../../ops/migrations/database-for-tests.ts';
import type { BetCommand } from '../../schemas/generated/bet-command.ts';
import type { Result } from '../../schemas/generated/result.ts';
import { BetsDatabase, uuid } from './bets-for-tests.ts';

const EVENTS = ['e1', 'e2', 'e3'], ACCOUNTS = ['ada', 'bo'];
const command = fc.oneof(
  { weight: 5, arbitrary: fc.record({
    what: fc.constant('place' as const), account: fc.constantFrom(...ACCOUNTS, ...ACCOUNTS, ...ACCOUNTS, 'nobody'), amount: fc.integer({ min: -1, max: 15_000 }), side: fc.constantFrom('back' as const, 'back' as const, 'back' as const, 'lay' as const), isFree: fc.nat(4).map((n) => n === 0),
    provider: fc.constantFrom(null, 'house', 'exchange'), events: fc.constantFrom(['e1'], ['e2'], ['e3'], ['e1'], ['e2'], ['e1', 'e3'], ['e2', 'e1']), outcome: fc.constantFrom('home', 'away', 'home', 'away', 'home', 'nobody'), price: fc.constantFrom(2.4, 2.5, 2.6), slippage: fc.constantFrom(0.1, 0.1, 0) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constantFrom('cancel' as const, 'void' as const, 'restore' as const, 'cash_out' as const), account: fc.constantFrom('ada', 'ada', 'bo'), which: fc.nat(3), amount: fc.option(fc.integer({ min: 1, max: 9_000 })) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('complete_withdrawal' as const, 'release_withdrawal' as const), account: fc.constantFrom(...ACCOUNTS), which: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('deposit' as const, 'withdraw' as const), account: fc.constantFrom(...ACCOUNTS), amount: fc.integer({ min: 0, max: 60_000 }) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('again' as const), which: fc.nat(9) }) },
);
const word = fc.record({
  event: fc.constantFrom(...EVENTS), producer: fc.constantFrom('x', 'y'), action: fc.constantFrom('settle' as const, 'settle' as const, 'rollback_settle' as const, 'rollback_settle' as const, 'cancel' as const, 'rollback_cancel' as const), certainty: fc.constantFrom('live' as const, 'confirmed' as const),
  at: fc.nat(4), home: fc.constantFrom('won' as const, 'lost' as const, 'void' as const, 'half_won' as const), share: fc.constantFrom(null, 0.5), rule4: fc.constantFrom(0, 0.2), until: fc.constantFrom(null, 3_000),
});
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('commands' as const), commands: fc.array(command, { minLength: 1, maxLength: 7, size: 'max' }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('results' as const), words: fc.uniqueArray(word, { selector: ({ event }) => event, minLength: 1, maxLength: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1_000, 6_000), price: fc.constantFrom(2.4, 2.5, 2.7), isInPlay: fc.boolean() }) },
);
type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never;

const equal = (what: string, found: unknown, expected: unknown): void => {
  const a = JSON.stringify(found, null, 1), b = JSON.stringify(expected, null, 1);
  if (a !== b) throw new Error(`${what} differ: in the database ${a}, in memory ${b}`);
};

const asFact = (value: Partial<Result>, cause: Cause): Fact => ({
  producer: value.provider!, kind: value.action!.endsWith('cancel') ? 'cancel' : 'settle', fromMs: OPEN_FROM_MS, untilMs: value.void_until ?? OPEN_UNTIL_MS, isActive: !value.action!.startsWith('rollback'), certainty: value.certainty!,
  outcomes: (value.outcomes ?? []).map(({ outcome, result, dead_heat_factor: deadHeatFactor }) => ({ outcome, result, deadHeatFactor })), timestampMs: value.timestamp!, cause,
  deductions: (value.deductions ?? []).map(({ kind, rate, withdrawn_at: withdrawnAtMs }) => ({ kind, rate, withdrawnAtMs })),
});

const asCommand = (value: Partial<BetCommand>, cause: Cause, timestampMs: number): Command => ({
  commandId: value.command_id, accountId: value.account_id, action: value.action, timestampMs, cause, currency: value.currency ?? null, amountMinor: value.amount_minor ?? null, stakeMinor: value.amount_minor ?? null, refersTo: value.refers_to ?? null,
  userId: null, syndicateId: null, reason: null, minPayoutMinor: null, metadata: {},
  place: { side: value.side ?? 'back', isFreeBet: value.free_bet ?? false, provider: value.provider ?? null, slippage: value.slippage ?? 0, legs: (value.legs ?? []).map(({ event_id: eventId, ...leg }) => ({ ...leg, eventId })) },
}) as unknown as Command;

await inMode(t, 'plain', async (t, db) => {
  const bets = await BetsDatabase.open(t, db);
  let runs = 0;
  const reached = new Map<string, number>();

  /** The same through the sinks and through desks in memory. All names of a run are its own, so that runs share the tables; its partition too, so that its events stand together. */
  const same = async (steps: readonly Drawn<typeof step>[]): Promise<void> => {
    const run = ++runs, own = (name: string): string => `r${run}-${name}`, id = (n: number): string => uuid(n, run);
    const w = new World(), commands = await bets.commands('bets', run), results = await bets.results(run);
    w.nowMs = bets.nowMs;
    let made = 0;
    const said: Partial<BetCommand>[] = [];
    const open = (price: number, isInPlay: boolean): void => {
      for (const event of EVENTS) {
        const market = liveMarket({ isInPlay: isInPlay && event === 'e2', back: [offer('house', price, { limitMinor: 40_000 }), offer('exchange', price + 0.1, { commissionPpm: 50_000, limitMinor: 20_000, currency: 'GBP' })], lay: [offer('exchange', price + 0.2, { commissionPpm: 50_000 })] });
        bets.live.set(own(event), market);
        w.live.set(`football:${own(event)}:1x2`, market);
      }
    };
    /** Makes durable in memory what one transaction would, and returns what is due then. */
    const keep = (desk: DeskUnderTest): DeskUnderTest['due'] => {
      w.entries.push(...desk.entries);
      w.events.push(...desk.events);
      w.settlements.push(...desk.settlements);
      return desk.due;
    };
    const settle = (causes: ReadonlyMap<string, Cause>): void => {
      const keyOf = (leg: { sport: string; eventId: string; market: string }): string => `${leg.sport}:${leg.eventId}:${leg.market}`, desk = w.desk();
      const found = Array.from(w.state.bets.values()).filter(({ legs }) => legs.some((leg) => causes.has(keyOf(leg)))).sort((a, b) => (a.betId < b.betId ? -1 : 1));
      desk.settle(found, ({ legs }) => causes.get(keyOf(legs.find((leg) => causes.has(keyOf(leg)))!))!);
      keep(desk);
    };
    const settleDue = async (dues: DeskUnderTest['due']): Promise<void> => {
      await bets.settleDue();
      const causes = new Map<string, Cause>();
      for (const { sport, eventId, market, cause } of dues) { const key = `${sport}:${eventId}:${market}`; if (!causes.has(key)) causes.set(key, cause); }
      if (causes.size > 0) settle(causes);
    };
    const decide = async (poll: readonly Partial<BetCommand>[]): Promise<void> => {
      const desk = w.desk(), from = commands.offset;
      await commands.poll(poll);
      poll.forEach((one, at) => { desk.decide(asCommand(one, { topic: 'bet-commands', partition: run, offset: from + at }, bets.nowMs)); });
      said.push(...poll);
      await settleDue(keep(desk));
    };
    /** Bets of this poll, which the commands behind them may name, and whose they are. */
    const placing = new Map<string, string>();
    const valueOf = (one: Drawn<typeof command>): Partial<BetCommand> => {
      if (one.what === 'again') return said.at(-1 - (one.which % said.length))!;
      const base = { action: one.what, account_id: own(one.account), command_id: id(++made) };
      if (one.what === 'place') {
        placing.set(base.command_id, base.account_id);
        return { ...base, amount_minor: one.amount, currency: 'GBP', side: one.side, provider: one.events.length > 1 ? 'house' : one.provider, free_bet: one.isFree, slippage: one.slippage, legs: one.events.map((event) => ({ sport: 'football', event_id: own(event), market: '1x2', outcome: one.outcome, price: one.price })) };
      }
      if (one.what === 'deposit' || one.what === 'withdraw') return { ...base, amount_minor: one.amount, currency: 'GBP' };
      const ids = one.what.endsWith('withdrawal') ? said.filter(({ action }) => action === 'withdraw').map(({ command_id: of }) => of!) : [...new Set([...w.state.bets.keys(), ...placing.keys()])];
      const which = 'which' in one ? one.which : 0, refersTo = ids.at(-1 - (which % Math.max(1, Math.min(ids.length, 4)))) ?? null, bet = w.state.bets.get(refersTo ?? '');
      return { ...base, account_id: which === 3 ? base.account_id : bet?.accountId ?? placing.get(refersTo ?? '') ?? base.account_id, refers_to: refersTo, ...('amount' in one ? { amount_minor: one.what === 'cash_out' ? one.amount : null } : {}) };
    };
    open(2.5, true);
    await decide(ACCOUNTS.flatMap((name): Partial<BetCommand>[] => [{ action: 'open_account', account_id: own(name), command_id: id(++made), currency: 'GBP' }, { action: 'deposit', account_id: own(name), command_id: id(++made), currency: 'GBP', amount_minor: 100_000 }]));
    for (const one of steps) {
      if (one.kind === 'commands') {
        placing.clear();
        await decide(one.commands.map(valueOf));
      } else if (one.kind === 'results') {
        const from = results.offset;
        const values = one.words.map(({ event, producer, action, certainty, at, home, share, rule4, until }): Partial<Result> => ({
          provider: producer, sport: 'football', event_id: own(event), market: '1x2', action, certainty, timestamp: Date.UTC(2026, 0, 1) + from + at, void_until: action.endsWith('cancel') && until !== null ? w.nowMs - until : null,
          outcomes: action === 'settle' ? [{ outcome: 'home', result: home, dead_heat_factor: home === 'won' ? share : null }, { outcome: 'away', result: 'lost', dead_heat_factor: null }] : [],
          deductions: rule4 > 0 && action === 'settle' ? [{ kind: 'rule4', rate: rule4, withdrawn_at: w.nowMs }] : [],
        }));
        await results.poll(values);
        const causes = new Map<string, Cause>();
        values.forEach((value, at) => {
          const key = `football:${value.event_id!}:1x2`, fact = asFact(value, { topic: 'results', partition: run, offset: from + at });
          if (w.learn(fact, key)) causes.set(key, fact.cause);
        });
        settle(causes);
      } else {
        bets.nowMs += one.ms;
        w.nowMs = bets.nowMs;
        open(one.price, one.isInPlay);
        const placements = bets.placements({ placeBet: ({ reference }) => Promise.resolve({ kind: 'accepted', reference }), getBetStatus: () => Promise.reject(new Error('nobody asks')), getOdds: () => Promise.resolve(2), getAccountBalance: () => Promise.resolve(new Map<string, number>()) });
        await bets.until('all was looked at', `SELECT NOT EXISTS (SELECT FROM bets WHERE (status = 'delayed' AND due_at <= to_timestamp(${bets.nowMs / 1000})) OR status IN ('submitted', 'unknown'))`);
        await placements.close();
        const dues: Due[] = [], all = () => Array.from(w.state.bets.values()).sort((a, b) => (a.betId < b.betId ? -1 : 1));
        // What was submitted before is sent after the looks of the first turn, and what those submitted in the next.
        for (let turn = 0, before = all().filter(({ status }) => status === 'submitted'); turn < 2; turn++, before = all().filter(({ status }) => status === 'submitted')) {
          const looks = w.desk(), sends = w.desk(), answers = w.desk();
          for (const bet of all()) looks.look(bet);
          dues.push(...keep(looks));
          for (const bet of before) sends.attempting(bet);
          for (const bet of before) answers.answered(bet, { kind: 'accepted', reference: bet.betId });
          dues.push(...keep(sends), ...keep(answers));
        }
        await settleDue(dues);
      }
    }
    w.check();
    const inDatabase = await bets.rows(`SELECT event->>'kind' AS kind, event->>'code' AS code, event->>'command_id' AS command, (event->>'amount_minor')::float8 AS amount, (event->>'available_minor')::float8 AS available, event->>'bet_id' AS bet, (event->>'payout_minor')::float8 AS paid,
      (event->>'source_offset')::int AS offset FROM bet_outbox WHERE partition = $1 ORDER BY sequence`, [run]);
    const inMemory = w.events.map(({ kind, code, commandId, amountMinor, account, bet, cause }) => ({
      kind, code, command: commandId, amount: amountMinor, available: account === undefined ? null : account.availableMinor - account.receivableMinor, bet: bet?.betId ?? null, paid: bet === undefined || bet.result === null ? null : bet.payoutMinor, offset: cause.offset }));
    for (const { kind, code } of inMemory) reached.set(code ?? kind, (reached.get(code ?? kind) ?? 0) + 1);
    equal('events', inDatabase, inMemory);
    equal('accounts', await bets.rows('SELECT account_id, available_minor::float8, held_minor::float8, staked_minor::float8, receivable_minor::float8 FROM accounts WHERE partition = $1 ORDER BY account_id', [run]),
      Array.from(w.state.accounts.values()).sort((a, b) => (a.accountId < b.accountId ? -1 : 1)).map((one) => ({ account_id: one.accountId, available_minor: one.availableMinor, held_minor: one.heldMinor, staked_minor: one.stakedMinor, receivable_minor: one.receivableMinor })));
    equal('bets', await bets.rows(`SELECT id, status, code, result, void_reason, stake_minor::float8, liability_minor::float8, potential_return_minor::float8, payout_minor::float8, commission_minor::float8, cashed_stake_minor::float8, cashed_payout_minor::float8, settlement_version, provider_ref,
      (extract(epoch FROM accepted_at) * 1000)::float8 AS accepted, (extract(epoch FROM settled_at) * 1000)::float8 AS settled FROM bets WHERE partition = $1 ORDER BY id`, [run]),
    Array.from(w.state.bets.values()).sort((a, b) => (a.betId < b.betId ? -1 : 1)).map((one) => ({ id: one.betId, status: one.status, code: one.code, result: one.result, void_reason: one.voidReason, stake_minor: one.stakeMinor, liability_minor: one.liabilityMinor, potential_return_minor: one.potentialReturnMinor,
      payout_minor: one.payoutMinor, commission_minor: one.commissionMinor, cashed_stake_minor: one.cashedStakeMinor, cashed_payout_minor: one.cashedPayoutMinor, settlement_version: one.settlementVersion, provider_ref: one.providerRef, accepted: one.acceptedAtMs, settled: one.settledAtMs })));
    equal('settlements', await bets.rows('SELECT bet_id, version, result, payout_minor::int, source_topic, source_offset::int FROM bet_settlements WHERE source_partition = $1 ORDER BY bet_id, version', [run]),
      w.settlements.map((one) => ({ bet_id: one.betId, version: one.version, result: one.result, payout_minor: one.payoutMinor, source_topic: one.cause.topic, source_offset: one.cause.offset })).sort((a, b) => (a.bet_id < b.bet_id ? -1 : a.bet_id > b.bet_id ? 1 : a.version - b.version)));
  };

  await t.test('the database is the pure desk', async (t) => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14, size: 'max' }), (steps) => same(steps).finally(() => bets.close())), { numRuns: 60, interruptAfterTimeLimit: 240_000 });
    t.comment([...reached].map(([kind, count]) => `${kind} ${count}`).sort().join(', '));
    for (const kind of ['accepted', 'submitted', 'delayed', 'settled', 'by_operator', 'withdrawal_held']) t.ok(reached.has(kind), kind);
    t.strictSame(await bets.wrong(), []);
  });
});
