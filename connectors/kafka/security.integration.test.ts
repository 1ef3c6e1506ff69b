import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import t, { type Test as Tap } from 'tap';
import { makeHome } from '../../ops/stack/home.ts';
import { kafkaJava, kafkaProperties, prepareKafka } from '../../ops/stack/kafka.ts';
import type { Ports } from '../../ops/stack/ports.ts';
import { kafkaJvm } from '../../ops/stack/settings.ts';
import type { Source } from '../../runtime/ports.ts';
import { type Brokers, kafkajsSettings, type Login, type Mechanism, SecuredBrokers } from './brokers.ts';
import { kafkaChangelog } from './changelog.ts';
import { readPartition } from './fetch/read-partition.ts';
import { connectBatchSource } from './fetch/source.ts';
import { hasScram } from './librdkafka.ts';
import { connectProducer } from './producer.ts';
import { connectRecords } from './records.ts';
import { connectReplayer } from './replay.ts';
import { connectSource, type KafkaSourceOptions } from './source.ts';
import { connectTransactionalProducer } from './transactional-producer.ts';

// Every Kafka client of the house against a real broker that wants TLS, a login, or both. Keys and certificates are made here.
t.setTimeout(900_000);
const folder = mkdtempSync(path.join(tmpdir(), 'oddstream-security-'));
const freePort = (): Promise<number> => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => { const { port } = server.address() as AddressInfo; server.close(() => { resolve(port); }); });
});
const ports = { kafka: await freePort(), kafkaController: await freePort() } as Ports;
const secured = { TLS: await freePort(), LOGIN: await freePort(), CLEAR: await freePort() };
const USERNAME = 'pipelines', PASSWORD = 'pass-word', KEY_PASSWORD = 'changeit';
const TOPIC = 'secured';

const home = makeHome(folder);
const { program, jars } = await prepareKafka({ home, onProgress: () => undefined, signal: undefined });
const keytool = (...args: readonly string[]): void => { execFileSync(path.join(kafkaJava().home, 'bin', 'keytool'), args, { stdio: 'pipe' }); };
const certificate = (name: string): string => {
  const store = path.join(folder, `${name}.p12`), pem = path.join(folder, `${name}.pem`);
  keytool('-genkeypair', '-alias', name, '-keyalg', 'EC', '-dname', 'CN=localhost', '-ext', 'SAN=dns:localhost,ip:127.0.0.1', '-ext', 'BC=ca:true', '-validity', '2', '-storetype', 'PKCS12', '-keystore', store, '-storepass', KEY_PASSWORD);
  keytool('-exportcert', '-rfc', '-alias', name, '-keystore', store, '-storepass', KEY_PASSWORD, '-file', pem);
  return pem;
};
const caFile = certificate('broker'), otherCaFile = certificate('stranger');

const data = path.join(folder, 'log'), properties = path.join(folder, 'kafka.properties');
mkdirSync(data);
const listeners = ['PLAINTEXT', ...Object.keys(secured)].map((name) => `${name}://127.0.0.1:${{ PLAINTEXT: ports.kafka, ...secured }[name]}`).join(',');
writeFileSync(properties, `${kafkaProperties(ports, data).replace(/^(advertised\.)?listeners=.*\n|^listener\.security.*\n/gm, '')}${Object.entries({
  listeners: `${listeners},CONTROLLER://127.0.0.1:${ports.kafkaController}`, 'advertised.listeners': listeners,
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,TLS:SSL,LOGIN:SASL_SSL,CLEAR:SASL_PLAINTEXT',
  'ssl.keystore.type': 'PKCS12', 'ssl.keystore.location': path.join(folder, 'broker.p12'), 'ssl.keystore.password': KEY_PASSWORD,
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
  ...Object.fromEntries(['login', 'clear'].flatMap((name) => [
    [`listener.name.${name}.plain.sasl.jaas.config`, `org.apache.kafka.common.security.plain.PlainLoginModule required user_${USERNAME}="${PASSWORD}";`],
    [`listener.name.${name}.scram-sha-256.sasl.jaas.config`, 'org.apache.kafka.common.security.scram.ScramLoginModule required;'],
  ])),
}).map(([name, value]) => `${name}=${value}\n`).join('')}`);
const java = ['-cp', path.join(jars, '*')];
execFileSync(program, [...java, 'kafka.tools.StorageTool', 'format', '-t', 'AAAAAAAAQACAAAAAAAAAAA', '-c', properties, '--add-scram', `SCRAM-SHA-256=[name=${USERNAME},password=${PASSWORD}]`], { stdio: 'pipe' });
const broker = spawn(program, [...kafkaJvm, ...java, 'kafka.Kafka', properties], { cwd: folder, stdio: 'ignore' });
const ended = new Promise((resolve) => { broker.once('exit', resolve); });
t.teardown(async () => {
  broker.kill('SIGKILL');
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

const quiet = { logCreator: () => () => undefined };
const admin = new kafkajs.Kafka({ ...kafkajsSettings(`127.0.0.1:${ports.kafka}`), ...quiet, retry: { retries: 0 } }).admin();
for (;;) {
  try {
    if (broker.exitCode !== null) throw new TypeError('the broker has ended');
    await admin.connect();
    if ((await admin.describeCluster()).brokers.length > 0) break;
  } catch (error) {
    if (error instanceof TypeError) throw error;
    await wait(100);
  }
}
await admin.createTopics({ waitForLeaders: true, topics: [{ topic: TOPIC, numPartitions: 1, configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }] }] });
await admin.disconnect();

const login = (mechanism: Mechanism, more: Partial<Login> = {}): Login => ({ mechanism, username: USERNAME, password: PASSWORD, ...more });
const at = (listener: keyof typeof secured, options: { login?: Login; caFile?: string } = {}): SecuredBrokers =>
  new SecuredBrokers({ addresses: `127.0.0.1:${secured[listener]}`, isTls: listener !== 'CLEAR', ...(listener === 'CLEAR' ? {} : { caFile }), ...options });

const textOf = (bytes: Uint8Array, start: number, end: number): string => Buffer.from(bytes.slice(start, end)).toString();
/** Reads values until there are as many as that. */
const read = async (source: Source, count: number): Promise<string[]> => {
  const values: string[] = [];
  try {
    for await (const event of source.events(AbortSignal.timeout(60_000))) {
      if (event.kind === 'assigned') for (const partition of event.partitions) source.start({ ...partition, offset: 0 });
      else if (event.kind === 'revoked') event.release();
      else if (event.kind === 'poll') for (let i = 0; i < event.poll.size; i++) { const { valueBytes, valueStart, valueEnd } = event.poll.record(i); values.push(textOf(valueBytes, valueStart, valueEnd)); }
      if (values.length >= count) break;
    }
  } finally {
    await source.close();
  }
  return values;
};

const written: string[] = [];
/** Writes and reads by every client. */
const all = async (t: Tap, name: string, brokers: Brokers): Promise<void> => {
  await byLibrary(t, name, brokers);
  await byUs(t, name, brokers);
};

const byLibrary = async (t: Tap, name: string, brokers: Brokers): Promise<void> => {
  const warnings: string[] = [];
  const options = (group: string): KafkaSourceOptions => ({ brokers, group: `${group}-${name}`, topics: [TOPIC], onWarning: (message) => warnings.push(message) });
  const producer = await connectProducer({ brokers });
  for (let i = 0; i < 100; i++) { written.push(`${name} ${i}`); producer.produce(TOPIC, 0, Buffer.from(`${name} ${i}`), `key ${i}`); }
  await producer.flush(20_000);
  await producer.disconnect();
  for (const connect of [connectSource, connectBatchSource]) t.strictSame(await read(await connect(options(connect.name)), written.length), written, `${name}: ${connect.name}`);

  const member = await connectBatchSource(options('member'));
  const transactional = await connectTransactionalProducer({ brokers, transactionalId: `transactions-${name}`, member: member.member });
  await transactional.disconnect();
  await member.close();
  const records = await connectRecords(brokers);
  t.match(await records.at({ topic: TOPIC, partition: 0, offset: 0 }), { offset: 0 }, `${name}: the reader of single records`);
  await records.close();
  t.strictSame(warnings, []);
};

/** By the clients that are not built on librdkafka. */
const byUs = async (t: Tap, name: string, brokers: Brokers): Promise<void> => {
  const found: string[] = [];
  await kafkaChangelog({ brokers, topic: TOPIC }).read(0, (key) => { found.push(Buffer.from(key).toString()); });
  t.equal(found.length, written.length, `${name}: the reader of changelogs`);
  const asked = new kafkajs.Kafka({ ...kafkajsSettings(brokers), ...quiet }).admin();
  await asked.connect();
  t.strictSame((await asked.listTopics()).includes(TOPIC), true, `${name}: kafkajs`);
  await asked.disconnect();
  await (await connectReplayer(brokers, `replay-${name}`)).close();
};

t.test('TLS', (t) => all(t, 'tls', at('TLS')));
t.test('a login by PLAIN within TLS', (t) => all(t, 'plain', at('LOGIN', { login: login('PLAIN') })));
t.test('a login by SCRAM within TLS', async (t) => {
  const brokers = at('LOGIN', { login: login('SCRAM-SHA-256') });
  if (hasScram()) { await all(t, 'scram', brokers); return; }
  await byUs(t, 'scram', brokers);
  await t.rejects(connectProducer({ brokers, connectTimeoutMs: 3_000 }), { code: 'brokers_unreachable', message: /refuse the login of 'pipelines'.*librdkafka .* logs in by SCRAM in a way/ });
});
t.test('which librdkafka can log in by SCRAM', (t) => {
  t.strictSame(['2.0.2', '2.6.0', '2.6.1', '2.6.1-RC1', '2.12.0', '3.0.0', '1.9.9'].map(hasScram), [false, false, true, true, true, true, false]);
  t.end();
});
t.test('a login by PLAIN in the clear', (t) => all(t, 'clear', at('CLEAR', { login: login('PLAIN') })));

t.test('what is refused says why at once, without the password', async (t) => {
  const wrong = 'not the password';
  for (const [brokers, message] of [
    [at('LOGIN', { login: login('PLAIN', { password: wrong }) }), /does not let 'pipelines' in by PLAIN/], [at('LOGIN', { login: login('SCRAM-SHA-256', { password: wrong }) }), /does not let 'pipelines' in by SCRAM-SHA-256/],
    [at('LOGIN', { login: login('SCRAM-SHA-512') }), /it has PLAIN, SCRAM-SHA-256; ODDSTREAM_BROKERS_SASL/], [at('TLS', { caFile: otherCaFile }), /certificate .* is not believed.*ODDSTREAM_BROKERS_CA_FILE/],
  ] as const) {
    try {
      await readPartition({ brokers, clientId: 'test', topic: TOPIC, partition: 0, from: 0, take: () => undefined });
      t.fail('it was let in');
    } catch (error) {
      t.match(error, { name: 'KafkaSourceError', code: 'access_refused', message });
      t.notMatch((error as Error).message, wrong);
    }
  }
  const warnings: string[] = [];
  await t.rejects(connectBatchSource({ brokers: at('LOGIN', { login: login('PLAIN', { password: wrong }) }), group: 'refused', topics: [TOPIC], onWarning: (message) => warnings.push(message) }), { code: 'brokers_unreachable' });
  t.notMatch(warnings.join('\n'), wrong);
});
