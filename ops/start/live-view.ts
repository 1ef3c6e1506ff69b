import { setTimeout as wait } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import type { FeedProgress } from '../../connectors/feeds/run.ts';
import { pipelineNames } from '../../pipelines/index.ts';
import { askFigures, count, type Figures } from '../cli/figures.ts';
import { hosts } from '../cli/processes.ts';
import type { Config } from '../config/config.ts';
import type { BetsWatcher } from './bets-watcher.ts';
import { renderLine, renderView, type ViewModel } from './view.ts';
import type { WatchedMarket, Watcher } from './watcher.ts';

export interface LiveViewOptions {
  readonly config: Config;
  readonly watcher: Watcher;
  readonly betsWatcher: BetsWatcher;
  readonly say: (line: string) => void;
  readonly notes: readonly string[];
  readonly where: () => readonly (readonly [string, string])[];
}

const ASK_MS = 1_000;
/** Without a terminal: a line so often, ms. */
const LINE_MS = 5_000;
/** So many of the newest things that were told are shown. */
const TOLD = 3;
/** Rates are over so many questions. */
const RATE_OVER = 5;

/** What goes on, shown again every second: on a terminal in place, elsewhere as a line every few seconds. */
export class LiveView {
  readonly #options: LiveViewOptions;
  readonly #startedMs = Date.now();
  readonly #screen = process.stdout.isTTY === true ? createLogUpdate(process.stdout) : undefined;
  /** Of each pipeline, what was delivered when, for rates. */
  readonly #deliveries = new Map<string, { ms: number; delivered: number }[]>();
  #figures = new Map<string, Figures>();
  #progress: FeedProgress | undefined;
  #hasEnded = false;
  #hasSaidWhere = false;
  readonly #told: string[] = [];

  constructor(options: LiveViewOptions) { this.#options = options; }

  /** Takes what the feed's process says of its progress. */
  feedSays(message: unknown): void {
    const { progress } = (message ?? {}) as { progress?: FeedProgress };
    if (progress !== undefined) this.#progress = progress;
  }

  feedHasEnded(): void { this.#hasEnded = true; }

  /** Something has happened that one should know: a line of its own, or on a terminal among the notes. */
  tell(line: string): void {
    if (this.#screen === undefined) this.#options.say(line); else this.#told.push(line);
  }

  /** Shows until the signal is raised. */
  async show(feed: string, until: AbortSignal): Promise<void> {
    let saidMs = 0;
    while (!until.aborted) {
      await this.#ask();
      const model = this.#model(feed);
      if (this.#screen !== undefined) this.#screen(renderView(model, process.stdout.columns || 100, process.stdout.rows || 40));
      else if (model.nowMs - saidMs >= LINE_MS) {
        saidMs = model.nowMs;
        this.#sayLine(model);
      }
      await wait(ASK_MS, undefined, { signal: until }).catch(() => undefined);
    }
    if (this.#screen !== undefined) this.#screen.done();
    else {
      await this.#ask();
      this.#sayLine(this.#model(feed));
    }
  }

  #sayLine(model: ViewModel): void {
    const { say } = this.#options;
    say(renderLine(model));
    // Once there is something to be found there.
    if (this.#hasSaidWhere || model.markets.length === 0) return;
    this.#hasSaidWhere = true;
    for (const note of model.notes) say(note);
    for (const [label, text] of model.where) say(`${label.padEnd(9)}${text}`);
  }

  async #ask(): Promise<void> {
    const { home } = this.#options.config;
    const answers = await Promise.all(hosts(home).map((host) => askFigures(host)));
    const now = Date.now();
    this.#figures = new Map(answers.flatMap((figures) => figures ?? []).map((one) => [one.pipeline, one]));
    for (const { pipeline, delivered } of this.#figures.values()) {
      const past = this.#deliveries.get(pipeline) ?? [];
      past.push({ ms: now, delivered });
      if (past.length > RATE_OVER) past.shift();
      this.#deliveries.set(pipeline, past);
    }
  }

  #perSecond(pipeline: string): number {
    const past = this.#deliveries.get(pipeline) ?? [];
    const first = past[0], last = past.at(-1);
    return first === undefined || last === undefined || last.ms === first.ms ? 0 : Math.max(0, ((last.delivered - first.delivered) * 1_000) / (last.ms - first.ms));
  }

  #model(feed: string): ViewModel {
    const { watcher, betsWatcher, notes, where } = this.#options;
    const progress = this.#progress;
    const done = progress?.progress === undefined ? '' : `, ${(progress.progress * 100).toFixed(0)} % played back`;
    const problems = (progress?.problems ?? 0) === 0 ? '' : `, ${count(progress!.problems)} problems (see its log)`;
    const markets = [...watcher.markets.values()];
    return {
      nowMs: Date.now(), startedMs: this.#startedMs,
      feed: this.#hasEnded ? `the feed ${feed} has come to its end: ${count(progress?.total ?? 0)} sent${problems}` : `feed ${feed}${progress === undefined ? ' is starting' : `: ${count(progress.standing)} quotes stand${done}${problems}`}`,
      updatesPerSecond: this.#hasEnded ? 0 : progress?.ratePerSecond ?? 0,
      pipelines: pipelineNames.map((name) => ({ name, figures: this.#figures.get(name), perSecond: this.#perSecond(name) })),
      markets, nameOf: (eventId) => watcher.nameOf(eventId), arbitrages: [...watcher.arbitrages.values()].reverse(),
      openArbitrages: watcher.openArbitrages, seenArbitrages: watcher.seenArbitrages, seenPrices: watcher.bestPrices,
      bets: betsWatcher.bets,
      risks: [...watcher.risks.values()].sort((a, b) => Number(b.portfolio === 'house') - Number(a.portfolio === 'house') || b.cvar95Minor - a.cvar95Minor),
      notes: [...notes, ...this.#told.slice(-TOLD)],
      problems: [...(watcher.problem === undefined ? [] : [`this view cannot read the topics any more: ${watcher.problem}`]), ...(betsWatcher.problem === undefined ? [] : [`this view cannot read the ledger: ${betsWatcher.problem}`])],
      where: [...where(), ...this.#redis(markets)],
    };
  }

  /** A command that shows one of the markets above as the cache has it. */
  #redis([market]: readonly WatchedMarket[]): (readonly [string, string])[] {
    const { config } = this.#options;
    // An address that somebody gave may hold a password.
    if (market === undefined || config.given('redisUrl') !== undefined) return [];
    const { hostname, port } = new URL(config.redisUrl);
    const key = `${config.namespace === '' ? '' : `${config.namespace}:`}odds:${market.key}`;
    return [['Redis', `redis-cli -h ${hostname} -p ${port} HGETALL '${key.replaceAll("'", "'\\''")}'`]];
  }
}
