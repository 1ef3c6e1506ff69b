import { formatMarket } from '../../../domain/market.ts';
import { readPrice, type PriceFormat } from './prices.ts';

/** A sporting contest as the API describes it. */
export interface Contest {
  readonly eventId: string;
  readonly sportKey: string;
  readonly home: string;
  readonly away: string;
  /** Epoch ms UTC, as known at the time of the poll. */
  readonly startsAtMs: number;
}

/** One line of an API market: a name, a price in the body's format, and the line where the market has one. */
export interface ApiOutcome {
  readonly name: string;
  readonly price: number;
  readonly point?: number | undefined;
}

/** Back prices (`odds`) or, on exchanges, lay prices, of one market: decimal prices by outcome. */
export interface Quote {
  readonly market: string;
  readonly side: 'odds' | 'lay';
  readonly prices: Readonly<Record<string, number>>;
}

/** Why part of an input was not taken. */
export interface Refusal {
  readonly code: 'unknown_outcome' | 'duplicate_outcome' | 'line_missing' | 'price_refused' | 'teams_equal';
  readonly message: string;
}

/** The API's group (the part of a sport key before the first `_`) where our name of the sport is another. */
const SPORTS: ReadonlyMap<string, string> = new Map([['soccer', 'football']]);

/** Our name of the sport of an API sport key: `soccer_epl` is `football`; a group that we have no other name for keeps its own. */
export const sportOf = (sportKey: string): string => {
  const group = sportKey.split('_', 1)[0] ?? sportKey;
  return SPORTS.get(group) ?? group;
};

type Kind = 'winner' | 'spread' | 'total';
const MARKETS: ReadonlyMap<string, { readonly kind: Kind; readonly side: Quote['side'] }> = new Map([
  ['h2h', { kind: 'winner', side: 'odds' }],
  ['h2h_lay', { kind: 'winner', side: 'lay' }],
  ['spreads', { kind: 'spread', side: 'odds' }],
  ['alternate_spreads', { kind: 'spread', side: 'odds' }],
  ['totals', { kind: 'total', side: 'odds' }],
  ['alternate_totals', { kind: 'total', side: 'odds' }],
]);

/** Whether this feed maps an API market key; others (outrights, player props) are counted and left out. */
export const isMapped = (apiMarket: string): boolean => MARKETS.has(apiMarket);

/** Of two API markets with the same line the featured one wins over its `alternate_` list. */
export const isAlternate = (apiMarket: string): boolean => apiMarket.startsWith('alternate_');

const outcomeOf = (kind: Kind, contest: Contest, name: string): string | undefined => {
  if (kind === 'total') return name === 'Over' ? 'over' : name === 'Under' ? 'under' : undefined;
  if (name === contest.home) return 'home';
  if (name === contest.away) return 'away';
  return kind === 'winner' && name === 'Draw' ? 'draw' : undefined;
};

const marketOf = (kind: Kind, contest: Contest, outcomes: readonly string[], line: number | undefined): string => {
  if (kind === 'spread' && line !== undefined) return formatMarket({ type: 'asian_handicap', line });
  if (kind === 'total' && line !== undefined) return formatMarket({ type: 'totals', line });
  // Late in play books drop the draw from a football h2h: it stays the three-way market, with an outcome less.
  return formatMarket({ type: sportOf(contest.sportKey) === 'football' || outcomes.includes('draw') ? '1x2' : 'moneyline' });
};

/**
 * What one book offers under one API market key, as quotes of our markets: one per line. h2h is `1x2` in football and wherever a draw is offered, else
 * `moneyline`; spreads are `asian_handicap` with the line from the home side; totals are `totals`. Outcomes come in any order and are told by their
 * names. An outcome that cannot be read is left out and told of: so it is withdrawn, because a broken price must not leave an old one standing.
 */
export const quotesOf = (
  contest: Contest, apiMarket: string, outcomes: readonly ApiOutcome[], format: PriceFormat,
): { readonly quotes: readonly Quote[]; readonly refusals: readonly Refusal[] } => {
  const mapped = MARKETS.get(apiMarket);
  if (mapped === undefined) return { quotes: [], refusals: [] };
  const { kind, side } = mapped;
  if (kind !== 'total' && contest.home === contest.away) {
    return { quotes: [], refusals: [{ code: 'teams_equal', message: `both teams are "${contest.home}": outcomes cannot be told apart` }] };
  }
  const refusals: Refusal[] = [];
  const byLine = new Map<number | undefined, Record<string, number>>();
  for (const { name, price: raw, point } of outcomes) {
    const outcome = outcomeOf(kind, contest, name);
    if (outcome === undefined) {
      refusals.push({ code: 'unknown_outcome', message: `"${name}" is no outcome of ${apiMarket} in ${contest.home} v ${contest.away}` });
      continue;
    }
    if (kind !== 'winner' && (point === undefined || !Number.isFinite(point))) {
      refusals.push({ code: 'line_missing', message: `"${name}" of ${apiMarket} has no point` });
      continue;
    }
    const price = readPrice(raw, format);
    if (!price.ok) {
      refusals.push({ code: 'price_refused', message: `"${name}" of ${apiMarket}: ${price.error}` });
      continue;
    }
    // A line is signed from the home side: what the away side gives, the home side takes.
    const line = kind === 'winner' || point === undefined ? undefined : outcome === 'away' ? -point : point;
    const prices = byLine.get(line) ?? {};
    if (outcome in prices) {
      refusals.push({ code: 'duplicate_outcome', message: `"${name}" of ${apiMarket} stands there twice: the first counts` });
      continue;
    }
    prices[outcome] = price.value;
    byLine.set(line, prices);
  }
  const quotes = [...byLine].map(([line, prices]): Quote => ({ market: marketOf(kind, contest, Object.keys(prices), line), side, prices }));
  return { quotes, refusals };
};
