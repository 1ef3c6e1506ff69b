import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import avro from 'avsc';

/*
 * Schema evolution without a server. `schemas/avro/history/<name>.v<n>.avsc` keeps every version of a schema, the newest included.
 *   1. Today's schema reads every kept version (BACKWARD_TRANSITIVE): bytes that were ever written stay readable.
 *   2. The newest kept version is today's schema. `npm run schemas` sees to it: it appends a version where the newest one has been
 *      released, and rewrites it where it has not.
 *   3. `history/released.json` holds the digest of each version that is out in the world: such a file never changes. A release adds its lines
 *      (`node --import tsx ops/checks/compatibility.ts --release`).
 * Docs are not part of a version: they may be bettered at any time. The registry judges again when topics are applied.
 */

interface Version { readonly file: string; readonly number: number; readonly text: string }
interface Kept { readonly name: string; readonly today: string; readonly versions: readonly Version[] }

/** The schema without its docs, as one text. */
const withoutDocs = (avsc: string): string => JSON.stringify(JSON.parse(avsc), (key, value: unknown) => (key === 'doc' ? undefined : value));
const digestOf = (avsc: string): string => createHash('sha256').update(withoutDocs(avsc)).digest('hex');

const readKept = (folder: string): readonly Kept[] => {
  const history = path.join(folder, 'history');
  const versions = (existsSync(history) ? readdirSync(history) : []).flatMap((file) => {
    const [, name, number] = /^(.+)\.v(\d+)\.avsc$/.exec(file) ?? [];
    return name === undefined ? [] : [{ name, file, number: Number(number), text: readFileSync(path.join(history, file), 'utf8') }];
  });
  return readdirSync(folder).filter((file) => file.endsWith('.avsc')).sort().map((file) => {
    const name = path.basename(file, '.avsc');
    return { name, today: readFileSync(path.join(folder, file), 'utf8'), versions: versions.filter((version) => version.name === name).sort((a, b) => a.number - b.number) };
  });
};

const readReleased = (folder: string): Readonly<Record<string, string>> => {
  const file = path.join(folder, 'history/released.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) as Record<string, string> : {};
};

/** Why a reader of one schema cannot read what was written with another; undefined where it can. */
export const incompatibility = (reader: string, writer: string): string | undefined => {
  try {
    avro.Type.forSchema(JSON.parse(reader) as avro.Schema).createResolver(avro.Type.forSchema(JSON.parse(writer) as avro.Schema));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

/** What is wrong with the schemas of a folder and their history, one line each. */
export const schemaProblems = (folder: string): string[] => {
  const released = readReleased(folder), kept = readKept(folder);
  const problems: string[] = [];
  for (const { name, today, versions } of kept) {
    for (const { file, text } of versions) {
      const reason = incompatibility(today, text);
      if (reason !== undefined) problems.push(`${name}.avsc cannot read what was written with history/${file}: ${reason}. Fields may be added with defaults, not renamed, removed without one, or given another type.`);
    }
    const newest = versions.at(-1);
    if (newest === undefined || withoutDocs(newest.text) !== withoutDocs(today)) problems.push(`${name}.avsc is not kept in history: run \`npm run schemas\` and commit what it writes.`);
    versions.forEach(({ file, number }, i) => { if (number !== i + 1) problems.push(`history/${file}: version ${i + 1} is missing.`); });
  }
  const files = new Map(kept.flatMap(({ versions }) => versions.map(({ file, text }) => [file, text] as const)));
  for (const [file, digest] of Object.entries(released)) {
    const text = files.get(file);
    if (text === undefined) problems.push(`history/${file} has been released, and is gone with or without its schema: bytes that were written with it must stay readable.`);
    else if (digestOf(text) !== digest) problems.push(`history/${file} has been released, and was changed: put it back, and make a new version.`);
  }
  return problems;
};

/** Keeps today's schemas in the history, and names the files that it wrote. */
export const keepSchemas = (folder: string): string[] => {
  const released = readReleased(folder);
  return readKept(folder).flatMap(({ name, today, versions }) => {
    const newest = versions.at(-1);
    if (newest !== undefined && withoutDocs(newest.text) === withoutDocs(today)) return [];
    const number = newest === undefined ? 1 : newest.file in released ? newest.number + 1 : newest.number;
    const file = `${name}.v${number}.avsc`;
    writeFileSync(path.join(folder, 'history', file), today);
    return [file];
  });
};

/** Notes every kept version as released, and names those that were not before. */
export const releaseSchemas = (folder: string): string[] => {
  const released = readReleased(folder);
  const files = readKept(folder).flatMap(({ versions }) => versions).filter(({ file }) => !(file in released));
  const all = { ...released, ...Object.fromEntries(files.map(({ file, text }) => [file, digestOf(text)])) };
  writeFileSync(path.join(folder, 'history/released.json'), `${JSON.stringify(all, Object.keys(all).sort(), 2)}\n`);
  return files.map(({ file }) => file);
};

const main = (args: readonly string[]): number => {
  const folder = path.resolve(import.meta.dirname, '../../schemas/avro');
  if (args.includes('--keep')) for (const file of keepSchemas(folder)) console.log(`schemas/avro/history/${file}: written`);
  const problems = schemaProblems(folder);
  if (problems.length > 0) {
    console.error(`Schemas do not follow their history (ops/checks/compatibility.ts has the rules):\n  ${problems.join('\n  ')}`);
    return 1;
  }
  if (args.includes('--release')) for (const file of releaseSchemas(folder)) console.log(`schemas/avro/history/${file}: released`);
  return 0;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2));
