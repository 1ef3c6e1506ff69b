import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import pg from 'pg';
import { DatabaseUnusable, isPassing } from './errors.ts';

export interface SessionOptions {
  /** The role in it is what a sink may do: a member of odds_writer. */
  readonly postgresUrl: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** '' is schema public; any other is the schema of that name, and nothing is ever looked up elsewhere. */
  readonly namespace: string;
  /** Queries that are not waited for are sent at once, one behind the other, and prepared ones are planned for looking up by keys; there is no COPY then. */
  readonly isPipelined?: boolean;
  /** How long a lost connection is tried again before `run` gives up, ms. */
  readonly retryMs: number;
}

/**
 * One connection that is made again when it is lost. The time limits keep a stuck neighbour from being a stuck sink: 10 s for a lock, 60 s for
 * a statement; and a transaction whose client has gone silent ends after 30 s, so that its locks are free for who comes next.
 */
export class Session {
  readonly #options: SessionOptions;
  #client: pg.Client | undefined;
  #isClosed = false;

  constructor(options: SessionOptions) { this.#options = options; }

  /** Connects, and sees to it that the relations are there. Throws DatabaseUnusable. */
  async open(relations: readonly string[]): Promise<void> {
    let missing: string[];
    try {
      const { rows } = await (await this.#connected()).query<{ name: string }>(
        'SELECT name FROM unnest($1::text[]) name WHERE to_regclass(quote_ident(name)) IS NULL', [relations]);
      missing = rows.map(({ name }) => name);
    } catch (error) {
      await this.close();
      throw new DatabaseUnusable('database_unreachable', `PostgreSQL cannot be used at ${this.#place}: ${reason(error)}. Start it (\`oddstream stack start\`), or set the address in the configuration.`, error);
    }
    if (missing.length === 0) return;
    await this.close();
    throw new DatabaseUnusable('database_not_migrated', `schema ${this.#schema} at ${this.#place} has no ${missing.join(', ')} that this role may see: run \`oddstream migrate\`.`);
  }

  /** Does work on the connection; does it again, on a new one where it was lost, while its errors may pass and `retryMs` is not over. */
  run<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const untilMs = Date.now() + this.#options.retryMs;
    const policy = retry(handleWhen((error) => !this.#isClosed && Date.now() < untilMs && isPassing(error)), {
      maxAttempts: Number.MAX_SAFE_INTEGER, backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 2_000 }),
    });
    return policy.execute(async () => work(await this.#connected()));
  }

  /** Work in a transaction, begun without waiting for its beginning. What it throws is thrown, and nothing of it is left: it must not send anything after it has thrown. */
  transaction(work: (client: pg.Client) => Promise<void>, beforeCommit: () => void = () => {}): Promise<void> {
    return this.run(async (client) => {
      try {
        const begun = client.query('BEGIN');
        begun.catch(() => undefined); //  what comes behind it fails too
        await work(client);
        await begun;
        beforeCommit();
        await client.query('COMMIT');
      } catch (error) {
        // Where not even that gets through, the server rolls back by itself when the connection ends.
        await client.query('ROLLBACK').catch(() => { this.#drop(client); });
        throw error;
      }
    });
  }

  /** Work in a transaction of which nothing is kept. */
  rehearsal(work: (client: pg.Client) => Promise<void>): Promise<void> {
    return this.run(async (client) => {
      try {
        await client.query('BEGIN');
        await work(client);
      } finally {
        await client.query('ROLLBACK').catch(() => { this.#drop(client); });
      }
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => {});
  }

  get #schema(): string { return this.#options.namespace === '' ? 'public' : this.#options.namespace; }

  get #place(): string {
    const { host, port, database } = new pg.Client({ connectionString: this.#options.postgresUrl }); //  never with the password
    return `${host}:${port}/${database}`;
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client;
    const { postgresUrl, name, isPipelined = false } = this.#options;
    const client = new pg.Client({
      connectionString: postgresUrl, application_name: `oddstream ${name}`, connectionTimeoutMillis: 5_000, keepAlive: true,
      statement_timeout: 60_000, lock_timeout: 10_000, idle_in_transaction_session_timeout: 30_000, query_timeout: 90_000, pipeline: isPipelined,
    });
    client.on('error', () => { this.#drop(client); }); //  the query that was under way tells of it
    client.on('end', () => { this.#drop(client); });
    client.on('notice', ({ severity, message = '', hint = '' }) => { if (severity === 'WARNING') process.emitWarning(`${message} ${hint}`.trim(), 'PostgresWarning'); });
    try {
      await client.connect();
      // pg_temp last, or a temporary table could stand in for one of ours.
      await client.query(`SELECT set_config('search_path', $1, false)`, [`${pg.escapeIdentifier(this.#schema)}, pg_temp`]);
      // Prepared statements look things up by their keys: a plan that was made while a table was small must not read all of it later.
      if (isPipelined) await client.query('SET enable_seqscan = off');
    } catch (error) {
      void client.end().catch(() => {});
      throw error;
    }
    return this.#client = client;
  }

  #drop(client: pg.Client): void {
    if (this.#client === client) this.#client = undefined;
    void client.end().catch(() => {});
  }
}

const reason = (error: unknown): string => {
  if (error instanceof AggregateError) return error.errors.map(reason).join('; ');
  return error instanceof Error ? error.message : String(error);
};
