import { compileDecoder, type Decoder } from '../schemas/codec/compile.ts';
import type { Row } from '../schemas/codec/columns.ts';
import { Dictionary } from '../schemas/codec/dictionary.ts';
import { Reader } from '../schemas/codec/reader.ts';
import type { AvroSchema, Writer } from '../schemas/codec/schema.ts';
import { HEADER_BYTES, schemaIdAt } from './door.ts';
import type { LatestValues } from './ports.ts';

/** Decodes values of a compacted topic one by one, each by the schema that it was written with. */
export class ValueRows<Value, R extends Row, W extends Writer> {
  readonly #schema: AvroSchema<Value, R, W>;
  readonly #values: Pick<LatestValues, 'schema'>;
  readonly #decoders = new Map<number, Decoder>();

  constructor(schema: AvroSchema<Value, R, W>, values: Pick<LatestValues, 'schema'>) {
    this.#schema = schema;
    this.#values = values;
  }

  /** A row with columns of its own: it stays as it is. */
  row(bytes: Uint8Array): R {
    const id = schemaIdAt(bytes, 1);
    let decoder = this.#decoders.get(id);
    if (decoder === undefined) {
      decoder = compileDecoder({ writerAvsc: this.#values.schema(id), readerAvsc: this.#schema.avsc, keyFields: [] });
      this.#decoders.set(id, decoder);
    }
    const columns = this.#schema.columns({ keys: new Dictionary(), strings: new Dictionary() });
    const reader = new Reader().over(bytes);
    reader.position = HEADER_BYTES;
    decoder.decode(reader, bytes.length, columns, -1, 0, bytes, 0, 0);
    return columns.row(0);
  }
}
