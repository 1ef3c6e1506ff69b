import t from 'tap';
import type { Sink } from '../../runtime/ports.ts';
import { Chore, SinkWithChore } from './chore.ts';

const settled = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
const options = { postgresUrl: 'postgresql://nobody@127.0.0.1:1/nothing', namespace: '', name: 'test', everyMs: 5 };

t.test('one turn at a time; what passes is told and tried again', async (t) => {
  let turns = 0, underWay = 0, most = 0;
  const told: string[] = [];
  const chore = new Chore({ ...options, onPassing: ({ message }) => { told.push(message); }, work: async () => {
    most = Math.max(most, ++underWay);
    await settled(15);
    underWay--;
    if (++turns === 1) throw Object.assign(new Error('gone for a moment'), { code: 'ECONNRESET' });
  } });
  while (turns < 3) await settled(5);
  chore.check();
  await chore.close();
  t.equal(underWay, 0, 'closing waits for the turn that is under way');
  t.equal(most, 1);
  t.strictSame(told, ['gone for a moment']);
});

t.test('what does not pass stops the sink at its next record, and at its next commit', async (t) => {
  const calls: string[] = [];
  const inner: Sink = {
    mayRefuse: true, buffered: 7, positions: () => Promise.resolve(new Map([[1, 2]])), discard: () => { calls.push('discard'); },
    write: () => { calls.push('write'); }, commit: () => { calls.push('commit'); return Promise.resolve(); }, close: () => { calls.push('close'); return Promise.resolve(); },
  };
  let isWell = true;
  const chore = new Chore({ ...options, work: () => (isWell ? Promise.resolve() : Promise.reject(new Error('a bug'))) });
  const sink = new SinkWithChore(inner, chore), rows = { size: 0 } as never;
  t.strictSame([sink.mayRefuse, sink.buffered, await sink.positions([])], [true, 7, new Map([[1, 2]])]);
  sink.write(0, rows, () => undefined);
  await sink.commit([]);
  isWell = false;
  await settled(40);
  t.throws(() => { sink.write(0, rows, () => undefined); }, { message: 'a bug' });
  await t.rejects(sink.commit([]), { message: 'a bug' });
  sink.discard();
  await sink.close();
  t.strictSame(calls, ['write', 'commit', 'discard', 'close']);
});
