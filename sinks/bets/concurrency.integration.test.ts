import t from 'tap';
import { inMode } from '../../ops/migrations/database-for-tests.ts';
import type { BetCommand } from '../../schemas/generated/bet-command.ts';
import type { Result } from '../../schemas/generated/result.ts';
import { openSettlementSink } from './settlement-sink.ts';
import { BetsDatabase, leg, place, result, uuid } from './bets-for-tests.ts';

const ROUNDS = 100, ACCOUNTS = ['ada', 'bo', 'cy', 'di'], EVENTS = Array.from({ length: 16 }, (_, at) => `e${at}`);

/** Numbers that look like chance, the same for each run of a seed. */
const chance = (seed: number) => (below: number): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};

await inMode(t, 'plain', async (t, db) => {
  const bets = await BetsDatabase.open(t, db), seed = Number(process.env['SEED'] ?? Date.now() % 1e6), random = chance(seed);
  const pick = <T>(of: readonly T[]): T => of[random(of.length)]!;
  t.comment(`seed ${seed}`);
  const writers = [await bets.commands('bets', 0), await bets.commands('bets', 1)], results = [await bets.results(0), await bets.results(1)];
  bets.nowMs = Date.now(); //  the server's clock has its say in who is asked again
  let made = 0, deposited = 0, answered = 0;
  await writers[0]!.poll(ACCOUNTS.flatMap((id): Partial<BetCommand>[] => [
    { action: 'open_account', account_id: id, command_id: uuid(++made), currency: 'GBP' }, { action: 'deposit', account_id: id, command_id: uuid(++made), currency: 'GBP', amount_minor: 1_000_000 },
  ]));

  const placed: string[][] = [[], []];
  // A command of any account comes on either partition: worse than a partitioner allows.
  const command = (of: number): Partial<BetCommand> => {
    const account = pick(ACCOUNTS), n = ++made, what = random(10), base = { account_id: account, command_id: uuid(n) };
    if (what === 0) { const amount_minor = random(500) + 1; deposited += amount_minor; return { ...base, action: 'deposit', amount_minor, currency: 'GBP' }; }
    const refers_to = pick([...placed[0]!, ...placed[1]!, uuid(0)].slice(-40));
    if (what < 4) return { ...base, action: pick(['void', 'restore', 'cash_out'] as const), refers_to, ...(random(2) === 0 ? {} : { amount_minor: 5 }) };
    const isMultiple = random(3) === 0, first = random(EVENTS.length), legs = Array.from({ length: isMultiple ? 2 : 1 }, (_, at) => leg(EVENTS[(first + at * (1 + random(4))) % EVENTS.length]!, pick(['home', 'away']), 2.5));
    placed[of]!.push(uuid(n));
    return place(account, n, { amount_minor: 10 + random(50), provider: isMultiple ? 'house' : pick([null, 'house', 'exchange']), legs });
  };
  const word = (): Partial<Result> => {
    const action = pick(['settle', 'rollback_settle', 'rollback_settle', 'cancel', 'rollback_cancel', 'rollback_cancel'] as const), isHome = random(2) === 0;
    return result(pick(EVENTS), { action, provider: pick(['x', 'y']), timestamp: bets.nowMs++, ...(action === 'settle'
      ? { outcomes: [{ outcome: 'home', result: isHome ? 'won' : 'lost', dead_heat_factor: null }, { outcome: 'away', result: isHome ? 'lost' : 'won', dead_heat_factor: null }] } : { outcomes: [], void_from: null, void_until: bets.nowMs }) });
  };

  await t.test('commands, results, due markets and providers at once neither wait for each other for ever nor lose anything', async (t) => {
    const due = await openSettlementSink({ postgresUrl: bets.url, namespace: '', name: 'settlement' }, bets.surroundings, 5);
    const others = [1, 2].map(() => bets.placements({
      placeBet: () => Promise.resolve(random(5) === 0 ? { kind: 'rejected', code: 'no' } : { kind: 'accepted', reference: String(++answered) }), getBetStatus: () => Promise.resolve({ kind: 'accepted', reference: 'asked' }),
      getOdds: () => Promise.resolve(2), getAccountBalance: () => Promise.resolve(new Map<string, number>()),
    }, { answerMs: 2_000 }));
    const startedMs = performance.now();
    const many = async (of: number): Promise<void> => { for (let round = 0; round < ROUNDS; round++) await writers[of]!.poll(Array.from({ length: 1 + random(6) }, () => command(of))); };
    const said = async (of: number): Promise<void> => { for (let round = 0; round < ROUNDS; round++) await results[of]!.poll(Array.from({ length: 1 + random(3) }, word)); };
    await Promise.all([many(0), many(1), said(0), said(1)]);
    bets.nowMs += 60_000; //  whoever was skipped is asked now
    await bets.until('nothing is under way', `SELECT NOT EXISTS (SELECT FROM bets WHERE status IN ('submitted', 'unknown')) AND NOT EXISTS (SELECT FROM settlements_due)`);
    for (const one of [...others, due]) await one.close();
    const [{ deadlocks } = { deadlocks: -1 }] = await bets.rows<{ deadlocks: number }>('SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()');
    const statuses = await bets.rows('SELECT status, count(*)::int FROM bets GROUP BY status ORDER BY status');
    t.comment(`${Math.round(performance.now() - startedMs)} ms, ${deadlocks} deadlocks, ${JSON.stringify(statuses)}`);
    t.strictSame(await bets.wrong(), []);
    t.equal((await bets.rows<{ sum: number }>(`SELECT -sum(amount_minor)::int AS sum FROM ledger_entries WHERE account_id = 'cash'`))[0]!.sum, deposited + 4_000_000, 'each deposit once');
    const commands = writers.reduce((sum, { offset }) => sum + offset, 0);
    t.strictSame(await bets.rows(`SELECT count(DISTINCT event->>'command_id')::int AS answered FROM bet_outbox`), [{ answered: commands }], 'every command is answered');
    t.equal(deadlocks, 0);
  });

  await t.test('and every bet stands as the facts say that it must', async (t) => {
    const before = await bets.rows('SELECT id, status, result, payout_minor, commission_minor, settlement_version FROM bets ORDER BY id');
    // All markets are looked at again: nothing may change.
    await db.owner.query(`INSERT INTO settlements_due SELECT DISTINCT 'football', event_id, market_type, 'results/0/0' FROM bets WHERE event_id IS NOT NULL UNION SELECT DISTINCT 'football', event_id, market_type, 'results/0/0' FROM bet_legs`);
    await bets.settleDue();
    t.strictSame(await bets.rows('SELECT id, status, result, payout_minor, commission_minor, settlement_version FROM bets ORDER BY id'), before);
    t.ok(before.filter(({ status }) => status === 'settled').length > 20);
    t.strictSame(await bets.wrong(), []);
  });
});
