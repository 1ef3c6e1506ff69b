import pg from 'pg';
import { z } from 'zod';
import { PaperProvider } from '../../connectors/providers/paper.ts';
import type { BettingProvider } from '../../domain/bets/provider.ts';
import { sinkPipeline } from '../../runtime/pipeline.ts';
import { topics } from '../../schemas/topics.ts';
import { openBetsSinks } from '../../sinks/bets/bets-sink.ts';
import { BreachedLimits } from './breached-limits.ts';
import { deskConfig, readingConfig } from './config.ts';
import { LiveBooks } from './live-books.ts';

export default sinkPipeline({
  name: 'bets',
  doc: 'Commands of account holders, decided against live prices, balances and limits: bets, the ledger, and the events that follow.',
  source: topics.betCommands,
  config: z.strictObject({
    ...deskConfig.shape, ...readingConfig.shape,
    /** What we take of one bet ourselves at most, minor units. */
    houseLimitMinor: z.int().min(0).default(1_000_000),
    /** Prices of which so long nothing was heard, not even a tick, are not live, ms. */
    maxSilenceMs: z.int().min(1).default(10_000),
    /** How long a provider's answer is waited for before nobody knows, ms; and how often it is asked then. */
    answerMs: z.int().min(1).default(5_000),
  }),
  maxSkewMs: ({ maxSkewMs }) => maxSkewMs,
  batch: ({ maxRows }) => ({ maxRows, maxWaitMs: 0 }),
  sink: async ({ betsUrl, namespace, latestValues }, { houseLimitMinor, maxSilenceMs, answerMs, everyMs, ...rules }, name) => {
    const values = await latestValues(topics.marketBooks), closing: (() => Promise<void>)[] = [() => values.close()];
    const pool = new pg.Pool({ connectionString: betsUrl, application_name: 'oddstream paper provider', max: 2, options: `-c search_path=${namespace === '' ? 'public' : namespace},pg_temp` });
    pool.on('error', () => undefined); //  the query that needs it tells of it
    closing.push(() => pool.end());
    const close = async (): Promise<void> => { for (const one of closing) await one(); };
    try {
      const limits = await BreachedLimits.over((onChange) => latestValues(topics.riskAlerts, onChange));
      closing.push(() => limits.close());
      const books = new LiveBooks(values, { houseLimitMinor, maxSilenceMs, clock: Date.now });
      const providers = new Map<string, BettingProvider>();
      const providerOf = (provider: string): BettingProvider => {
        let known = providers.get(provider);
        if (known === undefined) providers.set(provider, known = new PaperProvider({ name: provider, pool, markets: books.market }));
        return known;
      };
      return await openBetsSinks({
        postgresUrl: betsUrl, namespace, name, answerMs, everyMs, providerOf, surroundings: { rules: { ...rules, isBreached: limits.has }, markets: books.market, clock: Date.now },
        onTrouble: (message) => { process.emitWarning(message, 'BetsWarning'); }, onClose: close,
      });
    } catch (error) {
      await close();
      throw error;
    }
  },
});
