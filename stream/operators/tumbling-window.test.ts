import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Subject } from 'rxjs';
import t from 'tap';
import { Control, type Columns } from '../../schemas/codec/columns.ts';
import { Dictionary } from '../../schemas/codec/dictionary.ts';
import type { OddsUpdateRow } from '../../schemas/generated/odds-update.ts';
import { WindowStateSchema } from '../../schemas/generated/window-state.ts';
import { topics } from '../../schemas/topics.ts';
import type { Batch } from '../batch.ts';
import { type Store, Task } from '../task.ts';
import { tumblingWindow } from './tumbling-window.ts';

type Item = { readonly value: number } | { readonly tick: number } | { readonly up: number };
interface Slice { readonly startMs: number; readonly endMs: number; readonly closes: boolean; readonly offsets: readonly number[]; readonly times: readonly number[] }

/** A task with a window operator at work. Values stand for themselves by their offsets. */
const windows = (sizeMs: number, latenessMs: number, onClose: (endMs: number) => void = () => undefined) => {
  const task = new Task(0, { keys: new Dictionary(), strings: new Dictionary() }, () => 1);
  const times: number[] = [];
  task.onTime = (timeMs) => times.push(timeMs);
  const input = new Subject<Batch<OddsUpdateRow>>(), slices: Slice[] = [], ahead: number[] = [];
  input.pipe(tumblingWindow<OddsUpdateRow, string>({ sizeMs, latenessMs })).subscribe(({ rows, open, closes, isAhead }) => {
    if (isAhead) { assert.equal(rows.size, 0); ahead.push(open.endMs); return; }
    const all = Array.from({ length: rows.size }, (_, i) => { const { offset, timestamp } = rows.row(i); return { offset, timestamp }; });
    if (closes) onClose(open.endMs);
    slices.push({ ...open, closes, offsets: all.map(({ offset }) => offset), times: all.map(({ timestamp }) => timestamp) });
  });
  const columns = topics.oddsUpdates.schema.columns(task.dictionaries) as Columns<OddsUpdateRow>;
  let offset = 0;
  const feed = (items: readonly Item[]): readonly Slice[] => {
    const before = slices.length;
    for (const item of items) {
      task.fates.delivered++;
      if ('value' in item) columns.appendTombstone(task.dictionaries.keys.idOf('a:b:c'), offset++, item.value);
      else columns.appendControl('tick' in item ? Control.tick : Control.up, offset++, 'tick' in item ? item.tick : item.up, 'tick' in item ? -1 : task.dictionaries.strings.idOf('acme'));
    }
    input.next({ rows: columns, task });
    columns.clear();
    return slices.slice(before);
  };
  return { task, times, slices, ahead, feed };
};
const closed = (slices: readonly Slice[]) => slices.filter(({ closes }) => closes).map(({ endMs }) => endMs);

t.test('those behind it may work ahead once half of the lateness is over and again when nine tenths are, and only where nothing more lies ready', (t) => {
  const { feed, task, ahead } = windows(1_000, 500);
  feed([{ value: 100 }, { tick: 1_300 }]);
  t.strictSame(ahead, [], 'there was no time');
  task.isCaughtUp = true;
  feed([{ value: 200 }]);
  t.strictSame(ahead, [1_000], 'and now there is');
  for (const item of [{ value: 900 }, { tick: 1_449 }]) feed([item]);
  t.strictSame(ahead, [1_000]);
  for (const item of [{ tick: 1_450 }, { tick: 1_460 }, { tick: 1_500 }, { tick: 2_249 }]) feed([item]);
  t.strictSame(ahead, [1_000, 1_000]);
  feed([{ value: 2_250 }]);
  t.strictSame(ahead, [1_000, 1_000, 2_000]);
  for (const tick of [5_600, 6_480, 6_490]) feed([{ tick }]);
  t.strictSame(ahead, [1_000, 1_000, 2_000, 6_000], 'only the one that is open then; once where it was late for the first');
  t.end();
});

t.test('while what a window has said is waited for, the rows that it lets through are put off, and what comes behind them', (t) => {
  const { feed, task } = windows(1_000, 500);
  const rows = (slices: readonly Slice[]) => slices.flatMap(({ endMs, closes, offsets }) => (offsets.length > 0 ? [[endMs, closes, ...offsets]] : []));
  feed([{ value: 100 }, { value: 1_100 }]);
  task.isCaughtUp = true;
  t.strictSame(rows(feed([{ value: 200 }, { value: 1_500 }, { value: 1_200 }])), [[1_000, true, 2]], 'what it needs comes; nothing else');
  t.equal(task.fates.waiting, 3);
  task.isAwaited = true;
  t.strictSame(rows(feed([{ value: 1_300 }])), []);
  t.strictSame(rows(feed([{ value: 2_500 }, { value: 1_400 }])), [[2_000, true, 1, 3, 4, 5]], 'but for its own end');
  task.isAwaited = false;
  t.strictSame(rows(feed([{ value: 2_100 }])), [[3_000, false, 6, 7], [3_000, false, 8]]);
  t.equal(task.fates.waiting, 0);
  feed([{ value: 3_500 }]);
  task.isAwaited = true;
  task.isCaughtUp = false;
  t.strictSame(rows(feed([])), [[4_000, false, 9]], 'nor where there is no time anyway');
  t.end();
});

t.test('an empty batch moves nothing, and is answered', (t) => {
  const { feed, times } = windows(1_000, 0);
  t.match(feed([]), [{ closes: false, offsets: [] }], 'also as the very first');
  feed([{ value: 500 }]);
  t.match(feed([]), [{ startMs: 0, endMs: 1_000, closes: false, offsets: [] }]);
  t.match(feed([]), { length: 1 });
  t.strictSame(times, []);
  t.end();
});

t.test('all that follows from a batch has come when next returns', (t) => {
  const { feed } = windows(1_000, 500);
  t.strictSame(closed(feed([{ value: 600 }, { value: 900 }])), []);
  t.strictSame(closed(feed([{ tick: 1_499 }])), []);
  t.strictSame(closed(feed([{ tick: 1_500 }])), [1_000]);
  t.end();
});

t.test('a window closes at the record that moves the watermark to its end; what stands before it in the poll belongs to it', (t) => {
  const { feed, slices, times } = windows(1_000, 200);
  feed([{ value: 100 }, { value: 1_150 }, { value: 300 }, { value: 1_200 }, { value: 400 }]);
  //  watermark −100, 950, 950, 1000: the window up to 0 closes at the first, that up to 1000 at the fourth
  const inWindow = (endMs: number) => slices.filter((slice) => slice.endMs === endMs).flatMap(({ offsets }) => offsets);
  t.strictSame(inWindow(0), [], 'opened by the first, whose watermark is below it');
  t.strictSame(inWindow(1_000), [0, 2]);
  t.strictSame(inWindow(2_000), [1, 3, 4], 'those that waited first, then in order of the log; late is not lost');
  t.strictSame(times, [0, 1_000]);
  t.end();
});

t.test('empty windows are jumped over', (t) => {
  const { feed, times } = windows(1_000, 0);
  feed([{ value: 100 }]);
  t.strictSame(closed(feed([{ value: 1_000_000_100 }])), [1_000], 'a million windows without anything are not closed one by one');
  t.match(feed([]), [{ startMs: 1_000_000_000, endMs: 1_000_001_000 }]);
  t.strictSame(times, [1_000_000_000], 'but time is said to have come so far');
  t.end();
});

t.test('a window in which only a timer fires is a window like any other', (t) => {
  const timers = [7_300, 12_000, 12_001];
  const { feed, task } = windows(1_000, 0, (endMs) => { while (timers[0]! <= endMs) timers.shift(); });
  task.addStore('timers', { entries: WindowStateSchema, get earliestTimerMs() { return timers[0] ?? Infinity; }, mark: () => undefined, save: () => undefined, load: () => undefined } satisfies Store);
  feed([{ value: 100 }]);
  t.strictSame(closed(feed([{ tick: 7_999 }])), [1_000]);
  t.strictSame(closed(feed([{ tick: 8_000 }])), [8_000]);
  t.strictSame(closed(feed([{ tick: 20_500 }])), [9_000, 12_000, 13_000], 'the open one; that at whose very end one is due; and the next');
  t.end();
});

t.test('rows wait for their windows, each in its own, and are counted while they do', (t) => {
  const { feed, task } = windows(1_000, 5_000);
  feed([{ value: 100 }, { value: 4_100 }, { up: 4_200 }, { value: 2_100 }, { value: 5_050 }]);
  t.equal(task.fates.waiting, 3, 'a status waits with them, but is no value that has yet to end');
  const slices = feed([{ tick: 10_000 }]).filter(({ offsets }) => offsets.length > 0);
  t.strictSame(slices.map(({ endMs, offsets }) => [endMs, offsets]), [[3_000, [3]], [5_000, [1, 2]], [6_000, [4]]]);
  t.equal(task.fates.waiting, 0);
  t.end();
});

t.test('a tick is time, not a row', (t) => {
  const { feed } = windows(1_000, 0);
  t.strictSame(feed([{ tick: 500 }, { value: 600 }, { up: 700 }]).flatMap(({ offsets }) => offsets), [1, 2]);
  t.end();
});

t.test('settings that are none are refused', (t) => {
  for (const sizeMs of [0, -1, 1.5, NaN, Infinity]) t.throws(() => tumblingWindow({ sizeMs, latenessMs: 0 }), { name: 'RangeError', message: /sizeMs/ });
  for (const latenessMs of [-1, 0.5, NaN, Infinity]) t.throws(() => tumblingWindow({ sizeMs: 1, latenessMs }), { name: 'RangeError', message: /latenessMs/ });
  t.end();
});

const item = fc.oneof({ weight: 6, arbitrary: fc.record({ value: fc.nat(9_000) }) }, { weight: 1, arbitrary: fc.record({ tick: fc.nat(9_000) }) }, { weight: 1, arbitrary: fc.record({ up: fc.nat(9_000) }) });

t.test('each row is in one window: the first that is not closed and reaches beyond it; windows close in order, and neither poll sizes nor what is put off change anything', async () => {
  fc.assert(fc.property(fc.array(item, { maxLength: 60 }), fc.integer({ min: 1, max: 2_000 }), fc.nat(3_000), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }), fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 5 }), (items, sizeMs, latenessMs, sizes, states) => {
    const all: Item[] = [...items, { tick: 100_000 }];
    /** Rows by window, in order, and which windows closed. */
    const run = (sizes: readonly number[], states: readonly (readonly [isCaughtUp: boolean, isAwaited: boolean])[]) => {
      const { feed, slices, times, task } = windows(sizeMs, latenessMs);
      for (let next = 0, batch = 0; next < all.length; batch++) {
        const size = sizes[batch % sizes.length]!;
        [task.isCaughtUp, task.isAwaited] = states[batch % states.length]!;
        feed(all.slice(next, next + size));
        next += size;
      }
      task.isAwaited = false;
      feed([]);
      return { rows: slices.flatMap(({ endMs, offsets }) => offsets.map((offset) => [endMs, offset])), closed: closed(slices), times, waiting: task.fates.waiting };
    };
    const one = run([1], [[false, false]]);
    assert.deepEqual(run(sizes, states), one);
    assert.equal(one.waiting, 0);
    assert.deepEqual(one.closed, [...new Set(one.closed)].sort((a, b) => a - b), 'in order, each once');
    const seen = new Map(one.rows.map(([endMs, offset]) => [offset!, endMs!]));
    let highest = -Infinity;
    all.forEach((item, offset) => {
      const timestamp = Object.values(item)[0] as number;
      highest = Math.max(highest, timestamp);
      if ('tick' in item) { assert.equal(seen.has(offset), false); return; }
      const openEnd = (Math.floor((highest - latenessMs) / sizeMs) + 1) * sizeMs, own = (Math.floor(timestamp / sizeMs) + 1) * sizeMs;
      assert.equal(seen.get(offset), Math.max(openEnd, own), `offset ${offset} of ${timestamp} at watermark ${highest - latenessMs}`);
    });
    assert.equal(one.rows.length, seen.size, 'each once');
  }), { numRuns: 300 });
});
