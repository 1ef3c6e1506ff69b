import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import type { Figures } from '../cli/figures.ts';
import { renderLine, renderView, type ViewModel } from './view.ts';

const figures: Figures = {
  pipeline: 'best-odds', delivered: 100, fates: { applied: 1_234, unchanged: 5, late_applied: 6, stale: 7, control: 8, dead: 9 }, unaccounted: 0,
  lagOffsets: 321, behindMs: 650, published: 10, sinkRows: 0, publishMs: 30,
};
const nowMs = Date.UTC(2026, 0, 2, 12, 0, 30);
const model: ViewModel = {
  nowMs, startedMs: nowMs - 30_000, feed: 'feed simulator', updatesPerSecond: 2_000,
  pipelines: [{ name: 'best-odds', figures, perSecond: 2_010 }, { name: 'odds-cache', figures: undefined, perSecond: 0 }],
  markets: [{
    key: 'football:e1:1x2', sport: 'football', eventId: 'e1', market: '1x2', inPlay: true, inverseSum: 0.99, updatedMs: nowMs,
    outcomes: [{ outcome: 'away', price: 4.2, provider: 'acme', moved: 1 }, { outcome: 'draw', price: 3.5, provider: 'bolt', moved: -1 }, { outcome: 'home', price: 2.1, provider: 'acme', moved: 0 }],
  }],
  arbitrages: [
    { eventId: 'e1', market: '1x2', isOpen: true, openedAt: nowMs - 4_000, timestamp: nowMs, margin: 0.0101, isExecutable: true, isPalpableError: false, oldestLegAgeMs: 2_000,
      legs: [{ outcome: 'away', side: 'back', price: 4.2, provider: 'acme' }, { outcome: 'away', side: 'lay', price: 3.9, provider: 'exchange' }] },
    { eventId: 'e2', market: 'totals:2.5', isOpen: false, openedAt: nowMs - 20_000, timestamp: nowMs - 8_000, margin: 0.7, isExecutable: true, isPalpableError: true, oldestLegAgeMs: 0, legs: [] },
  ],
  openArbitrages: 1, seenArbitrages: 12, seenPrices: 50,
  bets: [{ currency: 'EUR', open: 1_234, stakedMinor: 567_800, settled: 4_000, corrections: 15, turnoverMinor: 9_876_500, houseMinor: -123_456, offMinor: 0 }],
  risks: [{ portfolio: 'house', currency: 'EUR', bets: 1_234, exposureMinor: 500_000, expectedPnlMinor: 12_345.4, var95Minor: 80_000, cvar95Minor: 101_010.6, by: 'wasm-simd', computed: 17 }], nameOf: (id) => (id === 'e1' ? 'Reds – Blues' : id), notes: ['a note'], problems: [], where: [['SQL', 'psql -c "SELECT 1"']],
};
const view = (width: number, height = 60, over: Partial<ViewModel> = {}): string => stripVTControlCharacters(renderView({ ...model, ...over }, width, height));

t.test('the view says all that a newcomer looks for', (t) => {
  const text = view(160);
  t.match(text, /running for 30 s · 2,000 updates\/s · feed simulator/);
  t.match(text, /best-odds +2,010 +321 +0\.7 s +1,234 +5 +6 +7 +8 +9 +0/);
  t.match(text, /odds-cache +starting/);
  t.match(text, /Reds – Blues +1x2 +live +away 4\.20▲ acme +draw 3\.50▼ bolt +home 2\.10 +acme +Σ 0\.9900/);
  t.match(text, /12:00:26 open 4\.0 s +1\.01 % executable Reds – Blues 1x2: away 4\.20 acme · lay away 3\.90 exchange, oldest leg 2\.0 s/);
  t.match(text, /12:00:10 closed, 12 s +70\.00 % palpable error e2 totals:2\.5/);
  t.match(text, /1 open, 12 seen/);
  t.match(text, /1,234 open, 4,000 settled, 15 corrections · at stake 5678\.00 EUR · turnover 98765\.00 EUR · house -1234\.56 EUR · the ledger balances/);
  t.match(view(160, 60, { bets: [{ ...model.bets[0]!, houseMinor: 5, offMinor: 1 }] }), /house \+0\.05 EUR · THE LEDGER IS OFF BY 0\.01 EUR/);
  t.match(view(160, 60, { bets: [] }), /bets  .*\n  none yet/);
  t.match(view(160, 60, { risks: [] }), /risk  .*\n  not computed yet/);
  t.match(view(200, 60), /  house: 1,234 bets, exposure .* CVaR 1010\.11 EUR  17 times, wasm-simd/);
  t.match(text, /psql -c "SELECT 1"/);
  t.match(text, /a note/);
  t.end();
});

t.test('lines are cut to the width, but no command is', (t) => {
  const lines = view(60, 60, { where: [['SQL', 'x'.repeat(100)]] }).split('\n');
  t.same(lines.filter((line) => line.length > 60 && !line.includes('xxx')), []);
  t.ok(lines.some((line) => line.includes('x'.repeat(100))));
  t.end();
});

t.test('it is never higher than the terminal', (t) => {
  for (const height of [1, 5, 12, 30]) t.ok(view(80, height).split('\n').length < Math.max(2, height), `${height}`);
  t.end();
});

t.test('before there is anything, it says what it waits for; after all is over, that too', (t) => {
  t.match(view(100, 60, { markets: [], seenPrices: 0 }), /waiting for the first window to close/);
  t.match(renderLine({ ...model, markets: [] }), /no market has a live price any more/);
  t.end();
});

t.test('what it cannot see it says, in a log too', (t) => {
  const problems = ['this view cannot read the ledger: it is gone'];
  t.match(view(100, 60, { problems }), /cannot read the ledger: it is gone/);
  t.match(renderLine({ ...model, problems }), / · this view cannot read the ledger: it is gone$/);
  t.end();
});

t.test('one line has the same figures', (t) => {
  t.match(renderLine(model), /^30 s: 2,000 updates\/s \(feed simulator\) · odds-cache is starting · lag 321 records, 0\.7 s · applied 1,234 unchanged 5 late 6 stale 7 control 8 dead 9 · unaccounted 0 · best prices of Reds – Blues 1x2: away 4\.20 acme, .* · arbitrages: 1 open, 12 seen, the last one 1\.01 % on Reds – Blues 1x2 · bets: 1,234 open, 4,000 settled, 15 corrections, turnover 98765\.00 EUR, house -1234\.56 EUR, the ledger balances · risk of house: 1,234 bets, exposure 5000\.00 EUR, expected \+123\.45 EUR, VaR 95 % 800\.00 EUR, CVaR 1010\.11 EUR \(wasm-simd\)$/);
  t.end();
});
