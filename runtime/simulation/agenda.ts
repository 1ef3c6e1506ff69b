interface Due { readonly atMs: number; readonly order: number; readonly run: () => void }

const isBefore = (a: Due, b: Due): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** Virtual time: what is to happen, in order. Nothing takes longer than a test wants, and nothing happens that is not on it. */
export class Agenda {
  /** Virtual wall clock, epoch ms. */
  nowMs: number;
  /** How many events have happened. */
  done = 0;
  /** A process has gone on since this was last set to false: what follows from it is still to run. */
  hasWoken = false;
  readonly #heap: Due[] = [];
  #order = 0;

  constructor(startMs: number) { this.nowMs = startMs; }

  after(delayMs: number, run: () => void): void {
    const heap = this.#heap, due = { atMs: this.nowMs + delayMs, order: this.#order++, run };
    let child = heap.length;
    heap.push(due);
    for (; child > 0;) {
      const parent = (child - 1) >> 1;
      if (isBefore(heap[parent]!, due)) break;
      heap[child] = heap[parent]!;
      child = parent;
    }
    heap[child] = due;
  }

  /** Lets the next event happen. Returns false if there is none. */
  next(): boolean {
    const heap = this.#heap, first = heap[0], last = heap.pop();
    if (first === undefined) return false;
    if (heap.length > 0) {
      let parent = 0;
      for (let child = 1; child < heap.length; child = 2 * parent + 1) {
        if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
        if (isBefore(last!, heap[child]!)) break;
        heap[parent] = heap[child]!;
        parent = child;
      }
      heap[parent] = last!;
    }
    this.nowMs = first.atMs;
    this.done++;
    first.run();
    return true;
  }
}
