import { sinkPipeline } from '../../runtime/pipeline.ts';
import { topics } from '../../schemas/topics.ts';
import { sinkConfig } from '../../sinks/config.ts';
import { riskCache } from '../../sinks/redis/risk-cache.ts';
import { RedisSink } from '../../sinks/redis/redis-sink.ts';

export default sinkPipeline({
  name: 'risk-cache',
  doc: 'What each syndicate can lose into Redis: hash syndicate:positions:{id}, changes on the channel risk-changes.',
  source: topics.riskVar,
  config: sinkConfig,
  maxSkewMs: ({ maxSkewMs }) => maxSkewMs,
  batch: ({ maxRows, maxWaitMs }) => ({ maxRows, maxWaitMs }),
  sink: (servers, _config, name) => RedisSink.open({ ...servers, name }, riskCache),
});
