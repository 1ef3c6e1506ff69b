import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import t from 'tap';
import { z } from 'zod';
import { kafkajsSettings, rdkafkaSettings, SecuredBrokers } from '../../connectors/kafka/brokers.ts';
import { loadPipeline } from '../../pipelines/index.ts';
import { type Flags, loadConfig } from './config.ts';

const cwd = mkdtempSync(join(tmpdir(), 'oddstream-config-'));
t.teardown(() => { rmSync(cwd, { recursive: true }); });
const file = join(cwd, 'oddstream.json');
const home = join(cwd, 'never-started');

const load = (content: unknown, env: NodeJS.ProcessEnv = {}, flags: Flags = {}) => {
  if (content === undefined) rmSync(file, { force: true });
  else writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return loadConfig({ cwd, env: { ODDSTREAM_HOME: home, ...env }, flags });
};

const refusal = (content: unknown, env: NodeJS.ProcessEnv = {}, flags: Flags = {}, ask: (config: ReturnType<typeof load>) => unknown = () => undefined): string => {
  try {
    ask(load(content, env, flags));
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was refused';
};

t.test('the command line comes before the environment, that before the file, that before the default', (t) => {
  t.equal(load(undefined).logLevel, 'info');
  t.equal(load({ logLevel: 'debug' }).logLevel, 'debug');
  t.equal(load({ logLevel: 'debug' }, { ODDSTREAM_LOG_LEVEL: 'warn' }).logLevel, 'warn');
  t.equal(load({ logLevel: 'debug' }, { ODDSTREAM_LOG_LEVEL: 'warn' }, { logLevel: 'error' }).logLevel, 'error');
  t.equal(load({ brokers: 'a:1' }, { ODDSTREAM_BROKERS: '' }).brokers, 'a:1', 'an empty variable is none');
  t.equal(load({ namespace: 'season' }, { ODDSTREAM_NAMESPACE: '' }).namespace, '', 'but a namespace may be emptied');
  t.equal(load({ metricsPort: 16_000 }).metricsPort, 16_000);
  t.equal(load(undefined, { ODDSTREAM_METRICS_PORT: '17000' }).metricsPort, 17_000);
  t.end();
});

t.test('a home in the file is seen from the file', (t) => {
  t.equal(loadConfig({ cwd, env: {}, flags: { home: 'here' } }).home, join(cwd, 'here'));
  writeFileSync(file, JSON.stringify({ home: 'there' }));
  t.equal(loadConfig({ cwd: '/', env: { ODDSTREAM_CONFIG: file } }).home, join(cwd, 'there'));
  t.end();
});

t.test('what is wrong is named, with where it came from', (t) => {
  t.match(refusal({ logLevel: 'loud' }), /logLevel \(.*oddstream\.json\) is "loud": give one of trace, debug/);
  t.match(refusal(undefined, { ODDSTREAM_METRICS_PORT: 'many' }), /metricsPort \(ODDSTREAM_METRICS_PORT\) is "many": give a port/);
  t.match(refusal(undefined, {}, { brokers: 'localhost' }), /brokers \(--brokers\) is "localhost": give host:port/);
  t.match(refusal({ broker: 'a:1' }), /no setting 'broker' \(.*oddstream\.json\).*brokers/);
  t.match(refusal('{"brokers": '), /oddstream\.json is not JSON/);
  t.match(refusal('[]'), /must hold a JSON object/);
  t.match(refusal(undefined, {}, { config: 'nowhere.json' }), /nowhere\.json \(--config\) does not exist/);
  t.match(refusal(undefined, { ODDSTREAM_CONFIG: 'nowhere.json' }), /\(ODDSTREAM_CONFIG\) does not exist/);
  t.match(refusal(undefined, {}, {}, ({ brokers }) => brokers), /no local stack in .*never-started: run 'oddstream stack start', or set --brokers or ODDSTREAM_BROKERS/);
  t.end();
});

t.test('a secret is never shown', (t) => {
  const message = refusal(undefined, { ODDSTREAM_POSTGRES_SINK_URL: 'mysql://me:hunter2@db/odds' });
  t.match(message, /postgresSinkUrl \(ODDSTREAM_POSTGRES_SINK_URL\).*postgresql:\/\//);
  t.notMatch(message, /hunter2/);
  t.notMatch(refusal(undefined, { ODDSTREAM_POSTGRES_BETS_URL: 'mysql://me:hunter2@db/odds' }), /hunter2/);
  t.notMatch(refusal({ redisUrl: 'http://:hunter2@cache' }), /hunter2/);
  t.end();
});

t.test('a pipeline\'s settings come from all places, one by one', async (t) => {
  const bestOdds = await loadPipeline('best-odds');
  const content = { pipelines: { 'best-odds': { windowMs: 500, latenessMs: 900, quoteTtlMs: 60_000 } } };
  const config = load(content, { ODDSTREAM_PIPELINES: '{"best-odds":{"windowMs":250,"latenessMs":800}}' }, { set: ['best-odds.windowMs=125'] });
  t.match(config.pipeline(bestOdds), { windowMs: 125, latenessMs: 800, quoteTtlMs: 60_000, maxLegAgeMs: 30_000, stakeStepMinor: 100, maxSkewMs: 500 });
  t.match(load(undefined).pipeline(bestOdds), { windowMs: 1_000, latenessMs: 500, quoteTtlMs: 1_200_000, stakeStepsMinor: {} });
});

t.test('a pipeline\'s settings are refused by its own schema', async (t) => {
  const bestOdds = await loadPipeline('best-odds');
  const ask = (config: ReturnType<typeof load>) => config.pipeline(bestOdds);
  t.match(refusal({ pipelines: { 'best-odds': { windowsMs: 5 } } }, {}, {}, ask), /best-odds has no setting 'windowsMs' \(.*oddstream\.json\).*windowMs/);
  t.match(refusal({ pipelines: { 'best-odds': { windowMs: 'long' } } }, {}, {}, ask), /pipelines\.best-odds\.windowMs \(.*oddstream\.json\) is "long": give a number/);
  t.match(refusal(undefined, {}, { set: ['best-odds.maxSkewMs=501'] }, ask), /pipelines\.best-odds\.maxSkewMs \(--set\) is 501: it must not be above latenessMs/);
  t.match(refusal(undefined, {}, { set: ['windowMs'] }), /--set windowMs: give <pipeline>\.<setting>=<value>/);
  t.match(refusal(undefined, { ODDSTREAM_PIPELINES: '{' }), /pipelines \(ODDSTREAM_PIPELINES\) is not JSON/);
  t.match(refusal({ pipelines: { 'best-odds': 5 } }), /pipelines\.best-odds \(.*oddstream\.json\) is 5: it must be an object/);
  t.match(refusal({ pipelines: { 'worst-odds': { windowMs: 5 } } }, {}, {}, (config) => { config.requireKnownPipelines(['best-odds']); }), /no pipeline 'worst-odds' \(.*oddstream\.json\)\. There are: best-odds/);
});

t.test('keys that a pipeline does not know are refused also where its schema would drop them', (t) => {
  const loose = { name: 'loose', config: z.object({ size: z.number().default(1) }) };
  t.match(refusal(undefined, {}, { set: ['loose.sise=2'] }, (config) => config.pipeline(loose)), /loose has no setting 'sise' \(--set\)\. It has: size/);
  t.end();
});

t.test('brokers within TLS and with a login are one value, which shows no password', (t) => {
  const ca = join(cwd, 'ca.pem'), secret = 'not to be shown';
  writeFileSync(ca, 'certificates');
  const env = { ODDSTREAM_BROKERS: 'a:1,b:2', ODDSTREAM_BROKERS_SASL: 'SCRAM-SHA-256', ODDSTREAM_BROKERS_USERNAME: 'pipelines', ODDSTREAM_BROKERS_PASSWORD: secret };
  const { brokers } = load({ brokersCaFile: 'ca.pem' }, env);
  t.ok(brokers instanceof SecuredBrokers);
  t.match(brokers, { addresses: 'a:1,b:2', isTls: true, caFile: ca, login: { mechanism: 'SCRAM-SHA-256', username: 'pipelines', password: secret } });
  for (const shown of [String(brokers), JSON.stringify(brokers), inspect(brokers, { depth: null, showHidden: true })]) t.notMatch(shown, secret);
  t.match(load({ brokersTls: true }, { ODDSTREAM_BROKERS: 'a:1' }).brokers, { isTls: true, caFile: undefined, login: undefined });
  t.equal((load({ brokersTls: false, brokersCaFile: 'ca.pem' }, { ODDSTREAM_BROKERS: 'a:1' }).brokers as SecuredBrokers).isTls, false);
  t.match(rdkafkaSettings(brokers), { 'metadata.broker.list': 'a:1,b:2', 'security.protocol': 'sasl_ssl', 'ssl.ca.location': ca, 'sasl.mechanisms': 'SCRAM-SHA-256', 'sasl.username': 'pipelines', 'sasl.password': secret });
  t.match(kafkajsSettings(brokers), { brokers: ['a:1', 'b:2'], ssl: { ca: 'certificates' }, sasl: { mechanism: 'scram-sha-256', username: 'pipelines', password: secret } });

  const ask = ({ brokers }: ReturnType<typeof load>): unknown => brokers;
  t.match(refusal(undefined, { ...env, ODDSTREAM_BROKERS_USERNAME: '' }, {}, ask), /all three of ODDSTREAM_BROKERS_SASL, ODDSTREAM_BROKERS_USERNAME and ODDSTREAM_BROKERS_PASSWORD/);
  t.match(refusal(undefined, { ...env, ODDSTREAM_BROKERS: '' }, {}, ask), /brokersSasl \(ODDSTREAM_BROKERS_SASL\) is for brokers that are named.*ODDSTREAM_BROKERS/);
  t.match(refusal(undefined, { ...env, ODDSTREAM_BROKERS_CA_FILE: 'nowhere.pem' }, {}, ask), /nowhere\.pem \(ODDSTREAM_BROKERS_CA_FILE\) does not exist/);
  t.match(refusal(undefined, { ODDSTREAM_BROKERS_SASL: 'GSSAPI' }), /is "GSSAPI": give one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512/);
  t.match(refusal(undefined, { ODDSTREAM_BROKERS_TLS: 'yes' }), /brokersTls \(ODDSTREAM_BROKERS_TLS\) is "yes": give true or false/);
  t.notMatch(refusal({ brokersPassword: 7_777 }), /7777/);
  t.end();
});
