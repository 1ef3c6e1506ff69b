import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { liveMarket, offer, rules } from '../../domain/bets/world-for-tests.ts';
import type { LiveMarket } from '../../domain/bets/placement.ts';
import type { BettingProvider } from '../../domain/bets/provider.ts';
import type { TestDatabase } from '../../ops/migrations/database-for-tests.ts';
import { migrate } from '../../ops/migrations/migrate.ts';
import { checkLedger } from '../../ops/ledger/ledger.ts';
import type { Position } from '../../runtime/ports.ts';
import type { BetCommand, BetCommandRow } from '../../schemas/generated/bet-command.ts';
import type { Result, ResultRow } from '../../schemas/generated/result.ts';
import { topics } from '../../schemas/topics.ts';
import { TimescaleSink } from '../timescale/sink.ts';
import { rowsOf } from '../rows-for-tests.ts';
import { CommandsDestination, type DeskSurroundings } from './commands.ts';
import { COMMANDS, RESULTS } from './load.ts';
import { Placements } from './placements.ts';
import { ResultsDestination } from './results.ts';
import { openSettlementSink } from './settlement-sink.ts';

export const START_MS = Date.UTC(2026, 4, 1);
export const uuid = (n: number, group = 0): string => `${group.toString(16).padStart(8, '0')}-0000-4000-8000-${(n * 16).toString(16).padStart(12, '0')}`;
/** What a test places where it does not say otherwise. */
export const leg = (event = 'e1', outcome = 'home', price = 2.5) => ({ sport: 'football', event_id: event, market: '1x2', outcome, price });
export const place = (account: string, n: number, more: Partial<BetCommand> = {}): Partial<BetCommand> =>
  ({ action: 'place', account_id: account, command_id: uuid(n), amount_minor: 1_000, currency: 'GBP', provider: 'house', legs: [leg()], ...more });
export const result = (event: string, more: Partial<Result> = {}): Partial<Result> =>
  ({ provider: 'x', sport: 'football', event_id: event, market: '1x2', action: 'settle', outcomes: [{ outcome: 'home', result: 'won', dead_heat_factor: null }, { outcome: 'away', result: 'lost', dead_heat_factor: null }], ...more });

const open = liveMarket({
  back: [offer('house', 2.5, { limitMinor: 500_000 }), offer('exchange', 2.6, { commissionPpm: 50_000, limitMinor: 40_000, currency: 'GBP' })],
  lay: [offer('exchange', 2.7, { commissionPpm: 50_000, currency: 'GBP' })],
});

/** A migrated database, a clock, and markets that a test moves; every sink is closed when the test ends. */
export class BetsDatabase {
  readonly url: string;
  readonly client: pg.Client;
  nowMs = START_MS;
  /** By event; any other is open at the same prices. */
  readonly live = new Map<string, LiveMarket>();
  readonly surroundings: DeskSurroundings = { rules, markets: (_, event) => this.live.get(event) ?? open, clock: () => this.nowMs };
  readonly #closing: (() => Promise<void>)[] = [];

  static async open(t: { readonly teardown: (close: () => Promise<void>) => void }, db: TestDatabase): Promise<BetsDatabase> {
    await migrate(db.owner);
    const database = new BetsDatabase(await db.connect('oddstream_bets'));
    t.teardown(() => database.close());
    return database;
  }

  private constructor(client: pg.Client) {
    this.client = client;
    this.url = `postgresql://oddstream_bets@${encodeURIComponent(client.host)}/oddstream`;
  }

  async close(): Promise<void> { for (const close of this.#closing.splice(0).reverse()) await close(); }

  async commands(name = 'bets', partition = 0): Promise<CommandsUnderTest> {
    const sink = await TimescaleSink.open({ postgresUrl: this.url, namespace: '', name, retryMs: 20_000 }, new CommandsDestination(this.surroundings));
    this.#closing.push(() => sink.close());
    const commands = new CommandsUnderTest(sink, () => this.nowMs, partition);
    await commands.start();
    return commands;
  }

  async results(partition = 0): Promise<ResultsUnderTest> {
    const sink = await TimescaleSink.open({ postgresUrl: this.url, namespace: '', name: 'settlement', retryMs: 20_000 }, new ResultsDestination(this.surroundings));
    this.#closing.push(() => sink.close());
    const results = new ResultsUnderTest(sink, () => this.nowMs, partition);
    await results.start();
    return results;
  }

  /** Runs what settles the markets that are due until none is. */
  async settleDue(): Promise<void> {
    const sink = await openSettlementSink({ postgresUrl: this.url, namespace: '', name: 'settlement' }, this.surroundings, 5);
    await this.until('nothing is due', `SELECT NOT EXISTS (SELECT FROM settlements_due)`).finally(() => sink.close());
  }

  placements(provider: BettingProvider, more: { readonly answerMs?: number; readonly everyMs?: number; readonly onTrouble?: (message: string) => void; readonly providerOf?: (name: string) => BettingProvider } = {}): Placements {
    const placements = new Placements({ postgresUrl: this.url, namespace: '', name: 'bets', surroundings: this.surroundings, providerOf: () => provider, everyMs: 5, answerMs: 1_000, onTrouble: () => undefined, ...more });
    this.#closing.push(() => placements.close());
    return placements;
  }

  async rows<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> { return (await this.client.query<Row>(sql, values)).rows; }

  /** Waits until a query says true. */
  async until(what: string, sql: string): Promise<void> {
    for (const untilMs = Date.now() + 30_000; ; await wait(5)) {
      const [row] = await this.rows<Record<string, boolean>>(sql);
      if (Object.values(row!)[0] === true) return;
      if (Date.now() > untilMs) throw new Error(`it did not come: ${what}`);
    }
  }

  /** All that is wrong in the books. Counts that the outbox has no gap, too. */
  async wrong(): Promise<string[]> {
    const gaps = await this.rows<{ text: string }>(`
      SELECT format('partition %s: %s events up to %s, next %s', h.partition, count(o.sequence), max(o.sequence), h.next_sequence) AS text FROM bet_outbox_heads h LEFT JOIN bet_outbox o USING (partition)
       GROUP BY h.partition, h.next_sequence HAVING (count(o.sequence), coalesce(max(o.sequence) + 1, 0)) <> (h.next_sequence, h.next_sequence)`);
    return [...(await checkLedger(this.client)).flatMap(({ examples }) => examples), ...gaps.map(({ text }) => text)];
  }
}

/** A sink, driven as a pipeline drives it: polls of a partition, each committed with its position. */
abstract class SinkUnderTest<Value, R extends BetCommandRow | ResultRow> {
  offset = 0;
  readonly sink: TimescaleSink<R>;
  readonly partition: number;
  readonly #topic: string;
  readonly #nowMs: () => number;

  constructor(sink: TimescaleSink<R>, topic: string, nowMs: () => number, partition: number) {
    this.sink = sink;
    this.partition = partition;
    this.#topic = topic;
    this.#nowMs = nowMs;
  }

  async start(): Promise<void> { this.offset = (await this.sink.positions([{ topic: this.#topic, partition: this.partition }])).get(this.partition) ?? 0; }

  /** Writes and commits the next records. Where it throws, nothing was written, and the next ones have the same offsets. */
  async poll(values: readonly Partial<Value>[]): Promise<void> {
    const records = values.map((value, at) => ({ offset: this.offset + at, value: { timestamp: this.#nowMs(), ...value } as Partial<Value> }));
    await this.pollRecords(records, this.offset + records.length);
  }

  async pollRecords(records: readonly { readonly offset: number; readonly value: Partial<Value> }[], next: number): Promise<void> {
    this.sink.write(this.partition, this.rowsOf(records), () => undefined);
    const position: Position = { topic: this.#topic, partition: this.partition, offset: next };
    try {
      await this.sink.commit([position]);
    } catch (error) {
      this.sink.discard();
      throw error;
    }
    this.offset = next;
  }

  protected abstract rowsOf(records: readonly { readonly offset: number; readonly value: Partial<Value> }[]): ReturnType<typeof rowsOf<Value, R, never, never>>;
}

export class CommandsUnderTest extends SinkUnderTest<BetCommand, BetCommandRow> {
  constructor(sink: TimescaleSink<BetCommandRow>, nowMs: () => number, partition: number) { super(sink, COMMANDS, nowMs, partition); }
  protected override rowsOf(records: readonly { readonly offset: number; readonly value: Partial<BetCommand> }[]) { return rowsOf(topics.betCommands, records); }
}

export class ResultsUnderTest extends SinkUnderTest<Result, ResultRow> {
  constructor(sink: TimescaleSink<ResultRow>, nowMs: () => number, partition: number) { super(sink, RESULTS, nowMs, partition); }
  protected override rowsOf(records: readonly { readonly offset: number; readonly value: Partial<Result> }[]) { return rowsOf(topics.results, records); }
}
