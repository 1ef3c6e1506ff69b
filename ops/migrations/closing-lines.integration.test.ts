import t from 'tap';
import { inBothModes, writeEvent, writeHistory, type HistoryRow } from './database-for-tests.ts';
import { maintain, migrate } from './migrate.ts';

const minuteMs = 60_000;
const nowMs = Math.floor(Date.now() / 1000) * 1000;
const startMs = nowMs - 30 * minuteMs;

t.test('closing lines', (t) => inBothModes(t, async (t, db) => {
  const { owner, mode } = db;
  await migrate(owner);
  const sink = await db.connect('oddstream_sink');
  const quant = await db.connect('quant');
  let offset = 0;
  const quote = (event: string, outcome: string, odds: string, timestampMs: number, more: Partial<HistoryRow> = {}): HistoryRow =>
    ({ event, outcome, odds, timestampMs, offset: offset += 1, ...more });
  const lines = async (event: string): Promise<Record<string, string>> => Object.fromEntries((await quant.query<{ key: string; odds: string }>(
    `SELECT bookmaker_id || ' ' || outcome AS key, odds FROM closing_lines WHERE event_id = $1 ORDER BY 1`, [event])).rows.map(({ key, odds }) => [key, odds]));

  /** Maintains until nothing is due: in timescale mode the extension's own job may be at an event, which a call of ours then passes over. */
  const maintained = async (): Promise<void> => {
    for (let tries = 0; tries < 50; tries++) {
      await maintain(owner);
      const due = await owner.query(`SELECT FROM events WHERE closing_due AND status NOT IN ('postponed', 'cancelled') AND starts_at <= now()`);
      if (due.rowCount === 0) return;
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
    throw new Error('closing lines are still due after 50 rounds of maintenance');
  };

  await t.test('are the last prices before the start, never in play', async (t) => {
    await writeEvent(sink, 'a', startMs);
    await writeHistory(sink, [
      quote('a', 'home', '2.5', startMs - 60 * minuteMs), quote('a', 'home', '2.4', startMs - minuteMs), quote('a', 'home', '2.3', startMs - minuteMs),
      quote('a', 'home', '9', startMs), quote('a', 'home', '8', startMs - 1, { inPlay: true }),
      quote('a', 'away', '3.1', startMs - 5 * minuteMs), quote('a', 'away', '3.3', startMs - 2 * minuteMs, { bookmaker: 'bolt' }),
    ]);
    if (mode === 'plain') t.strictSame(await lines('a'), {}, 'the sink captures nothing');   // elsewhere a job may have been quicker
    await maintained();
    t.strictSame(await lines('a'), { 'acme away': '3.1000', 'acme home': '2.3000', 'bolt away': '3.3000' }, 'of equal times the higher offset');
    t.strictSame((await owner.query(`SELECT odds_capture_closing('a') AS changed`)).rows, [{ changed: 0 }], 'again changes nothing');
  });

  await t.test('are not there before the start', async (t) => {
    await writeEvent(sink, 'b', nowMs + 60 * minuteMs);
    await writeHistory(sink, [quote('b', 'home', '2', nowMs - minuteMs)]);
    await maintained();
    t.strictSame(await lines('b'), {});
  });

  await t.test('take in quotes that come late, whoever comes first', async (t) => {
    await writeHistory(sink, [quote('a', 'home', '2.2', startMs - 1), quote('a', 'away', '7', startMs - 200 * minuteMs), quote('a', 'away', '7', startMs + 1)]);
    await writeHistory(sink, [quote('c', 'home', '4', startMs - minuteMs)]);   // its event comes later
    await maintained();
    t.strictSame(await lines('a'), { 'acme away': '3.1000', 'acme home': '2.2000', 'bolt away': '3.3000' });
    await writeEvent(sink, 'c', startMs);
    await maintained();
    t.strictSame(await lines('c'), { 'acme home': '4.0000' });
    await writeHistory(sink, [quote('a', 'home', '6', startMs + minuteMs), quote('a', 'home', '5', startMs - 1, { inPlay: true })]);
    t.strictSame((await owner.query(`SELECT event_id FROM events WHERE closing_due AND starts_at < now()`)).rows, [], 'quotes in play are no reason to look again');
  });

  await t.test('follow a start that moves', async (t) => {
    await writeEvent(sink, 'a', startMs - 90_000);          // earlier: 2.4, 2.3 and 2.2 became in-play
    await maintained();
    t.strictSame(await lines('a'), { 'acme away': '3.1000', 'acme home': '2.5000', 'bolt away': '3.3000' });
    await writeEvent(sink, 'a', startMs + 1000);            // later: 9 at the old start counts now
    await maintained();
    t.strictSame(await lines('a'), { 'acme away': '7.0000', 'acme home': '9.0000', 'bolt away': '3.3000' });
    t.strictSame((await quant.query(`SELECT DISTINCT starts_at FROM closing_lines WHERE event_id = 'a'`)).rows, [{ starts_at: new Date(startMs + 1000) }]);
  });

  await t.test('go when the start moves into the future or is called off, and come back', async (t) => {
    const before = await lines('a');
    await writeEvent(sink, 'a', nowMs + 60 * minuteMs);
    await maintained();
    t.strictSame(await lines('a'), {});
    await writeEvent(sink, 'a', startMs + 1000);
    await maintained();
    t.strictSame(await lines('a'), before);
    await writeEvent(sink, 'a', startMs + 1000, 'postponed');
    await maintained();
    t.strictSame(await lines('a'), {});
    await writeEvent(sink, 'a', startMs + 1000, 'finished');
    await maintained();
    t.strictSame(await lines('a'), before);
  });

  await t.test('count the volume of a market once, that of its newest update', async (t) => {
    await writeEvent(sink, 'v', startMs);
    const old = { volume: '50', timestampMs: startMs - 9 * minuteMs, offset: 900 };
    const last = { volume: '80', timestampMs: startMs - minuteMs, offset: 901 };
    await writeHistory(sink, [
      { event: 'v', outcome: 'away', odds: '3', ...old }, { event: 'v', outcome: 'draw', odds: '3', volumeRepeated: true, ...old }, { event: 'v', outcome: 'home', odds: '2', volumeRepeated: true, ...old },
      { event: 'v', outcome: 'draw', odds: '3.1', ...last }, { event: 'v', outcome: 'home', odds: '2.1', volumeRepeated: true, ...last },   // away was withdrawn
    ]);
    await maintained();
    t.strictSame((await quant.query(`SELECT outcome, volume, volume_repeated FROM closing_lines WHERE event_id = 'v' ORDER BY 1`)).rows, [
      { outcome: 'away', volume: '50.00', volume_repeated: true },
      { outcome: 'draw', volume: '80.00', volume_repeated: false },
      { outcome: 'home', volume: '80.00', volume_repeated: true }]);
  });

  await t.test('do not miss a quote whose transaction is open at the capture', async (t) => {
    const slow = await db.connect('oddstream_sink');
    const begin = async (event: string): Promise<void> => {
      await slow.query('BEGIN');
      await slow.query(`INSERT INTO odds_history (sport_id, event_id, market_type, bookmaker_id, outcome, odds, "timestamp", source_partition, source_offset)
        VALUES ('football', $1, '1x2', 'acme', 'home', 2, $2, 0, 1000)`, [event, new Date(startMs - 1)]);
      await slow.query('SELECT odds_note_quotes(ARRAY[$1], ARRAY[$2::timestamptz])', [event, new Date(startMs - 1)]);
    };
    const commit = async (event: string): Promise<void> => {
      await maintain(owner);      // must neither wait for ever nor call the event done
      await slow.query('COMMIT');
      await maintained();
      t.strictSame(await lines(event), { 'acme home': '2.0000' }, event);
    };
    await writeEvent(sink, 'there and captured', startMs);
    await maintained();
    await begin('there and captured');
    await commit('there and captured');

    await writeEvent(sink, 'there and due', startMs);
    await begin('there and due');
    await commit('there and due');

    await begin('comes after the note');
    await writeEvent(sink, 'comes after the note', startMs);
    await commit('comes after the note');

    await writeEvent(sink, 'moves after the note', startMs - 60_000);
    await maintained();
    await begin('moves after the note');
    await writeEvent(sink, 'moves after the note', startMs);
    await commit('moves after the note');
  });

  await t.test('of events that another transaction is changing at the moment are captured again all the same, by what they have become', async (t) => {
    const other = await db.connect('oddstream_sink');
    // The first plans of a prepared statement are made for its values, later ones for any.
    for (let round = 0; round < 8; round++) {
      const events = ['told again', 'moved back', 'moved on'].map((what) => `${what} ${round}`), [again, back, on] = events as [string, string, string];
      for (const event of events) await writeEvent(sink, event, startMs);
      await maintained();
      await other.query('BEGIN');
      await other.query('UPDATE events SET source_offset = source_offset + 1 WHERE event_id = $1', [again]);
      await other.query('UPDATE events SET starts_at = $2 WHERE event_id = $1', [back, new Date(startMs - 2 * minuteMs)]);
      await other.query('UPDATE events SET starts_at = $2 WHERE event_id = $1', [on, new Date(nowMs + 60 * minuteMs)]);
      const writing = writeHistory(sink, events.map((event) => quote(event, 'home', '2', startMs - minuteMs)));
      for (let waits = false; !waits;) waits = (await owner.query<{ waits: boolean }>(`SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted) AS waits`)).rows[0]!.waits;
      await other.query('COMMIT');
      await writing;
      await maintained();
      t.strictSame([await lines(again), await lines(back), await lines(on)], [{ 'acme home': '2.0000' }, {}, {}], `round ${round}`);
    }
  });
}));
