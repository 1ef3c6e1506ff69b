import fc from 'fast-check';
import t from 'tap';
import { Dictionary } from './dictionary.ts';

t.test('a string has one id, whatever buffer it lies in', (t) => {
  const dictionary = new Dictionary();
  const buffer = Buffer.from('xxhomeyyhome');
  t.equal(dictionary.id(buffer, 2, 6), dictionary.id(buffer, 8, 12));
  t.equal(dictionary.idOf('home'), 0);
  t.equal(dictionary.idOf(''), 1);
  t.equal(dictionary.size, 2);
  t.end();
});

t.test('it keeps copies: the buffer may be used again', (t) => {
  const dictionary = new Dictionary();
  const buffer = Buffer.from('home');
  const id = dictionary.id(buffer, 0, 4);
  buffer.fill('x');
  t.equal(dictionary.text(id), 'home');
  t.equal(Buffer.from(dictionary.bytes(id)).toString(), 'home');
  t.equal(dictionary.idOf('home'), id);
  t.end();
});

t.test('a byte order mark is a character like any other', (t) => {
  const dictionary = new Dictionary();
  t.not(dictionary.idOf('\ufeffhome'), dictionary.idOf('home'));
  t.equal(dictionary.text(0), '\ufeffhome');
  t.end();
});

t.test('bytes that are no UTF-8 leave it as it was', (t) => {
  const dictionary = new Dictionary();
  t.throws(() => dictionary.id(Uint8Array.of(0xff), 0, 1), { code: 'utf8' });
  t.equal(dictionary.size, 0);
  t.equal(dictionary.idOf('home'), 0);
  t.end();
});

t.test('an id that stands for nothing is a bug', (t) => {
  t.throws(() => new Dictionary().text(0), RangeError);
  t.throws(() => new Dictionary().bytes(0), RangeError);
  t.end();
});

t.test('collecting: what is marked keeps its id, the others are forgotten and their ids given again, lowest first', (t) => {
  const text = fc.integer({ min: 0, max: 3000 }).map((n) => `evt_${n}`);
  const round = fc.record({ add: fc.array(text, { maxLength: 2000 }), keep: fc.array(text, { maxLength: 300 }), isShort: fc.boolean() });
  fc.assert(fc.property(fc.array(round, { maxLength: 6 }), (rounds) => {
    const dictionary = new Dictionary();
    const model = new Map<string, number>();
    for (const { add, keep, isShort } of rounds) {
      for (const each of add) {
        const id = dictionary.idOf(each);
        if (!model.has(each)) {
          const taken = new Set(model.values());
          for (let lower = 0; lower < id; lower++) if (!taken.has(lower)) return false;
          if (taken.has(id)) return false;
          model.set(each, id);
        }
        if (model.get(each) !== id) return false;
      }
      const kept = new Set(keep);
      const marked = new Uint8Array(isShort ? Math.floor(dictionary.capacity / 2) : dictionary.capacity);
      for (const [each, id] of model) if (kept.has(each) && id < marked.length) marked[id] = 1;
      let expected = 0;
      for (const [each, id] of model) if (marked[id] !== 1) { model.delete(each); expected++; }
      if (dictionary.collect(marked) !== expected) return false;
      if (dictionary.size !== model.size || dictionary.capacity !== Math.max(-1, ...model.values()) + 1) return false;
      for (const [each, id] of model) if (dictionary.idOf(each) !== id || dictionary.text(id) !== each || Buffer.from(dictionary.bytes(id)).toString() !== each) return false;
    }
    return true;
  }), { numRuns: 60 });
  t.pass('holds');
  t.end();
});

t.test('memory follows what is live, not what has ever been', (t) => {
  const dictionary = new Dictionary();
  const stays = dictionary.idOf('stays');
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 400; i++) dictionary.idOf(`round ${round} string ${i}`);
    const marked = new Uint8Array(dictionary.capacity);
    marked[stays] = 1;
    marked[dictionary.idOf(`round ${round} string 399`)] = 1;
    t.equal(dictionary.collect(marked), round === 0 ? 399 : 400);
  }
  t.equal(dictionary.size, 2);
  t.ok(dictionary.capacity <= 402, `ids up to ${dictionary.capacity}`);
  t.ok(dictionary.bytes(stays).buffer.byteLength < 50_000, `${dictionary.bytes(stays).buffer.byteLength} bytes`);
  t.equal(dictionary.idOf('stays'), stays);
  t.end();
});
