import fc from 'fast-check';
import t from 'tap';
import type { Command } from './desk.ts';
import { liveMarket, MARKET, offer, type TestBet, uuid, World } from './world-for-tests.ts';

const gbp = (amountMinor: number | null, currency: string | null = 'GBP'): { amountMinor: number | null; currency: string | null } => ({ amountMinor, currency });

t.test('accounts are opened once', (t) => {
  const w = new World();
  t.equal(w.do('deposit', gbp(1)), 'unknown_account');
  for (const currency of [null, '', 'gbp', 'GBPX']) t.equal(w.do('open_account', { currency, userId: null, syndicateId: null }), 'currency_malformed');
  t.equal(w.do('open_account', { currency: 'GBP', userId: null, syndicateId: 's' }), 'account_opened');
  t.match(w.account(), { userId: 'ada', syndicateId: 's', currency: 'GBP', partition: 0, availableMinor: 0 });
  t.equal(w.do('open_account', { currency: 'EUR', userId: 'u', syndicateId: null }), 'account_exists');
  t.equal(w.account().currency, 'GBP');
  t.end();
});

t.test('deposits and withdrawals', (t) => {
  const w = new World('ada', 'bo');
  for (const action of ['deposit', 'withdraw'] as const) {
    t.strictSame([gbp(null), gbp(0), gbp(-1), gbp(NaN), gbp(1e12 + 1), gbp(1, 'EUR'), gbp(1, null)].map((one) => w.do(action, one)),
      ['amount_not_positive', 'amount_not_positive', 'amount_not_positive', 'amount_not_positive', 'amount_above_limit', 'currency_mismatch', 'currency_mismatch']);
  }
  t.equal(w.do('withdraw', gbp(100_001)), 'insufficient_funds');
  const first = w.command('withdraw', gbp(60_000)), second = w.command('withdraw', gbp(30_000));
  t.strictSame([w.decide(first), w.decide(second)], ['withdrawal_held', 'withdrawal_held']);
  t.match(w.account(), { availableMinor: 10_000, heldMinor: 90_000 });
  for (const action of ['complete_withdrawal', 'release_withdrawal'] as const) {
    for (const refersTo of [null, uuid(999), uuid(1)]) t.equal(w.do(action, { refersTo }), 'unknown_withdrawal');
    t.equal(w.do(action, { refersTo: first.commandId }, 'bo'), 'unknown_withdrawal', 'nobody ends another account\'s');
  }
  t.equal(w.do('complete_withdrawal', { refersTo: first.commandId }), 'withdrawal_completed');
  t.equal(w.do('release_withdrawal', { refersTo: second.commandId }), 'withdrawal_released');
  for (const { commandId } of [first, second]) for (const action of ['complete_withdrawal', 'release_withdrawal'] as const) t.equal(w.do(action, { refersTo: commandId }), 'withdrawal_ended');
  t.strictSame(w.balances(), { 'ada/available': 40_000, 'bo/available': 100_000, 'cash/own': -140_000 });
  w.check();
  t.end();
});

t.test('what comes in pays first what is owed', (t) => {
  const w = new World('ada');
  w.live.set(MARKET, liveMarket({ back: [offer('house', 2.5)] }));
  w.place({ stakeMinor: 10_000 });
  w.say({ outcomes: { home: 'won' } });
  const withdrawal = w.command('withdraw', gbp(115_000));
  w.decide(withdrawal);
  w.decide(w.command('complete_withdrawal', { refersTo: withdrawal.commandId }));
  w.say({ outcomes: { home: 'lost' } });
  t.match(w.account(), { availableMinor: 0, receivableMinor: 25_000 });
  t.equal(w.events.at(-1)!.account!.receivableMinor, 25_000);
  t.equal(w.do('withdraw', gbp(1)), 'insufficient_funds');
  w.facts.clear();
  t.equal(w.decide(w.placing({ stakeMinor: 1 })), 'insufficient_funds');
  w.do('deposit', gbp(10_000));
  t.match(w.account(), { availableMinor: 0, receivableMinor: 15_000 });
  w.do('deposit', gbp(20_000));
  t.match(w.account(), { availableMinor: 5_000, receivableMinor: 0 });
  w.check();
  t.end();
});

/** What may come: good and bad, of two accounts and one that does not exist, referring to anything that was said before, or to nothing. */
const MARKETS = [MARKET, 'football:e2:1x2', 'football:e3:1x2', 'football:e4:1x2'];
const amount = fc.option(fc.oneof(fc.integer({ min: -10, max: 120_000 }), fc.constantFrom(1e12 + 1, 0)), { freq: 8 });
const reference = fc.record({ which: fc.nat(200), isMade: fc.nat(9).map((one) => one === 0) });
const bet: fc.Arbitrary<TestBet> = fc.record({
  stakeMinor: fc.integer({ min: -1, max: 20_000 }), side: fc.constantFrom('back' as const, 'back' as const, 'lay' as const), isFreeBet: fc.nat(3).map((one) => one === 0), provider: fc.constantFrom(null, null, 'house', 'house', 'exchange', 'exchange', 'nobody'),
  currency: fc.constantFrom('GBP', 'GBP', 'GBP', 'EUR'), slippage: fc.constantFrom(0, 0.1, 0.1, 0.1, 0.1, NaN),
  on: fc.uniqueArray(fc.constantFrom(...MARKETS), { minLength: 1, maxLength: 2 }).chain((keys) => fc.tuple(fc.constantFrom('home', 'away', 'home', 'away', 'nobody'), fc.constantFrom(2.3, 2.4, 2.5, 2.6, 1)).map(([outcome, price]) => keys.map((key) => `${key}/${outcome}@${price}`))),
});
const step = fc.oneof(
  { weight: 6, arbitrary: bet.map((one) => ({ what: 'place' as const, one })) },
  { weight: 4, arbitrary: fc.record({ what: fc.constantFrom('cancel' as const, 'cash_out' as const, 'void' as const, 'restore' as const, 'complete_withdrawal' as const, 'release_withdrawal' as const), reference, amount, account: fc.constantFrom('ada', 'ada', 'ada', 'ada', 'cy') }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('deposit' as const, 'withdraw' as const), amount, account: fc.constantFrom('ada', 'bo', 'cy') }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('open_account' as const), account: fc.constantFrom('ada', 'bo'), currency: fc.constantFrom(null, 'GBP', 'xx') }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('again' as const), which: fc.nat(200) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('pass' as const), ms: fc.constantFrom(0, 3_000, 6_000), price: fc.constantFrom(2.3, 2.5, 2.8), isInPlay: fc.boolean(), market: fc.constantFrom(...MARKETS), isOpen: fc.nat(5).map((one) => one > 0) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('answer' as const), which: fc.nat(50), kind: fc.constantFrom('accepted' as const, 'rejected' as const, 'unknown' as const) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('say' as const), market: fc.constantFrom(...MARKETS), home: fc.constantFrom('won' as const, 'lost' as const, 'void' as const, 'half_won' as const), kind: fc.constantFrom('settle' as const, 'cancel' as const), isActive: fc.nat(2).map((one) => one === 0), producer: fc.constantFrom('x', 'y') }) },
);

t.test('whatever is commanded, the books balance, and every command has one answer', (t) => {
  const answers = new Map<string, number>();
  const books = fc.property(fc.array(step, { minLength: 20, maxLength: 70, size: 'max' }), (steps) => {
    const w = new World('ada', 'bo'), said: Command[] = [];
    const open = (key: string, price: number, isInPlay: boolean, isOpen = true): void => {
      w.live.set(key, liveMarket({ isInPlay, back: isOpen ? [offer('house', price, { limitMinor: 50_000 }), offer('exchange', price + 0.1, { commissionPpm: 50_000, limitMinor: 30_000 })] : [], lay: [offer('exchange', price + 0.2, { commissionPpm: 50_000 })] }));
    };
    MARKETS.forEach((key, at) => { open(key, 2.5, at % 2 === 1); });
    const decide = (command: Command): void => {
      const isKnown = said.some(({ commandId }) => commandId === command.commandId) || w.state.bets.has(command.commandId), entries = w.entries.length, desk = w.desk();
      desk.decide(command);
      // A placement is answered once for each bet that it becomes.
      const own = desk.events.filter(({ commandId }) => commandId === command.commandId), bets = new Set(own.map(({ bet: of }) => of?.betId));
      if (own.length === 0 || own.length !== bets.size || desk.events.length !== own.length || (own.length > 1 && command.action !== 'place')) throw new Error(`${command.action} is answered by ${own.map(({ kind }) => kind).join(', ')}`);
      if (isKnown && (own[0]!.code !== 'duplicate_command' || desk.entries.length > 0)) throw new Error(`${command.action} was done twice`);
      w.keep(desk);
      if (own[0]!.kind === 'rejected' && w.entries.length !== entries) throw new Error(`${command.action} was rejected and moved money`);
      answers.set(own[0]!.code ?? own[0]!.kind, (answers.get(own[0]!.code ?? own[0]!.kind) ?? 0) + 1);
      said.push(command);
    };
    for (const one of steps) {
      switch (one.what) {
        case 'place': decide(w.placing(one.one)); break;
        case 'deposit': case 'withdraw': decide(w.command(one.what, gbp(one.amount), one.account)); break;
        case 'open_account': decide(w.command('open_account', { currency: one.currency, userId: null, syndicateId: null }, one.account)); break;
        case 'again': if (said.length > 0) decide({ ...said[one.which % said.length]!, cause: w.cause('bet-commands') }); break;
        case 'pass': open(one.market, one.price, one.isInPlay, one.isOpen); w.nowMs += one.ms; w.work((desk) => { for (const each of w.state.bets.values()) desk.look(each); }); break;
        case 'answer': {
          const asked = Array.from(w.state.bets.values()).filter(({ status }) => status === 'submitted' || status === 'unknown');
          if (asked.length > 0) w.work((desk) => { desk.answered(asked[one.which % asked.length]!, { kind: one.kind, reference: 'r', code: 'no' }); });
          break;
        }
        case 'say': w.say({ producer: one.producer, kind: one.kind, isActive: one.isActive, outcomes: one.kind === 'settle' ? { home: one.home, away: 'lost', draw: 'lost' } : {} }, one.market); break;
        default: {
          const ids = one.what.endsWith('withdrawal') ? said.filter(({ action }) => action === 'withdraw').map(({ commandId }) => commandId) : [...w.state.bets.keys()];
          const refersTo = one.reference.isMade || ids.length === 0 ? null : ids.at(-1 - (one.reference.which % Math.min(ids.length, 4)))!, contents = { refersTo, reason: null, amountMinor: one.amount, minPayoutMinor: null };
          decide(w.command(one.what, contents, one.account));
        }
      }
      w.check();
    }
  });
  const kinds = ['accepted', 'submitted', 'delayed', 'by_command', 'cashed_out', 'by_operator', 'restored', 'withdrawal_completed', 'withdrawal_released', 'duplicate_command', 'insufficient_funds', 'market_settled', 'not_open', 'not_voided', 'not_voidable', 'part_out_of_bounds', 'price_moved'];
  // The rarest come in one round of two hundred or do not: as many rounds as it takes, so that what is asked is whether they can.
  for (let round = 0; round === 0 || (round < 20 && kinds.some((kind) => !answers.has(kind))); round++) fc.assert(books, { numRuns: 200 });
  for (const kind of kinds) t.ok(answers.has(kind), `${kind}: ${answers.get(kind) ?? 0}`);
  t.end();
});
