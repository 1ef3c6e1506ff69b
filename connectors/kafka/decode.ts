import avro from 'avsc';
import type { SchemaRegistry } from './registry.ts';
import { UnknownSchemaId } from '../../runtime/ports.ts';
import { RegistryRefused } from './registry.ts';

/** A value for a person: what its bytes say by the schema that they name, or why they cannot be read. */
export type Decoded = { readonly schemaId: number; readonly value: unknown } | { readonly error: string };

/** Confluent wire format: a zero byte, then the schema's id. */
const HEADER_BYTES = 5;
/** Parsed schemas that are kept: a topic has few. */
const MAX_TYPES = 100;

/** Decodes values one by one, with the reference library, by their writers' schemas. */
export class ValueDecoder {
  readonly #registry: SchemaRegistry;
  readonly #types = new Map<number, avro.Type>();

  constructor(registry: SchemaRegistry) { this.#registry = registry; }

  /** Throws RegistryUnavailable: whether the bytes are a value is then not known. */
  async decode(bytes: Uint8Array): Promise<Decoded> {
    if (bytes.length < HEADER_BYTES || bytes[0] !== 0) return { error: 'it does not begin with a zero byte and a schema id (Confluent wire format)' };
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const schemaId = buffer.readUInt32BE(1);
    try {
      const type = this.#types.get(schemaId) ?? avro.Type.forSchema(JSON.parse(await this.#registry.schemaOf(schemaId)) as avro.Schema);
      if (this.#types.size < MAX_TYPES) this.#types.set(schemaId, type);
      return { schemaId, value: plain(type.fromBuffer(buffer.subarray(HEADER_BYTES))) };
    } catch (error) {
      if (error instanceof UnknownSchemaId || error instanceof RegistryRefused) return { error: error.message };
      if ((error as { retryable?: boolean }).retryable === true) throw error;
      return { error: `by the schema ${schemaId} it cannot be decoded: ${(error as Error).message}` };
    }
  }
}

/** The library's records are instances of classes of their own; and JSON, in which values are shown, has no word for what is not a number. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, part: unknown) => (typeof part === 'number' && !Number.isFinite(part) ? String(part) : part))) as unknown;
