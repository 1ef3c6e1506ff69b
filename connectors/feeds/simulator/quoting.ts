import type { FeedMessage } from '../feed.ts';
import { Told } from './contest.ts';
import type { Contest } from './contest.ts';
import type { Shape } from './markets.ts';
import { noPrices, price } from './pricing.ts';
import { CURRENCY } from './providers.ts';
import type { Provider } from './providers.ts';
import type { Random } from '../../random.ts';

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});

/** One number per outcome, with the outcomes' names. */
const named = (shape: Shape, first: number, second: number, third: number): Record<string, number> => {
  switch (shape) {
    case 'result': return { home: first, draw: second, away: third };
    case 'sides': return { home: first, away: second };
    case 'totals': return { over: first, under: second };
  }
};

/** Stakes a bookmaker takes: one object for all markets of a shape, before and while the contest runs. */
const limitsOf = (payoutMinor: number): Readonly<Record<Shape, Readonly<Record<string, number>>>> => ({
  result: Object.freeze(named('result', payoutMinor, payoutMinor, payoutMinor)),
  sides: Object.freeze(named('sides', payoutMinor, payoutMinor, 0)),
  totals: Object.freeze(named('totals', payoutMinor, payoutMinor, 0)),
});

/** How long after its end a provider closes a contest's markets: with its lag, but never late enough to take a bet on a known result for long. */
const closeDelayMs = (provider: Provider): number => 100 + Math.min(1500, provider.inPlayLagMs / 2);

/** Turns what stands at a provider into updates. */
export class Quoting {
  private readonly providers: readonly Provider[];
  private readonly random: Random;
  private readonly say: (message: FeedMessage) => void;
  private readonly prices = noPrices();
  private readonly sequences: number[];
  private readonly limits: readonly (readonly [before: ReturnType<typeof limitsOf>, running: ReturnType<typeof limitsOf>])[];
  /** Providers that cannot be reached now. */
  readonly down: Uint8Array;
  /** Event time of what is said next. */
  timestamp = 0;
  /** Epoch ms at which the simulation's time is 0. */
  baseMs = 0;

  constructor(providers: readonly Provider[], random: Random, say: (message: FeedMessage) => void) {
    this.providers = providers;
    this.random = random;
    this.say = say;
    this.sequences = providers.map(() => 0);
    this.limits = providers.map(({ payoutMinor }) => [limitsOf(payoutMinor), limitsOf(Math.round(payoutMinor / 2))]);
    this.down = new Uint8Array(providers.length);
  }

  /** When a provider no longer prices a contest. */
  closesMs(contest: Contest, at: number): number {
    const provider = this.providers[at]!;
    return provider.inPlay ? contest.endedMs + closeDelayMs(provider) : contest.timing.startsMs + provider.inPlayLagMs;
  }

  /** Says what stands for every market of a contest at a provider; with `again`, also what has been said before. */
  quoteAll(contest: Contest, at: number, nowMs: number, again: boolean): void {
    for (let market = 0; market < contest.markets.length; market += 1) this.quote(contest, market, at, nowMs, again);
  }

  /**
   * Says what stands for a market at a provider: closed, suspended, or its prices; with `again` also a suspension or a mistake that has been said before.
   * Says nothing where nothing is offered, all is over, or the provider is down.
   */
  quote(contest: Contest, market: number, at: number, nowMs: number, again: boolean): void {
    const provider = this.providers[at]!;
    const slot = at * contest.markets.length + market;
    const told = contest.told[slot]!;
    if (told === Told.closed || told === Told.notOffered || this.down[at] === 1) return;
    if (nowMs >= this.closesMs(contest, at)) {
      this.turn(contest, market, slot, at, Told.closed);
    } else if (nowMs < contest.suspendedUntilMs[at]!) {
      if (told !== Told.nothing && (again || told !== Told.suspended)) this.turn(contest, market, slot, at, Told.suspended);
    } else if (told !== Told.mistaken || again) {
      const verdict = price(contest, market, at, provider, nowMs, this.random, slot, this.prices);
      if (verdict === 'priced') this.open(contest, market, slot, at);
      else if (verdict === 'decided') this.turn(contest, market, slot, at, Told.closed);
      else if (told !== Told.nothing && (again || told !== Told.suspended)) this.turn(contest, market, slot, at, Told.suspended);
    }
  }

  /** A palpable error: a price with its decimal point misplaced, or two prices swapped. It stands until it is corrected. */
  blunder(contest: Contest, market: number, at: number): void {
    const slot = at * contest.markets.length + market;
    const { back } = this.prices;
    const count = contest.markets[market]!.outcomes.length;
    this.prices.count = count;
    const told = contest.last.subarray(3 * slot, 3 * slot + count);
    back.set(told);
    const longest = told.indexOf(Math.max(...told));
    const shortest = told.indexOf(Math.min(...told));
    if (told[longest]! > 9 * told[shortest]!) {
      back[longest] = told[shortest]!;
      back[shortest] = told[longest]!;
    } else {
      back[shortest] = Math.round(told[shortest]! * 1000) / 100;
    }
    this.open(contest, market, slot, at);
    contest.told[slot] = Told.mistaken;
  }

  private turn(contest: Contest, market: number, slot: number, at: number, told: typeof Told.suspended | typeof Told.closed): void {
    const unsaid = contest.told[slot] === Told.nothing;
    contest.told[slot] = told;
    if (!unsaid) this.send(contest, market, at, told === Told.closed ? 'closed' : 'suspended', NOTHING, NOTHING, NOTHING, NOTHING, null, false);
  }

  private open(contest: Contest, market: number, slot: number, at: number): void {
    const { back, lay, count } = this.prices;
    const { shape } = contest.markets[market]!;
    const provider = this.providers[at]!;
    let repeat = contest.told[slot] === Told.open && provider.kind !== 'exchange';
    for (let i = 0; i < count; i += 1) {
      if (contest.last[3 * slot + i] !== back[i]) repeat = false;
      contest.last[3 * slot + i] = back[i]!;
    }
    contest.told[slot] = Told.open;
    const odds = named(shape, back[0]!, back[1]!, back[2]!);
    if (provider.kind !== 'exchange') {
      const limits = this.limits[at]![contest.inPlay ? 1 : 0][shape];
      this.send(contest, market, at, 'open', odds, limits, NOTHING, NOTHING, null, repeat);
      return;
    }
    const matched = contest.matched[market]! + 20 * this.random.share() * this.random.below(40);
    contest.matched[market] = matched;
    this.send(
      contest, market, at, 'open', odds, this.sizes(shape, provider.payoutMinor), named(shape, lay[0]!, lay[1]!, lay[2]!),
      this.sizes(shape, provider.payoutMinor), Math.round(matched * 100) / 100, false,
    );
  }

  private sizes(shape: Shape, mostMinor: number): Record<string, number> {
    return named(shape, this.size(mostMinor), this.size(mostMinor), this.size(mostMinor));
  }

  /** Most offers on an exchange are small. */
  private size(mostMinor: number): number {
    return 200 + Math.floor(mostMinor * this.random.share() ** 3);
  }

  private send(
    contest: Contest, market: number, at: number, status: 'open' | 'suspended' | 'closed', odds: Readonly<Record<string, number>>,
    limits: Readonly<Record<string, number>>, lay: Readonly<Record<string, number>>, layLimits: Readonly<Record<string, number>>,
    volume: number | null, repeat: boolean,
  ): void {
    const provider = this.providers[at]!;
    const sequence = this.sequences[at]! + 1;
    this.sequences[at] = sequence;
    this.say({
      kind: 'update',
      value: {
        timestamp: this.timestamp,
        provider: provider.name,
        sport: contest.sport,
        event_id: contest.eventId,
        market: contest.markets[market]!.name,
        odds,
        volume,
        status,
        in_play: contest.inPlay,
        starts_at: this.baseMs + contest.timing.startsMs,
        sequence,
        repeat,
        currency: CURRENCY,
        commission: provider.commission,
        limits,
        lay,
        lay_limits: layLimits,
      },
    });
  }
}
