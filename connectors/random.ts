/** splitmix32: spreads a seed and a stream number into well-mixed words. Source: Steele, Lea, Flood, "Fast splittable PRNGs" (2014), 32-bit form. */
const mixer = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let word = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return word ^ (word >>> 15);
  };
};

/**
 * Random numbers that a seed determines, on every machine alike: xoshiro128** (Blackman and Vigna, 2018). Each stream of a seed is a
 * sequence of its own, so that what one part of the world draws does not move another.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** The sequence number `stream` (any integer) of `seed` (any integer). */
  constructor(seed: number, stream: number) {
    const outer = mixer(seed);
    const inner = mixer(outer() ^ Math.imul(stream, 0x9e3779b1));
    this.a = inner();
    this.b = inner();
    this.c = inner();
    this.d = inner() | 1;
  }

  /** The next 32 bits, as a signed integer. */
  bits(): number {
    const { b } = this;
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
    this.c ^= this.a;
    this.d ^= b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= b << 9;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /** Uniform in [0, 1). */
  share(): number {
    return (this.bits() >>> 0) * 2.3283064365386963e-10;
  }

  /** Uniform in [from, to). */
  between(from: number, to: number): number {
    return from + (to - from) * this.share();
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.share() * below);
  }

  /** Whether something of this probability happens. */
  happens(probability: number): boolean {
    return this.share() < probability;
  }

  /** Standard normal, near enough and cheap: the sum of eight uniform 16-bit parts of four words, so never beyond ±4.9. */
  normal(): number {
    let sum = 0;
    for (let i = 0; i < 4; i += 1) {
      const word = this.bits();
      sum += (word & 0xffff) + (word >>> 16);
    }
    // The sum of eight uniforms on [0, 65535] has mean 262140 and standard deviation 65536·√(8/12).
    return (sum - 262_140) / 53_509.9;
  }

  /** How many happen of something expected `mean` times (Poisson, by Knuth's product; for means up to some tens). */
  count(mean: number): number {
    const floor = Math.exp(-mean);
    let product = this.share();
    let count = 0;
    while (product > floor) {
      product *= this.share();
      count += 1;
    }
    return count;
  }

  /** One of the items, each as likely. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }
}
