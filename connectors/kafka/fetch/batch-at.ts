import { Varints } from './varints.ts';
import type { Section } from './wire.ts';

/** Where the fields of a record batch lie. Source: Kafka's message format, "Record Batch". */
const ATTRIBUTES_AT = 21, LAST_DELTA_AT = 23, PRODUCER_AT = 43;
const HEADER_BYTES = 61;
const TRANSACTIONAL = 16, CONTROL = 32;
const ABORT_MARKER = 0;

/** What an offset is at which a reader of committed records finds none. `open`: it belongs to a transaction that has not ended. */
export type NoRecord = 'commit_marker' | 'abort_marker' | 'aborted' | 'compacted' | 'open';

/** Why a reader finds no record at an offset, from the batches that a broker gives from there on: its answer begins with the batch in which the offset lies, if there is one. */
export const noRecordAt = (answer: Buffer, { start, end, aborted }: Section, offset: number): NoRecord => {
  if (end - start < HEADER_BYTES) return 'open';
  const base = Number(answer.readBigInt64BE(start));
  if (offset < base || offset > base + answer.readInt32BE(start + LAST_DELTA_AT)) return 'compacted';
  const attributes = answer.readInt16BE(start + ATTRIBUTES_AT);
  if ((attributes & CONTROL) !== 0) return markerAt(answer, start + HEADER_BYTES, end) === ABORT_MARKER ? 'abort_marker' : 'commit_marker';
  const producer = Number(answer.readBigInt64BE(start + PRODUCER_AT));
  // The broker names only those whose records it gives here: what its producer wrote before that offset was committed.
  const isAborted = (attributes & TRANSACTIONAL) !== 0 && aborted.some(({ producerId, firstOffset }) => producerId === producer && firstOffset <= offset);
  return isAborted ? 'aborted' : 'compacted';
};

/** A marker's kind, from the key of its one record: two bytes of version, two of kind. */
const markerAt = (answer: Buffer, start: number, end: number): number => {
  const reader = new Varints();
  reader.over(answer, start, end);
  reader.int(); //  length
  reader.byte(); // attributes
  reader.long(); // time
  reader.int(); //  offset
  reader.int(); //  the key's length
  return answer.readInt16BE(reader.at + 2);
};
