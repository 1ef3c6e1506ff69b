import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Subject } from 'rxjs';
import t from 'tap';
import type { Columns } from '../../schemas/codec/columns.ts';
import { Dictionary } from '../../schemas/codec/dictionary.ts';
import type { OddsUpdateRow } from '../../schemas/generated/odds-update.ts';
import { topics } from '../../schemas/topics.ts';
import type { Batch, Changed } from '../batch.ts';
import { Fate } from '../fates.ts';
import { Task } from '../task.ts';
import { write, writeRows } from './write.ts';

t.test('a throw at a row names its offset, and what rows before it said is not said', (t) => {
  const task = new Task(0, { keys: new Dictionary(), strings: new Dictionary() }, () => 1), input = new Subject<Batch<OddsUpdateRow, 'sport:event_id:market'>>(), bug = new TypeError('a bug');
  const rows = topics.oddsUpdates.schema.columns(task.dictionaries) as Columns<OddsUpdateRow>, said: unknown[] = [], failures: unknown[] = [];
  const visit = ({ offset }: OddsUpdateRow): Fate => { if (offset === 71) throw bug; return Fate.applied; };
  input.pipe(writeRows(topics.bestOdds, visit)).subscribe({ next: (values) => { said.push(values); }, error: (failure) => { failures.push(failure); } });
  for (const offset of [70, 71, 72]) rows.appendTombstone(task.dictionaries.keys.idOf('k0'), offset, 1_500);
  input.next({ rows, task });
  t.match(failures, [{ name: 'RowFailure', offset: 71, cause: bug }]);
  t.equal(said.length, 0);
  t.end();
});

type Said = { readonly ahead: readonly number[] } | { readonly change: number } | { readonly close: readonly number[] };
const keys = fc.uniqueArray(fc.nat(5), { maxLength: 6 });
const steps: fc.Arbitrary<readonly Said[]> = fc.array(fc.oneof(fc.record({ ahead: keys }), fc.record({ change: fc.nat(5) }), fc.record({ close: keys })), { maxLength: 30 });

t.test('what was written ahead is used where nothing has changed since, in that window alone; it is what would be written then, and takes effect then', (t) => {
  const task = new Task(0, { keys: new Dictionary(), strings: new Dictionary() }, () => 1);
  const ids = Array.from({ length: 6 }, (_, i) => task.dictionaries.keys.idOf(`key ${i}`));
  let used = 0;
  fc.assert(fc.property(steps, (said) => {
    const changes = new Map(ids.map((id) => [id, 0])), input = new Subject<Changed<'sport:event_id:market'>>(), out: string[] = [], wanted: string[] = [];
    let visits = 0, endMs = 1_000;
    const noted = new Map<number, string>(), tookEffect: string[] = [], dueEffects: string[] = [];
    // A key says as many values as it has changed, up to two, or a tombstone.
    const textsOf = (id: number): string[] => Array.from({ length: changes.get(id)! % 3 }, (_, i) => `${id} ${changes.get(id)} ${i} ${endMs}`);
    input.pipe(write(topics.bestOdds, {
      asOf: (id) => changes.get(id)!,
      // The first key's time has come at every window's end.
      due: ({ keys, size }) => (keys.subarray(0, size).includes(ids[0]!) ? [] : [ids[0]!]),
      takeEffect(id) { tookEffect.push(noted.get(id)!); },
      visit(id, _, writer) {
        visits++;
        noted.set(id, `${id} ${changes.get(id)} ${endMs}`);
        const key = task.dictionaries.keys.bytes(id);
        for (const text of textsOf(id)) {
          writer.begin(key); writer.timestamp(0); writer.sport(text); writer.eventId(''); writer.market(''); writer.inPlay(false); writer.providers(0); writer.inverseSum(NaN);
          writer.outcomesStart(0); writer.outcomesEnd(); writer.sourcePartition(0); writer.sourceOffset(0); writer.end();
        }
        if (changes.get(id)! % 3 === 2) writer.tombstone(key);
      },
    })).subscribe((values) => {
      for (let i = 0; i < values.size; i++) {
        const bytes = Buffer.from(values.bytes.slice(values.start(i), values.end(i)));
        out.push(`${Buffer.from(values.key(i)).toString()}: ${bytes.length === 0 ? null : bytes.toString('latin1', 7, 7 + (bytes[6]! >> 1))}`);
      }
    });
    const tell = (of: readonly number[], isAhead: boolean): void => { input.next({ isAhead, window: { startMs: endMs - 1_000, endMs }, size: of.length, keys: Int32Array.from(of, (i) => ids[i]!), task }); };
    for (const one of said) {
      if ('change' in one) changes.set(ids[one.change]!, changes.get(ids[one.change]!)! + 1);
      if ('ahead' in one) tell(one.ahead, true);
      if (!('close' in one)) continue;
      const before = visits;
      tell(one.close, false);
      used += one.close.length - (visits - before) + (one.close.includes(0) ? 0 : 1);
      for (const i of one.close.includes(0) ? one.close : [...one.close, 0]) {
        dueEffects.push(`${ids[i]!} ${changes.get(ids[i]!)} ${endMs}`);
        wanted.push(...textsOf(ids[i]!).map((text) => `key ${i}: ${text}`));
        if (changes.get(ids[i]!)! % 3 === 2) wanted.push(`key ${i}: null`);
      }
      endMs += 1_000;
    }
    assert.deepEqual(out, wanted);
    assert.deepEqual(tookEffect, dueEffects, 'each takes effect once as it goes out, by its newest visit');
  }), { numRuns: 500 });
  t.ok(used > 100, `${used} were used`);
  t.end();
});
