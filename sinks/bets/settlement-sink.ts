import type { Position, Sink, TopicPartition } from '../../runtime/ports.ts';
import type { Rows } from '../../schemas/codec/columns.ts';
import type { ResultRow } from '../../schemas/generated/result.ts';
import type { Fate } from '../../stream/fates.ts';
import { isPassing } from '../timescale/errors.ts';
import { Session } from '../timescale/session.ts';
import { TimescaleSink, type TimescaleSinkOptions } from '../timescale/sink.ts';
import type { DeskSurroundings } from './commands.ts';
import { causeOf } from '../../domain/bets/cause.ts';
import { lockMarkets, type MarketName } from './load.ts';
import { ResultsDestination } from './results.ts';
import { settleMarkets } from './settle-markets.ts';

/** So many markets at a time. */
const MOST = 50;

/**
 * Results into facts and settlements; and beside them, on a connection of its own, the markets that are due for another reason: a bet that was accepted once its
 * result was known, one that was voided by hand.
 */
export class SettlementSink implements Sink<ResultRow> {
  readonly mayRefuse = true;
  readonly #results: TimescaleSink<ResultRow>;
  readonly #session: Session;
  readonly #surroundings: DeskSurroundings;
  readonly #timer: NodeJS.Timeout;
  #underWay: Promise<void> | undefined;
  #failure: Error | undefined;

  static async open(options: TimescaleSinkOptions, surroundings: DeskSurroundings, everyMs: number): Promise<SettlementSink> {
    const results = await TimescaleSink.open(options, new ResultsDestination(surroundings));
    return new SettlementSink(results, new Session({ ...options, name: `${options.name} due`, retryMs: 0 }), surroundings, everyMs);
  }

  private constructor(results: TimescaleSink<ResultRow>, session: Session, surroundings: DeskSurroundings, everyMs: number) {
    this.#results = results;
    this.#session = session;
    this.#surroundings = surroundings;
    this.#timer = setInterval(() => { this.#underWay ??= this.#settleDue().finally(() => { this.#underWay = undefined; }); }, everyMs);
    this.#timer.unref();
  }

  get buffered(): number { return this.#results.buffered; }

  positions(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<number, number | undefined>> { return this.#results.positions(partitions); }

  write(partition: number, rows: Rows<ResultRow>, count: (fate: Fate) => void): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#results.write(partition, rows, count);
  }

  commit(positions: readonly Position[]): Promise<void> { return this.#results.commit(positions); }

  discard(): void { this.#results.discard(); }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#underWay;
    await this.#session.close();
    await this.#results.close();
  }

  async #settleDue(): Promise<void> {
    try {
      for (let settled = MOST; settled === MOST;) {
        await this.#session.transaction(async (client) => {
          // Read without a lock, since markets are locked first; then taken away, and what is not there any more has been settled by another.
          const { rows: dues } = await client.query<DueRow>(`SELECT sport_id, event_id, market_type FROM settlements_due LIMIT ${MOST}`);
          settled = dues.length;
          if (dues.length === 0) return;
          await lockMarkets(client, dues.map(nameOf), 'alone');
          const { rows } = await client.query<DueRow & { cause: string }>(`
            DELETE FROM settlements_due d USING unnest($1::text[], $2::text[], $3::text[]) n (sport_id, event_id, market_type)
             WHERE (d.sport_id, d.event_id, d.market_type) = (n.sport_id, n.event_id, n.market_type) RETURNING d.sport_id, d.event_id, d.market_type, d.cause`,
          [dues.map(({ sport_id }) => sport_id), dues.map(({ event_id }) => event_id), dues.map(({ market_type }) => market_type)]);
          if (rows.length > 0) await settleMarkets(client, rows.map((row) => ({ ...nameOf(row), cause: causeOf(row.cause) })), this.#surroundings);
        });
      }
    } catch (error) {
      if (!isPassing(error)) this.#failure = error as Error;
    }
  }
}

interface DueRow { sport_id: string; event_id: string; market_type: string }

const nameOf = (row: DueRow): MarketName => ({ sport: row.sport_id, eventId: row.event_id, market: row.market_type });
