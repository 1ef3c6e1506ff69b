/** Seasons through the feed, Kafka, best-odds and odds-history into PostgreSQL, against figures that were computed elsewhere. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t, { type Test } from 'tap';
import { footballData } from '../connectors/feeds/football-data/feed.ts';
import type { Match } from '../connectors/feeds/football-data/match.ts';
import { parseSeason } from '../connectors/feeds/football-data/season.ts';
import type { Arbitrage } from '../schemas/generated/arbitrage.ts';
import { topicName, topics } from '../schemas/topics.ts';
import { valuesOf } from './testing/log-for-tests.ts';
import { play, runToEnd, withoutAge } from './testing/playback-for-tests.ts';
import { mayOnlyRead, rowsByEvent, statisticsAgree } from './testing/quant-for-tests.ts';
import { dataFolder, figuresOf, readTruth, type SeasonFigures, type SeasonTruth } from './testing/season-truth-for-tests.ts';
import { startTestStack, type TestDatabase, type TestStack } from './testing/stack-for-tests.ts';

t.setTimeout(1_500_000);

interface Season { readonly path: string; readonly matches: readonly Match[]; readonly expected: SeasonFigures }

/** Seasons that share no match go into one recording: an event of two files could not be told apart. */
const withoutOverlap = (seasons: readonly Season[]): Season[][] => {
  const groups: { readonly seasons: Season[]; readonly events: Set<string> }[] = [];
  for (const season of seasons) {
    const ids = season.matches.map(({ eventId }) => eventId);
    let group = groups.find(({ events }) => !ids.some((id) => events.has(id)));
    if (group === undefined) groups.push(group = { seasons: [], events: new Set() });
    group.seasons.push(season);
    for (const id of ids) group.events.add(id);
  }
  return groups.map(({ seasons: of }) => of);
};

const seasonAt = (path: string, expected: SeasonFigures): Season => ({ path, matches: parseSeason(readFileSync(path), path).matches, expected });

/** Between opening prices, 24 hours before kick-off, and closing ones, a minute before it. */
const CLOSING_FROM_MS = 2 * 60_000;

/** Plays seasons into topics of their own, and holds what is in the databases and on the topic of arbitrages against the figures. */
const acceptance = async (t: Test, stack: TestStack, namespace: string, seasons: readonly Season[], databases: readonly TestDatabase[]): Promise<void> => {
  await stack.prepare(namespace);
  const played = await play(stack, namespace, footballData, footballData.config.parse({ file: seasons.map(({ path }) => path), exchanges: false }));
  t.ok(played.isComplete && played.sent.repeat === 0, `${played.sent.update} updates in ${played.seconds.toFixed(1)} s`);

  const startedMs = Date.now();
  const { accounts, records, errors } = await runToEnd(stack, namespace, ['best-odds', 'odds-history'], { 'best-odds': withoutAge }, databases[0]);
  const tookMs = Date.now() - startedMs;
  for (const database of databases.slice(1)) await runToEnd(stack, namespace, ['odds-history'], {}, database);
  t.same(errors, [], 'no errors, no restarts');
  for (const [name, { delivered, fates, unaccounted }] of accounts) {
    t.equal(Object.values(fates).reduce((a, b) => a + b, 0), records.get(name), `${name}: every record has a fate, of ${delivered}`);
    t.match({ unaccounted, ...fates }, { unaccounted: 0, stale: 0, late_applied: 0, dead: 0 }, name);
  }
  t.comment(`${namespace}: ${records.get('best-odds')} records, read by two pipelines in ${(tookMs / 1000).toFixed(1)} s: ${JSON.stringify(Object.fromEntries(accounts))}`);

  const arbitrages = (await valuesOf<Arbitrage>(stack, topicName(topics.arbitrage, namespace))).filter(({ kind, market }) => kind === 'back' && market === '1x2');
  for (const database of databases) {
    const rows = await rowsByEvent(database, namespace);
    for (const { path, matches, expected: { quotes } } of seasons) {
      t.equal(matches.reduce((total, { eventId }) => total + (rows.get(eventId) ?? 0), 0), quotes, `${basename(path)}: rows in odds_history, ${database.mode} mode`);
    }
    t.equal([...rows.values()].reduce((a, b) => a + b, 0), seasons.reduce((total, { expected: { quotes } }) => total + quotes, 0), `${database.mode} mode: and no others`);
  }
  for (const { path, matches, expected } of seasons) {
    const kickOffs = new Map(matches.map(({ eventId, startsAtMs }) => [eventId, startsAtMs]));
    const found = { opening: new Set<string>(), closing: new Set<string>() };
    for (const { event_id: eventId, opened_at: openedAt } of arbitrages) {
      const kickOffMs = kickOffs.get(eventId);
      if (kickOffMs !== undefined) found[openedAt < kickOffMs - CLOSING_FROM_MS ? 'opening' : 'closing'].add(eventId);
    }
    t.same({ opening: found.opening.size, closing: found.closing.size }, { opening: expected.opening, closing: expected.closing }, `${basename(path)}: matches with an arbitrage on 1X2`);
  }
};

/** Seasons written by hand, teams and prices made up, in the dialects that files come in; what they come to was counted by hand. */
const writtenByHand = (folder: string): Season[] => {
  const write = (name: string, expected: SeasonFigures): Season => seasonAt(join(folder, name), expected);
  return [
    // Opening: three books on two matches, two on the third, totals on two, a handicap on one. Closing: two books on two matches, a handicap on one.
    write('modern.csv', { quotes: 9 + 9 + 6 + 2 * 2 + 2 + 6 + 6 + 2, opening: 1, closing: 1 }),
    write('old.csv', { quotes: 12, opening: 1, closing: 0 }),
    write('new-leagues.csv', { quotes: 6, opening: 0, closing: 0 }),
    write('re-export.csv', { quotes: 5, opening: 0, closing: 0 }),
  ];
};

/** UTF-8 with a byte order mark, CR LF; an exchange that would make an arbitrage of the third match; columns of maxima that are no one's offer. */
const modern = '\ufeff' + [
  'Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,B365H,B365D,B365A,PSH,PSD,PSA,WHH,WHD,WHA,BFEH,BFED,BFEA,MaxH,MaxD,MaxA,B365>2.5,B365<2.5,AHh,PAHH,PAHA,B365CH,B365CD,B365CA,PSCH,PSCD,PSCA,AHCh,PCAHH,PCAHA',
  // Opens at 3.2, 3.9, 2.6: 0.954. Closes at 2.5, 3.4, 3: 1.027.
  'X1,14/08/2017,12:30,Alpha,Beta,2,1,H,3.2,3.3,2.2,2.5,3.9,2.4,2.4,3.2,2.6,3.3,4,2.7,3.5,4.1,3,1.9,2,-0.25,1.95,1.97,2.4,3.4,2.9,2.5,3.3,3,-0.5,2.01,1.91',
  // Opens at 2.1, 3.3, 3.7: 1.05. Closes at 2.3, 3.8, 3.6: 0.976.
  'X1,14/08/2017,15:00,Gamma,Delta Town,0,0,D,2.1,3.3,3.6,2.05,3.2,3.7,2,3.1,3.5,2.1,3.3,3.7,2.1,3.3,3.7,1.8,2.1,,,,2.3,3.2,3.3,2.1,3.8,3.6,,,',
  // Opens at 2, 3.6, 4: 1.028; with the exchange at 2.3, 3.9, 4.5: 0.913. One book has no prices; no closing ones.
  "X1,15/08/2017,16:30,Epsilon,Z'eta,1,3,A,2,3.6,3.9,1.95,3.5,4,,,,2.3,3.9,4.5,2.3,3.9,4.5,,,,,,,,,,,,,,",
].join('\r\n') + '\r\n';

/** cp1252, years of two digits, no time of day, blank rows and one that does not fit its header. Opens at 2.2, 3.6, 4.4: 0.960; and at 1.5, 4, 7: 1.06. */
const old = Buffer.from([
  'Div,Date,HomeTeam,AwayTeam,FTHG,FTAG,FTR,B365H,B365D,B365A,IWH,IWD,IWA',
  'X2,20/09/12,King\x92s Alpha,Beta,1,1,D,2.2,3.1,3.9,2,3.6,4.4', 'X2,21/09/12,Gamma,Delta,3,0,H,1.5,3.9,7,1.45,4,6.5',
  'X2,22/09/12,Ragged,Row,1,0,H,9,9,9', ',,,,,,,,,,,,', ',,,,,,,,,,,,',
].join('\n'), 'latin1');

const newLeagues = [
  'Country,League,Season,Date,Time,Home,Away,HG,AG,Res,PSCH,PSCD,PSCA,MaxCH,MaxCD,MaxCA,BFECH,BFECD,BFECA',
  'Nowhere,Top,2017,02/03/2017,19:00,Eta,Theta,0,1,A,2.5,3.1,2.9,3.5,4,4,3.4,3.9,3.8', 'Nowhere,Top,2017,03/03/2017,19:00,Iota,Kappa,,,,1.9,3.3,4.2,,,,,,',
].join('\n');

/** A match of the first file once more, without its time of day, and with headers that some tool has renamed. */
const reExport = ['Div,Date,HomeTeam,AwayTeam,FTHG,FTAG,FTR,B365H,B365D,B365A,B365_2_5,B365_2_5_1', 'X1,2017-08-14 00:00:00,Alpha,Beta,2,1,H,3.2,3.3,2.2,1.9,2'].join('\r\r\n');

const truth = readTruth<{ football: Readonly<Record<string, SeasonTruth>> }>();
if (truth === undefined) process.stderr.write(`SKIPPED: real seasons are not tested: there are none in ${dataFolder}\n`);

const stack = await startTestStack(t);

t.test('seasons written by hand, in every dialect', { timeout: 500_000 }, async (t) => {
  const folder = t.testdir({ 'modern.csv': modern, 'old.csv': old, 'new-leagues.csv': newLeagues, 're-export.csv': reExport });
  const groups = withoutOverlap(writtenByHand(folder));
  t.same(groups.map((group) => group.map(({ path }) => basename(path))), [['modern.csv', 'old.csv', 'new-leagues.csv'], ['re-export.csv']]);
  const databases = [stack.plain, ...stack.timescale];
  for (const [at, group] of groups.entries()) await acceptance(t, stack, `by-hand-${at + 1}`, group, databases);
  for (const database of databases) {
    await statisticsAgree(t, database, 'by-hand-1', groups[0]!.flatMap(({ matches }) => matches.map(({ eventId }) => eventId)), false);
    await mayOnlyRead(t, database, 'by-hand-1');
  }
});

t.test('real seasons', { timeout: 900_000, skip: truth === undefined ? `no data in ${dataFolder}` : false }, async (t) => {
  const seasons = Object.entries(truth!.football).map(([file, of]) => seasonAt(`${dataFolder}football-data/${file}`, figuresOf(`${dataFolder}football-data/${file}`, of)));
  t.ok(seasons.length >= 10, 'there are seasons to check');
  for (const [at, group] of withoutOverlap(seasons).entries()) {
    t.comment(`recording ${at + 1}: ${group.map(({ path }) => basename(path)).join(', ')}`);
    await acceptance(t, stack, `seasons-${at + 1}`, group, [stack.plain]);
  }
});
