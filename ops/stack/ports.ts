import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from './errors.ts';

/** The servers of the stack. */
export const serverNames = ['kafka', 'registry', 'postgres', 'redis'] as const;
export type ServerName = (typeof serverNames)[number];

/** Every port the stack listens on, all on 127.0.0.1. */
export interface Ports {
  readonly kafka: number;
  readonly kafkaController: number;
  readonly registry: number;
  readonly registryManagement: number;
  readonly postgres: number;
  readonly redis: number;
}
export type PortName = keyof Ports;

export const defaultBasePort = 15_000;

/** Distance of each port from the base: with the default base the last digits are those one knows (5432, 6379, 9092). */
const offsets: Ports = { kafka: 4092, kafkaController: 4093, registry: 3081, registryManagement: 3082, postgres: 432, redis: 1379 };

const variables: Readonly<Record<PortName, string>> = {
  kafka: 'ODDSTREAM_KAFKA_PORT',
  kafkaController: 'ODDSTREAM_KAFKA_CONTROLLER_PORT',
  registry: 'ODDSTREAM_REGISTRY_PORT',
  registryManagement: 'ODDSTREAM_REGISTRY_MANAGEMENT_PORT',
  postgres: 'ODDSTREAM_POSTGRES_PORT',
  redis: 'ODDSTREAM_REDIS_PORT',
};

export const basePortVariable = 'ODDSTREAM_BASE_PORT';

/** Which server a port belongs to. */
export const portsOf: Readonly<Record<ServerName, readonly PortName[]>> = {
  kafka: ['kafka', 'kafkaController'],
  registry: ['registry', 'registryManagement'],
  postgres: ['postgres'],
  redis: ['redis'],
};

const portNumber = (text: string, what: string): number => {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1024 || port > 65_535)
    throw new StackError('bad-setting', `${what} is "${text}"; it must be a whole number from 1024 to 65535`);
  return port;
};

/** All ports for a base port. Throws `bad-setting` where one would leave the range of ports. */
export const portsFrom = (basePort: number): Ports => {
  const result: Record<string, number> = {};
  for (const [name, offset] of Object.entries(offsets)) result[name] = portNumber(String(basePort + offset), `the ${name} port for base port ${basePort}`);
  return result as unknown as Ports;
};

/**
 * The ports to use. First that is given wins: a port's own environment variable, the base port asked for, the base port of the
 * environment, the ports that this home used last, the default. `undefined` in `remembered`: a home that was never started.
 */
export const choosePorts = (options: { basePort?: number | undefined; env: NodeJS.ProcessEnv; remembered?: Ports | undefined }): Ports => {
  const { env } = options;
  const fromEnv = env[basePortVariable];
  const chosen =
    options.basePort !== undefined
      ? portsFrom(options.basePort)
      : fromEnv
        ? portsFrom(portNumber(fromEnv, basePortVariable))
        : (options.remembered ?? portsFrom(defaultBasePort));
  const result: Record<string, number> = { ...chosen };
  for (const [name, variable] of Object.entries(variables)) {
    const text = env[variable];
    if (text) result[name] = portNumber(text, variable);
  }
  const seen = new Map<number, string>();
  for (const [name, port] of Object.entries(result)) {
    const other = seen.get(port);
    if (other) throw new StackError('bad-setting', `${other} and ${name} are both given port ${port}; give each its own (${variables[name as PortName]})`);
    seen.set(port, name);
  }
  return result as unknown as Ports;
};

/** True if nothing listens on this port of 127.0.0.1. */
export const portIsFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });

/** The first base port, in steps of 100 above `from`, whose ports are all free; undefined where there is none below the ports that systems give to clients. */
export const freeBasePort = async (from: number = defaultBasePort): Promise<number | undefined> => {
  for (let base = from + 100; base < 28_000; base += 100) {
    const free = await Promise.all(Object.values(portsFrom(base)).map((port) => portIsFree(port as number)));
    if (free.every(Boolean)) return base;
  }
  return undefined;
};

/**
 * Throws `port-taken` with one line that names the ports, and a base port that is free; not before `graceMs` are over, for servers of
 * ours that were killed a moment ago and are still letting go of their ports.
 */
export const requireFreePorts = async (ports: Ports, servers: readonly ServerName[], graceMs = 0): Promise<void> => {
  const wanted = servers.flatMap((server) => portsOf[server]).map((name) => ({ name, port: ports[name] }));
  const takenNow = async (): Promise<typeof wanted> => {
    const free = await Promise.all(wanted.map(({ port }) => portIsFree(port)));
    return wanted.filter((_, i) => !free[i]);
  };
  const until = Date.now() + graceMs;
  let taken = await takenNow();
  while (taken.length > 0 && Date.now() < until) {
    await sleep(100);
    taken = await takenNow();
  }
  if (taken.length === 0) return;
  const base = await freeBasePort();
  const list = taken.map(({ name, port }) => `${port} (${name})`).join(', ');
  throw new StackError(
    'port-taken',
    `port ${list} on 127.0.0.1 ${taken.length === 1 ? 'is' : 'are'} in use by another program, perhaps another Oddstream: ` +
      `stop it, or choose other ports with ${basePortVariable}=${base ?? '<base port>'}`,
  );
};
