import { type Catalogue, catalogueOf } from '../../domain/market.ts';
import { toCommissionPpm, toPriceE4 } from '../../domain/odds.ts';
import type { Dictionaries } from '../../schemas/codec/columns.ts';
import { QuoteStatus, type OddsUpdateRow } from '../../schemas/generated/odds-update.ts';
import { type Outcomes, placesByName } from './outcomes.ts';
import type { Places, PlacesByShape } from './places.ts';
import { NO_PRICE, Quotes } from './quotes.ts';

/** What of an update the book looks at. */
export const readsOfBook = ['timestamp', 'provider', 'odds', 'status', 'in_play', 'sequence', 'currency', 'commission', 'limits', 'lay', 'lay_limits'] as const;

const COLON = 58;

/** Places that a market begins with, and so many more each time that it needs more: of those twenty providers need, none is far from used. */
const FEW_PLACES = 4, MORE_PLACES = 8;
const FIRST_WIDTH = 4;

/**
 * One market: its providers' newest quotes side by side, and how they were when it was last spoken of. They lie at the places from `first` to `end` of columns
 * that it shares with other markets; providers and outcomes have places in order of first appearance, and nothing that leaves depends on them.
 */
export class Market {
  readonly key: number;
  readonly sport: Uint8Array;
  readonly eventId: Uint8Array;
  readonly name: Uint8Array;
  readonly catalogue: Catalogue | undefined;

  /** Where its quotes lie. Another at times: whoever adds a provider, an outcome or extras asks again. */
  places: Places;
  first = 0;
  providers = 0;
  #capacity = 0;
  readonly #shapes: PlacesByShape;
  #hasExtras = false;
  #outcomes: Outcomes;

  /** A quote that was spoken of as live is gone, place and all. */
  isShort = false;

  /** Which change of the book was its newest: not kept, since it only tells states of one life apart. */
  asOf = 0;
  /** Σ 1/(best net price) of its live quotes (see `inverseSumOf`), and as of which change of the book. */
  inverseSum = NaN;
  weighedAsOf = -1;
  /** Newest input that its state depends on. */
  newestOffset = -1;
  /** When it is next looked at for quotes that have outlived their time, epoch ms. */
  timerMs = Infinity;
  /** It is another than when it was last saved; it was saved at all. */
  isUnsaved = false;
  isSaved = false;

  constructor(key: number, { keys }: Dictionaries, shapes: PlacesByShape) {
    this.key = key;
    this.#shapes = shapes;
    this.places = shapes.of(FIRST_WIDTH, false);
    this.#outcomes = shapes.noOutcomes;
    const bytes = keys.bytes(key), text = keys.text(key);
    const first = bytes.indexOf(COLON), second = bytes.indexOf(COLON, first + 1);
    this.sport = bytes.subarray(0, first);
    this.eventId = bytes.subarray(first + 1, second);
    this.name = bytes.subarray(second + 1);
    this.catalogue = catalogueOf(text.slice(text.indexOf(':', text.indexOf(':') + 1) + 1));
  }

  /** The place behind its last one. */
  get end(): number { return this.first + this.providers; }
  /** How many outcomes quotes have named, and their string ids. */
  get outcomes(): number { return this.#outcomes.size; }
  get outcome(): readonly number[] { return this.#outcomes.ids; }
  get quotes(): Quotes { return this.places.quotes; }
  get said(): Quotes { return this.places.said; }
  get saidLive(): Uint8Array { return this.places.saidLive; }
  get provider(): Int32Array { return this.places.provider; }
  get quotedAt(): Float64Array { return this.places.quotedAt; }
  get offset(): Float64Array { return this.places.offset; }
  get sequence(): Float64Array { return this.places.sequence; }

  placeOfProvider(provider: number): number {
    const ids = this.places.provider, { end } = this;
    for (let place = this.first; place < end; place++) if (ids[place] === provider) return place;
    return -1;
  }

  addProvider(provider: number): number {
    if (this.providers === this.#capacity) this.#move(this.places, this.#capacity < MORE_PLACES ? this.#capacity + FEW_PLACES : this.#capacity + MORE_PLACES);
    this.#providersByName = undefined;
    const place = this.first + this.providers++;
    this.places.begin(place, provider);
    return place;
  }

  /** Takes a provider out: the last one moves to its place. */
  removeProvider(place: number): void {
    if (this.places.saidLive[place] === 1) this.isShort = true;
    this.#providersByName = undefined;
    this.providers--;
    if (place !== this.end) this.places.copy(place, this.places, this.end, this.outcomes);
    if (this.providers > 0) return;
    this.places.give(this.first, this.#capacity);
    this.#capacity = 0;
  }

  /** The place of an outcome, a new one where no quote named it before. */
  placeOfOutcome(outcome: number): number {
    const place = this.#outcomes.placeOf(outcome);
    if (place >= 0) return place;
    const { size } = this.#outcomes, { width } = this.places;
    if (size === width) this.#move(this.#shapes.of(width * 2, this.#hasExtras), this.#capacity);
    this.#outcomes = this.#outcomes.with(outcome);
    return size;
  }

  /** Makes room for limits and lay prices. */
  addExtras(): void {
    if (this.#hasExtras) return;
    this.#hasExtras = true;
    this.#move(this.#shapes.of(this.places.width, true), this.#capacity);
  }

  #move(to: Places, capacity: number): void {
    const first = capacity === 0 ? 0 : to.take(capacity), from = this.places;
    for (let i = 0; i < this.providers; i++) to.copy(first + i, from, this.first + i, this.outcomes);
    if (this.#capacity > 0) from.give(this.first, this.#capacity);
    this.places = to;
    this.first = first;
    this.#capacity = capacity;
  }

  /** Places of the outcomes in the order of their names: what leaves goes out in this order. */
  outcomesByName(dictionaries: Dictionaries): readonly number[] { return this.#outcomes.byName(dictionaries); }

  /** Places of the catalogue's outcomes, in its order; undefined where the market type is unknown or an outcome was never quoted. */
  cataloguePlaces(dictionaries: Dictionaries): readonly number[] | undefined {
    if (this.#catalogued !== this.#outcomes) {
      this.#catalogued = this.#outcomes;
      this.#cataloguePlaces = this.catalogue === undefined ? undefined : this.#outcomes.ofCatalogue(this.catalogue, dictionaries);
    }
    return this.#cataloguePlaces;
  }
  #catalogued: Outcomes | undefined;
  #cataloguePlaces: readonly number[] | undefined;

  /** Marks the ids that it holds. */
  mark(keys: Uint8Array, strings: Uint8Array): void {
    keys[this.key] = 1;
    const { end, places: { provider, quotes: { currency } } } = this;
    for (let place = this.first; place < end; place++) {
      strings[provider[place]!] = 1;
      if (currency[place]! >= 0) strings[currency[place]!] = 1;
    }
    for (const outcome of this.outcome) strings[outcome] = 1;
    this.#outcomes.forgetLonger();
  }

  /** Places of the providers in the order of their names, counted from its first. */
  providersByName({ strings }: Dictionaries): readonly number[] {
    return this.#providersByName ??= placesByName(this.provider.subarray(this.first, this.end), strings);
  }
  #providersByName: readonly number[] | undefined;

  /** Takes note of what is being spoken of; false if it is what was spoken of last. */
  say(book: { isLive(market: Market, place: number): boolean }): boolean {
    let isNew = this.isShort;
    this.isShort = false;
    const { places: { quotes, said, saidLive, isUnsaid }, end, outcomes } = this;
    for (let place = this.first; place < end; place++) {
      const live = book.isLive(this, place) ? 1 : 0;
      if (live === saidLive[place]) {
        if (live === 0 || isUnsaid[place] === 0) continue;
        if (quotes.isSame(place, said, place, outcomes)) { isUnsaid[place] = 0; continue; }
      }
      isNew = true;
      saidLive[place] = live;
      isUnsaid[place] = 0;
      said.copy(place, quotes, place, outcomes);
    }
    return isNew;
  }
}

/** A quote on its way into the book: one update's contents at the outcome places of its market. Kept and used again. */
export class IncomingQuote {
  quotes = new Quotes(1, 8, false);
  #plain = this.quotes;
  #withExtras = new Quotes(1, 8, true);

  /** Reads an update. Outcomes that the market has not met are added to it. */
  read(row: OddsUpdateRow, market: Market): void {
    const { oddsStart, oddsEnd, limitsStart, limitsEnd, layStart, layEnd, layLimitsStart, layLimitsEnd } = row;
    const isPlain = limitsStart === limitsEnd && layStart === layEnd;
    if (this.#plain.width < market.places.width) this.#widen(market.places.width);
    this.quotes = isPlain ? this.#plain : this.#withExtras;
    this.quotes.blank(0);
    for (let at = oddsStart; at < oddsEnd; at++) {
      const place = this.#placeOf(row.oddsName(at), market);
      this.quotes.price[place] = priceE4(row.odds(at));
    }
    const { quotes } = this;
    quotes.status[0] = oddsStart === oddsEnd && layStart === layEnd ? QuoteStatus.closed : row.status;
    quotes.inPlay[0] = row.inPlay ? 1 : 0;
    quotes.commissionPpm[0] = row.commission === 0 ? 0 : toCommissionPpm(row.commission) ?? 0;
    quotes.currency[0] = row.currency;
    if (isPlain) return;
    market.addExtras();
    for (let at = layStart; at < layEnd; at++) {
      const place = this.#placeOf(row.layName(at), market);
      this.quotes.lay![place] = priceE4(row.lay(at));
    }
    for (let at = limitsStart; at < limitsEnd; at++) putLimit(this.quotes.limit!, this.quotes.price, market, row.limitsName(at), row.limits(at));
    for (let at = layLimitsStart; at < layLimitsEnd; at++) putLimit(this.quotes.layLimit!, this.quotes.lay!, market, row.layLimitsName(at), row.layLimits(at));
  }

  /** The place of an outcome, with room for it here. */
  #placeOf(outcome: number, market: Market): number {
    const place = market.placeOfOutcome(outcome);
    if (place >= this.quotes.width) this.#widen(market.places.width);
    return place;
  }

  #widen(width: number): void {
    const plain = new Quotes(1, width, false), withExtras = new Quotes(1, width, true);
    plain.copy(0, this.#plain, 0, this.#plain.width);
    withExtras.copy(0, this.#withExtras, 0, this.#withExtras.width);
    this.quotes = this.quotes === this.#plain ? plain : withExtras;
    this.#plain = plain;
    this.#withExtras = withExtras;
  }

  isSame(market: Market, place: number): boolean { return this.quotes.isSame(0, market.quotes, place, market.outcomes); }

  /** Below zero if it is smaller than the quote held at a provider's place, 0 if the same, above zero if larger: by contents alone, outcomes by name. */
  compare(market: Market, place: number, { strings }: Dictionaries): number {
    if (this.isSame(market, place)) return 0;
    const own = this.quotes, held = market.quotes;
    const head = own.status[0]! - held.status[place]! || own.inPlay[0]! - held.inPlay[place]! || own.commissionPpm[0]! - held.commissionPpm[place]!;
    if (head !== 0) return head;
    if (own.currency[0] !== held.currency[place]) return textOf(own.currency[0]!, strings) < textOf(held.currency[place]!, strings) ? -1 : 1;
    let difference = 0, name: string | undefined;
    for (let outcome = 0; outcome < market.outcomes; outcome++) {
      const by = this.quotes.compareOutcome(0, market.quotes, place, outcome);
      if (by === 0) continue;
      const text = strings.text(market.outcome[outcome]!);
      if (name === undefined || text < name) { name = text; difference = by; }
    }
    return difference;
  }
}

const textOf = (id: number, strings: Dictionaries['strings']): string => (id < 0 ? '' : strings.text(id));

/** A limit on an outcome without a price says nothing. */
const putLimit = (column: Float64Array, prices: Int32Array, market: Market, outcome: number, limitMinor: number): void => {
  for (let place = 0; place < market.outcomes; place++) {
    if (market.outcome[place] !== outcome) continue;
    if (prices[place] !== NO_PRICE) column[place] = limitMinor;
    return;
  }
};

/** The door has seen to it that it is a price; one that is 1.0000 in ten-thousandths is no offer. */
const priceE4 = (decimal: number): number => {
  const price = toPriceE4(decimal);
  return typeof price === 'string' ? NO_PRICE : price;
};
