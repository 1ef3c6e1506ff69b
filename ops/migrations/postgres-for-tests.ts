import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

/** The machine lacks what a test asks for: PostgreSQL's binaries, or TimescaleDB's library. Tests skip, and say so. */
export class PostgresMissing extends Error {
  override readonly name = 'PostgresMissing';
  readonly code = 'postgres_missing';
}

/** A PostgreSQL server of a test's own, in a temporary folder, reachable through a socket in it only. */
export interface TestPostgres {
  /** How to connect as the given role (default: the superuser) to the given database (default: postgres). No passwords. */
  config(role?: string, database?: string): pg.ClientConfig;
  /** Stops the server at once and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts a throw-away PostgreSQL: as an unprivileged user where we are root, without durability, with UTC+5:30 as its time zone, so
 * that what silently depends on the server's zone shows.
 *
 * @param options.timescale preload TimescaleDB; without it the server is plain even where the library is installed
 * @param options.workers how many background jobs TimescaleDB may run at once
 * @throws PostgresMissing when the machine has no PostgreSQL, or TimescaleDB was asked for and is not installed
 */
export async function startPostgres({ timescale, workers = 12 }: { readonly timescale: boolean; readonly workers?: number }): Promise<TestPostgres> {
  const bin = await binaries();
  const user = await unprivilegedUser();
  const folder = await mkdtemp(join(tmpdir(), 'oddstream-pg-'));
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const options = { ...user, cwd: folder };
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], options);

  const settings = {
    listen_addresses: '', unix_socket_directories: folder, timezone: 'Asia/Kolkata', fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off',
    shared_buffers: '64MB', max_worker_processes: '24', log_min_messages: 'warning',
    ...(timescale ? { shared_preload_libraries: 'timescaledb', 'timescaledb.telemetry_level': 'off', 'timescaledb.max_background_workers': String(workers) } : {}),
  };
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => { log = (log + text).slice(-20_000); });

  const config = (role = 'postgres', database = 'postgres'): pg.ClientConfig => ({ host: folder, port: 5432, user: role, database });
  const stop = async (): Promise<void> => {
    await end(server);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await ready(server, config(), () => log);
  } catch (error) {
    await stop();
    if (/could not access file "timescaledb"/.test(log)) throw new PostgresMissing('TimescaleDB is not installed for this PostgreSQL', { cause: error });
    throw error;
  }
  return { config, stop };
}

async function ready(server: ChildProcess, config: pg.ClientConfig, log: () => string): Promise<void> {
  for (let triesLeft = 300; ; triesLeft -= 1) {
    if (server.exitCode !== null || server.signalCode !== null) throw new Error(`PostgreSQL did not start:\n${log()}`);
    const client = new pg.Client(config);
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (triesLeft === 0) throw new Error(`PostgreSQL did not answer in 30 s:\n${log()}`, { cause: error });
      await sleep(100);
    }
  }
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise((resolve) => { server.once('exit', resolve); });
  server.kill('SIGQUIT');   // immediate shutdown: nothing in it is worth a checkpoint
  await gone;
}

async function binaries(): Promise<string> {
  // Debian keeps them out of the PATH, one folder per major version.
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? (await readdir(debian)).filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a)) : [];
  const places = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/pgsql/bin'];
  const found = places.find((place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres')));
  if (found === undefined) throw new PostgresMissing('PostgreSQL is not installed; on Debian: apt-get install postgresql');
  return found;
}

/** PostgreSQL refuses to run as root: somebody else then, preferably the account made for it. */
async function unprivilegedUser(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const account = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody');
  if (account === undefined) throw new PostgresMissing('running as root, and there is no user postgres or nobody to run PostgreSQL as');
  return { uid: Number(account[2]), gid: Number(account[3]) };
}
