import type { Columns, Dictionaries, Row } from './columns.ts';
import type { Encoded } from './encoded.ts';

/** Encodes values one behind the other; the generated writers add one method per field, called in the schema's order. */
export interface Writer extends Encoded {
  /** The id that the registry gave to the schema, written before each value (Confluent wire format). */
  schemaId: number;
  /** Begins a value. The key's bytes must not change before `clear`: they are not copied. */
  begin(key: Uint8Array): void;
  /** Ends the value that was begun. */
  end(): void;
  end(index: number): number;
  /** A value of null: what the key stood for is over. */
  tombstone(key: Uint8Array): void;
  /** A value as another writer of this schema has written it, and its key. */
  copy(from: Encoded, index: number): void;
}

/** A generated Avro schema: the TypeScript types of its plain value, its row and its writer, and how to make columns and writers. */
export interface AvroSchema<Value = unknown, R extends Row = Row, W extends Writer = Writer> {
  /** Full name of the record. */
  readonly name: string;
  /** The schema, as JSON text, exactly as registered. */
  readonly avsc: string;
  readonly columns: (dictionaries: Dictionaries) => Columns<R>;
  readonly writer: () => W;
  readonly '~value'?: Value;
}
