/*
 * Child of latency.ts: sends the workload's updates at a fixed rate with the times of now, whoever can or cannot keep up (an open loop), and says how many
 * were sent, the times from and up to which they are, epoch ms, and by how much it was late itself at the worst. node ops/program.cjs ops/bench/latency-feed.ts <brokers> <topic> <schema id> <updates/s> <seconds>
 */
import { connectProducer } from '../../connectors/kafka/producer.ts';
import { MadeLoad } from './made-load.ts';
import { updates } from './workload.ts';

const [brokers, topic, schemaId, rate, seconds] = process.argv.slice(2) as [string, string, string, string, string];
/** How often what is due is sent, ms. */
const STEP_MS = 5;
/** Stands for the beginning until it is known. */
const FROM_MS = Date.now();

const perMs = Number(rate) / 1_000, records = Math.round(Number(rate) * Number(seconds)), load = new MadeLoad(records);
for (const { partition, key, value, timestamp } of updates(records, Number(schemaId), (i) => FROM_MS + Math.floor(i / perMs))) load.add(partition, key, value, timestamp - FROM_MS);
const producer = await connectProducer({ brokers });
await producer.partitions(topic);
const { startMs, worstMs } = await load.send(producer, topic, perMs, STEP_MS);
await producer.disconnect();
console.log(JSON.stringify({ sent: records, startMs, endMs: startMs + Math.floor((records - 1) / perMs), worstMs }));
process.exit(0);
