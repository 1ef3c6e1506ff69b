/** Our settled bets against what a provider says of them. */

/** A settled bet as one side has it. Amounts are minor units of its currency. */
export interface SettledBet {
  /** The provider's own name for the bet. */
  readonly reference: string;
  /** The backer's stake, on either side. */
  readonly stakeMinor: number;
  readonly priceE4: number;
  /** What the bet gained or lost, before commission. */
  readonly profitMinor: number;
  readonly currency: string;
  readonly settledAtMs: number;
  /** How it ended, in the words of whoever says so. Carried along: the money is what is compared. */
  readonly outcome: string;
}

export type BreakReason =
  | 'missing_here' | 'missing_there' | 'duplicate_there' | 'currency_differs' | 'stake_differs' | 'price_differs' | 'profit_differs';

/** One thing in which the two sides differ; of a bet that differs in several there are several. */
export interface Break {
  readonly reference: string;
  readonly reason: BreakReason;
  readonly ours: SettledBet | undefined;
  readonly theirs: SettledBet | undefined;
}

/** What one side has in one currency. */
export interface SideTotal {
  readonly bets: number;
  readonly stakeMinor: number;
  readonly profitMinor: number;
}

export interface CurrencyTotal {
  readonly currency: string;
  readonly ours: SideTotal;
  readonly theirs: SideTotal;
}

export interface Reconciliation {
  /** By reference, then by reason in the order of {@link BreakReason}. */
  readonly breaks: readonly Break[];
  /** Bets that both sides have alike. */
  readonly matched: number;
  /** By currency; every row given counts, duplicates too, so that they add up to the statement's own totals. */
  readonly totals: readonly CurrencyTotal[];
}

const reasons: readonly BreakReason[] = [
  'missing_here', 'missing_there', 'duplicate_there', 'currency_differs', 'stake_differs', 'price_differs', 'profit_differs',
];

/** In what a bet that both sides have differs. Amounts of two currencies are not compared. */
const differences = (ours: SettledBet, theirs: SettledBet, toleranceMinor: number): readonly BreakReason[] => {
  const price: readonly BreakReason[] = ours.priceE4 === theirs.priceE4 ? [] : ['price_differs'];
  if (ours.currency !== theirs.currency) return ['currency_differs', ...price];
  const stake: readonly BreakReason[] = ours.stakeMinor === theirs.stakeMinor ? [] : ['stake_differs'];
  return Math.abs(ours.profitMinor - theirs.profitMinor) <= toleranceMinor ? [...stake, ...price] : [...stake, ...price, 'profit_differs'];
};

const byReference = (bets: readonly SettledBet[]): ReadonlyMap<string, readonly SettledBet[]> => {
  const lists = new Map<string, SettledBet[]>();
  for (const bet of bets) {
    const list = lists.get(bet.reference);
    if (list === undefined) lists.set(bet.reference, [bet]);
    else list.push(bet);
  }
  return lists;
};

const totalOf = (bets: readonly SettledBet[], currency: string): SideTotal => {
  const own = bets.filter((bet) => bet.currency === currency);
  return {
    bets: own.length, stakeMinor: own.reduce((sum, bet) => sum + bet.stakeMinor, 0), profitMinor: own.reduce((sum, bet) => sum + bet.profitMinor, 0),
  };
};

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Every difference between our bets and the provider's, and both sides' totals. Bets are paired by reference, one with one in the order
 * given: more rows there than here are `duplicate_there`, more here than there `missing_there`. Profits may differ by `toleranceMinor`
 * (a provider may round the price that it shows, or each match of an order); stakes and prices may not. Neither times nor outcomes
 * are compared. Empty breaks mean that both sides have the same bets.
 */
export const reconcile = (ours: readonly SettledBet[], theirs: readonly SettledBet[], toleranceMinor = 0): Reconciliation => {
  const here = byReference(ours);
  const there = byReference(theirs);
  const breaks: Break[] = [];
  let matched = 0;
  for (const reference of [...new Set([...here.keys(), ...there.keys()])].sort(compareText)) {
    const [own, other] = [here.get(reference) ?? [], there.get(reference) ?? []];
    const found: Break[] = [];
    for (let i = 0; i < Math.max(own.length, other.length); i += 1) {
      const [mine, yours] = [own[i], other[i]];
      const add = (reason: BreakReason): void => { found.push({ reference, reason, ours: mine, theirs: yours }); };
      if (mine !== undefined && yours !== undefined) {
        const differing = differences(mine, yours, toleranceMinor);
        differing.forEach(add);
        if (differing.length === 0) matched += 1;
      } else if (mine !== undefined) add('missing_there');
      else add(own.length === 0 && i === 0 ? 'missing_here' : 'duplicate_there');
    }
    breaks.push(...found.sort((a, b) => reasons.indexOf(a.reason) - reasons.indexOf(b.reason)));
  }
  const currencies = [...new Set([...ours, ...theirs].map((bet) => bet.currency))].sort(compareText);
  return { breaks, matched, totals: currencies.map((currency) => ({ currency, ours: totalOf(ours, currency), theirs: totalOf(theirs, currency) })) };
};
