import { sinkPipeline } from '../../runtime/pipeline.ts';
import { topics } from '../../schemas/topics.ts';
import { sinkConfig } from '../../sinks/config.ts';
import { CopyDestination } from '../../sinks/timescale/copy-destination.ts';
import { OddsHistory } from '../../sinks/timescale/odds-history.ts';
import { TimescaleSink } from '../../sinks/timescale/sink.ts';

export default sinkPipeline({
  name: 'odds-history',
  doc: 'Every offer as it came, one row per outcome, into the table odds_history.',
  source: topics.oddsUpdates,
  config: sinkConfig,
  maxSkewMs: ({ maxSkewMs }) => maxSkewMs,
  batch: ({ maxRows, maxWaitMs }) => ({ maxRows, maxWaitMs }),
  sink: (servers, _config, name) => TimescaleSink.open({ ...servers, name }, new CopyDestination(new OddsHistory())),
});
