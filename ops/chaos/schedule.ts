import { Random } from '../../connectors/random.ts';

/** Every kind of fault, and how often it comes in a round: those that go at the engine's heart more often. */
const cards = {
  'kill best-odds': 4,
  'kill sinks': 2,
  'kill feed': 1,
  'kill clock': 1,
  'kill broker': 2,
  'postgres immediate': 2,
  'kill redis': 1,
  'redis flushall': 2,
  zombie: 2,
  'rebalance storm': 1,
  duplicates: 1,
  reordered: 1,
  late: 1,
  poison: 2,
  'broker disk full': 1,
  'postgres disk full': 1,
  'registry down': 1,
} as const satisfies Readonly<Record<string, number>>;

export type FaultKind = keyof typeof cards;
/** One card for each time that a fault comes in a round. */
export const fullDeck: readonly FaultKind[] = Object.freeze((Object.keys(cards) as FaultKind[]).flatMap((kind) => Array<FaultKind>(cards[kind]).fill(kind)));

/** A fault as the seed has it. What else it draws (which process, how long) comes of a sequence of its own, so that it does not depend on the faults before it. */
export interface PlannedFault {
  /** From 1. */
  readonly number: number;
  readonly kind: FaultKind;
  /** A share of the mean pause that the run is let alone before it, 0.2 to 1.8. */
  readonly pause: number;
  readonly random: Random;
}

/**
 * The faults of a seed: the deck shuffled and dealt, again and again, so that every kind has come before one comes much too often. The same seed and deck give the
 * same faults, however many are asked for.
 */
export const schedule = (seed: number, count: number, deck: readonly FaultKind[] = fullDeck): PlannedFault[] => {
  const order = new Random(seed, 0);
  const planned: PlannedFault[] = [];
  while (planned.length < count) {
    for (const kind of shuffled(deck, order)) {
      const number = planned.length + 1;
      planned.push({ number, kind, pause: order.between(0.2, 1.8), random: new Random(seed, number) });
    }
  }
  return planned.slice(0, count);
};

/** Fisher and Yates' shuffle, of a copy. */
export const shuffled = <Item>(items: readonly Item[], random: Random): Item[] => {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
};
