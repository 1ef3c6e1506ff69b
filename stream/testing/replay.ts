import avro from 'avsc';
import { compileDecoder } from '../../schemas/codec/compile.ts';
import { Control, type Columns, type Row } from '../../schemas/codec/columns.ts';
import { Dictionary } from '../../schemas/codec/dictionary.ts';
import { Reader } from '../../schemas/codec/reader.ts';
import { Fate, fateNames } from '../fates.ts';
import { Task } from '../task.ts';
import { type AnyTopic, start, type Topology } from '../topology.ts';

/** One record of a log as a test writes it. Offsets are its index in the log. */
export type LogEntry<V> =
  /** Dead: as the door leaves one that breaks the contract. */
  | { readonly value: V; readonly isDead?: true }
  | { readonly control: 'tick' | 'up' | 'down' | 'confirm'; readonly timestamp: number; readonly provider?: string };

/** One value of a target. */
export interface Written {
  readonly key: string;
  /** As avsc, the reference, decodes it; undefined for a tombstone. */
  readonly value: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly bytes: string;
  /** Index of the log's record at which it came out. */
  readonly cause: number;
}

export interface Replayed {
  readonly outputs: Readonly<Record<string, readonly Written[]>>;
  readonly fates: Readonly<Record<string, number>>;
  readonly unaccounted: number;
  readonly waiting: number;
  /** How far event time was said to have come, in order, epoch ms. */
  readonly times: readonly number[];
  readonly task: Task;
}

/** See Task. */
export type Pace = Readonly<Pick<Task, 'isCaughtUp' | 'isAwaited'>>;
/** There is no time; there is time to work ahead, and nobody waits; and where somebody does. */
export const behind: Pace = { isCaughtUp: false, isAwaited: false }, caughtUp: Pace = { isCaughtUp: true, isAwaited: false }, awaited: Pace = { isCaughtUp: true, isAwaited: true };

/**
 * Runs a topology over a log held in memory, in batches of the given sizes in turn, and gives what came out; `paces`, in turn too, say of each batch whether there is time to work ahead, and
 * whether what went out before is waited for, so that what may be is put off. Its outputs are decoded by avsc, so that a codec cannot vouch for itself.
 */
export const replay = <V>(
  topology: Topology<V>, config: unknown, log: readonly LogEntry<V>[], batchSizes: readonly number[] = [1],
  wanted: readonly string[] = Object.keys(topology.targets), paces: readonly Pace[] = [behind],
): Replayed => {
  const { source, targets } = topology;
  const task = new Task(0, { keys: new Dictionary(), strings: new Dictionary() }, () => 1);
  const times: number[] = [];
  task.onTime = (timeMs) => times.push(timeMs);

  let cause = 0;
  const outputs: Record<string, Written[]> = Object.fromEntries(wanted.map((target) => [target, []]));
  const types = Object.fromEntries(wanted.map((target) => [target, typeOf((targets[target] as AnyTopic).schema.avsc)]));
  const process = start(topology, config, wanted, task, (target, values) => {
    for (let i = 0; i < values.size; i++) {
      const bytes = Buffer.from(values.bytes.slice(values.start(i), values.end(i)));
      outputs[target]!.push({ key: Buffer.from(values.key(i)).toString(), value: bytes.length === 0 ? undefined : plain(types[target]!.fromBuffer(bytes.subarray(5))), bytes: bytes.toString('hex'), cause });
    }
  });

  const columns = source.schema.columns(task.dictionaries) as Columns<Row>;
  const fill = filler(source, columns, topology.reads);
  for (let next = 0, batch = 0; next < log.length; batch++) {
    const end = Math.min(log.length, next + batchSizes[batch % batchSizes.length]!);
    for (; next < end; next++) {
      task.fates.delivered++;
      const entry = log[next]!;
      if ('control' in entry) task.fates.count(Fate.control);
      else if (entry.isDead === true) task.fates.count(Fate.dead);
      fill(entry, next);
    }
    cause = end - 1;
    ({ isCaughtUp: task.isCaughtUp, isAwaited: task.isAwaited } = paces[batch % paces.length]!);
    process(columns);
    columns.clear();
  }
  task.isAwaited = false;
  process(columns); //  what was put off
  const fates = Object.fromEntries(fateNames.map((name, i) => [name, task.fates.counts[i]!]));
  return { outputs, fates, unaccounted: task.fates.unaccounted, waiting: task.fates.waiting, times, task };
};

/** Puts log entries into columns, through bytes as the wire has them. */
export const filler = (topic: AnyTopic, columns: Columns<Row>, reads: readonly string[] | undefined): ((entry: LogEntry<unknown>, offset: number) => void) => {
  const { avsc } = topic.schema, keyFields = topic.keyFields as readonly string[];
  const type = typeOf(avsc), reader = new Reader(), { keys, strings } = columns.dictionaries;
  const decoder = compileDecoder({ writerAvsc: avsc, readerAvsc: avsc, keyFields, ...(reads === undefined ? {} : { fields: reads }) });
  return (entry, offset) => {
    if ('control' in entry) {
      columns.appendControl(Control[entry.control], offset, entry.timestamp, entry.provider === undefined ? -1 : strings.idOf(entry.provider));
      return;
    }
    const value = type.toBuffer(entry.value), record = entry.value as Record<string, unknown>;
    const key = Buffer.from(keyFields.map((field) => record[field]).join(':'));
    decoder.decode(reader.over(value), value.length, columns, keys.id(key, 0, key.length), offset, key, 0, key.length);
    if (entry.isDead === true) columns.blankLast(columns.timestamp[columns.size - 1]!);
  };
};

const parsed = new Map<string, avro.Type>();
const typeOf = (avsc: string): avro.Type => {
  let type = parsed.get(avsc);
  if (type === undefined) parsed.set(avsc, type = avro.Type.forSchema(JSON.parse(avsc) as avro.Schema));
  return type;
};

/** Without avsc's classes, so that values compare with literals. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
