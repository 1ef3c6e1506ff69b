import type { Catalogue } from '../../domain/market.ts';
import type { Dictionaries } from '../../schemas/codec/columns.ts';

/** Outcomes that the quotes of a market have named, each at a place, in order of first appearance. Markets that met the same ones in the same order share this. */
export class Outcomes {
  /** String ids. */
  readonly ids: readonly number[];
  readonly size: number;
  readonly #longer = new Map<number, Outcomes>();
  #byName: readonly number[] | undefined;
  readonly #byCatalogue = new Map<string, readonly number[] | undefined>();

  constructor(ids: readonly number[]) {
    this.ids = ids;
    this.size = ids.length;
  }

  /** The place of an outcome; -1 where no quote named it. */
  placeOf(outcome: number): number {
    const { ids, size } = this;
    for (let place = 0; place < size; place++) if (ids[place] === outcome) return place;
    return -1;
  }

  /** These, and another behind them. */
  with(outcome: number): Outcomes {
    let longer = this.#longer.get(outcome);
    if (longer === undefined) this.#longer.set(outcome, longer = new Outcomes([...this.ids, outcome]));
    return longer;
  }

  /** Ids may be given to other strings from now on: what leads to outcomes that nobody may hold is dropped. */
  forgetLonger(): void { this.#longer.clear(); }

  /** Places in the order of the names: what leaves goes out in this order. */
  byName({ strings }: Dictionaries): readonly number[] { return this.#byName ??= placesByName(this.ids, strings); }

  /** Places of a catalogue's outcomes, in its order; undefined where one was never quoted. */
  ofCatalogue({ outcomes }: Catalogue, { strings }: Dictionaries): readonly number[] | undefined {
    const name = outcomes.join();
    if (this.#byCatalogue.has(name)) return this.#byCatalogue.get(name);
    const texts = this.ids.map((id) => strings.text(id)), places = outcomes.map((outcome) => texts.indexOf(outcome));
    const found = places.includes(-1) ? undefined : places;
    this.#byCatalogue.set(name, found);
    return found;
  }
}

/** The places of string ids in the order of their texts. */
export const placesByName = (ids: ArrayLike<number>, strings: Dictionaries['strings']): number[] => {
  const texts = Array.from(ids, (id) => strings.text(id));
  return texts.map((_, place) => place).sort((a, b) => (texts[a]! < texts[b]! ? -1 : 1));
};
