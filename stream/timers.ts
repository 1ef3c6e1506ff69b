/** Event-time timers of a store: a binary heap of times, each with the id of the key it is for. */
export class Timers {
  #size = 0;
  #times = new Float64Array(256);
  #ids = new Int32Array(256);

  get size(): number { return this.#size; }
  /** The earliest time set, epoch ms; Infinity when none is. */
  get earliestMs(): number { return this.#size === 0 ? Infinity : this.#times[0]!; }
  /** The id of the earliest timer; -1 when none is set. */
  get earliestId(): number { return this.#size === 0 ? -1 : this.#ids[0]!; }

  set(atMs: number, id: number): void {
    if (this.#size === this.#times.length) this.#grow();
    let child = this.#size++;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (this.#times[parent]! <= atMs) break;
      this.#times[child] = this.#times[parent]!;
      this.#ids[child] = this.#ids[parent]!;
      child = parent;
    }
    this.#times[child] = atMs;
    this.#ids[child] = id;
  }

  /** Takes the earliest timer off. */
  pop(): void {
    const last = --this.#size;
    const atMs = this.#times[last]!, id = this.#ids[last]!;
    let parent = 0;
    for (let child = 1; child < last; child = 2 * parent + 1) {
      if (child + 1 < last && this.#times[child + 1]! < this.#times[child]!) child++;
      if (this.#times[child]! >= atMs) break;
      this.#times[parent] = this.#times[child]!;
      this.#ids[parent] = this.#ids[child]!;
      parent = child;
    }
    this.#times[parent] = atMs;
    this.#ids[parent] = id;
  }

  #grow(): void {
    const times = new Float64Array(this.#size * 2), ids = new Int32Array(this.#size * 2);
    times.set(this.#times);
    ids.set(this.#ids);
    this.#times = times;
    this.#ids = ids;
  }
}
