import { join } from 'node:path';
import pg from 'pg';
import { SchemaRegistry } from '../../../connectors/kafka/registry.ts';
import { applyTopics } from '../../../connectors/kafka/topics.ts';
import { topicName, topics } from '../../../schemas/topics.ts';
import { migrate } from '../../migrations/migrate.ts';
import type { StackAddresses } from '../../stack/stack.ts';
import type { ChildEnd } from '../../start/child.ts';
import { Part } from '../../start/part.ts';
import { Positions } from '../positions.ts';
import { CampaignServers } from '../servers.ts';
import { until } from '../until.ts';

/** Two of each that may be two. */
export const moneyProcesses = {
  'bets-a': ['run', 'bets'], 'bets-b': ['run', 'bets'], 'settlement-a': ['run', 'settlement'], 'settlement-b': ['run', 'settlement'], 'outbox-a': ['outbox'], 'outbox-b': ['outbox'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type MoneyProcess = keyof typeof moneyProcesses;
export const moneyProcessNames = Object.freeze(Object.keys(moneyProcesses) as MoneyProcess[]);

export interface MoneyRigOptions {
  readonly folder: string;
  readonly say: (line: string) => void;
  readonly onEnd: (name: string, end: ChildEnd, lastWords: string) => void;
  readonly signal: AbortSignal;
}

const LIMIT_MS = 180_000, STOP_MS = 30_000;
/** What takes seconds otherwise takes one, so that it happens often. */
const SETTINGS = ['--set', 'bets.betDelayMs=1000', '--set', 'bets.answerMs=2000', '--set', 'bets.maxSilenceMs=20000'];

/** Servers and processes of a campaign on the money pipelines. */
export class MoneyRig {
  readonly servers: CampaignServers;
  readonly signal: AbortSignal;
  readonly parts: ReadonlyMap<MoneyProcess, Part>;
  readonly #options: MoneyRigOptions;
  #addresses: StackAddresses | undefined;
  #positions: Positions | undefined;

  constructor(options: MoneyRigOptions) {
    this.#options = options;
    this.signal = options.signal;
    this.servers = new CampaignServers({ ...options, only: ['kafka', 'registry', 'postgres'] });
    this.parts = new Map(moneyProcessNames.map((name) => [name, new Part({
      name, log: join(this.logs, `${name}.log`), onEnd: options.onEnd,
      args: [...moneyProcesses[name], ...(name.startsWith('outbox') ? [] : ['--instance', name, '--port', '0', ...SETTINGS]), '--home', this.home],
    })]));
  }

  get addresses(): StackAddresses { return this.#addresses!; }
  get home(): string { return this.servers.home; }
  get logs(): string { return this.servers.logs; }

  async up(): Promise<void> {
    const { say, signal } = this.#options;
    this.servers.prepare();
    this.#addresses = await this.servers.begin();
    this.#positions = new Positions(this.addresses);
    const { brokers, registryUrl, postgres } = this.addresses;
    await applyTopics({ brokers, registry: new SchemaRegistry(registryUrl, { namespace: '' }), namespace: '' });
    await migrate({ connectionString: postgres.owner.url, connectionTimeoutMillis: 10_000 }, { schema: 'public' });
    signal.throwIfAborted();
    for (const part of this.parts.values()) part.start();
    say('servers and processes are up');
  }

  async query<Row extends pg.QueryResultRow>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.addresses.postgres.owner.url, connectionTimeoutMillis: 5_000, query_timeout: 60_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(sql, parameters as unknown[])).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** How much is published and committed, as one number that only grows. */
  async progress(): Promise<number> {
    const [row] = await this.query<{ sum: string }>('SELECT (SELECT coalesce(sum(next_offset), 0) FROM sink_positions) + (SELECT coalesce(sum(published_sequence), 0) FROM bet_outbox_heads) AS sum');
    return Number(row!.sum);
  }

  /** Waits until something is committed again, ms. */
  async recovered(sinceMs: number): Promise<number> {
    let before: number | undefined;
    return until('something is committed again', async () => {
      const now = await this.progress();
      before ??= now;
      return now > before;
    }, { limitMs: LIMIT_MS, signal: this.signal, sinceMs });
  }

  /** What is not done yet, by what it is; empty at rest. */
  async left(): Promise<ReadonlyMap<string, number>> {
    const left = new Map<string, number>();
    for (const [pipeline, topic] of [['bets', topics.betCommands], ['settlement', topics.results]] as const) {
      const ends = await this.#positions!.ends(topicName(topic));
      const rows = await this.query<{ partition: number; next_offset: string }>('SELECT partition, next_offset FROM sink_positions WHERE pipeline = $1', [pipeline]);
      const at = new Map(rows.map((row) => [row.partition, Number(row.next_offset)]));
      const behind = Array.from(ends).reduce((sum, [partition, end]) => sum + end - (at.get(partition) ?? 0), 0);
      if (behind !== 0) left.set(`records of ${pipeline}`, behind);
    }
    const [row] = await this.query<{ pending: string; due: string; unpublished: string }>(`
      SELECT (SELECT count(*) FROM bets WHERE status IN ('delayed', 'submitted', 'unknown')) AS pending, (SELECT count(*) FROM settlements_due) AS due,
             (SELECT coalesce(sum(next_sequence - published_sequence), 0) FROM bet_outbox_heads) AS unpublished`);
    for (const [what, count] of Object.entries(row!)) if (Number(count) !== 0) left.set(what, Number(count));
    return left;
  }

  /** Asks all to stop. Returns those that did not end well. */
  async stop(): Promise<readonly string[]> {
    const ends = await Promise.all(Array.from(this.parts, async ([name, part]) => ({ name, end: await part.stop(STOP_MS) })));
    return ends.flatMap(({ name, end }) => (end === undefined || (end.code === 0 && end.inTime) ? [] : [`${name} ${end.inTime ? `ended with ${end.signal ?? end.code}` : `did not stop within ${STOP_MS / 1_000} s`}`]));
  }

  async down(): Promise<void> {
    await Promise.all(Array.from(this.parts.values(), (part) => part.end()));
    await this.#positions?.close();
    await this.servers.stop();
    await this.servers.wipe();
  }

}
