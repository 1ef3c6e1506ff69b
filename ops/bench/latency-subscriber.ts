/*
 * Child of latency.ts: another client than the engine's (kafkajs, read_committed), which says for each window's end when its values could be seen: a line
 * `<window end, epoch ms> <epoch ms>` for each value. A line `ready` comes first. node ops/program.cjs ops/bench/latency-subscriber.ts <brokers> <topic>
 */
import avro from 'avsc';
import { Kafka, logLevel } from 'kafkajs';
import { topics } from '../../schemas/topics.ts';

const [brokers, topic] = process.argv.slice(2) as [string, string];
const type = avro.Type.forSchema(JSON.parse(topics.bestOdds.schema.avsc) as avro.Schema);
const consumer = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).consumer({ groupId: `bench-latency-${process.pid}`, maxWaitTimeInMs: 100, minBytes: 1, maxBytesPerPartition: 4 << 20 });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: false });
consumer.on(consumer.events.GROUP_JOIN, () => { process.stdout.write('ready\n'); });
await consumer.run({
  eachBatch: ({ batch: { messages } }) => {
    const nowMs = Date.now(), lines: string[] = [];
    for (const { value } of messages) if (value !== null) lines.push(`${(type.fromBuffer(value.subarray(5)) as { timestamp: number }).timestamp} ${nowMs}\n`);
    process.stdout.write(lines.join(''));
    return Promise.resolve();
  },
});
