import { setTimeout as wait } from 'node:timers/promises';
import { Counter } from 'prom-client';
import { z } from 'zod';
import { kindOf, portfolioKinds } from '../../domain/bets/portfolios.ts';
import { alertOf, type LimitState, limitOf } from '../../domain/var/limits.ts';
import { VarError } from '../../domain/var/types.ts';
import { joinPipeline } from '../../runtime/pipeline.ts';
import { ValueRows } from '../../runtime/value-rows.ts';
import { RiskAlertSchema } from '../../schemas/generated/risk-alert.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { riskConfig } from '../market-var/config.ts';
import { Watch } from '../market-var/watch.ts';
import { exposureOf } from './exposure-of.ts';

/** How often it is looked for what has changed, ms. */
const LOOK_MS = 20;
const LIMIT = 'exposure';

export default joinPipeline({
  name: 'exposure',
  doc: 'Alerts where what a portfolio can lose at worst is over its limit, and where it has come down again.',
  config: z.strictObject({
    ...riskConfig.shape,
    /** Most that may be lost, minor units, by a kind of portfolio (`user`), or by a portfolio's name (`user:ada`), which goes before. */
    limits: z.record(z.string().min(1), z.number().min(0)).default({}),
  }),
  targets: [topics.riskAlerts],
  run: async (servers, { limits, everyMs, ...options }) => {
    const { signal, log, registry, untilEnd, namespace } = servers;
    const failed = new Counter({ name: 'oddstream_exposure_failures_total', help: 'Exposures that could not be computed, by code.', labelNames: ['code'], registers: [registry] });
    const limited = new Set(Object.keys(limits).map(kindOf));
    const alerts = await servers.latestValues(topics.riskAlerts), rows = new ValueRows(RiskAlertSchema, alerts), said = new Map<string, LimitState>();
    for (const portfolio of alerts.keys()) said.set(portfolio, rows.row(alerts.value(portfolio)!).toObject().state);
    const watch = await Watch.open(servers, { ...options, kinds: portfolioKinds.filter((kind) => limited.has(kind)) });
    servers.started();
    const lastMs = new Map<string, number>(), waiting = new Set<string>(said.keys());
    while (!signal.aborted) {
      for (const portfolio of watch.touched()) waiting.add(portfolio);
      const nowMs = performance.now(), due = [...waiting].filter((portfolio) => nowMs - (lastMs.get(portfolio) ?? -Infinity) >= everyMs);
      for (const portfolio of due) {
        waiting.delete(portfolio);
        const limitMinor = limitOf(limits, portfolio, kindOf(portfolio)) ?? Infinity;
        if (limitMinor === Infinity && said.get(portfolio) !== 'breached') continue; //  a limit that was taken away has eased
        const snapshot = watch.snapshot(portfolio, Infinity);
        if (snapshot.activeBets > 0) lastMs.set(portfolio, nowMs);
        else lastMs.delete(portfolio); //  events come and go
        try {
          const { lossMinor } = exposureOf(snapshot, options), state = alertOf(lossMinor, limitMinor, said.get(portfolio));
          if (state === undefined) continue;
          said.set(portfolio, state);
          log.warn({ portfolio, lossMinor, limitMinor }, `${portfolio} can lose ${lossMinor} at worst: its limit of ${limitMinor} is ${state}`);
          servers.send(topics.riskAlerts, {
            timestamp: snapshot.timestampMs, portfolio, limit: LIMIT, state, value_minor: lossMinor, limit_minor: Math.min(limitMinor, Number.MAX_VALUE), currency: options.currency,
            source_topic: topicName(topics.betEvents, namespace), source_partition: snapshot.newest?.partition ?? 0, source_offset: snapshot.newest?.offset ?? 0,
          });
        } catch (error) {
          if (!(error instanceof VarError)) throw error;
          failed.inc({ code: error.code });
          log.error({ portfolio, code: error.code }, `the exposure of ${portfolio} cannot be computed: ${error.message}`);
        }
      }
      await servers.flush();
      if (untilEnd && waiting.size === 0) return;
      await wait(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  },
});
