import { causeOf } from '../../domain/bets/cause.ts';
import type { Sink } from '../../runtime/ports.ts';
import type { ResultRow } from '../../schemas/generated/result.ts';
import { Chore, SinkWithChore } from '../timescale/chore.ts';
import type { Session } from '../timescale/session.ts';
import { TimescaleSink, type TimescaleSinkOptions } from '../timescale/sink.ts';
import type { DeskSurroundings } from './commands.ts';
import { lockMarkets, type MarketName } from './load.ts';
import { ResultsDestination } from './results.ts';
import { settleMarkets } from './settle-markets.ts';

/** So many markets at a time. */
const MOST = 50;

/** Results into facts and settlements; and beside them the markets that are due for another reason: a bet that was accepted once its result was known, one that was voided by hand. */
export const openSettlementSink = async (options: TimescaleSinkOptions, surroundings: DeskSurroundings, everyMs: number): Promise<Sink<ResultRow>> => {
  const results = await TimescaleSink.open(options, new ResultsDestination(surroundings));
  return new SinkWithChore(results, new Chore({ ...options, name: `${options.name} due`, isPipelined: true, everyMs, work: (session) => settleDue(session, surroundings) }));
};

const settleDue = async (session: Session, surroundings: DeskSurroundings): Promise<void> => {
  for (let settled = MOST; settled === MOST;) {
    await session.transaction(async (client) => {
      // Read without a lock, since markets are locked first; then taken away, and what is not there any more has been settled by another.
      const { rows: dues } = await client.query<DueRow>(`SELECT sport_id, event_id, market_type FROM settlements_due LIMIT ${MOST}`);
      settled = dues.length;
      if (dues.length === 0) return;
      await lockMarkets(client, dues.map(nameOf), 'alone');
      const { rows } = await client.query<DueRow & { cause: string }>(`
        DELETE FROM settlements_due d USING unnest($1::text[], $2::text[], $3::text[]) n (sport_id, event_id, market_type)
         WHERE (d.sport_id, d.event_id, d.market_type) = (n.sport_id, n.event_id, n.market_type) RETURNING d.sport_id, d.event_id, d.market_type, d.cause`,
      [dues.map(({ sport_id }) => sport_id), dues.map(({ event_id }) => event_id), dues.map(({ market_type }) => market_type)]);
      if (rows.length > 0) await settleMarkets(client, rows.map((row) => ({ ...nameOf(row), cause: causeOf(row.cause) })), surroundings);
    });
  }
};

interface DueRow { sport_id: string; event_id: string; market_type: string }

const nameOf = (row: DueRow): MarketName => ({ sport: row.sport_id, eventId: row.event_id, market: row.market_type });
