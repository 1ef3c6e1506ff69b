import type { Group, Leaf, Slot } from '../../schemas/codec/layout.ts';
import { docComment } from './emit-value.ts';

/**
 * The class of the writer. Its methods are the schema's places in order, numbered; each checks that it is its turn. A list's
 * last place goes back to its first while items are left, and then on to the list's end.
 */
export const emitWriter = (layout: Group): string => {
  const { name } = layout.record;
  const methods: string[] = [];
  const lists: string[] = [];
  let place = 0;

  /** Emits the places of a slot; `last` says where the last of them leads. */
  const emit = (slot: Slot, last: (next: number) => string): void => {
    if (slot.is === 'leaf') {
      const here = place++;
      methods.push(`${docComment(docOf(slot), '  ')}  ${slot.name}(value: ${typeOf(slot)}): void { this.sink.turn(${here}, ${last(place)}); ${write(slot)} }`);
      return;
    }
    if (slot.is === 'group') {
      slot.fields.forEach(({ slot: inner }, index) => emit(inner, index === slot.fields.length - 1 ? last : String));
      return;
    }
    const start = place++;
    const first = place;
    const before = methods.length;
    const left = `this.#${slot.name}Left`;
    lists.push(`  #${slot.name}Left = 0;`);
    const again = (next: number): string => `--${left} > 0 ? ${first} : ${next}`;
    if (slot.nameLeaf !== undefined) emit(slot.nameLeaf, String);
    emit(slot.items, again);
    const end = place++;
    methods.splice(before, 0, `${docComment(slot.doc, '  ')}  ${slot.name}Start(count: number): void { this.sink.turn(${start}, count > 0 ? ${first} : ${end}); ${left} = count; this.sink.items(count); }`);
    methods.push(`  ${slot.name}End(): void { this.sink.turn(${end}, ${last(place)}); this.sink.endOfItems(); }`);
  };
  emit(layout, String);

  return `/** Encodes values of ${name}: between \`begin(key)\` and \`end()\`, each method once, in this order; of a list its start, then the methods of each item, then its end. */
export class ${name}Writer extends ValueWriter {
  protected readonly lastPlace = ${place};
${lists.join('\n')}${lists.length > 0 ? '\n' : ''}
${methods.join('\n')}
}
`;
};

const typeOf = (leaf: Leaf): string => {
  if (leaf.kind === 'boolean') return 'boolean';
  if (leaf.kind === 'string') return `Uint8Array | string${leaf.nullable ? ' | undefined' : ''}`;
  if (leaf.enum !== undefined) return leaf.nullable ? `${leaf.enum.name} | -1` : leaf.enum.name;
  return 'number';
};

const docOf = (leaf: Leaf): string | undefined => {
  if (!leaf.nullable) return leaf.doc;
  const note = `${leaf.kind === 'string' ? 'undefined' : leaf.kind === 'enum' ? '-1' : 'NaN'} for null.`;
  return leaf.doc === undefined ? note : `${leaf.doc} ${note.charAt(0).toUpperCase()}${note.slice(1)}`;
};

const write = (leaf: Leaf): string => {
  const value = leaf.enum === undefined ? `this.sink.${leaf.kind}(value);` : `this.sink.symbol(value, ${leaf.enum.symbols.length});`;
  if (!leaf.nullable) return value;
  const isNull = leaf.kind === 'string' ? 'value === undefined' : leaf.kind === 'enum' ? 'value < 0' : 'Number.isNaN(value)';
  return `if (${isNull}) this.sink.int(${leaf.nullBranch!}); else { this.sink.int(${1 - leaf.nullBranch!}); ${value} }`;
};
