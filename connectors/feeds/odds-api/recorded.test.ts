import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import type { FeedBatch } from '../feed.ts';
import { oddsApi } from './feed.ts';

const play = async (file: string, cursor?: string): Promise<FeedBatch[]> => {
  const batches: FeedBatch[] = [];
  for await (const batch of oddsApi.read(oddsApi.config.parse({ file }), { signal: new AbortController().signal, log: () => undefined, cursor })) batches.push(batch);
  return batches;
};
/** A batch, short: u for an update, r for a repeated one, x for a withdrawal, and statuses, events and problems by name. */
const short = ({ messages }: FeedBatch): string => messages.map((message) => {
  if (message.kind === 'update') return `${message.value.status === 'closed' ? 'x' : message.value.repeat === true ? 'r' : 'u'}:${message.value.market}`;
  return message.kind === 'status' ? `${message.status}:${message.provider}` : message.kind === 'problem' ? `${message.code}@${message.at}` : message.kind;
}).join(' ');

const change = (seq: number, time: string, market: string, outcomes: unknown, book = 'ace'): string => JSON.stringify({
  seq, t: `2030-05-01T${time}Z`, lu: null, ev: 'e1', sport: 'soccer_invented', home: 'Ashby', away: 'Brook', start: '2030-05-01T18:00:00Z', book, mkt: market, o: outcomes,
});
const lines = [
  change(1, '12:00:00', 'h2h', [['Ashby', 100], ['Brook', 300], ['Draw', 250]]),
  change(2, '12:00:00', 'totals', [['Over', -110, 2.5], ['Under', -110, 2.5]], 'bet'),
  '{"seq":3,"t":"2030-05-01T12:00:00Z"',
  change(4, '12:01:00', 'totals', [['Over', -105, 2.25], ['Under', -115, 2.25]], 'bet'),
  '',
  change(5, '12:06:00', 'h2h', null),
];

t.test('a change stream, gzipped or not: one batch per poll time, with its place', async (t) => {
  const folder = t.testdir({ 'changes.jsonl': lines.join('\n') });
  writeFileSync(join(folder, 'changes.jsonl.gz'), gzipSync(`${lines.join('\r\n')}\r\n`));
  for (const name of ['changes.jsonl', 'changes.jsonl.gz']) {
    const batches = await play(join(folder, name));
    t.strictSame(batches.map(short), [
      `event up:ace u:1x2 up:bet u:totals:2.5 json_malformed@${name}:3 confirm:ace confirm:bet`,
      'x:totals:2.5 u:totals:2.25',
      'x:1x2 confirm:ace confirm:bet',
    ]);
    t.strictSame(batches.map(({ cursor }) => cursor), ['line:3', 'line:4', 'line:6']);
    t.equal(batches.at(-1)?.progress, 1);
    t.strictSame(await oddsApi.span(oddsApi.config.parse({ file: join(folder, name) })), { firstMs: Date.UTC(2030, 4, 1, 12), lastMs: Date.UTC(2030, 4, 1, 12, 6) });
  }
  t.equal(oddsApi.mode(oddsApi.config.parse({ file: 'x.jsonl' })), 'recording');
});

t.test('a change stream goes on where it stopped: providers are up again, and what stood before is withdrawn as if it had not stopped', async (t) => {
  const file = join(t.testdir({ 'changes.jsonl': lines.join('\n') }), 'changes.jsonl');
  t.strictSame((await play(file, 'line:3')).map(short), ['up:ace up:bet x:totals:2.5 u:totals:2.25', 'x:1x2 confirm:ace confirm:bet']);
  t.strictSame(await play(file, 'line:6'), [], 'nothing is left');
  await t.rejects(play(file, 'poll:2'), { code: 'recording_unknown', message: /start it again without a position/ });
});

t.test('a time that goes back is told of, a decimal stream is seen to be one', async (t) => {
  const file = join(t.testdir({ 'changes.jsonl': [
    change(1, '12:00:00', 'h2h', [['Ashby', 150], ['Brook', 160]]), change(2, '11:00:00', 'h2h', [['Ashby', 1.5], ['Brook', 3]])].join('\n') }), 'changes.jsonl');
  const batches = await play(file);
  t.match(batches.map(short), [/u:1x2/, /^time_went_back@changes.jsonl, up to line 2 .*u:1x2/]);
  t.match(batches[0]?.messages.find(({ kind }) => kind === 'update'), { value: { odds: { home: 150, away: 160 } } });
});

t.test('a file that breaks off: what could be read flows, and the break is told of', async (t) => {
  const folder = t.testdir();
  const many = Array.from({ length: 3000 }, (_, index) => change(index, '12:00:00', 'h2h', [['Ashby', 100 + index * 7], ['Brook', 100 + ((index * 7919) % 997)]]));
  const packed = gzipSync(many.join('\n'));
  writeFileSync(join(folder, 'cut.jsonl.gz'), packed.subarray(0, packed.length - 2000));
  const [batch, ...others] = await play(join(folder, 'cut.jsonl.gz'));
  t.equal(others.length, 0);
  t.ok((batch?.messages.length ?? 0) > 1000, 'most of it was read');
  t.match(batch?.messages.filter(({ kind }) => kind === 'problem'), [{ code: 'recording_broken', at: /^cut.jsonl.gz:\d+$/ }]);
});

const body = (...prices: readonly number[]): string => JSON.stringify(prices.length === 0 ? [] : [{
  id: 'e1', sport_key: 'soccer_invented', commence_time: '2030-05-01T18:00:00Z', home_team: 'Ashby', away_team: 'Brook',
  bookmakers: [{ key: 'ace', last_update: '2030-05-01T11:59:30Z', markets: [{ key: 'h2h', outcomes: ['Ashby', 'Brook', 'Draw'].map((name, index) => ({ name, price: prices[index] })) }] }],
}]);

/** A ustar archive, made by hand; `edit` spoils it. */
const tar = (files: Readonly<Record<string, string>>): Buffer => Buffer.concat([...Object.entries(files).flatMap(([name, content]) => {
  const header = Buffer.alloc(512);
  const size = Buffer.byteLength(content);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(size.toString(8).padStart(11, '0'), 124);
  header.write('        0ustar\0', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padded = Buffer.alloc(Math.ceil(size / 512) * 512);
  padded.write(content);
  return [header, padded];
}), Buffer.alloc(1024)]);

const polls = {
  'league_2030-05-01T120000Z_a.json': body(2, 4, 3.5),
  'league_2030-05-01T120100Z_b.json': body(2, 4, 3.5),
  'league_2030-05-01T120200Z_c.json': '[{"id":',
  'league_2030-05-01T120300Z_d.json': body(),
};
const played = ['event up:ace u:1x2', 'r:1x2', 'json_malformed@league_2030-05-01T120200Z_c.json', 'x:1x2'];

t.test('bodies of polls from a folder, a tar archive, gzipped or not: one batch each, in order of time', async (t) => {
  const folder = t.testdir({ folder: polls });
  writeFileSync(join(folder, 'folder', 'notes.txt'), 'no poll');
  writeFileSync(join(folder, 'polls.tar'), tar({ 'README.md': '#', ...polls }));
  writeFileSync(join(folder, 'polls.tar.gz'), gzipSync(tar(polls)));
  for (const name of ['folder', 'polls.tar', 'polls.tar.gz']) {
    const file = join(folder, name);
    const batches = await play(file);
    t.strictSame(batches.map(short), played, name);
    t.strictSame(batches.map(({ cursor }) => cursor), ['poll:1', 'poll:2', 'poll:3', 'poll:4']);
    t.strictSame(await oddsApi.span(oddsApi.config.parse({ file })), { firstMs: Date.UTC(2030, 4, 1, 12), lastMs: Date.UTC(2030, 4, 1, 12, 3) });
    t.strictSame((await play(file, 'poll:1')).map(short), ['up:ace r:1x2', ...played.slice(2)], 'and on from a position');
  }
});

t.test('the poll time: from the name, from a historical body, else the newest update of a book', async (t) => {
  const folder = t.testdir({
    'named.2030-05-01T12:00:00Z.json': body(2, 4, 3.5),
    'historical.json': `{"timestamp":"2030-05-01T13:00:00Z","data":${body(2, 4, 3.5)}}`,
    'plain.json': body(2, 4, 3.5),
    'naive_2030-05-01T140000.json': '[]',
  });
  const timeOf = async (name: string): Promise<unknown> => (await play(join(folder, name)))[0]?.messages.flatMap((message) => (message.kind === 'update' ? [message.value.timestamp] : []))[0];
  t.equal(await timeOf('named.2030-05-01T12:00:00Z.json'), Date.UTC(2030, 4, 1, 12));
  t.equal(await timeOf('historical.json'), Date.UTC(2030, 4, 1, 13));
  t.equal(await timeOf('plain.json'), Date.UTC(2030, 4, 1, 11, 59, 30));
  t.strictSame((await play(join(folder, 'naive_2030-05-01T140000.json'))).map(short), ['poll_time_unknown@naive_2030-05-01T140000.json'], 'a time without a zone is none');
});

t.test('archives out of order, damaged, or of something else', async (t) => {
  const folder = t.testdir();
  const path = (name: string, content: Buffer): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const [first, second] = Object.entries(polls);
  t.strictSame((await play(path('mixed.tar', tar(Object.fromEntries([second ?? [], first ?? []]))))).map(short), ['event up:ace u:1x2', 'poll_out_of_order@league_2030-05-01T120000Z_a.json']);
  const whole = tar(polls);
  t.match((await play(path('cut.tar', whole.subarray(0, 1400)))).map(short), ['event up:ace u:1x2', /^recording_broken@cut.tar, poll 2$/]);
  t.match((await play(path('noise.tar', Buffer.alloc(2000, 'x')))).map(short), [/^recording_broken@noise.tar, poll 1$/]);
  await t.rejects(play(path('other.tar', tar({ 'odds.csv': 'a,b' }))), { code: 'recording_unknown' });
  await t.rejects(play(path('odds.csv', Buffer.from('a,b'))), { code: 'recording_unknown', message: /\.jsonl/ });
  await t.rejects(play(join(folder, 'nowhere.jsonl')), { code: 'recording_unreadable' });
  await t.rejects(oddsApi.span(oddsApi.config.parse({ file: path('empty.jsonl', Buffer.alloc(0)) })), { code: 'recording_unknown' });
  mkdirSync(join(folder, 'none'));
  await t.rejects(play(join(folder, 'none')), { code: 'recording_unknown' });
});

t.test('settings are checked, and may be written as on a command line', async (t) => {
  const parsed = oddsApi.config.parse({ sports: 'soccer_epl, basketball_nba', pollMs: '30000', commission: 'smarkets=0.02' });
  t.match(parsed, { sports: ['soccer_epl', 'basketball_nba'], pollMs: 30_000, commission: { smarkets: 0.02 } });
  t.equal(oddsApi.mode(parsed), 'live');
  for (const [wrong, message] of [
    [{}, /at least one sport/], [{ sports: 'upcoming,soccer_epl' }, /alone/], [{ sports: 'a', unreachableMs: 5 }, /at least pollMs/], [{ sports: 'a/../b' }, /lower case/],
    [{ sports: 'a', baseUrl: 'http://example.com' }, /https/], [{ sports: 'a', baseUrl: 'https://user@example.com' }, /without a user/], [{ sports: 'a', commission: 'x=2' }, /commission/],
  ] as const) t.match(oddsApi.config.safeParse(wrong).error?.message, message, JSON.stringify(wrong));
});
