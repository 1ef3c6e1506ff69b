import type { Progress } from './artefacts.ts';
import { liveRecord } from './server-process.ts';
import type { ProcessRecord } from './server-process.ts';
import { StackError } from './errors.ts';
import type { Credentials, Home } from './home.ts';
import { portsOf } from './ports.ts';
import type { Ports, ServerName } from './ports.ts';

/** What the start of a server needs to know. */
export interface StackContext {
  readonly home: Home;
  readonly ports: Ports;
  readonly credentials: Credentials;
  readonly onProgress: Progress;
  readonly signal: AbortSignal | undefined;
}

/** One server of the stack. */
export interface StackServer {
  readonly name: ServerName;
  /** Starts it unless it is up, and waits until it is ready for work. Throws `StackError`. */
  start(context: StackContext): Promise<void>;
  /** A real question to the server, true if it was answered as it should. */
  ready(context: Pick<StackContext, 'ports' | 'credentials'>): Promise<boolean>;
  /** How it is asked to stop, gently first. */
  readonly stopSignals: readonly { readonly signal: NodeJS.Signals; readonly withinMs: number }[];
  /** What is to be done after it has stopped by the first of the signals. */
  afterStop?(home: Home): void;
}

/** The environment that servers get: ours has NODE_OPTIONS, passwords and the like, which are not theirs. */
export const serverEnvironment = (added: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  ...added,
});

/** The ports of a server, in the order of `portsOf`. */
export const serverPorts = (ports: Ports, server: ServerName): number[] => portsOf[server].map((name) => ports[name]);

/**
 * The server if it is up, as we started it. Throws `other-ports` if it is up on ports that are not the ones wanted now: two
 * answers to "where is Kafka" for one home would be worse than a stop.
 */
export const running = (context: Pick<StackContext, 'home' | 'ports'>, server: ServerName): ProcessRecord | undefined => {
  const record = liveRecord(context.home, server);
  if (!record) return undefined;
  const wanted = serverPorts(context.ports, server);
  if (record.ports.join() !== wanted.join())
    throw new StackError('other-ports', `${server} of ${context.home.root} is running on port ${record.ports.join(', ')}, not on ${wanted.join(', ')}: stop the stack first`);
  return record;
};
