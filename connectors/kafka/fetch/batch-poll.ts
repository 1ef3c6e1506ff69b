import type { Addressed, ControlRecord, Poll, RawRecord } from '../../../runtime/ports.ts';
import { meaningOf } from '../source.ts';
import { Varints } from './varints.ts';

const NONE: Uint8Array = new Uint8Array(0);
const NULL = -1;

/**
 * Where the records of a poll lie in the bytes that a broker sent, and a view that is moved along them. One is used for poll after poll, so it is valid
 * until the source's next event is asked for.
 */
export class BatchPoll implements Poll, RawRecord {
  topic = '';
  partition = -1;
  size = 0;
  nextOffset = 0;
  endOffset = 0;

  offset = 0;
  appendTimeMs = 0;
  keyBytes = NONE;
  keyStart = 0;
  keyEnd = 0;
  valueBytes = NONE;
  valueStart = 0;
  valueEnd = 0;
  control: ControlRecord | { readonly code: string } | undefined;
  addressed: Addressed | undefined;

  readonly capacity: number;
  readonly #offsets: Float64Array;
  readonly #times: Float64Array;
  readonly #keyStarts: Int32Array;
  readonly #keyEnds: Int32Array;
  readonly #valueStarts: Int32Array;
  readonly #valueEnds: Int32Array;
  /** Where the headers begin; -1 for none, as nearly all records have. */
  readonly #headerStarts: Int32Array;
  /** What the records of this poll are in: the broker's answer, or batches that were inflated. Records of one come one after another. */
  readonly #buffers: Uint8Array[] = [];
  /** The index behind the last record of each. */
  readonly #bufferEnds: number[] = [];
  /** That of the record on which the view stands. */
  #buffer = 0;
  readonly #reader = new Varints();

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#offsets = new Float64Array(capacity);
    this.#times = new Float64Array(capacity);
    this.#keyStarts = new Int32Array(capacity);
    this.#keyEnds = new Int32Array(capacity);
    this.#valueStarts = new Int32Array(capacity);
    this.#valueEnds = new Int32Array(capacity);
    this.#headerStarts = new Int32Array(capacity);
  }

  /** Empties it for records of a partition. */
  reset(topic: string, partition: number, nextOffset: number, endOffset: number): void {
    this.topic = topic;
    this.partition = partition;
    this.nextOffset = nextOffset;
    this.endOffset = endOffset;
    this.size = this.#buffer = 0;
    this.#buffers.length = this.#bufferEnds.length = 0;
    this.keyBytes = this.valueBytes = NONE;
  }

  /** The records that are added from here on lie in these bytes. */
  in(bytes: Uint8Array): void {
    const last = this.#buffers.length - 1;
    if (last >= 0 && this.#buffers[last] === bytes) return;
    this.#buffers.push(bytes);
    this.#bufferEnds.push(this.size);
  }

  /** Adds a record. A key or value whose start is -1 is null. */
  add(offset: number, timeMs: number, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number, headerStart: number): void {
    const index = this.size;
    this.#offsets[index] = offset;
    this.#times[index] = timeMs;
    this.#keyStarts[index] = keyStart;
    this.#keyEnds[index] = keyEnd;
    this.#valueStarts[index] = valueStart;
    this.#valueEnds[index] = valueEnd;
    this.#headerStarts[index] = headerStart;
    this.size = index + 1;
    this.#bufferEnds[this.#bufferEnds.length - 1] = this.size;
  }

  record(index: number): RawRecord {
    const bytes = this.#bytesOf(index);
    this.offset = this.#offsets[index]!;
    this.appendTimeMs = this.#times[index]!;
    this.keyBytes = this.valueBytes = bytes;
    this.keyStart = this.#keyStarts[index]!;
    this.keyEnd = this.#keyEnds[index]!;
    this.valueStart = this.#valueStarts[index]!;
    this.valueEnd = this.#valueEnds[index]!;
    const headers = this.#headerStarts[index]!;
    this.control = this.addressed = undefined;
    if (headers !== NULL) this.#readHeaders(bytes, headers);
    return this;
  }

  /** Polls are read forwards: the buffer is that of the record before, or the next. */
  #bytesOf(index: number): Uint8Array {
    const ends = this.#bufferEnds;
    if (this.#buffer > 0 && index < ends[this.#buffer - 1]!) this.#buffer = 0;
    while (ends[this.#buffer]! <= index) this.#buffer++;
    return this.#buffers[this.#buffer]!;
  }

  #readHeaders(bytes: Uint8Array, start: number): void {
    const reader = this.#reader;
    reader.over(bytes, start, bytes.length);
    const headers: Record<string, Uint8Array>[] = [];
    for (let left = reader.int(); left > 0; left--) {
      const name = Buffer.from(reader.take(reader.int())).toString();
      headers.push({ [name]: reader.take(Math.max(0, reader.int())) });
    }
    Object.assign(this, meaningOf(headers));
  }
}
