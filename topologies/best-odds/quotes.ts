/** No price: an outcome that the provider does not name. */
export const NO_PRICE = 0;

/**
 * Contents of quotes on one market, as columns: one place per provider, and of what is said per outcome `width` cells per place.
 * Prices are in ten-thousandths; limits in minor units, NaN for unknown.
 */
export class Quotes {
  places: number;
  width: number;
  /** QuoteStatus of each. */
  status: Uint8Array;
  inPlay: Uint8Array;
  commissionPpm: Int32Array;
  /** String ids, -1 for none. */
  currency: Int32Array;
  price: Int32Array;
  /** Only where limits or lay prices were ever told are these held: most markets never have any. */
  limit: Float64Array | undefined;
  lay: Int32Array | undefined;
  layLimit: Float64Array | undefined;

  constructor(places: number, width: number) {
    this.places = places;
    this.width = width;
    this.status = new Uint8Array(places);
    this.inPlay = new Uint8Array(places);
    this.commissionPpm = new Int32Array(places);
    this.currency = new Int32Array(places);
    this.price = new Int32Array(places * width);
  }

  resize(places: number, width: number): void {
    const old = this.width, kept = this.places;
    const wider = <A extends Int32Array | Float64Array>(column: A, fill: number): A => {
      const made = new (column.constructor as new (size: number) => A)(places * width).fill(fill) as A;
      for (let place = 0; place < kept; place++) made.set(column.subarray(place * old, (place + 1) * old), place * width);
      return made;
    };
    this.price = wider(this.price, NO_PRICE);
    if (this.limit !== undefined) this.limit = wider(this.limit, NaN);
    if (this.lay !== undefined) this.lay = wider(this.lay, NO_PRICE);
    if (this.layLimit !== undefined) this.layLimit = wider(this.layLimit, NaN);
    this.status = longer(this.status, places);
    this.inPlay = longer(this.inPlay, places);
    this.commissionPpm = longer(this.commissionPpm, places);
    this.currency = longer(this.currency, places);
    this.places = places;
    this.width = width;
  }

  /** Makes room for limits and lay prices. */
  addExtras(): void {
    const size = this.places * this.width;
    this.limit ??= new Float64Array(size).fill(NaN);
    this.lay ??= new Int32Array(size);
    this.layLimit ??= new Float64Array(size).fill(NaN);
  }

  /** Empties a place. */
  blank(place: number): void {
    const from = place * this.width, to = from + this.width;
    this.status[place] = 0;
    this.inPlay[place] = 0;
    this.commissionPpm[place] = 0;
    this.currency[place] = -1;
    this.price.fill(NO_PRICE, from, to);
    this.limit?.fill(NaN, from, to);
    this.lay?.fill(NO_PRICE, from, to);
    this.layLimit?.fill(NaN, from, to);
  }

  /** Copies what another place of the same market holds. */
  copy(place: number, from: Quotes, fromPlace: number, outcomes: number): void {
    this.status[place] = from.status[fromPlace]!;
    this.inPlay[place] = from.inPlay[fromPlace]!;
    this.commissionPpm[place] = from.commissionPpm[fromPlace]!;
    this.currency[place] = from.currency[fromPlace]!;
    const at = place * this.width, fromAt = fromPlace * from.width;
    for (let outcome = 0; outcome < outcomes; outcome++) this.price[at + outcome] = from.price[fromAt + outcome]!;
    if (from.limit === undefined && this.limit === undefined) return;
    this.addExtras();
    for (let outcome = 0; outcome < outcomes; outcome++) {
      this.limit![at + outcome] = from.limit?.[fromAt + outcome] ?? NaN;
      this.lay![at + outcome] = from.lay?.[fromAt + outcome] ?? NO_PRICE;
      this.layLimit![at + outcome] = from.layLimit?.[fromAt + outcome] ?? NaN;
    }
  }

  /** Whether a place holds the same as another of the same market. */
  isSame(place: number, other: Quotes, otherPlace: number, outcomes: number): boolean {
    if (this.status[place] !== other.status[otherPlace] || this.inPlay[place] !== other.inPlay[otherPlace]
      || this.commissionPpm[place] !== other.commissionPpm[otherPlace] || this.currency[place] !== other.currency[otherPlace]) return false;
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

const longer = <A extends Int32Array | Float64Array | Uint8Array>(column: A, size: number): A => {
  const made = new (column.constructor as new (size: number) => A)(size);
  made.set(column);
  return made;
};
