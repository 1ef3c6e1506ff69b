import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { defaultBasePort, portsFrom } from './ports.ts';
import { kafkaJvm, kafkaSettings, postgresSettings, redisSettings, registryJvm, registrySettings, timescaleSettings } from './settings.ts';
import { images } from './versions.ts';

interface Service {
  image: string;
  ports: string[];
  command?: string[];
  environment?: Record<string, string>;
  healthcheck: { test: string[] };
  volumes?: string[];
}

const text = readFileSync(new URL('../../docker-compose.kafka.yml', import.meta.url), 'utf8');
const compose = parse(text) as { services: Record<string, Service>; volumes: Record<string, unknown> };
const service = (name: string): Service => {
  const found = compose.services[name];
  if (!found) throw new Error(`no service ${name}`);
  return found;
};

/** The part of `environment` that is a setting for the server, without what depends on the container. */
const without = (environment: Record<string, string>, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)));

t.test('the images are the versions of the local stack', (t) => {
  t.same(Object.fromEntries(Object.entries(compose.services).map(([name, { image }]) => [name, image])), images);
  t.end();
});

t.test("Kafka's settings are the local stack's", (t) => {
  const local = ['KAFKA_LISTENERS', 'KAFKA_ADVERTISED_LISTENERS', 'KAFKA_CONTROLLER_QUORUM_VOTERS', 'KAFKA_LOG_DIRS', 'KAFKA_HEAP_OPTS'];
  const environment = service('kafka').environment ?? {};
  const expected = Object.fromEntries(Object.entries(kafkaSettings).map(([name, value]) => [`KAFKA_${name.toUpperCase().replaceAll('.', '_')}`, value]));
  t.same(without(environment, local), expected);
  t.equal(environment['KAFKA_HEAP_OPTS'], kafkaJvm.filter((option) => /^-Xm[sx]/.test(option)).join(' '));
  t.end();
});

t.test("PostgreSQL's settings are the local stack's", (t) => {
  const expected = Object.entries({ ...postgresSettings, ...timescaleSettings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  t.same(service('postgres').command, ['postgres', ...expected]);
  t.end();
});

t.test("the registry's settings are the local stack's", (t) => {
  const environment = service('registry').environment ?? {};
  const local = Object.keys(environment).filter((name) => /^(APICURIO_DATASOURCE_(URL|PASSWORD)|JAVA_OPTS_APPEND|QUARKUS_(HTTP|MANAGEMENT)_(HOST|PORT))$/.test(name));
  t.same(without(environment, local), registrySettings);
  for (const option of (environment['JAVA_OPTS_APPEND'] ?? '').split(' ')) t.ok(registryJvm.includes(option), option);
  t.end();
});

t.test("Redis's settings are the local stack's", (t) => {
  t.same(service('redis').command, ['redis-server', ...Object.entries(redisSettings).flatMap(([name, value]) => [`--${name}`, value])]);
  t.end();
});

t.test('every port is published on the loopback address only, at the default of the local stack', (t) => {
  const defaults = Object.values(portsFrom(defaultBasePort));
  for (const [name, { ports }] of Object.entries(compose.services)) {
    t.ok(ports.length > 0, `${name} is published`);
    for (const port of ports) {
      const match = /^127\.0\.0\.1:\$\{ODDSTREAM_[A-Z_]+_PORT:-(\d+)\}:/.exec(port);
      t.ok(match && defaults.includes(Number(match[1])), `${name}: ${port}`);
    }
  }
  t.end();
});

t.test('every server has a health check, and what keeps data a volume', (t) => {
  for (const [name, { healthcheck, volumes }] of Object.entries(compose.services)) {
    t.ok(healthcheck.test.length > 1, `${name} has a health check`);
    if (name === 'registry') continue;
    const named = (volumes ?? []).map((volume) => volume.split(':')[0] ?? '').filter((volume) => volume in compose.volumes);
    t.equal(named.length, 1, `${name} keeps its data in a named volume`);
  }
  t.end();
});

t.test('no password is written down, and none has a default', (t) => {
  for (const { environment } of Object.values(compose.services))
    for (const [name, value] of Object.entries(environment ?? {}))
      if (/PASSWORD/.test(name)) t.match(value, /^\$\{ODDSTREAM_[A-Z_]+_PASSWORD:\?/, name);
  t.end();
});
