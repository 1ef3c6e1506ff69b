import { readFileSync, readdirSync, readlinkSync, mkdtempSync, rmSync, statSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Kafka } from 'kafkajs';
import pg from 'pg';
import t from 'tap';
import { freeBasePort } from './ports.ts';
import { addresses, stackStatus, startStack, stopStack, wipeStack } from './stack.ts';
import type { PostgresAddress, StackAddresses } from './stack.ts';

// One stack, taken through its life: each test goes on where the one before ended.
t.setTimeout(1_500_000);

const home = mkdtempSync(join(tmpdir(), 'oddstream-stack-'));
// Somewhere else at each run, so that two runs on one machine do not meet.
const basePort = (await freeBasePort(16_000 + (process.pid % 90) * 100)) ?? 16_000;
const lines: string[] = [];
const options = { home, basePort, onProgress: (line: string) => lines.push(line) };

t.teardown(async () => {
  await wipeStack({ home });
  rmSync(home, { recursive: true, force: true });
});

const alive = (pid: number): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

/** kill -9. A pid that is missing must not become 0, which is this process and all of its group. */
const killHard = async (pid: number | undefined): Promise<void> => {
  if (pid === undefined) throw new Error('the server is not running');
  process.kill(pid, 'SIGKILL');
  // On a busy machine it may live on for a moment, and would be found running.
  while (alive(pid)) await new Promise((resolve) => { setTimeout(resolve, 10); });
};

/** Every process that has this home, or the data that it put elsewhere, in its command line or works there: also the children of servers. */
const processesOfHome = (): string[] => {
  const { postgresData } = JSON.parse(readFileSync(join(home, 'stack.json'), 'utf8')) as { postgresData: string };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => {
      try {
        return `${readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')} in ${readlinkSync(`/proc/${name}/cwd`)}`;
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(home) || line.includes(postgresData));
};

const sql = async <T extends pg.QueryResultRow>(address: PostgresAddress, text: string): Promise<T[]> => {
  const client = new pg.Client({ connectionString: address.url });
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
};

const kafkaOf = ({ brokers }: StackAddresses): Kafka => new Kafka({ brokers: [brokers], logCreator: () => () => undefined });

const valuesIn = async (stack: StackAddresses, topic: string): Promise<string[]> => {
  const consumer = kafkaOf(stack).consumer({ groupId: `check-${Date.now()}` });
  const found: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((done) => {
    void consumer.run({
      eachMessage: ({ message }) => {
        found.push(String(message.value));
        done();
        return Promise.resolve();
      },
    });
  });
  await consumer.disconnect();
  return found;
};

const schema = { type: 'record', name: 'Check', fields: [{ name: 'word', type: 'string' }] };

const subjectVersion = async ({ registryUrl }: StackAddresses): Promise<unknown> => (await fetch(`${registryUrl}/subjects/check-value/versions/1`)).json();

t.test('two starts at once bring up one stack', async (t) => {
  const [first, second] = await Promise.all([startStack(options), startStack(options)]);
  t.same(first, second);
  t.same(addresses(home), first);
  t.same((await stackStatus({ home })).map(({ name, state }) => `${name} ${state}`), ['kafka up', 'registry up', 'postgres up', 'redis up']);
  for (const name of ['kafka', 'registry', 'postgres', 'redis']) t.equal(lines.filter((line) => line.startsWith(`${name}: up after`)).length, 1, `${name} was started once`);
});

t.test('it listens on the loopback address only', async (t) => {
  const ports = new Set((await stackStatus({ home })).flatMap((server) => server.ports));
  t.equal(ports.size, 6);
  const listening = ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A')
    .map((fields) => (fields[1] ?? '').split(':'))
    .map(([address = '', port = '']) => ({ address, port: Number.parseInt(port, 16) }))
    .filter(({ port }) => ports.has(port));
  t.equal(listening.length, 6);
  for (const { address, port } of listening) t.ok(address.endsWith('0100007F'), `port ${port} is on 127.0.0.1`);
});

t.test('each server keeps what is written to it', async (t) => {
  const stack = addresses(home);
  const admin = kafkaOf(stack).admin();
  await admin.connect();
  t.equal(await admin.createTopics({ topics: [{ topic: 'check', numPartitions: 1, replicationFactor: 1 }] }), true);
  await admin.disconnect();
  const producer = kafkaOf(stack).producer({ idempotent: true });
  await producer.connect();
  await producer.send({ topic: 'check', acks: -1, messages: [{ value: 'kept by kafka' }] });
  await producer.disconnect();

  const registered = await fetch(`${stack.registryUrl}/subjects/check-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  });
  t.equal(registered.status, 200);
  t.same(await (await fetch(`${stack.registryUrl}/config`)).json(), { compatibilityLevel: 'BACKWARD_TRANSITIVE' });

  await sql(stack.postgres.owner, "CREATE TABLE kept (word text); GRANT SELECT ON kept TO quant; GRANT INSERT ON kept TO odds_writer; GRANT UPDATE ON kept TO bets_writer; INSERT INTO kept VALUES ('by the owner')");

  const redis = new Redis(stack.redisUrl);
  await redis.set('kept', 'by redis');
  redis.disconnect();
});

t.test('each role may do what it is for, and no more', async (t) => {
  const { owner, sink, bets, quant, superuser } = addresses(home).postgres;
  await sql(sink, "INSERT INTO kept VALUES ('by the sink')");
  await t.rejects(sql(sink, 'CREATE TABLE mine (word text)'), { code: '42501' });
  await sql(bets, 'UPDATE kept SET word = DEFAULT WHERE false');
  await t.rejects(sql(bets, "INSERT INTO kept VALUES ('by another')"), { code: '42501' }, 'odds and bets are two logins');
  await t.rejects(sql(sink, 'UPDATE kept SET word = DEFAULT'), { code: '42501' });
  t.equal((await sql(quant, 'SELECT * FROM kept')).length, 2);
  await t.rejects(sql(quant, "INSERT INTO kept VALUES ('by a quant')"), { code: '25006' });
  await t.rejects(sql(quant, "SET default_transaction_read_only = off; INSERT INTO kept VALUES ('by a quant')"), { code: /42501|25006/ });
  await t.rejects(sql(owner, 'CREATE ROLE another'), { code: '42501' });
  t.same(await sql(superuser, "SELECT rolname FROM pg_roles WHERE rolsuper AND rolname <> 'postgres'"), []);
  await t.rejects(sql({ ...quant, url: quant.url.replace(quant.password, 'wrong') }, 'SELECT 1'), { code: '28P01' });
  await t.rejects(sql({ ...quant, url: quant.url.replace(/oddstream$/, 'registry') }, 'SELECT 1'), { code: '42501' });
  const [timescale] = await sql<{ installed: boolean; created: boolean }>(
    superuser,
    "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') AS installed, EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') AS created",
  );
  t.equal(timescale?.created, timescale?.installed, 'TimescaleDB is there if the server has it');
});

t.test('no log holds a password, and the files that do are for their owner only', (t) => {
  const secrets = Object.values(JSON.parse(readFileSync(join(home, 'credentials.json'), 'utf8')) as Record<string, string>);
  t.equal(secrets.length, 6);
  for (const file of readdirSync(join(home, 'logs'))) {
    const text = readFileSync(join(home, 'logs', file), 'utf8');
    t.notOk(secrets.some((secret) => text.includes(secret)), file);
  }
  t.notOk(lines.some((line) => secrets.some((secret) => line.includes(secret))), 'progress');
  for (const file of ['credentials.json', 'pgpass']) t.equal(statSync(join(home, file)).mode & 0o077, 0, file);
  t.end();
});

t.test('another stack on these ports, and this one on other ports, are one clear line', async (t) => {
  const other = mkdtempSync(join(tmpdir(), 'oddstream-other-'));
  t.teardown(() => rmSync(other, { recursive: true }));
  await t.rejects(startStack({ home: other, basePort }), { code: 'port-taken', message: /\(kafka\).*ODDSTREAM_BASE_PORT=\d+$/ });
  await t.rejects(startStack({ home, basePort: basePort + 10 }), { code: 'other-ports', message: /stop the stack first$/ });
});

t.test('after kill -9 of every server it starts again, and the data are there', async (t) => {
  const before = await stackStatus({ home });
  for (const { pid } of before) await killHard(pid);
  while (before.some(({ pid }) => pid !== undefined && alive(pid))) await new Promise((done) => setTimeout(done, 20));
  t.same((await stackStatus({ home })).map(({ state }) => state), ['down', 'down', 'down', 'down']);

  const stack = await startStack({ home });
  t.same(stack, addresses(home), 'on the same ports, without being told them again');
  t.same(await valuesIn(stack, 'check'), ['kept by kafka']);
  t.match(await subjectVersion(stack), { subject: 'check-value', version: 1, schema: JSON.stringify(schema) });
  t.same(await sql(stack.postgres.quant, 'SELECT word FROM kept ORDER BY word'), [{ word: 'by the owner' }, { word: 'by the sink' }]);
  const redis = new Redis(stack.redisUrl);
  t.equal(await redis.get('kept'), 'by redis');
  redis.disconnect();
});

t.test('one server that died is started again beside the others, which are kept', async (t) => {
  const before = await stackStatus({ home });
  await killHard(before.find(({ name }) => name === 'redis')?.pid);
  await startStack({ home });
  const after = await stackStatus({ home });
  t.same(after.map(({ name, pid }) => `${name} ${pid === before.find((server) => server.name === name)?.pid ? 'kept' : 'new'}`), ['kafka kept', 'registry kept', 'postgres kept', 'redis new']);
});

t.test('after a stop no process is left, and a second start is quick', async (t) => {
  const pids = (await stackStatus({ home })).flatMap(({ pid }) => pid ?? []);
  t.equal(pids.length, 4);
  t.ok(processesOfHome().length > pids.length, 'the servers and the children of PostgreSQL are seen');
  await stopStack({ home });
  t.same(pids.filter(alive), []);
  t.same(processesOfHome(), []);
  await stopStack({ home });

  const begun = Date.now(), said: string[] = [];
  await startStack({ home, onProgress: (line) => said.push(line) });
  t.comment(`second start: ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  t.notMatch(said.join('\n'), /new database|download/, 'nothing is made or fetched again');
});

t.test('only what is asked for is started, and what it needs', async (t) => {
  await stopStack({ home });
  await startStack({ home, only: ['redis'] });
  t.same((await stackStatus({ home })).filter(({ state }) => state === 'up').map(({ name }) => name), ['redis']);
  await startStack({ home, only: ['postgres'] });
  t.same((await stackStatus({ home })).filter(({ state }) => state === 'up').map(({ name }) => name), ['postgres', 'redis']);
});

t.test('a start that is interrupted ends at once, and what it began can be stopped', async (t) => {
  const interrupt = new AbortController();
  const start = startStack({ home, signal: interrupt.signal });
  setTimeout(() => interrupt.abort(), 1000);
  await t.rejects(start, { code: 'aborted' });
  await stopStack({ home });
  t.same(processesOfHome(), []);
});

t.test('wipe removes data and passwords, and keeps the downloads', async (t) => {
  const data = (JSON.parse(readFileSync(join(home, 'stack.json'), 'utf8')) as { postgresData: string }).postgresData;
  t.ok(existsSync(data));
  await wipeStack({ home });
  t.notOk(existsSync(data));
  t.same(readdirSync(home), []);
  t.throws(() => addresses(home), { code: 'not-started' });
});
