import t from 'tap';
import { QUIET_AFTER_MS, QuietPartitions } from './quiet-partitions.ts';

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
