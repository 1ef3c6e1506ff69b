import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import t, { type Test as Tap } from 'tap';
import { Control } from '../../../schemas/codec/columns.ts';
import { freeBasePort } from '../../../ops/stack/ports.ts';
import { stackStatus, startStack, wipeStack } from '../../../ops/stack/stack.ts';
import type { Source } from '../../../runtime/ports.ts';
import { CONTROL_KEY, controlHeaders, tickHeaders } from '../control.ts';
import { connectProducer } from '../producer.ts';
import { connectSource, type KafkaSourceOptions } from '../source.ts';
import { connectBatchSource } from './source.ts';

// The same log, read by the library's consumer and as record batches, must be the same records.
t.setTimeout(420_000);
const { CompressionTypes, Kafka } = kafkajs;
const home = mkdtempSync(path.join(tmpdir(), 'oddstream-fetch-'));
const basePort = (await freeBasePort(18_000 + (process.pid % 90) * 100)) ?? 18_000;
const stack = { home, basePort, only: ['kafka'] as const };
const { brokers } = await startStack(stack);
const kafka = new Kafka({ brokers: [brokers], logCreator: () => () => undefined });
const admin = kafka.admin();
await admin.connect();
t.teardown(async () => {
  await admin.disconnect();
  await wipeStack({ home });
  rmSync(home, { recursive: true, force: true });
});

const PARTITIONS = 3;
const make = (topic: string, settings: Record<string, string> = {}): Promise<boolean> => admin.createTopics({ waitForLeaders: true, topics: [{
  topic, numPartitions: PARTITIONS,
  configEntries: Object.entries({ 'message.timestamp.type': 'LogAppendTime', 'max.message.bytes': '4194304', ...settings }).map(([name, value]) => ({ name, value })),
}] });

type Connect = (options: KafkaSourceOptions) => Promise<Source>;
interface Seen { readonly records: Map<number, string[]>; readonly next: Map<number, number>; readonly polls: number; readonly warnings: string[] }
const text = (bytes: Uint8Array, start: number, end: number): string => (start < 0 ? 'null' : end - start > 200 ? `${end - start} bytes, the last ${bytes[end - 1]}` : `'${Buffer.from(bytes.slice(start, end)).toString('latin1')}'`);

let groups = 0;
interface ReadOptions { readonly group?: string; readonly maxPollRecords?: number; readonly from?: number; readonly onPoll?: (polls: number) => void | Promise<void>; readonly signal?: AbortSignal; readonly seen?: Seen; readonly holds?: number; readonly mayEnd?: () => boolean }
/** Reads until nothing has come for a while, or where another member that shares what was seen has come to. */
const read = async (connect: Connect, topic: string, options: ReadOptions = {}): Promise<Seen> => {
  const { group = `conformance-${++groups}`, maxPollRecords = 500, from, onPoll } = options;
  const warnings: string[] = [];
  const source = await connect({ brokers, group, topics: [topic], maxPollRecords, onWarning: (message) => warnings.push(message) });
  const { records, next } = options.seen ?? { records: new Map<number, string[]>(), next: new Map<number, number>() };
  const done = new AbortController(), held = new Set<number>();
  let polls = 0, lastMs = Infinity;
  const ends = async (): Promise<number[]> => Promise.all(Array.from({ length: PARTITIONS }, async (_, partition) => (await source.range({ topic, partition })).end));
  try {
    for await (const event of source.events(options.signal === undefined ? done.signal : AbortSignal.any([done.signal, options.signal]))) {
      if (event.kind === 'assigned') {
        for (const { partition } of event.partitions) {
          held.add(partition);
          source.start({ topic, partition, offset: from ?? next.get(partition) ?? 0 });
        }
        lastMs = Date.now();
      } else if (event.kind === 'revoked') {
        for (const { partition } of event.partitions) held.delete(partition);
        event.release();
      } else if (event.kind === 'poll') {
        const { poll } = event;
        let of = records.get(poll.partition);
        if (of === undefined) records.set(poll.partition, of = []);
        for (let i = 0; i < poll.size; i++) {
          const { offset, appendTimeMs, keyBytes, keyStart, keyEnd, valueBytes, valueStart, valueEnd, control } = poll.record(i);
          of.push(`${offset} ${appendTimeMs} ${text(keyBytes, keyStart, keyEnd)} ${text(valueBytes, valueStart, valueEnd)} ${JSON.stringify(control)}`);
        }
        next.set(poll.partition, poll.nextOffset);
        lastMs = Date.now();
        await onPoll?.(++polls);
      } else if (Date.now() - lastMs > 1_500) {
        if (held.size < (options.holds ?? 0) || options.mayEnd?.() === false) continue;
        const all = await ends();
        if (connect === connectSource || Array.from(held).every((partition) => (next.get(partition) ?? 0) >= all[partition]!)) done.abort();
      }
    }
    return { records, next, polls, warnings };
  } finally {
    await source.close();
  }
};

/** What both sources say of a topic, compared. */
const compare = async (t: Tap, topic: string, options: ReadOptions = {}): Promise<{ messages: Seen; batches: Seen }> => {
  const [messages, batches] = await Promise.all([read(connectSource, topic, options), read(connectBatchSource, topic, options)]);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const { end } = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({ partition, end: Number(high) })).find((one) => one.partition === partition)!;
    t.strictSame(batches.records.get(partition) ?? [], messages.records.get(partition) ?? [], `partition ${partition}: the same ${messages.records.get(partition)?.length ?? 0} records`);
    t.equal(batches.next.get(partition) ?? 0, end, `partition ${partition}: read to its end, markers too`);
  }
  return { messages, batches };
};

const plain = async (send: (producer: kafkajs.Producer) => Promise<unknown>, options: kafkajs.ProducerConfig = {}): Promise<void> => {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner, ...options });
  await producer.connect();
  await send(producer);
  await producer.disconnect();
};
const headersOf = (wire: { [name: string]: string }[]): Record<string, string> => Object.assign({}, ...wire) as Record<string, string>;

t.test('values, nulls, controls, codecs, large records, transactions', async (t) => {
  const topic = 'mixed';
  await make(topic);
  const some = (name: string, count: number): kafkajs.Message[] => Array.from({ length: count }, (_, i) => ({ key: `${name}-${i}`, value: `${name} value ${i}`, partition: i % PARTITIONS }));
  const odd: kafkajs.Message[] = [
    { key: null, value: 'without a key', partition: 0 }, { key: 'without a value', value: null, partition: 0 }, { key: '', value: '', partition: 0 },
    { key: null, value: null, partition: 1, headers: headersOf(tickHeaders(1_700_000_000_000)) },
    { key: CONTROL_KEY, value: null, partition: 1, headers: headersOf(controlHeaders({ control: 'down', timestamp: 1_700_000_001_000, provider: 'bookmaker' })) },
    { key: 'k', value: 'v', partition: 2, headers: { other: 'header', more: ['a', 'b'] } },
    { key: 'k', value: null, partition: 2, headers: { 'oddstream-control': 'somersault' } },
  ];
  await plain(async (producer) => {
    for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
      await producer.send({ topic, compression, messages: some(`codec-${compression}`, 700) });
      await producer.send({ topic, compression, messages: odd });
      for (let i = 0; i < 30; i++) await producer.send({ topic, compression, messages: some(`small-${i}`, 4) });
      await producer.send({ topic, compression, messages: [{ key: 'large', value: Buffer.alloc(3_000_000, 7), partition: 1 }] });
    }
  });
  await plain(async (open) => {
    const givenUp = await open.transaction();
    await givenUp.send({ topic, messages: some('given-up', 9) });
    await plain((other) => other.send({ topic, compression: CompressionTypes.GZIP, messages: some('between', 6) }));
    await plain(async (other) => {
      const kept = await other.transaction();
      await kept.send({ topic, messages: some('kept', 9) });
      await givenUp.send({ topic, compression: CompressionTypes.GZIP, messages: some('given-up-too', 9) });
      await kept.commit();
    }, { transactionalId: 'kept', maxInFlightRequests: 1, idempotent: true });
    await givenUp.abort();
    const kept = await open.transaction();
    await kept.send({ topic, messages: some('kept-after', 30) });
    await kept.commit();
    const last = await open.transaction();
    await last.send({ topic, messages: some('given-up-last', 30) });
    await last.abort();
  }, { transactionalId: 'open', maxInFlightRequests: 1, idempotent: true });

  const { messages } = await compare(t, topic);
  const all = Array.from(messages.records.values()).flat().join('\n');
  for (const kept of ['between', 'kept-', 'kept-after', `"control":${Control.tick}`, `"control":${Control.down}`, '"code":"control_unknown"', 'null null', '3000000 bytes']) t.match(all, kept, `${kept} is among them`);
  t.notMatch(all, 'given-up');
  await compare(t, topic, { maxPollRecords: 7 });
  await compare(t, topic, { from: 120 });
});

t.test('a compacted topic has gaps, and batches without a record', async (t) => {
  const topic = 'compacted';
  await make(topic, { 'cleanup.policy': 'compact', 'segment.ms': '200', 'min.cleanable.dirty.ratio': '0.001', 'min.compaction.lag.ms': '0', 'delete.retention.ms': '0' });
  const round = (name: string): kafkajs.Message[] => Array.from({ length: 60 }, (_, i) => ({ key: `key-${i}`, value: i % 10 === 9 ? null : `${name}-${i}`, partition: i % PARTITIONS }));
  await plain(async (producer) => { for (const name of ['one', 'two']) await producer.send({ topic, acks: -1, messages: round(name) }); }, { idempotent: true, maxInFlightRequests: 1 });
  await plain(async (producer) => {
    for (const compression of [CompressionTypes.GZIP, CompressionTypes.None]) await producer.send({ topic, compression, messages: [...round('three').filter((_, i) => i % 4 < 3), { key: 'alone', value: 'x', partition: 0 }] });
    for (let i = 0; i < 4; i++) {
      await wait(400);
      await producer.send({ topic, messages: Array.from({ length: PARTITIONS }, (_, partition) => ({ key: 'roll', value: String(i), partition })) });
    }
  });
  const written = 2 * 60 + 2 * 46 + 4 * PARTITIONS;
  let seen = await compare(t, topic);
  for (let tries = 0; tries < 30 && count(seen.messages) > written / 2; tries++) { await wait(2_000); seen = { ...seen, messages: await read(connectSource, topic) }; }
  t.ok(count(seen.messages) < written / 2, `the broker has compacted: ${count(seen.messages)} of ${written} are left`);
  await compare(t, topic);
  await compare(t, topic, { maxPollRecords: 1 });
});
const count = ({ records }: Seen): number => Array.from(records.values()).flat().length;

const BIG = 24_000;
t.test('a large log', async (t) => {
  await make('big');
  await plain(async (producer) => {
    for (let i = 0; i < 24; i++) {
      await producer.send({ topic: 'big', compression: i % 3 === 0 ? CompressionTypes.GZIP : CompressionTypes.None,
        messages: Array.from({ length: BIG / 24 }, (_, j) => ({ key: `${i}-${j}`, value: `${i}-${j} `.padEnd(180 + (j * 7919) % 1500, 'abcdefgh'), partition: j % PARTITIONS })) });
    }
  });
  t.equal(count((await compare(t, 'big')).batches), BIG);
});

t.test('partitions go to a second member, and come back', async (t) => {
  const group = 'shared', seen: Seen = { records: new Map(), next: new Map(), polls: 0, warnings: [] };
  const firstEnds = new AbortController();
  let polls = { first: 0, second: 0 };
  const first = read(connectBatchSource, 'big', { group, holds: PARTITIONS, maxPollRecords: 100, seen, signal: firstEnds.signal, onPoll: async () => { polls = { ...polls, first: polls.first + 1 }; await wait(40); } });
  while (polls.first < 10) await wait(20);
  const second = read(connectBatchSource, 'big', { group, holds: PARTITIONS, maxPollRecords: 100, seen, onPoll: async () => {
    polls = { ...polls, second: polls.second + 1 };
    // Some while later the first one leaves.
    if (polls.second === 15) firstEnds.abort();
    await wait(10);
  } });
  await Promise.all([first, second]);
  t.ok(polls.first > 0 && polls.second > 15, `both have read: ${polls.first} and ${polls.second} polls`);
  const expected = await read(connectSource, 'big');
  for (let partition = 0; partition < PARTITIONS; partition++) t.strictSame([...new Set(seen.records.get(partition))], expected.records.get(partition), `partition ${partition}: all of it, in order`);
  t.ok(count(seen) >= BIG);
});

t.test('a broker that is killed in the middle and comes back is read on', async (t) => {
  const restarted: Promise<unknown>[] = [];
  let isBack = false;
  const batches = await read(connectBatchSource, 'big', { maxPollRecords: 100, holds: PARTITIONS, mayEnd: () => isBack, onPoll: async (polls) => {
    if (polls !== 40) return;
    process.kill((await stackStatus({ home })).find(({ name }) => name === 'kafka')!.pid!, 'SIGKILL');
    restarted.push(wait(1_500).then(() => startStack(stack)).then(() => { isBack = true; }));
  } });
  t.equal(restarted.length, 1);
  await Promise.all(restarted);
  t.match(batches.warnings.join('\n'), /the connection to the broker at .* is lost/);
  const messages = await read(connectSource, 'big');
  t.strictSame(batches.records, messages.records);
});

t.test('a codec that is not read here is left to the library', async (t) => {
  await make('lz4');
  for (const compression of ['gzip', 'lz4', 'gzip'] as const) {
    const producer = await connectProducer({ brokers, compression });
    for (let i = 0; i < 3_000; i++) producer.produce('lz4', i % 2, Buffer.from(`${compression} ${i} `.padEnd(200, 'x')), `key-${i}`);
    await producer.flush(20_000);
    await producer.disconnect();
  }
  const { batches } = await compare(t, 'lz4');
  t.equal(count(batches), 9_000);
  t.match(batches.warnings, [/^lz4\/\d is read by the library from offset \d+ on: its batch is compressed by lz4$/, /^lz4\//]);
});

t.test('also where nothing else is there, on many partitions, while several start at once', async (t) => {
  const topic = 'lz4-only', numPartitions = 8, each = 50;
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions }] });
  const producer = await connectProducer({ brokers, compression: 'lz4' });
  for (let i = 0; i < each * numPartitions; i++) producer.produce(topic, i % numPartitions, Buffer.from(`${i} `.padEnd(200, 'x')), `key-${i}`);
  await producer.flush(20_000);
  await producer.disconnect();
  /** Where reading stands on each partition; Infinity where something was passed over or came twice. */
  const readAll = async (group: string): Promise<number[]> => {
    const source = await connectBatchSource({ brokers, group, topics: [topic], onWarning: () => undefined });
    const next = new Array<number>(numPartitions).fill(0);
    for await (const event of source.events(AbortSignal.timeout(10_000))) {
      if (event.kind === 'assigned') for (const partition of event.partitions) { await source.range(partition); source.start({ ...partition, offset: 0 }); }
      else if (event.kind === 'revoked') event.release();
      else if (event.kind === 'poll') next[event.poll.partition] = event.poll.record(0).offset === next[event.poll.partition] ? event.poll.nextOffset : Infinity;
      if (next.every((offset) => offset === each)) break;
    }
    await source.close();
    return next;
  };
  for (let round = 0; round < 4; round++) {
    for (const next of await Promise.all([0, 1, 2].map((reader) => readAll(`lz4-only-${round}-${reader}`)))) t.strictSame(next, Array(numPartitions).fill(each));
  }
});

t.test('an offset that the log does not hold is an error, not a guess', async (t) => {
  await t.rejects(read(connectBatchSource, 'big', { from: 1_000_000 }), { name: 'KafkaSourceError', code: 'offset_out_of_range', message: /^big\/\d: offset 1000000 lies outside/ });
});
