import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { StackError } from './errors.ts';
import type { Ports, ServerName } from './ports.ts';

/** The folders and files of one stack. `root` is the folder itself, `.oddstream` in a checkout. */
export interface Home {
  readonly root: string;
  readonly cache: string;
  readonly config: string;
  readonly data: string;
  readonly logs: string;
  readonly run: string;
  readonly credentials: string;
  readonly pgpass: string;
  readonly state: string;
  readonly lock: string;
}

/** Where the stack lives unless it is told otherwise: `ODDSTREAM_HOME`, else `.oddstream` at the top of this checkout. */
export const defaultHome = (env: NodeJS.ProcessEnv = process.env): string =>
  resolve(env['ODDSTREAM_HOME'] || fileURLToPath(new URL('../../.oddstream', import.meta.url)));

/** What was downloaded, and what was made of it: the same for all homes of this checkout, so that each of many tests' servers starts without Maven. */
const cacheFolder = fileURLToPath(new URL('../../.oddstream/cache', import.meta.url));

/** Paths of a home that need not exist yet. */
export const homeAt = (root: string): Home => {
  const path = existsSync(root) ? realpathSync(root) : resolve(root);
  return {
    root: path,
    cache: cacheFolder,
    config: join(path, 'config'),
    data: join(path, 'data'),
    logs: join(path, 'logs'),
    run: join(path, 'run'),
    credentials: join(path, 'credentials.json'),
    pgpass: join(path, 'pgpass'),
    state: join(path, 'stack.json'),
    lock: join(path, 'stack.lock'),
  };
};

/** Makes the folders of a home. */
export const makeHome = (root: string): Home => {
  mkdirSync(root, { recursive: true });
  const home = homeAt(root);
  for (const folder of [home.cache, home.config, home.data, home.logs, home.run]) mkdirSync(folder, { recursive: true });
  return home;
};

/** The log file of a server. */
export const logOf = (home: Home, server: ServerName): string => join(home.logs, `${server}.log`);

/** Writes a whole file or nothing: a crash in between must not leave half a state. */
export const writeWhole = (path: string, text: string, mode = 0o644): void => {
  const temporary = `${path}.${process.pid}.new`;
  writeFileSync(temporary, text, { mode });
  renameSync(temporary, path);
};

const portsSchema = z.object({
  kafka: z.number(),
  kafkaController: z.number(),
  registry: z.number(),
  registryManagement: z.number(),
  postgres: z.number(),
  redis: z.number(),
}) satisfies z.ZodType<Ports>;

const stateSchema = z.object({
  ports: portsSchema,
  /** Where PostgreSQL's data are, once they exist: not always below the home (see postgres.ts). */
  postgresData: z.string().optional(),
  /** Whether they were made with TimescaleDB: what was migrated without it stays so when it is installed later, and a time_bucket of ours would collide with its. */
  timescale: z.boolean().optional(),
});

/** What a home remembers between starts. */
export type State = z.infer<typeof stateSchema>;

const readJson = <T>(path: string, schema: z.ZodType<T>): T | undefined => {
  if (!existsSync(path)) return undefined;
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new StackError('bad-setting', `${path} cannot be read as what the stack once wrote there; repair it, or move it away and start again`, { cause });
  }
};

/** What this home remembers; undefined before its first start. Throws `bad-setting` on a damaged file. */
export const readState = (home: Home): State | undefined => readJson(home.state, stateSchema);

/** Remembers. */
export const writeState = (home: Home, state: State): void => writeWhole(home.state, `${JSON.stringify(state, null, 2)}\n`);

/** The PostgreSQL logins, by role name. */
export const loginNames = ['postgres', 'oddstream', 'oddstream_sink', 'oddstream_bets', 'quant', 'registry'] as const;
export type LoginName = (typeof loginNames)[number];
export type Credentials = Readonly<Record<LoginName, string>>;

const credentialsSchema = z.object({
  postgres: z.string(),
  oddstream: z.string(),
  oddstream_sink: z.string(),
  // A home of an earlier version has none until its next start makes one: an empty password logs nobody in.
  oddstream_bets: z.string().default(''),
  quant: z.string(),
  registry: z.string(),
});

/** The passwords of this home; undefined before its first start. */
export const readCredentials = (home: Home): Credentials | undefined => readJson(home.credentials, credentialsSchema);

/** The passwords of this home, made at random (144 bits each, letters and digits of base64url) where there are none yet; readable by their owner only. */
export const ensureCredentials = (home: Home): Credentials => {
  const known = readCredentials(home);
  if (known && loginNames.every((name) => known[name] !== '')) return known;
  const made = Object.fromEntries(loginNames.map((name) => [name, known?.[name] || randomBytes(18).toString('base64url')])) as Record<LoginName, string>;
  writeWhole(home.credentials, `${JSON.stringify(made, null, 2)}\n`, 0o600);
  return made;
};
