import { z } from 'zod';
import { sinkPipeline } from '../../runtime/pipeline.ts';
import { topics } from '../../schemas/topics.ts';
import { openSettlementSink } from '../../sinks/bets/settlement-sink.ts';
import { deskConfig, readingConfig } from '../bets/config.ts';

export default sinkPipeline({
  name: 'settlement',
  doc: 'Results, and what takes them back: every bet on the market is settled as what is true then says, and the money moved.',
  source: topics.results,
  config: z.strictObject({ ...deskConfig.shape, ...readingConfig.shape }),
  maxSkewMs: ({ maxSkewMs }) => maxSkewMs,
  batch: ({ maxRows }) => ({ maxRows, maxWaitMs: 0 }),
  sink: ({ betsUrl, namespace }, { everyMs, ...rules }, name) =>
    openSettlementSink({ postgresUrl: betsUrl, namespace, name }, { rules, markets: () => undefined, clock: Date.now }, everyMs),
});
