import { Basketball } from './basketball.ts';
import { Football } from './football.ts';
import { marketsOf } from './markets.ts';
import type { SimulatedMarket } from './markets.ts';
import { fixture } from './names.ts';
import type { Sport } from './names.ts';
import type { Provider } from './providers.ts';
import { Random } from '../../random.ts';
import type { ScoreModel } from './score-model.ts';
import { Tennis } from './tennis.ts';

/** How often the truth of a contest moves, and how many of its states are remembered for those who lag. */
export const TRUTH_MS = 200;
const REMEMBERED = 64;
/** A move of a share by this much is news. */
const NEWS = 0.025;
/** Seconds between news of a team before the start, on average. */
const TEAM_NEWS_S = 120;

/** Streams of chance below those of the world and its providers. */
const FIRST_DOUBT = -3;

/** Lags in play by sport: points come so often that providers take them from fast sources, goals so seldom that some watch them themselves. */
const PACE: Readonly<Record<Sport, number>> = { football: 2, tennis: 0.5, basketball: 0.25 };

/** What became of a contest since it was last looked at: nothing to speak of, something that moves prices, or something that everyone stops for. */
export type Moment = 'quiet' | 'news' | 'goal';

/** What a provider has told of a market. */
export const Told = { nothing: 0, open: 1, suspended: 2, closed: 3, notOffered: 4, mistaken: 5 } as const;

/** When a contest is, in milliseconds of the simulation. */
export interface Timing {
  readonly bornMs: number;
  readonly startsMs: number;
  readonly lengthMs: number;
}

const modelOf = (sport: Sport, random: Random): ScoreModel => {
  switch (sport) {
    case 'football': return new Football(random);
    case 'tennis': return new Tennis(random);
    case 'basketball': return new Basketball(random);
  }
};

/**
 * A contest: who plays, how it goes, and the true share of every outcome of its markets, now and some seconds back. What is true of it
 * depends on the seed and its number alone, not on who quotes it or how often. Beside it stands what each provider has told.
 */
export class Contest {
  readonly eventId: string;
  /** Of the lags in play. */
  private readonly pace: number;
  readonly sport: Sport;
  readonly home: string;
  readonly away: string;
  readonly competition: string;
  readonly timing: Timing;
  readonly markets: readonly SimulatedMarket[];
  readonly model: ScoreModel;
  inPlay = false;
  /** When it ended; Infinity while it has not. */
  endedMs = Infinity;
  /** By provider: until when its prices are suspended, and its own opinion in log-odds. */
  readonly suspendedUntilMs: Float64Array;
  readonly opinion: Float32Array;
  /** By provider and market: what was told, the wander of its price, its mistake, the power of its margin, when it was last priced. */
  readonly told: Uint8Array;
  readonly wander: Float32Array;
  readonly mistake: Float32Array;
  readonly power: Float32Array;
  readonly pricedMs: Float64Array;
  /** Three by provider and market: the prices told last. */
  readonly last: Float64Array;
  /** By market: matched on the exchange, in major units. */
  readonly matched: Float64Array;
  /** For what becomes of it after its end. */
  readonly fate: Random;
  /** For what the scorer thinks better of, later: on a stream of its own, so that it moves nothing else. */
  readonly doubts: Random;
  private readonly random: Random;
  /** By market: the share at the last news. */
  private readonly anchor: Float64Array;
  private readonly truths: Float64Array;
  /** How many states of the truth there have been. */
  private states = 0;

  constructor(seed: number, number: number, eventId: string, sport: Sport, timing: Timing, marketCount: number, providers: readonly Provider[]) {
    this.random = new Random(seed, 3 * number);
    this.fate = new Random(seed, 3 * number + 1);
    this.doubts = new Random(seed, FIRST_DOUBT - number);
    const views = new Random(seed, 3 * number + 2);
    this.eventId = eventId;
    this.sport = sport;
    this.timing = timing;
    this.pace = PACE[sport];
    const { home, away, competition } = fixture(sport, this.random);
    this.home = home;
    this.away = away;
    this.competition = competition;
    this.model = modelOf(sport, this.random);
    this.model.assess();
    this.markets = marketsOf(sport, this.model, marketCount);
    const slots = this.markets.length * providers.length;
    this.suspendedUntilMs = new Float64Array(providers.length);
    this.opinion = Float32Array.from(providers, ({ opinion }) => opinion * views.normal());
    this.told = new Uint8Array(slots);
    this.wander = new Float32Array(slots);
    this.mistake = new Float32Array(slots);
    this.power = new Float32Array(slots).fill(1);
    this.pricedMs = new Float64Array(slots).fill(timing.bornMs);
    this.last = new Float64Array(3 * slots);
    this.matched = new Float64Array(this.markets.length);
    this.anchor = new Float64Array(this.markets.length);
    this.truths = new Float64Array(this.markets.length * 2 * REMEMBERED);
    for (let slot = 0; slot < slots; slot += 1) {
      // The first market is everyone's: a provider without it would not offer the contest.
      const provider = providers[Math.floor(slot / this.markets.length)];
      if (slot % this.markets.length > 0 && provider !== undefined && !views.happens(provider.coverage)) this.told[slot] = Told.notOffered;
    }
    if (timing.startsMs < timing.bornMs) this.catchUp();
    this.remember();
    this.hasMoved();
  }

  /** Lets the truth of [nowMs − TRUTH_MS, nowMs] happen. */
  advance(nowMs: number): Moment {
    const stopped = nowMs <= this.timing.startsMs ? this.ponder() : this.play(nowMs - TRUTH_MS, nowMs);
    this.model.assess();
    this.remember();
    if (this.model.over) this.endedMs = nowMs;
    const moved = this.hasMoved();
    return stopped ? 'goal' : moved ? 'news' : 'quiet';
  }

  /** True share of a market's first outcome as it was `lagMs` ago; of three outcomes the draw's is {@link drawAgo}. */
  firstAgo(market: number, lagMs: number): number {
    return this.truths[this.stateAgo(lagMs) + 2 * market] ?? 0;
  }

  drawAgo(market: number, lagMs: number): number {
    return this.truths[this.stateAgo(lagMs) + 2 * market + 1] ?? 0;
  }

  /** How long a provider is behind the truth now. The longest that can be is what is remembered of it. */
  lagMs(provider: Provider, inPlay: boolean): number {
    return inPlay ? provider.inPlayLagMs * this.pace : provider.lagMs;
  }

  private stateAgo(lagMs: number): number {
    const back = Math.min(REMEMBERED - 1, Math.ceil(lagMs / TRUTH_MS));
    return (Math.max(0, this.states - 1 - back) % REMEMBERED) * 2 * this.markets.length;
  }

  private ponder(): boolean {
    this.model.drift(this.random, TRUTH_MS / 1000);
    if (this.random.happens(TRUTH_MS / 1000 / TEAM_NEWS_S)) this.model.jump(this.random);
    return false;
  }

  /** Whether the share of some market has moved far enough since this was last so for everyone to look again. */
  private hasMoved(): boolean {
    const at = this.stateAgo(0);
    let most = 0;
    for (let market = 0; market < this.markets.length; market += 1) {
      most = Math.max(most, Math.abs(this.truths[at + 2 * market]! - this.anchor[market]!));
    }
    if (most < NEWS) return false;
    for (let market = 0; market < this.markets.length; market += 1) this.anchor[market] = this.truths[at + 2 * market]!;
    return true;
  }

  private play(fromMs: number, toMs: number): boolean {
    const { startsMs, lengthMs } = this.timing;
    this.inPlay = true;
    return this.model.play(this.random, Math.max(0, fromMs - startsMs) / lengthMs, (toMs - startsMs) / lengthMs);
  }

  /** A contest that began before the simulation did: what has happened so far, unseen. */
  private catchUp(): void {
    for (let at = this.timing.startsMs; at < this.timing.bornMs - TRUTH_MS && !this.model.over; at += TRUTH_MS) this.play(at, at + TRUTH_MS);
    this.model.assess();
    if (this.model.over) this.endedMs = this.timing.bornMs;
  }

  private remember(): void {
    const at = (this.states % REMEMBERED) * 2 * this.markets.length;
    this.states += 1;
    for (let market = 0; market < this.markets.length; market += 1) {
      const { first, three } = this.markets[market]!;
      this.truths[at + 2 * market] = first(this.model);
      this.truths[at + 2 * market + 1] = three ? this.model.drawn() : 0;
    }
  }
}
