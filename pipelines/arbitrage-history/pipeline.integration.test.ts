import t from 'tap';
import { inBothModes } from '../../ops/migrations/database-for-tests.ts';
import { migrate } from '../../ops/migrations/migrate.ts';
import type { Arbitrage } from '../../schemas/generated/arbitrage.ts';
import { topics } from '../../schemas/topics.ts';
import { rowsOf } from '../../sinks/rows-for-tests.ts';
import { serversForTests } from '../testing/servers-for-tests.ts';
import pipeline from './pipeline.ts';

const timestamp = Math.floor(Date.now() / 1000) * 1000;
const leg = { side: 'back', stake_share: 0.5, palpable_error: false, quoted_at: timestamp - 1500 } as const;
const arbitrage: Arbitrage = {
  timestamp, arbitrage_id: 'football:e1:moneyline:back@1', state: 'opened', kind: 'back', sport: 'football', event_id: 'e1', market: 'moneyline', opened_at: timestamp, in_play: false,
  inverse_sum: 0.97, profit_margin: 1 / 0.97 - 1, executable: true, palpable_error: false, oldest_leg_age_ms: 1500, source_partition: 2, source_offset: 12,
  legs: [
    { ...leg, outcome: 'home', provider: 'a"\\\t\n', price: 2.1, net_price: 2.1, stake_minor: 10_000, offset: 11 },
    { ...leg, outcome: 'away', side: 'lay', provider: 'bolt', price: 2.02, net_price: 1.98, stake_minor: null, offset: 12 }],
};

t.test('arbitrage-history', (t) => inBothModes(t, async (t, db) => {
  await migrate(db.owner);
  const { host } = db.owner as unknown as { host: string };
  const sink = await pipeline.sink(serversForTests({ postgresUrl: `postgresql://oddstream_sink@/oddstream?host=${host}` }), pipeline.config.parse({}), pipeline.name);
  t.teardown(() => sink.close());
  await sink.positions([{ topic: 'arbitrage', partition: 2 }]);
  sink.write(2, rowsOf(topics.arbitrage, [{ offset: 0, value: arbitrage }, { offset: 1, value: { ...arbitrage, timestamp: timestamp + 1000, state: 'closed', kind: 'back_lay', legs: [] } }]), () => {});
  await sink.commit([{ topic: 'arbitrage', partition: 2, offset: 2 }]);
  const same = {
    arbitrage_id: 'football:e1:moneyline:back@1', sport_id: 'football', event_id: 'e1', market_type: 'moneyline', opened_at: new Date(timestamp), in_play: false, inverse_sum: '0.9700000000',
    profit_margin: '0.0309278351', executable: true, palpable_error: false, oldest_leg_age_ms: '1500', source_partition: 2, source_offset: '12',
  };
  const quoted_at = new Date(timestamp - 1500).toISOString();
  t.strictSame((await db.owner.query('SELECT * FROM arbitrage ORDER BY "timestamp"')).rows, [
    { ...same, state: 'opened', kind: 'back', timestamp: new Date(timestamp), legs: [
      { outcome: 'home', side: 'back', bookmaker: 'a"\\\t\n', price: 2.1, net_price: 2.1, stake_share: 0.5, stake_minor: 10_000, palpable_error: false, quoted_at, offset: 11 },
      { outcome: 'away', side: 'lay', bookmaker: 'bolt', price: 2.02, net_price: 1.98, stake_share: 0.5, stake_minor: null, palpable_error: false, quoted_at, offset: 12 }] },
    { ...same, state: 'closed', kind: 'back_lay', timestamp: new Date(timestamp + 1000), legs: [] }]);
}));
