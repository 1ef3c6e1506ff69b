import type { Dictionaries } from '../../schemas/codec/columns.ts';
import { type AnnouncedArbitragesRow, AnnouncedArbitragesSchema, type AnnouncedArbitragesWriter } from '../../schemas/generated/announced-arbitrages.ts';
import type { ArbitrageKind, Side } from '../../schemas/generated/arbitrage.ts';
import type { Store, Task } from '../../stream/task.ts';
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
export class OpenArbitrages implements Store<AnnouncedArbitragesRow, AnnouncedArbitragesWriter> {
  readonly entries = AnnouncedArbitragesSchema;
  readonly #dictionaries: Dictionaries;
  readonly #byKey = new Map<number, Map<string, OpenArbitrage>>();
  readonly #timers = new Timers();
  readonly #timerMs = new Map<number, number>();
  readonly #unsaved = new Set<number>();
  /** Keys that have an entry. */
  readonly #saved = new Set<number>();

  constructor({ dictionaries }: Task) { this.#dictionaries = dictionaries; }

  get earliestTimerMs(): number { return this.#timers.earliestMs; }

  /** The open arbitrages of a market, by id. */
  of(key: number): ReadonlyMap<string, OpenArbitrage> { return this.#byKey.get(key) ?? none; }

  open(key: number, arbitrage: OpenArbitrage): void {
    let ofMarket = this.#byKey.get(key);
    if (ofMarket === undefined) this.#byKey.set(key, ofMarket = new Map());
    ofMarket.set(arbitrage.id, arbitrage);
    this.#touch(key);
  }

  close(key: number, id: string): void {
    const ofMarket = this.#byKey.get(key);
    ofMarket?.delete(id);
    if (ofMarket?.size === 0) this.#byKey.delete(key);
    this.#touch(key);
  }

  /** A market is to be looked at again by then at the latest, epoch ms. */
  lookAgain(key: number, atMs: number): void {
    if (atMs === Infinity || atMs >= (this.#timerMs.get(key) ?? Infinity)) return;
    this.#timerMs.set(key, atMs);
    this.#timers.set(atMs, key);
    this.#touch(key);
  }

  /** Takes the markets whose time has come by the end of a window. */
  takeDue(endMs: number, due: Set<number>): void {
    while (this.#timers.earliestMs <= endMs) {
      const key = this.#timers.earliestId, atMs = this.#timers.earliestMs;
      this.#timers.pop();
      if (this.#timerMs.get(key) !== atMs) continue; //  set earlier since
      this.#timerMs.delete(key);
      this.#touch(key);
      if (this.#byKey.has(key)) due.add(key);
    }
  }

  /** A market that is over and was never written down is of no account. */
  #touch(key: number): void {
    if (this.#byKey.has(key) || this.#timerMs.has(key) || this.#saved.has(key)) this.#unsaved.add(key); else this.#unsaved.delete(key);
  }

  mark(keys: Uint8Array): void {
    for (const key of this.#byKey.keys()) keys[key] = 1;
    for (const key of this.#timerMs.keys()) keys[key] = 1;
    // Their entries, or the tombstones of those, are to be written yet.
    for (const key of this.#unsaved) keys[key] = 1;
    for (const key of this.#saved) keys[key] = 1;
  }

  save(writer: AnnouncedArbitragesWriter): void {
    const { keys } = this.#dictionaries;
    for (const key of this.#unsaved) {
      const arbitrages = this.#byKey.get(key), timerMs = this.#timerMs.get(key) ?? Infinity;
      if (arbitrages === undefined && timerMs === Infinity) {
        if (this.#saved.delete(key)) writer.tombstone(keys.bytes(key));
        continue;
      }
      this.#saved.add(key);
      writer.begin(keys.bytes(key));
      writeEntry(writer, Array.from(arbitrages?.values() ?? []), timerMs);
      writer.end();
    }
    this.#unsaved.clear();
  }

  load(row: AnnouncedArbitragesRow): void {
    const { key, timerMs } = row;
    this.#saved.add(key);
    const arbitrages = readEntry(row);
    if (arbitrages.length > 0) this.#byKey.set(key, new Map(arbitrages.map((arbitrage) => [arbitrage.id, arbitrage])));
    if (timerMs === Infinity) return;
    this.#timerMs.set(key, timerMs);
    this.#timers.set(timerMs, key);
  }
}

const writeEntry = (value: AnnouncedArbitragesWriter, arbitrages: readonly OpenArbitrage[], timerMs: number): void => {
  value.timestamp(arbitrages[0]?.openedAt ?? 0);
  value.timerMs(timerMs);
  value.arbitragesStart(arbitrages.length);
  for (const { id, kind, openedAt, inverseSum, profitMargin, inPlay, stakesMinor, legs } of arbitrages) {
    value.arbitragesId(id);
    value.arbitragesKind(kind);
    value.arbitragesOpenedAt(openedAt);
    value.arbitragesInverseSum(inverseSum);
    value.arbitragesProfitMargin(profitMargin);
    value.arbitragesInPlay(inPlay);
    value.arbitragesIsExecutable(stakesMinor !== undefined);
    value.arbitragesStakesMinorStart(stakesMinor?.length ?? 0);
    for (const stake of stakesMinor ?? []) value.arbitragesStakesMinor(stake);
    value.arbitragesStakesMinorEnd();
    value.arbitragesLegsStart(legs.length);
    for (const leg of legs) {
      value.arbitragesLegsOutcome(leg.outcome);
      value.arbitragesLegsSide(leg.side);
      value.arbitragesLegsProvider(leg.provider);
      value.arbitragesLegsPriceE4(leg.priceE4);
      value.arbitragesLegsCommissionPpm(leg.commissionPpm);
      value.arbitragesLegsNetPrice(leg.netPrice);
      value.arbitragesLegsLimitMinor(leg.limitMinor);
      value.arbitragesLegsCurrency(leg.currency);
      value.arbitragesLegsIsPalpableError(leg.isPalpableError);
      value.arbitragesLegsQuotedAt(leg.quotedAt);
      value.arbitragesLegsConfirmedAt(leg.confirmedAt);
      value.arbitragesLegsOffset(leg.offset);
    }
    value.arbitragesLegsEnd();
  }
  value.arbitragesEnd();
};

const readEntry = (row: AnnouncedArbitragesRow): OpenArbitrage[] => row.toObject().arbitrages.map((found) => ({
  id: found.id, kind: found.kind as ArbitrageKind, openedAt: found.opened_at, inverseSum: found.inverse_sum, profitMargin: found.profit_margin, inPlay: found.in_play,
  stakesMinor: found.is_executable ? found.stakes_minor : undefined,
  legs: found.legs.map((leg) => ({
    outcome: leg.outcome, side: leg.side as Side, provider: leg.provider, priceE4: leg.price_e4, commissionPpm: leg.commission_ppm, netPrice: leg.net_price,
    limitMinor: leg.limit_minor ?? NaN, currency: leg.currency, isPalpableError: leg.is_palpable_error, quotedAt: leg.quoted_at, confirmedAt: leg.confirmed_at, offset: leg.offset,
  })),
}));

const none: ReadonlyMap<string, OpenArbitrage> = new Map();
