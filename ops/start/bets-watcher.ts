import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { lineOf } from '../cli/errors.ts';

/** How bets stand in one currency. Amounts are minor units. */
export interface WatchedBets {
  readonly currency: string;
  /** Bets that stand and are not settled, and what is behind them. */
  readonly open: number;
  readonly stakedMinor: number;
  readonly settled: number;
  /** Settlements that were taken back or made otherwise, and moved money by it. */
  readonly corrections: number;
  /** Staked on bets that were not refused. */
  readonly turnoverMinor: number;
  /** What our own book has gained. */
  readonly houseMinor: number;
  /** By how much all entries together, and those of accounts against their balances, are off: nothing, or something is wrong. */
  readonly offMinor: number;
}

interface Sums { total: number; ofAccounts: number; house: number; turnover: number; placed: number; dropped: number; settled: number; rolledBack: number; again: number }
const NONE: Sums = { total: 0, ofAccounts: 0, house: 0, turnover: 0, placed: 0, dropped: 0, settled: 0, rolledBack: 0, again: 0 };
const plus = (a: Sums, b: Sums): Sums => ({
  total: a.total + b.total, ofAccounts: a.ofAccounts + b.ofAccounts, house: a.house + b.house, turnover: a.turnover + b.turnover, placed: a.placed + b.placed, dropped: a.dropped + b.dropped, settled: a.settled + b.settled,
  rolledBack: a.rolledBack + b.rolledBack, again: a.again + b.again,
});

type SumRow = { readonly [Name in Exclude<keyof Sums, 'again'>]: string } & { readonly currency: string; readonly is_final: boolean; readonly again: string[] | null; readonly cashed: string[] | null };

/** A transfer has several entries. DISTINCT in the database would sort all entries for the few that are looked for. */
const sumsOf = ({ again, ...row }: SumRow): Sums => ({
  total: Number(row.total), ofAccounts: Number(row.ofAccounts), house: Number(row.house), turnover: Number(row.turnover), placed: Number(row.placed), dropped: Number(row.dropped), settled: Number(row.settled),
  rolledBack: Number(row.rolledBack), again: new Set(again).size,
});

/** The newest entry that is older than two minutes. A transaction lasts a minute at most: none can still put an entry before it. */
const EDGE = `SELECT coalesce(max(entry_id), $1) AS edge FROM ledger_entries WHERE entry_id > $1 AND created_at < now() - interval '2 minutes'`;

/**
 * Entries behind one that is known, added up: those up to the edge, which are final, and the others. A bet's entry in `staked` tells its taking, its refusal and its settlement;
 * a settlement that is made otherwise has none there.
 */
const SUMS = `
  SELECT currency, entry_id <= $2 AS is_final,
         sum(amount_minor) AS total, coalesce(sum(amount_minor) FILTER (WHERE bucket <> 'own'), 0) AS "ofAccounts", coalesce(sum(amount_minor) FILTER (WHERE bucket = 'own' AND account_id = 'house'), 0) AS house,
         coalesce(sum(amount_minor) FILTER (WHERE bucket = 'staked' AND kind IN ('place', 'reprice', 'rejected', 'cancelled')), 0) AS turnover,
         count(*) FILTER (WHERE bucket = 'staked' AND kind = 'place') AS placed, count(*) FILTER (WHERE bucket = 'staked' AND kind IN ('rejected', 'cancelled')) AS dropped,
         count(*) FILTER (WHERE bucket = 'staked' AND kind = 'settle') AS settled, count(*) FILTER (WHERE bucket = 'staked' AND kind = 'roll_back') AS "rolledBack",
         array_agg(transfer) FILTER (WHERE kind = 'settle_again') AS again, array_agg(bet_id) FILTER (WHERE bucket = 'staked' AND kind = 'cash_out') AS cashed
    FROM ledger_entries WHERE entry_id > $1 GROUP BY currency, entry_id <= $2`;

const EVERY_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** Looks at the ledger again and again. What was added up once is not read again, so that a look costs as much after a year as after a minute. */
export class BetsWatcher {
  /** By currency; empty before the first bet. */
  bets: readonly WatchedBets[] = [];
  /** Why it sees nothing any more. */
  problem: string | undefined;
  #edge = '0';
  readonly #final = new Map<string, Sums>();
  /** Bets of which a part was cashed out, and those that are so as a whole, by currency. */
  readonly #cashing = new Set<string>();
  readonly #closed = new Map<string, string>();

  /** One look, as of one moment. */
  async look(client: pg.ClientBase): Promise<void> {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    try {
      const { rows: [edges] } = await client.query<{ edge: string }>(EDGE, [this.#edge]);
      const { rows } = await client.query<SumRow>(SUMS, [this.#edge, edges!.edge]);
      const { rows: accounts } = await client.query<{ currency: string; staked: string; all: string }>('SELECT currency, sum(staked_minor) AS staked, sum(available_minor + held_minor + staked_minor - receivable_minor) AS "all" FROM accounts GROUP BY currency');
      await this.#lookAtCashed(client, rows);
      const now = new Map(this.#final);
      for (const row of rows) {
        const sums = sumsOf(row);
        now.set(row.currency, plus(now.get(row.currency) ?? NONE, sums));
        if (row.is_final) this.#final.set(row.currency, plus(this.#final.get(row.currency) ?? NONE, sums));
      }
      this.#edge = edges!.edge;
      const balances = new Map(accounts.map(({ currency, staked, all }) => [currency, { staked: Number(staked), all: Number(all) }]));
      this.bets = Array.from(now, ([currency, sums]) => {
        const { staked, all } = balances.get(currency) ?? { staked: 0, all: 0 };
        return {
          currency, stakedMinor: staked, settled: sums.settled - sums.rolledBack, corrections: sums.rolledBack + sums.again, turnoverMinor: sums.turnover, houseMinor: sums.house,
          open: sums.placed - sums.dropped - sums.settled + sums.rolledBack - Array.from(this.#closed.values()).filter((of) => of === currency).length,
          offMinor: Math.max(Math.abs(sums.total), Math.abs(sums.ofAccounts - all)),
        };
      }).sort((a, b) => (a.currency < b.currency ? -1 : 1));
    } finally {
      await client.query('COMMIT');
    }
  }

  /** Whether a cash-out was of all that was left its bet's row alone tells. */
  async #lookAtCashed(client: pg.ClientBase, rows: readonly SumRow[]): Promise<void> {
    for (const { cashed } of rows) for (const bet of cashed ?? []) if (!this.#closed.has(bet)) this.#cashing.add(bet);
    if (this.#cashing.size === 0) return;
    const { rows: bets } = await client.query<{ id: string; status: string; currency: string }>('SELECT id, status, currency FROM bets WHERE id = ANY($1::uuid[])', [[...this.#cashing]]);
    for (const { id, status, currency } of bets) {
      if (status === 'cashed_out') this.#closed.set(id, currency);
      // Cashed out again, it comes again.
      this.#cashing.delete(id);
    }
  }

  /** Looks once a second, until the signal is raised. A database that goes away is waited for. */
  async watch({ url, schema, signal }: { readonly url: string; readonly schema: string; readonly signal: AbortSignal }): Promise<void> {
    for (let pauseMs = EVERY_MS; !signal.aborted; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, application_name: 'oddstream-view' });
      // A connection that breaks while nothing is asked says so here only.
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.query(`SET search_path = ${pg.escapeIdentifier(schema)}`);
        while (!signal.aborted) {
          await this.look(client);
          this.problem = undefined;
          pauseMs = EVERY_MS;
          await pause(EVERY_MS, signal);
        }
      } catch (error) {
        this.problem = lineOf(error);
        await pause(pauseMs, signal);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> => wait(ms, undefined, { signal }).then(undefined, () => undefined);
