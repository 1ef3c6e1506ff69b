import fc from 'fast-check';
import t from 'tap';
import type { BetEvent } from '../../schemas/generated/bet-event.ts';
import { eventText, outcomeOf } from './bet-answers.ts';

const event = (kind: BetEvent['kind'], over: Partial<BetEvent> = {}): BetEvent => ({
  timestamp: 0, account_id: 'anna', sequence: 0, kind, command_id: 'c', code: null, user_id: null, syndicate_id: null, currency: 'EUR', amount_minor: null, available_minor: null, bet_id: 'b1', provider: null, side: null,
  stake_minor: null, liability_minor: null, free_bet: false, commission: 0, legs: [], accepted_at: null, version: null, result: null, payout_minor: null, commission_minor: null,
  source_topic: 'bet-commands', source_partition: 0, source_offset: 0, ...over,
});

t.test('a command is pending until its bets are decided, and done where one of them was taken', async (t) => {
  const of = (...kinds: BetEvent['kind'][]): string => outcomeOf('place', kinds.map((kind) => event(kind)));
  t.equal(of(), 'pending');
  t.equal(of('delayed'), 'pending');
  t.equal(of('delayed', 'submitted', 'unknown'), 'pending');
  t.equal(of('delayed', 'accepted'), 'done');
  t.equal(of('accepted', 'settled'), 'done');
  t.equal(of('delayed', 'rejected'), 'rejected');
  t.equal(of('delayed', 'cancelled'), 'rejected', 'a bet that was cancelled was not placed');
  t.equal(outcomeOf('cancel', [event('cancelled')]), 'done');
  t.equal(outcomeOf('deposit', [event('deposited', { bet_id: null })]), 'done');
  t.equal(outcomeOf('deposit', [event('rejected', { bet_id: null })]), 'rejected');
});

t.test('of a stake that was split every bet counts, by its newest event', async () => {
  const kinds = fc.constantFrom<BetEvent['kind']>('submitted', 'accepted', 'rejected');
  fc.assert(fc.property(fc.array(fc.record({ bet: fc.constantFrom('b1', 'b2', 'b3'), kind: kinds }), { minLength: 1 }), (given) => {
    const last = ['b1', 'b2', 'b3'].flatMap((bet) => given.findLast((one) => one.bet === bet)?.kind ?? []);
    const expected = last.includes('submitted') ? 'pending' : last.includes('accepted') ? 'done' : 'rejected';
    return outcomeOf('place', given.map(({ bet, kind }) => event(kind, { bet_id: bet }))) === expected;
  }));
});

t.test('an event says what there is to know', async (t) => {
  const legs = [{ sport: 'football', event_id: 'e1', market: '1x2', outcome: 'home', price: 2.1 }];
  t.equal(eventText(event('accepted', { legs, stake_minor: 1_000, side: 'back', provider: 'house', available_minor: 9_000 })), 'accepted: bet b1, 10.00 EUR on football:e1:1x2/home at 2.1, with house; 90.00 EUR left');
  t.equal(eventText(event('rejected', { code: 'price_moved', legs, stake_minor: 1_000, side: 'lay' })), 'rejected (price_moved): bet b1, 10.00 EUR laid on football:e1:1x2/home at 2.1');
  t.equal(eventText(event('deposited', { bet_id: null, amount_minor: 50, available_minor: -25 })), 'deposited: 0.50 EUR; -0.25 EUR owed');
});
