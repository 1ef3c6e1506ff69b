import t from 'tap';
import { countOf, momentOf, textOfMoment } from './moments.ts';

const NOW_MS = Date.UTC(2026, 2, 1, 12);

t.test('a moment is ISO 8601, or how long ago', (t) => {
  for (const [text, is] of [['90s', '2026-03-01T11:58:30.000Z'], ['30m', '2026-03-01T11:30:00.000Z'], ['2h', '2026-03-01T10:00:00.000Z'], ['7d', '2026-02-22T12:00:00.000Z'],
    ['2026-02-28', '2026-02-28T00:00:00.000Z'], ['2026-02-28T18:00:00+01:00', '2026-02-28T17:00:00.000Z']] as const) t.equal(textOfMoment(momentOf('--since', text, NOW_MS)), is);
  for (const text of ['', 'yesterday', '2', '2w', '-2h', '1.5h', '2026-13-01', '1700000000000']) t.throws(() => momentOf('--since', text, NOW_MS), { code: 'usage', message: `--since ${text}: give a time` }, text);
  t.end();
});

t.test('a count is a whole number', (t) => {
  t.equal(countOf('--limit', '0'), 0);
  t.equal(countOf('offset', '9007199254'), 9_007_199_254);
  for (const text of ['', '-1', '1.5', 'x', '1e3', '9999999999999999']) t.throws(() => countOf('offset', text), { code: 'usage', message: /^offset .*whole number/ }, text);
  t.end();
});
