/** How money moves: by balanced entries, and the balances with them. */
import type { Account, Bucket, Entry } from './types.ts';

/** What moves where in one transfer of an account: amounts in minor units, which add up to nothing. */
export interface Movement {
  /** Into what can be spent; what the account owes is paid first. Below zero: out of it, into debt where it does not suffice. */
  readonly available?: number;
  readonly held?: number;
  readonly staked?: number;
  /** By name of an account that is ours. */
  readonly ours?: Readonly<Record<string, number>>;
}

/** Ourselves, as a provider and in the ledger. */
export const HOUSE = 'house';
/** The other side of a bet, in the ledger. */
export const counterpartyOf = (provider: string): string => (provider === HOUSE ? HOUSE : `provider:${provider}`);
/** Where an exchange's commission goes. */
export const commissionAccountOf = (provider: string): string => `commission:${provider}`;
/** The world outside: what was paid in is below zero there. */
export const CASH = 'cash';
/** Who pays for free bets. */
export const PROMOTIONS = 'promotions';

/** Amounts of ours, without those that are nothing. */
export const oursOf = (amounts: readonly (readonly [string, number])[]): Record<string, number> => Object.fromEntries(amounts.filter(([, amount]) => amount !== 0));

/** A movement that does not balance, or takes what is not there, is a bug of the caller: it must not become a row. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: 'unbalanced' | 'overdrawn';
  constructor(code: LedgerError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Moves money of one account and of ours, and adds the entries. Throws LedgerError, and then nothing has moved. Debt is explicit: where a settlement
 * that is taken back finds less than it gave, the rest is a receivable, an entry of its own.
 */
export const move = (account: Account, movement: Movement, about: Pick<Entry, 'transfer' | 'kind' | 'betId'>, entries: Entry[]): void => {
  const { available = 0, held = 0, staked = 0, ours = {} } = movement, { accountId, currency } = account;
  let sum = available + held + staked;
  for (const amount of Object.values(ours)) sum += amount;
  if (sum !== 0) throw new LedgerError('unbalanced', `a transfer of ${accountId} (${about.transfer}, ${about.kind}) is off by ${sum}`);
  if (account.heldMinor + held < 0 || account.stakedMinor + staked < 0) throw new LedgerError('overdrawn', `${accountId} has ${account.heldMinor} held and ${account.stakedMinor} staked, not what ${about.transfer} (${about.kind}) takes`);
  const net = account.availableMinor - account.receivableMinor + available;
  const add = (id: string, bucket: Bucket, amountMinor: number): void => {
    if (amountMinor !== 0) entries.push({ transfer: about.transfer, accountId: id, bucket, amountMinor, currency, kind: about.kind, betId: about.betId });
  };
  const nowAvailable = Math.max(net, 0), nowReceivable = Math.max(-net, 0);
  add(accountId, 'available', nowAvailable - account.availableMinor);
  add(accountId, 'receivable', account.receivableMinor - nowReceivable);
  add(accountId, 'held', held);
  add(accountId, 'staked', staked);
  for (const [id, amount] of Object.entries(ours)) add(id, 'own', amount);
  account.availableMinor = nowAvailable;
  account.receivableMinor = nowReceivable;
  account.heldMinor += held;
  account.stakedMinor += staked;
};
