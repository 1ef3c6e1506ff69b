/**
 * The bet desk: one unit of work over accounts and bets that were loaded for it. What changes, which entries and events follow, and what must be settled
 * again is collected; whoever loaded them makes all of it durable at once, or none of it. Pure: the same commands over the same state give the same.
 */
import { potentialReturnMinor } from '../payout.ts';
import { cashOutOf } from './cashing-out.ts';
import { causeText } from './cause.ts';
import { settlementOf } from './facts.ts';
import { partId } from './part-id.ts';
import { amountsOf, type CommandLeg, type LiveMarkets, type PlaceCommand, type Placed, placementOf, type PlacementRules, priceNow } from './placement.ts';
import { type Belonging, portfoliosOf } from './portfolios.ts';
import { CASH, counterpartyOf, HOUSE, move, type Movement, oursOf, PROMOTIONS } from './purse.ts';
import { commissions, difference, type Ending, endingOf, type FactsOf, movementOf, NOTHING, type Winnings } from './settling.ts';
import type { Account, Bet, BetEventKind, Cause, DeskEvent, Entry, SettlementVersion } from './types.ts';

/** A command that is no placement, by its idempotency key. */
export interface AccountCommand {
  readonly commandId: string;
  readonly accountId: string;
  readonly action: string;
  state: 'done' | 'held' | 'completed' | 'released' | 'rejected';
  code: string | null;
  readonly amountMinor: number | null;
  readonly decidedAtMs: number;
  readonly cause: Cause;
}

interface Common {
  readonly commandId: string;
  readonly accountId: string;
  readonly timestampMs: number;
  readonly cause: Cause;
}

/** One command for each action, so that the action tells what it holds. */
type Of<Action extends string, Contents> = Action extends string ? Common & { readonly action: Action } & Contents : never;

export type Command =
  | Of<'open_account', { readonly currency: string | null; readonly userId: string | null; readonly syndicateId: string | null }>
  | Of<'place', { readonly stakeMinor: number | null; readonly currency: string | null; readonly place: Omit<PlaceCommand, 'stakeMinor' | 'currency'>; readonly metadata: Readonly<Record<string, string>> }>
  | Of<'deposit' | 'withdraw', { readonly amountMinor: number | null; readonly currency: string | null }>
  | Of<'complete_withdrawal' | 'release_withdrawal' | 'cancel' | 'restore', { readonly refersTo: string | null }>
  | Of<'void', { readonly refersTo: string | null; readonly reason: string | null }>
  | Of<'cash_out', { readonly refersTo: string | null; readonly amountMinor: number | null; readonly minPayoutMinor: number | null }>;

/** A market whose bets must be looked at again, and why. */
export interface Due { readonly sport: string; readonly eventId: string; readonly market: string; readonly cause: Cause }

export interface DeskRules extends PlacementRules {
  /** In play a bet waits so long before price and status are looked at again, ms. */
  readonly betDelayMs: number;
  /** What a cash-out keeps of a bet's value, parts per million. */
  readonly cashOutMarginPpm: number;
  /** Whether a portfolio's limit is breached: then no bet may join it. Without it none is. */
  readonly isBreached?: (portfolio: string) => boolean;
}

/** The state that a desk works on, as it was loaded. */
export interface DeskState {
  readonly accounts: Map<string, Account>;
  readonly bets: Map<string, Bet>;
  /** Commands that were decided before, and withdrawals that are referred to. */
  readonly commands: Map<string, AccountCommand>;
}

const MAX_AMOUNT_MINOR = 1e12;

export class Desk {
  readonly entries: Entry[] = [];
  readonly settlements: SettlementVersion[] = [];
  readonly due: Due[] = [];
  readonly changedAccounts = new Set<Account>();
  readonly changedBets = new Set<Bet>();
  readonly changedCommands = new Set<AccountCommand>();
  readonly newCommands = new Set<AccountCommand>();
  readonly newAccounts = new Set<Account>();
  readonly newBets = new Set<Bet>();
  readonly #state: DeskState;
  readonly #rules: DeskRules;
  readonly #markets: LiveMarkets;
  readonly #factsOf: FactsOf;
  readonly #nowMs: number;
  readonly #hear: (event: DeskEvent) => void;

  /** `hear` is told each event as it happens. */
  constructor(state: DeskState, rules: DeskRules, markets: LiveMarkets, factsOf: FactsOf, nowMs: number, hear: (event: DeskEvent) => void) {
    this.#state = state;
    this.#rules = rules;
    this.#markets = markets;
    this.#factsOf = factsOf;
    this.#nowMs = nowMs;
    this.#hear = hear;
  }

  /** Decides a command. Every command is answered by an event; one that was decided before, by the rejection `duplicate_command`, and nothing moves. */
  decide(command: Command): void {
    const { commandId } = command;
    if (this.#state.commands.has(commandId) || this.#state.bets.has(commandId)) { this.#say('rejected', command, { code: 'duplicate_command' }); return; }
    const code = this.#decided(command);
    if (code === undefined) return;
    this.#remember(command, 'rejected', code);
    this.#say('rejected', command, { code });
  }

  #decided(command: Command): string | undefined {
    const account = this.#state.accounts.get(command.accountId);
    if (command.action === 'open_account') return this.#open(command);
    if (account === undefined) return 'unknown_account';
    switch (command.action) {
      case 'deposit': case 'withdraw': return this.#transfer(command, account);
      case 'complete_withdrawal': case 'release_withdrawal': return this.#endWithdrawal(command, account);
      case 'place': return this.#place(command, account);
      case 'cancel': return this.#cancel(command, account);
      case 'void': case 'restore': return this.#void(command);
      case 'cash_out': return this.#cashOut(command, account);
    }
  }

  #open({ currency, userId, syndicateId, ...command }: Extract<Command, { action: 'open_account' }>): string | undefined {
    if (this.#state.accounts.has(command.accountId)) return 'account_exists';
    if (currency === null || !/^[A-Z]{3}$/.test(currency)) return 'currency_malformed';
    const account: Account = {
      accountId: command.accountId, userId: userId ?? command.accountId, syndicateId, currency, partition: command.cause.partition, openedAtMs: this.#nowMs,
      availableMinor: 0, heldMinor: 0, stakedMinor: 0, receivableMinor: 0,
    };
    this.#state.accounts.set(account.accountId, account);
    this.newAccounts.add(account);
    this.#remember({ ...command, action: 'open_account' }, 'done', null);
    this.#say('account_opened', command);
    return undefined;
  }

  #transfer(command: Extract<Command, { action: 'deposit' | 'withdraw' }>, account: Account): string | undefined {
    const { amountMinor, currency, action } = command;
    if (amountMinor === null || !(amountMinor > 0)) return 'amount_not_positive';
    if (amountMinor > MAX_AMOUNT_MINOR) return 'amount_above_limit';
    if (currency !== account.currency) return 'currency_mismatch';
    if (action === 'withdraw' && account.availableMinor < amountMinor) return 'insufficient_funds';
    this.#move(account, action === 'deposit' ? { available: amountMinor, ours: { [CASH]: -amountMinor } } : { available: -amountMinor, held: amountMinor }, command.cause, action, null);
    this.#remember(command, action === 'deposit' ? 'done' : 'held', null, amountMinor);
    this.#say(action === 'deposit' ? 'deposited' : 'withdrawal_held', command, { amountMinor });
    return undefined;
  }

  #endWithdrawal(command: Extract<Command, { action: 'complete_withdrawal' | 'release_withdrawal' }>, account: Account): string | undefined {
    const held = command.refersTo === null ? undefined : this.#state.commands.get(command.refersTo);
    if (held === undefined || held.action !== 'withdraw' || held.accountId !== account.accountId) return 'unknown_withdrawal';
    if (held.state !== 'held') return 'withdrawal_ended';
    const amountMinor = held.amountMinor!, isCompleted = command.action === 'complete_withdrawal';
    this.#move(account, isCompleted ? { held: -amountMinor, ours: { [CASH]: amountMinor } } : { held: -amountMinor, available: amountMinor }, command.cause, command.action, null);
    held.state = isCompleted ? 'completed' : 'released';
    if (!this.newCommands.has(held)) this.changedCommands.add(held);
    this.#remember(command, 'done', null, amountMinor);
    this.#say(isCompleted ? 'withdrawal_completed' : 'withdrawal_released', command, { amountMinor });
    return undefined;
  }

  #place(command: Extract<Command, { action: 'place' }>, account: Account): string | undefined {
    const { stakeMinor, currency, place } = command, { side, isFreeBet, provider, legs, slippage } = place;
    if (stakeMinor === null) return 'stake_not_positive';
    if (currency !== account.currency) return 'currency_mismatch';
    if (legs.some((leg) => this.#isSettled(leg))) return 'market_settled';
    const placement = placementOf({ side, stakeMinor, currency, isFreeBet, provider, legs, slippage }, this.#markets, this.#rules);
    if (typeof placement === 'string') return placement;
    const { isInPlay, bets } = placement;
    if (this.#isOverLimit(account, bets)) return 'exposure_limit';
    const needed = bets.reduce((sum, { liabilityMinor }) => sum + liabilityMinor, 0);
    if (!isFreeBet && account.availableMinor < needed) return 'insufficient_funds';
    bets.forEach((placed, part) => {
      const bet = this.#newBet(command, account, placed, part);
      this.#stake(bet, account, placed.liabilityMinor, 'place');
      if (isInPlay) {
        bet.status = 'delayed';
        bet.dueAtMs = this.#nowMs + this.#rules.betDelayMs;
        this.#say('delayed', command, { bet });
      } else {
        this.#hand(bet, command);
      }
    });
    return undefined;
  }

  #newBet(command: Extract<Command, { action: 'place' }>, account: Account, placed: Placed, part: number): Bet {
    const { provider, stakeMinor, liabilityMinor, potentialReturnMinor: most, commissionPpm, legs } = placed;
    const bet: Bet = {
      betId: partId(command.commandId, part), commandId: command.commandId, accountId: account.accountId, userId: account.userId, syndicateId: account.syndicateId,
      currency: account.currency, partition: account.partition, side: command.place.side, provider, commissionPpm, isFreeBet: command.place.isFreeBet,
      legs: legs.map((leg) => ({ ...leg })), placedAtMs: command.timestampMs, metadata: command.metadata, cause: command.cause,
      status: 'submitted', code: null, stakeMinor, liabilityMinor, potentialReturnMinor: most, cashedStakeMinor: 0, cashedPayoutMinor: 0,
      grossMinor: 0, payoutMinor: 0, commissionMinor: 0, result: null, voidReason: null, settlementVersion: 0,
      acceptedAtMs: null, settledAtMs: null, dueAtMs: null, attemptedAtMs: null, providerRef: null,
    };
    this.#state.bets.set(bet.betId, bet);
    this.newBets.add(bet);
    return bet;
  }

  /** Ourselves take a bet at once; any other provider is asked, and answers later. */
  #hand(bet: Bet, about: Pick<Command, 'commandId' | 'cause'>): void {
    bet.dueAtMs = null;
    if (bet.provider === HOUSE) { this.#accept(bet, about, null); return; }
    bet.status = 'submitted';
    this.#say('submitted', about, { bet });
  }

  #accept(bet: Bet, about: Pick<Command, 'commandId' | 'cause'>, providerRef: string | null): void {
    bet.status = 'accepted';
    bet.acceptedAtMs = this.#nowMs;
    bet.providerRef = providerRef;
    this.#changed(bet);
    this.#say('accepted', about, { bet });
    for (const { sport, eventId, market } of bet.legs) if (this.#factsOf(sport, eventId, market).length > 0) this.due.push({ sport, eventId, market, cause: about.cause });
  }

  #isOverLimit({ userId, syndicateId }: Account, bets: readonly Pick<Belonging, 'provider' | 'legs'>[]): boolean {
    const { isBreached } = this.#rules;
    return isBreached !== undefined && bets.some(({ provider, legs }) => portfoliosOf({ userId, syndicateId, provider, legs }).some(isBreached));
  }

  #cancel(command: Extract<Command, { action: 'cancel' }>, account: Account): string | undefined {
    const bet = this.#betOf(command, account);
    if (typeof bet === 'string') return bet;
    if (bet.status !== 'delayed') return 'not_cancellable';
    this.#drop(bet, account, 'cancelled', 'by_command', command);
    this.#remember(command, 'done', null);
    return undefined;
  }

  #void(command: Extract<Command, { action: 'void' | 'restore' }>): string | undefined {
    const account = this.#state.accounts.get(command.accountId)!;
    const bet = this.#betOf(command, account);
    if (typeof bet === 'string') return bet;
    if (bet.status !== 'accepted' && bet.status !== 'settled') return 'not_voidable';
    if (command.action === 'restore' && bet.voidReason === null) return 'not_voided';
    bet.voidReason = command.action === 'void' ? command.reason ?? 'by_operator' : null;
    this.#changed(bet);
    const { sport, eventId, market } = bet.legs[0]!;
    this.due.push({ sport, eventId, market, cause: command.cause });
    this.#remember(command, 'done', null);
    this.#say(command.action === 'void' ? 'voided' : 'restored', command, { bet, code: bet.voidReason });
    return undefined;
  }

  #cashOut(command: Extract<Command, { action: 'cash_out' }>, account: Account): string | undefined {
    const bet = this.#betOf(command, account);
    if (typeof bet === 'string') return bet;
    if (bet.status !== 'accepted') return 'not_open';
    const partMinor = command.amountMinor ?? bet.stakeMinor;
    if (!(partMinor > 0) || partMinor > bet.stakeMinor) return 'part_out_of_bounds';
    const offer = cashOutOf(bet, partMinor, this.#markets, this.#factsOf, this.#rules.cashOutMarginPpm);
    if (typeof offer === 'string') return offer;
    if (command.minPayoutMinor !== null && offer.payoutMinor < command.minPayoutMinor) {
      // The answer says what could be had: asking for more than that is how a quote is asked for.
      this.#remember(command, 'rejected', 'price_moved', offer.payoutMinor);
      this.#say('rejected', command, { code: 'price_moved', amountMinor: offer.payoutMinor, bet });
      return undefined;
    }
    const { payoutMinor, liabilityMinor } = offer, closedMinor = bet.liabilityMinor - liabilityMinor;
    const back = bet.isFreeBet ? closedMinor : 0; //  the token of a free bet goes back to who gave it
    this.#move(account, { staked: -closedMinor, available: payoutMinor, ours: oursOf([[counterpartyOf(bet.provider), closedMinor - payoutMinor - back], [PROMOTIONS, back]]) }, command.cause, 'cash_out', bet.betId);
    bet.stakeMinor -= partMinor;
    bet.liabilityMinor = liabilityMinor;
    bet.cashedStakeMinor += partMinor;
    bet.cashedPayoutMinor += payoutMinor;
    if (bet.stakeMinor === 0) {
      bet.status = 'cashed_out';
      bet.settledAtMs = this.#nowMs;
      bet.potentialReturnMinor = 0;
    } else {
      bet.potentialReturnMinor = potentialReturnMinor({ side: bet.side, stakeMinor: bet.stakeMinor, isFreeBet: bet.isFreeBet }, bet.legs.map(({ priceE4 }) => priceE4), 'half_up');
    }
    this.#changed(bet);
    this.#remember(command, 'done', null, payoutMinor);
    this.#say('cashed_out', command, { bet, amountMinor: payoutMinor });
    return undefined;
  }

  #betOf({ refersTo }: { readonly refersTo: string | null }, account: Account): Bet | string {
    const bet = refersTo === null ? undefined : this.#state.bets.get(refersTo);
    return bet === undefined || bet.accountId !== account.accountId ? 'unknown_bet' : bet;
  }

  /** A bet in play whose delay is over: taken at the price that is there now, if the command takes it. */
  look(bet: Bet): void {
    if (bet.status !== 'delayed' || this.#nowMs < bet.dueAtMs!) return;
    const account = this.#state.accounts.get(bet.accountId)!, about = { commandId: bet.commandId, cause: bet.cause };
    const prices: number[] = [];
    for (const leg of bet.legs) {
      const price = this.#isSettled(leg) ? 'market_settled' : priceNow(leg, bet.side, bet.provider, this.#markets);
      if (typeof price === 'string') { this.#drop(bet, account, 'rejected', price, about); return; }
      prices.push(price);
    }
    const amounts = amountsOf(bet, prices, this.#rules);
    if (amounts === undefined) { this.#drop(bet, account, 'rejected', 'return_above_limit', about); return; }
    const more = amounts.liabilityMinor - bet.liabilityMinor; //  of a back bet nothing
    if (more > account.availableMinor) { this.#drop(bet, account, 'rejected', 'insufficient_funds', about); return; }
    if (more !== 0) this.#stake(bet, account, more, 'reprice');
    Object.assign(bet, amounts);
    bet.legs.forEach((leg, at) => { leg.priceE4 = prices[at]!; });
    this.#changed(bet);
    this.#hand(bet, about);
  }

  /** What a provider said of a bet that was sent to it. */
  answered(bet: Bet, answer: { readonly kind: 'accepted'; readonly reference: string } | { readonly kind: 'rejected'; readonly code: string } | { readonly kind: 'unknown' }): void {
    if (bet.status !== 'submitted' && bet.status !== 'unknown') return;
    const about = { commandId: bet.commandId, cause: bet.cause };
    if (answer.kind === 'accepted') this.#accept(bet, about, answer.reference);
    else if (answer.kind === 'rejected') this.#drop(bet, this.#state.accounts.get(bet.accountId)!, 'rejected', answer.code, about);
    else if (bet.status === 'submitted') {
      bet.status = 'unknown';
      this.#changed(bet);
      this.#say('unknown', about, { bet });
    }
  }

  /** The bet is about to be sent: it must be durable before it is. */
  attempting(bet: Bet): void {
    bet.attemptedAtMs = this.#nowMs;
    this.#changed(bet);
  }

  /** Nobody bets on what has been said already, whatever a book that is behind still shows. */
  #isSettled({ sport, eventId, market }: Pick<CommandLeg, 'sport' | 'eventId' | 'market'>): boolean { return settlementOf(this.#factsOf(sport, eventId, market)) !== undefined; }

  /** Gives a stake back of a bet that never stood. */
  #drop(bet: Bet, account: Account, status: 'rejected' | 'cancelled', code: string, about: Pick<Command, 'commandId' | 'cause'>): void {
    this.#stake(bet, account, -bet.liabilityMinor, status);
    bet.status = status;
    bet.code = code;
    bet.dueAtMs = null;
    bet.liabilityMinor = 0;
    bet.potentialReturnMinor = 0;
    this.#changed(bet);
    this.#say(status, about, { bet, code });
  }

  #stake(bet: Bet, account: Account, amountMinor: number, kind: string): void {
    this.#move(account, bet.isFreeBet ? { staked: amountMinor, ours: { [PROMOTIONS]: -amountMinor } } : { staked: amountMinor, available: -amountMinor }, bet.cause, kind, bet.betId);
  }

  /**
   * Settles bets again: all that stand or stood of an account in the markets concerned, since commission is on what it won there. What has not changed
   * stays as it is, so that saying the same twice does nothing.
   */
  settle(bets: Iterable<Bet>, causeOf: (bet: Bet) => Cause): void {
    const ends = new Map<Bet, Ending | undefined>();
    const groups = new Map<string, Winnings[]>();
    for (const bet of bets) {
      if (bet.status !== 'accepted' && bet.status !== 'settled') continue;
      const ending = endingOf(bet, this.#factsOf);
      ends.set(bet, ending);
      if (ending === undefined || bet.commissionPpm === 0 || bet.legs.length > 1) continue;
      const { eventId, sport, market } = bet.legs[0]!, group = `${bet.accountId}\n${bet.provider}\n${sport}:${eventId}:${market}`;
      const winnings = groups.get(group) ?? [];
      winnings.push({ betId: bet.betId, profitMinor: ending.payoutMinor - (bet.isFreeBet ? 0 : bet.liabilityMinor), commissionPpm: bet.commissionPpm });
      groups.set(group, winnings);
    }
    const charged = new Map<string, number>();
    for (const group of groups.values()) for (const [betId, minor] of commissions(group)) charged.set(betId, minor);
    for (const [bet, ending] of ends) this.#resettle(bet, ending, charged.get(bet.betId) ?? 0, causeOf(bet));
  }

  #resettle(bet: Bet, ending: Ending | undefined, commissionMinor: number, cause: Cause): void {
    const isSettled = bet.status === 'settled';
    if (ending === undefined ? !isSettled
      : isSettled && ending.result === bet.result && ending.grossMinor === bet.grossMinor && ending.payoutMinor === bet.payoutMinor && commissionMinor === bet.commissionMinor) return;
    const before = isSettled ? movementOf(bet, bet) : NOTHING;
    const { grossMinor = 0, payoutMinor = 0, result = null, voidReason = null, legs = [] } = ending ?? {};
    const now = { grossMinor, payoutMinor, commissionMinor };
    const after = ending === undefined ? NOTHING : movementOf(bet, now);
    bet.settlementVersion++;
    const account = this.#state.accounts.get(bet.accountId)!;
    this.#move(account, difference(after, before), cause, ending === undefined ? 'roll_back' : isSettled ? 'settle_again' : 'settle', bet.betId, `:${bet.betId}:${bet.settlementVersion}`);
    Object.assign(bet, now, { result, status: ending === undefined ? 'accepted' : 'settled', settledAtMs: ending === undefined ? null : this.#nowMs });
    this.#changed(bet);
    this.settlements.push({ betId: bet.betId, version: bet.settlementVersion, result, voidReason, payoutMinor, commissionMinor, legs, settledAtMs: this.#nowMs, cause });
    this.#say(ending === undefined ? 'rolled_back' : 'settled', { commandId: bet.commandId, cause }, { bet });
  }

  #move(account: Account, movement: Movement, cause: Cause, kind: string, betId: string | null, suffix = ''): void {
    move(account, movement, { transfer: `${causeText(cause)}${suffix}`, kind, betId }, this.entries);
    if (!this.newAccounts.has(account)) this.changedAccounts.add(account);
  }

  #changed(bet: Bet): void { if (!this.newBets.has(bet)) this.changedBets.add(bet); }

  #remember({ commandId, accountId, action, cause }: Common & { readonly action: Command['action'] }, state: AccountCommand['state'], code: string | null, amountMinor: number | null = null): void {
    const remembered: AccountCommand = { commandId, accountId, action, state, code, amountMinor, decidedAtMs: this.#nowMs, cause };
    this.#state.commands.set(commandId, remembered);
    this.newCommands.add(remembered);
  }

  #say(kind: BetEventKind, { commandId, cause, ...about }: Pick<Command, 'commandId' | 'cause'> & { readonly accountId?: string }, { code = null, amountMinor = null, bet }: { readonly code?: string | null; readonly amountMinor?: number | null; readonly bet?: Bet } = {}): void {
    const accountId = bet?.accountId ?? about.accountId!, account = this.#state.accounts.get(accountId);
    this.#hear({ kind, timestampMs: this.#nowMs, accountId, partition: account?.partition ?? cause.partition, commandId, code, amountMinor, cause, account, bet });
  }
}
