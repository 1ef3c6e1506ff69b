/** What a final score makes of each outcome of a market. */
import { catalogueOf, parseMarket } from './market.ts';
import type { ResultClass } from './market.ts';

type ResultRow = readonly ResultClass[];

const two: readonly ResultRow[] = [['won', 'lost'], ['push', 'push'], ['lost', 'won']];
const three: readonly ResultRow[] = [['won', 'lost', 'lost'], ['lost', 'won', 'lost'], ['lost', 'lost', 'won']];
const chances: readonly ResultRow[] = [['won', 'won', 'lost'], ['won', 'lost', 'won'], ['lost', 'won', 'won']];
const half: readonly ResultRow[] = [['half_won', 'half_lost'], ['half_lost', 'half_won']];

/** 0 where the first side is ahead, 1 level, 2 behind. */
const standing = (ahead: number): 0 | 1 | 2 => (ahead > 0 ? 0 : ahead === 0 ? 1 : 2);

/** Two sides of a line by how many quarters the first is ahead: one quarter is half a win, none a push. */
const byQuarters = (quarters: number): ResultRow | undefined => {
  if (Math.abs(quarters) === 1) return half[quarters > 0 ? 0 : 1];
  return two[standing(quarters)];
};

const isScore = (score: number): boolean => Number.isSafeInteger(score) && score >= 0;

/** What a final score makes of a market's outcomes; undefined for a score that is not a pair of whole numbers. */
export type ScoreRule = (home: number, away: number) => ResultRow | undefined;

const ruleOf = (type: string, line: number): ScoreRule | undefined => {
  switch (type) {
    case '1x2': return (home, away) => three[standing(home - away)];
    case 'moneyline':
    case 'draw_no_bet': return (home, away) => two[standing(home - away)];
    case 'double_chance': return (home, away) => chances[standing(home - away)];
    case 'btts': return (home, away) => two[home > 0 && away > 0 ? 0 : 2];
    case 'totals': return (home, away) => byQuarters(4 * (home + away - line));
    case 'team_totals_home': return (home) => byQuarters(4 * (home - line));
    case 'team_totals_away': return (_, away) => byQuarters(4 * (away - line));
    case 'asian_handicap': return (home, away) => byQuarters(4 * (home - away + line));
    case 'european_handicap': return (home, away) => three[standing(home - away + line)];
    default: return undefined;
  }
};

/** The rule by which a final score decides a market, by its name; undefined where none does. For many scores: {@link scoreResult} reads the name each time. */
export const scoreRuleOf = (market: string): ScoreRule | undefined => {
  const parsed = parseMarket(market);
  if (!parsed.ok || catalogueOf(market) === undefined) return undefined;
  const rule = ruleOf(parsed.value.type, parsed.value.line ?? 0);
  return rule === undefined ? undefined : (home, away) => (isScore(home) && isScore(away) ? rule(home, away) : undefined);
};

/**
 * The class of every outcome, in the catalogue's order, at a final score: of the period that the market's name says, with or without
 * overtime as that period counts it (the caller's to see to). Undefined where the score does not decide the market: an unknown type,
 * an outright, a score that is not a pair of whole numbers. A quarter line is two half stakes on its neighbours.
 */
export const scoreResult = (market: string, home: number, away: number): ResultRow | undefined => scoreRuleOf(market)?.(home, away);
