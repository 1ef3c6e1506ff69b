import { sinkPipeline } from '../../runtime/pipeline.ts';
import { topics } from '../../schemas/topics.ts';
import { sinkConfig } from '../../sinks/config.ts';
import { riskAlertsSeries } from '../../sinks/timescale/risk-alerts.ts';
import { CopyDestination } from '../../sinks/timescale/copy-destination.ts';
import { TimescaleSink } from '../../sinks/timescale/sink.ts';

export default sinkPipeline({
  name: 'risk-alerts-history',
  doc: 'Limits of portfolios as they are breached and eased, into the table risk_alerts.',
  source: topics.riskAlerts,
  config: sinkConfig,
  maxSkewMs: ({ maxSkewMs }) => maxSkewMs,
  batch: ({ maxRows, maxWaitMs }) => ({ maxRows, maxWaitMs }),
  sink: (servers, _config, name) => TimescaleSink.open({ ...servers, name }, new CopyDestination(riskAlertsSeries)),
});
