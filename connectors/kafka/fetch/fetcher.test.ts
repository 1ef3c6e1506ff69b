import { setTimeout as wait } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { plainBatch } from './batches-for-tests.ts';
import { TestBroker, type TestBrokerOptions } from './broker-for-tests.ts';
import { Fetcher } from './fetcher.ts';

t.setTimeout(60_000);
const topic = 'odds';
const OFFSET_OUT_OF_RANGE = 1, NOT_LEADER = 6, NOT_AUTHORIZED = 29, FENCED_LEADER_EPOCH = 74;

const brokerOf = async (t: Test, options: Partial<TestBrokerOptions> = {}): Promise<TestBroker> => {
  const broker = new TestBroker({ topic, partitions: 2, fetch: endless, ...options });
  await broker.listen();
  t.teardown(() => broker.close());
  return broker;
};
/** Ten records at every offset. */
const endless = (partition: number, offset: number): { batches: Buffer } => ({ batches: plainBatch(offset, Array.from({ length: 10 }, (_, i) => `${partition}/${offset + i}`)) });

const reading = (t: Test, port: number, maxPollRecords = 100): { fetcher: Fetcher; values: string[]; warnings: string[]; take: (until: () => boolean) => Promise<void> } => {
  const values: string[] = [], warnings: string[] = [];
  let arrived = (): void => undefined;
  const fetcher = new Fetcher({
    brokers: `127.0.0.1:${port}`, clientId: 'test', maxPollRecords,
    onWarning: (message) => warnings.push(message), onArrival: () => { arrived(); },
  });
  t.teardown(() => { fetcher.close(); });
  const take = async (until: () => boolean): Promise<void> => {
    while (!until()) {
      const poll = fetcher.next();
      if (poll === undefined) { await Promise.race([new Promise<void>((resolve) => { arrived = resolve; }), wait(100)]); continue; }
      for (let i = 0; i < poll.size; i++) { const { valueBytes, valueStart, valueEnd } = poll.record(i); values.push(Buffer.from(valueBytes.slice(valueStart, valueEnd)).toString()); }
    }
  };
  return { fetcher, values, warnings, take };
};
const inOrder = (values: readonly string[], partition: number, from = 0): boolean =>
  values.filter((value) => value.startsWith(`${partition}/`)).every((value, i) => value === `${partition}/${from + i}`);

t.test('each partition is read in order from where it was started; another one comes first each time', async (t) => {
  const broker = await brokerOf(t);
  const { fetcher, values, take } = reading(t, broker.port, 7);
  fetcher.start({ topic, partition: 0, offset: 0 });
  fetcher.start({ topic, partition: 1, offset: 5 });
  await take(() => values.length >= 500);
  t.ok(inOrder(values, 0) && inOrder(values, 1, 5));
  t.strictSame(new Set(broker.fetches.map(String)), new Set(['0,1', '1,0']));
  t.equal(broker.metadatas, 1, 'one look for both');
});

t.test('nothing is asked for while nothing is taken', async (t) => {
  const broker = await brokerOf(t);
  const { fetcher, values, take } = reading(t, broker.port, 4);
  fetcher.start({ topic, partition: 0, offset: 0 });
  await wait(300);
  t.equal(broker.fetches.length, 1, 'one answer lies here');
  await take(() => values.length === 4);
  await wait(200);
  t.equal(broker.fetches.length, 1, 'it is not taken whole');
  await take(() => values.length >= 10);
  await wait(200);
  t.equal(broker.fetches.length, 2, 'the next is asked for with its last records');
});

t.test('a poll stays what it is for as long as it is worked on, though an empty answer and another one come meanwhile', async (t) => {
  let asked = 0;
  const broker = await brokerOf(t, { fetch: (partition, offset) => (++asked === 1 || asked > 2 ? endless(partition, offset) : {}) });
  const { fetcher } = reading(t, broker.port);
  fetcher.start({ topic, partition: 0, offset: 0 });
  let poll = fetcher.next();
  for (; poll === undefined; poll = fetcher.next()) await wait(10);
  const valueOf = (index: number): string => { const { valueBytes, valueStart, valueEnd } = poll.record(index); return Buffer.from(valueBytes.slice(valueStart, valueEnd)).toString(); };
  while (asked < 3) await wait(10);
  await wait(100);
  t.strictSame(Array.from({ length: poll.size }, (_, i) => valueOf(i)), Array.from({ length: 10 }, (_, i) => `0/${i}`), 'who waited for a registry with it found another answer in its place');
  t.equal(fetcher.next()?.nextOffset, 20, 'and the next one lies behind it');
});

t.test('a partition that is stopped or started anew gives nothing of what was asked before', async (t) => {
  const broker = await brokerOf(t);
  const { fetcher, values, take } = reading(t, broker.port);
  fetcher.start({ topic, partition: 0, offset: 0 });
  await wait(200);
  fetcher.start({ topic, partition: 0, offset: 400 });
  await take(() => values.length >= 20);
  t.ok(inOrder(values, 0, 400));
  fetcher.stop({ topic, partition: 0 });
  await wait(100);
  const { length } = values;
  let isOver = false;
  setTimeout(() => { isOver = true; }, 300);
  await take(() => isOver);
  t.equal(values.length, length);
});

t.test('a partition that is stopped in the middle of what arrived leaves the way free for the others', async (t) => {
  const broker = await brokerOf(t);
  const { fetcher, values, take } = reading(t, broker.port, 4);
  for (const partition of [0, 1]) fetcher.start({ topic, partition, offset: 0 });
  // Four of ten records: the rest of its section lies here when it is taken away.
  await take(() => values.length === 4);
  const stopped = Number(values[0]![0]), other = 1 - stopped;
  fetcher.stop({ topic, partition: stopped });
  await take(() => values.length >= 100);
  t.equal(values.filter((value) => value.startsWith(`${stopped}/`)).length, 4);
  t.ok(inOrder(values, other));
});

t.test('a leader that has changed is followed, and the log goes on without a gap', async (t) => {
  let leader = 1;
  const brokers: TestBroker[] = [];
  for (const id of [1, 2]) {
    brokers.push(await brokerOf(t, {
      id, leaderOf: () => ({ id: leader, port: brokers[leader - 1]!.port }),
      fetch: (partition, offset) => (leader === id ? endless(partition, offset) : { error: partition === 0 ? NOT_LEADER : FENCED_LEADER_EPOCH }),
    }));
  }
  const { fetcher, values, take, warnings } = reading(t, brokers[0]!.port);
  for (const partition of [0, 1]) fetcher.start({ topic, partition, offset: 0 });
  for (const next of [2, 1, 2]) {
    const { length } = values;
    await take(() => values.length >= length + 200);
    leader = next;
  }
  const { length } = values;
  await take(() => values.length >= length + 200);
  t.ok(inOrder(values, 0) && inOrder(values, 1));
  t.ok(brokers[1]!.fetches.length > 3);
  t.strictSame(warnings, [], 'leaders change: nothing to warn of');
});

t.test('a connection that is cut, or a broker that is away for a while, is read on', async (t) => {
  const broker = new TestBroker({ topic, partitions: 2, fetch: endless });
  const port = await broker.listen();
  const { fetcher, values, take, warnings } = reading(t, port);
  fetcher.start({ topic, partition: 1, offset: 0 });
  await take(() => values.length >= 50);
  broker.cut();
  await take(() => values.length >= 500);
  t.match(warnings, [/^the connection to the broker at 127\.0\.0\.1:\d+ is lost/]);
  await broker.close();
  await take(() => warnings.length >= 2);
  const again = new TestBroker({ topic, partitions: 2, fetch: endless });
  await again.listen(port);
  t.teardown(() => again.close());
  const { length } = values;
  await take(() => values.length >= length + 100);
  t.ok(inOrder(values, 1));
  t.equal(warnings.length, 2, 'each loss is said once, not each attempt');
});

t.test('answers that are not Kafka\'s cost the connection, not the reading', async (t) => {
  const broker = await brokerOf(t);
  const { fetcher, values, take, warnings } = reading(t, broker.port);
  fetcher.start({ topic, partition: 0, offset: 0 });
  for (const garbage of ['HTTP/1.1 400 Bad Request\r\n\r\n', '\0\0\0\x01', '\0\0\0\x08ABCDEFGH', '\xff\xff\xff\xff']) {
    const { length } = values, warned = warnings.length;
    broker.garbage = Buffer.from(garbage, 'latin1');
    await take(() => values.length >= length + 100 && warnings.length > warned);
  }
  t.ok(inOrder(values, 0));
});

t.test('offsets out of range and refusals are errors that say where', async (t) => {
  for (const [error, code] of [[OFFSET_OUT_OF_RANGE, 'offset_out_of_range'], [NOT_AUTHORIZED, 'request_failed']] as const) {
    const broker = await brokerOf(t, { fetch: (partition, offset) => (offset < 10 ? endless(partition, offset) : { error }) });
    const { fetcher, values, take } = reading(t, broker.port);
    fetcher.start({ topic, partition: 1, offset: 0 });
    await t.rejects(take(() => false), { name: 'KafkaSourceError', code, message: /^odds\/1: .*offset 10/ });
    t.equal(values.length, 10, 'after all that lies before');
  }
});

t.test('what no further attempt can mend is an error after all that lies before', async (t) => {
  const UNKNOWN_CODEC = 7;
  const broker = await brokerOf(t, { fetch: (partition, offset) => (offset === 20 ? { batches: plainBatch(20, ['x'], { codec: UNKNOWN_CODEC }) } : endless(partition, offset)) });
  const { fetcher, values, take } = reading(t, broker.port);
  fetcher.start({ topic, partition: 0, offset: 0 });
  await t.rejects(take(() => false), { name: 'KafkaSourceError', code: 'format_unknown', message: /^odds\/0: .*offset 20/ });
  t.equal(values.length, 20);

  const old = await brokerOf(t, { fetchVersion: 10 });
  const other = reading(t, old.port);
  other.fetcher.start({ topic, partition: 0, offset: 7 });
  await t.rejects(other.take(() => false), { name: 'KafkaSourceError', code: 'versions_unknown', message: /does not speak.*ODDSTREAM_SOURCE=messages/ });
  t.strictSame(other.warnings, []);
});

t.test('closed in the middle of a request, it leaves nothing open', async (t) => {
  const broker = await brokerOf(t);
  broker.isMute = true;
  const { fetcher, warnings } = reading(t, broker.port);
  fetcher.start({ topic, partition: 0, offset: 0 });
  while (broker.fetches.length === 0) await wait(10);
  fetcher.close();
  await wait(200);
  t.equal(broker.connections, 0);
  t.strictSame(warnings, []);
});
