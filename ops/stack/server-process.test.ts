import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ensureCredentials, homeAt, loginNames, makeHome, readCredentials, readState, writeState } from './home.ts';
import type { Home } from './home.ts';
import { whileLocked } from './lock.ts';
import { portsFrom } from './ports.ts';
import { launch, liveRecord, processStart, stopServer, tail, waitReady } from './server-process.ts';

const temporaryHome = (t: { teardown(action: () => void): void }): Home => {
  const root = mkdtempSync(join(tmpdir(), 'oddstream-process-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  return makeHome(root);
};

/** A stand-in for a server: a shell script. */
const command = (script: string): Parameters<typeof launch>[2] => ({ program: '/bin/sh', args: ['-c', script], cwd: '/', env: { PATH: process.env['PATH'] }, ports: [1] });

t.test('a server is started, found again and stopped by the first signal that works', async (t) => {
  const home = temporaryHome(t);
  const gentle = launch(home, 'redis', command('exec sleep 60'));
  t.same(liveRecord(home, 'redis'), gentle);
  t.equal(await stopServer(home, 'redis', [{ signal: 'SIGTERM', withinMs: 5000 }]), 'SIGTERM');
  t.equal(liveRecord(home, 'redis'), undefined);
  t.equal(await stopServer(home, 'redis', [{ signal: 'SIGTERM', withinMs: 5000 }]), undefined);

  launch(home, 'redis', command("trap '' TERM; echo deaf; while :; do sleep 0.1; done"));
  while (!tail(join(home.logs, 'redis.log')).includes('deaf')) await sleep(20);
  t.equal(await stopServer(home, 'redis', [{ signal: 'SIGTERM', withinMs: 200 }]), 'SIGKILL');
});

t.test('a process that only has the pid of a server of ours gets no signal', async (t) => {
  const home = temporaryHome(t);
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
  t.teardown(() => stranger.kill('SIGKILL'));
  const { pid } = stranger;
  if (pid === undefined) throw new Error('sleep did not start');
  writeFileSync(join(home.run, 'kafka.json'), JSON.stringify({ pid, startedAt: 'another boot/1', since: 0, ports: [1, 2] }));
  t.equal(liveRecord(home, 'kafka'), undefined);
  t.equal(await stopServer(home, 'kafka', [{ signal: 'SIGTERM', withinMs: 1000 }]), undefined);
  t.not(processStart(pid), undefined, 'it is alive');
});

t.test('the dead have no start', async (t) => {
  const child = spawn('true');
  const { pid } = child;
  await once(child, 'close');
  t.equal(processStart(pid ?? 0), undefined);
  t.not(processStart(process.pid), undefined);
});

t.test('a server that stops while it starts is an error with its last words, not a wait', async (t) => {
  const home = temporaryHome(t);
  const record = launch(home, 'postgres', command('echo no space left on device; exit 3'));
  await t.rejects(
    waitReady(home, 'postgres', record, () => Promise.resolve(false), { timeoutMs: 20_000 }),
    { code: 'server-exited', detail: /no space left on device/ },
  );
});

t.test('a server that never answers is given up, and an interrupted wait ends at once', async (t) => {
  const home = temporaryHome(t);
  const record = launch(home, 'kafka', command('exec sleep 60'));
  const never = (): Promise<boolean> => Promise.resolve(false);
  await t.rejects(waitReady(home, 'kafka', record, never, { timeoutMs: 150 }), { code: 'not-ready' });
  await t.rejects(waitReady(home, 'kafka', record, never, { timeoutMs: 20_000, signal: AbortSignal.timeout(150) }), { code: 'aborted' });
  await stopServer(home, 'kafka', [{ signal: 'SIGTERM', withinMs: 5000 }]);
});

t.test('a program that does not exist is said to', (t) => {
  const home = temporaryHome(t);
  t.throws(() => launch(home, 'redis', { ...command(''), program: '/no/such/program' }), { code: 'server-exited', message: /\/no\/such\/program/ });
  t.end();
});

t.test('of several that want the lock one works at a time; the lock of a dead process counts for nothing', async (t) => {
  const home = temporaryHome(t);
  writeFileSync(home.lock, '1 another boot/1 0.5');
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await sleep(30);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 5 }, () => whileLocked(home, work, { onProgress: () => undefined })));
  t.equal(most, 1);
  await whileLocked(home, async () => {
    await t.rejects(whileLocked(home, work, { onProgress: () => undefined, timeoutMs: 50 }), { code: 'locked' });
  }, { onProgress: () => undefined });
});

t.test('passwords are made once, and are for their owner only; a damaged file is named', (t) => {
  const home = temporaryHome(t);
  t.equal(readState(home), undefined);
  const made = ensureCredentials(home);
  t.same(ensureCredentials(home), made);
  t.equal(new Set(Object.values(made)).size, loginNames.length);
  t.notMatch(readFileSync(home.credentials, 'utf8'), /undefined/);
  const { oddstream_bets: later, ...earlier } = made;
  writeFileSync(home.credentials, JSON.stringify(earlier));
  t.same(readCredentials(home), { ...earlier, oddstream_bets: '' }, 'a home of before there was this login can be read');
  const mended = ensureCredentials(home);
  t.match(mended, { ...earlier, oddstream_bets: /^.{24}$/ }, 'and its next start makes the missing password, and only that');
  t.not(mended.oddstream_bets, later);
  t.same(readCredentials(home), mended);
  writeState(home, { ports: portsFrom(15_000) });
  t.same(readState(homeAt(home.root)), { ports: portsFrom(15_000) });
  writeFileSync(home.state, '{"ports":');
  t.throws(() => readState(home), { code: 'bad-setting', message: new RegExp(home.state) });
  t.end();
});
