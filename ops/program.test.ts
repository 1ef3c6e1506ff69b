import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('..', import.meta.url));
const rooms = ['connectors', 'domain', 'ops', 'pipelines', 'runtime', 'schemas', 'sinks', 'stream', 'topologies'];

/** A tree of sources of which only these few exist. */
const tree = (folder: string, sources: Readonly<Record<string, string>>): string => {
  for (const room of rooms) mkdirSync(join(folder, room));
  cpSync(join(root, 'ops/program.cjs'), join(folder, 'ops/program.cjs'));
  cpSync(join(root, 'package-lock.json'), join(folder, 'package-lock.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [path, text] of Object.entries(sources)) writeFileSync(join(folder, path), text);
  return folder;
};
const run = (folder: string, ...args: string[]): string => execFileSync(process.execPath, ['ops/program.cjs', 'ops/it.ts', ...args], { cwd: folder, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
const builds = (folder: string): string[] => readdirSync(join(folder, '.oddstream/build'));

t.test('a program is built once, and again when a source of any room has changed', async (t) => {
  const folder = tree(t.testdir(), {
    'ops/it.ts': "import { word } from '../domain/word.ts';\nconst said: string = word;\nconsole.log(said, process.argv.slice(2).join(), process.env['UV_THREADPOOL_SIZE']);\n",
    'domain/word.ts': "export const word = 'one';\n",
  });
  t.equal(run(folder, 'a', 'b'), 'one a,b 32\n');
  t.equal(run(folder), 'one  32\n');
  t.equal(builds(folder).length, 1, 'the second time it was there already');
  writeFileSync(join(folder, 'domain/word.ts'), "export const word = 'two';\n");
  t.equal(run(folder), 'two  32\n');
  t.equal(builds(folder).length, 2, 'a program that was just started may still read the older one');
  const [first] = builds(folder);
  for (const build of builds(folder)) utimesSync(join(folder, '.oddstream/build', build), 0, 0);
  writeFileSync(join(folder, 'domain/word.ts'), "export const word = 'three';\n");
  t.equal(run(folder), 'three  32\n');
  t.notOk(existsSync(join(folder, '.oddstream/build', first!)), 'builds of long ago are gone');
});

t.test('modules speak of where their sources lie, and so do errors', async (t) => {
  const folder = tree(t.testdir(), {
    'ops/it.ts': "import { fail } from '../domain/place.ts';\nconsole.log(import.meta.url);\nfail();\n",
    'domain/place.ts': '\n\nexport const fail = (): void => {\n  throw new Error(import.meta.dirname);\n};\n',
  });
  const { status, stdout, stderr } = spawnSync(process.execPath, ['ops/program.cjs', 'ops/it.ts'], { cwd: folder, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
  t.equal(status, 1);
  t.match(stdout, /ops\/it\.ts/);
  t.match(stderr, `Error: ${join(folder, 'domain')}`);
  t.match(stderr, /domain\/place\.ts:4/);
});

t.test('without a program it says how it is used', async (t) => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'ops/program.cjs')], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
  t.equal(status, 2);
  t.match(stderr, 'usage: node ops/program.cjs');
});
