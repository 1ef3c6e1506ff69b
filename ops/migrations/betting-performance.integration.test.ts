import fc from 'fast-check';
import t from 'tap';
import { type BetRow, betRow, insertBets } from './bets-for-tests.ts';
import { inBothModes } from './database-for-tests.ts';
import { migrate } from './migrate.ts';

const DAY_MS = 86_400_000;
const from = Date.UTC(2026, 0, 30), startsAtMs = Date.UTC(2026, 0, 10);
const minorPerUnit: Readonly<Record<string, number>> = { GBP: 100, JPY: 1, BHD: 1_000 };
const probabilities: Readonly<Record<string, number | null>> = { home: 0.4321, draw: 0.0123, away: null };

/** A bet that is closed, as settlement or a cash-out leaves it; now and then one that is not. */
const bets: fc.Arbitrary<BetRow> = fc.record({
  user: fc.constantFrom('u1', 'u2'), syndicate: fc.constantFrom(null, 's1', 's2'), sport: fc.constantFrom('football', 'tennis', null), selection: fc.constantFrom('home', 'draw', 'away', 'never heard of'),
  currency: fc.constantFrom('GBP', 'JPY', 'BHD'), bookmaker: fc.constantFrom('house', 'acme'), oddsE4: fc.integer({ min: 10_001, max: 200_000 }), side: fc.constantFrom('back' as const, 'lay' as const), isFree: fc.boolean(),
  restMinor: fc.integer({ min: 1, max: 9_999 }), cashedStakeMinor: fc.constantFrom(0, 0, 777), cashedPayoutMinor: fc.integer({ min: 0, max: 2_000 }), payoutMinor: fc.integer({ min: 0, max: 30_000 }), commissionMinor: fc.constantFrom(0, 0, 13),
  ending: fc.constantFrom('won', 'won', 'lost', 'void', 'push', 'half_won', 'half_lost', 'partly', 'cashed_out', 'accepted'),
  acceptedAtMs: fc.constantFrom(startsAtMs - 1, startsAtMs),
  // The turn of the month, to the millisecond, and days between that have none.
  settledAtMs: fc.oneof(fc.constantFrom(0, 2 * DAY_MS - 1, 2 * DAY_MS, 40 * DAY_MS), fc.integer({ min: 0, max: 45 * DAY_MS })).map((ms) => from + ms),
}).map(({ oddsE4, isFree, restMinor, cashedPayoutMinor, payoutMinor, commissionMinor, ending, side, sport, ...more }) => {
  const isWhole = ending === 'cashed_out', isOpen = ending === 'accepted', cashedStakeMinor = isWhole ? restMinor : more.cashedStakeMinor, stakeMinor = isWhole ? 0 : restMinor;
  const isLay = side === 'lay' && sport !== null, isFreeBet = isFree && !isLay, riskOf = (stake: number): number => (isLay ? Math.ceil(stake * (oddsE4 - 10_000) / 10_000) : stake);
  const payout = isWhole || isOpen || ending === 'lost' ? 0 : ending === 'void' ? (isFreeBet ? 0 : riskOf(stakeMinor)) : payoutMinor;
  return betRow({
    ...more, sport, side: isLay ? 'lay' : 'back', isFreeBet, odds: (oddsE4 / 10_000).toFixed(4), status: isOpen || isWhole ? ending : 'settled', result: isOpen || isWhole ? null : ending,
    stakeMinor, liabilityMinor: riskOf(stakeMinor), cashedStakeMinor, cashedPayoutMinor: cashedStakeMinor === 0 ? 0 : cashedPayoutMinor, payoutMinor: payout, commissionMinor: ending === 'won' ? commissionMinor : 0,
    settledAtMs: isOpen ? null : more.settledAtMs,
  });
});

interface Figures { readonly [name: string]: string | number | null }

/** The same figures, bet by bet and day by day. */
const oracle = (rows: readonly BetRow[]): Map<string, Figures> => {
  const months = new Map<string, BetRow[]>();
  for (const bet of rows) {
    if (bet.settledAtMs === null) continue;
    const month = new Date(bet.settledAtMs).toISOString().slice(0, 7);
    const entities = [['user', bet.user], ['syndicate', bet.syndicate], ['sport', bet.sport ?? 'multiple'], ['bookmaker', bet.bookmaker], ['house', bet.bookmaker === 'house' ? 'house' : null]];
    for (const [type, id] of entities) if (id !== null) months.set(`${type} ${id} ${bet.currency} ${month}`, [...months.get(`${type} ${id} ${bet.currency} ${month}`) ?? [], bet]);
  }
  return new Map(Array.from(months, ([key, of]) => [key, figuresOf(of, key.startsWith('house '))]));
};

const figuresOf = (bets: readonly BetRow[], isHouse: boolean): Figures => {
  const { currency } = bets[0]!, sign = isHouse ? -1 : 1;
  let stake = 0, returned = 0, turnover = 0, wins = 0, decided = 0, odds = 0, counted = 0;
  const profits = new Map<number, number>(), clvs: { clv: number; weight: number }[] = [];
  for (const bet of bets) {
    const isVoid = bet.result === 'void', price = Number(bet.odds), backed = bet.stakeMinor + bet.cashedStakeMinor;
    const risked = (bet.side === 'back' ? backed : Math.ceil(backed * (Math.round(price * 1e4) - 1e4) / 1e4)) - (isVoid ? bet.liabilityMinor : 0);
    const back = bet.cashedPayoutMinor + (isVoid ? 0 : bet.payoutMinor) - bet.commissionMinor;
    const profit = sign * (back - (bet.isFreeBet ? 0 : risked)), gift = isHouse && bet.isFreeBet ? risked : 0;
    stake += (bet.isFreeBet ? 0 : risked) + gift;
    returned += back + gift;
    turnover += backed;
    const day = Math.floor(bet.settledAtMs! / DAY_MS);
    profits.set(day, (profits.get(day) ?? 0) + profit);
    if (isVoid) continue;
    odds += price;
    counted++;
    if (bet.result !== 'push') {
      decided++;
      if (profit > 0) wins++;
    }
    const probability = bet.sport === null || bet.acceptedAtMs >= startsAtMs ? null : probabilities[bet.selection] ?? null;
    if (probability !== null) clvs.push({ clv: sign * (bet.side === 'back' ? 1 : -1) * (price * probability - 1), weight: backed });
  }
  const days: number[] = [];
  for (let day = Math.min(...profits.keys()); day <= Math.max(...profits.keys()); day++) days.push(profits.get(day) ?? 0);
  const total = days.reduce((sum, one) => sum + one, 0), mean = total / days.length;
  const deviation = Math.sqrt(days.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (days.length - 1));
  let peak = 0, soFar = 0, drawdown = 0;
  for (const one of days) { soFar += one; peak = Math.max(peak, soFar); drawdown = Math.max(drawdown, peak - soFar); }
  const major = (minor: number): number => minor / minorPerUnit[currency]!, share = (part: number, of: number): number | null => (of === 0 ? null : part / of);
  const weight = clvs.reduce((sum, one) => sum + one.weight, 0);
  return {
    total_bets: bets.length, total_stake: major(stake), total_return: major(returned), profit_loss: major(total), roi: share(total, stake), win_rate: share(wins, decided), avg_odds: share(odds, counted),
    sharpe_ratio: deviation > 0 ? mean / deviation * Math.sqrt(365) : null, max_drawdown: major(drawdown), turnover: major(turnover), days: days.length,
    commission: major(bets.reduce((sum, bet) => sum + bet.commissionMinor, 0)),
    void_bets: bets.filter(({ result }) => result === 'void').length, push_bets: bets.filter(({ result }) => result === 'push').length,
    cashed_out_bets: bets.filter(({ status }) => status === 'cashed_out').length, free_bets: bets.filter(({ isFreeBet }) => isFreeBet).length,
    clv_bets: clvs.length, clv_mean: share(clvs.reduce((sum, { clv }) => sum + clv, 0), clvs.length), clv_stake_weighted: share(clvs.reduce((sum, one) => sum + one.clv * one.weight, 0), weight),
  };
};

/** Places to which a figure is rounded, where it is not a sum. */
const places: Readonly<Record<string, number>> = { roi: 6, win_rate: 6, avg_odds: 4, sharpe_ratio: 6, clv_mean: 6, clv_stake_weighted: 6 };

const difference = (name: string, found: string | number | null, expected: string | number | null): string | undefined => {
  const near = 0.5 * 10 ** -(places[name] ?? 9) + 1e-9;
  return found === null || expected === null ? (found === expected ? undefined : `${name}: ${found}, not ${expected}`) : Math.abs(Number(found) - Number(expected)) <= near ? undefined : `${name}: ${found}, not ${expected}`;
};

t.test('betting_performance is what each bet adds up to', { timeout: 300_000 }, (t) => inBothModes(t, async (t, db) => {
  const { owner } = db;
  await migrate(owner);
  const quant = await db.connect('quant');
  for (const [outcome, probability] of Object.entries(probabilities)) {
    for (const [sport, book, p] of [['football', 'pinnacle', probability], ['tennis', 'pinnacle', probability], ['football', 'acme', 0.9]] as const) {
      await owner.query(`INSERT INTO closing_lines VALUES ($1, '1x2', $2, $3, $4, 2, $5, NULL, true, $6, $7, 0, 0) ON CONFLICT DO NOTHING`, [`${sport} match`, book, outcome, sport, p, new Date(startsAtMs - 1), new Date(startsAtMs)]);
    }
  }
  await fc.assert(fc.asyncProperty(fc.array(bets, { minLength: 1, maxLength: 60 }), async (drawn) => {
    const rows = drawn.map((bet) => ({ ...bet, event: `${bet.sport} match` }));
    await owner.query('DELETE FROM bets');
    await insertBets(owner, rows);
    const found = await quant.query<{ [name: string]: string | number | null } & { period_start: Date; period_end: Date; metrics: { clv: Record<string, number | null> } & Record<string, number | null> }>('SELECT * FROM betting_performance');
    const expected = oracle(rows);
    for (const { entity_type: type, entity_id: id, currency, period_start: start, period_end: end, metrics: { clv, ...metrics }, ...figures } of found.rows) {
      const key = `${type} ${id} ${currency} ${start.toISOString().slice(0, 7)}`, wanted = expected.get(key);
      if (wanted === undefined) throw new Error(`${key} is there, and should not be`);
      expected.delete(key);
      if (start.getTime() !== Date.UTC(start.getUTCFullYear(), start.getUTCMonth()) || end.getTime() !== Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1)) throw new Error(`${key} is from ${start.toISOString()} to ${end.toISOString()}`);
      const all: Figures = { ...figures, ...metrics, clv_bets: clv['bets']!, clv_mean: clv['mean']!, clv_stake_weighted: clv['stake_weighted']! };
      for (const [name, value] of Object.entries(wanted)) {
        if (!(name in all)) throw new Error(`${key} has no ${name}`);
        const off = difference(name, all[name]!, value);
        if (off !== undefined) throw new Error(`${key}: ${off}`);
      }
    }
    if (expected.size > 0) throw new Error(`not there: ${Array.from(expected.keys()).join(', ')}`);
  }), { numRuns: 60 });
  t.pass('60 draws');

  await t.test('its columns are the promised ones', async (t) => {
    const { fields } = await quant.query('SELECT * FROM betting_performance LIMIT 0');
    t.strictSame(fields.map(({ name }) => name), ['entity_type', 'entity_id', 'period_start', 'period_end', 'total_bets', 'total_stake', 'total_return', 'profit_loss', 'roi', 'win_rate', 'avg_odds', 'sharpe_ratio', 'max_drawdown', 'metrics', 'currency']);
    const uncommented = await owner.query(`SELECT attname FROM pg_attribute WHERE attrelid = 'betting_performance'::regclass AND attnum > 0 AND col_description(attrelid, attnum) IS NULL`);
    t.strictSame(uncommented.rows, []);
  });

  await t.test('figures that a person can check', async (t) => {
    await owner.query('DELETE FROM bets');
    const day = (n: number): number => Date.UTC(2026, 4, n, 12);
    await insertBets(owner, [
      { payoutMinor: 2_000, result: 'won', settledAtMs: day(1) }, { result: 'lost', settledAtMs: day(1) }, { result: 'lost', settledAtMs: day(2) },
      { payoutMinor: 3_000, result: 'won', settledAtMs: day(4) }, { payoutMinor: 1_000, result: 'void', settledAtMs: day(4) }, { result: 'lost', isFreeBet: true, settledAtMs: day(4) },
    ].map((bet) => betRow({ ...bet, status: 'settled' })));
    const { rows } = await quant.query(`SELECT entity_type, total_bets, total_stake, total_return, profit_loss, roi, win_rate, sharpe_ratio, max_drawdown FROM betting_performance WHERE entity_type IN ('user', 'house') ORDER BY 1 DESC`);
    // Daily 0, -10, 0, +20 (pounds): mean 2.5, deviation √(475/3) = 12.583057; 2.5/12.583057·√365 = 3.795773.
    t.strictSame(rows, [
      { entity_type: 'user', total_bets: '6', total_stake: '40.00', total_return: '50.00', profit_loss: '10.00', roi: '0.250000', win_rate: '0.400000', sharpe_ratio: '3.795773', max_drawdown: '10.00' },
      { entity_type: 'house', total_bets: '6', total_stake: '50.00', total_return: '60.00', profit_loss: '-10.00', roi: '-0.200000', win_rate: '0.400000', sharpe_ratio: '-3.795773', max_drawdown: '20.00' },
    ]);
  });
}));
