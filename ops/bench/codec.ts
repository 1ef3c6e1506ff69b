import avro from 'avsc';
import { compileDecoder } from '../../schemas/codec/compile.ts';
import { Dictionary } from '../../schemas/codec/dictionary.ts';
import { Reader } from '../../schemas/codec/reader.ts';
import { OddsUpdateSchema } from '../../schemas/generated/odds-update.ts';

/*
 * How long it takes to decode an OddsUpdate of version 1 (three prices, 10,000 markets × 20 providers) into columns, as best-odds reads it:
 * timestamp, provider and odds kept, the rest walked through, the key checked and looked up.   node ops/program.cjs ops/bench/codec.ts
 * On two cores shared with other work: 440–600 ns, of which 105–140 for looking up the key.
 */
const MARKETS = 10_000, PROVIDERS = 20, RECORDS = 200_000, PER_POLL = 5_000, REPEATS = 7;

const V1 = JSON.stringify({
  type: 'record', name: 'OddsUpdate', fields: [
    { name: 'timestamp', type: 'long' }, { name: 'provider', type: 'string' }, { name: 'sport', type: 'string' }, { name: 'event_id', type: 'string' },
    { name: 'market', type: 'string' }, { name: 'odds', type: { type: 'map', values: 'double' } }, { name: 'volume', type: ['null', 'double'], default: null },
  ],
});

/** Numbers from 0 to 1 that are the same on every run (mulberry32). */
const seeded = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};

const records = (): { bytes: Uint8Array; bounds: Int32Array } => {
  const type = avro.Type.forSchema(JSON.parse(V1) as avro.Schema);
  const random = seeded(12_345);
  const price = (): number => Math.round(100 + 900 * random()) / 100;
  const bytes = Buffer.alloc(RECORDS * 200);
  const bounds = new Int32Array(3 * RECORDS); //  where the key starts, the value starts, the value ends
  let at = 0;
  for (let i = 0; i < RECORDS; i++) {
    const market = Math.floor(MARKETS * random());
    const value = {
      timestamp: 1_760_000_000_000 + Math.floor(i / 50), provider: `bookmaker_${Math.floor(PROVIDERS * random())}`, sport: ['soccer', 'tennis', 'basketball'][market % 3]!,
      event_id: `evt_${100_000 + (market >> 1)}`, market: market % 2 === 1 ? '1x2' : 'totals:2.5', odds: { home: price(), draw: price(), away: price() }, volume: null,
    };
    bounds[3 * i] = at;
    at += bytes.write(`${value.sport}:${value.event_id}:${value.market}`, at);
    bounds[3 * i + 1] = at;
    at = type.encode(value, bytes, at);
    bounds[3 * i + 2] = at;
  }
  return { bytes, bounds };
};

const { bytes, bounds } = records();
const dictionaries = { keys: new Dictionary(), strings: new Dictionary() };
const columns = OddsUpdateSchema.columns(dictionaries);
const decoder = compileDecoder({ writerAvsc: V1, readerAvsc: OddsUpdateSchema.avsc, keyFields: ['sport', 'event_id', 'market'], fields: ['timestamp', 'provider', 'odds'] });
const reader = new Reader().over(bytes);

const nanoseconds: number[] = [];
let sum = 0;
for (let repeat = 0; repeat < REPEATS; repeat++) {
  const before = process.cpuUsage();
  for (let i = 0; i < RECORDS; i++) {
    const key = bounds[3 * i]!, start = bounds[3 * i + 1]!, end = bounds[3 * i + 2]!;
    reader.position = start;
    decoder.decode(reader, end, columns, dictionaries.keys.id(bytes, key, start), i, bytes, key, start);
    if (columns.size < PER_POLL) continue;
    sum += columns.row(PER_POLL - 1).odds(columns.row(PER_POLL - 1).oddsStart);
    columns.clear();
  }
  const { user, system } = process.cpuUsage(before);
  nanoseconds.push(((user + system) * 1000) / RECORDS);
}
nanoseconds.sort((a, b) => a - b);
if (!(sum > 0) || dictionaries.keys.size > MARKETS) throw new Error('nothing was decoded');
console.log(`decode of one OddsUpdate v1, ${Math.round(bytes.length / RECORDS)} bytes at most, 3 prices: median ${Math.round(nanoseconds[REPEATS >> 1]!)} ns, ${Math.round(nanoseconds[0]!)}–${Math.round(nanoseconds.at(-1)!)} ns (CPU, ${REPEATS} × ${RECORDS} records)`);
