import { formatAmount } from '../../domain/amount.ts';
import type { Break, Reconciliation, SettledBet, SideTotal } from '../../domain/reconciliation.ts';

/** What is shown of both sides for each kind of break. */
const shown: Readonly<Record<Break['reason'], (bet: SettledBet) => string>> = {
  missing_here: ({ stakeMinor, profitMinor, currency }) => `stake ${formatAmount(stakeMinor, currency)}, profit ${formatAmount(profitMinor, currency)}`,
  missing_there: ({ stakeMinor, profitMinor, currency }) => `stake ${formatAmount(stakeMinor, currency)}, profit ${formatAmount(profitMinor, currency)}`,
  duplicate_there: ({ stakeMinor, profitMinor, currency }) => `stake ${formatAmount(stakeMinor, currency)}, profit ${formatAmount(profitMinor, currency)}`,
  currency_differs: ({ currency }) => currency,
  stake_differs: ({ stakeMinor, currency }) => formatAmount(stakeMinor, currency),
  price_differs: ({ priceE4 }) => String(priceE4 / 10_000),
  profit_differs: ({ profitMinor, currency }) => formatAmount(profitMinor, currency),
};

const breakText = ({ reference, reason, ours, theirs }: Break): string => {
  const sides = [...(ours === undefined ? [] : [`here ${shown[reason](ours)}`]), ...(theirs === undefined ? [] : [`there ${shown[reason](theirs)}`])];
  return `${reference}  ${reason}  ${sides.join(', ')}`;
};

const totalText = ({ bets, stakeMinor, profitMinor }: SideTotal, currency: string): string =>
  `${bets} bets, stakes ${formatAmount(stakeMinor, currency)}, profit ${formatAmount(profitMinor, currency)}`;

/** A reconciliation for a person: a line for each break, both sides' totals, and whether all is well. */
export const reconciliationText = ({ breaks, matched, totals }: Reconciliation, cashedOut: readonly string[]): string => [
  ...breaks.map(breakText),
  ...totals.map(({ currency, ours, theirs }) => `${currency}  here ${totalText(ours, currency)}; there ${totalText(theirs, currency)}`),
  ...(cashedOut.length === 0 ? [] : [`left out, cashed out with us: ${cashedOut.join(', ')}`]),
  `${matched} bets agree, ${breaks.length} ${breaks.length === 1 ? 'break' : 'breaks'}`,
  '',
].join('\n');
