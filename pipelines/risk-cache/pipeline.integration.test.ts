import t, { type Test } from 'tap';
import { type Sink, SinkFenced } from '../../runtime/ports.ts';
import type { RiskVar, RiskVarRow } from '../../schemas/generated/risk-var.ts';
import { topics } from '../../schemas/topics.ts';
import { rowsOf } from '../../sinks/rows-for-tests.ts';
import { fateNames } from '../../stream/fates.ts';
import { startRedis } from '../odds-cache/redis-for-tests.ts';
import { serversForTests } from '../testing/servers-for-tests.ts';
import pipeline from './pipeline.ts';

const topic = 'risk-var';
const risk = (offset: number, timestamp: number, more: Partial<RiskVar> = {}) => ({ offset, value: {
  timestamp, portfolio: 'syndicate:alpha', currency: 'EUR', horizon_ms: 1, active_bets: 2, total_exposure_minor: 123_456, exposure_is_bound: false, daily_pnl_minor: -5, expected_pnl_minor: 0, expected_pnl_error: 0,
  probability_of_loss: 0, probability_of_loss_error: 0, var_95_minor: 1_000.4, var_95_error: 0, cvar_95_minor: 1_500.6, cvar_95_error: 0, var_99_minor: 0, var_99_error: 0, cvar_99_minor: 0, cvar_99_error: 0,
  largest_loss_minor: 0, correlation_impact_minor: 0, seed: 1, paths: 0, method: 'exact', backend: 'exact', is_software: false, scale_minor: 1, error_bound_minor: 0, model: '', model_hash: '', ...more,
} satisfies Partial<RiskVar> });

const redis = await startRedis();
if (redis === undefined) {
  process.stderr.write('SKIPPED: the cache of risk is not tested: redis-server is not installed; on Debian: apt-get install redis-server\n');
  t.pass('risk-cache', { skip: 'redis-server is not installed' });
} else {
  const { client, url } = redis;
  t.teardown(() => redis.stop());
  t.beforeEach(() => client.flushall());

  const open = async (t: Test, namespace = ''): Promise<Sink<RiskVarRow>> => {
    const sink = await pipeline.sink(serversForTests({ redisUrl: url, namespace }), pipeline.config.parse({}), pipeline.name);
    t.teardown(() => sink.close());
    await sink.positions([{ topic, partition: 0 }]);
    return sink;
  };
  const put = async (sink: Sink<RiskVarRow>, records: readonly ReturnType<typeof risk>[], next: number): Promise<string[]> => {
    const fates: string[] = [];
    sink.write(0, rowsOf(topics.riskVar, records), (fate) => fates.push(fateNames[fate]));
    await sink.commit([{ topic, partition: 0, offset: next }]);
    return fates;
  };

  t.test('HGETALL is the newest computation, in major units, and a change is announced', async (t) => {
    const subscriber = client.duplicate(), heard: string[] = [];
    t.teardown(() => { subscriber.disconnect(); });
    subscriber.on('message', (_, key: string) => heard.push(key));
    await subscriber.subscribe('risk-changes');
    const sink = await open(t);
    t.strictSame(await put(sink, [risk(0, 1_000), risk(1, 1_000, { portfolio: 'house' }), risk(2, 1_000, { portfolio: 'syndicate:b:"\n', currency: 'JPY', var_95_minor: -0.4 })], 3), ['unchanged', 'applied', 'applied'],
      'a portfolio that is no syndicate has no hash');
    t.strictSame(await client.hgetall('syndicate:positions:alpha'), {
      total_exposure: '1234.56', active_bets: '2', daily_pnl: '-0.05', var_95: '10.00', cvar_95: '15.01', _meta: '{"timestamp":1000,"offset":0,"partition":0,"currency":"EUR"}',
    });
    t.match(await client.hgetall('syndicate:positions:b:"\n'), { total_exposure: '123456', var_95: '0' });
    t.strictSame(await put(sink, [risk(3, 500, { active_bets: 9 }), risk(4, 1_500), risk(5, 2_000, { active_bets: 0, total_exposure_minor: 0 })], 6), ['applied', 'applied', 'applied']);
    t.match(await client.hgetall('syndicate:positions:alpha'), { active_bets: '0', total_exposure: '0.00' });
    t.strictSame(await put(sink, [risk(6, 1_999)], 7), ['stale'], 'an older one never replaces a newer');
    await client.ping();
    t.strictSame(heard, ['syndicate:positions:alpha', 'syndicate:positions:b:"\n', 'syndicate:positions:alpha']);
    t.strictSame((await client.keys('sink:*')), ['sink:risk-cache:risk-var:0']);
  });

  t.test('after FLUSHALL it is rebuilt from the log; a namespace has keys of its own', async (t) => {
    const sink = await open(t, 'replay-1');
    await put(sink, [risk(0, 1_000)], 1);
    t.strictSame((await client.keys('*')).sort(), ['replay-1:sink:risk-cache:risk-var:0', 'replay-1:syndicate:positions:alpha']);
    await client.flushall();
    await t.rejects(put(sink, [risk(1, 2_000)], 2), SinkFenced);
    sink.discard();
    t.strictSame(Array.from((await sink.positions([{ topic, partition: 0 }])).values()), [undefined]);
    await put(sink, [risk(0, 1_000), risk(1, 2_000, { active_bets: 7 })], 2);
    t.match(await client.hgetall('replay-1:syndicate:positions:alpha'), { active_bets: '7' });
  });
}
