import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { type Observable, tap } from 'rxjs';
import t from 'tap';
import type { OddsUpdateRow } from '../schemas/generated/odds-update.ts';
import type { Batch } from '../stream/batch.ts';
import { PartitionFailure } from './context.ts';
import { PipelineMetrics } from './metrics.ts';
import { MemoryPartition, tally } from './testing/memory.ts';
import { keyOf, type LogRecord, quote, START_MS, updateOf, V1, wireOf } from './testing/records.ts';
import { every, FOR_EVER, live, logsOf, someLives, someSizes, stage, tickAt, valueAt } from './testing/stage.ts';


t.test('outputs, position and state are committed together, the first time and at the end; a target that lags is ticked', async (t) => {
  const { source, run, journal, said } = stage([valueAt(0), valueAt(100), valueAt(200, 'e2'), tickAt(1_000)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 4), source.idle];
  await run();
  t.strictSame(journal, ['assigned', 'start 0 at 0', 'poll 0', 'publish best-odds/0 × 2', 'tick market-books/0 compacted 1000', 'snapshot 0', 'commit 0 at 4', 'idle', 'snapshot 0', 'commit 0 at 4']);
  t.strictSame(said(), ['e1 1000: 2', 'e2 1000: 1']);
});

t.test('a target is ticked as far as time has come, each to its own, and not when it has been told already', async (t) => {
  const { source, run, journal } = stage([valueAt(0), tickAt(1_000), tickAt(1_400), tickAt(5_000), valueAt(5_100), tickAt(6_000)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 6)];
  await run();
  t.strictSame(journal.filter((line) => /^(publish|tick)/.test(line)), [
    'publish best-odds/0 × 1', 'tick market-books/0 compacted 1000', 'tick best-odds/0 5000', 'tick market-books/0 compacted 5000', 'publish best-odds/0 × 1', 'tick market-books/0 compacted 6000',
  ]);
});

t.test('a checkpoint comes at once when nothing more is there, else after its time; without anything to publish seldom', async (t) => {
  const { source, run, journal, wall } = stage([valueAt(0), tickAt(1_000), valueAt(1_500), tickAt(2_000), valueAt(2_100), valueAt(2_200), valueAt(2_300), tickAt(3_000), valueAt(3_100)]);
  const later = (ms: number, event: () => ReturnType<typeof source.poll>) => () => { wall.nowMs += ms; return event(); };
  source.steps = [
    source.assigned(0), source.poll(0, 0, 2), later(199, () => source.poll(0, 2, 3)), later(1, () => source.poll(0, 3, 4)), //  under load: after 200 ms
    later(4_999, () => source.poll(0, 4, 5)), source.idle, later(1, () => source.poll(0, 5, 6)), source.idle, //  nothing was published: after 5 s
    source.poll(0, 6, 8), later(1, () => source.poll(0, 8, 9)), //  the end is reached: at once
  ];
  await run();
  t.strictSame(journal.slice(2).filter((line) => !/^(publish|tick)/.test(line)), ['poll 0', 'poll 0', 'poll 0', 'snapshot 0', 'commit 0 at 4',
    'poll 0', 'idle', 'poll 0', 'commit 0 at 6', 'idle', 'poll 0', 'poll 0', 'commit 0 at 9', 'snapshot 0', 'commit 0 at 9']);
});

t.test('windows of several partitions that close together are committed together', async (t) => {
  const { source, run, journal } = stage([valueAt(0), tickAt(1_000)], [valueAt(0), tickAt(1_000)]);
  source.steps = [source.assigned(0, 1), source.poll(0, 0, 2, false), source.poll(1, 0, 2), source.idle];
  await run();
  t.strictSame(journal.slice(3).filter((line) => !/^(publish|tick|snapshot)/.test(line)), ['poll 0', 'poll 1', 'commit 0 at 2', 'commit 1 at 2', 'idle', 'commit 0 at 2', 'commit 1 at 2']);
});

t.test('what one partition has to say waits for the others that are about to close the window too; not when nothing comes, and not for long', async (t) => {
  type Step = readonly [ms: number, what: 'idle' | readonly [partition: number, from: number, to: number]];
  const commits = async (second: readonly LogRecord[], ...steps: readonly Step[]): Promise<readonly string[]> => {
    const { source, run, journal, wall } = stage([valueAt(0), tickAt(1_000)], [...second]);
    source.steps = [source.assigned(0, 1), ...steps.map(([ms, what]) => () => { wall.nowMs += ms; return what === 'idle' ? source.idle : source.poll(...what); }), () => { throw new Error('killed'); }];
    await t.rejects(run(), { message: 'killed' });
    return journal.filter((line) => /^commit/.test(line));
  };
  const open = [valueAt(0), valueAt(100)], closed = [...open, tickAt(1_000)], both = ['commit 0 at 2', 'commit 1 at 2'];
  t.strictSame(await commits(open, [0, [0, 0, 2]], [99, [1, 0, 2]]), [], 'the second has yet to close it');
  t.strictSame(await commits(closed, [0, [0, 0, 2]], [99, [1, 0, 3]]), ['commit 0 at 2', 'commit 1 at 3']);
  t.strictSame(await commits(open, [0, [0, 0, 2]], [40, [1, 0, 2]], [50, 'idle']), both);
  t.strictSame(await commits(open, [0, [0, 0, 2]], [60, [1, 0, 1]], [40, [1, 1, 2]]), both);
});

t.test('each partition that closes the window is reason to wait for the next one', async (t) => {
  const closes = [valueAt(0), tickAt(1_000)], { source, run, journal, wall } = stage([...closes], [...closes], [...closes]);
  const later = (ms: number, partition: number) => () => { wall.nowMs += ms; return source.poll(partition, 0, 2); };
  source.steps = [source.assigned(0, 1, 2), later(0, 0), later(99, 1), later(99, 2), () => { throw new Error('killed'); }];
  await t.rejects(run(), { message: 'killed' });
  t.strictSame(journal.filter((line) => /^(poll|commit)/.test(line)), ['poll 0', 'poll 1', 'poll 2', 'commit 0 at 2', 'commit 1 at 2', 'commit 2 at 2']);
});

t.test('a snapshot that is due keeps no output waiting: it has a checkpoint of its own, unless there is always something to say', async (t) => {
  const { source, run, journal, wall } = stage([valueAt(0), tickAt(1_000), valueAt(1_100), tickAt(2_000), valueAt(2_100), valueAt(2_200), tickAt(3_000), valueAt(3_100), tickAt(4_000), valueAt(4_100)]);
  const after = (ms: number, from: number, to: number) => [() => { wall.nowMs += ms; return source.poll(0, from, to); }, source.idle];
  source.steps = [
    source.assigned(0), ...after(0, 0, 2), //  the first one is due at once
    ...after(1_100, 2, 4), ...after(0, 4, 5), ...after(0, 5, 6), //  once the window is out, and once only
    ...after(2_900, 6, 7), ...after(100, 7, 9), //  2 s after it was due it goes with what there is to say
    () => { throw new Error('killed'); },
  ];
  await t.rejects(run(FOR_EVER, { snapshotEvery: { records: 1_000_000, ms: 1_000 } }), { message: 'killed' });
  t.strictSame(journal.filter((line) => /^(snapshot|commit)/.test(line)), ['snapshot 0', 'commit 0 at 2', 'commit 0 at 4', 'snapshot 0', 'commit 0 at 5', 'commit 0 at 7', 'snapshot 0', 'commit 0 at 9']);
});

t.test('a snapshot that becomes due long after outputs were published waits for the next ones, or for its patience', async (t) => {
  const log = [valueAt(0), tickAt(1_000), valueAt(1_100), valueAt(1_200), tickAt(2_000), valueAt(2_100), valueAt(2_200), valueAt(2_300)];
  const { source, run, journal, wall } = stage(log);
  const after = (ms: number, from: number, to: number) => [() => { wall.nowMs += ms; return source.poll(0, from, to); }, source.idle];
  source.steps = [
    source.assigned(0), ...after(0, 0, 2), //  the first one
    ...after(1_100, 2, 3), ...after(200, 3, 4), //  due at 1,000 at the latest: but another window is about to end
    ...after(0, 4, 5), ...after(300, 5, 6), //  which it then has
    ...after(2_800, 6, 7), ...after(200, 7, 8), //  and no window ends
    () => { throw new Error('killed'); },
  ];
  await t.rejects(run(FOR_EVER, { snapshotEvery: { records: 1_000_000, ms: 1_000 } }), { message: 'killed' });
  t.strictSame(journal.filter((line) => /^(snapshot|commit)/.test(line)), ['snapshot 0', 'commit 0 at 2', 'commit 0 at 5', 'snapshot 0', 'commit 0 at 6', 'snapshot 0', 'commit 0 at 8']);
});

t.test('the first checkpoint after a restore waits for no window: what was read again is not to be read again by another life', async (t) => {
  const { source, run, journal, publisher } = stage([valueAt(0), tickAt(1_000), valueAt(1_100), valueAt(1_200)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), () => { throw new Error('killed'); }];
  await t.rejects(run(), { message: 'killed' });
  publisher.giveUp();
  journal.length = 0;
  source.steps = [source.assigned(0), source.poll(0, 2, 3), source.poll(0, 3, 4), () => { throw new Error('killed'); }];
  await t.rejects(run(), { message: 'killed' });
  t.strictSame(journal.filter((line) => /^(poll|publish|commit)/.test(line)), ['poll 0', 'poll 0', 'commit 0 at 4'], 'once it is at the end, and only once');
});

t.test('a partition that has had neither data nor tick for long is named', async (t) => {
  const { source, run, wall } = stage([valueAt(0), tickAt(1_000)]), warned: unknown[] = [];
  source.steps = [source.assigned(0), source.poll(0, 0, 1), source.idle, () => { wall.nowMs += 20_000; return source.idle; }, () => { wall.nowMs += 2_000; return source.idle; }];
  await run(FOR_EVER, { log: { warn: (what: unknown) => { warned.push(what); }, info: () => undefined } as never });
  t.strictSame(warned, [{ topic: 'odds-updates', partition: 0, quietMs: 20_000 }]);
});

t.test('nothing is read while there is no room for outputs', async (t) => {
  const { source, publisher, run, journal } = stage([valueAt(0), tickAt(1_000), valueAt(1_100)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), source.poll(0, 2, 3)];
  let makeRoom = (): void => undefined;
  publisher.full = new Promise((resolve) => { makeRoom = resolve; });
  const running = run();
  for (let i = 0; i < 20; i++) await turn();
  t.equal(journal.filter((line) => line.startsWith('poll')).length, 1);
  publisher.full = undefined;
  makeRoom();
  await running;
  t.equal(journal.filter((line) => line.startsWith('poll')).length, 2);
});

t.test('what was not made durable is not committed', async (t) => {
  const { source, publisher, run, journal } = stage([valueAt(0), tickAt(1_000)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), source.idle];
  publisher.failsToCommit = new Error('the broker is gone');
  await t.rejects(run(), { message: 'the broker is gone' });
  t.notMatch(journal.join(), /commit/);
});

t.test('a poll whose last offsets hold nothing for us moves the position past them', async (t) => {
  const { source, run, journal } = stage([valueAt(0), undefined, tickAt(1_000), undefined, undefined, undefined]);
  source.steps = [source.assigned(0), source.poll(0, 0, 5), source.idle, source.poll(0, 5, 6)];
  const metrics = new PipelineMetrics('tally');
  await run(FOR_EVER, { metrics });
  t.match(journal.filter((line) => line.startsWith('commit')), ['commit 0 at 5', 'commit 0 at 6'], 'also one that holds nothing at all');
  t.match(await metrics.registry.metrics(), /oddstream_offsets_without_record\{pipeline="tally",partition="0"\} 4\n/);
});

t.test('a restart takes the snapshot back, reads silently what came since, and goes on at the committed offset', async (t) => {
  const log = [valueAt(0), tickAt(1_000), quote({ timestamp: START_MS + 1_100, odds: { home: 1 } }), valueAt(1_200), valueAt(1_300, 'e2'), tickAt(2_000), quote({ timestamp: START_MS + 2_100, odds: { home: 1 } }), valueAt(2_500), tickAt(3_000)];
  const { source, run, journal, said, publisher, wall } = stage(log);
  //  a snapshot at 2, a checkpoint without one at 6; what was read of 6 to 7 dies with the process
  source.steps = [source.assigned(0), source.poll(0, 0, 2), source.idle, source.poll(0, 2, 6), () => { wall.nowMs += 300; return source.idle; }, source.poll(0, 6, 7), () => { throw new Error('killed'); }];
  await t.rejects(run(), { message: 'killed' });
  publisher.giveUp();
  t.strictSame(journal.filter((line) => /^(snapshot|commit)/.test(line)), ['snapshot 0', 'commit 0 at 2', 'commit 0 at 6']);
  journal.length = 0;
  source.steps = [source.assigned(0), source.poll(0, 2, 9)]; //  a poll that straddles it
  const metrics = new PipelineMetrics('tally');
  await run(FOR_EVER, { metrics });
  t.equal(journal[1], 'start 0 at 2');
  t.strictSame(said(), ['e1 1000: 1', 'e1 2000: 2', 'e2 2000: 1', 'e1 3000: 3'], 'the counts know the snapshot and what was read silently; nothing is said again');
  t.strictSame(publisher.letters.map(({ offset }) => offset), [2, 6], 'nor a dead letter');
  t.equal(journal.at(-1), 'commit 0 at 9');
  const text = await metrics.registry.metrics();
  t.match(text, /oddstream_records_delivered_total\{pipeline="tally"\} 3\n/, 'only what comes from offset 6 on counts');
  t.match(text, /oddstream_records_total\{pipeline="tally",fate="control"\} 1\n/);
  t.match(text, /oddstream_records_total\{pipeline="tally",fate="dead"\} 1\n/);
  t.match(text, /oddstream_unaccounted_records\{pipeline="tally"\} 0\n/);
});

t.test('rows that wait for their window are read again, and only those', async (t) => {
  const log = [valueAt(0), valueAt(2_500, 'waits'), valueAt(300), tickAt(900), valueAt(400), tickAt(1_700), valueAt(2_600), tickAt(9_000)];
  const { publisher, journal } = await live(log, [5], [5], { snapshotEvery: 'checkpoint' });
  t.ok(journal.includes('start 0 at 1'), 'from the row that waits on');
  t.strictSame(publisher.values, (await live(log, [], [9])).publisher.values);
});

t.test('without a commit it begins with the oldest record that there is', async (t) => {
  const { source, run, journal, said } = stage(new MemoryPartition([valueAt(0), tickAt(1_000)], 70));
  source.steps = [source.assigned(0), source.poll(0, 70, 72)];
  await run();
  t.equal(journal[1], 'start 0 at 70');
  t.strictSame(said(), ['e1 1000: 1']);
});

for (const [what, committed] of [['has been deleted', 69], ['does not exist yet', 73]] as const) {
  t.test(`a committed offset that ${what} is refused`, async (t) => {
    const { source, run, journal } = stage(new MemoryPartition([valueAt(0), tickAt(1_000)], 70));
    source.groupOffsets.set(0, committed);
    source.steps = [source.assigned(0), source.poll(0, 70, 72)];
    await t.rejects(run(), { name: 'StartRefused', code: 'committed_out_of_range', message: new RegExp(`^tally has committed offset ${committed} of odds-updates-0, but the log holds 70 to 72\\. .*--force`) });
    t.notMatch(journal.join(), /start/);
  });
}

t.test('a position without its state, and a state without its position, are refused; both can be overruled', async (t) => {
  const log = [valueAt(0), tickAt(1_000), valueAt(1_100), tickAt(2_000)];
  const alone = stage(log);
  alone.source.groupOffsets.set(0, 2);
  alone.source.steps = [alone.source.assigned(0), () => alone.source.poll(0, alone.source.started.get(0)!, 4)];
  await t.rejects(alone.run(), { code: 'snapshot_missing', message: /--rebuild.*--force/ });
  await alone.run(FOR_EVER, { restore: 'rebuild' });
  t.strictSame(alone.said(), ['e1 2000: 2'], 'made again from the log, silently');
  alone.source.groupOffsets.clear();
  await t.rejects(alone.run(), { code: 'committed_missing' });
  alone.source.groupOffsets.set(0, 3);
  await t.rejects(alone.run(), { code: 'committed_behind_snapshot' });
  await alone.run(FOR_EVER, { restore: 'force' });
  t.equal(alone.source.groupOffsets.get(0), 4, 'never back behind what is out');
});

t.test('a position that another moved on before the state was read is read again, not refused', async (t) => {
  const { source, run, journal, said } = stage([valueAt(0), tickAt(1_000), valueAt(1_100), tickAt(2_000)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), source.idle];
  await run();
  // As a process finds it that stood still between its two questions: nothing is committed yet, and then there is a snapshot.
  const answers = [undefined];
  source.committed = async (partitions) => new Map(partitions.map(({ partition }) => [partition, answers.length > 0 ? answers.pop() : source.groupOffsets.get(partition)]));
  source.steps = [source.assigned(0), source.poll(0, 2, 4)];
  await run();
  t.equal(journal.findLast((line) => line.startsWith('start')), 'start 0 at 2');
  t.strictSame(said(), ['e1 1000: 1', 'e1 2000: 2']);
});

t.test('a snapshot of other settings is refused while there is something to be read as it was then; not after a graceful stop', async (t) => {
  const log = [valueAt(0), tickAt(1_000), valueAt(1_100), tickAt(2_000), tickAt(3_000)];
  const { source, run, publisher, wall } = stage(log);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), source.idle, source.poll(0, 2, 3), () => { wall.nowMs += 6_000; return source.idle; }, () => { throw new Error('killed'); }];
  await t.rejects(run(), { message: 'killed' });
  publisher.giveUp();
  source.steps = [source.assigned(0), () => source.poll(0, source.started.get(0)!, 4)];
  await t.rejects(run({ horizonMs: 1e12, latenessMs: 700 }), { code: 'snapshot_of_another', message: /other settings .*1 offsets would have to be read again.*Stop it gracefully/ });
  await run();
  await t.resolves(run({ horizonMs: 1e12, latenessMs: 700 }));
});

t.test('poison goes to the dead letters as it came, before its offset is committed', async (t) => {
  const bad = { ...valueAt(0), value: Buffer.from('no wire format') };
  const { source, run, journal, publisher } = stage([bad, { ...valueAt(0), key: null }]);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), source.idle];
  await run(FOR_EVER, { namespace: 'here' });
  t.match(publisher.letters, [
    { deadTopic: 'here.odds-updates.dead', topic: 'odds-updates', partition: 0, offset: 0, pipeline: 'tally', code: 'not_wire_format', message: /wire format/ },
    { offset: 1, code: 'null_key', key: null },
  ]);
  t.same([Buffer.from(publisher.letters[0]!.key!), Buffer.from(publisher.letters[0]!.value!), Buffer.from(publisher.letters[1]!.value!)], [keyOf(updateOf()), Buffer.from('no wire format'), wireOf(updateOf())]);
  t.strictSame(journal.slice(3), ['dead 0/0 not_wire_format', 'dead 0/1 null_key', 'snapshot 0', 'commit 0 at 2', 'idle', 'snapshot 0', 'commit 0 at 2']);
});

t.test('on revoke: what is done is committed with the state, then the partition goes, and with it its task', async (t) => {
  const { source, run, journal, said } = stage([valueAt(0), valueAt(100), tickAt(1_000)], [valueAt(0, 'other'), tickAt(1_000)]);
  source.steps = [source.assigned(0, 1), source.poll(0, 0, 2), source.poll(1, 0, 1), source.revoked(0), source.poll(0, 2, 3), source.poll(1, 1, 2), source.assigned(0), source.poll(0, 2, 3)];
  await run();
  t.strictSame(journal.slice(3, 11), ['poll 0', 'poll 1', 'revoked', 'snapshot 0', 'snapshot 1', 'commit 0 at 2', 'commit 1 at 1', 'release 0']);
  t.strictSame(journal.slice(11, 20), ['poll 0', 'poll 1', 'publish best-odds/1 × 1', 'tick market-books/1 compacted 1000', 'commit 1 at 2', 'assigned', 'start 0 at 2', 'poll 0', 'publish best-odds/0 × 1'], 'what still comes of it is not read');
  t.strictSame(said(), ['other 1000: 1', 'e1 1000: 2'], 'assigned again, it is what it was');
});

t.test('a partition that comes back and was moved by nobody goes on with the task that it had; else its state is read', async (t) => {
  const cameBack = async (meanwhile: (staged: ReturnType<typeof stage>) => void): Promise<readonly string[]> => {
    const staged = stage([valueAt(0), tickAt(1_000), valueAt(1_100, 'e1', 'bolt'), tickAt(2_000), tickAt(3_000)]), { source, run, changelog, said } = staged, metrics = new PipelineMetrics('tally');
    source.steps = [source.assigned(0), source.poll(0, 0, 2), source.revoked(0), () => { meanwhile(staged); return source.idle; }, source.assigned(0), source.poll(0, 2, 5)];
    changelog.read = async () => { /* whoever reads it finds nothing */ };
    await run(FOR_EVER, { metrics });
    t.match(await metrics.registry.metrics(), /oddstream_records_delivered_total\{pipeline="tally"\} 5\n/);
    t.match(await metrics.registry.metrics(), /oddstream_unaccounted_records\{pipeline="tally"\} 0\n/);
    return said();
  };
  t.strictSame(await cameBack(() => undefined), ['e1 1000: 1', 'e1 2000: 2']);
  // Somebody else has read the partition on, and left no state: that is not taken for what is known here.
  await t.rejects(cameBack(({ source }) => { source.groupOffsets.set(0, 4); }), { code: 'snapshot_missing' });
  await t.rejects(cameBack(({ wall }) => { wall.nowMs += 30_001; }), { code: 'snapshot_missing' }, 'nor what nobody asked for any more');
});

t.test('on revoke, what cannot be made durable is not released', async (t) => {
  const { source, publisher, run, journal } = stage([valueAt(0), tickAt(1_000)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), source.revoked(0)];
  publisher.failsToCommit = new Error('the broker is gone');
  await t.rejects(run());
  t.notMatch(journal.join(), /commit|release/);
});

t.test('a throw behind the door names where it happened, and commits nothing of it; taken one by one, it names the record', async (t) => {
  // It throws at the entrance, of the whole poll.
  const early = { ...tally, topology: { ...tally.topology, build: (updates: Observable<Batch<OddsUpdateRow, never>>, ...rest: [never, never]) => tally.topology.build(updates.pipe(tap(({ rows }) => {
    for (let i = 0; i < rows.size; i++) if (rows.row(i).text(rows.row(i).provider) === 'bug') throw new TypeError('a bug');
  })), ...rest) } } as unknown as typeof tally;
  const { source, run, journal } = stage([valueAt(0), valueAt(100), valueAt(200), valueAt(300, 'e1', 'bug')]);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), source.poll(0, 2, 4), source.idle];
  const failure = await run(FOR_EVER, {}, early).then(() => undefined, (error: unknown) => error);
  t.ok(failure instanceof PartitionFailure);
  t.match(failure, { partition: { topic: 'odds-updates', partition: 0 }, among: { from: 2, to: 4 }, message: 'failed at odds-updates, partition 0, offsets 2 to 3: a bug', cause: new TypeError('a bug') });
  t.notMatch(journal.join(), /commit/);

  const again = stage([valueAt(0), valueAt(100), valueAt(200), valueAt(300, 'e1', 'bug'), valueAt(400)]);
  again.source.steps = [again.source.assigned(0), again.source.poll(0, 0, 5)];
  await t.rejects(again.run(FOR_EVER, { doubtful: new Map([[0, { from: 2, to: 4 }]]) }, early), { message: 'failed at odds-updates, partition 0, offset 3: a bug' });
});

t.test('the signal ends it after a last checkpoint', async (t) => {
  const stop = new AbortController();
  const { source, run, journal } = stage([valueAt(0), tickAt(1_000), valueAt(1_500)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 2), () => { stop.abort(); return undefined; }, source.poll(0, 2, 3)];
  await run(FOR_EVER, { signal: stop.signal });
  t.strictSame(journal.slice(-2), ['snapshot 0', 'commit 0 at 2']);
});

t.test('partitions have nothing to do with each other', async (t) => {
  const { source, run, said } = stage([valueAt(0), tickAt(1_000)], [valueAt(0), valueAt(900)]);
  source.steps = [source.assigned(0, 1), source.poll(1, 0, 2), source.poll(0, 0, 2)];
  await run();
  t.strictSame(said(), ['e1 1000: 1'], 'neither time nor state');
});

t.test('what waits for a schema goes on where it stood', async (t) => {
  const old = quote({ timestamp: START_MS + 100 }, { value: wireOf(updateOf({ timestamp: START_MS + 100 }), V1) });
  const { source, run, said, journal } = stage([valueAt(0), old, valueAt(200), tickAt(1_000)]);
  source.steps = [source.assigned(0), source.poll(0, 0, 4)];
  await run();
  t.strictSame(said(), ['e1 1000: 3']);
  t.equal(journal.at(-1), 'commit 0 at 4');
});

t.test('wherever it is killed, however polls fall and snapshots are taken, what comes out is what an undisturbed run says, value for value', async () => {
  await fc.assert(fc.asyncProperty(logsOf('tick', 'down', 'poison', 'nothing'), someLives, someSizes, every, async (log, lives, sizes, snapshotEvery) => {
    const whole = await live(log, [], [log.length]);
    const metrics = new PipelineMetrics('tally');
    const { publisher, journal } = await live(log, lives, sizes, { snapshotEvery, metrics });
    assert.deepEqual(publisher.values, whole.publisher.values);
    assert.deepEqual(publisher.letters, whole.publisher.letters);
    assert.deepEqual(publisher.ticks, whole.publisher.ticks);
    assert.equal(journal.at(-1), `commit 0 at ${log.length}`);
    assert.match(await metrics.registry.metrics(), /oddstream_unaccounted_records\{pipeline="tally"\} 0\n/);
  }), { numRuns: 200 });
});
