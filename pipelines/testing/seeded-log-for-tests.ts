import { controlHeaders, type WireHeaders } from '../../connectors/kafka/control.ts';
import { partitionOf } from '../../connectors/kafka/partitioner.ts';
import { keyOf, updateOf, V2, wireOf } from '../../runtime/testing/records.ts';

/** A record of a log that is yet to be written. */
interface Entry { readonly partition: number; readonly key: Uint8Array | null; readonly value: ((schemaId: number) => Uint8Array) | null; readonly headers?: WireHeaders; readonly poison?: string }

/** Two minutes of event time, seeded: quotes that change, repeat, are suspended and come late; providers that fail; poison. */
export const seededLog = (partitions: number): Entry[] => {
  let state = 20_240_817;
  const random = (below: number): number => { state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff; return Math.floor(state / 0x8000_0000 * below); };
  const startMs = Math.floor(Date.now() / 1_000) * 1_000 - 600_000;
  const entries: Entry[] = [];
  const all = (headers: WireHeaders): void => { for (let partition = 0; partition < partitions; partition++) entries.push({ partition, key: null, value: null, headers }); };
  for (let nowMs = startMs, i = 0; nowMs < startMs + 120_000; nowMs += 10 + random(10), i++) {
    const provider = `book${random(6)}`;
    const update = updateOf({
      timestamp: nowMs - (random(20) === 0 ? random(3_000) : random(300)), provider, event_id: `event${random(40)}`, market: 'moneyline',
      odds: random(30) === 0 ? {} : { home: (150 + random(70)) / 100, away: (150 + random(70)) / 100 }, status: random(25) === 0 ? 'suspended' : 'open', in_play: random(2) === 0,
    });
    const key = keyOf(update), partition = partitionOf(key.toString(), partitions);
    const value = (schemaId: number): Uint8Array => wireOf(update, V2, schemaId);
    entries.push({ partition, key, value });
    if (i % 1_000 === 100) entries.push({ partition, key, value: () => Buffer.from('this is no wire format'), poison: 'not_wire_format' });
    if (i % 1_000 === 300) entries.push({ partition, key, value: (schemaId) => wireOf({ ...update, odds: { home: 0.5, away: 2 } }, V2, schemaId), poison: 'price_out_of_bounds' });
    if (i % 1_000 === 500) entries.push({ partition, key: Buffer.from('football:another:moneyline'), value, poison: 'key_mismatch' });
    if (i % 1_000 === 700) entries.push({ partition, key, value: () => wireOf(update, V2, 2_000_000_000), poison: 'unknown_schema_id' });
    if (i % 1_500 === 900) all(controlHeaders({ control: 'down', provider, timestamp: nowMs }));
    if (i % 1_500 === 1_100) for (let book = 0; book < 6; book++) all(controlHeaders({ control: 'up', provider: `book${book}`, timestamp: nowMs }));
    if (i % 60 === 0) all(controlHeaders({ control: 'tick', timestamp: nowMs }));
  }
  all(controlHeaders({ control: 'tick', timestamp: startMs + 130_000 }));
  return entries;
};
