import { randomBytes } from 'node:crypto';
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
import { securityOf } from '../brokers.ts';
import { addressHeaders, CONTROL_KEY, controlHeaders, tickHeaders } from '../control.ts';
import { connectClient, KafkaProducer } from '../producer.ts';
import { connectSource, type KafkaSourceOptions } from '../source.ts';
import { openConnection } from './connection.ts';
import { readPartition } from './read-partition.ts';
import { connectBatchSource } from './source.ts';
import { addressesOf, decodeFetch, encodeFetch, requests } from './wire.ts';

// The same log, read by the library's consumer and as record batches, must be the same records. Nothing here waits for a time to pass, but for what is to happen.
t.setTimeout(900_000);
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
const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
const make = (topic: string, settings: Record<string, string> = {}): Promise<boolean> => admin.createTopics({ waitForLeaders: true, topics: [{
  topic, numPartitions: PARTITIONS,
  configEntries: Object.entries({ 'message.timestamp.type': 'LogAppendTime', 'max.message.bytes': '4194304', ...settings }).map(([name, value]) => ({ name, value })),
}] });

const plain = async (send: (producer: kafkajs.Producer) => Promise<unknown>, options: kafkajs.ProducerConfig = {}): Promise<void> => {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner, ...options });
  await producer.connect();
  await send(producer);
  await producer.disconnect();
};
/** The library's own consumer never says how far it has come behind its last record: each partition ends with one by which a reader knows that it is through. */
const LAST = 'the last one';
const endTopic = (topic: string): Promise<void> => plain((producer) => producer.send({ topic, messages: partitions.map((partition) => ({ key: LAST, value: LAST, partition })) }));

type Connect = (options: KafkaSourceOptions) => Promise<Source>;
/** What was read of each partition, by its name, and where reading stands. */
interface Seen { readonly records: Map<string, string[]>; readonly next: Map<string, number>; readonly ended: Set<string> }
const nothing = (): Seen => ({ records: new Map(), next: new Map(), ended: new Set() });
const text = (bytes: Uint8Array, start: number, end: number): string => (start < 0 ? 'null' : end - start > 200 ? `${end - start} bytes, the last ${bytes[end - 1]}` : `'${Buffer.from(bytes.slice(start, end)).toString('latin1')}'`);
const isLast = (bytes: Uint8Array, start: number, end: number): boolean => end - start === LAST.length && Buffer.from(bytes.slice(start, end)).toString('latin1') === LAST;

let groups = 0;
interface ReadOptions {
  readonly group?: string; readonly maxPollRecords?: number; readonly from?: number; readonly seen?: Seen; readonly warnings?: string[];
  readonly onPoll?: (polls: number) => void | Promise<void>; readonly onAssigned?: () => void;
  /** While it says so, nothing is taken: partitions are begun again where they stand. */
  readonly isHeld?: () => boolean;
  readonly signal?: AbortSignal;
}
/** Reads topics up to the last record of each partition, or until it is told to stop. What `seen` is shared with goes on where another has come to. */
const read = async (connect: Connect, topics: readonly string[], options: ReadOptions = {}): Promise<Seen> => {
  const { group = `conformance-${++groups}`, maxPollRecords = 500, from, onPoll, seen = nothing(), warnings = [] } = options;
  const { records, next, ended } = seen;
  const source = await connect({ brokers, group, topics, maxPollRecords, onWarning: (message) => warnings.push(message) });
  let polls = 0;
  try {
    for await (const event of source.events(options.signal ?? new AbortController().signal)) {
      if (event.kind === 'assigned') {
        for (const { topic, partition } of event.partitions) source.start({ topic, partition, offset: next.get(`${topic}/${partition}`) ?? from ?? 0 });
        options.onAssigned?.();
      } else if (event.kind === 'revoked') {
        event.release();
      } else if (event.kind === 'poll') {
        const { poll } = event, name = `${poll.topic}/${poll.partition}`;
        if (options.isHeld?.() === true) {
          source.start({ topic: poll.topic, partition: poll.partition, offset: next.get(name) ?? from ?? 0 });
          await wait(10);
          continue;
        }
        let of = records.get(name);
        if (of === undefined) records.set(name, of = []);
        for (let i = 0; i < poll.size; i++) {
          const { offset, appendTimeMs, keyBytes, keyStart, keyEnd, valueBytes, valueStart, valueEnd, control, addressed } = poll.record(i);
          of.push(`${offset} ${appendTimeMs} ${text(keyBytes, keyStart, keyEnd)} ${text(valueBytes, valueStart, valueEnd)} ${JSON.stringify([control, addressed])}`);
          if (isLast(keyBytes, keyStart, keyEnd)) ended.add(name);
        }
        next.set(name, poll.nextOffset);
        await onPoll?.(++polls);
      }
      if (ended.size === topics.length * PARTITIONS) break;
    }
    return seen;
  } finally {
    await source.close();
  }
};

const count = ({ records }: Seen, topic = ''): number => Array.from(records).reduce((sum, [name, of]) => sum + (name.startsWith(topic) ? of.length : 0), 0);
const same = (t: Tap, batches: Seen, messages: Seen): void => {
  for (const [name, of] of messages.records) t.strictSame(batches.records.get(name), of, `${name}: the same ${of.length} records`);
  t.equal(batches.records.size, messages.records.size);
};
/** What both sources say of topics, compared. */
const compare = async (t: Tap, topics: readonly string[], options: ReadOptions = {}): Promise<Seen> => {
  const [messages, batches] = await Promise.all([read(connectSource, topics, options), read(connectBatchSource, topics, options)]);
  same(t, batches, messages);
  return messages;
};
const headersOf = (wire: { [name: string]: string }[]): Record<string, string> => Object.assign({}, ...wire) as Record<string, string>;

// Begun before all else, since a broker compacts only every fifteen seconds.
const COMPACTED = 'compacted', FILLING = 800_000;
/** Segments of no more than a mebibyte: the filling makes the broker begin new ones. */
await make(COMPACTED, { 'cleanup.policy': 'compact', 'segment.bytes': String(1 << 20), 'min.cleanable.dirty.ratio': '0.001', 'min.compaction.lag.ms': '0', 'delete.retention.ms': '0' });
const round = (name: string): kafkajs.Message[] => Array.from({ length: 60 }, (_, i) => ({ key: `key-${i}`, value: i % 10 === 9 ? null : `${name}-${i}`, partition: i % PARTITIONS }));
await plain(async (producer) => { for (const name of ['one', 'two']) await producer.send({ topic: COMPACTED, acks: -1, messages: round(name) }); }, { idempotent: true, maxInFlightRequests: 1 });
await plain(async (producer) => {
  for (const compression of [CompressionTypes.GZIP, CompressionTypes.None]) await producer.send({ topic: COMPACTED, compression, messages: [...round('three').filter((_, i) => i % 4 < 3), { key: 'alone', value: 'x', partition: 0 }] });
  for (let i = 0; i < 3; i++) for (const partition of partitions) await producer.send({ topic: COMPACTED, messages: [{ key: 'fill', value: randomBytes(FILLING), partition }] });
});
await endTopic(COMPACTED);
const WRITTEN = 2 * 60 + 2 * 46 + 3 * PARTITIONS + PARTITIONS;

t.test('values, nulls, controls, addresses, large records, transactions', async (t) => {
  const topic = 'mixed';
  await make(topic);
  const some = (name: string, count: number): kafkajs.Message[] => Array.from({ length: count }, (_, i) => ({ key: `${name}-${i}`, value: `${name} value ${i}`, partition: i % PARTITIONS }));
  const odd: kafkajs.Message[] = [
    { key: null, value: 'without a key', partition: 0 }, { key: 'without a value', value: null, partition: 0 }, { key: '', value: '', partition: 0 },
    { key: null, value: null, partition: 1, headers: headersOf(tickHeaders(1_700_000_000_000)) },
    { key: CONTROL_KEY, value: null, partition: 1, headers: headersOf(controlHeaders({ control: 'down', timestamp: 1_700_000_001_000, provider: 'bookmaker' })) },
    { key: 'k', value: 'v', partition: 2, headers: { other: 'header', more: ['a', 'b'] } },
    { key: 'k', value: null, partition: 2, headers: { 'oddstream-control': 'somersault' } }, { key: 'k', value: null, partition: 2, headers: { 'oddstream-control': ['tick', 'tick'], 'oddstream-time': '1700000000000' } },
    { key: 'k', value: 'v', partition: 2, headers: headersOf(addressHeaders({ pipeline: 'best-odds', origin: 'mixed/2/0' })) }, { key: 'k', value: 'v', partition: 2, headers: { 'oddstream-for': 'best-odds' } },
    { key: 'k', value: 'v', partition: 2, headers: { ...headersOf(addressHeaders({ pipeline: 'best-odds', origin: 'mixed/2/0' })), 'oddstream-for': ['best-odds', 'events'] } },
    { key: 'k', value: null, partition: 2, headers: { ...headersOf(addressHeaders({ pipeline: 'events', origin: 'mixed/2/1' })), ...headersOf(tickHeaders(1_700_000_002_000)) } },
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

  // Before it gets its last records: a position moves behind an aborted transaction and its marker, on which a snapshot may depend.
  const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [`${topic}/${partition}`, Number(high)]));
  const through = new AbortController(), seen = nothing();
  await read(connectBatchSource, [topic], { seen, signal: through.signal, onPoll: () => { if (Array.from(ends).every(([name, end]) => seen.next.get(name) === end)) through.abort(); } });
  t.strictSame(new Map([...seen.next].sort()), new Map([...ends].sort()), 'read to its end, markers too');

  await endTopic(topic);
  const all = Array.from((await compare(t, [topic])).records.values()).flat().join('\n');
  for (const kept of ['between', 'kept-', 'kept-after', `"control":${Control.tick}`, `"control":${Control.down}`, '"code":"control_unknown"', '"code":"control_header_repeated"', '"code":"address_malformed"',
    '"pipeline":"best-odds"', '"pipeline":"events"', 'null null', '3000000 bytes']) t.match(all, kept, `${kept} is among them`);
  t.notMatch(all, 'given-up');
  await compare(t, [topic], { maxPollRecords: 7 });
  await compare(t, [topic], { from: 120 });
});

t.test('every codec, as librdkafka writes it and as the broker does in Java', async (t) => {
  const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const, each = 1_200;
  const topics = ['by-producers', ...codecs.slice(1).map((codec) => `by-broker-${codec}`)];
  await make('by-producers');
  for (const codec of codecs.slice(1)) await make(`by-broker-${codec}`, { 'compression.type': codec });
  const produce = async (topic: string, codec: string): Promise<void> => {
    const producer = new KafkaProducer(await connectClient({ brokers, compression: 'none', lingerMs: 50 }, { 'compression.codec': codec as 'none' }), () => undefined);
    for (let i = 0; i < each; i++) producer.produce(topic, i % PARTITIONS, Buffer.from(`${codec} ${i} `.padEnd(150 + i % 50, `${i * i}`)), `key-${i}`);
    // Not compressible, and more than one block of any codec.
    for (const partition of partitions) producer.produce(topic, partition, randomBytes(700_000), 'noise');
    await producer.flush(60_000);
    await producer.disconnect();
  };
  for (const codec of codecs) await produce('by-producers', codec);
  for (const codec of codecs.slice(1)) await produce(`by-broker-${codec}`, 'none');
  for (const topic of topics) await endTopic(topic);

  const found = new Set<number>();
  for (const topic of topics) await readAnswers(topic, (codec) => found.add(codec));
  t.strictSame([...found].sort(), [0, 1, 2, 3, 4], 'all of them are in the log');
  const messages = await compare(t, topics);
  t.equal(count(messages, 'by-producers'), codecs.length * (each + PARTITIONS) + PARTITIONS);
  for (const topic of topics.slice(1)) t.equal(count(messages, `${topic}/`), each + 2 * PARTITIONS);
});

/** Which codecs the batches of a topic's first partition are compressed by. */
const readAnswers = async (topic: string, found: (codec: number) => void): Promise<void> => {
  const connection = await openConnection(addressesOf(brokers)[0]!, 'test', securityOf(brokers));
  for (let offset = 0, end = 1; offset < end;) {
    const answer = await connection.request(requests.fetch, (writer) => { encodeFetch(writer, [{ topic, partition: 0, offset, epoch: -1 }], { maxWaitMs: 100, maxBytes: 8 << 20, maxPartitionBytes: 8 << 20 }); });
    const section = decodeFetch(answer).sections[0]!;
    end = section.highWatermark;
    for (let at = section.start; at + 61 <= section.end && at + 12 + answer.readInt32BE(at + 8) <= section.end; at += 12 + answer.readInt32BE(at + 8)) {
      found(answer.readInt16BE(at + 21) & 7);
      offset = Number(answer.readBigInt64BE(at)) + answer.readInt32BE(at + 23) + 1;
    }
  }
  connection.close();
};

const BIG = 24_000;
t.test('a large log', async (t) => {
  await make('big');
  await plain(async (producer) => {
    for (let i = 0; i < 24; i++) {
      await producer.send({ topic: 'big', compression: i % 3 === 0 ? CompressionTypes.GZIP : CompressionTypes.None,
        messages: Array.from({ length: BIG / 24 }, (_, j) => ({ key: `${i}-${j}`, value: `${i}-${j} `.padEnd(180 + (j * 7919) % 1500, 'abcdefgh'), partition: j % PARTITIONS })) });
    }
  });
  await endTopic('big');
  big = await compare(t, ['big']);
  t.equal(count(big), BIG + PARTITIONS);
});
/** What the library reads of it. */
let big = nothing();

t.test('partitions go to a second member, and come back', async (t) => {
  const group = 'shared', seen = nothing();
  const firstEnds = new AbortController();
  let hasSecond = false;
  const polls = { first: 0, second: 0 };
  let tenPolls: () => void = () => undefined;
  const hasTen = new Promise<void>((resolve) => { tenPolls = resolve; });
  // The first holds what it has at its tenth poll until the second has its own; at the fifteenth poll of that one the first leaves.
  const first = read(connectBatchSource, ['big'], { group, maxPollRecords: 100, seen, signal: firstEnds.signal, isHeld: () => polls.first >= 10 && !hasSecond, onPoll: (count) => { polls.first = count; if (count === 10) tenPolls(); } });
  await hasTen;
  const second = read(connectBatchSource, ['big'], { group, maxPollRecords: 100, seen, onAssigned: () => { hasSecond = true; }, onPoll: (count) => { polls.second = count; if (count === 15) firstEnds.abort(); } });
  await Promise.all([first, second]);
  t.ok(polls.first >= 10 && polls.second >= 15, `both have read: ${polls.first} and ${polls.second} polls`);
  for (const [name, of] of big.records) t.strictSame([...new Set(seen.records.get(name))], of, `${name}: all of it, in order`);
});

t.test('a broker that is killed in the middle and comes back is read on', async (t) => {
  let restarted: Promise<unknown> | undefined;
  const warnings: string[] = [];
  const batches = await read(connectBatchSource, ['big'], { maxPollRecords: 100, warnings, onPoll: async (polls) => {
    if (polls !== 40) return;
    process.kill((await stackStatus({ home })).find(({ name }) => name === 'kafka')!.pid!, 'SIGKILL');
    while ((await stackStatus({ home })).find(({ name }) => name === 'kafka')!.state === 'up') await wait(20);
    restarted = startStack(stack);
  } });
  t.ok(restarted);
  await restarted;
  t.match(warnings.join('\n'), /the connection to the broker at .* is lost/);
  t.strictSame(batches.records, big.records);
});

t.test('a compacted topic has gaps, and batches without a record', async (t) => {
  /** How many records are left of it. */
  const left = async (): Promise<number> => {
    let count = 0;
    for (const partition of partitions) await readPartition({ brokers, clientId: 'test', topic: COMPACTED, partition, from: 0, take: ({ size }) => { count += size; } });
    return count;
  };
  while (await left() > WRITTEN / 2) await wait(500);
  // The broker may be at it: what both have read between two counts that agree is the same log.
  for (let before = await left(); ;) {
    const [messages, batches] = await Promise.all([read(connectSource, [COMPACTED]), read(connectBatchSource, [COMPACTED])]);
    const after = await left();
    if (after !== before) { before = after; continue; }
    t.comment(`${after} of ${WRITTEN} records are left`);
    same(t, batches, messages);
    t.equal(count(batches), after);
    break;
  }
  await compare(t, [COMPACTED], { maxPollRecords: 1 });
});

t.test('an offset that the log does not hold is an error, not a guess', async (t) => {
  await t.rejects(read(connectBatchSource, ['big'], { from: 1_000_000 }), { name: 'KafkaSourceError', code: 'offset_out_of_range', message: /^big\/\d: offset 1000000 lies outside/ });
});

for (const [what, catchUpMs, isSecondLast] of [['by default', undefined, true], ['who writes at once', 10_000, false]] as const) {
  t.test(`what came while its reader was busy: ${what}`, async (t) => {
    const topic = `busy-${isSecondLast}`, said: string[] = [], send = (value: string) => plain((producer) => producer.send({ topic, messages: [{ value, partition: 0 }] }));
    await make(topic);
    const source = await connectBatchSource({ brokers, group: topic, topics: [topic], onWarning: t.fail, ...(catchUpMs === undefined ? {} : { catchUpMs }) });
    t.teardown(() => source.close());
    for await (const event of source.events(new AbortController().signal)) {
      if (event.kind === 'assigned') {
        for (const partition of event.partitions) source.start({ ...partition, offset: 0 });
        await send('one');
      }
      if (event.kind !== 'poll') continue;
      for (let i = 0; i < event.poll.size; i++) {
        const { valueBytes, valueStart, valueEnd } = event.poll.record(i);
        said.push(`${text(valueBytes, valueStart, valueEnd)}${event.isLast ? ', the last' : ''}`);
      }
      if (said.length === 3) break;
      if (said.length > 1) continue;
      await send('two');
      await wait(1_000); //  until it has been fetched: nobody tells of that
      await send('three'); //  nothing more is fetched before 'two' is taken
    }
    t.strictSame(said.slice(1, 2), [`'two'${isSecondLast ? ', the last' : ''}`]);
    t.match(said[2], /^'three'/);
  });
}
