import avro from 'avsc';
import type { SchemaRegistry } from '../kafka/registry.ts';

/** Confluent wire format: a zero byte, then the schema's id. */
const HEADER_BYTES = 5;

/** Decodes single values of a topic, when they are asked for, from their writers' schemas into the one that this program has. */
export class Values<Value> {
  readonly #type: avro.Type;
  readonly #registry: Pick<SchemaRegistry, 'schemaOf'>;
  readonly #resolvers = new Map<number, avro.Type extends { createResolver(type: avro.Type): infer Resolver } ? Resolver : never>();

  constructor(topic: { readonly schema: { readonly avsc: string } }, registry: Pick<SchemaRegistry, 'schemaOf'>) {
    this.#type = avro.Type.forSchema(JSON.parse(topic.schema.avsc) as avro.Schema);
    this.#registry = registry;
  }

  /**
   * Copies the bytes, and returns what reads them; undefined where they are not in Confluent's wire format. Asks the registry where the schema is not known yet. Throws
   * RegistryUnavailable and UnknownSchemaId.
   */
  async lazily(bytes: Uint8Array): Promise<(() => Value) | undefined> {
    if (bytes.length < HEADER_BYTES || bytes[0] !== 0) return undefined;
    const copy = Buffer.from(bytes), id = copy.readUInt32BE(1);
    const resolver = this.#resolvers.get(id) ?? this.#type.createResolver(avro.Type.forSchema(JSON.parse(await this.#registry.schemaOf(id)) as avro.Schema));
    this.#resolvers.set(id, resolver);
    return () => this.#type.fromBuffer(copy.subarray(HEADER_BYTES), resolver) as Value;
  }
}
