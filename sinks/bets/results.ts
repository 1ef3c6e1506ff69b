import type pg from 'pg';
import { type Fact, factKey, OPEN_FROM_MS, OPEN_UNTIL_MS, replaces } from '../../domain/bets/facts.ts';
import { Control } from '../../schemas/codec/columns.ts';
import { certaintySymbols, deductionKindSymbols, outcomeClassSymbols, ResultAction, type ResultRow } from '../../schemas/generated/result.ts';
import { Fate } from '../../stream/fates.ts';
import type { Destination, RecordSource } from '../timescale/sink.ts';
import type { DeskSurroundings } from './commands.ts';
import { factsOfMarkets, lockMarkets, marketKey, type MarketName, RESULTS } from './load.ts';
import { settleMarkets } from './settle-markets.ts';

interface Word { readonly market: MarketName; readonly fact: Fact }

/** Results become facts, of which the newest of each producer counts; and every market of which one has changed is settled again in the same transaction. */
export class ResultsDestination implements Destination<ResultRow> {
  readonly relations = ['market_facts', 'bets', 'bet_settlements', 'bet_outbox', 'settlements_due'] as const;
  readonly isPipelined = true;
  readonly #waiting: (Word & { readonly source: RecordSource })[] = [];
  readonly #surroundings: DeskSurroundings;

  constructor(surroundings: DeskSurroundings) { this.#surroundings = surroundings; }

  get buffered(): number { return this.#waiting.length; }
  get records(): number { return this.#waiting.length; }

  write(row: ResultRow, partition: number, count: (fate: Fate) => void): void {
    if (row.control !== Control.none) { count(Fate.control); return; }
    const market = { sport: row.text(row.sport), eventId: row.text(row.eventId), market: row.text(row.market) };
    this.#waiting.push({ market, fact: factOf(row, partition), source: { partition, offset: row.offset } });
    count(Fate.applied);
  }

  sourceOf(record: number): RecordSource { return this.#waiting[record]!.source; }

  async put(client: pg.ClientBase, from: number, until: number): Promise<void> {
    if (from === until) return;
    const words = this.#waiting.slice(from, until), named = new Map(words.map(({ market }) => [marketKey(market), market]));
    await lockMarkets(client, named.values(), 'alone');
    const changed = newest(words, await factsOfMarkets(client, named.values()));
    if (changed.size === 0) return;
    await upsert(client, Array.from(changed.values()));
    const dues = new Map(Array.from(changed.values(), ({ market, fact }) => [marketKey(market), { ...market, cause: fact.cause }]));
    await settleMarkets(client, Array.from(dues.values()), this.#surroundings);
  }

  committed(): void { this.discard(); }

  discard(): void { this.#waiting.length = 0; }
}

/** What replaces something that is known, each the newest of its kind. */
const newest = (words: readonly Word[], known: ReadonlyMap<string, readonly Fact[]>): Map<string, Word> => {
  const changed = new Map<string, Word>();
  for (const word of words) {
    const key = marketKey(word.market), of = `${key}\n${factKey(word.fact)}`;
    const before = changed.get(of)?.fact ?? known.get(key)?.find((fact) => factKey(fact) === factKey(word.fact));
    if (before === undefined || replaces(word.fact, before)) changed.set(of, word);
  }
  return changed;
};

const upsert = async (client: pg.ClientBase, words: readonly Word[]): Promise<void> => {
  await client.query(`
    INSERT INTO market_facts (sport_id, event_id, market_type, producer, kind, void_from, void_until, is_active, certainty, outcomes, deductions, "timestamp", source_partition, source_offset)
    SELECT * FROM jsonb_to_recordset($1::jsonb) n (sport_id text, event_id text, market_type text, producer text, kind text, void_from bigint, void_until bigint, is_active boolean, certainty text,
                                                   outcomes jsonb, deductions jsonb, "timestamp" timestamptz, source_partition int, source_offset bigint)
    ON CONFLICT (event_id, market_type, sport_id, producer, kind, void_from, void_until) DO UPDATE SET (is_active, certainty, outcomes, deductions, "timestamp", source_partition, source_offset)
      = (excluded.is_active, excluded.certainty, excluded.outcomes, excluded.deductions, excluded."timestamp", excluded.source_partition, excluded.source_offset)`,
  [JSON.stringify(words.map(({ market, fact }) => ({
    sport_id: market.sport, event_id: market.eventId, market_type: market.market, producer: fact.producer, kind: fact.kind, void_from: fact.fromMs, void_until: fact.untilMs,
    is_active: fact.isActive, certainty: fact.certainty, outcomes: fact.outcomes, deductions: fact.deductions, timestamp: new Date(fact.timestampMs).toISOString(),
    source_partition: fact.cause.partition, source_offset: fact.cause.offset,
  })))]);
};

const factOf = (row: ResultRow, partition: number): Fact => {
  const isCancel = row.action === ResultAction.cancel || row.action === ResultAction.rollback_cancel;
  const outcomes = [], deductions = [];
  for (let at = row.outcomesStart; at < row.outcomesEnd; at++) {
    const share = row.outcomesDeadHeatFactor(at);
    outcomes.push({ outcome: row.text(row.outcomesOutcome(at)), result: outcomeClassSymbols[row.outcomesResult(at)]!, deadHeatFactor: Number.isNaN(share) ? null : share });
  }
  for (let at = row.deductionsStart; at < row.deductionsEnd; at++) {
    deductions.push({ kind: deductionKindSymbols[row.deductionsKind(at)]!, rate: row.deductionsRate(at), withdrawnAtMs: row.deductionsWithdrawnAt(at) });
  }
  return {
    producer: row.text(row.provider), kind: isCancel ? 'cancel' : 'settle', timestampMs: row.timestamp,
    fromMs: isCancel && !Number.isNaN(row.voidFrom) ? row.voidFrom : OPEN_FROM_MS, untilMs: isCancel && !Number.isNaN(row.voidUntil) ? row.voidUntil : OPEN_UNTIL_MS,
    isActive: row.action === ResultAction.settle || row.action === ResultAction.cancel, certainty: certaintySymbols[row.certainty]!, outcomes, deductions,
    cause: { topic: RESULTS, partition, offset: row.offset },
  };
};
