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

/** Single bets on one market whose commission is counted together, or one that pays none. */
interface Group {
  readonly positions: readonly Position[];
  readonly classes: readonly (readonly LegClass[])[];
}

/**
 * P&L of single bets of one unit by its states, in base minor units, commission taken. `classesOf` gives what each state makes of a position's outcome. An
 * exchange takes its commission from the net winnings of an account in a market; who holds the other side pays none.
 */
export const singlesPnl = (portfolio: Pick<Portfolio, 'currency' | 'rates'>, positions: readonly Position[], states: number, classesOf: (position: Position) => readonly LegClass[]): Float64Array => {
  const groups = new Map<string, Position[]>();
  for (const position of positions) {
    const { id, account, provider, commissionPpm, isCounterparty, currency, legs } = position;
    const key = commissionPpm > 0 && !isCounterparty ? `together\n${account}\n${provider}\n${legs[0]!.market}\n${currency}` : `alone\n${id}\n${isCounterparty}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [position]);
    else group.push(position);
  }
  const pnl = new Float64Array(states);
  for (const group of groups.values()) add(pnl, { positions: group, classes: group.map(classesOf) }, rateOf(portfolio, group[0]!.currency));
  return pnl;
};

const add = (pnl: Float64Array, { positions, classes }: Group, rate: number): void => {
  const known = new Map<string, number>();
  for (let state = 0; state < pnl.length; state++) {
    const results = classes.map((of) => of[state]!), key = results.join();
    let value = known.get(key);
    if (value === undefined) known.set(key, value = rate * netMinor(positions, results));
    pnl[state]! += value;
  }
};

/** Profits less commission. */
const netMinor = (positions: readonly Position[], results: readonly LegClass[]): number => {
  const profits = positions.map((position, i) => profitMinor(position, [results[i]!]));
  const total = profits.reduce((sum, profit) => sum + profit, 0);
  if (positions[0]!.commissionPpm === 0 || positions[0]!.isCounterparty) return total;
  let commission = 0;
  for (const share of commissions(positions.map(({ id: betId, commissionPpm }, i) => ({ betId, commissionPpm, profitMinor: profits[i]! }))).values()) commission += share;
  return total - commission;
};
