import { z } from 'zod';
import { topologyPipeline } from '../../runtime/pipeline.ts';
import { fairOdds } from '../../topologies/fair-odds/topology.ts';

/** The settings of fair-odds, with their defaults. */
export const fairOddsConfig = z.strictObject({
  method: z.enum(['multiplicative', 'additive', 'power', 'shin']).default('shin').describe('How the margin is taken out of a provider\'s prices.'),
  maxSkewMs: z.number().int().nonnegative().default(500)
    .describe('A book whose window ends further ahead of its append time is dead, ms. Windows have passed when they are written: it is only for clocks that differ.'),
});

export type FairOddsPipelineConfig = z.infer<typeof fairOddsConfig>;

export default topologyPipeline({
  name: 'fair-odds',
  doc: 'What the market thinks of each outcome: the margin taken out of each provider\'s prices, and their consensus.',
  topology: fairOdds,
  wants: ['fair'],
  config: fairOddsConfig as z.ZodType<FairOddsPipelineConfig>,
  maxSkewMs: ({ maxSkewMs }) => maxSkewMs,
});
