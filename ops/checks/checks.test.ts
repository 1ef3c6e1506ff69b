import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { incompatibility, keepSchemas, releaseSchemas, schemaProblems } from './compatibility.ts';
import { checkRooms } from './rooms.ts';

// What is forbidden is planted in a copy of the checkout, and the check must see it there.
t.setTimeout(300_000);

const root = path.join(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'oddstream-checks-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const rooms = ['domain', 'schemas', 'stream', 'topologies', 'runtime', 'connectors', 'sinks', 'pipelines', 'ops'];
for (const name of [...rooms, '.dependency-cruiser.cjs', 'eslint.config.js', 'package.json', 'tsconfig.json', 'tsconfig.pure.json']) cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));

const plant = (file: string, text: string): void => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
};
const edit = (file: string, change: (text: string) => string): void => {
  const text = readFileSync(path.join(folder, file), 'utf8'), changed = change(text);
  if (changed === text) throw new Error(`nothing to change in ${file}`);
  writeFileSync(path.join(folder, file), changed);
};
/** Runs one of the checks as `npm run` has it, in the copy. */
const run = (script: string, ...args: string[]): { readonly code: number | null; readonly said: string } => {
  const scripts = (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts;
  const command = scripts[script];
  if (command === undefined) throw new Error(`package.json has no script ${script}`);
  const { status, stdout, stderr } = spawnSync(`${command} ${args.join(' ')}`, { cwd: folder, shell: true, encoding: 'utf8', env: { ...process.env, PATH: `${path.join(root, 'node_modules/.bin')}:${process.env['PATH']}` } });
  return { code: status, said: stdout + stderr };
};

t.test('what is checked is checked by npm run check', (t) => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  for (const check of ['check:types', 'check:pure', 'check:lint', 'check:rooms', 'check:schemas']) t.match(scripts['check'], new RegExp(`npm run -s ${check}\\b`));
  t.end();
});

t.test('imports that are not allowed', async (t) => {
  const before = await checkRooms(folder);
  t.ok(before.modules > 100, `${before.modules} modules`);
  const plants: Record<string, string> = {
    'domain/planted.ts': "import '../schemas/topic.ts';",
    'domain/planted-package.ts': "import 'rxjs';",
    'schemas/planted.ts': "import 'avsc';",
    'schemas/planted-stream.ts': "import type { Batch } from '../stream/batch.ts';\nexport type B = Batch;",
    'stream/planted.ts': "import 'node:fs';",
    'stream/planted-topology.ts': "import '../topologies/best-odds/topology.ts';",
    'topologies/planted/topology.ts': "import '../best-odds/topology.ts';",
    'topologies/planted/database.ts': "import 'pg';",
    'topologies/planted/one.ts': "import './two.ts';",
    'topologies/planted/two.ts': "import './one.ts';",
    'runtime/planted.ts': "import '../connectors/kafka/control.ts';",
    'connectors/planted.ts': "import '../sinks/config.ts';",
    'connectors/planted-engine.ts': "import { runTopology } from '../runtime/run-topology.ts';\nexport const engine = runTopology;",
    'sinks/planted.ts': "import '../pipelines/index.ts';",
    'pipelines/planted.ts': "import '../ops/checks/rooms.ts';",
    'pipelines/planted-nothing.ts': "import './nothing.ts';",
    'ops/planted.ts': "import './checks/checks.test.ts';",
  };
  for (const [file, text] of Object.entries(plants)) plant(file, text);
  const { problems } = await checkRooms(folder);
  for (const file of Object.keys(plants)) {
    const found = problems.filter((problem) => problem.includes(`: ${file} → `) || (problem.startsWith('no-cycles') && problem.includes(file)));
    t.ok(found.length > 0, `${file}: ${found.join(', ') || 'not seen'}`);
  }
  // Types of the engine are free; a test against servers may start them.
  plant('connectors/allowed.ts', "import type { Pipeline } from '../runtime/pipeline.ts';\nexport type P = Pipeline;");
  plant('sinks/allowed.integration.test.ts', "import '../ops/stack/stack.ts';");
  t.notMatch((await checkRooms(folder)).problems.join('\n'), /allowed/);

  const { code, said } = run('check:rooms');
  t.equal(code, 1, said);
  for (const file of [...Object.keys(plants), 'connectors/allowed.ts', 'sinks/allowed.integration.test.ts']) rmSync(path.join(folder, file));
  rmSync(path.join(folder, 'topologies/planted'), { recursive: true });
});

t.test('a cruiser that reads nothing is no pass', async (t) => {
  const empty = path.join(folder, '.empty');
  for (const room of rooms) mkdirSync(path.join(empty, room), { recursive: true });
  for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json']) cpSync(path.join(root, name), path.join(empty, name));
  plant('.empty/domain/odds.unknown', 'a source in a language that the cruiser does not know');
  plant('.empty/elsewhere.ts', 'export {};');
  const { problems } = await checkRooms(empty);
  t.match(problems.find((problem) => problem.startsWith('domain')), /no module with an import was read/);
  t.equal(problems.filter((problem) => problem.endsWith('the room is missing')).length, rooms.length - 1);
  rmSync(empty, { recursive: true });
});

t.test('clocks, chance, schedulers and lost promises', (t) => {
  const bad: Record<string, string> = {
    'Date.now': 'export const x = () => Date.now();',
    'new Date()': 'export const x = () => new Date();',
    'Math.random': 'export const x = () => Math.random();',
    performance: 'export const x = () => performance.now();',
    setTimeout: 'export const x = () => setTimeout(() => 1, 1);',
    localeCompare: "export const x = 'a'.localeCompare('b');",
    async: 'export const x = async () => 1;',
    asyncScheduler: "import { asyncScheduler } from 'rxjs';\nexport const x = asyncScheduler;",
    groupBy: "import { groupBy } from 'rxjs';\nexport const x = groupBy;",
    ...Object.fromEntries(['mergeMap', 'concatMap', 'switchMap', 'exhaustMap', 'mergeAll', 'debounceTime', 'delay', 'observeOn'].map((name) => [name, `import { ${name} } from 'rxjs';\nexport const x = ${name};`])),
    operators: "import { map } from 'rxjs/operators';\nexport const x = map;",
    namespace: "import * as rxjs from 'rxjs';\nexport const x = rxjs;",
    floating: 'const later = (): Promise<void> => Promise.resolve();\nexport const x = (): void => { later(); };',
    unused: 'const unused = 1;\nexport const x = 1;',
  };
  const good = "import { map, share } from 'rxjs';\nexport const x = [map, share, Date.UTC(2020, 0), new Date(0), Math.max(1, 2)];";
  const files = Object.keys(bad).map((_, i) => `topologies/planted/bad${i}.ts`);
  Object.values(bad).forEach((text, i) => plant(files[i]!, text));
  plant('topologies/planted/good.ts', good);
  plant('connectors/planted.ts', bad['floating']!);
  const { said } = run('check:lint', '--no-ignore', '--format', 'json', 'topologies/planted', 'connectors/planted.ts');
  const results = JSON.parse(said.slice(said.indexOf('[{'))) as { filePath: string; errorCount: number; messages: { ruleId: string; message: string }[] }[];
  const foundIn = (file: string): string[] => results.find(({ filePath }) => filePath.endsWith(`/${file}`))!.messages.map(({ ruleId, message }) => `${ruleId}: ${message}`);
  Object.keys(bad).forEach((name, i) => t.ok(foundIn(files[i]!).length > 0, `${name}: ${foundIn(files[i]!)[0] ?? 'not seen'}`));
  t.match(foundIn(files[Object.keys(bad).indexOf('floating')]!).join(), /no-floating-promises/);
  t.match(foundIn('connectors/planted.ts').join(), /no-floating-promises/);
  t.strictSame(foundIn('topologies/planted/good.ts'), []);
  rmSync(path.join(folder, 'topologies/planted'), { recursive: true });
  rmSync(path.join(folder, 'connectors/planted.ts'));
  t.end();
});

t.test('in pure rooms there is no process, clock or console', (t) => {
  const globals = ['process', 'setTimeout', 'fetch', 'console', 'Buffer'];
  for (const [i, room] of ['domain', 'schemas', 'stream', 'topologies', 'domain'].entries()) plant(`${room}/planted${i}.ts`, `export const planted = ${globals[i]};\n`);
  const { code, said } = run('check:pure');
  t.not(code, 0);
  for (const name of globals) t.match(said, new RegExp(`Cannot find name '${name}'`));
  for (const [i, room] of ['domain', 'schemas', 'stream', 'topologies', 'domain'].entries()) rmSync(path.join(folder, `${room}/planted${i}.ts`));
  t.end();
});

t.test('a schema that was changed without generating anew', (t) => {
  t.equal(run('check:schemas').code, 0, 'before');
  const avsc = 'schemas/avro/event.avsc';
  const was = readFileSync(path.join(folder, avsc), 'utf8');
  edit(avsc, (text) => text.replace(/"fields": \[/, '"fields": [\n    { "name": "planted", "type": ["null", "string"], "default": null },'));
  const { code, said } = run('check:schemas');
  t.equal(code, 1);
  t.match(said, /event\.ts: differs[^]*npm run schemas|npm run schemas[^]*event\.ts: differs/);
  writeFileSync(path.join(folder, avsc), was);
  t.end();
});

t.test('a schema that cannot read what was written before', (t) => {
  const avsc = 'schemas/avro/odds-update.avsc', was = readFileSync(path.join(folder, avsc), 'utf8'), history = path.join(folder, 'schemas/avro');
  const planted = (change: (text: string) => string): string => {
    edit(avsc, change);
    execFileSync(process.execPath, ['--import', 'tsx', 'ops/schemas/generate.ts'], { cwd: folder });
    const { code, said } = run('check:schemas');
    writeFileSync(path.join(folder, avsc), was);
    t.equal(code, 1);
    return said;
  };
  t.match(planted((text) => text.replace('"name": "volume"', '"name": "turnover"').replace('"name": "provider"', '"name": "bookmaker"')), /odds-update\.avsc cannot read what was written with history\/odds-update\.v1\.avsc/, 'a field renamed');
  t.match(planted((text) => text.replace('"name": "observed_at", "type": ["null", "long"]', '"name": "observed_at", "type": ["null", "int"]')), /cannot read/, 'a narrower type');
  t.match(planted((text) => text.replace('"fields": [', '"fields": [ { "name": "planted", "type": "long" },')), /cannot read/, 'a field without a default');
  t.match(planted((text) => text.replace('"fields": [', '"fields": [ { "name": "planted", "type": "long", "default": 0 },')), /is not kept in history/, 'a compatible change that was not kept');
  execFileSync(process.execPath, ['--import', 'tsx', 'ops/schemas/generate.ts'], { cwd: folder });
  t.strictSame(schemaProblems(history), []);
  t.end();
});

t.test('the history of a schema', (t) => {
  const avro = path.join(folder, 'history-of-a-schema'), history = path.join(avro, 'history');
  mkdirSync(history, { recursive: true });
  const schema = (...fields: unknown[]): string => JSON.stringify({ type: 'record', name: 'Thing', doc: String(fields.length), fields: [{ name: 'timestamp', type: 'long' }, ...fields] });
  const write = (...fields: unknown[]): void => writeFileSync(path.join(avro, 'thing.avsc'), schema(...fields));
  const [a, b] = [{ name: 'a', type: 'string', default: '' }, { name: 'b', type: 'long', default: 0 }];
  write();
  t.match(schemaProblems(avro), [/not kept in history/]);
  t.strictSame(keepSchemas(avro), ['thing.v1.avsc']);
  t.strictSame(schemaProblems(avro), []);
  write(a);
  t.match(schemaProblems(avro), [/not kept in history/]);
  t.strictSame(keepSchemas(avro), ['thing.v1.avsc'], 'what is not out in the world may be rewritten');
  t.strictSame(releaseSchemas(avro), ['thing.v1.avsc']);
  t.strictSame(releaseSchemas(avro), []);
  write(a, b);
  t.strictSame(keepSchemas(avro), ['thing.v2.avsc'], 'what is, is kept beside the new version');
  t.strictSame(keepSchemas(avro), []);
  t.strictSame(schemaProblems(avro), []);
  writeFileSync(path.join(history, 'thing.v1.avsc'), schema());
  t.match(schemaProblems(avro), [/thing\.v1\.avsc has been released, and was changed/]);
  rmSync(path.join(history, 'thing.v1.avsc'));
  t.match(schemaProblems(avro), [/v2\.avsc: version 1 is missing/, /v1\.avsc has been released, and is gone/]);
  t.equal(incompatibility(schema(a), schema()), undefined);
  t.type(incompatibility(schema({ name: 'a', type: 'string' }), schema()), 'string');
  t.ok(readdirSync(path.join(root, 'schemas/avro/history')).includes('odds-update.v1.avsc'));
  t.end();
});
