import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { SchemaRegistry } from '../../../connectors/kafka/registry.ts';
import { applyTopics } from '../../../connectors/kafka/topics.ts';
import { topicName, topics } from '../../../schemas/topics.ts';
import { migrate } from '../../migrations/migrate.ts';
import { homeAt } from '../../stack/home.ts';
import { freeBasePort } from '../../stack/ports.ts';
import { liveRecord, processStart } from '../../stack/server-process.ts';
import { defaultHome, type ServerName, type StackAddresses, StackError, startStack, stopStack, wipeStack } from '../../stack/stack.ts';
import type { ChildEnd } from '../../start/child.ts';
import { Part } from '../part.ts';
import { Positions } from '../positions.ts';
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

const LIMIT_MS = 180_000, STOP_MS = 30_000, GONE_MS = 20_000;
/** What takes seconds otherwise takes one, so that it happens often. */
const SETTINGS = ['--set', 'bets.betDelayMs=1000', '--set', 'bets.answerMs=2000', '--set', 'bets.maxSilenceMs=20000'];

/** Servers and processes of a campaign on the money pipelines. */
export class MoneyRig {
  readonly home: string;
  readonly signal: AbortSignal;
  readonly parts: ReadonlyMap<MoneyProcess, Part>;
  readonly #options: MoneyRigOptions;
  #addresses: StackAddresses | undefined;
  #positions: Positions | undefined;

  constructor(options: MoneyRigOptions) {
    this.#options = options;
    this.signal = options.signal;
    this.home = join(options.folder, 'home');
    this.parts = new Map(moneyProcessNames.map((name) => [name, new Part({
      name, log: join(this.logs, `${name}.log`), onEnd: options.onEnd,
      args: [...moneyProcesses[name], ...(name.startsWith('outbox') ? [] : ['--instance', name, '--port', '0', ...SETTINGS]), '--home', this.home],
    })]));
  }

  get addresses(): StackAddresses { return this.#addresses!; }
  get logs(): string { return join(this.home, 'logs'); }

  async up(): Promise<void> {
    const { say, signal, folder } = this.#options;
    mkdirSync(this.logs, { recursive: true });
    chmodSync(folder, 0o755); //  PostgreSQL's user must get in
    const cache = join(defaultHome(), 'cache');
    mkdirSync(cache, { recursive: true });
    symlinkSync(cache, join(this.home, 'cache')); //  downloads are shared
    this.#addresses = await this.#startServers();
    this.#positions = new Positions(this.addresses);
    const { brokers, registryUrl, postgres } = this.addresses;
    await applyTopics({ brokers, registry: new SchemaRegistry(registryUrl, { namespace: '' }), namespace: '' });
    await migrate({ connectionString: postgres.owner.url, connectionTimeoutMillis: 10_000 }, { schema: 'public' });
    signal.throwIfAborted();
    for (const part of this.parts.values()) part.start();
    say('servers and processes are up');
  }

  isUp(server: ServerName): boolean { return liveRecord(homeAt(this.home), server) !== undefined; }

  async killServer(server: ServerName, by: NodeJS.Signals): Promise<void> {
    const record = liveRecord(homeAt(this.home), server);
    if (record === undefined) return;
    process.kill(record.pid, by);
    await until(`${server} is gone`, () => processStart(record.pid) !== record.startedAt, { limitMs: GONE_MS, signal: this.signal });
  }

  async startServer(server: ServerName): Promise<void> {
    await until(`${server} is up`, async () => { await startStack({ home: this.home, only: [server], signal: this.signal }); return true; }, { limitMs: LIMIT_MS, signal: this.signal });
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
    await stopStack({ home: this.home });
    if (existsSync(this.logs)) cpSync(this.logs, join(this.#options.folder, 'logs'), { recursive: true });
    await wipeStack({ home: this.home });
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Ports that are free now may be taken a moment later: then others are tried. */
  async #startServers(): Promise<StackAddresses> {
    const { say, signal } = this.#options;
    for (let triesLeft = 5, from = 20_000 + (process.pid % 60) * 100; ; triesLeft--, from += 300) {
      const basePort = await freeBasePort(from);
      try {
        return await startStack({ home: this.home, only: ['kafka', 'registry', 'postgres'], onProgress: say, signal, ...(basePort === undefined ? {} : { basePort }) });
      } catch (error) {
        if (!(error instanceof StackError && error.code === 'port-taken') || triesLeft === 0) throw error;
      }
    }
  }
}
