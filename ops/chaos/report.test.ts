import t from 'tap';
import { checkTable, faultTable, percentile, violationLines } from './report.ts';

t.test('percentiles are values that were there, by nearest rank', async (t) => {
  const values = [5, 1, 4, 2, 3];
  t.same([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 0.01), percentile([7], 0.5)], [3, 5, 1, 7]);
  t.same(percentile(Array.from({ length: 200 }, (_, i) => i + 1), 0.99), 198);
  t.ok(Number.isNaN(percentile([], 0.5)));
});

t.test('the table of faults counts by kind, and passes over what has no recovery', async (t) => {
  const of = (kind: string, recoveryMs?: number, failure?: string) => ({ number: 1, kind, what: '', atMs: 0, tookMs: 0, ...(recoveryMs === undefined ? {} : { recoveryMs }), ...(failure === undefined ? {} : { failure }) });
  t.equal(faultTable([of('zombie', 1_500), of('kill clock'), of('zombie', 500), of('zombie', undefined, 'never came back')]), [
    '| fault      | times | violations | recovery p50 | p99    | takeover p50 | p99 |',
    '|------------|-------|------------|--------------|--------|--------------|-----|',
    '| kill clock | 1     | 0          | –            | –      | –            | –   |',
    '| zombie     | 3     | 1          | 0.50 s       | 1.50 s | –            | –   |',
  ].join('\n'));
});

t.test('what was compared, and what differs', async (t) => {
  const violation = { check: 'best-odds', text: 'partition 3: 2 too many and 0 missing', first: [{ extra: { offset: 7 } }] };
  t.match(checkTable([{ check: 'best-odds', compared: 12_345, violations: [violation] }]), /\| best-odds \| 12,345 \| 1 /);
  t.same(violationLines([violation]), ['best-odds: partition 3: 2 too many and 0 missing', '    {"extra":{"offset":7}}']);
});
