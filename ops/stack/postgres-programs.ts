import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { versions } from './versions.ts';

/** One installation of PostgreSQL's server programs. */
export interface PostgresPrograms {
  readonly bin: string;
  readonly major: number;
  /** TimescaleDB's control file and library are there. */
  readonly timescale: boolean;
}

const children = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []);

/** `postgres (PostgreSQL) 15.10 (Debian …)` → 15. */
export const postgresMajor = (output: string): number | undefined => {
  const match = /\(PostgreSQL\) (\d+)/.exec(output);
  return match ? Number(match[1]) : undefined;
};

const hasTimescale = (bin: string, major: number): boolean => {
  const share = [`/usr/share/postgresql/${major}`, resolve(bin, '../share'), resolve(bin, '../share/postgresql'), resolve(bin, `../share/postgresql@${major}`)];
  const library = [resolve(bin, '../lib'), resolve(bin, '../lib/postgresql'), resolve(bin, `../lib/postgresql@${major}`), `/usr/lib/postgresql/${major}/lib`];
  return (
    share.some((folder) => existsSync(join(folder, 'extension', 'timescaledb.control'))) &&
    library.some((folder) => ['so', 'dylib'].some((ending) => existsSync(join(folder, `timescaledb.${ending}`))))
  );
};

/**
 * All installations that are new enough and have the server, the best first: with TimescaleDB before without, then the newest.
 * Debian keeps the server programs out of PATH.
 */
export const findPostgres = (env: NodeJS.ProcessEnv = process.env): PostgresPrograms[] => {
  const folders = [
    ...children('/usr/lib/postgresql').map((folder) => join(folder, 'bin')),
    ...children('/usr').filter((folder) => dirname(folder) === '/usr' && /\/pgsql-\d+$/.test(folder)).map((folder) => join(folder, 'bin')),
    ...['/opt/homebrew/opt', '/usr/local/opt'].flatMap(children).filter((folder) => /\/postgresql@\d+$/.test(folder)).map((folder) => join(folder, 'bin')),
    ...(env['PATH'] ?? '').split(delimiter),
  ];
  const found = new Map<string, PostgresPrograms>();
  for (const bin of folders) {
    if (found.has(bin) || !['postgres', 'initdb', 'psql'].every((name) => existsSync(join(bin, name)))) continue;
    const major = postgresMajor(spawnSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout ?? '');
    if (major !== undefined && major >= versions.postgresMin) found.set(bin, { bin, major, timescale: hasTimescale(bin, major) });
  }
  return [...found.values()].sort((a, b) => Number(b.timescale) - Number(a.timescale) || b.major - a.major);
};
