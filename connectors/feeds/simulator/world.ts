import type { FeedMessage } from '../feed.ts';
import { Contest, Told, TRUTH_MS } from './contest.ts';
import { doubtPrices, doubtScore, type Teller } from './doubts.ts';
import { MOST_MARKETS } from './markets.ts';
import type { Sport } from './names.ts';
import { providersOf } from './providers.ts';
import type { Provider } from './providers.ts';
import { Quoting } from './quoting.ts';
import { Random } from '../../random.ts';
import { eventOf, settleForGood, settleLive } from './results.ts';
import type { EventStatus, Score } from './results.ts';
import { Schedule } from './schedule.ts';

/** What the world does at once: one step. */
export const STEP_MS = 20;

export interface WorldOptions {
  readonly seed: number;
  /** Updates per second. */
  readonly rate: number;
  /** Markets and contests open at a time; no fewer markets than contests, and no more than {@link roomFor} them. */
  readonly markets: number;
  readonly matches: number;
  readonly providers: number;
  /** Length of a football match, minutes of real time; the other sports take half as long again. */
  readonly eventMinutes: number;
}

const sports: readonly Sport[] = ['football', 'tennis', 'football', 'basketball', 'football'];

/** How many markets so many contests can have. */
export const roomFor = (matches: number): number => {
  let room = 0;
  for (let at = 0; at < matches; at += 1) room += MOST_MARKETS[sports[at % sports.length]!];
  return room;
};

/** Every provider confirms what stands this often, each at its own time. */
const CONFIRM_MS = 5000;
/** Share of the updates that have no cause but the passing of time which goes to contests that run. */
const IN_PLAY_SHARE = 0.7;
/** The first providers, the sharp one and the exchange, look again more often than the others: they get this share besides. */
const QUICK = 2;
const QUICK_SHARE = 0.3;
/** How often a provider errs: per market and minute, by some per cent; and palpably. */
const MISTAKES_PER_MARKET_MINUTE = 0.12;
const BLUNDERS_PER_MARKET_MINUTE = 0.004;
/** How often a provider goes down, per minute. */
const OUTAGES_PER_MINUTE = 1 / 30;
/** Share of football matches whose last goal is taken back after the first settlement. */
const REVISED = 0.04;
/** One place in the programme: contest follows contest there, of one sport and with as many markets. */
interface Pitch {
  readonly sport: Sport;
  readonly markets: number;
  readonly lengthMs: number;
  contest: Contest | undefined;
  /** How many contests there have been here, and when the next is told of. */
  count: number;
  nextMs: number;
}

/** How many contests and quotes there are, and how late the oldest thing is that it has to say. */
export interface WorldFacts {
  readonly providers: readonly Provider[];
  readonly contests: number;
  readonly markets: number;
  readonly behindMs: number;
}

/**
 * A world of contests, and providers that quote them: `step` is what is said in its next 20 ms. A pure function of options and step;
 * only times and event ids carry `baseMs` and the run's id.
 */
export class World {
  private readonly options: WorldOptions;
  private readonly runId: string;
  private readonly providers: readonly Provider[];
  private readonly random: Random;
  private readonly quoting: Quoting;
  private readonly teller: Teller;
  private readonly pitches: readonly Pitch[];
  private readonly due = new Schedule<() => void>();
  /** What comes after all that is due: a whole world's first offers, all of a provider that came back. `done` of it is behind us. */
  private readonly patient: (() => void)[] = [];
  private done = 0;
  private running: Contest[] = [];
  private waiting: Contest[] = [];
  /** Over, but some provider has not closed yet. */
  private leaving: Contest[] = [];
  private messages: FeedMessage[] = [];
  private steps = 0;
  private nowMs = 0;
  /** Updates that may still be said in this step; what is owed to earlier steps where it is negative. */
  private allowance = 0;

  constructor(options: WorldOptions, runId: string) {
    this.options = options;
    this.runId = runId;
    this.providers = providersOf(options.seed, options.providers);
    this.random = new Random(options.seed, -2);
    this.quoting = new Quoting(this.providers, this.random, (message) => {
      this.say(message);
    });
    const { quoting } = this;
    this.teller = {
      get timestamp() { return quoting.timestamp; },
      in: (delayMs, task) => { this.in(delayMs, task); },
      say: (message) => { this.say(message); },
      tell: (contest, status, score) => { this.tell(contest, status, score); },
    };
    const places = Array.from({ length: options.matches }, (_, at) => ({ sport: sports[at % sports.length]!, markets: 0 }));
    // One to each by turns, as long as it has room and there are any.
    for (let left = options.markets, at = 0; left > 0; at = (at + 1) % places.length) {
      const place = places[at]!;
      if (place.markets === MOST_MARKETS[place.sport]) continue;
      place.markets += 1;
      left -= 1;
    }
    const lengthMs = options.eventMinutes * 60_000;
    this.pitches = places.map((place) => ({ ...place, lengthMs: place.sport === 'football' ? lengthMs : 1.5 * lengthMs, contest: undefined, count: 0, nextMs: Infinity }));
  }

  get facts(): WorldFacts {
    const contests = this.pitches.flatMap(({ contest }) => contest ?? []);
    return {
      providers: this.providers,
      contests: contests.length,
      markets: contests.reduce((sum, { markets }) => sum + markets.length, 0),
      behindMs: Math.max(0, this.steps - this.due.nextStep) * STEP_MS,
    };
  }

  /** The messages of the next 20 ms, in order. `baseMs`: epoch ms at which the simulation's time is 0. */
  step(baseMs: number): readonly FeedMessage[] {
    const perStep = (this.options.rate * STEP_MS) / 1000;
    this.messages = [];
    this.quoting.baseMs = baseMs;
    this.quoting.timestamp = baseMs + this.nowMs;
    this.allowance = Math.min(this.allowance + perStep, perStep + 1);
    if (this.steps === 0) this.begin();
    this.advance();
    this.confirm();
    this.fail();
    this.err();
    for (let task = this.nextTask(); task !== undefined; task = this.nextTask()) task();
    this.fill();
    if (this.done === this.patient.length) {
      this.patient.length = 0;
      this.done = 0;
    }
    this.steps += 1;
    this.nowMs += STEP_MS;
    return this.messages;
  }

  private nextTask(): (() => void) | undefined {
    if (this.allowance <= 0) return undefined;
    const task = this.due.takeDue(this.steps);
    if (task !== undefined || this.done === this.patient.length) return task;
    this.done += 1;
    return this.patient[this.done - 1];
  }

  private say(message: FeedMessage): void {
    this.messages.push(message);
    if (message.kind !== 'update') return;
    this.allowance -= 1;
    // Spread over the step, so that times are as even as the rate is.
    const perStep = (this.options.rate * STEP_MS) / 1000;
    this.quoting.timestamp = this.quoting.baseMs + this.nowMs + Math.min(STEP_MS - 1, Math.floor((this.messages.length * STEP_MS) / perStep));
  }

  private in(delayMs: number, task: () => void): void {
    this.due.add(this.steps + Math.max(1, Math.ceil(delayMs / STEP_MS)), task);
  }

  private begin(): void {
    this.pitches.forEach(({ lengthMs }, at) => {
      // Spread from almost over to two match lengths ahead, as evenly as can be for any number (golden section).
      const phase = (at * 0.6180339887498949) % 1;
      this.open(at, Math.round((-0.85 + 2.85 * phase) * lengthMs));
    });
  }

  /** Puts a contest on a pitch, tells of it, and lets every provider offer it. */
  private open(place: number, startsMs: number): void {
    const pitch = this.pitches[place]!;
    const number = pitch.count * this.pitches.length + place;
    pitch.count += 1;
    const timing = { bornMs: this.nowMs, startsMs, lengthMs: pitch.lengthMs };
    const contest = new Contest(this.options.seed, number, `sim-${this.runId}-${number}`, pitch.sport, timing, pitch.markets, this.providers);
    pitch.contest = contest;
    this.tell(contest, contest.inPlay ? 'live' : 'scheduled');
    if (contest.model.over) {
      this.end(pitch, contest);
      return;
    }
    (contest.inPlay ? this.running : this.waiting).push(contest);
    this.providers.forEach((provider, at) => {
      const offer = (): void => {
        this.quoting.quoteAll(contest, at, this.nowMs, false);
      };
      if (this.steps === 0) this.patient.push(offer);
      else this.in(provider.lagMs * 2, offer);
    });
  }

  private tell(contest: Contest, status: EventStatus, score: Score = { home: contest.model.homeScore, away: contest.model.awayScore }): void {
    this.say({ kind: 'event', value: eventOf(contest, status, score, this.quoting.timestamp, this.quoting.baseMs) });
  }

  /** Lets a tenth of the contests move on: each has its turn every TRUTH_MS. */
  private advance(): void {
    const turns = TRUTH_MS / STEP_MS;
    for (let at = this.steps % turns; at < this.pitches.length; at += turns) {
      const pitch = this.pitches[at]!;
      const { contest } = pitch;
      if (contest === undefined || contest.timing.bornMs === this.nowMs) continue;
      if (contest.endedMs < Infinity) {
        if (this.nowMs >= pitch.nextMs) this.open(at, this.nowMs + Math.round(contest.timing.lengthMs * contest.fate.between(1.6, 2.2)));
        continue;
      }
      const { homeScore, awayScore } = contest.model;
      const wasInPlay = contest.inPlay;
      const moment = contest.advance(this.nowMs);
      if (contest.inPlay !== wasInPlay) this.kickOff(contest);
      else if (contest.model.homeScore !== homeScore || contest.model.awayScore !== awayScore) this.tell(contest, 'live');
      if (contest.model.over) this.end(pitch, contest);
      else if (moment !== 'quiet') this.react(contest, moment === 'goal');
    }
  }

  private kickOff(contest: Contest): void {
    this.tell(contest, 'live');
    doubtPrices(contest, this.teller);
    this.waiting = this.waiting.filter((other) => other !== contest);
    this.running.push(contest);
    this.providers.forEach((provider, at) => {
      this.in(provider.inPlayLagMs, () => {
        this.quoting.quoteAll(contest, at, this.nowMs, false);
      });
    });
  }

  /** News: every provider gives new prices when they reach it; at a goal it suspends first, the quick ones at once. */
  private react(contest: Contest, goal: boolean): void {
    const pauseMs = contest.sport === 'tennis' ? 600 : 2000;
    this.providers.forEach((provider, at) => {
      const lagMs = Math.ceil(contest.lagMs(provider, contest.inPlay) / TRUTH_MS) * TRUTH_MS;
      const quote = (): void => {
        this.quoting.quoteAll(contest, at, this.nowMs, false);
      };
      if (!goal) {
        this.in(lagMs, quote);
        return;
      }
      const noticedMs = lagMs * this.random.between(0.4, 1);
      const longerMs = lagMs + pauseMs * (provider.kind === 'soft' ? this.random.between(1, 2) : this.random.between(0.5, 0.8));
      const untilMs = this.nowMs + longerMs;
      this.in(noticedMs, () => {
        contest.suspendedUntilMs[at] = Math.max(contest.suspendedUntilMs[at]!, untilMs);
        quote();
      });
      this.in(longerMs + STEP_MS, quote);
    });
  }

  private end(pitch: Pitch, contest: Contest): void {
    const { homeScore: home, awayScore: away } = contest.model;
    const score = { home, away };
    const first = contest.sport === 'football' && contest.fate.happens(REVISED) ? { home: home + 1, away } : score;
    this.tell(contest, 'finished', first);
    this.running = this.running.filter((other) => other !== contest);
    this.leaving.push(contest);
    this.providers.forEach((_, at) => {
      this.in(this.quoting.closesMs(contest, at) - this.nowMs, () => {
        this.quoting.quoteAll(contest, at, this.nowMs, false);
        this.leave(contest);
      });
    });
    const say = (message: FeedMessage): void => {
      this.say(message);
    };
    this.in(contest.fate.between(2000, 3000), () => {
      settleLive(contest, first, this.quoting.timestamp, say);
    });
    this.in(contest.fate.between(6000, 12_000), () => {
      if (first !== score) this.tell(contest, 'finished', score);
      settleForGood(contest, first, score, this.quoting.timestamp, say);
      doubtScore(contest, score, this.teller);
    });
    pitch.nextMs = this.nowMs + contest.fate.between(4000, 9000);
  }

  /** Forgets a contest that every provider has closed. */
  private leave(contest: Contest): void {
    if (contest.told.every((told) => told === Told.closed || told === Told.notOffered || told === Told.nothing)) {
      this.leaving = this.leaving.filter((other) => other !== contest);
    }
  }

  private confirm(): void {
    const turns = CONFIRM_MS / STEP_MS;
    this.providers.forEach(({ name }, at) => {
      if (this.quoting.down[at] === 1 || this.steps % turns !== Math.floor((at * turns) / this.providers.length)) return;
      this.say({ kind: 'status', provider: name, status: 'confirm', timestamp: this.quoting.timestamp });
    });
  }

  /** Providers that go down come back after some seconds, and then say again what stands. */
  private fail(): void {
    const chance = (OUTAGES_PER_MINUTE * STEP_MS) / 60_000;
    this.providers.forEach(({ name }, at) => {
      if (this.quoting.down[at] === 1 || !this.random.happens(chance)) return;
      this.say({ kind: 'status', provider: name, status: 'down', timestamp: this.quoting.timestamp });
      this.quoting.down[at] = 1;
      this.in(this.random.between(5000, 20_000), () => {
        this.quoting.down[at] = 0;
        this.say({ kind: 'status', provider: name, status: 'up', timestamp: this.quoting.timestamp });
        for (const contest of [...this.leaving, ...this.running, ...this.waiting]) {
          this.patient.push(() => {
            this.quoting.quoteAll(contest, at, this.nowMs, true);
            this.leave(contest);
          });
        }
      });
    });
  }

  /** Providers err, and put it right when they see it. */
  private err(): void {
    const { markets } = this.options;
    const perStep = STEP_MS / 60_000;
    for (let left = this.random.count(MISTAKES_PER_MARKET_MINUTE * markets * perStep); left > 0; left -= 1) this.mistake(false);
    for (let left = this.random.count(BLUNDERS_PER_MARKET_MINUTE * markets * perStep); left > 0; left -= 1) this.mistake(true);
  }

  private mistake(palpable: boolean): void {
    const contest = this.anyContest();
    if (contest === undefined) return;
    const at = this.random.below(this.providers.length);
    const market = this.random.below(contest.markets.length);
    const slot = at * contest.markets.length + market;
    const size = this.random.between(0.12, 0.32) * (this.random.happens(0.5) ? 1 : -1);
    const lastsMs = Math.min(12_000, 3200 * Math.exp(0.6 * this.random.normal()));
    if (contest.told[slot] !== Told.open || this.quoting.down[at] === 1 || this.providers[at]!.kind !== 'soft') return;
    if (palpable) {
      this.quoting.blunder(contest, market, at);
    } else {
      contest.mistake[slot] = size;
      this.quoting.quote(contest, market, at, this.nowMs, false);
    }
    this.in(lastsMs, () => {
      contest.mistake[slot] = 0;
      if (contest.told[slot] === Told.mistaken || contest.told[slot] === Told.open) this.quoting.quote(contest, market, at, this.nowMs, true);
    });
  }

  private anyContest(): Contest | undefined {
    const { running, waiting } = this;
    const at = this.random.below(running.length + waiting.length);
    return at < running.length ? running[at] : waiting[at - running.length];
  }

  /** What is left of the step's updates goes to contests and providers at random: time moves prices too. A provider looks at all markets of a contest at once. */
  private fill(): void {
    const { running, waiting, random, providers, quoting } = this;
    if (running.length + waiting.length === 0) return;
    for (let tries = 4 * Math.ceil(this.allowance); this.allowance > 0 && tries > 0; tries -= 1) {
      const inPlay = waiting.length === 0 || (running.length > 0 && random.happens(IN_PLAY_SHARE));
      const contest = inPlay ? running[random.below(running.length)]! : waiting[random.below(waiting.length)]!;
      const at = random.happens(QUICK_SHARE) ? random.below(QUICK) : random.below(providers.length);
      const from = at * contest.markets.length;
      for (let market = 0; market < contest.markets.length; market += 1) {
        const told = contest.told[from + market];
        if (told === Told.open || told === Told.suspended) quoting.quote(contest, market, at, this.nowMs, false);
      }
    }
  }
}
