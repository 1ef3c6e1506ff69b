import { scoreResult } from '../../../domain/settlement.ts';
import type { FeedMessage } from '../feed.ts';
import type { Event, Result } from '../messages.ts';
import type { Contest } from './contest.ts';

/** Who says how contests stand and end. Invented. */
export const SCORER = 'matchdesk';

export interface Score {
  readonly home: number;
  readonly away: number;
}

export type EventStatus = 'scheduled' | 'live' | 'finished';

/** What is known of a contest. No score before it has begun. */
export const eventOf = (contest: Contest, status: EventStatus, score: Score, timestamp: number, baseMs: number): Event => ({
  timestamp,
  event_id: contest.eventId,
  sport: contest.sport,
  competition: contest.competition,
  home: contest.home,
  away: contest.away,
  starts_at: baseMs + contest.timing.startsMs,
  status,
  home_score: status === 'scheduled' ? null : score.home,
  away_score: status === 'scheduled' ? null : score.away,
  provider: SCORER,
});

const settlement = (contest: Contest, at: number, score: Score, certainty: 'live' | 'confirmed', timestamp: number): Result => {
  const { name, outcomes } = contest.markets[at]!;
  const classes = scoreResult(name, score.home, score.away) ?? [];
  return {
    timestamp, provider: SCORER, sport: contest.sport, event_id: contest.eventId, market: name, action: 'settle', certainty,
    outcomes: outcomes.map((outcome, index) => ({ outcome, result: classes[index] ?? 'void' })),
  };
};

const sameEnd = (market: string, a: Score, b: Score): boolean =>
  scoreResult(market, a.home, a.away)?.join() === scoreResult(market, b.home, b.away)?.join();

/** Settles every market by a score that may yet change. */
export const settleLive = (contest: Contest, score: Score, timestamp: number, say: (message: FeedMessage) => void): void => {
  contest.markets.forEach((_, at) => {
    say({ kind: 'result', value: settlement(contest, at, score, 'live', timestamp) });
  });
};

/** Settles every market for good; one that was settled otherwise by `earlier` is rolled back first. */
export const settleForGood = (contest: Contest, earlier: Score, score: Score, timestamp: number, say: (message: FeedMessage) => void): void => {
  contest.markets.forEach(({ name }, at) => {
    if (!sameEnd(name, earlier, score)) {
      say({ kind: 'result', value: {
        timestamp, provider: SCORER, sport: contest.sport, event_id: contest.eventId, market: name, action: 'rollback_settle', certainty: 'live', outcomes: [],
      } });
    }
    say({ kind: 'result', value: settlement(contest, at, score, 'confirmed', timestamp) });
  });
};

/** Markets that a score settles otherwise than another, by name. */
const settledOtherwise = ({ markets }: Contest, a: Score, b: Score): number[] => markets.flatMap(({ name }, at) => (sameEnd(name, a, b) ? [] : [at]));

const withoutOutcomes = (contest: Contest, at: number, action: 'rollback_settle' | 'cancel' | 'rollback_cancel', timestamp: number): Result => ({
  timestamp, provider: SCORER, sport: contest.sport, event_id: contest.eventId, market: contest.markets[at]!.name, action, certainty: 'confirmed', outcomes: [],
});

/** Takes back what was settled for good, of the markets that another score settles otherwise. */
export const takeBack = (contest: Contest, settled: Score, score: Score, timestamp: number, say: (message: FeedMessage) => void): void => {
  for (const at of settledOtherwise(contest, settled, score)) say({ kind: 'result', value: withoutOutcomes(contest, at, 'rollback_settle', timestamp) });
};

/** Settles what was taken back, by the other score. */
export const settleAgain = (contest: Contest, settled: Score, score: Score, timestamp: number, say: (message: FeedMessage) => void): void => {
  for (const at of settledOtherwise(contest, settled, score)) say({ kind: 'result', value: settlement(contest, at, score, 'confirmed', timestamp) });
};

/** A span of event time in which bets on a market are void, epoch ms. */
export interface VoidWindow { readonly fromMs: number; readonly untilMs: number }

/** Says that bets of a window are void, or takes that back. */
export const voidWindow = (action: 'cancel' | 'rollback_cancel', contest: Contest, at: number, { fromMs, untilMs }: VoidWindow, timestamp: number, say: (message: FeedMessage) => void): void => {
  say({ kind: 'result', value: { ...withoutOutcomes(contest, at, action, timestamp), void_from: fromMs, void_until: untilMs } });
};
