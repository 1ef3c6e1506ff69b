/*
 * node ops/program.cjs ops/bench/codecs.ts: what it costs to read a batch of 7,000 of the workload's updates by each of Kafka's codecs, as librdkafka writes it and
 * a broker sends it: size, and CPU microseconds a record from the broker's bytes to a poll, median of several rounds.
 */
import kafkajs from 'kafkajs';
import { securityOf } from '../../connectors/kafka/brokers.ts';
import { BatchPoll } from '../../connectors/kafka/fetch/batch-poll.ts';
import { openConnection } from '../../connectors/kafka/fetch/connection.ts';
import { SectionWalk } from '../../connectors/kafka/fetch/section-walk.ts';
import { addressesOf, decodeFetch, encodeFetch, requests } from '../../connectors/kafka/fetch/wire.ts';
import { connectClient, KafkaProducer } from '../../connectors/kafka/producer.ts';
import { startStack } from '../stack/stack.ts';
import { updates } from './workload.ts';

const RECORDS = 7_000, ROUNDS = 15, WALKS = 40;
const { brokers } = await startStack({ only: ['kafka'], onProgress: (line) => { console.error(line); } });
const admin = new kafkajs.Kafka({ brokers: [brokers], logCreator: () => () => undefined }).admin();
await admin.connect();
const connection = await openConnection(addressesOf(brokers)[0]!, 'bench', securityOf(brokers));
const sample = Array.from(updates(RECORDS, 1)).slice(0, RECORDS);

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  const topic = `bench-codec-${codec}-${Date.now()}`;
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'max.message.bytes', value: String(4 << 20) }] }] });
  // One batch, by the level at which pipelines write.
  const producer = new KafkaProducer(await connectClient({ brokers, compression: codec === 'gzip' ? codec : 'none', lingerMs: 1_000 }, { 'compression.codec': codec, 'batch.size': 4 << 20, 'message.max.bytes': 4 << 20 }), () => undefined);
  for (const { key, value } of sample) producer.produce(topic, 0, value, key);
  await producer.flush(30_000);
  await producer.disconnect();
  const answer = await connection.request(requests.fetch, (writer) => { encodeFetch(writer, [{ topic, partition: 0, offset: 0, epoch: -1 }], { maxWaitMs: 500, maxBytes: 8 << 20, maxPartitionBytes: 8 << 20 }); });
  const section = decodeFetch(answer).sections[0]!;
  const poll = new BatchPoll(RECORDS);
  const walk = (): void => {
    const walked = new SectionWalk(topic, answer, section.start, section.end, 0, []);
    let records = 0;
    while (!walked.isDone) {
      poll.reset(topic, 0, 0, RECORDS);
      walked.fill(poll);
      records += poll.size;
    }
    if (records !== RECORDS) throw new Error(`${topic} holds ${records} records`);
  };
  const rounds = Array.from({ length: ROUNDS + 3 }, () => {
    const before = process.cpuUsage();
    for (let i = 0; i < WALKS; i++) walk();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / WALKS / RECORDS;
  }).slice(3).sort((a, b) => a - b);
  console.log(`${codec.padEnd(6)} ${String(section.end - section.start).padStart(8)} bytes   ${rounds[ROUNDS >> 1]!.toFixed(3)} µs a record (${rounds[0]!.toFixed(3)}–${rounds.at(-1)!.toFixed(3)})`);
  await admin.deleteTopics({ topics: [topic] });
}
connection.close();
await admin.disconnect();
