import type { Random } from '../../random.ts';
import type { FeedMessage } from '../feed.ts';
import type { Contest } from './contest.ts';
import { type EventStatus, type Score, settleAgain, takeBack, voidWindow } from './results.ts';

/** Share of football and basketball matches whose score is corrected after they were settled for good. */
const CORRECTED = 0.05;
/** Share of all matches of which a market is cancelled for a window in play, and of those windows the ones that are taken back. */
const WINDOWED = 0.04, WINDOW_TAKEN_BACK = 0.6;
/** A match has so many minutes of its own. */
const MATCH_MINUTES = 90;

/** What a world offers to those who have something to say later. */
export interface Teller {
  /** Event time now, epoch ms. */
  readonly timestamp: number;
  in(delayMs: number, task: () => void): void;
  say(message: FeedMessage): void;
  tell(contest: Contest, status: EventStatus, score: Score): void;
}

/** A match's own minutes, ms. */
const minutesOf = ({ timing, doubts }: Contest, from: number, to: number): number => (doubts.between(from, to) * timing.lengthMs) / MATCH_MINUTES;

/** What a score is corrected to long after the end: a goal taken from one side or found for the other, two points for the side at home. */
const corrected = ({ sport }: Contest, { home, away }: Score, random: Random): Score => {
  if (sport === 'basketball') return { home: home + 2, away };
  return home > 0 && random.happens(0.5) ? { home: home - 1, away } : { home, away: away + 1 };
};

/** What was settled for good may turn out to be wrong: it is taken back after some minutes of the match, and settled otherwise after some more. In tennis nobody miscounts. */
export const doubtScore = (contest: Contest, settled: Score, teller: Teller): void => {
  const { doubts } = contest, say = (message: FeedMessage): void => { teller.say(message); };
  if (contest.sport === 'tennis' || !doubts.happens(CORRECTED)) return;
  const score = corrected(contest, settled, doubts), againMs = minutesOf(contest, 1, 4);
  teller.in(minutesOf(contest, 10, 30), () => {
    takeBack(contest, settled, score, teller.timestamp, say);
    teller.in(againMs, () => {
      teller.tell(contest, 'finished', score);
      settleAgain(contest, settled, score, teller.timestamp, say);
    });
  });
};

/** Now and then bets of some minutes in play are void: a price was wrong, or a goal was known too early. More often than not that is taken back. */
export const doubtPrices = (contest: Contest, teller: Teller): void => {
  const { doubts } = contest, say = (message: FeedMessage): void => { teller.say(message); };
  if (!doubts.happens(WINDOWED)) return;
  const market = doubts.below(contest.markets.length), lastsMs = Math.ceil(minutesOf(contest, 2, 6)), laterMs = minutesOf(contest, 5, 40), isTakenBack = doubts.happens(WINDOW_TAKEN_BACK);
  teller.in(minutesOf(contest, 10, 60), () => {
    const untilMs = teller.timestamp, window = { fromMs: untilMs - lastsMs, untilMs };
    voidWindow('cancel', contest, market, window, untilMs, say);
    if (isTakenBack) teller.in(laterMs, () => { voidWindow('rollback_cancel', contest, market, window, teller.timestamp, say); });
  });
};
