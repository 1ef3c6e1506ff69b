import type { OddsUpdate } from './messages.ts';

/** A market that a feed has sent quotes of. */
export interface Market {
  /** The record's key, as text and as UTF-8. */
  readonly key: string;
  readonly keyBytes: Buffer;
  readonly partition: number;
  readonly quotes: Map<string, Quote>;
}

/** One provider's newest update on a market; without an update, it has withdrawn it. */
export interface Quote {
  readonly market: Market;
  readonly provider: string;
  update: OddsUpdate | undefined;
  /** The timestamp, epoch ms, under which it was last sent. */
  sentMs: number;
}

/** Quotes that were sent within so much event time fall due together, ms. */
const BUCKET_MS = 1_000;

/**
 * The quotes that stand, and when each must be sent again (ARCHITECTURE.md E10): at least every `refreshMs` of event time. Each is in exactly one bucket of a
 * queue; sending it moves only its own time, and the bucket is looked at once per `refreshMs`. So an update costs two look-ups, however many quotes stand.
 */
export class StandingQuotes {
  readonly #refreshMs: number;
  readonly #bucketMs: number;
  readonly #partition: (key: string) => number;
  readonly #markets = new Map<string, Market>();
  readonly #buckets = new Map<number, Quote[]>();
  /** Events that are over, with the time at which they were: whatever stands of them is not sent again. */
  readonly #over = new Map<string, number>();
  #next = Infinity;
  #size = 0;

  /** `partition` gives the partition of a key. */
  constructor(refreshMs: number, partition: (key: string) => number) {
    this.#refreshMs = refreshMs;
    this.#bucketMs = Math.max(1, Math.min(BUCKET_MS, Math.floor(refreshMs / 10)));
    this.#partition = partition;
  }

  /** How many quotes stand. */
  get size(): number {
    return this.#size;
  }

  /** The event time, epoch ms, at which the next quotes fall due; Infinity while none stand. */
  get nextDueMs(): number {
    return this.#next === Infinity ? Infinity : this.#next * this.#bucketMs + this.#refreshMs;
  }

  /** The market of a key, known from now on, until `tidy` finds it without quotes. */
  market(key: string): Market {
    let market = this.#markets.get(key);
    if (market === undefined) {
      market = { key, keyBytes: Buffer.from(key), partition: this.#partition(key), quotes: new Map() };
      this.#markets.set(key, market);
    }
    return market;
  }

  /** The quote of a provider on a market, if one stands. */
  find(key: string, provider: string): Quote | undefined {
    const quote = this.#markets.get(key)?.quotes.get(provider);
    return quote?.update === undefined ? undefined : quote;
  }

  /** An update was sent. It replaces its provider's quote on the market, unless that is newer, or withdraws it. */
  sent(market: Market, update: OddsUpdate): void {
    const { timestamp } = update;
    let quote = market.quotes.get(update.provider);
    if (quote === undefined) {
      if (!isOffer(update)) {
        this.tidy(market);
        return;
      }
      quote = { market, provider: update.provider, update: undefined, sentMs: timestamp };
      market.quotes.set(update.provider, quote);
      this.#enqueue(quote, this.#bucketOf(timestamp));
    } else if (quote.update !== undefined && quote.update.timestamp > timestamp) return;
    const next = isOffer(update) ? update : undefined;
    this.#size += Number(next !== undefined) - Number(quote.update !== undefined);
    quote.update = next;
    if (timestamp > quote.sentMs) quote.sentMs = timestamp;
  }

  /** What a provider offers on a market now cannot be said: nothing stands. */
  drop(market: Market, provider: string): void {
    const quote = market.quotes.get(provider);
    if (quote !== undefined) this.#withdraw(quote);
    this.tidy(market);
  }

  /** Forgets a market that nobody quotes. */
  tidy(market: Market): void {
    if (market.quotes.size === 0) this.#markets.delete(market.key);
  }

  /** Up to `limit` of the quotes that are due at `nextDueMs`. Each must be sent and told to `repeated`. */
  takeDue(limit: number): Quote[] {
    const bucket = this.#next;
    const waiting = this.#buckets.get(bucket) ?? [];
    const due: Quote[] = [];
    while (waiting.length > 0 && due.length < limit) {
      const quote = waiting.pop()!;
      if (quote.update !== undefined && this.#over.has(quote.update.event_id)) this.#withdraw(quote);
      if (quote.update === undefined) this.#forget(quote);
      else if (this.#bucketOf(quote.sentMs) > bucket) this.#enqueue(quote, this.#bucketOf(quote.sentMs));
      else due.push(quote);
    }
    if (waiting.length === 0) this.#finish(bucket);
    return due;
  }

  /** A due quote was sent again under a timestamp, which must be later than the time at which it was sent before. */
  repeated(quote: Quote, timestamp: number): void {
    if (timestamp > quote.sentMs) quote.sentMs = timestamp;
    this.#enqueue(quote, this.#bucketOf(quote.sentMs));
  }

  /** All quotes that stand. */
  *all(): Generator<Quote & { update: OddsUpdate }> {
    for (const market of this.#markets.values()) {
      for (const quote of market.quotes.values()) if (quote.update !== undefined && !this.#over.has(quote.update.event_id)) yield quote as Quote & { update: OddsUpdate };
    }
  }

  /** An event is over, or goes on after all. */
  eventIs(state: 'over' | 'on', eventId: string, timeMs: number): void {
    this.#over.delete(eventId);
    if (state === 'over') this.#over.set(eventId, timeMs);
  }

  /** A provider is down: nothing of it stands until it is said again. */
  providerDown(provider: string): void {
    for (const market of this.#markets.values()) {
      const quote = market.quotes.get(provider);
      if (quote !== undefined) this.#withdraw(quote);
    }
  }

  #bucketOf(timeMs: number): number {
    return Math.floor(timeMs / this.#bucketMs);
  }

  #enqueue(quote: Quote, bucket: number): void {
    const waiting = this.#buckets.get(bucket);
    if (waiting === undefined) this.#buckets.set(bucket, [quote]);
    else waiting.push(quote);
    if (bucket < this.#next) this.#next = bucket;
  }

  #finish(bucket: number): void {
    this.#buckets.delete(bucket);
    this.#next = Infinity;
    for (const other of this.#buckets.keys()) if (other < this.#next) this.#next = other;
    // Every quote is looked at once per refresh: what was over two of them ago has been met by all of its quotes.
    const horizonMs = bucket * this.#bucketMs - this.#refreshMs;
    for (const [eventId, timeMs] of this.#over) {
      if (timeMs >= horizonMs) break;
      this.#over.delete(eventId);
    }
  }

  #withdraw(quote: Quote): void {
    if (quote.update !== undefined) this.#size--;
    quote.update = undefined;
  }

  #forget({ market, provider }: Quote): void {
    market.quotes.delete(provider);
    this.tidy(market);
  }
}

/** An update that offers something. */
const isOffer = ({ status, odds, lay }: OddsUpdate): boolean => {
  if (status === 'closed') return false;
  for (const _ in odds) return true;
  if (lay !== undefined) for (const _ in lay) return true;
  return false;
};
