import t from 'tap';
import { Dictionary } from '../../schemas/codec/dictionary.ts';
import { Task } from '../../stream/task.ts';
import { type Standing, StandingPositions } from './standing-positions.ts';

const standing = (forgetAtMs = Infinity): Standing => ({ timestampMs: 1, sequence: 0, liabilityMinor: 10, cashedPnlMinor: 0, forgetAtMs });
const store = () => {
  const task = new Task(0, { keys: new Dictionary(), strings: new Dictionary() }, () => 1), positions = new StandingPositions(task), { keys } = task.dictionaries;
  return {
    put: (bet: string, forgetAtMs?: number): void => { positions.put(keys.idOf(bet), standing(forgetAtMs)); },
    forgetUntil: (timeMs: number): string[] => Array.from(positions.forgetUntil(timeMs), (key) => keys.text(key)),
    saved: (): string[] => {
      const writer = positions.entries.writer();
      writer.schemaId = 1;
      positions.save(writer);
      return Array.from({ length: writer.size }, (_, i) => `${Buffer.from(writer.key(i)).toString()}${writer.start(i) === writer.end(i) ? ' is over' : ''}`).sort();
    },
  };
};

t.test('those whose time has come, by name, each once', (t) => {
  const { put, forgetUntil } = store();
  for (const [bet, at] of [['c', 5], ['a', 7], ['b', 5], ['open', Infinity], ['later', 8], ['again', 5]] as const) put(bet, at);
  put('again'); //  taken back
  put('c', 6); //  settled otherwise
  t.strictSame(forgetUntil(4), []);
  t.strictSame(forgetUntil(7), ['a', 'b', 'c']);
  t.strictSame(forgetUntil(7), []);
  put('again', 5);
  t.strictSame(forgetUntil(8), ['again', 'later']);
  t.end();
});

t.test('only what changed is written down, and an entry ends with its bet', (t) => {
  const { put, forgetUntil, saved } = store();
  put('a', 5);
  put('b');
  t.strictSame(saved(), ['a', 'b']);
  t.strictSame(saved(), []);
  put('b', 9);
  put('never', 4);
  forgetUntil(5);
  t.strictSame(saved(), ['a is over', 'b'], 'one that was never written down needs no end');
  forgetUntil(9);
  put('b');
  t.strictSame(saved(), ['b'], 'gone and there again');
  t.end();
});
