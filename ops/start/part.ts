import { setTimeout as wait } from 'node:timers/promises';
import { Child, type ChildEnd } from './child.ts';

/** How long a service manager waits before it starts again what has ended by itself, ms. */
const RESTART_MS = 1_000;

export interface PartOptions {
  readonly name: string;
  /** Arguments of `oddstream`. */
  readonly args: readonly string[];
  readonly log: string;
  readonly onMessage?: (message: unknown) => void;
  /** Told of each process that was started. */
  readonly onStart?: (child: Child) => void;
  /** It has ended without having been asked to; it is started again, unless the answer is that this was its proper end. */
  readonly onEnd: (name: string, end: ChildEnd, lastWords: string) => 'is done' | void;
}

/**
 * One of Oddstream's processes as a service manager keeps it: started again when it ends by itself (a broker that is down when it starts is an error to it), not
 * when it was killed or stopped by us.
 */
export class Part {
  readonly name: string;
  readonly #options: PartOptions;
  #child: Child | undefined;
  #isFrozen = false;
  #isOver = false;

  constructor(options: PartOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Of the process as it runs now; undefined where there is none. */
  get pid(): number | undefined { return this.#child?.end === undefined ? this.#child?.pid : undefined; }
  get log(): string { return this.#options.log; }

  /** Does nothing once it was told to end for ever. */
  start(): void {
    if (this.#isOver) return;
    const { onStart, onEnd, ...options } = this.#options;
    const child = new Child(options);
    this.#child = child;
    onStart?.(child);
    void child.ended.then(async (end) => {
      if (child.isStopping || onEnd(this.name, end, child.lastWords) === 'is done') return;
      await wait(RESTART_MS);
      if (this.#child === child && !child.isStopping) this.start();
    });
  }

  /** kill -9. Resolves when it is gone; what has died by itself meanwhile is not started again. */
  async kill(): Promise<void> {
    this.#child?.kill();
    await this.#child?.ended;
  }

  /** kill -9 for ever: whoever still wants to start it comes too late. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.kill();
  }

  freeze(): void {
    this.#isFrozen = true;
    this.#child?.signal('SIGSTOP');
  }

  thaw(): void {
    if (this.#isFrozen) this.#child?.signal('SIGCONT');
    this.#isFrozen = false;
  }

  /** Asks it to stop, and ends it after the time it has, ms. Returns how it ended; undefined where it was not running. */
  async stop(withinMs: number): Promise<(ChildEnd & { readonly inTime: boolean }) | undefined> {
    const child = this.#child;
    if (child === undefined) return undefined;
    if (child.end !== undefined) { child.isStopping = true; return undefined; }
    this.thaw();
    const inTime = await child.stop(withinMs);
    return { ...child.end!, inTime };
  }
}
