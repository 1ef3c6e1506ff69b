/** The command against a real database: our bets as the bet desk leaves them, a statement with every kind of difference. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import t from 'tap';
import { inMode } from '../migrations/database-for-tests.ts';
import { migrate } from '../migrations/migrate.ts';

interface OurBet {
  readonly ref: string | null; readonly side?: 'back' | 'lay'; readonly stake: number; readonly liability: number; readonly gross: number; readonly odds: string;
  readonly status?: string; readonly result?: string; readonly cashed?: number; readonly at?: string; readonly provider?: string; readonly free?: boolean;
}

const insert = async (client: pg.Client, bets: readonly OurBet[]): Promise<void> => {
  for (const { ref, side = 'back', stake, liability, gross, odds, status = 'settled', result = 'won', cashed = 0, at = '2026-03-01T18:00:00Z', provider = 'acme', free = false } of bets) {
    await client.query(`
      INSERT INTO bets (id, command_id, account_id, user_id, side, currency, odds, worst_odds, bookmaker_id, is_free_bet, status, result, stake_minor, liability_minor, potential_return_minor, gross_minor,
                        payout_minor, cashed_stake_minor, provider_ref, placed_at, settled_at, partition, source_partition, source_offset)
      VALUES (gen_random_uuid(), gen_random_uuid(), 'anna', 'anna', $1, 'GBP', $2, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, $12, $13, $13, 0, 0, 0)`,
    [side, odds, provider, free, status, status === 'settled' ? result : null, stake, liability, gross, free ? Math.max(0, gross - liability) : gross, cashed, ref, at]);
  }
};

t.setTimeout(300_000);

t.test('oddstream reconcile', (t) => inMode(t, 'plain', async (t, db) => {
  await migrate(db.owner);
  const bets = await db.connect('oddstream_bets');
  const home = mkdtempSync(join(tmpdir(), 'oddstream-reconcile-'));
  t.teardown(() => { rmSync(home, { recursive: true }); });
  const url = `postgresql://quant@localhost/oddstream?host=${encodeURIComponent(bets.host)}`;
  const reconcile = (rows: readonly string[], ...more: readonly string[]) => {
    const file = join(home, 'statement.csv');
    writeFileSync(file, ['reference,stake,price,profit,currency,settled_at,outcome', ...rows].join('\n'));
    const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL('oddstream.cjs', import.meta.url)), 'reconcile', file, '--provider', 'acme', ...more], {
      encoding: 'utf8', cwd: home, timeout: 120_000,
      env: { PATH: process.env['PATH'], HOME: home, ODDSTREAM_HOME: join(home, 'stack'), ODDSTREAM_POSTGRES_QUANT_URL: url },
    });
    return { status, lines: stdout.trimEnd().split('\n'), stdout, stderr };
  };

  await insert(bets, [
    { ref: 'back', stake: 10_00, liability: 10_00, gross: 21_00, odds: '2.1' },
    { ref: 'lay', side: 'lay', stake: 2_00, liability: 44, gross: 0, odds: '1.22', result: 'lost' },
    { ref: 'free', stake: 5_00, liability: 5_00, gross: 0, odds: '3', result: 'lost', free: true },
    { ref: 'other', stake: 1_00, liability: 1_00, gross: 0, odds: '3', result: 'lost', provider: 'bolt' },
    { ref: 'earlier', stake: 1_00, liability: 1_00, gross: 0, odds: '3', result: 'lost', at: '2026-02-28T23:59:59Z' },
  ]);
  const statement = ['back,10.00,2.10,11.00,GBP,2026-03-01T18:00:05Z,WON', 'lay,2.00,1.22,-0.44,GBP,2026-03-01T18:00:05Z,LOST', 'free,5.00,3,-5,GBP,2026-03-01T20:00:00Z,LOST'];

  await t.test('both sides the same', async (t) => {
    const { status, lines, stderr } = reconcile(statement);
    t.same(lines, ['GBP  here 3 bets, stakes 17.00 GBP, profit 5.56 GBP; there 3 bets, stakes 17.00 GBP, profit 5.56 GBP', '3 bets agree, 0 breaks'], stderr);
    t.equal(status, 0);
  });

  await t.test('a bet of another day is compared where the statement names it, or the span has it', async (t) => {
    t.equal(reconcile([...statement, 'earlier,1.00,3,-1.00,GBP,2026-03-01T00:00:01Z,LOST']).status, 0);
    t.match(reconcile(statement, '--since', '2026-02-28T00:00:00Z'), { status: 1, lines: ['earlier  missing_there  here stake 1.00 GBP, profit -1.00 GBP'] });
  });

  await t.test('differences, one a line, and exit code 1', async (t) => {
    await insert(bets, [
      { ref: null, stake: 1_00, liability: 1_00, gross: 0, odds: '3', result: 'lost' },
      { ref: 'cashed', stake: 50, liability: 50, gross: 1_00, odds: '2', cashed: 50 },
      { ref: 'closed', stake: 0, liability: 0, gross: 0, odds: '2', cashed: 1_00, status: 'cashed_out' },
      { ref: 'open', stake: 1_00, liability: 1_00, gross: 0, odds: '2', status: 'accepted' },
    ]);
    const rows = [
      'back,10.00,2.10,10.99,GBP,2026-03-01T18:00:05Z,WON', 'lay,2.00,1.23,-0.44,GBP,2026-03-01T18:00:05Z,LOST', 'lay,2.00,1.22,-0.44,GBP,2026-03-01T18:00:05Z,LOST',
      'free,6.00,3,-6,EUR,2026-03-01T20:00:00Z,LOST', 'new,1.00,2,1.00,GBP,2026-03-01T20:00:00Z,WON', 'cashed,1.00,2,1.00,GBP,2026-03-01T20:00:00Z,WON', 'closed,1.00,2,1.00,GBP,2026-03-01T20:00:00Z,WON',
    ];
    const { status, lines } = reconcile(rows);
    t.equal(status, 1);
    t.match(lines[1], /^bet [-0-9a-f]{36}  missing_there  here stake 1\.00 GBP, profit -1\.00 GBP$/);
    t.same(lines.filter((_, at) => at !== 1), [
      'back  profit_differs  here 11.00 GBP, there 10.99 GBP',
      'free  currency_differs  here GBP, there EUR',
      'lay  duplicate_there  there stake 2.00 GBP, profit -0.44 GBP',
      'lay  price_differs  here 1.22, there 1.23',
      'new  missing_here  there stake 1.00 GBP, profit 1.00 GBP',
      'EUR  here 0 bets, stakes 0.00 EUR, profit 0.00 EUR; there 1 bets, stakes 6.00 EUR, profit -6.00 EUR',
      'GBP  here 4 bets, stakes 18.00 GBP, profit 4.56 GBP; there 4 bets, stakes 15.00 GBP, profit 11.11 GBP',
      'left out, cashed out with us: cashed, closed',
      '0 bets agree, 6 breaks',
    ]);
    const json = JSON.parse(reconcile(rows, '--json', '--tolerance-minor', '1').stdout) as { breaks: { reference: string; reason: string }[]; cashedOut: string[]; until: string };
    t.notOk(json.breaks.some(({ reference }) => reference === 'back'), 'a penny is within the tolerance');
    t.same([json.cashedOut, json.until], [['cashed', 'closed'], '2026-03-02T00:00:00.000Z']);
  });

  await t.test('what is wrong is one line', async (t) => {
    t.match(reconcile([]), { status: 2, stderr: /has no bets: give --since and --until/ });
    t.match(reconcile(['a,x,2,1,GBP,2026-03-01T20:00:00Z,WON']), { status: 1, stderr: /statement\.csv, line 2: stake: "x" is no amount/ });
    t.match(reconcile(statement, '--tolerance-minor', '-1'), { status: 2, stderr: /--tolerance-minor -1: give a whole number/ });
  });
}));
