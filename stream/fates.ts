/** What became of a record. Every record delivered ends in exactly one of these (ARCHITECTURE.md E9). */
export const Fate = { applied: 0, unchanged: 1, lateApplied: 2, stale: 3, control: 4, dead: 5 } as const;
export type Fate = (typeof Fate)[keyof typeof Fate];

/** Names of the fates in metrics and reports, by their number. */
export const fateNames = ['applied', 'unchanged', 'late_applied', 'stale', 'control', 'dead'] as const;

/** The accounts of one task: how many records were delivered to it, and what became of them. */
export class Fates {
  delivered = 0;
  /** Rows that wait for their window: delivered, and not yet ended. */
  waiting = 0;
  readonly counts = new Float64Array(fateNames.length);

  /** Takes over what others say: so that accounts can go back to where they stood. */
  become({ delivered, waiting, counts }: Fates): void {
    this.delivered = delivered;
    this.waiting = waiting;
    this.counts.set(counts);
  }

  count(fate: Fate): void { this.counts[fate]!++; }

  /** Records delivered of which nobody knows what became. Anything but 0 is a bug. */
  get unaccounted(): number {
    let ended = 0;
    for (const count of this.counts) ended += count;
    return this.delivered - this.waiting - ended;
  }
}
