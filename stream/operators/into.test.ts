import { Subject } from 'rxjs';
import t from 'tap';
import { Control, type Columns } from '../../schemas/codec/columns.ts';
import { Dictionary } from '../../schemas/codec/dictionary.ts';
import type { OddsUpdateRow } from '../../schemas/generated/odds-update.ts';
import { WindowStateSchema } from '../../schemas/generated/window-state.ts';
import { topics } from '../../schemas/topics.ts';
import type { WindowSlice } from '../batch.ts';
import { Fate } from '../fates.ts';
import { Task } from '../task.ts';
import { Changes, into, type KeyedStore, sortByText } from './into.ts';

const taskOf = () => new Task(0, { keys: new Dictionary(), strings: new Dictionary() }, () => 1);
const listed = ({ size, keys }: { size: number; keys: Int32Array }) => [...keys.subarray(0, size)];

t.test('changes: each key once, in the order in which they come, also far ones and many', (t) => {
  const changes = new Changes(taskOf().dictionaries);
  for (const key of [7, 3, 7, 100_000, 3]) changes.add(key);
  t.strictSame(listed(changes), [7, 3, 100_000]);
  changes.clear();
  t.equal(changes.size, 0);
  changes.add(3);
  t.strictSame(listed(changes), [3], 'a new window: it may change again');
  changes.clear();
  for (let key = 5_000; key > 0; key--) { changes.add(key); changes.add(5_000); }
  t.strictSame(listed(changes), Array.from({ length: 5_000 }, (_, i) => 5_000 - i));
  t.end();
});

t.test('changes: what did not change after all is dropped, and may come again in the same window', (t) => {
  const changes = new Changes(taskOf().dictionaries);
  for (const key of [1, 2, 3, 4]) changes.add(key);
  changes.retain({ isChanged: (key) => key % 2 === 0 });
  t.strictSame(listed(changes), [2, 4]);
  for (const key of [1, 2]) changes.add(key);
  t.strictSame(listed(changes), [2, 4, 1]);
  t.end();
});

t.test('keys are sorted by their texts, by code unit, whatever their ids; only those from a place on', (t) => {
  const task = taskOf(), { keys } = task.dictionaries;
  const ids = ['b', 'a', 'ä', 'Z', 'a:b', ''].map((text) => keys.idOf(text));
  const sorted = Int32Array.from(ids);
  sortByText(sorted, task);
  t.strictSame([...sorted].map((id) => keys.text(id)), ['', 'Z', 'a', 'a:b', 'b', 'ä']);
  const changes = new Changes(taskOf().dictionaries);
  for (const text of ['z', 'y', 'x']) changes.add(keys.idOf(text));
  changes.sortFrom(1, task);
  t.strictSame(listed(changes).map((id) => keys.text(id)), ['z', 'x', 'y']);
  t.end();
});

/** A store that answers what a test says, and writes down what it was asked. */
class Scripted implements KeyedStore<OddsUpdateRow, 'sport:event_id:market'> {
  readonly entries = WindowStateSchema;
  save(): void { /* of no account here */ }
  load(): void { /* of no account here */ }
  readonly partitionedBy = 'sport:event_id:market';
  readonly earliestTimerMs = Infinity;
  readonly said: string[] = [];
  answers: Fate[] = [];
  ends: number[] = [];
  put(row: OddsUpdateRow, _open: unknown, changes: Changes): Fate {
    this.said.push(`put ${row.offset}`);
    const fate = this.answers.shift()!;
    if (fate === Fate.applied) changes.add(row.key);
    return fate;
  }
  status(row: OddsUpdateRow, changes: Changes): void {
    this.said.push(`status ${row.offset}`);
    for (const key of [2, 1]) changes.add(key);
  }
  expire(endMs: number, changes: Changes): void {
    this.said.push(`expire ${endMs}`);
    for (const key of this.ends) changes.add(key);
  }
  isChanged(key: number): boolean { return key !== 4; }
  mark(): void { this.said.push('mark'); }
}

const setting = () => {
  const store = new Scripted(), task = taskOf();
  for (const text of ['k0', 'k1', 'k2', 'k3', 'k4', 'k5']) task.dictionaries.keys.idOf(text);
  const rows = topics.oddsUpdates.schema.columns(task.dictionaries) as Columns<OddsUpdateRow>;
  const input = new Subject<WindowSlice<OddsUpdateRow, 'sport:event_id:market'>>(), changed: number[][] = [];
  input.pipe(into(store)).subscribe((out) => changed.push(listed(out)));
  const flush = (closes: boolean): void => {
    input.next({ rows, open: { startMs: 1_000, endMs: 2_000 }, closes, isAhead: false, task });
    rows.clear();
  };
  return { store, task, rows, changed, flush, value: (key: number, timestamp: number) => { rows.appendTombstone(key, rows.size, timestamp); } };
};

t.test('each row is put once and its fate counted; what is late and applied is late-applied', (t) => {
  const { store, task, flush, value } = setting();
  store.answers = [Fate.applied, Fate.applied, Fate.unchanged, Fate.stale];
  for (const timestamp of [1_000, 999, 999, 998]) value(0, timestamp);
  flush(false);
  t.strictSame([...task.fates.counts], [1, 1, 1, 1, 0, 0]);
  t.strictSame(store.said, ['put 0', 'put 1', 'put 2', 'put 3'], 'and the window is still open');
  t.end();
});

t.test('a status goes to the store, and is not counted again', (t) => {
  const { store, task, rows, flush } = setting();
  rows.appendControl(Control.down, 0, 1_500, task.dictionaries.strings.idOf('acme'));
  flush(false);
  t.strictSame(store.said, ['status 0']);
  t.strictSame([...task.fates.counts], [0, 0, 0, 0, 0, 0]);
  t.end();
});

t.test('a dead row is put, for it withdraws, and was counted at the door', (t) => {
  const { store, task, rows, flush, value, changed } = setting();
  store.answers = [Fate.applied];
  value(0, 1_500);
  rows.control[0] = Control.none;
  rows.blankLast(1_500);
  flush(true);
  t.equal(store.said[0], 'put 0');
  t.strictSame([...task.fates.counts], [0, 0, 0, 0, 0, 0]);
  t.strictSame(changed, [[0]]);
  t.end();
});

t.test('at a window\'s end: expiry, then the keys that changed, in the order of the log; those of one moment by text', (t) => {
  const { store, task, rows, flush, value, changed } = setting();
  store.answers = [Fate.applied, Fate.applied];
  store.ends = [3, 0, 1];
  value(5, 1_100);
  rows.appendControl(Control.down, 1, 1_200, task.dictionaries.strings.idOf('acme'));
  value(4, 1_300);
  flush(false);
  t.strictSame(changed, [], 'nothing before the end');
  flush(true);
  t.equal(store.said.at(-1), 'expire 2000');
  t.strictSame(changed, [[5, 1, 2, 0, 3]], '5 by a row, 1 and 2 by the status, 4 did not change after all, 0 and 3 by expiry');
  flush(true);
  t.strictSame(changed[1], [0, 1, 3], 'the next window begins with nothing');
  t.end();
});

t.test('a throw at a row names its offset', (t) => {
  const store = new Scripted(), task = taskOf(), input = new Subject<WindowSlice<OddsUpdateRow, 'sport:event_id:market'>>(), failures: unknown[] = [];
  const rows = topics.oddsUpdates.schema.columns(task.dictionaries) as Columns<OddsUpdateRow>, bug = new TypeError('a bug');
  store.put = ({ offset }) => { if (offset === 71) throw bug; return Fate.unchanged; };
  input.pipe(into(store)).subscribe({ error: (failure) => { failures.push(failure); } });
  for (const offset of [70, 71, 72]) rows.appendTombstone(task.dictionaries.keys.idOf('k0'), offset, 1_500);
  input.next({ rows, open: { startMs: 1_000, endMs: 2_000 }, closes: false, isAhead: false, task });
  t.match(failures, [{ name: 'RowFailure', offset: 71, cause: bug, message: 'failed at the row of offset 71: a bug' }]);
  t.end();
});
