import type pg from 'pg';
import type { Row, Rows } from '../../schemas/codec/columns.ts';
import { type Position, type Sink, SinkFenced, type TopicPartition } from '../../runtime/ports.ts';
import type { Fate } from '../../stream/fates.ts';
import { type Move, movePositions, readPositions } from './positions.ts';
import { Session } from './session.ts';

/** What rows of a topic become in the database, and how they get there. It holds what waits for the next commit. */
export interface Destination<R extends Row = Row> {
  /** Tables that must be there. */
  readonly relations: readonly string[];
  readonly buffered: number;
  /** Copies what it needs of a row. Its fate is said here, or at the latest in `committed`. */
  write(row: R, partition: number, count: (fate: Fate) => void): void;
  /** Before the transaction, in ones of its own: repeating it must do no harm. */
  prepare?(client: pg.ClientBase): Promise<void>;
  /** In the transaction: puts in all that is buffered. Called again if that transaction failed. */
  flush(client: pg.ClientBase): Promise<void>;
  /** What was flushed is durable: forget it. */
  committed(): void;
  /** Forget what was not flushed either. */
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
  readonly #session: Session;
  readonly #destination: Destination<R>;
  readonly #pipeline: string;
  /** What the database said, or was told, last. Undefined: no position was there. */
  readonly #expected = new Map<number, number | undefined>();

  /** Throws DatabaseUnusable where the server cannot be reached, or the schema is not migrated. */
  static async open<R extends Row>(options: TimescaleSinkOptions, destination: Destination<R>): Promise<TimescaleSink<R>> {
    const session = new Session({ retryMs: 30_000, ...options });
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
    for (let i = 0; i < rows.size; i++) this.#destination.write(rows.row(i), partition, count);
  }

  /** Throws SinkFenced if another writer has moved a position: then nothing of ours was written. */
  async commit(positions: readonly Position[]): Promise<void> {
    const topic = positions[0]?.topic;
    if (topic === undefined) return;
    const moves = positions.map(({ partition, offset }): Move => ({ partition, expected: this.#expected.get(partition), next: offset }));
    if (this.#destination.prepare !== undefined) await this.#session.run((client) => this.#destination.prepare!(client));
    let mayBeCommitted = false;
    try {
      await this.#session.transaction(async (client) => {
        if (!await movePositions(client, this.#pipeline, topic, moves)) throw new SinkFenced(`another writer has moved ${this.#pipeline} on ${topic} away from ${describe(moves)}`);
        await this.#destination.flush(client);
      }, () => { mayBeCommitted = true; });
    } catch (error) {
      // The connection was lost while an earlier try committed: positions where we wanted them say that it did.
      if (!(error instanceof SinkFenced && mayBeCommitted && await this.#standsAt(topic, moves))) throw error;
    }
    this.#destination.committed();
    for (const { partition, next } of moves) this.#expected.set(partition, next);
  }

  discard(): void { this.#destination.discard(); }

  async close(): Promise<void> { await this.#session.close(); }

  async #standsAt(topic: string, moves: readonly Move[]): Promise<boolean> {
    const now = await this.#session.run((client) => readPositions(client, this.#pipeline, topic, moves.map(({ partition }) => partition)));
    return moves.every(({ partition, next }) => now.get(partition) === next);
  }
}

const describe = (moves: readonly Move[]): string => moves.map(({ partition, expected }) => `partition ${partition} offset ${expected ?? 'none'}`).join(', ');
