import { type Group, type Leaf, type List, type Slot, capital, leavesOf, listsOf } from '../../schemas/codec/layout.ts';
import { docComment, symbolsName } from './emit-value.ts';

const ROWS = 16; //  first capacity: a task has few rows at a time where its partition is quiet, and of 256 a twelfth of the simulation's time was making room
const ITEMS = 512;

const typeOf = (leaf: Leaf): string => {
  if (leaf.kind === 'boolean') return 'boolean';
  if (leaf.enum === undefined) return 'number';
  return leaf.nullable ? `${leaf.enum.name} | -1` : leaf.enum.name;
};

const read = (leaf: Leaf, columns: string, at: string): string => {
  const value = `${columns}.${leaf.name}[${at}]!`;
  if (leaf.kind === 'boolean') return `${columns}.${leaf.name}[${at}] === 1`;
  return leaf.enum === undefined ? value : `${value} as ${typeOf(leaf)}`;
};

/** Columns that every record has besides its fields. `timestamp` is a field of every schema. */
const COMMON = ['key', 'offset', 'control', 'subject', 'dead'] as const;

const docOf = (leaf: Leaf): string | undefined => {
  const notes = [
    leaf.doc, leaf.kind === 'string' ? `String id${leaf.nullable ? '; -1 for null' : ''}.` : undefined,
    leaf.nullable && leaf.kind === 'enum' ? '-1 for null.' : undefined, leaf.nullable && leaf.array === 'Float64Array' ? 'NaN for null.' : undefined,
  ].filter((note) => note !== undefined);
  return notes.length === 0 ? undefined : notes.join(' ');
};

/** The class of a row: a view of one record in the columns. */
export const emitRow = (layout: Group): string => {
  const { name } = layout.record;
  const accessors: string[] = [];
  const visit = (slot: Slot, depth: number): void => {
    if (slot.is === 'leaf') {
      if (slot.name === 'timestamp' && depth === 0) return;
      accessors.push(docComment(docOf(slot), '  ') + (depth === 0
        ? `  get ${slot.name}(): ${typeOf(slot)} { return ${read(slot, 'this.#columns', 'this.index')}; }`
        : `  ${slot.name}(at: number): ${typeOf(slot)} { return ${read(slot, 'this.#columns', 'at')}; }`));
    } else if (slot.is === 'group') for (const { slot: inner } of slot.fields) visit(inner, depth);
    else {
      const doc = docComment(slot.doc ?? `The items of ${slot.name} are those from its start to its end.`, '  ');
      accessors.push(depth === 0
        ? `${doc}  get ${slot.name}Start(): number { return this.#columns.${slot.name}Start[this.index]!; }\n  get ${slot.name}End(): number { return this.#columns.${slot.name}Start[this.index + 1]!; }`
        : `${doc}  ${slot.name}Start(at: number): number { return this.#columns.${slot.name}Start[at]!; }\n  ${slot.name}End(at: number): number { return this.#columns.${slot.name}Start[at + 1]!; }`);
      if (slot.nameLeaf !== undefined) visit(slot.nameLeaf, depth + 1);
      visit(slot.items, depth + 1);
    }
  };
  visit(layout, 0);
  return `/** A view of one ${name} in its columns. Strings are ids in \`strings\`: \`text(id)\` reads them. */
export class ${name}Row implements Row {
  index = 0;
  readonly #columns: ${name}Columns;
  constructor(columns: ${name}Columns) { this.#columns = columns; }

  get key(): number { return this.#columns.key[this.index]!; }
  get offset(): number { return this.#columns.offset[this.index]!; }
  get timestamp(): number { return this.#columns.timestamp[this.index]!; }
  get control(): Control { return this.#columns.control[this.index]! as Control; }
  get subject(): number { return this.#columns.subject[this.index]!; }
  get isDead(): boolean { return this.#columns.dead[this.index] === 1; }
  /** The text of a string id; empty for -1. */
  text(id: number): string { return id < 0 ? '' : this.#columns.dictionaries.strings.text(id); }
  get keyText(): string { return this.key < 0 ? '' : this.#columns.dictionaries.keys.text(this.key); }

${accessors.join('\n')}

  toObject(): ${name} {
    const columns = this.#columns;
    const row = this.index;
    return ${emitObject(layout, 'columns', 'row', '    ')};
  }
}
`;
};

const emitObject = (slot: Slot, columns: string, at: string, indent: string, depth = 0): string => {
  if (slot.is === 'leaf') return emitPlain(slot, columns, at);
  if (slot.is === 'group') return `{\n${slot.fields.map(({ field, slot: inner }) => `${indent}  ${field.name}: ${emitObject(inner, columns, at, `${indent}  `, depth)},`).join('\n')}\n${indent}}`;
  const item = depth === 0 ? 'at' : `at${depth}`;
  const value = emitObject(slot.items, columns, item, indent, depth + 1);
  const items = slot.nameLeaf === undefined ? (slot.items.is === 'group' ? `(${value})` : value) : `[this.text(${columns}.${slot.nameLeaf.name}[${item}]!), ${value}] as const`;
  const listed = `listed(${columns}.${slot.name}Start, ${at}, (${item}) => ${items})`;
  return slot.nameLeaf === undefined ? listed : `Object.fromEntries(${listed})`;
};

const emitPlain = (leaf: Leaf, columns: string, at: string): string => {
  const value = `${columns}.${leaf.name}[${at}]!`;
  if (leaf.kind === 'boolean') return `${columns}.${leaf.name}[${at}] === 1`;
  if (leaf.kind === 'string') return leaf.nullable ? `${columns}.${leaf.name}[${at}] === -1 ? null : this.text(${value})` : `this.text(${value})`;
  if (leaf.enum !== undefined) return leaf.nullable ? `${symbolsName(leaf.enum)}[${value}] ?? null` : `${symbolsName(leaf.enum)}[${value}]!`;
  return leaf.nullable ? `orNull(${value})` : value;
};

/** The class of the columns. */
export const emitColumns = (layout: Group): string => {
  const { name } = layout.record;
  const leaves = [...leavesOf(layout)];
  const lists = [...listsOf(layout)];
  const topLeaves = leaves.filter(({ lists: around }) => around.length === 0).map(({ leaf }) => leaf);
  const topLists = lists.filter(({ around }) => around.length === 0).map(({ list }) => list);
  const contents = topLeaves.filter((leaf) => leaf.name !== 'timestamp');
  const isIdentity = (leaf: Leaf): boolean => leaf.kind === 'string' && !leaf.nullable;
  const blanks = (only: (leaf: Leaf) => boolean): string => contents.filter(only).map((leaf) => `    this.${leaf.name}[row] = ${leaf.blank};`)
    .concat(topLists.map((list) => `    this.${list.name}Start[row + 1] = this.${list.name}Start[row]!;`)).join('\n');
  const listFields = lists.map(({ list, around }) => `  ${list.name}Capacity = ${ITEMS};\n  ${list.name}Start = new Int32Array(${around.length === 0 ? ROWS + 1 : ITEMS + 1});\n${
    directLeaves(list).map((leaf) => `  ${leaf.name} = new ${leaf.array}(${ITEMS});`).join('\n')}`);
  return `/** Columns of ${name}. Strings are ids; null is NaN or -1; the items of list \`x\` of row i are those from \`xStart[i]\` to \`xStart[i + 1]\`. */
export class ${name}Columns implements Columns<${name}Row> {
  readonly dictionaries: Dictionaries;
  size = 0;
  capacity = ${ROWS};
  key = new Int32Array(${ROWS});
  offset = new Float64Array(${ROWS});
  control = new Uint8Array(${ROWS});
  subject = new Int32Array(${ROWS});
  dead = new Uint8Array(${ROWS});
${topLeaves.map((leaf) => `  ${leaf.name} = new ${leaf.array}(${ROWS});`).join('\n')}
${listFields.join('\n')}
  readonly #row = new ${name}Row(this);

  constructor(dictionaries: Dictionaries) { this.dictionaries = dictionaries; }

  row(index: number): ${name}Row { this.#row.index = index; return this.#row; }
  empty(): ${name}Columns { return new ${name}Columns(this.dictionaries); }
  clear(): void { this.size = 0; }
  dropLast(): void { this.size--; }

  append(from: ${name}Columns, index: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
${[...COMMON, ...topLeaves.map((leaf) => leaf.name)].map((column) => `    this.${column}[row] = from.${column}[index]!;`).join('\n')}
${topLists.map((list) => `    this.#append${capital(list.name)}(from, index, row);`).join('\n')}
    this.size = row + 1;
  }

  appendControl(control: Control, offset: number, timestamp: number, subject: number): void { this.#appendBlank(-1, control, offset, timestamp, subject); }
  appendTombstone(key: number, offset: number, timestamp: number): void { this.#appendBlank(key, Control.tombstone, offset, timestamp, -1); }

  blankLast(timestamp: number): void {
    const row = this.size - 1;
    this.timestamp[row] = timestamp;
    this.dead[row] = 1;
${blanks((leaf) => !isIdentity(leaf))}
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    for (let row = 0; row < this.size; row++) {
      if (this.key[row]! >= 0) keys[this.key[row]!] = 1;
    }
    markIds(this.subject, this.size, strings);
${leaves.filter(({ leaf }) => leaf.kind === 'string').map(({ leaf, lists: around }) => `    markIds(this.${leaf.name}, ${lengthOf(around)}, strings);`).join('\n')}
  }

  /** Room for twice as many rows. */
  grow(): void {
    this.capacity *= 2;
${[...COMMON, ...topLeaves.map((leaf) => leaf.name)].map((column) => `    this.${column} = grown(this.${column}, this.capacity);`).join('\n')}
${topLists.map((list) => `    this.${list.name}Start = grown(this.${list.name}Start, this.capacity + 1);`).join('\n')}
  }
${lists.map(({ list }) => emitGrowList(list)).join('')}
  #appendBlank(key: number, control: Control, offset: number, timestamp: number, subject: number): void {
    const row = this.size;
    if (row === this.capacity) this.grow();
    this.key[row] = key;
    this.offset[row] = offset;
    this.control[row] = control;
    this.subject[row] = subject;
    this.dead[row] = 0;
    this.timestamp[row] = timestamp;
${blanks(() => true)}
    this.size = row + 1;
  }
${lists.map(({ list }) => emitAppendList(name, list)).join('')}}
`;
};

const directLeaves = (list: List): Leaf[] => [...leavesOf(list)].filter(({ lists }) => lists.length === 1).map(({ leaf }) => leaf);
const directLists = (list: List): List[] => [...listsOf(list.items)].filter(({ around }) => around.length === 0).map(({ list: inner }) => inner);

/** How many items there are of the innermost of some lists. */
const lengthOf = (lists: readonly List[]): string => lists.reduce((count, list) => `this.${list.name}Start[${count}]!`, 'this.size');

const emitGrowList = (list: List): string => `
  /** Room for so many items. */
  grow${capital(list.name)}(needed: number): void {
    while (this.${list.name}Capacity < needed) this.${list.name}Capacity *= 2;
${[...directLeaves(list).map((leaf) => `    this.${leaf.name} = grown(this.${leaf.name}, this.${list.name}Capacity);`),
    ...directLists(list).map((inner) => `    this.${inner.name}Start = grown(this.${inner.name}Start, this.${list.name}Capacity + 1);`)].join('\n')}
  }
`;

const emitAppendList = (name: string, list: List): string => `
  #append${capital(list.name)}(from: ${name}Columns, index: number, row: number): void {
    const start = from.${list.name}Start[index]!, end = from.${list.name}Start[index + 1]!;
    let at = this.${list.name}Start[row]!;
    if (at + end - start > this.${list.name}Capacity) this.grow${capital(list.name)}(at + end - start);
    for (let i = start; i < end; i++, at++) {
${[...directLeaves(list).map((leaf) => `      this.${leaf.name}[at] = from.${leaf.name}[i]!;`),
    ...directLists(list).map((inner) => `      this.#append${capital(inner.name)}(from, i, at);`)].join('\n')}
    }
    this.${list.name}Start[row + 1] = at;
  }
`;

/** Which functions of `schemas/codec/plain.ts` the generated code calls. */
export const plainFunctions = (layout: Group): string[] => {
  const isNumberOrNull = ({ leaf }: { leaf: Leaf }): boolean => leaf.nullable && leaf.kind !== 'string' && leaf.kind !== 'enum';
  return ['markIds', ...([...listsOf(layout)].length > 0 ? ['listed'] : []), ...([...leavesOf(layout)].some(isNumberOrNull) ? ['orNull'] : [])].sort();
};
