import { sinkPipeline } from '../../runtime/pipeline.ts';
import { topics } from '../../schemas/topics.ts';
import { sinkConfig } from '../../sinks/config.ts';
import { oddsCache } from '../../sinks/redis/odds-cache.ts';
import { RedisSink } from '../../sinks/redis/redis-sink.ts';

export default sinkPipeline({
  name: 'odds-cache',
  doc: 'The live book of each market into Redis: hash odds:{sport}:{event_id}:{market}, changes on the channel odds-changes.',
  source: topics.marketBooks,
  config: sinkConfig,
  maxSkewMs: ({ maxSkewMs }) => maxSkewMs,
  batch: ({ maxRows, maxWaitMs }) => ({ maxRows, maxWaitMs }),
  sink: (servers, _config, name) => RedisSink.open({ ...servers, name }, oddsCache),
});
