/** Eight bytes at a step: table k says what a byte does that k more bytes follow. */
const SLICES = 8;
/** Castagnoli's polynomial, reflected. */
const POLYNOMIAL = 0x82f63b78;

const tables = ((): readonly Int32Array[] => {
  const all = Array.from({ length: SLICES }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
    all[0]![byte] = crc;
  }
  for (let slice = 1; slice < SLICES; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = all[slice - 1]![byte]!;
      all[slice]![byte] = (before >>> 8) ^ all[0]![before & 255]!;
    }
  }
  return all;
})();
const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

/**
 * CRC-32C of `bytes[start, end)`, as record batches carry it.
 * Sources: RFC 3720, appendix B.4; M. Kounavis and F. Berry, "A systematic approach to building high performance software-based CRC generators" (2005), slicing by 8.
 */
export const crc32c = (bytes: Uint8Array, start: number, end: number): number => {
  let crc = -1;
  let at = start;
  for (const last = end - SLICES; at <= last; at += SLICES) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc = t7[crc & 255]! ^ t6[(crc >>> 8) & 255]! ^ t5[(crc >>> 16) & 255]! ^ t4[crc >>> 24]!
      ^ t3[bytes[at + 4]!]! ^ t2[bytes[at + 5]!]! ^ t1[bytes[at + 6]!]! ^ t0[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
};
