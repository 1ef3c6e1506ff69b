/** What is to happen at which step, earliest first, in the order of asking where steps are equal: a binary heap. */
export class Schedule<Item> {
  private readonly steps: number[] = [];
  private readonly orders: number[] = [];
  private readonly items: Item[] = [];
  private asked = 0;

  get size(): number {
    return this.items.length;
  }

  /** The step of the earliest item; Infinity where there is none. */
  get nextStep(): number {
    return this.steps[0] ?? Infinity;
  }

  add(step: number, item: Item): void {
    let at = this.items.length;
    const order = this.asked++;
    this.steps.push(step);
    this.orders.push(order);
    this.items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.precedes(parent, at)) break;
      this.swap(at, parent);
      at = parent;
    }
  }

  /** Takes out the earliest item that is due at `step`; undefined where none is. */
  takeDue(step: number): Item | undefined {
    if (this.nextStep > step) return undefined;
    const first = this.items[0];
    const last = this.items.length - 1;
    this.swap(0, last);
    this.steps.pop();
    this.orders.pop();
    this.items.pop();
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= last) return first;
      const child = left + 1 < last && this.precedes(left + 1, left) ? left + 1 : left;
      if (this.precedes(at, child)) return first;
      this.swap(at, child);
      at = child;
    }
  }

  private precedes(a: number, b: number): boolean {
    const difference = (this.steps[a] ?? 0) - (this.steps[b] ?? 0);
    return difference < 0 || (difference === 0 && (this.orders[a] ?? 0) < (this.orders[b] ?? 0));
  }

  private swap(a: number, b: number): void {
    for (const column of [this.steps, this.orders, this.items] as unknown[][]) {
      const kept = column[a];
      column[a] = column[b];
      column[b] = kept;
    }
  }
}
