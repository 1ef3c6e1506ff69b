import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { EARLIEST_MS, LATEST_MS } from '../../schemas/contract.ts';
import type { Row } from '../../schemas/codec/columns.ts';
import type { Fate } from '../../stream/fates.ts';
import { CopyRows } from './copy-text.ts';
import type { Destination, RecordSource } from './sink.ts';

/** How rows of a topic become rows of a time series. */
export interface Series<R extends Row> {
  readonly table: string;
  readonly columns: readonly string[];
  /** Adds a row's lines, in the order of `columns`, and says what became of it. */
  format(row: R, partition: number, lines: CopyRows): Fate;
  /** In the transaction, behind the COPY: what else is to be noted of the lines. */
  note?(client: pg.ClientBase): Promise<void>;
  /** The lines are gone: so are the notes. */
  clear?(): void;
}

/** COPY of what waits into one time series: chunks are sent as they lie, and sent again if the transaction failed. */
export class CopyDestination<R extends Row> implements Destination<R> {
  readonly relations: readonly string[];
  readonly #series: Series<R>;
  readonly #lines = new CopyRows();
  readonly #copy: string;
  /** Of each record that has lines: where it came from, and up to which line they reach. */
  readonly #partitions: number[] = [];
  readonly #offsets: number[] = [];
  readonly #lineEnds: number[] = [];
  /** Months that have a partition, by their number; only plain mode makes any. */
  readonly #knownMonths = new Set<number>();
  readonly #newMonths = new Set<number>();
  #monthStartMs = NaN;
  #monthEndMs = NaN;

  constructor(series: Series<R>) {
    this.#series = series;
    this.relations = [series.table];
    this.#copy = `COPY ${pg.escapeIdentifier(series.table)} (${series.columns.map(pg.escapeIdentifier).join(', ')}) FROM STDIN`;
  }

  get buffered(): number { return this.#lines.size; }
  get records(): number { return this.#lineEnds.length; }

  write(row: R, partition: number, count: (fate: Fate) => void): void {
    const before = this.#lines.size;
    count(this.#series.format(row, partition, this.#lines));
    if (this.#lines.size === before) return;
    this.#partitions.push(partition);
    this.#offsets.push(row.offset);
    this.#lineEnds.push(this.#lines.size);
    const { timestamp } = row;
    if (!(timestamp >= this.#monthStartMs && timestamp < this.#monthEndMs)) this.#enterMonth(timestamp);
  }

  sourceOf(record: number): RecordSource { return { partition: this.#partitions[record]!, offset: this.#offsets[record]! }; }

  async prepare(client: pg.ClientBase): Promise<void> {
    if (this.#newMonths.size === 0) return;
    const months = Array.from(this.#newMonths, (month) => new Date(monthStart(month)).toISOString());
    await client.query('SELECT odds_ensure_partitions(month, month) FROM unnest($1::timestamptz[]) month', [months]);
    for (const month of this.#newMonths) this.#knownMonths.add(month);
    this.#newMonths.clear();
  }

  async put(client: pg.ClientBase, from: number, until: number): Promise<void> {
    if (from === until) return;
    const lines = from === 0 && until === this.records ? this.#lines.chunks() : [this.#lines.part(from === 0 ? 0 : this.#lineEnds[from - 1]!, this.#lineEnds[until - 1]!)];
    await pipeline(Readable.from(lines), client.query(copyFrom(this.#copy)));
  }

  async note(client: pg.ClientBase): Promise<void> { if (this.records > 0) await this.#series.note?.(client); }

  committed(): void { this.discard(); }

  discard(): void {
    this.#lines.clear();
    this.#partitions.length = this.#offsets.length = this.#lineEnds.length = 0;
    this.#newMonths.clear();
    this.#monthStartMs = this.#monthEndMs = NaN;
    this.#series.clear?.();
  }

  /** A month that the tables' CHECKs let nobody have gets no partition: its rows are refused one by one. */
  #enterMonth(timeMs: number): void {
    const time = new Date(timeMs);
    const month = time.getUTCFullYear() * 12 + time.getUTCMonth();
    this.#monthStartMs = monthStart(month);
    this.#monthEndMs = monthStart(month + 1);
    if (timeMs >= EARLIEST_MS && timeMs < LATEST_MS && !this.#knownMonths.has(month)) this.#newMonths.add(month);
  }
}

/** Months are counted from the year 0. */
const monthStart = (month: number): number => Date.UTC(Math.floor(month / 12), month % 12);
