const HEADER_BYTES = 5;

/** The newest value of each key, as bytes in Confluent wire format, with the schemas that they name. */
export class NewestValues {
  readonly values = new Map<string, Uint8Array>();
  readonly schemas = new Map<number, string>();
  readonly #schemaOf: (id: number) => Promise<string>;
  readonly #onChange: (key: string) => void;

  constructor(schemaOf: (id: number) => Promise<string>, onChange: (key: string) => void) {
    this.#schemaOf = schemaOf;
    this.#onChange = onChange;
  }

  /** Takes over a value, whose bytes are not copied, or a tombstone; a promise where its schema has to be asked for first. Poison changes nothing: its topic's own readers say so. */
  take(key: string, value: Uint8Array | null): Promise<void> | undefined {
    if (value === null) this.values.delete(key);
    else {
      if (value.length < HEADER_BYTES || value[0] !== 0) return undefined;
      const id = Buffer.from(value.buffer, value.byteOffset, value.byteLength).readUInt32BE(1);
      if (!this.schemas.has(id)) return this.#schemaOf(id).then((schema) => { this.schemas.set(id, schema); return this.take(key, value); });
      this.values.set(key, value);
    }
    this.#onChange(key);
    return undefined;
  }
}
