import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { inMode } from '../../ops/migrations/database-for-tests.ts';
import { BetsDatabase, leg, place, result, uuid } from './bets-for-tests.ts';

/** The first plans of a prepared statement are made for its values, later ones for any. */
const ROUNDS = 8;

await inMode(t, 'plain', async (t, db) => {
  const bets = await BetsDatabase.open(t, db), commands = await bets.commands(), results = await bets.results(), other = await db.connect('oddstream_bets');
  let made = 0;
  await commands.poll([{ action: 'open_account', account_id: 'ada', command_id: uuid(++made), currency: 'GBP' }, { action: 'deposit', account_id: 'ada', command_id: uuid(++made), currency: 'GBP', amount_minor: 1_000_000 }]);

  await t.test('a bet that another transaction changes meanwhile is waited for, and settled', async (t) => {
    for (let round = 0; round < ROUNDS; round++) {
      const single = ++made, multiple = ++made, [first, second] = [`first${round}`, `second${round}`];
      await commands.poll([place('ada', single, { legs: [leg(first)] }), place('ada', multiple, { legs: [leg(first), leg(second)] })]);
      await results.poll([result(second)]);
      await other.query('BEGIN');
      await other.query(`UPDATE bets SET updated_at = now() WHERE id = ANY ($1::uuid[])`, [[uuid(single), uuid(multiple)]]);
      const settling = results.poll([result(first)]);
      await bets.until('it waits', `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)`);
      await wait(20);
      await other.query('COMMIT');
      await settling;
      t.strictSame(await bets.rows('SELECT status, result FROM bets WHERE id = ANY ($1::uuid[])', [[uuid(single), uuid(multiple)]]), [{ status: 'settled', result: 'won' }, { status: 'settled', result: 'won' }], `round ${round}`);
    }
    t.strictSame(await bets.wrong(), []);
  });
});
