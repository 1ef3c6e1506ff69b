import { z } from 'zod';
import { problem, type Problem } from './body.ts';
import type { Contest } from './markets.ts';

/** How a contest stands or ended, as `/v4/sports/{sport}/scores` says it. For football that went to extra time the API does not say which score this is. */
export interface Score {
  readonly contest: Contest;
  readonly completed: boolean;
  readonly home: number | undefined;
  readonly away: number | undefined;
}

const scoreShape = z.object({
  id: z.string().min(1), sport_key: z.string().min(1), commence_time: z.iso.datetime({ offset: true }),
  completed: z.boolean(), home_team: z.string().min(1), away_team: z.string().min(1),
  scores: z.array(z.object({ name: z.string(), score: z.coerce.number().int().nonnegative() })).nullish(),
});

/** Reads a body of `/v4/sports/{sport}/scores`, parsed from JSON; an entry that cannot be read is a problem. */
export const readScores = (json: unknown, at: string): { readonly scores: readonly Score[]; readonly problems: readonly Problem[] } => {
  if (!Array.isArray(json)) return { scores: [], problems: [problem('body_malformed', 'the body is not a list of scores', at)] };
  const scores: Score[] = [];
  const problems: Problem[] = [];
  for (const [index, raw] of json.entries()) {
    const entry = scoreShape.safeParse(raw);
    if (!entry.success) {
      problems.push(problem('score_malformed', z.prettifyError(entry.error), `${at}[${index}]`));
      continue;
    }
    const { id, sport_key, commence_time, completed, home_team, away_team, scores: pairs } = entry.data;
    const of = (team: string): number | undefined => pairs?.find((pair) => pair.name === team)?.score;
    scores.push({
      contest: { eventId: id, sportKey: sport_key, home: home_team, away: away_team, startsAtMs: Date.parse(commence_time) },
      completed, home: of(home_team), away: of(away_team),
    });
  }
  return { scores, problems };
};
