import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Feed } from '../../connectors/feeds/feed.ts';
import type { Speed } from '../../connectors/feeds/playback.ts';
import { PatientRegistry } from '../../connectors/kafka/patient-registry.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { applyTopics } from '../../connectors/kafka/topics.ts';
import { pipelineNames } from '../../pipelines/index.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { ago } from '../cli/figures.ts';
import { createFileLog } from '../cli/log.ts';
import { schemaOf } from '../cli/commands/migrate.ts';
import { keepMaintained } from '../cli/maintain.ts';
import { hosts } from '../cli/processes.ts';
import { type Config, type Flags, loadConfig } from '../config/config.ts';
import { migrate } from '../migrations/migrate.ts';
import { type ServerName, stackStatus, startStack, stopStack } from '../stack/stack.ts';
import { BetsWatcher } from './bets-watcher.ts';
import type { Child } from './child.ts';
import { emptyNamespace } from './fresh.ts';
import { flagArguments } from './flags.ts';
import { LiveView } from './live-view.ts';
import { Part, type PartOptions } from './part.ts';
import { Watcher } from './watcher.ts';

export interface StartOptions {
  /** As given on the command line: the processes that are started get the same. */
  readonly flags: Flags;
  readonly feed: Feed;
  readonly feedConfig: unknown;
  /** The feed's own options, as arguments. */
  readonly feedArguments: readonly string[];
  readonly speed: Speed;
  /** Stops by itself after so many seconds. */
  readonly forSeconds?: number;
  /** One line at a time, while it comes up and goes down. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  /** Told of each process that was started, so that they can be ended at once. */
  readonly onChild: (child: Child) => void;
}

/** Where a playback goes that is faster than it was recorded, unless it is told otherwise: its event time is not now, so it must not meet a live feed's. */
const PLAYBACK = 'playback';
const PLAYBACK_QUOTE_TTL_MS = 12 * 3_600_000;
const SIMULATOR_QUOTE_TTL_MS = 120_000;
const ALL_SERVERS: readonly ServerName[] = ['kafka', 'registry', 'postgres', 'redis'];
const WITHIN = { feed: 14_000, clock: 6_000, bettors: 14_000, outbox: 14_000, pipelines: 25_000, watcher: 5_000, maintenance: 5_000 } as const;
/** The pipelines that move money. */
const OF_BETS: ReadonlySet<string> = new Set(['bets', 'settlement']);
/** Those that compute risk. */
const OF_RISK: ReadonlySet<string> = new Set(['exposure', 'market-var']);

/** What ends by itself is started again, up to so often: a server that just came up may not answer in time, and a process that is killed loses nothing. */
const RESTARTS = { most: 3, withinMs: 60_000 } as const;

/** Something that was started keeps ending by itself. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';
  readonly code = 'start_failed';
}

/**
 * Starts all there is: servers, topics, tables, pipelines, clock, a feed and bettors; shows them until it is asked to stop; and stops what it started, in order.
 * What was up before stays up. Throws what goes wrong on the way, after having stopped what had come up.
 */
export const start = async (options: StartOptions): Promise<void> => {
  const { feed, speed, signal, say } = options;
  const isPlayback = feed.mode(options.feedConfig) === 'recording' && speed !== 1;
  const flags = isPlayback ? withPlaybackSettings(options.flags) : feed.name === 'simulator' ? withShortLives(options.flags) : options.flags;
  const config = loadConfig({ flags });
  config.requireKnownPipelines(pipelineNames);
  const { home, namespace } = config;
  if (hosts(home).length > 0) {
    throw new StartFailed(`Pipelines are running in ${home} already (pid ${hosts(home).map(({ pid }) => pid).join(', ')}): stop them first, or use another --home.`);
  }

  const down: (() => Promise<void>)[] = [];
  try {
    await bringUpServers(config, options, down);
    if (isPlayback && namespace === PLAYBACK) await emptyNamespace(config, namespace);
    signal.throwIfAborted();
    const { brokers, registryUrl } = config;
    const { created } = await applyTopics({ brokers, registry: new SchemaRegistry(registryUrl, { namespace }), namespace });
    say(`topics: ${created.length === 0 ? 'all there' : `${created.length} created`}`);
    signal.throwIfAborted();
    const { mode, applied } = await migrate({ connectionString: config.postgresOwnerUrl, connectionTimeoutMillis: 10_000 }, { schema: schemaOf(namespace) });
    say(`tables: ${applied.length === 0 ? 'up to date' : 'made'}, ${mode === 'timescale' ? 'TimescaleDB' : 'plain PostgreSQL: same tables and results'}`);
    signal.throwIfAborted();
    await runAll({ ...options, flags }, config, isPlayback, down);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    say('stopping …');
    for (const stop of down.reverse()) await stop();
    say('everything is stopped; the data stay');
  }
};

/**
 * In a playback faster than recorded quotes are confirmed only when they are sent again, so a leg may be as old as a quote; and quotes live long, since sending each of a
 * season's again every ten minutes would be forty records for one that says something. What a person has set stays.
 */
const withPlaybackSettings = (flags: Flags): Flags => {
  const given = loadConfig({ flags });
  const { quoteTtlMs = PLAYBACK_QUOTE_TTL_MS, maxLegAgeMs = quoteTtlMs } = given.section('best-odds') as { quoteTtlMs?: number; maxLegAgeMs?: number };
  return {
    ...flags, ...(given.given('namespace') === undefined ? { namespace: PLAYBACK } : {}),
    set: [...(flags.set ?? []), `best-odds.quoteTtlMs=${quoteTtlMs}`, `best-odds.maxLegAgeMs=${maxLegAgeMs}`],
  };
};

/** The simulator can send its few quotes again often. So they need not live long, and a second start has little to read again before it can go on. */
const withShortLives = (flags: Flags): Flags => {
  const given = loadConfig({ flags }).section('best-odds') as { quoteTtlMs?: number };
  return given.quoteTtlMs === undefined ? { ...flags, set: [...(flags.set ?? []), `best-odds.quoteTtlMs=${SIMULATOR_QUOTE_TTL_MS}`] } : flags;
};

/** Starts the servers whose address nobody has given. Those that were up before are not ours to stop. */
const bringUpServers = async (config: Config, { say, signal }: StartOptions, down: (() => Promise<void>)[]): Promise<void> => {
  const given: Readonly<Record<ServerName, boolean>> = {
    kafka: config.given('brokers') !== undefined, registry: config.given('registryUrl') !== undefined, redis: config.given('redisUrl') !== undefined,
    postgres: config.given('postgresOwnerUrl') !== undefined && config.given('postgresSinkUrl') !== undefined && config.given('postgresBetsUrl') !== undefined,
  };
  const only = ALL_SERVERS.filter((name) => !given[name]);
  if (only.length === 0) return;
  const { home } = config;
  const ours = (await stackStatus({ home })).filter(({ state }) => state === 'down').map(({ name }) => name);
  down.push(() => stopStack({ home, only: ours, onProgress: say }));
  await startStack({ home, only, onProgress: say, signal });
};

const runAll = async (options: StartOptions, config: Config, isPlayback: boolean, down: (() => Promise<void>)[]): Promise<void> => {
  const { feed, say, signal } = options;
  const { home, namespace, brokers, registryUrl } = config;
  const logs = join(home, 'logs');
  mkdirSync(logs, { recursive: true });
  const common = flagArguments(options.flags);
  const ending = new AbortController();
  let failure: Error | undefined;
  const fail = (error: Error): void => { failure ??= error; ending.abort(); };
  let tell = say;
  const endings = new Map<string, number[]>();
  const begin = (name: string, args: readonly string[], withinMs: number, more: Partial<Pick<PartOptions, 'onMessage' | 'onEnd'>> = {}): void => {
    const part = new Part({
      name, args: [...args, ...common], log: join(logs, `${name}.log`), ...more,
      onStart: (child) => {
        options.onChild(child);
        signal.addEventListener('abort', () => { child.isStopping = true; }, { once: true });
      },
      onEnd: (_, end, lastWords) => {
        const { code, signal } = end;
        if (more.onEnd?.(name, end, lastWords) === 'is done') return 'is done';
        const ended = `The process '${name}' ${signal === null ? `has ended with exit code ${code}: ${lastWords || 'it said nothing'}` : `was ended by ${signal}`}.`;
        const lately = [...(endings.get(name) ?? []).filter((ms) => Date.now() - ms < RESTARTS.withinMs), Date.now()];
        endings.set(name, lately);
        if (lately.length > RESTARTS.most) {
          fail(new StartFailed(`${ended} Its log is ${part.log}.`));
          return 'is done';
        }
        tell(`${ended} It is started again.`);
      },
    });
    down.push(async () => { if ((await part.stop(withinMs))?.inTime === false) say(`${name}: did not stop within ${withinMs / 1_000} s, and was ended`); });
    part.start();
  };

  const watcher = new Watcher({ brokers, registry: new PatientRegistry(registryUrl, { namespace }), namespace });
  const stopMaintenance = new AbortController();
  const maintenance = keepMaintained({ url: config.postgresOwnerUrl, schema: schemaOf(namespace), signal: stopMaintenance.signal, log: createFileLog(config.logLevel, join(logs, 'maintenance.log')) }).catch(fail);
  down.push(async () => {
    stopMaintenance.abort();
    await Promise.race([maintenance, wait(WITHIN.maintenance)]);
  });
  // In the order of the flow: what reads is there before what it reads is written. Bets have a process of their own: nobody's money waits for a history.
  const others = pipelineNames.filter((name) => name !== 'best-odds' && !OF_BETS.has(name) && !OF_RISK.has(name));
  // A name of its own brings a process its partitions back at once. A playback's groups are to be gone as soon as it is.
  const instance = isPlayback ? [] : ['--instance', 'start'];
  begin('sinks', ['run', ...others, ...instance], WITHIN.pipelines);
  begin('bets', ['run', ...pipelineNames.filter((name) => OF_BETS.has(name)), ...instance], WITHIN.pipelines);
  begin('risk', ['run', ...pipelineNames.filter((name) => OF_RISK.has(name)), ...instance], WITHIN.pipelines);
  begin('outbox', ['outbox'], WITHIN.outbox);
  begin('best-odds', ['run', 'best-odds', ...instance], WITHIN.pipelines);
  await watcher.start();
  down.push(() => Promise.race([watcher.stop(), wait(WITHIN.watcher)]));
  say(`pipelines: ${pipelineNames.join(', ')}`);
  signal.throwIfAborted();
  if (!isPlayback) begin('clock', ['clock'], WITHIN.clock);

  const betsWatcher = new BetsWatcher(), stopLooking = new AbortController();
  const looking = betsWatcher.watch({ url: config.postgresOwnerUrl, schema: schemaOf(namespace), signal: stopLooking.signal });
  down.push(async () => {
    stopLooking.abort();
    await Promise.race([looking, wait(WITHIN.watcher)]);
  });
  const view = new LiveView({ config, watcher, betsWatcher, say, notes: notesOf(config, isPlayback), where: () => whereOf(config) });
  tell = (line) => { view.tell(line); };
  const recorded = feed.mode(options.feedConfig) === 'recording' ? ['--speed', String(options.speed)] : [];
  begin('feed', ['feed', feed.name, ...options.feedArguments, ...recorded], WITHIN.feed, {
    onMessage: (message) => { view.feedSays(message); },
    onEnd: (_, { code }) => {
      if (code !== 0) return;
      view.feedHasEnded();
      return 'is done';
    },
  });
  // Of a playback faster than the clock nobody can say when a bet was given.
  if (!isPlayback) begin('bettors', ['bettors'], WITHIN.bettors);
  // Not AbortSignal.timeout: Node collects one that only AbortSignal.any refers to, and it never comes.
  const timer = options.forSeconds === undefined ? undefined : setTimeout(() => { ending.abort(); }, options.forSeconds * 1_000);
  await view.show(feed.name, AbortSignal.any([signal, ending.signal]));
  clearTimeout(timer);
  if (failure !== undefined && !signal.aborted) throw failure;
};

const notesOf = (config: Config, isPlayback: boolean): string[] => {
  if (!isPlayback) return [];
  const { quoteTtlMs, maxLegAgeMs } = config.section('best-odds') as { quoteTtlMs: number; maxLegAgeMs: number };
  return [
    `a playback: event time runs faster than the clock and ends now ("behind": how far from there); topics, tables and keys are in the namespace '${config.namespace}'`,
    `in it a quote lives ${ago(quoteTtlMs)} of event time without being confirmed, and a leg of an arbitrage may be ${ago(maxLegAgeMs)} old (best-odds.quoteTtlMs, maxLegAgeMs)`,
  ];
};

/** Where a person can look: commands that work as they are printed. */
const whereOf = (config: Config): (readonly [string, string])[] => {
  const { namespace, stack, home } = config;
  const table = (name: string): string => (namespace === '' ? name : `${namespace}.${name}`);
  const psql = config.given('postgresSinkUrl') === undefined ? stack?.postgres.quant.command : undefined;
  return [
    ['topics', [topics.oddsUpdates, topics.bestOdds, topics.arbitrage, topics.marketBooks].map((topic) => topicName(topic, namespace)).join('  ')],
    ...(psql === undefined ? [] : [['SQL', `${psql} -c "SELECT * FROM ${table('odds_statistics_hourly')} ORDER BY hour DESC LIMIT 5"`] as const]),
    ['metrics', hosts(home).map(({ url }) => `${url}/metrics`).join('  ')],
    ['logs', join(home, 'logs')],
  ];
};
