import { z } from 'zod';
import type { FeedMessage } from '../feed.ts';
import { isMapped, type ApiOutcome, type Contest } from './markets.ts';

export type Problem = Extract<FeedMessage, { kind: 'problem' }>;

/** What one book offers under one API market key, and where in the input it stands. */
export interface ApiOffer {
  readonly provider: string;
  readonly apiMarket: string;
  readonly outcomes: readonly ApiOutcome[];
  readonly at: string;
}

/** One contest of a poll with all that is offered on it. */
export interface ApiEvent {
  readonly contest: Contest;
  readonly offers: readonly ApiOffer[];
}

/** A poll's body, read: its events, what could not be read, and the newest `last_update` in it (epoch ms), if there is one. */
export interface Body {
  readonly events: readonly ApiEvent[];
  readonly problems: readonly Problem[];
  readonly newestUpdateMs: number | undefined;
}

/** A recorded message of a change stream: what a book now offers under one API market key; no outcomes means withdrawn. */
export interface Change {
  /** Time of the poll that showed it, epoch ms UTC. */
  readonly timestampMs: number;
  readonly sequence: number | undefined;
  readonly eventId: string;
  /** Absent on withdrawals. */
  readonly contest: Contest | undefined;
  readonly provider: string;
  readonly apiMarket: string;
  readonly outcomes: readonly ApiOutcome[];
}

/** A problem of the input: what is wrong, and where it stands. */
export const problem = (code: string, message: string, at: string): Problem => ({ kind: 'problem', code, message, at });

const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** An instant as the API writes it (ISO 8601 with a zone, or epoch seconds where `dateFormat=unix`), as epoch ms. */
const instant = z.union([z.string(), z.number()]).transform((value, context) => {
  const ms = typeof value === 'number' ? value * 1000 : instantPattern.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  context.addIssue({ code: 'custom', message: `"${value}" is not an instant with a time zone` });
  return z.NEVER;
});
const name = z.string().min(1);

const eventShape = z.object({
  id: name, sport_key: name, commence_time: instant,
  home_team: z.string().nullish(), away_team: z.string().nullish(), bookmakers: z.array(z.unknown()).default([]),
});
const bookmakerShape = z.object({ key: name, last_update: instant.nullish(), markets: z.array(z.unknown()) });
const marketShape = z.object({ key: name, last_update: instant.nullish(), outcomes: z.array(z.unknown()) });
const outcomeShape = z.object({ name, price: z.number(), point: z.number().nullish() });
const changeShape = z.object({
  seq: z.int().nonnegative().optional(), t: instant, ev: name, book: name, mkt: name,
  sport: name.optional(), home: name.optional(), away: name.optional(), start: instant.optional(),
  o: z.array(z.tuple([name, z.number()]).rest(z.number())).nullable(),
});

/** The first thing that is wrong with a value, as `path: message`. */
const firstIssue = (error: z.ZodError): string => {
  const issue = error.issues[0];
  if (issue === undefined) return 'not readable';
  return issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;
};

/** Parsed JSON, or undefined where the text is none. */
export const parseJson = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
};

/** Collects what one body holds; what cannot be read is noted with its path and passed over, the rest still flows. */
class BodyReader {
  readonly problems: Problem[] = [];
  readonly ignored = new Map<string, number>();
  newestUpdateMs: number | undefined;

  event(raw: unknown, at: string): ApiEvent | undefined {
    const event = eventShape.safeParse(raw);
    if (!event.success) return this.refuse('event_malformed', event.error, at);
    const { id, sport_key, commence_time, home_team, away_team, bookmakers } = event.data;
    const offers: ApiOffer[] = [];
    for (const [index, bookmaker] of bookmakers.entries()) this.bookmaker(bookmaker, `${at}.bookmakers[${index}]`, offers);
    if (!home_team || !away_team) {
      // An outright has a field, not two teams: its markets have been counted among the ignored ones.
      if (offers.length > 0) this.problems.push(problem('event_malformed', 'home_team or away_team is missing', at));
      return undefined;
    }
    return { contest: { eventId: id, sportKey: sport_key, home: home_team, away: away_team, startsAtMs: commence_time }, offers };
  }

  private bookmaker(raw: unknown, at: string, offers: ApiOffer[]): void {
    const bookmaker = bookmakerShape.safeParse(raw);
    if (!bookmaker.success) return this.refuse('bookmaker_malformed', bookmaker.error, at);
    this.saw(bookmaker.data.last_update);
    for (const [index, market] of bookmaker.data.markets.entries()) this.market(bookmaker.data.key, market, `${at}.markets[${index}]`, offers);
  }

  private market(provider: string, raw: unknown, at: string, offers: ApiOffer[]): void {
    const market = marketShape.safeParse(raw);
    if (!market.success) return this.refuse('market_malformed', market.error, at);
    const { key, last_update, outcomes: rawOutcomes } = market.data;
    this.saw(last_update);
    if (!isMapped(key)) {
      this.ignored.set(key, (this.ignored.get(key) ?? 0) + 1);
      return;
    }
    const outcomes: ApiOutcome[] = [];
    for (const [index, rawOutcome] of rawOutcomes.entries()) {
      const outcome = outcomeShape.safeParse(rawOutcome);
      if (outcome.success) outcomes.push({ ...outcome.data, point: outcome.data.point ?? undefined });
      else this.refuse('outcome_malformed', outcome.error, `${at}.outcomes[${index}]`);
    }
    offers.push({ provider, apiMarket: key, outcomes, at });
  }

  private saw(updateMs: number | null | undefined): void {
    if (updateMs != null && !(this.newestUpdateMs !== undefined && this.newestUpdateMs >= updateMs)) this.newestUpdateMs = updateMs;
  }

  private refuse(code: string, error: z.ZodError, at: string): undefined {
    this.problems.push(problem(code, firstIssue(error), at));
    return undefined;
  }
}

/**
 * Reads a body of `/v4/sports/{sport}/odds`, parsed from JSON: every event with its offers. Whatever cannot be read is a problem with its JSON path
 * behind `at`, and everything else still counts. Markets that this feed does not map are one problem per market key, with their number.
 */
export const readBody = (json: unknown, at: string): Body => {
  if (!Array.isArray(json)) {
    return { events: [], problems: [problem('body_malformed', 'the body is not a list of events, as /v4/sports/{sport}/odds answers', at)], newestUpdateMs: undefined };
  }
  const reader = new BodyReader();
  const events = new Map<string, ApiEvent>();
  for (const [index, raw] of json.entries()) {
    const event = reader.event(raw, `${at}[${index}]`);
    if (event === undefined) continue;
    if (events.has(event.contest.eventId)) reader.problems.push(problem('duplicate_event', `event ${event.contest.eventId} stands there twice: the first counts`, `${at}[${index}]`));
    else events.set(event.contest.eventId, event);
  }
  for (const [key, count] of reader.ignored) reader.problems.push(problem('market_ignored', `${count} offers of market "${key}" left out: this feed does not map it`, at));
  return { events: [...events.values()], problems: reader.problems, newestUpdateMs: reader.newestUpdateMs };
};

/** Reads one line of a change stream. A problem says what is wrong with it. */
export const readChange = (line: string, at: string): Change | Problem => {
  const json = parseJson(line);
  if (json === undefined) return problem('json_malformed', 'the line is not JSON', at);
  const change = changeShape.safeParse(json.value);
  if (!change.success) return problem('change_malformed', firstIssue(change.error), at);
  const { seq, t, ev, book, mkt, sport, home, away, start, o } = change.data;
  const described = sport !== undefined && home !== undefined && away !== undefined && start !== undefined;
  if (!described && o !== null) return problem('change_malformed', 'sport, home, away or start is missing', at);
  return {
    timestampMs: t, sequence: seq, eventId: ev, provider: book, apiMarket: mkt,
    contest: described ? { eventId: ev, sportKey: sport, home, away, startsAtMs: start } : undefined,
    outcomes: (o ?? []).map(([outcome, price, point]) => ({ name: outcome, price, point })),
  };
};
