import { kindOf, type PortfolioKind, portfoliosOf } from '../../domain/bets/portfolios.ts';
import type { LatestValues } from '../../runtime/ports.ts';
import { ValueRows } from '../../runtime/value-rows.ts';
import { type Position, type PositionRow, PositionSchema, type PositionWriter } from '../../schemas/generated/position.ts';

/** All bets that `positions` knows of, by the portfolios that they are in. */
export class Holdings {
  readonly #values: LatestValues;
  readonly #rows: ValueRows<Position, PositionRow, PositionWriter>;
  readonly #kinds: ReadonlySet<PortfolioKind>;
  readonly #bets = new Map<string, Position>();
  readonly #portfolios = new Map<string, Set<string>>();

  /** Keeps portfolios of these kinds. */
  constructor(values: LatestValues, kinds: readonly PortfolioKind[]) {
    this.#values = values;
    this.#rows = new ValueRows(PositionSchema, values);
    this.#kinds = new Set(kinds);
  }

  /** Takes over the newest value of each key. Returns the portfolios that have changed. */
  take(keys: Iterable<string>): ReadonlySet<string> {
    const changed = new Set<string>();
    for (const key of keys) {
      const bytes = this.#values.value(key), before = this.#bets.get(key);
      if (before !== undefined) this.#remove(key, before, changed);
      if (bytes === undefined) this.#bets.delete(key);
      else this.#add(key, this.#rows.row(bytes).toObject(), changed);
    }
    return changed;
  }

  /** Open and settled ones, by their keys' order. */
  of(portfolio: string): Position[] {
    return [...this.#portfolios.get(portfolio) ?? []].sort().map((key) => this.#bets.get(key)!);
  }

  #add(key: string, bet: Position, changed: Set<string>): void {
    this.#bets.set(key, bet);
    for (const portfolio of this.#wanted(bet)) {
      let keys = this.#portfolios.get(portfolio);
      if (keys === undefined) this.#portfolios.set(portfolio, keys = new Set());
      keys.add(key);
      changed.add(portfolio);
    }
  }

  #remove(key: string, bet: Position, changed: Set<string>): void {
    for (const portfolio of this.#wanted(bet)) {
      const keys = this.#portfolios.get(portfolio);
      keys?.delete(key);
      if (keys?.size === 0) this.#portfolios.delete(portfolio);
      changed.add(portfolio);
    }
  }

  #wanted({ user_id: userId, syndicate_id: syndicateId, provider, legs }: Position): string[] {
    return portfoliosOf({ userId, syndicateId, provider, legs: legs.map((leg) => ({ ...leg, eventId: leg.event_id })) }).filter((name) => this.#kinds.has(kindOf(name)));
  }
}
