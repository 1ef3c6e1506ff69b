import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const home = mkdtempSync(join(tmpdir(), 'oddstream-cli-'));
t.teardown(() => { rmSync(home, { recursive: true }); });

/** The command as it is installed, in a process of its own. */
const oddstream = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL('oddstream.cjs', import.meta.url)), ...args], {
    encoding: 'utf8', cwd: home, env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ODDSTREAM_HOME: join(home, 'stack'), ...env }, timeout: 240_000,
  });
  return { status, stdout, stderr };
};

t.test('help says what there is, and exits well', (t) => {
  const { status, stdout } = oddstream(['--help']);
  t.equal(status, 0);
  for (const command of ['start', 'run', 'feed', 'clock', 'outbox', 'bettors', 'bet', 'account', 'ledger', 'reconcile', 'topics', 'dead', 'why', 'replay', 'migrate', 'maintain', 'stack', 'status', 'doctor']) t.match(stdout, new RegExp(`^  ${command}\\b`, 'm'), command);
  t.match(stdout, /Exit codes: 0 .* 1 .* 2/);
  const feed = oddstream(['feed', 'simulator', '--help']);
  t.equal(feed.status, 0);
  t.match(feed.stdout, /--event-minutes <value>/, 'the options of a feed come from its schema');
  t.match(feed.stdout, /--rate <value>\s+Updates per second\. \(default: 2000\)/);
  t.match(feed.stdout, /Examples:/);
  t.match(oddstream(['start', '--feed', 'football-data', '--help']).stdout, /--exchanges <value>/, 'start has the options of its feed');
  t.end();
});

t.test('wrong usage is one line, and exit code 2', (t) => {
  for (const [args, says] of [
    [['nope'], /unknown command 'nope'/],
    [['run'], /missing required argument 'pipeline'/],
    [['run', 'nope'], /There is no pipeline 'nope'\. There are: best-odds/],
    [['run', 'best-odds', 'best-odds'], /named twice/],
    [['run', 'best-odds', '--port', 'x'], /--port x: give a port/],
    [['feed', 'simulator', '--rate', 'fast'], /--rate fast: give a number/],
    [['feed', 'football-data'], /--file is missing/],
    [['feed', 'football-data', '--file', 'x.csv', '--speed', '0'], /--speed 0: give max/],
    [['start', '--feed', 'nope'], /There is no feed 'nope'/],
    [['start', '--for', 'long'], /--for long/],
    [['stack', 'wipe'], /--yes/],
    [['dead', 'list', 'nope'], /no dead letters of a topic 'nope', only of: odds-updates, events, market-books/],
    [['dead', 'list', 'events', '--topic', 'odds-updates'], /Two topics are named/],
    [['dead', 'list', '--since', 'lately'], /--since lately: give a time as in 20.* 2h/],
    [['dead', 'show', 'odds-updates', '0', 'x'], /offset x: give a whole number/],
    [['dead', 'replay', 'odds-updates', '0'], /a topic alone, or with partition and offset/],
    [['dead', 'add', 'nope', 'odds-updates', '0', '1', '--reason', 'x'], /There is no pipeline 'nope'/],
    [['dead', 'add', 'odds-history', 'odds-updates', '0', '1', '--reason', 'x'], /is a sink.*sink_positions/],
    [['dead', 'add', 'best-odds', 'odds-updates', '0', '1'], /--reason/],
    [['why', 'nope', '0', '1'], /There is no topic 'nope'\. There are: odds-updates/],
    [['why', 'odds-updates', '0', '-1'], /offset -1: give a whole number/],
    [['bet', 'place', '--account', 'a', '--stake=-5', '--currency', 'EUR', '--leg', 'football:e1:1x2/home@2'], /--stake -5 EUR: .*above zero \(amount_not_positive\)/],
    [['bet', 'place', '--account', 'a', '--stake', '5.001', '--currency', 'EUR', '--leg', 'football:e1:1x2/home@2'], /EUR has 2 decimals.*\(amount_fraction\)/],
    [['bet', 'place', '--account', 'a', '--stake', '5', '--currency', 'EUR', '--leg', 'football:e1:1x2/home@1'], /the price must be decimal, above 1/],
    [['bet', 'place', '--account', 'a', '--stake', '5', '--currency', 'EUR'], /--leg/],
    [['bettors', '--rate', '0'], /--rate 0: give a number from 0\.01/],
    [['bet', 'cancel', 'x', '--account', 'a'], /bet x: give a UUID/],
    [['bet', 'cash-out', '0b1d3c52-5b0e-4c53-9d6c-0a4f6f1f2f10', '--account', 'a', '--part', '5'], /of which currency\? Give --currency/],
    [['account', 'open', 'a', '--currency', 'euro'], /--currency "euro" is no currency/],
    [['account', 'deposit', 'a', '0', '--currency', 'EUR'], /amount 0 EUR: .*above zero/],
    [['account', 'deposit', 'a', '5', '--currency', 'EUR', '--wait', 'long'], /--wait long: give seconds/],
  ] as const) {
    const { status, stderr } = oddstream(args);
    t.equal(status, 2, args.join(' '));
    t.match(stderr, says);
    t.equal(stderr.trimEnd().split('\n').length, 1, `one line: ${stderr}`);
    t.match(stderr, /^oddstream: /);
  }
  t.end();
});

t.test('an error is one line that says what to do, and exit code 1; where it came from is shown on demand', (t) => {
  for (const [args, env, says] of [
    [['run', 'best-odds'], { ODDSTREAM_LOG_LEVEL: 'silent' }, /no local stack in .*: run 'oddstream stack start', or set --brokers or ODDSTREAM_BROKERS/],
    [['run', 'best-odds'], { ODDSTREAM_METRICS_PORT: 'x' }, /metricsPort \(ODDSTREAM_METRICS_PORT\) is "x": give a port/],
    [['run', 'best-odds', '--set', 'best-odds.windowMs=-1'], {}, /pipelines\.best-odds\.windowMs \(--set\) is -1: give more than 0/],
    [['topics', 'apply', '--brokers', '127.0.0.1:9', '--registry-url', 'http://127.0.0.1:9'], {}, /No broker answers at 127\.0\.0\.1:9: is it running/],
    [['migrate'], { ODDSTREAM_POSTGRES_OWNER_URL: 'postgresql://me:hunter2@127.0.0.1:9/odds' }, /ECONNREFUSED 127\.0\.0\.1:9: a server does not answer/],
    [['feed', 'odds-api', '--file', 'x.jsonl', '--original', '--brokers', '127.0.0.1:9', '--registry-url', 'http://127.0.0.1:9'], {}, /give a namespace/],
  ] as const) {
    const { status, stderr } = oddstream(args, env);
    t.equal(status, args.includes('--original' as never) ? 2 : 1, args.join(' '));
    t.match(stderr, says);
    t.equal(stderr.trimEnd().split('\n').length, 1, `one line: ${stderr}`);
    t.notMatch(stderr, /hunter2/);
  }
  t.match(oddstream(['run', 'best-odds', '--verbose'], { ODDSTREAM_LOG_LEVEL: 'silent' }).stderr, /\n\s+at /);
  t.match(oddstream(['run', 'best-odds'], { ODDSTREAM_LOG_LEVEL: 'silent', ODDSTREAM_DEBUG: '1' }).stderr, /\n\s+at /);
  t.end();
});

t.test('what needs no server works without one', (t) => {
  const topics = oddstream(['topics', 'list', '--namespace', 'season']);
  t.equal(topics.status, 0);
  t.match(topics.stdout, /^season\.best-odds\s+sport:event_id:market\s+8\s+delete/m);
  const document = oddstream(['topics', 'asyncapi']);
  t.equal(document.status, 0);
  t.match(JSON.parse(document.stdout), { asyncapi: /^3\./, info: { version: /^\d+\.\d+\.\d+$/ } });
  const stack = oddstream(['stack', 'status']);
  t.equal(stack.status, 0);
  t.match(stack.stdout, /^kafka\s+down/m);
  t.end();
});
