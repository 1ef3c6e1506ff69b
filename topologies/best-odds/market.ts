import { type Catalogue, catalogueOf } from '../../domain/market.ts';
import { toCommissionPpm, toPriceE4 } from '../../domain/odds.ts';
import { QuoteStatus, type OddsUpdateRow } from '../../schemas/generated/odds-update.ts';
import type { Dictionaries } from '../../schemas/codec/columns.ts';

/** What of an update the book looks at. */
export const readsOfBook = ['timestamp', 'provider', 'odds', 'status', 'in_play', 'sequence', 'currency', 'commission', 'limits', 'lay', 'lay_limits'] as const;

const COLON = 58;
/** No price: an outcome that the provider does not name. */
export const NO_PRICE = 0;

/**
 * One market: its providers' newest quotes side by side, as columns with one place per provider, or per provider and outcome.
 * Places are given in order of first appearance; nothing that leaves depends on them.
 */
export class Market {
  readonly key: number;
  readonly sport: Uint8Array;
  readonly eventId: Uint8Array;
  readonly name: Uint8Array;
  readonly catalogue: Catalogue | undefined;

  providers = 0;
  provider = new Int32Array(4); //  string ids
  quotedAt = new Float64Array(4);
  offset = new Float64Array(4);
  sequence = new Float64Array(4); //  NaN for none
  /** QuoteStatus, and whether it named an outcome at all, and whether in play: what else makes quotes differ. */
  status = new Uint8Array(4);
  inPlay = new Uint8Array(4);
  commissionPpm = new Int32Array(4);
  currency = new Int32Array(4); //  string ids, -1 for none

  outcomes = 0;
  outcome = new Int32Array(4); //  string ids
  /** [provider place][outcome place], ten-thousandths. */
  price = new Int32Array(16);
  /** Only markets that were ever told of them hold these: [provider place][outcome place], minor units; NaN for unknown. */
  limit: Float64Array | undefined;
  lay: Int32Array | undefined;
  layLimit: Float64Array | undefined;

  /** When it is next looked at for quotes that have outlived their time, epoch ms. */
  timerMs = Infinity;

  constructor(key: number, { keys }: Dictionaries) {
    this.key = key;
    const bytes = keys.bytes(key);
    const first = bytes.indexOf(COLON), second = bytes.indexOf(COLON, first + 1);
    this.sport = bytes.subarray(0, first);
    this.eventId = bytes.subarray(first + 1, second);
    this.name = bytes.subarray(second + 1);
    const text = keys.text(key);
    this.catalogue = catalogueOf(text.slice(text.indexOf(':', text.indexOf(':') + 1) + 1));
  }

  /** How many outcome places there is room for; the width of a row of `price`. */
  get width(): number { return this.outcome.length; }

  placeOfProvider(provider: number): number {
    for (let place = 0; place < this.providers; place++) if (this.provider[place] === provider) return place;
    return -1;
  }

  addProvider(provider: number): number {
    if (this.providers === this.provider.length) this.#resize(this.providers * 2, this.width);
    const place = this.providers++;
    this.provider[place] = provider;
    this.quotedAt[place] = -Infinity;
    return place;
  }

  /** Takes a provider out: the last one moves to its place. */
  removeProvider(place: number): void {
    const last = --this.providers, { width } = this;
    if (place === last) return;
    for (const column of [this.provider, this.quotedAt, this.offset, this.sequence, this.status, this.inPlay, this.commissionPpm, this.currency]) column[place] = column[last]!;
    for (const column of [this.price, this.limit, this.lay, this.layLimit]) column?.copyWithin(place * width, last * width, (last + 1) * width);
  }

  placeOfOutcome(outcome: number): number {
    for (let place = 0; place < this.outcomes; place++) if (this.outcome[place] === outcome) return place;
    if (this.outcomes === this.outcome.length) this.#resize(this.provider.length, this.outcomes * 2);
    this.outcome[this.outcomes] = outcome;
    return this.outcomes++;
  }

  /** The place of an outcome by its name; -1 if no quote ever named it. */
  placeOfName(name: string, { strings }: Dictionaries): number {
    for (let place = 0; place < this.outcomes; place++) if (strings.text(this.outcome[place]!) === name) return place;
    return -1;
  }

  /** Places of the outcomes, and of the providers, in the order of their names: what leaves goes out in this order. */
  outcomesByName({ strings }: Dictionaries): readonly number[] {
    if (this.#outcomesByName.length !== this.outcomes) this.#outcomesByName = placesByName(this.outcome, this.outcomes, strings);
    return this.#outcomesByName;
  }
  #outcomesByName: readonly number[] = [];

  providersByName({ strings }: Dictionaries): readonly number[] { return placesByName(this.provider, this.providers, strings); }

  /** Makes room for limits and lay prices: most markets never have any. */
  withExtras(): { limit: Float64Array; lay: Int32Array; layLimit: Float64Array } {
    const size = this.price.length;
    this.limit ??= new Float64Array(size).fill(NaN);
    this.lay ??= new Int32Array(size);
    this.layLimit ??= new Float64Array(size).fill(NaN);
    return this as { limit: Float64Array; lay: Int32Array; layLimit: Float64Array };
  }

  #resize(providers: number, width: number): void {
    const { width: oldWidth } = this;
    const wider = <A extends Int32Array | Float64Array>(old: A, fill: number): A => {
      const made = new (old.constructor as new (size: number) => A)(providers * width).fill(fill) as A;
      for (let place = 0; place < this.providers; place++) made.set(old.subarray(place * oldWidth, place * oldWidth + oldWidth), place * width);
      return made;
    };
    const longer = <A extends Int32Array | Float64Array | Uint8Array>(old: A, size: number): A => {
      const made = new (old.constructor as new (size: number) => A)(size);
      made.set(old);
      return made;
    };
    this.price = wider(this.price, NO_PRICE);
    if (this.limit !== undefined) this.limit = wider(this.limit, NaN);
    if (this.lay !== undefined) this.lay = wider(this.lay, NO_PRICE);
    if (this.layLimit !== undefined) this.layLimit = wider(this.layLimit, NaN);
    this.outcome = longer(this.outcome, width);
    this.provider = longer(this.provider, providers);
    this.quotedAt = longer(this.quotedAt, providers);
    this.offset = longer(this.offset, providers);
    this.sequence = longer(this.sequence, providers);
    this.status = longer(this.status, providers);
    this.inPlay = longer(this.inPlay, providers);
    this.commissionPpm = longer(this.commissionPpm, providers);
    this.currency = longer(this.currency, providers);
  }
}

const placesByName = (ids: Int32Array, size: number, strings: Dictionaries['strings']): number[] => {
  const texts = Array.from({ length: size }, (_, place) => strings.text(ids[place]!));
  return texts.map((_, place) => place).sort((a, b) => (texts[a]! < texts[b]! ? -1 : 1));
};

/** A quote on its way into the book: one update's contents at the places of its market. Kept and used again. */
export class IncomingQuote {
  status: number = QuoteStatus.open;
  inPlay = 0;
  commissionPpm = 0;
  currency = -1;
  hasExtras = false;
  price = new Int32Array(8);
  limit = new Float64Array(8);
  lay = new Int32Array(8);
  layLimit = new Float64Array(8);

  /** Reads an update. Outcomes that the market has not met are added to it. */
  read(row: OddsUpdateRow, market: Market): void {
    const { oddsStart, oddsEnd, limitsStart, limitsEnd, layStart, layEnd, layLimitsStart, layLimitsEnd } = row;
    for (let at = oddsStart; at < oddsEnd; at++) market.placeOfOutcome(row.oddsName(at));
    for (let at = layStart; at < layEnd; at++) market.placeOfOutcome(row.layName(at));
    const { width, outcomes } = market;
    if (this.price.length < width) {
      this.price = new Int32Array(width);
      this.limit = new Float64Array(width);
      this.lay = new Int32Array(width);
      this.layLimit = new Float64Array(width);
    }
    this.price.fill(NO_PRICE, 0, outcomes);
    for (let at = oddsStart; at < oddsEnd; at++) this.price[market.placeOfOutcome(row.oddsName(at))] = priceE4(row.odds(at));
    this.status = oddsStart === oddsEnd && layStart === layEnd ? QuoteStatus.closed : row.status;
    this.inPlay = row.inPlay ? 1 : 0;
    this.commissionPpm = toCommissionPpm(row.commission) ?? 0;
    this.currency = row.currency;
    this.hasExtras = limitsStart < limitsEnd || layStart < layEnd;
    if (!this.hasExtras && market.limit === undefined) return;
    this.limit.fill(NaN, 0, outcomes);
    this.lay.fill(NO_PRICE, 0, outcomes);
    this.layLimit.fill(NaN, 0, outcomes);
    // A limit on an outcome without a price says nothing.
    for (let at = limitsStart; at < limitsEnd; at++) this.#put(this.limit, market, row.limitsName(at), row.limits(at));
    for (let at = layStart; at < layEnd; at++) this.lay[market.placeOfOutcome(row.layName(at))] = priceE4(row.lay(at));
    for (let at = layLimitsStart; at < layLimitsEnd; at++) this.#put(this.layLimit, market, row.layLimitsName(at), row.layLimits(at));
  }

  #put(column: Float64Array, market: Market, outcome: number, value: number): void {
    for (let place = 0; place < market.outcomes; place++) if (market.outcome[place] === outcome) { column[place] = value; return; }
  }

  /** Below zero if it is smaller than the quote held at a provider's place, 0 if the same, above zero if larger: by contents alone, outcomes by name. */
  compare(market: Market, place: number, dictionaries: Dictionaries): number {
    const head = this.status - market.status[place]! || this.inPlay - market.inPlay[place]! || this.commissionPpm - market.commissionPpm[place]!
      || this.#compareCurrency(market.currency[place]!, dictionaries);
    if (head !== 0) return head;
    const { width, outcomes } = market;
    const from = place * width;
    let difference = 0, name: string | undefined;
    for (let outcome = 0; outcome < outcomes; outcome++) {
      const by = this.#compareOutcome(market, outcome, from + outcome);
      if (by === 0) continue;
      const text = dictionaries.strings.text(market.outcome[outcome]!);
      if (name === undefined || text < name) { name = text; difference = by; }
    }
    return difference;
  }

  #compareCurrency(held: number, { strings }: Dictionaries): number {
    if (this.currency === held) return 0;
    const ownText = this.currency < 0 ? '' : strings.text(this.currency), heldText = held < 0 ? '' : strings.text(held);
    return ownText < heldText ? -1 : 1;
  }

  #compareOutcome(market: Market, outcome: number, at: number): number {
    const by = this.price[outcome]! - market.price[at]!;
    if (by !== 0 || market.limit === undefined && !this.hasExtras) return by;
    return this.lay[outcome]! - (market.lay?.[at] ?? NO_PRICE)
      || known(this.limit[outcome]!) - known(market.limit?.[at] ?? NaN)
      || known(this.layLimit[outcome]!) - known(market.layLimit?.[at] ?? NaN);
  }

  /** Puts it in at a provider's place. */
  store(market: Market, place: number): void {
    market.status[place] = this.status;
    market.inPlay[place] = this.inPlay;
    market.commissionPpm[place] = this.commissionPpm;
    market.currency[place] = this.currency;
    const { outcomes } = market, from = place * market.width;
    for (let outcome = 0; outcome < outcomes; outcome++) market.price[from + outcome] = this.price[outcome]!;
    for (let outcome = outcomes; outcome < market.width; outcome++) market.price[from + outcome] = NO_PRICE;
    if (!this.hasExtras && market.limit === undefined) return;
    const { limit, lay, layLimit } = market.withExtras();
    for (let outcome = 0; outcome < outcomes; outcome++) {
      limit[from + outcome] = this.limit[outcome]!;
      lay[from + outcome] = this.lay[outcome]!;
      layLimit[from + outcome] = this.layLimit[outcome]!;
    }
  }
}

/** An unknown limit is below every known one. */
const known = (limit: number): number => (Number.isNaN(limit) ? -1 : limit);

/** The door has seen to it that it is a price; one that is 1.0000 in ten-thousandths is no offer. */
const priceE4 = (decimal: number): number => {
  const price = toPriceE4(decimal);
  return typeof price === 'string' ? NO_PRICE : price;
};
