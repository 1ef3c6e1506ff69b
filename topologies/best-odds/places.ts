import { grown } from '../../schemas/codec/columns.ts';
import { Outcomes } from './outcomes.ts';
import { Quotes } from './quotes.ts';

/** Room for this many places at first. */
const FIRST_PLACES = 256;

/**
 * Where quotes of many markets lie, as columns that they share: a market has a block of neighbouring places, one for each of its providers. All markets here
 * have `width` cells per place. With some twenty arrays to each market instead, most of the engine's time went into waiting for memory.
 */
export class Places {
  readonly width: number;
  readonly quotes: Quotes;
  /** The live quotes as they were last spoken of, and which were live. */
  readonly said: Quotes;
  saidLive = new Uint8Array(FIRST_PLACES);
  /** 0 where `said` is surely what `quotes` holds. */
  isUnsaid = new Uint8Array(FIRST_PLACES);
  provider = new Int32Array(FIRST_PLACES); //  string ids
  quotedAt = new Float64Array(FIRST_PLACES);
  offset = new Float64Array(FIRST_PLACES);
  sequence = new Float64Array(FIRST_PLACES); //  NaN for none
  #used = 0;
  /** First places of blocks that were given back, by size. */
  readonly #free: number[][] = [];

  constructor(width: number, hasExtras: boolean) {
    this.width = width;
    this.quotes = new Quotes(FIRST_PLACES, width, hasExtras);
    this.said = new Quotes(FIRST_PLACES, width, hasExtras);
  }

  /** The first place of a block. */
  take(size: number): number {
    const free = this.#free[size]?.pop();
    if (free !== undefined) return free;
    const first = this.#used;
    this.#used += size;
    if (this.#used > this.quotes.places) this.#grow(Math.max(this.#used, this.quotes.places * 2));
    return first;
  }

  /** Gives a block back. */
  give(first: number, size: number): void { (this.#free[size] ??= []).push(first); }

  /** Makes a place ready for a provider's first quote. */
  begin(place: number, provider: number): void {
    this.provider[place] = provider;
    this.quotedAt[place] = -Infinity;
    this.quotes.blank(place);
    this.said.blank(place);
    this.saidLive[place] = 0;
    this.isUnsaid[place] = 1;
  }

  /** Copies all that a place holds. */
  copy(place: number, from: Places, fromPlace: number, outcomes: number): void {
    this.provider[place] = from.provider[fromPlace]!;
    this.quotedAt[place] = from.quotedAt[fromPlace]!;
    this.offset[place] = from.offset[fromPlace]!;
    this.sequence[place] = from.sequence[fromPlace]!;
    this.saidLive[place] = from.saidLive[fromPlace]!;
    this.isUnsaid[place] = from.isUnsaid[fromPlace]!;
    this.quotes.copy(place, from.quotes, fromPlace, outcomes);
    this.said.copy(place, from.said, fromPlace, outcomes);
  }

  #grow(places: number): void {
    this.quotes.resize(places);
    this.said.resize(places);
    this.saidLive = grown(this.saidLive, places);
    this.isUnsaid = grown(this.isUnsaid, places);
    this.provider = grown(this.provider, places);
    this.quotedAt = grown(this.quotedAt, places);
    this.offset = grown(this.offset, places);
    this.sequence = grown(this.sequence, places);
  }
}

/** The places of one book, by what a market needs: as many cells as it has outcomes, and those for limits and lay prices only where some were ever told. */
export class PlacesByShape {
  readonly noOutcomes = new Outcomes([]);
  readonly #plain: Places[] = [];
  readonly #withExtras: Places[] = [];

  /** `width` is a power of two. */
  of(width: number, hasExtras: boolean): Places {
    const places = hasExtras ? this.#withExtras : this.#plain;
    return places[Math.clz32(width)] ??= new Places(width, hasExtras);
  }
}

