import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const setup = fileURLToPath(new URL('setup.mjs', import.meta.url));
const lock = (version: string): string => JSON.stringify({ packages: { '': {}, 'node_modules/node-rdkafka': { version }, 'node_modules/other': { version: '1.0.0', optional: true } } });

/** An npm that makes node_modules as the real one does, with a client that was built and a tap with this plugin set; it counts its runs. */
const fakeNpm = `
const { mkdirSync, writeFileSync, appendFileSync, copyFileSync, rmSync } = require('node:fs');
rmSync('node_modules', { recursive: true, force: true });
const write = (path, text) => { mkdirSync(require('node:path').dirname(path), { recursive: true }); writeFileSync(path, text); };
appendFileSync('npm-runs', process.argv.slice(2).join(' ') + ' nodedir=' + process.env.npm_config_nodedir + '\\n');
if (process.env.FAKE_NPM_FAILS) { console.error('npm says why'); process.exit(7); }
write('node_modules/node-rdkafka/index.js', '');
write('node_modules/node-rdkafka/build/Release/node-librdkafka.node', '');
write('node_modules/@tapjs/test/test-built/dist/esm/index.js', 'export const signature = \`@tapjs/after\\n@tapjs/typescript\`;');
write('node_modules/tap/dist/esm/run.mjs', "import { appendFileSync, writeFileSync } from 'node:fs'; appendFileSync('tap-runs', process.argv[2] + '\\\\n');" +
  "writeFileSync('node_modules/@tapjs/test/test-built/dist/esm/index.js', 'export const signature = \`@tapjs/after\`;');");
copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
`;

interface Clone {
  readonly root: string;
  readonly run: (env?: NodeJS.ProcessEnv) => { status: number | null; stderr: string; ms: number };
  readonly runsOf: (name: 'npm' | 'tap') => string[];
}

const clone = (t: { teardown(action: () => void): void }): Clone => {
  const root = mkdtempSync(join(tmpdir(), 'oddstream-setup-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'ops'));
  cpSync(setup, join(root, 'ops', 'setup.mjs'));
  writeFileSync(join(root, 'package.json'), '{}');
  writeFileSync(join(root, 'package-lock.json'), lock('1.0.0'));
  writeFileSync(join(root, '.taprc'), 'plugin:\n  - "!@tapjs/typescript"\n');
  writeFileSync(join(root, 'npm.js'), fakeNpm);
  return {
    root,
    run(env = {}) {
      const begun = Date.now();
      const { status, stderr } = spawnSync(process.execPath, [join(root, 'ops', 'setup.mjs')], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: process.env['HOME'], npm_execpath: join(root, 'npm.js'), ...env },
      });
      return { status, stderr, ms: Date.now() - begun };
    },
    runsOf: (name) => (existsSync(join(root, `${name}-runs`)) ? readFileSync(join(root, `${name}-runs`), 'utf8').trim().split('\n') : []),
  };
};

t.test('a fresh clone gets its packages and its test runner, and is ready at once the second time', (t) => {
  const { run, runsOf } = clone(t);
  const first = run();
  t.equal(first.status, 0, first.stderr);
  t.match(first.stderr, /installing npm packages[\s\S]*building the test runner[\s\S]*ready after/);
  t.equal(runsOf('npm').length, 1);
  t.match(runsOf('npm')[0], /^ci /);
  const headers = dirname(dirname(process.execPath));
  if (existsSync(join(headers, 'include', 'node', 'node.h'))) t.match(runsOf('npm')[0], `nodedir=${headers}`);
  t.same(runsOf('tap'), ['build']);

  const second = run();
  t.same({ status: second.status, stderr: second.stderr }, { status: 0, stderr: '' });
  t.equal(runsOf('npm').length, 1);
  t.equal(runsOf('tap').length, 1);
  t.end();
});

t.test('another lock file installs again; other plugins build the test runner again', (t) => {
  const { root, run, runsOf } = clone(t);
  run();
  writeFileSync(join(root, 'package-lock.json'), lock('1.0.1'));
  t.equal(run().status, 0);
  t.equal(runsOf('npm').length, 2);
  t.equal(runsOf('tap').length, 2);
  writeFileSync(join(root, '.taprc'), 'plugin:\n  - "!@tapjs/after"\n');
  t.equal(run().status, 0);
  t.equal(runsOf('npm').length, 2);
  t.equal(runsOf('tap').length, 3);
  t.end();
});

t.test('packages that somebody installed himself are taken as they are', (t) => {
  const { root, run, runsOf } = clone(t);
  spawnSync(process.execPath, ['npm.js', 'ci'], { cwd: root });
  t.equal(run().status, 0);
  t.equal(runsOf('npm').length, 1);
  rmSync(join(root, 'node_modules', '.oddstream-setup.json'));
  rmSync(join(root, 'node_modules', 'node-rdkafka'), { recursive: true });
  t.equal(run().status, 0);
  t.equal(runsOf('npm').length, 2, 'but not without the native client');
  t.end();
});

t.test('a failure ends with one line, after what npm said', (t) => {
  const { root, run } = clone(t);
  const failed = run({ FAKE_NPM_FAILS: '1' });
  t.equal(failed.status, 1);
  t.match(failed.stderr, /npm says why\n(.*\n)*setup: .* failed \(exit code 7\); all of its output is in .*setup\.log\n$/);
  rmSync(join(root, 'package-lock.json'));
  const without = run();
  t.equal(without.status, 1);
  t.equal(without.stderr, 'setup: package-lock.json is missing: check out the repository as a whole\n');
  t.end();
});
