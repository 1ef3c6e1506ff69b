import { KafkaSourceError } from '../source.ts';
import type { BatchPoll } from './batch-poll.ts';
import { crc32c } from './crc32c.ts';
import { type Codec, codecs, inflate } from './inflate.ts';
import { Varints } from './varints.ts';
import type { Aborted } from './wire.ts';

/** Where the fields of a record batch lie. Source: Kafka's message format, "Record Batch". */
const LENGTH_AT = 8, MAGIC_AT = 16, CRC_AT = 17, ATTRIBUTES_AT = 21, LAST_DELTA_AT = 23, BASE_TIME_AT = 27, MAX_TIME_AT = 35, PRODUCER_AT = 43, COUNT_AT = 57;
const HEADER_BYTES = 61;
/** What the length does not count: the base offset, and itself. */
const BEFORE_LENGTH = 12;
const MAGIC = 2;
const CODEC_MASK = 7, LOG_APPEND_TIME = 8, TRANSACTIONAL = 16, CONTROL = 32;
const ABORT_MARKER = 0;
/** Shortest record: five lengths and deltas, its attributes, and the count of its headers. */
const RECORD_BYTES = 7;
const NULL = -1;

/** Inflated bytes that one poll may hold; the batch that exceeds it is its last. */
const POLL_INFLATED_BYTES = 8 << 20;

/** Record batches of one partition, as a broker sent them, walked in place; the polls' worth of records that is asked for at a time. */
export class SectionWalk {
  /** Where to read on after what was walked. Markers, aborted and compacted records lie behind it too. */
  nextOffset: number;
  /** Nothing more can be walked here. */
  isDone = false;
  /** What is wrong with the batch at `nextOffset`: it is thrown once all before it was taken. */
  #failure: KafkaSourceError | undefined;
  readonly #of: string;
  readonly #answer: Buffer;
  /** The same bytes: a plain array's `slice` copies, which a Buffer's does not, and who keeps a record must get a copy. */
  readonly #plain: Uint8Array;
  readonly #end: number;
  #at: number;
  readonly #aborted: readonly Aborted[];
  #abortedSeen = 0;
  readonly #abortedProducers = new Set<number>();

  /** The batch in which the walk stands. */
  readonly #reader = new Varints();
  #left = 0;
  #baseOffset = 0;
  #baseTimeMs = 0;
  /** When the broker appended the batch; NaN where each record has a time of its own. */
  #appendTimeMs = NaN;
  #batchNext = 0;

  /** Walks `answer[start, end)` from an offset on; `name` is the partition's, for errors. */
  constructor(name: string, answer: Buffer, start: number, end: number, fromOffset: number, aborted: readonly Aborted[]) {
    this.#of = name;
    this.#answer = answer;
    this.#plain = new Uint8Array(answer.buffer, answer.byteOffset, answer.length);
    this.#at = start;
    this.#end = end;
    this.nextOffset = fromOffset;
    this.#aborted = aborted.length > 1 ? [...aborted].sort((a, b) => a.firstOffset - b.firstOffset) : aborted;
  }

  /** Adds records to a poll until it is full or nothing is left. Throws KafkaSourceError `crc_mismatch`, `batch_malformed` or `format_unknown`, but not before all that lies before was given. */
  fill(poll: BatchPoll): void {
    try {
      if (this.#failure !== undefined) throw this.#failure;
      this.#fill(poll);
    } catch (error) {
      if (poll.size === 0 || !(error instanceof KafkaSourceError)) throw error;
      this.#failure = error;
    }
    poll.nextOffset = this.nextOffset;
  }

  #fill(poll: BatchPoll): void {
    let inflated = 0;
    while (poll.size < poll.capacity && inflated < POLL_INFLATED_BYTES) {
      if (this.#left === 0) {
        if (!this.#open()) { this.isDone = true; break; }
        if (this.#left > 0 && this.#reader.bytes !== this.#plain) inflated += this.#reader.end;
      }
      if (this.#left > 0) {
        poll.in(this.#reader.bytes);
        this.#walk(poll);
      }
      if (this.#left === 0) this.#close();
    }
  }

  /** Steps into the next batch; of one that is passed over, nothing is left. False where there is no whole one any more: a broker cuts its answer anywhere. */
  #open(): boolean {
    const answer = this.#answer, start = this.#at;
    if (this.#end - start < BEFORE_LENGTH) return false;
    const length = answer.readInt32BE(start + LENGTH_AT);
    if (length < HEADER_BYTES - BEFORE_LENGTH) throw this.#malformed(`a batch of ${length} bytes`);
    const end = start + BEFORE_LENGTH + length;
    if (end > this.#end) return false;
    const magic = answer.readInt8(start + MAGIC_AT);
    if (magic !== MAGIC) throw this.#unknown(start, `is of format ${magic}`);
    if (crc32c(this.#plain, start + ATTRIBUTES_AT, end) !== answer.readUInt32BE(start + CRC_AT)) {
      throw new KafkaSourceError('crc_mismatch', `${this.#of}: the batch at offset ${answer.readBigInt64BE(start)} does not have the checksum that it carries. ` +
        'If it happens again there, the broker\'s disk or the network changes bytes: look at the broker\'s log.');
    }
    const attributes = answer.readInt16BE(start + ATTRIBUTES_AT);
    const codec = codecs[attributes & CODEC_MASK];
    if (codec === undefined) throw this.#unknown(start, 'is compressed in a way that is not known here');
    this.#at = end;
    this.#baseOffset = Number(answer.readBigInt64BE(start));
    this.#batchNext = this.#baseOffset + answer.readInt32BE(start + LAST_DELTA_AT) + 1;
    const count = answer.readInt32BE(start + COUNT_AT);
    // Compaction leaves batches without a record, and does not even keep an inflatable nothing in them.
    if (this.#batchNext <= this.nextOffset || this.#isPassedOver(attributes, start, end, count) || count === 0) return true;
    this.#baseTimeMs = Number(answer.readBigInt64BE(start + BASE_TIME_AT));
    this.#appendTimeMs = (attributes & LOG_APPEND_TIME) === 0 ? NaN : Number(answer.readBigInt64BE(start + MAX_TIME_AT));
    if (codec === 'none') {
      this.#reader.over(this.#plain, start + HEADER_BYTES, end);
    } else {
      const bytes = this.#inflate(codec, start + HEADER_BYTES, end);
      this.#reader.over(bytes, 0, bytes.length);
    }
    if (count < 0 || count * RECORD_BYTES > this.#reader.end - this.#reader.at) throw this.#malformed(`${count} records in ${this.#reader.end - this.#reader.at} bytes`);
    this.#left = count;
    return true;
  }

  #unknown(start: number, how: string): KafkaSourceError {
    return new KafkaSourceError('format_unknown', `${this.#of}: the batch at offset ${this.#answer.readBigInt64BE(start)} ${how}, and cannot be read as bytes. Set ODDSTREAM_SOURCE=messages: then the client library reads, which may know it.`);
  }

  #close(): void { if (this.#batchNext > this.nextOffset) this.nextOffset = this.#batchNext; }

  /** A marker, or of a transaction that was given up. Source: Kafka's consumer, `CompletedFetch`: aborted ranges are by producer, from their first offset to its marker. */
  #isPassedOver(attributes: number, start: number, end: number, count: number): boolean {
    if ((attributes & (TRANSACTIONAL | CONTROL)) === 0) return false;
    const producer = Number(this.#answer.readBigInt64BE(start + PRODUCER_AT));
    for (let next = this.#aborted[this.#abortedSeen]; next !== undefined && next.firstOffset < this.#batchNext; next = this.#aborted[this.#abortedSeen]) {
      this.#abortedProducers.add(next.producerId);
      this.#abortedSeen++;
    }
    if ((attributes & CONTROL) === 0) return this.#abortedProducers.has(producer);
    if (count > 0 && this.#markerAt(start + HEADER_BYTES, end) === ABORT_MARKER) this.#abortedProducers.delete(producer);
    return true;
  }

  /** A marker's kind, from the key of its one record: two bytes of version, two of kind. */
  #markerAt(start: number, end: number): number {
    const reader = this.#reader;
    reader.over(this.#plain, start, end);
    reader.int(); // length
    reader.byte(); // attributes
    reader.long(); // time
    reader.int(); // offset
    if (reader.int() < 4) throw this.#malformed('a marker of unknown kind');
    const key = reader.skip(4);
    return this.#answer.readInt16BE(key + 2);
  }

  #inflate(codec: Codec, start: number, end: number): Uint8Array {
    try {
      return inflate(codec, this.#plain.subarray(start, end));
    } catch (cause) {
      throw new KafkaSourceError('batch_malformed', `${this.#of}: the batch at offset ${this.#baseOffset} cannot be inflated from ${codec} (${(cause as Error).message}): what wrote it?`, { cause });
    }
  }

  /** The next records of the batch, as many as there is room for. */
  #walk(poll: BatchPoll): void {
    const reader = this.#reader, batchEnd = reader.end;
    const appendTimeMs = this.#appendTimeMs, ownTimes = Number.isNaN(appendTimeMs);
    try {
      while (this.#left > 0 && poll.size < poll.capacity) {
        const length = reader.int();
        const end = reader.skip(length) + length;
        reader.at = end - length;
        reader.end = end;
        reader.byte(); // attributes: none is defined
        const timeDelta = reader.long();
        const offset = this.#baseOffset + reader.int();
        const keyLength = reader.int();
        const keyStart = keyLength < 0 ? NULL : reader.skip(keyLength);
        const keyEnd = reader.at;
        const valueLength = reader.int();
        const valueStart = valueLength < 0 ? NULL : reader.skip(valueLength);
        const valueEnd = reader.at;
        const headers = reader.at;
        const hasHeaders = reader.int() > 0;
        reader.at = end;
        reader.end = batchEnd;
        this.#left--;
        if (offset < this.nextOffset) continue;
        poll.add(offset, ownTimes ? this.#baseTimeMs + timeDelta : appendTimeMs, keyStart, keyEnd, valueStart, valueEnd, hasHeaders ? headers : NULL);
        this.nextOffset = offset + 1;
      }
    } catch (error) {
      if (error instanceof KafkaSourceError) throw this.#malformed(error.message);
      throw error;
    }
  }

  #malformed(what: string): KafkaSourceError {
    return new KafkaSourceError('batch_malformed', `${this.#of}: the batch at offset ${this.#baseOffset} is not as Kafka's format has it (${what}): what wrote it?`);
  }
}
