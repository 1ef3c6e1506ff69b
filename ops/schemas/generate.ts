import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseRecord } from '../../schemas/codec/avro-type.ts';
import { layoutOf } from '../../schemas/codec/layout.ts';
import { emitColumns, emitRow, plainFunctions } from './emit-columns.ts';
import { emitEnum, emitInterface, namedTypes } from './emit-value.ts';
import { emitWriter } from './emit-writer.ts';

/*
 * Writes schemas/generated/<name>.ts from each schemas/avro/<name>.avsc. Of a record X it makes:
 *   X, XInput   the plain value, with the names of the wire; what a producer must give of it
 *   XRow        a view of one record: getters named as `schemas/codec/layout.ts` says (timestamp, eventId, oddsStart, oddsName(at), odds(at))
 *   XColumns    the columns below the rows
 *   XWriter     an encoder: one method per place of the schema
 *   XSchema     the constant that holds it all together
 * and of an enum E: `E` (index by symbol) and `eSymbols` (symbol by index).
 * Null is NaN for a number, -1 for the id of a string or an enum; a writer takes undefined for a string that is null.
 */

/** The generated module of one schema. Throws a SchemaError for what columns do not hold. */
export const generate = (name: string, avsc: string): string => {
  const record = parseRecord(avsc);
  const layout = layoutOf(record);
  const types = namedTypes(record).map((type) => (type.kind === 'enum' ? emitEnum(type) : emitInterface(type)));
  const x = record.name;
  return `// Generated from schemas/avro/${name}.avsc by \`npm run schemas\`. Do not edit.
import { type Columns, Control, type Dictionaries, type Row, grown } from '../codec/columns.ts';
import { ${plainFunctions(layout).join(', ')} } from '../codec/plain.ts';
import type { AvroSchema } from '../codec/schema.ts';
import { ValueWriter } from '../codec/writer.ts';

${types.join('\n')}
${emitRow(layout)}
${emitColumns(layout)}
${emitWriter(layout)}
/** ${x} as registered, with its row, columns and writer. */
export const ${x}Schema: AvroSchema<${x}, ${x}Row, ${x}Writer> = {
  name: '${record.fullName}',
  columns: (dictionaries) => new ${x}Columns(dictionaries),
  writer: () => new ${x}Writer(),
  avsc: ${templateLiteral(avsc.trim())},
};
`;
};

const templateLiteral = (text: string): string => `\`${text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')}\``;

/** All generated files, by file name. */
export const generateAll = (avroFolder: string): Map<string, string> => new Map(
  readdirSync(avroFolder).filter((file) => file.endsWith('.avsc')).sort().map((file) => {
    const name = path.basename(file, '.avsc');
    try {
      return [`${name}.ts`, generate(name, readFileSync(path.join(avroFolder, file), 'utf8'))];
    } catch (cause) {
      throw new Error(`${path.join('schemas/avro', file)}: ${(cause as Error).message}`, { cause });
    }
  }),
);

/** What must be written, changed or removed for a folder to hold the given files, one line each; and the differing lines' numbers. */
export const differences = (wanted: ReadonlyMap<string, string>, folder: string): string[] => {
  const present = new Set(readdirSync(folder).filter((file) => file.endsWith('.ts')));
  const lines: string[] = [];
  for (const [file, text] of wanted) {
    if (!present.has(file)) { lines.push(`${file}: missing`); continue; }
    const [is, should] = [readFileSync(path.join(folder, file), 'utf8').split('\n'), text.split('\n')];
    const first = should.findIndex((line, index) => line !== is[index]);
    if (first < 0 && is.length === should.length) continue;
    const at = first < 0 ? should.length : first;
    lines.push(`${file}: differs from line ${at + 1} (${is.length} lines, generated ${should.length})\n    is      ${is[at] ?? '(end)'}\n    should  ${should[at] ?? '(end)'}`);
  }
  for (const file of present) if (!wanted.has(file)) lines.push(`${file}: has no schema`);
  return lines;
};

const main = (args: readonly string[]): number => {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
  const folder = path.join(root, 'schemas/generated');
  const wanted = generateAll(path.join(root, 'schemas/avro'));
  const lines = differences(wanted, folder);
  if (args.includes('--check')) {
    if (lines.length > 0) console.error(`schemas/generated is not what schemas/avro says. Run \`npm run schemas\` and commit the result.\n  ${lines.join('\n  ')}`);
    return lines.length > 0 ? 1 : 0;
  }
  for (const [file, text] of wanted) writeFileSync(path.join(folder, file), text);
  for (const file of readdirSync(folder)) if (file.endsWith('.ts') && !wanted.has(file)) rmSync(path.join(folder, file));
  console.log(`schemas/generated: ${wanted.size} schemas, ${lines.length} files changed`);
  return 0;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2));
