import { createHash } from 'node:crypto';
import { endMs, updates, workload, type WorkloadUpdate } from './workload.ts';

/** One output of best-odds, as far as the digest goes. */
export interface BestLine { readonly partition: number; readonly timestamp: number; readonly key: string; readonly outcomes: readonly { readonly outcome: string; readonly price: number; readonly provider: string }[] }

/** The digest of outputs: of each partition in its order, then all partitions. */
export class BestDigest {
  readonly #partitions = Array.from({ length: workload.partitions }, () => createHash('sha256'));
  size = 0;

  add({ partition, timestamp, key, outcomes }: BestLine): void {
    this.#partitions[partition]!.update(`${timestamp} ${key} ${outcomes.map(({ outcome, price, provider }) => `${outcome}=${price.toFixed(4)}@${provider}`).join(' ')}\n`);
    this.size++;
  }

  toString(): string {
    const all = createHash('sha256');
    for (const partition of this.#partitions) all.update(partition.digest());
    return all.digest('hex');
  }
}

/**
 * What best-odds must say of the workload, worked out offline with plain objects and without anything of the engine: each partition's
 * windows by the watermark, each provider's newest quote, and for each market that differs from when it was last spoken of the best prices.
 */
export const referenceDigest = (records: number): BestDigest => {
  const digest = new BestDigest();
  const partitions = Array.from({ length: workload.partitions }, (_, partition) => new ReferencePartition(partition, digest));
  for (const update of updates(records, 1)) partitions[update.partition]!.take(update);
  for (const partition of partitions) partition.advance(endMs(records));
  return digest;
};

type Quotes = Map<string, { readonly timestamp: number; readonly odds: Readonly<Record<string, number>> }>;

class ReferencePartition {
  readonly #partition: number;
  readonly #digest: BestDigest;
  #highest = -Infinity;
  #endMs = -Infinity;
  #waiting: WorkloadUpdate[] = [];
  readonly #book = new Map<string, Quotes>();
  readonly #said = new Map<string, string>();
  #changed = new Set<string>();

  constructor(partition: number, digest: BestDigest) { this.#partition = partition; this.#digest = digest; }

  take(update: WorkloadUpdate): void {
    this.advance(update.timestamp);
    if (update.timestamp >= this.#endMs) this.#waiting.push(update); else this.#put(update);
  }

  advance(timestamp: number): void {
    if (timestamp <= this.#highest) return;
    this.#highest = timestamp;
    const watermark = timestamp - workload.latenessMs;
    if (this.#endMs === -Infinity) this.#endMs = (Math.floor(watermark / workload.windowMs) + 1) * workload.windowMs;
    while (watermark >= this.#endMs) {
      this.#say();
      this.#endMs += workload.windowMs;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const update of waiting) if (update.timestamp < this.#endMs) this.#put(update); else this.#waiting.push(update);
    }
  }

  #put(update: WorkloadUpdate): void {
    let quotes = this.#book.get(update.key);
    if (quotes === undefined) this.#book.set(update.key, quotes = new Map());
    const held = quotes.get(update.provider);
    // Two updates of one provider, market and millisecond: the larger contents, outcomes by name.
    if (held !== undefined && (update.timestamp < held.timestamp || (update.timestamp === held.timestamp && !isLarger(update.odds, held.odds)))) return;
    quotes.set(update.provider, { timestamp: update.timestamp, odds: update.odds });
    if (held === undefined || !isSame(held.odds, update.odds)) this.#changed.add(update.key);
  }

  #say(): void {
    for (const key of this.#changed) {
      const quotes = this.#book.get(key)!;
      const state = JSON.stringify(Array.from(quotes, ([provider, { odds }]) => [provider, odds]).sort());
      if (this.#said.get(key) === state) continue;
      this.#said.set(key, state);
      const outcomes = ['away', 'draw', 'home'].map((outcome) => {
        let best = { outcome, price: 0, provider: '' };
        for (const [provider, { odds }] of quotes) {
          const price = odds[outcome]!;
          if (price > best.price || (price === best.price && provider < best.provider)) best = { outcome, price, provider };
        }
        return best;
      });
      this.#digest.add({ partition: this.#partition, timestamp: this.#endMs, key, outcomes });
    }
    this.#changed = new Set();
  }
}

const isSame = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean => a['away'] === b['away'] && a['draw'] === b['draw'] && a['home'] === b['home'];
const isLarger = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean => {
  for (const outcome of ['away', 'draw', 'home']) if (a[outcome] !== b[outcome]) return a[outcome]! > b[outcome]!;
  return false;
};
