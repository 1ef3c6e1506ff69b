import type { AvroEnum, AvroRecord, AvroType } from '../../schemas/codec/avro-type.ts';


const uncapital = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** The name of the list of an enum's symbols in generated code. */
export const symbolsName = (type: AvroEnum): string => `${uncapital(type.name)}Symbols`;

export const docComment = (doc: string | undefined, indent = ''): string => (doc === undefined ? '' : `${indent}/** ${doc.replaceAll('*/', '*\\/')} */\n`);

/** Every named type below a record, inner ones first, each once. */
export const namedTypes = (type: AvroType, found: (AvroEnum | AvroRecord)[] = []): (AvroEnum | AvroRecord)[] => {
  switch (type.kind) {
    case 'array': namedTypes(type.items, found); break;
    case 'map': namedTypes(type.values, found); break;
    case 'union': for (const branch of type.branches) namedTypes(branch, found); break;
    case 'record':
      for (const field of type.fields) namedTypes(field.type, found);
      if (!found.includes(type)) found.push(type);
      break;
    case 'enum': if (!found.includes(type)) found.push(type); break;
  }
  return found;
};

/** The constant of an enum: its symbols' indexes by name, and their names by index. */
export const emitEnum = (type: AvroEnum): string => `/** Index of each symbol, as columns hold it. Plain values hold the symbol. */
export const ${type.name} = { ${type.symbols.map((symbol, index) => `${symbol}: ${index}`).join(', ')} } as const;
export type ${type.name} = (typeof ${type.name})[keyof typeof ${type.name}];
/** The symbol of each index. */
export const ${symbolsName(type)} = [${type.symbols.map((symbol) => `'${symbol}'`).join(', ')}] as const;
`;

/** The interface of a record's plain value, and where fields have defaults, the one of what a producer must give. */
export const emitInterface = (record: AvroRecord): string => {
  const full = record.fields.map(({ name, type, doc }) => `${docComment(doc, '  ')}  readonly ${name}: ${typeScript(type, '')};`);
  const value = `${docComment(record.doc)}export interface ${record.name} {\n${full.join('\n')}\n}\n`;
  if (!hasInput(record)) return value;
  const changed = record.fields.filter(({ type, hasDefault }) => hasDefault || typeScript(type, 'Input') !== typeScript(type, ''));
  const partial = changed.map(({ name, type, hasDefault }) => `  readonly ${name}${hasDefault ? '?' : ''}: ${typeScript(type, 'Input')};`);
  return `${value}
/** What a producer gives: fields with a default may be left out. */
export interface ${record.name}Input extends Omit<${record.name}, ${changed.map(({ name }) => `'${name}'`).join(' | ')}> {\n${partial.join('\n')}\n}\n`;
};

const hasInput = (record: AvroRecord): boolean => namedTypes(record).some((type) => type.kind === 'record' && type.fields.some(({ hasDefault }) => hasDefault));

const typeScript = (type: AvroType, suffix: '' | 'Input'): string => {
  switch (type.kind) {
    case 'null': return 'null';
    case 'boolean': return 'boolean';
    case 'int': case 'long': case 'float': case 'double': return 'number';
    case 'string': return 'string';
    case 'enum': return `keyof typeof ${type.name}`;
    case 'record': return suffix === 'Input' && hasInput(type) ? `${type.name}Input` : type.name;
    case 'array': return `readonly ${typeScriptInner(type.items, suffix)}[]`;
    case 'map': return `Readonly<Record<string, ${typeScript(type.values, suffix)}>>`;
    case 'union': return type.branches.map((branch) => typeScript(branch, suffix)).sort((a, b) => Number(a === 'null') - Number(b === 'null')).join(' | ');
    case 'bytes': case 'fixed': return 'Uint8Array';
  }
};

const typeScriptInner = (type: AvroType, suffix: '' | 'Input'): string => {
  const text = typeScript(type, suffix);
  return /^\w+$/.test(text) ? text : `(${text})`;
};


