import { randomBytes } from 'node:crypto';
import t from 'tap';
import { inMode } from '../../ops/migrations/database-for-tests.ts';
import { RowsRefused, SinkFenced } from '../../runtime/ports.ts';
import type { BetCommand } from '../../schemas/generated/bet-command.ts';
import { BetsDatabase, leg, place, result, uuid } from './bets-for-tests.ts';

const opened = (account: string, n: number): Partial<BetCommand>[] => [
  { action: 'open_account', account_id: account, command_id: uuid(n), currency: 'GBP' }, { action: 'deposit', account_id: account, command_id: uuid(n + 1), currency: 'GBP', amount_minor: 100_000 },
];
const taken = { placeBet: () => Promise.resolve({ kind: 'accepted' as const, reference: 'theirs' }), getBetStatus: () => Promise.resolve({ kind: 'not_found' as const }), getOdds: () => Promise.resolve(2), getAccountBalance: () => Promise.resolve(new Map<string, number>()) };

await inMode(t, 'plain', async (t, db) => {
  const bets = await BetsDatabase.open(t, db), commands = await bets.commands(), results = await bets.results();
  const balance = async (account: string) => (await bets.rows('SELECT available_minor::int, held_minor::int, staked_minor::int, receivable_minor::int FROM accounts WHERE account_id = $1', [account]))[0];
  const events = async (from = 0) => (await bets.rows<{ text: string }>(`SELECT (event->>'kind') || coalesce(' ' || (event->>'code'), '') AS text FROM bet_outbox WHERE partition = 0 AND sequence >= $1 ORDER BY sequence`, [from])).map(({ text }) => text);
  const count = async (): Promise<number> => (await bets.rows<{ count: number }>('SELECT count(*)::int AS count FROM bet_outbox'))[0]!.count;
  const bet = async (n: number) => (await bets.rows('SELECT status, code, result, void_reason, stake_minor::int, payout_minor::int, cashed_stake_minor::int, cashed_payout_minor::int, settled_at IS NOT NULL AS is_over FROM bets WHERE id = $1', [uuid(n)]))[0];

  await t.test('a poll of all kinds of commands lands with its position, and its events in order', async (t) => {
    await commands.poll([
      ...opened('ada', 1), place('ada', 10), place('ada', 10), place('ada', 11, { legs: [leg('e1'), leg('e2')], metadata: { ['__proto__']: 'kept', channel: 'web' } }), place('ada', 12, { amount_minor: 90_000, provider: null }),
      { action: 'withdraw', account_id: 'ada', command_id: uuid(20), currency: 'GBP', amount_minor: 500 }, { action: 'complete_withdrawal', account_id: 'ada', command_id: uuid(21), refers_to: uuid(20) },
      place('nobody', 13), place('ada', 14, { legs: [leg('e1'), leg('e1', 'away')] }),
    ]);
    t.strictSame(await events(), ['account_opened', 'deposited', 'accepted', 'rejected duplicate_command', 'accepted', 'submitted', 'accepted', 'withdrawal_held', 'withdrawal_completed', 'rejected unknown_account', 'rejected related_legs']);
    t.strictSame(await balance('ada'), { available_minor: 7_500, held_minor: 0, staked_minor: 92_000, receivable_minor: 0 });
    t.strictSame(await bets.rows(`SELECT next_offset::int FROM sink_positions WHERE pipeline = 'bets'`), [{ next_offset: 10 }]);
    t.strictSame(await bets.rows(`SELECT metadata FROM bets WHERE id = $1`, [uuid(11)]), [{ metadata: JSON.parse('{"__proto__":"kept","channel":"web"}') as unknown }]);
    t.strictSame(await bets.wrong(), []);
  });

  await t.test('a bet that is placed and changed in one poll is kept as it ended', async (t) => {
    await commands.poll([
      ...opened('bo', 30), place('bo', 40), { action: 'void', account_id: 'bo', command_id: uuid(41), refers_to: uuid(40), reason: 'palpable_error' },
      place('bo', 42), { action: 'cash_out', account_id: 'bo', command_id: uuid(43), refers_to: uuid(42) },
      place('bo', 44), { action: 'cash_out', account_id: 'bo', command_id: uuid(45), refers_to: uuid(44), amount_minor: 400 },
      { action: 'cash_out', account_id: 'bo', command_id: uuid(46), refers_to: uuid(40) },
    ]);
    t.match(await bet(42), { status: 'cashed_out', stake_minor: 0, cashed_stake_minor: 1_000, cashed_payout_minor: 950, is_over: true });
    t.match(await bet(44), { status: 'accepted', stake_minor: 600, cashed_stake_minor: 400, cashed_payout_minor: 380 });
    t.strictSame((await events()).at(-1), 'rejected decided');
    await bets.settleDue();
    t.match(await bet(40), { status: 'settled', result: 'void', void_reason: 'palpable_error', payout_minor: 1_000 });
    t.strictSame(await bets.wrong(), []);
  });

  await t.test('what fails in the middle leaves nothing', async (t) => {
    const before = await count(), offset = commands.offset;
    await db.owner.query('REVOKE INSERT ON bet_outbox FROM bets_writer');
    await t.rejects(commands.poll([place('ada', 50), ...opened('cy', 51)]), { code: '42501' });
    t.strictSame([await count(), await bet(50), await balance('cy')], [before, undefined, undefined]);
    await db.owner.query('GRANT INSERT ON bet_outbox TO bets_writer');
    await commands.poll([place('ada', 50), ...opened('cy', 51)]);
    t.strictSame([commands.offset, await count()], [offset + 3, before + 3]);
    t.match(await bet(50), { status: 'accepted' });
    t.strictSame(await bets.wrong(), []);
  });

  await t.test('a decision that throws leaves nothing, and what was decided before it is decided again', async (t) => {
    const own = await bets.commands('throwing', 3), before = await count(), poll = [place('ada', 60), place('ada', 61, { legs: [leg('broken')] })];
    const broken = (): never => { throw new Error('a bug'); };
    bets.live.set('broken', { isInPlay: false, offers: broken, offersOf: broken, fairProbability: broken });
    await t.rejects(own.poll(poll), { message: 'a bug' });
    bets.live.delete('broken');
    t.strictSame([await count(), await bet(60)], [before, undefined]);
    await own.poll(poll);
    t.match([await bet(60), await bet(61)], [{ status: 'accepted' }, { status: 'accepted' }]);
    t.strictSame(await bets.wrong(), []);
  });

  await t.test('of two writers of one poll one is fenced, and nothing is doubled', async (t) => {
    const second = await bets.commands(), before = await count();
    for (let round = 0; round < 20; round++) {
      const poll = [place('ada', 100 + round, { amount_minor: 10 }), { action: 'deposit' as const, account_id: 'cy', command_id: uuid(200 + round), amount_minor: 5, currency: 'GBP' }];
      const ended = await Promise.allSettled([commands.poll(poll), second.poll(poll)]);
      const failed = ended.filter((one) => one.status === 'rejected').map(({ reason }) => reason as unknown);
      t.ok(failed.length === 1 && failed[0] instanceof SinkFenced, String(failed[0]));
      await commands.start();
      await second.start();
    }
    t.equal(await count(), before + 40);
    t.match(await balance('cy'), { available_minor: 100_100 });
    t.strictSame(await bets.wrong(), []);
  });

  await t.test('a record that the tables refuse is found, and the others land', async (t) => {
    const tooLong = randomBytes(4_000).toString('hex'), poll = [place('ada', 300), ...opened(tooLong, 301), place('ada', 303), ...opened('di', 304)], offset = commands.offset;
    const refused = await commands.poll(poll).then(() => undefined, (error: unknown) => error);
    t.ok(refused instanceof RowsRefused);
    t.strictSame((refused as RowsRefused).records.map((one) => [one.offset - offset, one.code]), [[1, 'row_refused_54000']], 'its index cannot hold it; the deposit into what does not exist is answered');
    t.equal(await bet(300), undefined);
    const nowMs = bets.nowMs;
    await commands.pollRecords(poll.map((value, at) => ({ offset: offset + at, value: { timestamp: nowMs, ...value } })).filter((_, at) => at !== 1), offset + poll.length);
    t.match([await bet(300), await bet(303), await balance('di')], [{ status: 'accepted' }, { status: 'accepted' }, { available_minor: 100_000 }]);

    const window = { ...result('e9', { action: 'cancel', outcomes: [], void_from: 1, void_until: 2 }), event_id: randomBytes(4_000).toString('hex') };
    const wrong = await results.poll([result('e8'), window]).then(() => undefined, (error: unknown) => error);
    t.match((wrong as RowsRefused).records.map(({ code }) => code), ['row_refused_54000']);
    t.strictSame(await bets.wrong(), []);
  });

  await t.test('a bet that is accepted once its result is known is settled', async (t) => {
    await commands.poll([place('di', 400, { provider: 'exchange', legs: [leg('e3')] })]);
    await results.poll([result('e3')]);
    t.match(await bet(400), { status: 'submitted' });
    const placements = bets.placements(taken);
    await bets.until('the bet is accepted', `SELECT status = 'accepted' FROM bets WHERE id = '${uuid(400)}'`);
    await placements.close();
    t.strictSame(await bets.rows('SELECT event_id FROM settlements_due'), [{ event_id: 'e3' }]);
    await bets.settleDue();
    t.match(await bet(400), { status: 'settled', result: 'won', payout_minor: 2_600 });
    t.strictSame(await bets.wrong(), []);
  });

  await t.test('of two words of one moment the same one counts, in whichever poll they come', async (t) => {
    const word = (event: string, first: 'won' | 'lost') => result(event, { timestamp: bets.nowMs, outcomes: [{ outcome: 'home', result: first, dead_heat_factor: null }] });
    for (const [event, order] of [['t1', ['won', 'lost']], ['t2', ['lost', 'won']]] as const) for (const first of order) await results.poll([word(event, first)]);
    await results.poll((['won', 'lost'] as const).map((first) => word('t3', first)));
    const said = await bets.rows<{ said: string }>(`SELECT outcomes->0->>'result' AS said FROM market_facts WHERE event_id LIKE 't_' ORDER BY event_id`);
    t.strictSame(said.map((one) => one.said), ['won', 'won', 'won']);
  });
});
