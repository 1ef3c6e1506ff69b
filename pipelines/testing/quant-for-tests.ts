/** What a quant sees in the database, with the quant's own login. */
import pg from 'pg';
import type { Test } from 'tap';
import { refreshAggregates } from '../../ops/migrations/migrate.ts';
import type { TestDatabase } from './stack-for-tests.ts';

/** odds_statistics_hourly, straight from the rows. */
const fromRows = `
  SELECT date_bin('1 hour', "timestamp", '2000-01-01 00:00+00') AS hour, sport_id, event_id, market_type, bookmaker_id, outcome,
         avg(odds) AS avg_odds, min(odds) AS min_odds, max(odds) AS max_odds, round(stddev_samp(odds), 10) AS odds_volatility, count(*) AS data_points
    FROM odds_history WHERE event_id = ANY ($1) GROUP BY 1, 2, 3, 4, 5, 6`;
const fromView = `
  SELECT hour, sport_id, event_id, market_type, bookmaker_id, outcome, avg_odds, min_odds, max_odds, odds_volatility, data_points
    FROM odds_statistics_hourly WHERE event_id = ANY ($1)`;

/** Rows of odds_history by event, as the quant counts them. */
export const rowsByEvent = (database: TestDatabase, namespace: string): Promise<ReadonlyMap<string, number>> => asQuant(database, namespace, async (quant) => {
  const { rows } = await quant.query<{ event_id: string; rows: number }>('SELECT event_id, count(*)::int AS rows FROM odds_history GROUP BY 1');
  return new Map(rows.map((row) => [row.event_id, row.rows]));
});

/** Compares the hourly statistics of events with a direct aggregate. At least one of their rows must say how odds varied, if `isVarying`. */
export const statisticsAgree = async (t: Test, database: TestDatabase, namespace: string, events: readonly string[], isVarying: boolean): Promise<void> => {
  const owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  await refreshAggregates(owner, { schema: namespace }).finally(() => owner.end());
  const { direct, hourly, varying, differing } = await asQuant(database, namespace, async (quant) => (await quant.query<{ direct: number; hourly: number; varying: number; differing: number }>(`
    WITH direct AS (${fromRows}), hourly AS (${fromView})
    SELECT (SELECT count(*)::int FROM direct) AS direct, (SELECT count(*)::int FROM hourly) AS hourly, (SELECT count(odds_volatility)::int FROM hourly) AS varying,
           (SELECT count(*)::int FROM (SELECT * FROM direct EXCEPT ALL SELECT * FROM hourly) x) AS differing`, [events])).rows[0]!);
  t.ok(direct > 0 && (!isVarying || varying > 0), `${database.mode} mode: there are statistics of ${events.length} events to compare, ${direct} rows, ${varying} with a deviation`);
  t.same({ hourly, differing }, { hourly: direct, differing: 0 }, `${database.mode} mode: the hourly statistics are those of a direct aggregate`);
};

/** A quant's INSERT is refused: by the role's default, and by its rights where that is taken off. */
export const mayOnlyRead = (t: Test, database: TestDatabase, namespace: string): Promise<void> => asQuant(database, namespace, async (quant) => {
  t.same((await quant.query('SELECT current_user::text AS me')).rows, [{ me: 'quant' }]);
  const insert = 'INSERT INTO odds_history SELECT * FROM odds_history LIMIT 1';
  await t.rejects(quant.query(insert), { code: '25006' }, `${database.mode} mode: a quant reads only`);
  await quant.query('SET default_transaction_read_only = off');
  await t.rejects(quant.query(insert), { code: '42501' }, `${database.mode} mode: also one who takes off the first lock`);
});

const asQuant = async <A>({ quantUrl }: TestDatabase, namespace: string, ask: (quant: pg.Client) => Promise<A>): Promise<A> => {
  const quant = new pg.Client({ connectionString: quantUrl });
  await quant.connect();
  try {
    await quant.query(`SET search_path = ${pg.escapeIdentifier(namespace)}, public`);
    return await ask(quant);
  } finally {
    await quant.end();
  }
};
