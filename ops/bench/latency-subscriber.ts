/*
 * Child of latency.ts: another client than the engine's (kafkajs, read_committed), which says for each window's end when its values could be seen: a line
 * `<window end, epoch ms> <epoch ms> <how many values>` for each window in what came together. A line `ready` comes first. node ops/program.cjs ops/bench/latency-subscriber.ts <brokers> <topic>
 */
import avro from 'avsc';
import { Kafka, logLevel } from 'kafkajs';

const [brokers, topic] = process.argv.slice(2) as [string, string];
/** The first field of a value, behind the header: more is not decoded, since the subscriber shares the machine with what is measured. */
const timestamp = avro.Type.forSchema('long'), HEADER_BYTES = 5;
const consumer = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).consumer({ groupId: `bench-latency-${process.pid}`, maxWaitTimeInMs: 100, minBytes: 1, maxBytesPerPartition: 4 << 20 });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: false });
consumer.on(consumer.events.GROUP_JOIN, () => { process.stdout.write('ready\n'); });
await consumer.run({
  // Nothing is to be remembered of it; and committing after each batch would delay the next one.
  autoCommit: false,
  eachBatch: ({ batch: { messages } }) => {
    const nowMs = Date.now(), counts = new Map<number, number>();
    for (const { value } of messages) {
      if (value === null) continue;
      const { value: endMs } = timestamp.decode(value, HEADER_BYTES) as { value: number };
      counts.set(endMs, (counts.get(endMs) ?? 0) + 1);
    }
    for (const [endMs, count] of counts) process.stdout.write(`${endMs} ${nowMs} ${count}\n`);
    return Promise.resolve();
  },
});
