/** A change stream of The Odds API through Kafka and all that follows from it: arbitrages, history, cache, subscribers; read twice. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { oddsApi } from '../connectors/feeds/odds-api/feed.ts';
import type { Arbitrage } from '../schemas/generated/arbitrage.ts';
import type { MarketBook } from '../schemas/generated/market-book.ts';
import { topicName, topics } from '../schemas/topics.ts';
import { decoded, type LogRecord, recordsOf, valuesOf } from './testing/log-for-tests.ts';
import { play, readAgain, runToEnd, withoutAge } from './testing/playback-for-tests.ts';
import { mayOnlyRead, rowsByEvent, statisticsAgree } from './testing/quant-for-tests.ts';
import { dataFolder, readTruth } from './testing/season-truth-for-tests.ts';
import { startTestStack, type TestStack } from './testing/stack-for-tests.ts';

t.setTimeout(1_500_000);

interface Counts { readonly [name: string]: number }
/** What a change stream must come to. */
interface StreamFigures { readonly events: number; readonly outcome_prices: number; readonly arb_episodes: Counts; readonly events_with_arb: Counts }
/** A line of the stream. */
interface Change { readonly t: string; readonly ev: string; readonly home: string; readonly away: string; readonly start: string }

const BEST_ODDS = { 'best-odds': withoutAge };

/** Starts as they were said with the first change of each event at or before a time, straight from the recording. */
const startsOf = (file: string): ((event: string, timeMs: number) => number) => {
  const bytes = readFileSync(file);
  const said = new Map<string, { readonly fromMs: number; readonly startMs: number }[]>();
  for (const line of (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().trim().split('\n')) {
    const { ev, t: time, start } = JSON.parse(line) as Change;
    if (start === undefined) continue;
    const of = said.get(ev) ?? [];
    said.set(ev, of);
    of.push({ fromMs: Date.parse(time), startMs: Date.parse(start) });
  }
  return (event, timeMs) => said.get(event)?.findLast(({ fromMs }) => fromMs <= timeMs)?.startMs ?? NaN;
};

/** Openings of arbitrages by kind of market and phase, in the words of the figures; windows of a second, named by their ends. */
const episodesOf = (opened: readonly Arbitrage[], startOf: ReturnType<typeof startsOf>): { readonly episodes: Counts; readonly events: Counts } => {
  const episodes: Record<string, number> = {}, events: Record<string, Set<string>> = {};
  for (const { market, event_id: event, opened_at: openedAt } of opened) {
    const name = `${market === '1x2' ? 'h2h' : market.split(':')[0]!}_${openedAt - 1 >= startOf(event, openedAt - 1) ? 'inplay' : 'prematch'}`;
    episodes[name] = (episodes[name] ?? 0) + 1;
    (events[name] ??= new Set()).add(event);
  }
  return { episodes, events: Object.fromEntries(Object.entries(events).map(([name, of]) => [name, of.size])) };
};

/** What HGETALL must give for a record of market-books: an independent reading of the promise. */
const hashOf = ({ timestamp, in_play, quotes }: MarketBook, { offset, partition }: LogRecord): Record<string, unknown> => {
  const hash: Record<string, Record<string, unknown>> = { _meta: { timestamp, offset, partition, in_play, providers: quotes.length } };
  for (const { provider, prices } of quotes) for (const { outcome, price } of prices) if (price !== null) (hash[outcome] ??= {})[provider] = price;
  return hash;
};

/** Every key of a namespace in Redis is the latest record of market-books; a market that is over has none. Returns how many are live. */
const cacheIsTheBooks = async (t: Test, stack: TestStack, namespace: string): Promise<number> => {
  const records = await recordsOf(stack, topicName(topics.marketBooks, namespace));
  const latest = new Map(records.map((record) => [record.key!.toString(), record]));
  const books = await decoded<MarketBook>(stack, [...latest.values()]);
  const redis = new Redis(stack.redisUrl);
  t.teardown(() => { redis.disconnect(); });
  let live = 0, over = 0;
  for (const [at, [key, record]] of [...latest].entries()) {
    const book = books[at];
    const hash = Object.fromEntries(Object.entries(await redis.hgetall(`${namespace}:odds:${key}`)).map(([field, value]) => [field, JSON.parse(value) as unknown]));
    const wanted = book === undefined ? {} : hashOf(book, record);
    if (book === undefined) over++; else live++;
    if (JSON.stringify(sorted(hash)) !== JSON.stringify(sorted(wanted))) t.same(hash, wanted, `${key} in Redis`);
  }
  t.equal((await redis.keys(`${namespace}:odds:*`)).length, live, `in Redis are the ${live} live markets of ${records.length} records of market-books, and none of the ${over} that are over`);
  return live;
};

const sorted = (value: unknown): unknown => (typeof value !== 'object' || value === null ? value : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, of]) => [name, sorted(of)])));

/** Keys and values by partition, in order: what two readings of one log must have in common. */
const inOrder = (records: readonly Pick<LogRecord, 'partition' | 'key' | 'value'>[]): ReadonlyMap<number, readonly string[]> => {
  const partitions = new Map<number, string[]>();
  for (const { partition, key, value } of records) {
    const of = partitions.get(partition) ?? [];
    partitions.set(partition, of);
    of.push(`${key?.toString()} ${value?.toString('hex')}`);
  }
  return new Map([...partitions].sort(([a], [b]) => a - b));
};

const sameBytes = async (t: Test, stack: TestStack, namespace: string): Promise<void> => {
  // Other batches, other checkpoints, another group: none of it may show.
  const again = await readAgain(stack, namespace, 'best-odds', BEST_ODDS, { group: 'second-reading', maxPollRecords: 137, checkpointMs: 20 });
  for (const topic of [topics.bestOdds, topics.arbitrage, topics.marketBooks]) {
    const name = topicName(topic, namespace);
    const first = inOrder(await recordsOf(stack, name)), second = inOrder(again.get(name) ?? []);
    t.same([...first].map(([partition, of]) => [partition, of.length]), [...second].map(([partition, of]) => [partition, of.length]), `${name}: as many records on each partition`);
    const differing = [...first].flatMap(([partition, of]) => of.flatMap((record, at) => (record === second.get(partition)?.[at] ? [] : [`${partition}/${at}: ${record} and ${second.get(partition)?.[at]}`])));
    t.same(differing.slice(0, 3), [], `${name}: byte for byte the same`);
    t.ok(first.size > 0, `${[...first.values()].reduce((sum, of) => sum + of.length, 0)} records of ${name} compared`);
  }
};

/** The program that README shows, run as it is shown, prints what is in a topic. */
const subscriberPrints = async (t: Test, stack: TestStack, namespace: string): Promise<void> => {
  const topic = topicName(topics.bestOdds, namespace);
  const wanted = (await valuesOf(stack, topic)).map((value) => JSON.stringify(value));
  const program = spawn(process.execPath, [fileURLToPath(new URL('testing/subscriber.mjs', import.meta.url))], {
    env: { PATH: process.env['PATH'], ODDSTREAM_BROKERS: stack.brokers, ODDSTREAM_REGISTRY_URL: stack.registryUrl, TOPIC: topic }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(program, 'exit');
  const printed: string[] = [];
  createInterface({ input: program.stdout }).on('line', (line) => printed.push(line));
  for (const untilMs = Date.now() + 240_000; printed.length < wanted.length && program.exitCode === null && Date.now() < untilMs;) await sleep(100);
  program.kill('SIGTERM');
  await ended;
  t.equal(printed.length, wanted.length, 'the subscriber prints every value, and no tick');
  t.ok(printed.sort().every((line, at) => line === wanted.sort()[at]), 'decoded');
};

interface Played { readonly arbitrages: readonly Arbitrage[]; readonly live: number }

/** Plays a change stream through everything, and holds it against the figures. */
const acceptance = async (t: Test, stack: TestStack, namespace: string, file: string, expected: StreamFigures): Promise<Played> => {
  await stack.prepare(namespace);
  const played = await play(stack, namespace, oddsApi, oddsApi.config.parse({ file }));
  t.same({ isComplete: played.isComplete, problems: played.problems, repeats: played.sent.repeat }, { isComplete: true, problems: [], repeats: 0 });

  let sinceMs = Date.now();
  const seconds = (): string => { const ms = Date.now() - sinceMs; sinceMs += ms; return `${(ms / 1000).toFixed(1)} s`; };
  const { accounts, records, errors } = await runToEnd(stack, namespace, ['best-odds', 'odds-history', 'odds-cache'], BEST_ODDS);
  t.comment(`${namespace}: ${played.sent.update} updates sent in ${played.seconds.toFixed(1)} s; all read in ${seconds()}: ${JSON.stringify(Object.fromEntries(accounts))}`);
  t.same(errors, [], 'no errors, no restarts');
  for (const [name, { fates, unaccounted }] of accounts) {
    t.equal(Object.values(fates).reduce((a, b) => a + b, 0) + accounts.get(name)!.withoutRecord, records.get(name), `${name}: the fates add up to the ${records.get(name)} records of its topic`);
    t.match({ unaccounted, ...fates }, { unaccounted: 0, stale: 0, late_applied: 0, dead: 0 }, name);
  }

  const arbitrages = await valuesOf<Arbitrage>(stack, topicName(topics.arbitrage, namespace));
  const opened = arbitrages.filter(({ state, kind }) => state === 'opened' && kind === 'back');
  const startOf = startsOf(file);
  t.same(episodesOf(opened, startOf), { episodes: expected.arb_episodes, events: expected.events_with_arb }, 'arbitrages opened, by market and phase, and the events that had one');
  t.same(opened.filter(({ event_id: event, opened_at: at, in_play: inPlay }) => inPlay !== (at - 1 >= startOf(event, at - 1))).length, 0, 'each says rightly whether it is in play');

  t.comment(`${namespace}: ${arbitrages.length} records of arbitrages, ${opened.length} opened, ${opened.filter(({ palpable_error: palpable }) => palpable).length} by a palpable error; compared in ${seconds()}`);

  for (const database of stack.timescale) await runToEnd(stack, namespace, ['odds-history'], {}, database);
  for (const database of [stack.plain, ...stack.timescale]) {
    const rows = await rowsByEvent(database, namespace);
    t.same({ events: rows.size, rows: [...rows.values()].reduce((a, b) => a + b, 0) }, { events: expected.events, rows: expected.outcome_prices }, `${database.mode} mode: rows of odds_history`);
    await statisticsAgree(t, database, namespace, [...rows.keys()].sort().filter((_, at) => at % Math.ceil(rows.size / 12) === 0), true);
    await mayOnlyRead(t, database, namespace);
  }
  t.comment(`${namespace}: asked as a quant in ${seconds()}`);
  const live = await cacheIsTheBooks(t, stack, namespace);
  await sameBytes(t, stack, namespace);
  t.comment(`${namespace}: cache compared, log read again and compared in ${seconds()}`);
  return { arbitrages, live };
};

/**
 * A change stream written by hand: two events, four books, prices in American format. Northland v Southport: an arbitrage on 1X2 opens at the second
 * poll, stands at the third with other legs, is over at the fourth, and opens again in play. Totals: one opens in play, and gets better. Eastham v Weston: one book has its
 * sides the wrong way round, far from the three others; at last its totals are all withdrawn.
 */
const byHand = (): string => {
  let seq = 0;
  const line = (t: string, ev: 'n' | 'e', book: string, mkt: string, o: readonly (readonly [string, number, number?])[] | null): string => {
    const [home, away] = ev === 'n' ? ['Northland', 'Southport'] : ['Eastham', 'Weston'];
    return JSON.stringify({ seq: ++seq, t: `2024-05-04T${t}Z`, lu: `2024-05-04T${t}Z`, ev: `event-${ev}`, sport: 'soccer_nowhere', home, away, start: '2024-05-04T15:00:00Z', book, mkt,
      o: o?.map(([name, ...rest]) => [name === '1' ? home : name === '2' ? away : name, ...rest]) ?? null });
  };
  const winner = (one: number, x: number, two: number): (readonly [string, number])[] => [['1', one], ['Draw', x], ['2', two]];
  const goals = (over: number, under: number): (readonly [string, number, number])[] => [['Over', over, 2.5], ['Under', under, 2.5]];
  return [
    line('10:00:00', 'n', 'acme', 'h2h', winner(150, 220, 180)), line('10:00:00', 'n', 'bolt', 'h2h', winner(140, 230, 190)), //  0.400 + 0.303 + 0.345
    line('10:00:00', 'e', 'acme', 'h2h', winner(-1000, 900, 2500)), line('10:00:00', 'e', 'bolt', 'h2h', winner(-1100, 950, 2200)), line('10:00:00', 'e', 'coin', 'h2h', winner(-1050, 900, 2400)),
    line('10:00:00', 'n', 'acme', 'totals', goals(-110, -110)), line('10:00:00', 'e', 'bolt', 'totals', goals(100, -130)),
    line('10:15:00', 'n', 'bolt', 'h2h', winner(190, 230, 190)), //  0.345 + 0.303 + 0.345 = 0.993
    line('10:20:00', 'e', 'dime', 'h2h', winner(2500, 900, -1000)), //  0.038 + 0.095 + 0.038
    line('10:30:00', 'n', 'coin', 'h2h', winner(200, 240, 100)), //  0.333 + 0.294 + 0.345
    line('10:45:00', 'n', 'coin', 'h2h', null), line('10:45:00', 'n', 'bolt', 'h2h', winner(140, 220, 170)),
    line('10:50:00', 'e', 'dime', 'h2h', winner(-1000, 900, 2500)),
    line('15:10:00', 'n', 'acme', 'h2h', winner(250, 200, 100)), line('15:10:00', 'n', 'bolt', 'h2h', winner(100, 230, 260)), //  0.286 + 0.303 + 0.278
    line('15:20:00', 'n', 'bolt', 'totals', goals(130, -200)), //  0.435 + 0.524
    line('15:25:00', 'n', 'acme', 'totals', goals(-200, 130)), //  0.435 + 0.435
    line('15:30:00', 'e', 'bolt', 'totals', null),
  ].join('\n') + '\n';
};

const byHandFigures: StreamFigures = {
  events: 2, outcome_prices: 13 * 3 + 4 * 2 - 3,
  arb_episodes: { h2h_prematch: 2, h2h_inplay: 1, totals_inplay: 1 }, events_with_arb: { h2h_prematch: 2, h2h_inplay: 1, totals_inplay: 1 },
};

const truth = readTruth<{ ticks: Readonly<Record<string, StreamFigures>> }>();
if (truth === undefined) process.stderr.write(`SKIPPED: the World Cup's change stream is not tested: there is none in ${dataFolder}\n`);

const stack = await startTestStack(t);

t.test('a change stream written by hand', { timeout: 600_000 }, async (t) => {
  const file = join(t.testdir({ 'changes.jsonl': byHand() }), 'changes.jsonl');
  const { arbitrages, live } = await acceptance(t, stack, 'by-hand', file, byHandFigures);
  t.equal(live, 3);
  t.same(arbitrages.map(({ event_id: event, market, state, palpable_error: palpable }) => `${event} ${market} ${state}${palpable ? ', palpable error' : ''}`).sort(), [
    'event-e 1x2 closed, palpable error', 'event-e 1x2 opened, palpable error',
    'event-n 1x2 closed', 'event-n 1x2 opened', 'event-n 1x2 opened', 'event-n 1x2 updated', 'event-n totals:2.5 opened', 'event-n totals:2.5 updated',
  ], 'each as it opens, changes and closes');
  await subscriberPrints(t, stack, 'by-hand');
});

t.test('the World Cup', { timeout: 900_000, skip: truth === undefined ? `no data in ${dataFolder}` : false }, async (t) => {
  const name = 'worldcup2026_group_stage.jsonl.gz';
  const worldCup = `${dataFolder}the-odds-api/ticks/${name}`;
  const { arbitrages } = await acceptance(t, stack, 'world-cup', worldCup, truth!.ticks[name]!);
  const lines = gunzipSync(readFileSync(worldCup)).toString().trim().split('\n');
  const spain = (JSON.parse(lines.find((line) => line.includes('"home":"Spain","away":"Saudi Arabia"'))!) as Change).ev;
  const flagged = arbitrages.filter(({ event_id: event, market, timestamp }) => event === spain && market === '1x2' && timestamp === Date.parse('2026-06-20T15:30:40Z'));
  t.match(flagged, [{ palpable_error: true }], 'Spain v Saudi Arabia, 2026-06-20 15:30');
  t.same(flagged[0]?.legs.filter(({ palpable_error: palpable }) => palpable).map(({ outcome, provider }) => `${outcome} ${provider}`), ['home betonlineag'], 'by the price that is the wrong way round');

  // At its end all markets are over: the cache is looked at once more as it stands in the middle of the tournament.
  await stack.prepare('half-way');
  const file = join(t.testdir({ 'half.jsonl': lines.filter((line) => (JSON.parse(line) as Change).t <= '2026-06-20T15:30:39Z').join('\n') }), 'half.jsonl');
  await play(stack, 'half-way', oddsApi, oddsApi.config.parse({ file }));
  t.same((await runToEnd(stack, 'half-way', ['best-odds', 'odds-cache'], BEST_ODDS)).errors, [], 'no errors, no restarts');
  t.ok(await cacheIsTheBooks(t, stack, 'half-way') > 50, 'there are live markets half-way');
});
