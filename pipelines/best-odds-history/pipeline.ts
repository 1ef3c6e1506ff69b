import { sinkPipeline } from '../../runtime/pipeline.ts';
import { topics } from '../../schemas/topics.ts';
import { sinkConfig } from '../../sinks/config.ts';
import { bestOddsSeries } from '../../sinks/timescale/best-odds.ts';
import { CopyDestination } from '../../sinks/timescale/copy-destination.ts';
import { TimescaleSink } from '../../sinks/timescale/sink.ts';

export default sinkPipeline({
  name: 'best-odds-history',
  doc: 'The best price of each outcome, whenever something about its market changed, into the table best_odds.',
  source: topics.bestOdds,
  config: sinkConfig,
  maxSkewMs: ({ maxSkewMs }) => maxSkewMs,
  batch: ({ maxRows, maxWaitMs }) => ({ maxRows, maxWaitMs }),
  sink: (servers, _config, name) => TimescaleSink.open({ ...servers, name }, new CopyDestination(bestOddsSeries)),
});
