import { z } from 'zod';
import { topologyPipeline } from '../../runtime/pipeline.ts';
import { bestOdds } from '../../topologies/best-odds/topology.ts';

const ms = z.number().int().positive();
const minor = z.number().int().positive();

/** The settings of best-odds, with their defaults. */
export const bestOddsConfig = z.strictObject({
  windowMs: ms.default(1_000).describe('Length of a window of event time, ms: best prices go out at its end.'),
  latenessMs: z.number().int().nonnegative().default(500).describe('How long a window waits for updates that come out of order, ms of event time.'),
  quoteTtlMs: ms.default(1_200_000).describe('How long a quote lives without being confirmed, ms: twice the time within which feeds send it again.'),
  maxLegAgeMs: ms.default(30_000).describe('A leg of an arbitrage must have been confirmed within this time of the window\'s end, ms.'),
  stakeStepMinor: minor.default(100).describe('Stakes go in whole steps of so many minor units.'),
  stakeStepsMinor: z.record(z.string(), minor).default({}).describe('Step of each provider whose step is another, minor units.'),
  maxSkewMs: z.number().int().nonnegative().default(500).describe('A record whose event time is further ahead of its append time is dead, ms.'),
}).refine(({ maxSkewMs, latenessMs }) => maxSkewMs <= latenessMs, {
  path: ['maxSkewMs'],
  message: 'it must not be above latenessMs: else a feed whose clock is fast makes the others late',
}).refine(({ maxLegAgeMs, quoteTtlMs }) => maxLegAgeMs <= quoteTtlMs, {
  path: ['maxLegAgeMs'],
  message: 'it must not be above quoteTtlMs: no quote lives longer than that',
});

export type BestOddsPipelineConfig = z.infer<typeof bestOddsConfig>;

export default topologyPipeline({
  name: 'best-odds',
  doc: 'Best prices of every market once a second, the arbitrages among them, and the whole books behind them.',
  topology: bestOdds,
  wants: ['best', 'arbitrages', 'books'],
  config: bestOddsConfig as z.ZodType<BestOddsPipelineConfig>,
  maxSkewMs: ({ maxSkewMs }) => maxSkewMs,
});
