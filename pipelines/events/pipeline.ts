import { z } from 'zod';
import { sinkPipeline } from '../../runtime/pipeline.ts';
import { topics } from '../../schemas/topics.ts';
import { sinkConfig } from '../../sinks/config.ts';
import { openEventsSink } from '../../sinks/timescale/events-sink.ts';

export default sinkPipeline({
  name: 'events',
  doc: 'The newest record of each contest into the table events; and the closing lines of those that have started.',
  source: topics.events,
  config: sinkConfig.extend({
    /** How often closing lines that are due are captured, ms. */
    captureEveryMs: z.int().min(100).default(1_000),
  }),
  maxSkewMs: ({ maxSkewMs }) => maxSkewMs,
  batch: ({ maxRows, maxWaitMs }) => ({ maxRows, maxWaitMs }),
  sink: (servers, { captureEveryMs }, name) => openEventsSink({ ...servers, name }, captureEveryMs),
});
