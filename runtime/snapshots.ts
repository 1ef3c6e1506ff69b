import type { Columns, Row } from '../schemas/codec/columns.ts';
import { Dictionary } from '../schemas/codec/dictionary.ts';
import type { Encoded } from '../schemas/codec/encoded.ts';
import { DecodeError } from '../schemas/codec/errors.ts';
import { Reader } from '../schemas/codec/reader.ts';
import type { AvroSchema, Writer } from '../schemas/codec/schema.ts';
import { type TaskSnapshot, TaskSnapshotSchema, type TaskSnapshotRow, type TaskSnapshotWriter } from '../schemas/generated/task-snapshot.ts';
import { fateNames } from '../stream/fates.ts';
import type { Task } from '../stream/task.ts';
import { entriesOf, TASK } from './changelog.ts';
import { type RuntimeContext, StartRefused } from './context.ts';
import { Decoders, HEADER_BYTES, schemaIdAt } from './door.ts';
import type { Changelog, Publisher, TopicPartition } from './ports.ts';
import { LETTER_OUT_PREFIX, takeVerdict, type Verdict } from './passed-over.ts';
import type { TaskIdentity } from './restore.ts';

const SLASH = '/';
const NONE = new Uint8Array(0);
/** The value of an entry whose key says it all: one without would be a tombstone. */
const SOMETHING = new Uint8Array(1);

/** What a changelog holds of a partition, read whole: the newest of each key. */
export interface Kept {
  readonly snapshot: TaskSnapshot | undefined;
  /** Entries by their whole key, whose characters are its bytes. */
  readonly entries: ReadonlyMap<string, Uint8Array>;
  readonly passedOver: ReadonlyMap<number, Verdict>;
}

/** Reads and writes the snapshots of a pipeline's tasks (ARCHITECTURE.md E11). */
export class Snapshots {
  readonly #pipeline: string;
  readonly #changelog: Changelog;
  readonly #context: RuntimeContext;
  readonly #codecs = new Map<string, EntryCodec>();
  /** The strings of tasks' own entries, which are few and always the same. */
  readonly #names = { keys: new Dictionary(), strings: new Dictionary() };

  constructor(pipeline: string, changelog: Changelog, context: RuntimeContext) {
    this.#pipeline = pipeline;
    this.#changelog = changelog;
    this.#context = context;
  }

  /** All that is kept of a partition. Throws StartRefused `changelog_unreadable`. */
  async read(partition: TopicPartition): Promise<Kept> {
    const entries = new Map<string, Uint8Array>(), passedOver = new Map<number, Verdict>();
    await this.#changelog.read(partition.partition, (key, value) => {
      const name = Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
      if (takeVerdict(passedOver, name, value)) return;
      if (value === null) entries.delete(name); else entries.set(name, value);
    });
    const bytes = entries.get(TASK);
    entries.delete(TASK);
    return { entries, passedOver, snapshot: bytes === undefined ? undefined : await this.#readTask(bytes, partition) };
  }

  async #readTask(bytes: Uint8Array, partition: TopicPartition): Promise<TaskSnapshot> {
    const codec = this.#codec(TASK, TaskSnapshotSchema), columns = TaskSnapshotSchema.columns(this.#names);
    await this.#decode(codec, TASK, bytes, columns, -1, partition);
    return (columns.row(0) as TaskSnapshotRow).toObject();
  }

  /** Gives a task's stores their entries back. Returns the keys that no store of it has any more. */
  async load(task: Task, entries: ReadonlyMap<string, Uint8Array>, partition: TopicPartition): Promise<string[]> {
    const orphans: string[] = [], columnsOf = new Map<string, Columns>();
    for (const [name, bytes] of entries) {
      const slash = name.indexOf(SLASH), storeName = name.slice(0, slash), store = task.stores.get(storeName);
      if (store === undefined) { orphans.push(name); continue; }
      let columns = columnsOf.get(storeName);
      if (columns === undefined) columnsOf.set(storeName, columns = store.entries.columns(task.dictionaries) as Columns);
      const key = Buffer.from(name.slice(slash + 1), 'latin1');
      await this.#decode(this.#codec(storeName, store.entries), name, bytes, columns, key.length === 0 ? -1 : task.dictionaries.keys.id(key, 0, key.length), partition);
      store.load(columns.row(0));
      columns.clear();
    }
    return orphans;
  }

  async #decode({ decoders, reader }: EntryCodec, name: string, bytes: Uint8Array, columns: Columns, key: number, { topic, partition }: TopicPartition): Promise<void> {
    const unreadable = (why: string, cause?: unknown): StartRefused => new StartRefused('changelog_unreadable',
      `The entry '${name}' of ${this.#changelog.topic}-${partition} cannot be read: ${why}. \`oddstream run ${this.#pipeline} --rebuild\` makes the state again from what ${topic} holds.`, { cause });
    if (bytes.length < HEADER_BYTES || bytes[0] !== 0) throw unreadable('it is not in Confluent wire format');
    const id = schemaIdAt(bytes, 1);
    if (decoders.get(id) === undefined) await decoders.load(id);
    const decoder = decoders.get(id)!;
    if (decoder instanceof Error) throw unreadable(decoder.message, decoder);
    reader.over(bytes);
    reader.position = HEADER_BYTES;
    try {
      decoder.decode(reader, bytes.length, columns, key, 0, NONE, 0, 0);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw unreadable(error.message, error);
    }
  }

  /** Puts what changed in a task since its last snapshot into the open transaction. `stale` are keys of entries that are over. */
  write(task: Task, own: Omit<TaskSnapshot, 'timestamp' | 'fates' | 'delivered' | 'time_ms' | keyof TaskIdentity>, identity: TaskIdentity, stale: readonly string[], publisher: Publisher): void {
    const { topic } = this.#changelog, { partition } = task;
    if (stale.length > 0) publisher.keep(topic, partition, '', tombstones(stale));
    const timeMs = Math.max(0, task.timeMs);
    for (const [name, store] of task.stores) {
      const { writer } = this.#codec(name, store.entries);
      store.save(writer, timeMs);
      if (writer.size > 0) publisher.keep(topic, partition, `${name}${SLASH}`, writer);
      writer.clear();
    }
    const value = this.#codec(TASK, TaskSnapshotSchema).writer as TaskSnapshotWriter;
    value.begin(NONE);
    value.timestamp(timeMs);
    value.nextOffset(own.next_offset);
    value.firstOffset(own.first_offset);
    value.rereadFrom(own.reread_from);
    value.rereadHighest(own.reread_highest);
    value.timeMs(task.timeMs);
    value.delivered(task.fates.delivered);
    value.fatesStart(fateNames.length);
    fateNames.forEach((fate, i) => { value.fatesName(fate); value.fates(task.fates.counts[i]!); });
    value.fatesEnd();
    const told = Object.entries(own.told);
    value.toldStart(told.length);
    for (const [target, timeMs] of told) { value.toldName(target); value.told(timeMs); }
    value.toldEnd();
    value.topology(identity.topology);
    value.version(identity.version);
    value.config(identity.config);
    value.targetsStart(identity.targets.length);
    for (const target of identity.targets) value.targets(target);
    value.targetsEnd();
    value.end();
    publisher.keep(topic, partition, TASK, value);
    value.clear();
  }

  /** Puts into the open transaction that the letter of a record that was passed over is in it too. */
  letterIsOut(partition: number, offset: number, publisher: Publisher): void {
    publisher.keep(this.#changelog.topic, partition, LETTER_OUT_PREFIX, { size: 1, bytes: SOMETHING, start: () => 0, end: () => SOMETHING.length, key: () => Buffer.from(String(offset)), clear: () => undefined });
  }

  #codec(name: string, schema: AvroSchema): EntryCodec {
    let codec = this.#codecs.get(name);
    if (codec === undefined) {
      const { schemaOf, schemaIdOf } = this.#context, writer = schema.writer();
      writer.schemaId = schemaIdOf(entriesOf(this.#pipeline, name, schema));
      this.#codecs.set(name, codec = { writer, decoders: new Decoders({ schema, keyFields: [] }, undefined, schemaOf), reader: new Reader() });
    }
    return codec;
  }
}

interface EntryCodec { readonly writer: Writer; readonly decoders: Decoders<Row>; readonly reader: Reader }

const tombstones = (keys: readonly string[]): Encoded => ({
  size: keys.length, bytes: NONE, start: () => 0, end: () => 0, key: (index) => Buffer.from(keys[index]!, 'latin1'), clear: () => undefined,
});

/** Gives a task the accounts and times of its snapshot. */
export const recall = (task: Task, { time_ms, delivered, fates }: TaskSnapshot): void => {
  task.timeMs = time_ms;
  task.fates.delivered = delivered;
  fateNames.forEach((fate, i) => { task.fates.counts[i] = fates[fate] ?? 0; });
};

