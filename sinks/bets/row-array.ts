/** 2000-01-01, from which PostgreSQL counts. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
/** Types of columns by their fixed numbers. Source: pg_type.dat of PostgreSQL. */
const BOOL = 16, INT8 = 20, INT2 = 21, INT4 = 23, TEXT = 25, TIMESTAMPTZ = 1184, UUID = 2950;
/** Dimensions, whether there are nulls, type of the elements, their number, the first one's index. */
const HEADER_BYTES = 20;
const FIRST_BYTES = 1 << 16;
/** Shorter texts are written character by character while they are ASCII: a call of Buffer.write takes longer than they do. */
const SHORT = 48;
const TWO_32 = 2 ** 32;

/**
 * Rows of a composite type as one array in PostgreSQL's binary format, which is what `unnest($1::type[])` takes. Columns are added in the type's order, each row is
 * ended by `end`. Source: array_recv and record_recv of PostgreSQL.
 */
export class RowArray {
  size = 0;
  readonly #columns: number;
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #at = HEADER_BYTES;
  #row = HEADER_BYTES;

  constructor(columns: number) {
    this.#columns = columns;
    this.#begin();
  }

  text(value: string | null): this {
    if (value === null) return this.#null(TEXT);
    const { length } = value;
    this.#room(8 + 3 * length);
    const bytes = this.#bytes, start = this.#at + 8;
    let at = start;
    if (length <= SHORT) {
      for (let i = 0, code = 0; i < length && (code = value.charCodeAt(i)) < 128; i++) bytes[at++] = code;
    }
    if (at - start < length) at = start + bytes.write(value, start);
    this.#head(TEXT, at - start);
    this.#at = at;
    return this;
  }

  /** In its form of 36 characters. */
  uuid(value: string | null): this {
    if (value === null) return this.#null(UUID);
    this.#room(24);
    this.#head(UUID, 16);
    const bytes = this.#bytes;
    let at = this.#at + 8;
    for (let i = 0; i < 36; i += 2) {
      if (i === 8 || i === 13 || i === 18 || i === 23) i++;
      bytes[at++] = digit(value.charCodeAt(i)) << 4 | digit(value.charCodeAt(i + 1));
    }
    this.#at = at;
    return this;
  }

  int8(value: number): this { return this.#int8(INT8, value); }
  timeMs(value: number | null): this { return value === null ? this.#null(TIMESTAMPTZ) : this.#int8(TIMESTAMPTZ, (value - EPOCH_MS) * 1_000); }

  int4(value: number): this {
    this.#room(12);
    this.#head(INT4, 4);
    this.#at = this.#bytes.writeInt32BE(value, this.#at + 8);
    return this;
  }

  int2(value: number): this {
    this.#room(10);
    this.#head(INT2, 2);
    this.#at = this.#bytes.writeInt16BE(value, this.#at + 8);
    return this;
  }

  bool(value: boolean): this {
    this.#room(9);
    this.#head(BOOL, 1);
    this.#bytes[this.#at + 8] = value ? 1 : 0;
    this.#at += 9;
    return this;
  }

  end(): void {
    this.#bytes.writeInt32BE(this.#at - this.#row - 4, this.#row);
    this.size++;
    this.#row = this.#at;
    this.#begin();
  }

  /** All rows, as a value of an array of the type that has this number in the database. */
  bytes(type: number): Buffer {
    const bytes = this.#bytes;
    let at = 0;
    for (const word of [1, 0, type, this.size, 1]) at = bytes.writeInt32BE(word | 0, at);
    return bytes.subarray(0, this.#row);
  }

  #begin(): void {
    this.#room(8);
    this.#at = this.#bytes.writeInt32BE(this.#columns, this.#row + 4);
  }

  #int8(type: number, value: number): this {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no amount, offset or time that a row can have`);
    this.#room(16);
    this.#head(type, 8);
    const high = Math.floor(value / TWO_32);
    this.#bytes.writeInt32BE(high, this.#at + 8);
    this.#at = this.#bytes.writeUInt32BE(value - high * TWO_32, this.#at + 12);
    return this;
  }

  #null(type: number): this {
    this.#room(8);
    this.#head(type, -1);
    this.#at += 8;
    return this;
  }

  #head(type: number, length: number): void {
    this.#bytes.writeInt32BE(type, this.#at);
    this.#bytes.writeInt32BE(length, this.#at + 4);
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#bytes.length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** Of a hexadecimal digit's character. */
const digit = (code: number): number => (code < 58 ? code - 48 : (code | 32) - 87);
