import type pg from 'pg';
import type { Row, Rows } from '../../schemas/codec/columns.ts';
import { type Position, type RefusedRecord, RowsRefused, type Sink, SinkFenced, type TopicPartition } from '../../runtime/ports.ts';
import type { Fate } from '../../stream/fates.ts';
import { isOfRow, refusalCode, Unstorable } from './errors.ts';
import { type Move, movePositions, readPositions } from './positions.ts';
import { Session } from './session.ts';

/** Where a record came from. */
export interface RecordSource { readonly partition: number; readonly offset: number }

/** What rows of a topic become in the database, and how they get there. It holds what waits for the next commit, record by record. */
export interface Destination<R extends Row = Row> {
  /** Tables that must be there. */
  readonly relations: readonly string[];
  /** Whether it sends several statements at once, and COPYs none. */
  readonly isPipelined?: boolean;
  /** How many rows wait. */
  readonly buffered: number;
  /** How many records they are of. */
  readonly records: number;
  /** Of each of these, by index. */
  sourceOf(record: number): RecordSource;
  /** Copies what it needs of a row. Its fate is said here, or at the latest in `committed`. Throws Unstorable: then all is discarded before it is told anything else. */
  write(row: R, partition: number, count: (fate: Fate) => void): void;
  /** Before the transaction, in ones of its own: repeating it must do no harm. */
  prepare?(client: pg.ClientBase): Promise<void>;
  /** In the transaction: puts in the records of indexes `from` to `until`, `until` not included. Called again if that was rolled back. */
  put(client: pg.ClientBase, from: number, until: number): Promise<void>;
  /** In the transaction, once all is put in: what else is to be noted of it. */
  note?(client: pg.ClientBase): Promise<void>;
  /** All that was put in is durable: forget it. */
  committed(): void;
  /** Forget what was not put in either. */
  discard(): void;
}

export interface TimescaleSinkOptions {
  readonly postgresUrl: string;
  readonly namespace: string;
  /** The pipeline's name. */
  readonly name: string;
  /** How long a commit tries again while the database is away, ms. */
  readonly retryMs?: number;
}

/**
 * Takes rows into PostgreSQL, with or without TimescaleDB: rows and positions in one transaction, so that each row is there exactly once
 * without a unique index (ARCHITECTURE.md section 6).
 */
export class TimescaleSink<R extends Row = Row> implements Sink<R> {
  readonly mayRefuse = true;
  readonly #session: Session;
  readonly #destination: Destination<R>;
  readonly #pipeline: string;
  /** What the database said, or was told, last. Undefined: no position was there. */
  readonly #expected = new Map<number, number | undefined>();
  /** What was written and cannot even be sent. */
  readonly #unstorable: RefusedRecord[] = [];

  /** Throws DatabaseUnusable where the server cannot be reached, or the schema is not migrated. */
  static async open<R extends Row>(options: TimescaleSinkOptions, destination: Destination<R>): Promise<TimescaleSink<R>> {
    const session = new Session({ retryMs: 30_000, isPipelined: destination.isPipelined ?? false, ...options });
    await session.open(['sink_positions', ...destination.relations]);
    return new TimescaleSink(session, destination, options.name);
  }

  private constructor(session: Session, destination: Destination<R>, pipeline: string) {
    this.#session = session;
    this.#destination = destination;
    this.#pipeline = pipeline;
  }

  get buffered(): number { return this.#destination.buffered; }

  async positions(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<number, number | undefined>> {
    const topic = partitions[0]?.topic; //  a sink reads one topic
    if (topic === undefined) return new Map();
    const numbers = partitions.map(({ partition }) => partition);
    const found = await this.#session.run((client) => readPositions(client, this.#pipeline, topic, numbers));
    for (const partition of numbers) this.#expected.set(partition, found.get(partition));
    return new Map(numbers.map((partition) => [partition, found.get(partition)]));
  }

  write(partition: number, rows: Rows<R>, count: (fate: Fate) => void): void {
    for (let i = 0; i < rows.size; i++) {
      const row = rows.row(i);
      try {
        this.#destination.write(row, partition, count);
      } catch (error) {
        if (!(error instanceof Unstorable)) throw error;
        this.#unstorable.push({ partition, offset: row.offset, code: refusalCode(error.sqlState), message: error.message });
      }
    }
  }

  /**
   * Throws SinkFenced if another writer has moved a position, and RowsRefused with the records whose rows the tables will never take. Either way nothing of
   * ours was written.
   */
  async commit(positions: readonly Position[]): Promise<void> {
    const topic = positions[0]?.topic;
    if (topic === undefined) return;
    if (this.#unstorable.length > 0) throw new RowsRefused(this.#unstorable.splice(0));
    const destination = this.#destination;
    const moves = positions.map(({ partition, offset }): Move => ({ partition, expected: this.#expected.get(partition), next: offset }));
    if (destination.prepare !== undefined) await this.#session.run((client) => destination.prepare!(client));
    let mayBeCommitted = false;
    try {
      await this.#session.transaction(async (client) => {
        const moved = this.#move(client, topic, moves);
        moved.catch(() => undefined); //  told below
        try {
          await destination.put(client, 0, destination.records);
        } finally {
          await moved; //  that another writer was here is the reason for all else
        }
        await destination.note?.(client);
      }, () => { mayBeCommitted = true; });
    } catch (error) {
      if (isOfRow(error)) {
        const refused = await this.#refused(topic, moves);
        throw refused.length > 0 ? new RowsRefused(refused, error) : error;
      }
      // The connection was lost while an earlier try committed: positions where we wanted them say that it did.
      if (!(error instanceof SinkFenced && mayBeCommitted && await this.#standsAt(topic, moves))) throw error;
    }
    destination.committed();
    for (const { partition, next } of moves) this.#expected.set(partition, next);
  }

  discard(): void {
    this.#unstorable.length = 0;
    this.#destination.discard();
  }

  async close(): Promise<void> { await this.#session.close(); }

  async #move(client: pg.ClientBase, topic: string, moves: readonly Move[]): Promise<void> {
    if (!await movePositions(client, this.#pipeline, topic, moves)) throw new SinkFenced(`another writer has moved ${this.#pipeline} on ${topic} away from ${describe(moves)}`);
  }

  /**
   * The records that the tables will never take, each behind those before it that they do take: what failed as a whole is halved until single records fail.
   * In one transaction, with the positions held as in a commit, so that no other writer's rows are mistaken for a reason; and nothing of it is kept, since the
   * refused records must be somewhere durable before the others' commit passes over them.
   */
  async #refused(topic: string, moves: readonly Move[]): Promise<RefusedRecord[]> {
    const destination = this.#destination, refused: RefusedRecord[] = [];
    /** Says whether all of them went in. */
    const put = async (client: pg.ClientBase, from: number, until: number, isKnownToFail: boolean): Promise<boolean> => {
      if (!isKnownToFail || until - from === 1) {
        await client.query('SAVEPOINT part');
        try {
          await destination.put(client, from, until);
          await client.query('RELEASE SAVEPOINT part');
          return true;
        } catch (error) {
          if (!isOfRow(error)) throw error;
          await client.query('ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part');
          if (until - from === 1) {
            refused.push({ ...destination.sourceOf(from), code: refusalCode(error.code!), message: error.message });
            return false;
          }
        }
      }
      const middle = (from + until) >>> 1;
      const isLeftIn = await put(client, from, middle, false);
      await put(client, middle, until, isLeftIn); //  one of the halves must be at fault
      return false;
    };
    await this.#session.rehearsal(async (client) => {
      refused.length = 0;
      await this.#move(client, topic, moves);
      if (destination.records > 0) await put(client, 0, destination.records, true);
    });
    return refused;
  }

  async #standsAt(topic: string, moves: readonly Move[]): Promise<boolean> {
    const now = await this.#session.run((client) => readPositions(client, this.#pipeline, topic, moves.map(({ partition }) => partition)));
    return moves.every(({ partition, next }) => now.get(partition) === next);
  }
}

const describe = (moves: readonly Move[]): string => moves.map(({ partition, expected }) => `partition ${partition} offset ${expected ?? 'none'}`).join(', ');
