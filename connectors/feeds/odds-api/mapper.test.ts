import t from 'tap';
import type { FeedMessage } from '../feed.ts';
import type { OddsUpdate } from '../messages.ts';
import { readBody, readChange } from './body.ts';
import { OffersMapper } from './mapper.ts';
import { readScores } from './scores.ts';

const START = '2030-05-01T18:00:00Z';
const startMs = Date.parse(START);

const outcome = (name: string, price: number, point?: number) => ({ name, price, ...(point === undefined ? {} : { point }) });
const h2h = (...prices: readonly number[]) => ({ key: 'h2h', outcomes: ['Ashby', 'Brook', 'Draw'].flatMap((name, index) => (prices[index] === undefined ? [] : [outcome(name, prices[index])])) });
const totals = (point: number, over: number, under: number) => ({ key: 'totals', outcomes: [outcome('Under', under, point), outcome('Over', over, point)] });
const book = (key: string, ...markets: readonly unknown[]) => ({ key, title: key, last_update: '2030-05-01T12:00:00Z', markets });
const event = (id: string, bookmakers: readonly unknown[], more: object = {}) =>
  ({ id, sport_key: 'soccer_invented', sport_title: 'Invented', commence_time: START, home_team: 'Ashby', away_team: 'Brook', bookmakers, ...more });

const mapperOf = (commissions: Readonly<Record<string, number>> = {}) => {
  const mapper = new OffersMapper(new Map(Object.entries(commissions)));
  const poll = (timestampMs: number, events: readonly unknown[], series = 'soccer_invented', format: 'american' | 'decimal' = 'decimal') => {
    const body = readBody(events, 'body.json');
    return [...body.problems, ...mapper.poll({ series, timestampMs, events: body.events, format })];
  };
  const change = (line: object): FeedMessage[] => {
    const read = readChange(JSON.stringify(line), 'file:1');
    return 'kind' in read ? [read] : mapper.change(read, 'american', 'file:1');
  };
  return { mapper, poll, change };
};

const updatesOf = (messages: readonly FeedMessage[]): readonly OddsUpdate[] => messages.flatMap((message) => (message.kind === 'update' ? [message.value] : []));
const problemsOf = (messages: readonly FeedMessage[]): readonly string[] => messages.flatMap((message) => (message.kind === 'problem' ? [`${message.code} ${message.at}`] : []));
/** What updates say, short: provider, market, prices, r where repeated, x where closed. */
const short = (messages: readonly FeedMessage[]): readonly string[] => updatesOf(messages).map(({ provider, market, odds, lay, repeat, status }) =>
  [provider, market, ...Object.entries(odds ?? {}).map(([name, price]) => `${name}=${price}`), ...Object.entries(lay ?? {}).map(([name, price]) => `lay:${name}=${price}`),
    ...(repeat === true ? ['r'] : []), ...(status === 'closed' ? ['x'] : [])].join(' '));

t.test('a whole update', async (t) => {
  const { poll } = mapperOf();
  const messages = poll(startMs - 1000, [event('e1', [book('ace', h2h(2, 4, 3.5))])]);
  t.strictSame(messages, [
    { kind: 'event', value: { timestamp: startMs - 1000, event_id: 'e1', sport: 'football', competition: 'soccer_invented', home: 'Ashby', away: 'Brook',
      starts_at: startMs, status: 'scheduled', home_score: null, away_score: null, provider: 'the-odds-api' } },
    { kind: 'status', provider: 'ace', status: 'up', timestamp: startMs - 1000 },
    { kind: 'update', value: { timestamp: startMs - 1000, provider: 'ace', sport: 'football', event_id: 'e1', market: '1x2', odds: { home: 2, away: 4, draw: 3.5 }, lay: {},
      status: 'open', repeat: false, in_play: false, starts_at: startMs, observed_at: startMs - 1000, sequence: null, commission: 0 } },
  ]);
});

t.test('markets by sport, line and order of outcomes', async (t) => {
  const { poll } = mapperOf();
  const spreads = { key: 'spreads', outcomes: [outcome('Brook', 1.9, 0.75), outcome('Ashby', 2, -0.75)] };
  const level = { key: 'spreads', outcomes: [outcome('Brook', 1.9, 0), outcome('Ashby', 2, 0)] };
  t.strictSame(short(poll(1, [event('e1', [book('ace', h2h(2, 1.8), spreads), book('bet', totals(220.5, 1.9, 1.95), level)], { sport_key: 'basketball_invented' })])), [
    'ace moneyline home=2 away=1.8', 'ace asian_handicap:-0.75 away=1.9 home=2', 'bet totals:220.5 under=1.95 over=1.9', 'bet asian_handicap:0 away=1.9 home=2',
  ]);
  t.strictSame(short(mapperOf().poll(1, [event('e1', [book('ace', h2h(15, 45))])])), ['ace 1x2 home=15 away=45'], 'a football h2h without the draw stays three-way');
});

t.test('exchanges: lay prices beside back prices, commission, and featured lines over alternate ones', async (t) => {
  const { poll } = mapperOf({ exchange: 0.05 });
  const lay = { key: 'h2h_lay', outcomes: [outcome('Ashby', 2.1), outcome('Draw', 3.6)] };
  const messages = poll(1, [event('e1', [
    book('exchange', h2h(2, 4, 3.5), lay),
    book('ace', totals(2.5, 1.9, 1.9), { key: 'alternate_totals', outcomes: [outcome('Over', 1.8, 2.5), outcome('Under', 2, 2.5), outcome('Over', 3, 3.5), outcome('Under', 1.3, 3.5)] }),
  ])]);
  t.strictSame(short(messages), ['exchange 1x2 home=2 away=4 draw=3.5 lay:home=2.1 lay:draw=3.6', 'ace totals:2.5 over=1.9 under=1.9', 'ace totals:3.5 over=3 under=1.3']);
  t.strictSame(updatesOf(messages).map(({ commission }) => commission), [0.05, 0, 0]);
});

t.test('a poll is the whole offer: what it no longer holds is withdrawn, what stands is repeated', async (t) => {
  const { poll } = mapperOf();
  const two = [event('e1', [book('ace', h2h(2, 4, 3.5), totals(2.5, 1.9, 1.9)), book('bet', h2h(2.1, 4, 3.4))]), event('e2', [book('ace', h2h(3, 3, 3))])];
  poll(1, two);
  t.strictSame(short(poll(2, two)).filter((text) => !text.endsWith(' r')), [], 'the same again is all repeats');
  t.strictSame(short(poll(3, [event('e1', [book('ace', h2h(2, 4, 3.6), totals(2.25, 1.8, 2))])])), [
    'ace totals:2.5 x', 'ace 1x2 home=2 away=4 draw=3.6', 'ace totals:2.25 under=2 over=1.8', 'bet 1x2 x', 'ace 1x2 x',
  ], 'a line moved, a book vanished, an event vanished');
  t.strictSame(short(poll(4, [])), ['ace 1x2 x', 'ace totals:2.25 x'], 'an empty poll withdraws everything, once');
  t.strictSame(short(poll(5, [])), []);
  const back = poll(6, [event('e2', [book('ace', h2h(3, 3, 3))])]);
  t.strictSame(short(back), ['ace 1x2 home=3 away=3 draw=3'], 'what comes back is no repeat');
  t.equal(back.filter(({ kind }) => kind === 'event').length, 1, 'and the event is said again');
});

t.test('another series of polls leaves this one alone', async (t) => {
  const { mapper, poll } = mapperOf();
  poll(1, [event('e1', [book('ace', h2h(2, 4, 3.5))])]);
  t.strictSame(short(poll(2, [], 'soccer_other')), []);
  t.strictSame(short(mapper.withdrawSeries('soccer_invented', 3)), ['ace 1x2 x'], 'until it is withdrawn as a whole');
});

t.test('a start that moves, and kick-off', async (t) => {
  const { poll } = mapperOf();
  const offers = [book('ace', h2h(2, 4, 3.5))];
  poll(startMs - 1000, [event('e1', offers)]);
  const moved = poll(startMs, [event('e1', offers, { commence_time: '2030-05-01T19:00:00Z' })]);
  t.match(moved, [{ kind: 'event', value: { starts_at: startMs + 3_600_000, status: 'scheduled' } }, { kind: 'update', value: { in_play: false, repeat: false, starts_at: startMs + 3_600_000 } }]);
  const live = poll(startMs + 3_600_000, [event('e1', offers, { commence_time: '2030-05-01T19:00:00Z' })]);
  t.match(live, [{ kind: 'event', value: { status: 'live' } }, { kind: 'update', value: { in_play: true, repeat: false } }]);
});

t.test('changes replace a book\'s offer under one API market', async (t) => {
  const { change } = mapperOf();
  const line = { seq: 7, t: '2030-05-01T12:00:00Z', lu: null, ev: 'e1', sport: 'soccer_invented', home: 'Ashby', away: 'Brook', start: START, book: 'ace' };
  t.strictSame(short(change({ ...line, mkt: 'h2h', o: [['Draw', 250], ['Brook', 300], ['Ashby', -125]] })), ['ace 1x2 draw=3.5 away=4 home=1.8']);
  t.strictSame(short(change({ ...line, mkt: 'totals', o: [['Over', -110, 2.5], ['Under', -110, 2.5]] })), [`ace totals:2.5 over=${210 / 110} under=${210 / 110}`]);
  const moved = change({ ...line, seq: 9, mkt: 'totals', o: [['Over', 100, 2.25], ['Under', -120, 2.25]] });
  t.strictSame(short(moved), ['ace totals:2.5 x', `ace totals:2.25 over=2 under=${220 / 120}`]);
  t.strictSame(updatesOf(moved).map(({ sequence }) => sequence), [9, 9]);
  const { sport: _, home: __, away: ___, start: ____, ...withdrawal } = line;
  t.strictSame(short(change({ ...withdrawal, mkt: 'totals', o: null })), ['ace totals:2.25 x']);
  t.strictSame(short(change({ ...withdrawal, mkt: 'totals', o: null })), [], 'what does not stand cannot be withdrawn');
  t.strictSame(problemsOf(change({ ...withdrawal, ev: 'unheard', mkt: 'totals', o: null })), ['unknown_event file:1']);
});

t.test('bad input is told of with its place, and the rest flows', async (t) => {
  const { poll } = mapperOf();
  const good = book('ace', h2h(2, 4, 3.5));
  poll(1, [event('e1', [good])]);
  const messages = poll(2, [
    event('e1', [{ ...good, markets: [h2h(0, 4, 3.5), { key: 'h2h' }, 5] }, { title: 'no key' }, book('bet', { key: 'totals', outcomes: [outcome('Over', 2), outcome('Sideways', 2, 2.5)] })]),
    { id: 'e2' },
    event('e3', [book('ace', { key: 'h2h', outcomes: [outcome('Nobody', 2), { name: 'Ashby', price: 'two' }, outcome('Brook', 2), outcome('Brook', 3)] })]),
    event('e3', [good]),
    event('e4', [good], { commence_time: 'tomorrow' }),
    event('e5', [book('ace', { key: 'outrights', outcomes: [outcome('Ashby', 9)] })], { home_team: null, away_team: null }),
    event('e6', [good], { away_team: 'Ashby' }),
    event('e7', [book('ace', { key: 'outrights', outcomes: [] }, { key: 'player_points', outcomes: [] }), good]),
    event('e8', [good], { home_team: null }),
  ]);
  t.strictSame(problemsOf(messages), [
    'market_malformed body.json[0].bookmakers[0].markets[1]', 'market_malformed body.json[0].bookmakers[0].markets[2]', 'bookmaker_malformed body.json[0].bookmakers[1]',
    'event_malformed body.json[1]', 'outcome_malformed body.json[2].bookmakers[0].markets[0].outcomes[1]', 'duplicate_event body.json[3]', 'event_malformed body.json[4]',
    'event_malformed body.json[8]', 'market_ignored body.json', 'market_ignored body.json',
    'price_refused body.json[0].bookmakers[0].markets[0]', 'line_missing body.json[0].bookmakers[2].markets[0]', 'unknown_outcome body.json[0].bookmakers[2].markets[0]',
    'unknown_outcome body.json[2].bookmakers[0].markets[0]', 'duplicate_outcome body.json[2].bookmakers[0].markets[0]', 'teams_equal body.json[6].bookmakers[0].markets[0]',
  ]);
  t.match(messages.filter((message) => message.kind === 'problem' && message.code === 'market_ignored'), [{ message: /^2 offers of market "outrights"/ }, { message: /^1 offers of market "player_points"/ }]);
  t.strictSame(short(messages), ['ace 1x2 away=4 draw=3.5', 'ace 1x2 away=2', 'ace 1x2 home=2 away=4 draw=3.5'], 'a refused price does not leave the old one standing');
  t.strictSame(problemsOf(poll(3, { message: 'no list' } as never)), ['body_malformed body.json']);
});

t.test('lines of a change stream that cannot be read', async (t) => {
  for (const [line, code] of [['{"seq":', 'json_malformed'], ['{"seq":1}', 'change_malformed'],
    ['{"t":"2030-05-01T12:00:00Z","ev":"e","book":"b","mkt":"h2h","o":[["Ashby",100]]}', 'change_malformed'],
    ['{"t":"2030-05-01T12:00:00","ev":"e","book":"b","mkt":"h2h","o":null}', 'change_malformed']] as const) {
    t.match(readChange(line, 'file:3'), { kind: 'problem', code, at: 'file:3' }, line);
  }
});

t.test('scores: an event is said again when its score or its end is news', async (t) => {
  const { mapper, poll } = mapperOf();
  poll(1, [event('e1', [book('ace', h2h(2, 4, 3.5))])]);
  const score = (id: string, completed: boolean, home: string, away: string) =>
    ({ id, sport_key: 'soccer_invented', commence_time: START, completed, home_team: 'Ashby', away_team: 'Brook', scores: [{ name: 'Brook', score: away }, { name: 'Ashby', score: home }] });
  const say = (timestampMs: number, ...entries: readonly unknown[]) => {
    const { scores, problems } = readScores(entries, 'scores');
    return [...problems, ...mapper.scores(scores, 'soccer_invented', timestampMs)];
  };
  t.match(say(startMs + 1, score('e1', false, '1', '0'), score('unpolled', false, '0', '0')), [{ kind: 'event', value: { event_id: 'e1', status: 'live', home_score: 1, away_score: 0 } }]);
  t.strictSame(say(startMs + 2, score('e1', false, '1', '0')), [], 'nothing new');
  poll(startMs + 3, []);
  t.match(say(startMs + 4, score('e1', true, '1', '2')), [{ kind: 'event', value: { status: 'finished', home_score: 1, away_score: 2 } }], 'also when it is no longer offered');
  t.strictSame(say(startMs + 5, score('e1', true, '1', '2')), [], 'once');
  t.strictSame(problemsOf(say(startMs + 6, { id: 'e1' })), ['score_malformed scores[0]']);
});
