import t from 'tap';
import { Selection } from './batch.ts';

const numbers = (size: number) => ({ size, row: (index: number) => ({ index }) });

t.test('a selection is some rows of others, in the order in which they were added, also very many', (t) => {
  const selection = new Selection<{ readonly index: number }>().over(numbers(20_000));
  t.equal(selection.size, 0);
  for (let i = 19_999; i >= 0; i -= 2) selection.add(i);
  t.equal(selection.size, 10_000);
  t.strictSame([0, 1, 4_096, 9_999].map((i) => selection.row(i).index), [19_999, 19_997, 11_807, 1]);
  t.equal(selection.over(numbers(3)).size, 0, 'over others it begins anew');
  selection.add(2);
  t.equal(selection.row(0).index, 2);
  t.end();
});
