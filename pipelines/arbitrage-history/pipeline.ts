import { sinkPipeline } from '../../runtime/pipeline.ts';
import { topics } from '../../schemas/topics.ts';
import { sinkConfig } from '../../sinks/config.ts';
import { arbitrageSeries } from '../../sinks/timescale/arbitrage.ts';
import { CopyDestination } from '../../sinks/timescale/copy-destination.ts';
import { TimescaleSink } from '../../sinks/timescale/sink.ts';

export default sinkPipeline({
  name: 'arbitrage-history',
  doc: 'Arbitrages as they open, change and close, into the table arbitrage.',
  source: topics.arbitrage,
  config: sinkConfig,
  maxSkewMs: ({ maxSkewMs }) => maxSkewMs,
  batch: ({ maxRows, maxWaitMs }) => ({ maxRows, maxWaitMs }),
  sink: (servers, _config, name) => TimescaleSink.open({ ...servers, name }, new CopyDestination(arbitrageSeries)),
});
