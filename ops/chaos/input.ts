import avro from 'avsc';
import type { Random } from '../../connectors/random.ts';
import type { WireHeaders } from '../../connectors/kafka/control.ts';
import { partitionOf } from '../../connectors/kafka/partitioner.ts';
import { connectProducer, type RecordProducer } from '../../connectors/kafka/producer.ts';
import type { OddsUpdate } from '../../schemas/generated/odds-update.ts';
import { topicName, topics } from '../../schemas/topics.ts';
import { LogReader, type LogRecord } from './log.ts';
import type { Offsets, Positions } from './positions.ts';
import { shuffled } from './schedule.ts';

const TOPIC = topicName(topics.oddsUpdates);
const { partitions: PARTITIONS, keyFields } = topics.oddsUpdates;
const type = avro.Type.forSchema(JSON.parse(topics.oddsUpdates.schema.avsc) as avro.Schema);

/** What no feed of ours would write: it takes what lies in the log, and writes it again, changed. */
export class Meddler {
  readonly #brokers: string;
  readonly #positions: Positions;
  readonly #schemaId: number;

  constructor(brokers: string, positions: Positions, schemaId: number) {
    this.#brokers = brokers;
    this.#positions = positions;
    this.#schemaId = schemaId;
  }

  /** Some of the newest records once more, byte for byte, in order. */
  duplicates(random: Random): Promise<string> {
    return this.#writing(async (producer) => {
      const records = await this.#newest(random, 150);
      for (const { partition, record } of records) producer.produce(TOPIC, partition, record.value, record.key);
      return `${records.length} records again`;
    });
  }

  /** New prices a few milliseconds apart, in another order than that of their times. */
  reordered(random: Random): Promise<string> {
    return this.#writing(async (producer) => {
      const nowMs = Date.now();
      const updates = (await this.#updates(random, 150)).map((update, i, { length }) => moved(update, nowMs - 3 * (length - i), random));
      for (const update of shuffled(updates, random)) this.#put(producer, update);
      return `${updates.length} updates of ${3 * updates.length} ms`;
    });
  }

  /** New prices that come when their windows have long been closed, and some of them when they would have died. */
  late(random: Random): Promise<string> {
    return this.#writing(async (producer) => {
      const updates = (await this.#updates(random, 120)).map((update) => moved(update, Date.now() - Math.floor(random.between(300, random.happens(0.2) ? 150_000 : 20_000)), random));
      for (const update of updates) this.#put(producer, update);
      return `${updates.length} updates, up to 150 s late`;
    });
  }

  /** What must stop at the door, among records that must not. */
  poison(random: Random): Promise<string> {
    return this.#writing(async (producer) => {
      const updates = await this.#updates(random, 3 * poisons.length);
      updates.forEach((update, i) => {
        const good = moved(update, Date.now(), random), bad = poisons[i % poisons.length]!(good, (value) => this.#wire(value));
        this.#put(producer, good);
        producer.produce(TOPIC, partitionOf(keyOf(good), PARTITIONS), bad.value, bad.key, bad.headers);
      });
      return `${updates.length} poisoned records of ${Math.min(updates.length, poisons.length)} kinds`;
    });
  }

  /** Where the input ends now: what a pipeline must pass to have met what was written. */
  ends(): Promise<Offsets> { return this.#positions.ends(TOPIC); }

  async #writing(work: (producer: RecordProducer) => Promise<string>): Promise<string> {
    const producer = await connectProducer({ brokers: this.#brokers, clientId: 'oddstream-chaos' });
    try {
      const what = await work(producer);
      await producer.flush(60_000);
      return what;
    } finally {
      await producer.disconnect();
    }
  }

  async #newest(random: Random, count: number): Promise<{ readonly partition: number; readonly record: LogRecord }[]> {
    const ends = await this.ends(), records: { partition: number; record: LogRecord }[] = [];
    const reader = await LogReader.connect(this.#brokers);
    for (const partition of shuffled(Array.from(ends.keys()), random).slice(0, 3)) {
      const all = await reader.read(TOPIC, partition, Math.max(0, ends.get(partition)! - 4 * count));
      records.push(...all.filter((record) => record.control === undefined && record.value !== null && record.key !== null).slice(-Math.ceil(count / 3)).map((record) => ({ partition, record })));
    }
    await reader.close();
    return records;
  }

  /** The newest that can be read; poison of before lies among them. */
  async #updates(random: Random, count: number): Promise<OddsUpdate[]> {
    return (await this.#newest(random, count)).flatMap(({ record }) => {
      const { value, key } = record;
      if (value!.length < 5 || value!.readUInt32BE(1) !== this.#schemaId) return [];
      try {
        const update = type.fromBuffer(value!.subarray(5)) as OddsUpdate;
        return keyOf(update) === key!.toString() ? [update] : [];
      } catch {
        return [];
      }
    });
  }

  #put(producer: RecordProducer, update: OddsUpdate): void {
    const key = keyOf(update);
    producer.produce(TOPIC, partitionOf(key, PARTITIONS), this.#wire(update), key);
  }

  #wire(update: OddsUpdate): Buffer {
    const header = Buffer.alloc(5);
    header.writeUInt32BE(this.#schemaId, 1);
    return Buffer.concat([header, type.toBuffer(update)]);
  }
}

const keyOf = (update: OddsUpdate): string => keyFields.map((field) => update[field]).join(':');

/** The same offer at another time and at other prices. */
const moved = (update: OddsUpdate, timestamp: number, random: Random): OddsUpdate => ({
  ...update, timestamp, repeat: false, sequence: null,
  odds: Object.fromEntries(Object.entries(update.odds).map(([outcome, price]) => [outcome, Math.max(1.01, Math.round(Math.min(price, 1_000) * random.between(0.9, 1.1) * 100) / 100)])),
});

interface Poisoned { readonly key: string | null; readonly value: Uint8Array | null; readonly headers?: WireHeaders }

/** Each makes of a good update a record that may not be let in. */
const poisons: readonly ((good: OddsUpdate, wire: (update: OddsUpdate) => Buffer) => Poisoned)[] = [
  (good) => ({ key: keyOf(good), value: Buffer.from('this is no wire format') }),
  (good) => ({ key: keyOf(good), value: Buffer.alloc(0) }),
  (good) => ({ key: keyOf(good), value: null }),
  (good, wire) => ({ key: keyOf(good), value: wire(good).subarray(0, -3) }),
  (good, wire) => ({ key: keyOf(good), value: Buffer.concat([wire(good), Buffer.from('more')]) }),
  (good, wire) => { const value = wire(good); value.writeUInt32BE(2_000_000_000, 1); return { key: keyOf(good), value }; },
  (good, wire) => ({ key: null, value: wire(good) }),
  (good, wire) => ({ key: 'football:another:1x2', value: wire(good) }),
  (good, wire) => ({ key: keyOf(good), value: wire({ ...good, odds: { ...good.odds, home: 0.5 } }) }),
  (good, wire) => ({ key: keyOf(good), value: wire({ ...good, odds: { home: NaN } }) }),
  (good, wire) => ({ key: keyOf(good), value: wire({ ...good, timestamp: Date.now() + 3_600_000 }) }),
  (good, wire) => ({ key: keyOf(good), value: wire({ ...good, timestamp: 0 }) }),
  (good, wire) => ({ key: keyOf(good), value: wire({ ...good, provider: '' }) }),
  (good, wire) => ({ key: keyOf(good), value: wire({ ...good, provider: 'a\0b' }) }),
  (good, wire) => ({ key: keyOf(good), value: wire({ ...good, volume: -1 }) }),
  (good, wire) => ({ key: keyOf(good), value: wire(good), headers: [{ 'oddstream-control': 'sideways' }, { 'oddstream-time': String(Date.now()) }] }),
  () => ({ key: null, value: null, headers: [{ 'oddstream-control': 'tick' }, { 'oddstream-time': String(Date.now() + 3_600_000) }] }),
];
