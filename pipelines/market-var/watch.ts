import { HOUSE } from '../../domain/bets/purse.ts';
import { isOurSide, type PortfolioKind } from '../../domain/bets/portfolios.ts';
import { formatRecordKey, parseMarket } from '../../domain/market.ts';
import { toCommissionPpm, toPriceE4 } from '../../domain/odds.ts';
import type { LegClass } from '../../domain/payout.ts';
import { scoreResult } from '../../domain/settlement.ts';
import type { EventState, Flag, MarketState } from '../../domain/var/inputs.ts';
import { rateOf } from '../../domain/var/payoffs.ts';
import type { Position as Held, PositionLeg } from '../../domain/var/types.ts';
import type { JoinServers } from '../../runtime/pipeline.ts';
import type { LatestValues } from '../../runtime/ports.ts';
import { ValueRows } from '../../runtime/value-rows.ts';
import { type Event, type EventRow, EventSchema, type EventWriter } from '../../schemas/generated/event.ts';
import type { BetLeg, Position } from '../../schemas/generated/position.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { Holdings } from './holdings.ts';
import { MarketViews } from './market-views.ts';

/** Up to where a partition was read. */
export interface InputOffset {
  readonly topic: string;
  readonly partition: number;
  readonly next_offset: number;
}

/** A portfolio at a moment: what it holds, and what that is worth. */
export interface Snapshot {
  readonly portfolio: string;
  /** Event time of the newest record in it, epoch ms. */
  readonly timestampMs: number;
  /** Open bets, also those beyond the horizon. */
  readonly activeBets: number;
  /** What bettors have staked on them, base minor units. */
  readonly stakedMinor: number;
  /** Those within it. */
  readonly positions: readonly Held[];
  readonly events: readonly EventState[];
  readonly markets: readonly MarketState[];
  readonly flags: readonly Flag[];
  /** Of the bets that were settled on the UTC day of `timestampMs`, base minor units. */
  readonly dailyPnlMinor: number;
  readonly inputs: readonly InputOffset[];
  /** Where in `bet-events` the newest of its bets became what it is; undefined where it has none. */
  readonly newest: { readonly partition: number; readonly offset: number } | undefined;
}

export interface WatchOptions {
  readonly kinds: readonly PortfolioKind[];
  /** The base currency, and base minor units of a minor unit of the others. */
  readonly currency: string;
  readonly rates: Readonly<Record<string, number>>;
}

const DAY_MS = 86_400_000;
const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);
const marketOf = ({ sport, event_id: eventId, market }: BetLeg): string => formatRecordKey({ sport, eventId, market });

/** What snapshots need of a bet, made once: a portfolio of hundreds is looked at again with each of its bets, and that must not hold the loop. */
interface Read {
  readonly markets: readonly string[];
  /** By whether we hold the other side. */
  readonly held: [Held | undefined, Held | undefined];
}

/** Positions, live books and events as they are now, and which portfolios they have touched since they were asked for last. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #namespace: string;
  readonly #touchedKeys = { positions: new Set<string>(), books: new Set<string>(), events: new Set<string>() };
  #positions!: LatestValues;
  #books!: LatestValues;
  #events!: LatestValues;
  #holdings!: Holdings;
  #views!: MarketViews;
  #eventRows!: ValueRows<Event, EventRow, EventWriter>;
  readonly #reads = new WeakMap<Position, Read>();
  readonly #readEvents = new WeakMap<Uint8Array, Event>();
  /** Which portfolios hang on a market, or on an event by its id. */
  readonly #hanging = { books: new Hanging(), events: new Hanging() };

  private constructor(options: WatchOptions, namespace: string) {
    this.#options = options;
    this.#namespace = namespace;
  }

  static async open({ latestValues, namespace }: Pick<JoinServers, 'latestValues' | 'namespace'>, options: WatchOptions): Promise<Watch> {
    const watch = new Watch(options, namespace), { positions, books, events } = watch.#touchedKeys;
    [watch.#books, watch.#events, watch.#positions] = await Promise.all([
      latestValues(topics.marketBooks, (key) => { if (watch.#hanging.books.has(key)) books.add(key); }),
      latestValues(topics.events, (key) => { if (watch.#hanging.events.has(key)) events.add(key); }),
      latestValues(topics.positions, (key) => { positions.add(key); }),
    ]);
    watch.#holdings = new Holdings(watch.#positions, options.kinds);
    watch.#views = new MarketViews(watch.#books);
    watch.#eventRows = new ValueRows(EventSchema, watch.#events);
    return watch;
  }

  /** Portfolios that something has touched since the last call. Throws what reading has failed by. */
  touched(): ReadonlySet<string> {
    for (const values of [this.#positions, this.#books, this.#events]) void values.heardMs;
    const { positions, books, events } = this.#touchedKeys, touched = new Set(this.#holdings.take(positions));
    for (const market of books) for (const portfolio of this.#hanging.books.on(market)) touched.add(portfolio);
    for (const event of events) for (const portfolio of this.#hanging.events.on(event)) touched.add(portfolio);
    for (const keys of [positions, books, events]) keys.clear();
    return touched;
  }

  /** Bets of events that start within the horizon of the newest input. */
  snapshot(portfolio: string, horizonMs: number): Snapshot {
    const bets = this.#holdings.of(portfolio), open = bets.filter(({ status }) => status === 'open');
    let timestampMs = bets.reduce((newest, { timestamp }) => Math.max(newest, timestamp), 0);
    const taken = new Map<string, { readonly leg: BetLeg; readonly prices: Map<string, number> }>(), known = new Map<string, Event | undefined>();
    for (const bet of open) {
      const { markets } = this.#read(bet);
      for (const [at, leg] of bet.legs.entries()) {
        let on = taken.get(markets[at]!);
        if (on === undefined) taken.set(markets[at]!, on = { leg, prices: new Map() });
        if (!on.prices.has(leg.outcome)) on.prices.set(leg.outcome, leg.price);
        if (!known.has(leg.event_id)) known.set(leg.event_id, this.#event(leg.event_id));
      }
    }
    this.#hanging.books.set(portfolio, taken.keys());
    this.#hanging.events.set(portfolio, known.keys());
    const flags: Flag[] = [], markets: MarketState[] = [];
    for (const [market, { leg, prices }] of [...taken].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const view = this.#views.view(market, prices), event = known.get(leg.event_id), decided = decidedBy(event, leg.market);
      timestampMs = Math.max(timestampMs, view.timestampMs, event?.timestamp ?? 0);
      if (view.flag !== undefined && decided === null) flags.push({ market, code: view.flag });
      markets.push({ market, outcomes: view.outcomes, probabilities: view.probabilities, decided });
    }
    const events = new Map<string, EventState>();
    for (const { sport, event_id: eventId } of open.flatMap(({ legs }) => legs)) events.set(`${sport}:${eventId}`, stateOf(`${sport}:${eventId}`, known.get(eventId)));
    for (const { currency, legs } of open) if (!this.#hasRate(currency)) flags.push({ market: marketOf(legs[0]!), code: 'no_rate' });
    const within = open.filter(({ currency }) => this.#hasRate(currency)).filter(({ legs }) => legs.some((leg) => (known.get(leg.event_id)?.starts_at ?? 0) <= timestampMs + horizonMs));
    return {
      portfolio, timestampMs, activeBets: open.length, stakedMinor: this.#staked(open), positions: within.map((bet) => this.#held(bet, isOurSide(portfolio))), flags, markets, events: [...events.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
      dailyPnlMinor: this.#dailyPnl(bets, portfolio, timestampMs), inputs: this.#inputs(), newest: newestOf(bets),
    };
  }

  #event(eventId: string): Event | undefined {
    const bytes = this.#events.value(eventId);
    if (bytes === undefined) return undefined;
    let event = this.#readEvents.get(bytes);
    if (event === undefined) this.#readEvents.set(bytes, event = this.#eventRows.row(bytes).toObject());
    return event;
  }

  #read(bet: Position): Read {
    let read = this.#reads.get(bet);
    if (read === undefined) this.#reads.set(bet, read = { markets: bet.legs.map(marketOf), held: [undefined, undefined] });
    return read;
  }

  #held(bet: Position, isCounterparty: boolean): Held {
    const { markets, held } = this.#read(bet), side = isCounterparty ? 1 : 0;
    return held[side] ??= heldOf(bet, markets, isCounterparty);
  }

  /** Bets in a currency that nobody said the rate of are left out, and flagged. */
  #hasRate(currency: string): boolean { return currency === this.#options.currency || Object.hasOwn(this.#options.rates, currency); }

  #staked(open: readonly Position[]): number {
    return Math.round(open.filter(({ currency }) => this.#hasRate(currency)).reduce((sum, { stake_minor: minor, currency }) => sum + minor * rateOf(this.#options, currency), 0));
  }

  #dailyPnl(bets: readonly Position[], portfolio: string, timestampMs: number): number {
    const sign = isOurSide(portfolio) ? -1 : 1;
    let sum = 0;
    for (const { status, settled_at: settledMs, pnl_minor: pnlMinor, currency } of bets) {
      if (status === 'settled' && this.#hasRate(currency) && settledMs !== null && pnlMinor !== null && dayOf(settledMs) === dayOf(timestampMs)) sum += sign * pnlMinor * rateOf(this.#options, currency);
    }
    return Math.round(sum) + 0;
  }

  #inputs(): InputOffset[] {
    return ([[topics.positions, this.#positions], [topics.marketBooks, this.#books], [topics.events, this.#events]] as const).flatMap(([topic, values]) =>
      values.nextOffsets.map((next, partition) => ({ topic: topicName(topic, this.#namespace), partition, next_offset: next })));
  }
}

const newestOf = (bets: readonly Position[]): Snapshot['newest'] => {
  const newest = bets.reduce<Position | undefined>((latest, bet) => (latest === undefined || bet.timestamp > latest.timestamp ? bet : latest), undefined);
  return newest === undefined ? undefined : { partition: newest.source_partition, offset: newest.source_offset };
};

/** Which portfolios hang on what. */
class Hanging {
  readonly #portfolios = new Map<string, Set<string>>();
  readonly #keys = new Map<string, Set<string>>();

  has(key: string): boolean { return this.#portfolios.has(key); }

  on(key: string): Iterable<string> { return this.#portfolios.get(key) ?? []; }

  /** From now on the portfolio hangs on these, and on no others. */
  set(portfolio: string, keys: Iterable<string>): void {
    const now = new Set(keys), before = this.#keys.get(portfolio) ?? new Set();
    for (const key of before) {
      if (now.has(key)) continue;
      const on = this.#portfolios.get(key)!;
      on.delete(portfolio);
      if (on.size === 0) this.#portfolios.delete(key);
    }
    for (const key of now) {
      let on = this.#portfolios.get(key);
      if (on === undefined) this.#portfolios.set(key, on = new Set());
      on.add(portfolio);
    }
    if (now.size === 0) this.#keys.delete(portfolio);
    else this.#keys.set(portfolio, now);
  }
}

/** What a final score makes of a market, in the catalogue's order; null where it is not final, or does not decide it. The score is that of ordinary time: of a period, or after overtime, it is not known. */
const decidedBy = (event: Event | undefined, name: string): readonly LegClass[] | null => {
  if (event?.status !== 'finished' || event.home_score === null || event.away_score === null) return null;
  const market = parseMarket(name);
  if (market.ok && market.value.type === 'moneyline' && event.home_score === event.away_score) return null;
  return market.ok && market.value.period === undefined ? scoreResult(name, event.home_score, event.away_score) ?? null : null;
};

const stateOf = (id: string, event: Event | undefined): EventState => ({
  id, competition: event?.competition ?? null, startsAtMs: event?.starts_at ?? null, isInPlay: event?.status === 'live',
  score: event === undefined || event.home_score === null || event.away_score === null ? null : { home: event.home_score, away: event.away_score },
});

/** A bet as a position. Prices were priceable when they were taken. */
const heldOf = ({ bet_id: id, account_id: account, provider, legs, side, stake_minor: stakeMinor, currency, free_bet: isFreeBet, commission }: Position, markets: readonly string[], isCounterparty: boolean): Held => ({
  id, account, provider, side, stakeMinor, currency, isFreeBet, commissionPpm: provider === HOUSE ? 0 : toCommissionPpm(commission) ?? 0, isCounterparty,
  legs: legs.map((leg, at): PositionLeg => ({ market: markets[at]!, outcome: leg.outcome, priceE4: toPriceE4(leg.price) as number })),
});
