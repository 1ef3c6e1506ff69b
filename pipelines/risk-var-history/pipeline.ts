import { sinkPipeline } from '../../runtime/pipeline.ts';
import { topics } from '../../schemas/topics.ts';
import { sinkConfig } from '../../sinks/config.ts';
import { riskVarSeries } from '../../sinks/timescale/risk-var.ts';
import { CopyDestination } from '../../sinks/timescale/copy-destination.ts';
import { TimescaleSink } from '../../sinks/timescale/sink.ts';

export default sinkPipeline({
  name: 'risk-var-history',
  doc: 'What each portfolio can lose, each time that it was computed, into the table risk_var.',
  source: topics.riskVar,
  config: sinkConfig,
  maxSkewMs: ({ maxSkewMs }) => maxSkewMs,
  batch: ({ maxRows, maxWaitMs }) => ({ maxRows, maxWaitMs }),
  sink: (servers, _config, name) => TimescaleSink.open({ ...servers, name }, new CopyDestination(riskVarSeries)),
});
