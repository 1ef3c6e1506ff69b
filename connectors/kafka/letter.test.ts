import t from 'tap';
import { deadEntryOf, letterHeaders, markerHeaders, placeOfText, textOfPlace } from './letter.ts';

t.test('a letter and its marker are read as they were written', (t) => {
  const letter = { deadTopic: 'odds-updates.dead', topic: 'odds-updates', partition: 2, offset: 77, pipeline: 'best-odds', code: 'truncated', message: 'it ends', key: null, value: null };
  const at = { topic: 'odds-updates', partition: 2, offset: 77 };
  t.same(deadEntryOf(letterHeaders(letter)), { kind: 'letter', pipeline: 'best-odds', origin: at, at, code: 'truncated', message: 'it ends' });
  t.same(deadEntryOf(letterHeaders({ ...letter, origin: 'odds-updates/2/5' })), { kind: 'letter', pipeline: 'best-odds', origin: { ...at, offset: 5 }, at, code: 'truncated', message: 'it ends' });
  t.same(deadEntryOf(markerHeaders('best-odds', textOfPlace(at), 90).map((header) => Object.fromEntries(Object.entries(header).map(([name, value]) => [name, Buffer.from(value)])))),
    { kind: 'replayed', pipeline: 'best-odds', origin: at, replayedAs: 90 });
  t.end();
});

t.test('what others wrote into the topic is passed over', (t) => {
  for (const headers of [[], [{ other: 'header' }], [{ 'oddstream-dead-pipeline': 'best-odds' }], markerHeaders('best-odds', 'nowhere', 1), [...letterHeaders({ deadTopic: 'd', topic: 'a/b', partition: 0, offset: 1, pipeline: 'p', code: '', message: '', key: null, value: null })]])
    t.equal(deadEntryOf(headers), undefined, JSON.stringify(headers));
  for (const text of ['', 'odds-updates', 'odds-updates/1', 'odds-updates/1/-2', '/1/2', 'odds-updates/1/2/3']) t.equal(placeOfText(text), undefined, text);
  t.end();
});
