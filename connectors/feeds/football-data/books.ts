/** The bookmakers whose prices football-data.co.uk lists, by the codes of its notes.txt. Max, Avg and Betbrain columns are no one's offer. */

export type MarketType = '1x2' | 'totals' | 'asian_handicap';

export interface Book {
  /** What the source calls it, and what its 1X2 columns begin with. */
  readonly code: string;
  /** What we call it on the wire. */
  readonly provider: string;
  /** Its prices are before commission. */
  readonly exchange: boolean;
  /** What its columns begin with, most usual first. Pinnacle is PS in 1X2 and P elsewhere; old files say PH, PD, PA. */
  readonly prefixes: Readonly<Record<MarketType, readonly string[]>>;
}

const book = (code: string, provider: string): Book =>
  ({ code, provider, exchange: false, prefixes: { '1x2': [code], totals: [code], asian_handicap: [code] } });

/**
 * In the order in which quotes of one moment go out. VC (VC Bet) and BV (BetVictor) are two names of one house, listed in different
 * seasons; they stay two providers, as the source has them. BF is Betfair's sportsbook, BFE its exchange, BFD is Betfred.
 */
export const books: readonly Book[] = [
  book('B365', 'bet365'),
  book('BS', 'blue_square'),
  book('BW', 'bwin'),
  book('GB', 'gamebookers'),
  book('IW', 'interwetten'),
  book('LB', 'ladbrokes'),
  { ...book('PS', 'pinnacle'), prefixes: { '1x2': ['PS', 'P'], totals: ['P', 'PS'], asian_handicap: ['P', 'PS'] } },
  book('SO', 'sporting_odds'),
  book('SB', 'sportingbet'),
  book('SJ', 'stan_james'),
  book('VC', 'vc_bet'),
  book('WH', 'williamhill'),
  book('BF', 'betfair_sportsbook'),
  book('1XB', '1xbet'),
  book('BFD', 'betfred'),
  book('BMGM', 'betmgm'),
  book('BV', 'betvictor'),
  book('CL', 'coral'),
  { ...book('BFE', 'betfair_exchange'), exchange: true },
];

/** Competitions by the source's division codes. A code that is not here stands for itself. */
export const divisions: ReadonlyMap<string, string> = new Map([
  ['E0', 'England Premier League'], ['E1', 'England Championship'], ['E2', 'England League One'], ['E3', 'England League Two'], ['EC', 'England National League'],
  ['SC0', 'Scotland Premiership'], ['SC1', 'Scotland Championship'], ['SC2', 'Scotland League One'], ['SC3', 'Scotland League Two'],
  ['D1', 'Germany Bundesliga'], ['D2', 'Germany 2. Bundesliga'], ['I1', 'Italy Serie A'], ['I2', 'Italy Serie B'],
  ['SP1', 'Spain La Liga'], ['SP2', 'Spain Segunda División'], ['F1', 'France Ligue 1'], ['F2', 'France Ligue 2'],
  ['N1', 'Netherlands Eredivisie'], ['B1', 'Belgium Pro League'], ['P1', 'Portugal Primeira Liga'], ['T1', 'Turkey Süper Lig'], ['G1', 'Greece Super League'],
]);
