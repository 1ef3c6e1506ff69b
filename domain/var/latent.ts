/**
 * Latent variables as integers. A standard normal is one of 2^16 equally likely values of a table; a latent is a sum of loading × value. Nothing here or in a
 * backend needs more than 24 bits, which 32-bit floats hold exactly, and no logarithm or trigonometry is computed on a path.
 */
import { inverseNormal } from './normal.ts';
import { LOADING_ONE } from './types.ts';

/** Bits of a draw: it names a value of the table. */
export const DRAW_BITS = 16;
/** Table values of one standard deviation. */
export const NORMAL_ONE = 8_192;
/** Latent of one standard deviation. */
export const LATENT_ONE = NORMAL_ONE * LOADING_ONE;

let table: Int32Array | undefined;

/**
 * Φ⁻¹((i + ½) / 2^16), scaled so that its variance is 1, in NORMAL_ONE-ths. A probability is met by it to within 3 · 10⁻⁵. Between ±4.3 standard deviations, so a
 * latent whose loadings' absolute values sum to 3.7 at most stays below 2^24.
 */
export const normalTable = (): Int32Array => {
  if (table !== undefined) return table;
  const size = 2 ** DRAW_BITS, exact = Float64Array.from({ length: size }, (_, i) => inverseNormal((i + 0.5) / size));
  const scale = NORMAL_ONE / Math.sqrt(exact.reduce((sum, z) => sum + z * z, 0) / size);
  table = Int32Array.from(exact, (z) => Math.round(z * scale));
  return table;
};
