import { setTimeout as sleepMs } from 'node:timers/promises';
import { z } from 'zod';
import type { Feed } from '../feed.ts';
import { MOST_PROVIDERS } from './providers.ts';
import { roomFor, STEP_MS, World } from './world.ts';

/** Behind the clock by more than this, the simulator lets the time go instead of making up for it. */
const MOST_BEHIND_MS = 500;
/** News that wait longer than this for the rate to let them through are too many for it. */
const MOST_BACKLOG_MS = 5000;
/** It says so at most this often. */
const REPORT_MS = 5000;

export const simulatorConfig = z
  .object({
    seed: z.coerce.number().int().min(0).max(0xffff_ffff).default(1).describe('The same seed gives the same contests and the same quotes.'),
    rate: z.coerce.number().min(1).max(200_000).default(2000).describe('Updates per second.'),
    markets: z.coerce.number().int().min(1).max(20_000).default(300).describe('Markets open at a time.'),
    matches: z.coerce.number().int().min(1).max(5000).default(48).describe('Contests open at a time, about a third of them being played.'),
    providers: z.coerce.number().int().min(2).max(MOST_PROVIDERS).default(20).describe('Providers: one sharp bookmaker, one exchange, the others soft bookmakers.'),
    eventMinutes: z.coerce.number().min(0.2).max(120).default(3).describe('Length of a football match in minutes of real time; other sports take half as long again.'),
  })
  .superRefine(({ markets, matches }, context) => {
    const most = roomFor(matches);
    if (markets >= matches && markets <= most) return;
    context.addIssue({ code: 'custom', path: ['markets'], message: `for ${matches} matches markets must be from ${matches} to ${most}: change either` });
  });

export type SimulatorConfig = z.output<typeof simulatorConfig>;

/** Wall time, or a test's. */
export interface SimulatorClock {
  /** Epoch ms. */
  now(): number;
  /** Ends after `ms`, or early when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const wallClock: SimulatorClock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    await sleepMs(ms, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  },
};

/**
 * The simulator as a feed: a world of its own at each start (event ids hold the seed and the time of the start), spoken step by step as
 * wall time passes. Behind by up to half a second it catches up; by more it lets that time go, and says so: event time is never far behind the clock.
 */
export const createSimulator = (clock: SimulatorClock): Feed<SimulatorConfig> => ({
  name: 'simulator',
  doc: 'An invented world: contests, and providers with margins, lags and errors that quote them. Needs no files.',
  config: simulatorConfig as unknown as z.ZodType<SimulatorConfig>,
  mode: () => 'live',
  async *read(config, { signal, log }) {
    let baseMs = clock.now();
    const runId = `${config.seed.toString(36)}-${baseMs.toString(36)}`;
    const world = new World(config, runId);
    let reportedMs = baseMs;
    let lostMs = 0;
    log('simulator started', { run: runId, ...config });
    for (let step = 0; !signal.aborted; step += 1) {
      const nowMs = clock.now();
      const dueMs = baseMs + (step + 1) * STEP_MS;
      if (nowMs < dueMs) {
        await clock.sleep(dueMs - nowMs, signal);
        if (signal.aborted) return;
      } else if (nowMs - dueMs > MOST_BEHIND_MS) {
        lostMs += nowMs - dueMs;
        baseMs += nowMs - dueMs;
      }
      yield { messages: world.step(baseMs) };
      if (nowMs - reportedMs < REPORT_MS) continue;
      const { behindMs } = world.facts;
      if (lostMs > 0) log('the simulator cannot keep its rate: what takes its messages is slower, so it speaks less', { lostMs, ofMs: nowMs - reportedMs, rate: config.rate });
      if (behindMs > MOST_BACKLOG_MS) log('the rate is too low for so many quotes: news reach them late', { behindMs, rate: config.rate, markets: config.markets });
      reportedMs = nowMs;
      lostMs = 0;
    }
  },
});

/** The simulator on the wall clock. */
export const simulator = createSimulator(wallClock);
