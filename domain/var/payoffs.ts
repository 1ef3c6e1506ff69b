/** What positions pay in each state, by the rules of settlement, in minor units of the portfolio's currency (fractions where a rate makes them). */
import { commissions } from '../bets/settling.ts';
import { heldMinor, type LegClass, payoutMinor, PayoutError } from '../payout.ts';
import type { Portfolio, Position } from './types.ts';
import { VarError } from './types.ts';

/** Base minor units of a minor unit of the currency. Throws a VarError where nobody said. */
export const rateOf = ({ currency: base, rates }: Pick<Portfolio, 'currency' | 'rates'>, currency: string): number => {
  if (currency === base) return 1;
  const rate = Object.hasOwn(rates, currency) ? rates[currency]! : NaN;
  if (!(rate > 0 && rate < Infinity)) throw new VarError('no_rate', `there is no rate from ${currency} to ${base}: give how many minor units of ${base} one of ${currency} is`);
  return rate;
};

/** The P&L of one position whose legs ended so, in its own currency, before commission. Throws a VarError for what is no bet. */
export const profitMinor = (position: Position, results: readonly LegClass[]): number => {
  const { side, stakeMinor, isFreeBet, legs, isCounterparty } = position;
  try {
    const payout = payoutMinor({ side, stakeMinor, isFreeBet }, legs.map(({ priceE4 }, i) => ({ priceE4, result: { result: results[i]! } })), 'half_up');
    const profit = payout - (isFreeBet ? 0 : heldMinor(side, stakeMinor, legs[0]!.priceE4));
    return isCounterparty ? 0 - profit : profit;
  } catch (cause) {
    if (!(cause instanceof PayoutError)) throw cause;
    throw new VarError('bad_position', `position ${position.id}: ${cause.message}`, { cause });
  }
};

/** What each state makes of a position's outcome. */
type ClassesOf = (position: Position) => readonly LegClass[];
type Rates = Pick<Portfolio, 'currency' | 'rates'>;

/** Single bets whose commission is counted together: an exchange takes it from the net winnings of an account in a market. Who holds the other side pays none. */
const groupsOf = (positions: readonly Position[]): Iterable<readonly Position[]> => {
  const groups = new Map<string, Position[]>();
  for (const position of positions) {
    const { id, account, provider, commissionPpm, isCounterparty, currency, legs } = position;
    const key = commissionPpm > 0 && !isCounterparty ? `together\n${account}\n${provider}\n${legs[0]!.market}\n${currency}` : `alone\n${id}\n${isCounterparty}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [position]);
    else group.push(position);
  }
  return groups.values();
};

/** Profits of a group's bets less their commission, in their own currency. */
const netsMinor = (positions: readonly Position[], results: readonly LegClass[]): number[] => {
  const profits = positions.map((position, i) => profitMinor(position, [results[i]!]));
  if (positions[0]!.commissionPpm === 0 || positions[0]!.isCounterparty) return profits;
  const charged = commissions(positions.map(({ id: betId, commissionPpm }, i) => ({ betId, commissionPpm, profitMinor: profits[i]! })));
  return profits.map((profit, i) => profit - charged.get(positions[i]!.id)!);
};

/** Visits what a group's bets make in each state; states of the same results are computed once. */
const visitGroup = (positions: readonly Position[], states: number, classesOf: ClassesOf, visit: (state: number, nets: readonly number[]) => void): void => {
  const classes = positions.map(classesOf), known = new Map<string, number[]>();
  for (let state = 0; state < states; state++) {
    const results = classes.map((of) => of[state]!), key = results.join();
    let nets = known.get(key);
    if (nets === undefined) known.set(key, nets = netsMinor(positions, results));
    visit(state, nets);
  }
};

/** P&L of single bets of one unit by its states, in base minor units, commission taken. */
export const singlesPnl = (portfolio: Rates, positions: readonly Position[], states: number, classesOf: ClassesOf): Float64Array => {
  const pnl = new Float64Array(states);
  for (const group of groupsOf(positions)) {
    const rate = rateOf(portfolio, group[0]!.currency);
    visitGroup(group, states, classesOf, (state, nets) => { pnl[state]! += rate * nets.reduce((sum, net) => sum + net, 0); });
  }
  return pnl;
};

/** The same of each of them; commission falls on the winning ones of its market in proportion. */
export const pnlOfEach = (portfolio: Rates, positions: readonly Position[], states: number, classesOf: ClassesOf): ReadonlyMap<Position, Float64Array> => {
  const each = new Map(positions.map((position) => [position, new Float64Array(states)]));
  for (const group of groupsOf(positions)) {
    const rate = rateOf(portfolio, group[0]!.currency);
    visitGroup(group, states, classesOf, (state, nets) => { for (const [i, net] of nets.entries()) each.get(group[i]!)![state] = rate * net; });
  }
  return each;
};
