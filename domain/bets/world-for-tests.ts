import type { Offer } from '../routing.ts';
import { type Command, Desk, type DeskRules, type DeskState } from './desk.ts';
import { type Fact, factKey, OPEN_FROM_MS, OPEN_UNTIL_MS, type OutcomeFact, replaces } from './facts.ts';
import type { LiveMarket, LiveMarkets, PlaceCommand } from './placement.ts';
import type { Account, Bet, Cause, DeskEvent, Entry, SettlementVersion, Side } from './types.ts';

export const rules: DeskRules = { maxStakeMinor: 1_000_000, maxReturnMinor: 1e9, maxLegs: 5, maxParts: 3, betDelayMs: 5_000, cashOutMarginPpm: 50_000 };
/** The market that a test bets on where it does not say otherwise. */
export const MARKET = 'football:e1:1x2';
export const START_MS = 1_000_000;

/** Ids that leave room for the parts of a split stake. */
export const uuid = (n: number): string => `00000000-0000-4000-8000-${(n * 16).toString(16).padStart(12, '0')}`;

export const offer = (provider: string, price: number, more: Partial<Offer> = {}): Offer =>
  ({ provider, priceE4: Math.round(price * 1e4), commissionPpm: 0, limitMinor: undefined, currency: null, ...more });

/** A market that offers the same on each of its outcomes. */
export const liveMarket = ({ back = [], lay = [], isInPlay = false, fair = 0.4 }: { back?: readonly Offer[]; lay?: readonly Offer[]; isInPlay?: boolean; fair?: number | undefined } = {}): LiveMarket => {
  const offers = (_: string, side: Side): readonly Offer[] => (side === 'back' ? back : lay);
  return { isInPlay, offers, offersOf: (provider, outcome, side) => offers(outcome, side).filter((one) => one.provider === provider), fairProbability: () => fair };
};

/** The contents of a command of an action. */
export type ContentsOf<A extends Command['action']> = Omit<Extract<Command, { action: A }>, 'commandId' | 'accountId' | 'timestampMs' | 'cause' | 'action'>;

const legOf = (key: string): { readonly sport: string; readonly eventId: string; readonly market: string } => {
  const [sport, eventId, ...market] = key.split(':');
  return { sport: sport!, eventId: eventId!, market: market.join(':') };
};

/** What a test places: a back bet of 10.00 on home at 2.5 where it does not say otherwise. */
export interface TestBet extends Partial<Omit<PlaceCommand, 'legs'>> {
  /** `<market's key>/<outcome>@<price>`. */
  readonly on?: readonly string[];
  readonly accountId?: string;
}

/** A settlement by one producer, of all outcomes at once, newer than all before it, where a test does not say otherwise. */
export interface TestFact extends Partial<Omit<Fact, 'outcomes' | 'cause'>> {
  readonly outcomes?: Readonly<Record<string, OutcomeFact['result'] | readonly [OutcomeFact['result'], number]>>;
}

/** A desk that keeps what it says. */
export class DeskUnderTest extends Desk {
  readonly events: DeskEvent[] = [];

  constructor(...[state, rules, markets, factsOf, nowMs]: DeskOptions) {
    super(state, rules, markets, factsOf, nowMs, ({ account, bet, ...event }) => {
      this.events.push({ ...event, account: account && { ...account }, bet: bet && { ...bet, legs: bet.legs.map((leg) => ({ ...leg })) } });
    });
  }
}
type DeskOptions = ConstructorParameters<typeof Desk> extends [...infer Options, unknown] ? Options : never;

/** All that is durable, as a database would hold it, and desks that work on it one after the other. */
export class World {
  readonly state: DeskState = { accounts: new Map(), bets: new Map(), commands: new Map() };
  readonly entries: Entry[] = [];
  readonly events: DeskEvent[] = [];
  readonly settlements: SettlementVersion[] = [];
  readonly facts = new Map<string, Fact[]>();
  readonly live = new Map<string, LiveMarket | 'stale'>();
  rules = rules;
  nowMs = START_MS;
  #offset = 0;
  #commands = 0;
  #facts = 0;

  /** With accounts that have 1,000.00 each. */
  constructor(...accounts: readonly string[]) {
    for (const id of accounts) {
      this.do('open_account', { currency: 'GBP', userId: null, syndicateId: null }, id);
      this.do('deposit', { amountMinor: 100_000, currency: 'GBP' }, id);
    }
  }

  readonly markets: LiveMarkets = (sport, eventId, market) => this.live.get(`${sport}:${eventId}:${market}`);

  desk(): DeskUnderTest { return new DeskUnderTest(this.state, this.rules, this.markets, (sport, eventId, market) => this.facts.get(`${sport}:${eventId}:${market}`) ?? [], this.nowMs); }

  cause(topic: string): Cause { return { topic, partition: 0, offset: this.#offset++ }; }

  /** Makes durable what a desk did, and settles what became due by it. */
  keep(desk: DeskUnderTest): void {
    this.entries.push(...desk.entries);
    this.events.push(...desk.events);
    this.settlements.push(...desk.settlements);
    for (const { sport, eventId, market, cause } of desk.due) this.settle(`${sport}:${eventId}:${market}`, cause);
  }

  work(work: (desk: DeskUnderTest) => void): void {
    const desk = this.desk();
    work(desk);
    this.keep(desk);
  }

  command<A extends Command['action']>(action: A, contents: ContentsOf<A>, accountId = 'ada', commandId = uuid(++this.#commands)): Command {
    return { commandId, accountId, timestampMs: this.nowMs, cause: this.cause('bet-commands'), action, ...contents } as unknown as Command;
  }

  /** Decides a command and returns what answers it: the code of a rejection, or what happened. */
  decide(command: Command): string {
    const before = this.events.length;
    this.work((desk) => { desk.decide(command); });
    const answers = this.events.slice(before).filter(({ commandId }) => commandId === command.commandId);
    return answers.map(({ kind, code }) => (kind === 'rejected' ? code : kind)).join(' ');
  }

  do<A extends Command['action']>(action: A, contents: ContentsOf<A>, accountId = 'ada'): string { return this.decide(this.command(action, contents, accountId)); }

  placing({ on = [`${MARKET}/home@2.5`], accountId, stakeMinor = 1_000, currency = 'GBP', side = 'back', isFreeBet = false, provider = null, slippage = 0 }: TestBet = {}): Command {
    const legs = on.map((text) => {
      const [key, outcome, price] = text.split(/[/@]/);
      return { ...legOf(key!), outcome: outcome!, price: Number(price) };
    });
    return this.command('place', { stakeMinor, currency, metadata: {}, place: { side, isFreeBet, provider, slippage, legs } }, accountId);
  }

  /** Places, and returns the bet, or the first part of it; throws where it is not taken. */
  place(bet: TestBet = {}): Bet {
    const command = this.placing(bet), answer = this.decide(command), placed = this.state.bets.get(command.commandId);
    if (placed === undefined) throw new Error(`the bet was not placed: ${answer}`);
    return placed;
  }

  /** Says a fact, as a producer would, where it is news. */
  say(fact: TestFact, key = MARKET): void {
    const { outcomes = {}, ...more } = fact;
    this.hear({
      producer: 'x', kind: 'settle', fromMs: OPEN_FROM_MS, untilMs: OPEN_UNTIL_MS, isActive: true, certainty: 'confirmed', deductions: [], timestampMs: ++this.#facts,
      outcomes: Object.entries(outcomes).map(([outcome, result]) => (typeof result === 'string' ? { outcome, result, deadHeatFactor: null } : { outcome, result: result[0], deadHeatFactor: result[1] })), ...more,
    }, key);
  }

  hear(fact: Omit<Fact, 'cause'>, key: string): void {
    const full = { ...fact, cause: this.cause('results') };
    if (this.learn(full, key)) this.settle(key, full.cause);
  }

  /** Takes a fact where it is news, and says whether it was. */
  learn(fact: Fact, key: string): boolean {
    const known = this.facts.get(key) ?? [], before = known.find((one) => factKey(one) === factKey(fact));
    if (before !== undefined && !replaces(fact, before)) return false;
    this.facts.set(key, [...known.filter((one) => one !== before), fact]);
    return true;
  }

  settle(key: string, cause: Cause): void {
    this.work((desk) => { desk.settle(Array.from(this.state.bets.values()).filter(({ legs }) => legs.some((leg) => `${leg.sport}:${leg.eventId}:${leg.market}` === key)), () => cause); });
  }

  /** Time passes, bets whose delay is over are looked at, and providers accept what was sent to them. */
  pass(ms: number): void {
    this.nowMs += ms;
    this.work((desk) => { for (const bet of this.state.bets.values()) { desk.look(bet); desk.answered(bet, { kind: 'accepted', reference: 'r' }); } });
  }

  account(id = 'ada'): Account { return this.state.accounts.get(id)!; }

  /** What the entries add up to, by account and bucket, without what is nothing. */
  balances(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const { accountId, bucket, amountMinor } of this.entries) sums[`${accountId}/${bucket}`] = (sums[`${accountId}/${bucket}`] ?? 0) + amountMinor;
    return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0).sort());
  }

  /** Throws unless all holds that must hold after every step. */
  check(): void {
    const transfers = new Map<string, number>();
    for (const { transfer, currency, amountMinor } of this.entries) transfers.set(`${transfer} ${currency}`, (transfers.get(`${transfer} ${currency}`) ?? 0) + amountMinor);
    for (const [transfer, sum] of transfers) if (sum !== 0) throw new Error(`${transfer} is off by ${sum}`);
    const balances = this.balances();
    for (const account of this.state.accounts.values()) {
      const of = (bucket: string): number => balances[`${account.accountId}/${bucket}`] ?? 0;
      const { accountId, availableMinor, heldMinor, stakedMinor, receivableMinor } = account;
      if (of('available') !== availableMinor || of('held') !== heldMinor || of('staked') !== stakedMinor || of('receivable') !== -receivableMinor) throw new Error(`${accountId}: entries and balances differ`);
      if (Math.min(availableMinor, heldMinor, stakedMinor, receivableMinor) < 0 || (availableMinor > 0 && receivableMinor > 0)) throw new Error(`${accountId} is in a state that no account may be in`);
      const open = Array.from(this.state.bets.values()).filter((bet) => bet.accountId === accountId && ['delayed', 'submitted', 'unknown', 'accepted'].includes(bet.status));
      if (open.reduce((sum, { liabilityMinor }) => sum + liabilityMinor, 0) !== stakedMinor) throw new Error(`${accountId}: what is staked is not what its open bets hold`);
      const withdrawals = Array.from(this.state.commands.values()).filter((one) => one.accountId === accountId && one.action === 'withdraw' && one.state === 'held');
      if (withdrawals.reduce((sum, { amountMinor }) => sum + amountMinor!, 0) !== heldMinor) throw new Error(`${accountId}: what is held is not what its withdrawals hold`);
    }
  }
}
