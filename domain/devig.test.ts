import fc from 'fast-check';
import t from 'tap';
import { additive, consensus, DevigError, multiplicative, power, shin } from './devig.ts';
import type { DevigErrorCode, DevigResult } from './devig.ts';

const methods = { multiplicative: (prices: readonly number[]) => multiplicative(prices), additive, power, shin };

const solved = (result: DevigResult) => {
  if (!result.ok) throw result.error;
  return result;
};

const code = (result: DevigResult): DevigErrorCode | undefined => {
  if (!result.ok && !(result.error instanceof DevigError)) throw new Error('not a typed error');
  return result.ok ? undefined : result.error.code;
};

const near = (a: number | undefined, b: number | undefined, within: number): boolean => Math.abs((a ?? Number.NaN) - (b ?? Number.NaN)) <= within;

t.test('Shin: the published example of the Python package shin', async (t) => {
  const result = solved(shin([2.6, 2.4, 4.3]));
  for (const [i, p] of [0.37299406033208965, 0.4047794109200184, 0.2222265287474275].entries()) t.ok(near(result.probabilities[i], p, 1e-11));
  t.ok(near(result.parameter, 0.01694251276407055, 1e-11));
});

/** The three matches in the introduction of the R package `implied` (J. C. Lindstrøm), to the precision of its own solver. */
const matches = [[4.20, 3.70, 1.95], [2.45, 3.70, 2.90], [2.05, 3.20, 3.80]];
const published = {
  multiplicative: { p: [[0.2331556, 0.2646631, 0.5021813], [0.3988848, 0.2641264, 0.3369888], [0.4586948, 0.2938514, 0.2474538]], within: 5e-8 },
  additive: { p: [[0.2310332, 0.2632083, 0.5057585], [0.4004096, 0.2625166, 0.3370739], [0.4666506, 0.2913457, 0.2420036]], within: 1e-7 },
  power: { p: [[0.2311414, 0.2630644, 0.5057942], [0.4003156, 0.2627189, 0.3369655], [0.4667139, 0.2908985, 0.2423876]], within: 4e-6 },
  shin: { p: [[0.2315716, 0.2635742, 0.5048542], [0.4000221, 0.2629271, 0.3370508], [0.4645882, 0.2919788, 0.2434331]], within: 4e-6 },
};

t.test('the published examples of the R package implied', async (t) => {
  for (const [method, { p, within }] of Object.entries(published)) {
    for (const [i, prices] of matches.entries()) {
      const { probabilities, overround } = solved(methods[method as keyof typeof methods](prices));
      probabilities.forEach((probability, j) => t.ok(near(probability, p[i]?.[j], within), `${method} ${prices.join(' ')}: ${probability} ${p[i]?.[j]}`));
      t.ok(near(overround, [0.02118602, 0.02326112, 0.06346277][i], 5e-9));
    }
  }
  for (const [i, inverse] of [0.9797664, 0.9788115, 0.9419744].entries()) {
    t.ok(near(1 / (solved(power(matches[i] ?? [])).parameter ?? 0), inverse, 2e-5), 'they call 1/k the exponent');
  }
});

/** Books with a margin of -10 % to 30 % on probabilities between about one in ten thousand and nine in ten. */
const prices = fc.tuple(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 12 }), fc.double({ min: -0.1, max: 0.3, noNaN: true }))
  .map(([weights, margin]) => weights.map((weight) => weights.reduce((sum, one) => sum + one, 0) / weight / (1 + margin)))
  .filter((book) => book.every((price) => price > 1.01));

t.test('probabilities, in the order of the prices, that sum to one', async (t) => {
  const solutions = { multiplicative: 0, additive: 0, power: 0, shin: 0 };
  fc.assert(fc.property(prices, fc.constantFrom(...Object.keys(methods) as (keyof typeof methods)[]), (book, method) => {
    const result = methods[method](book);
    if (!result.ok) return result.error.code === 'no_solution' && (method === 'additive' || method === 'shin');
    solutions[method] += 1;
    const { probabilities } = result;
    return Math.abs(probabilities.reduce((sum, p) => sum + p, 0) - 1) < 1e-12
      && probabilities.every((p) => p > 0 && p < 1)
      && (result.parameter === undefined || Number.isFinite(result.parameter))
      && book.every((a, i) => book.every((b, j) => {
        const [p = 0, q = 0] = [probabilities[i], probabilities[j]];
        return a === b ? p === q : a > b ? p <= q : p >= q;
      }));
  }), { numRuns: 2_000 });
  for (const [method, count] of Object.entries(solutions)) t.ok(count > 50, `${method} solved ${count}`);
});

t.test('the sum of inverses decides where Shin has a solution', async () => {
  fc.assert(fc.property(prices, (book) => {
    const sum = book.reduce((total, one) => total + 1 / one, 0);
    return Math.abs(sum - 1) < 1e-12 || shin(book).ok === sum > 1;
  }), { numRuns: 1_000 });
});

t.test('Shin and power satisfy their own equations', async () => {
  fc.assert(fc.property(prices, (book) => {
    const implied = book.map((one) => 1 / one);
    const sum = implied.reduce((total, one) => total + one, 0);
    const k = solved(power(book));
    if (!implied.every((p, i) => near(k.probabilities[i], p ** (k.parameter ?? 0), 1e-12))) return false;
    const s = shin(book);
    if (!s.ok) return true;
    const z = s.parameter ?? -1;
    // Shin's price of an outcome, π = √(zp + (1−z)p²)·Σ√(zp + (1−z)p²) (Shin 1993, equation 5), back from the probabilities.
    const roots = s.probabilities.map((p) => Math.sqrt(z * p + (1 - z) * p * p));
    const all = roots.reduce((total, root) => total + root, 0);
    return z >= 0 && z < 1 && near(all * all, sum, 1e-9) && implied.every((p, i) => near((roots[i] ?? 0) * all, p, 1e-9));
  }), { numRuns: 1_000 });
});

t.test('for two outcomes Shin is additive (Clarke, Kovalchik & Ingram 2017)', async () => {
  const favourite = fc.double({ min: 1.02, max: 1.95, noNaN: true });
  fc.assert(fc.property(favourite, fc.double({ min: 0.001, max: 0.2, noNaN: true }), (a, margin) => {
    const b = 1 / (1 + margin - 1 / a);
    if (!(b > 1.001)) return true;
    const first = additive([a, b]);
    return !first.ok || near(solved(shin([a, b])).probabilities[0], first.probabilities[0], 1e-11);
  }), { numRuns: 1_000 });
});

t.test('on a fair book all methods give the inverse prices', async () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 8 }), (weights) => {
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const fair = weights.map((weight) => sum / weight);
    return Object.values(methods).every((method) => solved(method(fair)).probabilities.every((p, i) => near(p, 1 / (fair[i] ?? 0), 1e-10)));
  }));
});

t.test('several winners: multiplicative sums to their number', async (t) => {
  const { probabilities } = solved(multiplicative([1.4, 1.3, 1.5], 2));
  t.ok(near(probabilities.reduce((sum, p) => sum + p, 0), 2, 1e-12));
  t.equal(code(multiplicative([1.001, 4, 4], 2)), 'no_solution', 'one outcome would be more than certain');
  t.equal(code(multiplicative([1.4, 1.3], 2)), 'bad_winners');
  t.equal(code(multiplicative([1.4, 1.3], 0)), 'bad_winners');
  t.equal(code(multiplicative([1.4, 1.3, 1.5], 1.5)), 'bad_winners');
});

t.test('what has no solution is a typed error, never NaN', async (t) => {
  t.equal(code(shin([2.2, 2.2])), 'no_solution', 'a book sum below one');
  t.match(shin([2.2, 2.2]), { error: { message: /below 1/ } });
  t.equal(code(additive([1.01, 1.2, 500])), 'no_solution', 'the long shot is left less than nothing');
  t.equal(code(power([1.00001, 1.5, 1.00001, 1.00001])), 'no_solution', 'the second is below what a double can hold');
  for (const method of Object.values(methods)) {
    t.equal(code(method([])), 'too_few_outcomes');
    t.equal(code(method([1.9])), 'too_few_outcomes');
    for (const bad of [1, 0, -2, Number.NaN, Infinity, 1 + Number.EPSILON / 2]) t.equal(code(method([2, bad])), 'bad_price', String(bad));
  }
});

t.test('extreme books are solved', async (t) => {
  for (const book of [[1.0001, 1.0001], [1.0001, 100_000], [1.001, 1.001, 100_000], [1.5, 1.5, 1.5, 1.5, 1.5], Array.from({ length: 40 }, (_, i) => 2 + i * i)]) {
    for (const method of [power, shin]) {
      const result = method(book);
      t.ok(result.ok || result.error.code === 'no_solution', book.join(' '));
    }
  }
  t.same(solved(shin([1.0001, 1.0001])).probabilities, [0.5, 0.5]);
  t.same(solved(power([100_000, 100_000])).probabilities, [0.5, 0.5]);
});

const opinion = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 3, maxLength: 3 })
  .map((weights) => weights.map((weight) => weight / weights.reduce((sum, one) => sum + one, 0)));
const opinions = fc.array(fc.record({ probabilities: opinion, weight: fc.double({ min: 0.01, max: 10, noNaN: true }) }), { minLength: 1, maxLength: 12 });

t.test('consensus: the logarithmic pool', async (t) => {
  const two = solved(consensus([{ probabilities: [0.8, 0.2] }, { probabilities: [0.5, 0.5] }])).probabilities;
  t.ok(near(two[0], 2 / 3, 1e-15), 'the mean of log-odds: √(4 · 1) = 2 to 1');
  const weighted = solved(consensus([{ probabilities: [0.8, 0.2], weight: 3 }, { probabilities: [0.5, 0.5] }])).probabilities;
  t.ok(near((weighted[0] ?? 0) / (weighted[1] ?? 1), 4 ** 0.75, 1e-12));
  const one = solved(consensus([{ probabilities: [0.2, 0.3, 0.5] }])).probabilities;
  for (const [i, p] of [0.2, 0.3, 0.5].entries()) t.ok(near(one[i], p, 1e-15));
});

t.test('consensus does not depend on the order of the providers by a single bit', async () => {
  const shuffled = opinions.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
  fc.assert(fc.property(shuffled, ([all, other]) => {
    const a = solved(consensus(all)).probabilities;
    const b = solved(consensus(other)).probabilities;
    return a.every((p, i) => Object.is(p, b[i]));
  }), { numRuns: 1_000 });
});

t.test('consensus sums to one, lies among those who agree, and never finds them better than fair', async () => {
  fc.assert(fc.property(opinions, (all) => {
    const { probabilities, overround } = solved(consensus(all));
    return near(probabilities.reduce((sum, p) => sum + p, 0), 1, 1e-12) && overround < 1e-12
      && probabilities.every((p) => p > 0 && p < 1);
  }));
});

t.test('consensus refuses what it cannot pool', async (t) => {
  t.equal(code(consensus([])), 'no_providers');
  t.equal(code(consensus([{ probabilities: [1] }])), 'too_few_outcomes');
  t.equal(code(consensus([{ probabilities: [0.5, 0.5] }, { probabilities: [0.3, 0.3, 0.4] }])), 'outcomes_differ');
  t.equal(code(consensus([{ probabilities: [0, 1] }])), 'bad_probability');
  t.equal(code(consensus([{ probabilities: [Number.NaN, 0.5] }])), 'bad_probability');
  for (const weight of [0, -1, Number.NaN, Infinity]) t.equal(code(consensus([{ probabilities: [0.5, 0.5], weight }])), 'bad_weight');
});
