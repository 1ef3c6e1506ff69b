import t from 'tap';
import { NewestValues } from './newest-values.ts';

const value = (schemaId: number, text: string): Uint8Array => Buffer.concat([Buffer.from([0, 0, 0, 0, schemaId]), Buffer.from(text)]);

t.test('the newest value of each key, told of once its schema is known; poison changes nothing', async (t) => {
  const changed: string[] = [], asked: number[] = [];
  const newest = new NewestValues((id) => { asked.push(id); return Promise.resolve(`schema ${id}`); }, (key) => { changed.push(key); });
  const first = newest.take('a', value(1, 'x'));
  t.strictSame([newest.values.size, changed], [0, []], 'not before');
  await first;
  t.equal(newest.take('a', value(1, 'y')), undefined, 'nothing to wait for any more');
  t.equal(newest.take('b', Buffer.from([7, 7])), undefined);
  t.equal(newest.take('a', Buffer.from('not in wire format')), undefined);
  await newest.take('c', value(2, 'z'));
  t.equal(newest.take('c', null), undefined);
  t.strictSame([...newest.values].map(([key, bytes]) => [key, Buffer.from(bytes.subarray(5)).toString()]), [['a', 'y']]);
  t.strictSame([changed, asked, [...newest.schemas.values()]], [['a', 'a', 'c', 'c'], [1, 2], ['schema 1', 'schema 2']]);
});
