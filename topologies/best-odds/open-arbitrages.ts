import type { ArbitrageKind, Side } from '../../schemas/generated/arbitrage.ts';
import type { Store } from '../../stream/task.ts';
import { Timers } from '../../stream/timers.ts';

/** One bet of an arbitrage, as it is announced. */
export interface Leg {
  readonly outcome: string;
  readonly side: Side;
  readonly provider: string;
  readonly priceE4: number;
  readonly commissionPpm: number;
  readonly netPrice: number;
  readonly limitMinor: number;
  readonly currency: string;
  readonly isPalpableError: boolean;
  readonly quotedAt: number;
  readonly confirmedAt: number;
  readonly offset: number;
}

/** An arbitrage as it stands. */
export interface Standing {
  readonly kind: ArbitrageKind;
  /** Of one market there may be one by backing everything, and one by backing and laying for each outcome. */
  readonly id: string;
  readonly legs: readonly Leg[];
  readonly inverseSum: number;
  readonly profitMargin: number;
  readonly inPlay: boolean;
}

/** An arbitrage that has been announced and not yet closed. */
export interface OpenArbitrage extends Standing {
  readonly openedAt: number;
  /** Rounded stakes, minor units, where it can be executed. */
  readonly stakesMinor: readonly number[] | undefined;
}

/** The arbitrages that stand announced, by market; with the times at which their legs grow too old. */
export class OpenArbitrages implements Store {
  readonly #byKey = new Map<number, Map<string, OpenArbitrage>>();
  readonly #timers = new Timers();
  readonly #timerMs = new Map<number, number>();

  get earliestTimerMs(): number { return this.#timers.earliestMs; }

  /** The open arbitrages of a market, by id. */
  of(key: number): ReadonlyMap<string, OpenArbitrage> { return this.#byKey.get(key) ?? none; }

  open(key: number, arbitrage: OpenArbitrage): void {
    let ofMarket = this.#byKey.get(key);
    if (ofMarket === undefined) this.#byKey.set(key, ofMarket = new Map());
    ofMarket.set(arbitrage.id, arbitrage);
  }

  close(key: number, id: string): void {
    const ofMarket = this.#byKey.get(key);
    ofMarket?.delete(id);
    if (ofMarket?.size === 0) this.#byKey.delete(key);
  }

  /** A market is to be looked at again by then at the latest, epoch ms. */
  lookAgain(key: number, atMs: number): void {
    if (atMs === Infinity || atMs >= (this.#timerMs.get(key) ?? Infinity)) return;
    this.#timerMs.set(key, atMs);
    this.#timers.set(atMs, key);
  }

  /** Takes the markets whose time has come by the end of a window. */
  takeDue(endMs: number, due: Set<number>): void {
    while (this.#timers.earliestMs <= endMs) {
      const key = this.#timers.earliestId, atMs = this.#timers.earliestMs;
      this.#timers.pop();
      if (this.#timerMs.get(key) !== atMs) continue; //  set earlier since
      this.#timerMs.delete(key);
      if (this.#byKey.has(key)) due.add(key);
    }
  }

  mark(keys: Uint8Array): void {
    for (const key of this.#byKey.keys()) keys[key] = 1;
    for (const key of this.#timerMs.keys()) keys[key] = 1;
  }
}

const none: ReadonlyMap<string, OpenArbitrage> = new Map();
