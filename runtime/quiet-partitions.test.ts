import t from 'tap';
import { PipelineMetrics } from './metrics.ts';
import { QUIET_AFTER_MS, QuietPartitions, QuietWatch } from './quiet-partitions.ts';

const nothing = { becameQuiet: [], cameBack: [] };

t.test('a partition of which nothing is heard for so long is quiet, and that is told once', (t) => {
  const quiet = new QuietPartitions();
  quiet.heard(0, 1_000);
  quiet.heard(1, 1_000);
  t.strictSame(quiet.check(1_000 + QUIET_AFTER_MS - 1), nothing);
  quiet.heard(1, 5_000);
  t.strictSame(quiet.check(1_000 + QUIET_AFTER_MS), { becameQuiet: [0], cameBack: [] });
  t.strictSame(quiet.check(4_999 + QUIET_AFTER_MS), nothing, 'once');
  t.strictSame(quiet.check(5_000 + QUIET_AFTER_MS), { becameQuiet: [1], cameBack: [] });
  t.strictSame([quiet.quietMs(0, 31_000), quiet.quietMs(1, 31_000)], [30_000, 26_000]);
  t.end();
});

t.test('that it is back is told once too, and it can become quiet again', (t) => {
  const quiet = new QuietPartitions(100);
  quiet.heard(3, 0);
  t.strictSame(quiet.check(100), { becameQuiet: [3], cameBack: [] });
  quiet.heard(3, 150);
  t.strictSame(quiet.check(160), { becameQuiet: [], cameBack: [3] });
  t.strictSame(quiet.check(170), nothing);
  t.strictSame(quiet.check(250), { becameQuiet: [3], cameBack: [] });
  t.end();
});

t.test('one that is read elsewhere is no longer waited for', (t) => {
  const quiet = new QuietPartitions(100);
  quiet.heard(0, 0);
  quiet.heard(1, 0);
  quiet.check(100);
  quiet.dropped(0);
  t.strictSame(quiet.check(5_000), nothing);
  t.equal(quiet.quietMs(0, 5_000), 0);
  quiet.heard(0, 5_000);
  t.strictSame(quiet.check(5_000), nothing, 'and begins anew when it comes again: it does not come back from a silence that was another\'s');
  t.strictSame(quiet.check(5_100), { becameQuiet: [0], cameBack: [] });
  t.end();
});

t.test('a clock that is set back makes nobody quiet', (t) => {
  const quiet = new QuietPartitions(100);
  quiet.heard(0, 1_000);
  t.strictSame(quiet.check(500), nothing);
  t.equal(quiet.quietMs(0, 500), 0);
  t.end();
});

t.test('a watch warns once, says when it is over, and keeps the gauge', async (t) => {
  const said: string[] = [], metrics = new PipelineMetrics('p');
  const log = { warn: (what: { partition: number }) => { said.push(`warn ${what.partition}`); }, info: (what: { partition: number }) => { said.push(`info ${what.partition}`); } };
  const watch = new QuietWatch({ name: 'topic', isTicked: true }, { log: log as never, metrics });
  watch.heard(0, 0);
  watch.heard(1, 0);
  for (let nowMs = 0; nowMs <= QUIET_AFTER_MS + 5_000; nowMs += 100) {
    if (nowMs % 500 === 0) watch.heard(1, nowMs);
    watch.look(nowMs, true);
  }
  t.strictSame(said, ['warn 0']);
  t.match(await metrics.registry.getSingleMetricAsString('oddstream_partition_quiet_seconds'), /partition="0"\} 15\n.*partition="1"\} 0/);
  watch.heard(0, 16_000);
  watch.look(16_000, true);
  t.strictSame(said, ['warn 0', 'info 0']);
});

t.test('a process that is behind takes for quiet only whose turn has come twice', async (t) => {
  const said: string[] = [];
  const log = { warn: (what: { partition: number }) => { said.push(`warn ${what.partition}`); }, info: () => undefined };
  const watch = new QuietWatch({ name: 'topic', isTicked: true }, { log: log as never, metrics: new PipelineMetrics('p') });
  let nowMs = 0;
  for (const partition of [0, 1, 2]) watch.heard(partition, nowMs);
  /** Each partition's records take six seconds, and all that lay ready is taken behind the last. */
  const round = (...partitions: readonly number[]): void => {
    for (const [i, partition] of partitions.entries()) {
      for (const untilMs = nowMs + 6_000; nowMs < untilMs; nowMs += 500) watch.look(nowMs, false);
      watch.heard(partition, nowMs);
      watch.look(nowMs, i === partitions.length - 1);
    }
  };
  for (let i = 0; i < 5; i++) round(0, 1, 2);
  t.strictSame(said, [], 'eighteen seconds between two of one partition, and none is quiet');
  for (let i = 0; i < 4; i++) round(0, 2);
  t.strictSame(said, ['warn 1']);
});
