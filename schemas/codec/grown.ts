/** A larger copy of a typed array. */
export const grown = <A extends Int32Array | Float64Array | Uint8Array>(array: A, length: number): A => {
  const larger = new (array.constructor as new (length: number) => A)(length);
  larger.set(array);
  return larger;
};
