import { type Catalogue, catalogueOf } from '../../domain/market.ts';
import { toCommissionPpm, toPriceE4 } from '../../domain/odds.ts';
import { type Dictionaries, grown } from '../../schemas/codec/columns.ts';
import { QuoteStatus, type OddsUpdateRow } from '../../schemas/generated/odds-update.ts';
import { NO_PRICE, Quotes } from './quotes.ts';

/** What of an update the book looks at. */
export const readsOfBook = ['timestamp', 'provider', 'odds', 'status', 'in_play', 'sequence', 'currency', 'commission', 'limits', 'lay', 'lay_limits'] as const;

const COLON = 58;

/**
 * One market: its providers' newest quotes side by side, and how they were when it was last spoken of. Providers and outcomes have places
 * in order of first appearance; nothing that leaves depends on them.
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
  outcomes = 0;
  outcome = new Int32Array(4); //  string ids

  readonly quotes = new Quotes(4, 4);
  /** The live quotes as they were last spoken of, and which were live. */
  readonly said = new Quotes(4, 4);
  saidLive = new Uint8Array(4);
  /** A quote that was spoken of as live is gone, place and all. */
  isShort = false;

  /** Newest input that its state depends on. */
  newestOffset = -1;
  /** When it is next looked at for quotes that have outlived their time, epoch ms. */
  timerMs = Infinity;
  /** It is another than when it was last saved; it was saved at all. */
  isUnsaved = false;
  isSaved = false;

  constructor(key: number, { keys }: Dictionaries) {
    this.key = key;
    const bytes = keys.bytes(key), text = keys.text(key);
    const first = bytes.indexOf(COLON), second = bytes.indexOf(COLON, first + 1);
    this.sport = bytes.subarray(0, first);
    this.eventId = bytes.subarray(first + 1, second);
    this.name = bytes.subarray(second + 1);
    this.catalogue = catalogueOf(text.slice(text.indexOf(':', text.indexOf(':') + 1) + 1));
  }

  placeOfProvider(provider: number): number {
    for (let place = 0; place < this.providers; place++) if (this.provider[place] === provider) return place;
    return -1;
  }

  addProvider(provider: number): number {
    if (this.providers === this.provider.length) this.#resize(this.providers * 2, this.outcome.length);
    const place = this.providers++;
    this.provider[place] = provider;
    this.quotedAt[place] = -Infinity;
    this.quotes.blank(place);
    this.said.blank(place);
    this.saidLive[place] = 0;
    return place;
  }

  /** Takes a provider out: the last one moves to its place. */
  removeProvider(place: number): void {
    if (this.saidLive[place] === 1) this.isShort = true;
    const last = --this.providers;
    if (place === last) return;
    for (const column of [this.provider, this.quotedAt, this.offset, this.sequence, this.saidLive]) column[place] = column[last]!;
    this.quotes.copy(place, this.quotes, last, this.outcomes);
    this.said.copy(place, this.said, last, this.outcomes);
  }

  /** The place of an outcome, a new one where no quote named it before. */
  placeOfOutcome(outcome: number): number {
    for (let place = 0; place < this.outcomes; place++) if (this.outcome[place] === outcome) return place;
    if (this.outcomes === this.outcome.length) this.#resize(this.provider.length, this.outcomes * 2);
    this.outcome[this.outcomes] = outcome;
    return this.outcomes++;
  }

  /** Places of the outcomes in the order of their names: what leaves goes out in this order. */
  outcomesByName({ strings }: Dictionaries): readonly number[] {
    if (this.#outcomesByName.length !== this.outcomes) this.#outcomesByName = placesByName(this.outcome, this.outcomes, strings);
    return this.#outcomesByName;
  }
  #outcomesByName: readonly number[] = [];

  /** Places of the catalogue's outcomes, in its order; undefined where the market type is unknown or an outcome was never quoted. */
  cataloguePlaces(dictionaries: Dictionaries): readonly number[] | undefined {
    if (this.#cataloguedOutcomes !== this.outcomes) {
      this.#cataloguedOutcomes = this.outcomes;
      const places = this.catalogue?.outcomes.map((name) => this.#placeOfName(name, dictionaries));
      this.#cataloguePlaces = places === undefined || places.includes(-1) ? undefined : places;
    }
    return this.#cataloguePlaces;
  }
  #cataloguedOutcomes = 0;
  #cataloguePlaces: readonly number[] | undefined;

  #placeOfName(name: string, { strings }: Dictionaries): number {
    for (let place = 0; place < this.outcomes; place++) if (strings.text(this.outcome[place]!) === name) return place;
    return -1;
  }

  providersByName({ strings }: Dictionaries): readonly number[] { return placesByName(this.provider, this.providers, strings); }

  /** Takes note of what is being spoken of; false if it is what was spoken of last. */
  say(book: { isLive(market: Market, place: number): boolean }): boolean {
    let isNew = this.isShort;
    this.isShort = false;
    for (let place = 0; place < this.providers; place++) {
      const live = book.isLive(this, place) ? 1 : 0;
      if (live === this.saidLive[place] && (live === 0 || this.quotes.isSame(place, this.said, place, this.outcomes))) continue;
      isNew = true;
      this.saidLive[place] = live;
      this.said.copy(place, this.quotes, place, this.outcomes);
    }
    return isNew;
  }

  #resize(providers: number, width: number): void {
    this.quotes.resize(providers, width);
    this.said.resize(providers, width);
    this.outcome = grown(this.outcome, width);
    this.provider = grown(this.provider, providers);
    this.quotedAt = grown(this.quotedAt, providers);
    this.offset = grown(this.offset, providers);
    this.sequence = grown(this.sequence, providers);
    this.saidLive = grown(this.saidLive, providers);
  }
}

const placesByName = (ids: Int32Array, size: number, strings: Dictionaries['strings']): number[] => {
  const texts = Array.from({ length: size }, (_, place) => strings.text(ids[place]!));
  return texts.map((_, place) => place).sort((a, b) => (texts[a]! < texts[b]! ? -1 : 1));
};

/** A quote on its way into the book: one update's contents at the outcome places of its market. Kept and used again. */
export class IncomingQuote {
  readonly quotes = new Quotes(1, 8);

  /** Reads an update. Outcomes that the market has not met are added to it. */
  read(row: OddsUpdateRow, market: Market): void {
    const { oddsStart, oddsEnd, limitsStart, limitsEnd, layStart, layEnd, layLimitsStart, layLimitsEnd } = row, { quotes } = this;
    quotes.blank(0);
    for (let at = oddsStart; at < oddsEnd; at++) {
      const place = this.#placeOf(row.oddsName(at), market);
      quotes.price[place] = priceE4(row.odds(at));
    }
    quotes.status[0] = oddsStart === oddsEnd && layStart === layEnd ? QuoteStatus.closed : row.status;
    quotes.inPlay[0] = row.inPlay ? 1 : 0;
    quotes.commissionPpm[0] = row.commission === 0 ? 0 : toCommissionPpm(row.commission) ?? 0;
    quotes.currency[0] = row.currency;
    if (limitsStart === limitsEnd && layStart === layEnd) return;
    quotes.addExtras();
    for (let at = layStart; at < layEnd; at++) {
      const place = this.#placeOf(row.layName(at), market);
      quotes.lay![place] = priceE4(row.lay(at));
    }
    for (let at = limitsStart; at < limitsEnd; at++) putLimit(quotes.limit!, quotes.price, market, row.limitsName(at), row.limits(at));
    for (let at = layLimitsStart; at < layLimitsEnd; at++) putLimit(quotes.layLimit!, quotes.lay!, market, row.layLimitsName(at), row.layLimits(at));
  }

  /** The place of an outcome, with room for it here. */
  #placeOf(outcome: number, market: Market): number {
    const place = market.placeOfOutcome(outcome);
    if (place >= this.quotes.width) this.quotes.resize(1, market.outcome.length);
    return place;
  }

  isSame(market: Market, place: number): boolean {
    if (this.quotes.width < market.outcomes) this.quotes.resize(1, market.outcome.length);
    return this.quotes.isSame(0, market.quotes, place, market.outcomes);
  }

  /** Below zero if it is smaller than the quote held at a provider's place, 0 if the same, above zero if larger: by contents alone, outcomes by name. */
  compare(market: Market, place: number, { strings }: Dictionaries): number {
    if (this.isSame(market, place)) return 0;
    const own = this.quotes, held = market.quotes, textOf = (id: number): string => (id < 0 ? '' : strings.text(id));
    const head = own.status[0]! - held.status[place]! || own.inPlay[0]! - held.inPlay[place]! || own.commissionPpm[0]! - held.commissionPpm[place]!;
    if (head !== 0) return head;
    if (own.currency[0] !== held.currency[place]) return textOf(own.currency[0]!) < textOf(held.currency[place]!) ? -1 : 1;
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
