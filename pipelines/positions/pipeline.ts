import { z } from 'zod';
import { topologyPipeline } from '../../runtime/pipeline.ts';
import { positions } from '../../topologies/positions/topology.ts';

/** The settings of positions, with their defaults. */
export const positionsConfig = z.strictObject({
  forgetAfterMs: z.number().int().positive().default(172_800_000).describe('How long after its settlement a bet is forgotten, ms of event time: two days, so that the profit of a day can be added up.'),
  maxSkewMs: z.number().int().nonnegative().default(500).describe('An event that is further ahead of its append time is dead, ms. They were decided before they are written: it is only for clocks that differ.'),
});

export type PositionsPipelineConfig = z.infer<typeof positionsConfig>;

export default topologyPipeline({
  name: 'positions',
  doc: 'Each accepted bet as it is now, until two days after it was settled.',
  topology: positions,
  wants: ['positions'],
  config: positionsConfig as z.ZodType<PositionsPipelineConfig>,
  maxSkewMs: ({ maxSkewMs }) => maxSkewMs,
});
