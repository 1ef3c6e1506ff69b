import { SchemaError } from './errors.ts';

export type Primitive = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string';

/** A parsed Avro schema. Logical types are their underlying types. A named type that occurs twice is the same object twice. */
export type AvroType =
  | { readonly kind: Primitive }
  | { readonly kind: 'fixed'; readonly name: string; readonly aliases: readonly string[]; readonly size: number }
  | AvroEnum
  | AvroRecord
  | { readonly kind: 'array'; readonly items: AvroType }
  | { readonly kind: 'map'; readonly values: AvroType }
  | { readonly kind: 'union'; readonly branches: readonly AvroType[] };

export interface AvroEnum {
  readonly kind: 'enum';
  /** Without the namespace: resolution goes by it (Avro specification 1.12, "Schema Resolution"). */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly symbols: readonly string[];
  readonly default: string | undefined;
}

export interface AvroField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly doc: string | undefined;
  readonly type: AvroType;
  readonly hasDefault: boolean;
  /** As JSON has it. */
  readonly default: unknown;
}

export interface AvroRecord {
  readonly kind: 'record';
  readonly name: string;
  readonly fullName: string;
  readonly aliases: readonly string[];
  readonly doc: string | undefined;
  readonly fields: readonly AvroField[];
}

type Json = Readonly<Record<string, unknown>>;

const PRIMITIVES: ReadonlySet<unknown> = new Set<Primitive>(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);

/** Names go into generated code: none but Avro's own are let in. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

const invalid = (message: string): SchemaError => new SchemaError('schema_invalid', message);
const unqualified = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

/** Parses the JSON text of a schema whose top is a record. Throws a SchemaError that says what is wrong and where. */
export const parseRecord = (avsc: string): AvroRecord => {
  let json: unknown;
  try {
    json = JSON.parse(avsc);
  } catch (cause) {
    throw invalid(`the schema is not JSON: ${(cause as Error).message}`);
  }
  const type = new Parser().type(json, '', 'schema');
  if (type.kind !== 'record') throw invalid(`the schema is ${type.kind}, not a record`);
  return type;
};

class Parser {
  readonly #named = new Map<string, AvroType>();

  type(json: unknown, namespace: string, where: string): AvroType {
    if (Array.isArray(json)) {
      if (json.length === 0) throw invalid(`${where}: a union without branches`);
      return { kind: 'union', branches: json.map((branch, index) => this.type(branch, namespace, `${where}/${index}`)) };
    }
    if (typeof json === 'string') {
      if (PRIMITIVES.has(json)) return { kind: json as Primitive };
      const known = this.#named.get(json.includes('.') || namespace === '' ? json : `${namespace}.${json}`) ?? this.#named.get(json);
      if (known === undefined) throw invalid(`${where}: no type is named '${json}' (a type that holds itself is not supported)`);
      return known;
    }
    if (typeof json !== 'object' || json === null) throw invalid(`${where}: not a type`);
    const object = json as Json;
    switch (object['type']) {
      case 'record': case 'error': return this.#record(object, namespace, where);
      case 'enum': return this.#enum(object, namespace, where);
      case 'fixed': return this.#fixed(object, namespace, where);
      case 'array': return { kind: 'array', items: this.type(object['items'], namespace, `${where}/items`) };
      case 'map': return { kind: 'map', values: this.type(object['values'], namespace, `${where}/values`) };
      default: return this.type(object['type'], namespace, where);
    }
  }

  #record(object: Json, outer: string, where: string): AvroRecord {
    const { fullName, namespace } = nameOf(object, outer, where);
    if (!Array.isArray(object['fields'])) throw invalid(`${where}: the record ${fullName} has no fields`);
    const seen = new Set<string>();
    const fields = (object['fields'] as unknown[]).map((json): AvroField => {
      const field = json as Json;
      const name = field['name'];
      if (typeof name !== 'string' || !NAME.test(name)) throw invalid(`${where}: ${fullName} has a field whose name is no Avro name: ${JSON.stringify(name)}`);
      if (seen.has(name)) throw invalid(`${where}: ${fullName} has two fields named ${name}`);
      seen.add(name);
      return {
        name, aliases: textsOf(field['aliases']), doc: docOf(field), type: this.type(field['type'], namespace, `${where}/${name}`),
        hasDefault: 'default' in field, default: field['default'],
      };
    });
    const record: AvroRecord = { kind: 'record', name: unqualified(fullName), fullName, aliases: textsOf(object['aliases']), doc: docOf(object), fields };
    this.#named.set(fullName, record);
    return record;
  }

  #enum(object: Json, outer: string, where: string): AvroType {
    const { fullName } = nameOf(object, outer, where);
    const symbols = textsOf(object['symbols']);
    if (symbols.length === 0 || new Set(symbols).size < symbols.length || !symbols.every((symbol) => NAME.test(symbol)))
      throw invalid(`${where}: the enum ${fullName} needs distinct symbols that are Avro names`);
    const fallback = object['default'];
    if (fallback !== undefined && !symbols.includes(fallback as string)) throw invalid(`${where}: the default of the enum ${fullName} is none of its symbols`);
    const type: AvroType = { kind: 'enum', name: unqualified(fullName), aliases: textsOf(object['aliases']), symbols, default: fallback as string | undefined };
    this.#named.set(fullName, type);
    return type;
  }

  #fixed(object: Json, outer: string, where: string): AvroType {
    const { fullName } = nameOf(object, outer, where);
    const size = object['size'];
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw invalid(`${where}: the fixed ${fullName} has no size`);
    const type: AvroType = { kind: 'fixed', name: unqualified(fullName), aliases: textsOf(object['aliases']), size };
    this.#named.set(fullName, type);
    return type;
  }
}

const nameOf = (object: Json, outer: string, where: string): { fullName: string; namespace: string } => {
  const { name } = object;
  if (typeof name !== 'string' || !name.split('.').every((part) => NAME.test(part))) throw invalid(`${where}: no Avro name: ${JSON.stringify(name)}`);
  if (name.includes('.')) return { fullName: name, namespace: name.slice(0, name.lastIndexOf('.')) };
  const namespace = typeof object['namespace'] === 'string' ? object['namespace'] : outer;
  return { fullName: namespace === '' ? name : `${namespace}.${name}`, namespace };
};

const textsOf = (json: unknown): string[] => (Array.isArray(json) ? json.filter((text): text is string => typeof text === 'string') : []);
const docOf = (object: Json): string | undefined => (typeof object['doc'] === 'string' ? object['doc'] : undefined);
