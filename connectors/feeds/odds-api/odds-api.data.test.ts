import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import type { FeedMessage } from '../feed.ts';
import type { OddsUpdate } from '../messages.ts';
import { oddsApi } from './feed.ts';
import { americanToDecimal } from './prices.ts';

/** Real recordings, outside of the repository. */
const data = new URL('../../../../shared/data/', import.meta.url);
const stream = (name: string): string => new URL(`the-odds-api/ticks/${name}`, data).pathname;

interface Counts { readonly [name: string]: number }
interface Truth {
  readonly ticks: Readonly<Record<string, {
    readonly messages: number; readonly withdrawals: number; readonly distinct_poll_times: number; readonly events: number;
    readonly books: readonly string[]; readonly messages_per_market: Counts; readonly outcome_prices: number;
    readonly arb_episodes: Counts; readonly events_with_arb: Counts;
  }>>;
  readonly raw_snapshots: Readonly<Record<string, { readonly snapshots: number; readonly markets: number; readonly prices: number; readonly events: number; readonly books: number }>>;
}

interface Step { readonly updates: readonly OddsUpdate[]; readonly others: readonly FeedMessage[] }

const play = async (file: string): Promise<readonly Step[]> => {
  const steps: Step[] = [];
  const context = { signal: new AbortController().signal, log: () => undefined, cursor: undefined };
  for await (const { messages } of oddsApi.read(oddsApi.config.parse({ file }), context)) {
    steps.push({
      updates: messages.flatMap((message) => (message.kind === 'update' ? [message.value] : [])),
      others: messages.filter(({ kind }) => kind !== 'update'),
    });
  }
  return steps;
};

/** A price as a fraction. */
type Fraction = readonly [numerator: bigint, denominator: bigint];
/** As the engine holds it: ten-thousandths, rounded down. */
const tenThousandths = (price: number): Fraction => [BigInt(Math.floor(price * 10_000 + 1e-6)), 10_000n];

const greater = (a: Fraction, b: Fraction): boolean => a[0] * b[1] > b[0] * a[1];

/** Whether the sum of 1/price is below 1, exactly. */
const isArbitrage = (prices: readonly Fraction[]): boolean => {
  let [numerator, denominator]: Fraction = [0n, 1n];
  for (const [p, q] of prices) [numerator, denominator] = [numerator * p + q * denominator, denominator * p];
  return numerator < denominator;
};

const apiMarket = (market: string): string => (market.startsWith('totals') ? 'totals' : market.startsWith('asian_handicap') ? 'spreads' : 'h2h');

/** Arbitrage episodes by market and phase: after all updates of a step, a market turns from no arbitrage to one. A reference of its own, on plain maps. */
const episodesOf = (steps: readonly Step[], priceOf: (price: number) => Fraction): { readonly episodes: Counts; readonly events: Counts } => {
  const books = new Map<string, Map<string, Readonly<Record<string, number>>>>();
  const open = new Set<string>();
  const episodes: Record<string, number> = {};
  const events: Record<string, Set<string>> = {};
  for (const { updates } of steps) {
    const touched = new Map<string, OddsUpdate>();
    for (const update of updates) {
      const key = `${update.event_id} ${update.market}`;
      const book = books.get(key) ?? new Map<string, Readonly<Record<string, number>>>();
      books.set(key, book);
      book.set(update.provider, update.odds);
      touched.set(key, update);
    }
    for (const [key, update] of touched) {
      const best = new Map<string, Fraction>();
      for (const odds of books.get(key)?.values() ?? []) {
        for (const [outcome, price] of Object.entries(odds)) {
          const fraction = priceOf(price);
          const standing = best.get(outcome);
          if (standing === undefined || greater(fraction, standing)) best.set(outcome, fraction);
        }
      }
      if (best.size < (update.market === '1x2' ? 3 : 2) || !isArbitrage([...best.values()])) open.delete(key);
      else if (!open.has(key)) {
        open.add(key);
        const name = `${apiMarket(update.market)}_${update.in_play === true ? 'inplay' : 'prematch'}`;
        episodes[name] = (episodes[name] ?? 0) + 1;
        (events[name] ??= new Set()).add(update.event_id);
      }
    }
  }
  return { episodes, events: Object.fromEntries(Object.entries(events).map(([name, ids]) => [name, ids.size])) };
};

/** Every decimal price of a change stream as the exact fraction that its American price is. */
const exactPrices = (file: string): ReadonlyMap<number, Fraction> => {
  const exact = new Map<number, Fraction>();
  for (const line of gunzipSync(readFileSync(file)).toString().trimEnd().split('\n')) {
    for (const [, american] of (JSON.parse(line) as { o: [string, number][] | null }).o ?? []) {
      exact.set(americanToDecimal(american), american > 0 ? [BigInt(american + 100), 100n] : [BigInt(100 - american), BigInt(-american)]);
    }
  }
  return exact;
};

const available = existsSync(new URL('truth.json', data));
const truth = available ? JSON.parse(readFileSync(new URL('truth.json', data), 'utf8')) as Truth : undefined;
if (truth === undefined) t.test('real recordings', { skip: `SKIPPED: no recordings at ${data.pathname}` }, async () => undefined);

for (const [name, expected] of Object.entries(truth?.ticks ?? {})) {
  t.test(`${name}: counts and arbitrage episodes are those that were computed elsewhere`, async (t) => {
    const file = stream(name);
    const steps = await play(file);
    const updates = steps.flatMap((step) => step.updates);
    const messages = new Map<number, OddsUpdate[]>();
    for (const update of updates) messages.set(update.sequence ?? -1, [...(messages.get(update.sequence ?? -1) ?? []), update]);
    const perMarket: Record<string, number> = {};
    for (const [first] of messages.values()) {
      const market = apiMarket(first?.market ?? '');
      perMarket[market] = (perMarket[market] ?? 0) + 1;
    }
    t.equal(messages.size, expected.messages, 'messages');
    t.equal([...messages.values()].filter((of) => of.every(({ status }) => status === 'closed')).length, expected.withdrawals, 'withdrawals');
    t.equal(new Set(updates.map(({ timestamp }) => timestamp)).size, expected.distinct_poll_times, 'poll times');
    t.equal(steps.length, expected.distinct_poll_times, 'one batch per poll time');
    t.equal(new Set(updates.map(({ event_id }) => event_id)).size, expected.events, 'events');
    t.strictSame([...new Set(updates.map(({ provider }) => provider))].sort(), expected.books, 'books');
    t.strictSame(perMarket, expected.messages_per_market, 'messages per market');
    t.equal(updates.reduce((sum, { odds }) => sum + Object.keys(odds).length, 0), expected.outcome_prices, 'outcome prices');
    t.strictSame(steps.flatMap((step) => step.others).filter(({ kind }) => kind === 'problem').map((each) => 'code' in each && each.code),
      name.startsWith('wnba') ? ['time_went_back'] : [], 'problems');
    t.ok(updates.every(({ odds, status }) => (Object.keys(odds).length === 0) === (status === 'closed')), 'closed is without prices, open is with');

    const held = episodesOf(steps, tenThousandths);
    t.strictSame(held.episodes, expected.arb_episodes, 'episodes on prices as the engine holds them');
    t.strictSame(held.events, expected.events_with_arb, 'events with an arbitrage');
    const exact = exactPrices(file);
    for (const [price, [p, q]] of exact) if (tenThousandths(price)[0] !== (p * 10_000n) / q) t.fail(`${price} is not rounded down`);
    const exactly = episodesOf(steps, (price) => exact.get(price) ?? t.fail(`${price} is no price of the recording`) as never);
    t.strictSame(exactly, held, 'rounding down to ten-thousandths makes no difference to exact prices');
    t.comment(`${updates.length} updates, of which ${updates.length - messages.size} withdraw a line that moved`);

    const { firstMs, lastMs } = await oddsApi.span(oddsApi.config.parse({ file }));
    const times = updates.map(({ timestamp }) => timestamp);
    t.equal(firstMs, times.reduce((a, b) => Math.min(a, b)), 'span begins at the first poll');
    t.equal(lastMs, times.reduce((a, b) => Math.max(a, b)), 'span ends at the last poll');
  });
}

for (const [name, expected] of Object.entries(truth?.raw_snapshots ?? {})) {
  t.test(`${name}: polls of whole bodies`, async (t) => {
    const steps = await play(new URL(`the-odds-api/raw/${name}`, data).pathname);
    const offered = steps.flatMap((step) => step.updates).filter(({ status }) => status === 'open');
    t.equal(steps.length, expected.snapshots, 'polls');
    t.equal(offered.length, expected.markets, 'offers');
    t.equal(offered.reduce((sum, { odds }) => sum + Object.keys(odds).length, 0), expected.prices, 'prices');
    t.equal(new Set(offered.map(({ event_id }) => event_id)).size, expected.events, 'events');
    t.equal(new Set(offered.map(({ provider }) => provider)).size, expected.books, 'books');
    t.strictSame(steps.flatMap((step) => step.others).filter(({ kind }) => kind === 'problem'), [], 'no problems');
    t.ok(offered.some(({ repeat }) => repeat) && offered.some(({ repeat }, index) => index > 5_00 && !repeat), 'some quotes are repeats, some are news');
  });
}

if (truth !== undefined) {
  t.test('bodies and the change stream made of them say the same', async (t) => {
    const bodies = (await play(new URL('the-odds-api/raw/worldcup_2026-06-20.tar.gz', data).pathname)).flatMap((step) => step.updates);
    const firstMs = Math.min(...bodies.map(({ timestamp }) => timestamp));
    const lastMs = Math.max(...bodies.map(({ timestamp }) => timestamp));
    const changes = (await play(stream('worldcup2026_group_stage.jsonl.gz'))).flatMap((step) => step.updates);
    const group = new Set(changes.map(({ event_id }) => event_id));
    const text = ({ timestamp, event_id, provider, market, odds }: OddsUpdate): string =>
      [timestamp, event_id, provider, market, ...Object.entries(odds).sort().map(String)].join(' ');
    const within = changes.filter(({ timestamp }) => timestamp > firstMs && timestamp <= lastMs);
    const news = bodies.filter(({ timestamp, repeat, event_id }) => timestamp > firstMs && repeat === false && group.has(event_id));
    const missing = new Set(within.map(text));
    for (const update of news) missing.delete(text(update));
    t.ok(within.length > 500, `${within.length} changes to compare`);
    t.strictSame([...missing].slice(0, 5), [], 'every change and withdrawal of the stream comes out of the bodies');
  });
}
