import t from 'tap';
import { crc32c } from './crc32c.ts';

const ofText = (text: string): number => { const bytes = new TextEncoder().encode(text); return crc32c(bytes, 0, bytes.length); };

/** Bit by bit, as the definition has it. */
const slow = (bytes: Uint8Array, start: number, end: number): number => {
  let crc = 0xffffffff;
  for (let i = start; i < end; i++) {
    crc ^= bytes[i]!;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78;
  }
  return ~crc >>> 0;
};

t.test('the check values of RFC 3720 and of the catalogue', async (t) => {
  t.equal(ofText('123456789'), 0xe3069283);
  t.equal(ofText(''), 0);
  t.equal(crc32c(new Uint8Array(32), 0, 32), 0x8a9136aa);
  t.equal(crc32c(new Uint8Array(32).fill(255), 0, 32), 0x62a8ab43);
  t.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i), 0, 32), 0x46dd794e);
});

t.test('every start and length equals the definition', async (t) => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => (i * 167 + 13) & 255);
  for (let start = 0; start < 9; start++) for (let end = start; end <= 64; end++) if (crc32c(bytes, start, end) !== slow(bytes, start, end)) t.fail(`${start} to ${end}`);
  t.pass('all of them');
});
