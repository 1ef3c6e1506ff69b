import type { FeedMessage } from '../feed.ts';
import type { Event, OddsUpdate } from '../messages.ts';
import { problem, type ApiEvent, type Change } from './body.ts';
import { isAlternate, quotesOf, sportOf, type Contest, type Quote } from './markets.ts';
import type { PriceFormat } from './prices.ts';
import type { Score } from './scores.ts';

/** One poll of a whole offer: what it does not hold is no longer offered. */
export interface Poll {
  /** Polls of one series replace each other: a sport key, or what a recorder's files have in common. */
  readonly series: string;
  /** When the answer was there, epoch ms UTC: the latest time at which its quotes are known to have been offered. */
  readonly timestampMs: number;
  readonly events: readonly ApiEvent[];
  readonly format: PriceFormat;
}

type Prices = Readonly<Record<string, number>>;

/** One book's whole standing offer on one market, as it was last sent. */
interface Standing {
  readonly odds: Prices;
  readonly lay: Prices;
  readonly inPlay: boolean;
  readonly startsAtMs: number;
}

/** One book on one contest: what it offers by API market key, and what of it was sent by market. */
interface Book {
  readonly groups: Map<string, readonly Quote[]>;
  readonly standing: Map<string, Standing>;
}

interface Known {
  contest: Contest;
  series: string;
  books: Map<string, Book>;
  score: Score | undefined;
  /** The Event that was last sent, without its time, as text. */
  said: string;
}

const NOTHING: Prices = {};

const samePrices = (a: Prices, b: Prices): boolean => {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((outcome) => a[outcome] === b[outcome]);
};

const sameStanding = (a: Standing, b: Standing): boolean =>
  a.inPlay === b.inPlay && a.startsAtMs === b.startsAtMs && samePrices(a.odds, b.odds) && samePrices(a.lay, b.lay);

/** A book's offer by our markets: its groups laid together, h2h beside h2h_lay, a featured line over the same alternate line. */
const offerOf = (groups: ReadonlyMap<string, readonly Quote[]>): Map<string, { odds: Prices; lay: Prices }> => {
  const offer = new Map<string, { odds: Prices; lay: Prices }>();
  const featuredLast = [...groups].sort(([a], [b]) => Number(isAlternate(b)) - Number(isAlternate(a)));
  for (const [, quotes] of featuredLast) {
    for (const { market, side, prices } of quotes) {
      const entry = offer.get(market) ?? { odds: NOTHING, lay: NOTHING };
      entry[side] = { ...entry[side], ...prices };
      offer.set(market, entry);
    }
  }
  return offer;
};

/**
 * Turns what the API says into feed messages, and remembers what stands, so that what is no longer offered is withdrawn: an update with no prices and
 * status `closed`, per market that has gone (a line that moved, a market, a book, an event). Pure: a function of the calls so far.
 *
 * A line belongs to the market's identity, and a book has one spread and one total at a time. So a book's new offer under an API market key
 * replaces its whole old offer under that key: where totals move from 2.5 to 2.25, `totals:2.5` is withdrawn.
 */
export class OffersMapper {
  private readonly commissions: ReadonlyMap<string, number>;
  private readonly known = new Map<string, Known>();
  private readonly announced = new Set<string>();
  /** By series: what was last said of contests that are over and no longer offered, while the API still names them. */
  private readonly over = new Map<string, Map<string, string>>();

  /** @param commissions Share of net winnings that an exchange keeps (0.05 for 5 %), by provider; others keep none. */
  constructor(commissions: ReadonlyMap<string, number>) {
    this.commissions = commissions;
  }

  /** The messages of one poll: every standing quote again (`repeat` where unchanged), and withdrawals of what it no longer holds. */
  poll({ series, timestampMs, events, format }: Poll): FeedMessage[] {
    const messages: FeedMessage[] = [];
    const seen = new Set<string>();
    for (const { contest, offers } of events) {
      seen.add(contest.eventId);
      const known = this.meet(contest, series, timestampMs, messages);
      const groupsByProvider = new Map<string, Map<string, readonly Quote[]>>();
      for (const { provider, apiMarket, outcomes, at } of offers) {
        const groups = groupsByProvider.get(provider) ?? new Map<string, readonly Quote[]>();
        const { quotes, refusals } = quotesOf(contest, apiMarket, outcomes, format);
        groups.set(apiMarket, quotes);
        groupsByProvider.set(provider, groups);
        messages.push(...refusals.map((refusal) => problem(refusal.code, refusal.message, at)));
      }
      for (const provider of new Set([...known.books.keys(), ...groupsByProvider.keys()])) {
        const book = this.bookOf(known, provider, timestampMs, messages);
        book.groups.clear();
        for (const [apiMarket, quotes] of groupsByProvider.get(provider) ?? []) book.groups.set(apiMarket, quotes);
        this.say(known, provider, book, undefined, timestampMs, undefined, messages);
      }
    }
    for (const [eventId, known] of this.known) {
      if (known.series === series && !seen.has(eventId)) this.withdrawEvent(known, timestampMs, messages);
    }
    return messages;
  }

  /** The messages of one recorded change: it replaces the book's offer under its API market key, and leaves the others. */
  change(change: Change, format: PriceFormat, at: string): FeedMessage[] {
    const { timestampMs, sequence, eventId, contest, provider, apiMarket, outcomes } = change;
    const messages: FeedMessage[] = [];
    const known = contest === undefined ? this.known.get(eventId) : this.meet(contest, '', timestampMs, messages);
    if (known === undefined) return [problem('unknown_event', `withdrawal for event ${eventId}, of which nothing was said before`, at)];
    const { quotes, refusals } = quotesOf(known.contest, apiMarket, outcomes, format);
    messages.push(...refusals.map((refusal) => problem(refusal.code, refusal.message, at)));
    const book = this.bookOf(known, provider, timestampMs, messages);
    const affected = new Set([...(book.groups.get(apiMarket) ?? []), ...quotes].map(({ market }) => market));
    if (quotes.length === 0) book.groups.delete(apiMarket);
    else book.groups.set(apiMarket, quotes);
    this.say(known, provider, book, affected, timestampMs, sequence, messages);
    return messages;
  }

  /** Withdraws all that stands of a series: nothing has been heard of it for too long. */
  withdrawSeries(series: string, timestampMs: number): FeedMessage[] {
    const messages: FeedMessage[] = [];
    for (const known of this.known.values()) if (known.series === series) this.withdrawEvent(known, timestampMs, messages);
    return messages;
  }

  /** Scores of contests: the event is said again where its score or its end is news. */
  scores(scores: readonly Score[], series: string, timestampMs: number): FeedMessage[] {
    const messages: FeedMessage[] = [];
    const over = new Map<string, string>();
    for (const score of scores) {
      const { eventId } = score.contest;
      const known = this.known.get(eventId)
        ?? { contest: score.contest, series, books: new Map<string, Book>(), score, said: this.over.get(series)?.get(eventId) ?? '' };
      if (!score.completed && !this.known.has(eventId)) continue;
      known.score = score;
      this.sayEvent(known, timestampMs, messages);
      if (score.completed) over.set(eventId, known.said);
    }
    this.over.set(series, over);
    return messages;
  }

  /** Providers that have been announced as up so far. */
  providers(): readonly string[] {
    return [...this.announced];
  }

  /** Says of every announced provider that it is up: after a silent reading the log may not know. */
  upAgain(timestampMs: number): FeedMessage[] {
    return this.providers().map((provider) => ({ kind: 'status', provider, status: 'up', timestamp: timestampMs }));
  }

  private meet(contest: Contest, series: string, timestampMs: number, messages: FeedMessage[]): Known {
    const known = this.known.get(contest.eventId) ?? { contest, series, books: new Map<string, Book>(), score: undefined, said: '' };
    known.contest = contest;
    known.series = series;
    this.known.set(contest.eventId, known);
    this.sayEvent(known, timestampMs, messages);
    return known;
  }

  private sayEvent(known: Known, timestampMs: number, messages: FeedMessage[]): void {
    const { contest, score } = known;
    const live = timestampMs >= contest.startsAtMs;
    const event: Omit<Event, 'timestamp'> = {
      event_id: contest.eventId, sport: sportOf(contest.sportKey), competition: contest.sportKey,
      home: contest.home, away: contest.away, starts_at: contest.startsAtMs,
      status: score?.completed === true ? 'finished' : live ? 'live' : 'scheduled',
      home_score: score?.home ?? null, away_score: score?.away ?? null, provider: 'the-odds-api',
    };
    const said = JSON.stringify(event);
    if (said === known.said) return;
    known.said = said;
    messages.push({ kind: 'event', value: { timestamp: timestampMs, ...event } });
  }

  private bookOf(known: Known, provider: string, timestampMs: number, messages: FeedMessage[]): Book {
    if (!this.announced.has(provider)) {
      this.announced.add(provider);
      messages.push({ kind: 'status', provider, status: 'up', timestamp: timestampMs });
    }
    const book = known.books.get(provider) ?? { groups: new Map(), standing: new Map() };
    known.books.set(provider, book);
    return book;
  }

  private withdrawEvent(known: Known, timestampMs: number, messages: FeedMessage[]): void {
    for (const [provider, book] of known.books) {
      book.groups.clear();
      this.say(known, provider, book, undefined, timestampMs, undefined, messages);
    }
    this.known.delete(known.contest.eventId);
  }

  /** Says what has become of a book's markets (of the affected ones only, where they are named): withdrawals first, then offers. */
  private say(
    known: Known, provider: string, book: Book, affected: ReadonlySet<string> | undefined,
    timestampMs: number, sequence: number | undefined, messages: FeedMessage[],
  ): void {
    const { contest } = known;
    const offer = offerOf(book.groups);
    const update = (market: string, standing: Standing, repeat: boolean, status: 'open' | 'closed'): void => {
      const value: OddsUpdate = {
        timestamp: timestampMs, provider, sport: sportOf(contest.sportKey), event_id: contest.eventId, market,
        odds: standing.odds, lay: standing.lay, status, repeat, in_play: standing.inPlay, starts_at: standing.startsAtMs,
        observed_at: timestampMs, sequence: sequence ?? null, commission: this.commissions.get(provider) ?? 0,
      };
      messages.push({ kind: 'update', value });
    };
    const now = { inPlay: timestampMs >= contest.startsAtMs, startsAtMs: contest.startsAtMs };
    for (const market of [...book.standing.keys()]) {
      if (offer.has(market) || (affected !== undefined && !affected.has(market))) continue;
      book.standing.delete(market);
      update(market, { odds: NOTHING, lay: NOTHING, ...now }, false, 'closed');
    }
    for (const [market, { odds, lay }] of offer) {
      if (affected !== undefined && !affected.has(market)) continue;
      const standing: Standing = { odds, lay, ...now };
      const before = book.standing.get(market);
      book.standing.set(market, standing);
      update(market, standing, before !== undefined && sameStanding(before, standing), 'open');
    }
  }
}
