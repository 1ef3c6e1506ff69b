import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { bestOdds, type BestOddsConfig } from './topology.ts';
import { type LogEntry, replay, type Replayed, type Written } from '../../stream/testing/replay.ts';
import { everyTopologyRule, outputsByKey, withoutLineage } from '../../stream/testing/rules.ts';
import type { OddsUpdate } from '../../schemas/generated/odds-update.ts';

const START_MS = 1_700_000_000_000;
const config: BestOddsConfig = { windowMs: 1_000, latenessMs: 500, quoteTtlMs: 8_000, maxLegAgeMs: 3_000, stakeStepMinor: 100, stakeStepsMinor: {} };

type Entry = LogEntry<OddsUpdate>;
const prices = fc.constantFrom(1.5, 1.9, 2, 2.05, 2.1, 2.3, 3.2, 3.5, 4, 4.4);
const odds = fc.oneof(
  { weight: 8, arbitrary: fc.record({ home: prices, draw: prices, away: prices }) },
  { weight: 1, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.record({ home: prices, away: prices }) },
);
const step = fc.record({
  gapMs: fc.oneof({ weight: 9, arbitrary: fc.nat(400) }, { weight: 1, arbitrary: fc.integer({ min: 1_000, max: 12_000 }) }),
  /** Up to the lateness it is out of order, beyond it is late. */
  backMs: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.nat(500) }, { weight: 1, arbitrary: fc.nat(9_000) }),
  kind: fc.oneof({ weight: 16, arbitrary: fc.constant('value' as const) }, { weight: 2, arbitrary: fc.constant('tick' as const) }, { weight: 1, arbitrary: fc.constantFrom('up' as const, 'down' as const, 'confirm' as const) }),
  market: fc.nat(2), provider: fc.nat(3), odds,
  status: fc.oneof({ weight: 9, arbitrary: fc.constant('open' as const) }, { weight: 1, arbitrary: fc.constantFrom('suspended' as const, 'closed' as const) }),
  lay: fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.record({ home: prices }) }),
  limit: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.record({ home: fc.constantFrom(500, 10_000) }) }),
  commission: fc.constantFrom(0, 0, 0, 0.02), inPlay: fc.boolean(),
});
const entryOf = (s: typeof step extends fc.Arbitrary<infer S> ? S : never, timestamp: number): Entry => s.kind === 'value'
  ? { value: { timestamp, provider: `book${s.provider}`, sport: 'football', event_id: `e${s.market}`, market: s.market === 2 ? 'totals:2.5' : '1x2', odds: s.odds as Record<string, number>, volume: null,
      status: s.status, in_play: s.inPlay, starts_at: null, observed_at: null, sequence: null, repeat: false, currency: null, commission: s.commission, limits: s.limit as Record<string, number>, lay: s.lay as Record<string, number>, lay_limits: {} } }
  : { control: s.kind, timestamp, ...(s.kind === 'tick' ? {} : { provider: `book${s.provider}` }) };

const log = fc.array(step, { minLength: 1, maxLength: 80 }).map((steps) => {
  let now = START_MS;
  return steps.map((s): Entry => { now += s.gapMs; return entryOf(s, now - s.backMs); });
});
/** A log in which nothing is later than the lateness. */
const punctual = fc.array(step, { minLength: 1, maxLength: 80 }).map((steps) => {
  let now = START_MS;
  return steps.map((s): Entry => { now += s.gapMs; return entryOf(s, now); });
});
const end: Entry = { control: 'tick', timestamp: START_MS + 10_000_000 };
const LINEAGE = ['offset', 'source_offset'];

// Statuses govern what stands when they come: in a shuffle there are none.
everyTopologyRule(t, { topology: bestOdds, configs: fc.constant(config), logs: log, lineage: LINEAGE, shuffles: { logs: punctual.map((log) => log.filter((entry) => 'value' in entry)).filter(({ length }) => length > 0), latenessMs: config.latenessMs } });

t.test('what is delivered twice in a row changes nothing but the counts', async () => {
  fc.assert(fc.property(log, (log) => {
    const once = replay(bestOdds, config, log), twice = replay(bestOdds, config, log.flatMap((entry) => [entry, entry]));
    assert.deepEqual(outputsByKey(twice, LINEAGE), outputsByKey(once, LINEAGE));
  }), { numRuns: 100 });
});

t.test('one horizon of the log is enough to go on from', async () => {
  const horizonMs = bestOdds.horizonMs(config);
  fc.assert(fc.property(punctual, fc.double({ min: 0, max: 1, noNaN: true }), (log, share) => {
    const cut = Math.floor(share * log.length);
    const cutMs = cut === 0 ? START_MS : timeOf(log[cut - 1]!), from = Math.max(0, log.findIndex((entry) => timeOf(entry) >= cutMs - horizonMs));
    const whole = replay(bestOdds, config, [...log, end], [1], ['best', 'books']);
    const rest = replay(bestOdds, config, [...log.slice(from), end], [1], ['best', 'books']);
    const after = (replayed: Replayed, cut: number) => Object.values(replayed.outputs).map((values) => values.filter(({ cause }) => cause >= cut).map(({ value }) => withoutLineage(value, LINEAGE)));
    // Statuses of before the horizon are not seen again, but a feed repeats them.
    if (log.slice(0, from).some((entry) => 'control' in entry && entry.control !== 'tick')) return;
    assert.deepEqual(after(rest, cut - from), after(whole, cut));
  }), { numRuns: 150 });
});
const timeOf = (entry: Entry): number => ('value' in entry ? entry.value.timestamp : entry.timestamp);

t.test('an arbitrage opens before it is updated or closed, and is closed once', async () => {
  let seen = 0;
  fc.assert(fc.property(log, (log) => {
    const open = new Map<string, unknown>();
    for (const { value } of replay(bestOdds, config, [...log, end]).outputs['arbitrages']!) {
      seen++;
      assert.ok(value.legs.length >= 2);
      assert.ok(value.inverse_sum < 1 || value.inverse_sum - 1 < 1e-9);
      if (value.state === 'opened') assert.ok(!open.has(value.arbitrage_id)); else assert.ok(open.has(value.arbitrage_id));
      if (value.state === 'closed') open.delete(value.arbitrage_id); else open.set(value.arbitrage_id, value);
      if (value.state !== 'closed') assert.ok(value.oldest_leg_age_ms <= config.maxLegAgeMs);
    }
    assert.equal(open.size, 0, 'all are closed once every quote has outlived its time');
  }), { numRuns: 150 });
  assert.ok(seen > 100, `arbitrages seen: ${seen}`);
});

t.test('against a reference that keeps plain objects', async () => {
  fc.assert(fc.property(punctual, (log) => {
    const got = new Map<string, Map<number, Written['value']>>();
    for (const { key, value } of replay(bestOdds, config, [...log, end], [7], ['best']).outputs['best']!) {
      const ofKey = got.get(key) ?? new Map<number, Written['value']>();
      got.set(key, ofKey.set(value.timestamp, value));
    }
    const times = new Set([...got.values()].flatMap((of) => [...of.keys()]));
    for (const at of times) {
      for (const [key, of] of got) {
        const best = of.get(at);
        if (best === undefined) continue;
        assert.deepEqual(Object.fromEntries(best.outcomes.map((o: { outcome: string; net_price: number }) => [o.outcome, o.net_price])), referenceBest(log, key, at), `${key} at ${at}`);
      }
    }
  }), { numRuns: 100 });
});

t.test('by backing everything an arbitrage stands exactly where the quotes confirmed of late are one', async () => {
  const looks = { standing: 0, tooOld: 0 };
  fc.assert(fc.property(punctual, (log) => {
    const { best = [], arbitrages = [] } = replay(bestOdds, config, [...log, end], [7], ['best', 'arbitrages']).outputs;
    for (const key of new Set(best.map(({ key }) => key).filter((key) => key.endsWith(':1x2')))) {
      const announced = arbitrages.filter(({ key: of, value }) => of === key && value.kind === 'back').map(({ value }) => value);
      for (const at of new Set([...best.filter(({ key: of }) => of === key).map(({ value }) => value.timestamp), ...announced.map(({ timestamp }) => timestamp)])) {
        const stands = announced.filter(({ timestamp }) => timestamp <= at).at(-1)?.state;
        const isArbitrage = isReferenceArbitrage(referenceBest(log, key, at, config.maxLegAgeMs));
        assert.equal(stands === 'opened' || stands === 'updated', isArbitrage, `${key} at ${at}`);
        if (isArbitrage) looks.standing++; else if (isReferenceArbitrage(referenceBest(log, key, at))) looks.tooOld++;
      }
    }
  }), { numRuns: 150 });
  assert.ok(looks.standing > 30 && looks.tooOld > 30, `standing ${looks.standing}, only with old quotes ${looks.tooOld}`);
});
const isReferenceArbitrage = ({ home = 0, draw = 0, away = 0 }: Record<string, number>): boolean => 1 / home + 1 / draw + 1 / away < 1 - 1e-12;

/** The best net price of each outcome at a window's end, of quotes confirmed within `maxAgeMs` of it, from the whole log, without any state. */
const referenceBest = (log: readonly Entry[], key: string, endMs: number, maxAgeMs = Infinity): Record<string, number> => {
  const newest = new Map<string, OddsUpdate>();
  const isLater = (a: OddsUpdate, b: OddsUpdate): boolean => a.timestamp > b.timestamp;
  for (const entry of log) {
    if (!('value' in entry) || entry.value.timestamp >= endMs) continue;
    const { value } = entry;
    if (`${value.sport}:${value.event_id}:${value.market}` !== key) continue;
    const held = newest.get(value.provider);
    if (held === undefined || isLater(value, held) || (held.timestamp === value.timestamp && isLarger(value, held))) newest.set(value.provider, value);
  }
  const best: Record<string, number> = {};
  for (const quote of newest.values()) {
    if (quote.status !== 'open' || quote.timestamp + config.quoteTtlMs <= endMs) continue;
    if (isDown(log, quote, endMs) || Math.max(quote.timestamp, confirmedAt(log, quote, endMs)) < endMs - maxAgeMs) continue;
    for (const [outcome, price] of Object.entries(quote.odds)) best[outcome] = Math.max(best[outcome] ?? 0, Number((1 + (price - 1) * (1 - quote.commission)).toFixed(10)));
  }
  return best;
};
/** The time of the newest word of a quote's provider that all it offers stands. */
const confirmedAt = (log: readonly Entry[], { provider }: OddsUpdate, endMs: number): number => {
  let confirmedMs = -Infinity;
  for (const entry of log) if ('control' in entry && entry.control === 'confirm' && entry.provider === provider && entry.timestamp < endMs) confirmedMs = Math.max(confirmedMs, entry.timestamp);
  return confirmedMs;
};
const isDown = (log: readonly Entry[], { provider, timestamp }: OddsUpdate, endMs: number): boolean => {
  let down = false, downAt = -Infinity, statusAt = -Infinity;
  for (const entry of log) {
    if ('value' in entry || entry.control === 'tick' || entry.provider !== provider || entry.timestamp >= endMs || entry.timestamp < statusAt) continue;
    statusAt = entry.timestamp;
    down = entry.control === 'down';
    if (down) downAt = entry.timestamp;
  }
  return down || timestamp <= downAt;
};
/** The order among quotes of one provider and one moment: by contents, outcomes by name. */
const isLarger = (a: OddsUpdate, b: OddsUpdate): boolean => {
  const statusOf = (quote: OddsUpdate): number => (Object.keys(quote.odds).length + Object.keys(quote.lay).length === 0 ? 2 : ['open', 'suspended', 'closed'].indexOf(quote.status));
  const head = statusOf(a) - statusOf(b) || Number(a.in_play) - Number(b.in_play) || a.commission - b.commission;
  if (head !== 0) return head > 0;
  for (const outcome of [...new Set([...Object.keys(a.odds), ...Object.keys(b.odds), ...Object.keys(a.lay), ...Object.keys(b.lay)])].sort()) {
    const by = (a.odds[outcome] ?? 0) - (b.odds[outcome] ?? 0) || (a.lay[outcome] ?? 0) - (b.lay[outcome] ?? 0)
      || (a.odds[outcome] === undefined && a.lay[outcome] === undefined ? -1 : a.limits[outcome] ?? -1) - (b.odds[outcome] === undefined && b.lay[outcome] === undefined ? -1 : b.limits[outcome] ?? -1);
    if (by !== 0) return by > 0;
  }
  return false;
};
