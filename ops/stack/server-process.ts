import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { StackError, throwIfAborted } from './errors.ts';
import { logOf, writeWhole } from './home.ts';
import type { Home } from './home.ts';
import type { ServerName } from './ports.ts';

const recordSchema = z.object({ pid: z.number().int(), startedAt: z.string(), since: z.number(), ports: z.array(z.number()) });

/** A server that we started: its pid, and the system's own mark of when that process began, since pids are used again. */
export type ProcessRecord = z.infer<typeof recordSchema>;

const recordPath = (home: Home, server: ServerName): string => join(home.run, `${server}.json`);

/**
 * The moment at which a live process began, as the system tells it (clock ticks since boot on Linux, a date elsewhere). Undefined if
 * there is no such process, or only its zombie.
 */
export const processStart = (pid: number): string | undefined => {
  if (existsSync('/proc/self/stat')) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The second field is the program's name in brackets and may hold anything, brackets included.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const state = fields[0];
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      return state === 'Z' || state === 'X' ? undefined : `${boot}/${fields[19]}`;
    } catch {
      return undefined;
    }
  }
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  return status === 0 ? stdout.trim() : undefined;
};

/** What we last started for this server, if exactly that process is still alive. */
export const liveRecord = (home: Home, server: ServerName): ProcessRecord | undefined => {
  const path = recordPath(home, server);
  if (!existsSync(path)) return undefined;
  let record: ProcessRecord;
  try {
    record = recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
  return processStart(record.pid) === record.startedAt ? record : undefined;
};

/** True if we started this server, it is no longer there, and we did not stop it: a crash, a kill or a reboot. */
export const diedUnasked = (home: Home, server: ServerName): boolean => existsSync(recordPath(home, server)) && !liveRecord(home, server);

/** Old lines are kept once over: a stack that runs for months must not fill the disk with its logs. */
export const rotate = (log: string): void => {
  if (existsSync(log) && statSync(log).size > 10_000_000) renameSync(log, `${log}.1`);
};

/** A command that runs a server in the foreground. `uid`, `gid`: run as this user. */
export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly ports: readonly number[];
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

/** Starts a server in a session of its own (a Ctrl-C in the terminal does not reach it), its output in its log, and records it. */
export const launch = (home: Home, server: ServerName, command: ServerCommand): ProcessRecord => {
  const log = logOf(home, server);
  rotate(log);
  const out = openSync(log, 'a', 0o640);
  try {
    const child = spawn(command.program, command.args, {
      cwd: command.cwd,
      env: command.env,
      detached: true,
      stdio: ['ignore', out, out],
      ...(command.user ? { uid: command.user.uid, gid: command.user.gid } : {}),
    });
    // spawn reports a program that cannot run as an event; without a listener that would end this process.
    child.on('error', () => undefined);
    child.unref();
    if (child.pid === undefined) throw new StackError('server-exited', `${server} could not be started: ${command.program} does not run`);
    // One that has ended already has no start; waitReady will say so, with its last words.
    const startedAt = processStart(child.pid) ?? 'ended at once';
    const record: ProcessRecord = { pid: child.pid, startedAt, since: Date.now(), ports: [...command.ports] };
    writeWhole(recordPath(home, server), JSON.stringify(record));
    return record;
  } finally {
    closeSync(out);
  }
};

/** The last lines of a log, at most `lines` of the last 8 kB. */
export const tail = (log: string, lines = 15): string => {
  if (!existsSync(log)) return '';
  const size = statSync(log).size;
  const length = Math.min(size, 8192);
  const bytes = Buffer.alloc(length);
  const file = openSync(log, 'r');
  try {
    readSync(file, bytes, 0, length, size - length);
  } finally {
    closeSync(file);
  }
  return bytes.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
};

/**
 * Waits until `ready` says so. Throws `server-exited` as soon as the process is gone, `not-ready` after `timeoutMs`, both with the
 * last lines of the log; `aborted` on the signal.
 */
export const waitReady = async (
  home: Home,
  server: ServerName,
  record: ProcessRecord,
  ready: () => Promise<boolean>,
  options: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<void> => {
  const until = Date.now() + options.timeoutMs;
  for (;;) {
    throwIfAborted(options.signal);
    if (await ready()) return;
    const log = logOf(home, server);
    if (processStart(record.pid) !== record.startedAt)
      throw new StackError('server-exited', `${server} stopped while it was starting; its last words are in ${log}`, { detail: tail(log) });
    if (Date.now() > until)
      throw new StackError('not-ready', `${server} was not ready after ${options.timeoutMs / 1000} s; see ${log}`, { detail: tail(log) });
    await sleep(100);
  }
};

/** The first thread of a killed process can be a zombie while others still hold its ports. */
const threadsLeft = (pid: number): boolean => {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '')) && readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false;
  }
};

const gone = async (record: ProcessRecord, withinMs: number): Promise<boolean> => {
  const until = Date.now() + withinMs;
  while (processStart(record.pid) === record.startedAt || threadsLeft(record.pid)) {
    if (Date.now() > until) return false;
    await sleep(50);
  }
  return true;
};

/**
 * Stops a server that we started: each signal of `signals` in turn, with the time it gets, then SIGKILL. Only the very process
 * that was recorded gets a signal.
 *
 * @returns what ended it (`undefined`: it was not running).
 */
export const stopServer = async (
  home: Home,
  server: ServerName,
  signals: readonly { signal: NodeJS.Signals; withinMs: number }[],
): Promise<NodeJS.Signals | undefined> => {
  const record = liveRecord(home, server);
  let endedBy: NodeJS.Signals | undefined;
  if (record) {
    for (const { signal, withinMs } of [...signals, { signal: 'SIGKILL' as const, withinMs: 5000 }]) {
      // Between two signals the process may have ended, and its pid be another's.
      if (processStart(record.pid) !== record.startedAt) break;
      endedBy = signal;
      try {
        process.kill(record.pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
      if (await gone(record, withinMs)) break;
    }
  }
  rmSync(recordPath(home, server), { force: true });
  return endedBy;
};
