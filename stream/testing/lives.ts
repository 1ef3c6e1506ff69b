import { compileDecoder } from '../../schemas/codec/compile.ts';
import type { Columns, Row } from '../../schemas/codec/columns.ts';
import { Dictionary } from '../../schemas/codec/dictionary.ts';
import { Reader } from '../../schemas/codec/reader.ts';
import { Fate, fateNames } from '../fates.ts';
import { type Reread, Task } from '../task.ts';
import { start, type Topology } from '../topology.ts';
import { filler, type LogEntry } from './replay.ts';

/** What a task does next: reads so many records as one batch, and then makes what it has durable, with its state or without; or dies, and comes again from what is. */
export interface Step { readonly read: number; readonly then: 'on' | 'commit' | 'snapshot' | 'crash' }

export interface Lived {
  /** What became durable: of each target, in order. */
  readonly outputs: Readonly<Record<string, readonly { readonly key: string; readonly bytes: string }[]>>;
  readonly fates: Readonly<Record<string, number>>;
  readonly unaccounted: number;
  readonly waiting: number;
}

interface Snapshot { readonly next: number; readonly reread: Reread; readonly timeMs: number; readonly delivered: number; readonly counts: Float64Array }
interface Durable { readonly outputs: Record<string, { key: string; bytes: string }[]>; readonly entries: Map<string, Uint8Array>; committed: number; snapshot: Snapshot | undefined }

/**
 * Runs a topology over a log in several lives, by what ARCHITECTURE.md E11 and E12 say of a task and nothing else of an engine. Its state goes through the codecs each
 * time. In the end everything is read and durable.
 */
export const live = <V>(topology: Topology<V>, config: unknown, log: readonly LogEntry<V>[], steps: readonly Step[]): Lived => {
  const wanted = Object.keys(topology.targets as object);
  const durable: Durable = { outputs: Object.fromEntries(wanted.map((target) => [target, []])), entries: new Map(), committed: 0, snapshot: undefined };
  let life = new Life(topology, config, log, durable, false), lives = 1;
  for (const { read, then } of steps) {
    life.read(read);
    if (then === 'commit' || then === 'snapshot') life.commit(then === 'snapshot');
    // Entries are taken back in any order.
    if (then === 'crash') life = new Life(topology, config, log, durable, lives++ % 2 === 1);
  }
  life.read(log.length);
  life.commit(true);
  const { fates } = life.task;
  return { outputs: durable.outputs, fates: Object.fromEntries(fateNames.map((name, i) => [name, fates.counts[i]!])), unaccounted: fates.unaccounted, waiting: fates.waiting };
};

const HEADER_BYTES = 5;

class Life<V> {
  readonly task = new Task(0, { keys: new Dictionary(), strings: new Dictionary() }, () => 1);
  readonly #log: readonly LogEntry<V>[];
  readonly #durable: Durable;
  readonly #columns: Columns<Row>;
  readonly #process: (rows: Columns<Row>) => void;
  readonly #fill: (entry: LogEntry<V>, offset: number) => void;
  readonly #pending: (() => void)[] = [];
  readonly #silentUntil: number;
  #next: number;
  #highestMs = -Infinity;
  #isFirstCommit = true;

  constructor(topology: Topology<V>, config: unknown, log: readonly LogEntry<V>[], durable: Durable, isReversed: boolean) {
    const { task } = this, { outputs, entries, snapshot } = durable;
    task.isCaughtUp = true;
    task.isAwaited = isReversed; //  in each other life, what may be put off is
    this.#log = log;
    this.#durable = durable;
    this.#silentUntil = durable.committed;
    this.#next = snapshot?.reread.offset ?? 0;
    this.#process = start(topology, config, Object.keys(outputs), task, (target, values) => {
      if (this.#isSilent) return;
      for (let i = 0; i < values.size; i++) {
        const value = { key: Buffer.from(values.key(i)).toString(), bytes: Buffer.from(values.bytes.subarray(values.start(i), values.end(i))).toString('hex') };
        this.#pending.push(() => outputs[target]!.push(value));
      }
    });
    this.#columns = topology.source.schema.columns(task.dictionaries) as Columns<Row>;
    this.#fill = filler(topology.source, this.#columns, topology.reads);
    this.#process(this.#columns); //  operators make their stores at the first batch
    if (snapshot === undefined) return;
    const all = [...entries];
    for (const [name, bytes] of isReversed ? all.reverse() : all) this.#load(name, bytes);
    task.rereading = { highestMs: snapshot.reread.highestMs };
    this.#arrive();
  }

  get #isSilent(): boolean { return this.#next < this.#silentUntil; }

  #load(name: string, bytes: Uint8Array): void {
    const slash = name.indexOf('/'), store = this.task.stores.get(name.slice(0, slash))!, { avsc } = store.entries, { keys } = this.task.dictionaries;
    const columns = store.entries.columns(this.task.dictionaries) as Columns<Row>, key = Buffer.from(name.slice(slash + 1), 'latin1'), reader = new Reader().over(bytes, HEADER_BYTES);
    compileDecoder({ writerAvsc: avsc, readerAvsc: avsc, keyFields: [] }).decode(reader, bytes.length, columns, key.length === 0 ? -1 : keys.id(key, 0, key.length), 0, key, 0, 0);
    store.load(columns.row(0));
  }

  /** All that waited at the snapshot is there again: the accounts are its. */
  #arrive(): void {
    const { task } = this, { snapshot } = this.#durable;
    if (task.rereading === undefined || snapshot === undefined || this.#next < snapshot.next) return;
    task.rereading = undefined;
    task.timeMs = snapshot.timeMs;
    task.fates.delivered = snapshot.delivered;
    task.fates.counts.set(snapshot.counts);
  }

  read(count: number): void {
    const { task } = this, columns = this.#columns, end = Math.min(this.#log.length, this.#next + count);
    while (this.#next < end) {
      // A batch is of one kind: for those that wait, silent, or neither.
      const until = task.rereading !== undefined ? this.#durable.snapshot!.next : this.#isSilent ? this.#silentUntil : end, to = Math.min(end, until);
      for (let offset = this.#next; offset < to; offset++) {
        const entry = this.#log[offset]!;
        task.fates.delivered++;
        if ('control' in entry) task.fates.count(Fate.control);
        else if (entry.isDead === true) task.fates.count(Fate.dead);
        this.#fill(entry, offset);
        this.#highestMs = Math.max(this.#highestMs, columns.timestamp[columns.size - 1]!);
      }
      this.#process(columns);
      columns.clear();
      this.#next = to;
      this.#arrive();
    }
  }

  commit(withSnapshot: boolean): void {
    if (this.#isSilent || this.task.rereading !== undefined) return;
    for (const appear of this.#pending.splice(0)) appear();
    this.#durable.committed = this.#next;
    if (withSnapshot || this.#isFirstCommit) this.#save();
    this.#isFirstCommit = false;
  }

  #save(): void {
    const { task } = this, { entries } = this.#durable, { isAwaited } = task;
    task.isAwaited = false;
    this.#process(this.#columns); //  what was put off is part of the state
    task.isAwaited = isAwaited;
    const timeMs = Math.max(0, task.timeMs);
    const reread = Array.from(task.stores.values(), ({ rereadFrom }) => rereadFrom).find((from) => from !== undefined) ?? { offset: this.#next, highestMs: this.#highestMs };
    for (const [name, store] of task.stores) {
      const writer = store.entries.writer();
      writer.schemaId = 1;
      store.save(writer, timeMs);
      for (let i = 0; i < writer.size; i++) {
        const key = `${name}/${Buffer.from(writer.key(i)).toString('latin1')}`, bytes = writer.bytes.slice(writer.start(i), writer.end(i));
        if (bytes.length === 0) entries.delete(key); else entries.set(key, bytes);
      }
    }
    this.#durable.snapshot = { next: this.#next, reread, timeMs: task.timeMs, delivered: task.fates.delivered, counts: task.fates.counts.slice() };
  }
}
