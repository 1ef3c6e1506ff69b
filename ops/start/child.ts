import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PART_ENV } from '../cli/signals.ts';
import { rotate, tail } from '../stack/server-process.ts';

const program = fileURLToPath(new URL('../cli/oddstream.cjs', import.meta.url));

export interface ChildOptions {
  readonly name: string;
  /** Arguments of `oddstream`. */
  readonly args: readonly string[];
  /** Where its output goes. */
  readonly log: string;
  readonly onMessage?: (message: unknown) => void;
}

/** How a child ended. */
export interface ChildEnd { readonly code: number | null; readonly signal: NodeJS.Signals | null }

/**
 * One of Oddstream's own processes, started as a part of this one: in a session of its own, so that a terminal's Ctrl-C does not reach it and the order
 * of stopping is ours; and with a channel to us, so that it stops by itself should we be killed.
 */
export class Child {
  readonly name: string;
  readonly log: string;
  /** Resolves when it has ended; it never rejects. */
  readonly ended: Promise<ChildEnd>;
  end: ChildEnd | undefined;
  /** It was asked to stop: its end is no failure. */
  isStopping = false;
  readonly #process: ChildProcess;

  constructor({ name, args, log, onMessage }: ChildOptions) {
    this.name = name;
    this.log = log;
    rotate(log);
    const out = openSync(log, 'a', 0o640);
    this.#process = spawn(process.execPath, [program, ...args], { detached: true, stdio: ['ignore', out, out, 'ipc'], env: { ...process.env, [PART_ENV]: '1' } });
    closeSync(out);
    if (onMessage !== undefined) this.#process.on('message', onMessage);
    this.ended = new Promise((resolve) => {
      const done = (end: ChildEnd): void => { this.end ??= end; resolve(this.end); };
      this.#process.once('error', () => done({ code: 1, signal: null }));
      this.#process.once('exit', (code, signal) => done({ code, signal }));
    });
  }

  get pid(): number | undefined { return this.#process.pid; }

  /** Sends it a signal that is no end of it, if it runs. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.end === undefined) this.#process.kill(signal);
  }

  /** What it said last, for a message of its failure. */
  get lastWords(): string {
    const lines = tail(this.log, 40).split('\n');
    return (lines.findLast((line) => line.startsWith('oddstream: ')) ?? lines.at(-1) ?? '').replace(/^oddstream: /, '');
  }

  /** Asks it to stop, and ends it after the time it has, ms. Returns whether it went by itself. */
  async stop(withinMs: number): Promise<boolean> {
    this.isStopping = true;
    if (this.end !== undefined) return true;
    this.#process.kill('SIGTERM');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => { timer = setTimeout(() => resolve('late'), withinMs); });
    const first = await Promise.race([this.ended, late]);
    clearTimeout(timer);
    if (first !== 'late') return true;
    this.kill();
    await this.ended;
    return false;
  }

  /** Ends it at once. */
  kill(): void {
    this.isStopping = true;
    if (this.end === undefined) this.#process.kill('SIGKILL');
  }
}
