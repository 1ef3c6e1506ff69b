import type { Brokers } from '../kafka/brokers.ts';
import { connectProducer, type RecordProducer } from '../kafka/producer.ts';
import { SchemaRegistry } from '../kafka/registry.ts';
import { isTime } from './breach.ts';
import { CursorFile, fingerprint, type KeptCursor } from './cursor.ts';
import { FeedError } from './errors.ts';
import type { Cursor, Feed, FeedBatch } from './feed.ts';
import { openOutlet, type Outlet, type SchemaIds, type SentCounts } from './outlet.ts';
import { playback, type Playback, type Rebase, type Speed } from './playback.ts';
import { Problems, type FeedLogger, type ProblemCount } from './problems.ts';
import { shifted, timeOf } from './rebase.ts';
import { machineClock, type WallClock } from './wall.ts';

export interface RunFeedOptions {
  readonly brokers: Brokers;
  /** Base of the registry's API. */
  readonly registryUrl: string;
  /** '' is the platform's own topics. */
  readonly namespace: string;
  /** Folder in which `feeds/<feed>[.<namespace>].json` keeps the place to go on from. */
  readonly stateDir: string;
  readonly logger: FeedLogger;
  readonly signal: AbortSignal;
  /** Recordings: as recorded (1, the default), so many times faster, or 'max'. */
  readonly speed?: Speed;
  /** Recordings: 'now' (the default) or 'original', which needs a namespace of its own. */
  readonly rebase?: Rebase;
  /** Every standing quote is sent again at least every so many ms of event time. Default 10 minutes. */
  readonly refreshMs?: number;
  /** Live: a partition that was not written to for so long gets a tick, ms. Default 250. */
  readonly tickAfterMs?: number;
  /** `up` is said every so many ms of wall time. Default 5,000. */
  readonly statusMs?: number;
  /** The readers' window and allowed lateness, ms: ticks of a recording go by them. Defaults 1,000 and 500. */
  readonly windowMs?: number;
  readonly latenessMs?: number;
  /** Called once a second, and at the end. Without it a line is logged every ten seconds. */
  readonly onProgress?: (progress: FeedProgress) => void;
  /** For tests: what stands between the feed and the world. */
  readonly producer?: RecordProducer;
  readonly schemas?: SchemaIds;
  readonly clock?: WallClock;
}

/** How far a feed has come. */
export interface FeedProgress {
  readonly feed: string;
  readonly sent: Readonly<SentCounts>;
  /** Messages of the feed that went out since it began. */
  readonly total: number;
  /** Of them per second of wall time, since the last call. */
  readonly ratePerSecond: number;
  readonly problems: number;
  readonly standing: number;
  /** The newest event time that was written, epoch ms. */
  readonly eventTimeMs: number | undefined;
  /** 0 to 1, where the feed knows. */
  readonly progress: number | undefined;
}

/** What came of a run. */
export interface FeedSummary {
  readonly feed: string;
  /** The input ended; otherwise it was stopped. */
  readonly isComplete: boolean;
  readonly sent: Readonly<SentCounts>;
  readonly problems: readonly ProblemCount[];
  readonly seconds: number;
  /** Updates, repeats, events and results per second. */
  readonly ratePerSecond: number;
}

const SAVE_MS = 5_000;
const PROGRESS_MS = 1_000;
const LOG_MS = 10_000;
const FLUSH_MS = 60_000;
const GOODBYE_MS = 10_000;
/** After so long without an `up`, the clock process may have written `down` (it does after 15 s). */
const SILENCE_MS = 12_000;

/**
 * Runs a feed until its input ends or the signal is raised, and sends what it says to `odds-updates`, `events` and `results`: on time, in order, with
 * ticks, provider status and repeats. At least once: after a crash it goes on from the last place that was known to be in the log.
 *
 * Throws FeedError for options that cannot be, ProducerError where records may be lost, a registry's error, and what the feed throws.
 */
export const runFeed = async <Config>(feed: Feed<Config>, config: Config, options: RunFeedOptions): Promise<FeedSummary> => {
  const isLive = feed.mode(config) === 'live';
  const { namespace, signal, logger, speed = 1, rebase = 'now', refreshMs = 600_000, windowMs = 1_000, latenessMs = 500, tickAfterMs = 250, statusMs = 5_000 } = options;
  if (!isLive && rebase === 'original' && namespace === '') {
    throw new FeedError('original_times_need_namespace', `A playback of ${feed.name} at original times needs topics of its own: give a namespace. In the platform's own topics event time is now, and all of it would be late.`);
  }
  for (const [name, value] of Object.entries({ refreshMs, windowMs, tickAfterMs, statusMs })) if (!(value > 0)) throw new FeedError('option_malformed', `${name} must be above 0, not ${value}.`);
  if (!(latenessMs >= 0 && refreshMs >= 4 * latenessMs)) throw new FeedError('option_malformed', `latenessMs must be from 0 to a quarter of refreshMs (${refreshMs}), not ${latenessMs}.`);

  const clock = options.clock ?? machineClock();
  const problems = new Problems(logger, () => clock.now());
  const schemas = options.schemas ?? new SchemaRegistry(options.registryUrl, { namespace });
  const producer = options.producer ?? await connectProducer({ brokers: options.brokers, clientId: `oddstream-feed-${feed.name}`, onWarning: (message) => logger.warn({ feed: feed.name }, message) });
  try {
    const outlet = await openOutlet({ producer, schemas, namespace, isLive, windowMs, latenessMs, refreshMs, tickAfterMs, problems, now: () => clock.now(), breathe: () => clock.breathe() });
    const run = new FeedRun(feed, config, { ...options, speed, rebase, tickAfterMs, statusMs, isLive, clock, problems, producer, outlet });
    return await run.toTheEnd();
  } finally {
    await producer.disconnect(signal.aborted ? GOODBYE_MS : FLUSH_MS);
  }
};

interface Running extends RunFeedOptions {
  readonly speed: Speed;
  readonly rebase: Rebase;
  readonly tickAfterMs: number;
  readonly statusMs: number;
  readonly isLive: boolean;
  readonly clock: WallClock;
  readonly problems: Problems;
  readonly producer: RecordProducer;
  readonly outlet: Outlet;
}

/** One run of one feed. */
class FeedRun<Config> {
  readonly #feed: Feed<Config>;
  readonly #config: Config;
  readonly #with: Running;
  readonly #file: CursorFile;
  readonly #of: string;
  readonly #startedMs: number;
  #playback: Playback | undefined;
  /** Recordings: the newest recorded event time that was sent. */
  #recordedMs = -Infinity;
  /** Where to go on after the last whole batch. */
  #place: { readonly cursor: Cursor; readonly recordedMs: number } | undefined;
  #savedCursor: Cursor | undefined;
  #savedAtMs: number;
  #pulsedAtMs = 0;
  #saidUpAtMs: number;
  #progress: number | undefined;
  #lastTotal = 0;
  #lastProgressMs: number;
  #loggedAtMs: number;
  /** A batch is under way: what it holds may be older than now. */
  #isBusy = false;
  /** The error that a timer met; it stops the feed. */
  #failure: { readonly error: unknown } | undefined;
  readonly #stop = new AbortController();
  /** Raised when the run is to end, by whoever asked or by a failure. */
  readonly #signal: AbortSignal;

  constructor(feed: Feed<Config>, config: Config, running: Running) {
    this.#feed = feed;
    this.#config = config;
    this.#with = running;
    this.#file = new CursorFile(running.stateDir, feed.name, running.namespace);
    this.#of = running.isLive ? fingerprint(feed.name, config) : fingerprint(feed.name, config, running.rebase, running.speed === 1 ? 'as recorded' : 'faster');
    this.#signal = AbortSignal.any([running.signal, this.#stop.signal]);
    const now = running.clock.now();
    this.#startedMs = this.#savedAtMs = this.#saidUpAtMs = this.#lastProgressMs = this.#loggedAtMs = now;
  }

  async toTheEnd(): Promise<FeedSummary> {
    const { clock, isLive, signal, tickAfterMs, statusMs, outlet } = this.#with;
    let kept = await this.#file.load();
    if (kept !== undefined && kept.of !== this.#of) {
      this.#with.logger.info({ feed: this.#feed.name, file: this.#file.path }, 'other options than last time: the feed starts from its beginning');
      kept = undefined;
    }
    const timers = [
      clock.every(statusMs, () => this.#guarded(() => this.#sayUp())),
      clock.every(PROGRESS_MS, () => this.#tell()),
      ...(isLive ? [clock.every(tickAfterMs / 2, () => this.#guarded(() => { if (!this.#isBusy) this.#pulse(); }))] : []),
    ];
    let failure: { readonly error: unknown } | undefined;
    try {
      if (isLive) await this.#live(kept);
      else await this.#recording(kept);
    } catch (error) {
      // A feed that is stopped may end by an error that says so.
      if (!this.#signal.aborted) failure = { error };
    }
    for (const stop of timers) stop();
    failure = this.#failure ?? failure;
    const isComplete = failure === undefined && !signal.aborted;
    // Also after an error of the feed: what it said before is good. If the producer has lost records, this fails too, and the old place stays.
    await this.#save(isComplete && !isLive).catch((error: unknown) => { failure ??= { error }; });
    if (failure !== undefined) throw failure.error;
    this.#tell(true);
    const seconds = (clock.now() - this.#startedMs) / 1_000;
    const summary: FeedSummary = {
      feed: this.#feed.name, isComplete, sent: { ...outlet.sent }, problems: this.#with.problems.counts(), seconds, ratePerSecond: seconds > 0 ? this.#total / seconds : 0,
    };
    this.#with.logger.info(summary, isComplete ? `${this.#feed.name} has come to its end` : `${this.#feed.name} was stopped`);
    return summary;
  }

  async #live(kept: KeptCursor | undefined): Promise<void> {
    const { outlet, clock, tickAfterMs } = this.#with;
    for await (const batch of this.#read(kept?.cursor)) {
      this.#isBusy = true;
      outlet.setNow();
      for (const message of batch.messages) {
        outlet.send(message);
        const room = this.#with.producer.ready();
        if (room !== undefined) {
          await room;
          outlet.setNow();
        }
      }
      this.#isBusy = false;
      await this.#after(batch);
      // A feed that leaves the timer no gap between two batches gives it one here.
      if (clock.now() - this.#pulsedAtMs >= tickAfterMs) this.#pulse();
    }
  }

  async #recording(kept: KeptCursor | undefined): Promise<void> {
    const { outlet, producer, speed, rebase } = this.#with;
    const signal = this.#signal;
    const lastMs = await this.#lastMs();
    let isResuming = kept !== undefined;
    if (kept?.recordedMs !== undefined) this.#begin(kept.recordedMs, lastMs, kept.shiftMs);
    // What an earlier run has sent is read again, silently, for it says which quotes stand. So a feed of recordings is never asked to jump.
    for await (const batch of this.#read(undefined)) {
      for (const message of batch.messages) {
        if (signal.aborted) return;
        const timeMs = timeOf(message);
        if (timeMs === undefined || !isTime(timeMs)) {
          if (!isResuming) outlet.send(message);
          continue;
        }
        const clock = this.#playback ?? this.#begin(timeMs, lastMs, undefined);
        const due = shifted(message, clock.shiftMs);
        if (isResuming) outlet.note(due);
        else {
          if (clock.dueMs(timeMs) > this.#with.clock.now()) await this.#wait(clock, timeMs);
          if (timeMs + clock.shiftMs >= outlet.nextStopMs) await outlet.advance(timeMs + clock.shiftMs, signal);
          if (signal.aborted) return;
          outlet.send(due);
          const room = producer.ready();
          if (room !== undefined) await room;
        }
        if (timeMs > this.#recordedMs) this.#recordedMs = timeMs;
      }
      if (isResuming) {
        await outlet.room();
        if (batch.cursor !== kept?.cursor) continue;
        isResuming = false;
        this.#savedCursor = batch.cursor;
        this.#with.logger.info({ feed: this.#feed.name, speed, rebase, cursor: batch.cursor }, 'going on where the last run stopped');
        outlet.sayUp();
        await outlet.repeatAll();
      } else await this.#after(batch);
    }
    if (isResuming && !signal.aborted) {
      throw new FeedError('cursor_lost', `The recording of ${this.#feed.name} no longer holds the place at which the last run stopped: was a file changed? Delete ${this.#file.path} to play it from its beginning.`);
    }
    if (!signal.aborted) await this.#end();
  }

  #read(cursor: Cursor | undefined): AsyncIterable<FeedBatch> {
    const { logger } = this.#with;
    return this.#feed.read(this.#config, { cursor, signal: this.#signal, log: (message, facts) => logger.info({ feed: this.#feed.name, ...facts }, message) });
  }

  async #lastMs(): Promise<number | undefined> {
    const { speed, rebase } = this.#with;
    if (rebase === 'original' || speed === 1) return undefined;
    if (this.#feed.span === undefined) throw new FeedError('span_unknown', `The feed ${this.#feed.name} cannot tell when its recording ends, which a playback faster than recorded must know: play it at speed 1, or with its original times in a namespace of its own.`);
    return (await this.#feed.span(this.#config, this.#signal)).lastMs;
  }

  #begin(fromMs: number, lastMs: number | undefined, keptShiftMs: number | undefined): Playback {
    const { speed, rebase, clock } = this.#with;
    return (this.#playback = playback({ speed, rebase, fromMs, lastMs, startMs: clock.now(), keptShiftMs }));
  }

  /** Waits until a message is due. Event time goes on meanwhile: ticks and repeats go out. */
  async #wait(playing: Playback, recordedMs: number): Promise<void> {
    const { clock, outlet, tickAfterMs } = this.#with;
    const signal = this.#signal;
    const dueMs = playing.dueMs(recordedMs);
    for (let left = dueMs - clock.now(); left > 0 && !signal.aborted; left = dueMs - clock.now()) {
      await clock.sleep(Math.min(left, tickAfterMs), signal);
      outlet.setNow();
      const timeMs = Math.min(playing.eventTimeMs(clock.now()), recordedMs + playing.shiftMs);
      if (timeMs >= outlet.nextStopMs) await outlet.advance(timeMs, signal);
    }
  }

  /** The end of a recording: its last window is closed, once the wall clock has reached the time that says so. */
  async #end(): Promise<void> {
    const { clock, outlet, rebase } = this.#with;
    const signal = this.#signal;
    if (outlet.eventTimeMs === -Infinity) return;
    while (rebase === 'now' && outlet.endMs > clock.now() && !signal.aborted) await clock.sleep(outlet.endMs - clock.now(), signal);
    if (!signal.aborted) outlet.finish();
  }

  async #after(batch: FeedBatch): Promise<void> {
    if (batch.cursor !== undefined) this.#place = { cursor: batch.cursor, recordedMs: this.#recordedMs };
    this.#progress = batch.progress ?? this.#progress;
    await this.#with.outlet.room();
    if (this.#place?.cursor !== this.#savedCursor && this.#with.clock.now() - this.#savedAtMs >= SAVE_MS) await this.#save(false);
  }

  /** Keeps the place to go on from, once all that lies before it is in the log; or forgets it, where all was said. */
  async #save(isComplete: boolean): Promise<void> {
    const place = this.#place;
    const { producer, signal, clock } = this.#with;
    await producer.flush(signal.aborted ? GOODBYE_MS : FLUSH_MS);
    this.#savedAtMs = clock.now();
    if (isComplete) await this.#file.remove();
    else if (place !== undefined && place.cursor !== this.#savedCursor) {
      const { cursor, recordedMs } = place;
      await this.#file.save({ of: this.#of, cursor, ...(this.#playback === undefined ? {} : { recordedMs, shiftMs: this.#playback.shiftMs }) });
      this.#savedCursor = cursor;
    }
  }

  #pulse(): void {
    this.#pulsedAtMs = this.#with.clock.now();
    if (this.#with.producer.ready() === undefined) this.#with.outlet.pulse();
  }

  /**
   * By wall time in a recording too: what listens for the silence of a provider is the clock process, and its clock is on the wall,
   * however fast the recording's is.
   */
  #sayUp(): void {
    const now = this.#with.clock.now();
    const wasSilent = now - this.#saidUpAtMs > SILENCE_MS;
    this.#saidUpAtMs = now;
    this.#with.outlet.sayUp();
    if (wasSilent) this.#with.outlet.repeatAll().catch((error: unknown) => this.#fail(error));
  }

  /** Runs something for a timer: its error is the run's. */
  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop.abort();
  }

  get #total(): number {
    const { update, repeat, event, result } = this.#with.outlet.sent;
    return update + repeat + event + result;
  }

  #tell(isLast = false): void {
    const { clock, outlet, problems, onProgress, logger } = this.#with;
    const now = clock.now();
    const total = this.#total;
    const ratePerSecond = now > this.#lastProgressMs ? ((total - this.#lastTotal) * 1_000) / (now - this.#lastProgressMs) : 0;
    const told: FeedProgress = {
      feed: this.#feed.name, sent: { ...outlet.sent }, total, ratePerSecond, problems: problems.total, standing: outlet.standing,
      eventTimeMs: outlet.eventTimeMs === -Infinity ? undefined : outlet.eventTimeMs, progress: isLast ? undefined : this.#progress,
    };
    if (onProgress !== undefined) onProgress(told);
    else if (!isLast && now - this.#loggedAtMs < LOG_MS) return;
    else if (!isLast) logger.info({ feed: told.feed }, progressLine(told));
    this.#lastTotal = total;
    this.#lastProgressMs = this.#loggedAtMs = now;
  }
}

/** One line for a person: rate, event time, share. */
export const progressLine = ({ feed, ratePerSecond, total, eventTimeMs, progress, standing, problems }: FeedProgress): string => [
  `${feed}: ${Math.round(ratePerSecond).toLocaleString('en')} updates/s`,
  `${total.toLocaleString('en')} sent`,
  ...(progress === undefined ? [] : [`${(progress * 100).toFixed(1)} %`]),
  ...(eventTimeMs === undefined ? [] : [`event time ${new Date(eventTimeMs).toISOString().replace(/\.\d+Z$/, 'Z')}`]),
  `${standing.toLocaleString('en')} quotes stand`,
  ...(problems === 0 ? [] : [`${problems.toLocaleString('en')} problems`]),
].join(' · ');
