#!/usr/bin/env node
// What `npm start` and `npm test` run first: makes a fresh clone ready to run, and is done in a moment where it is ready.
// Plain JavaScript without dependencies, since nothing is installed yet when it runs.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stampPath = join(modules, '.oddstream-setup.json');
const begun = Date.now();

const say = (line) => console.error(`setup: ${line}`);

/** One line that says what to do, and exit code 1. */
const fail = (line, detail = '') => {
  if (detail) console.error(detail);
  console.error(`setup: ${line}`);
  process.exit(1);
};

const readText = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
const readJson = (path) => {
  try {
    return JSON.parse(readText(path) || 'null');
  } catch {
    return null;
  }
};
const digest = (...texts) => createHash('sha256').update(texts.join('\0')).digest('hex');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) fail(`Node ${process.versions.node} is too old: install Node 20.19 or newer`);

// ---- what is wanted, what is there -----------------------------------------------------------------------------------

/** Changes when node_modules must be made again: the lock file, or the Node that native modules were built for. */
const wantedModules = digest(readText(join(root, 'package-lock.json')), `${process.platform} ${process.arch} ${process.versions.modules}`);

/** Changes when tap's plugins must be built again. */
const wantedTap = digest(wantedModules, readText(join(root, '.taprc')), JSON.stringify(readJson(join(root, 'package.json'))?.tap ?? null));

/** node_modules that somebody made with npm himself: the same packages as in the lock file, and the native client can be loaded. */
const modulesMatch = () => {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const found = readJson(join(modules, '.package-lock.json'))?.packages;
  if (!wanted || !found) return false;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.optional || entry.devOptional || entry.peer) continue;
    if (found[path]?.version !== entry.version) return false;
  }
  return spawnSync(process.execPath, ['-e', "require('node-rdkafka')"], { cwd: root, stdio: 'ignore' }).status === 0;
};

/** tap keeps the names of the plugins that it was built with; an excluded one must not be among them. */
const tapMatches = () => {
  const built = readText(join(modules, '@tapjs', 'test', 'test-built', 'dist', 'esm', 'index.js'));
  if (!built) return false;
  const signature = /export const signature = `([^`]*)`/.exec(built)?.[1] ?? '';
  const names = new Set(signature.split('\n').map((line) => line.replace(/@[^@/]+$/, '').trim()));
  const listed = [...readText(join(root, '.taprc')).matchAll(/^\s+-\s+["']?(!?@[\w./-]+)["']?\s*$/gm)].map((match) => match[1]);
  return listed.every((name) => (name.startsWith('!') ? !names.has(name.slice(1)) : names.has(name)));
};

const stamp = readJson(stampPath) ?? {};
const modulesReady = existsSync(join(modules, '.package-lock.json')) && (stamp.modules === wantedModules || modulesMatch());
const tapReady = modulesReady && (stamp.tap === wantedTap || tapMatches());

// ---- running a program -----------------------------------------------------------------------------------------------

/** Runs a program with a line every few seconds, its output kept in a log. Ends this program where it fails. */
const run = (what, program, args, env = {}) =>
  new Promise((resolve) => {
    const started = Date.now();
    const seconds = () => Math.round((Date.now() - started) / 1000);
    say(`${what} …`);
    const lines = [];
    const timer = setInterval(() => say(`${what} … ${seconds()} s`), 5000);
    const child = spawn(program, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const take = (chunk) => lines.push(chunk.toString());
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', (error) => fail(`${program} could not be run (${error.code}): install it`));
    child.once('close', (code) => {
      clearInterval(timer);
      if (code === 0) {
        say(`${what}: done after ${seconds()} s`);
        return resolve();
      }
      const folder = join(root, '.oddstream', 'logs');
      mkdirSync(folder, { recursive: true });
      const log = join(folder, 'setup.log');
      writeFileSync(log, lines.join(''));
      fail(`${what} failed (exit code ${code}); all of its output is in ${log}`, lines.join('').trimEnd().split('\n').slice(-20).join('\n'));
    });
  });

const npm = (what, args, env) =>
  // Under `npm run` the npm that runs us is named; it is the one to use.
  process.env.npm_execpath?.endsWith('.js') && existsSync(process.env.npm_execpath)
    ? run(what, process.execPath, [process.env.npm_execpath, ...args], env)
    : run(what, 'npm', args, env);

// ---- system packages, for building the native Kafka client -----------------------------------------------------------

const works = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
const includes = ['/usr/include', '/usr/local/include', '/opt/homebrew/include'];
const hasRdkafka = () => includes.some((folder) => existsSync(join(folder, 'librdkafka', 'rdkafkacpp.h')));

const systemPackages = async () => {
  const needs = [
    { there: () => works('g++') || works('c++'), packages: 'g++', must: true },
    { there: () => works('make'), packages: 'make', must: true },
    { there: () => works('python3'), packages: 'python3', must: true },
    // Without it npm builds librdkafka from source, which takes minutes.
    { there: hasRdkafka, packages: 'librdkafka-dev', must: false },
  ];
  const missing = needs.filter((need) => !need.there());
  if (missing.length === 0) return;
  const names = missing.map((need) => need.packages);
  const debian = existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
  if (debian && process.getuid?.() === 0) {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run('reading the list of system packages', 'apt-get', ['update', '-q'], env);
    await run(`installing system packages: ${names.join(', ')}`, 'apt-get', ['install', '-y', '-q', '--no-install-recommends', ...names], env);
    return;
  }
  const command = debian ? `sudo apt-get install -y ${names.join(' ')}` : process.platform === 'darwin' ? 'xcode-select --install && brew install librdkafka python' : '';
  if (missing.some((need) => need.must)) fail(`${names.join(', ')} missing, to build the Kafka client: ${command || "install them with the system's package manager"}`);
  say(`${names.join(', ')} missing: librdkafka is built from source, which takes minutes${command ? ` (faster after: ${command})` : ''}`);
};

// ---- the steps -------------------------------------------------------------------------------------------------------

const remember = (entries) => writeFileSync(stampPath, `${JSON.stringify({ ...readJson(stampPath), ...entries })}\n`);

if (!modulesReady) {
  if (!existsSync(join(root, 'package-lock.json'))) fail('package-lock.json is missing: check out the repository as a whole');
  await systemPackages();
  const prefix = dirname(dirname(process.execPath));
  await npm('installing npm packages and building the Kafka client', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
    JOBS: 'max',
    // librdkafka from the system where its headers are: 20 seconds instead of minutes.
    ...(hasRdkafka() ? { BUILD_LIBRDKAFKA: '0' } : {}),
    // Node's own headers where they are: node-gyp would download them.
    ...(existsSync(join(prefix, 'include', 'node', 'node.h')) ? { npm_config_nodedir: prefix } : {}),
  });
  if (!existsSync(join(modules, 'node-rdkafka', 'build', 'Release', 'node-librdkafka.node')))
    fail('the Kafka client was not built: npm did not run install scripts; set ignore-scripts=false, remove node_modules and start again');
}
if (stamp.modules !== wantedModules || !modulesReady) remember({ modules: wantedModules });

if (!tapReady) await run('building the test runner', process.execPath, [join(modules, 'tap', 'dist', 'esm', 'run.mjs'), 'build']);
if (stamp.tap !== wantedTap || !tapReady) remember({ tap: wantedTap });

if (!modulesReady || !tapReady) say(`ready after ${Math.round((Date.now() - begun) / 1000)} s`);
