/** Bets from bet-events to the lists of their users, on real servers: what lies where, and that each is there once. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import t from 'tap';
import { ValueEncoder } from '../../connectors/feeds/encoder.ts';
import { partitionOf } from '../../connectors/kafka/partitioner.ts';
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { SchemaRegistry } from '../../connectors/kafka/registry.ts';
import type { BetEventInput } from '../../schemas/generated/bet-event.ts';
import type { Position } from '../../schemas/generated/position.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { decoded, recordsOf } from '../testing/log-for-tests.ts';
import { runToEnd } from '../testing/playback-for-tests.ts';
import { startTestStack } from '../testing/stack-for-tests.ts';

t.setTimeout(600_000);
const NAMESPACE = 'desk', EVENTS = topicName(topics.betEvents, NAMESPACE), POSITIONS = topicName(topics.positions, NAMESPACE);
const DAY_MS = 86_400_000, PROGRAM = fileURLToPath(new URL('../../ops/cli/oddstream.cjs', import.meta.url)), run = promisify(execFile);
const stack = await startTestStack(t);
await stack.prepare(NAMESPACE);
const producer = await connectProducer({ brokers: stack.brokers, lingerMs: 0 });
t.teardown(() => producer.disconnect());
const redis = new Redis(stack.redisUrl);
t.teardown(() => { redis.disconnect(); });
const encoder = new ValueEncoder<BetEventInput>(topics.betEvents.schema.avsc, await new SchemaRegistry(stack.registryUrl, { namespace: NAMESPACE }).idOf(topics.betEvents));

const ACCOUNTS = ['ada', 'bo', 'cy', 'dee', 'eve', 'flo'], startMs = Date.now() - 10 * DAY_MS;
const placeOf = (account: string): number => partitionOf(Buffer.from(account), topics.betEvents.partitions);
let sequence = 0;
const say = (account: string, bet: string, timestamp: number, more: Partial<BetEventInput>): void => {
  producer.produce(EVENTS, placeOf(account), encoder.encode({
    timestamp, account_id: account, sequence: sequence++, kind: 'accepted', bet_id: bet, user_id: `user of ${account}`, currency: 'EUR', provider: 'house', side: 'back', stake_minor: 1_000, liability_minor: 1_000,
    legs: [{ sport: 'football', event_id: 'e1', market: '1x2', outcome: 'home', price: 2.5 }], accepted_at: startMs, version: 0, source_topic: 'bet-commands', source_partition: 0, source_offset: 0, ...more,
  }), Buffer.from(account));
};
const settledAs = { kind: 'settled', result: 'won', payout_minor: 2_500, commission_minor: 0, version: 1 } as const;
const itemsOf = async (account: string): Promise<string[]> => (await redis.lrange(`${NAMESPACE}:bets:user:user of ${account}`, 0, -1)).map((text) => (JSON.parse(text) as { bet_id: string }).bet_id);

t.test('positions lie on the partition of their account, and the open ones in the list of their user', async (t) => {
  for (const account of ACCOUNTS) for (const bet of ['1', '2', '3']) say(account, `${account}${bet}`, startMs, {});
  for (const account of ACCOUNTS) say(account, `${account}2`, startMs + 1_000, settledAs);
  say('ada', 'broken', startMs + 1_000, { liability_minor: null });
  await producer.flush(30_000);
  const { accounts, errors } = await runToEnd(stack, NAMESPACE, ['positions', 'bets-cache'], {});
  t.strictSame(errors, []);
  t.match(accounts.get('positions'), { unaccounted: 0, fates: { applied: 24, dead: 1 } });
  t.match(accounts.get('bets-cache'), { delivered: 24, unaccounted: 0, fates: { dead: 0 } });

  const records = await recordsOf(stack, POSITIONS), values = await decoded<Position>(stack, records);
  t.equal(records.length, 24);
  records.forEach(({ partition, key }, i) => {
    const { account_id: account, bet_id: bet } = values[i]!;
    if (partition !== placeOf(account) || String(key) !== `${account}:${bet}`) t.fail(`${account}'s bet ${bet} lies at ${partition} under ${String(key)}`);
  });
  t.ok(new Set(records.map(({ partition }) => partition)).size > 1, 'on several');
  t.match(values.findLast((value) => value?.bet_id === 'ada2'), { status: 'settled', pnl_minor: 1_500, settled_at: startMs + 1_000 });
  for (const account of ACCOUNTS) t.strictSame(await itemsOf(account), [`${account}1`, `${account}3`]);
  t.match((await recordsOf(stack, `${EVENTS}.dead`)).map(({ headers }) => Object.values(headers).join(' ')), [/bet_incomplete/]);
});

t.test('it goes on where it stood; what was settled days ago is forgotten with the next event of its partition; Redis is rebuilt after a FLUSHALL', async (t) => {
  say('ada', 'ada2', startMs + DAY_MS, { kind: 'rolled_back', version: 2 });
  for (const account of ACCOUNTS) say(account, `${account}4`, startMs + 3 * DAY_MS, {});
  await producer.flush(30_000);
  await redis.flushall();
  for (const name of ['positions', 'bets-cache']) await run(process.execPath, [PROGRAM, 'run', name, '--until-end', '--port', '0'], { env: { ...process.env, ODDSTREAM_HOME: stack.home, ODDSTREAM_NAMESPACE: NAMESPACE }, timeout: 120_000 });
  const records = await recordsOf(stack, POSITIONS);
  t.strictSame(records.flatMap(({ key, value }) => (value === null ? [String(key)] : [])).sort(), ACCOUNTS.filter((account) => account !== 'ada').map((account) => `${account}:${account}2`), 'not the one that is open again');
  t.equal(records.length, 24 + 1 + 6 + 5, 'each once, over two lives');
  t.strictSame((await itemsOf('ada')).sort(), ['ada1', 'ada2', 'ada3', 'ada4']);
  for (const account of ACCOUNTS.slice(1)) t.strictSame(await itemsOf(account), ['1', '3', '4'].map((bet) => `${account}${bet}`));
});
