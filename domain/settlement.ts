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

/**
 * The class of every outcome, in the catalogue's order, at a final score: of the period that the market's name says, with or without
 * overtime as that period counts it (the caller's to see to). Undefined where the score does not decide the market: an unknown type,
 * an outright, a score that is not a pair of whole numbers. A quarter line is two half stakes on its neighbours.
 */
export const scoreResult = (market: string, home: number, away: number): ResultRow | undefined => {
  if (catalogueOf(market) === undefined || !isScore(home) || !isScore(away)) return undefined;
  const parsed = parseMarket(market);
  if (!parsed.ok) return undefined;
  const line = parsed.value.line ?? 0;
  const lead = home - away;
  switch (parsed.value.type) {
    case '1x2': return three[standing(lead)];
    case 'moneyline':
    case 'draw_no_bet': return two[standing(lead)];
    case 'double_chance': return chances[standing(lead)];
    case 'btts': return two[home > 0 && away > 0 ? 0 : 2];
    case 'totals': return byQuarters(4 * (home + away - line));
    case 'team_totals_home': return byQuarters(4 * (home - line));
    case 'team_totals_away': return byQuarters(4 * (away - line));
    case 'asian_handicap': return byQuarters(4 * (lead + line));
    case 'european_handicap': return three[standing(lead + line)];
    default: return undefined;
  }
};
