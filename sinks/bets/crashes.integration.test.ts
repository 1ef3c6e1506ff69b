import t from 'tap';
import { inMode } from '../../ops/migrations/database-for-tests.ts';
import { SinkFenced } from '../../runtime/ports.ts';
import type { BetCommand } from '../../schemas/generated/bet-command.ts';
import { BetsDatabase, leg, place, uuid } from './bets-for-tests.ts';
import { deaths, Mortal } from './mortal-for-tests.ts';

await inMode(t, 'plain', async (t, db) => {
  const bets = await BetsDatabase.open(t, db), mortal = new Mortal('oddstream bets');
  t.teardown(() => mortal.close());
  const account = (id: string, n: number): Partial<BetCommand>[] => [
    { action: 'open_account', account_id: id, command_id: uuid(n), currency: 'GBP' }, { action: 'deposit', account_id: id, command_id: uuid(n + 1), currency: 'GBP', amount_minor: 1_000_000_000 }];
  /** Something of everything that a poll can write: and the same bet twice, of which one must be refused. */
  const poll = (n: number): Partial<BetCommand>[] => [
    place('ada', n, { amount_minor: 10 }), place('bo', n + 1, { amount_minor: 10, legs: [leg('e1'), leg('e2')] }), place('ada', n + 2, { amount_minor: 10, provider: null, legs: [leg('e3')] }), place('ada', n, { amount_minor: 10 }),
    { action: 'cash_out', account_id: 'ada', command_id: uuid(n + 3), refers_to: uuid(n), amount_minor: 4 }, { action: 'void', account_id: 'bo', command_id: uuid(n + 4), refers_to: uuid(n + 1) },
    { action: 'deposit', account_id: 'bo', command_id: uuid(n + 5), amount_minor: 7, currency: 'GBP' }, { action: 'withdraw', account_id: 'bo', command_id: uuid(n + 6), amount_minor: 3, currency: 'GBP' },
    { action: 'complete_withdrawal', account_id: 'bo', command_id: uuid(n + 7), refers_to: uuid(n + 6) }, ...account(`new${n}`, n + 8),
  ];
  const first = await bets.commands();
  await first.poll([...account('ada', 1), ...account('bo', 3)]);
  await first.sink.close();
  const said = async (from: number): Promise<string[]> => (await bets.rows<{ text: string }>(`
    SELECT concat_ws(' ', event->>'kind', event->>'code', event->>'source_offset') AS text FROM bet_outbox WHERE (event->>'source_offset')::int >= $1 ORDER BY sequence`, [from])).map(({ text }) => text);

  await t.test('dying at any statement, and then living on, a poll is written once', async (t) => {
    let offset = first.offset, n = 100, expected: readonly string[] | undefined, lost = 0, kept = 0;
    const all: string[] = [];
    for (let at = 0, isThrough = false; !isThrough; at++) {
      for (const death of deaths) {
        const values = poll(n);
        n += 20;
        mortal.begin(at, death);
        await bets.commands().then((sink) => sink.poll(values)).catch(() => undefined);
        const { isDead, calls } = mortal, step = `${death} ${calls[at] ?? 'nothing'}`;
        mortal.begin();
        const next = await bets.commands();
        // Where the server was still at its commit, the position moves under this life: it is fenced, and asks again.
        const isWritten = next.offset === offset && await next.poll(values).then(() => true, async (error: unknown) => { if (!(error instanceof SinkFenced)) throw error; await next.start(); return false; });
        if (isWritten) lost++; else kept++;
        if (next.offset !== offset + values.length) t.fail(`${step}: it stands at ${next.offset}, not at ${offset + values.length}`);
        const events = (await said(offset)).map((text) => text.replace(/\d+$/, (of) => String(Number(of) - offset)));
        expected ??= events;
        if (events.join() !== expected.join()) t.strictSame(events, expected, step);
        offset = next.offset;
        await bets.close();
        if (!isDead) isThrough = true; else all.push(step);
      }
    }
    t.comment(`${all.length} deaths, ${kept} of them, and of lives that went through, behind the commit: ${all.filter((step) => step.startsWith('after')).join(', ')}`);
    t.ok(all.length > 50 && lost > 40 && kept > 1, `${lost} polls had to be written again`);
    t.ok(expected!.filter((text) => text.startsWith('rejected duplicate_command')).length === 1, expected!.join(', '));
    t.strictSame(await bets.wrong(), []);
    t.strictSame(await bets.rows(`SELECT count(*)::int AS commands FROM bets WHERE command_id = id`), [{ commands: 3 * (n - 100) / 20 }], 'each bet once');
    t.strictSame(await bets.rows(`SELECT amount_minor::int, count(*)::int FROM ledger_entries WHERE account_id = 'cash' AND abs(amount_minor) < 10 GROUP BY 1 ORDER BY 1`), [-7, 3].map((amount_minor) => ({ amount_minor, count: (n - 100) / 20 })), 'each payment once');
  });
});
