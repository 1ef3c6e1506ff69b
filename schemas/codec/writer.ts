import { ByteSink } from './byte-sink.ts';
import { grown } from './columns.ts';
import type { Encoded } from './encoded.ts';
import type { Writer } from './schema.ts';

/** What generated writers have in common: values one behind the other in a buffer, where each ends, and their keys. */
export abstract class ValueWriter implements Writer {
  schemaId = -1;
  protected readonly sink = new ByteSink();
  /** The place behind the schema's last. */
  protected abstract readonly lastPlace: number;
  #size = 0;
  #ends = new Int32Array(256);
  #keys: Uint8Array[] = [];

  get size(): number { return this.#size; }
  get bytes(): Uint8Array { return this.sink.bytes; }
  start(index: number): number { return index === 0 ? 0 : this.#ends[index - 1]!; }
  key(index: number): Uint8Array { return this.#keys[index]!; }

  begin(key: Uint8Array): void {
    if (this.schemaId < 0) throw new RangeError('the schema has no id: set schemaId to what the registry gave');
    this.sink.turn(-1, 0);
    this.#keys[this.#size] = key;
    this.sink.header(this.schemaId);
  }

  end(): void;
  end(index: number): number;
  end(index?: number): number | void {
    if (index !== undefined) return this.#ends[index]!;
    this.sink.turn(this.lastPlace, -1);
    this.#close();
  }

  copy(from: Encoded, index: number): void {
    this.sink.turn(-1, -1);
    this.#keys[this.#size] = from.key(index);
    this.sink.raw(from.bytes, from.start(index), from.end(index));
    this.#close();
  }

  tombstone(key: Uint8Array): void {
    this.sink.turn(-1, -1);
    this.#keys[this.#size] = key;
    this.#close();
  }

  clear(): void {
    this.#size = 0;
    this.#keys = [];
    this.sink.position = 0;
    this.sink.place = -1;
  }

  #close(): void {
    if (this.#size === this.#ends.length) this.#ends = grown(this.#ends, this.#size * 2);
    this.#ends[this.#size++] = this.sink.position;
  }
}
