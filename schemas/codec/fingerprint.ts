import { bytesOf } from './text.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * The parsing canonical form of a schema: what readers and writers go by, and nothing else, in one spelling (Apache Avro 1.12 specification,
 * "Transforming into Parsing Canonical Form"). Docs, aliases and defaults are not part of it. `avsc` is JSON text; a SyntaxError where it is not.
 */
export const canonicalForm = (avsc: string): string => JSON.stringify(canonical(JSON.parse(avsc), '', new Set()));

const canonical = (schema: unknown, namespace: string, named: Set<string>): unknown => {
  if (Array.isArray(schema)) return schema.map((branch) => canonical(branch, namespace, named));
  if (typeof schema === 'string') return named.has(fullName(schema, namespace)) ? fullName(schema, namespace) : schema;
  const object = schema as Json, { type } = object;
  if (type === 'array') return { type, items: canonical(object['items'], namespace, named) };
  if (type === 'map') return { type, values: canonical(object['values'], namespace, named) };
  if (type !== 'record' && type !== 'enum' && type !== 'fixed') return canonical(type, namespace, named);

  const inner = typeof object['namespace'] === 'string' ? object['namespace'] : namespace, name = fullName(object['name'] as string, inner);
  named.add(name);
  if (type === 'enum') return { name, type, symbols: object['symbols'] };
  if (type === 'fixed') return { name, type, size: object['size'] };
  const own = name.slice(0, Math.max(0, name.lastIndexOf('.')));
  return { name, type, fields: (object['fields'] as Json[]).map((field) => ({ name: field['name'], type: canonical(field['type'], own, named) })) };
};

const fullName = (name: string, namespace: string): string => (name.includes('.') || namespace === '' ? name : `${namespace}.${name}`);

const EMPTY = 0xc15d213aa4d7a795n;
const TABLE = Array.from({ length: 256 }, (_, byte) => {
  let entry = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) entry = (entry >> 1n) ^ ((entry & 1n) === 1n ? EMPTY : 0n);
  return entry;
});

/** CRC-64-AVRO of a schema's canonical form, 16 hexadecimal digits (same specification, "Schema Fingerprints"): two schemas with one fingerprint have the same bytes. */
export const fingerprint = (avsc: string): string => {
  let crc = EMPTY;
  for (const byte of bytesOf(canonicalForm(avsc))) crc = (crc >> 8n) ^ TABLE[Number((crc ^ BigInt(byte)) & 0xffn)]!;
  return crc.toString(16).padStart(16, '0');
};
