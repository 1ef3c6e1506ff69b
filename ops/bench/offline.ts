/*
 * Where the engine's CPU goes, without a server: the benchmark's workload as record batches in memory, taken through the walk, the door and best-odds, stage by
 * stage. Prints CPU-seconds per million records of each run (the first one is cold) and the median of the others; the outputs of the first are held against
 * the offline reference. For a profile: node --cpu-prof ops/program.cjs ops/bench/offline.ts --targets best,arbitrages --repeats 1
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { gzipSync } from 'node:zlib';
import avro from 'avsc';
import { Command } from 'commander';
import { BatchPoll } from '../../connectors/kafka/fetch/batch-poll.ts';
import { crc32c } from '../../connectors/kafka/fetch/crc32c.ts';
import { SectionWalk } from '../../connectors/kafka/fetch/section-walk.ts';
import bestOddsPipeline from '../../pipelines/best-odds/pipeline.ts';
import { Decoders, Door } from '../../runtime/door.ts';
import { Dictionary } from '../../schemas/codec/dictionary.ts';
import type { Encoded } from '../../schemas/codec/encoded.ts';
import { topics } from '../../schemas/topics.ts';
import { Task } from '../../stream/task.ts';
import { start } from '../../stream/topology.ts';
import { BestDigest, referenceDigest } from './reference.ts';
import { endMs, updates, workload } from './workload.ts';

const program = new Command('offline').description('take the workload through best-odds in memory, with its output checked')
  .option('--records <n>', 'updates', '1000000')
  .option('--repeats <n>', 'measured runs', '5')
  .option('--targets <names>', "targets that are wanted, by comma; 'walk' or 'door' to go no further than that", 'best,arbitrages')
  .option('--compression <name>', 'gzip or none', 'gzip')
  .option('--log <file>', 'where the workload is kept from one time to the next; name it by records and compression')
  .option('--no-check', 'leave the reference out');
program.parse();
const options = program.opts<{ records: string; repeats: string; targets: string; compression: string; log?: string; check: boolean }>();
const records = Number(options.records), repeats = Number(options.repeats);

/** As what the feeds write comes out: some hundreds of records a batch. */
const RECORDS_PER_BATCH = 1_000;
/** What the source asks of a partition at a time, and hands on in one poll. */
const SECTION_BYTES = 1 << 20, POLL_RECORDS = 2_000;
const SCHEMA_ID = 1;

const type = avro.Type.forSchema(JSON.parse(topics.bestOdds.schema.avsc) as avro.Schema);

/** One partition's log, as record batches of Kafka's format 2. */
class Log {
  readonly sections: Buffer[] = [];
  #batches: Buffer[] = [];
  #bytes = 0;
  #records = Buffer.alloc(RECORDS_PER_BATCH * 1_024);
  #at = 0;
  #count = 0;
  #next = 0;

  add(key: string, value: Buffer): void {
    const keyBytes = Buffer.from(key), scratch = Buffer.alloc(64);
    let at = 1; //  attributes
    at = varint(scratch, at, 0);
    at = varint(scratch, at, this.#count);
    at = varint(scratch, at, keyBytes.length);
    const head = at;
    at = varint(scratch, at, value.length);
    this.#at = varint(this.#records, this.#at, at + keyBytes.length + value.length + 1);
    this.#at += scratch.copy(this.#records, this.#at, 0, head);
    this.#at += keyBytes.copy(this.#records, this.#at);
    this.#at += scratch.copy(this.#records, this.#at, head, at);
    this.#at += value.copy(this.#records, this.#at);
    this.#records[this.#at++] = 0; //  no headers
    if (++this.#count === RECORDS_PER_BATCH) this.end();
  }

  end(): void {
    if (this.#count > 0) {
      const plain = this.#records.subarray(0, this.#at), isGzip = options.compression === 'gzip';
      const body = isGzip ? gzipSync(plain, { level: 1 }) : plain;
      const batch = Buffer.alloc(61 + body.length);
      body.copy(batch, 61);
      batch.writeBigInt64BE(BigInt(this.#next), 0);
      batch.writeInt32BE(batch.length - 12, 8);
      batch.writeInt8(2, 16);
      batch.writeInt16BE((isGzip ? 1 : 0) | 8, 21); //  the broker's own time
      batch.writeInt32BE(this.#count - 1, 23);
      batch.writeBigInt64BE(BigInt(workload.startMs), 27);
      batch.writeBigInt64BE(BigInt(endMs(records)), 35);
      batch.writeBigInt64BE(-1n, 43);
      batch.writeInt32BE(this.#count, 57);
      batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17);
      this.#batches.push(batch);
      this.#bytes += batch.length;
      this.#next += this.#count;
      this.#at = this.#count = 0;
    }
    if (this.#bytes >= SECTION_BYTES) this.close();
  }

  close(): void {
    if (this.#bytes > 0) this.sections.push(Buffer.concat(this.#batches));
    this.#batches = [];
    this.#bytes = 0;
  }
}

const varint = (into: Buffer, at: number, value: number): number => {
  let rest = value << 1;
  for (; rest >= 128; rest >>>= 7) into[at++] = (rest & 127) | 128;
  into[at++] = rest;
  return at;
};

const made = (): Buffer[][] => {
  const logs = Array.from({ length: workload.partitions }, () => new Log());
  for (const { partition, key, value } of updates(records, SCHEMA_ID)) logs[partition]!.add(key, value);
  for (const log of logs) { log.end(); log.close(); }
  return logs.map(({ sections }) => sections);
};

/** The workload's logs: making them takes longer than what is measured, so they may be kept in a file. */
const kept = (file: string): Buffer[][] => {
  if (!existsSync(file)) writeFileSync(file, serialize(made()));
  return (deserialize(readFileSync(file)) as Uint8Array[][]).map((sections) => sections.map((section) => Buffer.from(section.buffer, section.byteOffset, section.length)));
};
const logs = options.log === undefined ? made() : kept(options.log);

/** Takes every log to its end, its sections in turn, as a broker's answers come. Returns how many values each target got. */
const run = async (onBest: ((partition: number, values: Encoded) => void) | undefined): Promise<Map<string, number>> => {
  const { topology } = bestOddsPipeline;
  const isWalk = options.targets === 'walk', isDoor = options.targets === 'door';
  const config = bestOddsPipeline.config.parse({ windowMs: workload.windowMs, latenessMs: workload.latenessMs });
  const wants = isWalk || isDoor ? [] : options.targets.split(',');
  const decoders = new Decoders(topology.source, topology.reads, () => Promise.resolve(topics.oddsUpdates.schema.avsc));
  await decoders.load(SCHEMA_ID);
  const published = new Map<string, number>();
  const tasks = logs.map((_, partition) => {
    const task = new Task(partition, { keys: new Dictionary(), strings: new Dictionary() }, () => SCHEMA_ID);
    const door = new Door(topology.source, task, decoders, { pipeline: 'best-odds', maxSkewMs: 500, passedOver: new Map() }, (_record, code) => { throw new Error(`a record is dead: ${code}`); });
    const process = start(topology, config, wants, task, (name, values) => {
      published.set(name, (published.get(name) ?? 0) + values.size);
      if (name === 'best') onBest?.(partition, values);
    });
    return { task, door, process, offset: 0 };
  });
  const poll = new BatchPoll(POLL_RECORDS);
  const rounds = Math.max(...logs.map((sections) => sections.length));
  for (let round = 0; round < rounds; round++) {
    for (const [partition, sections] of logs.entries()) {
      const section = sections[round], running = tasks[partition]!, { door, process } = running;
      if (section === undefined) continue;
      const walk = new SectionWalk(`${partition}`, section, 0, section.length, running.offset, []);
      while (!walk.isDone) {
        poll.reset('bench', partition, running.offset, Infinity);
        walk.fill(poll);
        running.offset = walk.nextOffset;
        if (isWalk) continue;
        door.admit(poll, 0, Infinity);
        if (!isDoor) process(door.columns);
        door.columns.clear();
      }
    }
  }
  if (!isWalk && !isDoor) {
    for (const { task, door, process } of tasks) {
      door.columns.appendControl(1, 0, endMs(records), -1);
      process(door.columns);
      door.columns.clear();
      if (task.fates.waiting !== 0) throw new Error('rows are left waiting');
    }
  }
  return published;
};

/** A fixed piece of work of the same kind (hashes over bytes, cells far apart), µs of CPU: the machine's speed at the moment. */
const peer = (): number => {
  const cells = new Int32Array(1 << 22), before = process.cpuUsage();
  let hash = 1;
  for (let i = 0; i < 5_000_000; i++) {
    for (let j = 0; j < 8; j++) hash = Math.imul(hash ^ j, 16_777_619);
    cells[hash >>> 10]! += hash;
  }
  const { user, system } = process.cpuUsage(before);
  return user + system;
};
peer();

const perMillion: number[] = [], ofPeer: number[] = [], elapsed: number[] = [];
const digest = new BestDigest(), outputs: { partition: number; bytes: Uint8Array; ends: number[]; keys: string[] }[] = [];
const isChecked = options.check && options.targets.split(',').includes('best');
const keep = (partition: number, values: Encoded): void => {
  const ends: number[] = [], keys: string[] = [];
  for (let i = 0; i < values.size; i++) { ends.push(values.end(i)); keys.push(Buffer.from(values.key(i)).toString()); }
  outputs.push({ partition, bytes: values.bytes.slice(0, ends.at(-1)), ends, keys });
};
let published = new Map<string, number>();
for (let repeat = 0; repeat < repeats; repeat++) {
  const peerUs = peer();
  const cpu = process.cpuUsage(), startedMs = performance.now();
  published = await run(undefined);
  const { user, system } = process.cpuUsage(cpu);
  perMillion.push((user + system) / records);
  ofPeer.push((user + system) / records / (peerUs + peer()) * 2e6);
  elapsed.push((performance.now() - startedMs) * 1e3 / records);
}
if (isChecked) {
  await run(keep);
  for (const { partition, bytes, ends, keys } of outputs) {
    let from = 0;
    for (const [i, end] of ends.entries()) {
      const { timestamp, outcomes } = type.fromBuffer(Buffer.from(bytes.buffer, bytes.byteOffset + from + 5, end - from - 5)) as { timestamp: number; outcomes: { outcome: string; price: number; provider: string }[] };
      digest.add({ partition, timestamp, key: keys[i]!, outcomes });
      from = end;
    }
  }
  const reference = referenceDigest(records);
  if (digest.toString() !== reference.toString()) throw new Error(`${digest.size} values that are not those of the reference, ${reference.size}`);
}
const warm = perMillion.slice(1).sort((a, b) => a - b);
process.stdout.write(`${records} updates (${options.compression}) through ${options.targets}: CPU-s per million ${perMillion.map((one) => one.toFixed(2)).join(' ')}; ` +
  `median but for the first ${(warm[warm.length >> 1] ?? NaN).toFixed(2)}; in peers ${ofPeer.map((one) => one.toFixed(1)).join(' ')}; elapsed ${elapsed.map((one) => one.toFixed(2)).join(' ')}\n` +
  `published: ${[...published].map(([name, count]) => `${name} ${count}`).join(', ')}${isChecked ? '; equal to the offline reference' : ''}; resident ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB with the workload\n`);
