import fc from 'fast-check';
import type pg from 'pg';
import t from 'tap';
import { type Command, Desk, type DeskRules, type DeskState } from '../../domain/bets/desk.ts';
import { type Fact, OPEN_FROM_MS, OPEN_UNTIL_MS } from '../../domain/bets/facts.ts';
import type { LiveMarket } from '../../domain/bets/placement.ts';
import type { Bet, Cause } from '../../domain/bets/types.ts';
import { SaidEvents } from '../../sinks/bets/said-events.ts';
import { save } from '../../sinks/bets/save.ts';
import { inMode } from '../migrations/database-for-tests.ts';
import { migrate } from '../migrations/migrate.ts';
import { BetsWatcher } from '../start/bets-watcher.ts';
import { balancesOf, checkLedger, type Finding } from './ledger.ts';

const rules: DeskRules = { maxStakeMinor: 1_000_000, maxReturnMinor: 1e9, maxLegs: 5, maxParts: 3, betDelayMs: 5_000, cashOutMarginPpm: 50_000 };
const ACCOUNTS = ['ada', 'bo'], MARKETS = ['e1', 'e2', 'e3'];
const uuid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** Desks on one state, each made durable as the pipelines do it. */
class World {
  readonly state: DeskState = { accounts: new Map(), bets: new Map(), commands: new Map() };
  readonly facts = new Map<string, Fact[]>();
  readonly happened = new Set<string>();
  readonly #client: pg.Client;
  readonly #live: LiveMarket;
  isInPlay = false;
  nowMs = Date.UTC(2026, 0, 1);
  #count = 0;

  constructor(client: pg.Client) {
    this.#client = client;
    const inPlay = (): boolean => this.isInPlay;
    this.#live = {
      get isInPlay() { return inPlay(); },
      offers: (_, side) => [{ provider: 'exchange', priceE4: side === 'back' ? 26_131 : 27_337, commissionPpm: 50_000, limitMinor: 40_000, currency: 'GBP' },
        ...(side === 'back' ? [{ provider: 'house', priceE4: 25_000, commissionPpm: 0, limitMinor: 500_000, currency: null }] : [])],
      offersOf(provider, outcome, side) { return this.offers(outcome, side).filter((one) => one.provider === provider); },
      fairProbability: () => 0.38,
    };
  }

  async #work(work: (desk: Desk) => void): Promise<void> {
    const said = new SaidEvents(), desk = new Desk(this.state, rules, () => this.#live, (_, eventId) => this.facts.get(eventId) ?? [], this.nowMs, (event) => {
      said.hear(event);
      const { kind, bet } = event;
      this.happened.add(kind);
      if (bet !== undefined) this.happened.add(`${kind} ${bet.side}${bet.isFreeBet ? ' free' : ''}`);
      if (kind === 'settled' && bet!.commissionMinor > 0) this.happened.add('commission');
      if (kind === 'cashed_out' && bet!.stakeMinor > 0) this.happened.add(`part of ${bet!.isFreeBet ? 'free ' : ''}${bet!.side}`);
      if (kind === 'settled' && bet!.legs.length > 1) this.happened.add('multiple');
      if (kind === 'settled' && bet!.cashedStakeMinor > 0) this.happened.add('the rest of a cash-out');
    });
    work(desk);
    await this.#client.query('BEGIN');
    await save(this.#client, desk, said);
    await this.#client.query('COMMIT');
    for (const { receivableMinor } of this.state.accounts.values()) if (receivableMinor > 0) this.happened.add('debt');
    for (const { eventId, cause } of desk.due) await this.settle(eventId, cause);
  }

  cause(topic: string): Cause { return { topic, partition: 0, offset: this.#count++ }; }

  decide(accountId: string, command: Record<string, unknown>): Promise<void> {
    const whole = { commandId: uuid(this.#count * 16), accountId, timestampMs: this.nowMs, cause: this.cause('bet-commands'), ...command } as unknown as Command;
    return this.#work((desk) => { desk.decide(whole); });
  }

  settle(eventId: string, cause: Cause): Promise<void> {
    return this.#work((desk) => { desk.settle(this.bets().filter(({ legs }) => legs.some((leg) => leg.eventId === eventId)), () => cause); });
  }

  /** Delays pass, and the exchange answers. */
  pass(isTaken: boolean): Promise<void> {
    this.nowMs += 6_000;
    return this.#work((desk) => {
      for (const bet of this.bets()) {
        desk.look(bet);
        desk.answered(bet, isTaken ? { kind: 'accepted', reference: 'r' } : { kind: 'rejected', code: 'no' });
      }
    });
  }

  async say(eventId: string, fact: Partial<Fact>): Promise<void> {
    const cause = this.cause('results');
    this.facts.set(eventId, [{ producer: 'x', kind: 'settle', fromMs: OPEN_FROM_MS, untilMs: OPEN_UNTIL_MS, isActive: true, certainty: 'confirmed', outcomes: [], deductions: [], timestampMs: this.nowMs, cause, ...fact }]);
    await this.settle(eventId, cause);
  }

  bets(): Bet[] { return Array.from(this.state.bets.values()); }
}

const stepArbitrary = fc.oneof(
  { weight: 6, arbitrary: fc.record({
    what: fc.constant('place' as const), stakeMinor: fc.integer({ min: 1, max: 9_999 }), side: fc.constantFrom('back' as const, 'back' as const, 'lay' as const), isFreeBet: fc.boolean(), provider: fc.constantFrom(null, 'house', 'exchange'),
    events: fc.uniqueArray(fc.constantFrom(...MARKETS), { minLength: 1, maxLength: 2 }), outcome: fc.constantFrom('home', 'draw'), isInPlay: fc.boolean(), account: fc.constantFrom(...ACCOUNTS) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('pass' as const), isTaken: fc.constantFrom(true, true, true, false) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('cash out' as const), which: fc.nat(), share: fc.constantFrom(1, 0.5, 0.3) }) },
  { weight: 3, arbitrary: fc.record({
    what: fc.constant('say' as const), event: fc.constantFrom(...MARKETS), isActive: fc.constantFrom(true, true, false), winner: fc.constantFrom('home', 'draw', 'away'), other: fc.constantFrom('lost' as const, 'void' as const, 'push' as const, 'half_lost' as const), deadHeatFactor: fc.constantFrom(null, 0.3333) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('void' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('withdraw' as const), account: fc.constantFrom(...ACCOUNTS) }) },
);
type Step = typeof stepArbitrary extends fc.Arbitrary<infer S> ? S : never;

const take = async (world: World, step: Step): Promise<void> => {
  const of = (which: number, status: string): Bet | undefined => { const all = world.bets().filter((bet) => bet.status === status); return all[which % Math.max(1, all.length)]; };
  world.nowMs += 1_000;
  if (step.what === 'place') {
    const { stakeMinor, events, outcome, isInPlay, account, ...place } = step;
    world.isInPlay = isInPlay;
    await world.decide(account, { action: 'place', stakeMinor, currency: 'GBP', metadata: {}, place: { ...place, slippage: 0.1, legs: events.map((eventId) => ({ sport: 'football', eventId, market: '1x2', outcome, price: 2.6 })) } });
  } else if (step.what === 'pass') await world.pass(step.isTaken);
  else if (step.what === 'say') {
    const { event, isActive, winner, other, deadHeatFactor } = step;
    await world.say(event, { isActive, outcomes: ['home', 'draw', 'away'].map((outcome) => ({ outcome, result: outcome === winner ? 'won' : other, deadHeatFactor: outcome === winner ? deadHeatFactor : null })) });
  } else if (step.what === 'withdraw') await world.decide(step.account, { action: 'withdraw', amountMinor: world.state.accounts.get(step.account)!.availableMinor, currency: 'GBP' });
  else {
    const bet = of(step.which, 'accepted');
    if (bet === undefined) return;
    if (step.what === 'void') await world.decide(bet.accountId, { action: 'void', refersTo: bet.betId, reason: 'palpable_error' });
    else await world.decide(bet.accountId, { action: 'cash_out', refersTo: bet.betId, amountMinor: Math.ceil(bet.stakeMinor * step.share), minPayoutMinor: null });
  }
};

/** What the live view adds up bit by bit, from the rows as they are. */
const watchedOf = async (client: pg.Client): Promise<unknown[]> => (await client.query(`
  SELECT 'GBP' AS currency, count(*) FILTER (WHERE status IN ('delayed', 'submitted', 'unknown', 'accepted'))::int AS open, (SELECT sum(staked_minor)::int FROM accounts) AS "stakedMinor", count(*) FILTER (WHERE status = 'settled')::int AS settled,
         (SELECT count(DISTINCT transfer)::int FROM ledger_entries WHERE kind IN ('roll_back', 'settle_again')) AS corrections,
         coalesce(sum(bets_outlay(side, stake_minor + cashed_stake_minor, odds)) FILTER (WHERE status NOT IN ('rejected', 'cancelled')), 0)::int AS "turnoverMinor",
         (SELECT coalesce(sum(amount_minor), 0)::int FROM ledger_entries WHERE account_id = 'house') AS "houseMinor", 0 AS "offMinor"
    FROM bets`)).rows;

t.test('the ledger check', { timeout: 300_000 }, (t) => inMode(t, 'plain', async (t, db) => {
  await migrate(db.owner);
  const bets = await db.connect('oddstream_bets', 'oddstream', { pipeline: true }), quant = await db.connect('quant'), superuser = await db.connect('postgres');
  await superuser.query('SET session_replication_role = replica'); //  triggers do not fire: the only way to write what must not be
  const wrong = async (): Promise<Finding[]> => (await checkLedger(quant)).filter((finding) => finding.wrong > 0);
  const world = new World(bets);

  await t.test('finds nothing in what the desk does, and looks at all of it', async (t) => {
    for (const id of ACCOUNTS) {
      await world.decide(id, { action: 'open_account', currency: 'GBP', userId: null, syndicateId: null });
      await world.decide(id, { action: 'deposit', amountMinor: 1_000_000, currency: 'GBP' });
    }
    const watcher = new BetsWatcher();
    // One draw, always the same, so that what it must have met is met.
    for (const [at, step] of fc.sample(stepArbitrary, { numRuns: 400, seed: 7 }).entries()) {
      await take(world, step);
      if (at % 20 !== 0) continue;
      t.strictSame(await wrong(), [], `after step ${at}, ${step.what}`);
      // Time goes by: what is older than two minutes is never read again.
      await superuser.query(`UPDATE ledger_entries SET created_at = created_at - interval '1 minute'`);
      await watcher.look(quant);
      t.same(watcher.bets, await watchedOf(quant), `the live view, after step ${at}`);
    }
    // In the end some are settled, and some stand: nobody may bet on what is settled.
    await world.say('e3', { isActive: false });
    await take(world, { what: 'place', stakeMinor: 500, side: 'back', isFreeBet: false, provider: 'house', events: ['e3'], outcome: 'home', isInPlay: false, account: 'ada' });
    for (const event of ['e1', 'e2']) await take(world, { what: 'say', event, isActive: true, winner: 'home', other: 'lost', deadHeatFactor: null });
    t.strictSame(await wrong(), []);
    for (const what of ['delayed', 'rejected back', 'rejected back free', 'settled back', 'settled lay', 'settled back free', 'rolled_back', 'cashed_out back', 'cashed_out back free', 'cashed_out lay', 'part of back', 'part of lay', 'part of free back',
      'the rest of a cash-out', 'multiple', 'commission', 'debt', 'withdrawal_held']) t.ok(world.happened.has(what), what);
    const counts = Object.fromEntries((await checkLedger(quant)).map(({ name, counted }) => [name, counted]));
    t.match(counts, { balances: 2, bets: world.state.bets.size, debts: Array.from(world.state.accounts.values()).filter(({ receivableMinor }) => receivableMinor > 0).length });
    t.ok(['transfers', 'settlements', 'outbox', 'stakes'].every((name) => counts[name]! > 0), JSON.stringify(counts));
  });

  await t.test('the balance is what the accounts have, ours first', async (t) => {
    const balances = await balancesOf(quant), ofOurs = balances.filter(({ bucket }) => bucket === 'own').map(({ account }) => account);
    t.strictSame(ofOurs, ['house', 'provider:exchange', 'commission:exchange', 'cash', 'promotions']);
    t.equal(balances.findIndex(({ bucket }) => bucket !== 'own'), ofOurs.length);
    t.equal(balances.reduce((sum, { minor }) => sum + minor, 0), 0);
    const { availableMinor, receivableMinor } = world.state.accounts.get('bo')!;
    const of = await balancesOf(quant, 'bo');
    t.equal(of.filter(({ bucket }) => bucket === 'available' || bucket === 'receivable').reduce((sum, { minor }) => sum + minor, 0), availableMinor - receivableMinor);
    t.ok(of.every(({ account }) => account === 'bo'));
  });

  await t.test('finds what is wrong, and says where', async (t) => {
    const some = async (where: string): Promise<string> => (await quant.query<{ id: string }>(`SELECT id FROM bets WHERE ${where} ORDER BY id LIMIT 1`)).rows[0]!.id;
    const open = await some(`status = 'accepted'`), free = await some(`is_free_bet AND status = 'settled'`), settled = await some(`status = 'settled' AND NOT is_free_bet AND payout_minor > 0`);
    const entry = (account: string, bucket: string, amount: number, bet = 'NULL', currency = 'GBP'): string => `('sabotage', '${account}', '${bucket}', ${amount}, '${currency}', 'x', ${bet})`;
    const post = (...rows: string[]): string => `INSERT INTO ledger_entries (transfer, account_id, bucket, amount_minor, currency, kind, bet_id) VALUES ${rows.join(', ')}`;
    const unpost = `DELETE FROM ledger_entries WHERE transfer = 'sabotage'`;
    const cases: readonly { readonly found: Readonly<Record<string, RegExp>>; readonly done: string; readonly undone: string }[] = [
      { found: { transfers: /^transfer sabotage is off by 3 GBP$/ }, done: post(entry('house', 'own', 3)), undone: unpost },
      { found: { balances: /^account ada: available \d+, .* not \d+/ }, done: 'UPDATE accounts SET held_minor = held_minor + 1 WHERE account_id = \'ada\'', undone: 'UPDATE accounts SET held_minor = held_minor - 1 WHERE account_id = \'ada\'' },
      { found: { balances: /^there are entries of ada in EUR, and no such account$/ }, done: post(entry('ada', 'held', 3, 'NULL', 'EUR'), entry('cash', 'own', -3, 'NULL', 'EUR')), undone: unpost },
      { found: { balances: /^there are entries of nobody in GBP/ }, done: post(entry('nobody', 'held', 3), entry('cash', 'own', -3)), undone: unpost },
      { found: { stakes: /^account (ada|bo) has staked \d+, not \d+$/, bets: new RegExp(`^bet ${open}: staked \\d+, not \\d+`) }, done: `UPDATE bets SET liability_minor = liability_minor + 1 WHERE id = '${open}'`, undone: `UPDATE bets SET liability_minor = liability_minor - 1 WHERE id = '${open}'` },
      { found: { bets: new RegExp(`^bet ${settled}: its account got -?\\d+, not -?\\d+; (house|provider:exchange) got`), settlements: new RegExp(`^bet ${settled} is at settlement`) },
        done: `UPDATE bets SET payout_minor = payout_minor - 1, gross_minor = gross_minor - 1 WHERE id = '${settled}'`, undone: `UPDATE bets SET payout_minor = payout_minor + 1, gross_minor = gross_minor + 1 WHERE id = '${settled}'` },
      { found: { bets: new RegExp(`^bet ${settled}: .*commission \\d+, not \\d+`), settlements: /./ }, done: `UPDATE bets SET commission_minor = commission_minor + 1 WHERE id = '${settled}'`, undone: `UPDATE bets SET commission_minor = commission_minor - 1 WHERE id = '${settled}'` },
      { found: { bets: new RegExp(`^bet ${free}: promotions got -?\\d+, not -?\\d+; (house|provider:exchange) got`) }, done: `UPDATE bets SET gross_minor = gross_minor + 1 WHERE id = '${free}'`, undone: `UPDATE bets SET gross_minor = gross_minor - 1 WHERE id = '${free}'` },
      { found: { bets: new RegExp(`^bet ${settled}: 1 entries of others$`) }, done: post(entry('house', 'own', 3), entry('provider:another', 'own', -3, `'${settled}'`)), undone: unpost },
      { found: { bets: new RegExp(`^there are entries of the bet ${uuid(1)}, and no such bet$`) }, done: post(entry('house', 'own', 3), entry('cash', 'own', -3, `'${uuid(1)}'`)), undone: unpost },
      { found: { settlements: new RegExp(`^bet ${settled} is at settlement`) }, done: `UPDATE bets SET settlement_version = settlement_version + 1 WHERE id = '${settled}'`, undone: `UPDATE bets SET settlement_version = settlement_version - 1 WHERE id = '${settled}'` },
      { found: { settlements: new RegExp(`^bet ${open} is at settlement 9, and has none$`) }, done: `DELETE FROM bet_settlements WHERE bet_id = '${open}'; UPDATE bets SET settlement_version = 9 WHERE id = '${open}'`, undone: `UPDATE bets SET settlement_version = 0 WHERE id = '${open}'` },
      { found: { outbox: /^partition 0: \d+ of the events from 0 to \d+ are there/ }, done: 'UPDATE bet_outbox SET partition = 99 WHERE sequence = 5; INSERT INTO bet_outbox_heads VALUES (99, 6, 5)', undone: 'DELETE FROM bet_outbox_heads WHERE partition = 99; UPDATE bet_outbox SET partition = 0 WHERE partition = 99' },
      { found: { outbox: /^partition 0: / }, done: 'UPDATE bet_outbox_heads SET next_sequence = next_sequence + 1', undone: 'UPDATE bet_outbox_heads SET next_sequence = next_sequence - 1' },
      { found: { outbox: /^partition 0: / }, done: 'UPDATE bet_outbox_heads SET published_sequence = next_sequence + 1', undone: 'UPDATE bet_outbox_heads SET published_sequence = 0' },
    ];
    for (const { found, done, undone } of cases) {
      await superuser.query(done);
      const findings = await wrong();
      await superuser.query(undone);
      t.strictSame(findings.map(({ name }) => name).sort(), Object.keys(found).sort(), done);
      for (const { name, examples } of findings) t.ok(found[name]?.test(examples[0]!), `${name}: ${examples.join('\n')}`);
    }
    t.strictSame(await wrong(), [], 'all is as it was');
  });

  await t.test('writes nothing, and is not cut short', async (t) => {
    await quant.query(`SET statement_timeout = '1ms'`);
    await t.resolves(checkLedger(quant));
    t.equal((await quant.query('SHOW statement_timeout')).rows[0].statement_timeout, '1ms');
  });
}));
