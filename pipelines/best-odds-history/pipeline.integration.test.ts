import t from 'tap';
import { inBothModes } from '../../ops/migrations/database-for-tests.ts';
import { migrate } from '../../ops/migrations/migrate.ts';
import type { BestOdds } from '../../schemas/generated/best-odds.ts';
import { topics } from '../../schemas/topics.ts';
import { rowsOf } from '../../sinks/rows-for-tests.ts';
import { serversForTests } from '../testing/servers-for-tests.ts';
import pipeline from './pipeline.ts';

const timestamp = Math.floor(Date.now() / 1000) * 1000;
const best: BestOdds = {
  timestamp, sport: 'football', event_id: 'e1', market: 'totals:2.5', in_play: true, providers: 3, inverse_sum: 1 / 2.1 + 1 / 1.9999, source_partition: 6, source_offset: 77,
  outcomes: [
    { outcome: 'over', price: 2.1, net_price: 2.045, provider: 'bolt\t', limit_minor: 250_00, quoted_at: timestamp - 400, offset: 70 },
    { outcome: 'under', price: 1.9999, net_price: 1.99995, provider: 'acme', limit_minor: null, quoted_at: timestamp - 300, offset: 77 }],
};

t.test('best-odds-history', (t) => inBothModes(t, async (t, db) => {
  await migrate(db.owner);
  const { host } = db.owner as unknown as { host: string };
  const sink = await pipeline.sink(serversForTests({ postgresUrl: `postgresql://oddstream_sink@/oddstream?host=${host}` }), pipeline.config.parse({}), pipeline.name);
  t.teardown(() => sink.close());
  await sink.positions([{ topic: 'best-odds', partition: 6 }]);
  sink.write(6, rowsOf(topics.bestOdds, [{ offset: 3, value: best }, { offset: 4, value: { ...best, timestamp: timestamp + 1000, outcomes: [], inverse_sum: null, providers: 0, source_offset: 80 } }]), () => {});
  t.equal(sink.buffered, 3);
  await sink.commit([{ topic: 'best-odds', partition: 6, offset: 5 }]);
  const same = { sport_id: 'football', event_id: 'e1', market_type: 'totals:2.5', in_play: true, source_partition: 6 };
  const ofBest = { ...same, timestamp: new Date(timestamp), inverse_sum: '0.9762154774', bookmakers: 3, source_offset: '77' };
  t.strictSame((await db.owner.query('SELECT * FROM best_odds ORDER BY "timestamp", outcome')).rows, [
    { ...ofBest, outcome: 'over', bookmaker_id: 'bolt\t', odds: '2.1000', net_odds: '2.0450', limit_minor: '25000', quoted_at: new Date(timestamp - 400), quote_offset: '70' },
    { ...ofBest, outcome: 'under', bookmaker_id: 'acme', odds: '1.9999', net_odds: '1.9999', limit_minor: null, quoted_at: new Date(timestamp - 300), quote_offset: '77' },
    { ...same, timestamp: new Date(timestamp + 1000), inverse_sum: null, bookmakers: 0, source_offset: '80', outcome: null, bookmaker_id: null, odds: null, net_odds: null, limit_minor: null, quoted_at: null, quote_offset: null },
  ]);
}));
