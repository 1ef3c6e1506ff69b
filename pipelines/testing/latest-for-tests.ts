import { ValueEncoder } from '../../connectors/feeds/encoder.ts';
import type { LatestValues } from '../../runtime/ports.ts';

/** The newest values of a topic as a test puts them. Each value that is put is one offset further on partition 0. */
export class LatestForTests<Value> implements LatestValues {
  readonly #values = new Map<string, Uint8Array>();
  readonly #encoder: ValueEncoder<Value>;
  readonly #avsc: string;
  readonly #nextOffsets = [0];
  onChange: (key: string) => void = () => undefined;

  constructor(avsc: string) {
    this.#avsc = avsc;
    this.#encoder = new ValueEncoder(avsc, 1);
  }

  put(key: string, value: Value | null): void {
    this.#nextOffsets[0]!++;
    if (value === null) this.#values.delete(key);
    else this.#values.set(key, Uint8Array.from(this.#encoder.encode(value)));
    this.onChange(key);
  }

  value(key: string): Uint8Array | undefined { return this.#values.get(key); }
  keys(): Iterable<string> { return this.#values.keys(); }
  schema(): string { return this.#avsc; }
  readonly heardMs = 0;
  get nextOffsets(): readonly number[] { return this.#nextOffsets; }
  get size(): number { return this.#values.size; }
  close(): Promise<void> { return Promise.resolve(); }
}
