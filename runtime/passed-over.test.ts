import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { PartitionFailure } from './context.ts';
import { PipelineMetrics } from './metrics.ts';
import { passedOverEntry } from './passed-over.ts';
import { type LogRecord, START_MS, status } from './testing/records.ts';
import { every, live, logsOf, patient, someLives, someSizes, stage, tickAt, valueAt } from './testing/stage.ts';

/** Tells it to pass over a record of the only partition, whose event time is the one at which it was appended. */
const tell = ({ changelog }: ReturnType<typeof stage>, offset: number, { appendTimeMs }: LogRecord): void => {
  const { key, value } = passedOverEntry(offset, { reason: 'a bug', by: 'me', atMs: 0, timeMs: appendTimeMs });
  changelog.records.push({ partition: 0, key: Buffer.from(key), value });
};

for (const [name, bad] of [['a value', valueAt(900, 'e1', 'bug')], ['a status', status('down', 'bug', START_MS + 900)]] as const) {
  t.test(`${name} that waited when it was read, and threw when its window came, is named itself; passed over, its letter is out once, and it is accounted for`, async (t) => {
    const log = [valueAt(0), bad, valueAt(1_000), tickAt(2_000), valueAt(2_100), tickAt(9_000)], staged = stage(log), { source, run, publisher, journal, said } = staged;
    source.steps = [source.assigned(0), source.poll(0, 0, 3), source.idle, source.poll(0, 3, 4)];
    await t.rejects(run({ horizonMs: 1e12, latenessMs: 1_100 }), { message: 'failed at odds-updates, partition 0, offset 1: a bug' }, 'it came to be put at the tick');
    publisher.giveUp();
    t.equal(journal.findLast((line) => line.startsWith('commit')), 'commit 0 at 3', 'it is behind the position');
    tell(staged, 1, bad);
    for (const [from, to] of [[3, 4], [4, 5], [5, 6]] as const) {
      const metrics = new PipelineMetrics('tally');
      source.steps = [source.assigned(0), () => source.poll(0, source.started.get(0)!, from), source.poll(0, from, to), source.idle];
      await run({ horizonMs: 1e12, latenessMs: 1_100 }, { metrics });
      t.match(publisher.letters.map(({ offset, code }) => [offset, code]), [[1, 'passed_over']]);
      t.match(await metrics.registry.metrics(), /oddstream_unaccounted_records\{pipeline="tally"\} 0\n/);
    }
    t.strictSame([publisher.letters.length, said()], [1, ['e1 1000: 1', 'e1 2000: 2', 'e1 3000: 3']]);
  });
}

t.test('told to pass over records when it has failed at them, one after another, it says what it would have said had it been told before', async () => {
  await fc.assert(fc.asyncProperty(logsOf('tick', 'down', 'bug', 'nothing'), someLives, someSizes, every, async (records, lives, sizes, snapshotEvery) => {
    const log = [...records, tickAt(60_000)], bugs = [...log.keys()].filter((offset) => log[offset]?.key != null && Buffer.from(log[offset].value!).includes('bug'));
    const before = stage(log), after = stage(log), metrics = new PipelineMetrics('tally'), failed: number[] = [];
    for (const offset of bugs) tell(before, offset, log[offset]!);
    await live(log, [], [log.length], {}, patient, before);
    for (let isThrough = false; !isThrough;) {
      try {
        await live(log, lives, sizes, { snapshotEvery, metrics }, patient, after);
        isThrough = true;
      } catch (error) {
        if (!(error instanceof PartitionFailure)) throw error;
        after.publisher.giveUp();
        failed.push(error.among.from);
        assert.ok(bugs.includes(error.among.from), `it names ${error.among.from}`);
        tell(after, error.among.from, log[error.among.from]!);
      }
    }
    assert.deepEqual([...failed].sort((a, b) => a - b), bugs, 'it names each, once');
    assert.deepEqual(after.publisher.values, before.publisher.values);
    assert.deepEqual(after.publisher.ticks, before.publisher.ticks);
    assert.deepEqual([...after.publisher.letters].sort((a, b) => a.offset - b.offset), before.publisher.letters);
    const lastSnapshot = ({ changelog }: typeof after) => changelog.records.findLast(({ key }) => Buffer.from(key).toString() === '@task');
    assert.deepEqual(lastSnapshot(after), lastSnapshot(before), 'and its accounts are the same');
    assert.match(await metrics.registry.metrics(), /oddstream_unaccounted_records\{pipeline="tally"\} 0\n/);
  }), { numRuns: 200 });
});
