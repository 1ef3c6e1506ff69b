import { type Consumer, Kafka, type KafkaMessage } from 'kafkajs';
import { type Brokers, kafkajsSettings } from '../../connectors/kafka/brokers.ts';
import { ValueDecoder } from '../../connectors/kafka/decode.ts';
import type { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import { topicName, topics } from '../../schemas/topics.ts';

/** A market that is shown, as of its last best price. */
export interface WatchedMarket {
  readonly key: string;
  readonly sport: string;
  readonly eventId: string;
  readonly market: string;
  readonly inPlay: boolean;
  /** Sum of 1/net price; null where an outcome has no price. */
  readonly inverseSum: number | null;
  readonly outcomes: readonly { readonly outcome: string; readonly price: number; readonly provider: string; readonly moved: -1 | 0 | 1 }[];
  readonly updatedMs: number;
}

/** An arbitrage as it was last announced. */
export interface WatchedArbitrage {
  readonly eventId: string;
  readonly market: string;
  readonly isOpen: boolean;
  /** Event times, epoch ms. */
  readonly openedAt: number;
  readonly timestamp: number;
  readonly margin: number;
  readonly isExecutable: boolean;
  readonly isPalpableError: boolean;
  readonly oldestLegAgeMs: number;
  readonly legs: readonly { readonly outcome: string; readonly side: string; readonly price: number; readonly provider: string }[];
}

/** What a portfolio can lose, as it was computed last. Amounts are minor units, losses positive. */
export interface WatchedRisk {
  readonly portfolio: string;
  readonly currency: string;
  readonly bets: number;
  readonly exposureMinor: number;
  readonly expectedPnlMinor: number;
  readonly var95Minor: number;
  readonly cvar95Minor: number;
  /** What computed it: a backend, or `exact`. */
  readonly by: string;
  readonly computed: number;
}

interface RiskVar {
  portfolio: string; currency: string; active_bets: number; total_exposure_minor: number; expected_pnl_minor: number; var_95_minor: number; cvar_95_minor: number; method: string; backend: string;
}
interface BestOdds {
  sport: string; event_id: string; market: string; in_play: boolean; inverse_sum: number | null;
  outcomes: { outcome: string; price: number; provider: string }[];
}
interface Arbitrage {
  timestamp: number; arbitrage_id: string; state: string; event_id: string; market: string; opened_at: number; profit_margin: number; executable: boolean; palpable_error: boolean;
  oldest_leg_age_ms: number; legs: { outcome: string; side: string; price: number; provider: string }[];
}
interface Event { event_id: string; home: string | null; away: string | null }

const SHOWN_MARKETS = 6;
const OF_ONE_TYPE = 2;
const SHOWN_ARBITRAGES = 8;
/** A shown market about which nothing was said for so long makes room for another, ms. */
const QUIET_MS = 45_000;
const MOST_NAMES = 20_000;
const CONNECT_MS = 20_000;

/** An independent subscriber of the topics: another client library than the one that writes them. It keeps what a person wants to see. */
export class Watcher {
  readonly markets = new Map<string, WatchedMarket>();
  /** Newest last. */
  readonly arbitrages = new Map<string, WatchedArbitrage>();
  readonly risks = new Map<string, WatchedRisk>();
  openArbitrages = 0;
  seenArbitrages = 0;
  bestPrices = 0;
  /** Why it sees nothing any more. */
  problem: string | undefined;
  readonly #names = new Map<string, string>();
  readonly #open = new Set<string>();
  readonly #consumer: Consumer;
  readonly #decoder: ValueDecoder;
  readonly #namespace: string;

  constructor({ brokers, registry, namespace }: { readonly brokers: Brokers; readonly registry: SchemaRegistry; readonly namespace: string }) {
    this.#namespace = namespace;
    this.#decoder = new ValueDecoder(registry);
    // kafkajs reports as errors what it then tries again.
    const kafka = new Kafka({ clientId: 'oddstream-view', ...kafkajsSettings(brokers), logCreator: () => () => undefined });
    this.#consumer = kafka.consumer({ groupId: `oddstream-view-${process.pid}-${Date.now()}`, readUncommitted: false, maxWaitTimeInMs: 200 });
  }

  /** Subscribes, and resolves once it is listening: what is written after that is seen. */
  async start(): Promise<void> {
    const names = { best: topicName(topics.bestOdds, this.#namespace), arbitrage: topicName(topics.arbitrage, this.#namespace), events: topicName(topics.events, this.#namespace), risk: topicName(topics.riskVar, this.#namespace) };
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [names.best, names.arbitrage, names.risk], fromBeginning: false });
    await this.#consumer.subscribe({ topic: names.events, fromBeginning: true });
    const joined = new Promise<void>((resolve) => {
      // Only once a fetch is through is it settled which offsets were the last ones.
      this.#consumer.on(this.#consumer.events.FETCH, () => resolve());
      setTimeout(resolve, CONNECT_MS).unref();
    });
    this.#consumer.on(this.#consumer.events.CRASH, ({ payload: { error, restart } }) => { this.problem = restart ? undefined : error.message; });
    await this.#consumer.run({
      eachBatchAutoResolve: true,
      eachBatch: async ({ batch: { topic, messages } }) => {
        for (const message of messages) {
          if (message.value === null) continue;
          if (topic === names.best) await this.#best(message);
          else if (topic === names.arbitrage) await this.#arbitrage(message);
          else if (topic === names.risk) await this.#risk(message);
          else await this.#event(message);
        }
      },
    });
    await joined;
  }

  async stop(): Promise<void> { await this.#consumer.disconnect(); }

  /** What people call a contest. */
  nameOf(eventId: string): string { return this.#names.get(eventId) ?? eventId; }

  /** Only what is shown is decoded: at full rate there are many times more. */
  async #best({ key, value }: KafkaMessage): Promise<void> {
    this.bestPrices++;
    const text = String(key);
    const now = Date.now();
    const before = this.markets.get(text);
    if (before === undefined && !this.#hasRoom(now)) return;
    const best = await this.#decode<BestOdds>(value!);
    if (best === undefined) return;
    if (before === undefined && (best.outcomes.length < 2 || this.#typed(best.market) >= OF_ONE_TYPE)) return;
    if (best.outcomes.length === 0) { this.markets.delete(text); return; }
    this.markets.set(text, {
      key: text, sport: best.sport, eventId: best.event_id, market: best.market, inPlay: best.in_play, inverseSum: best.inverse_sum, updatedMs: now,
      outcomes: best.outcomes.map(({ outcome, price, provider }) => {
        const old = before?.outcomes.find((one) => one.outcome === outcome);
        return { outcome, price, provider, moved: old === undefined || old.price === price ? 0 : price > old.price ? 1 : -1 };
      }),
    });
  }

  #hasRoom(nowMs: number): boolean {
    if (this.markets.size < SHOWN_MARKETS) return true;
    for (const [key, { updatedMs }] of this.markets) {
      if (nowMs - updatedMs < QUIET_MS) continue;
      this.markets.delete(key);
      return true;
    }
    return false;
  }

  /** How many markets of this type are shown: `totals:2.5` is of the type totals. */
  #typed(market: string): number {
    const typeOf = (text: string): string => /^[^.:]*/.exec(text)![0];
    return [...this.markets.values()].filter((one) => typeOf(one.market) === typeOf(market)).length;
  }

  async #arbitrage({ key, value }: KafkaMessage): Promise<void> {
    const said = await this.#decode<Arbitrage>(value!);
    if (said === undefined) return;
    const id = `${String(key)}/${said.arbitrage_id}`;
    const isOpen = said.state !== 'closed';
    if (isOpen && !this.#open.has(id)) this.seenArbitrages++;
    if (isOpen) this.#open.add(id); else this.#open.delete(id);
    this.openArbitrages = this.#open.size;
    this.arbitrages.set(id, {
      eventId: said.event_id, market: said.market, isOpen, openedAt: said.opened_at, timestamp: said.timestamp, margin: said.profit_margin, isExecutable: said.executable,
      isPalpableError: said.palpable_error, oldestLegAgeMs: said.oldest_leg_age_ms, legs: said.legs,
    });
    for (const [old] of this.arbitrages) {
      if (this.arbitrages.size <= SHOWN_ARBITRAGES) break;
      this.arbitrages.delete(old);
    }
  }

  async #risk({ value }: KafkaMessage): Promise<void> {
    const said = await this.#decode<RiskVar>(value!);
    if (said === undefined) return;
    const { portfolio, currency, active_bets: bets, total_exposure_minor: exposureMinor, expected_pnl_minor: expectedPnlMinor, var_95_minor: var95Minor, cvar_95_minor: cvar95Minor, method, backend } = said;
    this.risks.set(portfolio, { portfolio, currency, bets, exposureMinor, expectedPnlMinor, var95Minor, cvar95Minor, by: method === 'exact' ? 'exact' : backend, computed: (this.risks.get(portfolio)?.computed ?? 0) + 1 });
  }

  async #event({ value }: KafkaMessage): Promise<void> {
    const said = await this.#decode<Event>(value!);
    if (said === undefined) return;
    const { event_id: eventId, home, away } = said;
    if (home === null || away === null) return;
    if (this.#names.size >= MOST_NAMES) this.#names.delete(this.#names.keys().next().value!);
    this.#names.set(eventId, `${home} – ${away}`);
  }

  /** Undefined for what cannot be decoded: a view has nothing to say of it. */
  async #decode<Value>(bytes: Buffer): Promise<Value | undefined> {
    const decoded = await this.#decoder.decode(bytes);
    return 'error' in decoded ? undefined : decoded.value as Value;
  }
}
