import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import t from 'tap';
import { partitionOf } from '../../connectors/kafka/partitioner.ts';
import { decoded, recordsOf } from '../../pipelines/testing/log-for-tests.ts';
import { as, startTestStack } from '../../pipelines/testing/stack-for-tests.ts';
import type { Result } from '../../schemas/generated/result.ts';
import { topics } from '../../schemas/topics.ts';

// One stack: a file of results goes into the log, the pipeline settles a bet by it, and the ledger is asked before and after.
t.setTimeout(900_000);
const NAMESPACE = 'money', TOPIC = `${NAMESPACE}.results`;
const stack = await startTestStack(t);
await stack.prepare(NAMESPACE);
const folder = mkdtempSync(join(tmpdir(), 'oddstream-settle-'));
t.teardown(() => { rmSync(folder, { recursive: true }); });
const env = {
  ...process.env, ODDSTREAM_HOME: stack.home, ODDSTREAM_NAMESPACE: NAMESPACE, ODDSTREAM_LOG_LEVEL: 'error',
  ODDSTREAM_POSTGRES_SINK_URL: stack.plain.sinkUrl, ODDSTREAM_POSTGRES_BETS_URL: stack.plain.betsUrl, ODDSTREAM_POSTGRES_QUANT_URL: stack.plain.quantUrl,
};
const program = fileURLToPath(new URL('oddstream.cjs', import.meta.url));
const oddstream = (args: readonly string[], input = ''): { status: number | null; stdout: string; stderr: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env, input, timeout: 120_000 });
  return { status, stdout, stderr };
};
const asWriter = (sql: string) => as(stack.plain.betsUrl, `SET search_path = ${pg.escapeIdentifier(NAMESPACE)}; ${sql}`);
const asOwner = (sql: string) => as(stack.plain.ownerUrl, `SET search_path = ${pg.escapeIdentifier(NAMESPACE)}; ${sql}`);
const sent = async (): Promise<Result[]> => (await decoded<Result>(stack, await recordsOf(stack, TOPIC))).map((value) => value!);
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const BET = '00000000-0000-4000-8000-000000000001';

t.test('an empty ledger adds up, and has no balance', (t) => {
  const { status, stdout } = oddstream(['ledger', 'check']);
  t.equal(status, 0);
  t.match(stdout, /^ok +transfers +0 +the entries of each transfer/m);
  t.notMatch(stdout, /WRONG/);
  t.match(oddstream(['ledger', 'balance']), { status: 0, stdout: '', stderr: /no entries yet/ });
  t.match(oddstream(['ledger', 'balance', 'ada']), { status: 1, stderr: /no entries of 'ada'/ });
  t.end();
});

t.test('a file with one bad line, or none that can be read, sends nothing', async (t) => {
  const bad = file('bad.csv', 'sport,event_id,market,score\nfootball,e1,1x2,2-1\nfootball,e2,1x2,two\nfootball,e3,1x2,\n');
  const { status, stdout, stderr } = oddstream(['settle', '--file', bad, '--provider', 'desk']);
  t.strictSame({ status, stdout }, { status: 1, stdout: '' });
  t.match(stderr, /^oddstream: .*bad\.csv, line 3: score: give home and away, as in 2-1\nline 4: settle needs either outcomes or a score\n2 of 3 rows are wrong: none was sent\n$/);
  t.match(oddstream(['settle', '--file', bad]), { status: 2, stderr: /--provider/ });
  t.match(oddstream(['settle', '--file', bad, '--provider', ' ']), { status: 2, stderr: /--provider is empty/ });
  t.match(oddstream(['settle', '--file', join(folder, 'nowhere.csv'), '--provider', 'desk']), { status: 1, stderr: /nowhere\.csv cannot be read/ });
  t.match(oddstream(['settle', '--file', '-', '--provider', 'desk'], '[{"sport":"a","event_id":"b\\u0000","market":"c","action":"cancel"}]'), { status: 1, stderr: /standard input, item 1: it breaks the contract of results \(nul_in_text\)/ });
  t.match(oddstream(['settle', '--dry-run', '--file', '-', '--provider', 'desk'], 'sport,event_id,market,score\nfootball,e1,1x2,2-1\n'),
    { status: 0, stdout: 'settle  football:e1:1x2  confirmed  home:won; draw:lost; away:lost\n', stderr: '1 result of 1 events (settle 1) would be sent\n' });
  t.strictSame(await sent(), []);
});

t.test('what a file says is in the log, each on its market\'s partition', async (t) => {
  const good = file('good.csv', 'sport,event_id,market,action,score,certainty\nfootball,e1,1x2,,2-1,\nfootball,e1,totals:3,,2-1,live\nfootball,e2,1x2,cancel,,\n');
  t.match(oddstream(['settle', '--file', good, '--provider', 'desk']), { status: 0, stdout: `3 results of 2 events (settle 2, cancel 1) sent to ${TOPIC}\n`, stderr: '' });
  const records = await recordsOf(stack, TOPIC);
  t.strictSame(records.map(({ key, partition }) => [String(key), partition]).sort(), ['football:e1:1x2', 'football:e1:totals:3', 'football:e2:1x2'].map((key) => [key, partitionOf(key, topics.results.partitions)]));
  t.match((await sent()).sort((a, b) => `${a.event_id}${a.market}`.localeCompare(`${b.event_id}${b.market}`)), [
    { market: '1x2', provider: 'desk', action: 'settle', certainty: 'confirmed', outcomes: [{ outcome: 'home', result: 'won' }, { outcome: 'draw', result: 'lost' }, { outcome: 'away', result: 'lost' }] },
    { market: 'totals:3', certainty: 'live', outcomes: [{ outcome: 'over', result: 'push' }, { outcome: 'under', result: 'push' }] },
    { event_id: 'e2', action: 'cancel', outcomes: [], void_from: null, void_until: null },
  ]);
});

t.test('a bet on the market is settled by it, and the ledger adds up before and after', async (t) => {
  await asWriter(`
    INSERT INTO accounts (account_id, user_id, currency, partition, available_minor, staked_minor, opened_at) VALUES ('ada', 'ada', 'GBP', 0, 9000, 1000, now());
    INSERT INTO bets (id, command_id, account_id, user_id, sport_id, event_id, market_type, selection, side, currency, odds, worst_odds, bookmaker_id, status, stake_minor, liability_minor, potential_return_minor, placed_at, accepted_at,
      partition, source_partition, source_offset) VALUES ('${BET}', '${BET}', 'ada', 'ada', 'football', 'e1', '1x2', 'home', 'back', 'GBP', 2.5, 2.5, 'house', 'accepted', 1000, 1000, 2500, now(), now(), 0, 0, 0);
    INSERT INTO ledger_entries (transfer, account_id, bucket, amount_minor, currency, kind, bet_id) VALUES ('d', 'cash', 'own', -10000, 'GBP', 'deposit', NULL), ('d', 'ada', 'available', 10000, 'GBP', 'deposit', NULL),
      ('p', 'ada', 'available', -1000, 'GBP', 'place', '${BET}'), ('p', 'ada', 'staked', 1000, 'GBP', 'place', '${BET}')`);
  t.equal(oddstream(['ledger', 'check']).status, 0);
  t.match(oddstream(['ledger', 'balance']), { status: 0, stdout: 'account  bucket     balance\ncash     own        -100.00 GBP\nada      available  90.00 GBP\nada      staked     10.00 GBP\n' });

  t.equal(oddstream(['run', 'settlement', '--until-end', '--port', '0']).status, 0);
  t.strictSame(await as(stack.plain.quantUrl, `SELECT status, result, payout FROM ${NAMESPACE}.bets`), [{ status: 'settled', result: 'won', payout: '25.00' }]);
  t.strictSame(JSON.parse(oddstream(['ledger', 'balance', '--json']).stdout), [
    { account: 'house', bucket: 'own', currency: 'GBP', minor: -1500 }, { account: 'cash', bucket: 'own', currency: 'GBP', minor: -10_000 },
    { account: 'ada', bucket: 'available', currency: 'GBP', minor: 11_500 }, { account: 'ada', bucket: 'staked', currency: 'GBP', minor: 0 },
  ]);
  const after = oddstream(['ledger', 'check', '--json']);
  t.equal(after.status, 0, after.stdout);
  t.match(JSON.parse(after.stdout), [{ name: 'transfers', counted: 3, wrong: 0 }, { name: 'balances', counted: 1 }, { name: 'stakes', counted: 0 }, { name: 'bets', counted: 1 }, { name: 'settlements', counted: 1 }, { name: 'outbox', counted: 1 }, { name: 'debts' }]);
});

t.test('a ledger that does not add up is exit code 1, and says where', async (t) => {
  await asOwner(`UPDATE accounts SET available_minor = available_minor + 1`);
  const { status, stdout } = oddstream(['ledger', 'check']);
  t.equal(status, 1);
  t.match(stdout, /^WRONG +balances +1 of 1 /m);
  t.match(stdout, /^balances\n {2}account ada: available 11501, held 0, staked 0, receivable 0, not 11500, 0, 0, 0\n/m);
});
