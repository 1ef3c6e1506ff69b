import { existsSync, rmSync } from 'node:fs';
import { addressesFor, knownAddresses, writePgpass } from './addresses.ts';
import type { StackAddresses } from './addresses.ts';
import type { Progress } from './artefacts.ts';
import { running } from './context.ts';
import type { StackContext, StackServer } from './context.ts';
import { installItems, programsOf } from './doctor.ts';
import { StackError } from './errors.ts';
import { defaultHome, ensureCredentials, homeAt, logOf, makeHome, readCredentials, readState, writeState } from './home.ts';
import { kafka, prepareKafka } from './kafka.ts';
import { whileLocked } from './lock.ts';
import { choosePorts, portsOf, requireFreePorts, serverNames } from './ports.ts';
import type { ServerName } from './ports.ts';
import { postgres, wipePostgres } from './postgres.ts';
import { prepareRegistry, registry } from './registry.ts';
import { redis } from './redis.ts';
import { diedUnasked, liveRecord, stopServer } from './server-process.ts';

export { doctor, installMissing } from './doctor.ts';
export type { DoctorItem } from './doctor.ts';
export { StackError } from './errors.ts';
export type { StackErrorCode } from './errors.ts';
export { defaultHome } from './home.ts';
export type { PostgresAddress, StackAddresses } from './addresses.ts';
export type { ServerName } from './ports.ts';

const servers: Readonly<Record<ServerName, StackServer>> = { kafka, registry, postgres, redis };

export interface StackOptions {
  /** Folder of the stack, `.oddstream` in a checkout; see `defaultHome`. */
  readonly home?: string;
  /** One line at a time of what is going on, for a person. */
  readonly onProgress?: Progress;
}

export interface StartOptions extends StackOptions {
  /** All ports follow from it (ports.ts). Without it: the environment, what this home used last, the default. */
  readonly basePort?: number;
  /** Only these servers. The registry brings PostgreSQL with it. */
  readonly only?: readonly ServerName[];
  readonly signal?: AbortSignal;
}

const silent: Progress = () => undefined;

/** Starts one server, and says so with the time that it took. */
const timed = async (context: StackContext, server: StackServer): Promise<void> => {
  const wasUp = liveRecord(context.home, server.name) !== undefined;
  const begun = Date.now();
  await server.start(context);
  const ports = portsOf[server.name].map((name) => context.ports[name]);
  context.onProgress(`${server.name}: ${wasUp ? 'is up' : `up after ${((Date.now() - begun) / 1000).toFixed(1)} s`}, port ${ports[0]}`);
};

const startAll = async (context: StackContext, wanted: ReadonlySet<ServerName>): Promise<void> => {
  const isDown = (name: ServerName): boolean => wanted.has(name) && !running(context, name);
  const start = (name: ServerName): Promise<void> => (wanted.has(name) ? timed(context, servers[name]) : Promise.resolve());
  // Maven's repository is not made for two downloads at once: the registry's comes after Kafka's, whether that went well or not.
  const kafkaFiles = isDown('kafka') ? prepareKafka(context) : Promise.resolve();
  const registryFiles = kafkaFiles.then(
    () => undefined,
    () => undefined,
  ).then(() => (isDown('registry') ? prepareRegistry(context) : undefined));
  const results = await Promise.allSettled([
    kafkaFiles.then(() => start('kafka')),
    start('redis'),
    Promise.all([start('postgres'), registryFiles]).then(() => start('registry')),
  ]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
};

/**
 * Starts the servers that are not up and waits until all are ready. What is missing is downloaded; programs that are missing are installed on
 * Debian as root, and named with the command that installs them elsewhere. Servers that are up are kept. When one
 * fails or the signal is raised, those that came up stay up: `stopStack` stops them.
 *
 * @throws StackError with `port-taken`, `other-ports`, `missing-program`, `download-failed`, `server-exited`, `not-ready`, `locked`,
 *   `install-failed`, `bad-setting` or `aborted`.
 */
export const startStack = async (options: StartOptions = {}): Promise<StackAddresses> => {
  const onProgress = options.onProgress ?? silent;
  const home = makeHome(options.home ?? defaultHome());
  return whileLocked(
    home,
    async () => {
      const wanted = new Set<ServerName>(options.only ?? serverNames);
      if (wanted.has('registry')) wanted.add('postgres');
      const state = readState(home);
      const ports = choosePorts({ basePort: options.basePort, env: process.env, remembered: state?.ports });
      // Also of those that are not wanted now: a home has one set of ports.
      const toStart = serverNames.filter((server) => !running({ home, ports }, server) && wanted.has(server));
      await requireFreePorts(ports, toStart, toStart.some((server) => diedUnasked(home, server)) ? 5000 : 0);
      await installItems(programsOf(home.root, toStart), { onProgress, signal: options.signal });
      const credentials = ensureCredentials(home);
      writeState(home, { ...state, ports });
      writePgpass(home, ports, credentials);
      await startAll({ home, ports, credentials, onProgress, signal: options.signal }, wanted);
      return addressesFor(home, ports, credentials);
    },
    { onProgress, signal: options.signal },
  );
};

const stopAll = async (root: string, onProgress: Progress, only: readonly ServerName[]): Promise<void> => {
  const home = homeAt(root);
  const stop = async (name: ServerName): Promise<void> => {
    if (!only.includes(name)) return;
    const begun = Date.now();
    const signal = await stopServer(home, name, servers[name].stopSignals);
    if (!signal) return;
    const gentle = signal === servers[name].stopSignals[0]?.signal;
    if (gentle) servers[name].afterStop?.(home);
    onProgress(`${name}: stopped after ${((Date.now() - begun) / 1000).toFixed(1)} s${gentle ? '' : ` (it took ${signal})`}`);
  };
  // The registry first, for it works in PostgreSQL; the others know nothing of each other.
  await Promise.all([stop('kafka'), stop('redis'), stop('registry').then(() => stop('postgres'))]);
};

/** Stops what this stack started and nothing else, gently first, in at most 35 s. Data stay. */
export const stopStack = async (options: StackOptions & { readonly only?: readonly ServerName[] } = {}): Promise<void> => {
  const root = options.home ?? defaultHome();
  if (!existsSync(root)) return;
  const onProgress = options.onProgress ?? silent;
  await whileLocked(homeAt(root), () => stopAll(root, onProgress, options.only ?? serverNames), { onProgress, timeoutMs: 60_000 });
};

/** One server as it is now. */
export interface ServerStatus {
  readonly name: ServerName;
  /** `up`: answers. `not-ready`: its process is there and does not answer. `down`: no process of ours. */
  readonly state: 'up' | 'not-ready' | 'down';
  readonly pid?: number;
  /** Epoch milliseconds at which we started it. */
  readonly since?: number;
  readonly ports: readonly number[];
  readonly log: string;
}

/** All servers of a home as they are now. A home that was never started is all down. */
export const stackStatus = async (options: { readonly home?: string } = {}): Promise<ServerStatus[]> => {
  const home = homeAt(options.home ?? defaultHome());
  const ports = readState(home)?.ports ?? choosePorts({ env: process.env });
  const credentials = readCredentials(home);
  return Promise.all(
    serverNames.map(async (name): Promise<ServerStatus> => {
      const record = liveRecord(home, name);
      const log = logOf(home, name);
      if (!record || !credentials) return { name, state: 'down', ports: portsOf[name].map((port) => ports[port]), log };
      const up = await servers[name].ready({ ports, credentials }).catch(() => false);
      return { name, state: up ? 'up' : 'not-ready', pid: record.pid, since: record.since, ports: record.ports, log };
    }),
  );
};

/** Stops the stack and removes its data, passwords, settings and logs. Downloads stay in the cache. */
export const wipeStack = async (options: StackOptions = {}): Promise<void> => {
  const root = options.home ?? defaultHome();
  if (!existsSync(root)) return;
  const onProgress = options.onProgress ?? silent;
  const home = homeAt(root);
  await whileLocked(
    home,
    async () => {
      await stopAll(root, onProgress, serverNames);
      wipePostgres(home);
      for (const path of [home.data, home.config, home.logs, home.run, home.credentials, home.pgpass, home.state]) rmSync(path, { recursive: true, force: true });
      onProgress(`stack: data, passwords and logs of ${home.root} are gone`);
    },
    { onProgress, timeoutMs: 60_000 },
  );
};

/** Where everything is, for a home that has been started before. Asks no server. Throws StackError `not-started`. */
export const addresses = (home: string = defaultHome()): StackAddresses => knownAddresses(homeAt(home));

/** Throws unless `text` is the name of a server: for `--only`. */
export const serverName = (text: string): ServerName => {
  const found = serverNames.find((name) => name === text);
  if (!found) throw new StackError('bad-setting', `"${text}" is no server of the stack; there are ${serverNames.join(', ')}`);
  return found;
};
