/*
 * Child of latency.ts: sends the workload's updates at a fixed rate with the times of now, whoever can or cannot keep up (an open loop), and says how many
 * were sent, the times from and up to which they are, epoch ms, and by how much it was late itself at the worst. node ops/program.cjs ops/bench/latency-feed.ts <brokers> <topic> <schema id> <updates/s> <seconds>
 */
import { setTimeout as wait } from 'node:timers/promises';
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { ByteSink } from '../../schemas/codec/byte-sink.ts';
import { updates } from './workload.ts';

const [brokers, topic, schemaId, rate, seconds] = process.argv.slice(2) as [string, string, string, string, string];
/** How often what is due is sent, ms. */
const STEP_MS = 5;
/** Stands for the beginning until it is known. */
const FROM_MS = Date.now();
/** More than any value of the workload has. */
const MOST_BYTES = 160;
const WIRE_HEADER_BYTES = 5;

const sink = new ByteSink();
/** Puts a time, epoch ms, into the first field of a value, in the place of one whose encoding is as long. */
const writeTime = (value: Buffer, timeMs: number): void => {
  sink.position = 0;
  sink.long(timeMs);
  value.set(sink.bytes.subarray(0, sink.position), WIRE_HEADER_BYTES);
};

const perMs = Number(rate) / 1_000, records = Math.round(Number(rate) * Number(seconds));
/** Made before it is due: what the load takes of the cores while it is sent, it takes from what is measured. */
const bytes = Buffer.alloc(records * MOST_BYTES), ends = new Float64Array(records + 1), times = new Float64Array(records), partitions = new Uint8Array(records), keys: string[] = [];
for (const { partition, key, value, timestamp } of updates(records, Number(schemaId), (i) => FROM_MS + Math.floor(i / perMs))) {
  const index = keys.push(key) - 1, start = ends[index]!;
  ends[index + 1] = start + value.copy(bytes, start);
  partitions[index] = partition;
  times[index] = timestamp - FROM_MS;
}
const producer = await connectProducer({ brokers });
await producer.partitions(topic);
const startMs = Date.now();
let sent = 0, worstMs = 0;
while (sent < records) {
  // What is due has its own time, however late it is sent: waiting must not make the figures better.
  while (sent >= (Date.now() - startMs) * perMs) {
    await producer.ready();
    await wait(STEP_MS);
  }
  const lateMs = Date.now() - startMs - sent / perMs;
  if (lateMs > worstMs) worstMs = lateMs;
  const value = bytes.subarray(ends[sent], ends[sent + 1]);
  writeTime(value, startMs + times[sent]!);
  producer.produce(topic, partitions[sent]!, value, keys[sent]!);
  sent++;
}
await producer.flush(60_000);
await producer.disconnect();
console.log(JSON.stringify({ sent, startMs, endMs: startMs + Math.floor((sent - 1) / perMs), worstMs: Math.round(worstMs) }));
process.exit(0);
