/*
 * Child of latency.ts: a read_committed subscriber, which says for each window's end when its values could be seen: a line `<window end, epoch ms> <epoch ms> <how many values>` for
 * each window in what came together. A line `ready` comes first. It reads record batches, as our pipelines do: kafkajs took 30 ms of a shared core to make objects of a window's 6,300
 * records, which is no latency of the engine's. node ops/program.cjs ops/bench/latency-subscriber.ts <brokers> <topic>
 */
import avro from 'avsc';
import { connectBatchSource } from '../../connectors/kafka/fetch/source.ts';
import { HEADER_BYTES } from '../../runtime/door.ts';

const [brokers, topic] = process.argv.slice(2) as [string, string];
/** The first field of a value: more is not decoded, since the subscriber shares the machine with what is measured. */
const timestamp = avro.Type.forSchema('long');
const source = await connectBatchSource({ brokers, group: `bench-latency-${process.pid}`, topics: [topic], onWarning: (message) => { console.error(message); } });
for await (const event of source.events(new AbortController().signal)) {
  const nowMs = Date.now(), counts = new Map<number, number>();
  if (event.kind === 'assigned') {
    for (const partition of event.partitions) source.start({ ...partition, offset: (await source.range(partition)).end });
    process.stdout.write('ready\n');
  }
  if (event.kind !== 'poll') continue;
  for (let i = 0; i < event.poll.size; i++) {
    const { valueBytes, valueStart } = event.poll.record(i);
    if (valueStart < 0) continue;
    const { value: endMs } = timestamp.decode(Buffer.from(valueBytes.buffer, valueBytes.byteOffset, valueBytes.length), valueStart + HEADER_BYTES) as { value: number };
    counts.set(endMs, (counts.get(endMs) ?? 0) + 1);
  }
  for (const [endMs, count] of counts) process.stdout.write(`${endMs} ${nowMs} ${count}\n`);
}
