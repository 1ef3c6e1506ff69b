import t from 'tap';
import { inBothModes } from '../../ops/migrations/database-for-tests.ts';
import { migrate } from '../../ops/migrations/migrate.ts';
import type { RiskAlert } from '../../schemas/generated/risk-alert.ts';
import { topics } from '../../schemas/topics.ts';
import { rowsOf } from '../../sinks/rows-for-tests.ts';
import { serversForTests } from '../testing/servers-for-tests.ts';
import pipeline from './pipeline.ts';

const timestamp = Math.floor(Date.now() / 1000) * 1000;
const breached: RiskAlert = {
  timestamp, portfolio: 'syndicate:al\\pha', limit: 'event:football:e1', state: 'breached', value_minor: 1_000.5, limit_minor: 1_000, currency: 'EUR', source_topic: 'positions', source_partition: 3, source_offset: 2 ** 40,
};

t.test('risk-alerts-history', (t) => inBothModes(t, async (t, db) => {
  await migrate(db.owner);
  const { host } = db.owner as unknown as { host: string };
  const sink = await pipeline.sink(serversForTests({ postgresUrl: `postgresql://oddstream_sink@/oddstream?host=${host}` }), pipeline.config.parse({}), pipeline.name);
  t.teardown(() => sink.close());
  await sink.positions([{ topic: 'risk-alerts', partition: 2 }]);
  sink.write(2, rowsOf(topics.riskAlerts, [{ offset: 0, value: breached }, { offset: 1, value: { ...breached, timestamp: timestamp + 1000, state: 'eased', value_minor: -7 } }]), () => {});
  await sink.commit([{ topic: 'risk-alerts', partition: 2, offset: 2 }]);
  const same = { portfolio: 'syndicate:al\\pha', limit_name: 'event:football:e1', limit_minor: 1_000, currency: 'EUR', source_topic: 'positions', source_partition: 3, source_offset: String(2 ** 40) };
  t.strictSame((await db.owner.query('SELECT * FROM risk_alerts ORDER BY "timestamp"')).rows, [
    { ...same, state: 'breached', value_minor: 1_000.5, timestamp: new Date(timestamp) }, { ...same, state: 'eased', value_minor: -7, timestamp: new Date(timestamp + 1000) }]);
}));
