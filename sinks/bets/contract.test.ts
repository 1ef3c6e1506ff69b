import t from 'tap';
import { betCommandBreach, betEventBreach, EARLIEST_MS, LATEST_MS, resultBreach } from '../../schemas/contract.ts';
import type { BetCommand } from '../../schemas/generated/bet-command.ts';
import type { BetEvent } from '../../schemas/generated/bet-event.ts';
import type { Result } from '../../schemas/generated/result.ts';
import { topics } from '../../schemas/topics.ts';
import { rowsOf } from '../rows-for-tests.ts';

const NUL = 'a\0b', timestamp = Date.UTC(2026, 4, 1), ID = '0f9b1c2d-0000-4000-8000-00000000abcd';
const command = (more: Partial<BetCommand>): string | undefined => {
  const rows = rowsOf(topics.betCommands, [{ offset: 0, value: { timestamp, command_id: ID, account_id: 'ada', action: 'place', ...more } }]);
  return betCommandBreach(rows.row(0), rows.dictionaries);
};
const leg = { sport: 'football', event_id: 'e1', market: '1x2', outcome: 'home', price: 2 };
const result = (more: Partial<Result>): string | undefined =>
  resultBreach(rowsOf(topics.results, [{ offset: 0, value: { timestamp, provider: 'x', sport: 'football', event_id: 'e1', market: '1x2', action: 'settle', ...more } }]).row(0));

t.test('the topics ask for these contracts', (t) => {
  t.equal(topics.betCommands.breach, betCommandBreach);
  t.equal(topics.betEvents.breach, betEventBreach);
  t.equal(topics.results.breach, resultBreach);
  t.end();
});

t.test('bet-commands: what is no command at all', (t) => {
  for (const at of [EARLIEST_MS - 1, LATEST_MS, 0, -1]) t.equal(command({ timestamp: at }), 'time_absurd', String(at));
  for (const at of [EARLIEST_MS, LATEST_MS - 1]) t.equal(command({ timestamp: at }), undefined, String(at));
  t.throws(() => command({ account_id: '' }), { code: 'empty_key' });
  t.equal(command({ account_id: NUL }), 'nul_in_text');
  for (const id of ['', 'x', ID.toUpperCase(), `${ID}0`, ` ${ID}`, `${ID}\n`, ID.replaceAll('-', ''), NUL]) {
    t.equal(command({ command_id: id }), 'command_id_malformed', JSON.stringify(id));
    t.equal(command({ refers_to: id }), 'refers_to_malformed', JSON.stringify(id));
  }
  t.equal(command({ refers_to: ID }), undefined);
  for (const field of ['currency', 'provider', 'user_id', 'syndicate_id', 'reason'] as const) {
    t.equal(command({ [field]: NUL }), 'nul_in_text', field);
    t.equal(command({ [field]: '' }), undefined, field);
  }
  for (const field of ['sport', 'event_id', 'market', 'outcome'] as const) t.equal(command({ legs: [leg, { ...leg, [field]: NUL }] }), 'nul_in_text', field);
  t.equal(command({ metadata: { [NUL]: 'x' } }), 'nul_in_text');
  t.equal(command({ metadata: { x: '', y: NUL } }), 'nul_in_text');
  t.end();
});

t.test('bet-commands: what is well-formed is answered, however senseless', (t) => {
  t.equal(command({}), undefined);
  t.equal(command({
    amount_minor: -5, currency: 'nonsense', slippage: NaN, side: 'lay', free_bet: true, min_payout_minor: -1, legs: [{ ...leg, price: NaN }, { ...leg, sport: '', event_id: 'a:b', price: -Infinity }], metadata: { a: 'b' },
  }), undefined);
  const control = rowsOf(topics.betCommands, [{ offset: 0, tombstone: '' }]);
  t.equal(betCommandBreach(control.row(0), control.dictionaries), undefined, 'a control record has no contents');
  t.end();
});

t.test('results', (t) => {
  t.equal(result({}), undefined);
  for (const at of [EARLIEST_MS - 1, LATEST_MS, 0]) t.equal(result({ timestamp: at }), 'time_absurd', String(at));
  for (const field of ['provider', 'sport', 'event_id', 'market'] as const) t.equal(result({ [field]: NUL }), 'nul_in_text', field);
  const outcome = { outcome: 'home', result: 'won' as const, dead_heat_factor: null };
  t.equal(result({ outcomes: [outcome, { ...outcome, outcome: NUL }] }), 'nul_in_text');
  for (const share of [0, -0.5, 1.0001, Infinity]) t.equal(result({ outcomes: [{ ...outcome, dead_heat_factor: share }] }), 'dead_heat_factor_out_of_bounds', String(share));
  for (const share of [1e-9, 0.5, 1]) t.equal(result({ outcomes: [{ ...outcome, dead_heat_factor: share }] }), undefined, String(share));
  const deduction = { kind: 'rule4' as const, rate: 0.2, withdrawn_at: timestamp };
  for (const rate of [-0.01, 1, NaN, Infinity]) t.equal(result({ deductions: [deduction, { ...deduction, rate }] }), 'deduction_out_of_bounds', String(rate));
  for (const rate of [0, 0.999]) t.equal(result({ deductions: [{ ...deduction, rate }] }), undefined, String(rate));
  t.equal(result({ action: 'cancel', void_from: 2, void_until: 1 }), 'window_backwards');
  for (const window of [[1, 1], [1, 2], [null, 2], [1, null], [null, null]]) t.equal(result({ action: 'cancel', void_from: window[0]!, void_until: window[1]! }), undefined, JSON.stringify(window));
  t.equal(resultBreach(rowsOf(topics.results, [{ offset: 0, tombstone: '' }]).row(0)), undefined);
  t.end();
});

t.test('bet-events: what is of a bet that stands has the bet with it', (t) => {
  const bet = { bet_id: ID, user_id: 'u', currency: 'EUR', provider: 'house', side: 'lay', stake_minor: 0, liability_minor: 0, accepted_at: timestamp } as const;
  const event = (more: Partial<BetEvent>): string | undefined =>
    betEventBreach(rowsOf(topics.betEvents, [{ offset: 0, value: { timestamp, account_id: 'ada', sequence: 0, kind: 'accepted', source_topic: 'results', source_partition: 0, source_offset: 0, ...more } }]).row(0));
  const ending = { result: 'lost', payout_minor: 0, commission_minor: 0 } as const;
  t.equal(event(bet), undefined, 'all of it may be cashed out');
  for (const kind of ['deposited', 'rejected', 'cancelled', 'delayed'] as const) t.equal(event({ kind }), undefined, kind);
  t.equal(event({ kind: 'settled', ...bet, ...ending }), undefined);
  t.equal(event({ kind: 'cashed_out', ...bet, amount_minor: 0 }), undefined);
  t.equal(event({ kind: 'cashed_out', ...bet }), 'amount_missing');
  for (const at of [EARLIEST_MS - 1, LATEST_MS, 0]) t.equal(event({ ...bet, timestamp: at }), 'time_absurd', String(at));
  for (const kind of ['accepted', 'settled', 'rolled_back', 'cashed_out', 'voided', 'restored'] as const)
    for (const field of Object.keys(bet)) t.equal(event({ kind, ...bet, ...ending, amount_minor: 1, [field]: null }), 'bet_incomplete', `${kind}: ${field}`);
  for (const field of Object.keys(ending)) t.equal(event({ kind: 'settled', ...bet, ...ending, [field]: null }), 'settlement_incomplete', field);
  t.equal(betEventBreach(rowsOf(topics.betEvents, [{ offset: 0, tombstone: '' }]).row(0)), undefined);
  t.end();
});
