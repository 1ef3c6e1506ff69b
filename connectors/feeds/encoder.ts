import avro from 'avsc';

/** Confluent's wire format: a zero byte, the schema's id in four, the value. */
const HEADER_BYTES = 5;
const FIRST_BYTES = 4_096;

/** Encodes plain values of one schema into a buffer that it uses again: nothing is allocated per value but a view of it. */
export class ValueEncoder<Value> {
  readonly #type: avro.Type;
  readonly #id: number;
  #buffer: Buffer;

  /** `avsc` is the schema's JSON text, `id` what the registry calls it. */
  constructor(avsc: string, id: number) {
    this.#type = avro.Type.forSchema(JSON.parse(avsc) as avro.Schema);
    this.#id = id;
    this.#buffer = this.#made(FIRST_BYTES);
  }

  /** The value in Confluent's wire format, valid until the next call. Throws where the value is none of the schema. */
  encode(value: Value): Buffer {
    // A negative position says how many bytes are missing: avsc writes into what is there and counts on.
    let end = this.#type.encode(value, this.#buffer, HEADER_BYTES);
    if (end < 0) {
      this.#buffer = this.#made(2 * (this.#buffer.length - end));
      end = this.#type.encode(value, this.#buffer, HEADER_BYTES);
    }
    return this.#buffer.subarray(0, end);
  }

  #made(length: number): Buffer {
    const buffer = Buffer.alloc(length);
    buffer.writeInt32BE(this.#id, 1);
    return buffer;
  }
}
