import { createHash } from 'node:crypto';
import type { BetEvent } from '../../schemas/generated/bet-event.ts';
import type { Random } from '../random.ts';

/** The currency of all accounts: the one in which the simulator's providers name their limits. */
export const CURRENCY = 'EUR';
/** What each account is opened with, and what it is topped up by, minor units. */
export const FIRST_DEPOSIT_MINOR = { recreational: 50_000, value: 500_000, arbitrage: 1_000_000 } as const;
/** With less than this an account is topped up. */
const LOW_MINOR = 1_000;
/** So many of an account's open bets are remembered, for cashing out. */
const MOST_OPEN = 50;

export type BettorKind = keyof typeof FIRST_DEPOSIT_MINOR;

/** Those who bet for a living do it together. */
export const SYNDICATES: Readonly<Record<BettorKind, string | null>> = { recreational: null, value: 'value', arbitrage: 'arbitrage' };

/** Of so many accounts one bets on value, and one takes arbitrages. */
const VALUE_EVERY = 6, ARBITRAGE_EVERY = 12;
const kindOf = (number: number): BettorKind => (number % ARBITRAGE_EVERY === 2 ? 'arbitrage' : number % VALUE_EVERY === 1 ? 'value' : 'recreational');

/** A UUID (version 8, RFC 9562) that follows from its parts alone: who says the same again says it with the same id. */
export const uuidOf = (...parts: readonly (string | number)[]): string => {
  const bytes = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/** A bet that was accepted and is not settled, as its holder knows it. */
export interface OpenBet { readonly betId: string; readonly stakeMinor: number }

/** An account, and what its holder knows of it from `bet-events`. */
export class Account {
  readonly id: string;
  readonly kind: BettorKind;
  /** What can be spent: as it was told last, less what was staked since. */
  availableMinor = 0;
  /** Money must come in: there is too little, or a bet was refused for the want of it. */
  needsMoney = false;
  /** Withdrawals that are held, by their command's id: a cashier is to decide on them. */
  readonly held: string[] = [];
  readonly #open = new Map<string, OpenBet>();

  constructor(seed: number, number: number) {
    this.kind = kindOf(number);
    this.id = `bettor-${seed}-${this.kind}-${String(number).padStart(4, '0')}`;
    this.availableMinor = FIRST_DEPOSIT_MINOR[this.kind];
  }

  get openBets(): number { return this.#open.size; }

  /** Takes what became of something of this account. */
  told({ kind, code, available_minor: available, bet_id: bet, stake_minor: stake, command_id: command }: BetEvent): void {
    if (available !== null) this.availableMinor = available;
    if (kind === 'withdrawal_held' && command !== null) this.held.push(command);
    if (code === 'insufficient_funds') this.availableMinor = Math.min(this.availableMinor, LOW_MINOR - 1);
    if (kind === 'deposited') this.needsMoney = false;
    else if (this.availableMinor < LOW_MINOR) this.needsMoney = true;
    if (bet === null) return;
    if ((kind === 'accepted' || kind === 'cashed_out') && stake !== null && stake > 0) this.#open.set(bet, { betId: bet, stakeMinor: stake });
    else if (kind !== 'delayed' && kind !== 'submitted' && kind !== 'unknown') this.#open.delete(bet);
    if (this.#open.size > MOST_OPEN) this.#open.delete(this.#open.keys().next().value!);
  }

  /** One of the open bets. Throws RangeError where there is none. */
  anyOpen(random: Random): OpenBet { return random.pick([...this.#open.values()]); }
}
