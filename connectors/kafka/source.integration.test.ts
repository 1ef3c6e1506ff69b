import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import { freeBasePort } from '../../ops/stack/ports.ts';
import { startStack, wipeStack } from '../../ops/stack/stack.ts';
import { Control } from '../../schemas/codec/columns.ts';
import type { Poll, Source, SourceEvent, TopicPartition } from '../../runtime/ports.ts';
import { controlHeaders } from './control.ts';
import { connectProducer, type KafkaProducer } from './producer.ts';
import { connectSource } from './source.ts';

t.setTimeout(900_000);
const home = mkdtempSync(path.join(tmpdir(), 'oddstream-source-'));
t.teardown(async () => {
  await wipeStack({ home });
  rmSync(home, { recursive: true, force: true });
});
const { brokers } = await startStack({ home, basePort: (await freeBasePort(20_000 + (process.pid % 60) * 100)) ?? 20_000, only: ['kafka'] });

const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });
const admin = kafka.admin();
await admin.connect();
const producer: KafkaProducer = await connectProducer({ brokers });
t.teardown(async () => { await producer.disconnect(); await admin.disconnect(); });

let serial = 0;
const topicOf = async (numPartitions: number): Promise<string> => {
  const topic = `source-${++serial}`;
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions, configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }] }] });
  return topic;
};
const produce = async (topic: string, partition: number, count: number, from = 0): Promise<void> => {
  for (let i = from; i < from + count; i++) producer.produce(topic, partition, Buffer.from(`value ${i}`), `key ${i}`);
  await producer.flush(20_000);
};
const warnings: string[] = [];
const connect = (topic: string, group = `group-${topic}`, maxPollRecords = 2_000): Promise<Source> => connectSource({ brokers, group, topics: [topic], maxPollRecords, onWarning: (message) => warnings.push(message) });

/** Reads until `see` says that it has seen enough; partitions that are assigned are started where `startAt` says. */
const read = async (source: Source, see: (event: SourceEvent) => boolean | Promise<boolean>, startAt: (partition: TopicPartition) => number = () => 0): Promise<void> => {
  const patience = AbortSignal.timeout(60_000);
  for await (const event of source.events(patience)) {
    if (event.kind === 'assigned') for (const partition of event.partitions) source.start({ ...partition, offset: startAt(partition) });
    if (event.kind === 'revoked') event.release();
    if (await see(event)) return;
  }
  throw new Error('it did not come within a minute');
};
const texts = (poll: Poll): string[] => Array.from({ length: poll.size }, (_, i) => {
  const { offset, keyBytes, keyStart, keyEnd, valueBytes, valueStart, valueEnd } = poll.record(i);
  return `${offset} ${Buffer.from(keyBytes.subarray(keyStart, keyEnd))} ${Buffer.from(valueBytes.subarray(valueStart, valueEnd))}`;
});

t.test('partitions are read from where they are started, in order, with what the log knows of each record', async (t) => {
  const topic = await topicOf(2);
  const beforeMs = Date.now();
  await produce(topic, 0, 50);
  producer.produce(topic, 1, null, null, controlHeaders({ control: 'down', provider: 'acme', timestamp: 1_700_000_000_000 }));
  producer.produce(topic, 1, null, 'over');
  producer.produce(topic, 1, null, null, [{ 'oddstream-control': 'nonsense' }]);
  await producer.flush(20_000);
  const source = await connect(topic);
  t.teardown(() => source.close());
  const seen: string[] = [], others: unknown[] = [];
  await read(source, (event) => {
    if (event.kind !== 'poll') return false;
    const { poll } = event;
    t.equal(poll.nextOffset, poll.record(poll.size - 1).offset + 1);
    t.equal(poll.endOffset, poll.partition === 0 ? 50 : 3);
    if (poll.partition === 0) seen.push(...texts(poll));
    else for (let i = 0; i < poll.size; i++) { const { offset, control, keyStart, valueStart, appendTimeMs } = poll.record(i); others.push({ offset, control, keyStart, valueStart }); t.ok(appendTimeMs >= beforeMs - 1_000 && appendTimeMs <= Date.now() + 1_000); }
    return seen.length === 43 && others.length === 3;
  }, ({ partition }) => (partition === 0 ? 7 : 0));
  t.strictSame(seen, Array.from({ length: 43 }, (_, i) => `${i + 7} key ${i + 7} value ${i + 7}`));
  t.strictSame(others, [
    { offset: 0, control: { control: Control.down, timestamp: 1_700_000_000_000, provider: 'acme' }, keyStart: -1, valueStart: -1 },
    { offset: 1, control: undefined, keyStart: 0, valueStart: -1 },
    { offset: 2, control: { code: 'control_unknown' }, keyStart: -1, valueStart: -1 },
  ]);
});

t.test('a partition that the library leaves unread is taken in anew', async (t) => {
  const topic = await topicOf(2);
  await produce(topic, 0, 10);
  await produce(topic, 1, 10);
  const source = await connectSource({ brokers, group: `group-${topic}`, topics: [topic], onWarning: (message) => warnings.push(message) });
  t.teardown(() => source.close());
  const seen: string[][] = [[], []];
  const see = (count: number) => (event: SourceEvent): boolean => {
    if (event.kind === 'poll') seen[event.poll.partition]!.push(...texts(event.poll));
    return seen.every(({ length }) => length >= count);
  };
  await read(source, see(10));
  // As after trouble with its broker: it is assigned, and nothing comes.
  source.member.pause([{ topic, partition: 1 }]);
  for (const partition of [0, 1]) await produce(topic, partition, 10, 10);
  await read(source, see(20));
  for (const of of seen) t.strictSame(of, Array.from({ length: 20 }, (_, i) => `${i} key ${i} value ${i}`), 'each record once');
});

t.test('offsets: what is there, and what was committed', async (t) => {
  const topic = await topicOf(1), partition = { topic, partition: 0 };
  const source = await connect(topic);
  t.strictSame(await source.range(partition), { start: 0, end: 0 }, 'an empty one');
  await produce(topic, 0, 6, 0);
  let seen = 0;
  await read(source, (event) => {
    if (event.kind === 'poll') seen += event.poll.size;
    return seen === 6;
  });
  t.strictSame(await source.range(partition), { start: 0, end: 6 });
  t.equal((await source.committed([partition])).get(0), undefined, 'nothing yet');
  await source.close();
  // kafkajs joins the group to do so, and on a slow machine leaves it before it has: until it is there.
  const offsets = { groupId: `group-${topic}`, topics: [topic] };
  while ((await admin.fetchOffsets(offsets))[0]!.partitions[0]?.offset !== '4') await admin.setOffsets({ groupId: offsets.groupId, topic, partitions: [{ partition: 0, offset: '4' }] });
  const again = await connect(topic);
  t.teardown(() => again.close());
  t.equal((await again.committed([partition])).get(0), 4);
});

t.test('started anew, a partition goes on there, and nowhere else', async (t) => {
  const topic = await topicOf(2);
  await produce(topic, 0, 300);
  await produce(topic, 1, 300);
  const source = await connect(topic);
  t.teardown(() => source.close());
  let isTogether = false;
  const read_: string[][] = [[], []];
  await read(source, async (event) => {
    if (event.kind !== 'poll') return false;
    const { partition, size } = event.poll;
    if (isTogether) { read_[partition]!.push(...texts(event.poll)); return read_[0]!.length >= 300 && read_[1]!.length >= 300; }
    // Only where one look into the library has brought both is there something left of before.
    await sleep(300);
    isTogether = size > 1;
    for (const partition of [0, 1]) source.start({ topic, partition, offset: 0 });
    return false;
  });
  const all = Array.from({ length: 300 }, (_, i) => `${i} key ${i} value ${i}`);
  t.strictSame(read_, [all, all]);
});

t.test('a trickle is handed on as it comes', async (t) => {
  const topic = await topicOf(1);
  const source = await connect(topic);
  t.teardown(() => source.close());
  let late = 0, seen = 0;
  const stop = new AbortController();
  const trickle = (async () => { while (!stop.signal.aborted) { producer.produce(topic, 0, Buffer.from(String(Date.now())), null); await sleep(20); } })();
  await read(source, (event) => {
    if (event.kind !== 'poll') return false;
    for (let i = 0; i < event.poll.size; i++) { const { valueBytes } = event.poll.record(i); late = Math.max(late, Date.now() - Number(Buffer.from(valueBytes).toString())); }
    if (seen === 0) late = 0; //  the first ones waited for the group
    return (seen += event.poll.size) > 100;
  });
  stop.abort();
  await trickle;
  t.ok(late < 15_000, `at most ${late} ms late; a poll that waits until it is full takes 40 s`);
});

t.test('a second member takes over half, and gives it back; each partition is with one at a time', async (t) => {
  const topic = await topicOf(4), group = `shared-${topic}`;
  const holders = new Map<number, string>(), overlaps: string[] = [];
  const run = (name: string) => {
    const stop = new AbortController();
    const held = new Set<number>();
    const done = (async () => {
      const source = await connect(topic, group);
      for await (const event of source.events(stop.signal)) {
        if (event.kind === 'assigned') for (const partition of event.partitions) {
          if (holders.has(partition.partition)) overlaps.push(`${name} got ${partition.partition}, which ${holders.get(partition.partition)} holds`);
          holders.set(partition.partition, name);
          held.add(partition.partition);
          source.start({ ...partition, offset: 0 });
        }
        if (event.kind === 'revoked') {
          for (const { partition } of event.partitions) { holders.delete(partition); held.delete(partition); }
          event.release();
        }
      }
      for (const partition of held) holders.delete(partition);
      held.clear();
      await source.close();
    })();
    return { stop, held, done };
  };
  const until = async (what: string, isSo: () => boolean): Promise<void> => {
    for (const untilMs = Date.now() + 60_000; !isSo(); await sleep(50)) if (Date.now() > untilMs) throw new Error(`not so within a minute: ${what}`);
  };
  const one = run('one');
  await until('one has all', () => one.held.size === 4);
  const two = run('two');
  await until('each has two', () => one.held.size === 2 && two.held.size === 2);
  one.stop.abort();
  await one.done;
  await until('two has all', () => two.held.size === 4);
  two.stop.abort();
  await two.done;
  t.strictSame(overlaps, []);
});

t.test('it closes in time, also with partitions that nobody has started, or that are to go', async (t) => {
  const topic = await topicOf(2), group = `closing-${topic}`;
  const one = await connect(topic, group);
  for await (const event of one.events(AbortSignal.timeout(30_000))) if (event.kind === 'assigned') break;
  const sinceMs = Date.now();
  await one.close();
  t.ok(Date.now() - sinceMs < 30_000, `closed after ${Date.now() - sinceMs} ms`);
  for (let i = 0; i < 5; i++) await (await connect(topic, `${group}-${i}`)).close(); //  while the group is still being joined
  const two = await connect(topic, group);
  let isAssigned = false;
  await read(two, ({ kind }) => { isAssigned ||= kind === 'assigned'; return isAssigned && kind === 'idle'; });
  await two.close();
});

t.test('no broker is an error that names it', async (t) => {
  await t.rejects(connectSource({ brokers: '127.0.0.1:1', group: 'nobody', topics: ['none'], onWarning: () => undefined }), { code: 'brokers_unreachable', message: /127\.0\.0\.1:1/ });
});
