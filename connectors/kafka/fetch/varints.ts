import { KafkaSourceError } from '../source.ts';

/**
 * Reads zigzag varints as records have them, within bounds. Throws KafkaSourceError `batch_malformed` where it would read beyond its end, or a number
 * has more bytes than its type can have. Source: Kafka's message format, "Record"; Protocol Buffers, "Base 128 varints".
 */
export class Varints {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;

  over(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  byte(): number {
    if (this.at >= this.end) throw malformed();
    return this.bytes[this.at++]!;
  }

  /** Within 32 bits. */
  int(): number {
    let byte = this.byte();
    let value = byte & 127;
    for (let shift = 7; byte >= 128; shift += 7) {
      if (shift > 28) throw malformed();
      byte = this.byte();
      value |= (byte & 127) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** Exact to 2^53, which times and offsets keep. */
  long(): number {
    let byte = this.byte();
    let value = byte & 127;
    for (let unit = 128, left = 9; byte >= 128; unit *= 128, left--) {
      if (left === 0) throw malformed();
      byte = this.byte();
      value += (byte & 127) * unit;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Passes over so many bytes, and says where they begin. */
  skip(length: number): number {
    const { at } = this;
    if (length < 0 || length > this.end - at) throw malformed();
    this.at = at + length;
    return at;
  }

  take(length: number): Uint8Array {
    const start = this.skip(length);
    return this.bytes.subarray(start, start + length);
  }
}

const malformed = (): KafkaSourceError => new KafkaSourceError('batch_malformed', 'a record ends before what it says it holds');
