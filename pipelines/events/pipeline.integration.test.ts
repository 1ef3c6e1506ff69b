import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { inBothModes } from '../../ops/migrations/database-for-tests.ts';
import { migrate } from '../../ops/migrations/migrate.ts';
import { RowsRefused } from '../../runtime/ports.ts';
import { topics } from '../../schemas/topics.ts';
import type { OddsUpdate } from '../../schemas/generated/odds-update.ts';
import type { Event } from '../../schemas/generated/event.ts';
import { rowsOf, type TestRecord } from '../../sinks/rows-for-tests.ts';
import { fateNames } from '../../stream/fates.ts';
import oddsHistory from '../odds-history/pipeline.ts';
import { serversForTests } from '../testing/servers-for-tests.ts';
import pipeline from './pipeline.ts';

const nowMs = Math.floor(Date.now() / 1000) * 1000;
const startMs = nowMs - 600_000;
const event = (offset: number, more: Partial<Event> = {}): TestRecord<Partial<Event>> =>
  ({ offset, value: { timestamp: nowMs - 60_000 + offset, event_id: 'e1', sport: 'football', home: 'Aix', away: 'Brno', starts_at: startMs, ...more } });

t.test('events', (t) => inBothModes(t, async (t, db) => {
  await migrate(db.owner);
  const { host } = db.owner as unknown as { host: string };
  const servers = serversForTests({ postgresUrl: `postgresql://oddstream_sink@/oddstream?host=${host}` });
  const sink = await pipeline.sink(servers, pipeline.config.parse({ captureEveryMs: 100 }), pipeline.name);
  const history = await oddsHistory.sink(servers, oddsHistory.config.parse({}), oddsHistory.name);
  t.teardown(async () => { await sink.close(); await history.close(); });
  await sink.positions([{ topic: 'events', partition: 0 }, { topic: 'events', partition: 1 }]);
  await history.positions([{ topic: 'odds-updates', partition: 0 }]);

  const put = async (records: readonly TestRecord<Partial<Event>>[], next: number, partition = 0): Promise<string[]> => {
    const fates: string[] = [];
    sink.write(partition, rowsOf(topics.events, records), (fate) => fates.push(fateNames[fate]));
    await sink.commit([{ topic: 'events', partition, offset: next }]);
    return fates;
  };
  let offset = 0;
  const quote = async (odds: Readonly<Record<string, number>>, timestamp: number, more: Partial<OddsUpdate> = {}): Promise<void> => {
    history.write(0, rowsOf(topics.oddsUpdates, [{ offset, value: { timestamp, provider: 'acme', sport: 'football', event_id: 'e1', market: 'moneyline', odds, ...more } }]), () => {});
    await history.commit([{ topic: 'odds-updates', partition: 0, offset: ++offset }]);
  };
  const stored = async (id: string): Promise<unknown> => (await db.owner.query('SELECT home, away, status, home_score, source_partition AS p, source_offset::int AS o FROM events WHERE event_id = $1', [id])).rows[0];
  const lines = async (): Promise<Record<string, string>> =>
    Object.fromEntries((await db.owner.query<{ outcome: string; odds: string }>(`SELECT outcome, odds FROM closing_lines WHERE event_id = 'e1' ORDER BY 1`)).rows.map(({ outcome, odds }) => [outcome, odds]));
  const come = async (wanted: Record<string, string>): Promise<Record<string, string>> => {
    for (let tries = 50; tries > 0 && JSON.stringify(await lines()) !== JSON.stringify(wanted); tries--) await sleep(100);
    return lines();
  };

  await t.test('the newest record stands, by timestamp, then offset; also against what stands already', async (t) => {
    t.strictSame(await put([event(0, { event_id: 'n' }), event(1, { event_id: 'n', home: 'Cork', status: 'live' }), event(2, { event_id: 'n', timestamp: nowMs - 120_000, home: 'old' })], 3), ['applied', 'stale', 'applied']);
    t.strictSame(await stored('n'), { home: 'Cork', away: 'Brno', status: 'live', home_score: null, p: 0, o: 1 });
    t.strictSame(await put([event(3, { event_id: 'n', timestamp: nowMs - 90_000, home: 'older' })], 4), ['stale']);
    t.strictSame(await put([event(4, { event_id: 'n', timestamp: nowMs - 59_999, home: 'Dole', home_score: 2, status: 'finished' }), { offset: 5, tombstone: 'n' }], 6), ['unchanged', 'applied'], 'equal times: the offset says which is newer; a tombstone changes nothing');
    t.strictSame(await stored('n'), { home: 'Dole', away: 'Brno', status: 'finished', home_score: 2, p: 0, o: 4 });
    t.equal((await db.owner.query('SELECT next_offset FROM sink_positions WHERE pipeline = $1', ['events'])).rows[0].next_offset, '6');
  });

  await t.test('texts come back as they were', async (t) => {
    const home = 'a\\b\t"c"\n\u{1f3c6}\'';
    await put([event(0, { event_id: 'x', home, away: null })], 1, 1);
    t.match(await stored('x'), { home, away: null });
  });

  await t.test('a record that the table refuses is named, nothing of the batch lands, and the one that it was to replace is written again', async (t) => {
    await db.owner.query(`ALTER TABLE events ADD CONSTRAINT no_poison CHECK (home <> 'poison')`);
    const good = event(1, { event_id: 'p', home: 'Bern', timestamp: nowMs - 59_000 }), bad = event(2, { event_id: 'p', home: 'poison', timestamp: nowMs - 58_000 });
    const refusal = await put([good, bad, event(3, { event_id: 'q' }), event(4, { event_id: 'r', home: 'poison' })], 5, 1).then(() => undefined, (error: unknown) => error);
    t.ok(refusal instanceof RowsRefused);
    t.strictSame((refusal as RowsRefused).records.map(({ partition, offset, code }) => ({ partition, offset, code })), [{ partition: 1, offset: 2, code: 'row_refused_23514' }, { partition: 1, offset: 4, code: 'row_refused_23514' }]);
    t.strictSame([await stored('p'), await stored('q')], [undefined, undefined]);
    sink.discard();
    t.strictSame(await put([good, event(3, { event_id: 'q' })], 5, 1), ['applied', 'applied']);
    t.match([await stored('p'), await stored('q')], [{ home: 'Bern', o: 1 }, { o: 3 }]);
  });

  await t.test('closing lines are captured once the event and its quotes are there, whoever comes first', async (t) => {
    await quote({ home: 1.8, away: 2.1 }, startMs - 5_000);
    await put([event(6)], 7);
    t.strictSame(await come({ away: '2.1000', home: '1.8000' }), { away: '2.1000', home: '1.8000' });
    await quote({ home: 1.9 }, startMs - 1);
    await quote({ home: 3 }, startMs + 1);
    await quote({ home: 4 }, startMs - 1, { in_play: true });
    await quote({ home: 5 }, startMs - 1, { status: 'suspended' });
    t.strictSame(await come({ away: '2.1000', home: '1.9000' }), { away: '2.1000', home: '1.9000' }, 'a quote that comes late; none from after the start, in play or suspended');
  });

  await t.test('and again when the start moves', async (t) => {
    await put([event(7, { starts_at: startMs - 3_000 })], 8);
    t.strictSame(await come({ away: '2.1000', home: '1.8000' }), { away: '2.1000', home: '1.8000' }, 'earlier');
    await put([event(8, { starts_at: startMs + 2 })], 9);
    t.strictSame(await come({ away: '2.1000', home: '3.0000' }), { away: '2.1000', home: '3.0000' }, 'later');
    await put([event(9, { starts_at: nowMs + 3_600_000 })], 10);
    t.strictSame(await come({}), {}, 'into the future');
  });
}));
