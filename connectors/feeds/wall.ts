import { setImmediate as afterEvents, setTimeout as wait } from 'node:timers/promises';

/** The wall clock of a feed's runner: a test has one of its own. */
export interface WallClock {
  /** Epoch ms. */
  now(): number;
  /** Resolves after so many ms, or as soon as the signal is raised; it never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Runs something every so many ms until what it returns is called. */
  every(ms: number, run: () => void): () => void;
  /** Gives way to timers and the network if they have waited for long: a feed that always has something to say would starve them. */
  breathe(): Promise<void> | undefined;
}

const BREATH_MS = 10;

/** The machine's clock. */
export const machineClock = (): WallClock => {
  let breathed = performance.now();
  return {
    now: Date.now,
    sleep: (ms, signal) => wait(ms, undefined, { signal }).then(undefined, () => undefined),
    every: (ms, run) => {
      const timer = setInterval(run, ms);
      return () => clearInterval(timer);
    },
    breathe: () => {
      if (performance.now() - breathed < BREATH_MS) return undefined;
      return afterEvents().then(() => { breathed = performance.now(); });
    },
  };
};
