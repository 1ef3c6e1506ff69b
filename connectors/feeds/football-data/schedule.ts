/** When a match's quotes are said: the source gives prices and a kick-off, and no times of the prices. */
import { catalogueOf } from '../../../domain/market.ts';
import { scoreResult } from '../../../domain/settlement.ts';
import type { FeedMessage } from '../feed.ts';
import type { Event, OddsUpdate } from '../messages.ts';
import type { Match, Quote } from './match.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Milliseconds after kick-off at which each thing is said. A convention: see the feed's doc. */
export const scheduleMs = {
  opening: -24 * HOUR_MS,
  withdrawal: -MINUTE_MS - SECOND_MS,
  closing: -MINUTE_MS,
  kickOff: 0,
  finish: 110 * MINUTE_MS,
} as const;

export type Step = keyof typeof scheduleMs;
const steps = Object.keys(scheduleMs) as readonly Step[];

/** Whose `events` and `results` these are. */
export const PROVIDER = 'football-data';
const SPORT = 'football';

/** What is said of one match at one time. */
export interface Moment {
  /** Epoch ms UTC. */
  readonly timestamp: number;
  readonly step: Step;
  readonly match: Match;
}

export interface QuoteOptions {
  /** Whether exchanges are quoted besides bookmakers. */
  readonly exchanges: boolean;
  /** Share of net winnings that an exchange keeps. */
  readonly commission: number;
}

const quotesOf = ({ match }: Moment, phase: Quote['phase'], { exchanges }: QuoteOptions): readonly Quote[] =>
  match.quotes.filter((quote) => quote.phase === phase && (exchanges || !quote.book.exchange));

const update = ({ timestamp, match }: Moment, { book, market }: Quote, rest: Pick<OddsUpdate, 'odds' | 'status'>, { commission }: QuoteOptions): FeedMessage => ({
  kind: 'update',
  value: {
    timestamp, provider: book.provider, sport: SPORT, event_id: match.eventId, market,
    in_play: false, starts_at: match.startsAtMs, commission: book.exchange ? commission : 0, ...rest,
  },
});

const event = ({ timestamp, match }: Moment, status: NonNullable<Event['status']>, score: Match['score']): FeedMessage => ({
  kind: 'event',
  value: {
    timestamp, event_id: match.eventId, sport: SPORT, competition: match.competition, home: match.home, away: match.away,
    starts_at: match.startsAtMs, status, home_score: score?.home ?? null, away_score: score?.away ?? null, provider: PROVIDER,
  },
});

const results = ({ timestamp, match }: Moment, options: QuoteOptions): FeedMessage[] => {
  const { score } = match;
  if (score === undefined) return [];
  const quoted = match.quotes.filter(({ book }) => options.exchanges || !book.exchange).map(({ market }) => market);
  return [...new Set(['1x2', 'totals:2.5', ...quoted])].flatMap((market): FeedMessage[] => {
    const names = catalogueOf(market)?.outcomes;
    const classes = scoreResult(market, score.home, score.away);
    if (names === undefined || classes === undefined) return [];
    const outcomes = names.flatMap((outcome, at) => {
      const result = classes[at];
      return result === undefined ? [] : [{ outcome, result }];
    });
    return [{ kind: 'result', value: { timestamp, provider: PROVIDER, sport: SPORT, event_id: match.eventId, market, action: 'settle', certainty: 'confirmed', outcomes } }];
  });
};

const say: Readonly<Record<Step, (moment: Moment, options: QuoteOptions) => FeedMessage[]>> = {
  opening: (moment, options) => [
    event(moment, 'scheduled', undefined),
    ...quotesOf(moment, 'opening', options).map((quote) => update(moment, quote, { odds: quote.odds, status: 'open' }, options)),
  ],
  withdrawal: (moment, options) => quotesOf(moment, 'opening', options).map((quote) => update(moment, quote, { odds: {}, status: 'open' }, options)),
  closing: (moment, options) => quotesOf(moment, 'closing', options).map((quote) => update(moment, quote, { odds: quote.odds, status: 'open' }, options)),
  kickOff: (moment, options) => [
    ...quotesOf(moment, 'closing', options).map((quote) => update(moment, quote, { odds: {}, status: 'closed' }, options)),
    // Of a fixture we know that it was to begin, not that it did.
    ...(moment.match.score === undefined ? [] : [event(moment, 'live', undefined)]),
  ],
  finish: (moment, options) => (moment.match.score === undefined ? [] : [event(moment, 'finished', moment.match.score), ...results(moment, options)]),
};

/** What is said at a moment, in order. */
export const messagesOf = (moment: Moment, options: QuoteOptions): readonly FeedMessage[] => say[moment.step](moment, options);

/** All moments of the matches in event-time order; those of one time by step and event id, so that the order of files does not matter. */
export const schedule = (matches: readonly Match[]): readonly Moment[] =>
  matches
    .flatMap((match) => steps.map((step): Moment => ({ timestamp: match.startsAtMs + scheduleMs[step], step, match })))
    .sort((a, b) =>
      a.timestamp - b.timestamp
      || steps.indexOf(a.step) - steps.indexOf(b.step)
      || (a.match.eventId < b.match.eventId ? -1 : 1));
