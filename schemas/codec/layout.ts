import type { AvroEnum, AvroField, AvroRecord, AvroType } from './avro-type.ts';
import { SchemaError } from './errors.ts';

export type LeafKind = 'boolean' | 'int' | 'long' | 'float' | 'double' | 'string' | 'enum';

/** One scalar of a record, or of the items of a list: one typed array. */
export interface Leaf {
  readonly is: 'leaf';
  /** Of the column, of the row's accessor and of the writer's method. */
  readonly name: string;
  readonly kind: LeafKind;
  readonly enum: AvroEnum | undefined;
  /** Null is NaN for a number, -1 for a string or an enum. */
  readonly nullable: boolean;
  /** Which branch of its union null is. */
  readonly nullBranch: 0 | 1 | undefined;
  readonly array: 'Float64Array' | 'Int32Array' | 'Uint8Array';
  /** What the column holds where there is no value: the schema's default, else 0, NaN or -1. Of a string always -1. */
  readonly blank: number;
  /** The schema's default of a string. */
  readonly defaultText: string | undefined;
  /** The schema has a default, so that a writer may lack the field. */
  readonly hasDefault: boolean;
  readonly doc: string | undefined;
}

/** A map or an array: the items of row i are those from `start[i]` to `start[i + 1]`. */
export interface List {
  readonly is: 'list';
  readonly name: string;
  /** A map: each item has a name, in a column of its own. */
  readonly nameLeaf: Leaf | undefined;
  readonly items: Slot;
  readonly hasDefault: boolean;
  readonly doc: string | undefined;
}

/** A record, taken apart into its fields: a nested one has no column of its own. */
export interface Group {
  readonly is: 'group';
  readonly record: AvroRecord;
  readonly fields: readonly { readonly field: AvroField; readonly slot: Slot }[];
}

/** Where a value of the schema goes in the columns. */
export type Slot = Leaf | List | Group;

/**
 * How a record lies in columns. The naming rule, which the generated rows, columns and writers follow:
 * a column's name is its path in the schema, flattened to camelCase (`quotes` → `prices` → `limit_minor` is `quotesPricesLimitMinor`);
 * a list adds `…Start` (and rows `…End`); the names of a map's entries are `…Name`, and their values have the map's own name.
 * Throws a SchemaError for what columns do not hold: bytes, fixed, unions other than of null and one scalar, arrays of arrays, lists with a default that is not empty.
 */
export const layoutOf = (record: AvroRecord): Group => {
  const layout = groupOf(record, '');
  const names = new Set<string>();
  for (const name of namesOf(layout)) {
    if (RESERVED.has(name)) throw unsupported(record.name, `a field cannot be named ${name}: rows, columns or writers have something of that name`);
    if (names.has(name)) throw unsupported(record.name, `two of its columns would be named ${name}`);
    names.add(name);
  }
  const time = layout.fields.find(({ field }) => field.name === 'timestamp')?.slot;
  if (time?.is !== 'leaf' || time.kind !== 'long' || time.nullable) throw unsupported(record.name, 'it needs its event time, a long named timestamp');
  return layout;
};

/** What generated classes have besides the fields. */
const RESERVED: ReadonlySet<string> = new Set([
  'index', 'key', 'offset', 'control', 'subject', 'isDead', 'text', 'keyText', 'toObject', 'constructor',
  'dictionaries', 'size', 'capacity', 'dead', 'row', 'empty', 'clear', 'dropLast', 'append', 'appendControl', 'appendTombstone', 'blankLast', 'mark', 'grow',
  'schemaId', 'sink', 'lastPlace', 'bytes', 'start', 'end', 'begin', 'tombstone',
]);

/** All leaves below a slot, in the schema's order, the names of maps before their values; `lists` are the lists around each, outermost first. */
export function* leavesOf(slot: Slot, lists: readonly List[] = []): Generator<{ readonly leaf: Leaf; readonly lists: readonly List[] }> {
  if (slot.is === 'leaf') yield { leaf: slot, lists };
  else if (slot.is === 'group') for (const { slot: inner } of slot.fields) yield* leavesOf(inner, lists);
  else {
    if (slot.nameLeaf !== undefined) yield { leaf: slot.nameLeaf, lists: [...lists, slot] };
    yield* leavesOf(slot.items, [...lists, slot]);
  }
}

/** All lists below a slot, outer before inner; `around` are the lists around each. */
export function* listsOf(slot: Slot, around: readonly List[] = []): Generator<{ readonly list: List; readonly around: readonly List[] }> {
  if (slot.is === 'group') for (const { slot: inner } of slot.fields) yield* listsOf(inner, around);
  else if (slot.is === 'list') {
    yield { list: slot, around };
    yield* listsOf(slot.items, [...around, slot]);
  }
}

/** snake_case to camelCase. */
export const camel = (name: string): string => name.replace(/_+([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The first letter large. */
export const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

const unsupported = (where: string, what: string): SchemaError => new SchemaError('schema_unsupported', `${where}: ${what}`);

const groupOf = (record: AvroRecord, prefix: string): Group => ({
  is: 'group',
  record,
  fields: record.fields.map((field) => {
    const name = prefix === '' ? camel(field.name) : prefix + capital(camel(field.name));
    return { field, slot: slotOf(field.type, name, field) };
  }),
});

const slotOf = (type: AvroType, name: string, field: AvroField | undefined): Slot => {
  const doc = field?.doc;
  const hasDefault = field?.hasDefault ?? false;
  switch (type.kind) {
    case 'record':
      if (hasDefault) throw unsupported(name, 'a record inside a record has no default: give its fields theirs');
      return groupOf(type, name);
    case 'array': case 'map': {
      if (hasDefault && Object.keys(field?.default as object).length > 0) throw unsupported(name, 'the default of a list must be empty');
      const inner = type.kind === 'array' ? type.items : type.values;
      if (inner.kind === 'array' || inner.kind === 'map') throw unsupported(name, 'a list directly in a list: put a record between');
      const nameLeaf: Leaf | undefined = type.kind === 'array' ? undefined
        : { is: 'leaf', name: `${name}Name`, kind: 'string', enum: undefined, nullable: false, nullBranch: undefined, array: 'Int32Array', blank: -1, defaultText: undefined, hasDefault: false, doc: undefined };
      return { is: 'list', name, nameLeaf, items: slotOf(inner, name, undefined), hasDefault, doc };
    }
    case 'union': {
      const nullBranch = type.branches.findIndex(({ kind }) => kind === 'null');
      const inner = type.branches.find(({ kind }) => kind !== 'null');
      if (type.branches.length !== 2 || nullBranch < 0 || inner === undefined) throw unsupported(name, 'a union must be of null and one type');
      if (inner.kind === 'boolean' || inner.kind === 'record' || inner.kind === 'array' || inner.kind === 'map')
        throw unsupported(name, `a column does not tell null from ${inner.kind}: leave the null out (a list may be empty), or make it an enum`);
      return leafOf(inner, name, field, nullBranch as 0 | 1);
    }
    default: return leafOf(type, name, field, undefined);
  }
};

const leafOf = (type: AvroType, name: string, field: AvroField | undefined, nullBranch: 0 | 1 | undefined): Leaf => {
  const nullable = nullBranch !== undefined;
  const value = field?.default;
  const base = { is: 'leaf', name, enum: undefined, nullable, nullBranch, defaultText: undefined, hasDefault: field?.hasDefault ?? false, doc: field?.doc } as const;
  switch (type.kind) {
    case 'boolean': return { ...base, kind: 'boolean', array: 'Uint8Array', blank: value === true ? 1 : 0 };
    case 'int': case 'long': case 'float': case 'double':
      return { ...base, kind: type.kind, array: type.kind === 'int' && !nullable ? 'Int32Array' : 'Float64Array', blank: typeof value === 'number' ? value : nullable ? NaN : 0 };
    case 'string': return { ...base, kind: 'string', array: 'Int32Array', blank: -1, defaultText: typeof value === 'string' ? value : undefined };
    case 'enum': {
      const symbol = typeof value === 'string' ? type.symbols.indexOf(value) : -1;
      if (typeof value === 'string' && symbol < 0) throw unsupported(name, `its default '${value}' is none of its symbols`);
      return { ...base, kind: 'enum', enum: type, array: nullable ? 'Int32Array' : 'Uint8Array', blank: symbol >= 0 ? symbol : nullable ? -1 : 0 };
    }
    default: throw unsupported(name, `columns do not hold ${type.kind}`);
  }
};

function* namesOf(slot: Slot): Generator<string> {
  for (const { leaf } of leavesOf(slot)) yield leaf.name;
  for (const { list } of listsOf(slot)) {
    yield `${list.name}Start`;
    yield `${list.name}End`;
    yield `${list.name}Capacity`;
    yield `grow${capital(list.name)}`;
  }
}
