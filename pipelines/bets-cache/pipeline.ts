import { sinkPipeline } from '../../runtime/pipeline.ts';
import { topics } from '../../schemas/topics.ts';
import { sinkConfig } from '../../sinks/config.ts';
import { betsCache } from '../../sinks/redis/bets-cache.ts';
import { RedisSink } from '../../sinks/redis/redis-sink.ts';

export default sinkPipeline({
  name: 'bets-cache',
  doc: 'The open bets of each user into Redis: list bets:user:{id}.',
  source: topics.positions,
  config: sinkConfig,
  maxSkewMs: ({ maxSkewMs }) => maxSkewMs,
  batch: ({ maxRows, maxWaitMs }) => ({ maxRows, maxWaitMs }),
  sink: (servers, _config, name) => RedisSink.open({ ...servers, name }, betsCache),
});
