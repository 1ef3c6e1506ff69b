import t from 'tap';
import type { OddsUpdate } from '../../schemas/generated/odds-update.ts';
import { type Scenario, scenario } from '../../stream/testing/scenario.ts';
import { bestOdds, type BestOddsConfig } from './topology.ts';

/** Windows of a second that wait half a second; so the window up to frame 1000 closes at frame 1500. */
const config: BestOddsConfig = { windowMs: 1_000, latenessMs: 500, quoteTtlMs: 8_000, maxLegAgeMs: 8_000, stakeStepMinor: 100, stakeStepsMinor: {} };

const quote = (provider: string, odds: Readonly<Record<string, number>>, more: Partial<OddsUpdate> = {}): Partial<OddsUpdate> => ({
  provider, odds: { ...odds }, sport: 'football', event_id: 'e1', market: 'moneyline', volume: null, status: 'open', in_play: false, starts_at: null, observed_at: null,
  sequence: null, repeat: false, currency: null, commission: 0, limits: {}, lay: {}, lay_limits: {}, ...more,
});
const price = (outcome: string, price: number, provider: string) => ({ outcome, price, provider });
const tick = null;

const says = (what: string, diagram: Scenario<OddsUpdate>, settings: Partial<BestOddsConfig> = {}): void => {
  t.test(what, (t) => {
    t.doesNotThrow(() => { scenario(bestOdds, { ...config, ...settings }, diagram); });
    t.end();
  });
};

says('a window closes when the watermark passes its end and the lateness', {
  input: '100ms a 399ms b 399ms c 598ms t d', //  a@100  b@500  c@900  t@1499  d@1500
  values: { a: quote('acme', { home: 2.1, away: 1.8 }), b: quote('bolt', { home: 2.15, away: 1.7 }), c: quote('acme', { home: 2.1, away: 1.95 }), t: tick, d: quote('bolt', { home: 9, away: 9 }) },
  expect: { best: ['1500ms x', { x: { timestamp: 1_000, providers: 2, outcomes: [price('away', 1.95, 'acme'), price('home', 2.15, 'bolt')] } }] },
  fates: { applied: 4, control: 1 },
});

says('a row of a later window waits for it', {
  input: '100ms a 1099ms b 299ms t 999ms t', //  a@100  b@1200  t@1500  t@2500
  values: { a: quote('acme', { home: 2 }), b: quote('acme', { home: 3 }), t: tick },
  expect: { best: ['1500ms x 999ms y', { x: { timestamp: 1_000, outcomes: [price('home', 2, 'acme')] }, y: { timestamp: 2_000, outcomes: [price('home', 3, 'acme')] } }] },
});

says('late is not lost: the newest of its provider counts in the open window, an older one than the one we hold is stale', {
  input: '100ms a 1399ms t 99ms b c 898ms t', //  a@100  t@1500  b@1600  c@1601  t@2500
  values: { a: quote('acme', { home: 2 }), t: tick, b: quote('acme', { home: 2.5 }, { timestamp: 900 }), c: quote('acme', { home: 9 }, { timestamp: 500 }) },
  expect: { best: ['1500ms x 999ms y', { x: { timestamp: 1_000, outcomes: [{ price: 2 }] }, y: { timestamp: 2_000, outcomes: [{ price: 2.5, quoted_at: 900 }] } }] },
  fates: { applied: 1, late_applied: 1, stale: 1, unchanged: 0, control: 2, dead: 0 },
});

says('late by more than a quote lives is stale', {
  input: '10500ms t a b 998ms t', //  t@10500: the window that begins at 10000 is open  a@10501  b@10502, and over before the window is  t@11501
  values: { t: tick, a: quote('acme', { home: 2 }, { timestamp: 2_000 }), b: quote('bolt', { home: 3 }, { timestamp: 2_001 }) },
  expect: { best: '' },
  fates: { stale: 1, late_applied: 1 },
});

says('an equal quote emits nothing, and keeps the quote alive', {
  input: '100ms a 999ms a 8399ms t 999ms t', //  a@100  a@1100  t@9500: at 9000 the first one would have been over  t@10500
  values: { a: quote('acme', { home: 2 }), t: tick },
  expect: { best: ['9500ms x 999ms y', { x: { timestamp: 1_000, outcomes: [{ price: 2 }] }, y: { timestamp: 10_000, outcomes: [] } }] },
  fates: { applied: 1, unchanged: 1 },
});

says('what changes and changes back within a window emits nothing', {
  input: '100ms a 1399ms t b c 997ms t', //  a@100  t@1500  b@1501  c@1502  t@2500
  values: { a: quote('acme', { home: 2 }), b: quote('acme', { home: 3 }), c: quote('acme', { home: 2 }), t: tick },
  expect: { best: ['1500ms x', { x: { outcomes: [{ price: 2 }] } }] },
});

says('an outcome that is no longer named is withdrawn', {
  input: '100ms a 999ms b 1399ms t', //  a@100  b@1100  t@2500
  values: { a: quote('acme', { home: 2, away: 1.8 }), b: quote('acme', { home: 2 }), t: tick },
  expect: { best: ['2500ms (xy)', { x: { outcomes: [price('away', 1.8, 'acme'), price('home', 2, 'acme')] }, y: { outcomes: [price('home', 2, 'acme')], inverse_sum: null } }] },
});

says('an empty offer withdraws all, and the market book is over', {
  input: '100ms a 999ms b 1399ms t', //  a@100  b@1100  t@2500
  values: { a: quote('acme', { home: 2, away: 1.8 }), b: quote('acme', {}), t: tick },
  expect: {
    best: ['2500ms (xy)', { x: { providers: 1 }, y: { providers: 0, outcomes: [] } }],
    books: ['2500ms (xy)', { x: { quotes: [{ provider: 'acme' }] }, y: null }],
  },
});

says('a suspended quote does not count until it is open again', {
  input: '100ms (ab) 999ms c 1999ms d 1999ms t', //  a, b@100  c@1103  d@3103  t@5103
  values: { a: quote('acme', { home: 2 }), b: quote('bolt', { home: 1.9 }), c: quote('acme', { home: 2 }, { status: 'suspended' }), d: quote('acme', { home: 2 }), t: tick },
  expect: {
    best: ['3103ms (xy) 1996ms z', { x: { providers: 2, outcomes: [{ provider: 'acme' }] }, y: { timestamp: 2_000, providers: 1, outcomes: [{ provider: 'bolt' }] }, z: { timestamp: 4_000, providers: 2, outcomes: [{ provider: 'acme' }] } }],
  },
});

says('the quotes of a provider that is down do not count; when it is up again, only those said since', {
  //      a, b@100      d@1100  e@2100: while it is down  t@3500  u@4100  t@5500
  input: '100ms (ab) 996ms d 999ms e 1399ms t 599ms u 1399ms t',
  values: {
    a: quote('acme', { home: 2, away: 2 }), b: quote('acme', { home: 5 }, { event_id: 'e2' }), d: { control: 'down', provider: 'acme' },
    e: quote('acme', { home: 2.2, away: 2 }), t: tick, u: { control: 'up', provider: 'acme' },
  },
  expect: {
    best: ['2100ms (ab) 1396ms (xy) 1996ms z', {
      a: { timestamp: 1_000, event_id: 'e1', providers: 1 }, b: { timestamp: 1_000, event_id: 'e2', providers: 1 },
      x: { timestamp: 2_000, event_id: 'e1', providers: 0, outcomes: [] }, y: { timestamp: 2_000, event_id: 'e2', providers: 0, outcomes: [] },
      z: { timestamp: 5_000, event_id: 'e1', providers: 1, outcomes: [{ price: 2 }, { price: 2.2 }] },
    }],
    books: ['2100ms (ab) 1396ms (xy) 1996ms z', { a: { event_id: 'e1' }, b: { event_id: 'e2' }, x: null, y: null, z: { event_id: 'e1' } }],
  },
});

says('an older status that comes later is passed over', {
  input: '2100ms u a 498ms t 99ms d 1199ms t', //  u@2100  a@2101  t@2600: both are in the open window now  d@2700, of 600  t@3900
  values: { u: { control: 'up', provider: 'acme' }, a: quote('acme', { home: 2 }), d: { control: 'down', provider: 'acme', timestamp: 600 }, t: tick },
  expect: { best: ['3900ms x', { x: { timestamp: 3_000, providers: 1 } }] },
});

says('a quote that nobody confirms expires, in a window in which nothing else happens', {
  input: '100ms a 1399ms t 9999ms t', //  a@100  t@1500  t@11500: four empty windows are passed over
  values: { a: quote('acme', { home: 2 }), t: tick },
  expect: {
    best: ['1500ms x 9999ms y', { x: { timestamp: 1_000 }, y: { timestamp: 9_000, providers: 0, outcomes: [] } }],
    books: ['1500ms x 9999ms y', { x: { timestamp: 1_000 }, y: null }],
  },
});

says('a quiet price counts for as long as it lives', {
  input: '100ms a 4999ms b 2999ms c 1399ms t', //  a@100  b@5100  c@8100  t@9500
  values: { a: quote('acme', { home: 3 }), b: quote('bolt', { home: 2 }), c: quote('bolt', { home: 2.1 }), t: tick },
  expect: {
    best: ['5100ms a 2999ms x 1399ms y', {
      a: { timestamp: 1_000 }, x: { timestamp: 6_000, providers: 2, outcomes: [{ price: 3, quoted_at: 100 }] }, y: { timestamp: 9_000, providers: 1, outcomes: [{ price: 2.1, quoted_at: 8_100 }] },
    }],
  },
});

says('of one provider and one moment the higher sequence counts, in whatever order they come', {
  input: '100ms (abc) 1396ms t', //  all at 100  t@1501
  values: { a: quote('acme', { home: 2 }, { sequence: 7 }), b: quote('acme', { home: 3 }, { sequence: 9 }), c: quote('acme', { home: 4 }, { sequence: 8 }), t: tick },
  expect: { best: ['1501ms x', { x: { outcomes: [{ price: 3 }] } }] },
  fates: { applied: 2, stale: 1 },
});

says('a broken update withdraws the quote that it was to replace, also of the same moment and with a sequence', {
  input: '100ms (abc) 996ms d 1398ms t', //  all at 100, but d@1101  t@2500
  values: {
    a: quote('acme', { home: 2 }, { sequence: 7, timestamp: 100 }), b: { dead: quote('acme', { home: 2 }, { timestamp: 100 }) }, c: quote('bolt', { home: 1.9 }),
    d: { dead: quote('bolt', { home: 3 }, { timestamp: 50 }) }, t: tick, //  older than what stands: it was to replace nothing
  },
  expect: { best: ['2500ms x', { x: { timestamp: 1_000, providers: 1, outcomes: [{ provider: 'bolt' }] } }] },
  fates: { applied: 2, dead: 2, stale: 0 },
});

says('an arbitrage is opened, updated and closed, and not announced again in between', {
  input: '100ms (ab) 996ms b 999ms c 999ms d 999ms e 1399ms t',
  values: {
    a: quote('acme', { home: 2.1 }), b: quote('bolt', { away: 2.1 }), //  b again @1100: nothing new
    c: quote('bolt', { away: 2.2 }), d: quote('core', { home: 1.5 }), e: quote('acme', { home: 1.7 }), t: tick, //  c@2100  d@3100  e@4100  t@5500
  },
  expect: {
    arbitrages: ['2100ms x 1999ms y 1399ms z', {
      x: { timestamp: 1_000, state: 'opened', kind: 'back', opened_at: 1_000, executable: true, palpable_error: false, legs: [{ ...price('home', 2.1, 'acme'), side: 'back' }, { ...price('away', 2.1, 'bolt'), side: 'back' }] },
      y: { timestamp: 3_000, state: 'updated', opened_at: 1_000, legs: [{ price: 2.1 }, { price: 2.2 }] },
      z: { timestamp: 5_000, state: 'closed', opened_at: 1_000, legs: [{ price: 2.1 }, { price: 2.2 }] },
    }],
  },
});

t.test('an arbitrage has one id from opened to closed, and another when it opens again', (t) => {
  const { outputs } = scenario(bestOdds, config, {
    input: '100ms (ab) 996ms c 999ms d 999ms c 1399ms t', values: { a: quote('acme', { home: 2.1 }), b: quote('bolt', { away: 2.1 }), c: quote('acme', { home: 1.5 }), d: quote('acme', { home: 2.1 }), t: tick }, expect: {},
  });
  const said = outputs['arbitrages']!.map(({ value }) => value as { state: string; arbitrage_id: string });
  t.strictSame(said.map(({ state }) => state), ['opened', 'closed', 'opened', 'closed']);
  t.equal(said[0]!.arbitrage_id, said[1]!.arbitrage_id);
  t.equal(said[2]!.arbitrage_id, said[3]!.arbitrage_id);
  t.not(said[0]!.arbitrage_id, said[2]!.arbitrage_id);
  t.end();
});

says('a leg that nobody confirms in time closes it, though its quote lives; a confirmation opens it again', {
  input: '100ms (ab) 2996ms b 999ms t 999ms t 99ms c 1299ms t', //  b@3100  t@4100  t@5100  c@5200  t@6500
  values: { a: quote('acme', { home: 2.1 }), b: quote('bolt', { away: 2.1 }), c: { control: 'confirm', provider: 'acme' }, t: tick },
  expect: {
    arbitrages: ['3100ms x 1999ms y 1399ms z', {
      x: { timestamp: 1_000, state: 'opened', oldest_leg_age_ms: 900 }, y: { timestamp: 4_000, state: 'closed', oldest_leg_age_ms: 3_900 }, z: { timestamp: 6_000, state: 'opened', oldest_leg_age_ms: 2_900 },
    }],
    best: ['3100ms x', { x: { timestamp: 1_000, providers: 2 } }],
  },
}, { maxLegAgeMs: 3_000 });

says('an equal quote confirms too', {
  input: '100ms (ab) 4996ms (ab) 1396ms t', //  again@5100  t@6500
  values: { a: quote('acme', { home: 2.1 }), b: quote('bolt', { away: 2.1 }), t: tick },
  expect: { arbitrages: ['5100ms (xy) 1396ms z', { x: { state: 'opened' }, y: { timestamp: 4_000, state: 'closed' }, z: { timestamp: 6_000, state: 'opened', oldest_leg_age_ms: 900 } }] },
}, { maxLegAgeMs: 3_000 });

says('an exchange counts after its commission: the best price may be the lower one, and what looks like an arbitrage is none', {
  input: '100ms (abc) 1396ms t',
  values: { a: quote('acme', { home: 1.98 }), b: quote('bolt', { away: 2.03 }), c: quote('exchange', { away: 2.06 }, { commission: 0.05 }), t: tick },
  //  exchange: 1 + 1.06 × 0.95 = 2.007;  1/1.98 + 1/2.06 < 1, but 1/1.98 + 1/2.03 > 0.997: bolt is the better one, and still an arbitrage
  expect: {
    best: ['1501ms x', { x: { outcomes: [{ ...price('away', 2.03, 'bolt'), net_price: 2.03 }, { provider: 'acme' }] } }],
    arbitrages: ['1501ms x', { x: { legs: [{ provider: 'acme' }, { provider: 'bolt' }] } }],
  },
});

says('an exchange alone is no arbitrage where its commission eats it', {
  input: '100ms (ac) 1397ms t',
  values: { a: quote('acme', { home: 1.98 }), c: quote('exchange', { away: 2.06 }, { commission: 0.05 }), t: tick },
  expect: { best: ['1501ms x', { x: { outcomes: [{ price: 2.06, net_price: 2.007 }, { provider: 'acme' }] } }], arbitrages: '' },
});

says('backing with one and laying with another is an arbitrage where the commission leaves something', {
  input: '100ms (ab) 996ms c 1399ms t', //  t@2500
  values: {
    a: quote('acme', { home: 2.2 }), t: tick,
    b: quote('exchange', {}, { lay: { home: 2.16 }, commission: 0.05 }), //  2.2 × 0.95 = 2.09 < 2.16 − 0.05
    c: quote('exchange', {}, { lay: { home: 2.1 }, commission: 0.05 }), //  2.09 > 2.05
  },
  expect: { arbitrages: ['2500ms x', { x: { timestamp: 2_000, state: 'opened', kind: 'back_lay', legs: [{ side: 'back', provider: 'acme', price: 2.2 }, { side: 'lay', provider: 'exchange', price: 2.1 }] } }] },
});

says('a palpable error is announced, and flagged', {
  input: '100ms (abcd) 1395ms t',
  values: { a: quote('acme', { home: 20, away: 1.8 }), b: quote('bolt', { home: 2, away: 1.9 }), c: quote('core', { home: 2, away: 1.9 }), d: quote('dash', { home: 2.1, away: 2 }), t: tick },
  expect: { arbitrages: ['1501ms x', { x: { state: 'opened', palpable_error: true, legs: [{ ...price('home', 20, 'acme'), palpable_error: true }, { ...price('away', 2, 'dash'), palpable_error: false }] } }] },
});

says('what three say too is no error', {
  input: '100ms (abc) 1396ms t',
  values: { a: quote('acme', { home: 20, away: 1.8 }), b: quote('bolt', { home: 2, away: 1.9 }), c: quote('core', { home: 2, away: 1.9 }), t: tick },
  expect: { arbitrages: ['1501ms x', { x: { palpable_error: false } }] },
});

says('executable: whole stakes within the limits that lose in no result', {
  input: '100ms (ab) 996ms c 999ms d 1399ms t', //  c@1100  d@2100  t@3500
  values: {
    a: quote('acme', { home: 2.1 }), b: quote('bolt', { away: 2.1 }), t: tick,
    c: quote('acme', { home: 2.1 }, { limits: { home: 99 } }), //  below one step
    d: quote('acme', { home: 2.1 }, { limits: { home: 250 } }),
  },
  expect: {
    arbitrages: ['2100ms x 1399ms (yz)', {
      x: { state: 'opened', executable: true }, y: { timestamp: 2_000, state: 'updated', executable: false, legs: [{ stake_minor: null }, { stake_minor: null }] },
      z: { timestamp: 3_000, state: 'updated', executable: true, legs: [{ stake_minor: 200 }, { stake_minor: 200 }] },
    }],
  },
});

says('amounts in two currencies are not compared', {
  input: '100ms (ab) 1397ms t', values: { a: quote('acme', { home: 2.1 }, { currency: 'GBP' }), b: quote('bolt', { away: 2.1 }, { currency: 'EUR' }), t: tick },
  expect: { arbitrages: ['1501ms x', { x: { executable: false } }] },
});

says('ties: the larger known limit, then the name of the provider', {
  input: '100ms (abcd) 1395ms t',
  values: {
    a: quote('delta', { home: 2, away: 2, draw: 3 }), b: quote('bolt', { home: 2, away: 2, draw: 3.1 }, { limits: { home: 100 } }),
    c: quote('core', { home: 2, away: 2, draw: 3 }, { limits: { home: 200 } }), d: quote('acme', { home: 1.99, away: 2, draw: 3 }), t: tick,
  },
  expect: { best: ['1501ms x', { x: { outcomes: [price('away', 2, 'acme'), price('draw', 3.1, 'bolt'), { ...price('home', 2, 'core'), limit_minor: 200 }] } }] },
});

says('a market that is over is forgotten: a tombstone; and one that comes again is new', {
  input: '100ms a 1399ms t 9999ms t 499ms b 1499ms t', //  t@1500  t@11500  b@12000  t@13500
  values: { a: quote('acme', { home: 3 }), b: quote('acme', { home: 3 }), t: tick },
  expect: {
    books: ['1500ms x 9999ms y 1999ms z', { x: { timestamp: 1_000 }, y: null, z: { timestamp: 13_000, quotes: [{ prices: [{ outcome: 'home', price: 3 }] }] } }],
  },
});

says('in play as soon as a live quote says so', {
  input: '100ms (ab) 996ms c 1399ms t', //  c@1100  t@2500
  values: { a: quote('acme', { home: 2.1 }), b: quote('bolt', { away: 2.1 }), c: quote('bolt', { away: 2.1 }, { in_play: true }), t: tick },
  expect: {
    best: ['2500ms (xy)', { x: { timestamp: 1_000, in_play: false }, y: { timestamp: 2_000, in_play: true } }],
    arbitrages: ['2500ms (xy)', { x: { state: 'opened', in_play: false }, y: { state: 'updated', in_play: true } }],
    books: ['2500ms (xy)', { x: { in_play: false }, y: { in_play: true } }],
  },
});

says('two lines never meet', {
  input: '100ms (ab) 1397ms t',
  values: { a: quote('acme', { over: 2.1 }, { market: 'totals:2.5' }), b: quote('bolt', { under: 2.1 }, { market: 'totals:3.5' }), t: tick },
  expect: {
    best: ['1501ms (xy)', { x: { market: 'totals:2.5', providers: 1, inverse_sum: null, outcomes: [{ outcome: 'over' }] }, y: { market: 'totals:3.5', providers: 1, inverse_sum: null, outcomes: [{ outcome: 'under' }] } }],
    arbitrages: '',
  },
});

says('a market type that the catalogue does not know has best prices, and no arbitrage', {
  input: '100ms (ab) 1397ms t',
  values: { a: quote('acme', { one: 9 }, { market: 'first_scorer' }), b: quote('bolt', { two: 9 }, { market: 'first_scorer' }), t: tick },
  expect: { best: ['1501ms x', { x: { inverse_sum: null, outcomes: [price('one', 9, 'acme'), price('two', 9, 'bolt')] } }], arbitrages: '' },
});

says('markets go out in the order in which the log first changed them, outcomes and providers by name', {
  input: '100ms (abca) 1395ms t',
  values: { a: quote('zeta', { home: 2, away: 2 }, { event_id: 'z' }), b: quote('bolt', { home: 3, away: 2 }, { event_id: 'a' }), c: quote('acme', { away: 2, home: 3 }, { event_id: 'z' }), t: tick },
  expect: {
    best: ['1501ms (xy)', { x: { event_id: 'z', outcomes: [{ outcome: 'away' }, { outcome: 'home' }] }, y: { event_id: 'a' } }],
    books: ['1501ms (xy)', { x: { event_id: 'z', quotes: [{ provider: 'acme', prices: [{ outcome: 'away' }, { outcome: 'home' }] }, { provider: 'zeta' }] }, y: { event_id: 'a' } }],
  },
});

says('lineage: the offset of each winning quote and leg, and of the newest input', {
  input: '100ms (abcd) 1395ms t', //  offsets 0 to 4
  values: { a: quote('acme', { home: 2.1 }), b: quote('bolt', { away: 2.1 }), c: quote('core', { home: 2 }), d: quote('dash', { home: 3 }, { event_id: 'other' }), t: tick },
  expect: {
    best: ['1501ms (xy)', { x: { source_partition: 0, source_offset: 2, outcomes: [{ outcome: 'away', offset: 1 }, { outcome: 'home', offset: 0 }] }, y: { source_offset: 3 } }],
    arbitrages: ['1501ms x', { x: { source_offset: 2, legs: [{ outcome: 'home', offset: 0, quoted_at: 100 }, { outcome: 'away', offset: 1 }] } }],
    books: ['1501ms (xy)', { x: { source_offset: 2, quotes: [{ offset: 0 }, { offset: 1 }, { offset: 2 }] }, y: { quotes: [{ offset: 3 }] } }],
  },
});

t.test('a scenario fails at another frame, another value, one value too many or too few, and another fate', (t) => {
  const input = '100ms a 1399ms t', values = { a: quote('acme', { home: 2 }), t: tick };
  const run = (expect: Scenario<OddsUpdate>['expect'], fates = {}) => () => { scenario(bestOdds, config, { input, values, expect, fates }); };
  t.doesNotThrow(run({ best: ['1500ms x', { x: { timestamp: 1_000, outcomes: [{ price: 2 }] } }] }, { applied: 1 }));
  t.throws(run({ best: ['1501ms x', { x: { timestamp: 1_000 } }] }), { code: 'ERR_ASSERTION' });
  t.throws(run({ best: ['1500ms x', { x: { outcomes: [{ price: 3 }] } }] }), { code: 'ERR_ASSERTION' });
  t.throws(run({ best: ['1500ms x', { x: { outcomes: [] } }] }), { code: 'ERR_ASSERTION' });
  t.throws(run({ best: ['1500ms x', { x: { nothing: 1 } }] }), { code: 'ERR_ASSERTION' });
  t.throws(run({ best: ['1500ms (xx)', { x: {} }] }), { code: 'ERR_ASSERTION' });
  t.throws(run({ best: '' }), { code: 'ERR_ASSERTION' });
  t.throws(run({ best: ['1500ms x', { x: null }] }), { code: 'ERR_ASSERTION' });
  t.throws(run({}, { applied: 2 }), { code: 'ERR_ASSERTION' });
  t.throws(run({ best: '1500ms x' }), { message: /no value is given for the marble at 1500 ms/ });
  t.end();
});

// Every scenario is run as one that has time to work ahead, too. In these that is at t@1300, and what matters comes behind it.
const unlike = { a: quote('acme', { home: 2.2, away: 1.7 }), b: quote('bolt', { home: 1.8, away: 2.1 }), t: tick }; //  1/2.2 + 1/2.1 < 1

says('worked out ahead, a provider goes down', {
  input: '100ms a 599ms b 599ms t d 298ms t', //  a@100  b@700  t@1300  d@1301  t@1600
  values: { ...unlike, d: { control: 'down', provider: 'bolt', timestamp: 950 } },
  expect: { best: ['1600ms x', { x: { providers: 1, outcomes: [price('away', 1.7, 'acme'), price('home', 2.2, 'acme')] } }], arbitrages: '' },
});

says('worked out ahead, a provider comes back', {
  input: 'd 99ms a 599ms b 599ms t u 298ms t', //  d@0  a@100  b@700  t@1300  u@1301  t@1600
  values: { ...unlike, d: { control: 'down', provider: 'bolt' }, u: { control: 'up', provider: 'bolt', timestamp: 950 } },
  expect: { best: ['1600ms x', { x: { providers: 2, outcomes: [price('away', 2.1, 'bolt'), price('home', 2.2, 'acme')] } }], arbitrages: ['1600ms o', { o: { state: 'opened', timestamp: 1_000 } }] },
});

says('worked out ahead, a leg that was too old is confirmed', {
  input: '100ms a 599ms b 599ms t c 298ms t', //  a@100  b@700  t@1300  c@1301  t@1600
  values: { ...unlike, c: { control: 'confirm', provider: 'acme', timestamp: 950 } },
  expect: { arbitrages: ['1600ms o', { o: { state: 'opened', timestamp: 1_000 } }] },
}, { maxLegAgeMs: 500 });

says('worked out ahead of one window, it does not count in the next', {
  input: '600ms a b 698ms t 299ms t 699ms t 299ms t 699ms t 299ms t', //  a@600  b@601  t@1300  t@1600  t@2300  t@2600  t@3300  t@3600
  values: unlike,
  expect: { arbitrages: ['1600ms o 1999ms c', { o: { state: 'opened', timestamp: 1_000 }, c: { state: 'closed', timestamp: 3_000 } }] },
}, { maxLegAgeMs: 1_500 });

says('worked out ahead, an arbitrage is gone by the end, and never was', {
  input: '100ms a 599ms b 599ms t c 298ms t 999ms t 999ms t', //  a@100  b@700  t@1300  c@1301  t@1600  t@2600  t@3600
  values: { ...unlike, c: quote('bolt', { home: 1.8, away: 1.75 }, { timestamp: 950 }) },
  expect: { arbitrages: '' },
}, { maxLegAgeMs: 1_500 });
