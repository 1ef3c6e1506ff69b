/** The solution of A·x = b for a symmetric positive definite A (Cholesky). A is overwritten. */
const solved = (a: readonly Float64Array[], b: Float64Array): Float64Array => {
  const n = b.length, x = b.slice();
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = a[i]![j]!;
      for (let k = 0; k < j; k += 1) sum -= a[i]![k]! * a[j]![k]!;
      a[i]![j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / a[j]![j]!;
    }
    for (let k = 0; k < i; k += 1) x[i]! -= a[i]![k]! * x[k]!;
    x[i]! /= a[i]![i]!;
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < n; k += 1) x[i]! -= a[k]![i]! * x[k]!;
    x[i]! /= a[i]![i]!;
  }
  return x;
};

const MAX_STEPS = 60;

/**
 * The distribution q that minimises KL(q ‖ start) + Σ E_q[c]² / 2·slack over conditions c, each of which wants E_q[c] = 0: near the start, and the
 * conditions missed by the less the smaller the slack. There is exactly one, also where the conditions contradict one another. By Newton's method on the dual, log
 * Σ start·e^(Λ·c) + slack·|Λ|²/2, which is strictly convex (Boyd & Vandenberghe, Convex Optimization, 2004, sections 5.5 and 9.5).
 */
export const nearest = (start: Float64Array, conditions: readonly Float64Array[], slack: number): Float64Array => {
  const n = conditions.length, at = (tilts: Float64Array): { readonly mass: Float64Array; readonly value: number } => {
    const logs = new Float64Array(start.length);
    conditions.forEach((c, k) => {
      for (let s = 0; s < logs.length; s += 1) logs[s]! += tilts[k]! * c[s]!;
    });
    const top = logs.reduce((most, log, s) => (start[s]! > 0 ? Math.max(most, log) : most), -Infinity);
    const mass = logs.map((log, s) => (start[s]! > 0 ? start[s]! * Math.exp(log - top) : 0)), sum = mass.reduce((all, p) => all + p, 0);
    return { mass: mass.map((p) => p / sum), value: Math.log(sum) + top + slack / 2 * tilts.reduce((all, tilt) => all + tilt * tilt, 0) };
  };
  let tilts = new Float64Array(n), now = at(tilts);
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const { mass, value } = now;
    const weighted = conditions.map((c) => c.map((v, s) => v * mass[s]!));
    const means = weighted.map((w) => w.reduce((all, v) => all + v, 0));
    const gradient = Float64Array.from(means, (mean, k) => mean + slack * tilts[k]!);
    const curvature = weighted.map((w, k) => Float64Array.from({ length: k + 1 }, (_, j) => {
      const other = conditions[j]!;
      let sum = k === j ? slack : 0;
      for (let s = 0; s < w.length; s += 1) sum += w[s]! * other[s]!;
      return sum - means[k]! * means[j]!;
    }));
    const direction = solved(curvature, gradient), decrease = gradient.reduce((all, g, k) => all + g * direction[k]!, 0);
    if (!(decrease > 1e-20)) break;
    let length = 1, next = now;
    for (; length > 1e-6; length /= 2) {
      const to = tilts.map((tilt, k) => tilt - length * direction[k]!);
      next = at(to);
      if (next.value <= value - length * decrease / 4 + 1e-15) {
        tilts = to;
        break;
      }
    }
    if (length <= 1e-6) break;
    now = next;
  }
  return now.mass;
};
