/** The 32-bit FNV-1a hash of a text's UTF-16 units, from 0. Source: Fowler, Noll and Vo, "The FNV Non-Cryptographic Hash Algorithm". Another basis gives another hash of the same text. */
export const fnv1a = (text: string, basis = 0x811c9dc5): number => {
  let hash = basis;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
};
