import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedBatch, FeedContext, FeedMessage } from '../feed.ts';
import { problem, readBody } from './body.ts';
import { oddsApiClient, type OddsApiClient, type Quota } from './client.ts';
import type { OddsApiConfig } from './config.ts';
import { OddsApiError } from './errors.ts';
import { OffersMapper } from './mapper.ts';
import { readScores } from './scores.ts';

/** One thing to ask for again and again. */
interface Job {
  readonly sport: string;
  readonly kind: 'odds' | 'scores';
  readonly everyMs: number;
  dueMs: number;
  /** Last success, or the start, epoch ms. */
  answeredMs: number;
}

/** The format to ask for: US books quote American prices, and their decimal form would be rounded upwards as often as down. */
const formatFor = ({ oddsFormat, regions, bookmakers }: OddsApiConfig): 'american' | 'decimal' => {
  if (oddsFormat !== 'auto') return oddsFormat;
  return bookmakers.length === 0 && regions.every((region) => /^us/.test(region)) ? 'american' : 'decimal';
};

/** How often a wait is broken off to see whether the API has been silent for too long. */
const LOOK_MS = 1_000;

/** The state of one run of live polling. */
class LivePolls {
  private readonly config: OddsApiConfig;
  private readonly client: OddsApiClient;
  private readonly context: FeedContext;
  private readonly mapper: OffersMapper;
  private readonly jobs: Job[];
  /** Last success of any request, or the start, epoch ms. */
  private answeredMs = Date.now();
  private down = false;
  private warned = false;
  /** Why polling ends, where it does by itself. */
  ended: OddsApiError | undefined;

  constructor(config: OddsApiConfig, client: OddsApiClient, context: FeedContext) {
    this.config = config;
    this.client = client;
    this.context = context;
    this.mapper = new OffersMapper(new Map(Object.entries(config.commission)));
    const job = (sport: string, kind: Job['kind'], everyMs: number): Job => ({ sport, kind, everyMs, dueMs: Date.now(), answeredMs: Date.now() });
    this.jobs = config.sports.flatMap((sport) => [
      job(sport, 'odds', config.pollMs),
      ...(config.scoresMs > 0 ? [job(sport, 'scores', config.scoresMs)] : []),
    ]);
  }

  /** The job that is due first; undefined once all have been given up. */
  next(): Job | undefined {
    return this.jobs.reduce<Job | undefined>((first, job) => (first === undefined || job.dueMs < first.dueMs ? job : first), undefined);
  }

  /** What is news about all providers: that they are down, because no poll has succeeded for too long, or up again. */
  reachability(): FeedMessage[] {
    const now = Date.now();
    const down = this.ended !== undefined || now - this.answeredMs > this.config.unreachableMs;
    if (down === this.down) return [];
    this.down = down;
    this.context.log(down ? 'all providers are down' : 'all providers are up again', { lastAnswerMsAgo: now - this.answeredMs });
    return this.mapper.providers().map((provider) => ({ kind: 'status', provider, status: down ? 'down' : 'up', timestamp: now }));
  }

  /** Asks once; whatever goes wrong is among the messages. */
  async run(job: Job): Promise<FeedMessage[]> {
    const path = `/v4/sports/${job.sport}/${job.kind}`;
    job.dueMs = Math.max(job.dueMs + job.everyMs, Date.now());
    try {
      const { json, quota, receivedAtMs } = await this.client.get(path, this.parametersOf(job), this.context.signal);
      this.answeredMs = receivedAtMs;
      job.answeredMs = receivedAtMs;
      const messages = job.kind === 'odds' ? this.odds(job, json, receivedAtMs, path) : this.scores(job, json, receivedAtMs, path);
      return [...this.reachability(), ...messages, ...this.quotaMessages(quota, path)];
    } catch (error) {
      if (this.context.signal.aborted) return [];
      if (!(error instanceof OddsApiError)) throw error;
      return this.failed(job, error, path);
    }
  }

  private parametersOf({ kind }: Job): Record<string, string> {
    if (kind === 'scores') return { daysFrom: '1', dateFormat: 'iso' };
    const { regions, bookmakers, markets } = this.config;
    return {
      ...(bookmakers.length > 0 ? { bookmakers: bookmakers.join(',') } : { regions: regions.join(',') }),
      markets: markets.join(','), oddsFormat: formatFor(this.config), dateFormat: 'iso',
    };
  }

  private odds({ sport }: Job, json: unknown, timestampMs: number, path: string): FeedMessage[] {
    if (!Array.isArray(json)) throw new OddsApiError('body_malformed', `${path} answered with something that is not a list of events`);
    const { events, problems } = readBody(json, path);
    const messages = this.mapper.poll({ series: sport, timestampMs, events, format: formatFor(this.config) });
    this.context.log('polled', { sport, events: events.length, updates: messages.filter(({ kind }) => kind === 'update').length });
    return [...problems, ...messages];
  }

  private scores({ sport }: Job, json: unknown, timestampMs: number, path: string): FeedMessage[] {
    const { scores, problems } = readScores(json, path);
    return [...problems, ...this.mapper.scores(scores, sport, timestampMs)];
  }

  private quotaMessages({ remaining, used, last }: Quota, path: string): FeedMessage[] {
    this.context.log('quota', { remaining, used, last });
    if (remaining === undefined) return [];
    if (remaining === 0 || remaining < (last ?? 0)) {
      return this.end(new OddsApiError('quota_exhausted', `the quota of this key is used up (${remaining} requests left): wait for its renewal, take a larger plan, or poll less`), path);
    }
    if (remaining >= this.config.quotaWarning) {
      this.warned = false;
      return [];
    }
    if (this.warned) return [];
    this.warned = true;
    return [problem('quota_low', `${remaining} requests are left of this key's quota: poll fewer sports, regions and markets, or less often`, path)];
  }

  private failed(job: Job, error: OddsApiError, path: string): FeedMessage[] {
    if (error.code === 'key_refused' || error.code === 'quota_exhausted') return this.end(error, path);
    const messages: FeedMessage[] = [problem(error.code, error.message, path)];
    if (error.code === 'request_refused') {
      // The same request will be refused again: this sport is over, the others go on.
      this.jobs.splice(this.jobs.indexOf(job), 1);
      if (job.kind === 'odds') messages.push(...this.mapper.withdrawSeries(job.sport, Date.now()));
      if (this.jobs.length === 0) return [...messages, ...this.end(error, path)];
    } else if (job.kind === 'odds' && Date.now() - job.answeredMs > this.config.unreachableMs && this.answeredMs > job.answeredMs) {
      messages.push(...this.mapper.withdrawSeries(job.sport, Date.now()));
    }
    return [...messages, ...this.reachability()];
  }

  private end(error: OddsApiError, path: string): FeedMessage[] {
    this.ended = error;
    this.context.log(`polling stops: ${error.message}`);
    return [problem(error.code, error.message, path), ...this.reachability()];
  }
}

/** Waits for `ms`, or less where the signal or the answer comes before. */
const wait = async (ms: number, signal: AbortSignal, answer: Promise<unknown> | undefined): Promise<void> => {
  const timer = new AbortController();
  const waited = sleep(ms, undefined, { signal: AbortSignal.any([signal, timer.signal]) }).catch(() => undefined);
  try {
    await (answer === undefined ? waited : Promise.race([answer, waited]));
  } finally {
    timer.abort();
  }
};

/**
 * Polls the API until the signal ends. Every answer is one batch: all that is offered, with its time, and what no longer is. While no answer comes for too
 * long, all providers are down. Ends by itself, with all providers down, where the quota is used up; throws OddsApiError where the key is missing or refused, or
 * where every request has been refused for what it asks.
 */
export async function* pollLive(config: OddsApiConfig, key: string | undefined, context: FeedContext): AsyncGenerator<FeedBatch> {
  if (key === undefined || key.trim() === '') {
    throw new OddsApiError('key_missing', 'no key for The Odds API: set the environment variable ODDS_API_KEY (a key is free at https://the-odds-api.com)');
  }
  const { signal, log } = context;
  const polls = new LivePolls(config, oddsApiClient(config, key.trim(), log), context);
  /** For `ms`, or until the request is answered: what is news about providers on the way. */
  async function* meanwhile(ms: number, request?: Promise<unknown>): AsyncGenerator<FeedBatch> {
    const endMs = Date.now() + ms;
    let answered = false;
    const answer = request?.finally(() => { answered = true; });
    for (let leftMs = ms; leftMs > 0 && !answered && !signal.aborted; leftMs = endMs - Date.now()) {
      await wait(Math.min(leftMs, LOOK_MS, config.unreachableMs), signal, answer);
      const messages = signal.aborted ? [] : polls.reachability();
      if (messages.length > 0) yield { messages };
    }
  }

  for (let job = polls.next(); job !== undefined && !signal.aborted; job = polls.next()) {
    yield* meanwhile(job.dueMs - Date.now());
    if (signal.aborted) return;
    const running = polls.run(job);
    yield* meanwhile(Infinity, running);
    if (signal.aborted) return;
    const messages = await running;
    if (messages.length > 0) yield { messages };
    if (polls.ended?.code === 'quota_exhausted') return;
    if (polls.ended !== undefined) throw polls.ended;
  }
}
