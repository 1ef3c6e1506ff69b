import { Subject } from 'rxjs';
import t from 'tap';
import type { Columns } from '../../schemas/codec/columns.ts';
import { Dictionary } from '../../schemas/codec/dictionary.ts';
import type { OddsUpdateRow } from '../../schemas/generated/odds-update.ts';
import { topics } from '../../schemas/topics.ts';
import type { Batch } from '../batch.ts';
import { Fate } from '../fates.ts';
import { Task } from '../task.ts';
import { writeRows } from './write.ts';

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
