import { grown } from '../../schemas/codec/columns.ts';

/** No price: an outcome that the provider does not name. */
export const NO_PRICE = 0;

/**
 * Contents of quotes on one market, as columns: one place per provider, and of what is said per outcome `width` cells per place.
 * Prices are in ten-thousandths; limits in minor units, NaN for unknown.
 */
export class Quotes {
  places: number;
  readonly width: number;
  /** QuoteStatus of each. */
  status: Uint8Array;
  inPlay: Uint8Array;
  commissionPpm: Int32Array;
  /** String ids, -1 for none. */
  currency: Int32Array;
  price: Int32Array;
  /** All three, or none: most markets never have any. */
  limit: Float64Array | undefined;
  lay: Int32Array | undefined;
  layLimit: Float64Array | undefined;

  constructor(places: number, width: number, hasExtras: boolean) {
    this.places = places;
    this.width = width;
    this.status = new Uint8Array(places);
    this.inPlay = new Uint8Array(places);
    this.commissionPpm = new Int32Array(places);
    this.currency = new Int32Array(places);
    this.price = new Int32Array(places * width);
    if (!hasExtras) return;
    this.limit = new Float64Array(places * width);
    this.lay = new Int32Array(places * width);
    this.layLimit = new Float64Array(places * width);
  }

  /** Makes room for more places. They hold nothing sensible before they are blanked or copied to. */
  resize(places: number): void {
    const cells = places * this.width;
    this.price = grown(this.price, cells);
    if (this.limit !== undefined) this.limit = grown(this.limit, cells);
    if (this.lay !== undefined) this.lay = grown(this.lay, cells);
    if (this.layLimit !== undefined) this.layLimit = grown(this.layLimit, cells);
    this.status = grown(this.status, places);
    this.inPlay = grown(this.inPlay, places);
    this.commissionPpm = grown(this.commissionPpm, places);
    this.currency = grown(this.currency, places);
    this.places = places;
  }

  /** Empties a place. */
  blank(place: number): void {
    const from = place * this.width, to = from + this.width;
    this.status[place] = 0;
    this.inPlay[place] = 0;
    this.commissionPpm[place] = 0;
    this.currency[place] = -1;
    for (let at = from; at < to; at++) this.price[at] = NO_PRICE;
    this.limit?.fill(NaN, from, to);
    this.lay?.fill(NO_PRICE, from, to);
    this.layLimit?.fill(NaN, from, to);
  }

  /** Copies what another place of the same market holds. Limits and lay prices are not copied to where there is no room for any. */
  copy(place: number, from: Quotes, fromPlace: number, outcomes: number): void {
    this.status[place] = from.status[fromPlace]!;
    this.inPlay[place] = from.inPlay[fromPlace]!;
    this.commissionPpm[place] = from.commissionPpm[fromPlace]!;
    this.currency[place] = from.currency[fromPlace]!;
    const at = place * this.width, fromAt = fromPlace * from.width, { price } = this, fromPrice = from.price;
    for (let outcome = 0; outcome < outcomes; outcome++) price[at + outcome] = fromPrice[fromAt + outcome]!;
    for (let outcome = outcomes; outcome < this.width; outcome++) price[at + outcome] = NO_PRICE;
    if (this.limit !== undefined) this.#copyExtras(at, from, fromAt, outcomes);
  }

  #copyExtras(at: number, from: Quotes, fromAt: number, outcomes: number): void {
    for (let outcome = 0; outcome < this.width; outcome++) {
      const isKnown = outcome < outcomes && from.limit !== undefined;
      this.limit![at + outcome] = isKnown ? from.limit![fromAt + outcome]! : NaN;
      this.lay![at + outcome] = isKnown ? from.lay![fromAt + outcome]! : NO_PRICE;
      this.layLimit![at + outcome] = isKnown ? from.layLimit![fromAt + outcome]! : NaN;
    }
  }

  /** Whether a place holds the same as another of the same market. */
  isSame(place: number, other: Quotes, otherPlace: number, outcomes: number): boolean {
    if (this.status[place] !== other.status[otherPlace] || this.inPlay[place] !== other.inPlay[otherPlace]
      || this.commissionPpm[place] !== other.commissionPpm[otherPlace] || this.currency[place] !== other.currency[otherPlace]) return false;
    const at = place * this.width, otherAt = otherPlace * other.width, { price } = this, otherPrice = other.price;
    for (let outcome = 0; outcome < outcomes; outcome++) if (price[at + outcome] !== otherPrice[otherAt + outcome]) return false;
    if (this.limit === undefined && other.limit === undefined) return true;
    for (let outcome = 0; outcome < outcomes; outcome++) if (this.compareOutcome(place, other, otherPlace, outcome) !== 0) return false;
    return true;
  }

  /** How an outcome of a place differs from that of another: below, above, or 0 for not. */
  compareOutcome(place: number, other: Quotes, otherPlace: number, outcome: number): number {
    const at = place * this.width + outcome, otherAt = otherPlace * other.width + outcome;
    const by = this.price[at]! - other.price[otherAt]!;
    if (by !== 0 || (this.limit === undefined && other.limit === undefined)) return by;
    return (this.lay?.[at] ?? NO_PRICE) - (other.lay?.[otherAt] ?? NO_PRICE)
      || known(this.limit?.[at]) - known(other.limit?.[otherAt]) || known(this.layLimit?.[at]) - known(other.layLimit?.[otherAt]);
  }
}

/** An unknown limit is below every known one. */
const known = (limit: number | undefined): number => (limit === undefined || Number.isNaN(limit) ? -1 : limit);
