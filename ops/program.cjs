#!/usr/bin/env node
/*
 * Runs a program of ours: node ops/program.cjs <file.ts> [arguments]. Its TypeScript is bundled, with the packages that it uses, made anew where a source has changed:
 * a command loads some 30 files in 0.7 s, where with tsx and packages left as they are it loads over a thousand in 2.5 s. And tsx names every function anew each time it is made,
 * which took a sixth of the CPU of whole books. CommonJS on purpose: Node reads an ES module on libuv's threads, and how many there are can no longer be chosen then.
 */
'use strict';

// Each asynchronous call of node-rdkafka holds one of these threads for as long as it waits; with the default of four, consumers starve each other.
process.env.UV_THREADPOOL_SIZE ??= '32';
// What a pipeline makes while it works off a backlog lives long, and V8 takes that for a rule: objects made at the same places later, of a transaction each, went where only a major collection
// finds them, with all that they hold. At 10,000 bets a second one came every 2 to 3 s, stood in the way for 80 ms, and p99 was 141 to 162 ms; without this rule of V8's 68 to 84.
require('node:v8').setFlagsFromString('--no-allocation-site-pretenuring');

const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } = require('node:fs');
const { dirname, join, relative, resolve } = require('node:path');
const { pathToFileURL } = require('node:url');

const root = dirname(__dirname);
const builds = join(root, '.oddstream', 'build');
const ROOMS = ['connectors', 'domain', 'ops', 'pipelines', 'runtime', 'schemas', 'sinks', 'stream', 'topologies'];
/** Builds that are older than the newest by so long are nobody's any more, ms: a program that was just started may not have read its own yet. */
const KEPT_MS = 3_600_000;

/** Packages that are loaded as they are: native ones, and those that look for files beside their own. */
const EXTERNAL = ['esbuild', 'gpu.js', 'lz4-napi', 'node-rdkafka', 'pino', 'snappy', 'webgpu', 'tsx'];
/** What else is bundled may be CommonJS, which requires modules of Node's own. */
const REQUIRE = "import { createRequire as oddstreamCreateRequire } from 'node:module'; const require = oddstreamCreateRequire(import.meta.url);";

/** What a build is made of, and would be another if any of it changed: each source by path, size and time, and the packages. */
const stateOfSources = () => {
  const hash = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${relative(root, path)} ${size} ${mtimeMs}\n`);
  };
  add(join(root, 'package-lock.json'));
  add(__filename);
  for (const room of ROOMS) {
    for (const entry of readdirSync(join(root, room), { withFileTypes: true, recursive: true })) {
      if (entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts')) add(join(entry.parentPath, entry.name));
    }
  }
  return hash.digest('hex').slice(0, 16);
};

/** A module still speaks of where its source lies, and of the files beside it. */
const placesOfSources = {
  name: 'places of sources',
  setup(build) {
    build.onLoad({ filter: /\.ts$/, namespace: 'file' }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)).replaceAll('import.meta.dirname', JSON.stringify(dirname(path))),
    }));
  },
};

/** The JavaScript of a program, as a file's path. */
const built = async (source) => {
  const name = relative(root, source).replaceAll(/[/\\]/g, '-').replace(/\.ts$/, '');
  const state = stateOfSources(), folder = join(builds, state, name), file = join(folder, 'program.mjs');
  if (existsSync(file)) return file;
  const { build } = require('esbuild');
  const making = join(builds, `${state}.${process.pid}`);
  await build({
    entryPoints: { program: source }, outdir: making, outExtension: { '.js': '.mjs' }, splitting: true, bundle: true, external: EXTERNAL, banner: { js: REQUIRE }, platform: 'node', format: 'esm', target: 'node20',
    minifyWhitespace: true, minifySyntax: true, sourcemap: true, sourcesContent: false, alias: { rxjs: join(root, 'node_modules/rxjs/dist/esm/index.js') }, plugins: [placesOfSources], absWorkingDir: root, logLevel: 'silent',
  });
  mkdirSync(dirname(folder), { recursive: true });
  try {
    renameSync(making, folder);
  } catch (error) {
    if (!existsSync(file)) throw error; //  two that are started at once make the same
  }
  for (const old of readdirSync(builds)) {
    // One that is being made by another program may be gone by now.
    const madeMs = statSync(join(builds, old), { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (old !== state && Date.now() - madeMs > KEPT_MS) rmSync(join(builds, old), { recursive: true, force: true });
  }
  rmSync(making, { recursive: true, force: true });
  return file;
};

/** The module of a program, loaded. Errors name the places in its sources. */
const load = async (source) => {
  process.setSourceMapsEnabled(true);
  return import(pathToFileURL(await built(source)).href);
};

const end = (error) => {
  const isMissing = (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND') && !process.env.ODDSTREAM_DEBUG;
  console.error(isMissing ? `oddstream: ${error.message.split('\n')[0]}: run 'node ops/setup.mjs'` : error);
  process.exit(1);
};

if (require.main === module) {
  const [, , source, ...argv] = process.argv;
  if (source === undefined) { console.error('usage: node ops/program.cjs <file.ts> [arguments]'); process.exit(2); }
  process.argv = [process.argv[0], source, ...argv];
  load(resolve(source)).catch(end);
}

module.exports = { load, end };
