import { setTimeout as wait } from 'node:timers/promises';
import { ValueEncoder } from '../../../connectors/feeds/encoder.ts';
import type { Random } from '../../../connectors/random.ts';
import { CONTROL_KEY, tickHeaders } from '../../../connectors/kafka/control.ts';
import { partitionOf } from '../../../connectors/kafka/partitioner.ts';
import { connectProducer, type KafkaProducer } from '../../../connectors/kafka/producer.ts';
import type { SchemaRegistry } from '../../../connectors/kafka/registry.ts';
import { type BetCommand, BetCommandSchema } from '../../../schemas/generated/bet-command.ts';
import { MarketBookSchema, type MarketBook } from '../../../schemas/generated/market-book.ts';
import { type Result, ResultSchema } from '../../../schemas/generated/result.ts';
import { topicName, topics } from '../../../schemas/topics.ts';

const ACCOUNTS = 40, MARKETS = 60;
const OUTCOMES = ['home', 'draw', 'away'] as const;
/** Bookmakers, and an exchange. */
const PROVIDERS = ['acme', 'brook', 'exchange'] as const;
const STEP_MS = 25, TICK_MS = 200;
const KEPT = 2_000;

interface Written { readonly topic: string; readonly partition: number; readonly key: string; readonly value: Buffer }

/** What writes commands, results and prices while the money pipelines are disturbed: all that it does comes of its seed, except when. */
export class Gamblers {
  readonly #producer: KafkaProducer;
  readonly #random: Random;
  readonly #commands: ValueEncoder<BetCommand>;
  readonly #results: ValueEncoder<Result>;
  readonly #books: ValueEncoder<MarketBook>;
  /** What was written last, for whoever repeats it. */
  readonly #written: Written[] = [];
  readonly #placed: { readonly id: string; readonly account: string }[] = [];
  readonly #withdrawals: { readonly id: string; readonly account: string }[] = [];
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #ids = 0;
  readonly #seed: number;

  static async connect(brokers: string, registry: SchemaRegistry, seed: number, random: Random): Promise<Gamblers> {
    const producer = await connectProducer({ brokers, lingerMs: 5 });
    return new Gamblers(producer, random, seed, await registry.idOf(topics.betCommands), await registry.idOf(topics.results), await registry.idOf(topics.marketBooks));
  }

  private constructor(producer: KafkaProducer, random: Random, seed: number, commands: number, results: number, books: number) {
    this.#producer = producer;
    this.#random = random;
    this.#seed = seed;
    this.#commands = new ValueEncoder(BetCommandSchema.avsc, commands);
    this.#results = new ValueEncoder(ResultSchema.avsc, results);
    this.#books = new ValueEncoder(MarketBookSchema.avsc, books);
  }

  async begin(): Promise<void> {
    for (let market = 0; market < MARKETS; market++) this.#book(market);
    for (let i = 0; i < ACCOUNTS; i++) {
      this.#command(`account-${i}`, { action: 'open_account', currency: i % 8 === 0 ? 'JPY' : 'EUR', user_id: `user-${i % 20}` });
      this.#command(`account-${i}`, { action: 'deposit', amount_minor: 200_000 });
    }
    await this.#producer.flush(60_000);
    this.#running = this.#run();
  }

  /** Stops writing; all that was written is durable then. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#producer.flush(120_000);
    await this.#producer.disconnect();
  }

  /** Repeats what was written lately, in its order or in another one. */
  repeat(count: number, isReordered: boolean): number {
    const again = Array.from({ length: count }, () => this.#one(this.#written)).filter((one): one is Written => one !== undefined);
    if (!isReordered) again.sort((a, b) => this.#written.indexOf(a) - this.#written.indexOf(b));
    for (const { topic, partition, key, value } of again) this.#producer.produce(topic, partition, value, key);
    return again.length;
  }

  /** Writes values that nobody can read. */
  poison(count: number): void {
    for (let i = 0; i < count; i++) {
      const topic = topicName(this.#random.pick([topics.betCommands, topics.results]));
      this.#producer.produce(topic, this.#between(0, 7), Buffer.from([0, 0, 0, 0, 99, 1, 2, 3]), `poison-${i}`);
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let tickedMs = 0; !signal.aborted; await wait(STEP_MS, undefined, { signal }).catch(() => undefined)) {
      await this.#producer.ready();
      if (Date.now() - tickedMs >= TICK_MS) {
        tickedMs = Date.now();
        for (let partition = 0; partition < topics.marketBooks.partitions; partition++) this.#producer.produce(topicName(topics.marketBooks), partition, null, CONTROL_KEY, tickHeaders(tickedMs));
      }
      for (let i = 0; i < 4; i++) this.#act();
      if (this.#random.happens(0.3)) this.#book(this.#between(0, MARKETS - 1));
      if (this.#random.happens(0.25)) this.#result();
    }
  }

  #act(): void {
    const account = `account-${this.#between(0, ACCOUNTS + 1)}`; //  two of them were never opened
    const bet = this.#one(this.#placed), roll = this.#between(0, 99);
    if (roll < 76 || bet === undefined) this.#place(account);
    else if (roll < 80) this.#command(bet.account, { action: 'cash_out', refers_to: bet.id, amount_minor: this.#random.happens(0.5) ? null : this.#between(1, 500) });
    else if (roll < 83) this.#command(bet.account, { action: 'cancel', refers_to: bet.id });
    else if (roll < 87) this.#command(bet.account, { action: this.#random.happens(0.6) ? 'void' : 'restore', refers_to: bet.id, reason: 'palpable_error' });
    else if (roll < 92) this.#command(account, { action: 'deposit', amount_minor: this.#between(-10, 20_000) });
    else if (roll < 96) this.#withdrawals.push({ id: this.#command(account, { action: 'withdraw', amount_minor: this.#between(1, 5_000) }), account });
    else {
      const held = this.#one(this.#withdrawals);
      if (held !== undefined) this.#command(held.account, { action: this.#random.happens(0.5) ? 'complete_withdrawal' : 'release_withdrawal', refers_to: held.id });
    }
  }

  #place(account: string): void {
    const isMultiple = this.#random.happens(0.1), side = !isMultiple && this.#random.happens(0.15) ? 'lay' : 'back';
    const legs = Array.from({ length: isMultiple ? this.#between(2, 4) : 1 }, () => {
      const at = this.#between(0, 2);
      return { sport: 'football', event_id: `m${this.#between(0, MARKETS)}`, market: '1x2', outcome: OUTCOMES[at]!, price: 2.2 + at };
    });
    const id = this.#command(account, {
      action: 'place', side, legs, slippage: this.#random.happens(0.9) ? 0.3 : 0, amount_minor: this.#between(-2, 2_500), free_bet: this.#random.happens(0.1),
      provider: this.#random.pick([null, 'house', 'house', ...PROVIDERS, 'nobody']),
    });
    this.#placed.push({ id, account });
    if (this.#placed.length > KEPT) this.#placed.shift();
  }

  #command(account: string, command: Partial<BetCommand> & Pick<BetCommand, 'action'>): string {
    const id = `${this.#seed.toString(16).padStart(8, '0')}-0000-4000-8000-${(this.#ids++).toString(16).padStart(12, '0')}`;
    const currency = Number(account.slice(8)) % 8 === 0 ? 'JPY' : this.#random.happens(0.98) ? 'EUR' : 'USD';
    this.#write(topics.betCommands, account, this.#commands.encode({
      timestamp: Date.now(), command_id: id, account_id: account, currency, amount_minor: null, refers_to: null, side: 'back', provider: null, legs: [], slippage: 0, free_bet: false,
      min_payout_minor: null, user_id: null, syndicate_id: null, reason: null, metadata: {}, ...command,
    }));
    return id;
  }

  #book(market: number): void {
    const event = `m${market}`, price = (base: number): number => Math.round((base + this.#between(0, 60) / 100) * 100) / 100;
    const quotes = PROVIDERS.map((provider, offset) => ({
      provider, quoted_at: Date.now(), offset, commission: provider === 'exchange' ? 0.05 : 0, currency: 'EUR',
      prices: OUTCOMES.map((outcome, at) => ({
        outcome, price: price(2 + at), limit_minor: this.#between(300, 3_000), lay: provider === 'exchange' ? price(2.6 + at) : null, lay_limit_minor: provider === 'exchange' ? 1_500 : null,
      })),
    }));
    this.#write(topics.marketBooks, `football:${event}:1x2`, this.#books.encode({
      timestamp: Date.now(), sport: 'football', event_id: event, market: '1x2', in_play: this.#random.happens(0.2), quotes: this.#random.happens(0.1) ? [] : quotes, source_partition: 0, source_offset: 0,
    }));
  }

  /** Somebody's word on a market: mostly on a few, so that they are settled, taken back and settled again. */
  #result(): void {
    const event = `m${this.#between(0, this.#random.happens(0.8) ? 15 : MARKETS)}`, winner = this.#between(0, 2), nowMs = Date.now();
    const action = this.#random.pick(['settle', 'settle', 'settle', 'rollback_settle', 'rollback_settle', 'cancel', 'rollback_cancel'] as const);
    const isCancel = action === 'cancel' || action === 'rollback_cancel', windowMs = this.#random.pick([0, 20_000]);
    this.#write(topics.results, `football:${event}:1x2`, this.#results.encode({
      timestamp: nowMs - this.#between(0, 5_000), provider: this.#random.pick(['desk', 'scout']), sport: 'football', event_id: event, market: '1x2', action,
      certainty: this.#random.happens(0.5) ? 'live' : 'confirmed',
      outcomes: action !== 'settle' ? [] : OUTCOMES.map((outcome, at) => ({ outcome, result: at === winner ? this.#random.pick(['won', 'won', 'half_won'] as const) : this.#random.pick(['lost', 'lost', 'lost', 'void', 'push'] as const), dead_heat_factor: at === winner && this.#random.happens(0.1) ? 0.5 : null })),
      void_from: isCancel && windowMs > 0 ? Math.floor(nowMs / windowMs) * windowMs : null, void_until: isCancel && windowMs > 0 ? (Math.floor(nowMs / windowMs) + 1) * windowMs : null,
      deductions: action === 'settle' && this.#random.happens(0.1) ? [{ kind: 'rule4', rate: 0.15, withdrawn_at: nowMs }] : [],
    }));
  }

  /** A whole number from one up to and with another. */
  #between(from: number, to: number): number { return from + this.#random.below(to - from + 1); }

  /** One of those; undefined where there is none yet. */
  #one<Item>(of: readonly Item[]): Item | undefined { return of.length === 0 ? undefined : of[this.#random.below(of.length)]; }

  #write(topic: { readonly name: string; readonly partitions: number }, key: string, bytes: Buffer): void {
    const written = { topic: topicName(topic), partition: partitionOf(key, topic.partitions), key, value: Buffer.from(bytes) };
    this.#producer.produce(written.topic, written.partition, written.value, key);
    if (topic.name === topics.marketBooks.name) return;
    this.#written.push(written);
    if (this.#written.length > KEPT) this.#written.shift();
  }
}
