import { gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { inBothModes } from '../../ops/migrations/database-for-tests.ts';
import { migrate } from '../../ops/migrations/migrate.ts';
import type { RiskVar } from '../../schemas/generated/risk-var.ts';
import { topics } from '../../schemas/topics.ts';
import { rowsOf } from '../../sinks/rows-for-tests.ts';
import { serversForTests } from '../testing/servers-for-tests.ts';
import pipeline from './pipeline.ts';

const timestamp = Math.floor(Date.now() / 1000) * 1000, MODEL = JSON.stringify({ bets: [{ id: 'é', stake: 1_000 }] });
const numbers = {
  expected_pnl_minor: -12.5, expected_pnl_error: 0.25, probability_of_loss: 0.6, probability_of_loss_error: 0.01, var_95_minor: 1_000.125, var_95_error: 1, cvar_95_minor: 1_500, cvar_95_error: 2,
  var_99_minor: 1_700, var_99_error: 3, cvar_99_minor: 1_750, cvar_99_error: 4, largest_loss_minor: 1e15, correlation_impact_minor: -1e-9, scale_minor: 2_000, error_bound_minor: 0.5,
};
const lists = {
  contributions: [{ component: 'football:e"1\\\t\n', cvar_95_minor: 1_200 }, { component: 'tennis:e2', cvar_95_minor: 300 }], bets: [{ bet_id: 'b"1', cvar_95_minor: 900 }], stress: [{ scenario: 'favourites win', pnl_minor: -2_000 }],
  flags: [{ market: 'football:e1:1x2', code: 'no_price' }], inputs: [{ topic: 'positions', partition: 3, next_offset: 41 }, { topic: 'fair-odds', partition: 7, next_offset: 2 ** 40 }],
};
const simulated: RiskVar = {
  timestamp, portfolio: 'syndicate:al\\pha', currency: 'EUR', horizon_ms: 86_400_000, active_bets: 2, total_exposure_minor: 2_000, exposure_is_bound: true, daily_pnl_minor: -50, seed: 2 ** 52 + 1, paths: 100_000,
  method: 'simulated', backend: 'webgpu', adapter: 'NVIDIA H200', is_software: false, ...numbers, ...lists, model: gzipSync(MODEL).toString('base64'), model_hash: 'abc',
};
const exact: RiskVar = { ...simulated, timestamp: timestamp + 1_000, method: 'exact', backend: 'exact', adapter: null, paths: 0, exposure_is_bound: false, contributions: [], bets: [], stress: [], flags: [], inputs: [] };

t.test('risk-var-history', (t) => inBothModes(t, async (t, db) => {
  await migrate(db.owner);
  const { host } = db.owner as unknown as { host: string };
  const sink = await pipeline.sink(serversForTests({ postgresUrl: `postgresql://oddstream_sink@/oddstream?host=${host}` }), pipeline.config.parse({}), pipeline.name);
  t.teardown(() => sink.close());
  const at = { topic: 'risk-var', partition: 2 };
  await sink.positions([at]);
  sink.write(2, rowsOf(topics.riskVar, [{ offset: 0, value: simulated }, { offset: 1, value: exact }]), () => {});
  await sink.commit([{ ...at, offset: 2 }]);

  const { rows } = await db.owner.query<{ model: Buffer }>('SELECT * FROM risk_var ORDER BY "timestamp"');
  t.strictSame(rows.map(({ model }) => gunzipSync(model).toString()), [MODEL, MODEL]);
  const row = ({ timestamp, total_exposure_minor, daily_pnl_minor, horizon_ms, seed, model: _, ...others }: RiskVar) =>
    ({ ...others, timestamp: new Date(timestamp), total_exposure_minor: String(total_exposure_minor), daily_pnl_minor: String(daily_pnl_minor), horizon_ms: String(horizon_ms), seed: String(seed) });
  t.strictSame(rows.map(({ model: _, ...others }) => others), [simulated, exact].map(row), 'each field in its column');

  // A figure that is none must not come among the figures: its record is named, to become a dead letter.
  sink.write(2, rowsOf(topics.riskVar, [{ offset: 2, value: { ...exact, cvar_99_minor: NaN } }, { offset: 3, value: exact }]), () => {});
  t.match(await sink.commit([{ ...at, offset: 4 }]).catch((error: unknown) => error), { records: [{ partition: 2, offset: 2, code: 'row_refused_23514' }] });
}));
