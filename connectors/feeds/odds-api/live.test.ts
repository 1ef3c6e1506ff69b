import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import type { FeedMessage } from '../feed.ts';
import { oddsApiConfig } from './config.ts';
import { pollLive } from './live.ts';

const KEY = 'secret+key/of=test';

const body = (...prices: readonly number[]): unknown => [{
  id: 'e1', sport_key: 'soccer_invented', commence_time: '2090-05-01T18:00:00Z', home_team: 'Ashby', away_team: 'Brook',
  bookmakers: [{ key: 'ace', last_update: '2030-05-01T11:59:30Z', markets: [{ key: 'h2h', outcomes: ['Ashby', 'Brook', 'Draw'].map((name, index) => ({ name, price: prices[index] })) }] }],
}];

type Reply = (response: ServerResponse, request: IncomingMessage) => void;
const json = (value: unknown, headers: Readonly<Record<string, string>> = {}, status = 200): Reply =>
  (response) => { response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value)); };
const fails = (status: number, headers: Readonly<Record<string, string>> = {}, value: unknown = {}): Reply => json(value, headers, status);
const hangsUp: Reply = (response) => { response.destroy(); };
const neverAnswers: Reply = () => undefined;

/** A server on this machine that gives its replies in turn, the last one for ever, and keeps what it was asked. */
const serverOf = async (t: Test, ...replies: readonly Reply[]) => {
  const asked: { url: URL; atMs: number }[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    asked.push({ url, atMs: Date.now() });
    (replies[Math.min(asked.length, replies.length) - 1] ?? hangsUp)(response, request);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.teardown(() => { server.closeAllConnections(); server.close(); });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
};

/** Polls until `enough` says so of all messages so far, or the feed ends; fails after five seconds. */
const poll = async (settings: object, enough: (messages: readonly FeedMessage[]) => boolean = () => false) => {
  const config = oddsApiConfig.parse({ sports: 'soccer_invented', markets: 'h2h', pollMs: 20, unreachableMs: 2000, minIntervalMs: 0, firstBackoffMs: 5, oddsFormat: 'decimal', ...settings });
  const abort = new AbortController();
  const logged: string[] = [];
  const messages: FeedMessage[] = [];
  const context = { signal: AbortSignal.any([abort.signal, AbortSignal.timeout(5000)]), cursor: undefined, log: (message: string, facts: unknown) => { logged.push(`${message} ${JSON.stringify(facts)}`); } };
  let error: unknown;
  try {
    for await (const batch of pollLive(config, KEY, context)) {
      messages.push(...batch.messages);
      if (enough(messages)) abort.abort();
    }
  } catch (thrown) {
    error = thrown;
  }
  const text = JSON.stringify([messages, logged, error instanceof Error ? [error.message, error.stack, String(error.cause)] : []]);
  return { messages, logged, error, isKeyShown: text.includes(KEY) || text.includes(encodeURIComponent(KEY)), timedOut: context.signal.aborted && !abort.signal.aborted };
};

const count = (messages: readonly FeedMessage[], ...kinds: readonly FeedMessage['kind'][]): number => messages.filter(({ kind }) => kinds.includes(kind)).length;
const problemsOf = (messages: readonly FeedMessage[]): readonly string[] => messages.flatMap((message) => (message.kind === 'problem' ? [message.code] : []));
const statusesOf = (messages: readonly FeedMessage[]): readonly string[] => messages.flatMap((message) => (message.kind === 'status' ? [message.status] : []));

t.test('polls: the request, the time of the answer, repeats, quota', async (t) => {
  const { baseUrl, asked } = await serverOf(t, json(body(2, 4, 3.5), { 'x-requests-remaining': '4000', 'x-requests-used': '1000', 'x-requests-last': '1' }), json(body(2, 4, 3.5)), json(body(2, 4, 3.6)));
  const before = Date.now();
  const { messages, logged, error, isKeyShown } = await poll({ baseUrl, regions: 'uk,eu', pollMs: 200 }, (all) => count(all, 'update') >= 3);
  t.equal(error, undefined);
  t.equal(asked[0]?.url.pathname, '/v4/sports/soccer_invented/odds');
  t.strictSame(Object.fromEntries(asked[0]?.url.searchParams ?? []), { regions: 'uk,eu', markets: 'h2h', oddsFormat: 'decimal', dateFormat: 'iso', apiKey: KEY });
  const updates = messages.flatMap((message) => (message.kind === 'update' ? [message.value] : []));
  t.strictSame(updates.map(({ odds, repeat }) => [odds['draw'], repeat]), [[3.5, false], [3.5, true], [3.6, false]]);
  t.ok(updates.every(({ timestamp, observed_at }) => timestamp >= before && timestamp <= Date.now() && observed_at === timestamp), 'the time is that of the answer');
  t.strictSame(updates.map(({ timestamp }) => timestamp), updates.map(({ timestamp }) => timestamp).sort(), 'and goes on');
  t.match(logged.join('\n'), /quota \{"remaining":4000,"used":1000,"last":1\}/);
  t.notOk(isKeyShown);
  // From before the first: on a busy machine that may arrive so late that the second seems near to it. A timer may be a millisecond early.
  t.ok((asked[1]?.atMs ?? 0) - before >= 199, 'polls keep their distance');
});

t.test('American prices where only US regions are asked, books instead of regions', async (t) => {
  const { baseUrl, asked } = await serverOf(t, json(body(-110, 300, 250)));
  const { messages } = await poll({ baseUrl, oddsFormat: 'auto', regions: 'us,us2' }, (all) => count(all, 'update') >= 1);
  t.equal(asked[0]?.url.searchParams.get('oddsFormat'), 'american');
  t.match(messages.find(({ kind }) => kind === 'update'), { value: { odds: { home: 210 / 110, away: 4, draw: 3.5 } } });
  const books = await serverOf(t, json(body(2, 4, 3.5)));
  await poll({ baseUrl: books.baseUrl, oddsFormat: 'auto', bookmakers: 'ace,bet' }, (all) => count(all, 'update') >= 1);
  t.match(Object.fromEntries(books.asked[0]?.url.searchParams ?? []), { bookmakers: 'ace,bet', oddsFormat: 'decimal' });
  t.notOk(books.asked[0]?.url.searchParams.has('regions'));
});

t.test('what may pass is tried again: server errors, hang-ups, no answer', async (t) => {
  const { baseUrl, asked } = await serverOf(t, fails(503), hangsUp, neverAnswers, json(body(2, 4, 3.5)));
  const { messages, logged, isKeyShown } = await poll({ baseUrl, requestTimeoutMs: 100 }, (all) => count(all, 'update') >= 1);
  t.equal(asked.length, 4);
  t.strictSame(problemsOf(messages), [], 'a retry that helps is no problem');
  t.match(logged.filter((line) => line.startsWith('retrying')), [/HTTP 503/, /no answer/, /no answer/]);
  t.notOk(isKeyShown);
});

t.test('Retry-After is waited for', async (t) => {
  const { baseUrl, asked } = await serverOf(t, fails(429, { 'retry-after': '1' }, { error_code: 'EXCEEDED_FREQ_LIMIT', message: `slow down, ${KEY}` }), json(body(2, 4, 3.5)));
  const { messages, logged, isKeyShown } = await poll({ baseUrl }, (all) => count(all, 'update') >= 1);
  t.equal(count(messages, 'update'), 1);
  t.ok((asked[1]?.atMs ?? 0) - (asked[0]?.atMs ?? 0) >= 990, `waited ${(asked[1]?.atMs ?? 0) - (asked[0]?.atMs ?? 0)} ms`);
  t.match(logged.join('\n'), /EXCEEDED_FREQ_LIMIT: slow down, \*\*\*/);
  t.notOk(isKeyShown, 'not even where the server repeats it');
});

t.test('a key that is refused ends the feed with a clear error', async (t) => {
  for (const status of [401, 403]) {
    const { baseUrl, asked } = await serverOf(t, fails(status, {}, { error_code: 'INVALID_KEY', message: `${KEY} is unknown` }));
    const { error, isKeyShown } = await poll({ baseUrl });
    t.match(error, { code: 'key_refused', message: /check ODDS_API_KEY.*INVALID_KEY/ }, `${status}`);
    t.equal(asked.length, 1, 'it is not tried again');
    t.notOk(isKeyShown);
  }
  const context = { signal: new AbortController().signal, cursor: undefined, log: () => undefined };
  await t.rejects(pollLive(oddsApiConfig.parse({ sports: 'a' }), undefined, context).next(), { code: 'key_missing', message: /ODDS_API_KEY/ });
});

t.test('the quota: a warning when it is low, and a polite end when it is used up', async (t) => {
  const { baseUrl, asked } = await serverOf(t, json(body(2, 4, 3.5), { 'x-requests-remaining': '20', 'x-requests-last': '3' }), json(body(2, 4, 3.5), { 'x-requests-remaining': '17', 'x-requests-last': '3' }),
    json(body(2, 4, 3.5), { 'x-requests-remaining': '2', 'x-requests-last': '3' }));
  const { messages, logged, error, timedOut } = await poll({ baseUrl });
  t.equal(error, undefined);
  t.notOk(timedOut, 'the feed ends by itself');
  t.equal(asked.length, 3, 'no request is made that cannot be paid');
  t.strictSame(problemsOf(messages), ['quota_low', 'quota_exhausted']);
  t.strictSame(statusesOf(messages), ['up', 'down']);
  t.match(logged.at(-1), /all providers are down/);

  const refused = await serverOf(t, json(body(2, 4, 3.5)), fails(401, {}, { error_code: 'OUT_OF_USAGE_CREDITS', message: 'Usage quota has been reached.' }));
  const told = await poll({ baseUrl: refused.baseUrl });
  t.equal(told.error, undefined, 'also where the API says it by a 401');
  t.strictSame(problemsOf(told.messages), ['quota_exhausted']);
  t.strictSame(statusesOf(told.messages), ['up', 'down']);
});

t.test('a sport that is refused is given up and its quotes withdrawn, the others go on', async (t) => {
  const bySport: Reply = (response, request) => {
    const url = request.url ?? '';
    if (url.includes('sports/gone') && count(gone, 'update') > 0) fails(422, {}, { error_code: 'INVALID_MARKET', message: 'no such market' })(response, request);
    else json(url.includes('sports/gone') ? body(2, 4, 3.5) : [{ ...(body(2, 4, 3.5) as object[])[0], id: 'e2' }])(response, request);
  };
  let gone: readonly FeedMessage[] = [];
  const { baseUrl, asked } = await serverOf(t, bySport);
  const { messages, timedOut } = await poll({ baseUrl, sports: 'gone,stays' }, (all) => {
    gone = all;
    return asked.filter(({ url }) => url.pathname.includes('stays')).length > 4;
  });
  t.notOk(timedOut);
  t.strictSame(problemsOf(messages), ['request_refused']);
  t.match(messages.filter((message) => message.kind === 'update' && message.value.status === 'closed'), [{ value: { event_id: 'e1', market: '1x2', odds: {} } }]);
  const alone = await poll({ baseUrl: (await serverOf(t, fails(404, {}, { error_code: 'UNKNOWN_SPORT' }))).baseUrl });
  t.match(alone.error, { code: 'request_refused', message: /check sports.*UNKNOWN_SPORT/ }, 'where none is left, the feed ends with the reason');
});

t.test('an API that cannot be reached: the circuit opens, all providers go down, and come up again', async (t) => {
  let broken = false;
  const { baseUrl, asked } = await serverOf(t, (response, request) => (broken ? fails(500) : json(body(2, 4, 3.5)))(response, request));
  let seenDownAt = 0;
  const { messages, logged, error } = await poll({ baseUrl, pollMs: 10, unreachableMs: 300, maxAttempts: 2, breakAfter: 3, breakMs: 100 }, (all) => {
    if (count(all, 'update') >= 2 && seenDownAt === 0) broken = true;
    if (statusesOf(all).includes('down') && seenDownAt === 0) {
      seenDownAt = asked.length;
      broken = false;
    }
    return statusesOf(all).length === 3 && all.at(-1)?.kind === 'update';
  });
  t.equal(error, undefined);
  t.strictSame(statusesOf(messages), ['up', 'down', 'up']);
  t.match(logged.join('\n'), /circuit open[^]*all providers are down[^]*circuit closed[^]*all providers are up again/);
  t.ok(seenDownAt < 15, `left alone while the circuit is open (${seenDownAt} requests in 300 ms of polling each 10)`);
  t.ok(problemsOf(messages).length > 0 && problemsOf(messages).every((code) => code === 'unavailable'));
});

t.test('a sport that alone fails for too long has its quotes withdrawn', async (t) => {
  let polls = 0;
  const { baseUrl } = await serverOf(t, (response, request) => {
    if (request.url?.includes('sports/fails') !== true) json([])(response, request);
    else if (polls++ === 0) json(body(2, 4, 3.5))(response, request);
    else response.end('<html>');
  });
  const { messages } = await poll({ baseUrl, sports: 'fails,works', unreachableMs: 100 }, (all) => count(all, 'update') >= 2);
  t.match(messages.filter(({ kind }) => kind === 'update'), [{ value: { odds: { home: 2 } } }, { value: { odds: {}, status: 'closed' } }]);
  t.ok(problemsOf(messages).every((code) => code === 'body_malformed'));
  t.strictSame(statusesOf(messages), ['up'], 'its provider is not down');
});

t.test('a body that is not what it should be withdraws nothing', async (t) => {
  const { baseUrl } = await serverOf(t, json(body(2, 4, 3.5)), (response) => { response.end('[{"id":'); }, json({ message: 'odd' }), json(body(2, 4, 3.5)));
  const { messages } = await poll({ baseUrl }, (all) => count(all, 'update') >= 2);
  t.strictSame(problemsOf(messages), ['body_malformed', 'body_malformed']);
  t.match(messages.filter(({ kind }) => kind === 'update').map((message) => message.kind === 'update' && message.value.repeat), [false, true]);
});

t.test('scores, where asked for', async (t) => {
  const score = { id: 'e9', sport_key: 'soccer_invented', commence_time: '2020-05-01T18:00:00Z', completed: true, home_team: 'Ashby', away_team: 'Brook', scores: [{ name: 'Ashby', score: '3' }, { name: 'Brook', score: '1' }] };
  const { baseUrl, asked } = await serverOf(t, (response, request) => json(request.url?.includes('/scores') === true ? [score] : [])(response, request));
  const { messages } = await poll({ baseUrl, scoresMs: 20 }, (all) => count(all, 'event') > 0);
  t.match(messages, [{ kind: 'event', value: { event_id: 'e9', status: 'finished', home_score: 3, away_score: 1 } }]);
  t.match(asked.map(({ url }) => url.pathname), ['/v4/sports/soccer_invented/odds', '/v4/sports/soccer_invented/scores']);
});

t.test('it stops at once when told to, also in the middle of a request', async (t) => {
  const { baseUrl } = await serverOf(t, neverAnswers);
  const abort = new AbortController();
  const feed = pollLive(oddsApiConfig.parse({ sports: 'a', baseUrl }), KEY, { signal: abort.signal, cursor: undefined, log: () => undefined });
  const next = feed.next();
  setTimeout(() => { abort.abort(); }, 50);
  const before = Date.now();
  t.strictSame(await next, { value: undefined, done: true });
  t.ok(Date.now() - before < 8_000, 'long before the request would have timed out');
});
