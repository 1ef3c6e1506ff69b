/** Chance that a seed decides: the same seed, the same sequence, on every machine (mulberry32). */
export class Random {
  #state: number;

  /** Neighbouring seeds give sequences that have nothing to do with each other. */
  constructor(seed: number) { this.#state = Math.imul(seed + 0x9e3779b9, 0x85ebca6b) ^ seed; }

  /** In [0, 1). */
  next(): number {
    let mixed = (this.#state = (this.#state + 0x6d2b79f5) | 0);
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer in [0, bound). */
  below(bound: number): number { return Math.floor(this.next() * bound); }
  /** An integer in [from, to]. */
  between(from: number, to: number): number { return from + this.below(to - from + 1); }
  chance(probability: number): boolean { return this.next() < probability; }
  pick<A>(of: readonly A[]): A { return of[this.below(of.length)]!; }

  shuffled<A>(of: readonly A[]): A[] {
    const items = [...of];
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  }
}
