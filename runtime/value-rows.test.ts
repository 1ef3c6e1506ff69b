import t from 'tap';
import { OddsUpdateSchema } from '../schemas/generated/odds-update.ts';
import { avscOf, updateOf, V1, wireOf } from './testing/records.ts';
import { ValueRows } from './value-rows.ts';

const rowsOf = () => new ValueRows(OddsUpdateSchema, { schema: avscOf });

t.test('values are read one by one, each by the schema that it was written with', (t) => {
  const rows = rowsOf(), one = wireOf(updateOf({ event_id: 'one', odds: { home: 2, away: 3 } })), two = wireOf(updateOf({ event_id: 'two', odds: { home: 5 } }), V1);
  for (const [bytes, eventId, odds] of [[one, 'one', { home: 2, away: 3 }], [two, 'two', { home: 5 }], [two, 'two', { home: 5 }], [one, 'one', { home: 2, away: 3 }]] as const) {
    const value = rows.row(bytes).toObject();
    t.strictSame([value.event_id, value.odds], [eventId, odds]);
  }
  t.end();
});

t.test('one that cannot be read leaves nothing behind', (t) => {
  const rows = rowsOf(), one = wireOf(updateOf({ event_id: 'one' })), cut = one.subarray(0, one.length - 3);
  t.throws(() => rows.row(cut));
  t.throws(() => rows.row(cut), 'and is read no better again');
  t.equal(rows.row(one).toObject().event_id, 'one');
  t.end();
});

t.test('strings of values that are long gone are forgotten, and what is read after is right', (t) => {
  const rows = rowsOf(), wrong: string[] = [];
  let highest = 0;
  for (let i = 0; i < 25_000; i++) {
    const row = rows.row(wireOf(updateOf({ event_id: `e${i}` })));
    highest = Math.max(highest, row.eventId);
    if (row.text(row.eventId) !== `e${i}`) wrong.push(`e${i}`);
  }
  t.strictSame(wrong, []);
  t.ok(highest > 9_000 && highest < 10_100, `${highest}`);
  t.end();
});
