import type { Arbitrage } from '../../schemas/generated/arbitrage.ts';
import type { BetCommandInput, CommandLeg } from '../../schemas/generated/bet-command.ts';
import type { BetEvent } from '../../schemas/generated/bet-event.ts';
import type { MarketBook } from '../../schemas/generated/market-book.ts';
import { Random } from '../random.ts';
import { Account, type BettorKind, CURRENCY, FIRST_DEPOSIT_MINOR, SYNDICATES, uuidOf } from './accounts.ts';
import { arbitrageStakes, LEAST_STAKE_MINOR, medianPrices, MOST_STAKE_MINOR, type PricedOutcome, valueBetOf } from './choices.ts';
import { Markets } from './markets.ts';

export interface PopulationOptions {
  /** Who there is, and what they make of what they see. */
  readonly seed: number;
  readonly accounts: number;
  /** Bets per second, at most: where nothing is quoted, nothing is bet on. */
  readonly ratePerSecond: number;
}

/** A population sends no more than this at a time, s of its rate: what it missed while it was held up is not made up for. */
const MOST_OWED_S = 1;
/** An arbitrage that was announced longer ago is gone, ms, and so many wait at most. */
const ARBITRAGE_LIVES_MS = 3_000, MOST_ARBITRAGES = 50;
/** So many fair prices are looked at for one value bet. */
const LOOKS = 8;
/** What of the bets is what; the rest are singles for pleasure. */
const SHARES = { value: 0.15, arbitrage: 0.15, multiple: 0.05, cashOut: 0.03, slip: 0.03, duplicate: 0.01, withdrawal: 0.005 } as const;
/** Of the singles for pleasure, those that go to whoever gives the best price, not to our own book. */
const ROUTED_SHARE = 0.2;
/** How much worse than what they saw people take it, by kind. */
const SLIPPAGE = { recreational: 0.03, value: 0.005 } as const;
/** Prices that people bet on for pleasure. */
const LEAST_PRICE = 1.05, MOST_PRICE = 30;
/** A market that so few quote is over, or nearly. */
const LEAST_QUOTES = 3;
/** How much more often the favourite is bet on, and the side that is at home (or goals rather than none). */
const FAVOURITE_BIAS = 2, HOME_BIAS = 1.5;
const CASHIER_RELEASES = 0.1;

type Draft = Omit<BetCommandInput, 'timestamp' | 'command_id'>;

/**
 * Invented people who bet: most for pleasure, at our own book, small, on favourites and on the side at home; some where a price is above what the market thinks; some take every
 * arbitrage that is announced. They pay in and out, cash out, combine, err, and now and then send something twice. What they do follows from the seed, from what
 * they were told, and from when they were asked (`step`): told and asked the same, they do the same.
 */
export class Population {
  readonly markets = new Markets();
  readonly #seed: number;
  readonly #rate: number;
  readonly #random: Random;
  readonly #accounts: readonly Account[];
  readonly #byId: ReadonlyMap<string, Account>;
  readonly #byKind: Readonly<Record<BettorKind, readonly Account[]>>;
  #arbitrages: { readonly value: Arbitrage; readonly untilMs: number }[] = [];
  #owed = 0;
  #lastMs: number | undefined;
  #said = 0;
  #lastBet: BetCommandInput | undefined;

  constructor({ seed, accounts, ratePerSecond }: PopulationOptions) {
    this.#seed = seed;
    this.#rate = ratePerSecond;
    this.#random = new Random(seed, 0);
    this.#accounts = Array.from({ length: accounts }, (_, number) => new Account(seed, number));
    this.#byId = new Map(this.#accounts.map((account) => [account.id, account]));
    const of = (kind: BettorKind): Account[] => this.#accounts.filter((account) => account.kind === kind);
    this.#byKind = { recreational: of('recreational'), value: of('value'), arbitrage: of('arbitrage') };
  }

  /** What opens the accounts and puts money in them. Its ids follow from the seed alone, so a population that comes back opens and pays nothing twice. */
  opening(nowMs: number): BetCommandInput[] {
    return this.#accounts.flatMap(({ id, kind }) => [
      { timestamp: nowMs, command_id: uuidOf(this.#seed, id, 'open'), account_id: id, action: 'open_account' as const, currency: CURRENCY, syndicate_id: SYNDICATES[kind] },
      { timestamp: nowMs, command_id: uuidOf(this.#seed, id, 'first deposit'), account_id: id, action: 'deposit' as const, currency: CURRENCY, amount_minor: FIRST_DEPOSIT_MINOR[kind] },
    ]);
  }

  /** Takes an announcement, at a time of the clock that `step` has. */
  announced(arbitrage: Arbitrage, nowMs: number): void {
    this.#arbitrages = this.#arbitrages.filter(({ value }) => value.arbitrage_id !== arbitrage.arbitrage_id);
    if (arbitrage.state === 'closed' || arbitrage.palpable_error) return;
    this.#arbitrages.push({ value: arbitrage, untilMs: nowMs + ARBITRAGE_LIVES_MS });
    if (this.#arbitrages.length > MOST_ARBITRAGES) this.#arbitrages.shift();
  }

  /** Takes what became of something. What is of others is passed over. */
  told(event: BetEvent): void { this.#byId.get(event.account_id)?.told(event); }

  /** What is done at this moment, epoch ms, in order. */
  step(nowMs: number): BetCommandInput[] {
    const elapsedMs = Math.max(0, nowMs - (this.#lastMs ?? nowMs));
    this.#lastMs = nowMs;
    this.#owed = Math.min(this.#owed + (elapsedMs * this.#rate) / 1_000, Math.max(1, MOST_OWED_S * this.#rate));
    this.#arbitrages = this.#arbitrages.filter(({ untilMs }) => nowMs < untilMs);
    const commands = this.#accounts.flatMap((account) => this.#banking(account)).map((draft) => this.#numbered(draft, nowMs));
    while (this.#owed >= 1) {
      // What finds nothing to bet on was looked at all the same.
      const drafts = this.#decide(nowMs);
      this.#owed -= Math.max(1, drafts.length);
      for (const draft of drafts) commands.push('command_id' in draft ? draft : this.#numbered(draft, nowMs));
    }
    return commands;
  }

  /** Gives a command its id: which of all it is, and when. So a process that starts again says nothing under an id that was used before. */
  #numbered(draft: Draft, nowMs: number): BetCommandInput {
    const command = { ...draft, timestamp: nowMs, command_id: uuidOf(this.#seed, draft.account_id, nowMs, this.#said++) };
    if (command.action === 'place') this.#lastBet = command;
    return command;
  }

  /** Money in where there is none, and the cashier's word on money out. */
  #banking(account: Account): Draft[] {
    const drafts: Draft[] = account.held.splice(0).map((withdrawal) => ({
      account_id: account.id, action: this.#random.happens(CASHIER_RELEASES) ? 'release_withdrawal' as const : 'complete_withdrawal' as const, refers_to: withdrawal,
    }));
    if (!account.needsMoney) return drafts;
    account.needsMoney = false;
    return [...drafts, { account_id: account.id, action: 'deposit', currency: CURRENCY, amount_minor: FIRST_DEPOSIT_MINOR[account.kind] }];
  }

  #decide(nowMs: number): (Draft | BetCommandInput)[] {
    let left = this.#random.share();
    const is = (share: number): boolean => (left -= share) < 0;
    if (is(SHARES.duplicate)) return this.#lastBet === undefined ? [] : [{ ...this.#lastBet, timestamp: nowMs }];
    if (is(SHARES.withdrawal)) return this.#withdrawal();
    if (is(SHARES.cashOut)) return this.#cashOut();
    if (is(SHARES.slip)) return this.#slip();
    if (is(SHARES.multiple)) return this.#multiple();
    if (is(SHARES.arbitrage)) return this.#takeArbitrage();
    if (is(SHARES.value)) return this.#valueBet();
    return this.#single();
  }

  /** One of a kind, at random; undefined where there is none. */
  #anyone(kind: BettorKind): Account | undefined {
    const of = this.#byKind[kind];
    return of.length === 0 ? undefined : this.#random.pick(of);
  }

  #withdrawal(): Draft[] {
    const account = this.#random.pick(this.#accounts), surplusMinor = account.availableMinor - FIRST_DEPOSIT_MINOR[account.kind];
    if (surplusMinor < LEAST_STAKE_MINOR) return [];
    account.availableMinor -= surplusMinor;
    return [{ account_id: account.id, action: 'withdraw', currency: CURRENCY, amount_minor: surplusMinor }];
  }

  #cashOut(): Draft[] {
    const account = this.#random.pick(this.#accounts);
    if (account.openBets === 0) return [];
    const { betId, stakeMinor } = account.anyOpen(this.#random);
    const partMinor = this.#random.happens(0.5) || stakeMinor < 2 ? null : Math.ceil(stakeMinor / 2);
    return [{ account_id: account.id, action: 'cash_out', refers_to: betId, amount_minor: partMinor }];
  }

  /** What a person wants to bet on for pleasure, at a book's median prices. */
  #fancy(): { readonly book: MarketBook; readonly pick: PricedOutcome } | undefined {
    const book = this.markets.any(this.#random);
    if (book === undefined || book.quotes.length < LEAST_QUOTES) return undefined;
    const prices = medianPrices(book), shortest = Math.min(...prices.map(({ price }) => price));
    const weights = prices.map(({ outcome, price }) => (price === shortest ? FAVOURITE_BIAS : 1) * (outcome === 'home' || outcome === 'over' ? HOME_BIAS : 1));
    let left = this.#random.share() * weights.reduce((sum, weight) => sum + weight, 0);
    const pick = prices[weights.findIndex((weight) => (left -= weight) < 0)];
    return pick === undefined || pick.price < LEAST_PRICE || pick.price > MOST_PRICE ? undefined : { book, pick };
  }

  /** Small stakes are more frequent than large ones, and round. None where the account has too little. */
  #pleasureStake(account: Account): number | undefined {
    const wantedMinor = 100 * Math.max(1, Math.round(5 * Math.exp(0.9 * this.#random.normal())));
    const stakeMinor = Math.min(wantedMinor, MOST_STAKE_MINOR.recreational, account.availableMinor);
    return stakeMinor < LEAST_STAKE_MINOR ? undefined : stakeMinor;
  }

  #single(): Draft[] {
    const account = this.#anyone('recreational'), fancy = this.#fancy();
    const stakeMinor = account === undefined ? undefined : this.#pleasureStake(account);
    if (account === undefined || fancy === undefined || stakeMinor === undefined) return [];
    return [this.#bet(account, stakeMinor, { provider: this.#random.happens(ROUTED_SHARE) ? null : 'house', legs: [legOf(fancy.book, fancy.pick)], slippage: SLIPPAGE.recreational })];
  }

  #multiple(): Draft[] {
    const account = this.#anyone('recreational'), legs = new Map<string, CommandLeg>();
    for (let tries = 2 + this.#random.below(3); tries > 0; tries--) {
      const fancy = this.#fancy();
      // Of one event a multiple has one leg: two would depend on each other.
      if (fancy !== undefined) legs.set(fancy.book.event_id, legOf(fancy.book, fancy.pick));
    }
    const stakeMinor = account === undefined ? undefined : this.#pleasureStake(account);
    if (account === undefined || legs.size < 2 || stakeMinor === undefined) return [];
    return [this.#bet(account, stakeMinor, { provider: 'house', legs: [...legs.values()], slippage: SLIPPAGE.recreational })];
  }

  /** A bet that is to be refused: at a price that nobody gives, or with more money than there is. */
  #slip(): Draft[] {
    const account = this.#anyone('recreational'), fancy = this.#fancy();
    if (account === undefined || fancy === undefined) return [];
    const leg = legOf(fancy.book, fancy.pick), isDear = this.#random.happens(0.5);
    const bet = { account_id: account.id, action: 'place' as const, currency: CURRENCY, provider: 'house' };
    return [isDear ? { ...bet, amount_minor: LEAST_STAKE_MINOR, legs: [{ ...leg, price: Math.ceil(leg.price * 15_000) / 10_000 }] } : { ...bet, amount_minor: account.availableMinor + 100_000, legs: [leg], slippage: SLIPPAGE.recreational }];
  }

  #valueBet(): Draft[] {
    const account = this.#anyone('value');
    if (account === undefined) return [];
    for (let looks = LOOKS; looks > 0; looks--) {
      const seen = this.markets.takeFresh();
      if (seen === undefined) return [];
      const bet = valueBetOf(seen.fair, seen.book, account.availableMinor);
      if (bet !== undefined) return [this.#bet(account, bet.stakeMinor, { provider: bet.provider, legs: [legOf(seen.book, bet)], slippage: SLIPPAGE.value })];
    }
    return [];
  }

  /** Every leg of the newest arbitrage, each at its provider and at no worse price: one that has gone leaves the others open, as in life. */
  #takeArbitrage(): Draft[] {
    const account = this.#anyone('arbitrage');
    if (account === undefined) return [];
    const found = this.#arbitrages.pop();
    if (found === undefined) return [];
    return arbitrageStakes(found.value, account.availableMinor).map(({ leg, stakeMinor, liabilityMinor }) =>
      this.#bet(account, stakeMinor, { provider: leg.provider, side: leg.side, legs: [legOf(found.value, leg)], slippage: 0 }, liabilityMinor));
  }

  #bet(account: Account, stakeMinor: number, bet: Pick<Draft, 'provider' | 'side' | 'legs' | 'slippage'>, liabilityMinor = stakeMinor): Draft {
    account.availableMinor -= liabilityMinor;
    return { account_id: account.id, action: 'place', currency: CURRENCY, amount_minor: stakeMinor, ...bet };
  }
}

const legOf = ({ sport, event_id: eventId, market }: Pick<MarketBook, 'sport' | 'event_id' | 'market'>, { outcome, price }: PricedOutcome): CommandLeg => ({ sport, event_id: eventId, market, outcome, price });
