import { type AvroRecord, type AvroType, parseRecord } from './avro-type.ts';
import { type Columns, grown } from './columns.ts';
import { decodeErrors, SchemaError } from './errors.ts';
import { type Group, type Leaf, type List, type Slot, capital, layoutOf } from './layout.ts';
import type { Reader } from './reader.ts';
import { bytesOf } from './text.ts';

export interface DecoderOptions {
  /** JSON text of the schema that the bytes were written with. */
  readonly writerAvsc: string;
  /** JSON text of the schema that the columns were generated from. */
  readonly readerAvsc: string;
  /** String fields of the value whose texts, joined by ':', are the record's key. None: the key is not looked at. */
  readonly keyFields: readonly string[];
  /**
   * The top-level fields that are wanted, besides `timestamp`; all where absent. The others are walked through but not kept:
   * their columns hold the schema's defaults, else 0, NaN or -1 (strings always -1), and empty lists.
   */
  readonly fields?: readonly string[];
}

export interface Decoder {
  /**
   * Decodes the value in `[reader.position, end)` (behind the five bytes of the Confluent header) into a new last row of `columns`, which
   * must be of the reader's schema. The record's key is `keyBytes[keyStart, keyEnd)`, and `keyId` its id. Throws a DecodeError, and then the columns are unchanged.
   */
  decode(reader: Reader, end: number, columns: Columns, keyId: number, offset: number, keyBytes: Uint8Array, keyStart: number, keyEnd: number): void;
}

/** What was compiled, by the writer's schema and the reader's. A decoder keeps nothing from one value to the next, so whoever asks for the same may have the same. */
const compiled = new Map<string, { readonly options: DecoderOptions; readonly decoder: Decoder }[]>();

/**
 * Compiles a decoder of what one schema wrote into the columns of another, by Avro's rules of resolution (Apache Avro specification 1.12,
 * "Schema Resolution"). Made once in a process, however often it is asked for: it costs about a millisecond. Throws a SchemaError where the two do not resolve.
 */
export const compileDecoder = (options: DecoderOptions): Decoder => {
  let known = compiled.get(options.writerAvsc);
  if (known === undefined) compiled.set(options.writerAvsc, known = []);
  const found = known.find(({ options: { readerAvsc, keyFields, fields } }) => readerAvsc === options.readerAvsc && areSame(keyFields, options.keyFields) && areSame(fields, options.fields));
  if (found !== undefined) return found.decoder;
  const decoder = compile(options);
  known.push({ options, decoder });
  return decoder;
};

const areSame = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean => a === b || (a?.length === b?.length && a!.every((name, i) => name === b![i]));

const compile = ({ writerAvsc, readerAvsc, keyFields, fields }: DecoderOptions): Decoder => {
  const writer = parseRecord(writerAvsc);
  const reader = parseRecord(readerAvsc);
  const layout = layoutOf(reader);
  for (const name of [...keyFields, ...(fields ?? [])])
    if (!reader.fields.some((field) => field.name === name)) throw new SchemaError('schema_invalid', `${reader.name} has no field ${name}`);
  const code = new DecoderCode(writer, layout, keyFields, fields && new Set(['timestamp', ...fields]));
  const make = new Function('errors', 'matched', 'NameSet', 'constants', code.text) as (...args: unknown[]) => Decoder['decode'];
  return { decode: make(decodeErrors, matched, NameSet, code.constants) };
};

/** Compares `bytes[start, end)` with the key at `at`, and gives where they end in the key. */
const matched = (key: Uint8Array, at: number, keyEnd: number, bytes: Uint8Array, start: number, end: number): number => {
  if (end - start > keyEnd - at) throw decodeErrors.key_mismatch;
  while (start < end) if (key[at++] !== bytes[start++]) throw decodeErrors.key_mismatch;
  return at;
};

/** The names that one map has named, by their ids. */
class NameSet {
  #seen = new Float64Array(1024); //  the serial number of the map that named it last
  #serial = 0;

  begin(): void { this.#serial++; }

  add(name: number): number {
    if (name >= this.#seen.length) this.#seen = grown(this.#seen, 2 * name);
    if (this.#seen[name] === this.#serial) throw decodeErrors.duplicate_name;
    this.#seen[name] = this.#serial;
    return name;
  }
}

/** The text of one decoder. Of the writer's schema nothing but numbers goes into it; of the reader's, names that are Avro names. */
class DecoderCode {
  readonly constants: unknown[] = [];
  readonly #layout: Group;
  readonly #keys: readonly Leaf[];
  readonly #wanted: ReadonlySet<string> | undefined;
  #lists = 0;
  readonly #nameSets: string[] = [];
  readonly text: string;

  constructor(writer: AvroRecord, layout: Group, keyFields: readonly string[], wanted: ReadonlySet<string> | undefined) {
    this.#layout = layout;
    this.#wanted = wanted;
    this.#keys = keyFields.map((name) => {
      const slot = layout.fields.find(({ field }) => field.name === name)?.slot;
      if (slot?.is !== 'leaf' || slot.kind !== 'string' || slot.nullable) throw new SchemaError('schema_invalid', `${layout.record.name}.${name} is in the record's key and must be a string`);
      return slot;
    });
    const body = this.#group(writer, layout, 'row', layout.record.name);
    this.text = `'use strict';
${this.#nameSets.length > 0 ? `const ${this.#nameSets.join(', ')};` : ''}
return function decode(reader, end, columns, keyId, offset, keyBytes, keyStart, keyEnd) {
  ${this.#keys.length > 0 ? 'if (keyEnd <= keyStart) throw errors.empty_key;' : ''}
  const { buffer, end: outerEnd } = reader;
  const { strings } = columns.dictionaries;
  const row = columns.size;
  if (row === columns.capacity) columns.grow();
  ${this.#keys.map((_, index) => `let key${index} = buffer, key${index}Start = 0, key${index}End = 0;`).join(' ')}
  reader.end = end;
  try {
    ${body}
    if (reader.position !== end) throw errors.trailing_bytes;
  } finally {
    reader.end = outerEnd;
  }
  ${this.#keyCheck()}
  columns.key[row] = keyId;
  columns.offset[row] = offset;
  columns.control[row] = 0;
  columns.subject[row] = -1;
  columns.dead[row] = 0;
  columns.size = row + 1;
};`;
  }

  #keyCheck(): string {
    if (this.#keys.length === 0) return '';
    const steps = this.#keys.map((_, index) => `at = matched(keyBytes, at, keyEnd, key${index}, key${index}Start, key${index}End);`);
    return `let at = keyStart;
  ${steps.join('\n  if (at >= keyEnd || keyBytes[at++] !== 58) throw errors.key_mismatch;\n  ')}
  if (at !== keyEnd) throw errors.key_mismatch;`;
  }

  /** Reads a record into the columns at index `at`: the writer's fields in the writer's order, then the defaults of those that it lacks. */
  #group(writer: AvroType, { record, fields }: Group, at: string, where: string): string {
    if (writer.kind !== 'record' || !sameName(writer, record)) throw unresolvable(where, writer, `the record ${record.name}`);
    const lines: string[] = [];
    const given = new Set<Slot>();
    for (const written of writer.fields) {
      const found = fields.find(({ field }) => field.name === written.name) ?? fields.find(({ field }) => field.aliases.includes(written.name));
      const path = `${where}.${written.name}`;
      if (found === undefined) { lines.push(this.#skip(written.type, path)); continue; }
      const { slot } = found;
      given.add(slot);
      const code = this.#slot(written.type, slot, at, path); //  also where it is not wanted: the two must resolve
      if (this.#isWanted(slot)) lines.push(code);
      else lines.push(slot.is === 'leaf' && this.#keys.includes(slot) ? this.#leaf(written.type, slot, undefined, path) : this.#skip(written.type, path), blank(slot, at));
    }
    for (const { field, slot } of fields) {
      if (given.has(slot)) continue;
      lines.push(this.#default(slot, at, `${where}.${field.name}`));
      if (!this.#isWanted(slot)) lines.push(blank(slot, at));
    }
    return lines.join('\n');
  }

  /** Only fields of the top can be unwanted. */
  #isWanted(slot: Slot): boolean {
    const top = this.#layout.fields.find((each) => each.slot === slot);
    return top === undefined || this.#wanted === undefined || this.#wanted.has(top.field.name);
  }

  #slot(writer: AvroType, slot: Slot, at: string, where: string): string {
    if (slot.is === 'leaf') return this.#leaf(writer, slot, at, where);
    if (writer.kind === 'union') return this.#union(writer.branches, (branch) => this.#slot(branch, slot, at, where));
    return slot.is === 'group' ? this.#group(writer, slot, at, where) : this.#list(writer, slot, at, where);
  }

  #union(branches: readonly AvroType[], code: (branch: AvroType) => string): string {
    const cases = branches.map((branch, index) => `case ${index}: { ${code(branch)} break; }`);
    return `switch (reader.branch(${branches.length})) {\n${cases.join('\n')}\n}`;
  }

  /** Reads one scalar; `at` is undefined for a field that only the key needs. */
  #leaf(writer: AvroType, leaf: Leaf, at: string | undefined, where: string): string {
    if (writer.kind === 'union') return this.#union(writer.branches, (branch) => this.#leaf(branch, leaf, at, where));
    const column = `columns.${leaf.name}[${at}]`;
    const key = this.#keys.indexOf(leaf);
    if (key >= 0 && (writer.kind === 'string' || writer.kind === 'bytes')) {
      const span = `key${key}Start = reader.span(); key${key}End = reader.position;`;
      return at === undefined ? span : `${span} ${column} = strings.id(buffer, key${key}Start, key${key}End);`;
    }
    if (writer.kind === 'null' && leaf.nullable) return `${column} = ${leaf.kind === 'string' || leaf.kind === 'enum' ? -1 : NaN};`;
    return `${column} = ${this.#scalar(writer, leaf, where)};`;
  }

  #scalar(writer: AvroType, leaf: Leaf, where: string): string {
    const { kind } = leaf;
    switch (writer.kind) {
      case 'boolean': if (kind === 'boolean') return 'reader.boolean()'; break;
      case 'int': if (kind === 'int' || kind === 'long' || kind === 'float' || kind === 'double') return 'reader.int()'; break;
      case 'long': if (kind === 'long' || kind === 'float' || kind === 'double') return 'reader.long()'; break;
      case 'float': if (kind === 'float' || kind === 'double') return 'reader.float()'; break;
      case 'double': if (kind === 'double') return 'reader.double()'; break;
      case 'string': case 'bytes': if (kind === 'string') return 'reader.string(strings)'; break;
      case 'enum': if (leaf.enum !== undefined && sameName(writer, leaf.enum)) return this.#enum(writer.symbols, leaf, where); break;
    }
    throw unresolvable(where, writer, leaf.nullable ? `null or ${kind}` : kind);
  }

  #enum(written: readonly string[], { enum: known }: Leaf, where: string): string {
    const { symbols, default: fallback } = known!;
    const indexes = written.map((symbol) => {
      const index = symbols.indexOf(symbols.includes(symbol) ? symbol : fallback ?? '');
      if (index < 0) throw new SchemaError('schema_unresolvable', `${where}: the writer's symbol '${symbol}' is unknown to the reader's enum ${known!.name}, which has no default`);
      return index;
    });
    if (indexes.every((index, at) => index === at)) return `reader.symbol(${written.length})`;
    return `constants[${this.constants.push(Int32Array.from(indexes)) - 1}][reader.symbol(${written.length})]`;
  }

  #list(writer: AvroType, list: List, at: string, where: string): string {
    const isMap = list.nameLeaf !== undefined;
    const written = isMap ? writer.kind === 'map' && writer.values : writer.kind === 'array' && writer.items;
    if (!written) throw unresolvable(where, writer, isMap ? 'map' : 'array');
    const id = this.#lists++;
    const item = `item${id}`;
    if (isMap) this.#nameSets.push(`names${id} = new NameSet()`);
    return `let ${item} = columns.${list.name}Start[${at}];
    ${isMap ? `names${id}.begin();` : ''}
    ${blocks(bytesOfItem(written, isMap, where), `if (${item} + left > columns.${list.name}Capacity) columns.grow${capital(list.name)}(${item} + left);`, `
      ${isMap ? `columns.${list.nameLeaf.name}[${item}] = names${id}.add(reader.string(strings));` : ''}
      ${this.#slot(written, list.items, item, `${where}[]`)}
      ${item}++;`)}
    columns.${list.name}Start[${at} + 1] = ${item};`;
  }

  /** Code that walks through a value that nobody wants. */
  #skip(type: AvroType, where: string): string {
    switch (type.kind) {
      case 'null': return '';
      case 'boolean': return 'reader.boolean();';
      case 'int': return 'reader.int();';
      case 'long': return 'reader.skipLong();';
      case 'float': return 'reader.skip(4);';
      case 'double': return 'reader.skip(8);';
      case 'bytes': case 'string': return 'reader.span();';
      case 'fixed': return `reader.skip(${type.size});`;
      case 'enum': return `reader.symbol(${type.symbols.length});`;
      case 'record': return type.fields.map((field) => this.#skip(field.type, `${where}.${field.name}`)).join('\n');
      case 'union': return this.#union(type.branches, (branch) => this.#skip(branch, where));
      case 'array': return blocks(bytesOfItem(type.items, false, where), '', this.#skip(type.items, `${where}[]`));
      case 'map': return blocks(bytesOfItem(type.values, true, where), '', `reader.span(); ${this.#skip(type.values, `${where}[]`)}`);
    }
  }

  /** The reader's default of what the writer lacks. */
  #default(slot: Slot, at: string, where: string): string {
    if (slot.is === 'group') return slot.fields.map(({ field, slot: inner }) => this.#default(inner, at, `${where}.${field.name}`)).join('\n');
    if (!slot.hasDefault) throw new SchemaError('schema_unresolvable', `${where}: the writer lacks it, and the reader has no default for it`);
    if (slot.is === 'list' || slot.defaultText === undefined) return blank(slot, at);
    const text = `constants[${this.constants.push(bytesOf(slot.defaultText)) - 1}]`;
    const key = this.#keys.indexOf(slot);
    return `columns.${slot.name}[${at}] = strings.id(${text}, 0, ${text}.length);
    ${key >= 0 ? `key${key} = ${text}; key${key}End = ${text}.length;` : ''}`;
  }
}

/** Code that leaves a slot without a value. */
const blank = (slot: Slot, at: string): string => {
  if (slot.is === 'leaf') return `columns.${slot.name}[${at}] = ${slot.blank};`;
  if (slot.is === 'list') return `columns.${slot.name}Start[${at} + 1] = columns.${slot.name}Start[${at}];`;
  return slot.fields.map(({ slot: inner }) => blank(inner, at)).join('\n');
};

/** Code that walks through the blocks of a map or an array. */
const blocks = (minBytes: number, atBlock: string, atItem: string): string => `
    for (let left = reader.block(${minBytes}); left > 0; left = reader.block(${minBytes})) {
      const { blockEnd } = reader;
      ${atBlock}
      for (; left > 0; left--) {
        ${atItem}
      }
      if (blockEnd >= 0 && reader.position !== blockEnd) throw errors.block_size;
    }`;

/** The fewest bytes that a value takes: they bound how many entries a block can announce. */
const minBytes = (type: AvroType): number => {
  switch (type.kind) {
    case 'null': return 0;
    case 'float': return 4;
    case 'double': return 8;
    case 'fixed': return type.size;
    case 'record': return type.fields.reduce((sum, field) => sum + minBytes(field.type), 0);
    case 'union': return 1 + Math.min(...type.branches.map(minBytes));
    default: return 1;
  }
};

const bytesOfItem = (type: AvroType, isMap: boolean, where: string): number => {
  const bytes = minBytes(type) + (isMap ? 1 : 0);
  if (bytes === 0) throw new SchemaError('schema_unsupported', `${where}: a list whose items take no bytes has no bound`);
  return bytes;
};

const sameName = (writer: { readonly name: string }, reader: { readonly name: string; readonly aliases: readonly string[] }): boolean =>
  writer.name === reader.name || reader.aliases.some((alias) => alias.slice(alias.lastIndexOf('.') + 1) === writer.name);

const unresolvable = (where: string, writer: AvroType, wanted: string): SchemaError =>
  new SchemaError('schema_unresolvable', `${where}: the writer's ${'name' in writer ? `${writer.kind} ${writer.name}` : writer.kind} cannot be read as ${wanted}`);
