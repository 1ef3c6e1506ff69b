import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { running, serverEnvironment, serverPorts } from './context.ts';
import type { StackContext, StackServer } from './context.ts';
import { StackError } from './errors.ts';
import { logOf, readState, writeState } from './home.ts';
import type { Credentials, Home } from './home.ts';
import { findPostgres } from './postgres-programs.ts';
import type { PostgresPrograms } from './postgres-programs.ts';
import { launch, waitReady } from './server-process.ts';
import { postgresSettings, timescaleSettings } from './settings.ts';
import { versions } from './versions.ts';

const run = promisify(execFile);
const bootstrap = fileURLToPath(new URL('bootstrap.sql', import.meta.url));

interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const lookUp = (name: string): User | undefined => {
  const line = spawnSync('getent', ['passwd', name], { encoding: 'utf8' }).stdout?.split(':');
  return line && line.length > 3 ? { name, uid: Number(line[2]), gid: Number(line[3]) } : undefined;
};

/**
 * PostgreSQL refuses to run as root. Where we are root: the system user `postgres` that came with its package, else `oddstream`,
 * which is made. Undefined where we are not root: it runs as we do.
 */
const serverUser = (): User | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const known = lookUp('postgres') ?? lookUp('oddstream');
  if (known) return known;
  spawnSync('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', 'oddstream']);
  const made = lookUp('oddstream');
  if (!made) throw new StackError('missing-program', 'PostgreSQL does not run as root and no user could be made for it: run `useradd --system oddstream`, or start as another user');
  return made;
};

const reachable = (folder: string, user: User): boolean =>
  spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { uid: user.uid, gid: user.gid, cwd: '/', stdio: 'ignore' }).status === 0;

/**
 * Where the data of a new cluster go: into the home, unless PostgreSQL's user cannot get there because the checkout lies below a
 * folder that only root may enter (`/root` is one). Then below /var/lib, under a random name, so that a new checkout at an old path never finds
 * another's data. Not /var/tmp: systems empty it by age.
 */
const chooseDataFolder = (home: Home, user: User | undefined): string => {
  if (!user || reachable(home.data, user)) return join(home.data, 'postgres');
  const parent = join('/var/lib', `oddstream-${randomBytes(6).toString('hex')}`);
  mkdirSync(parent);
  chmodSync(parent, 0o755);
  writeFileSync(join(parent, 'README'), `PostgreSQL data of ${home.root}\nmade here because the user ${user.name} cannot enter that folder; removed by \`oddstream stack wipe\`.\n`);
  return join(parent, 'postgres');
};

const programsFor = (data: string): PostgresPrograms => {
  const found = findPostgres();
  const versionFile = join(data, 'PG_VERSION');
  const major = existsSync(versionFile) ? Number(readFileSync(versionFile, 'utf8').trim()) : undefined;
  const programs = major === undefined ? found[0] : found.find((candidate) => candidate.major === major);
  if (programs) return programs;
  throw new StackError(
    'missing-program',
    major === undefined
      ? `PostgreSQL ${versions.postgresMin} or newer is not installed; \`oddstream doctor\` says how to install it`
      : `the data in ${data} are PostgreSQL ${major}'s, which is no longer installed: install it again, or start afresh with \`oddstream stack wipe\``,
  );
};

/** Makes the cluster, with passwords on every connection. It is made under another name and then renamed, so that what has its name is whole. */
const makeCluster = async (programs: PostgresPrograms, data: string, user: User | undefined, password: string): Promise<void> => {
  const partial = `${data}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { mode: 0o700 });
  const passwordFile = `${data}.password`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user) for (const path of [partial, passwordFile]) chownSync(path, user.uid, user.gid);
  const locale = process.platform === 'linux' ? 'C.UTF-8' : 'C';
  const args = ['-D', partial, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', `--locale=${locale}`, '--no-instructions'];
  try {
    await run(join(programs.bin, 'initdb'), args, { cwd: '/', env: serverEnvironment(), ...(user ? { uid: user.uid, gid: user.gid } : {}) });
    renameSync(partial, data);
  } catch (cause) {
    throw new StackError('server-exited', `initdb failed in ${data}`, { detail: String((cause as { stderr?: string }).stderr ?? cause), cause });
  } finally {
    rmSync(passwordFile, { force: true });
  }
};

/** The processes of this cluster that are alive: each of them works in its data folder. Empty where there is no /proc. */
const processesIn = (data: string): number[] => {
  if (!existsSync('/proc/self')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === data;
      } catch {
        return false;
      }
    })
    .map(Number);
};

/**
 * After a kill -9 the server's children end a moment later, and until then a new server must not start. When they are gone, the lock file is
 * removed if the pid in it exists: that is another program by now, or a zombie that nobody waits for (a container's first process
 * often does not), and PostgreSQL would refuse to start because of it.
 */
const clearRemains = async (data: string): Promise<void> => {
  const until = Date.now() + 10_000;
  let remains = processesIn(data);
  for (; remains.length > 0; remains = processesIn(data)) {
    if (Date.now() > until)
      throw new StackError('not-ready', `another PostgreSQL, not recorded here, is running on ${data} (pid ${remains[0]}): stop it with \`kill -INT ${remains[0]}\``);
    await sleep(100);
  }
  const lock = join(data, 'postmaster.pid');
  if (!existsSync(lock) || !existsSync('/proc/self')) return;
  const pid = readFileSync(lock, 'utf8').split('\n')[0] ?? '';
  if (existsSync(`/proc/${pid}`)) rmSync(lock);
};

/** Asks as the superuser. Throws `bad-setting` where its password is not the one that this home knows. */
const query = async (port: number, password: string): Promise<boolean> => {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres', connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query('SELECT 1 AS one')).rows[0]?.one === 1;
  } catch (cause) {
    if ((cause as { code?: string }).code === '28P01')
      throw new StackError('bad-setting', `PostgreSQL on port ${port} does not take the password in credentials.json: bring that file back, or start afresh with \`oddstream stack wipe\``, { cause });
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
};

/** psql repeats a statement that failed, and with it the password in it. */
const withoutSecrets = (text: string, credentials: Credentials): string =>
  Object.values(credentials).reduce((result: string, secret: string) => result.replaceAll(secret, '***'), text);

/** PostgreSQL's data folder of this home; undefined before its first start. */
export const postgresData = (home: Home): string | undefined => readState(home)?.postgresData;

/** Removes the data, and the folder below /var/lib where they were put there. */
export const wipePostgres = (home: Home): void => {
  const data = postgresData(home);
  if (!data) return;
  const parent = join(data, '..');
  rmSync(/^\/var\/lib\/oddstream-[0-9a-f]{12}$/.test(parent) ? parent : data, { recursive: true, force: true });
};

export const postgres: StackServer = {
  name: 'postgres',

  async start(context: StackContext): Promise<void> {
    const { home, ports, credentials, onProgress, signal } = context;
    let record = running(context, 'postgres');
    const user = serverUser();
    const data = postgresData(home) ?? chooseDataFolder(home, user);
    const programs = programsFor(data);
    if (!record) {
      const isNew = !existsSync(join(data, 'PG_VERSION')), timescale = programs.timescale && (isNew || readState(home)?.timescale !== false);
      if (isNew) {
        onProgress(`postgres: making a new database cluster (PostgreSQL ${programs.major}${timescale ? ' with TimescaleDB' : ''})`);
        await makeCluster(programs, data, user, credentials.postgres);
      }
      writeState(home, { ports, postgresData: data, timescale });
      await clearRemains(data);
      const settings = {
        ...postgresSettings,
        ...(timescale ? timescaleSettings : {}),
        listen_addresses: '127.0.0.1',
        port: String(ports.postgres),
        // TCP only: a socket's path has at most 107 characters, and a checkout's may be longer.
        unix_socket_directories: '',
      };
      record = launch(home, 'postgres', {
        program: join(programs.bin, 'postgres'),
        args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
        cwd: '/',
        env: serverEnvironment(),
        ports: serverPorts(ports, 'postgres'),
        user,
      });
    }
    await waitReady(home, 'postgres', record, () => postgres.ready(context), { timeoutMs: 60_000, signal });
    try {
      await run(join(programs.bin, 'psql'), ['-X', '-q', '-h', '127.0.0.1', '-p', String(ports.postgres), '-U', 'postgres', '-d', 'postgres', '-f', bootstrap], {
        env: serverEnvironment({
          PGPASSWORD: credentials.postgres,
          ODDSTREAM_OWNER_PASSWORD: credentials.oddstream,
          ODDSTREAM_SINK_PASSWORD: credentials.oddstream_sink,
          ODDSTREAM_BETS_PASSWORD: credentials.oddstream_bets,
          ODDSTREAM_QUANT_PASSWORD: credentials.quant,
          ODDSTREAM_REGISTRY_PASSWORD: credentials.registry,
        }),
      });
    } catch (cause) {
      throw new StackError('not-ready', `the roles and databases could not be made; see ${logOf(home, 'postgres')}`, { detail: withoutSecrets(String((cause as { stderr?: string }).stderr ?? ''), credentials) });
    }
  },

  ready: ({ ports, credentials }) => query(ports.postgres, credentials.postgres),

  // SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one (it recovers from its log at the next start).
  stopSignals: [
    { signal: 'SIGINT', withinMs: 20_000 },
    { signal: 'SIGQUIT', withinMs: 5_000 },
  ],
};
