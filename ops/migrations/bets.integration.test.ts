import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import t from 'tap';
import { inBothModes } from './database-for-tests.ts';
import { migrate } from './migrate.ts';
import { insertBet } from './bets-for-tests.ts';

const CHECK_VIOLATION = '23514', RESTRICT_VIOLATION = '23001', PRIVILEGE = '42501', READ_ONLY = '25006';

/** The SQLSTATE with which a statement is refused; 'allowed' when it is not. */
const verdict = async (client: pg.Client, sql: string, values?: unknown[]): Promise<string> => {
  try {
    await client.query(sql, values);
    return 'allowed';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

/** One statement of entries: transfer, account, amount in minor units, currency. */
const entries = (...rows: readonly (readonly [transfer: string, account: string, amountMinor: number, currency: string])[]): string =>
  `INSERT INTO ledger_entries (transfer, account_id, bucket, amount_minor, currency, kind) VALUES ${rows.map(([transfer, account, amount, currency]) => `('${transfer}', '${account}', 'own', ${amount}, '${currency}', 'test')`).join(', ')}`;

t.test('the tables of bets', (t) => inBothModes(t, async (t, db) => {
  const { owner } = db;
  await migrate(owner);
  const bets = await db.connect('oddstream_bets'), sink = await db.connect('oddstream_sink'), quant = await db.connect('quant'), superuser = await db.connect('postgres');

  await t.test('take entries that balance in each transfer and each currency, and no others, whoever writes them', async (t) => {
    t.equal(await verdict(bets, entries(['good', 'cash', -500, 'GBP'], ['good', 'a', 500, 'GBP'], ['yen', 'cash', -9, 'JPY'], ['yen', 'a', 9, 'JPY'])), 'allowed');
    for (const client of [bets, owner, superuser]) {
      t.equal(await verdict(client, entries(['x', 'cash', -500, 'GBP'], ['x', 'a', 499, 'GBP'])), CHECK_VIOLATION, 'off by one');
      t.equal(await verdict(client, entries(['x', 'cash', -500, 'GBP'])), CHECK_VIOLATION, 'one side alone');
      t.equal(await verdict(client, entries(['x', 'cash', -500, 'GBP'], ['y', 'a', 500, 'GBP'])), CHECK_VIOLATION, 'of two transfers');
      t.equal(await verdict(client, entries(['x', 'cash', -500, 'GBP'], ['x', 'a', 500, 'EUR'])), CHECK_VIOLATION, 'of two currencies');
      t.equal(await verdict(client, entries(['x', 'cash', 0, 'GBP'])), CHECK_VIOLATION, 'nothing');
    }
    t.strictSame((await quant.query(`SELECT account_id, currency, balance_minor, balance::text FROM ledger_balances ORDER BY 1, 2`)).rows, [
      { account_id: 'a', currency: 'GBP', balance_minor: '500', balance: '5.00' }, { account_id: 'a', currency: 'JPY', balance_minor: '9', balance: '9' },
      { account_id: 'cash', currency: 'GBP', balance_minor: '-500', balance: '-5.00' }, { account_id: 'cash', currency: 'JPY', balance_minor: '-9', balance: '-9' },
    ]);
  });

  await t.test('keep entries and settlements as they were written', async (t) => {
    const id = await insertBet(bets, {});
    await bets.query(`INSERT INTO bet_settlements (bet_id, version, result, payout_minor, commission_minor, legs, settled_at, source_topic, source_partition, source_offset) VALUES ($1, 1, 'lost', 0, 0, '[]', now(), 'results', 0, 0)`, [id]);
    for (const statement of [
      'UPDATE ledger_entries SET amount_minor = amount_minor', 'DELETE FROM ledger_entries', 'DELETE FROM ledger_entries WHERE false', 'TRUNCATE ledger_entries', `UPDATE bet_settlements SET payout_minor = 1`,
      'DELETE FROM bet_settlements', 'TRUNCATE bet_settlements', 'TRUNCATE bets CASCADE',
    ]) {
      for (const client of [owner, superuser]) t.equal(await verdict(client, statement), RESTRICT_VIOLATION, statement);
      t.equal(await verdict(bets, statement), PRIVILEGE, statement);
    }
    t.equal(await verdict(owner, `DELETE FROM bets WHERE id = '${id}'`), '23503', 'a bet with settlements stays');
  });

  await t.test('let no balance fall below zero, and no account have and owe at once', async (t) => {
    await bets.query(`INSERT INTO accounts (account_id, user_id, currency, partition, available_minor, opened_at) VALUES ('a', 'u', 'GBP', 0, 500, now())`);
    for (const bucket of ['available', 'held', 'staked', 'receivable']) {
      for (const client of [bets, owner]) t.equal(await verdict(client, `UPDATE accounts SET ${bucket}_minor = -1`), CHECK_VIOLATION, bucket);
    }
    t.equal(await verdict(bets, 'UPDATE accounts SET receivable_minor = 1'), CHECK_VIOLATION, 'it has 500');
    t.equal(await verdict(bets, 'UPDATE accounts SET available_minor = 0, receivable_minor = 1'), 'allowed');
  });

  await t.test('are read by quants and written by whoever writes bets, each no further', async (t) => {
    const money = ['accounts', 'bets', 'bet_legs', 'market_facts', 'bet_settlements', 'ledger_entries', 'ledger_balances', 'account_commands', 'bet_outbox', 'bet_outbox_heads'];
    for (const table of money) t.equal(await verdict(quant, `SELECT * FROM ${table}`), 'allowed', table);
    t.equal(await verdict(quant, `INSERT INTO accounts (account_id, user_id, currency, partition, opened_at) VALUES ('q', 'q', 'GBP', 0, now())`), READ_ONLY);
    await quant.query('SET default_transaction_read_only = off');
    for (const statement of [entries(['q', 'cash', -1, 'GBP'], ['q', 'q', 1, 'GBP']), 'UPDATE accounts SET available_minor = 1', 'UPDATE bets SET payout_minor = 1', 'DELETE FROM bets', 'DELETE FROM bet_outbox', 'SELECT * FROM paper_bets']) {
      t.equal(await verdict(quant, statement), PRIVILEGE, statement);
    }
    for (const statement of [
      'DELETE FROM bets', 'DELETE FROM accounts', 'DELETE FROM bet_legs', 'DELETE FROM ledger_entries', 'DELETE FROM market_facts', 'DELETE FROM account_commands', 'UPDATE paper_bets SET stake_minor = 1',
      'UPDATE bet_outbox SET sequence = 1', 'INSERT INTO events SELECT * FROM events', 'SELECT * FROM odds_history', 'DROP TABLE bets', 'ALTER TABLE ledger_entries DISABLE TRIGGER ALL', 'CREATE TABLE mine ()',
    ]) {
      t.equal(await verdict(bets, statement), PRIVILEGE, statement);
    }
    for (const table of [...money, 'settlements_due', 'paper_bets']) t.equal(await verdict(sink, `SELECT * FROM ${table}`), PRIVILEGE, `${table} is not for who writes odds`);
    t.equal(await verdict(sink, entries(['s', 'cash', -1, 'GBP'], ['s', 'q', 1, 'GBP'])), PRIVILEGE);
  });

  await t.test('show amounts in the units of their currency', async (t) => {
    for (const [currency, stake, payout, commission] of [['GBP', '123.45', '246.91', '1.07'], ['JPY', '12345', '24691', '107'], ['BHD', '12.345', '24.691', '0.107']] as const) {
      const id = await insertBet(bets, { currency, stakeMinor: 12_000, cashedStakeMinor: 345, payoutMinor: 24_600, cashedPayoutMinor: 91, commissionMinor: 107, status: 'settled', result: 'won', liabilityMinor: 12_000, potentialReturnMinor: 24_691 });
      const { rows } = await quant.query('SELECT stake::text, payout::text, commission::text, potential_return::text FROM bets WHERE id = $1', [id]);
      t.strictSame(rows, [{ stake, payout, commission, potential_return: payout }], currency);
    }
    t.equal(await verdict(owner, 'UPDATE bets SET stake = 1'), '428C9', 'and nobody writes them');
  });

  await t.test('hold bets of one leg or of several, and results only of those that are settled', async (t) => {
    t.equal(await verdict(bets, `UPDATE bets SET event_id = NULL WHERE id = $1`, [await insertBet(bets, {})]), CHECK_VIOLATION);
    t.equal(await verdict(bets, `UPDATE bets SET result = 'won' WHERE id = $1`, [await insertBet(bets, {})]), CHECK_VIOLATION);
    t.equal(await verdict(bets, `UPDATE bets SET odds = 1 WHERE id = $1`, [await insertBet(bets, {})]), CHECK_VIOLATION);
    t.equal(await verdict(bets, `INSERT INTO bet_legs VALUES ($1, 0, 's', 'e', 'm', 'o', 2, 2)`, [randomUUID()]), '23503', 'a leg is a bet\'s');
  });
}));
