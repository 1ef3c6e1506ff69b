import { grown } from './columns.ts';
import { bytesOf } from './text.ts';

const UNIT = 2 ** 27;

/**
 * Avro's binary primitives, written one behind the other into a buffer that grows. Source: Apache Avro specification 1.12, "Binary encoding".
 * A value that its type does not hold is a bug of the caller: RangeError. It also keeps the turn of the fields of a value.
 */
export class ByteSink {
  bytes = new Uint8Array(1 << 10);
  position = 0;
  /** Which of the schema's places is to be written next; -1 between values. */
  place = -1;
  #view = new DataView(this.bytes.buffer);

  /** Goes from one place of the schema to the next. Fields in another order than the schema's, or another number of items than announced, are a bug. */
  turn(place: number, next: number): void {
    if (this.place !== place) throw new RangeError(`place ${place} of the schema is written where place ${this.place} is due: write each field once, in the schema's order, and as many items as announced`);
    this.place = next;
  }

  header(schemaId: number): void {
    this.#reserve(5);
    this.bytes[this.position] = 0; //  Confluent wire format
    this.#view.setInt32(this.position + 1, schemaId);
    this.position += 5;
  }

  boolean(value: boolean): void {
    this.#reserve(1);
    this.bytes[this.position++] = value ? 1 : 0;
  }

  int(value: number): void {
    if ((value | 0) !== value) throw new RangeError(`${value} is not an int`);
    this.#varint(value);
  }

  long(value: number): void {
    if ((value | 0) === value) { this.#varint(value); return; }
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not an integer within ±(2^53 − 1)`);
    this.#reserve(10);
    const magnitude = value < 0 ? -(value + 1) : value;
    let low = ((magnitude % UNIT) << 1) | (value < 0 ? 1 : 0); //  28 bits
    let high = Math.floor(magnitude / UNIT); //  not 0, or it were an int
    for (let count = 0; count < 4; count++) {
      this.bytes[this.position++] = (low & 127) | 128;
      low >>>= 7;
    }
    for (; high >= 128; high >>>= 7) this.bytes[this.position++] = (high & 127) | 128;
    this.bytes[this.position++] = high;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.position, value, true);
    this.position += 8;
  }

  float(value: number): void {
    this.#reserve(4);
    this.#view.setFloat32(this.position, value, true);
    this.position += 4;
  }

  /** The index of an enum's symbol, of `count`. */
  symbol(value: number, count: number): void {
    if (!(value >= 0 && value < count)) throw new RangeError(`an enum of ${count} symbols has none of index ${value}`);
    this.int(value);
  }

  /** A text, or its UTF-8 bytes. */
  string(value: Uint8Array | string): void {
    if (typeof value === 'string') { this.#text(value); return; }
    const { length } = value;
    this.#reserve(length + 5);
    this.#varint(length);
    const { bytes, position } = this;
    for (let i = 0; i < length; i++) bytes[position + i] = value[i]!; //  names are short: cheaper than `set`
    this.position = position + length;
  }

  /** Bytes as they are. */
  raw(from: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    this.bytes.set(from.subarray(start, end), this.position);
    this.position += end - start;
  }

  /** How many items follow; 0 if none. */
  items(count: number): void {
    if (count > 0) this.int(count);
    else if (count !== 0) throw new RangeError(`${count} items`);
  }

  endOfItems(): void { this.boolean(false); }

  #text(text: string): void {
    const { length } = text;
    this.#reserve(length + 5);
    const { bytes, position: before } = this;
    this.#varint(length); //  right if every character is of ASCII
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 128) {
        this.position = before;
        this.string(bytesOf(text));
        return;
      }
      bytes[this.position++] = code;
    }
  }

  #varint(value: number): void {
    this.#reserve(5);
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    for (; rest >= 128; rest >>>= 7) this.bytes[this.position++] = (rest & 127) | 128;
    this.bytes[this.position++] = rest;
  }

  #reserve(count: number): void {
    if (this.position + count <= this.bytes.length) return;
    this.bytes = grown(this.bytes, Math.max(this.bytes.length * 2, this.position + count));
    this.#view = new DataView(this.bytes.buffer);
  }
}
