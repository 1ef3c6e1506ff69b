import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { Counter, Gauge, Histogram } from 'prom-client';
import { z } from 'zod';
import { portfolioKinds } from '../../domain/bets/portfolios.ts';
import type { Overrides, RiskInputs } from '../../domain/var/inputs.ts';
import { type AssetPosition, VarError } from '../../domain/var/types.ts';
import { joinPipeline } from '../../runtime/pipeline.ts';
import { topics } from '../../schemas/topics.ts';
import { Calculator } from './calculator.ts';
import { riskConfig } from './config.ts';
import { recordOf } from './record.ts';
import { type Snapshot, Watch } from './watch.ts';

/** How often it is looked for what has changed, ms. */
const LOOK_MS = 20;
const DELAY_RESOLUTION_MS = 5;

export default joinPipeline({
  name: 'market-var',
  doc: 'What portfolios of open bets can lose, simulated from live prices whenever bets or prices have moved.',
  config: z.strictObject({
    ...riskConfig.shape,
    /** Of which kinds of portfolio. */
    kinds: z.array(z.enum(portfolioKinds)).min(1).default(['house', 'syndicate']),
    paths: z.int().min(1_000).max(2 ** 24).default(100_000),
    /** Of the random draws. */
    seed: z.int().min(0).max(2 ** 32 - 1).default(1),
    /** Bets on events that start within so long, ms. It is also how long assets are held. */
    horizonMs: z.int().min(1).default(7 * 86_400_000),
    /** A portfolio is computed anew once a probability in it has moved by so much. */
    minMove: z.number().min(0).max(1).default(0.002),
    /** How events move together: loadings of factors that they share, whose squares sum to 1 at most, or a matrix. */
    correlation: z.union([
      z.strictObject({
        general: z.number().min(0).lt(1).default(0.1), sport: z.number().min(0).lt(1).default(0.1), competition: z.number().min(0).lt(1).default(0.15), day: z.number().min(0).lt(1).default(0.1),
        sign: z.enum(['home', 'favourite']).default('favourite'),
      }),
      z.strictObject({ units: z.array(z.string()), correlations: z.array(z.array(z.number())) }),
    ]).prefault({}),
    /** Fair probabilities that count instead of a market's own, by market (`sport:event_id:market`) and outcome. */
    overrides: z.record(z.string().min(1), z.record(z.string().min(1), z.number().min(0).max(1))).default({}),
    /** Linear positions in traded assets, seen together with a portfolio's bets. */
    assets: z.array(z.strictObject({
      portfolio: z.string().min(1), id: z.string().min(1), quantity: z.number(), price: z.number().positive(), currency: z.string().regex(/^[A-Z]{3}$/), volatility: z.number().min(0),
    })).default([]),
    /** What computes: the fastest that agrees with the reference, or one by name. */
    backend: z.enum(['auto', 'reference', 'wasm-simd', 'gpu.js webasm', 'gpu.js webgpu']).default('auto'),
  }),
  targets: [topics.riskVar],
  run: async (servers, config) => {
    const { signal, log, registry, untilEnd } = servers;
    const took = new Histogram({ name: 'oddstream_var_seconds', help: 'Time to compute the risk of one portfolio.', buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5], registers: [registry] });
    const failed = new Counter({ name: 'oddstream_var_failures_total', help: 'Risks that could not be computed, by code.', labelNames: ['code'], registers: [registry] });
    const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
    delay.enable();
    new Gauge({
      name: 'oddstream_event_loop_delay_seconds', help: 'Longest time for which nothing else could be done, since this was asked last.', registers: [registry],
      collect() {
        this.set(Math.max(0, delay.max / 1e9 - DELAY_RESOLUTION_MS / 1e3));
        delay.reset();
      },
    });
    const onWarning = (message: string): void => { log.warn({}, message); };
    const calculator = new Calculator({ fork: servers.fork, backend: config.backend, onWarning });
    try {
      const watch = await Watch.open(servers, config);
      servers.started();
      /** When each was computed last, and from what. */
      const last = new Map<string, { readonly atMs: number; readonly snapshot: Snapshot }>(), waiting = new Set<string>();
      while (!signal.aborted) {
        for (const portfolio of watch.touched()) waiting.add(portfolio);
        const nowMs = performance.now(), due = [...waiting].find((portfolio) => nowMs - (last.get(portfolio)?.atMs ?? -Infinity) >= config.everyMs);
        if (due === undefined) {
          if (untilEnd && waiting.size === 0) break;
          await servers.flush();
          await wait(LOOK_MS, undefined, { signal }).catch(() => undefined);
          continue;
        }
        waiting.delete(due);
        const snapshot = watch.snapshot(due, config.horizonMs);
        if (!hasMoved(last.get(due)?.snapshot, snapshot, config.minMove)) continue;
        if (snapshot.activeBets > 0) last.set(due, { atMs: nowMs, snapshot });
        else last.delete(due); //  events come and go
        const inputs = inputsOf(snapshot, config);
        try {
          const { result, kept } = await calculator.risk(inputs);
          servers.send(topics.riskVar, recordOf({ ...snapshot, currency: config.currency, horizonMs: config.horizonMs, seed: config.seed, result, kept }));
        } catch (error) {
          if (!(error instanceof VarError)) throw error;
          failed.inc({ code: error.code });
          log.error({ portfolio: due, code: error.code }, `the risk of ${due} cannot be computed: ${error.message}`);
        }
        took.observe((performance.now() - nowMs) / 1_000);
      }
      await servers.flush();
    } finally {
      delay.disable();
      await calculator.close();
    }
  },
});

interface Modelling extends Pick<RiskInputs, 'correlation' | 'seed' | 'paths'> {
  readonly currency: string;
  readonly rates: Readonly<Record<string, number>>;
  readonly horizonMs: number;
  readonly assets: readonly (AssetPosition & { readonly portfolio: string })[];
  /** Of markets that are decided, or that nobody bet on, they count for nothing. */
  readonly overrides: Overrides;
}

/** In one order of keys, whatever came first: their JSON is their name. */
export const inputsOf = ({ portfolio, positions, events, markets }: Snapshot, { currency, rates, horizonMs, assets, correlation, seed, paths, overrides }: Modelling): RiskInputs => {
  const overridden = markets.filter(({ market, decided }) => decided === null && Object.hasOwn(overrides, market)).map(({ market }) => [market, overrides[market]!] as const);
  return {
    portfolio: {
      name: portfolio, currency, rates: Object.fromEntries(Object.entries(rates).sort(([a], [b]) => (a < b ? -1 : 1))), horizonMs, positions,
      assets: assets.filter((asset) => asset.portfolio === portfolio).map(({ portfolio: _, ...asset }) => asset),
    },
    events, markets, correlation, seed, paths, ...(overridden.length === 0 ? {} : { overrides: Object.fromEntries(overridden) }),
  };
};

/** All of a snapshot but its prices, as a text that is made once: each is compared with the one before it and the one after. */
const textOf = (snapshot: Snapshot): string => {
  let text = texts.get(snapshot);
  if (text === undefined) texts.set(snapshot, text = JSON.stringify([snapshot.positions, snapshot.events, snapshot.flags]));
  return text;
};
const texts = new WeakMap<Snapshot, string>();

/** Whether bets, events, or a probability by so much, are no longer what they were. */
export const hasMoved = (before: Snapshot | undefined, now: Snapshot, minMove: number): boolean => {
  if (before === undefined || before.dailyPnlMinor !== now.dailyPnlMinor || before.markets.length !== now.markets.length) return true;
  if (textOf(before) !== textOf(now)) return true;
  return now.markets.some(({ market, probabilities, decided }, i) => {
    const was = before.markets[i]!;
    return was.market !== market || was.probabilities.length !== probabilities.length || was.decided?.join() !== decided?.join() || probabilities.some((p, at) => Math.abs(p - was.probabilities[at]!) >= minMove);
  });
};
