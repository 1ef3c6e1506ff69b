import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { redisProgram } from '../../ops/stack/redis.ts';

/** A Redis of a test's own, in a temporary folder, reachable through a socket in it only. It writes to disk when told to SAVE, and never else. */
export interface TestRedis {
  readonly url: string;
  readonly client: Redis;
  /** kill -9, and a new start with what was saved last. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a throw-away Redis; undefined where none is installed. */
export const startRedis = async (): Promise<TestRedis | undefined> => {
  const program = redisProgram();
  if (program === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'oddstream-redis-'));
  const url = join(folder, 'redis.sock');
  let server: ChildProcess;
  const start = (): void => { server = spawn(program, ['--port', '0', '--unixsocket', url, '--dir', folder, '--save', '', '--appendonly', 'no'], { stdio: 'ignore' }); };
  const kill = async (): Promise<void> => { const gone = once(server, 'exit'); server.kill('SIGKILL'); await gone; };
  start();
  const client = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: 200 });
  client.on('error', () => {});
  await client.ping();
  return {
    url, client,
    crash: async () => { await kill(); start(); await client.ping(); },
    stop: async () => { client.disconnect(); await kill(); await rm(folder, { recursive: true, force: true }); },
  };
};
