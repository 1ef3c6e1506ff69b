import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { catalogueOf } from '../../domain/market.ts';
import { Dictionary } from '../../schemas/codec/dictionary.ts';
import type { FairOdds } from '../../schemas/generated/fair-odds.ts';
import type { BookQuote, MarketBook } from '../../schemas/generated/market-book.ts';
import { topics } from '../../schemas/topics.ts';
import { Task } from '../../stream/task.ts';
import { type LogEntry, replay } from '../../stream/testing/replay.ts';
import { everyTopologyRule } from '../../stream/testing/rules.ts';
import { start } from '../../stream/topology.ts';
import { fairOdds, type FairOddsConfig } from './topology.ts';

const START_MS = 1_700_000_000_000;
const methods = ['multiplicative', 'additive', 'power', 'shin'] as const;

const quote = (provider: string, prices: Readonly<Record<string, number | null>>, commission = 0, offset = 7): BookQuote => ({
  provider, quoted_at: START_MS - 100, offset, commission, currency: null,
  prices: Object.entries(prices).map(([outcome, price]) => ({ outcome, price, limit_minor: null, lay: price === null ? 3 : null, lay_limit_minor: null })),
});
const book = (market: string, ...quotes: BookQuote[]): { readonly value: MarketBook } =>
  ({ value: { timestamp: START_MS, sport: 'football', event_id: 'e1', market, in_play: true, quotes, source_partition: 0, source_offset: 41 } });
const run = (log: readonly LogEntry<MarketBook>[], config: FairOddsConfig = { method: 'shin' }, sizes?: readonly number[]) => replay(fairOdds, config, log, sizes);
const fairOf = (entry: { readonly value: MarketBook }, config?: FairOddsConfig): FairOdds => run([entry], config).outputs['fair']![0]!.value as FairOdds;
const close = (found: number, wanted: number): void => assert.ok(Math.abs(found - wanted) < 1e-9, `${found}, not ${wanted}`);

t.test('a fair book is what it says, by every method', (t) => {
  for (const method of methods) {
    const fair = fairOf(book('1x2', quote('acme', { away: 4, draw: 4, home: 2 })), { method });
    t.match(fair, { timestamp: START_MS, sport: 'football', event_id: 'e1', market: '1x2', in_play: true, method, source_partition: 0, source_offset: 0 });
    t.strictSame(fair.outcomes.map(({ outcome }) => outcome), ['home', 'draw', 'away'], 'in the catalogue\'s order');
    [0.5, 0.25, 0.25].forEach((wanted, i) => { close(fair.outcomes[i]!.probability, wanted); close(fair.providers[0]!.probabilities[i]!, wanted); });
    t.match(fair.providers, [{ provider: 'acme', error: null, offset: 7 }]);
  }
  t.end();
});

t.test('the method is the one that is configured', (t) => {
  // Of 1.8 and 2.1 additive takes half of the margin from each.
  const entry = book('moneyline', quote('acme', { away: 2.1, home: 1.8 })), margin = 1 / 1.8 + 1 / 2.1 - 1;
  close(fairOf(entry, { method: 'additive' }).outcomes[0]!.probability, 1 / 1.8 - margin / 2);
  close(fairOf(entry, { method: 'multiplicative' }).outcomes[0]!.probability, 1 / 1.8 / (1 + margin));
  close(fairOf(entry).providers[0]!.overround, margin);
  t.end();
});

t.test('the consensus lies between the lowest and the highest', (t) => {
  const { outcomes, providers } = fairOf(book('moneyline', quote('acme', { away: 2, home: 2 }), quote('bolt', { away: 5, home: 1.25 })));
  // Two sides: the mean of the log-odds, of 0 and ln 4.
  close(outcomes[0]!.probability, 2 / 3);
  close(outcomes[0]!.lowest, 0.5);
  close(outcomes[0]!.highest, 0.8);
  close(outcomes[1]!.lowest, 0.2);
  t.strictSame(providers.map(({ provider }) => provider), ['acme', 'bolt']);
  t.end();
});

t.test('an exchange\'s prices count after its commission', (t) => {
  const { providers } = fairOf(book('moneyline', quote('exchange', { away: 2, home: 2 }, 0.05)));
  close(providers[0]!.overround, 2 / 1.95 - 1);
  t.end();
});

t.test('of two winners, probabilities sum to two, and lie between the providers', (t) => {
  const { method, outcomes } = fairOf(book('double_chance', quote('acme', { draw_away: 1.6, home_away: 1.2, home_draw: 1.3 }), quote('bolt', { draw_away: 2, home_away: 1.25, home_draw: 1.1 })));
  t.equal(method, 'multiplicative', 'the only one that knows of two');
  close(outcomes.reduce((sum, { probability }) => sum + probability, 0), 2);
  for (const { probability, lowest, highest } of outcomes) t.ok(probability > lowest - 0.02 && probability < highest + 0.02);
  t.strictSame(outcomes.map(({ outcome }) => outcome), ['home_draw', 'home_away', 'draw_away']);
  t.end();
});

t.test('a provider without a solution says why, and the others count without it', (t) => {
  const { outcomes, providers } = fairOf(book('1x2',
    quote('arb', { away: 4, draw: 5, home: 3 }), quote('fewer', { away: 4, home: 2 }), quote('good', { away: 4, draw: 4, home: 2 }),
    quote('lay', { away: 4, draw: null, home: 2 }), quote('more', { away: 4, draw: 4, home: 2, other: 9 }), quote('zero', { away: 4, draw: 4, home: 2 }, 1)));
  t.strictSame(providers.map(({ provider, error }) => `${provider} ${error}`),
    ['arb no_solution', 'fewer outcomes_incomplete', 'good null', 'lay outcomes_incomplete', 'more outcome_unknown', 'zero bad_price']);
  for (const { error, probabilities } of providers) t.equal(probabilities.length, error === null ? 3 : 0);
  close(outcomes[0]!.probability, 0.5);
  close(outcomes[0]!.lowest, outcomes[0]!.highest);
  t.end();
});

t.test('without anyone to go by there are no outcomes, and the reason', (t) => {
  const unknown = fairOf(book('winner', quote('acme', { someone: 3, other: 4 })));
  t.match([unknown.outcomes, unknown.providers], [[], [{ provider: 'acme', error: 'market_unknown' }]]);
  const incomplete = fairOf(book('1x2', quote('acme', { home: 2 })));
  t.match([incomplete.outcomes, incomplete.providers], [[], [{ error: 'outcomes_incomplete' }]]);
  t.strictSame(fairOf(book('1x2')).outcomes, []);
  t.end();
});

t.test('a market that is over gives nothing', (t) => {
  const task = new Task(0, { keys: new Dictionary(), strings: new Dictionary() }, () => 1);
  let written = 0;
  const process = start(fairOdds, { method: 'shin' }, ['fair'], task, (_, { size }) => { written += size; });
  const columns = topics.marketBooks.schema.columns(task.dictionaries), key = Buffer.from('football:e1:1x2');
  task.fates.delivered++;
  columns.appendTombstone(task.dictionaries.keys.id(key, 0, key.length), 0, START_MS);
  process(columns);
  t.equal(written, 0);
  t.equal(task.fates.unaccounted, 0);
  t.end();
});

const price = fc.integer({ min: 10_100, max: 300_000 }).map((priceE4) => priceE4 / 10_000);
const markets = fc.constantFrom('1x2', 'moneyline', 'totals:2.5', 'double_chance', 'winner');
const entry = markets.chain((market) => fc.uniqueArray(fc.record({
  provider: fc.constantFrom('acme', 'bolt', 'core', 'dash', 'exch'), commission: fc.constantFrom(0, 0, 0.02),
  prices: fc.array(price, { minLength: 1, maxLength: 3 }), offset: fc.nat(1_000),
}), { selector: ({ provider }) => provider, minLength: 1, maxLength: 5 }).map((quotes) => book(market, ...quotes
  .map(({ provider, commission, prices, offset }) => quote(provider, Object.fromEntries((catalogueOf(market)?.outcomes ?? ['a', 'b']).map((outcome, i) => [outcome, prices[i] ?? null]).filter(([, value]) => value !== null)), commission, offset))
  .sort((a, b) => (a.provider < b.provider ? -1 : 1)))));
const log = fc.array(entry, { minLength: 1, maxLength: 12 });
const configs = fc.constantFrom(...methods.map((method) => ({ method })));

t.test('probabilities sum to the number of winners, each between 0 and 1, within the providers\' range where there is one', async () => {
  let seen = 0;
  fc.assert(fc.property(entry, configs, (entry, config) => {
    const { outcomes, providers } = fairOf(entry, config), winners = catalogueOf(entry.value.market)?.winners ?? 1;
    const sumsTo = (probabilities: readonly number[]): void => close(probabilities.reduce((sum, p) => sum + p, 0), winners);
    for (const { error, probabilities } of providers) if (error === null) sumsTo(probabilities); else assert.equal(probabilities.length, 0);
    assert.equal(outcomes.length > 0, providers.some(({ error }) => error === null));
    if (outcomes.length === 0) return;
    seen++;
    sumsTo(outcomes.map(({ probability }) => probability));
    for (const { probability, lowest, highest } of outcomes) assert.ok(probability > 0 && probability < 1 && lowest <= highest);
    if (outcomes.length === 2) for (const { probability, lowest, highest } of outcomes) assert.ok(probability > lowest - 1e-9 && probability < highest + 1e-9);
  }), { numRuns: 500 });
  assert.ok(seen > 100, `with outcomes: ${seen}`);
});

everyTopologyRule(t, { topology: fairOdds, configs, logs: log });

t.test('there is one value for each book', async () => {
  fc.assert(fc.property(log, configs, (log, config) => { assert.equal(run(log, config).outputs['fair']!.length, log.length); }), { numRuns: 100 });
});

t.test('the order of the providers changes nothing', async () => {
  fc.assert(fc.property(entry.chain((entry) => fc.record({ entry: fc.constant(entry), quotes: fc.shuffledSubarray([...entry.value.quotes], { minLength: entry.value.quotes.length }) })), configs, ({ entry, quotes }, config) => {
    const one = fairOf(entry, config), other = fairOf({ value: { ...entry.value, quotes } }, config);
    const byName = [...other.providers].sort((a, b) => (a.provider < b.provider ? -1 : 1));
    assert.deepEqual({ ...other, providers: byName }, one);
  }), { numRuns: 300 });
});
