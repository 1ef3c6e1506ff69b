import t from 'tap';
import { hexDump, textOrHex, valueLines } from './record-text.ts';

t.test('bytes are shown as hex and as what can be read of them', (t) => {
  t.equal(hexDump(Buffer.from('\0\0\0\0\x02this is no Avro'), '  '),
    '  000000  00 00 00 00 02 74 68 69 73 20 69 73 20 6e 6f 20  .....this is no \n  000010  41 76 72 6f                                      Avro\n');
  t.match(hexDump(Buffer.alloc(1_000)), /\n0001f0 .*\n\(1000 bytes in all\)\n$/);
  t.equal(hexDump(Buffer.alloc(0)), '(no bytes)\n');
  t.equal(textOrHex(Buffer.from('football:é1:1x2')), 'football:é1:1x2');
  t.equal(textOrHex(Buffer.from([0x66, 0xff])), '0x66ff');
  t.equal(textOrHex(Buffer.from('a\nb')), '0x610a62');
  t.end();
});

t.test('a value has a field a line, and a row a line', (t) => {
  t.equal(valueLines({ sport: 'football', odds: { home: 2 }, legs: [{ outcome: 'home', offset: 3 }, { outcome: 'away', offset: 4 }], empty: [] }, '  '),
    '  sport: "football"\n  odds: {"home":2}\n  legs:\n    {"outcome":"home","offset":3}\n    {"outcome":"away","offset":4}\n  empty: []\n');
  t.equal(valueLines(null, ''), 'null\n');
  t.end();
});
