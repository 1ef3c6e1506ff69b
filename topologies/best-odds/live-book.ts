import { netPriceE10 } from '../../domain/odds.ts';
import { Control, type Dictionaries } from '../../schemas/codec/columns.ts';
import { QuoteStatus, type OddsUpdateRow } from '../../schemas/generated/odds-update.ts';
import { type StandingMarketRow, StandingMarketSchema, type StandingMarketWriter } from '../../schemas/generated/standing-market.ts';
import type { Window } from '../../stream/batch.ts';
import { Fate } from '../../stream/fates.ts';
import type { Changes, KeyedStore } from '../../stream/operators/index.ts';
import type { Task } from '../../stream/task.ts';
import { Timers } from '../../stream/timers.ts';
import { IncomingQuote, Market } from './market.ts';
import { PlacesByShape } from './places.ts';
import { ProviderStatuses } from './provider-statuses.ts';
import { NO_PRICE } from './quotes.ts';
import { loadMarket, saveMarket } from './standing-market.ts';

/**
 * The standing quotes of every provider on every market (ARCHITECTURE.md E9, E10). A quote lives until it is replaced or withdrawn, its
 * provider goes down, or its time to live has passed; only a live one counts. A withdrawn quote is remembered for as long, so
 * that an older one that comes late does not rise from the dead.
 */
export class LiveBook implements KeyedStore<OddsUpdateRow, 'sport:event_id:market'> {
  readonly partitionedBy = 'sport:event_id:market';
  readonly entries = StandingMarketSchema;
  readonly dictionaries: Dictionaries;
  readonly #markets: (Market | undefined)[] = []; //  by key id
  readonly #providers: ProviderStatuses;
  readonly #timers = new Timers();
  readonly #incoming = new IncomingQuote();
  readonly #shapes = new PlacesByShape();
  /** Markets without a quote, to be forgotten at the next window's end. */
  readonly #over: number[] = [];
  #quoteTtlMs = Infinity;
  /** Keys of which somebody wants to know when a live quote is confirmed, though nothing else about it changes; and those of them that were. */
  readonly #watched = new Set<number>();
  readonly #confirmed = new Set<number>();
  /** Markets that are others than when they were last saved; and the keys of those that were saved and have been forgotten since. */
  readonly #unsaved = new Set<Market>();
  readonly #forgotten: Uint8Array[] = [];

  /** Counts the changes of quotes, and of which of them count; that at which the newest word on providers came. */
  #changes = 0;
  #statusAsOf = 0;
  #confirmedAsOf = 0;

  constructor(task: Task) {
    this.dictionaries = task.dictionaries;
    this.#providers = new ProviderStatuses(task.dictionaries);
    task.addStore('providers', this.#providers);
  }

  /** How long a quote lives without being confirmed, ms. */
  expiringAfter(quoteTtlMs: number): this { this.#quoteTtlMs = quoteTtlMs; return this; }

  get earliestTimerMs(): number { return this.#timers.earliestMs; }

  /** The market of a key that changed, or has an arbitrage open. */
  market(key: number): Market { return this.#markets[key]!; }

  /** Another number once a quote of the market, or which of them count, is another. */
  asOf(key: number): number { return Math.max(this.market(key).asOf, this.#statusAsOf); }

  /** Another number once `asOf` is, or a provider has said that all it offers stands. */
  confirmedAsOf(key: number): number { return Math.max(this.asOf(key), this.#confirmedAsOf); }

  put(row: OddsUpdateRow, open: Window, changes: Changes): Fate {
    const { key, timestamp } = row;
    if (timestamp + this.#quoteTtlMs <= open.startMs) return Fate.stale;
    const market = this.#markets[key] ??= new Market(key, this.dictionaries, this.#shapes);
    const incoming = this.#incoming;
    incoming.read(row, market);

    let place = market.placeOfProvider(row.provider);
    const isNew = place < 0;
    if (isNew) {
      place = market.addProvider(row.provider);
    } else {
      // A broken update has lost its sequence, and must not leave the old price standing.
      const order = timestamp - market.quotedAt[place]! || (row.isDead ? 0 : sequenceOf(row.sequence) - sequenceOf(market.sequence[place]!));
      if (order < 0) return Fate.stale;
      if (order === 0) {
        const by = incoming.compare(market, place, this.dictionaries);
        if (by <= 0) return by === 0 ? Fate.unchanged : Fate.stale;
      }
    }
    const wasLive = !isNew && this.isLive(market, place);
    const isSame = !isNew && incoming.isSame(market, place);
    const { places } = market;
    if (!isSame) {
      places.quotes.copy(place, incoming.quotes, 0, market.outcomes);
      places.isUnsaid[place] = 1;
    }
    places.quotedAt[place] = timestamp;
    places.offset[place] = row.offset;
    places.sequence[place] = row.sequence;
    market.newestOffset = row.offset;
    market.asOf = ++this.#changes;
    this.#touch(market);
    this.#arm(market, timestamp + this.#quoteTtlMs);
    const isLive = this.isLive(market, place);
    if (isSame && wasLive === isLive) {
      this.#confirm(key);
      return Fate.unchanged;
    }
    if (wasLive || isLive) changes.add(key);
    return Fate.applied;
  }

  status(row: OddsUpdateRow, changes: Changes): void {
    if (row.subject < 0) return;
    const { subject, control } = row, { isTaken, wasDown } = this.#providers.take(subject, control, row.timestamp);
    if (!isTaken) return;
    if (control === Control.confirm) this.#confirmedAsOf = ++this.#changes;
    if (control === Control.down || wasDown) this.#statusAsOf = ++this.#changes;
    if (control === Control.down) {
      this.#collectLive(subject, row.offset, changes);
      this.#providers.apply(subject);
      return;
    }
    if (control === Control.confirm) for (const key of this.#watched) if (this.#hasLive(key, subject)) this.#confirm(key);
    if (!wasDown) return;
    this.#providers.apply(subject);
    this.#collectLive(subject, row.offset, changes);
  }

  expire(endMs: number, changes: Changes): void {
    for (const key of this.#over) if (this.#markets[key]?.providers === 0) this.#forget(this.#markets[key]);
    this.#over.length = 0;
    while (this.#timers.earliestMs <= endMs) {
      const key = this.#timers.earliestId, atMs = this.#timers.earliestMs;
      this.#timers.pop();
      const market = this.#markets[key];
      if (market === undefined || market.timerMs !== atMs) continue; //  set earlier or forgotten since
      market.timerMs = Infinity;
      market.asOf = ++this.#changes;
      this.#touch(market);
      let next = Infinity;
      for (let place = market.end - 1; place >= market.first; place--) {
        const endsMs = market.quotedAt[place]! + this.#quoteTtlMs;
        if (endsMs > endMs) { if (endsMs < next) next = endsMs; continue; }
        if (this.isLive(market, place)) changes.add(key);
        market.removeProvider(place);
      }
      if (market.providers > 0) this.#arm(market, next);
      else this.#over.push(key); //  this window may have to say so yet
    }
  }

  isChanged(key: number): boolean {
    const market = this.#markets[key]!;
    if (market.say(this)) {
      this.#touch(market);
      return true;
    }
    this.#confirm(key);
    return false;
  }

  /** Asks to be told in `takeConfirmed` when a live quote of a market is confirmed, or no longer. */
  watch(market: Market, isWatched: boolean): void {
    if (this.#watched.has(market.key) === isWatched) return;
    this.#touch(market);
    if (isWatched) this.#watched.add(market.key); else this.#watched.delete(market.key);
  }

  /** Adds the watched keys of which a live quote was confirmed since this was last asked. */
  takeConfirmed(into: Set<number>): void {
    for (const key of this.#confirmed) {
      into.add(key);
      this.#touch(this.#markets[key]!);
    }
    this.#confirmed.clear();
  }

  /** Whether a provider's quote counts: open, and of a provider that is up and has not been down since. */
  isLive(market: Market, place: number): boolean {
    const { places } = market, { deadUntil } = this.#providers;
    if (places.quotes.status[place] !== QuoteStatus.open) return false;
    if (deadUntil.length === 0) return true;
    // A provider that was never down may have no place in the column.
    const provider = places.provider[place]!;
    return provider >= deadUntil.length || places.quotedAt[place]! > deadUntil[provider]!;
  }

  /** The latest time at which a live quote is known to have been offered, epoch ms: its own, or that of its provider's word that all it offers stands. */
  confirmedAt(market: Market, place: number): number {
    return Math.max(market.quotedAt[place]!, this.#providers.confirmedAt(market.provider[place]!));
  }

  /** Which of a market's places `best…` consider, counted from its first; filled by `select`. */
  counts = new Uint8Array(32);

  /** Lets `best…` consider the live quotes of a market that were confirmed at `confirmedFromMs` or later; says how many live ones that leaves out. */
  select(market: Market, confirmedFromMs: number): number {
    const { first, providers, places: { quotedAt } } = market;
    if (this.counts.length < providers) this.counts = new Uint8Array(providers * 2);
    const { counts } = this;
    let leftOut = 0;
    for (let i = 0; i < providers; i++) {
      const isLive = this.isLive(market, first + i);
      const isCounted = isLive && (quotedAt[first + i]! >= confirmedFromMs || this.confirmedAt(market, first + i) >= confirmedFromMs);
      if (isLive && !isCounted) leftOut++;
      counts[i] = isCounted ? 1 : 0;
    }
    return leftOut;
  }

  /** The provider place of the best back price of each outcome among the quotes selected; -1 for none. Filled by `findBest`. */
  best = new Int32Array(8);

  /** Best is the highest price after commission; among equals the larger known limit, then the provider's name. */
  findBest(market: Market): void {
    const { outcomes, providers, first, places: { width, quotes: { price, commissionPpm, limit } } } = market;
    if (this.best.length < outcomes) {
      this.best = new Int32Array(outcomes * 2);
      this.#bestNet = new Float64Array(outcomes * 2);
    }
    const { best, counts } = this, bestNet = this.#bestNet;
    for (let outcome = 0; outcome < outcomes; outcome++) { best[outcome] = -1; bestNet[outcome] = 0; }
    for (let i = 0; i < providers; i++) {
      if (counts[i] === 0) continue;
      const place = first + i, ppm = commissionPpm[place]!, at = place * width;
      for (let outcome = 0; outcome < outcomes; outcome++) {
        const own = price[at + outcome]!;
        if (own === NO_PRICE) continue;
        const net = netPriceE10(own, ppm), most = bestNet[outcome]!;
        if (net < most || (net === most && !this.#isPreferred(market, place, best[outcome]!, outcome, limit))) continue;
        best[outcome] = place;
        bestNet[outcome] = net;
      }
    }
  }
  #bestNet = new Float64Array(8);

  /** The place of the best lay price of an outcome among the quotes selected, that which wins most per unit of liability after commission; -1 for none. */
  bestLay(market: Market, outcome: number): number {
    const { width, lay, commissionPpm, layLimit } = market.quotes, { first, end } = market, { counts } = this;
    if (lay === undefined) return -1;
    let best = -1, bestWon = 0;
    for (let place = first; place < end; place++) {
      const own = lay[place * width + outcome]!;
      if (own === NO_PRICE || counts[place - first] === 0) continue;
      const won = (1_000_000 - commissionPpm[place]!) / (own - 10_000);
      if (won > bestWon || (won === bestWon && this.#isPreferred(market, place, best, outcome, layLimit))) { best = place; bestWon = won; }
    }
    return best;
  }

  #isPreferred(market: Market, place: number, to: number, outcome: number, limits: Float64Array | undefined): boolean {
    if (limits !== undefined) {
      const own = limits[place * market.places.width + outcome]!, other = limits[to * market.places.width + outcome]!;
      const ownKnown = Number.isNaN(own) ? -1 : own, otherKnown = Number.isNaN(other) ? -1 : other;
      if (ownKnown !== otherKnown) return ownKnown > otherKnown;
    }
    const { strings } = this.dictionaries;
    return strings.text(market.provider[place]!) < strings.text(market.provider[to]!);
  }

  /** All markets on which a provider has a live quote. */
  #collectLive(provider: number, offset: number, changes: Changes): void {
    for (const market of this.#markets) {
      if (market === undefined) continue;
      const place = market.placeOfProvider(provider);
      if (place < 0 || !this.isLive(market, place)) continue;
      changes.add(market.key);
      market.newestOffset = offset;
      this.#touch(market);
    }
  }

  #confirm(key: number): void {
    if (!this.#watched.has(key) || this.#confirmed.has(key)) return;
    this.#confirmed.add(key);
    this.#touch(this.#markets[key]!);
  }

  #touch(market: Market): void {
    if (market.isUnsaved) return;
    market.isUnsaved = true;
    this.#unsaved.add(market);
  }

  #forget(market: Market): void {
    const { key } = market;
    this.#markets[key] = undefined;
    this.#watched.delete(key);
    this.#confirmed.delete(key);
    this.#unsaved.delete(market);
    if (market.isSaved) this.#forgotten.push(this.dictionaries.keys.bytes(key));
  }

  #hasLive(key: number, provider: number): boolean {
    const market = this.#markets[key];
    const place = market?.placeOfProvider(provider) ?? -1;
    return place >= 0 && this.isLive(market!, place);
  }

  #arm(market: Market, atMs: number): void {
    if (atMs >= market.timerMs) return;
    market.timerMs = atMs;
    this.#timers.set(atMs, market.key);
  }

  mark(keys: Uint8Array, strings: Uint8Array): void {
    this.#shapes.noOutcomes.forgetLonger();
    for (const market of this.#markets) market?.mark(keys, strings);
  }

  save(writer: StandingMarketWriter): void {
    // First: one that is over and has come again is there.
    for (const key of this.#forgotten) writer.tombstone(key);
    this.#forgotten.length = 0;
    for (const market of this.#unsaved) {
      market.isUnsaved = false;
      saveMarket(writer, market, { isWatched: this.#watched.has(market.key), isConfirmed: this.#confirmed.has(market.key) }, this.dictionaries);
      market.isSaved = true;
    }
    this.#unsaved.clear();
  }

  load(row: StandingMarketRow): void {
    const { key } = row, market = this.#markets[key] = new Market(key, this.dictionaries, this.#shapes);
    loadMarket(row, market);
    market.isSaved = true;
    if (row.isWatched) this.#watched.add(key);
    if (row.isConfirmed) this.#confirmed.add(key);
    if (market.providers === 0) this.#over.push(key);
    else if (market.timerMs < Infinity) this.#timers.set(market.timerMs, key);
  }
}

const sequenceOf = (sequence: number): number => (Number.isNaN(sequence) ? -1 : sequence);
