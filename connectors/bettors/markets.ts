import type { FairOdds } from '../../schemas/generated/fair-odds.ts';
import type { MarketBook } from '../../schemas/generated/market-book.ts';
import type { Random } from '../random.ts';

/** Reads a value that lies there in bytes: most are replaced before anybody asks. */
export type Lazily<A> = () => A;

/** So many markets whose fair prices are new are remembered, newest last. */
const MOST_FRESH = 100;

/** The newest book of every market, and the newest fair prices. */
export class Markets {
  readonly #books = new Map<string, { read: Lazily<MarketBook>; at: number }>();
  readonly #keys: string[] = [];
  readonly #fair = new Map<string, Lazily<FairOdds>>();
  readonly #fresh = new Set<string>();

  get size(): number { return this.#keys.length; }

  book(key: string): MarketBook | undefined { return this.#books.get(key)?.read(); }

  /** The market is as this says. */
  put(key: string, read: Lazily<MarketBook>): void {
    const known = this.#books.get(key);
    if (known !== undefined) known.read = read;
    else this.#books.set(key, { read, at: this.#keys.push(key) - 1 });
  }

  /** The market is over. */
  forget(key: string): void {
    const known = this.#books.get(key);
    this.#fair.delete(key);
    this.#fresh.delete(key);
    if (known === undefined) return;
    const last = this.#keys.pop()!;
    this.#books.delete(key);
    if (last === key) return;
    this.#keys[known.at] = last;
    this.#books.get(last)!.at = known.at;
  }

  putFair(key: string, read: Lazily<FairOdds>): void {
    this.#fair.set(key, read);
    this.#fresh.delete(key);
    this.#fresh.add(key);
    if (this.#fresh.size > MOST_FRESH) this.#fresh.delete(this.#fresh.keys().next().value!);
  }

  /** A book at random. Undefined before the first. */
  any(random: Random): MarketBook | undefined { return this.size === 0 ? undefined : this.book(this.#keys[random.below(this.size)]!); }

  /** Takes the fair prices, with the book, that were said longest ago of those that nobody has looked at. */
  takeFresh(): { readonly fair: FairOdds; readonly book: MarketBook } | undefined {
    for (const key of this.#fresh) {
      this.#fresh.delete(key);
      const fair = this.#fair.get(key), book = this.book(key);
      if (fair !== undefined && book !== undefined) return { fair: fair(), book };
    }
    return undefined;
  }
}
