import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { CommandsDestination } from '../../sinks/bets/commands.ts';
import { rowsOf } from '../../sinks/rows-for-tests.ts';
import { topics } from '../../schemas/topics.ts';
const N = 2000;
const market = { isInPlay: false, fairProbability: () => undefined, offers: () => [{ provider: 'house', priceE4: 21_000, commissionPpm: 0, limitMinor: 1_000_000, currency: null }] };
const rules = { maxStakeMinor: 1e7, maxReturnMinor: 1e9, maxLegs: 20, maxParts: 4, betDelayMs: 5000, cashOutMarginPpm: 50000 };
const client = { query(q: any) {
  if (typeof q !== 'string') { const w = new Writable({ write(c, _e, cb) { bytes += c.length; cb(); }, }); return w; }
  if (q.includes('FROM accounts')) return Promise.resolve({ rows: Array.from({ length: 1000 }, (_, i) => ({ account_id: `account_${i}`, user_id: 'u', syndicate_id: null, currency: 'EUR', partition: 1, available_minor: '100000000', held_minor: '0', staked_minor: '0', receivable_minor: '0', opened_at: 1 })) });
  if (q.includes('bet_outbox_heads WHERE')) return Promise.resolve({ rows: [{ partition: 1, next_sequence: '5' }] });
  return Promise.resolve({ rows: [] });
} } as any;
let bytes = 0;
const d = new CommandsDestination({ rules, markets: () => market as any, clock: Date.now });
const records = Array.from({ length: N }, (_, i) => ({ offset: i, value: { timestamp: Date.now(), command_id: randomUUID(), account_id: `account_${i % 1000}`, action: 'place', currency: 'EUR', amount_minor: 500, provider: 'house', legs: [{ sport: 'football', event_id: `e${i % 500}`, market: '1x2', outcome: 'home', price: 2.05 }] } }));
const columns = rowsOf(topics.betCommands, records as any);
for (let round = 0; round < 60; round++) {
  const u = process.cpuUsage();
  for (let i = 0; i < columns.size; i++) d.write(columns.row(i) as any, 1, () => {});
  const mid = process.cpuUsage(u);
  await d.put(client, 0, d.records);
  const all = process.cpuUsage(u);
  if (round % 15 === 14) console.log(round, 'write', ((mid.user + mid.system) / N).toFixed(1), 'all', ((all.user + all.system) / N).toFixed(1), 'us/bet', bytes / N / (round + 1));
  d.discard();
}
