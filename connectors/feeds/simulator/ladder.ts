/** The prices that a provider can show, ascending. A price between two is shown as the lower one: in the provider's favour. */
export type Ladder = Float64Array;

/** No provider shows a price below or above these. */
export const LOWEST_PRICE = 1.01;
export const HIGHEST_PRICE = 1000;

const steps = (parts: readonly (readonly [until: number, step: number])[]): Ladder => {
  const prices: number[] = [];
  let from = LOWEST_PRICE;
  for (const [until, step] of parts) {
    const count = Math.round((until - from) / step);
    for (let i = 0; i < count; i += 1) prices.push(Math.round((from + i * step) * 100) / 100);
    from = until;
  }
  prices.push(from);
  return Float64Array.from(prices);
};

/** Hundredths, coarser for long prices. */
export const cents: Ladder = steps([[10, 0.01], [50, 0.1], [251, 1]]);

/** The steps of a betting exchange. */
export const exchangeSteps: Ladder = steps([
  [2, 0.01], [3, 0.02], [4, 0.05], [6, 0.1], [10, 0.2], [20, 0.5], [30, 1], [50, 2], [100, 5], [1000, 10],
]);

/** Traditional fractions as decimals of four places, cut. */
export const fractions: Ladder = Float64Array.from(
  ([
    [1, 100], [1, 66], [1, 50], [1, 40], [1, 33], [1, 25], [1, 20], [1, 16], [1, 14], [1, 12], [1, 10], [1, 9], [1, 8], [2, 15], [1, 7], [2, 13],
    [1, 6], [2, 11], [1, 5], [2, 9], [1, 4], [2, 7], [3, 10], [1, 3], [4, 11], [2, 5], [4, 9], [1, 2], [8, 15], [4, 7], [8, 13], [4, 6], [8, 11],
    [4, 5], [5, 6], [10, 11], [20, 21], [1, 1], [21, 20], [11, 10], [23, 20], [6, 5], [5, 4], [13, 10], [11, 8], [7, 5], [6, 4], [8, 5], [13, 8],
    [17, 10], [7, 4], [9, 5], [15, 8], [19, 10], [2, 1], [21, 10], [85, 40], [11, 5], [9, 4], [12, 5], [5, 2], [13, 5], [11, 4], [14, 5], [3, 1],
    [10, 3], [7, 2], [18, 5], [15, 4], [4, 1], [9, 2], [5, 1], [11, 2], [6, 1], [13, 2], [7, 1], [15, 2], [8, 1], [17, 2], [9, 1], [10, 1],
    [11, 1], [12, 1], [14, 1], [16, 1], [18, 1], [20, 1], [22, 1], [25, 1], [28, 1], [33, 1], [40, 1], [50, 1], [66, 1], [80, 1], [100, 1],
    [125, 1], [150, 1], [200, 1], [250, 1],
  ] as const).map(([numerator, denominator]) => (10_000 + Math.floor((numerator * 10_000) / denominator)) / 10_000),
);

/** American prices: −10000 to −100 and +100 to +25000 in the customary steps, as unrounded decimals. */
export const american: Ladder = (() => {
  const amounts: number[] = [];
  for (const [until, step] of [[300, 5], [500, 10], [1000, 25], [2500, 100], [10_000, 500]] as const) {
    for (let amount = amounts.at(-1) ?? 95; amount < until; amounts.push(amount)) amount += step;
  }
  const minus = amounts.filter((amount) => amount > 100).reverse().map((amount) => 1 + 100 / amount);
  return Float64Array.from([...minus, ...amounts.map((amount) => 1 + amount / 100), 151, 201, 251]);
})();

/** Position of the highest price not above `price`; −1 where all are above it. */
export const rungBelow = (ladder: Ladder, price: number): number => {
  let low = 0;
  let high = ladder.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ladder[middle] ?? Infinity) <= price) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};
