import { existsSync, mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { delimiter, join } from 'node:path';
import { running, serverEnvironment, serverPorts } from './context.ts';
import type { StackContext, StackServer } from './context.ts';
import { StackError } from './errors.ts';
import { launch, waitReady } from './server-process.ts';
import { redisSettings } from './settings.ts';

/** Path of redis-server; undefined where there is none. */
export const redisProgram = (env: NodeJS.ProcessEnv = process.env): string | undefined =>
  [...(env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'].map((folder) => join(folder, 'redis-server')).find((path) => existsSync(path));

export const redis: StackServer = {
  name: 'redis',

  async start(context: StackContext): Promise<void> {
    const { home, ports, signal } = context;
    let record = running(context, 'redis');
    if (!record) {
      const program = redisProgram();
      if (!program) throw new StackError('missing-program', 'redis-server is not installed; `oddstream doctor` says how to install it');
      const data = join(home.data, 'redis');
      mkdirSync(data, { recursive: true });
      const local = { bind: '127.0.0.1', port: String(ports.redis), dir: data, daemonize: 'no' };
      record = launch(home, 'redis', {
        program,
        args: Object.entries({ ...redisSettings, ...local }).flatMap(([name, value]) => [`--${name}`, value]),
        cwd: data,
        env: serverEnvironment(),
        ports: serverPorts(ports, 'redis'),
      });
    }
    await waitReady(home, 'redis', record, () => redis.ready(context), { timeoutMs: 60_000, signal });
  },

  /** PING is answered by PONG; while it reads its file it is answered by an error. */
  ready: ({ ports }) =>
    new Promise((resolve) => {
      const socket = createConnection({ port: ports.redis, host: '127.0.0.1' }, () => socket.write('PING\r\n'));
      const answer = (ready: boolean): void => {
        socket.destroy();
        resolve(ready);
      };
      socket.once('data', (data) => answer(data.toString().startsWith('+PONG')));
      socket.once('error', () => answer(false));
      socket.once('close', () => resolve(false));
      socket.setTimeout(2000, () => answer(false));
    }),

  stopSignals: [{ signal: 'SIGTERM', withinMs: 15_000 }],
};
