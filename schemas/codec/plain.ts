// What generated rows and columns share.

/** The items of one list, as an array. `starts[index + 1]` is where they end. */
export const listed = <Item>(starts: Int32Array, index: number, item: (at: number) => Item): Item[] => {
  const items: Item[] = [];
  for (let at = starts[index]!, end = starts[index + 1]!; at < end; at++) items.push(item(at));
  return items;
};

/** Null is NaN in a column. */
export const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** Marks the first `count` ids of a column; -1 is none. */
export const markIds = (ids: Int32Array, count: number, marked: Uint8Array): void => {
  for (let i = 0; i < count; i++) if (ids[i]! >= 0) marked[ids[i]!] = 1;
};
