import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Control, type Row } from '../../schemas/codec/columns.ts';
import { Fate } from '../../stream/fates.ts';
import type { Cache, Waiting } from './redis-sink.ts';

/** What the hash of one key holds. */
export interface Hash {
  /** Fields and values in turn, without `_meta`. */
  readonly fields: readonly string[];
  /** What `_meta` holds behind the event time and the offset, which the server compares: JSON, without its opening brace. */
  readonly rest: string;
}

/** Which hash a topic's record becomes. */
export interface Hashes<R extends Row> {
  /** Of a hash: what lies behind the namespace, by the record's key; undefined for a record that becomes none. */
  readonly keyOf: (recordKey: string) => string | undefined;
  /** On which the key of each hash is announced that has changed. */
  readonly channel: string;
  readonly hashOf: (row: R, partition: number) => Hash;
}

/** A hash's newest record that waits, or its tombstone. */
export interface WaitingHash extends Waiting, Hash {
  readonly key: string;
  /** Event time, epoch ms; undefined for a tombstone. */
  readonly timestamp: number | undefined;
  /** Offset of a tombstone that it has replaced while that waited: what stood before it is over, even if of a later time. */
  readonly overAt: number | undefined;
}

const script = readFileSync(join(import.meta.dirname, 'apply-hashes.lua'), 'utf8');

/**
 * A hash for each key. The last value wins by (event time, offset), compared on the server. A tombstone deletes the hash and leaves nothing behind to
 * compare with; it needs not: what is older lies before the position, and whoever comes with another position than the one found is fenced.
 */
export const hashCache = <R extends Row>({ keyOf, channel, hashOf }: Hashes<R>): Cache<R, WaitingHash> => ({
  script,

  take(row, partition, waiting, count) {
    const key = keyOf(row.keyText), { timestamp, offset } = row;
    if (key === undefined) { count(Fate.unchanged); return; }
    const isTombstone = row.control === Control.tombstone;
    const held = waiting.get(key);
    if (held?.timestamp !== undefined && !isTombstone && held.timestamp > timestamp) { count(Fate.stale); return; }
    held?.count(Fate.applied); //  and replaced at once
    waiting.delete(key); //  so that they lie in order of their offsets
    const overAt = held !== undefined && held.timestamp === undefined ? held.offset : held?.overAt;
    waiting.set(key, isTombstone ? { key, timestamp: undefined, offset, overAt: undefined, fields: [], rest: '', count } : { key, timestamp, offset, overAt, ...hashOf(row, partition), count });
  },

  texts: ({ fields }) => fields.length + 5,

  call(waiting, _positionKey, prefix) {
    const keys: string[] = [], values = [`${prefix}${channel}`];
    for (const { key, timestamp, offset, overAt, rest, fields } of waiting) {
      keys.push(`${prefix}${key}`);
      values.push(timestamp === undefined ? '' : String(timestamp), String(offset), overAt === undefined ? '' : String(overAt), rest, String(fields.length / 2));
      for (const text of fields) values.push(text);
    }
    return { keys, values };
  },
});
