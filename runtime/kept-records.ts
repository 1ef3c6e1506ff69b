import type { ControlRecord, Poll, RawRecord, TopicPartition } from './ports.ts';

/** The record that was asked for last. */
class KeptRecord implements RawRecord {
  offset = 0;
  appendTimeMs = 0;
  keyBytes!: Uint8Array;
  keyStart = -1;
  keyEnd = -1;
  valueBytes!: Uint8Array;
  valueStart = -1;
  valueEnd = -1;
  control: ControlRecord | { readonly code: string } | undefined;
}

/**
 * The records of a partition that a sink has taken and not yet committed, as the log had them: so that they can be written once more, and those that the
 * destination refuses can be kept with their bytes. They are copied one behind the other; the memory is used again.
 */
export class KeptRecords implements Poll {
  readonly topic: string;
  readonly partition: number;
  size = 0;
  nextOffset = 0;
  endOffset = 0;
  /** Bytes of keys and values. */
  byteLength = 0;
  #bytes = new Uint8Array(65_536);
  readonly #offsets: number[] = [];
  readonly #appendTimesMs: number[] = [];
  /** Where its key and its value end; -1 for null. The key begins where the record before it ends, the value where the key does. */
  readonly #keyEnds: number[] = [];
  readonly #valueEnds: number[] = [];
  readonly #starts: number[] = [];
  readonly #controls: RawRecord['control'][] = [];
  readonly #record = new KeptRecord();

  constructor({ topic, partition }: TopicPartition) {
    this.topic = topic;
    this.partition = partition;
  }

  /** Copies the records of a poll from an index on. */
  add(poll: Poll, from: number): void {
    for (let i = from; i < poll.size; i++) {
      const { offset, appendTimeMs, keyBytes, keyStart, keyEnd, valueBytes, valueStart, valueEnd, control } = poll.record(i), index = this.size++;
      this.#offsets[index] = offset;
      this.#appendTimesMs[index] = appendTimeMs;
      this.#controls[index] = control;
      this.#starts[index] = this.byteLength;
      this.#keyEnds[index] = this.#copy(keyBytes, keyStart, keyEnd);
      this.#valueEnds[index] = this.#copy(valueBytes, valueStart, valueEnd);
    }
    this.nextOffset = poll.nextOffset;
    this.endOffset = poll.endOffset;
  }

  clear(): void {
    this.size = this.byteLength = 0;
    this.#controls.length = 0;
  }

  record(index: number): RawRecord {
    const record = this.#record, start = this.#starts[index]!, keyEnd = this.#keyEnds[index]!, valueEnd = this.#valueEnds[index]!;
    record.offset = this.#offsets[index]!;
    record.appendTimeMs = this.#appendTimesMs[index]!;
    record.control = this.#controls[index];
    record.keyBytes = record.valueBytes = this.#bytes;
    record.keyStart = keyEnd < 0 ? -1 : start;
    record.keyEnd = keyEnd;
    record.valueStart = valueEnd < 0 ? -1 : Math.max(start, keyEnd);
    record.valueEnd = valueEnd;
    return record;
  }

  #copy(bytes: Uint8Array, start: number, end: number): number {
    if (start < 0) return -1;
    const length = end - start;
    if (this.byteLength + length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.byteLength + length));
      larger.set(this.#bytes.subarray(0, this.byteLength));
      this.#bytes = larger;
    }
    this.#bytes.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), this.byteLength);
    return this.byteLength += length;
  }
}
