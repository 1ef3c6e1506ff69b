import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { FeedBatch, FeedMessage } from '../feed.ts';
import { footballData } from './feed.ts';

const HOUR_MS = 3_600_000;
const kickOffMs = Date.UTC(2021, 7, 14, 14);

const read = async (options: Record<string, unknown>, cursor?: string, signal = new AbortController().signal): Promise<FeedBatch[]> => {
  const batches: FeedBatch[] = [];
  for await (const batch of footballData.read(footballData.config.parse(options), { cursor, signal, log: () => undefined })) batches.push(batch);
  return batches;
};
const flat = (batches: readonly FeedBatch[]): FeedMessage[] => batches.flatMap(({ messages }) => messages);

/** A message in one line: seconds from kick-off, what, whose, which. */
const line = (message: FeedMessage): string => {
  if (message.kind === 'problem') return `problem ${message.code}`;
  if (message.kind === 'status') return `status ${message.provider}`;
  const { value } = message;
  const at = `${(value.timestamp - kickOffMs) / 1000}`;
  if (message.kind === 'event') return `${at} ${message.value.status} ${message.value.home_score}:${message.value.away_score}`;
  if (message.kind === 'result') return `${at} ${message.value.market} ${message.value.outcomes?.map(({ outcome, result }) => `${outcome} ${result}`).join(', ')}`;
  return `${at} ${message.value.provider} ${message.value.market} ${message.value.status} ${JSON.stringify(message.value.odds)}`;
};

const file = async (dir: string, name: string, ...lines: string[]): Promise<string> => {
  const path = join(dir, name);
  await writeFile(path, lines.join('\n'));
  return path;
};

const header = 'Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,B365H,B365D,B365A,BFEH,BFED,BFEA,AHh,PAHH,PAHA,B365CH,B365CD,B365CA,AHCh,PCAHH,PCAHA';
const row = 'E0,14/08/2021,15:00,Alpha,Beta,2,1,H,2.5,3.1,2.9,2.6,3.2,3,-0.75,1.9,2,2.4,3.2,3.1,-1,2.05,1.85';

t.test('what is said of a match, and when', async (t) => {
  const path = await file(t.testdir({}), 'a.csv', header, row);
  const batches = await read({ file: path });
  t.same(flat(batches).map(line), [
    '-86400 scheduled null:null',
    '-86400 bet365 1x2 open {"home":2.5,"draw":3.1,"away":2.9}',
    '-86400 pinnacle asian_handicap:-0.75 open {"home":1.9,"away":2}',
    '-86400 betfair_exchange 1x2 open {"home":2.6,"draw":3.2,"away":3}',
    '-61 bet365 1x2 open {}',
    '-61 pinnacle asian_handicap:-0.75 open {}',
    '-61 betfair_exchange 1x2 open {}',
    '-60 bet365 1x2 open {"home":2.4,"draw":3.2,"away":3.1}',
    '-60 pinnacle asian_handicap:-1 open {"home":2.05,"away":1.85}',
    '0 bet365 1x2 closed {}',
    '0 pinnacle asian_handicap:-1 closed {}',
    '0 live null:null',
    '6600 finished 2:1',
    '6600 1x2 home won, draw lost, away lost',
    '6600 totals:2.5 over won, under lost',
    '6600 asian_handicap:-0.75 home half_won, away half_lost',
    '6600 asian_handicap:-1 home push, away push',
  ]);
  t.equal(batches.length, 5, 'one batch a time');
  t.equal(batches.at(-1)?.progress, 1);
  t.match(flat(batches)[1], { value: { sport: 'football', event_id: 'E0-20210814-alpha-beta', in_play: false, starts_at: kickOffMs, commission: 0 } });
  t.match(flat(batches)[0], { value: { event_id: 'E0-20210814-alpha-beta', competition: 'England Premier League', home: 'Alpha', away: 'Beta', starts_at: kickOffMs, provider: 'football-data' } });
  t.same(await footballData.span(footballData.config.parse({ file: path })), { firstMs: kickOffMs - 24 * HOUR_MS, lastMs: kickOffMs + 6_600_000 });
});

t.test('options', async (t) => {
  const path = await file(t.testdir({}), 'a.csv', header, row);
  const exchange = (messages: readonly FeedMessage[]): unknown => messages.flatMap((one) => (one.kind === 'update' && one.value.provider === 'betfair_exchange' ? [one.value.commission] : []));
  t.same(exchange(flat(await read({ file: path }))), [0.05, 0.05]);
  t.same(exchange(flat(await read({ file: [path], commission: '0.02' }))), [0.02, 0.02]);
  t.same(exchange(flat(await read({ file: path, exchanges: 'false' }))), []);
  t.notOk(footballData.config.safeParse({}).success, 'a file is needed');
  t.notOk(footballData.config.safeParse({ file: 'x', commission: 5 }).success, 'a share, not a percentage');
  t.equal(footballData.mode(), 'recording');
});

t.test('a fixture is quoted and no more', async (t) => {
  const path = await file(t.testdir({}), 'a.csv', 'Div,Date,HomeTeam,AwayTeam,B365H,B365D,B365A', 'E0,14/08/2021,Alpha,Beta,2.5,3.1,2.9');
  t.same(flat(await read({ file: path })).map(line), ['-86400 scheduled null:null', '-86400 bet365 1x2 open {"home":2.5,"draw":3.1,"away":2.9}', '-61 bet365 1x2 open {}']);
  t.same(await footballData.span(footballData.config.parse({ file: path })), { firstMs: kickOffMs - 24 * HOUR_MS, lastMs: kickOffMs - 61_000 }, 'its recording ends with its last message');
});

t.test('closing prices only', async (t) => {
  const path = await file(t.testdir({}), 'new.csv', 'Country,League,Season,Date,Time,Home,Away,HG,AG,Res,PSCH,PSCD,PSCA', 'Nowhere,Top,2021,14/08/2021,15:00,Alpha,Beta,0,0,D,2.5,3.1,2.9');
  t.same(flat(await read({ file: path })).map(line), [
    '-86400 scheduled null:null', '-60 pinnacle 1x2 open {"home":2.5,"draw":3.1,"away":2.9}', '0 pinnacle 1x2 closed {}', '0 live null:null',
    '6600 finished 0:0', '6600 1x2 home lost, draw won, away lost', '6600 totals:2.5 over lost, under won',
  ]);
});

t.test('several files are one recording', async (t) => {
  const dir = t.testdir({
    'a.csv': [header, row, row.replace('14/08/2021', '21/08/2021')].join('\n'),
    'b.csv': ['Div,Date,Time,HomeTeam,AwayTeam,WHH,WHD,WHA', 'D1,15/08/2021,15:30,Gamma,Delta,2,3,4', 'E0,14/08/2021,15:00,Alpha,Beta,2,3,4'].join('\n'),
  });
  const [a, b] = [join(dir, 'a.csv'), join(dir, 'b.csv')];
  const messages = flat(await read({ file: [a, b] }));
  const times = messages.flatMap((one) => (one.kind === 'update' || one.kind === 'event' || one.kind === 'result' ? [one.value.timestamp] : []));
  t.same(times, times.toSorted((x, y) => x - y), 'in event-time order');
  t.same(messages.filter(({ kind }) => kind === 'problem'), [{ kind: 'problem', code: 'match_repeated', at: b, message: 'E0-20210814-alpha-beta was read before: it is taken from where it stands first' }]);
  t.equal(messages.filter((one) => one.kind === 'update' && one.value.provider === 'williamhill').length, 2, 'the other file’s own match is there');
});

t.test('resume', async (t) => {
  const path = await file(t.testdir({}), 'a.csv', header, row, row.replace('14/08/2021', '21/08/2021'), 'E0,14/08/2021,Ragged');
  const whole = await read({ file: path });
  t.equal(whole[0]?.messages[0]?.kind, 'problem', 'problems first');
  for (const [index, { cursor }] of whole.entries()) {
    if (cursor !== undefined) t.same(await read({ file: path }, cursor), whole.slice(index + 1), `after batch ${index}, nothing is said twice`);
  }
  const cursor = whole[3]?.cursor;
  t.same(flat(await read({ file: path, commission: 0.01 }, cursor)).length, flat(whole).length, 'a cursor of other options or files starts over');
  t.same(await read({ file: path }, 'nonsense'), whole);
});

t.test('stops when told to', async (t) => {
  const path = await file(t.testdir({}), 'a.csv', header, row);
  const stop = new AbortController();
  let batches = 0;
  for await (const _ of footballData.read(footballData.config.parse({ file: path }), { cursor: undefined, signal: stop.signal, log: () => undefined })) {
    batches++;
    stop.abort();
  }
  t.equal(batches, 1);
});

t.test('a file that is not one', async (t) => {
  await t.rejects(read({ file: join(t.testdir({}), 'none.csv') }), { code: 'file_unreadable' });
  await t.rejects(read({ file: await file(t.testdir({}), 'bad.csv', 'a,b,c') }), { code: 'layout_unknown' });
  const none = await file(t.testdir({}), 'empty-season.csv', header);
  t.same(await read({ file: none }), [], 'a season that has not begun holds nothing');
  await t.rejects(footballData.span(footballData.config.parse({ file: none })), { code: 'matches_none', message: /empty-season/ });
});
