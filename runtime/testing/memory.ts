/** The ports of the runtime, held in memory. All that is done through them stands in one journal, so that a test can see in which order. */
import { pino } from 'pino';
import { share } from 'rxjs';
import { z } from 'zod';
import { ChangedKeysSchema } from '../../schemas/generated/changed-keys.ts';
import { TaskSnapshotSchema } from '../../schemas/generated/task-snapshot.ts';
import { type WindowStateRow, WindowStateSchema, type WindowStateWriter } from '../../schemas/generated/window-state.ts';
import { topics } from '../../schemas/topics.ts';
import type { Task } from '../../stream/task.ts';
import { Fate } from '../../stream/fates.ts';
import { into, type KeyedStore, tumblingWindow, write } from '../../stream/operators/index.ts';
import { topology } from '../../stream/topology.ts';
import type { Encoded } from '../../schemas/codec/encoded.ts';
import type { Row, Rows } from '../../schemas/codec/columns.ts';
import type { OddsUpdateRow } from '../../schemas/generated/odds-update.ts';
import type { RuntimeContext } from '../context.ts';
import { PipelineMetrics } from '../metrics.ts';
import { topologyPipeline } from '../pipeline.ts';
import { type Changelog, type DeadLetter, type DeadLetters, type Position, type Publisher, RowsRefused, type Sink, type Source, type SourceEvent, type TopicPartition, UnknownSchemaId } from '../ports.ts';
import { avscOf, type LogRecord, pollOf, START_MS, V1, V2 } from './records.ts';

export type Journal = string[];

/** A partition's log: records from an offset on; undefined is an offset without a record for us. */
export class MemoryPartition {
  readonly first: number;
  readonly records: readonly (LogRecord | undefined)[];
  constructor(records: readonly (LogRecord | undefined)[], first = 0) { this.records = records; this.first = first; }
  get end(): number { return this.first + this.records.length; }
}

type Step = SourceEvent | (() => SourceEvent | undefined);

/** A source that says what a test has written down for it, and ends. */
export class MemorySource implements Source {
  readonly journal: Journal;
  readonly partitions: ReadonlyMap<number, MemoryPartition>;
  readonly groupOffsets: Map<number, number>;
  /** Where each partition was started last. */
  readonly started = new Map<number, number>();
  steps: Step[] = [];

  constructor(journal: Journal, ...partitions: readonly (readonly (LogRecord | undefined)[] | MemoryPartition)[]) {
    this.journal = journal;
    this.groupOffsets = new Map();
    this.partitions = new Map(partitions.map((records, partition) => [partition, records instanceof MemoryPartition ? records : new MemoryPartition(records)]));
  }

  async *events(signal: AbortSignal): AsyncGenerator<SourceEvent> {
    for (const step of this.steps) {
      if (signal.aborted) return;
      const event = typeof step === 'function' ? step() : step;
      if (event === undefined) continue;
      this.journal.push(event.kind === 'poll' ? `poll ${event.poll.partition}` : event.kind);
      yield event;
    }
  }

  assigned(...partitions: readonly number[]): SourceEvent { return { kind: 'assigned', partitions: partitions.map(at) }; }
  revoked(...partitions: readonly number[]): SourceEvent { return { kind: 'revoked', partitions: partitions.map(at), release: () => { this.journal.push(`release ${partitions.join()}`); } }; }
  /** A poll of the records from one offset up to another; `isLast`: no other lies ready behind it. */
  poll(partition: number, from: number, to: number, isLast = true): SourceEvent {
    const { records, first, end } = this.partitions.get(partition)!;
    return { kind: 'poll', poll: pollOf(records.slice(from - first, to - first), from, { partition, endOffset: end }), isLast };
  }
  readonly idle: SourceEvent = { kind: 'idle' };

  async committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<number, number | undefined>> { return new Map(partitions.map(({ partition }) => [partition, this.groupOffsets.get(partition)])); }
  async range({ partition }: TopicPartition): Promise<{ start: number; end: number }> { const { first: start, end } = this.partitions.get(partition)!; return { start, end }; }
  start({ partition, offset }: Position): void {
    this.started.set(partition, offset);
    this.journal.push(`start ${partition} at ${offset}`);
  }
  async close(): Promise<void> { this.journal.push('close source'); }
}

const at = (partition: number): TopicPartition => ({ topic: topics.oddsUpdates.name, partition });

/** A task's changelog, held in memory: what a broker would have of it, uncompacted. */
export class MemoryChangelog implements Changelog {
  readonly topic = 'test.changelog';
  readonly records: { readonly partition: number; readonly key: Uint8Array; readonly value: Uint8Array | null }[] = [];
  async read(partition: number, take: (key: Uint8Array, value: Uint8Array | null) => void): Promise<void> {
    for (const record of this.records) if (record.partition === partition) take(record.key, record.value);
  }
}

/** A publisher of transactions that keeps what was committed, and whose room and success a test decides on. */
export class MemoryPublisher implements Publisher, DeadLetters {
  readonly journal: Journal;
  readonly changelog = new MemoryChangelog();
  readonly letters: DeadLetter[] = [];
  readonly ticks: string[] = [];
  readonly values: { readonly topic: string; readonly partition: number; readonly key: string; readonly value: string }[] = [];
  readonly #groupOffsets: Map<number, number>;
  #open: (() => void)[] = [];
  /** Set to make `ready` wait for it. */
  full: Promise<void> | undefined;
  failsToFlush: Error | undefined;
  failsToCommit: Error | undefined;

  constructor(journal: Journal, groupOffsets = new Map<number, number>()) {
    this.journal = journal;
    this.#groupOffsets = groupOffsets;
  }
  publish(topic: string, partition: number, values: Encoded): void {
    this.journal.push(`publish ${topic}/${partition} × ${values.size}`);
    for (let i = 0; i < values.size; i++) {
      const value = { topic, partition, key: Buffer.from(values.key(i)).toString(), value: Buffer.from(values.bytes.subarray(values.start(i), values.end(i))).toString('hex') };
      this.#open.push(() => this.values.push(value));
    }
  }
  tick(topic: string, isCompacted: boolean, partition: number, timestampMs: number): void {
    this.journal.push(`tick ${topic}/${partition}${isCompacted ? ' compacted' : ''} ${timestampMs - START_MS}`);
    this.#open.push(() => this.ticks.push(`${topic}/${partition} ${timestampMs - START_MS}`));
  }
  dead(letter: DeadLetter): void {
    this.#open.push(() => this.letters.push(letter));
    this.journal.push(`dead ${letter.partition}/${letter.offset} ${letter.code}`);
  }
  keep(_topic: string, partition: number, prefix: string, entries: Encoded): void {
    for (let i = 0; i < entries.size; i++) {
      const start = entries.start(i), end = entries.end(i);
      const record = { partition, key: Buffer.concat([Buffer.from(prefix), entries.key(i)]), value: start === end ? null : entries.bytes.slice(start, end) };
      if (record.key.toString() === '@task') this.journal.push(`snapshot ${partition}`);
      this.#open.push(() => this.changelog.records.push(record));
    }
  }
  ready(): Promise<void> { return this.full ?? Promise.resolve(); }
  async commit(positions: readonly Position[]): Promise<void> {
    if (this.failsToCommit !== undefined) throw this.failsToCommit;
    for (const { partition, offset } of positions) {
      this.#groupOffsets.set(partition, offset);
      this.journal.push(`commit ${partition} at ${offset}`);
    }
    for (const appear of this.#open.splice(0)) appear();
  }
  /** The process is killed: what was not committed never appears. */
  giveUp(): void { this.#open = []; }
  async flush(): Promise<void> {
    this.journal.push('flush');
    if (this.failsToFlush !== undefined) throw this.failsToFlush;
    for (const appear of this.#open.splice(0)) appear();
  }
  async close(): Promise<void> { this.journal.push('close publisher'); }
}

/** A sink whose destination is a list; its positions are in the same one. */
export class MemorySink implements Sink<OddsUpdateRow> {
  readonly journal: Journal;
  readonly stored: string[] = [];
  readonly kept = new Map<number, number>();
  readonly fate: (row: OddsUpdateRow) => Fate;
  /** Thrown by the next commit. */
  failure: Error | undefined;
  readonly mayRefuse = true;
  /** Set to have commits wait for it. */
  gate: Promise<unknown> | undefined;
  /** By partition and offset, as `0/17`: what it does not take. */
  readonly refuses = new Set<string>();
  #buffer: string[] = [];

  constructor(journal: Journal, fate: (row: OddsUpdateRow) => Fate = () => Fate.applied) { this.journal = journal; this.fate = fate; }
  async positions(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<number, number | undefined>> { return new Map(partitions.map(({ partition }) => [partition, this.kept.get(partition)])); }
  write(partition: number, rows: Rows<OddsUpdateRow & Row>, count: (fate: Fate) => void): void {
    for (let i = 0; i < rows.size; i++) {
      const row = rows.row(i);
      if (row.text(row.provider) === 'bug') throw new TypeError('a bug');
      count(this.fate(row));
      this.#buffer.push(`${partition}/${row.offset}`);
    }
  }
  get buffered(): number { return this.#buffer.length; }
  async commit(positions: readonly Position[]): Promise<void> {
    await this.gate;
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) { this.journal.push('fenced'); throw failure; }
    const refused = this.#buffer.filter((row) => this.refuses.has(row)).map((row) => { const [partition, offset] = row.split('/').map(Number); return { partition: partition!, offset: offset!, code: 'row_refused_23514', message: `no room for ${row}` }; });
    if (refused.length > 0) { this.journal.push(`refused ${refused.length}`); throw new RowsRefused(refused); }
    for (const { partition, offset } of positions) this.kept.set(partition, offset);
    this.journal.push(`commit ${this.#buffer.length} rows, ${positions.map(({ partition, offset }) => `${partition} at ${offset}`).join(', ')}`);
    this.stored.push(...this.#buffer.splice(0));
  }
  discard(): void { this.journal.push('discard'); this.#buffer = []; }
  async close(): Promise<void> { this.journal.push('close sink'); }
}

/** The ids of what a changelog holds; everything else has the id 1. */
const entriesById = new Map([[101, TaskSnapshotSchema.avsc], [102, WindowStateSchema.avsc], [103, ChangedKeysSchema.avsc]]);
const idOf = (name: string): number => (!name.includes('.changelog') ? 1 : name.endsWith('.changelog') ? 101 : name.endsWith('.changes') ? 103 : 102);

/** A process around a pipeline whose wall clock a test sets. */
export const contextOf = (changes: Partial<RuntimeContext> & { readonly wall?: { nowMs: number } } = {}): RuntimeContext => {
  const { wall = { nowMs: 0 }, ...rest } = changes;
  return {
    signal: new AbortController().signal, log: pino({ level: 'silent' }), metrics: new PipelineMetrics('test'), clock: () => wall.nowMs, namespace: '', checkpointMs: 200, snapshotEvery: { records: 1_000_000, ms: 30_000 }, restore: 'strict', doubtful: new Map(),
    schemaIdOf: ({ name }) => idOf(name),
    schemaOf: async (id) => {
      const entries = entriesById.get(id);
      if (entries !== undefined) return entries;
      if (id !== V1 && id !== V2) throw new UnknownSchemaId(`no schema has the id ${id}`);
      return avscOf(id);
    },
    ...rest,
  };
};

/** How many updates of each market there were since the beginning: a state that shows what a task has read. */
class Tally implements KeyedStore<OddsUpdateRow, 'sport:event_id:market'> {
  readonly partitionedBy = 'sport:event_id:market';
  readonly entries = WindowStateSchema; //  any that holds a number
  readonly earliestTimerMs = Infinity;
  readonly counts = new Map<number, number>();
  readonly #unsaved = new Set<number>();
  readonly #task: Task;
  constructor(task: Task) { this.#task = task; }
  put(row: OddsUpdateRow, _open: unknown, changes: { add(key: number): void }): Fate {
    if (row.text(row.provider) === 'bug') throw new TypeError('a bug');
    if (row.isDead) return Fate.dead;
    this.counts.set(row.key, (this.counts.get(row.key) ?? 0) + 1);
    this.#unsaved.add(row.key);
    changes.add(row.key);
    return Fate.applied;
  }
  status(row: OddsUpdateRow): void {
    if (row.subject >= 0 && row.text(row.subject) === 'bug') throw new TypeError('a bug');
  }
  expire(): void { /* counts do not age */ }
  isChanged(): boolean { return true; }
  mark(keys: Uint8Array): void { for (const key of this.counts.keys()) keys[key] = 1; }
  save(writer: WindowStateWriter): void {
    for (const key of this.#unsaved) {
      writer.begin(this.#task.dictionaries.keys.bytes(key));
      writer.timestamp(0);
      writer.highest(this.counts.get(key)!);
      writer.openEnd(0);
      writer.end();
    }
    this.#unsaved.clear();
  }
  load(row: WindowStateRow): void { this.counts.set(row.key, row.highest); }
}

/** A pipeline of a small topology: `best` says of each market that changed in a second how many updates there were in all, `books` says nothing. */
export const tally = topologyPipeline({
  name: 'tally', doc: 'For tests.', wants: ['best', 'books'], maxSkewMs: () => 500,
  config: z.strictObject({ horizonMs: z.number(), latenessMs: z.number() }),
  topology: topology({
    name: 'tally', version: 1, source: topics.oddsUpdates, targets: { best: topics.bestOdds, books: topics.marketBooks }, stores: { tally: Tally },
    horizonMs: ({ horizonMs }: { readonly horizonMs: number; readonly latenessMs: number }) => horizonMs,
    build(updates, { latenessMs }, { tally }) {
      const changed = updates.pipe(tumblingWindow({ sizeMs: 1_000, latenessMs }), into(tally), share());
      return {
        best: changed.pipe(write(topics.bestOdds, {
          visit(key, { endMs }, value, { dictionaries: { keys }, partition }) {
            value.begin(keys.bytes(key));
            value.timestamp(endMs);
            for (const field of ['sport', 'eventId', 'market'] as const) value[field](field);
            value.inPlay(false);
            value.providers(tally.counts.get(key)!);
            value.inverseSum(NaN);
            value.outcomesStart(0);
            value.outcomesEnd();
            value.sourcePartition(partition);
            value.sourceOffset(0);
            value.end();
          },
        })),
        books: changed.pipe(write(topics.marketBooks, { visit: () => undefined })),
      };
    },
  }),
});
