import t from 'tap';
import { difference } from './compare.ts';

t.test('equal sequences do not differ', async (t) => {
  t.equal(difference([], []), undefined);
  t.equal(difference(['a', 'b', 'a'], ['a', 'b', 'a']), undefined);
});

t.test('what was published again is extra, once for each time', async (t) => {
  t.same(difference(['a', 'b', 'a', 'b', 'c'], ['a', 'b', 'c']), { extra: [2, 3], missing: [], outOfOrderAt: undefined });
});

t.test('what was lost is missing, at the end too', async (t) => {
  t.same(difference(['a'], ['a', 'b', 'b']), { extra: [], missing: [1, 2], outOfOrderAt: undefined });
});

t.test('what differs is both', async (t) => {
  t.same(difference(['a', 'x', 'c'], ['a', 'b', 'c']), { extra: [1], missing: [1], outOfOrderAt: undefined });
});

t.test('the same in another order is out of order from where it begins', async (t) => {
  t.same(difference(['a', 'c', 'b'], ['a', 'b', 'c']), { extra: [], missing: [], outOfOrderAt: 1 });
});
