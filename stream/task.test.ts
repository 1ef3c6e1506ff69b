import t from 'tap';
import { Dictionary } from '../schemas/codec/dictionary.ts';
import { WindowStateSchema } from '../schemas/generated/window-state.ts';
import { type Store, Task } from './task.ts';

/** A store that holds the ids that it is told to. */
class Held implements Store {
  readonly entries = WindowStateSchema;
  save(): void { /* of no account here */ }
  load(): void { /* of no account here */ }
  earliestTimerMs = Infinity;
  marks = 0;
  readonly keys = new Set<number>();
  readonly strings = new Set<number>();
  mark(keys: Uint8Array, strings: Uint8Array): void {
    this.marks++;
    for (const id of this.keys) keys[id] = 1;
    for (const id of this.strings) strings[id] = 1;
  }
}
const taskWith = (...stores: Held[]) => {
  const task = new Task(3, { keys: new Dictionary(), strings: new Dictionary() }, () => 1);
  stores.forEach((store, i) => { task.addStore(`store-${i}`, store); });
  return task;
};
const fill = (dictionary: Dictionary, what: string, count: number) => Array.from({ length: count }, (_, i) => dictionary.idOf(`${what} ${i}`));

t.test('the earliest timer of all stores', (t) => {
  const one = new Held(), other = new Held();
  const task = taskWith(one, other);
  t.equal(task.earliestTimerMs, Infinity);
  one.earliestTimerMs = 20;
  other.earliestTimerMs = 10;
  t.equal(task.earliestTimerMs, 10);
  t.end();
});

t.test('a few strings are not worth a sweep', (t) => {
  const store = new Held(), task = taskWith(store);
  fill(task.dictionaries.keys, 'key', 4_095);
  fill(task.dictionaries.strings, 'string', 4_095);
  task.sweep();
  t.equal(store.marks, 0);
  t.equal(task.dictionaries.keys.size, 4_095);
  t.end();
});

t.test('a sweep forgets what no store holds, and keeps what any of them does; ids are given again', (t) => {
  const one = new Held(), other = new Held(), task = taskWith(one, other);
  const { keys, strings } = task.dictionaries;
  const ids = fill(keys, 'key', 5_000);
  fill(strings, 'string', 100);
  one.keys.add(ids[1]!).add(ids[2]!);
  other.keys.add(ids[2]!).add(ids[40]!);
  other.strings.add(5);
  task.sweep();
  t.equal(keys.size, 3);
  t.strictSame([ids[1]!, ids[2]!, ids[40]!].map((id) => keys.text(id)), ['key 1', 'key 2', 'key 40']);
  t.equal(keys.capacity, 41);
  t.equal(strings.size, 1, 'both, as both are marked in one go');
  t.equal(strings.text(5), 'string 5');
  t.equal(keys.idOf('another'), 0, 'the lowest that is free');
  t.throws(() => keys.text(3), RangeError);
  t.end();
});

t.test('long strings are swept though they are few', (t) => {
  const store = new Held(), task = taskWith(store), { strings } = task.dictionaries, long = 'x'.repeat(2 ** 20);
  for (let i = 0; i < 3; i++) strings.idOf(`${long}${i}`);
  task.sweep();
  t.strictSame([store.marks, strings.size], [0, 3]);
  store.strings.add(strings.idOf(`${long}held`));
  task.sweep();
  t.strictSame([store.marks, strings.size, strings.usedBytes], [1, 1, long.length + 4]);
  t.end();
});

t.test('where no store holds any, strings that hardly come again are swept early; those that do are kept', (t) => {
  const task = taskWith(), { strings } = task.dictionaries;
  const read = (records: number, name: string): number => {
    task.fates.delivered += records;
    fill(strings, name, 300);
    task.sweep();
    return strings.size;
  };
  t.equal(read(200, 'one'), 0);
  t.equal(read(300, 'two'), 300, 'one a record');
  t.equal(read(200, 'two'), 300, 'the same again, by 500 records since the last sweep');
  t.equal(read(99, 'three'), 0, '600 strings of 599 records');
  t.equal(read(299, 'four'), 0, 'and since then 300 of 299');
  t.end();
});

t.test('the next sweep comes when a dictionary has doubled', (t) => {
  const store = new Held(), task = taskWith(store);
  const { keys } = task.dictionaries;
  for (const id of fill(keys, 'held', 6_000)) store.keys.add(id);
  task.sweep();
  t.equal(store.marks, 1);
  fill(keys, 'passing', 5_999);
  task.sweep();
  t.equal(store.marks, 1);
  keys.idOf('the one that is too many');
  task.sweep();
  t.equal(store.marks, 2);
  t.equal(keys.size, 6_000);
  t.end();
});
