/*
 * Child of latency.ts: sends the workload's updates at a fixed rate with the times of now, whoever can or cannot keep up (an open loop), and says how many
 * were sent, the time up to which they are, epoch ms, and by how much it was late itself at the worst. node ops/program.cjs ops/bench/latency-feed.ts <brokers> <topic> <schema id> <updates/s> <seconds>
 */
import { setTimeout as wait } from 'node:timers/promises';
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { updates } from './workload.ts';

const [brokers, topic, schemaId, rate, seconds] = process.argv.slice(2) as [string, string, string, string, string];
/** How often what is due is sent, ms. */
const STEP_MS = 5;

const producer = await connectProducer({ brokers });
await producer.partitions(topic);
const perMs = Number(rate) / 1_000, records = Math.round(Number(rate) * Number(seconds)), startMs = Date.now();
let sent = 0, worstMs = 0;
for (const { partition, key, value } of updates(records, Number(schemaId), (i) => startMs + Math.floor(i / perMs))) {
  // What is due has its own time, however late it is sent: waiting must not make the figures better.
  while (sent >= (Date.now() - startMs) * perMs) {
    await producer.ready();
    await wait(STEP_MS);
  }
  const lateMs = Date.now() - startMs - sent / perMs;
  if (lateMs > worstMs) worstMs = lateMs;
  producer.produce(topic, partition, value, key);
  sent++;
}
await producer.flush(60_000);
await producer.disconnect();
console.log(JSON.stringify({ sent, endMs: startMs + Math.floor((sent - 1) / perMs), worstMs: Math.round(worstMs) }));
process.exit(0);
