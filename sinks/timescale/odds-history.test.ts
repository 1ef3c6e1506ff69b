import t from 'tap';
import { oddsUpdateBreach } from '../../schemas/contract.ts';
import type { OddsUpdate } from '../../schemas/generated/odds-update.ts';
import { topics } from '../../schemas/topics.ts';
import { fateNames } from '../../stream/fates.ts';
import { rowsOf } from '../rows-for-tests.ts';
import { CopyRows } from './copy-text.ts';
import { OddsHistory, storedPrice } from './odds-history.ts';

const timestamp = Date.UTC(2026, 4, 1, 12, 0, 0, 250);
const update = (more: Partial<OddsUpdate>): Partial<OddsUpdate> =>
  ({ timestamp, provider: 'acme', sport: 'football', event_id: 'e1', market: '1x2', odds: { home: 2, draw: 3.5, away: 4 }, ...more });

const formatted = (more: Partial<OddsUpdate>): { readonly fate: string; readonly rows: Record<string, string>[] } => {
  const history = new OddsHistory(), lines = new CopyRows();
  const fate = history.format(rowsOf(topics.oddsUpdates, [{ offset: 41, value: update(more) }]).row(0), 3, lines);
  const texts = Buffer.concat([...lines.chunks()]).toString().split('\n').slice(0, -1);
  return { fate: fateNames[fate], rows: texts.map((line) => Object.fromEntries(line.split('\t').map((text, i) => [history.columns[i]!, text]))) };
};
const column = (name: string, more: Partial<OddsUpdate>): (string | undefined)[] => formatted(more).rows.map((row) => row[name]);

t.test('one row per outcome, with all that the table holds', (t) => {
  const { fate, rows } = formatted({ volume: 1234.5, in_play: true, observed_at: timestamp + 7 });
  t.equal(fate, 'applied');
  const same = {
    sport_id: 'football', event_id: 'e1', market_type: '1x2', bookmaker_id: 'acme', volume: '1234.50', timestamp: '2026-05-01T12:00:00.250Z', observed_at: '2026-05-01T12:00:00.257Z',
    in_play: 't', source_partition: '3', source_offset: '41',
  };
  t.strictSame(rows, [ //  1/2, 2/7 and 1/4 of 29/28
    { ...same, outcome: 'home', odds: '2', probability: '0.4828', volume_repeated: 'f' },
    { ...same, outcome: 'draw', odds: '3.5', probability: '0.2759', volume_repeated: 't' },
    { ...same, outcome: 'away', odds: '4', probability: '0.2414', volume_repeated: 't' },
  ]);
  t.strictSame(column('volume', {}), ['\\N', '\\N', '\\N']);
  t.strictSame(column('observed_at', {}), ['\\N', '\\N', '\\N']);
  t.end();
});

t.test('what is no offer, or no news, has no rows', (t) => {
  t.strictSame(formatted({ repeat: true }), { fate: 'unchanged', rows: [] });
  for (const more of [{ odds: {} }, { status: 'suspended' }, { status: 'closed' }, { odds: {}, lay: { home: 2 } }] as const) t.strictSame(formatted(more), { fate: 'applied', rows: [] });
  t.strictSame(column('outcome', { lay: { home: 2.02, draw: 3.6 } }), ['home', 'draw', 'away'], 'lay prices are another side');
  t.end();
});

t.test('probability is of the complete market, or of none', (t) => {
  const none = '\\N';
  t.strictSame(column('probability', { odds: { home: 2, away: 4 } }), [none, none], 'an outcome is missing');
  t.strictSame(column('probability', { odds: { home: 2, draw: 3.5, other: 4 } }), [none, none, none], 'another in its place');
  t.strictSame(column('probability', { odds: { home: 2, draw: 3.5, away: 4, other: 9 } }), [none, none, none, none], 'one too many');
  t.strictSame(column('probability', { market: 'winner', odds: { a: 2, b: 2 } }), [none, none], 'a type whose outcomes are not known');
  t.strictSame(column('probability', { market: 'totals:2.5', odds: { under: 2, over: 2 } }), ['0.5', '0.5'], 'in the order of the update');
  t.strictSame(column('probability', { market: 'double_chance', odds: { home_draw: 1.25, home_away: 1.25, draw_away: 2.5 } }), ['0.8', '0.8', '0.4'], 'two win');
  t.strictSame(column('probability', { market: 'moneyline', odds: { home: 1.00004, away: 9000 } }), [none, none], 'a price that is none in ten-thousandths');
  t.strictSame(column('odds', { market: 'moneyline', odds: { home: 1.00004, away: 9000 } }), ['1', '9000']);
  t.strictSame(column('probability', { market: 'moneyline', odds: { home: 1.0001, away: 10_000 } }), ['0.9999', '0.0001']);
  t.end();
});

t.test('prices go down to ten-thousandths', (t) => {
  t.strictSame([1.1, 13 / 9, 3.57, 2.00009999, 9999.99999].map(storedPrice), [1.1, 1.4444, 3.57, 2, 9999.9999]);
  t.end();
});

t.test('the contract keeps out what no row can hold', (t) => {
  const breach = (more: Partial<OddsUpdate>): string | undefined => {
    const rows = rowsOf(topics.oddsUpdates, [{ offset: 0, value: update(more) }]);
    return oddsUpdateBreach(rows.row(0), rows.dictionaries);
  };
  t.equal(breach({ volume: 5, observed_at: timestamp, lay: { home: 2 } }), undefined);
  for (const more of [{ event_id: 'a\0b' }, { sport: '\0' }, { market: 'x\0' }, { provider: 'a\0' }, { odds: { 'home\0': 2 } }, { lay: { 'home\0': 2 } }]) t.equal(breach(more), 'nul_in_text');
  for (const volume of [-0.01, Infinity, -Infinity, 1e13]) t.equal(breach({ volume }), 'volume_out_of_bounds');
  for (const observed_at of [0, 1e15, -1]) t.equal(breach({ observed_at }), 'observed_at_absurd');
  const { volume } = formatted({ volume: 9_999_999_999_999 }).rows[0]!;
  t.equal(volume, '9999999999999.00', 'the largest fits NUMERIC(15,2)');
  t.end();
});

t.test('notes of what was formatted are forgotten with it', async (t) => {
  const history = new OddsHistory(), said: unknown[][] = [];
  const client = { query: async (_: string, values: unknown[]) => { said.push(values); } } as never;
  const rows = rowsOf(topics.oddsUpdates, [
    { offset: 1, value: update({}) }, { offset: 2, value: update({ timestamp: timestamp - 5_000 }) }, { offset: 3, value: update({ timestamp: timestamp - 3_600_000, in_play: true }) },
    { offset: 4, value: update({ event_id: 'e2', timestamp: timestamp - 9_000_000, repeat: true }) },
  ]);
  for (let i = 0; i < rows.size; i++) history.format(rows.row(i), 0, new CopyRows());
  await history.note(client);
  t.strictSame(said, [[['2026-05-01T12:00:00.000Z', '2026-05-01T11:00:00.000Z']], [['e1'], ['2026-05-01T11:59:55.250Z']]]);
  history.clear();
  said.length = 0;
  await history.note(client);
  t.strictSame(said, [[[]]]);
});
