import avro from 'avsc';
import { partitionOf } from '../../connectors/kafka/partitioner.ts';
import { type OddsUpdate, OddsUpdateSchema } from '../../schemas/generated/odds-update.ts';

/** The workload of the benchmark: the same updates on every machine. A benchmark with too few markets and providers lies, so there are 10,000 × 20. */
export const workload = { markets: 10_000, providers: 20, partitions: 8, updatesPerEventMs: 50, jitterMs: 200, startMs: 1_760_000_000_000, windowMs: 1_000, latenessMs: 500 } as const;

export interface WorkloadUpdate { readonly key: string; readonly partition: number; readonly timestamp: number; readonly provider: string; readonly odds: Readonly<Record<string, number>> }

/** Numbers from 0 to 1 that are the same on every run (mulberry32). */
export const seeded = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};

/** When the workload says an update was made, epoch ms, before its jitter. */
const ofWorkload = (i: number): number => workload.startMs + Math.floor(i / workload.updatesPerEventMs);

type Told = 'timestamp' | 'provider' | 'sport' | 'event_id' | 'market' | 'odds';

/** Writes updates in Confluent wire format; what is not told of them is as the schema has it by default. */
export const wireWriter = (schemaId: number): ((update: Pick<OddsUpdate, Told> & Partial<OddsUpdate>) => Buffer) => {
  const type = avro.Type.forSchema(JSON.parse(OddsUpdateSchema.avsc) as avro.Schema);
  const defaults = { volume: null, status: 'open', in_play: false, starts_at: null, observed_at: null, sequence: null, repeat: false, currency: null, commission: 0, limits: {}, lay: {}, lay_limits: {} };
  const header = Buffer.alloc(5);
  header.writeInt32BE(schemaId, 1);
  return (update) => Buffer.concat([header, type.toBuffer({ ...defaults, ...update })]);
};

/** The updates in order, with the bytes of their values in Confluent wire format; `timeOf` gives another time to each than the workload's. */
export function* updates(records: number, schemaId: number, timeOf: (i: number) => number = ofWorkload): Generator<WorkloadUpdate & { readonly value: Buffer }> {
  const random = seeded(12_345);
  const wire = wireWriter(schemaId);
  const markets = Array.from({ length: workload.markets }, (_, i) => {
    const sport = ['soccer', 'tennis', 'basketball'][i % 3]!, event = `evt_${100_000 + (i >> 1)}`, market = i % 2 === 1 ? '1x2' : 'totals:2.5';
    const key = `${sport}:${event}:${market}`;
    return { sport, event, market, key, partition: partitionOf(key, workload.partitions), p: [0.45 + 0.1 * random(), 0.28, 0.27 - 0.1 * random()] as const };
  });
  const price = (p: number): number => Math.round(100 / (p * (1 + 0.05 * random()))) / 100;
  for (let i = 0; i < records; i++) {
    const { sport, event, market, key, partition, p } = markets[Math.floor(random() * workload.markets)]!;
    const timestamp = timeOf(i) - Math.floor(random() * workload.jitterMs);
    const odds = { home: price(p[0]), draw: price(p[1]), away: price(p[2]) };
    const provider = `bookmaker_${Math.floor(random() * workload.providers)}`;
    yield { key, partition, timestamp, provider, odds, value: wire({ timestamp, provider, sport, event_id: event, market, odds }) };
  }
}

/** When the ticks that close the last windows are due, epoch ms. */
export const endMs = (records: number): number => workload.startMs + Math.ceil(records / workload.updatesPerEventMs) + workload.windowMs + workload.latenessMs;
