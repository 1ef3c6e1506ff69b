/** The standard normal distribution. */

const evaluated = (coefficients: readonly number[], x: number): number => {
  let value = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) value = value * x + coefficients[i]!;
  return value;
};

const central = {
  above: [3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3],
  below: [1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3],
};
const tail = {
  above: [1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504, 1.27045825245236838258, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4],
  below: [1, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1, 1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9],
};
const farTail = {
  above: [6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7],
  below: [1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15],
};

/**
 * Φ⁻¹: −∞ of 0, ∞ of 1, NaN outside of them. Relative error about 10⁻¹⁶ (Wichura, "Algorithm AS 241: The percentage points of the normal
 * distribution", Applied Statistics 37 (1988) 477–484).
 */
export const inverseNormal = (probability: number): number => {
  const fromHalf = probability - 0.5;
  if (Math.abs(fromHalf) <= 0.425) {
    const r = 0.180625 - fromHalf * fromHalf;
    return fromHalf * evaluated(central.above, r) / evaluated(central.below, r);
  }
  if (probability === 0 || probability === 1) return probability === 0 ? -Infinity : Infinity;
  const r = Math.sqrt(-Math.log(fromHalf < 0 ? probability : 1 - probability));
  const z = r <= 5 ? evaluated(tail.above, r - 1.6) / evaluated(tail.below, r - 1.6) : evaluated(farTail.above, r - 5) / evaluated(farTail.below, r - 5);
  return fromHalf < 0 ? -z : z;
};

/** The density φ. */
export const normalDensity = (z: number): number => Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);

/** Beyond this Φ is 0 or 1 to the last digit, and the series would be long. */
const FAR = 8.3;

/** Φ, to within 10⁻¹⁵ (the series of Marsaglia, "Evaluating the normal distribution", Journal of Statistical Software 11 (2004) 4). */
export const normal = (z: number): number => {
  if (Math.abs(z) > FAR) return z < 0 ? 0 : 1;
  let sum = z, term = z;
  for (let i = 3; ; i += 2) {
    term *= z * z / i;
    if (sum + term === sum) return 0.5 + sum * normalDensity(z);
    sum += term;
  }
};
